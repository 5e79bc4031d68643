"""A Document as Word, PDF, Markdown or text, the log as CSV: bytes in memory, nothing written anywhere.

The Word and text files hold every character. The PDF has one font, DejaVu Sans, which lacks Chinese, Japanese and
Korean and cannot join or turn Arabic and Hebrew letters: such letters become a box, and the page says which they are.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape, quoteattr

from assistant.document import Block, Document, LogRow, link_of, source_line, to_markdown, to_text
from assistant.letters import plain
from assistant.phrases import Phrases

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.text.paragraph import Paragraph as WordParagraph

__all__ = ["FORMATS", "Format", "csv_of_log", "export", "unknown_letters"]

Format = Literal["docx", "pdf", "md", "txt"]
FORMATS: dict[Format, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_FONTS = Path(__file__).parent / "fonts"
_FONT = "DejaVu Sans"
_BOX = "\u25a1"
_FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Letters that DejaVu has but that have to be joined or turned, which reportlab does not do.
_TURNED = frozenset({"HEBREW", "ARABIC", "SYRIAC", "THAANA", "NKO"})


def export(document: Document, format_: Format, phrases: Phrases) -> bytes:
    """The document in one of FORMATS."""
    if format_ == "docx":
        return _docx(document)
    if format_ == "pdf":
        return _pdf(document, phrases)
    return (to_markdown(document) if format_ == "md" else to_text(document)).encode("utf-8")


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe stands before it."""
    clean = plain(text, 2000)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def csv_of_log(rows: Sequence[LogRow], phrases: Phrases) -> bytes:
    """The log for a spreadsheet: UTF-8 with a mark, so that Excel reads names right."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([phrases.say(f"log_{name}") for name in ("date", "what", "who", "said")])
    for row in rows:
        writer.writerow([_cell(c) for c in (row.day, row.what, row.who, row.said)])
    return out.getvalue().encode("utf-8-sig")


# Word


def _docx(document: Document) -> bytes:
    from docx import Document as new_word  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    word = new_word()
    word.core_properties.title = document.title
    word.core_properties.author = ""
    word.core_properties.language = "en-US"
    word.styles["Normal"].font.name = "Calibri"
    word.styles["Normal"].font.size = Pt(11)
    if not document.letter:
        word.add_heading(document.title, 0)
    table: Any = None
    for block in document.blocks:
        if block.kind == "row":
            if table is None:
                table = word.add_table(0, len(block.cells))
                table.style = "Table Grid"
            for cell, text in zip(table.add_row().cells, block.cells, strict=True):
                cell.text = text
            continue
        table = None
        _word_block(word, block)
    if document.sources:
        word.add_heading(document.sources_title, 1)
    for n, credit in enumerate(document.sources, 1):
        paragraph = word.add_paragraph()
        _bookmark(paragraph, n)
        paragraph.add_run(f"[{n}] {source_line(credit)} ")
        if link := link_of(credit):
            _link(paragraph, link, link)
    for line in document.stamp:
        word.add_paragraph().add_run(line).italic = True
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _word_block(word: Word, block: Block) -> None:
    from docx.shared import Pt  # noqa: PLC0415

    if block.kind == "page":
        word.add_page_break()
        return
    if block.kind == "heading":
        word.add_heading(block.text, 1)
        return
    style = {"item": "List Bullet", "check": "Normal", "small": "Normal", "text": "Normal", "line": "Normal"}[
        block.kind
    ]
    paragraph = word.add_paragraph(style=style)
    run = paragraph.add_run(f"\u2610 {block.text}" if block.kind == "check" else block.text)
    if block.kind == "line":
        paragraph.paragraph_format.space_after = Pt(0)
    if block.kind == "small":
        run.font.size = Pt(9.5)
        paragraph.paragraph_format.left_indent = Pt(18)
    for n in block.marks:
        _link(paragraph, f" [{n}]", "", anchor=f"source{n}")


def _link(paragraph: WordParagraph, text: str, address: str, anchor: str = "") -> None:
    """A link to an address, or to a bookmark of the document."""
    from docx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415

    link = OxmlElement("w:hyperlink")
    if anchor:
        link.set(qn("w:anchor"), anchor)
    else:
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    if anchor:
        run.font.superscript = True
    else:
        run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)


def _bookmark(paragraph: WordParagraph, n: int) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415

    for name in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(name)
        mark.set(qn("w:id"), str(n))
        if name == "w:bookmarkStart":
            mark.set(qn("w:name"), f"source{n}")
        paragraph._p.append(mark)


# PDF


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """Characters that the font can draw; the font is registered with reportlab on the way."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415

    regular = TTFont(_FONT, str(_FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(regular)
    pdfmetrics.registerFont(TTFont(f"{_FONT} Bold", str(_FONTS / "DejaVuSans-Bold.ttf")))
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=f"{_FONT} Bold", italic=_FONT, boldItalic=f"{_FONT} Bold")
    return frozenset(regular.face.charToGlyph)


def unknown_letters(text: str) -> str:
    """Characters of a text that the PDF cannot draw right, each once, in order."""
    known = _glyphs()
    return "".join(
        c
        for c in dict.fromkeys(text)
        if not c.isspace() and (ord(c) not in known or unicodedata.name(c, "").split(" ")[0] in _TURNED)
    )


def _all_text(document: Document) -> str:
    parts = [document.title, *document.stamp, *(source_line(c) for c in document.sources)]
    for block in document.blocks:
        parts += [block.text, *block.cells]
    return "".join(parts)


def _pdf(document: Document, phrases: Phrases) -> bytes:
    from reportlab.lib.pagesizes import LETTER  # noqa: PLC0415
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415

    lacking = unknown_letters(unicodedata.normalize("NFC", _all_text(document)))
    swap = {ord(c): _BOX for c in lacking}

    def put(text: str) -> str:
        return escape(unicodedata.normalize("NFC", text).translate(swap))

    out = io.BytesIO()
    template = SimpleDocTemplate(
        out, pagesize=LETTER, title=put(document.title), author="", lang="en-US", invariant=1,
        leftMargin=64, rightMargin=64, topMargin=60, bottomMargin=60,
    )  # fmt: skip
    flow = _flow(document, put)
    if lacking:
        codes = ", ".join(f"U+{ord(c):04X}" for c in lacking)
        note = phrases.say("missing_glyphs", font=_FONT, letters=codes, mark=_BOX)
        flow.append(_paragraph(escape(note), "small"))
    template.build(flow)
    return out.getvalue()


def _style(kind: str) -> object:
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415

    looks: dict[str, dict[str, Any]] = {
        "title": {"fontName": f"{_FONT} Bold", "fontSize": 16, "leading": 21, "spaceAfter": 10},
        "heading": {"fontName": f"{_FONT} Bold", "fontSize": 12, "leading": 16, "spaceBefore": 10, "spaceAfter": 4},
        "text": {"fontSize": 10, "leading": 14.5, "spaceAfter": 6},
        "line": {"fontSize": 10, "leading": 14.5},
        "item": {"fontSize": 10, "leading": 14.5, "leftIndent": 14, "bulletIndent": 2, "spaceAfter": 3},
        "small": {"fontSize": 8.5, "leading": 12, "leftIndent": 14, "spaceAfter": 4},
    }
    return ParagraphStyle(kind, **{"fontName": _FONT, "bulletFontName": _FONT, **looks[kind]})


def _paragraph(markup: str, kind: str, bullet: str | None = None) -> object:
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    return Paragraph(markup, _style(kind), bulletText=bullet)


def _flow(document: Document, put: Callable[[str], str]) -> list[object]:
    from reportlab.platypus import PageBreak  # noqa: PLC0415

    flow: list[object] = [] if document.letter else [_paragraph(put(document.title), "title")]
    rows: list[list[object]] = []
    for block in (*document.blocks, None):
        if block is not None and block.kind == "row":
            rows.append([_paragraph(put(c), "small" if rows else "text") for c in block.cells])
            continue
        if rows:
            flow.append(_table(rows))
            rows = []
        if block is None:
            break
        if block.kind == "page":
            flow.append(PageBreak())
            continue
        marks = "".join(f' <super><link href="#source{n}">[{n}]</link></super>' for n in block.marks)
        bullet = {"item": "\u2022", "check": _BOX}.get(block.kind)
        flow.append(_paragraph(put(block.text) + marks, "item" if bullet else block.kind, bullet))
    if document.sources:
        flow.append(_paragraph(put(document.sources_title), "heading"))
    for n, credit in enumerate(document.sources, 1):
        link = link_of(credit)
        shown = f" <link href={quoteattr(link)}><u>{put(link)}</u></link>" if link else ""
        flow.append(_paragraph(f'<a name="source{n}"/>[{n}] {put(source_line(credit))}{shown}', "small"))
    flow += [_paragraph(put(line), "small") for line in document.stamp]
    return flow


def _table(rows: list[list[object]]) -> object:
    from reportlab.lib import colors  # noqa: PLC0415
    from reportlab.platypus import Table, TableStyle  # noqa: PLC0415

    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return Table(rows, colWidths=[84, 166, 104, 130], repeatRows=1, style=grid)
