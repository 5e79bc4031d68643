"""knowledge/ to records, strictly: a file that breaks its contract is named with line and field.

Grammar of a page's body, one statement a line:

    ## Heading {#passage-slug}
    Sentence. [#s1 answer; @sr101 "Heading in the article"; speaker=shove]
    - Sentence as a list item. [#s2 do; @LAW-ATT-02; @LAW-ATT-04]

Knows nothing of searching; the softer rules (length, reading grade, review dates) are in `check`.
"""

from __future__ import annotations

import hashlib
import json
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import ContentError, Problem
from assistant.records import HelpLine, Kind, Page, Part, Passage, Reference, Source, Speaker, Statement, Topic

__all__ = ["Boundary", "Knowledge", "Message", "Term", "load", "load_page"]

_HEADING = re.compile(r"^## (?P<heading>.+?) \{#(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\}$")
_STATEMENT = re.compile(
    r"^(?P<bullet>- )?(?P<text>\S.*?) \[#(?P<id>s\d+) (?P<part>[a-z]+); (?P<refs>@[^\]]+)\]$"
)
_REFERENCE = re.compile(r'^@(?P<id>[A-Za-z0-9.-]+)(?:,? "(?P<locator>[^"]+)")?$')
_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_PARTS = ("answer", "do", "why", "more", "example")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=False)


class _PageHead(_Strict):
    id: str = Field(pattern=_SLUG)
    title: str = Field(min_length=3, max_length=90)
    topic: str
    jurisdiction: Literal["California", "Federal", "General"]
    reviewed: date
    review_in: str = Field(pattern=r"^\d{1,2} months$")
    questions: list[str]
    related: list[str]
    lead: list[str] = Field(default=[], max_length=6)


class _SourceRow(_Strict):
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


class _SpeakerRow(_Strict):
    id: str
    name: str
    credential: str


class _SourcesFile(_Strict):
    speakers: list[_SpeakerRow]
    sources: list[_SourceRow]


class _TopicRow(_Strict):
    slug: str = Field(pattern=_SLUG)
    title: str
    description: str
    group: str


class _TermRow(_Strict):
    say: list[str] = Field(min_length=1)
    means: str = Field(min_length=2)
    topics: list[str] = []
    lang: Literal["en", "es"] = "en"


class _HelpRow(_Strict):
    id: str
    name: str
    how: str
    hours: str
    languages: str
    source: str
    as_of: str
    checked_on: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    in_crisis: bool


class _MessageRow(_Strict):
    text: str = Field(min_length=2, max_length=2000)
    pages: list[str] = Field(min_length=1, max_length=3)


class _PlaceRow(_Strict):
    name: str
    say: list[str] = Field(min_length=1)


class _BoundaryRow(_Strict):
    id: str = Field(pattern=_SLUG)
    status: Literal["no_match", "out_of_scope", "other_place", "needs_professional"]
    reply: str
    words: list[str] = []
    examples: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Term:
    """One bridge of vocabulary.yaml: any of `say` in a question adds `means` to what is searched."""

    say: tuple[str, ...]
    means: str
    topics: tuple[str, ...]
    lang: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a family might type it, and the pages that a wise navigator would open for it, best first."""

    text: str
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
    def digest(self) -> str:
        """SHA-256 over everything that is searched, so an index can tell whether it is stale."""
        h = hashlib.sha256()
        for page in self.pages:
            h.update(repr((page.id, page.title, page.topic, page.questions)).encode())
        for p in self.passages:
            h.update(repr((p.id, p.heading, p.topic, p.text, [(s.id, s.start, s.end) for s in p.statements])).encode())
        for m in self.messages:
            h.update(repr((m.text, m.pages)).encode())
        for b in self.boundaries:
            h.update(repr((b.id, b.examples)).encode())
        return h.hexdigest()

    def with_library(self, passages: tuple[Passage, ...]) -> Knowledge:
        """The same knowledge with an organisation's documents beside it."""
        return replace(self, library=passages)


_Row = TypeVar("_Row", bound=BaseModel)


