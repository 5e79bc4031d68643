"""The topics of a library passage: those whose reviewed passages point its way, from a floor on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.embedding import Vectors

__all__ = ["near_topics"]

FLOOR = 0.35  # cosine, the mean of all reviewed passages taken off; docs/library.md has what it was set by
_BESIDE = 0.1  # a second topic lies at most this much below the first
_MOST = 3


def near_topics(own: Vectors, reviewed: Vectors, topics: Sequence[str]) -> list[tuple[str, ...]]:
    """For each row of `own`, at most three topics, nearest first; none where nothing is near enough.

    What all reviewed passages share says nothing of a topic, so their mean is taken off first.

    Args:
        own: unit vectors of library passages, shape (n, dimension).
        reviewed: unit vectors of the pages' passages, shape (m, dimension).
        topics: the topic of each row of `reviewed`.
    """
    if not len(own) or not len(reviewed):
        return [()] * len(own)
    names = sorted(set(topics))
    mean = reviewed.mean(axis=0)
    centred = _unit(reviewed - mean)
    of = np.asarray(topics)
    centres = _unit(np.stack([centred[of == name].sum(axis=0) for name in names]))
    found: list[tuple[str, ...]] = []
    for row in _unit(own - mean) @ centres.T:
        order = sorted(range(len(names)), key=lambda n: (-row[n], names[n]))[:_MOST]
        least = max(FLOOR, float(row[order[0]]) - _BESIDE)
        found.append(tuple(names[n] for n in order if row[n] >= least))
    return found


def _unit(rows: Vectors) -> Vectors:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    whole: Vectors = (rows / np.where(length == 0, 1, length)).astype(np.float32)
    return whole
