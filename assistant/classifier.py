"""A linear reading of a message: how likely each page is, learned from questions and written messages.

Multinomial logistic regression (scikit-learn) on the encoder's vector beside the tf-idf of the message's stems,
fitted when the index is built and kept beside it as plain numbers. It crosses the distance between a parent's
words and a page's words that cosine alone does not: measured in docs/decisions/0003-fusion.md.
"""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np

from assistant.embedding import Vectors
from assistant.errors import IndexProblem
from assistant.text import stems

__all__ = ["Classifier", "fit"]

_STRENGTH = 20.0  # inverse regularisation, and the next two, chosen by five-fold cross-validation
_LEAST = 3  # messages that a stem must stand in
_STEPS = 60  # of the solver: more overfits before it converges
_FLOOR = 1e-4  # a probability below this says no more than this


@dataclass(frozen=True)
class Classifier:
    """`weights` has shape (n pages, dimension + n stems); `idf` one number a stem; `topics` one a page."""

    pages: tuple[str, ...]
    topics: tuple[str, ...]
    words: tuple[str, ...]
    idf: Vectors
    weights: Vectors
    offsets: Vectors

    def chance(self, text: str, vector: Vectors) -> tuple[dict[str, float], dict[str, float]]:
        """Natural logs of the probability of each page and of each topic, floored at 1e-4; empty when untrained."""
        if not self.pages:
            return {}, {}
        place = {w: i for i, w in enumerate(self.words)}
        features = np.concatenate([vector, _tfidf(text, place, self.idf)])
        logits = self.weights @ features + self.offsets
        raw = np.exp(logits - logits.max())
        raw /= raw.sum()
        topics: Counter[str] = Counter()
        for topic, p in zip(self.topics, raw.tolist(), strict=True):
            topics[topic] += p
        pages = dict(zip(self.pages, np.log(raw + _FLOOR).tolist(), strict=True))
        return pages, {t: log(p + _FLOOR) for t, p in topics.items()}

    def save(self, file: Path) -> None:
        """Write as .npz: numbers and names only, nothing that runs code when read."""
        np.savez(
            file, pages=np.array(self.pages, dtype=np.str_), topics=np.array(self.topics, dtype=np.str_),
            words=np.array(self.words, dtype=np.str_), idf=self.idf, weights=self.weights, offsets=self.offsets,
        )  # fmt: skip

    @classmethod
    def load(cls, file: Path) -> Classifier:
        """Read what `save` wrote.

        Raises:
            IndexProblem: missing or unreadable.
        """
        try:
            with np.load(file, allow_pickle=False) as data:
                pages, topics, words = (tuple(data[k].tolist()) for k in ("pages", "topics", "words"))
                idf, weights, offsets = (data[k].astype(np.float32) for k in ("idf", "weights", "offsets"))
                return cls(pages, topics, words, idf, weights, offsets)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise IndexProblem(f"the classifier cannot be read: {error}", file) from error


def _tfidf(text: str, place: dict[str, int], idf: Vectors) -> Vectors:
    """Sublinear tf-idf of the stems, unit length; zeros where none is known."""
    out = np.zeros(len(idf), dtype=np.float32)
    for stem, n in Counter(stems(text)).items():
        if stem in place:
            out[place[stem]] = (1 + log(n)) * idf[place[stem]]
    length = float(np.linalg.norm(out))
    return out / length if length else out


def fit(texts: Sequence[str], vectors: Vectors, pages: Sequence[str], topics: Sequence[str]) -> Classifier:
    """Fit on messages, their vectors of shape (n, dimension), and the page and topic of each; repeatable."""
    empty = np.zeros(0, dtype=np.float32)
    if len(set(pages)) < 3:  # scikit-learn folds two classes into one row; so few need no classifier
        return Classifier((), (), (), empty, empty, empty)
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - only building an index needs these
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    seen = Counter(stem for text in set(texts) for stem in set(stems(text)))
    words = tuple(sorted(w for w, n in seen.items() if n >= _LEAST))
    place = {w: i for i, w in enumerate(words)}
    n = len(set(texts))
    idf = np.array([log((1 + n) / (1 + seen[w])) + 1 for w in words], dtype=np.float32)
    rows = csr_matrix(np.stack([_tfidf(t, place, idf) for t in texts]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped on purpose
        model = LogisticRegression(C=_STRENGTH, max_iter=_STEPS).fit(
            hstack([csr_matrix(vectors), rows]).tocsr(), list(pages)
        )
    topic_of = dict(zip(pages, topics, strict=True))
    labels = tuple(str(c) for c in model.classes_)
    return Classifier(
        labels,
        tuple(topic_of[p] for p in labels),
        words,
        idf,
        model.coef_.astype(np.float32),
        model.intercept_.astype(np.float32),
    )
