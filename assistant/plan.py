"""A finished session to what a parent takes away: the plan, its dates and its letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.cited import Line
from assistant.deadlines import Break, Due, Event, due, shown
from assistant.errors import InputError
from assistant.guide import SECTIONS, Answers, Guide, Item, Option, Step, Value, holds
from assistant.guide_reading import Guides
from assistant.letters import Draft, fill, listed
from assistant.session import Place, Session, replay

__all__ = ["DateLine", "Plan", "Section", "calendar_of", "in_words", "inner", "letters_of", "plan_of"]

_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a plan, its `items` in the order to do them; `name` is a key of SECTIONS."""

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class DateLine:
    """A day of the plan: computed by a rule (`due`), or one that the parent told (`due` is None).

    `assumed`: the rule's trigger has not been told; it is counted as if it were today.
    """

    title: str
    day: date
    due: Due | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in order, with why and sources; `then` are guides to go on with."""

    guide: str
    title: str
    say: tuple[Line, ...]
    sections: tuple[Section, ...]
    dates: tuple[DateLine, ...]
    then: tuple[str, ...]
    reviewed: str
    made: str


def inner(label: str) -> str:
    """A label as it stands inside a sentence: "A first letter" gives "a first letter", "IEP" and "I ..." stay."""
    first = label.split(" ", 1)[0].rstrip(",")
    keep = first == "I" or first.startswith("I'") or sum(c.isupper() for c in first) > 1
    return label if keep else label[:1].lower() + label[1:]


def _label(option: Option | None, id_: str) -> str:
    return option.label if option else id_


def in_words(step: Step, value: Value, inside: bool = False) -> str:
    """An answer as a person reads it: labels, a long date, a number, the text; `inside` a sentence or on its own."""
    if step.kind == "date":
        return shown(date.fromisoformat(str(value)))
    if step.kind == "several":
        chosen = tuple(value) if isinstance(value, tuple) else ()
        labels = [_label(step.option(i), i) for i in chosen] or ["None of these"]
        return "; ".join(inner(label) if inside else label for label in labels)
    if step.kind in {"one", "yes_no"}:
        label = _label(step.option(str(value)), str(value))
        return inner(label) if inside else label
    return str(value)


def _finished(guide: Guide, session: Session, today: date) -> Place:
    """The place at the end, its answers with "today" among them: a rule may count days up to it."""
    place = replay(guide, session)
    if place.ending is None:
        assert place.step is not None
        raise InputError(f"the guide is not finished: {place.step.id!r} is still open ({place.step.question})")
    return replace(place, answers={**place.answers, "today": today.isoformat()})


def _filled(line: Line, guide: Guide, answers: Answers) -> Line | None:
    """The line with its {places} filled, None where one of them is empty."""
    missing = False

    def put(match: re.Match[str]) -> str:
        nonlocal missing
        name = match[1]
        if name in guide.step_by_id:
            value = answers.get(name)
            words = "" if value is None else in_words(guide.step_by_id[name], value, inside=True)
        else:
            words = str(guide.rules[name](answers))
        missing |= not words
        return words

    text = _PLACE.sub(put, line.text)
    return None if missing else Line(text, line.statements)


def _items(guide: Guide, answers: Answers, ending: str) -> list[Item]:
    found = []
    for item in guide.items:
        if not holds(item.line.when, guide, answers, ending):
            continue
        line = _filled(item.line, guide, answers)
        why = _filled(item.why, guide, answers) if item.why else None
        if line is not None:
            found.append(Item(item.section, line, why))
    return found


def _dates(
    guides: Guides, guide: Guide, place: Place, today: date, breaks: Sequence[Break] | None
) -> tuple[DateLine, ...]:
    found = []
    assert place.ending is not None
    for use in guide.dates:
        if not holds(use.when, guide, place.answers, place.ending.id):
            continue
        if use.event:
            value = place.answers.get(use.event)
            if isinstance(value, str):
                short = guide.step_by_id[use.event].short
                found.append(DateLine(short[:1].upper() + short[1:], date.fromisoformat(value)))
            continue
        rule = guides.deadlines.by_id[use.rule]
        value = today.isoformat() if use.start == "today" else place.answers.get(use.start)
        if isinstance(value, str):
            day = due(guides.deadlines, rule, date.fromisoformat(value), today, breaks)
            found.append(DateLine(rule.due, day.day, day, assumed=use.start == "today"))
    return tuple(sorted(found, key=lambda d: (d.day, d.title)))


def plan_of(guides: Guides, guide: Guide, session: Session, today: date, breaks: Sequence[Break] | None = None) -> Plan:
    """The plan of a finished session.

    Args:
        guides: all of them, for dates.
        guide: the session's guide.
        session: its answers.
        today: the day that dates from "today" count from.
        breaks: the school's breaks, None where they are not known.

    Raises:
        InputError: a question is still open.
    """
    place = _finished(guide, session, today)
    ending = place.ending
    assert ending is not None
    items = _items(guide, place.answers, ending.id)
    sections = tuple(
        Section(name, found) for name in SECTIONS if (found := tuple(i for i in items if i.section == name))
    )
    then = tuple(slug for slug in ending.then if slug in guides.by_slug)
    dates = _dates(guides, guide, place, today, breaks)
    return Plan(guide.slug, ending.title, ending.say, sections, dates, then, guide.reviewed, today.isoformat())


def letters_of(
    guides: Guides, guide: Guide, session: Session, today: date, typed: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Draft, ...]:
    """The letters that a finished session offers, filled with its answers on the way.

    Args:
        guides: all of them, for templates and tone.
        guide: the session's guide.
        session: its answers.
        today: the date of the letters.
        typed: what the parent typed into blanks, by letter and field; it comes before an answer. A date is ISO, a
            choice an option id.

    Raises:
        InputError: a question is still open, or an unknown letter or field was typed.
    """
    place = _finished(guide, session, today)
    assert place.ending is not None
    offered = [u for u in guide.letters if holds(u.when, guide, place.answers, place.ending.id)]
    for letter_id in typed or {}:
        if letter_id not in {u.letter for u in offered}:
            raise InputError(f"{letter_id!r} is no letter of this plan: {listed(tuple(u.letter for u in offered))}")
    drafts = []
    for use in offered:
        letter = guides.letters[use.letter]
        values: dict[str, Value] = {f: place.answers[s] for f, s in use.fill if s in place.answers}
        for name, text in (typed or {}).get(use.letter, {}).items():
            field = letter.field_by_id.get(name)
            if field is None:
                raise InputError(f"letter {use.letter!r} has no field {name[:40]!r}")
            if field.kind == "date":
                try:
                    date.fromisoformat(text)
                except ValueError:
                    raise InputError(f"{field.label}: {text[:40]!r} is not a day such as 2026-11-03") from None
            values[name] = text
        drafts.append(fill(letter, values, today, guides.tone))
    return tuple(drafts)


def calendar_of(plan: Plan) -> tuple[Event, ...]:
    """The plan's dates for a calendar file."""
    found = []
    for line in plan.dates:
        text = ""
        if line.due is not None:
            law = line.due.rule.law
            text = "\n".join([f"{line.due.rule.rule}. {law.title} ({law.as_of}).", *line.due.notes])
        found.append(Event(line.day, line.title, text, f"{plan.guide}/{line.title}"))
    return tuple(found)
