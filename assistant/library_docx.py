"""Word documents to blocks. The archive is looked at before it is opened: size, names and entities."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from assistant.blocks import Block, LeftOut, Parsed, clean
from assistant.errors import InputError

__all__ = ["read_docx"]

_UNPACKED = 200_000_000  # bytes that an archive may unpack to
_RATIO = 200  # and how many times its own size; text compresses about tenfold
_MEMBERS = 5_000


def _looked_at(raw: bytes) -> None:
    """Refuse an archive that is none, that unpacks to too much, or that holds what no document needs."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            size = sum(m.file_size for m in members)
            if len(members) > _MEMBERS or size > _UNPACKED or size > max(len(raw), 50_000) * _RATIO:
                raise InputError(
                    f"unpacks to {size:,} bytes in {len(members):,} parts; at most {_UNPACKED:,} bytes "
                    f"and {_RATIO} times its own size are read"
                )
            for m in members:
                if m.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", m.filename) or ":" in m.filename:
                    raise InputError("a part of it is named outside the document: save it again from a word processor")
                if m.filename.endswith((".xml", ".rels")):
                    with archive.open(m) as part:
                        if b"<!DOCTYPE" in part.read(4096).upper():
                            raise InputError("it declares XML entities, which no word processor does: not read")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError("not a .docx file: it is not the archive that Word writes") from error


def read_docx(raw: bytes) -> Parsed:
    """Paragraphs, lists and tables in order; headers, footers, comments and deleted text are not part of it.

    Raises:
        InputError: not a Word document, or one that should not be opened.
    """
    _looked_at(raw)
    import docx  # noqa: PLC0415 - read by the worker only
    from docx.opc.exceptions import OpcError  # noqa: PLC0415
    from lxml.etree import LxmlError  # noqa: PLC0415 - what python-docx lets through

    try:
        document = docx.Document(io.BytesIO(raw))
        parsed = Parsed([])
        for part in document.iter_inner_content():
            if hasattr(part, "rows"):
                parsed.blocks += _rows(part)
            else:
                _paragraph(part, parsed)
        facts = document.core_properties
        parsed.facts = {k: clean(v) for k, v in (("title", facts.title), ("author", facts.author)) if v}
        if parsed.facts.get("author", "").lower() == "python-docx":
            del parsed.facts["author"]
    except (KeyError, ValueError, AttributeError, OpcError, LxmlError, zipfile.BadZipFile) as error:
        raise InputError(f"the Word document is damaged ({type(error).__name__}): open and save it again") from error
    return parsed


def _shown(paragraph: Any) -> tuple[str, str]:  # noqa: ANN401 - python-docx has no types
    """The words that a reader sees, and those that are hidden or white."""
    seen: list[str] = []
    hidden: list[str] = []
    for part in paragraph.iter_inner_content():
        for run in getattr(part, "runs", [part]):
            colour = run.font.color.rgb if run.font.color is not None else None
            white = colour is not None and str(colour).upper() == "FFFFFF" and run.font.highlight_color is None
            (hidden if run.font.hidden or white else seen).append(run.text)
    return clean("".join(seen)), clean("".join(hidden))


def _paragraph(paragraph: Any, parsed: Parsed) -> None:  # noqa: ANN401
    text, hidden = _shown(paragraph)
    if hidden:
        parsed.left_out.append(LeftOut("hidden text", hidden))
    if not text:
        return
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    heading = re.match(r"(?:Heading (\d)|Title$)", style)
    if style.lower().startswith("toc"):
        parsed.left_out.append(LeftOut("contents list", text))
    elif heading:
        parsed.blocks.append(Block("heading", text, int(heading[1] or 1)))
    elif style.startswith("List") or paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None:
        parsed.blocks.append(Block("item", text))
    else:
        parsed.blocks.append(Block("text", text))


def _rows(table: Any) -> Iterator[Block]:  # noqa: ANN401
    for row in table.rows:
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:
            if id(cell._tc) in seen:  # a merged cell is given once for each column it covers
                continue
            seen.add(id(cell._tc))
            cells.append(clean(" ".join(_shown(p)[0] for p in cell.paragraphs)))
        if any(cells):
            yield Block("row", " | ".join(c for c in cells if c))
