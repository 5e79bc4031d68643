"""Records: what is shown as text and printed as JSON."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from assistant.records import Answer, Citation, CitedSource, Passage, Reference, Sentence, Source, Speaker, Status
from assistant.records import Statement as S

ARTICLE = Source("sr101", "article", "School Refusal 101", "Undivided", "General", "2024-10-02", "copy of 2026", "url")
LAW = Source("LAW-1", "law", "A law", "State", "California", "2026", "copy of 2026", "url")
SHOVE = Speaker("shove", "Sandra Dixon Shove", "advocate")


def citation(n):
    source = CitedSource("sr101", "School Refusal 101", "A heading", "Undivided", "2024-10-02")
    return Citation(
        n, f"page.p{n}", f"page.s{n}", f"Quote {n}.", 0, 8, "Page", "Heading", "causes", "Sandra Dixon Shove",
        "advocate", "General", "copy of 2026", "expert", source,
    )  # fmt: skip


@pytest.fixture
def answer():
    sentences = (
        Sentence("A note first.", (), "notice"),
        Sentence("Quote 1.", (1,), "guidance"),
        Sentence("Quote 2.", (2,), "guidance"),
        Sentence("Quote 3.", (3, 1), "law"),
    )
    return Answer(
        "what now", Status.ANSWERED, sentences, tuple(citation(n) for n in (1, 2, 3)), ("causes",), ("Next",), (),
        (), (), None, {"search": 1.5},
    )  # fmt: skip


def test_json_has_the_keys_of_the_design_in_its_order(answer):
    assert list(answer.to_json()) == [
        "question", "status", "text", "sentences", "citations", "topics", "suggestions", "missing", "understood",
        "guides", "model", "timings_ms",
    ]  # fmt: skip


def test_json_of_a_sentence_and_a_citation(answer):
    data = json.loads(json.dumps(answer.to_json()))
    assert list(data["sentences"][3]) == ["text", "citations", "role"]
    assert data["sentences"][3] == {"text": "Quote 3.", "citations": [3, 1], "role": "law"}
    first = data["citations"][0]
    agreed = ["n", "passage_id", "quote", "start", "end", "page_title", "topic", "speaker", "jurisdiction", "as_of"]
    assert [k for k in first if k in agreed] == agreed
    assert list(first["source"]) == ["id", "title", "locator", "publisher", "date"]


def test_json_holds_plain_values_only(answer):
    data = answer.to_json()
    assert data["status"] == "answered"
    assert type(data["status"]) is str
    assert data["model"] is None
    assert data["missing"] == []
    assert data["timings_ms"] == {"search": 1.5}


def test_keys_that_the_shared_design_names_are_all_there(answer, shared):
    if shared is None:
        return
    design = (shared / "design.md").read_text(encoding="utf-8")
    block = design[design.index('{"question": str') :]
    block = block[: block.index("```")]
    top = [k for k in answer.to_json() if f'"{k}":' in block]
    added = {"understood", "guides"}  # ours, beside the agreed ones
    assert sorted(top, key=lambda k: block.index(f'"{k}":')) == [k for k in answer.to_json() if k not in added]


@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        (["guidance", "guidance"], "One. [1] Two. [2]"),
        (["guidance", "law"], "One. [1]\n\nTwo. [2]"),
        (["law", "law"], "One. [1]\n\nTwo. [2]"),
        (["notice", "guidance"], "One. [1]\n\nTwo. [2]"),
    ],
)
def test_text_has_markers_and_a_paragraph_for_each_change_of_role(roles, shown):
    sentences = tuple(
        Sentence(w, (n,), role) for n, (w, role) in enumerate(zip(["One.", "Two."], roles, strict=True), 1)
    )
    assert Answer("q", Status.ANSWERED, sentences).text == shown


def test_text_of_several_marks_and_of_none(answer):
    assert answer.text == "A note first.\n\nQuote 1. [1] Quote 2. [2]\n\nQuote 3. [3][1]"
    assert Answer("q", Status.NO_MATCH, ()).text == ""


def test_records_are_frozen(answer):
    with pytest.raises(FrozenInstanceError):
        answer.status = Status.CRISIS
    assert replace(answer, status=Status.CRISIS).status == "crisis"


@pytest.mark.parametrize(
    ("source", "speaker", "kind"), [(ARTICLE, SHOVE, "expert"), (ARTICLE, None, "article"), (LAW, None, "law")]
)
def test_kind_of_a_statement(source, speaker, kind):
    assert S("p.s1", "Words.", 0, 6, "answer", (Reference(source),), speaker).kind == kind


def test_sources_of_a_passage_in_order_and_once():
    rows = tuple(
        S(f"p.s{n}", "Words.", 0, 6, "more", tuple(Reference(x) for x in refs))
        for n, refs in enumerate([(LAW,), (ARTICLE, LAW), (ARTICLE,)])
    )
    passage = Passage("p.a", "p", "P", "A", "causes", "General", "Words.", rows, "2026-11-23", "2027-05-23")
    assert [s.id for s in passage.sources] == ["LAW-1", "sr101"]
