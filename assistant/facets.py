"""Facets of passages as arrays: which passages have a value, and how many of those found have each.

The vector store can filter too, but its filter costs more the more rows it holds (277 ms at 100,000); a mask over
arrays in memory costs a tenth of a millisecond there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from assistant.records import Passage

__all__ = ["DUE", "FACETS", "Facets", "Mask", "REVIEWED"]

Mask = npt.NDArray[np.bool_]  # shape (passages,)
FACETS = ("topic", "kind", "speaker", "jurisdiction", "source", "reviewed")
DUE = "due"  # value of "reviewed": past its review date
REVIEWED = ("30", "90", "180", "365", DUE)  # days within which a passage was reviewed


def _values(p: Passage) -> dict[str, set[str]]:
    return {
        "topic": {p.topic, *p.topics},
        "kind": {s.kind for s in p.statements},
        "speaker": {s.speaker.id for s in p.statements if s.speaker},
        "jurisdiction": {p.jurisdiction},
        "source": {r.source.id for s in p.statements for r in s.references},
    }


class _Column:
    """One facet as pairs of a passage's row and a value's code; a passage may have several values."""

    def __init__(self, values: Sequence[set[str]]) -> None:
        self.names = sorted(set().union(*values))
        code = {name: n for n, name in enumerate(self.names)}
        pairs = [(row, code[v]) for row, found in enumerate(values) for v in found]
        self.rows, self.codes = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
        self.code = code
        self._size = len(values)

    def mask(self, value: str) -> Mask:
        out: Mask = np.zeros(self._size, dtype=np.bool_)
        if value in self.code:
            out[self.rows[self.codes == self.code[value]]] = True
        return out

    def counts(self, among: Mask) -> dict[str, int]:
        found = np.bincount(self.codes[among[self.rows]], minlength=len(self.names))
        return {name: int(n) for name, n in zip(self.names, found, strict=True) if n}


class Facets:
    """Facets of a fixed list of passages; rows are places in it."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Read every passage once."""
        values = [_values(p) for p in passages]
        self._columns = {name: _Column([v[name] for v in values]) for name in FACETS if name != "reviewed"}
        self._reviewed = np.array([_ordinal(p.reviewed) for p in passages], dtype=np.int32)
        self._due = np.array([_ordinal(p.review_due) for p in passages], dtype=np.int32)

    def values(self, facet: str) -> tuple[str, ...]:
        """Every value that some passage has, sorted; the fixed steps of "reviewed"."""
        return REVIEWED if facet == "reviewed" else tuple(self._columns[facet].names)

    def mask(self, facet: str, value: str, today: date) -> Mask:
        """Passages that have a value."""
        if facet != "reviewed":
            return self._columns[facet].mask(value)
        if value == DUE:
            late: Mask = (self._due > 0) & (self._due < today.toordinal())
            return late
        within: Mask = (self._reviewed > 0) & (self._reviewed >= today.toordinal() - int(value))
        return within

    def narrow(self, found: Mask, chosen: Mapping[str, str], today: date) -> tuple[Mask, dict[str, dict[str, int]]]:
        """What of `found` has every chosen value, and the counts of each facet, largest first, then by name.

        The counts of a facet leave its own choice out, so that they say what another choice would give.
        """
        masks = {name: self.mask(name, value, today) for name, value in chosen.items()}
        kept = found.copy()
        for mask in masks.values():
            kept &= mask
        counts: dict[str, dict[str, int]] = {}
        for name in FACETS:
            among = kept
            if name in masks:
                among = found.copy()
                for other, mask in masks.items():
                    if other != name:
                        among &= mask
            if name == "reviewed":
                raw = {v: int((self.mask(name, v, today) & among).sum()) for v in REVIEWED}
                counts[name] = {v: n for v, n in raw.items() if n}
            else:
                raw = self._columns[name].counts(among)
                counts[name] = dict(sorted(raw.items(), key=lambda x: (-x[1], x[0])))
        return kept, counts


def _ordinal(day: str) -> int:
    """Days since year 1 of an ISO day; 0 where there is none."""
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0
