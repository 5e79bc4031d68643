"""A brief: passages that a navigator collected, in order, each with a note, as one Document with its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.cited import Credit
from assistant.document import Block, Document, stamp
from assistant.letters import plain
from assistant.lookup import stale
from assistant.phrases import Phrases
from assistant.records import Passage, Source

__all__ = ["Item", "MAX_NOTE", "MAX_PASSAGES", "brief_document"]

MAX_PASSAGES = 100
MAX_NOTE = 2000  # characters of a note
_MAX_TITLE = 120


@dataclass(frozen=True, slots=True)
class Item:
    """One passage and what the navigator wrote beside it, "" for nothing."""

    passage: Passage
    note: str = ""


def brief_document(title: str, items: Sequence[Item], phrases: Phrases, today: date) -> Document:
    """The brief: each passage under its heading, sentence by sentence, marked with the numbers of its sources."""
    numbers: dict[str, int] = {}
    sources: list[Source] = []
    blocks: list[Block] = []
    for item in items:
        p = item.passage
        blocks.append(Block("heading", f"{p.page_title}: {p.heading}"))
        if note := plain(item.note, MAX_NOTE):
            blocks.append(Block("text", phrases.say("brief_note", note=note)))
        for s in p.statements:
            for r in s.references:
                if r.source.id not in numbers:
                    sources.append(r.source)
                    numbers[r.source.id] = len(sources)
            marks = tuple(dict.fromkeys(numbers[r.source.id] for r in s.references))
            who = f" ({s.speaker.name}, {s.speaker.credential})" if s.speaker else ""
            blocks.append(Block("item", f"{s.text}{who}", marks))
        blocks.append(Block("small", _state(p, phrases, today)))
    days = [i.passage.reviewed for i in items if i.passage.reviewed]
    return Document(
        plain(title, _MAX_TITLE) or phrases.say("brief_title"), tuple(blocks), tuple(_credit(s) for s in sources),
        phrases.say("sources"), stamp(phrases, min(days, default=today.isoformat()), today.isoformat()),
    )  # fmt: skip


def _state(p: Passage, phrases: Phrases, today: date) -> str:
    if stale(p, today):
        return phrases.say("brief_stale", jurisdiction=p.jurisdiction, due=p.review_due, id=p.id)
    if p.reviewed:
        return phrases.say("brief_reviewed", jurisdiction=p.jurisdiction, reviewed=p.reviewed, id=p.id)
    return phrases.say("brief_library", file=p.library or p.page_title, id=p.id)


def _credit(s: Source) -> Credit:
    """A source without words of its own: they stand in the passage."""
    return Credit(s.id, "", "", "", "", s.title, s.publisher, s.as_of, s.check_at, s.caveat)
