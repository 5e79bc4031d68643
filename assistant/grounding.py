"""Is each sentence of an answer what its citation says it is? Exact, without a model."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.records import Citation, Passage, Sentence, Status

__all__ = ["faults"]

_WITH_CITATIONS = {Status.ANSWERED, Status.PARTIAL, Status.OTHER_PLACE, Status.NEEDS_PROFESSIONAL}


def faults(
    status: Status, sentences: tuple[Sentence, ...], citations: tuple[Citation, ...], passages: Mapping[str, Passage]
) -> list[str]:
    """Everything that would make the answer ungrounded, one line each; an empty list is the only pass.

    Checked: numbers run 1, 2, 3 ...; each is used by a sentence; each quote stands at its place in its passage;
    a sentence of guidance or law is its citation's quote; a non-answer has no citations.
    """
    found = []
    if citations and status not in _WITH_CITATIONS:
        found.append(f"a {status.value} reply with {len(citations)} citations")
    by_number = {c.n: c for c in citations}
    if sorted(by_number) != list(range(1, len(citations) + 1)):
        found.append(f"citations are numbered {sorted(c.n for c in citations)}")
    used = {n for s in sentences for n in s.citations}
    if used != set(by_number):
        found.append(f"sentences use {sorted(used)}, citations are {sorted(by_number)}")
    for citation in citations:
        passage = passages.get(citation.passage_id)
        if passage is None:
            found.append(f"[{citation.n}] names the unknown passage {citation.passage_id!r}")
        elif passage.text[citation.start : citation.end] != citation.quote:
            found.append(f"[{citation.n}] does not stand at {citation.start}-{citation.end} of {citation.passage_id}")
    for sentence in sentences:
        if sentence.role in {"guidance", "law"}:
            quotes = [by_number[n].quote for n in sentence.citations if n in by_number]
            if sentence.text not in quotes:
                found.append(f"not a quotation: {sentence.text[:60]!r}")
    return found
