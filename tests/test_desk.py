"""The navigator's search: exact names first, facets that count right, the same with and without vectors."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from assistant.desk import Desk, Look
from assistant.errors import InputError
from assistant.facets import DUE, FACETS, REVIEWED, Facets
from assistant.lookup import copy_text, marked, result_json, stale, wanted
from assistant.search import Search
from assistant.sections import section_keys

TODAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def words(knowledge):
    """Words only, over the whole content."""
    return Desk(Search(knowledge))


@pytest.fixture(scope="module")
def desk(assistant):
    return assistant.desk()


def ids(found):
    return [h.passage.id for h in found.hits]


def value_of(p, facet):
    return {
        "topic": {p.topic}, "jurisdiction": {p.jurisdiction}, "kind": {s.kind for s in p.statements},
        "speaker": {s.speaker.id for s in p.statements if s.speaker}, "source": {s.id for s in p.sources},
    }[facet]  # fmt: skip


# What is named exactly


@pytest.mark.parametrize("which", ["words", "desk"])
def test_every_section_of_every_law_is_found_exactly(request, which, knowledge):
    """For each section that a source's title names: everything found holds it, however it is spaced."""
    look_in = request.getfixturevalue(which)
    keys = sorted({k for s in look_in.sources.values() if s.kind == "law" for k in section_keys(s.title)})
    assert len(keys) > 150
    for key in keys if which == "words" else keys[::8]:
        for text in {key, key.replace(".", " ."), key.replace("(", " ( ")}:
            found = look_in.find(Look(text, 50), TODAY)
            assert found.hits and not found.unknown, text
            for hit in found.hits:
                named = section_keys(hit.passage.text) | {
                    k
                    for s in hit.passage.statements
                    for r in s.references
                    for k in section_keys(f"{r.source.title} ; {r.locator}")
                }
                assert key.split("(")[0] in {n.split("(")[0] for n in named}, (text, hit.passage.id)


@pytest.mark.parametrize("acronym", ["SARB", "ERMHS", "FBA", "IEE", "PWN", "OAH", "UCP", "FAPE", "IOP", "PHP", "IEP"])
def test_an_acronym_never_loses_to_vectors(desk, knowledge, acronym):
    term = next(words.lower() for t in knowledge.vocabulary for a, words in t.acronyms if a == acronym)
    for text in (acronym, acronym.lower(), f"{acronym} at school"):
        first = desk.find(Look(text), TODAY).hits[0].passage
        whole = f"{first.page_title} {first.heading} {first.text}"
        assert acronym in whole or term in whole.lower(), (text, first.id)


def test_a_section_that_nothing_names_is_said_so(desk):
    found = desk.find(Look("99999.9 notice"), TODAY)
    assert found.unknown == ("99999.9",) and found.named == ()


def test_a_long_message_is_not_ruled_by_an_acronym(desk):
    text = "she has an IEP but this morning she is crying in the car and will not get out, what do I do right now"
    assert desk.find(Look(text), TODAY).named == ()


def test_words_that_stand_nowhere_find_nothing(words):
    found = words.find(Look("zzyzx qwrtp"), TODAY)
    assert (found.hits, found.total) == ((), 0)
    assert not any(found.facets.values())


# Ranking


def test_same_look_same_result(desk):
    first, second = (desk.find(Look("he cries before school every morning", 50), TODAY) for _ in range(2))
    assert [(h.passage.id, h.score) for h in first.hits] == [(h.passage.id, h.score) for h in second.hits]
    assert [h.score for h in first.hits] == sorted((h.score for h in first.hits), reverse=True)


def test_pages_own_questions_rank_as_in_the_chat(desk, assistant):
    from assistant.search import Query

    pages = assistant.knowledge.pages[::4]
    ranked = {"desk": 0, "chat": 0}
    for page in pages:
        asked = max(page.questions, key=len)
        ranked["desk"] += any(h.passage.page_id == page.id for h in desk.find(Look(asked, 10), TODAY).hits)
        ranked["chat"] += any(h.passage.page_id == page.id for h in assistant.lookup(Query(asked, k=10)).hits)
    assert ranked["desk"] >= ranked["chat"] - 1, ranked


def test_parts_of_the_list_join_to_the_whole(desk):
    whole = ids(desk.find(Look("truancy letter", 40), TODAY))
    assert whole == [i for skip in (0, 10, 20, 30) for i in ids(desk.find(Look("truancy letter", 10, skip), TODAY))]
    assert len(set(whole)) == 40
    assert not desk.find(Look("truancy letter", 10, 5000), TODAY).hits


def test_nothing_typed_lists_everything_in_order(words, knowledge):
    found = words.find(Look("", 50), TODAY)
    assert ids(found) == [p.id for p in knowledge.passages[:50]] and found.total == len(knowledge.passages)


# Facets


@pytest.mark.parametrize("facet", [f for f in FACETS if f != "reviewed"])
def test_a_facet_lets_through_exactly_what_matches(words, facet):
    everything = words.find(Look("school letter meeting", 50), TODAY)
    whole = {p.id for p in words.passages if p.id in _all(words, "school letter meeting")}
    for value, count in everything.facets[facet].items():
        some = _all(words, "school letter meeting", **{facet: value})
        assert some == {p.id for p in words.passages if p.id in whole and value in value_of(p, facet)}
        assert len(some) == count


