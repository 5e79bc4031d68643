"""What the lookup shows: a checked query, facet counts, and a result as JSON or as text with its citation."""

from __future__ import annotations

from collections import Counter

from assistant.errors import InputError
from assistant.knowledge import Knowledge
from assistant.records import Passage
from assistant.search import MAX_K, Found, Query
from assistant.text import normalise

__all__ = ["copy_text", "facets", "result_json", "wanted"]

_KINDS = ("expert", "article", "law", "research", "help", "library")
_JURISDICTIONS = ("California", "Federal", "General", "Library")


def _one_of(value: str | None, allowed: tuple[str, ...], what: str) -> str | None:
    if value is None or value == "":
        return None
    found = next((a for a in allowed if a.lower() == value.lower()), None)
    if found is None:
        raise InputError(f"unknown {what} {value!r}: one of {', '.join(allowed)}")
    return found


def wanted(
    knowledge: Knowledge, text: str, k: int, topic: str | None = None, speaker: str | None = None,
    jurisdiction: str | None = None, kind: str | None = None,
) -> Query:  # fmt: skip
    """A query with every facet checked.

    Raises:
        InputError: no words, a facet that does not exist, or k outside 1 to 50.
    """
    if not 1 <= k <= MAX_K:
        raise InputError(f"k is {k}: give a whole number from 1 to {MAX_K}")
    clean = normalise(text)
    if not any(c.isalnum() for c in clean):
        raise InputError("nothing to look for: give at least one word")
    return Query(
        clean, k,
        _one_of(topic, (*knowledge.topics, "library"), "topic"),
        _one_of(jurisdiction, _JURISDICTIONS, "jurisdiction"),
        _one_of(speaker, tuple(knowledge.speakers), "speaker"),
        _one_of(kind, _KINDS, "kind"),
    )  # fmt: skip


def facets(found: Found) -> dict[str, dict[str, int]]:
    """How many of all matching passages have each topic, speaker, jurisdiction and kind; largest first."""
    counts: dict[str, Counter[str]] = {
        "topic": Counter(),
        "speaker": Counter(),
        "jurisdiction": Counter(),
        "kind": Counter(),
    }
    for p in found.matched:
        counts["topic"].update((p.topic, *p.topics))
        counts["jurisdiction"][p.jurisdiction] += 1
        counts["speaker"].update({s.speaker.id for s in p.statements if s.speaker})
        counts["kind"].update({s.kind for s in p.statements})
    return {name: dict(sorted(c.items(), key=lambda x: (-x[1], x[0]))) for name, c in counts.items()}


def result_json(passage: Passage, score: float | None = None) -> dict[str, object]:
    """One passage with its statements and sources, as the lookup and /passages/{id} give it."""
    head: dict[str, object] = {
        "passage_id": passage.id,
        "page_title": passage.page_title,
        "heading": passage.heading,
        "topic": passage.topic,
        "topics": list(passage.topics),
        "also_in": list(passage.also_in),
        "jurisdiction": passage.jurisdiction,
        "reviewed": passage.reviewed,
        "review_due": passage.review_due,
        "text": passage.text,
        "statements": [
            {
                "id": s.id,
                "text": s.text,
                "start": s.start,
                "end": s.end,
                "kind": s.kind,
                "speaker": s.speaker.name if s.speaker else None,
                "voice": s.voice if passage.library else None,
                "note": s.note,
                "sources": [{"id": r.source.id, "locator": r.locator} for r in s.references],
            }
            for s in passage.statements
        ],
        "sources": [
            {
                "id": s.id, "title": s.title, "publisher": s.publisher, "date": s.date, "as_of": s.as_of,
                "check_at": s.check_at, "caveat": s.caveat, "confidence": s.confidence, "licence": s.licence,
            }
            for s in passage.sources
        ],
    }  # fmt: skip
    return head if score is None else {"passage_id": passage.id, "score": score, **head}


def copy_text(passage: Passage) -> str:
    """The passage as plain text with its citation, for a letter or a case note."""
    speakers = dict.fromkeys(f"{s.speaker.name} ({s.speaker.credential})" for s in passage.statements if s.speaker)
    lines = [passage.text, ""]
    if speakers:
        lines.append(f"Speaking: {'; '.join(speakers)}.")
    lines += [f"Note: {note}" for note in dict.fromkeys(s.note for s in passage.statements if s.note)]
    lines += [f"Source: {s.title}, {s.publisher} ({s.as_of}). Check at: {s.check_at}." for s in passage.sources]
    reviewed = f", reviewed {passage.reviewed}" if passage.reviewed else ""
    lines.append(f'Doorstep, "{passage.page_title}: {passage.heading}"{reviewed}, /passages/{passage.id}')
    return "\n".join(lines)
