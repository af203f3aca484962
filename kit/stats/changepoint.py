"""Whether a series changed its level: without being told when, or at a place that was known beforehand.

Months differ for no reason, so the yardstick of a change is the months themselves: had nothing changed, their order
would say nothing. The month that parts the series best is looked for in every order of the months; that the place was
searched for is in p.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from kit.stats.arrays import Floats, floats
from kit.stats.random_effects import paule_mandel

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

LEAST = 2
"""Points on each side of a change: a single one is a spike."""

RATIO = 7.35
"""Of the likelihood ratio of a place of the change: it holds the true one in 95 % (Hansen 2000, table 1)."""

ORDERS = 2_000
"""Orders that are tried; all of them where there are fewer."""

SEED = 20_261_126
"""Of the orders: the same data give the same p."""


@dataclass(frozen=True, slots=True)
class LevelShift:
    """Where a series parts best, and whether its order says more than any other.

    Attributes:
        at: the place of the first point after the change, from 0; -1 with fewer than four points.
        at_low: the first place of the change that fits nearly as well, by the likelihood ratio.
        at_high: the last one.
        before: level before it, with `before_low` and `before_high`.
        before_low: of its interval.
        before_high: its other end.
        since: level from it on, with `since_low` and `since_high`.
        since_low: of its interval.
        since_high: its other end.
        value: the level since less the level before.
        low: of its interval, as if the place had been known.
        high: its other end.
        p: of no change at any place.
    """

    at: int
    at_low: int = -1
    at_high: int = -1
    before: float = nan
    before_low: float = nan
    before_high: float = nan
    since: float = nan
    since_low: float = nan
    since_high: float = nan
    value: float = nan
    low: float = nan
    high: float = nan
    p: float = nan


def level_shift(value: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.95) -> LevelShift:
    """The change of level that parts a series best, with p by permutation of its points.

    Each point weighs by its sampling error and the spread of all points. Levels are random-effects means of their
    side; their intervals are Student's with the spread within the sides, taken together.

    Args:
        value: of the points in their order, on a scale where errors are near to normal.
        se: their standard errors; a point whose value or error is NaN is passed over.
        level: confidence of the intervals, 0 to 1.

    Source: the maximum over places: Worsley (1986), doi:10.1093/biomet/73.1.91; by permutation: Antoch & Hušková
    (2001), doi:10.1016/S0167-7152(01)00009-8; the place: Hansen (2000),
    doi:10.1111/1468-0262.00124; the spread: Paule & Mandel (1982), doi:10.6028/jres.087.022.
    """
    y, error = floats(value), floats(se) ** 2
    valid = np.flatnonzero(np.isfinite(y) & np.isfinite(error) & (error >= 0))
    if valid.size < 2 * LEAST:
        return LevelShift(-1)
    y, error = y[valid], np.maximum(error[valid], 1e-12 * max(float(np.var(y[valid])), 1e-300))
    weight = 1 / (error + paule_mandel(y, error))
    y = y - weight @ y / weight.sum()
    orders = _orders(y.size)
    explained = _explained(y[orders], weight[orders])
    best = explained.max(axis=1)
    p = float((best >= best[0] * (1 - 1e-9)).mean())
    at = int(explained[0].argmax()) + LEAST
    found = floats(value)[valid]
    sides = (slice(None, at), slice(at, None))
    within = _within(y, error, weight, sides)
    inner = 1 / (error + within)
    fits = _explained((y - inner @ y / inner.sum())[None, :], inner[None, :])[0]
    near = np.append(np.flatnonzero(fits.max() - fits <= RATIO) + LEAST, at)
    places = (int(valid[at]), int(valid[near.min()]), int(valid[near.max()]))
    ends, _spread = _levels(found, error + within, sides, level)
    return LevelShift(*places, p=p, **ends)


def known_shift(
    before: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series],
    since: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series],
    *,
    level: float = 0.95,
) -> LevelShift:
    """The change of level at a place that nobody looked for in the points, as `level_shift` has it of the one it found.

    Args:
        before: values and standard errors of the points before it, in any order, on a scale where errors are near to
            normal; a point whose value or error is NaN is passed over.
        since: the same of those from it on.
        level: confidence of the intervals, 0 to 1.

    Returns:
        `at` is the number of points before it, -1 with fewer than two on a side; p is Student's, with as many degrees
        of freedom as points less two, like the intervals.

    Source: two random-effects means with one spread, Paule & Mandel (1982), doi:10.6028/jres.087.022; Student's for its
    being estimated, Follmann & Proschan (1999), doi:10.1111/j.0006-341X.1999.00732.x.
    """
    values, errors = [], []
    for value, se in (before, since):
        y, error = floats(value), floats(se) ** 2
        valid = np.isfinite(y) & np.isfinite(error) & (error > 0)
        values.append(y[valid])
        errors.append(error[valid])
    at = values[0].size
    if min(at, values[1].size) < LEAST:
        return LevelShift(-1)
    y, error = np.concatenate(values), np.concatenate(errors)
    sides = (slice(None, at), slice(at, None))
    within = _within(y, error, 1 / (error + paule_mandel(y, error)), sides)
    ends, spread = _levels(y, error + within, sides, level)
    p = 2 * float(t.sf(abs(ends["value"]) / spread, y.size - 2))
    return LevelShift(at, at, at, p=p, **ends)


def _within(y: Floats, error: Floats, weight: Floats, sides: tuple[slice, slice]) -> float:
    """The variance between the points of one side, taken together over both."""
    residual = np.concatenate([y[side] - np.average(y[side], weights=weight[side]) for side in sides])
    return paule_mandel(residual, error, lost=2)


def _levels(y: Floats, variance: Floats, sides: tuple[slice, slice], level: float) -> tuple[dict[str, float], float]:
    """Levels before and since and their difference, each with its interval; and the difference's standard error."""
    means, errors = [], []
    for side in sides:
        inner = 1 / variance[side]
        means.append(float(inner @ y[side] / inner.sum()))
        errors.append(sqrt(1 / inner.sum()))
    reach = float(t.isf((1 - level) / 2, y.size - 2))
    means.append(means[1] - means[0])
    errors.append(float(np.hypot(*errors)))
    ends = {}
    for name, mean, one in zip(("before", "since", "value"), means, errors, strict=True):
        low, high = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
        ends |= {name: mean, low: mean - reach * one, high: mean + reach * one}
    return ends, errors[2]


def _orders(n: int) -> np.ndarray:
    """Orders of n points, the given one first: all where there are few, else drawn."""
    if factorial(n) <= ORDERS:
        return np.array(list(permutations(range(n))))
    rng = np.random.default_rng(SEED)
    return np.vstack([np.arange(n), rng.permuted(np.tile(np.arange(n), (ORDERS - 1, 1)), axis=1)])


def _explained(y: Floats, weight: Floats) -> Floats:
    """For each order and place of a change, from LEAST on, what two levels explain of the squares."""
    sums, mass = np.cumsum(y * weight, axis=1)[:, :-1], np.cumsum(weight, axis=1)
    total = mass[:, -1:]
    explained = sums**2 * total / (mass[:, :-1] * (total - mass[:, :-1]))
    return explained[:, LEAST - 1 : explained.shape[1] - LEAST + 1]