def _all(desk, text, **chosen):
    found, skip = set(), 0
    while True:
        part = desk.find(Look(text, 50, skip, **chosen), TODAY)
        found |= set(ids(part))
        skip += 50
        if skip >= part.total:
            return found


def test_counts_of_a_chosen_facet_leave_its_own_choice_out(words):
    plain = words.find(Look("meeting"), TODAY)
    chosen = words.find(Look("meeting", topic="truancy-sarb"), TODAY)
    assert chosen.facets["topic"] == plain.facets["topic"]
    assert chosen.total == plain.facets["topic"]["truancy-sarb"] < plain.total
    assert sum(chosen.facets["jurisdiction"].values()) == chosen.total


def test_facets_together_by_hand(words):
    """Random choices of several facets: the count is that of a plain loop."""
    draw = random.Random(7)
    for _ in range(40):
        chosen = {f: draw.choice(words.facets.values(f)) for f in draw.sample(FACETS[:5], draw.randint(1, 3))}
        by_hand = [p for p in words.passages if all(v in value_of(p, f) for f, v in chosen.items())]
        found = words.find(Look("", 50, **chosen), TODAY)
        assert found.total == len(by_hand) and ids(found) == [p.id for p in by_hand[:50]]


def test_reviewed_within_and_out_of_review(knowledge):
    passages = [
        replace(knowledge.passages[n], reviewed=(TODAY - timedelta(days=days)).isoformat(), review_due=due)
        for n, (days, due) in enumerate(
            [(1, "2027-01-01"), (89, "2027-01-01"), (200, "2026-11-30"), (400, "2026-12-01")]
        )
    ] + [replace(knowledge.passages[9], reviewed="", review_due="")]
    facets = Facets(passages)
    assert {v: int(facets.mask("reviewed", v, TODAY).sum()) for v in REVIEWED} == {
        "30": 1, "90": 2, "180": 2, "365": 3, DUE: 1,
    }  # fmt: skip
    assert [stale(p, TODAY) for p in passages] == [False, False, True, False, False]


# A checked look


@pytest.mark.parametrize(
    ("facet", "value"),
    [("topic", "cooking"), ("speaker", "nobody"), ("jurisdiction", "Mars"), ("kind", "rumour"), ("source", "X-1"),
     ("reviewed", "7")],
)  # fmt: skip
def test_an_unknown_value_is_named_with_the_known_ones(words, facet, value):
    with pytest.raises(InputError, match=f"unknown {facet} {value!r}: one of "):
        wanted(words.facets, "letter", chosen={facet: value})


@pytest.mark.parametrize("text", ["", "  ", "?!", "\u200b"])
def test_a_word_or_a_facet_is_needed_where_nothing_is_browsed(words, text):
    with pytest.raises(InputError, match="at least one word"):
        wanted(words.facets, text, any_words=False)
    assert wanted(words.facets, text, any_words=False, chosen={"topic": "TRUANCY-sarb"}).topic == "truancy-sarb"


@pytest.mark.parametrize("k", [0, -1, 51, 10**9])
def test_unusable_k(words, k):
    with pytest.raises(InputError, match="from 1 to 50"):
        wanted(words.facets, "letter", k)


# What is shown and copied


def test_marked_words_join_to_the_text(knowledge):
    for p in knowledge.passages[::40]:
        for query in ("truancy notices 48260.5", "child", "", "IEP meeting"):
            pieces = marked(p.text, query, ("48260.5",))
            assert "".join(words for words, _ in pieces) == p.text
    assert [w for w, hit in marked("The notice of 48260.5 is noticed.", "notices", ("48260.5",)) if hit] == [
        "notice", "48260.5", "noticed",
    ]  # fmt: skip


@pytest.mark.parametrize("format_", ["plain", "markdown", "apa"])
def test_every_copy_holds_words_source_and_address(knowledge, format_):
    for p in knowledge.passages:
        text = copy_text(p, format_, TODAY)
        clean = text.replace("\\", "").replace("> ", "")
        for s in p.statements:
            assert " ".join(s.text.split()) in " ".join(clean.split())
        assert all(s.title in clean and s.check_at in clean for s in p.sources)
        assert f"/passages/{p.id}" in clean
        late = replace(p, review_due="2026-11-01")
        assert "out of review" in copy_text(late, format_, TODAY) and "out of review" not in text
        assert result_json(late, today=TODAY)["stale"] is True


def test_an_unknown_format_is_refused(knowledge):
    with pytest.raises(InputError, match="unknown format 'bibtex': one of plain, markdown, apa"):
        copy_text(knowledge.passages[0], "bibtex")


def test_markdown_of_a_passage_stays_text(knowledge):
    nasty = replace(knowledge.passages[0], page_title="<b>[x](y)</b> *a*", heading="# `h`")
    assert "\\<b\\>\\[x\\](y)\\</b\\> \\*a\\*: \\# \\`h\\`" in copy_text(nasty, "markdown", TODAY)


def test_what_else_cites_a_source(desk, knowledge):
    found = desk.citing("LAW-TRU-02", but="what-the-notice-says.must-tell")
    assert [p.id for p in found] == [
        p.id for p in knowledge.passages
        if any(s.id == "LAW-TRU-02" for s in p.sources) and p.id != "what-the-notice-says.must-tell"
    ]  # fmt: skip
    near = desk.near(knowledge.passages[0])
    assert len(near) == 6 and all(p.page_id != knowledge.passages[0].page_id for p in near)
