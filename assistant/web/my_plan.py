"""The My plan tab and what can be taken away from it: plan, letters, dates, the log, and the answers themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.deadlines import Break, calendar_file
from assistant.document import Document, LogRow, letter_document, log_document, plan_document
from assistant.errors import InputError
from assistant.export import FORMATS, csv_of_log, export
from assistant.letters import Field
from assistant.plan import calendar_of
from assistant.showing import Outcome
from assistant.spoken import days
from assistant.text import normalise
from assistant.web.conversations import Conversations, Talked
from assistant.web.drawing import print_page
from assistant.web.guiding import Guiding
from assistant.web.render import document_html, notice_html

__all__ = ["Paper", "PlanTab", "breaks_in"]

_MOST_LOG = 500  # rows of the log
_MOST_BREAKS = 12


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter on the screen: its HTML, its fields with what stands in them, in order."""

    letter: str
    html: str
    fields: tuple[tuple[Field, str], ...]


def breaks_in(text: str, today: date) -> tuple[Break, ...] | None:
    """The school's breaks as a parent types them, None for nothing typed.

    Args:
        text: ranges or single days, between semicolons or lines: "Nov 23 to Nov 27; 12/21/2026 to 1/8/2027".
        today: days without a year are read from here on.

    Raises:
        InputError: a piece has no day in it, or ends before it begins.
    """
    pieces = [p.strip() for p in re.split(r"[;\n]", normalise(text)) if p.strip()]
    found = []
    for piece in pieces[:_MOST_BREAKS]:
        ends = [
            d.day
            for part in re.split(r"\bto\b|\bthrough\b|\buntil\b|\s[-\u2013]\s", piece)
            for d in days(part.lower(), today, "future")
        ]
        if not ends or len(ends) > 2 or None in ends:
            raise InputError(f"{piece[:40]!r}: expected a day or two, such as Nov 23 to Nov 27")
        first, last = ends[0], ends[-1]
        assert first is not None and last is not None
        if last < first:
            raise InputError(f"{piece[:40]!r}: the break ends before it begins")
        found.append(Break(first, last))
    return tuple(found) if found else None


