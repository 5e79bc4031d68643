"""The Talk tab: a message in, an answer streamed sentence by sentence. The conversation lives here, not in the page."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistant.records import Status, Turn
from assistant.service import Assistant
from assistant.situations import NOT_SO
from assistant.text import MAX_CHARS
from assistant.web.render import answer_html, said_html

__all__ = ["Conversations", "Talk"]

Message = dict[str, Any]
BUTTONS = 4  # suggestions shown at once
_WAIT = 40.0  # seconds that a first question waits for the encoder
_PAUSE = 0.09  # seconds between sentences: reading pace without making anyone wait


class Conversations:
    """Turns by a random id, in memory only; the oldest go first, and an hour of silence forgets one."""

    def __init__(self, most: int = 1000, seconds: float = 3600.0) -> None:
        """Keep at most `most` conversations, each for `seconds` after its last turn."""
        self._most, self._seconds = most, seconds
        self._turns: OrderedDict[str, tuple[float, tuple[Turn, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def open(self) -> str:
        """A new id that nobody can guess."""
        return secrets.token_urlsafe(24)

    def turns(self, id_: str) -> tuple[Turn, ...]:
        """The turns so far, oldest first; none for an id that is unknown or forgotten."""
        with self._lock:
            self._sweep()
            return self._turns.get(id_, (0.0, ()))[1]

    def add(self, id_: str, turn: Turn) -> None:
        """Append a turn."""
        with self._lock:
            _, turns = self._turns.pop(id_, (0.0, ()))
            self._turns[id_] = (time.monotonic(), (*turns, turn)[-40:])
            self._sweep()

    def forget(self, id_: str) -> None:
        """Erase a conversation."""
        with self._lock:
            self._turns.pop(id_, None)

    def _sweep(self) -> None:
        limit = time.monotonic() - self._seconds
        while self._turns and (len(self._turns) > self._most or next(iter(self._turns.values()))[0] < limit):
            self._turns.popitem(last=False)


class Talk:
    """Handlers of the tab; each is a plain function of its inputs and can be called without Gradio."""

    def __init__(self, assistant: Assistant, conversations: Conversations) -> None:
        """Keep what the handlers need."""
        self.assistant = assistant
        self.conversations = conversations

    def history(self, id_: str) -> list[Message]:
        """The conversation as the chat component shows it."""
        shown: list[Message] = []
        for turn in self.conversations.turns(id_):
            shown.append({"role": "user", "content": said_html(turn.said)})
            if turn.answer:
                shown.append({"role": "assistant", "content": answer_html(turn.answer)})
        return shown

    def starts(self) -> tuple[str, ...]:
        """Where a family may start."""
        return self.assistant.answer("").suggestions

    def send(self, message: str, id_: str | None) -> Iterator[tuple[list[Message], str, str, list[dict[str, Any]]]]:
        """Answer a message; yields the chat, the box, the id and the suggestion buttons as they change.

        Too long a message stays in the box, so that nothing typed is lost.
        """
        id_ = id_ or self.conversations.open()
        before = self.history(id_)
        said: Message = {"role": "user", "content": said_html(message[: MAX_CHARS * 2])}
        if message.strip():
            yield [*before, said, {"role": "assistant", "content": self._waiting()}], "", id_, self._buttons(())
        # Danger is answered at once; everything else waits for the encoder, once, after a start.
        if not self.assistant.dangerous(message):
            self.assistant.ready.wait(_WAIT)
        turn = self.assistant.ask(message, self.conversations.turns(id_))
        answer = turn.answer
        assert answer is not None
        if not message.strip():
            yield (
                [*before, {"role": "assistant", "content": answer_html(answer)}],
                "",
                id_,
                self._buttons(answer.suggestions),
            )
            return
        if len(message.strip()) > MAX_CHARS and answer.status is Status.CLARIFY:
            yield [*before, {"role": "assistant", "content": answer_html(answer)}], message, id_, self._buttons(())
            return
        self.conversations.add(id_, turn)
        for n in range(1, len(answer.sentences)):
            yield [*before, said, {"role": "assistant", "content": answer_html(answer, n)}], "", id_, self._buttons(())
            time.sleep(_PAUSE)
        yield (
            [*before, said, {"role": "assistant", "content": answer_html(answer)}],
            "",
            id_,
            self._buttons((*answer.suggestions[: BUTTONS - 1], *(NOT_SO + u for u in answer.understood))),
        )

    def forget(self, id_: str | None) -> tuple[list[Message], str, None, list[dict[str, Any]]]:
        """Erase the conversation and show the empty page."""
        if id_:
            self.conversations.forget(id_)
        return [], "", None, self._buttons(self.starts())

    def _waiting(self) -> str:
        words = self.assistant.replies["warming" if not self.assistant.ready.is_set() else "looking"].fill()
        return '<div class="ds-answer"><p class="ds-notice">' + " ".join(words) + "</p></div>"

    @staticmethod
    def _buttons(titles: tuple[str, ...]) -> list[dict[str, Any]]:
        shown = [*titles[:BUTTONS], *[""] * (BUTTONS - len(titles[:BUTTONS]))]
        return [gr.update(value=t or " ", visible=bool(t)) for t in shown]
