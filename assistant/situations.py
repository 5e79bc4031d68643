"""knowledge/situations/*.yaml to Situations, and knowledge/details.yaml to Details.

A situation is what a family faces, and the statements that answer it in the order a wise navigator would say them.
A detail is something told that changes the answer ("has an IEP"); it is found by words alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from assistant.reading import Reader, Strict
from assistant.records import Detail, Situation
from assistant.text import tokens

__all__ = ["NOT_SO", "details_told", "read_details", "read_situations"]

NOT_SO = "Not so: "  # what a person says, or a button says for them, to take back a detail that was understood

Guide = Literal[
    "start-here", "this-morning", "why-refusing", "talking-with-my-child", "truancy-letter", "ask-the-school",
    "return-plan", "learning-meanwhile", "more-help", "looking-after-yourself",
]  # fmt: skip
_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_CLAUSE = re.compile(r"[.?!;\n]+|,\s*(?:but|and|so|then)\s|\s-\s")


class _Confused(Strict):
    id: str
    tell: str = Field(min_length=5)


class _SituationRow(Strict):
    id: str = Field(pattern=_SLUG)
    title: str = Field(min_length=8, max_length=90)
    topics: list[str] = Field(min_length=1, max_length=3)
    say: list[str] = Field(min_length=3, max_length=10)
    vital: list[str] = Field(min_length=1, max_length=5)
    only: dict[str, str] = {}
    unless: dict[str, str] = {}
    offer: Guide
    related: list[str] = Field(min_length=1)
    confused_with: list[_Confused] = Field(min_length=1)


class _DetailRow(Strict):
    id: str = Field(pattern=_SLUG)
    label: str = Field(min_length=3)
    told: list[str] = Field(min_length=1)
    unless: list[str] = []


def read_details(reader: Reader, name: str = "details.yaml") -> tuple[Detail, ...]:
    """Every row of details.yaml, or of openings.yaml; a pattern that cannot be compiled is a problem."""
    file = reader.root / "knowledge" / name
    found: list[Detail] = []
    for row in reader.rows(name, _DetailRow):
        try:
            told, unless = (tuple(re.compile(p) for p in patterns) for patterns in (row.told, row.unless))
        except re.error as error:
            reader.say(file, 1, "told", f"{row.id}: {error.pattern!r} is not a usable pattern: {error}")
            continue
        if row.id in {d.id for d in found}:
            reader.say(file, 1, "id", f"{row.id!r} stands twice")
        found.append(Detail(row.id, row.label, told, unless))
    return tuple(found)


def details_told(text: str, details: Sequence[Detail]) -> tuple[Detail, ...]:
    """The details that a message tells, in the order of the file; a clause that denies one does not tell it."""
    clauses = [" ".join(w.replace("'", "") for w in tokens(c)) for c in _CLAUSE.split(text)]
    return tuple(
        d
        for d in details
        if any(any(p.search(c) for p in d.told) and not any(p.search(c) for p in d.unless) for c in clauses)
    )


def _rows(reader: Reader, file: Path) -> list[tuple[int, _SituationRow]]:
    """Rows of one file with the line each starts on."""
    text = reader.text(file)
    data = reader.yaml(file, text)
    if not isinstance(data, list):
        reader.say(file, 1, "file", f"expected a list of situations, found {type(data).__name__}")
        return []
    starts = [n for n, row in enumerate(text.splitlines(), 1) if row.startswith("- ")]
    found = []
    for n, raw in enumerate(data):
        line = starts[n] if n < len(starts) else 1
        row = reader.validate(_SituationRow, raw, file, text, line)
        if row is not None:
            found.append((line, row))
    return found


def read_situations(
    reader: Reader, topics: Collection[str], statements: Collection[str], details: Collection[str]
) -> tuple[Situation, ...]:
    """Every situation, files in order of name; whatever it refers to has to exist."""
    found: dict[str, tuple[Path, int, Situation]] = {}
    said: dict[tuple[str, ...], str] = {}
    for file in sorted((reader.root / "knowledge" / "situations").glob("*.yaml")):
        for line, row in _rows(reader, file):
            for field, name in _unknown(row, topics, statements, details):
                reader.say(file, line, field, f"{row.id}: {name!r} is not known here")
            if row.topics[0] != file.stem:
                reader.say(file, line, "topics", f"{row.id}: the first topic is the file's, {file.stem!r}")
            if row.id in found:
                reader.say(file, line, "id", f"{row.id!r} is already a situation of {found[row.id][0].name}")
            twin = said.setdefault(tuple(sorted(row.say)), row.id)
            if twin != row.id:
                reader.say(file, line, "say", f"{row.id}: says the same statements as {twin!r}: make them one")
            found[row.id] = (file, line, _situation(row))
    for file, line, s in found.values():
        for name in (*s.related, *(i for i, _ in s.confused_with)):
            if name not in found or name == s.id:
                field = "related" if name in s.related else "confused_with"
                reader.say(file, line, field, f"{s.id}: {name!r} is not another situation")
    return tuple(s for _, _, s in found.values())


def _unknown(
    row: _SituationRow, topics: Collection[str], statements: Collection[str], details: Collection[str]
) -> list[tuple[str, str]]:
    """Field and name of whatever a row refers to that does not exist."""
    wanted: list[tuple[str, Collection[str], Collection[str]]] = [
        ("topics", row.topics, topics), ("say", row.say, statements), ("vital", row.vital, row.say),
        ("only", row.only, row.say), ("unless", row.unless, row.say),
        ("only", row.only.values(), details), ("unless", row.unless.values(), details),
    ]  # fmt: skip
    return [(field, name) for field, names, known in wanted for name in names if name not in known]


def _situation(row: _SituationRow) -> Situation:
    return Situation(
        row.id, row.title, tuple(row.topics), tuple(row.say), frozenset(row.vital), row.only, row.unless,
        row.offer, tuple(row.related), tuple((c.id, c.tell) for c in row.confused_with),
    )  # fmt: skip
