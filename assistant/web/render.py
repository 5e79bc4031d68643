"""The one door through which text becomes HTML; everything from a person or a document is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import quote

from assistant.records import Answer, Citation, HelpLine, Sentence

__all__ = ["answer_html", "help_html", "passage_address", "said_html"]


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


def _link(c: Citation) -> str:
    """A number for the eye; the words around it are for screen readers, since Gradio's sanitizer drops aria-label."""
    who = f" by {c.speaker}" if c.speaker else ""
    about = _e(f": {c.page_title}{who}. Opens the passage.")
    return (
        f'<a class="ds-cite" href="{passage_address(c.passage_id, c.statement_id)}">'
        f'<span class="ds-unseen">Source </span>{c.n}<span class="ds-unseen">{about}</span></a>'
    )


def _sentence(s: Sentence, by_number: dict[int, Citation]) -> str:
    marks = "".join(_link(by_number[n]) for n in s.citations if n in by_number)
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


def help_html(lines: Iterable[HelpLine]) -> str:
    """The help numbers that stand in the same place on every screen."""
    by_id = {line.id: line for line in lines}
    shown = [by_id[i] for i in ("emergency", "lifeline-988") if i in by_id]
    texts = {"emergency": "Danger now", "lifeline-988": "Crisis, any hour"}
    items = "".join(f"<li><strong>{texts[line.id]}:</strong> {_e(line.how)}</li>" for line in shown)
    return f'<nav class="ds-help" aria-label="Help now"><ul>{items}</ul></nav>'