class PlanTab:
    """Handlers of the tab and of its downloads, without Gradio."""

    def __init__(self, conversations: Conversations, guiding: Guiding) -> None:
        """Keep what the handlers need."""
        self._conversations = conversations
        self._guiding = guiding

    def outcome(self, talked: Talked) -> Outcome | None:
        """Plan and letters of the open guide, None until it is finished."""
        if not talked.finished:
            return None
        return self._guiding.guided.outcome(talked.state, talked.typed, talked.breaks)

    def html(self, id_: str | None) -> str:
        """The plan with its downloads, or what to do to get one."""
        talked = self._conversations.get(id_)
        outcome = self.outcome(talked)
        if outcome is None:
            return notice_html("No plan yet. Finish a guided conversation in Talk: plan, letters and dates come here.")
        links = self._links(talked, "plan", outcome.plan.title)
        if outcome.plan.dates:
            links += self._link(talked, "dates.ics", "Dates for your calendar")
        links += self._link(talked, "answers.json", "Your answers, to go on another day")
        document = plan_document(outcome.plan, self._guiding.guides.said, self._guiding.phrases)
        return f'<p class="ds-takes">{links}</p>{document_html(document)}'

    def letters(self, id_: str | None) -> tuple[tuple[str, str], ...]:
        """Titles and ids of the letters of the plan."""
        outcome = self.outcome(self._conversations.get(id_))
        return tuple((d.title, d.letter) for d in outcome.letters) if outcome else ()

    def paper(self, id_: str | None, letter: str) -> Paper | None:
        """A letter as it stands, None where the plan has no such letter."""
        talked = self._conversations.get(id_)
        outcome = self.outcome(talked)
        draft = next((d for d in outcome.letters if d.letter == letter), None) if outcome else None
        if draft is None:
            return None
        fields = self._guiding.guides.letters[letter].fields
        typed = talked.typed.get(letter, {})
        document = letter_document(draft, self._guiding.guides.said, self._guiding.phrases, beside=True)
        links = f'<p class="ds-takes">{self._links(talked, letter, draft.title)}</p>'
        to = notice_html(f"Send to: {draft.send_to}")
        return Paper(letter, links + to + document_html(document), tuple((f, typed.get(f.id, "")) for f in fields))

    def fill(self, id_: str | None, letter: str, words: Mapping[str, str]) -> str:
        """Put words into a letter's blanks; "" or one line that says which of them cannot be used."""
        if id_ is None or not self._conversations.get(id_).finished:
            return "Finish a guided conversation first."
        paper = self.paper(id_, letter)
        known = {f.id: f for f, _ in paper.fields} if paper else {}
        kept, wrong = {}, ""
        for name, text in words.items():
            if name not in known or not text.strip():
                continue
            if known[name].kind == "date":
                heard = [d.day for d in days(normalise(text).lower(), date.today()) if d.day]
                if len(heard) != 1 or heard[0] is None:
                    wrong = f"{known[name].label}: {text[:40]!r} is not a day such as Nov 3 or 11/3/2026"
                    continue
                text = heard[0].isoformat()
            kept[name] = text
        before = self._conversations.get(id_).typed
        self._conversations.change(id_, lambda t: replace(t, typed={**before, letter: kept}))
        return wrong

    def set_breaks(self, id_: str | None, text: str) -> str:
        """The school's breaks, which move some dates; "" or one line that says what cannot be read."""
        try:
            found = breaks_in(text, date.today())
        except InputError as error:
            return str(error)
        if id_ is not None:
            self._conversations.change(id_, lambda t: replace(t, breaks=found))
        return ""

    # The log

    def add_to_log(self, id_: str | None, row: Sequence[str]) -> str:
        """One more row; "" or one line that says why not."""
        cells = [normalise(c)[:2000] for c in row]
        if not any(c.strip() for c in cells):
            return "Write at least what happened."
        if id_ is None:
            return "The conversation has ended: start again."
        if len(self._conversations.get(id_).log) >= _MOST_LOG:
            return f"The log holds {_MOST_LOG} rows: download it and begin a new one."
        self._conversations.change(id_, lambda t: replace(t, log=(*t.log, LogRow(*cells))))
        return ""

    def log_html(self, id_: str | None) -> str:
        """The log as a table with its downloads."""
        talked = self._conversations.get(id_)
        if not talked.log:
            return notice_html("Nothing in the log yet.")
        links = self._links(talked, "log", "Log") + self._link(talked, "log.csv", "for a spreadsheet")
        return f'<p class="ds-takes">{links}</p>{document_html(log_document(talked.log, self._guiding.phrases))}'

    # Downloads

    @staticmethod
    def _link(talked: Talked, name: str, words: str) -> str:
        return f'<a class="ds-take" href="/take/{talked.token}/{name}">{words}</a> '

    def _links(self, talked: Talked, name: str, title: str) -> str:
        shown = {"html": "Print", "docx": "Word", "pdf": "PDF", "txt": "Text", "md": "Markdown"}
        return "".join(self._link(talked, f"{name}.{kind}", words) for kind, words in shown.items())

    def take(self, token: str, name: str) -> tuple[bytes, str] | None:
        """The bytes and media type of a download, None where it is unknown or forgotten."""
        talked = self._conversations.of_token(token)
        if talked is None:
            return None
        stem, _, kind = name.rpartition(".")
        if name == "answers.json":
            return (self._guiding.guided.saved(talked.state), "application/json") if talked.state.sessions else None
        if name == "log.csv":
            return (csv_of_log(talked.log, self._guiding.phrases), "text/csv; charset=utf-8") if talked.log else None
        if name == "dates.ics":
            outcome = self.outcome(talked)
            return (
                (calendar_file(calendar_of(outcome.plan)), "text/calendar") if outcome and outcome.plan.dates else None
            )
        document = self._document(talked, stem)
        if document is None:
            return None
        if kind == "html":
            return print_page(document).encode(), "text/html; charset=utf-8"
        for known, media in FORMATS.items():
            if kind == known:
                return export(document, known, self._guiding.phrases), media
        return None

    def _document(self, talked: Talked, stem: str) -> Document | None:
        said, phrases = self._guiding.guides.said, self._guiding.phrases
        if stem == "log":
            return log_document(talked.log, phrases) if talked.log else None
        outcome = self.outcome(talked)
        if outcome is None:
            return None
        if stem == "plan":
            return plan_document(outcome.plan, said, phrases)
        draft = next((d for d in outcome.letters if d.letter == stem), None)
        return letter_document(draft, said, phrases) if draft else None
