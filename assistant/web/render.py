"""The one door through which text becomes HTML; everything from a person or a document is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import quote

from assistant.cited import Credit
from assistant.document import Block, Document, link_of
from assistant.records import Answer, Citation, HelpLine, Sentence
from assistant.showing import Message, Shown

__all__ = [
    "answer_html",
    "document_html",
    "guide_html",
    "help_html",
    "notice_html",
    "passage_address",
    "said_html",
]


def _e(text: str) -> str:
    """HTML-escaped, on one line, and inert as Markdown: the chat component reads both."""
    flat = html.escape(" ".join(text.split()))
    for sign in "\\`*_[]!|~$#":
        flat = flat.replace(sign, f"&#{ord(sign)};") if sign != "#" else flat
    return flat


def passage_address(passage_id: str, statement_id: str = "") -> str:
    """The stable address of a passage, with the quoted statement as its fragment."""
    anchor = f"#{quote(statement_id.rsplit('.', 1)[-1])}" if statement_id else ""
    return f"/passages/{quote(passage_id)}{anchor}"


def said_html(text: str) -> str:
    """What a person typed, escaped, lines kept."""
    return '<div class="ds-said">' + "<br>".join(_e(row) for row in text.splitlines()) + "</div>"


def _link(n: int, cited: Citation | Credit) -> str:
    """A number for the eye; the words around it are for screen readers, since Gradio's sanitizer drops aria-label."""
    who = f" by {cited.speaker}" if cited.speaker else ""
    about = _e(f": {cited.page_title}{who}. Opens the passage.")
    return (
        f'<a class="ds-cite" href="{passage_address(cited.passage_id, cited.statement_id)}">'
        f'<span class="ds-unseen">Source </span>{n}<span class="ds-unseen">{about}</span></a>'
    )


def _sentence(s: Sentence, by_number: dict[int, Citation]) -> str:
    marks = "".join(_link(n, by_number[n]) for n in s.citations if n in by_number)
    return f"{_e(s.text)}{marks}"


def _paragraphs(answer: Answer, shown: tuple[Sentence, ...]) -> str:
    """Sentences of one page are a paragraph; law is marked as such; notices stand alone."""
    by_number = {c.n: c for c in answer.citations}
    blocks: list[tuple[str, str, list[str]]] = []
    for s in shown:
        page = by_number[s.citations[0]].passage_id.split(".")[0] if s.citations and s.role != "notice" else ""
        kind = s.role if s.role in {"law", "guidance"} else "notice" if s.role == "notice" else "fixed"
        if blocks and blocks[-1][:2] == (kind, page) and page:
            blocks[-1][2].append(_sentence(s, by_number))
        else:
            blocks.append((kind, page, [_sentence(s, by_number)]))
    tag = {"law": '<span class="ds-tag">The law</span> ', "guidance": "", "notice": "", "fixed": ""}
    return "".join(f'<p class="ds-{kind}">{tag[kind]}{" ".join(rows)}</p>' for kind, _, rows in blocks)


def _sources(citations: Iterable[Citation]) -> str:
    """One row a page: its title, the numbers that quote it, and who speaks there with the date of what was read."""
    pages: dict[str, list[Citation]] = {}
    for c in citations:
        pages.setdefault(c.page_title, []).append(c)
    rows = []
    for title, cited in pages.items():
        numbers = ", ".join(str(c.n) for c in cited)
        notes = "; ".join(dict.fromkeys(_note(c) for c in cited))
        address = passage_address(cited[0].passage_id, cited[0].statement_id)
        rows.append(
            f'<li><strong>{numbers}</strong> <a class="ds-open" href="{address}">{_e(title)}</a>: {_e(notes)}.</li>'
        )
    return "".join(rows)


def _note(c: Citation) -> str:
    who = f"{c.speaker}, {c.credential}, in " if c.speaker else ""
    return f"{who}{c.source.title} ({c.as_of})"


def answer_html(answer: Answer, upto: int | None = None) -> str:
    """An answer as one HTML block without blank lines; `upto` shows its first sentences only, while it streams."""
    shown = answer.sentences if upto is None else answer.sentences[:upto]
    out = f'<div class="ds-answer ds-{answer.status.value}">'
    if answer.understood:
        out += f'<p class="ds-notice">I understood: {_e("; ".join(answer.understood))}.</p>'
    out += _paragraphs(answer, shown)
    if upto is None and answer.citations:
        rows = _sources(answer.citations)
        out += f'<div class="ds-sources"><p class="ds-sources-title">Where this comes from</p><ul>{rows}</ul></div>'
    return out + "</div>"


# Guides


