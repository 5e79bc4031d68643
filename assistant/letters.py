"""Letters from templates in knowledge/letters/: filled by code from confirmed answers only, never sent by Doorstep.

What is not known stays a visible blank. A filled letter has no word that is not in its template or in an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field as Checked

from assistant.cited import Line, Said, Tag, fault, tagged
from assistant.deadlines import later, shown
from assistant.guide import Value
from assistant.reading import Reader, Strict, line_of
from assistant.text import visible

__all__ = [
    "BLANK",
    "Draft",
    "Field",
    "Letter",
    "MAX_FIELD",
    "Paragraph",
    "Tone",
    "ToneRule",
    "as_text",
    "fill",
    "listed",
    "plain",
    "read_letters",
    "tone_of",
]

BLANK = "[____]"
MAX_FIELD = 200  # characters of one answer in a letter; a name is shorter
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_ASKS = re.compile(r"\b(?:I|we) (?:ask|request|am asking|am requesting|are asking|would like)\b", re.IGNORECASE)
_RIGHT = re.compile(r"\?|\b(?:section|Code|law|Act)\b")


@dataclass(frozen=True, slots=True)
class Field:
    """One blank. A `choice` has the words that stand in the letter for each option id; "" adds none."""

    id: str
    label: str
    kind: Literal["text", "date", "number", "choice"] = "text"
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph as it is written or sent. `blanks` are fields in it that are not known; `form` states no fact."""

    text: str
    statements: tuple[str, ...]
    blanks: tuple[str, ...] = ()
    form: bool = False


@dataclass(frozen=True, slots=True)
class ToneRule:
    """Words to leave out, and what to say of them."""

    id: str
    pattern: re.Pattern[str]
    say: str


Tone = tuple[ToneRule, ...]


@dataclass(frozen=True)
class Letter:
    """A template: paragraphs with their tags, fields, and what to look at before sending."""

    id: str
    title: str
    send_to: str
    reviewed: str
    review_due: str
    fields: tuple[Field, ...]
    body: tuple[tuple[str, Tag], ...]
    checks: tuple[Line, ...]

    @cached_property
    def field_by_id(self) -> dict[str, Field]:
        """Fields by id."""
        return {f.id: f for f in self.fields}


@dataclass(frozen=True, slots=True)
class Draft:
    """A filled letter. `blanks`: fields still to fill, in order; `tone`: (words found, what to say)."""

    letter: str
    title: str
    send_to: str
    paragraphs: tuple[Paragraph, ...]
    blanks: tuple[Field, ...]
    checks: tuple[Line, ...]
    tone: tuple[tuple[str, str], ...]
    reviewed: str
    made: str

    @property
    def text(self) -> str:
        """The letter as it is sent."""
        return "\n\n".join(p.text for p in self.paragraphs) + "\n"


