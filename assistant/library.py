"""An organisation's own documents (.txt, .md, .html) to passages, in their own words, never changed.

Headings become sections; contents lists, navigation and forms are left out. One bad file never stops the rest.
Knows nothing of topics: a library passage stands under the topic "library".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import InputError
from assistant.records import Passage, Reference, Source, Statement
from assistant.text import visible

__all__ = ["LibraryReport", "passages_from_json", "passages_to_json", "read_library"]

SUFFIXES = (".txt", ".md", ".html", ".htm")
MAX_BYTES = 5_000_000
_WORDS = 150
_LEFT_OUT = ("script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg")
_SENTENCE = re.compile(r"(?<=[.?!])[\"')\]\u201d\u2019]*\s+(?=[\"'(\[\u201c\u2018]?[A-Z0-9])")
# A full stop after one of these does not end a sentence.
_SHORT = re.compile(
    r"\b(?:Dr|Mr|Mrs|Ms|St|vs|etc|No|Sec|Ed|Cal|Oct|Sept|Nov|Dec|Jan|Feb|Aug|e\.g|i\.e|U\.S|Ph\.D|Psy\.D)\.$"
)


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """What was read and what was not, with the reason in words."""

    passages: tuple[Passage, ...]
    files: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Block:
    heading: str
    paragraphs: list[str]


def _txt_blocks(text: str) -> list[_Block]:
    blocks = [_Block("", [])]
    for piece in re.split(r"\n\s*\n", text):
        row = " ".join(piece.split())
        if not row:
            continue
        if len(row) <= 90 and row[-1] not in ".!,;:" and len(row.split()) >= 2 and "\n" not in piece.strip():
            blocks.append(_Block(row, []))
        else:
            blocks[-1].paragraphs.append(row)
    return blocks


def _md_blocks(text: str) -> list[_Block]:
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)", "", text, flags=re.S)  # comments and images are never quoted
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    blocks = [_Block("", [])]
    for piece in re.split(r"\n\s*\n|\n(?=#{1,6} )|(?<=\n)(?=[-*] )", text):
        first, _, rest = piece.strip().partition("\n")
        if first.startswith("#"):
            blocks.append(_Block(first.lstrip("# ").strip(), []))
            first = rest
            rest = ""
        row = " ".join(f"{first} {rest}".split()).lstrip("-*> ").replace("**", "").replace("__", "")
        if row:
            blocks[-1].paragraphs.append(row)
    return blocks


def _html_blocks(text: str) -> list[_Block]:
    from bs4 import BeautifulSoup, Comment  # noqa: PLC0415

    soup = BeautifulSoup(text, "html.parser")
    for tag in soup(_LEFT_OUT):
        tag.decompose()
    for note in soup.find_all(string=lambda s: isinstance(s, Comment)):
        note.extract()
    for tag in soup.find_all(["br", "div", "h1", "h2", "h3", "h4", "li", "p", "td"]):  # these part words, <b> does not
        tag.insert(0, " ")
        tag.append(" ")
    blocks = [_Block("", [])]
    for tag in soup.find_all(["h1", "h2", "h3", "h4", "p", "li", "td", "blockquote"]):
        row = " ".join(tag.get_text().split())
        if not row or tag.find_parent(["li", "td", "blockquote"]):
            continue
        if tag.name in {"h1", "h2", "h3", "h4"}:
            blocks.append(_Block(row, []))
        else:
            blocks[-1].paragraphs.append(row)
    return blocks


def _without_contents(blocks: list[_Block]) -> list[_Block]:
    """Drop headings without text: a contents list is a run of them, and there is nothing to quote."""
    return [b for b in blocks if b.paragraphs]


def _split(paragraph: str) -> list[str]:
    found: list[str] = []
    for piece in _SENTENCE.split(paragraph):
        if found and _SHORT.search(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return [s.strip() for s in found if len(s.split()) >= 3]


def _groups(block: _Block) -> Iterable[list[str]]:
    """Sentences of a section in runs of at most 150 words."""
    run: list[str] = []
    words = 0
    for paragraph in block.paragraphs:
        for sentence in _split(paragraph):
            n = len(sentence.split())
            if run and words + n > _WORDS:
                yield run
                run, words = [], 0
            run.append(sentence)
            words += n
    if run:
        yield run


def _passage(doc: str, title: str, heading: str, n: int, sentences: list[str], source: Source, name: str) -> Passage:
    text = ""
    statements = []
    for m, sentence in enumerate(sentences, 1):
        glue = " " if text else ""
        start = len(text) + len(glue)
        text += glue + sentence
        reference = Reference(source, heading)
        statements.append(Statement(f"{doc}.p{n}.s{m}", sentence, start, start + len(sentence), "more", (reference,)))
    return Passage(
        f"{doc}.p{n}", doc, title, heading or title, "library", "Library", text, tuple(statements), "", "", library=name
    )


def _read(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise InputError(f"{file.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read")
    raw = file.read_bytes()
    if b"\x00" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("not a text file")
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text: save it as UTF-8") from error


def _document(file: Path, folder: Path) -> tuple[Passage, ...]:
    name = file.relative_to(folder).as_posix()
    text = _read(file).replace("\r\n", "\n")
    blocks = {".md": _md_blocks, ".txt": _txt_blocks}.get(file.suffix.lower(), _html_blocks)(text)
    blocks = _without_contents(blocks)
    title = blocks[0].heading if blocks and blocks[0].heading else file.stem.replace("-", " ").replace("_", " ")
    slug = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:40] or "document"
    doc = f"lib-{slug}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    source = Source(doc, "library", title, name, "Library", "", f"local file, SHA-256 {digest}", name)
    found: list[Passage] = []
    for block in blocks:
        for run in _groups(block):
            clean = [s for s in (visible(x).strip() for x in run) if s]
            if clean:
                found.append(_passage(doc, title, block.heading, len(found) + 1, clean, source, name))
    if not found:
        raise InputError("no sentences found")
    return tuple(found)


def read_library(folder: Path) -> LibraryReport:
    """Every document under `folder`, in order of its name; links out of the folder are not followed.

    Raises:
        InputError: `folder` is not a folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that holds the documents")
    home = folder.resolve()
    passages: list[Passage] = []
    files: list[str] = []
    skipped: list[tuple[str, str]] = []
    for file in sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink()):
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        if not file.resolve().is_relative_to(home):
            skipped.append((name, "a link out of the folder"))
        elif file.suffix.lower() not in SUFFIXES:
            skipped.append((name, f"{file.suffix or 'no suffix'} is not read; expected {', '.join(SUFFIXES)}"))
        else:
            try:
                passages += _document(file, folder)
                files.append(name)
            except (InputError, OSError) as error:
                skipped.append((name, str(error)))
    return LibraryReport(tuple(passages), tuple(files), tuple(skipped))


def passages_to_json(passages: tuple[Passage, ...]) -> str:
    """Passages as JSON, to be kept beside the index that was built from them."""
    return json.dumps([asdict(p) for p in passages], ensure_ascii=False)


def passages_from_json(text: str) -> tuple[Passage, ...]:
    """The reverse of `passages_to_json`."""
    found = []
    for row in json.loads(text):
        statements = tuple(
            Statement(
                s["id"], s["text"], s["start"], s["end"], s["part"],
                tuple(Reference(Source(**r["source"]), r["locator"]) for r in s["references"]),
            )
            for s in row["statements"]
        )  # fmt: skip
        found.append(Passage(**{**row, "statements": statements, "related": tuple(row["related"])}))
    return tuple(found)
