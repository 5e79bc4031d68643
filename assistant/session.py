"""A guide being walked through: what was answered, turn by turn. Everything else is replayed from that.

A Session is frozen; every operation gives a new one. One turn may fill several steps; undo takes back one turn. An
answer to a step that the way no longer passes is kept, for it may pass there again, but counts for nothing meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from assistant.deadlines import YEARS
from assistant.errors import InputError
from assistant.guide import Answers, Ending, Guide, Step, Value, holds, longest
from assistant.letters import plain

__all__ = [
    "FORMAT",
    "MAX_BYTES",
    "Opened",
    "Place",
    "Session",
    "answer",
    "check_value",
    "confirm",
    "facts_of",
    "load",
    "replay",
    "save",
    "start",
    "start_over",
    "steps_left",
    "undo",
]

FORMAT = 1  # of the saved file
MAX_BYTES = 100_000  # of a saved file; a real one has about 2,000
MAX_TURNS = 300
_CONFIRM = "confirm"  # stands in a turn where the parent has looked at the review page and said yes

Turn = tuple[tuple[str, Value | None], ...]  # step ids with their answers; None is a skip


@dataclass(frozen=True, slots=True)
class Session:
    """The turns of one guide, oldest first; `known` are answers that came from other guides of the conversation."""

    guide: str
    version: str
    turns: tuple[Turn, ...] = ()
    known: tuple[tuple[str, Value], ...] = ()

    @property
    def answers(self) -> dict[str, Value | None]:
        """The last answer to every step, on the way or not; None is a skip."""
        found: dict[str, Value | None] = dict(self.known)
        for turn in self.turns:
            found |= {k: v for k, v in turn if k != _CONFIRM}
        return found

    @property
    def confirmed(self) -> bool:
        """The last thing said was yes to the review page."""
        return bool(self.turns) and self.turns[-1] == ((_CONFIRM, "yes"),)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a replay stands: the step to ask next, or the ending. `answers` are those on the way, `path` all met."""

    path: tuple[str, ...]
    answers: Answers
    step: Step | None
    ending: Ending | None

    @property
    def skipped(self) -> tuple[str, ...]:
        """Steps that were met and skipped."""
        return tuple(s for s in self.path if s not in self.answers)


def start(guide: Guide, facts: Mapping[str, Value] | None = None) -> Session:
    """A new session; `facts` answered in other guides are not asked again, where they fit."""
    known = []
    for step in guide.steps:
        if step.fact and facts and step.fact in facts:
            try:
                known.append((step.id, check_value(step, facts[step.fact])))
            except InputError:
                continue  # an option that this guide does not offer: it asks for itself
    return Session(guide.slug, guide.version, (), tuple(known))


def replay(guide: Guide, session: Session) -> Place:
    """Walk the guide with the session's answers up to the first open question, or to an ending."""
    given = session.answers
    path: list[str] = []
    answers: dict[str, Value] = {}
    at = guide.steps[0].id
    while at in guide.step_by_id:
        step = guide.step_by_id[at]
        if not holds(step.when, guide, answers):
            at = step.passed_to
        elif step.id not in given:
            return Place(tuple(path), answers, step, None)
        else:
            path.append(step.id)
            value = given[step.id]
            if value is not None:
                answers[step.id] = value
            at = step.follows(value)
    return Place(tuple(path), answers, None, guide.ending_from(at, answers))


def steps_left(guide: Guide, session: Session) -> int:
    """Most questions that may still come, the open one included; 0 at the ending."""
    place = replay(guide, session)
    if place.step is None:
        return 0
    later = {k: v for k, v in session.answers.items() if v is not None}
    settled = frozenset(k for k, v in session.answers.items() if v is None) | frozenset(place.path)
    order = [s.id for s in guide.steps]
    settled |= frozenset(order[: order.index(place.step.id)])  # behind, asked or passed
    return longest(guide, place.step.id, later, settled)


