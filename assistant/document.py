"""One document model for plans, letters and the log; as Markdown and plain text here, as Word and PDF in `export`.

Text in a Document is plain: no markup of any kind is read in it, so what a person typed can never become one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from assistant.cited import Credit, Said, credits
from assistant.deadlines import shown
from assistant.letters import Draft, plain
from assistant.phrases import Phrases
from assistant.plan import Plan

__all__ = [
    "Block",
    "Document",
    "LogRow",
    "letter_document",
    "link_in",
    "link_of",
    "log_document",
    "plan_document",
    "source_line",
    "stamp",
    "to_markdown",
    "to_text",
]

Kind = Literal["heading", "text", "line", "item", "check", "small", "page", "row"]
MAX_LOG = 2000  # characters of one cell


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. `marks` are numbers of sources; a `row` has its cells, the first row of a table being its head.

    A `line` is a text that the next one follows closely, as in an address.
    """

    kind: Kind
    text: str = ""
    marks: tuple[int, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Blocks in order, then the sources they are marked with, numbered from 1, then the stamp.

    A `letter` shows no title: its blocks are the letter.
    """

    title: str
    blocks: tuple[Block, ...]
    sources: tuple[Credit, ...]
    sources_title: str
    stamp: tuple[str, ...]
    letter: bool = False


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the record-keeping log, all in the parent's words; `day` is ISO or what they wrote."""

    day: str
    what: str
    who: str
    said: str


class _Sources:
    """Numbers sources in the order in which they are first marked."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self.found: list[Credit] = []
        self._place: dict[str, int] = {}

    def marks(self, ids: Iterable[str]) -> tuple[int, ...]:
        for credit in credits(ids, self._said):
            if credit.statement_id not in self._place:
                self.found.append(credit)
                self._place[credit.statement_id] = len(self.found)
        return tuple(dict.fromkeys(self._place[i] for i in ids if i in self._place))


def stamp(phrases: Phrases, reviewed: str, made: str) -> tuple[str, ...]:
    """The last lines of a document: how old its words are, both days ISO, and what it is not."""
    days = {"reviewed": shown(date.fromisoformat(reviewed)), "made": shown(date.fromisoformat(made))}
    return phrases.say("stamp", **days), phrases.say("disclaimer")


def link_in(check_at: str) -> str:
    """The address that "check at" opens with; "" where it names no site."""
    match = re.match(r"^((?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s,;]*)?)(?=[,;\s]|$)", check_at, re.IGNORECASE)
    return f"https://{match[1]}" if match else ""


def link_of(credit: Credit) -> str:
    """Where a source can be checked, as an address; "" where it names no site."""
    return link_in(credit.check_at)


def source_line(credit: Credit) -> str:
    """One source in words: what it says (where that is quoted), who said it, how old the copy is, where to check it."""
    who = f"{credit.speaker}. " if credit.speaker else ""
    where = f" Check at: {credit.check_at}." if credit.check_at else ""
    said = f"\u201c{credit.quote}\u201d " if credit.quote else ""
    return f"{said}{who}{credit.source}, {credit.publisher} ({credit.as_of}).{where}"


def plan_document(plan: Plan, said: Said, phrases: Phrases) -> Document:
    """A plan with its sources."""
    sources = _Sources(said)
    blocks = [Block("text", line.text, sources.marks(line.statements)) for line in plan.say]
    for section in plan.sections:
        blocks.append(Block("heading", phrases.say(f"section_{section.name}")))
        kind: Kind = "check" if section.name in {"today", "week", "month", "bring"} else "item"
        for item in section.items:
            blocks.append(Block(kind, item.line.text, sources.marks(item.line.statements)))
            if item.why is not None:
                blocks.append(
                    Block("small", f"{phrases.say('why')} {item.why.text}", sources.marks(item.why.statements))
                )
    if plan.dates:
        blocks.append(Block("heading", phrases.say("dates")))
    for line in plan.dates:
        marks = sources.marks(line.due.rule.statements) if line.due else ()
        blocks.append(Block("item", f"{shown(line.day)}: {line.title}.", marks))
        if line.due is None:
            blocks.append(Block("small", phrases.say("date_told")))
            continue
        if line.assumed:
            blocks.append(Block("small", phrases.say("date_assumed", trigger=line.due.rule.trigger)))
        law = line.due.rule.law
        blocks.append(Block("small", phrases.say("date_rule", rule=line.due.rule.rule, law=law.title, as_of=law.as_of)))
        blocks.append(Block("small", " ".join(line.due.notes)))
    return Document(
        plan.title,
        tuple(blocks),
        tuple(sources.found),
        phrases.say("sources"),
        stamp(phrases, plan.reviewed, plan.made),
    )


def letter_document(
    draft: Draft, said: Said, phrases: Phrases, with_sources: bool = True, beside: bool = False
) -> Document:
    """A letter as it is sent; on a page of its own after it, for the parent: what to fill in, to check, and sources.

    `beside` marks each paragraph with its sources, for a screen on which it is still edited.
    """
    sources = _Sources(said)
    blocks = []
    for paragraph in draft.paragraphs:
        *before, last = paragraph.text.split("\n")
        rows: list[tuple[Kind, str]] = [("line", line) for line in before] + [("text", last)]
        found = [Block("item", r[2:]) if r.startswith("- ") else Block(kind, r) for kind, r in rows]
        if beside:
            found[-1] = replace(found[-1], marks=sources.marks(paragraph.statements))
        blocks += found
    if not with_sources:
        return Document(draft.title, tuple(blocks), (), "", (), letter=True)
    blocks += [Block("page"), Block("heading", draft.title), Block("small", phrases.say("letter_note"))]
    if draft.blanks:
        blocks.append(Block("text", phrases.say("letter_blanks")))
        blocks += [Block("check", field.label) for field in draft.blanks]
    blocks.append(Block("heading", phrases.say("letter_checks")))
    blocks += [Block("check", line.text, sources.marks(line.statements)) for line in draft.checks]
    blocks += [Block("check", f"\u201c{words}\u201d: {say}") for words, say in draft.tone]
    blocks.append(Block("heading", phrases.say("letter_sources")))
    for paragraph in draft.paragraphs:
        if not paragraph.form:
            first = textwrap.shorten(paragraph.text, 60, placeholder=" ...")
            blocks.append(Block("item", first, sources.marks(paragraph.statements)))
    return Document(
        draft.title, tuple(blocks), tuple(sources.found), phrases.say("sources"),
        stamp(phrases, draft.reviewed, draft.made), letter=True,
    )  # fmt: skip


def log_document(rows: Sequence[LogRow], phrases: Phrases) -> Document:
    """The log as a table, oldest first as it was given."""
    head = tuple(phrases.say(f"log_{name}") for name in ("date", "what", "who", "said"))
    blocks = [Block("row", cells=head)]
    blocks += [Block("row", cells=tuple(plain(c, MAX_LOG) for c in (r.day, r.what, r.who, r.said))) for r in rows]
    return Document(phrases.say("log_title"), tuple(blocks), (), "", (phrases.say("disclaimer"),))


def _md(text: str) -> str:
    """Plain text as Markdown that shows just that: no tag, link, emphasis, list or heading of its own; blanks stay."""
    safe = text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    safe = re.sub(r"([*`|~])", r"\\\1", safe).replace("](", "]\\(").replace("![", "\\!\\[")
    safe = re.sub(r"(?<![\w_\[])_(?=\w)|(?<=\w)_(?![\w_\]])", r"\\_", safe)
    return re.sub(r"^(\s*)([#>+-]|\d+[.)])(?=\s)", r"\1\\\2", safe)


def _marks(marks: Sequence[int]) -> str:
    return "".join(f" [{n}]" for n in marks)


def _md_block(block: Block, last: Kind | None) -> list[str]:
    text = f"{_md(block.text)}{_marks(block.marks)}"
    if block.kind == "row":
        row = "| " + " | ".join(_md(c) or " " for c in block.cells) + " |"
        return [row] if last == "row" else [row, "|" + " --- |" * len(block.cells)]
    if block.kind == "small":
        return [f"  {text}" if last in {"item", "check", "small"} else text]
    lines: dict[Kind, list[str]] = {
        "heading": ["", f"## {text}", ""], "item": [f"- {text}"], "check": [f"- [ ] {text}"],
        "page": ["", "---", ""], "line": [f"{text}  "], "text": [text, ""],
    }  # fmt: skip
    return lines[block.kind]


def to_markdown(document: Document) -> str:
    """GitHub-flavoured Markdown; sources as a numbered list with links."""
    rows = [] if document.letter else [f"# {_md(document.title)}", ""]
    last: Kind | None = None
    for block in document.blocks:
        rows += _md_block(block, last)
        last = block.kind
    if document.sources:
        rows += ["", f"## {_md(document.sources_title)}", ""]
        for n, credit in enumerate(document.sources, 1):
            link = link_of(credit)
            rows.append(f"{n}. {_md(source_line(credit))}" + (f" <{link}>" if link else ""))
    rows += ["", *(f"*{_md(line)}*\n" for line in document.stamp)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip() + "\n"


_WIDTH = 78


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    lines = textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
    return "\n".join(lines)


def _text_block(block: Block) -> list[str]:
    text = f"{block.text}{_marks(block.marks)}"
    if block.kind == "heading":
        return ["", text, "-" * min(len(text), _WIDTH)]
    if block.kind == "page":
        return ["", "-" * _WIDTH, ""]
    if block.kind == "row":
        return [_wrapped("; ".join(c for c in block.cells if c))]
    if block.kind == "text":
        return [_wrapped(text), ""]
    first, rest = {"item": ("- ", "  "), "check": ("[ ] ", "    "), "small": ("    ", "    "), "line": ("", "")}[
        block.kind
    ]
    return [_wrapped(text, first, rest)]


def to_text(document: Document) -> str:
    """Plain text, 78 characters a line."""
    rows = [] if document.letter else [document.title, "=" * min(len(document.title), _WIDTH), ""]
    for block in document.blocks:
        rows += _text_block(block)
    if document.sources:
        rows += ["", document.sources_title, "-" * len(document.sources_title)]
        rows += [_wrapped(source_line(c), f"[{n}] ", "    ") for n, c in enumerate(document.sources, 1)]
    rows += ["", *(_wrapped(line) for line in document.stamp)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip() + "\n"
