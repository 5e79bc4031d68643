"""A guide as data: its steps, options and endings, and the ways through them.

Knows nothing of files, of typed words or of a conversation. A guide never runs in a circle: every `next` points to a
later step or to an ending, so every function here ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from assistant.cited import Line

__all__ = [
    "Answers",
    "DateUse",
    "Ending",
    "Guide",
    "Item",
    "Kind",
    "LetterUse",
    "NONE",
    "Option",
    "Rule",
    "SECTIONS",
    "Step",
    "Value",
    "count_paths",
    "decided",
    "draw",
    "holds",
    "longest",
    "paths",
]

Kind = Literal["one", "several", "yes_no", "date", "text", "number"]
Value = str | int | tuple[str, ...]
Answers = Mapping[str, Value]
Rule = Callable[[Answers], bool | str]

NONE = "none"  # the choice that a step of kind `several` always has
# Sections of a plan, in the order in which they are shown.
SECTIONS = {
    "means": "what it means", "today": "today", "week": "this week", "month": "this month", "bring": "bring",
    "ask": "ask", "people": "who can help",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a step. `next` is "" where the step's own holds; `also` are ways to say it."""

    id: str
    label: str
    next: str = ""
    also: tuple[str, ...] = ()
    note: Line | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `low` and `high` bound a number, `high` the characters of a text; `side` a date: past or future.

    `next` is where an option without its own, and a skip, lead; `otherwise` where it goes on if `when` does not hold.
    """

    id: str
    kind: Kind
    next: str
    short: str
    question: str
    why: tuple[Line, ...]
    options: tuple[Option, ...] = ()
    hint: str = ""
    say_back: str = ""
    help: str = ""
    also: tuple[str, ...] = ()
    optional: bool = False
    when: tuple[str, ...] = ()
    otherwise: str = ""
    fact: str = ""
    low: int = 0
    high: int = 0
    side: str = ""

    def option(self, id_: str) -> Option | None:
        """The option of that id."""
        return next((o for o in self.options if o.id == id_), None)

    def follows(self, value: Value | None) -> str:
        """Where an answer leads; None is a skipped or passed step."""
        chosen = self.option(value) if self.kind in {"one", "yes_no"} and isinstance(value, str) else None
        return (chosen.next if chosen else "") or self.next

    @property
    def passed_to(self) -> str:
        """Where it goes on if the step is not asked."""
        return self.otherwise or self.next

    @property
    def targets(self) -> tuple[str, ...]:
        """Everywhere this step may lead, each once."""
        return tuple(dict.fromkeys([*(o.next or self.next for o in self.options), self.next]))


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a way through a guide ends; `then` are guides to offer next.

    An ending whose condition does not hold gives way to the one after it; the last one has no condition.
    """

    id: str
    title: str
    say: tuple[Line, ...]
    then: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a plan, in its section of SECTIONS."""

    section: str
    line: Line
    why: Line | None = None


@dataclass(frozen=True, slots=True)
class LetterUse:
    """A letter that a guide offers; `fill` pairs a field of the letter with a step."""

    letter: str
    when: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DateUse:
    """A date of the plan: `rule` counted from a date step (`start`) or "today"; or the date step `event` itself."""

    rule: str = ""
    start: str = ""
    event: str = ""
    when: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guide:
    """One guided conversation. `version` changes when answers could fit differently, not when words are mended."""

    slug: str
    title: str
    for_whom: str
    invite: tuple[str, ...]
    reviewed: str
    review_due: str
    steps: tuple[Step, ...]
    endings: tuple[Ending, ...]
    items: tuple[Item, ...]
    letters: tuple[LetterUse, ...] = ()
    dates: tuple[DateUse, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    version: str = ""

    @cached_property
    def step_by_id(self) -> dict[str, Step]:
        """Steps by id."""
        return {s.id: s for s in self.steps}

    @cached_property
    def ending_by_id(self) -> dict[str, Ending]:
        """Endings by id."""
        return {e.id: e for e in self.endings}

    def ending_from(self, id_: str, answers: Answers) -> Ending:
        """The first ending from `id_` on whose condition holds."""
        at = next(n for n, e in enumerate(self.endings) if e.id == id_)
        return next(e for e in self.endings[at:] if holds(e.when, self, answers))


class _Asked(dict[str, Value]):
    """Answers that remember which steps a rule looked for and did not find."""

    def __init__(self, answers: Answers, settled: frozenset[str]) -> None:
        super().__init__(answers)
        self._settled = settled
        self.missed = False

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        self.missed |= key not in self and key not in self._settled
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        self.missed |= not found and key not in self._settled
        return found


def _one_holds(name: str, guide: Guide, answers: Answers, ending: str) -> bool:
    if "." not in name:
        return bool(guide.rules[name](answers))
    step, option = name.split(".", 1)
    if step == "ending":
        return option == ending
    value = answers.get(step)
    if option == "known":
        return value is not None
    if option == NONE and value == ():
        return True
    return option in value if isinstance(value, tuple) else value == option


def holds(when: tuple[str, ...], guide: Guide, answers: Answers, ending: str = "") -> bool:
    """Whether any name of a condition holds; an empty condition always does."""
    return not when or any(_one_holds(name, guide, answers, ending) for name in when)


def decided(when: tuple[str, ...], guide: Guide, answers: Answers, settled: frozenset[str]) -> bool | None:
    """The same where answers are still missing: None while it depends on a step that is not `settled`."""
    open_ = False
    for name in when:
        if "." in name:
            step = name.split(".", 1)[0]
            if step not in answers and step not in settled:
                open_ = True
                continue
            if _one_holds(name, guide, answers, ""):
                return True
        else:
            asked = _Asked(answers, settled)
            result = bool(guide.rules[name](asked))
            if asked.missed:
                open_ = True
            elif result:
                return True
    return None if open_ else not when


def longest(guide: Guide, start: str, answers: Answers | None = None, settled: frozenset[str] = frozenset()) -> int:
    """Most questions that may still be asked from `start` on, that step included; 0 at an ending.

    Args:
        guide: the guide.
        start: a step or an ending.
        answers: what is known; such steps are not counted, and lead only where their answer leads.
        settled: steps that are behind, answered or not.
    """
    given = answers or {}
    most: dict[str, int] = {e.id: 0 for e in guide.endings}
    for step in reversed(guide.steps):  # a next points forward only
        asked = decided(step.when, guide, given, settled)
        over = most[step.passed_to]
        if asked is False:
            most[step.id] = over
        elif step.id in given:
            most[step.id] = most[step.follows(given[step.id])] if asked else max(most[t] for t in step.targets)
        else:
            most[step.id] = 1 + max(most[t] for t in step.targets)
            if asked is None:
                most[step.id] = max(most[step.id], over)
        # Steps before `start` are counted too; they cannot change what comes after.
    return most[start]


def paths(guide: Guide, limit: int = 100_000) -> Iterator[tuple[str, ...]]:
    """Ways through the guide as ids of asked steps and the ending last; a step with a condition is asked or passed.

    Two conditions that exclude each other are not known here, so this is an upper bound of what a parent can meet.
    """
    stack: list[tuple[str, tuple[str, ...]]] = [(guide.steps[0].id, ())]
    found: set[tuple[str, ...]] = set()
    while stack and len(found) < limit:
        at, way = stack.pop()
        step = guide.step_by_id.get(at)
        if step is None:
            for ending in _endings_from(guide, at):
                if (*way, ending) not in found:
                    found.add((*way, ending))
                    yield (*way, ending)
            continue
        nexts = [(t, (*way, at)) for t in step.targets]
        if step.when:
            nexts.append((step.passed_to, way))
        stack.extend(reversed(nexts))


def _endings_from(guide: Guide, id_: str) -> tuple[str, ...]:
    """An ending, and those it may give way to."""
    at = next(n for n, e in enumerate(guide.endings) if e.id == id_)
    found = []
    for ending in guide.endings[at:]:
        found.append(ending.id)
        if not ending.when:
            break
    return tuple(found)


def count_paths(guide: Guide) -> int:
    """How many `paths` there are, without walking them (one that two routes share is counted for each)."""
    ways: dict[str, int] = {e.id: len(_endings_from(guide, e.id)) for e in guide.endings}
    for step in reversed(guide.steps):
        ways[step.id] = sum(ways[t] for t in step.targets) + (ways[step.passed_to] if step.when else 0)
    return ways[guide.steps[0].id]


def draw(guide: Guide) -> str:
    """The guide as a Mermaid flowchart: questions, where each choice leads, and what is asked only sometimes."""
    rows = ["flowchart TD"]
    for step in guide.steps:
        only = f"<br/><i>only if {_quoted(', '.join(step.when))}</i>" if step.when else ""
        rows.append(f'  {_node(step.id)}["{_quoted(step.question)}{only}"]')
    rows += [f'  {_node(e.id)}(["{_quoted(e.title)}"])' for e in guide.endings]
    for ending, other in zip(guide.endings, guide.endings[1:], strict=False):
        if ending.when:
            rows.append(f"  {_node(ending.id)} -. unless {_quoted(', '.join(ending.when))} .-> {_node(other.id)}")
    for step in guide.steps:
        ways: dict[str, list[str]] = {}
        for option in step.options:
            if option.next and option.next != step.next:
                ways.setdefault(option.next, []).append(option.label)
        for target, labels in ways.items():
            rows.append(f'  {_node(step.id)} -->|"{_quoted(" / ".join(labels))}"| {_node(target)}')
        rows.append(f"  {_node(step.id)} --> {_node(step.next)}")
        if step.otherwise:
            rows.append(f"  {_node(step.id)} -. not asked .-> {_node(step.otherwise)}")
    return "\n".join(rows) + "\n"


def _node(id_: str) -> str:
    return "n_" + id_.replace("-", "_")


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;").replace("|", "/")
