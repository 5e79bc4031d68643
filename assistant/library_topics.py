"""The topics of a library passage: those of the reviewed passages that lie nearest to it, from a floor on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.embedding import Vectors

__all__ = ["near_topics"]

FLOOR = 0.5  # cosine; docs/library.md has what it was set by
_BESIDE = 0.03  # a second topic lies at most this much below the first
_MOST = 3


def near_topics(own: Vectors, reviewed: Vectors, topics: Sequence[str]) -> list[tuple[str, ...]]:
    """For each row of `own`, at most three topics, nearest first; none where nothing is near enough.

    A topic is as near as the mean of its two nearest passages, so that one stray passage decides nothing.

    Args:
        own: unit vectors of library passages, shape (n, dimension).
        reviewed: unit vectors of the pages' passages, shape (m, dimension).
        topics: the topic of each row of `reviewed`.
    """
    if not len(own) or not len(reviewed):
        return [()] * len(own)
    names = sorted(set(topics))
    columns = {t: np.flatnonzero(np.asarray([x == t for x in topics])) for t in names}
    found: list[tuple[str, ...]] = []
    for at in range(0, len(own), 1000):
        cosines = own[at : at + 1000] @ reviewed.T
        scores = np.stack([_best_two(cosines[:, columns[t]]) for t in names], axis=1)
        for row in scores:
            order = sorted(range(len(names)), key=lambda n: (-row[n], names[n]))[:_MOST]
            least = max(FLOOR, float(row[order[0]]) - _BESIDE)
            found.append(tuple(names[n] for n in order if row[n] >= least))
    return found


def _best_two(cosines: Vectors) -> Vectors:
    if cosines.shape[1] < 2:
        return cosines[:, 0]
    best: Vectors = np.partition(cosines, -2, axis=1)[:, -2:].mean(axis=1)
    return best