class _Reader:
    """Collects problems over many files, so that one run names them all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []

    def say(self, file: Path, line: int, where: str, message: str) -> None:
        shown = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        self.problems.append(Problem(str(shown), line, where, message))

    def yaml(self, file: Path, text: str, shift: int = 0) -> Any:  # noqa: ANN401 - YAML is untyped until validated
        try:
            return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = (mark.line if mark else 0) + 1 + shift
            self.say(file, line, "yaml", f"not readable: {getattr(error, 'problem', error)}")
            return None

    def validate(self, model: type[_Row], data: object, file: Path, text: str, line: int = 0) -> _Row | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for e in error.errors(include_url=False):
                where = ".".join(str(x) for x in e["loc"]) or "file"
                at = line or _line_of(text, str(e["loc"][-1] if e["loc"] else ""))
                known = ", ".join(model.model_fields)
                what = f"unknown key; known keys are {known}" if e["type"] == "extra_forbidden" else e["msg"]
                found = "" if e["type"] in {"missing", "extra_forbidden"} else f" (found {str(e['input'])[:60]!r})"
                self.say(file, at, where, what + found)
            return None

    def rows(self, name: str, model: type[_Row]) -> list[_Row]:
        """A YAML file that is a list of rows of one kind; a missing file is a problem."""
        file = self.root / "knowledge" / name
        if not file.is_file():
            self.say(file, 0, "file", "missing; expected a list of entries")
            return []
        text = file.read_text(encoding="utf-8")
        data = self.yaml(file, text)
        if not isinstance(data, list):
            self.say(file, 1, "file", f"expected a list of entries, found {type(data).__name__}")
            return []
        starts = [n for n, row in enumerate(text.splitlines(), 1) if row.startswith("- ")]
        found = []
        for n, row in enumerate(data):
            item = self.validate(model, row, file, text, starts[n] if n < len(starts) else 1)
            if item is not None:
                found.append(item)
        return found


def _line_of(text: str, key: str) -> int:
    for n, row in enumerate(text.splitlines(), 1):
        if key and row.startswith(f"{key}:"):
            return n
    return 1


def _due(reviewed: date, review_in: str) -> str:
    months = reviewed.month - 1 + int(review_in.split()[0])
    year, month = reviewed.year + months // 12, months % 12 + 1
    return date(year, month, min(reviewed.day, monthrange(year, month)[1])).isoformat()


@dataclass(frozen=True)
class _Known:
    """What a page may refer to."""

    sources: dict[str, Source]
    locators: dict[str, frozenset[str]]
    speakers: dict[str, Speaker]
    topics: dict[str, Topic]


@dataclass
class _Section:
    heading: str
    slug: str
    line: int
    text: str = ""
    statements: list[Statement] = field(default_factory=list)


def _references(reader: _Reader, file: Path, n: int, raw: str, known: _Known) -> tuple[tuple[Reference, ...], Speaker | None]:
    found: list[Reference] = []
    speaker: Speaker | None = None
    for piece in (p.strip() for p in raw.split(";")):
        if piece.startswith("speaker="):
            speaker = known.speakers.get(piece[8:])
            if speaker is None:
                reader.say(file, n, "speaker", f"unknown speaker {piece[8:]!r}; known: {', '.join(known.speakers)}")
            continue
        match = _REFERENCE.match(piece)
        source = known.sources.get(match["id"]) if match else None
        if match is None or source is None:
            reader.say(file, n, "source", f"unknown source {piece!r}; expected @ID or @ID \"locator\" of sources.yaml")
            continue
        locator = match["locator"] or ""
        allowed = known.locators.get(source.id)
        if allowed and locator not in allowed:
            reader.say(file, n, "locator", f"{locator!r} is not a heading of {source.id}; headings are in sources.yaml")
        found.append(Reference(source, locator))
    if speaker and not any(r.source.kind == "article" for r in found):
        reader.say(file, n, "speaker", "a speaker needs the article as source")
    return tuple(found), speaker


def _statement(reader: _Reader, file: Path, n: int, row: str, section: _Section, page: str, known: _Known) -> None:
    match = _STATEMENT.match(row)
    if match is None:
        reader.say(file, n, "statement", 'expected: Sentence. [#s1 answer; @source "locator"; speaker=name]')
        return
    if match["part"] not in _PARTS:
        reader.say(file, n, "part", f"unknown part {match['part']!r}; expected one of {', '.join(_PARTS)}")
        return
    text = match["text"].strip()
    if text[-1] not in ".?!" and text[-2:] not in {'."', '?"', '!"', ".)"}:
        reader.say(file, n, "statement", "a statement is a full sentence and ends with . ? or !")
    references, speaker = _references(reader, file, n, match["refs"], known)
    if not references:
        reader.say(file, n, "source", "a sentence without a source")
        return
    glue = "" if not section.text else "\n- " if match["bullet"] else " "
    start = len(section.text) + len(glue)
    section.text += glue + text
    part: Part = match["part"]  # type: ignore[assignment] # checked against _PARTS above
    section.statements.append(Statement(f"{page}.{match['id']}", text, start, start + len(text), part, references, speaker))


def _sections(reader: _Reader, file: Path, body: list[tuple[int, str]], page: str, known: _Known) -> list[_Section]:
    sections: list[_Section] = []
    for n, row in body:
        if not row.strip():
            continue
        if row.startswith("#"):
            match = _HEADING.match(row)
            if match is None:
                reader.say(file, n, "heading", "expected: ## Heading {#passage-slug}")
                continue
            sections.append(_Section(match["heading"], match["slug"], n))
        elif not sections:
            reader.say(file, n, "body", "text before the first ## heading")
        else:
            _statement(reader, file, n, row.rstrip(), sections[-1], page, known)
    for section in sections:
        if not section.statements:
            reader.say(file, section.line, "passage", f"{section.slug!r} has no statement")
    return sections


def _mark_lead(reader: _Reader, file: Path, line: int, lead: list[str], sections: list[_Section]) -> None:
    """Give the statements of `lead` their place, 1 for the first."""
    place = {name: n for n, name in enumerate(lead, 1)}
    found = set()
    for section in sections:
        for n, statement in enumerate(section.statements):
            name = statement.id.rsplit(".", 1)[1]
            if name in place:
                found.add(name)
                section.statements[n] = replace(statement, lead=place[name])
    for name in lead:
        if name not in found or lead.count(name) > 1:
            reader.say(file, line, "lead", f"{name!r} is not a statement of the page, or stands twice")


def _page(reader: _Reader, file: Path, known: _Known) -> Page | None:
    text = file.read_text(encoding="utf-8")
    rows = text.splitlines()
    ends = [n for n, row in enumerate(rows) if row == "---"]
    if len(ends) < 2 or ends[0] != 0:
        reader.say(file, 1, "front matter", "expected a block between two lines of ---")
        return None
    head_text = "\n".join(rows[1 : ends[1]])
    data = reader.yaml(file, head_text, shift=1)
    if not isinstance(data, dict):
        reader.say(file, 1, "front matter", "expected keys and values")
        return None
    head = reader.validate(_PageHead, data, file, text)
    if head is None:
        return None
    if head.id != file.stem:
        reader.say(file, _line_of(text, "id"), "id", f"{head.id!r} differs from the file name {file.stem!r}")
    if head.topic not in known.topics or head.topic != file.parent.name:
        reader.say(file, _line_of(text, "topic"), "topic", f"{head.topic!r} is not the folder's topic {file.parent.name!r} of topics.yaml")
    sections = _sections(reader, file, list(enumerate(rows, 1))[ends[1] + 1 :], head.id, known)
    for what, ids in (
        ("passage slug", [s.slug for s in sections]),
        ("statement id", [s.id for sec in sections for s in sec.statements]),
        ("question", [q.lower() for q in head.questions]),
    ):
        for twice in sorted({x for x in ids if ids.count(x) > 1}):
            reader.say(file, 1, what, f"{twice!r} stands twice in the page")
    _mark_lead(reader, file, _line_of(text, "lead"), head.lead, sections)
    due = _due(head.reviewed, head.review_in)
    passages = tuple(
        Passage(
            f"{head.id}.{s.slug}", head.id, head.title, s.heading, head.topic, head.jurisdiction, s.text,
            tuple(s.statements), head.reviewed.isoformat(), due, tuple(head.related),
        )
        for s in sections
    )  # fmt: skip
    return Page(
        head.id, head.title, head.topic, head.jurisdiction, head.reviewed.isoformat(), due,
        tuple(head.questions), tuple(head.related), passages,
    )  # fmt: skip


def _known(reader: _Reader) -> _Known:
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
    return _Known(sources, locators, speakers, topics)


def _page_files(root: Path) -> Iterator[Path]:
    return iter(sorted((root / "knowledge" / "pages").glob("*/*.md")))


def _cross_checks(reader: _Reader, pages: dict[Path, Page]) -> None:
    ids: dict[str, Path] = {}
    asked: dict[str, Path] = {}
    for file, page in pages.items():
        if page.id in ids:
            reader.say(file, 1, "id", f"{page.id!r} is already the id of {ids[page.id].name}")
        ids[page.id] = file
        for question in page.questions:
            other = asked.setdefault(" ".join(question.lower().split()), file)
            if other != file:
                reader.say(file, 1, "questions", f"{question[:50]!r} is also a question of {other.name}")
    for file, page in pages.items():
        line = _line_of(file.read_text(encoding="utf-8"), "related")
        for other_id in page.related:
            if other_id not in ids or other_id == page.id:
                reader.say(file, line, "related", f"{other_id!r} is not the id of another page")


def _messages(reader: _Reader, pages: set[str]) -> tuple[Message, ...]:
    """Every line of knowledge/messages/*.jsonl; a page that does not exist is a problem."""
    found: dict[str, Message] = {}
    for file in sorted((reader.root / "knowledge" / "messages").glob("*.jsonl")):
        for n, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                data = json.loads(raw)
            except ValueError as error:
                reader.say(file, n, "json", f"not readable: {error}")
                continue
            row = reader.validate(_MessageRow, data, file, raw, n)
            if row is None:
                continue
            for page in row.pages:
                if page not in pages:
                    reader.say(file, n, "pages", f"{page!r} is not the id of a page")
            if row.text in found:
                reader.say(file, n, "text", "stands twice")
            found[row.text] = Message(row.text, tuple(row.pages))
    return tuple(found.values())


def load_page(file: Path, root: Path) -> tuple[Page | None, list[Problem]]:
    """One page alone, for an editor: rules that need the other pages are not looked at."""
    reader = _Reader(root)
    known = _known(reader)
    return _page(reader, file, known), reader.problems


def load(root: Path) -> Knowledge:
    """Read knowledge/ under `root`.

    Raises:
        ContentError: with every problem found, not the first only.
    """
    reader = _Reader(root)
    known = _known(reader)
    pages = {file: page for file in _page_files(root) if (page := _page(reader, file, known))}
    _cross_checks(reader, pages)
    terms = tuple(
        Term(tuple(r.say), r.means, tuple(r.topics), r.lang) for r in reader.rows("vocabulary.yaml", _TermRow)
    )
    for term in terms:
        for slug in term.topics:
            if slug not in known.topics:
                reader.say(root / "knowledge/vocabulary.yaml", 1, "topics", f"unknown topic {slug!r} at {term.say[0]!r}")
    lines = tuple(HelpLine(**r.model_dump()) for r in reader.rows("helplines.yaml", _HelpRow))
    boundaries = tuple(
        Boundary(r.id, r.status, r.reply, tuple(r.examples), tuple(r.words)) for r in reader.rows("boundaries.yaml", _BoundaryRow)
    )
    order = {slug: t.place for slug, t in known.topics.items()}
    ordered = tuple(sorted(pages.values(), key=lambda p: (order.get(p.topic, 0), p.id)))
    messages = _messages(reader, {p.id for p in pages.values()})
    places = tuple((say.lower(), r.name) for r in reader.rows("places.yaml", _PlaceRow) for say in r.say)
    if reader.problems:
        raise ContentError(reader.problems)
    return Knowledge(ordered, known.sources, known.speakers, known.topics, terms, lines, boundaries, places, messages)
