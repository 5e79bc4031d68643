"""Dates by rule: knowledge/deadlines.yaml, counting, and the calendar file. No rule row, no date.

Counting: day 1 is the day after the trigger. Weekdays are 1 (Monday) to 7 (Sunday), as `date.isoweekday` has them.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from string import Template
from typing import Literal

from pydantic import Field

from assistant.cited import Said
from assistant.errors import InputError
from assistant.reading import Reader, Strict, line_of
from assistant.records import Source

__all__ = [
    "Break",
    "Deadline",
    "Deadlines",
    "Due",
    "Event",
    "YEARS",
    "calendar_file",
    "due",
    "later",
    "read_deadlines",
    "shown",
]

Unit = Literal["calendar_days", "business_days", "school_days", "months", "years"]
YEARS = (2000, 2100)  # a date outside is a slip of the pen
_LONG = 5  # school days; a longer break does not count (the rules' own number)
_NEAR = 30  # days before a family's limit from which a lawyer is named (law sheet, wording rule 3)
_SAYS = {
    "about", "breaks_unknown", "breaks_used", "school_days_unknown", "weekend", "holidays", "medium", "passed", "near",
    "not_promised",
}  # fmt: skip


class _HolidayRow(Strict):
    name: str
    month: int = Field(ge=1, le=12)
    day: int = Field(default=0, ge=0, le=31)
    weekday: int = Field(default=0, ge=0, le=7)
    nth: int = Field(default=0, ge=-1, le=5)
    after: int = 0


class _RuleRow(Strict):
    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    trigger: str
    due: str
    whose: Literal["school", "family", "floor"]
    amount: int = Field(ge=1, le=400)
    unit: Unit
    before: bool = False
    pause: Literal["breaks", "none"]
    law: str
    statements: list[str] = Field(min_length=1)
    caveat: str = Field(min_length=10)


class _File(Strict):
    holidays: list[_HolidayRow] = Field(min_length=1)
    says: dict[str, str]
    rules: list[_RuleRow] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of each year: by `day`, or as the nth `weekday` of its month (-1: the last), `after` days later."""

    name: str
    month: int
    day: int = 0
    weekday: int = 0
    nth: int = 0
    after: int = 0

    def on(self, year: int) -> date:
        """The day it is kept: a Saturday moves to Friday, a Sunday to Monday."""
        if self.day:
            day = date(year, self.month, self.day)
            return day + timedelta({6: -1, 7: 1}.get(day.isoweekday(), 0))
        first = date(year, self.month, 1)
        found = first + timedelta((self.weekday - first.isoweekday()) % 7 + 7 * (max(self.nth, 1) - 1))
        if self.nth == -1:
            while (found + timedelta(7)).month == self.month:
                found += timedelta(7)
        return found + timedelta(self.after)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One rule. `whose`: a duty of the school, a limit for the family, or a floor (at least so long)."""

    id: str
    trigger: str
    due: str
    whose: str
    amount: int
    unit: Unit
    before: bool
    pause: bool
    law: Source
    statements: tuple[str, ...]
    caveat: str

    @property
    def rule(self) -> str:
        """The rule in words: "15 calendar days after"."""
        unit = self.unit.replace("_", " ")
        one = unit[:-1] if self.amount == 1 else unit
        return f"{self.amount} {one} {'before' if self.before else 'after'} {self.trigger}"


@dataclass(frozen=True)
class Deadlines:
    """All rules, the holidays they count with, and the sentences said beside a date."""

    by_id: Mapping[str, Deadline]
    holidays: tuple[Holiday, ...]
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Break:
    """Days without school, both included; a parent enters them."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Due:
    """A computed date. `open` is True where a school calendar that is not known could move it later."""

    rule: Deadline
    start: date
    day: date
    open: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One day of the calendar file."""

    day: date
    title: str
    text: str
    id: str


def shown(day: date) -> str:
    """A date as a letter writes it: November 3, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def later(day: date, months: int) -> date:
    """That many months later; a day that the month lacks becomes its last (Feb. 29 plus a year: Feb. 28)."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _faults(row: _RuleRow, law: Source | None, before: set[str], said: Said) -> Iterator[tuple[str, str]]:
    if row.id in before:
        yield "id", "stands twice"
    if law is None or law.kind != "law":
        yield "law", f"{row.law!r} is no law of sources.yaml"
    for id_ in row.statements:
        if id_ not in said:
            yield "statements", f"{id_!r} is not a statement"
        elif row.law not in {r.source.id for r in said[id_][1].references}:
            yield "statements", f"{id_} does not rest on {row.law}"


def read_deadlines(reader: Reader, said: Said, sources: Mapping[str, Source]) -> Deadlines:
    """deadlines.yaml; a rule without a known law and statements that cite it is a problem."""
    file = reader.root / "knowledge" / "deadlines.yaml"
    empty = Deadlines({}, (), {})
    if not file.is_file():
        reader.say(file, 0, "file", "missing")
        return empty
    text = reader.text(file)
    data = reader.validate(_File, reader.yaml(file, text), file, text)
    if data is None:
        return empty
    if missing := sorted(_SAYS ^ set(data.says)):
        reader.say(file, line_of(text, "says"), "says", f"missing or unknown: {', '.join(missing)}")
    found: dict[str, Deadline] = {}
    for row in data.rules:
        at = next((n for n, line in enumerate(text.splitlines(), 1) if line.strip() == f"- id: {row.id}"), 1)
        law = sources.get(row.law)
        for where, wrong in _faults(row, law, set(found), said):
            reader.say(file, at, where, f"rule {row.id!r}: {wrong}")
        if law is None:
            continue
        found[row.id] = Deadline(
            row.id, row.trigger, row.due, row.whose, row.amount, row.unit, row.before, row.pause == "breaks", law,
            tuple(row.statements), row.caveat,
        )  # fmt: skip
    for h in data.holidays:
        if bool(h.day) == bool(h.weekday and h.nth):
            reader.say(file, line_of(text, "holidays"), "holidays", f"{h.name!r}: give a day, or a weekday and nth")
    return Deadlines(found, tuple(Holiday(**h.model_dump()) for h in data.holidays), data.says)


def _closed(deadlines: Deadlines, years: Iterable[int]) -> dict[date, str]:
    return {h.on(y): h.name for y in years for h in deadlines.holidays}


def _school_days(span: Break, closed: Mapping[date, str]) -> int:
    days = (span.first + timedelta(n) for n in range((span.last - span.first).days + 1))
    return sum(d.isoweekday() < 6 and d not in closed for d in days)


def _checked(start: date, breaks: Sequence[Break]) -> None:
    for day in (start, *(b.first for b in breaks), *(b.last for b in breaks)):
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise InputError(f"{day.isoformat()} cannot be counted from: give a year from {YEARS[0]} to {YEARS[1]}")
    for span in breaks:
        if span.last < span.first or (span.last - span.first).days > 200:
            raise InputError(
                f"a break from {shown(span.first)} to {shown(span.last)} cannot be used: give its first and last day"
            )


def _walk(start: date, rule: Deadline, closed: Mapping[date, str], off: set[date]) -> tuple[date, set[str], int]:
    """Count days one by one. Gives the day, the holidays that were left out, and how many days of breaks were."""
    day, left, step = start, rule.amount, timedelta(-1 if rule.before else 1)
    names: set[str] = set()
    paused = 0
    while left:
        day += step
        if day in off:
            paused += 1
        elif rule.unit == "calendar_days" or day.isoweekday() < 6 and day not in closed:
            left -= 1
        elif day in closed:
            names.add(closed[day])
    return day, names, paused


def due(
    deadlines: Deadlines, rule: Deadline, start: date, today: date | None = None, breaks: Sequence[Break] | None = None
) -> Due:
    """The day that a rule gives, with everything that has to be said beside it.

    Args:
        deadlines: holidays and sentences.
        rule: which rule.
        start: the day of its trigger.
        today: to say whether a family's limit is near or past; None says nothing of it.
        breaks: the school's breaks; None is "not known", () is "there are none".

    Raises:
        InputError: a year that cannot be meant, or a break that ends before it starts.
    """
    _checked(start, breaks or ())
    closed = _closed(deadlines, range(start.year - 1, start.year + 4))
    # CDE, as reported: a break of more than five school days drops out whole. The longer count gives the later day.
    counted = [
        b for b in breaks or () if rule.unit == "school_days" or (rule.pause and _school_days(b, closed) > _LONG)
    ]
    off = {b.first + timedelta(n) for b in counted for n in range((b.last - b.first).days + 1)}
    names: set[str] = set()
    paused = 0
    if rule.unit in {"months", "years"}:
        months = rule.amount * (12 if rule.unit == "years" else 1)
        day = later(start, -months if rule.before else months)
    else:
        day, names, paused = _walk(start, rule, closed, off)
    unknown = breaks is None and (rule.pause or rule.unit == "school_days")
    notes = _notes(
        deadlines, rule, start, day, unknown, paused, [h.name for h in deadlines.holidays if h.name in names]
    )
    if today is not None and rule.whose == "family":
        if day < today:
            notes.append(deadlines.says["passed"])
        elif (day - today).days <= _NEAR:
            notes.append(deadlines.says["near"])
    return Due(rule, start, day, unknown, tuple(notes))


def _notes(
    deadlines: Deadlines, rule: Deadline, start: date, day: date, unknown: bool, paused: int, names: list[str]
) -> list[str]:
    says = {k: Template(v) for k, v in deadlines.says.items()}
    found = [says["about"].substitute(day=shown(day), start=shown(start))]
    if unknown:
        found.append(says["school_days_unknown" if rule.unit == "school_days" else "breaks_unknown"].substitute())
    if paused:
        found.append(says["breaks_used"].substitute(count=paused))
    if names:
        found.append(says["holidays"].substitute(names=", ".join(names)))
    if day.isoweekday() > 5:
        found.append(says["weekend"].substitute(weekday=f"{day:%A}"))
    found.append(rule.caveat)
    if rule.law.confidence != "high":
        found.append(says["medium"].substitute())
    return [*found, says["not_promised"].substitute()]


def calendar_file(events: Iterable[Event], now: datetime | None = None) -> bytes:
    """An .ics file of all-day events, each with a reminder two days before; opens in any calendar.

    `now` stamps the file (RFC 5545 wants it); the same events and `now` give the same bytes.
    """
    from icalendar import Alarm, Calendar  # noqa: PLC0415
    from icalendar import Event as Entry  # noqa: PLC0415

    calendar = Calendar()
    calendar.add("prodid", "-//Doorstep//dates//EN")
    calendar.add("version", "2.0")
    for event in events:
        entry = Entry()
        entry.add("summary", event.title)
        entry.add("description", event.text)
        entry.add("dtstart", event.day)
        entry.add("dtend", event.day + timedelta(1))
        entry.add("dtstamp", now or datetime.now(UTC))
        entry.add("uid", hashlib.sha256(f"{event.id} {event.day}".encode()).hexdigest()[:24] + "@doorstep")
        entry.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event.title)
        alarm.add("trigger", timedelta(days=-2))
        entry.add_component(alarm)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