def _count(step: Step, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{step.short}: {_seen(value)} is not a whole number")
    if not step.low <= value <= step.high:
        raise InputError(f"{step.short}: {value} is not between {step.low} and {step.high}")
    return value


def _day(step: Step, value: object) -> str:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise InputError(f"{step.short}: {_seen(value)} is not a day; expected one such as 2026-11-03")
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise InputError(f"{step.short}: the year {day.year} cannot be meant; expected {YEARS[0]} to {YEARS[1]}")
    return day.isoformat()


def _choices(step: Step, value: object) -> tuple[str, ...]:
    chosen = list(value) if isinstance(value, list | tuple) else None
    ids = [o.id for o in step.options]
    if chosen is None or len(chosen) > len(ids) or any(c not in ids for c in chosen):
        raise InputError(f"{step.short}: {_seen(value)} is not a list of {', '.join(ids)}")
    return tuple(i for i in ids if i in chosen)


def check_value(step: Step, value: object) -> Value:
    """An answer in its one form: option id; tuple of ids in the guide's order; whole number; ISO day; clean text.

    Raises:
        InputError: it is of another kind, names an unknown option, or is out of range.
    """
    if step.kind == "number":
        return _count(step, value)
    if step.kind == "date":
        return _day(step, value)
    if step.kind == "several":
        return _choices(step, value)
    if step.kind == "text":
        text = plain(value, step.high) if isinstance(value, str) else ""
        if not text:
            raise InputError(f"{step.short}: {_seen(value)} is not a text")
        return text
    if not isinstance(value, str) or step.option(value) is None:
        raise InputError(f"{step.short}: {_seen(value)} is not one of {', '.join(o.id for o in step.options)}")
    return value


def _seen(value: object) -> str:
    return repr(value if not isinstance(value, str) else value[:40])[:60]


def answer(guide: Guide, session: Session, given: Mapping[str, object]) -> Session:
    """One turn that answers one or more steps; None skips a step. Answering a step again changes it.

    Raises:
        InputError: an unknown step, a value that does not fit, or far too many turns.
    """
    if not given:
        return session
    if len(session.turns) >= MAX_TURNS:
        raise InputError(f"more than {MAX_TURNS} answers in one guide: start over, or open it again")
    turn = []
    for step_id, value in given.items():
        step = guide.step_by_id.get(step_id)
        if step is None:
            raise InputError(f"{step_id!r} is no question of the guide {guide.slug!r}")
        turn.append((step_id, None if value is None else check_value(step, value)))
    return replace(session, turns=(*session.turns, tuple(turn)))


def confirm(session: Session) -> Session:
    """The parent has looked at the review page and said yes: plan and letters may be made."""
    return session if session.confirmed else replace(session, turns=(*session.turns, ((_CONFIRM, "yes"),)))


def undo(session: Session) -> Session:
    """Without its last turn, whatever that was; a session without turns stays as it is."""
    return replace(session, turns=session.turns[:-1])


def start_over(session: Session) -> Session:
    """Nothing answered, not even by other guides."""
    return Session(session.guide, session.version)


def facts_of(guide: Guide, session: Session) -> dict[str, Value]:
    """What this session can tell other guides, by fact."""
    answers = replay(guide, session).answers
    return {s.fact: answers[s.id] for s in guide.steps if s.fact and s.id in answers}


def save(session: Session) -> bytes:
    """The session as a small JSON file: answers by step id, one object a turn. Same session, same bytes."""
    data = {
        "doorstep": "guide",
        "format": FORMAT,
        "guide": session.guide,
        "version": session.version,
        "turns": [dict(turn) for turn in session.turns],
        "known": dict(session.known),
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session from a file. `changed`: the guide is newer; `dropped`: (step id, why) of answers that no longer fit."""

    session: Session
    changed: bool = False
    dropped: tuple[tuple[str, str], ...] = ()


_KEYS = {"doorstep", "format", "guide", "version", "turns", "known"}


def _data(raw: bytes) -> dict[str, object]:
    if len(raw) > MAX_BYTES:
        raise InputError(f"the file has {len(raw):,} bytes; a saved guide has under {MAX_BYTES:,}: is it another file?")
    try:
        data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InputError(
            "the file is not a saved guide, or was cut short: choose the file that Doorstep gave you"
        ) from None
    if not isinstance(data, dict) or data.get("doorstep") != "guide":
        raise InputError("the file is not a saved guide: choose the file that Doorstep gave you")
    if data.get("format") != FORMAT:
        raise InputError(f"the file has format {_seen(data.get('format'))}; this Doorstep reads format {FORMAT}")
    if set(data) != _KEYS:
        odd = sorted(set(data) ^ _KEYS)
        raise InputError(f"the file was changed: {', '.join(odd)[:80]} missing or unknown")
    return data


def _no_constant(name: str) -> object:
    raise ValueError(name)


def load(raw: bytes, guides: Mapping[str, Guide]) -> Opened:
    """A saved session. Of an older version, what still fits is kept, and what does not is named.

    Raises:
        InputError: not such a file, an unknown guide, or (same version) an answer that cannot have been saved.
    """
    data = _data(raw)
    guide = guides.get(str(data["guide"]))
    if guide is None:
        raise InputError(f"the file is of a guide that is not here: {_seen(data['guide'])}")
    turns, known = _turns(data)
    changed = data["version"] != guide.version
    dropped: dict[str, str] = {}

    def fits(step_id: str, value: object) -> bool:
        wrong = _misfit(guide, step_id, value)
        if wrong and not changed:
            raise InputError(f"the file was changed: {wrong}")
        if wrong:
            dropped[step_id] = wrong
        return not wrong

    session = Session(guide.slug, guide.version)
    for turn in turns:
        if turn == {_CONFIRM: "yes"}:
            session = confirm(session)
        else:
            session = answer(guide, session, {k: v for k, v in turn.items() if fits(k, v)})
    kept = tuple((k, check_value(guide.step_by_id[k], v)) for k, v in known.items() if v is not None and fits(k, v))
    session = replace(session, known=kept)
    if changed and session.confirmed:
        session = undo(session)  # they said yes to another guide's review
    return Opened(session, changed, tuple(dropped.items()))


def _turns(data: Mapping[str, object]) -> tuple[list[dict[str, object]], dict[str, object]]:
    turns, known = data["turns"], data["known"]
    if not isinstance(turns, list) or not isinstance(known, dict) or not all(isinstance(t, dict) for t in turns):
        raise InputError("the file was changed: turns and known are not what Doorstep wrote")
    if len(turns) > MAX_TURNS:
        raise InputError(f"the file has {len(turns):,} answers; at most {MAX_TURNS} can be opened")
    return turns, known


def _misfit(guide: Guide, step_id: str, value: object) -> str:
    """Why a saved answer does not fit the guide, "" where it does."""
    step = guide.step_by_id.get(step_id)
    if step is None:
        return f"{step_id[:40]!r} is no question of this guide"
    try:
        if value is not None:
            check_value(step, value)
    except InputError as error:
        return str(error)
    return ""
