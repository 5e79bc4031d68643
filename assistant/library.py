"""An organisation's own documents to passages, in their own words, never changed. One bad file never stops the rest.

Files are read by a worker process (library_worker.py); what was read is kept by the hash of its bytes, so that only
new and changed files are read again. Kept in the folder `store`:

    read/<hash>.json   a document as it was read
    files.json         which file had which hash when the library was last read
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.duplicates import Copy, without_near_copies
from assistant.errors import InputError
from assistant.library_document import READER, SUFFIXES, Document, Piece, document_from
from assistant.library_worker import LIMITS, Limits, Workshop
from assistant.records import Passage, Reference, Source, Speaker, Statement
from assistant.text import visible

__all__ = ["Changes", "LibraryReport", "MAX_BYTES", "Shelved", "passages_from_json", "passages_to_json", "read_library"]

MAX_BYTES = 5_000_000  # of a text file; PDF and Word files hold pictures
MAX_PACKED = 50_000_000
_SIDECARS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Shelved:
    """One document that was read: its file, the id of its page, and everything that a person may want to check."""

    file: str
    id: str
    document: Document
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Files since the library was last read, by name and in order."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """What was read and what was not, with the reason in words."""

    folder: str
    passages: tuple[Passage, ...]
    files: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    shelf: tuple[Shelved, ...] = ()
    copies: tuple[Copy, ...] = ()
    changes: Changes = Changes()


class _Store:
    """Documents by the hash of what they were read from; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.used: dict[str, str] = {}

    def before(self) -> dict[str, str]:
        """File name to hash, as the library was last read; nothing where that cannot be told."""
        if self.folder is None:
            return {}
        try:
            data = json.loads((self.folder / "files.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def get(self, key: str) -> Document | str | None:
        """A document, the reason why it cannot be read, or None where it was not read yet."""
        if self.folder is None:
            return None
        try:
            data = json.loads((self.folder / "read" / f"{key}.json").read_text(encoding="utf-8"))
            return str(data["reason"]) if "reason" in data else document_from(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # missing or damaged: the file is read again

    def put(self, key: str, data: dict[str, object]) -> None:
        if self.folder is not None:
            _replace(self.folder / "read" / f"{key}.json", json.dumps(data, ensure_ascii=False))

    def close(self) -> None:
        """Note what the library holds now, and forget what it no longer does."""
        if self.folder is None:
            return
        _replace(self.folder / "files.json", json.dumps(self.used, indent=0))
        keys = set(self.used.values())
        for file in (self.folder / "read").glob("*.json"):
            if file.stem not in keys:
                file.unlink(missing_ok=True)


def _replace(file: Path, text: str) -> None:
    """Write a file so that it is whole or not there."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(
        "w", dir=file.parent, prefix=".new.", delete=False, encoding="utf-8", errors="replace"
    ) as new:
        new.write(text)
    os.replace(new.name, file)


def _shown(name: str) -> str:
    """A file name on one line, without what no screen can show."""
    return " ".join(visible(name.encode("utf-8", "replace").decode()).split())


def _walk(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, path and reason ("" to read it) of everything under a folder, in order of name, hidden files left out."""
    home = folder.resolve()
    found: list[tuple[str, Path, str]] = []

    def closed(error: OSError) -> None:
        path = Path(error.filename)
        found.append((path.relative_to(folder).as_posix(), path, f"the folder cannot be opened: {error.strerror}"))

    for where, folders, files in os.walk(folder, onerror=closed):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        links = [f for f in folders if (Path(where) / f).is_symlink()]
        for entry in sorted(f for f in [*files, *links] if not f.startswith(".")):
            path = Path(where) / entry
            found.append((path.relative_to(folder).as_posix(), path, _why_not(path, home)))
    beside = {side for _, path, why in found if not why for side in _sidecars(path)}
    yield from sorted(x for x in found if x[1] not in beside)


def _why_not(path: Path, home: Path) -> str:
    try:
        inside = path.resolve().is_relative_to(home)
    except (OSError, RuntimeError):  # a link to itself
        return "a link that leads nowhere"
    if not inside:
        return "a link out of the folder"
    if path.is_dir():
        return "a link to a folder is not followed"
    if not path.is_file():
        return "a link that leads nowhere" if path.is_symlink() else "not a file"
    suffix = path.suffix.lower()
    if suffix in _SIDECARS:
        return "describes no document: name it after one, for example handout.pdf.yaml"
    return "" if suffix in SUFFIXES else f"{suffix or 'no suffix'} is not read; expected {', '.join(SUFFIXES)}"


def _sidecars(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in _SIDECARS] + [path.with_suffix(end) for end in _SIDECARS]


def _bytes(path: Path) -> bytes:
    most = MAX_PACKED if path.suffix.lower() in {".pdf", ".docx"} else MAX_BYTES
    size = path.stat().st_size
    if size > most:
        raise InputError(f"{size:,} bytes; at most {most:,} are read")
    return path.read_bytes()


def _read(path: Path, name: str, store: _Store, workshop: Workshop) -> tuple[Document, str]:
    """The document of a file, from the store where its bytes are known, and the hash of its bytes."""
    suffix = path.suffix.lower()
    raw = _bytes(path)
    # A link beside a document is not followed: it could lead anywhere.
    side = next((s for s in _sidecars(path) if os.path.isfile(s) and not s.is_symlink()), None)
    described = _bytes(side) if side else None
    digest = hashlib.sha256(raw).hexdigest()
    whole = f"{READER}\n{suffix}\n{path.stem}\n{digest}\n".encode("utf-8", "replace") + (described or b"")
    key = hashlib.sha256(whole).hexdigest()
    store.used[name] = key
    known = store.get(key)
    if known is None:
        try:
            data = workshop.read(_shown(path.stem), suffix, raw, described)
        except InputError as error:
            if not workshop.ended:  # the reader itself refused it, and would again
                store.put(key, {"reason": str(error)})
            raise
        store.put(key, data)
        known = document_from(data)
    if isinstance(known, str):
        raise InputError(known)
    return known, digest


def _address(name: str, stem: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "document"
    return f"lib-{slug}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def _passage(id_: str, shelved: Shelved, piece: Piece, source: Source, topics: tuple[str, ...]) -> Passage:
    statements = []
    for n, w in enumerate(piece.words, 1):
        place = ", ".join(x for x in (piece.heading, f"page {w.page}" if w.page else "") if x)
        reference = Reference(source, place)
        statements.append(
            Statement(
                f"{id_}.s{n}", piece.text[w.start : w.end], w.start, w.end,
                "example" if w.voice == "anecdote" else "more", (reference,), w.speaker, voice=w.voice, note=w.note,
            )
        )  # fmt: skip
    return Passage(
        id_, shelved.id, source.title, piece.heading, "library", source.jurisdiction, piece.text, tuple(statements),
        "", "", library=shelved.file, topics=topics,
    )  # fmt: skip


def _passages(shelved: Shelved, digest: str, topics: tuple[str, ...]) -> Iterator[Passage]:
    """Passages with addresses that stay while their words do, wherever in the document they come to stand."""
    facts = shelved.document.facts
    guessed = [f for f in ("title", "author", "date") if f in facts.proposed]
    as_of = f"local file, SHA-256 {digest[:12]}" + (f"; {', '.join(guessed)} proposed from the text" if guessed else "")
    # A place that nobody declared is proposed in the report only: it decides which rules a family reads.
    place = facts.jurisdiction if facts.jurisdiction and "jurisdiction" not in facts.proposed else "Library"
    source = Source(
        shelved.id, "library", facts.title, facts.author or shelved.file, place, facts.date, as_of, shelved.file,
        licence=facts.licence,
    )  # fmt: skip
    taken: dict[str, int] = {}
    for piece in shelved.document.pieces:
        mark = hashlib.sha256(piece.text.encode("utf-8", "replace")).hexdigest()[:8]
        taken[mark] = taken.get(mark, 0) + 1
        again = f"-{taken[mark]}" if taken[mark] > 1 else ""
        yield _passage(f"{shelved.id}.p{mark}{again}", shelved, piece, source, topics)


def read_library(
    folder: Path,
    store: Path | None = None,
    limits: Limits = LIMITS,
    tick: Callable[[int, int], None] = lambda done, of: None,
    topics: Collection[str] = (),
) -> LibraryReport:
    """Every document under `folder`, in order of its name; links out of the folder are not followed.

    Args:
        folder: read with its subfolders.
        store: where what was read is kept; None reads everything and keeps nothing.
        limits: what one file may use.
        tick: told how many files are done, and of how many.
        topics: those that front matter may name; without any, all are taken as they stand.

    Raises:
        InputError: `folder` is not a folder.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(folder), re.I):
        raise InputError(f"{folder} is an address, not a folder: give the folder that holds the documents")
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that holds the documents")
    kept = _Store(store)
    before = kept.before()
    passages: list[Passage] = []
    shelf: list[Shelved] = []
    skipped: list[tuple[str, str]] = []
    entries = list(_walk(folder))
    with Workshop(limits) as workshop:
        for n, (raw_name, path, why) in enumerate(entries, 1):
            name = _shown(raw_name)
            try:
                if why:
                    raise InputError(why)
                document, digest = _read(path, name, kept, workshop)
                chosen, remarks = _known(document, topics)
                shelved = Shelved(name, _address(raw_name, path.stem), document, remarks)
                passages += _passages(shelved, digest, chosen)
                shelf.append(shelved)
            except (InputError, OSError) as error:
                skipped.append((name, str(getattr(error, "strerror", None) or error)))
            tick(n, len(entries))
    kept.close()
    unique, copies = without_near_copies(passages)
    files = tuple(s.file for s in shelf)
    return LibraryReport(
        str(folder), tuple(unique), files, tuple(skipped), tuple(shelf), tuple(copies), _changes(before, kept.used)
    )


def _known(document: Document, topics: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The declared topics that exist, and the document's remarks with the ones that do not."""
    declared = document.facts.topics
    wrong = [t for t in declared if topics and t not in topics]
    said = (f"unknown topics, not used: {', '.join(wrong)[:120]}",) if wrong else ()
    return tuple(t for t in declared if t not in wrong), (*document.remarks, *said)


def _changes(before: dict[str, str], now: dict[str, str]) -> Changes:
    return Changes(
        tuple(sorted(n for n in now if n not in before)),
        tuple(sorted(n for n in now if n in before and before[n] != now[n])),
        tuple(sorted(n for n in now if before.get(n) == now[n])),
        tuple(sorted(n for n in before if n not in now)),
    )


def passages_to_json(passages: tuple[Passage, ...]) -> str:
    """Passages as JSON, to be kept beside the index that was built from them."""
    return json.dumps([asdict(p) for p in passages], ensure_ascii=False)


def passages_from_json(text: str) -> tuple[Passage, ...]:
    """The reverse of `passages_to_json`."""
    found = []
    for row in json.loads(text):
        statements = tuple(
            Statement(**{
                **s,
                "references": tuple(Reference(Source(**r["source"]), r["locator"]) for r in s["references"]),
                "speaker": Speaker(**s["speaker"]) if s["speaker"] else None,
            })
            for s in row["statements"]
        )  # fmt: skip
        lists = {k: tuple(row.get(k, ())) for k in ("related", "topics", "also_in")}
        found.append(Passage(**{**row, **lists, "statements": statements}))
    return tuple(found)
