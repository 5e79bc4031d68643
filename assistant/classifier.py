"""A linear reading of a message: how likely each label is, learned from questions and written messages.

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
from functools import cached_property
from math import log
from pathlib import Path

import numpy as np

from assistant.embedding import Vectors
from assistant.errors import IndexProblem
from assistant.text import stems, tokens

__all__ = ["Classifier", "fit"]

_STRENGTH = 6.0  # inverse regularisation, and the next two, chosen by five-fold cross-validation
_LEAST = 3  # messages that a stem must stand in
_STEPS = 60  # of the solver: more overfits before it converges


@dataclass(frozen=True)
class Classifier:
    """`weights` has shape (n labels, dimension + n stems); `idf` one number a stem."""

    labels: tuple[str, ...]
    words: tuple[str, ...]
    idf: Vectors
    weights: Vectors
    offsets: Vectors
    pairs: bool = False  # words as they stand, and pairs of them, instead of stems

    @cached_property
    def _place(self) -> dict[str, int]:
        return {w: i for i, w in enumerate(self.words)}

    def chance(self, text: str, vector: Vectors) -> dict[str, float]:
        """The probability of each label, summing to 1; empty when untrained."""
        if not self.labels:
            return {}
        features = np.concatenate([vector, _tfidf(_terms(text, self.pairs), self._place, self.idf)])
        logits = self.weights @ features + self.offsets
        raw = np.exp(logits - logits.max())
        return dict(zip(self.labels, (raw / raw.sum()).tolist(), strict=True))

    def save(self, file: Path) -> None:
        """Write as .npz: numbers and names only, nothing that runs code when read."""
        np.savez(
            file, labels=np.array(self.labels, dtype=np.str_), words=np.array(self.words, dtype=np.str_),
            idf=self.idf, weights=self.weights, offsets=self.offsets, pairs=np.array(self.pairs),
        )  # fmt: skip

    @classmethod
    def load(cls, file: Path) -> Classifier:
        """Read what `save` wrote.

        Raises:
            IndexProblem: missing or unreadable.
        """
        try:
            with np.load(file, allow_pickle=False) as data:
                labels, words = (tuple(data[k].tolist()) for k in ("labels", "words"))
                idf, weights, offsets = (data[k].astype(np.float32) for k in ("idf", "weights", "offsets"))
                return cls(labels, words, idf, weights, offsets, bool(data["pairs"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise IndexProblem(f"the classifier cannot be read: {error}", file) from error


def _terms(text: str, pairs: bool) -> list[str]:
    """Stems; or words and pairs of words, where small words decide ("to die", "die of")."""
    if not pairs:
        return stems(text)
    words = [w.replace("'", "") for w in tokens(text)]
    return words + [f"{a}_{b}" for a, b in zip(words, words[1:], strict=False)]


def _tfidf(terms: Sequence[str], place: dict[str, int], idf: Vectors) -> Vectors:
    """Sublinear tf-idf, unit length; zeros where no term is known."""
    out = np.zeros(len(idf), dtype=np.float32)
    for term, n in Counter(terms).items():
        if term in place:
            out[place[term]] = (1 + log(n)) * idf[place[term]]
    length = float(np.linalg.norm(out))
    return out / length if length else out


def fit(
    texts: Sequence[str],
    vectors: Vectors,
    labels: Sequence[str],
    weights: Sequence[float] = (),
    pairs: bool = False,
) -> Classifier:
    """Fit on texts, their vectors of shape (n, dimension) and the label of each; repeatable.

    A text with several labels stands once for each, with the weight that the label has in it. With `pairs` the
    words are read as they stand, and in pairs.
    """
    empty = np.zeros(0, dtype=np.float32)
    if len(set(labels)) < 3:  # scikit-learn folds two classes into one row; so few need no classifier
        return Classifier((), (), empty, empty, empty, pairs)
    from scipy.sparse import csr_matrix, hstack, vstack  # noqa: PLC0415 - only building an index needs these
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    terms = {text: _terms(text, pairs) for text in texts}
    seen = Counter(term for found in terms.values() for term in set(found))
    words = tuple(sorted(w for w, n in seen.items() if n >= _LEAST))
    place = {w: i for i, w in enumerate(words)}
    idf = np.array([log((1 + len(terms)) / (1 + seen[w])) + 1 for w in words], dtype=np.float32)
    rows = csr_matrix(vstack([csr_matrix(_tfidf(terms[t], place, idf)) for t in texts]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped on purpose
        model = LogisticRegression(C=_STRENGTH, max_iter=_STEPS).fit(
            hstack([csr_matrix(vectors), rows]).tocsr(), list(labels), list(weights) or None
        )
    return Classifier(
        tuple(str(c) for c in model.classes_), words, idf,
        model.coef_.astype(np.float32), model.intercept_.astype(np.float32), pairs,
    )  # fmt: skip
