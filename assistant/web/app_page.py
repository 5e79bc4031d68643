"""The one page: Talk and Look up as tabs, help numbers and the standing line always in the same place."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.service import Assistant
from assistant.text import MAX_CHARS
from assistant.web.render import help_html
from assistant.web.talk import BUTTONS, Conversations, Talk

__all__ = ["build_page"]

_PRIVATE = {"api_visibility": "private"}


def build_page(assistant: Assistant) -> gr.Blocks:
    """Blocks with both tabs; every listener is private, so nothing is recorded or callable by name."""
    talk = Talk(assistant, Conversations())
    with gr.Blocks(title="Doorstep", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _html(help_html(assistant.knowledge.helplines), elem_id="help")
        _html(f'<p class="ds-what">{" ".join(assistant.replies["what_i_am"].fill())}</p>', elem_id="what")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Talk", id="talk"):
                _talk_tab(talk)
            with gr.Tab("Look up", id="lookup"):
                _lookup_tab()
    page.queue(max_size=64, default_concurrency_limit=8, api_open=False)
    return page


def _html(value: str, elem_id: str) -> gr.Markdown:
    """Our own escaped HTML in a Markdown block: `gr.HTML` compiles templates in the browser, which the CSP forbids."""
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[], container=False)


def _talk_tab(talk: Talk) -> None:
    conversation = gr.State(value=None, time_to_live=3600, delete_callback=lambda id_: talk.forget(id_))
    chat = gr.Chatbot(
        label="Conversation", show_label=False, elem_id="chat", height=None, min_height=None,
        sanitize_html=True, allow_tags=False,
        latex_delimiters=[], buttons=[], feedback_options=None, group_consecutive_messages=False, autoscroll=False,
        placeholder=" ".join(talk.assistant.replies["welcome"].fill()), allow_file_downloads=False,
    )  # fmt: skip
    _html('<h2 class="ds-next">Start here, or go on with</h2>', elem_id="next-title")
    with gr.Row(elem_id="next"):
        starts = talk.starts()
        buttons = [
            gr.Button(starts[n] if n < len(starts) else " ", visible=n < len(starts), elem_classes="ds-suggest")
            for n in range(BUTTONS)
        ]
    with gr.Row(elem_id="composer"):
        box = gr.Textbox(
            label="What is happening?", placeholder="Type what is happening, in your own words", lines=2, max_lines=8,
            max_length=None, elem_id="box", autofocus=False, scale=6, submit_btn=False,
        )  # fmt: skip
        send = gr.Button("Send", variant="primary", elem_id="send", scale=1)
    with gr.Row(elem_id="ways-out"):
        clear = gr.Button("Start over", elem_id="start-over")
        leave = gr.Button("Leave this page", elem_id="leave")
    outputs = [chat, box, conversation, *buttons]

    def sent(message: str, id_: str | None) -> Any:  # noqa: ANN401 - a generator of updates
        for shown, left, new_id, updates in talk.send(_text(message), id_):
            yield [shown, left, new_id, *updates]

    def forgotten(id_: str | None) -> list[Any]:
        shown, left, new_id, updates = talk.forget(id_)
        return [shown, left, new_id, *updates]

    gr.on([send.click, box.submit], sent, [box, conversation], outputs, show_progress="hidden", **_PRIVATE)
    for button in buttons:
        button.click(sent, [button, conversation], outputs, show_progress="hidden", **_PRIVATE)
    clear.click(forgotten, [conversation], outputs, show_progress="hidden", **_PRIVATE)
    leave.click(forgotten, [conversation], outputs, show_progress="hidden", **_PRIVATE)


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
