"""A linear reading of a message: how likely each page and each topic is, learned from the pages' own questions.

Multinomial logistic regression on the encoder's vectors (scikit-learn), fitted when the index is built and kept
beside it as plain numbers. It crosses the distance between a parent's words and a page's words that cosine alone
does not: measured in docs/decisions/0003-fusion.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.embedding import Vectors
from assistant.errors import IndexProblem

__all__ = ["Classifier", "fit"]

_STRENGTH = {"pages": 20.0, "topics": 5.0}  # inverse regularisation, chosen by five-fold cross-validation
_FLOOR = 1e-4  # a probability below this says no more than this


@dataclass(frozen=True)
class Classifier:
    """Weights of shape (n classes, dimension) and offsets (n classes,) for pages and for topics."""

    labels: dict[str, tuple[str, ...]]
    weights: dict[str, Vectors]
    offsets: dict[str, Vectors]

    def log_chance(self, kind: str, vector: Vectors) -> dict[str, float]:
        """Natural log of the probability of each "pages" or "topics" label for a unit vector, floored at 1e-4."""
        labels = self.labels.get(kind, ())
        if not labels:
            return {}
        logits = self.weights[kind] @ vector + self.offsets[kind]
        chance = np.exp(logits - logits.max())
        chance /= chance.sum()
        return dict(zip(labels, np.log(chance + _FLOOR).tolist(), strict=True))

    def save(self, file: Path) -> None:
        """Write as .npz: numbers and label names only, nothing that runs code when read."""
        arrays: dict[str, np.ndarray] = {}
        for kind, labels in self.labels.items():
            arrays |= {f"{kind}_labels": np.array(labels), f"{kind}_w": self.weights[kind], f"{kind}_b": self.offsets[kind]}
        np.savez(file, **arrays)  # type: ignore[arg-type] # the stub knows one fixed keyword only

    @classmethod
    def load(cls, file: Path) -> Classifier:
        """Read what `save` wrote.

        Raises:
            IndexProblem: missing or unreadable.
        """
        try:
            with np.load(file, allow_pickle=False) as data:
                kinds = [k for k in _STRENGTH if f"{k}_labels" in data]
                return cls(
                    {k: tuple(data[f"{k}_labels"].tolist()) for k in kinds},
                    {k: data[f"{k}_w"].astype(np.float32) for k in kinds},
                    {k: data[f"{k}_b"].astype(np.float32) for k in kinds},
                )
        except (OSError, ValueError, KeyError) as error:
            raise IndexProblem(f"the classifier cannot be read: {error}", file) from error


def fit(vectors: Vectors, pages: Sequence[str], topics: Sequence[str]) -> Classifier:
    """Fit on question vectors of shape (n, dimension) with the page and the topic of each; same input, same output."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only building an index needs it

    labels: dict[str, tuple[str, ...]] = {}
    weights: dict[str, Vectors] = {}
    offsets: dict[str, Vectors] = {}
    for kind, truth in (("pages", pages), ("topics", topics)):
        if len(set(truth)) < 3:  # scikit-learn folds two classes into one row; so few need no classifier
            continue
        model = LogisticRegression(C=_STRENGTH[kind], max_iter=400).fit(vectors, list(truth))
        labels[kind] = tuple(str(c) for c in model.classes_)
        weights[kind] = model.coef_.astype(np.float32)
        offsets[kind] = model.intercept_.astype(np.float32)
    return Classifier(labels, weights, offsets)
