"""One file's bytes to one read document: its passages in its own words, what was left out, and what it says of itself.

Everything here runs in the worker process, on text that nobody has looked at yet. Offsets count characters of a
passage's text, end exclusive. Knows nothing of ids, folders or other documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from assistant.blocks import Block, LeftOut, page_at, spans
from assistant.boilerplate import without_boilerplate
from assistant.errors import InputError
from assistant.library_docx import read_docx
from assistant.library_facts import Facts, declared, facts_of, front_matter
from assistant.library_files import decoded, read_html, read_md, read_txt
from assistant.library_pdf import read_pdf
from assistant.records import Speaker, Voice
from assistant.speakers import Ear, Said, introductions
from assistant.text import visible

__all__ = ["Document", "Piece", "READER", "SUFFIXES", "Words", "document_from", "read_document"]

READER = 1  # raise it when the same bytes are read in another way: everything is then read again
SUFFIXES = (".txt", ".md", ".html", ".htm", ".pdf", ".docx")
_WORDS = 150  # of a passage
_CHARACTERS = 20_000_000  # of one document; a shelf of books
_FRAGMENT = 3  # words under which a list item or line is quoted only together with what it belongs to


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence of a passage, with its page (0 for none) and who says it."""

    start: int
    end: int
    page: int
    voice: Voice
    speaker: Speaker | None
    note: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it has an address."""

    heading: str
    text: str
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read."""

    facts: Facts
    pieces: tuple[Piece, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...]
    pages: int  # 0 where the format has none

    def to_json(self) -> dict[str, Any]:
        """Plain values; the reverse of `document_from`."""
        return asdict(self)


def document_from(data: dict[str, Any]) -> Document:
    """The reverse of `Document.to_json`."""
    pieces = tuple(
        Piece(
            p["heading"], p["text"],
            tuple(Words(**{**w, "speaker": Speaker(**w["speaker"]) if w["speaker"] else None}) for w in p["words"]),
        )
        for p in data["pieces"]
    )  # fmt: skip
    facts = data["facts"]
    return Document(
        Facts(**{**facts, "topics": tuple(facts["topics"]), "proposed": tuple(facts["proposed"])}), pieces,
        tuple(LeftOut(**x) for x in data["left_out"]), tuple(data["remarks"]), data["pages"],
    )  # fmt: skip


def read_document(name: str, suffix: str, raw: bytes, sidecar: bytes | None, today: date) -> Document:
    """Read one file.

    Args:
        name: its name without suffix, the last resort for a title.
        suffix: one of SUFFIXES, lower case.
        raw: its bytes.
        sidecar: bytes of the .yaml beside it, None where there is none.
        today: no document is dated later.

    Raises:
        InputError: why nothing of it can be quoted.
    """
    if not raw:
        raise InputError("an empty file")
    given: dict[str, object] = {}
    if suffix in {".pdf", ".docx"}:
        parsed = read_pdf(raw) if suffix == ".pdf" else read_docx(raw)
    else:
        text = decoded(raw)
        matter, rest = front_matter(text)
        given.update(matter)
        parsed = {".txt": read_txt, ".md": read_md}.get(suffix, read_html)(rest)
    if sidecar is not None:
        given.update(declared(decoded(sidecar), "file beside it (.yaml)"))
    if sum(len(b.text) for b in parsed.blocks) > _CHARACTERS:
        raise InputError(f"holds more than {_CHARACTERS:,} characters of text: split it")
    for block in parsed.blocks:
        _make_visible(block)
    parsed.blocks = [b for b in parsed.blocks if b.text]
    facts, remarks = facts_of(given, parsed.facts, parsed.blocks, name, today)
    facts = replace(facts, title=visible(facts.title).strip() or name, author=visible(facts.author).strip())
    blocks, left = without_boilerplate(parsed.blocks)
    pieces = tuple(_pieces(blocks, facts.title))
    if not pieces:
        raise InputError("no sentences found: it holds headings or boilerplate only" if parsed.blocks else
                         "no sentences found: it holds no text")  # fmt: skip
    return Document(facts, pieces, (*parsed.left_out, *left), (*parsed.remarks, *remarks), parsed.pages)


def _make_visible(block: Block) -> None:
    """Take out characters that hide or reorder text, and keep the page turns where they were."""
    whole = visible(block.text)
    if whole != block.text:
        block.turns = [(len(visible(block.text[:at])), page) for at, page in block.turns]
    lead = len(whole) - len(whole.lstrip())
    block.turns = [(max(0, at - lead), page) for at, page in block.turns]
    block.text = whole.strip()


@dataclass(slots=True)
class _Unit:
    """What is quoted as one: a sentence, a row, or a lead with the short items under it."""

    text: str
    glue: str  # what stands before it inside a passage
    page: int
    said: Said

    @property
    def words(self) -> int:
        return len(self.text.split())


def _sections(blocks: Sequence[Block]) -> Iterable[tuple[str, list[Block]]]:
    """Headings with the blocks under them; a heading without any is only a step in the outline."""
    heading: str = ""
    under: list[Block] = []
    for block in blocks:
        if block.shape == "heading":
            if under:
                yield heading, under
            heading, under = block.text, []
        else:
            under.append(block)
    if under:
        yield heading, under


def _pieces(blocks: Sequence[Block], title: str) -> Iterable[Piece]:
    ear = Ear(introductions([b.text for b in blocks if b.shape != "heading"]))
    for heading, under in _sections(blocks):
        ear.section()
        run: list[_Unit] = []
        for unit in _units(under, ear):
            if run and sum(u.words for u in run) + unit.words > _WORDS:
                yield _piece(heading or title, run)
                run = []
            run.append(unit)
        if run:
            # A last line of a word or two has nothing to stand with: it is shown, in the passage before it or alone.
            yield _piece(heading or title, run)


def _units(blocks: Sequence[Block], ear: Ear) -> list[_Unit]:
    units: list[_Unit] = []
    for block in blocks:
        found = spans(block.text) if block.shape != "row" else [(0, len(block.text))]
        for n, ((start, end), said) in enumerate(zip(found, ear.paragraph(block.text, found), strict=True)):
            text = block.text[start:end]
            glue = " " if n else ("\n" if block.shape in {"item", "row"} else "\n\n")
            if units and len(text.split()) < _FRAGMENT and units[-1].words < _WORDS:
                units[-1].text += glue + text
            else:
                units.append(_Unit(text, glue, page_at(block, start), said))
    # The same at the start of a section, where nothing stands before it.
    while len(units) > 1 and units[0].words < _FRAGMENT:
        units[1].text = units[0].text + units[1].glue + units[1].text
        del units[0]
    return [u for u in units if u.words >= _FRAGMENT]


def _piece(heading: str, units: Sequence[_Unit]) -> Piece:
    text = ""
    words = []
    for unit in units:
        glue = unit.glue if text else ""
        start = len(text) + len(glue)
        text += glue + unit.text
        said = unit.said
        words.append(Words(start, len(text), unit.page, said.voice, said.speaker, said.note))
    return Piece(heading, text, tuple(words))