class _FieldRow(Strict):
    id: str = Checked(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = Checked(min_length=2)
    kind: Literal["text", "date", "number", "choice"] = "text"
    words: dict[str, str] = {}


class _Head(Strict):
    id: str
    title: str = Checked(min_length=3, max_length=70)
    send_to: str
    reviewed: date
    review_in: str = Checked(pattern=r"^\d{1,2} months$")
    fields: list[_FieldRow]
    before_you_send: list[str] = Checked(min_length=3, max_length=6)


class _ToneRow(Strict):
    id: str
    pattern: str
    say: str


def plain(text: str, limit: int = MAX_FIELD) -> str:
    """What a person typed, as it may stand in a letter: one line, nothing invisible, at most `limit` characters.

    Lone surrogates become "?", and characters that no file format may hold are left out.
    """
    sound = text[: limit * 8].encode("utf-8", "replace").decode("utf-8")
    kept = "".join(c for c in visible(sound) if ord(c) & 0xFFFE != 0xFFFE and not 0xFDD0 <= ord(c) <= 0xFDEF)
    return " ".join(kept.split())[:limit].strip()


def listed(items: tuple[str, ...]) -> str:
    """One, two and three: "a", "a and b", "a, b and c"."""
    return " and ".join(items) if len(items) < 3 else ", ".join(items[:-1]) + " and " + items[-1]


def as_text(field: Field, value: Value | None) -> str:
    """An answer as the letter says it; "" where it is unknown or has no words."""
    if value is None or value == () or value == "":
        return ""
    if field.kind == "choice":
        chosen = value if isinstance(value, tuple) else (str(value),)
        return listed(tuple(words for v in chosen if (words := (field.words or {}).get(v))))
    if field.kind == "date":
        return shown(date.fromisoformat(str(value)))
    return plain(str(value))


def tone_of(text: str, tone: Tone) -> tuple[tuple[str, str], ...]:
    """Words of blame, threat, order or anger in a text, each with what to say of it, in order of the rules."""
    flat = " ".join(text.lower().replace("\u2019", "'").split())
    return tuple((match[0], rule.say) for rule in tone if (match := rule.pattern.search(flat)))


def _holds(when: tuple[str, ...], letter: Letter, values: Mapping[str, Value]) -> bool:
    def one(name: str) -> bool:
        field, option = name.split(".", 1)
        value = values.get(field)
        if option in {"known", "unknown"}:
            return bool(as_text(letter.field_by_id[field], value)) == (option == "known")
        return option in value if isinstance(value, tuple) else value == option

    return not when or any(one(name) for name in when)


def fill(letter: Letter, values: Mapping[str, Value], today: date, tone: Tone = ()) -> Draft:
    """The letter with what is known; the rest stays blank.

    Args:
        letter: the template.
        values: answers by field id, as a session holds them (option ids, ISO dates); unknown fields are left out.
        today: the date of the letter.
        tone: rules for what the parent typed.
    """
    paragraphs = []
    missing: dict[str, Field] = {}
    for text, tag in letter.body:
        if not _holds(tag.when, letter, values):
            continue
        blanks: list[str] = []

        def put(match: re.Match[str], blanks: list[str] = blanks) -> str:
            if match[1] == "today":
                return shown(today)
            field = letter.field_by_id[match[1]]
            words = as_text(field, values.get(field.id))
            if not words:
                blanks.append(field.id)
                missing[field.id] = field
            return words or BLANK

        filled = _PLACE.sub(put, text)
        paragraphs.append(Paragraph(filled[:1].upper() + filled[1:], tag.statements, tuple(blanks), tag.form))
    whole = "\n\n".join(p.text for p in paragraphs)
    return Draft(
        letter.id, letter.title, letter.send_to, tuple(paragraphs), tuple(missing.values()), letter.checks,
        tone_of(whole, tone), letter.reviewed, today.isoformat(),
    )  # fmt: skip


def _tone(reader: Reader) -> Tone:
    found = []
    for row in reader.rows("tone.yaml", _ToneRow):
        try:
            found.append(ToneRule(row.id, re.compile(row.pattern), row.say))
        except re.error as error:
            reader.say(reader.root / "knowledge/tone.yaml", 1, "pattern", f"{row.id!r} cannot be compiled: {error}")
    return tuple(found)


def _paragraph(
    reader: Reader, file: Path, at: int, raw: str, fields: Mapping[str, _FieldRow], said: Said
) -> tuple[str, Tag]:
    text, tag = tagged(raw)
    line = Line(text, tag.statements, tag.when)
    wrong = tag.fault
    if not wrong and tag.form and tag.statements:
        wrong = "[form] is for greetings and signatures; a paragraph with a source is not one"
    if not wrong and not tag.form:
        wrong = fault(line, said)
    if wrong:
        reader.say(file, at, "paragraph", wrong)
    for name in _PLACE.findall(text):
        if name != "today" and name not in fields:
            reader.say(file, at, "field", f"{{{name}}} is not among the fields: {', '.join(fields)}")
    for name in tag.when:
        head, _, option = name.partition(".")
        row = fields.get(head)
        if row is None or (option not in {"known", "unknown"} and option not in row.words):
            reader.say(
                file,
                at,
                "if",
                f"{name!r} is no field with that choice; expected field.option, field.known or field.unknown",
            )
    if _ASKS.search(text) and not _RIGHT.search(text):
        reader.say(
            file, at, "tone", "a request is a question, or stands under a named law: end it with ? or name the section"
        )
    return text, tag


def _body(
    reader: Reader, file: Path, text: str, body: str, fields: Mapping[str, _FieldRow], said: Said
) -> list[tuple[str, Tag]]:
    """Paragraphs, parted by empty lines, each with the line it starts on told to the reader."""
    found = []
    at = text.count("\n", 0, len(text) - len(body)) + 1
    for raw in body.split("\n\n"):
        if raw.strip():
            first = at + len(raw) - len(raw.lstrip("\n"))
            found.append(_paragraph(reader, file, first, raw.strip(), fields, said))
        at += raw.count("\n") + 2
    return found


def _checks(reader: Reader, file: Path, at: int, rows: list[str], said: Said) -> tuple[Line, ...]:
    found = []
    for raw in rows:
        words, tag = tagged(raw)
        line = Line(words, tag.statements)
        if wrong := tag.fault or fault(line, said):
            reader.say(file, at, "before_you_send", f"{words[:40]!r}: {wrong}")
        found.append(line)
    return tuple(found)


def _letter(reader: Reader, file: Path, said: Said, tone: Tone) -> Letter | None:
    text = reader.text(file)
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        reader.say(file, 1, "front matter", "expected --- keys --- and the letter")
        return None
    head = reader.validate(_Head, reader.yaml(file, parts[1], shift=1), file, text)
    if head is None:
        return None
    if head.id != file.stem:
        reader.say(file, line_of(text, "id"), "id", f"{head.id!r} differs from the file name {file.stem!r}")
    fields = {f.id: f for f in head.fields}
    for row in head.fields:
        if (row.kind == "choice") != bool(row.words):
            reader.say(
                file,
                line_of(text, "fields"),
                "fields",
                f"field {row.id!r}: words belong to a choice, and a choice needs them",
            )
    body = _body(reader, file, text, parts[2], fields, said)
    for name in fields:
        used = any(f"{{{name}}}" in t or any(w.startswith(f"{name}.") for w in tag.when) for t, tag in body)
        if not used:
            reader.say(file, line_of(text, "fields"), "fields", f"field {name!r} is used nowhere")
    for found, say in tone_of("\n".join(t for t, _ in body), tone):
        reader.say(file, 1, "tone", f"{found!r}: {say}")
    checks = _checks(reader, file, line_of(text, "before_you_send"), head.before_you_send, said)
    months = int(head.review_in.split()[0])
    return Letter(
        head.id, head.title, head.send_to, head.reviewed.isoformat(), later(head.reviewed, months).isoformat(),
        tuple(Field(f.id, f.label, f.kind, f.words or None) for f in head.fields), tuple(body), checks,
    )  # fmt: skip


def read_letters(reader: Reader, said: Said) -> tuple[dict[str, Letter], Tone]:
    """Every template of knowledge/letters/ by id, and the tone rules; problems are told to `reader`."""
    tone = _tone(reader)
    found = {}
    for file in sorted((reader.root / "knowledge" / "letters").glob("*.md")):
        letter = _letter(reader, file, said, tone)
        if letter:
            found[letter.id] = letter
    return found, tone
