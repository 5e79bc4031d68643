"""PDF to blocks with their pages: what a reader sees, in the order in which the file draws it.

White, invisible and tiny text is left out and listed; so are headers and footers that many pages repeat.
"""

from __future__ import annotations

import io
import re
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from assistant.blocks import Block, LeftOut, Parsed, clean
from assistant.errors import InputError
from assistant.pdf_hidden import hide

__all__ = ["MAX_PAGES", "read_pdf"]

MAX_PAGES = 3_000
_NUMBER = re.compile(r"(?:page\s*)?[-\u2013]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-\u2013]?(?:\s*(?:of|/)\s*\d{1,4})?", re.I)
_BULLET = re.compile(r"^(?:[\x7f\u2022\u25cf\u25aa\u25e6\uf0b7\uf0a7\u2013*-]|\(?\d{1,2}[.)])(?:\s+|$)")
_EDGE = 0.09  # share of a page's height, above and below, in which a header or footer stands
_DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)  # of a broken file


@dataclass(slots=True)
class _Row:
    """One printed line: position from the lower left corner in points, type size in points."""

    page: int
    x: float
    y: float
    size: float
    bold: bool
    cells: list[str]
    edge: bool = False

    @property
    def text(self) -> str:
        return clean(" | ".join(c for c in self.cells if c.strip()))


def _opened(raw: bytes) -> Any:  # noqa: ANN401 - a pypdf reader; pypdf is imported where it is used
    from pypdf import PdfReader  # noqa: PLC0415 - read by the worker only
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    if not raw.strip():
        raise InputError("an empty file")
    if b"%PDF-" not in raw[:1024]:
        raise InputError("not a PDF: its first bytes do not say so")
    if b"%%EOF" not in raw[-2048:]:
        raise InputError("cut off: the end of the PDF is missing; fetch or save it again")
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not _unlocked(reader):
            raise InputError("encrypted: save it without a password")
        count = len(reader.pages)
    except PyPdfError as error:
        raise InputError(f"the PDF is damaged: {str(error)[:80]}") from error
    except _DAMAGE as error:
        raise InputError(f"the PDF is damaged ({type(error).__name__}): save it again") from error
    if count > MAX_PAGES:
        raise InputError(f"{count:,} pages; at most {MAX_PAGES:,} are read: split it")
    if not count:
        raise InputError("a PDF without pages")
    return reader


def _unlocked(reader: Any) -> bool:  # noqa: ANN401
    """Whether it opens with no password: many files only forbid printing."""
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415

    try:
        return bool(reader.decrypt(""))
    except (DependencyError, PyPdfError, NotImplementedError):
        return False


def read_pdf(raw: bytes) -> Parsed:
    """Headings, paragraphs, list items and table rows, each with the page it stands on.

    Raises:
        InputError: empty, cut off, damaged, encrypted, too long, or a scan without text.
    """
    from pypdf.errors import PyPdfError  # noqa: PLC0415 - read by the worker only

    reader = _opened(raw)
    parsed = Parsed([], pages=len(reader.pages))
    rows: list[_Row] = []
    bare: list[int] = []
    for number in range(1, parsed.pages + 1):
        try:
            page = reader.pages[number - 1]
            hidden = hide(page, reader)
            found = _page_rows(page, number)
        except PyPdfError as error:
            # A limit means a file made to exhaust memory: nothing of it is read.
            if "limit" in type(error).__name__.lower():
                raise InputError(f"page {number} unpacks to more than is read: {str(error)[:80]}") from error
            parsed.remarks.append(f"page {number} cannot be read ({type(error).__name__})")
            continue
        except _DAMAGE as error:
            parsed.remarks.append(f"page {number} cannot be read ({type(error).__name__})")
            continue
        parsed.left_out += [LeftOut(f"hidden text (page {number})", words) for words in hidden]
        if not found:
            bare.append(number)
        rows += found
    if not rows and parsed.remarks:
        raise InputError(f"no page of it can be read: {parsed.remarks[0]}")
    if not rows:
        raise InputError("no text: it looks like a scan; run text recognition (OCR) on it first")
    if bare:
        shown = ", ".join(map(str, bare[:10])) + (", ..." if len(bare) > 10 else "")
        parsed.remarks.append(f"no text on page {shown}: an empty page, or a scan")
    rows, repeated = _without_repeated(rows, parsed.pages)
    parsed.left_out += repeated
    parsed.blocks = _blocks(rows)
    parsed.facts = _facts(reader)
    return parsed


def _facts(reader: Any) -> dict[str, str]:  # noqa: ANN401
    try:
        data = reader.metadata or {}
        found = {"title": data.get("/Title"), "author": data.get("/Author")}
    except _DAMAGE:
        return {}
    # "untitled" and "anonymous" are what some programs write when nobody named anything.
    return {k: clean(v) for k, v in found.items() if isinstance(v, str) and v.strip("() ").lower() not in _NO_NAME}


_NO_NAME = {"", "untitled", "anonymous", "unspecified", "unknown", "microsoft word - document1"}


