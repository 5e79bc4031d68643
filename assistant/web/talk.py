"""The Talk tab: a message or a button in; an answer, sentence by sentence, or the next step of a guide out.

The conversation lives here, not in the page.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.records import Status, Turn
from assistant.service import Assistant
from assistant.showing import Card
from assistant.situations import NOT_SO
from assistant.text import MAX_CHARS
from assistant.web.conversations import Button, Conversations, Entry, Talked
from assistant.web.guiding import Guiding
from assistant.web.render import answer_html, guide_html, said_html

__all__ = ["Screen", "Talk"]

Message = dict[str, Any]
SUGGESTIONS = 4  # titles offered under an answer
_WAIT = 40.0  # seconds that a first question waits for the encoder
_PAUSE = 0.09  # seconds between sentences: reading pace without making anyone wait
_GO_ON = re.compile(r"\W*(?:go on|continue|resume|carry on)\b.{0,20}", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Screen:
    """What Talk shows: the chat, what to put into the box (None: leave what is typed there), the id, and the buttons.

    `several` are labels and ids of a question with more than one answer; `hint` stands in the empty box.
    """

    chat: tuple[Message, ...]
    box: str | None
    id: str | None
    buttons: tuple[Button, ...] = ()
    ways: tuple[Button, ...] = ()
    several: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()
    hint: str = ""
    plan: bool = False  # the plan tab comes to the front


class Talk:
    """Handlers of the tab; each is a plain function of its inputs and can be called without Gradio."""

    def __init__(self, assistant: Assistant, conversations: Conversations, guiding: Guiding) -> None:
        """Keep what the handlers need."""
        self.assistant = assistant
        self.conversations = conversations
        self.guiding = guiding

    def empty(self) -> Screen:
        """The page before anything is said."""
        return Screen((), "", None, self.starts())

    def starts(self) -> tuple[Button, ...]:
        """Where a family may start: guides, then titles to open."""
        titles = self.assistant.answer("").suggestions
        return (*self.guiding.starts(), *(Button(t, "say", t) for t in titles[:SUGGESTIONS]))

    def history(self, id_: str | None) -> tuple[Message, ...]:
        """The conversation as the chat component shows it."""
        shown: list[Message] = []
        talked = self.conversations.get(id_)
        for entry in talked.entries:
            if entry.said:
                shown.append(_said(entry.said))
            if entry.shown is not None:
                last = entry is talked.entries[-1]
                shown.append(_replied(guide_html(entry.shown, f"/take/{talked.token}/answers.json" if last else "")))
            elif entry.turn is not None and entry.turn.answer:
                shown.append(_replied(answer_html(entry.turn.answer)))
        return tuple(shown)

    # What a person does

    def send(self, message: str, id_: str | None) -> Iterator[Screen]:
        """Answer a message, or take it as a reply to the open guide; yields the screen as it changes.

        Too long a message stays in the box, so that nothing typed is lost.
        """
        id_ = id_ or self.conversations.open()
        talked = self.conversations.get(id_)
        if talked.state.sessions and message.strip():
            if talked.guiding and not talked.finished:
                yield replace(self._reply(message, id_), box=message if len(message.strip()) > MAX_CHARS else "")
                return
            if talked.state.stopped and _GO_ON.fullmatch(message):
                yield replace(self._pressed(Button(message, "press", "repeat"), id_), box="")
                return
            if talked.finished and not self.assistant.dangerous(message):
                shown, turn = self.guiding.say(talked, message)
                if turn is None:  # a command, such as "change my child's age"
                    yield replace(self._kept(id_, Entry(message, None, shown)), box="")
                    return
        yield from self._answer(message, id_)

    def click(self, label: str, id_: str | None) -> Iterator[Screen]:
        """Do what the button with these words does; words that are on no button are taken as typed."""
        on_screen = self.conversations.get(id_).buttons or self.starts()
        button = next((b for b in on_screen if b.label == label), None)
        if button is None or button.does == "say":
            yield from self.send(button.value if button else label, id_)
            return
        yield self._pressed(button, id_ or self.conversations.open())

    def choose(self, ids: Sequence[str], id_: str | None) -> Iterator[Screen]:
        """Several options of the open question at once."""
        known = {i for _, i in self.guiding.several(self._card(self.conversations.get(id_)))}
        picked = ",".join(i for i in ids if i in known)
        yield self._pressed(Button("", "press", f"options:{picked}"), id_ or self.conversations.open())

    def open_saved(self, raw: bytes, id_: str | None) -> Screen:
        """Take up a guide from a saved file.

        Raises:
            InputError: it is not such a file.
        """
        id_ = id_ or self.conversations.open()
        shown = self.guiding.opened(raw, self.conversations.get(id_).state)
        return self._kept(id_, Entry("", None, shown))

    def forget(self, id_: str | None) -> Screen:
        """Erase the conversation and show the empty page."""
        self.conversations.forget(id_)
        return self.empty()

    # How it is done

    def _pressed(self, button: Button, id_: str) -> Screen:
        talked = self.conversations.get(id_)
        if button.does == "more":
            return self._show(id_, buttons=self.guiding.others())
        if button.does == "plan":
            return replace(self._show(id_), plan=True)
        if button.does == "guide":
            said = button.label.partition("\n")[0]
            return self._kept(id_, Entry(said, None, self.guiding.open(talked, button.value)))
        if not talked.state.sessions:
            return self._show(id_)
        shown = self.guiding.press(talked, button.value)
        kind, _, picked = button.value.partition(":")
        words = button.label
        if kind == "options" and not words:
            labels = dict((i, label) for label, i in self.guiding.several(self._card(talked)))
            words = "; ".join(labels[i] for i in picked.split(",") if i in labels)
        return self._kept(id_, Entry(words, None, shown))

    def _reply(self, message: str, id_: str) -> Screen:
        shown, turn = self.guiding.say(self.conversations.get(id_), message)
        return self._kept(id_, Entry(message[: MAX_CHARS * 2], turn, shown))

    def _answer(self, message: str, id_: str) -> Iterator[Screen]:
        before = self.history(id_)
        said = _said(message[: MAX_CHARS * 2])
        if message.strip():
            yield Screen((*before, said, _replied(self._waiting())), "", id_)
        # Danger is answered at once; everything else waits for the encoder, once, after a start.
        if not self.assistant.dangerous(message):
            self.assistant.usable.wait(_WAIT)
        turn = self.assistant.ask(message, self.conversations.get(id_).turns)
        answer = turn.answer
        assert answer is not None
        long = len(message.strip()) > MAX_CHARS and answer.status is Status.CLARIFY
        if not message.strip() or long:
            screen = self._show(id_)
            yield replace(screen, chat=(*before, _replied(answer_html(answer))), box=message if long else "")
            return
        screen = self._kept(id_, Entry(message, turn))
        for n in range(1, len(answer.sentences)):
            # The box was emptied once; what is typed while an answer comes stays.
            yield Screen((*before, said, _replied(answer_html(answer, n))), None, id_)
            time.sleep(_PAUSE)
        yield screen

    def _kept(self, id_: str, entry: Entry) -> Screen:
        self.conversations.change(id_, lambda t: t.then(entry))
        return self._show(id_)

    def _show(self, id_: str, buttons: tuple[Button, ...] | None = None) -> Screen:
        """The screen of a conversation as it stands; the buttons are remembered, since only they may be pressed."""
        talked = self.conversations.get(id_)
        card = self._card(talked)
        last = talked.entries[-1] if talked.entries else None
        ways: tuple[Button, ...] = ()
        if buttons is None:
            if last is None:
                buttons = self.starts()
            elif last.shown is not None:
                buttons, ways = self.guiding.buttons(last.shown), self.guiding.ways(last.shown)
            else:
                buttons = self._after(talked, last.turn)
        self.conversations.change(id_, lambda t: replace(t, buttons=(*buttons, *ways)))
        chosen = (
            tuple(c.press.partition(":")[2] for c in card.choices if c.chosen and c.press != "options:") if card else ()
        )
        hint = self._hint(card)
        return Screen(self.history(id_), None, id_, buttons, ways, self.guiding.several(card), chosen, hint)

    def _after(self, talked: Talked, turn: Turn | None) -> tuple[Button, ...]:
        """Under an answer: the guide that fits, titles with an answer, and details to take back."""
        answer = turn.answer if turn else None
        if answer is None:
            return self.starts()
        wanted = () if answer.status is Status.CRISIS else answer.guides or ("start-here",)
        guides = self.guiding.offer(wanted[:1])
        if talked.state.sessions and not talked.finished:
            title = self.guiding.guides[talked.state.session.guide].title
            guides = (Button(f"Go on with: {title}", "press", "repeat"),)
        titles = answer.suggestions[: SUGGESTIONS - len(guides)]
        back = tuple(Button(NOT_SO + u, "say", NOT_SO + u) for u in answer.understood)
        return (*guides, *(Button(t, "say", t) for t in titles), *back)

    @staticmethod
    def _card(talked: Talked) -> Card | None:
        last = talked.entries[-1] if talked.entries else None
        return last.shown.card if last is not None and last.shown is not None else None

    @staticmethod
    def _hint(card: Card | None) -> str:
        hints = {
            "date": "Type a day, for example Nov 3", "number": "Type a number", "text": "Type a few words",
            "one": "Choose above, or answer in your own words", "several": "Choose above, or answer in your own words",
            "yes_no": "Yes or no, or ask me something",
        }  # fmt: skip
        return hints.get(card.kind, "") if card else ""

    def _waiting(self) -> str:
        words = self.assistant.replies["warming" if not self.assistant.usable.is_set() else "looking"].fill()
        return '<div class="ds-answer"><p class="ds-notice">' + " ".join(words) + "</p></div>"


def _said(text: str) -> Message:
    return {"role": "user", "content": said_html(text)}


def _replied(html: str) -> Message:
    return {"role": "assistant", "content": html}
