"""Frozen records that every layer shares; they know nothing of files, models or pages.

Offsets count characters of `Passage.text`, end exclusive: `passage.text[s.start:s.end] == s.text`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Literal

__all__ = [
    "Answer",
    "Citation",
    "CitedSource",
    "Detail",
    "HelpLine",
    "Kind",
    "Page",
    "Part",
    "Passage",
    "Reference",
    "Role",
    "Sentence",
    "Situation",
    "Source",
    "Speaker",
    "Statement",
    "Status",
    "Topic",
    "Turn",
    "Voice",
]

Part = Literal["answer", "do", "why", "more", "example"]
Kind = Literal["expert", "article", "law", "research", "help", "library"]
Voice = Literal["quote", "reported", "editorial", "anecdote"]
Role = Literal["guidance", "law", "notice", "fixed"]


class Status(StrEnum):
    """Why an answer is what it is; README describes each."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CLARIFY = "clarify"
    NO_MATCH = "no_match"
    OUT_OF_SCOPE = "out_of_scope"
    OTHER_PLACE = "other_place"
    NEEDS_PROFESSIONAL = "needs_professional"
    CRISIS = "crisis"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement can be checked: the article, a law, a study, a help line, a local document."""

    id: str
    kind: Kind
    title: str
    publisher: str
    jurisdiction: str
    date: str  # ISO day, month or year the source speaks for; "" where none is known
    as_of: str  # in words: which copy was read
    check_at: str  # where a reader should check it
    caveat: str = ""
    confidence: str = "high"
    licence: str = ""  # of a library document, in its own words


@dataclass(frozen=True, slots=True)
class Speaker:
    """A named expert and the credential shown with every quotation."""

    id: str
    name: str
    credential: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the lookup; `place` orders the list."""

    slug: str
    title: str
    description: str
    place: int
    group: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One source of one statement; `locator` is the heading or section it stands under."""

    source: Source
    locator: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a passage: the unit that is quoted and cited. `id` stays when wording is mended."""

    id: str
    text: str
    start: int
    end: int
    part: Part
    references: tuple[Reference, ...]
    speaker: Speaker | None = None
    lead: int = 0  # place among the sentences its page would say first, from 1; 0 is none
    voice: Voice = "editorial"  # of a library document: how its words came to stand there
    note: str = ""  # what a reader should know of a sentence of a library document, "" for none

    @property
    def kind(self) -> Kind:
        """`library` in a library document, `expert` where a named expert speaks, else the kind of the first source."""
        kind = self.references[0].source.kind
        return "expert" if self.speaker and kind != "library" else kind


@dataclass(frozen=True, slots=True)
class Passage:
    """One section of a page, or a piece of a library document: the unit that is found and shown."""

    id: str
    page_id: str
    page_title: str
    heading: str
    topic: str
    jurisdiction: str
    text: str
    statements: tuple[Statement, ...]
    reviewed: str
    review_due: str
    related: tuple[str, ...] = ()
    library: str = ""  # file name of the library document, "" for a reviewed page
    topics: tuple[str, ...] = ()  # of a library passage: topics of the pages that it speaks of, nearest first
    also_in: tuple[str, ...] = ()  # other library documents that hold nearly the same passage

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source its statements name, in order, once."""
        seen = {r.source.id: r.source for s in self.statements for r in s.references}
        return tuple(seen.values())


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file of knowledge/pages; `questions` are indexed with it."""

    id: str
    title: str
    topic: str
    jurisdiction: str
    reviewed: str
    review_due: str
    questions: tuple[str, ...]
    related: tuple[str, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """Something told that changes the answer, with the words that tell it and the words that deny it."""

    id: str
    label: str  # in the parent's terms, after "I understood:"
    told: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a family faces, and the statements that answer it, in the order a wise navigator would say them."""

    id: str
    title: str
    topics: tuple[str, ...]  # best first
    say: tuple[str, ...]  # statement ids
    vital: frozenset[str]  # those of `say` that this family must not leave without
    only: Mapping[str, str]  # statement id to the detail that has to be told for it to be said
    unless: Mapping[str, str]  # statement id to the detail with which it is left out
    offer: str  # the guide that fits
    related: tuple[str, ...]
    confused_with: tuple[tuple[str, str], ...]  # situation id, and how to tell the two apart

    def says(self, told: frozenset[str]) -> tuple[str, ...]:
        """The statements for a family that told these details, in order."""
        return tuple(
            s
            for s in self.say
            if (s not in self.only or self.only[s] in told) and (s not in self.unless or self.unless[s] not in told)
        )


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One line of helplines.yaml; `checked_on` is "" until the operator has looked at the line's own page."""

    id: str
    name: str
    how: str
    hours: str
    languages: str
    source: str
    as_of: str
    checked_on: str
    in_crisis: bool


@dataclass(frozen=True, slots=True)
class CitedSource:
    """The source as a citation shows it."""

    id: str
    title: str
    locator: str
    publisher: str
    date: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Number `n` of an answer: the exact words of one passage and where they stand."""

    n: int
    passage_id: str
    statement_id: str
    quote: str
    start: int
    end: int
    page_title: str
    heading: str
    topic: str
    speaker: str | None
    credential: str | None
    jurisdiction: str
    as_of: str
    kind: str
    source: CitedSource
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One shown sentence with the numbers of the citations that carry it."""

    text: str
    citations: tuple[int, ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page shows, the command line prints and the evals read."""

    question: str
    status: Status
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...] = ()
    topics: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()  # details that shaped the answer, in the parent's terms
    guides: tuple[str, ...] = ()  # slugs of guides that fit, the best first
    model: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentences as shown, one paragraph for a run of one role, with [n] markers."""
        out: list[str] = []
        last: Role | None = None
        for sentence in self.sentences:
            marks = "".join(f"[{n}]" for n in sentence.citations)
            shown = f"{sentence.text} {marks}".rstrip()
            glue = "" if not out else " " if sentence.role == last == "guidance" else "\n\n"
            out.append(glue + shown)
            last = sentence.role
        return "".join(out)

    def to_json(self) -> dict[str, object]:
        """The object that design fixes for `--json`, in its order of keys."""
        data = asdict(self)
        ordered: dict[str, object] = {
            "question": self.question,
            "status": self.status.value,
            "text": self.text,
        }
        for key in (
            "sentences", "citations", "topics", "suggestions", "missing", "understood", "guides", "model", "timings_ms",
        ):  # fmt: skip
            value = data[key]
            ordered[key] = list(value) if isinstance(value, tuple) else value
        return ordered


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation: what was asked, what it was taken to mean, what was answered."""

    said: str
    meant: str
    answer: Answer | None = None
    replied: str = ""  # words of an answer that came from outside (a history file), else ""