def _page_rows(page: Any, number: int) -> list[_Row]:  # noqa: ANN401
    """The printed lines of a page in drawing order."""
    rows: list[_Row] = []
    height = float(page.mediabox.height) or 792.0
    low = float(page.mediabox.bottom)
    going_on = False

    def see(text: str, cm: list[float], tm: list[float], font: dict[str, Any] | None, size: float) -> None:
        nonlocal going_on
        if not text.strip():
            going_on = going_on and "\n" not in text
            if going_on and rows and text:
                rows[-1].cells[-1] += " "
            return
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = abs(tm[3] * cm[3]) or abs(tm[1] * cm[1]) or 1.0
        real = round(size * scale, 1)
        bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        last = rows[-1] if rows else None
        same = last is not None and abs(last.y - y) < 0.4 * max(real, last.size)
        if last is not None and going_on:
            last.cells[-1] += text
            last.bold = last.bold and bold
        elif last is not None and same and x > last.x:
            last.cells.append(text)
            last.bold = last.bold and bold
        else:
            place = (y - low) / height
            rows.append(_Row(number, x, y, real, bold, [text], not _EDGE < place < 1 - _EDGE))
        going_on = not text.endswith("\n")

    page.extract_text(visitor_text=see)
    return [r for r in rows if r.text]


def _without_repeated(rows: list[_Row], pages: int) -> tuple[list[_Row], list[LeftOut]]:
    """Lines near the edge that many pages repeat, numbers aside, and page numbers of their own."""
    if pages < 2:
        return [r for r in rows if not (r.edge and _NUMBER.fullmatch(r.text))], []
    on: Counter[str] = Counter(key for _, key in {(r.page, _key(r)) for r in rows if r.edge})
    first = {_key(r): r.text for r in reversed(rows) if r.edge}
    least = max(2, round(0.4 * pages))
    repeated = {key for key, n in on.items() if n >= least}
    kept = [r for r in rows if not (r.edge and (_key(r) in repeated or _NUMBER.fullmatch(r.text)))]
    return kept, [LeftOut(f"repeated on {on[key]} pages", first[key]) for key in sorted(repeated)]


def _key(row: _Row) -> str:
    """A line with its numbers aside, which change from page to page."""
    return re.sub(r"\d+", "#", row.text)


def _blocks(rows: list[_Row]) -> list[Block]:
    """Lines to headings, paragraphs, items and table rows; a paragraph goes on over a page or column break."""
    if not rows:
        return []
    sizes: Counter[float] = Counter()
    for r in rows:
        sizes[r.size] += len(r.text)
    body = max(sizes, key=lambda s: (sizes[s], -s))
    words = Counter(w.lower() for r in rows for w in re.findall(r"[\w'\u2019-]+", r.text))
    leading = _leading(rows, body)
    blocks: list[Block] = []
    last: _Row | None = None
    for row in rows:
        bullet = _BULLET.match(row.text)
        text = clean(row.text[bullet.end() :].lstrip("| ")) if bullet else row.text
        if not text:
            last = row
            blocks.append(Block("item", "", page=row.page))  # a bullet drawn apart from its words
            continue
        open_item = bool(blocks and blocks[-1].shape == "item" and not blocks[-1].text)
        if bullet:
            blocks.append(Block("item", text, page=row.page))
        elif open_item:
            blocks[-1].text = text
        elif len([c for c in row.cells if c.strip()]) > 1:
            blocks.append(Block("row", text, page=row.page))
        elif last is not None and blocks and _goes_on(blocks[-1], last, row, leading):
            _join(blocks[-1], text, row.page, words)
        else:
            blocks.append(_begun(row, text, body))
        last = row
    return [b for b in blocks if b.text]


def _leading(rows: list[_Row], body: float) -> float:
    gaps = [a.y - b.y for a, b in zip(rows, rows[1:], strict=False) if a.page == b.page and a.size == b.size == body]
    near = [g for g in gaps if 0.8 * body < g < 2.5 * body]
    # A few lines say nothing of their spacing: what lies between them may be the space between paragraphs.
    return statistics.median_low(near) if len(near) >= 5 else 1.2 * body


def _begun(row: _Row, text: str, body: float) -> Block:
    short = len(text.split()) <= 20 and text[-1] not in ".,;"
    if short and (row.size >= 1.12 * body or (row.bold and row.size >= body)):
        level = 1 if row.size >= 1.6 * body else 2 if row.size >= 1.25 * body else 3
        return Block("heading", text, level, row.page)
    return Block("text", text, page=row.page)


def _goes_on(block: Block, last: _Row, row: _Row, leading: float) -> bool:
    """Whether a line belongs to the block before it."""
    if abs(last.size - row.size) > 0.6 or block.shape == "row" or (len(last.cells) > 1 and block.shape != "item"):
        return False
    if block.shape == "heading":
        return row.page == last.page and last.bold == row.bold and 0 < last.y - row.y < 1.4 * row.size
    ended = block.text[-1] in '.?!:"\u201d\u2019)'
    if row.bold and not last.bold and ended:  # a heading in the type size of the text
        return False
    if row.page != last.page or row.y > last.y:  # the next page or column
        return not ended
    gap = last.y - row.y
    indented = row.x > last.x + 0.8 * row.size and ended and block.shape == "text"
    return gap < 1.3 * max(leading, row.size) and not indented


def _join(block: Block, text: str, page: int, words: Counter[str]) -> None:
    """Add a line; a word broken at its hyphen is mended only where the document writes it whole elsewhere."""
    broken = re.search(r"([A-Za-z]+)-$", block.text)
    rest = re.match(r"[a-z]+", text)
    if broken and rest:
        whole = (broken[1] + rest[0]).lower()
        glue = ""
        if words[whole] > words[f"{broken[1]}-{rest[0]}".lower()]:
            block.text = block.text[:-1]
    else:
        glue = " "
    if page != (block.turns[-1][1] if block.turns else block.page):
        block.turns.append((len(block.text) + len(glue), page))
    block.text += glue + text
