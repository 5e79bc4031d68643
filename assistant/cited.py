"""A line of words and the statements that carry it: what guides, plans and letters are made of.

A line ends with its tag: `[@page.s1; @page.s2; if=condition]`, or `[form]` where it states no fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.knowledge import Knowledge
from assistant.records import Passage, Statement
from assistant.text import stems

__all__ = ["Credit", "Line", "Said", "Tag", "credits", "fault", "statements_of", "tagged"]

_TAG = re.compile(r"\s*\[(?P<tag>(?:@|if=|form)[^\[\]]*)\]$")
_ID = re.compile(r"^@([a-z0-9]+(?:-[a-z0-9]+)*\.s\d+)$")
_NAME = r"[a-z][a-z0-9_]*|[a-z][a-z0-9_-]*\.[a-z0-9][a-z0-9-]*"
_CONDITION = re.compile(rf"^if=((?:{_NAME})(?:\s*,\s*(?:{_NAME}))*)$")
_EVERYWHERE = frozenset(stems("school child children day days parent family ask may can"))

Said = Mapping[str, tuple[Passage, Statement]]


@dataclass(frozen=True, slots=True)
class Line:
    """Words, the ids of the statements that say so, and the names of which one must hold (none: always)."""

    text: str
    statements: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """The tag of a line; `fault` is "" or says what is wrong with it."""

    statements: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    form: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """One statement as a source is shown: its words, who says so, how old the copy is, where it opens."""

    statement_id: str
    quote: str
    page_title: str
    passage_id: str
    speaker: str
    source: str
    publisher: str
    as_of: str
    check_at: str
    caveat: str


def statements_of(knowledge: Knowledge) -> dict[str, tuple[Passage, Statement]]:
    """Every statement of the pages by its id, with its passage."""
    return {s.id: (p, s) for p in knowledge.passages for s in p.statements if not p.library}


def tagged(raw: str) -> tuple[str, Tag]:
    """A line taken apart into its words and its tag; a line without a tag has an empty one."""
    match = _TAG.search(raw)
    if match is None:
        return raw.strip(), Tag()
    words = raw[: match.start()].strip()
    ids: list[str] = []
    when: tuple[str, ...] = ()
    form = False
    for piece in (p.strip() for p in match["tag"].split(";")):
        found, condition = _ID.match(piece), _CONDITION.match(piece)
        if found:
            ids.append(found[1])
        elif condition:
            when = tuple(name.strip() for name in condition[1].split(","))
        elif piece == "form":
            form = True
        else:
            return words, Tag(fault=f"cannot read {piece!r}; expected @page.s1, if=step.option or form, between ;")
    return words, Tag(tuple(ids), when, form)


def fault(line: Line, said: Said) -> str:
    """Why a line is not carried by what it cites, "" where it is.

    A line without a source, an unknown statement, or no subject word in common with any statement it cites. The
    last is a guard against a wrong id; whether the words say the same is for a reader.
    """
    if not line.statements:
        return "no source: end the line with [@page.s1]"
    unknown = [i for i in line.statements if i not in said]
    if unknown:
        return f"{', '.join(unknown)} is not a statement of knowledge/pages"
    mine = set(stems(line.text)) - _EVERYWHERE
    theirs = {stem for i in line.statements for stem in stems(said[i][1].text)}
    if mine and not mine & theirs:
        return f"shares no word with {', '.join(line.statements)}: cite the statement that says so"
    return ""


def credits(ids: Iterable[str], said: Said) -> tuple[Credit, ...]:
    """The sources of a line in order, each statement once; ids that are gone are left out."""
    found = []
    for i in dict.fromkeys(ids):
        if i not in said:
            continue
        passage, statement = said[i]
        source = statement.references[0].source
        who = f"{statement.speaker.name}, {statement.speaker.credential}" if statement.speaker else ""
        found.append(
            Credit(
                i, statement.text, passage.page_title, passage.id, who, source.title, source.publisher, source.as_of,
                source.check_at, source.caveat,
            )
        )  # fmt: skip
    return tuple(found)
