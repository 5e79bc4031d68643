"""The Chroma door: build beside, verify, switch, open, query. Always our own vectors, never Chroma's.

On disk, under `<data>/index/`:

    CURRENT                     one line: the folder in use; replaced atomically
    <digest>-<n>/chroma/        one collection for each of KINDS
    <digest>-<n>/pages.npz      linear weights learned from questions and messages: which page
    <digest>-<n>/situations.npz the same: which situation
    <digest>-<n>/inside.npz     the same: does it lie inside, or which boundary does it belong to
    <digest>-<n>/danger.npz     the same, learned from messages of danger: which danger, if any
    <digest>-<n>/library.json   the passages of the organisation's documents
    <digest>-<n>/manifest.json  digests, counts and canary vectors
    <digest>-<n>/files.json     the SHA-256 of every file; written last, so a half-built folder has none

A built folder is never written again: a process opens a working copy of its `chroma/` (sealed.py).
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.classifier import Classifier, fit
from assistant.embedding import Embedder, Vectors
from assistant.errors import IndexProblem
from assistant.knowledge import Knowledge
from assistant.library_topics import near_topics
from assistant.records import Passage
from assistant.sealed import WorkingCopy, check_seal, seal

__all__ = ["Index", "Manifest", "Near", "build", "check_writable", "current_folder", "read_manifest", "rows_of"]

SCHEMA = 5
_OLDER = (4,)  # schemas whose vectors a build may still take over
KINDS = ("passages", "questions", "statements", "boundaries", "danger")
_CANARIES = 20
_BATCH = 2000  # rows an add; Chroma refuses more than 5,461
_SECOND = 0.5  # weight, in learning, of a situation that a message tells beside its main one
_FOLDER = re.compile(r"[0-9a-z]{1,64}-[0-9]{1,9}")
_CLOSE = 1e-3  # cosine distance at which a stored vector counts as itself


@dataclass(frozen=True, slots=True)
class Row:
    """One text to embed; `owner` is the passage, page or boundary that it speaks for."""

    id: str
    text: str
    owner: str
    topic: str


@dataclass(frozen=True, slots=True)
class Near:
    """A neighbour: its row id, owner, topic and cosine similarity (1 is the same direction)."""

    id: str
    owner: str
    topic: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a finished index was built from; compared with what is loaded now."""

    schema: int
    knowledge: str
    model: str
    model_sha256: str
    dimension: int
    counts: dict[str, int]
    library_folder: str
    canaries: list[dict[str, str]]  # kind, id, vector (base64 of float32)


def rows_of(knowledge: Knowledge) -> dict[str, list[Row]]:
    """Every text that is embedded, by kind, in a fixed order; ids are unique within a kind."""
    topic_of = {p.id: p.topic for p in knowledge.pages}
    return {
        "passages": [Row(p.id, f"{p.page_title}. {p.heading}. {p.text}", p.id, p.topic) for p in knowledge.passages],
        "questions": [
            Row(f"{page.id}?{n}", q, page.id, topic_of[page.id])
            for page in knowledge.pages
            for n, q in enumerate((page.title, *page.questions))
        ]
        + [
            Row(f"{page}?m{n}", m.text, page, topic_of[page])
            for n, m in enumerate(knowledge.examples)
            for page in m.pages
        ],
        "statements": [Row(s.id, s.text, p.id, p.topic) for p in knowledge.passages for s in p.statements],
        "boundaries": [
            Row(f"{b.id}?{n}", q, b.id, b.status) for b in knowledge.boundaries for n, q in enumerate(b.examples)
        ],
        "danger": [Row(f"{label}?{n}", text, label, "") for n, (text, label) in enumerate(knowledge.danger)],
    }


def _root(data: Path) -> Path:
    return data / "index"


