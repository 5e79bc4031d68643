"""Numbers of sections, rules and bills, however they are typed."""

import pytest

from assistant.sections import asked_keys, section_keys

KNOWN = frozenset({"48260.5", "48260", "3051.4", "300.301", "48205", "48205(a)", "48205(a)(1)", "56520"})


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("48260.5 notice", ("48260.5",)),
        ("48260 .5 notice", ("48260.5",)),
        ("48260. 5 notice", ("48260.5",)),
        ("48260 . 5", ("48260.5",)),
        ("48260,5", ("48260.5",)),
        ("482605", ("48260.5",)),
        ("48260 5", ("48260", "48260.5")),
        ("EC48260.5", ("48260.5",)),
        ("\u00a748260.5", ("48260.5",)),
        ("Ed. Code \u00a7 48205 ( a ) ( 1 )", ("48205", "48205(a)", "48205(a)(1)")),
        ("HHI IEP 3051 .4", ("3051.4",)),
        ("34 CFR 300.301", ("300.301",)),
        ("34 CFR 300 .301", ("300.301",)),
        ("48260. 30 days", ("48260",)),
        ("99999", ("99999",)),
        ("in 2024 it cost $500 and 15 days", ()),
        ("", ()),
    ],
)
def test_what_a_search_asks_for(text, keys):
    assert asked_keys(text, KNOWN) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Ed. Code \u00a7\u00a7 48263, 48267-48269", {"48263", "48267", "48268", "48269"}),
        ("34 CFR 300.151-300.153; 5 CCR 3200 et seq.", {"300.151", "300.152", "300.153", "3200"}),
        ("AB-461 and sb14 of 2021", {"AB 461", "SB 14"}),
        ("AB 86 (Stats. 2013, ch. 48); Ed. Code \u00a7\u00a7 56520-56525", {"AB 86", *map(str, range(56520, 56526))}),
        ("call 988. 15 days later", {"988"}),
        ("20 U.S.C. \u00a7 1415(k)(1)(D)-(F)", {"1415", "1415(k)", "1415(k)(1)", "1415(k)(1)(D)"}),
    ],
)  # fmt: skip
def test_what_a_text_names(text, keys):
    assert section_keys(text) == keys


def test_every_section_of_every_source_is_found_by_its_own_writing(knowledge):
    named = {s.id: section_keys(s.title) for s in knowledge.sources.values() if s.kind == "law"}
    assert sum(bool(keys) for keys in named.values()) > 100
