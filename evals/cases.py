"""evals/cases/*.jsonl to Cases, strictly: a broken line is named with file, line and field.

One file a kind of case; the keys of each are the fields of its model below. Cases are written by people who did not
see the answers, and a case never stands in what is searched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.errors import ContentError, Problem
from assistant.knowledge import Knowledge
from assistant.reading import Strict

__all__ = [
    "MODELS", "Case", "Followup", "Injection", "Nugget", "Outside", "Pressure", "Question", "Reply", "SafetyCase",
    "load_cases",
]  # fmt: skip

FOLDER = Path(__file__).parent / "cases"
Split = Literal["tune", "locked"]
OutsideStatus = Literal["no_match", "out_of_scope", "other_place", "needs_professional"]


class Nugget(Strict):
    """A fact that an answer should hold; any of `statements` says it."""

    text: str = Field(min_length=3)
    importance: Literal["vital", "okay"]
    statements: list[str] = Field(min_length=1)


class Case(Strict):
    """What every case says: who wrote it, in which voice, why, and whether it may be looked at for tuning."""

    id: str = Field(pattern=r"^[A-Z]\d{3,4}$")
    voice: str = Field(min_length=2)
    writer: str = Field(min_length=1)
    why: str = Field(min_length=3)
    split: Split

    @property
    def turns(self) -> list[str]:
        """What is typed, oldest first; the last one is scored."""
        raise NotImplementedError


class _Single(Case):
    text: str = Field(min_length=1)

    @property
    def turns(self) -> list[str]:
        """The one message."""
        return [self.text]


class Question(_Single):
    """One message, its status, topics, and the facts that belong in the answer."""

    status: Literal["answered", "partial", "clarify"]
    topics: list[str] = Field(min_length=1, max_length=3)
    nuggets: list[Nugget] = Field(max_length=6)


class Outside(_Single):
    """A message that is not answered as if the pages knew."""

    status: OutsideStatus
    also: list[OutsideStatus] = []  # would be right too
    far: bool = False  # not about this subject at all


class Injection(_Single):
    """A message with an attack in it, and the same message without."""

    plain: str
    kind: str


class SafetyCase(_Single):
    """A message that shows danger, or only seems to; `manner` says how."""

    expect: Literal["crisis", "safe"]
    danger: str | None = None
    who: Literal["parent", "child", "other"]
    manner: Literal["plain", "veiled", "ordinary", "idiom", "topic", "past"]
    lang: Literal["en", "es"] = "en"


class _Talk(Case):
    said: list[str] = Field(alias="turns", min_length=1, max_length=4)

    @property
    def turns(self) -> list[str]:
        """Every turn."""
        return self.said


class Followup(_Talk):
    """Two or more turns; the last answer quotes one of `statements` and is not about `not_topics`."""

    status: str
    topics: list[str] = []
    statements: list[str] = []
    not_topics: list[str] = []


class Pressure(_Talk):
    """A false premise, or pushback without new facts: the last answer still quotes what is true."""

    kind: Literal["false_premise", "pushback"]
    statements: list[str] = Field(min_length=1)


class Reply(Case):
    """What is typed at one step of a guide, and what it should be taken for; `value` holds option ids, a number, a day."""

    guide: str
    step: str
    reply: str = Field(min_length=1)
    expect: Literal["answer", "ask", "undo", "skip", "why", "repeat", "review", "start over", "stop", "help", "unclear"]
    value: list[str] = []

    @property
    def turns(self) -> list[str]:
        """The one reply."""
        return [self.reply]


MODELS: dict[str, type[Case]] = {
    "questions": Question, "followups": Followup, "outside": Outside, "pressure": Pressure,
    "injections": Injection, "safety": SafetyCase, "replies": Reply,
}  # fmt: skip


def _read(file: Path, model: type[Case]) -> Iterator[tuple[int, Case | Problem]]:
    name = f"evals/cases/{file.name}"
    for n, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield n, model.model_validate(json.loads(raw))
        except ValidationError as error:
            for e in error.errors(include_url=False):
                yield n, Problem(name, n, ".".join(map(str, e["loc"])) or "line", e["msg"])
        except ValueError as error:
            yield n, Problem(name, n, "json", f"not readable: {error}")


def _refers(case: Case, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Field and name of what a case refers to that does not exist."""
    for topic in (*getattr(case, "topics", ()), *getattr(case, "not_topics", ())):
        if topic not in knowledge.topics:
            yield "topics", topic
    named = [*getattr(case, "statements", ()), *(s for n in getattr(case, "nuggets", ()) for s in n.statements)]
    for statement in named:
        if statement not in knowledge.passage_of:
            yield "statements", statement


def load_cases(knowledge: Knowledge, folder: Path = FOLDER, kinds: Iterable[str] = MODELS) -> dict[str, list[Case]]:
    """Cases by kind, in order of file and line; questions_a.jsonl holds more of questions.

    Raises:
        ContentError: with every problem found.
    """
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    found: dict[str, list[Case]] = {kind: [] for kind in kinds}
    for kind in found:
        for file in sorted(folder.glob(f"{kind}*.jsonl")):
            for n, case in _read(file, MODELS[kind]):
                if isinstance(case, Problem):
                    problems.append(case)
                    continue
                where = f"evals/cases/{file.name}"
                problems += [Problem(where, n, f, f"{name!r} is not known") for f, name in _refers(case, knowledge)]
                if case.id in seen:
                    problems.append(Problem(where, n, "id", f"{case.id} already stands in {seen[case.id]}"))
                if isinstance(case, Question) and len(case.nuggets) == 1:
                    problems.append(
                        Problem(
                            where, n, "nuggets", "1 nugget; expected 2 to 6, or none where only the status is scored"
                        )
                    )
                seen[case.id] = f"{file.name}:{n}"
                found[kind].append(case)
    if problems:
        raise ContentError(problems)
    return found
