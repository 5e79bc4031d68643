"""What the page remembers of a conversation: in memory only, under an id that nobody can guess, for an hour."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from assistant.deadlines import Break
from assistant.document import LogRow
from assistant.records import Turn
from assistant.showing import Shown, State

__all__ = ["Button", "Conversations", "Entry", "Talked"]

_MOST_ENTRIES = 60  # exchanges that are shown again; older ones leave the page, their answers stay in the guide


@dataclass(frozen=True, slots=True)
class Button:
    """One button as it was offered: its words, and what they do on the server.

    `does`: "say" the words `value`, open the "guide" of that name, "press" it in the open guide, bring the "plan" tab
    to the front, or show "more" guides.
    """

    label: str
    does: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange: what was typed or pressed, then an answer, a guide's reply, or both."""

    said: str
    turn: Turn | None = None
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Talked:
    """A conversation. `buttons` are those on the screen: a click names one of them, and nothing else is believed."""

    entries: tuple[Entry, ...] = ()
    state: State = field(default_factory=State)
    buttons: tuple[Button, ...] = ()
    typed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # words for blanks, by letter and field
    breaks: tuple[Break, ...] | None = None  # None: not known
    log: tuple[LogRow, ...] = ()
    token: str = ""  # names the downloads; no part of the id, and nothing can be changed with it

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Questions and answers, oldest first."""
        return tuple(e.turn for e in self.entries if e.turn is not None)

    @property
    def guiding(self) -> bool:
        """Whether a guide is open and was not left."""
        return bool(self.state.sessions) and not self.state.stopped

    @property
    def finished(self) -> bool:
        """Whether the open guide has come to its plan."""
        return bool(self.state.sessions) and self.state.session.confirmed

    def then(self, entry: Entry) -> Talked:
        """The conversation with one exchange more."""
        state = entry.shown.state if entry.shown is not None else self.state
        return replace(self, entries=(*self.entries, entry)[-_MOST_ENTRIES:], state=state)


class Conversations:
    """Conversations by a random id; the oldest go first, and an hour of silence forgets one. Safe for threads."""

    def __init__(self, most: int = 1000, seconds: float = 3600.0) -> None:
        """Keep at most `most` conversations, each for `seconds` after it last changed."""
        self._most, self._seconds = most, seconds
        self._kept: OrderedDict[str, tuple[float, Talked]] = OrderedDict()
        self._ids: dict[str, str] = {}  # token to id
        self._lock = threading.Lock()

    def open(self) -> str:
        """A new id that nobody can guess."""
        return secrets.token_urlsafe(24)

    def get(self, id_: str | None) -> Talked:
        """The conversation; an empty one for an id that is unknown or forgotten."""
        with self._lock:
            self._sweep()
            return self._kept.get(id_ or "", (0.0, Talked()))[1]

    def of_token(self, token: str) -> Talked | None:
        """The conversation that a download belongs to, None when it is forgotten."""
        with self._lock:
            self._sweep()
            id_ = self._ids.get(token)
            return self._kept[id_][1] if id_ is not None and id_ in self._kept else None

    def change(self, id_: str, step: Callable[[Talked], Talked]) -> Talked:
        """Replace a conversation by what `step` makes of it, and give that back."""
        with self._lock:
            _, before = self._kept.pop(id_, (0.0, Talked()))
            after = step(before)
            if not after.token:
                after = replace(after, token=secrets.token_urlsafe(24))
            self._kept[id_] = (time.monotonic(), after)
            self._ids[after.token] = id_
            self._sweep()
            return after

    def forget(self, id_: str | None) -> None:
        """Erase a conversation, and with it what its links gave."""
        with self._lock:
            self._drop(id_ or "")

    def _drop(self, id_: str) -> None:
        _, gone = self._kept.pop(id_, (0.0, Talked()))
        self._ids.pop(gone.token, None)

    def _sweep(self) -> None:
        limit = time.monotonic() - self._seconds
        while self._kept and (len(self._kept) > self._most or next(iter(self._kept.values()))[0] < limit):
            self._drop(next(iter(self._kept)))
