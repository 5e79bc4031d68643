"""Guides inside Talk: which one to offer, what a turn of one shows, and the buttons under it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from assistant.errors import InputError
from assistant.guide_reading import Guides, load_guides
from assistant.guided import Guided
from assistant.hearing import Ears
from assistant.phrases import Phrases
from assistant.records import Answer, Turn
from assistant.service import Assistant
from assistant.showing import Card, Shown, State
from assistant.web.conversations import Button, Talked

__all__ = ["FIRST", "Guiding"]

FIRST = ("start-here", "this-morning", "truancy-letter")  # offered before anything is said; the rest behind "more"
_WAYS = (("undo", "Go back"), ("skip", "Skip"), ("why", "Why do you ask?"), ("repeat", "Say it again"),
         ("review", "My answers"), ("start over", "Begin again"), ("stop", "Leave the guide"))  # fmt: skip


class Guiding:
    """One Guided over the assistant of the page; it also keeps the turn that a question in the middle became."""

    def __init__(self, assistant: Assistant) -> None:
        """Read the guides.

        Raises:
            ContentError: a guide or a letter breaks its contract.
        """
        self._assistant = assistant
        self._ears = Ears()
        self._hears_vectors = False
        self._asked = threading.local()
        self.phrases = Phrases(assistant.settings.prompts)
        self.guides: Guides = load_guides(assistant.settings.root, assistant.knowledge)
        self.guided = Guided(self.guides, self.phrases, self._ears, self._ask, assistant.dangerous)

    def _ask(self, text: str, turns: Sequence[Turn]) -> Answer:
        turn = self._assistant.ask(text, turns)
        self._asked.turn = turn
        assert turn.answer is not None
        return turn.answer

    def warmed(self) -> None:
        """Replies are compared by vectors as soon as the encoder is there."""
        if not self._hears_vectors and self._assistant.embedder is not None:
            self._ears.use(self._assistant.embedder)
            self._hears_vectors = True

    # A turn

    def say(self, talked: Talked, text: str) -> tuple[Shown, Turn | None]:
        """A typed reply, and the turn of the question in it, if it was one."""
        self.warmed()
        self._asked.turn = None
        shown = self.guided.say(talked.state, text, talked.turns)
        return shown, self._asked.turn

    def press(self, talked: Talked, value: str) -> Shown:
        """A button; one that fits no longer shows where the guide stands."""
        try:
            return self.guided.press(talked.state, value)
        except InputError:
            return self.guided.show(talked.state)

    def open(self, talked: Talked, slug: str) -> Shown:
        """Open a guide with what the conversation already told in the open."""
        self.warmed()
        told = next((t.said for t in reversed(talked.turns)), "")
        return self.guided.open(slug, talked.state, "" if self._assistant.dangerous(told) else told, talked.turns)

    def opened(self, raw: bytes, state: State) -> Shown:
        """A saved file, taken up where it was.

        Raises:
            InputError: it is not such a file.
        """
        return self.guided.opened(raw, state)

    # Buttons

    def offer(self, slugs: Iterable[str]) -> tuple[Button, ...]:
        """Buttons that open guides: the title, then whom it is for."""
        known = self.guides.by_slug
        return tuple(Button(f"{known[s].title}\n{known[s].for_whom}", "guide", s) for s in slugs if s in known)

    def starts(self) -> tuple[Button, ...]:
        """The guides to begin with, and where the others are."""
        first = [s for s in FIRST if s in self.guides.by_slug]
        more = (Button("More guided conversations", "more"),) if len(self.guides.by_slug) > len(first) else ()
        return (*self.offer(first), *more)

    def others(self) -> tuple[Button, ...]:
        """The guides that are not offered at first."""
        return self.offer(s for s in self.guides.by_slug if s not in FIRST)

    def buttons(self, shown: Shown) -> tuple[Button, ...]:
        """What may be pressed after a turn of a guide, the answers first."""
        if shown.state.stopped:
            title = self.guides[shown.state.session.guide].title
            return (Button(f"Go on with: {title}", "press", "repeat"), *self.starts())
        if shown.card is not None:
            if shown.card.kind == "several":
                return tuple(Button(c.label, "press", c.press) for c in shown.card.choices if c.press == "options:")
            return tuple(Button(c.label, "press", c.press) for c in shown.card.choices)
        if shown.review:
            change = tuple(Button(f"Change: {row.short}", "press", row.press) for row in shown.review)
            return (Button("Yes, make my plan", "press", "yes"), *change)
        if shown.outcome is not None:
            return (
                Button("Open my plan", "plan"), *self.offer(shown.outcome.plan.then),
                Button("Look over my answers", "press", "review"),
            )  # fmt: skip
        return ()

    def ways(self, shown: Shown) -> tuple[Button, ...]:
        """Ways on beside answering: back, skip, why, and out."""
        if shown.state.stopped or (shown.card is None and not shown.review):
            return ()
        first = shown.card is not None and shown.card.asked <= 1 and not shown.state.asking
        hidden = {"undo", "review", "start over"} if first else set()
        if shown.card is None:
            hidden |= {"skip", "why", "repeat", "review"}
        return tuple(Button(label, "press", value) for value, label in _WAYS if value not in hidden)

    def several(self, card: Card | None) -> tuple[tuple[str, str], ...]:
        """Labels and option ids of a question that takes more than one answer; nothing for other questions."""
        if card is None or card.kind != "several":
            return ()
        pairs = ((c.label, c.press.partition(":")[2]) for c in card.choices)
        return tuple((label, id_) for label, id_ in pairs if id_)
