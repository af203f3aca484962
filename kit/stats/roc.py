"""Whether an order puts those to whom it happened above the others."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Auc:
    """The chance that one to whom it happened stands above one to whom it did not; ties count half.

    Attributes:
        value: 0.5 is a coin; NaN where there is none of either.
        low: of its interval.
        high: its other end.
    """

    value: float
    low: float
    high: float


def auc(
    score: ArrayLike | pd.Series,
    happened: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    level: float = 0.95,
) -> Auc:
    """The area under the curve of an order.

    Args:
        score: by which it is ordered, upwards.
        happened: whether it did.
        weights: people a row stands for; 1 where not given.
        level: confidence.

    Source: Hanley & McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    mark, event = floats(score), floats(happened) == 1
    weight = np.ones(mark.shape) if weights is None else floats(weights)
    places, position = np.unique(mark, return_inverse=True)
    yes = np.bincount(position, weight * event, minlength=places.size)
    no = np.bincount(position, weight * ~event, minlength=places.size)
    if not (yes.sum() > 0 and no.sum() > 0):
        return Auc(nan, nan, nan)
    value = _area(position, weight * event, weight * ~event)
    above, below = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (yes.sum() - 1) * (above - value**2) + (no.sum() - 1) * (below - value**2)
    half = critical_z(level) * float(np.sqrt(spread / (yes.sum() * no.sum())))
    return Auc(value, max(value - half, 0.0), min(value + half, 1.0))


DRAWS, DRAWS_OF_MANY, MANY = 400, 100, 200_000
"""Samples of accounts drawn again, fewer where there are MANY rows."""

SEED = 20_240_229
"""Of the draws: the same data give the same interval."""


@dataclass(frozen=True, slots=True)
class ClusteredAucs:
    """Several orders of the same rows, which come in clusters.

    Attributes:
        values: of each order.
        draws: an order a row, a sample of clusters a column.
        level: confidence of the intervals.
    """

    values: Floats
    draws: Floats
    level: float

    def interval(self, order: int) -> Auc:
        """One order with its interval."""
        return self._ends(self.values[order], self.draws[order])

    def difference(self, order: int, other: int) -> Auc:
        """By how much the first puts more pairs in order than the second, in the same samples."""
        return self._ends(self.values[order] - self.values[other], self.draws[order] - self.draws[other])

    def _ends(self, value: float, draws: Floats) -> Auc:
        drawn = draws[np.isfinite(draws)]
        if not (np.isfinite(value) and drawn.size):
            return Auc(float(value), nan, nan)
        low, high = np.quantile(drawn, [(1 - self.level) / 2, (1 + self.level) / 2])
        return Auc(float(value), float(low), float(high))


def clustered_aucs(
    scores: ArrayLike, happened: ArrayLike | pd.Series, clusters: ArrayLike | pd.Series, *, level: float = 0.95
) -> ClusteredAucs:
    """The area under the curve of several orders, with intervals by drawing whole clusters again.

    Args:
        scores: an order a row, the rows' places in it upwards a column.
        happened: whether it did, a row each.
        clusters: whose rows are alike: an account's.
        level: confidence.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, 8.3 and 13.3, doi:10.1201/9780429246593.
    """
    marks, event = np.atleast_2d(floats(scores)), floats(happened) == 1
    codes, n = np.unique(np.asarray(clusters), return_inverse=True)[1], np.unique(np.asarray(clusters)).size
    ranked = [np.unique(mark, return_inverse=True)[1] for mark in marks]
    draws = DRAWS if event.size < MANY else DRAWS_OF_MANY
    rng = np.random.default_rng(SEED)
    out = np.empty((len(marks), draws))
    for draw in range(draws if n else 0):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)[codes].astype(float)
        for order, position in enumerate(ranked):
            out[order, draw] = _area(position, weight * event, weight * ~event)
    values = np.array([_area(position, event * 1.0, ~event * 1.0) for position in ranked])
    return ClusteredAucs(values, out, level)


def _area(position: np.ndarray, yes_weight: Floats, no_weight: Floats) -> float:
    yes, no = np.bincount(position, yes_weight), np.bincount(position, no_weight)
    pairs = yes.sum() * no.sum()
    return float(yes @ (np.cumsum(no) - no / 2) / pairs) if pairs > 0 else nan
