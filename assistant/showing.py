"""What a guide shows after one turn, and the state that goes with it; plain records, JSON in and out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from assistant.cited import Credit
from assistant.errors import InputError
from assistant.guide_reading import Guides
from assistant.letters import Draft
from assistant.plan import Plan
from assistant.records import Answer
from assistant.session import MAX_BYTES, Session, load, save

__all__ = ["Card", "Choice", "Message", "Outcome", "ReviewRow", "Shown", "State"]


@dataclass(frozen=True, slots=True)
class State:
    """Where the guides of a conversation stand; the last session is the open one.

    `asking` is a step that is being changed, `misses` counts unclear replies to the open question, `offers` are two
    near options of it, `stopped` says that the parent left the guide.
    """

    sessions: tuple[Session, ...] = ()
    asking: str = ""
    misses: int = 0
    offers: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def session(self) -> Session:
        """The open session.

        Raises:
            InputError: no guide is open.
        """
        if not self.sessions:
            raise InputError("no guide is open: choose one first")
        return self.sessions[-1]

    def to_json(self) -> str:
        """The state as JSON; the same state gives the same text."""
        return json.dumps(
            {
                "sessions": [json.loads(save(s)) for s in self.sessions],
                "asking": self.asking, "misses": self.misses, "offers": list(self.offers), "stopped": self.stopped,
            },
            ensure_ascii=False,
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str, guides: Guides) -> State:
        """A state that `to_json` gave.

        Raises:
            InputError: it was changed, cut short, or is of a guide that is not here.
        """
        try:
            data = json.loads(text if len(text) <= 10 * MAX_BYTES else "")
            found = [load(json.dumps(s).encode(), guides.by_slug).session for s in data["sessions"]]
            state = cls(
                tuple(found), str(data["asking"]), int(data["misses"]), tuple(map(str, data["offers"])),
                bool(data["stopped"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, RecursionError):
            raise InputError("the conversation cannot be read: open the guide again") from None
        if state.asking and (not found or state.asking not in guides[found[-1].guide].step_by_id):
            state = replace(state, asking="")
        return state


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to show, oldest first. `role`: heard, note, notice, help, changed, question (a why) or ending."""

    role: str
    text: str
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what to pass to `press`, and its words. `chosen`: the present answer, where one is being changed."""

    press: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The open question. `left` counts it too; `why` is for "why do you ask?", each line with its sources."""

    step: str
    kind: str
    question: str
    hint: str
    why: tuple[Message, ...]
    choices: tuple[Choice, ...]
    optional: bool
    progress: str
    asked: int
    left: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One line of the review page; `press` changes it."""

    step: str
    short: str
    answer: str
    skipped: bool
    press: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished guide gives."""

    plan: Plan
    letters: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything to show after one turn. One of `card`, `review` and `outcome` is there, none after a stop.

    `answer` is what was said to a question in the middle, or to a danger; show it as any answer, then the rest.
    """

    state: State
    messages: tuple[Message, ...] = ()
    answer: Answer | None = None
    card: Card | None = None
    review: tuple[ReviewRow, ...] = ()
    outcome: Outcome | None = None
