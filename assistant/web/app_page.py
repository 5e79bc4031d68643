"""The one page: Talk and Look up as tabs, help numbers and the standing line always in the same place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.service import Assistant
from assistant.text import MAX_CHARS
from assistant.web.conversations import Button, Conversations
from assistant.web.guiding import Guiding
from assistant.web.my_plan import PlanTab
from assistant.web.plan_page import plan_tab_of
from assistant.web.render import help_html
from assistant.web.talk import Screen, Talk

__all__ = ["Parts", "build_page", "parts_of"]

_PRIVATE = {"api_visibility": "private"}
_BUTTONS = 20  # the longest review has fewer lines
_WAYS = 7
_NO_HINT = "Type what is happening, in your own words"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the page's tabs are made of."""

    assistant: Assistant
    talk: Talk
    plan: PlanTab
    guiding: Guiding


def parts_of(assistant: Assistant) -> Parts:
    """Wire the tabs over an assistant.

    Raises:
        ContentError: a guide breaks its contract.
    """
    conversations, guiding = Conversations(), Guiding(assistant)
    return Parts(assistant, Talk(assistant, conversations, guiding), PlanTab(conversations, guiding), guiding)


def build_page(parts: Parts) -> gr.Blocks:
    """Blocks with all tabs; every listener is private, so nothing is recorded or callable by name."""
    assistant = parts.assistant
    with gr.Blocks(title="Doorstep", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _html(help_html(assistant.knowledge.helplines), elem_id="help")
        _html(f'<p class="ds-what">{" ".join(assistant.replies["what_i_am"].fill())}</p>', elem_id="what")
        conversation = gr.State(value=None, time_to_live=3600, delete_callback=parts.talk.forget)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Talk", id="talk"):
                chat = _talk_tab(parts.talk, conversation, tabs)
            with gr.Tab("My plan", id="plan") as plan_tab:

                def taken_up(raw: bytes, id_: str | None) -> list[Any]:
                    return _updates(parts.talk.open_saved(raw, id_))

                plan_tab_of(parts.plan, parts.guiding.guides, conversation, taken_up, chat, plan_tab)
            with gr.Tab("Look up", id="lookup"):
                _lookup_tab()
    page.queue(max_size=64, default_concurrency_limit=8, api_open=False)
    return page


def _html(value: str, elem_id: str, visible: bool = True) -> gr.Markdown:
    """Our own escaped HTML in a Markdown block: `gr.HTML` compiles templates in the browser, which the CSP forbids."""
    return gr.Markdown(
        value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[], container=False, visible=visible
    )


def _updates(screen: Screen) -> list[Any]:
    """What the Talk tab's parts become, in the order of `_talk_tab`'s outputs."""
    several = gr.update(
        choices=[(label, id_) for label, id_ in screen.several], value=list(screen.chosen),
        visible=bool(screen.several),
    )  # fmt: skip
    box = {"placeholder": screen.hint or _NO_HINT, "label": _label(screen)}
    if screen.box is not None:
        box["value"] = screen.box
    return [
        list(screen.chat), gr.update(**box),
        _title(screen), screen.id,
        several, gr.update(visible=bool(screen.several)),
        *_shown(screen.buttons, _BUTTONS), *_shown(screen.ways, _WAYS),
        gr.Tabs(selected="plan") if screen.plan else gr.skip(),
    ]  # fmt: skip


def _label(screen: Screen) -> str:
    return "Your answer, or a question" if screen.hint else "What is happening?"


def _title(screen: Screen) -> str:
    """Over the buttons: what they are for."""
    if not screen.buttons and not screen.ways:
        return ""
    words = "Your answer" if screen.hint else "Go on with" if screen.id else "Start here, or just type below"
    return f'<h2 class="ds-next">{words}</h2>'


def _shown(buttons: Sequence[Button], places: int) -> list[dict[str, Any]]:
    labels = [b.label for b in buttons][:places]
    return [gr.update(value=t or " ", visible=bool(t)) for t in [*labels, *[""] * (places - len(labels))]]


def _talk_tab(talk: Talk, conversation: gr.State, tabs: gr.Tabs) -> list[Any]:
    """The Talk tab; gives the outputs that `_updates` fills."""
    chat = gr.Chatbot(
        label="Conversation", show_label=False, elem_id="chat", height=None, min_height=None,
        sanitize_html=True, allow_tags=False,
        latex_delimiters=[], buttons=[], feedback_options=None, group_consecutive_messages=False, autoscroll=False,
        placeholder=" ".join(talk.assistant.replies["welcome"].fill()), allow_file_downloads=False,
    )  # fmt: skip
    several = gr.CheckboxGroup([], label="Choose all that fit", elem_id="several", visible=False)
    done = gr.Button("That is all", variant="primary", elem_id="several-done", visible=False)
    title = _html(_title(talk.empty()), elem_id="next-title")
    with gr.Row(elem_id="next"):
        starts = [b.label for b in talk.starts()]
        buttons = [
            gr.Button(starts[n] if n < len(starts) else " ", visible=n < len(starts), elem_classes="ds-suggest")
            for n in range(_BUTTONS)
        ]
    with gr.Row(elem_id="ways"):
        ways = [gr.Button(" ", visible=False, elem_classes="ds-way", size="sm") for _ in range(_WAYS)]
    with gr.Row(elem_id="composer"):
        box = gr.Textbox(
            label="What is happening?", placeholder=_NO_HINT, lines=2, max_lines=8,
            max_length=None, elem_id="box", autofocus=False, scale=6, submit_btn=False,
        )  # fmt: skip
        send = gr.Button("Send", variant="primary", elem_id="send", scale=1)
    with gr.Row(elem_id="ways-out"):
        clear = gr.Button("Start over", elem_id="start-over")
        leave = gr.Button("Leave this page", elem_id="leave")
    outputs = [chat, box, title, conversation, several, done, *buttons, *ways, tabs]

    def sent(message: str, id_: str | None) -> Iterator[list[Any]]:
        for screen in talk.send(_text(message), id_):
            yield _updates(screen)

    def clicked(label: str, id_: str | None) -> Iterator[list[Any]]:
        for screen in talk.click(_text(label), id_):
            yield _updates(screen)

    def chosen(ids: object, id_: str | None) -> Iterator[list[Any]]:
        known = [i for i in ids if isinstance(i, str)] if isinstance(ids, list) else []
        for screen in talk.choose(known, id_):
            yield _updates(screen)

    def forgotten(id_: str | None) -> list[Any]:
        return _updates(talk.forget(id_))

    gr.on([send.click, box.submit], sent, [box, conversation], outputs, show_progress="hidden", **_PRIVATE)
    for button in (*buttons, *ways):
        button.click(clicked, [button, conversation], outputs, show_progress="hidden", **_PRIVATE)
    done.click(chosen, [several, conversation], outputs, show_progress="hidden", **_PRIVATE)
    clear.click(forgotten, [conversation], outputs, show_progress="hidden", **_PRIVATE)
    leave.click(forgotten, [conversation], outputs, show_progress="hidden", **_PRIVATE)
    return outputs


def _text(value: object) -> str:
    """The server checks what it is given: anything but text is no message."""
    return value[: MAX_CHARS * 50] if isinstance(value, str) else ""


def _lookup_tab() -> None:
    """The desk has its own address; it opens beside the conversation, which would not survive leaving its page."""
    _html(
        "<p>Search the guidance, the law and the library; compare, copy with the citation, and collect a brief.</p>"
        '<p><a class="ds-desk" href="/lookup">Open the desk</a></p>'
        '<p class="ds-links"><a href="/lookup/topics">Topics as a map</a> &#183; '
        '<a href="/lookup/glossary">Glossary</a> &#183; <a href="/lookup/changes">What is new or out of review</a></p>',
        elem_id="desk",
    )
