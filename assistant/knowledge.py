"""knowledge/ to records, strictly: a file that breaks its contract is named with line and field.

Knows nothing of searching; the softer rules (length, reading grade, review dates) are in `check`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from assistant.errors import ContentError, Problem
from assistant.pages import Known, read_page
from assistant.reading import Reader, Strict, line_of
from assistant.records import Detail, HelpLine, Kind, Page, Passage, Situation, Source, Speaker, Topic
from assistant.situations import read_details, read_situations

__all__ = ["Boundary", "Knowledge", "Message", "Term", "load", "load_page"]

_Line = TypeVar("_Line", "_MessageRow", "_DangerRow")
_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


class _SourceRow(Strict):
    id: str
    kind: Kind
    title: str
    publisher: str
    jurisdiction: str
    date: str
    as_of: str
    check_at: str
    caveat: str = ""
    confidence: Literal["high", "medium"] = "high"
    locators: list[str] = []


class _SpeakerRow(Strict):
    id: str
    name: str
    credential: str


class _SourcesFile(Strict):
    speakers: list[_SpeakerRow]
    sources: list[_SourceRow]


class _TopicRow(Strict):
    slug: str = Field(pattern=_SLUG)
    title: str
    description: str
    group: str


class _TermRow(Strict):
    acronyms: dict[str, str] = {}
    say: list[str] = Field(default=[], validate_default=True)
    means: str = Field(min_length=2)
    topics: list[str] = []
    lang: Literal["en", "es"] = "en"

    @field_validator("say")
    @classmethod
    def _something_is_said(cls, say: list[str], info: ValidationInfo) -> list[str]:
        if not say and not info.data.get("acronyms"):
            raise ValueError("expected at least one phrase, or acronyms")
        return say


class _HelpRow(Strict):
    id: str
    name: str
    how: str
    hours: str
    languages: str
    source: str
    as_of: str
    checked_on: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    in_crisis: bool


class _MessageRow(Strict):
    text: str = Field(min_length=2, max_length=2000)
    situations: list[str] = Field(min_length=1, max_length=3)
    pages: list[str] = Field(default=[], max_length=3)
    writer: str = ""


class _DangerRow(Strict):
    text: str = Field(min_length=2, max_length=2000)
    label: str


class _PlaceRow(Strict):
    name: str
    say: list[str] = Field(min_length=1)


class _BoundaryRow(Strict):
    id: str = Field(pattern=_SLUG)
    status: Literal["no_match", "out_of_scope", "other_place", "needs_professional"]
    reply: str
    words: list[str] = []
    examples: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Term:
    """One bridge of vocabulary.yaml: any of `say` in a question adds `means` to what is searched.

    `acronyms` are pairs of an acronym and what it stands for: the glossary of the desk. A term without `say` is of
    the desk alone.
    """

    say: tuple[str, ...]
    means: str
    topics: tuple[str, ...]
    lang: str
    acronyms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a family might type it, the situations that it tells and the pages to open for it, best first."""

    text: str
    situations: tuple[str, ...]
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Messages that lie outside the knowledge, and which fixed reply and status they get.

    `words` name things that no page speaks of: a short message that holds one of them lies outside.
    """

    id: str
    status: str
    reply: str
    examples: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """Everything in knowledge/, checked; order is the order of topics, then of file names."""

    pages: tuple[Page, ...]
    sources: dict[str, Source]
    speakers: dict[str, Speaker]
    topics: dict[str, Topic]
    vocabulary: tuple[Term, ...]
    helplines: tuple[HelpLine, ...]
    boundaries: tuple[Boundary, ...]
    places: tuple[tuple[str, str], ...]  # words in lower case, and the place that they name
    messages: tuple[Message, ...] = ()
    situations: tuple[Situation, ...] = ()
    details: tuple[Detail, ...] = ()
    openings: tuple[Detail, ...] = ()  # a feeling that a message names, with the line that answers it
    danger: tuple[tuple[str, str], ...] = ()  # messages with their kind of danger, "safe" for none
    library: tuple[Passage, ...] = ()

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Passages of every page, then of the library."""
        return tuple(p for page in self.pages for p in page.passages) + self.library

    @cached_property
    def passage_by_id(self) -> dict[str, Passage]:
        """Passages by their address."""
        return {p.id: p for p in self.passages}

    @cached_property
    def page_by_id(self) -> dict[str, Page]:
        """Pages by id."""
        return {p.id: p for p in self.pages}

    @cached_property
    def situation_by_id(self) -> dict[str, Situation]:
        """Situations by id."""
        return {s.id: s for s in self.situations}

    @cached_property
    def examples(self) -> tuple[Message, ...]:
        """What a situation sounds like: its title, and every message that tells it."""
        titles = tuple(Message(s.title, (s.id,), tuple(_most_quoted(s))) for s in self.situations)
        return titles + self.messages

    @cached_property
    def passage_of(self) -> dict[str, Passage]:
        """The passage of each statement, by statement id."""
        return {s.id: p for p in self.passages for s in p.statements}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that is searched, so an index can tell whether it is stale."""
        h = hashlib.sha256()
        for page in self.pages:
            h.update(repr((page.id, page.title, page.topic, page.questions)).encode())
        for p in self.passages:
            h.update(repr((p.id, p.heading, p.topic, p.text, [(s.id, s.start, s.end) for s in p.statements])).encode())
        for m in self.examples:
            h.update(repr((m.text, m.situations, m.pages)).encode())
        h.update(repr(self.danger).encode())
        for b in self.boundaries:
            h.update(repr((b.id, b.examples)).encode())
        return h.hexdigest()

    def with_library(self, passages: tuple[Passage, ...]) -> Knowledge:
        """The same knowledge with an organisation's documents beside it."""
        return replace(self, library=passages)


