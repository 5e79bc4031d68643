"""Numbers with their uncertainty: shares, means, paired differences, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Figure", "difference", "kappa", "mcnemar", "mean", "share"]

_SEED = 20261124
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with a 95 % interval over `n` cases; `value` is None where nothing could be scored."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        """As a table shows it: 0.83 [0.78, 0.87], n 300."""
        if self.value is None:
            return f"not scored, n {self.n}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}], n {self.n}"


def share(values: Sequence[float]) -> Figure:
    """A share of yes and no with Wilson's interval (Wilson, 1927), as scipy computes it."""
    from scipy.stats import binomtest

    if not values:
        return Figure(None, None, None, 0)
    k, n = round(sum(values)), len(values)
    interval = binomtest(k, n).proportion_ci(method="wilson")
    return Figure(k / n, float(interval.low), float(interval.high), n)


def mean(values: Sequence[float]) -> Figure:
    """A mean over cases with a percentile bootstrap interval (Efron, 1979); 2,000 draws, fixed seed."""
    if not values:
        return Figure(None, None, None, 0)
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(_SEED).integers(0, len(data), (_DRAWS, len(data)))
    low, high = np.quantile(data[draws].mean(axis=1), [0.025, 0.975])
    return Figure(float(data.mean()), float(low), float(high), len(data))


def difference(before: Sequence[float], after: Sequence[float]) -> Figure:
    """The mean of after minus before, case by case, with a paired bootstrap interval."""
    return mean([b - a for a, b in zip(before, after, strict=True)])


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Exact two-sided p-value that as many cases were lost as won (McNemar, 1947)."""
    from scipy.stats import binomtest

    lost = sum(a and not b for a, b in zip(before, after, strict=True))
    won = sum(b and not a for a, b in zip(before, after, strict=True))
    return 1.0 if lost + won == 0 else float(binomtest(lost, lost + won).pvalue)


def kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Agreement beyond chance of two readers (Cohen, 1960), as scikit-learn computes it."""
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(list(one), list(other)))
