"""The one page: Talk and Look up as tabs, help numbers and the standing line always in the same place."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.errors import IndexProblem, InputError
from assistant.lookup import wanted
from assistant.service import Assistant
from assistant.text import MAX_CHARS
from assistant.web.render import help_html, lookup_html
from assistant.web.talk import BUTTONS, Conversations, Talk

__all__ = ["build_page"]

_RESULTS = 12
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
                _lookup_tab(assistant)
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


def _lookup_tab(assistant: Assistant) -> None:
    topics = [("All topics", "")] + [(t.title, t.slug) for t in assistant.knowledge.topics.values()]
    kinds = [
        ("All kinds", ""),
        ("Experts", "expert"),
        ("Law", "law"),
        ("Research", "research"),
        ("Help lines and agencies", "help"),
    ]
    with gr.Row(elem_id="lookup-row"):
        query = gr.Textbox(
            label="Look up in the guidance and the law",
            placeholder="for example: SARB hearing, 15 days, FBA",
            elem_id="query",
            scale=4,
            max_length=MAX_CHARS,
        )
        topic = gr.Dropdown(topics, value="", label="Topic", elem_id="topic", scale=2, filterable=False)
        kind = gr.Dropdown(kinds, value="", label="Kind", elem_id="kind", scale=2, filterable=False)
        find = gr.Button("Look up", variant="primary", elem_id="find", scale=1)
    results = _html("", elem_id="results")

    def look(text: str, topic_slug: str, kind_name: str) -> str:
        return lookup_results(assistant, _text(text), _text(topic_slug), _text(kind_name))

    gr.on(
        [find.click, query.submit, topic.input, kind.input],
        look,
        [query, topic, kind],
        results,
        show_progress="hidden",
        **_PRIVATE,
    )


def lookup_results(assistant: Assistant, text: str, topic: str, kind: str) -> str:
    """Cards for a query; one clear line for anything that cannot be looked up."""
    assistant.ready.wait(40.0)
    try:
        found = assistant.lookup(wanted(assistant.knowledge, text, _RESULTS, topic or None, kind=kind or None))
    except (InputError, IndexProblem) as error:
        return lookup_html(None, str(error))
    return lookup_html(found)