def _known(reader: Reader) -> Known:
    file = reader.root / "knowledge" / "sources.yaml"
    sources: dict[str, Source] = {}
    locators: dict[str, frozenset[str]] = {}
    speakers: dict[str, Speaker] = {}
    if not file.is_file():
        reader.say(file, 0, "file", "missing")
    else:
        text = file.read_text(encoding="utf-8")
        data = reader.validate(_SourcesFile, reader.yaml(file, text), file, text)
        for row in data.sources if data else []:
            if row.id in sources:
                reader.say(file, 1, "id", f"source {row.id!r} stands twice")
            sources[row.id] = Source(**row.model_dump(exclude={"locators"}))
            if row.locators:
                locators[row.id] = frozenset(row.locators)
        speakers = {r.id: Speaker(**r.model_dump()) for r in data.speakers} if data else {}
    topics = {
        r.slug: Topic(r.slug, r.title, r.description, n, r.group)
        for n, r in enumerate(reader.rows("topics.yaml", _TopicRow), 1)
    }
    return Known(sources, locators, speakers, topics)


def _page_files(root: Path) -> Iterator[Path]:
    return iter(sorted((root / "knowledge" / "pages").glob("*/*.md")))


def _cross_checks(reader: Reader, pages: dict[Path, Page]) -> None:
    ids: dict[str, Path] = {}
    asked: dict[str, Path] = {}
    for file, page in pages.items():
        if page.id in ids:
            reader.say(file, 1, "id", f"{page.id!r} is already the id of {ids[page.id].name}")
        ids[page.id] = file
        for question in page.questions:
            other = asked.setdefault(" ".join(question.lower().split()), file)
            if other != file:
                line = line_of(file.read_text(encoding="utf-8"), "questions")
                reader.say(file, line, "questions", f"{question[:50]!r} is also a question of {other.name}")
    for file, page in pages.items():
        line = line_of(file.read_text(encoding="utf-8"), "related")
        for other_id in page.related:
            if other_id not in ids or other_id == page.id:
                reader.say(file, line, "related", f"{other_id!r} is not the id of another page")