def guide_html(shown: Shown, save: str = "") -> str:
    """One turn of a guide: an answer in the middle, what was heard, then the open question with its reason.

    `save` is the address of the answers as a file, shown under the open question.
    """
    numbers: dict[str, int] = {}

    def said(message: Message) -> str:
        marks = ""
        for credit in message.credits:
            numbers.setdefault(credit.statement_id, len(numbers) + 1)
            marks += _link(numbers[credit.statement_id], credit)
        return f'<p class="ds-g-{message.role}">{_e(message.text)}{marks}</p>'

    out = answer_html(shown.answer) if shown.answer is not None else ""
    out += '<div class="ds-guide">' + "".join(said(m) for m in shown.messages)
    if shown.review:
        rows = "".join(f"<li>{_e(r.short)}: <strong>{_e(r.answer)}</strong></li>" for r in shown.review)
        out += f'<ul class="ds-review">{rows}</ul>'
    card = shown.card
    if card is not None:
        out += f'<p class="ds-progress">{_e(card.progress)}</p><h3 class="ds-question">{_e(card.question)}</h3>'
        out += f'<p class="ds-hint">{_e(card.hint)}</p>' if card.hint else ""
        if card.value:
            out += f'<p class="ds-hint">Now: {_e(card.value)}</p>'
        whys = "".join(said(m) for m in card.why[:1])
        out += whys.replace('<p class="ds-g-question">', '<p class="ds-why">Why I ask: ') if whys else ""
    if save and (card is not None or shown.review):
        out += f'<p class="ds-why"><a class="ds-keep" href="{save}">Save my answers to go on another day</a></p>'
    return out + "</div>"


def _block(block: Block, sources: tuple[Credit, ...]) -> tuple[str, str]:
    """The list that a block belongs in ("" for none), and its HTML."""
    marks = "".join(_link(n, sources[n - 1]) for n in block.marks)
    text = _e(block.text) + marks
    if block.kind in {"item", "check"}:
        return "ds-checks" if block.kind == "check" else "ds-items", f"<li>{text}</li>"
    if block.kind == "row":
        return "ds-rows", "<tr>" + "".join(f"<td>{_e(c)}</td>" for c in block.cells) + "</tr>"
    if block.kind == "page":
        return "", "<hr>"
    tag = {"heading": "h3", "small": "p"}.get(block.kind, "p")
    return "", f'<{tag} class="ds-doc-{block.kind}">{text}</{tag}>'


def document_html(document: Document) -> str:
    """A plan, a letter or a log as HTML, ready to print; each line with the numbers of its sources."""
    out = '<div class="ds-doc">' + ("" if document.letter else f"<h2>{_e(document.title)}</h2>")
    last = ""
    for block in document.blocks:
        group, html_ = _block(block, document.sources)
        if block.kind == "small" and last in {"ds-checks", "ds-items"}:
            # A reason stands inside the line that it belongs to.
            out = out.removesuffix("</li>") + html_ + "</li>"
            continue
        if group != last:
            out += _close(last) + _open(group)
        out += html_
        last = group
    out += _close(last)
    if document.sources:
        rows = "".join(_source_row(n, c) for n, c in enumerate(document.sources, 1))
        out += (
            f'<details class="ds-doc-sources"><summary>{_e(document.sources_title)}</summary><ul>{rows}</ul></details>'
        )
    return out + "".join(f'<p class="ds-meta">{_e(line)}</p>' for line in document.stamp) + "</div>"


def _open(group: str) -> str:
    return {"": "", "ds-rows": '<table class="ds-rows">'}.get(group, f'<ul class="{group}">')


def _close(group: str) -> str:
    return {"": "", "ds-rows": "</table>"}.get(group, "</ul>")


def _source_row(n: int, credit: Credit) -> str:
    who = f"{credit.speaker}. " if credit.speaker else ""
    address = passage_address(credit.passage_id, credit.statement_id)
    check = f" Check at: {credit.check_at}." if link_of(credit) else ""
    return (
        f'<li><strong>{n}</strong> <a class="ds-open" href="{address}">{_e(credit.page_title)}</a>: '
        f"{_e(f'{who}{credit.source}, {credit.publisher} ({credit.as_of}).{check}')}</li>"
    )


def help_html(lines: Iterable[HelpLine]) -> str:
    """The help numbers that stand in the same place on every screen."""
    by_id = {line.id: line for line in lines}
    shown = [by_id[i] for i in ("emergency", "lifeline-988") if i in by_id]
    texts = {"emergency": "Danger now", "lifeline-988": "Crisis, any hour"}
    items = "".join(f"<li><strong>{texts[line.id]}:</strong> {_e(line.how)}</li>" for line in shown)
    return f'<nav class="ds-help" aria-label="Help now"><ul>{items}</ul></nav>'


def notice_html(words: str) -> str:
    """One line that says how it went."""
    return f'<p class="ds-empty" role="status">{_e(words)}</p>'