def current_folder(data: Path) -> Path | None:
    """The folder that CURRENT names, whether or not it is whole; None when there is no pointer."""
    pointer = _root(data) / "CURRENT"
    try:
        name = pointer.read_bytes()[:200].decode("utf-8", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise IndexProblem(f"the index pointer cannot be read: {error.strerror}", pointer) from error
    return _root(data) / name if _FOLDER.fullmatch(name) else None


def read_manifest(folder: Path, schemas: tuple[int, ...] = (SCHEMA,)) -> Manifest:
    """The manifest of a built index of one of the schemas.

    Raises:
        IndexProblem: missing (a build was cut off) or of another schema.
    """
    try:
        raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest = Manifest(**raw)
    except FileNotFoundError:
        raise IndexProblem("the index is missing or was not finished", folder) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise IndexProblem(f"the index manifest cannot be read: {error}", folder) from error
    if manifest.schema not in schemas:
        raise IndexProblem(f"the index has schema {manifest.schema}, this version reads {SCHEMA}", folder)
    return manifest


def _client(path: Path) -> Any:  # noqa: ANN401 - chromadb ships no useful type for it
    import chromadb  # noqa: PLC0415 - a second of import
    from chromadb.config import Settings as ChromaSettings  # noqa: PLC0415

    # Without _env_file Chroma would read settings from a .env in whatever folder Doorstep was started in.
    settings = ChromaSettings(_env_file=None, anonymized_telemetry=False)
    return chromadb.PersistentClient(path=str(path), settings=settings)


@contextmanager
def _native_errors(what: str, path: Path) -> Iterator[None]:
    """Chroma raises its own, sqlite's and Rust's errors; each becomes one of ours."""
    try:
        yield
    except IndexProblem:
        raise
    except Exception as error:
        if isinstance(error, (KeyboardInterrupt, MemoryError)):
            raise
        raise IndexProblem(f"{what}: {type(error).__name__}: {str(error)[:160]}", path) from error


class Index:
    """An open index; reading only. Queries return neighbours, nearest first, ties by id."""

    def __init__(self, folder: Path, older: bool = False) -> None:
        """Open and verify a built folder: its files, counts and canaries. `older` accepts an earlier schema.

        Raises:
            IndexProblem: unreadable, or a file, a count or a canary is off.
        """
        self.folder = folder
        self.manifest = read_manifest(folder, (SCHEMA, *_OLDER) if older else (SCHEMA,))
        if self.manifest.schema == SCHEMA:
            check_seal(folder)
        self.pages = Classifier.load(folder / "pages.npz")
        self.situations = Classifier.load(folder / "situations.npz")
        self.danger = Classifier.load(folder / "danger.npz")
        self.inside = Classifier.load(folder / "inside.npz")
        if not (folder / "chroma" / "chroma.sqlite3").is_file():
            raise IndexProblem("the index has lost its database", folder)
        copy = WorkingCopy(folder / "chroma")
        weakref.finalize(self, copy.close)
        with _native_errors("the index cannot be opened", folder):
            client = _client(copy.path)
            self._collections = {kind: client.get_collection(kind, embedding_function=None) for kind in KINDS}
            self._refuse_foreign()
            self._verify()

    def _refuse_foreign(self) -> None:
        """A stored embedding function would be built, and its code run, by a later query: ours store none."""
        for kind, collection in self._collections.items():
            named = (collection.configuration_json or {}).get("embedding_function") or {}
            if named and named.get("type") != "legacy":
                raise IndexProblem(f"{kind}: the stored configuration names an embedding function", self.folder)

    def _verify(self) -> None:
        for kind, collection in self._collections.items():
            count = collection.count()
            if count != self.manifest.counts.get(kind):
                raise IndexProblem(f"{kind}: {count} rows, expected {self.manifest.counts.get(kind)}", self.folder)
        for canary in self.manifest.canaries:
            vector = np.frombuffer(base64.b64decode(canary["vector"]), dtype=np.float32)
            near = self.nearest(canary["kind"], vector, 5)
            if not any(n.id == canary["id"] or n.cosine > 1 - _CLOSE for n in near):
                raise IndexProblem(
                    f"{canary['kind']}: {canary['id']} is no longer found by its own vector", self.folder
                )

    def confirm(self, rows: Mapping[str, list[Row]], vectors: Mapping[str, Vectors]) -> None:
        """Compare every stored vector with the one that was meant: a write may have failed without a word.

        Raises:
            IndexProblem: a row is missing or differs.
        """
        for kind, group in rows.items():
            for at in range(0, len(group), _BATCH):
                part = group[at : at + _BATCH]
                stored = self.vectors(kind, [r.id for r in part])
                for row, meant in zip(part, vectors[kind][at : at + _BATCH], strict=True):
                    if row.id not in stored or not np.allclose(stored[row.id], meant, atol=_CLOSE):
                        raise IndexProblem(f"{kind}: {row.id} was not stored as it was meant", self.folder)

    def nearest(self, kind: str, vector: Vectors, k: int, topic: str | None = None) -> list[Near]:
        """The `k` nearest rows of a kind to a unit vector of shape (dimension,).

        Raises:
            IndexProblem: the vector has another dimension or is not finite, or the store failed.
        """
        if vector.shape != (self.manifest.dimension,) or not np.isfinite(vector).all():
            raise IndexProblem(f"a finite vector of {self.manifest.dimension} numbers is needed, found {vector.shape}")
        k = min(k, self.manifest.counts[kind])
        if k < 1:
            return []
        with _native_errors("the index cannot be searched", self.folder):
            found = self._collections[kind].query(
                query_embeddings=[vector.tolist()],
                n_results=k,
                where={"topic": topic} if topic else None,
                include=["metadatas", "distances"],
            )
        rows = [
            Near(i, str(m["owner"]), str(m["topic"]), round(1 - float(d), 6))
            for i, m, d in zip(found["ids"][0], found["metadatas"][0], found["distances"][0], strict=True)
        ]
        return sorted(rows, key=lambda n: (-n.cosine, n.id))

    def vectors(self, kind: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """Stored vectors by row id; unknown ids are left out."""
        if not ids:
            return {}
        with _native_errors("the index cannot be read", self.folder):
            found = self._collections[kind].get(ids=list(ids), include=["embeddings"])
        return {i: np.asarray(v, dtype=np.float32) for i, v in zip(found["ids"], found["embeddings"], strict=True)}

    def matrix(self, kind: str) -> tuple[list[str], list[str], Vectors]:
        """Every row of a kind: ids, owners and vectors of shape (rows, dimension), in one unspecified order.

        Raises:
            IndexProblem: the store failed.
        """
        with _native_errors("the index cannot be read", self.folder):
            found = self._collections[kind].get(include=["embeddings", "metadatas"])
        vectors = np.asarray(found["embeddings"], dtype=np.float32).reshape(-1, self.manifest.dimension)
        return list(found["ids"]), [str(m["owner"]) for m in found["metadatas"]], vectors

    def known_vectors(self) -> dict[str, Vectors]:
        """Every stored vector by the hash of its text, so that a rebuild embeds only what changed."""
        known: dict[str, Vectors] = {}
        with _native_errors("the old index cannot be read", self.folder):
            for collection in self._collections.values():
                found = collection.get(include=["embeddings", "metadatas"])
                for m, v in zip(found["metadatas"], found["embeddings"], strict=True):
                    known[str(m["hash"])] = np.asarray(v, dtype=np.float32)
        return known

    def library(self) -> tuple[Passage, ...]:
        """The library passages that this index was built with."""
        from assistant.library import passages_from_json  # noqa: PLC0415 - only when there is a library

        file = self.folder / "library.json"
        if not file.is_file():
            return ()
        return passages_from_json(file.read_text(encoding="utf-8"))


@contextmanager
def _writer_lock(root: Path) -> Iterator[None]:
    """One builder at a time; a second one is told so at once."""
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise IndexProblem(
            f"the index folder cannot be written ({error.strerror}): set DOORSTEP_DATA to a folder you can write", root
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexProblem("another process is building the index: wait for it to end", root) from error
        yield


def check_writable(data: Path) -> None:
    """Make sure that an index can be built here, before anything slow is loaded.

    Raises:
        IndexProblem: the folder cannot be written, or another process is building.
    """
    with _writer_lock(_root(data)):
        pass


def _hash(embedder: Embedder, text: str) -> str:
    return hashlib.sha256(f"{embedder.sha256}\n{text}".encode()).hexdigest()


def _reusable(data: Path, embedder: Embedder) -> dict[str, Vectors]:
    folder = current_folder(data)
    if folder is None:
        return {}
    try:
        old = Index(folder, older=True)
        return old.known_vectors() if old.manifest.model_sha256 == embedder.sha256 else {}
    except IndexProblem:
        return {}  # damaged: everything is embedded again


def _embed(
    rows: Mapping[str, list[Row]], embedder: Embedder, known: dict[str, Vectors], tick: Callable[[int], None] | None
) -> dict[str, Vectors]:
    missing = {h: row.text for group in rows.values() for row in group if (h := _hash(embedder, row.text)) not in known}
    if tick:
        tick(sum(len(group) for group in rows.values()) - len(missing))
    if missing:
        fresh = embedder.encode(list(missing.values()), tick or (lambda _: None))
        known.update(zip(missing, fresh, strict=True))
    return {
        kind: np.stack([known[_hash(embedder, r.text)] for r in group])
        if group
        else np.zeros((0, embedder.dimension), np.float32)
        for kind, group in rows.items()
    }


def _fill(folder: Path, rows: Mapping[str, list[Row]], vectors: Mapping[str, Vectors], embedder: Embedder) -> None:
    with contextlib.closing(_client(folder / "chroma")) as client:
        _add_rows(client, rows, vectors, embedder)


def _add_rows(
    client: Any,  # noqa: ANN401 - chromadb's own
    rows: Mapping[str, list[Row]],
    vectors: Mapping[str, Vectors],
    embedder: Embedder,
) -> None:
    for kind in KINDS:
        # One thread and a wide beam: the same rows give the same graph, and at this size an exact answer.
        collection = client.create_collection(
            kind,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 300, "num_threads": 1}},
        )
        group = rows[kind]
        for at in range(0, len(group), _BATCH):
            part = group[at : at + _BATCH]
            collection.upsert(
                ids=[r.id for r in part],
                embeddings=vectors[kind][at : at + _BATCH].tolist(),
                metadatas=[{"owner": r.owner, "topic": r.topic, "hash": _hash(embedder, r.text)} for r in part],
            )


def _learn(knowledge: Knowledge, rows: Mapping[str, list[Row]], vectors: Mapping[str, Vectors], folder: Path) -> None:
    """Fit and save the four readings of a message: which page, which situation, inside or not, which danger."""
    questions, asked = rows["questions"], vectors["questions"]
    fit([r.text for r in questions], asked, [r.owner for r in questions]).save(folder / "pages.npz")
    place = {r.text: n for n, r in enumerate(questions)}
    told = [
        (m.text, situation, 1.0 if n == 0 else _SECOND)
        for m in knowledge.examples
        for n, situation in enumerate(m.situations)
    ]
    at = [place[text] for text, _, _ in told]
    fit([t for t, _, _ in told], asked[at], [s for _, s, _ in told], [w for _, _, w in told]).save(
        folder / "situations.npz"
    )
    outside = rows["boundaries"]
    texts, labels = [*place, *(r.text for r in outside)], [*["inside"] * len(place), *(r.owner for r in outside)]
    fit(texts, np.concatenate([asked[list(place.values())], vectors["boundaries"]]), labels).save(folder / "inside.npz")
    danger = rows["danger"]
    if danger:  # whatever families ask is safe
        texts, labels = [*(r.text for r in danger), *place], [*(r.owner for r in danger), *["safe"] * len(place)]
        together = np.concatenate([vectors["danger"], asked[list(place.values())]])
        fit(texts, together, labels, pairs=True).save(folder / "danger.npz")
    else:
        fit([], asked, []).save(folder / "danger.npz")


def _with_topics(knowledge: Knowledge, vectors: Vectors) -> tuple[Passage, ...]:
    """The library's passages with the topics of the pages they lie near; declared topics stay."""
    pages = [p for p in knowledge.passages if not p.library]
    found = near_topics(vectors[len(pages) :], vectors[: len(pages)], [p.topic for p in pages])
    return tuple(p if p.topics else replace(p, topics=t) for p, t in zip(knowledge.library, found, strict=True))


def _canaries(rows: Mapping[str, list[Row]], vectors: Mapping[str, Vectors]) -> list[dict[str, str]]:
    found = []
    for kind in KINDS:
        group = rows[kind]
        step = max(1, len(group) * len(KINDS) // _CANARIES)
        for n in range(0, len(group), step):
            raw = base64.b64encode(vectors[kind][n].astype(np.float32).tobytes()).decode()
            found.append({"kind": kind, "id": group[n].id, "vector": raw})
    return found


def _switch(root: Path, folder: Path) -> None:
    new = root / f".CURRENT.{os.getpid()}"
    try:
        with new.open("w", encoding="utf-8") as stream:
            stream.write(folder.name + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, root / "CURRENT")
    finally:
        new.unlink(missing_ok=True)


def _prune(root: Path, keep: set[str]) -> None:
    """Keep the folder in use and the one before it; a build that was cut off is removed."""
    for found in root.iterdir():
        if found.is_dir() and found.name not in keep:
            shutil.rmtree(found, ignore_errors=True)
        elif found.name.startswith(".CURRENT."):
            found.unlink(missing_ok=True)


def build(
    knowledge: Knowledge,
    embedder: Embedder,
    data: Path,
    library_folder: str = "",
    tick: Callable[[int], None] | None = None,
) -> Path:
    """Build a new index beside the old one, verify it, then switch to it; texts already embedded are not again.

    Args:
        knowledge: pages and library to index.
        embedder: gives the vectors.
        data: the data folder; the index lies in its `index/`.
        library_folder: recorded in the manifest, so that the next build reads it again.
        tick: told how many more rows are done.

    Returns:
        The folder that CURRENT now names.

    Raises:
        IndexProblem: the folder cannot be written, another build runs, or the new index fails its checks.
    """
    from assistant.library import passages_to_json  # noqa: PLC0415

    root = _root(data)
    with _writer_lock(root):
        before = current_folder(data)
        rows = rows_of(knowledge)
        vectors = _embed(rows, embedder, _reusable(data, embedder), tick)
        stem = knowledge.digest[:16]
        taken = [int(f.name.rsplit("-", 1)[1]) for f in root.glob("*-*") if f.name.rsplit("-", 1)[1].isdigit()]
        folder = root / f"{stem}-{max(taken, default=0) + 1}"
        try:
            folder.mkdir(mode=0o700)
            with _native_errors("the index cannot be built", folder):
                _fill(folder, rows, vectors, embedder)
                _learn(knowledge, rows, vectors, folder)
                library = _with_topics(knowledge, vectors["passages"])
                (folder / "library.json").write_text(passages_to_json(library), encoding="utf-8", errors="replace")
            manifest = Manifest(
                SCHEMA, knowledge.digest, embedder.name, embedder.sha256, embedder.dimension,
                {kind: len(rows[kind]) for kind in KINDS}, library_folder, _canaries(rows, vectors),
            )  # fmt: skip
            (folder / "manifest.json").write_text(json.dumps(asdict(manifest)), encoding="utf-8")
            seal(folder)
            Index(folder).confirm(rows, vectors)
            _switch(root, folder)
        except (IndexProblem, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise error if isinstance(error, IndexProblem) else IndexProblem(str(error), root) from error
        _prune(root, {folder.name} | ({before.name} if before else set()))
    return folder
