"""The last check before an answer is shown: each way it could be ungrounded is named."""

from dataclasses import replace

import pytest

from assistant.answer import cite
from assistant.grounding import faults
from assistant.records import Sentence, Status


@pytest.fixture(scope="module")
def passages(knowledge):
    return knowledge.passage_by_id


@pytest.fixture(scope="module")
def good(knowledge):
    """Sentences and citations of an answer without a fault."""
    passage = next(p for p in knowledge.passages if len(p.statements) >= 3)
    citations = tuple(cite(n, s, passage) for n, s in enumerate(passage.statements[:3], 1))
    notice = Sentence("A note of ours.", (), "notice")
    return (notice, *(Sentence(c.quote, (c.n,), "guidance") for c in citations)), citations


def test_a_grounded_answer_has_no_fault(good, passages):
    assert faults(Status.ANSWERED, *good, passages) == []


def test_nothing_shown_has_no_fault(passages):
    assert faults(Status.NO_MATCH, (), (), passages) == []
    assert faults(Status.CRISIS, (Sentence("Call 911.", (), "fixed"),), (), passages) == []


def renumber(sentences, citations):
    return sentences, (*citations[:2], replace(citations[2], n=7))


def number_twice(sentences, citations):
    return sentences, (*citations[:2], replace(citations[2], n=2))


def drop_a_citation(sentences, citations):
    return sentences, citations[:2]


def drop_a_sentence(sentences, citations):
    return sentences[:-1], citations


def use_an_unknown_number(sentences, citations):
    return (*sentences, Sentence("A note.", (9,), "notice")), citations


def edit_a_quote(sentences, citations):
    quote = citations[0].quote.replace(" ", "  ", 1)
    return (sentences[0], replace(sentences[1], text=quote), *sentences[2:]), (
        replace(citations[0], quote=quote),
        *citations[1:],
    )


def move_a_quote(sentences, citations):
    c = citations[0]
    return sentences, (replace(c, start=c.start + 1, end=c.end + 1), *citations[1:])


def name_an_unknown_passage(sentences, citations):
    return sentences, (replace(citations[0], passage_id="no-such-page.a"), *citations[1:])


def edit_a_sentence(sentences, citations):
    return (*sentences[:-1], replace(sentences[-1], text=sentences[-1].text + " Always.")), citations


def cut_a_sentence(sentences, citations):
    return (*sentences[:-1], replace(sentences[-1], text=sentences[-1].text[:-4])), citations


def swap_two_numbers(sentences, citations):
    a, b = sentences[-2], sentences[-1]
    return (*sentences[:-2], replace(a, citations=b.citations), replace(b, citations=a.citations)), citations


def guidance_without_a_citation(sentences, citations):
    return (*sentences, Sentence("Schools must always say yes.", (), "guidance")), citations


def law_without_a_citation(sentences, citations):
    return (*sentences, Sentence("Schools must always say yes.", (), "law")), citations


FAULTS = [
    (renumber, "citations are numbered [1, 2, 7]"),
    (number_twice, "citations are numbered [1, 2, 2]"),
    (drop_a_citation, "sentences use [1, 2, 3], citations are [1, 2]"),
    (drop_a_sentence, "sentences use [1, 2], citations are [1, 2, 3]"),
    (use_an_unknown_number, "sentences use [1, 2, 3, 9]"),
    (edit_a_quote, "[1] does not stand at 0-"),
    (move_a_quote, "[1] does not stand at 1-"),
    (name_an_unknown_passage, "[1] names the unknown passage 'no-such-page.a'"),
    (edit_a_sentence, "not a quotation"),
    (cut_a_sentence, "not a quotation"),
    (swap_two_numbers, "not a quotation"),
    (guidance_without_a_citation, "not a quotation: 'Schools must always"),
    (law_without_a_citation, "not a quotation: 'Schools must always"),
]


@pytest.mark.parametrize(("spoil", "named"), FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_each_fault_is_named(good, passages, spoil, named):
    found = faults(Status.ANSWERED, *spoil(*good), passages)
    assert [f for f in found if named in f], found
    assert all("\n" not in f for f in found)


@pytest.mark.parametrize("status", list(Status))
def test_citations_with_a_non_answer(good, passages, status):
    may_cite = status in {Status.ANSWERED, Status.PARTIAL, Status.OTHER_PLACE, Status.NEEDS_PROFESSIONAL}
    found = faults(status, *good, passages)
    assert found == ([] if may_cite else [f"a {status.value} reply with 3 citations"])
