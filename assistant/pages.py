"""One Markdown file of knowledge/pages to a Page.

The grammar of a page's body, one statement a line:

## Heading {#passage-slug}
Sentence. [#s1 answer; @sr101 "Heading in the article"; speaker=shove]
- Sentence as a list item. [#s2 do; @LAW-ATT-02; @LAW-ATT-04]
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from assistant.reading import Reader, Strict, line_of
from assistant.records import Page, Part, Passage, Reference, Source, Speaker, Statement, Topic

__all__ = ["Known", "read_page"]

_HEADING = re.compile(r"^## (?P<heading>.+?) \{#(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\}$")
_STATEMENT = re.compile(r"^(?P<bullet>- )?(?P<text>\S.*?) \[#(?P<id>s\d+) (?P<part>[a-z]+); (?P<refs>@[^\]]+)\]$")
_REFERENCE = re.compile(r'^@(?P<id>[A-Za-z0-9.-]+)(?:,? "(?P<locator>[^"]+)")?$')
_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_PARTS = ("answer", "do", "why", "more", "example")


class _PageHead(Strict):
    id: str = Field(pattern=_SLUG)
    title: str = Field(min_length=3, max_length=90)
    topic: str
    jurisdiction: Literal["California", "Federal", "General"]
    reviewed: date
    review_in: str = Field(pattern=r"^\d{1,2} months$")
    questions: list[str]
    related: list[str]
    lead: list[str] = Field(default=[], max_length=6)


def _due(reviewed: date, review_in: str) -> str:
    months = reviewed.month - 1 + int(review_in.split()[0])
    year, month = reviewed.year + months // 12, months % 12 + 1
    return date(year, month, min(reviewed.day, monthrange(year, month)[1])).isoformat()


@dataclass(frozen=True)
class Known:
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


def _references(
    reader: Reader, file: Path, n: int, raw: str, known: Known
) -> tuple[tuple[Reference, ...], Speaker | None]:
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
            reader.say(file, n, "source", f'unknown source {piece!r}; expected @ID or @ID "locator" of sources.yaml')
            continue
        locator = match["locator"] or ""
        allowed = known.locators.get(source.id)
        if allowed and locator not in allowed:
            reader.say(file, n, "locator", f"{locator!r} is not a heading of {source.id}; headings are in sources.yaml")
        found.append(Reference(source, locator))
    if speaker and not any(r.source.kind == "article" for r in found):
        reader.say(file, n, "speaker", "a speaker needs the article as source")
    return tuple(found), speaker


def _statement(reader: Reader, file: Path, n: int, row: str, section: _Section, page: str, known: Known) -> None:
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
    section.statements.append(
        Statement(f"{page}.{match['id']}", text, start, start + len(text), part, references, speaker)
    )


def _sections(reader: Reader, file: Path, body: list[tuple[int, str]], page: str, known: Known) -> list[_Section]:
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


def _mark_lead(reader: Reader, file: Path, line: int, lead: list[str], sections: list[_Section]) -> None:
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


def read_page(reader: Reader, file: Path, known: Known) -> Page | None:
    """The page of a file, or None where its front matter cannot be read; problems are told to `reader`."""
    text = reader.text(file)
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
        reader.say(file, line_of(text, "id"), "id", f"{head.id!r} differs from the file name {file.stem!r}")
    if head.topic not in known.topics or head.topic != file.parent.name:
        reader.say(
            file,
            line_of(text, "topic"),
            "topic",
            f"{head.topic!r} is not the folder's topic {file.parent.name!r} of topics.yaml",
        )
    sections = _sections(reader, file, list(enumerate(rows, 1))[ends[1] + 1 :], head.id, known)
    for what, ids, shown in (
        ("passage slug", [s.slug for s in sections], "{{#{}}}"),
        ("statement id", [s.id.rsplit(".", 1)[1] for sec in sections for s in sec.statements], " [#{} "),
        ("question", [q.lower() for q in head.questions], "{}"),
    ):
        for twice in sorted({x for x in ids if ids.count(x) > 1}):
            at = max((n for n, row in enumerate(rows, 1) if shown.format(twice) in row.lower()), default=1)
            reader.say(file, at, what, f"{twice!r} stands twice in the page")
    _mark_lead(reader, file, line_of(text, "lead"), head.lead, sections)
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
