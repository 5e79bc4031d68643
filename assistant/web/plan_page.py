"""The My plan tab in Gradio: the plan, a letter with its blanks, the log, and answers saved for another day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.errors import InputError
from assistant.guide_reading import Guides
from assistant.session import MAX_BYTES
from assistant.web.my_plan import Paper, PlanTab
from assistant.web.render import notice_html

__all__ = ["plan_tab_of"]

_PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}
_LOG = ("Date", "What happened", "Who was told", "What they said")


def _html(value: str, elem_id: str) -> gr.Markdown:
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[], container=False)


def _note(words: str) -> str:
    return notice_html(words) if words else ""


class _Form:
    """Boxes for the blanks of any letter: as many as the letter with the most of them has."""

    def __init__(self, guides: Guides) -> None:
        fields = [letter.fields for letter in guides.letters.values()]
        choices = max((sum(f.kind == "choice" for f in row) for row in fields), default=0)
        texts = max((sum(f.kind != "choice" for f in row) for row in fields), default=0)
        self.texts = [gr.Textbox(visible=False, max_length=400, elem_classes="ds-field") for _ in range(texts)]
        self.choices = [
            gr.Dropdown([], visible=False, filterable=False, elem_classes="ds-field") for _ in range(choices)
        ]

    @property
    def parts(self) -> list[Any]:
        return [*self.texts, *self.choices]

    def shown(self, paper: Paper | None) -> list[Any]:
        """Updates of all boxes: label, value, and whether the letter has such a blank."""
        fields = paper.fields if paper else ()
        texts = [(f, v) for f, v in fields if f.kind != "choice"]
        choices = [(f, v) for f, v in fields if f.kind == "choice"]
        out: list[Any] = [gr.update(label=f.label, value=v, visible=True) for f, v in texts]
        out += [gr.update(visible=False, value="") for _ in range(len(self.texts) - len(texts))]
        for f, v in choices:
            options = [("As I answered", ""), *((words or "(nothing)", id_) for id_, words in (f.words or {}).items())]
            out.append(gr.update(label=f.label, choices=options, value=v, visible=True))
        return out + [gr.update(visible=False, value=None) for _ in range(len(self.choices) - len(choices))]

    def read(self, paper: Paper, values: tuple[object, ...]) -> dict[str, str]:
        """What stands in the boxes, by field id."""
        texts = [f for f, _ in paper.fields if f.kind != "choice"]
        choices = [f for f, _ in paper.fields if f.kind == "choice"]
        pairs = [*zip(texts, values, strict=False), *zip(choices, values[len(self.texts) :], strict=False)]
        return {f.id: value[:400] for f, value in pairs if isinstance(value, str)}


def plan_tab_of(
    plan: PlanTab,
    guides: Guides,
    conversation: gr.State,
    open_saved: Callable[[bytes, str | None], list[Any]],
    chat: list[Any],
    tab: gr.Tab,
) -> None:
    """Build the tab.

    Args:
        plan: its handlers.
        guides: for the boxes of letters.
        conversation: the id.
        open_saved: takes up a saved file in Talk; gives the updates of `chat`.
        chat: the parts of the Talk tab.
        tab: this tab, refreshed whenever it comes to the front.
    """
    shown = _html(plan.html(None), "plan")
    _breaks_part(plan, conversation, shown)
    pick, letter_parts, refreshed = _letters_part(plan, guides, conversation)
    log = _log_part(plan, conversation)
    _saved_part(conversation, open_saved, chat)

    def refresh(id_: str | None, letter_id: str | None) -> list[Any]:
        letters = plan.letters(id_)
        ids = [i for _, i in letters]
        now = letter_id if letter_id in ids else (ids[0] if ids else None)
        radio = gr.update(choices=list(letters), value=now, visible=bool(letters))
        return [plan.html(id_), radio, *refreshed(id_, now), plan.log_html(id_)]

    tab.select(refresh, [conversation, pick], [shown, pick, *letter_parts, log], **_PRIVATE)


def _breaks_part(plan: PlanTab, conversation: gr.State, shown: gr.Markdown) -> None:
    with gr.Accordion("School breaks, if you know them", open=False, elem_id="breaks-part"):
        breaks = gr.Textbox(
            label="Days without school", placeholder="Nov 23 to Nov 27; 12/21/2026 to 1/8/2027", elem_id="breaks",
            info="Some dates wait while school is out. Without this, Doorstep says so beside each date.",
        )  # fmt: skip
        count = gr.Button("Count again", elem_id="set-breaks")
        note = _html("", "breaks-note")

    def counted(id_: str | None, text: object) -> list[Any]:
        wrong = plan.set_breaks(id_, text[:2000] if isinstance(text, str) else "")
        return [_note(wrong or "Counted."), plan.html(id_)]

    count.click(counted, [conversation, breaks], [note, shown], **_PRIVATE)


def _letters_part(
    plan: PlanTab, guides: Guides, conversation: gr.State
) -> tuple[gr.Radio, list[Any], Callable[[str | None, str | None], list[Any]]]:
    """The choice of a letter, its parts, and what fills them for a conversation and a letter."""
    pick = gr.Radio([], label="Letters", visible=False, elem_id="letters")
    letter = _html("", "letter")
    form = _Form(guides)
    fill = gr.Button("Put these words into the letter", variant="primary", visible=False, elem_id="fill")
    note = _html("", "fill-note")
    parts = [letter, *form.parts, fill]

    def refreshed(id_: str | None, letter_id: str | None) -> list[Any]:
        paper = plan.paper(id_, letter_id) if isinstance(letter_id, str) else None
        return [paper.html if paper else "", *form.shown(paper), gr.update(visible=paper is not None)]

    def filled(id_: str | None, letter_id: str | None, *values: object) -> list[Any]:
        paper = plan.paper(id_, letter_id) if isinstance(letter_id, str) else None
        if paper is None:
            return [_note("Finish a guided conversation first."), *refreshed(id_, None)]
        wrong = plan.fill(id_, paper.letter, form.read(paper, values))
        return [_note(wrong), *refreshed(id_, paper.letter)]

    pick.input(refreshed, [conversation, pick], parts, **_PRIVATE)
    fill.click(filled, [conversation, pick, *form.parts], [note, *parts], **_PRIVATE)
    return pick, parts, refreshed


def _log_part(plan: PlanTab, conversation: gr.State) -> gr.Markdown:
    with gr.Accordion("A log of what happened and who was told", open=False, elem_id="log-part"):
        cells = [gr.Textbox(label=name, elem_id=f"log-{n}", max_length=2000) for n, name in enumerate(_LOG)]
        add = gr.Button("Add to the log", elem_id="log-add")
        log = _html(plan.log_html(None), "log")

    def logged(id_: str | None, *row: object) -> list[Any]:
        wrong = plan.add_to_log(id_, [c if isinstance(c, str) else "" for c in row])
        kept = row if wrong else ("",) * len(row)
        return [plan.log_html(id_) + _note(wrong), *kept]

    add.click(logged, [conversation, *cells], [log, *cells], **_PRIVATE)
    return log


def _saved_part(conversation: gr.State, open_saved: Callable[[bytes, str | None], list[Any]], chat: list[Any]) -> None:
    with gr.Accordion("Go on with answers you saved", open=False, elem_id="saved-part"):
        saved = gr.Textbox(
            label="Saved answers", lines=3, max_lines=6, elem_id="saved",
            info="Choose the file you saved, or paste its text here. It stays in this page.",
        )  # fmt: skip
        take_up = gr.Button("Open them", elem_id="take-up")
        note = _html("", "saved-note")

    def opened(id_: str | None, text: object) -> list[Any]:
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else b""
        try:
            if not raw.strip():
                raise InputError("nothing to open: choose the file you saved, or paste its text")
            if len(raw) > MAX_BYTES:
                raise InputError(f"that is longer than a saved guide can be ({MAX_BYTES:,} bytes)")
            return [*open_saved(raw, id_), "", _note("Opened. Go on in Talk.")]
        except InputError as error:
            return [*(gr.skip() for _ in chat), text, _note(str(error))]

    take_up.click(opened, [conversation, saved], [*chat, saved, note], **_PRIVATE)