def _lines(reader: Reader, folder: str, model: type[_Line]) -> Iterator[tuple[Path, int, _Line]]:
    """Every sound line of knowledge/<folder>/*.jsonl with its file and number; no text stands twice."""
    seen: set[str] = set()
    for file in sorted((reader.root / "knowledge" / folder).glob("*.jsonl")):
        for n, raw in enumerate(reader.text(file).splitlines(), 1):
            try:
                data = json.loads(raw)
            except ValueError as error:
                reader.say(file, n, "json", f"not readable: {error}")
                continue
            row = reader.validate(model, data, file, raw, n)
            if row is None:
                continue
            if row.text in seen:
                reader.say(file, n, "text", "stands twice")
            seen.add(row.text)
            yield file, n, row


def _messages(reader: Reader, pages: set[str], situations: dict[str, Situation]) -> tuple[Message, ...]:
    """A page or a situation that does not exist is a problem; without pages, those that the first situation quotes."""
    found = []
    for file, n, row in _lines(reader, "messages", _MessageRow):
        for name, wanted, known in (("pages", row.pages, pages), ("situations", row.situations, situations)):
            for one in wanted:
                if one not in known:
                    reader.say(file, n, name, f"{one!r} is not the id of a {name[:-1]}")
        first = situations.get(row.situations[0])
        pages_of = tuple(row.pages) or (_most_quoted(first) if first else ())
        found.append(Message(row.text, tuple(row.situations), pages_of))
    return tuple(found)


def _most_quoted(situation: Situation, n: int = 2) -> tuple[str, ...]:
    """Ids of the pages that it quotes most, vital statements counted twice."""
    count = Counter(s.rsplit(".", 1)[0] for s in (*situation.say, *sorted(situation.vital)))
    return tuple(page for page, _ in count.most_common(n))


def load_page(file: Path, root: Path) -> tuple[Page | None, list[Problem]]:
    """One page alone, for an editor: rules that need the other pages are not looked at."""
    reader = Reader(root)
    known = _known(reader)
    return read_page(reader, file, known), reader.problems


def load(root: Path) -> Knowledge:
    """Read knowledge/ under `root`.

    Raises:
        ContentError: with every problem found, not the first only.
    """
    reader = Reader(root)
    known = _known(reader)
    pages = {file: page for file in _page_files(root) if (page := read_page(reader, file, known))}
    _cross_checks(reader, pages)
    terms = tuple(
        Term(tuple(r.say), r.means, tuple(r.topics), r.lang, tuple(r.acronyms.items()))
        for r in reader.rows("vocabulary.yaml", _TermRow)
    )
    acronyms: set[str] = set()
    for term in terms:
        for acronym, _ in term.acronyms:
            if acronym in acronyms:
                reader.say(root / "knowledge/vocabulary.yaml", 1, "acronyms", f"{acronym!r} stands twice")
            acronyms.add(acronym)
        for slug in term.topics:
            if slug not in known.topics:
                reader.say(root / "knowledge/vocabulary.yaml", 1, "topics", f"unknown topic {slug!r} at {term.means!r}")
    lines = tuple(HelpLine(**r.model_dump()) for r in reader.rows("helplines.yaml", _HelpRow))
    boundaries = tuple(
        Boundary(r.id, r.status, r.reply, tuple(r.examples), tuple(r.words))
        for r in reader.rows("boundaries.yaml", _BoundaryRow)
    )
    order = {slug: t.place for slug, t in known.topics.items()}
    ordered = tuple(sorted(pages.values(), key=lambda p: (order.get(p.topic, 0), p.id)))
    details = read_details(reader)
    openings = read_details(reader, "openings.yaml")
    danger = tuple((row.text, row.label) for _, _, row in _lines(reader, "danger", _DangerRow))
    statements = {s.id for page in pages.values() for p in page.passages for s in p.statements}
    situations = read_situations(reader, known.topics, statements, {d.id for d in details})
    messages = _messages(reader, {p.id for p in pages.values()}, {s.id: s for s in situations})
    places = tuple((say.lower(), r.name) for r in reader.rows("places.yaml", _PlaceRow) for say in r.say)
    if reader.problems:
        raise ContentError(reader.problems)
    return Knowledge(
        ordered, known.sources, known.speakers, known.topics, terms, lines, boundaries, places, messages,
        situations, details, openings, danger,
    )  # fmt: skip
