"""Two groups of times or scores by their order, so that no single long wait turns the result.

Values come with how many units have each, so a group of any size is a short list.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom, norm, t

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z as normal

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

EXACT = 20
"""Units a group below which the interval of a shift is exact, where no two values are equal."""

STEPS = 200
"""Halvings that pin a number down to its last digit."""


@dataclass(frozen=True, slots=True)
class HodgesLehmann:
    """How much later b comes than a, in the unit of the values; NaN where a group has nobody.

    Attributes:
        value: Hodges and Lehmann's: half of all pairs differ by more, half by less. Not the difference of medians.
        low: of its interval.
        high: its other end.
        p: Mann and Whitney's, two-sided, with the correction for continuity.
    """

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class BrunnerMunzel:
    """The chance that one of b is above one of a, equal ones counted half; 0.5 is no difference.

    Attributes:
        value: the chance.
        low: of its interval.
        high: its other end.
        statistic: Brunner and Munzel's.
        df: its degrees of freedom.
        p: two-sided.
    """

    value: float
    low: float
    high: float
    statistic: float
    df: float
    p: float


def quantile_interval(
    values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series | None = None, *, q: float = 0.5, level: float = 0.95
) -> tuple[float, float, float]:
    """A quantile and the interval between two of the values, whatever their law.

    Args:
        values: in any order.
        weights: how many units have each; 1 where not given.
        q: 0 to 1.
        level: confidence, 0 to 1; the interval holds at least that.

    Returns:
        The quantile (the middle of the two nearest values), low and high; an end that so few units cannot
        give is NaN.

    Source: Conover (1999), Practical Nonparametric Statistics, 3.2.
    """
    x, w = _group(values, weights)
    n = int(w.sum())
    if not n:
        return nan, nan, nan
    order = np.cumsum(w)

    def at(place: float) -> float:
        return float(x[np.searchsorted(order, place)]) if 1 <= place <= n else nan

    tail = (1 - level) / 2
    # binom.ppf is the first count whose cdf reaches the tail: the chance of fewer stays below it.
    low, high = float(binom.ppf(tail, n, q)), float(binom.ppf(1 - tail, n, q)) + 1
    exact = q * n
    middle = (at(exact) + at(exact + 1)) / 2 if exact % 1 == 0 and 1 <= exact < n else at(max(np.ceil(exact), 1))
    return middle, at(low), at(high)


def hodges_lehmann(
    a: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series | None],
    b: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series | None],
    *,
    level: float = 0.95,
) -> HodgesLehmann:
    """How much later b comes than a.

    Args:
        a: values and how many units have each; None for one each.
        b: the same of the other group.
        level: confidence of the interval, 0 to 1.

    Source: Hodges & Lehmann (1963), doi:10.1214/aoms/1177704172; Mann & Whitney (1947),
    doi:10.1214/aoms/1177730491; the interval: Moses, as in Hollander & Wolfe (1999), 4.3.
    """
    (x, w_x), (y, w_y) = _group(*a), _group(*b)
    m, n = float(w_x.sum()), float(w_y.sum())
    if not m or not n:
        return HodgesLehmann(nan, nan, nan, nan)
    pairs = m * n
    joint, counts = _ties(x, w_x, y, w_y)
    total = m + n
    variance = pairs / 12 * (total + 1 - float((counts**3 - counts).sum()) / (total * max(total - 1, 1)))
    least = _least(int(m), int(n), variance, level, alone=bool((counts == 1).all()))
    value = (_pair(x, w_x, y, w_y, (pairs + 1) // 2) + _pair(x, w_x, y, w_y, pairs // 2 + 1)) / 2
    if joint.size < 2:
        return HodgesLehmann(value, nan, nan, nan)
    below = float(w_y @ _upto(x, w_x, y, strict=True) + w_y @ _upto(x, w_x, y, strict=False)) / 2
    apart = max(abs(below - pairs / 2) - 0.5, 0.0) / sqrt(variance)
    low, high = (nan, nan) if least < 1 else (_pair(x, w_x, y, w_y, least), _pair(x, w_x, y, w_y, pairs + 1 - least))
    return HodgesLehmann(value, low, high, min(2 * float(norm.sf(apart)), 1.0))


def brunner_munzel(
    a: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series | None],
    b: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series | None],
    *,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.95,
) -> BrunnerMunzel:
    """The chance that one of b is above one of a, of values whose distances say nothing, like scores.

    Arguments as for `shift`; clusters: of each group a number for what its units share, like their day: units of one
    are alike, and the clusters are the units of the error. Interval and p are NaN with fewer than two units in a
    group, and where the groups do not overlap at all.

    Source: Brunner & Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U.
    """
    (x, w_x), (y, w_y) = _group(*a), _group(*b)
    m, n = float(w_x.sum()), float(w_y.sum())
    if not m or not n:
        return BrunnerMunzel(nan, nan, nan, nan, nan, nan)
    # For each unit the share of the other group below it, equal ones counted half.
    of_x = (_upto(y, w_y, x, strict=True) + _upto(y, w_y, x, strict=False)) / (2 * n)
    of_y = (_upto(x, w_x, y, strict=True) + _upto(x, w_x, y, strict=False)) / (2 * m)
    value = float(w_y @ of_y) / n
    if min(m, n) < 2:
        return BrunnerMunzel(value, nan, nan, nan, nan, nan)
    units = (None, None) if clusters is None else clusters
    sides = ((x, of_x, a), (y, of_y, b))
    parts = [_placement_variance(*side, of) for side, of in zip(sides, units, strict=True)]
    total = sum(variance for variance, _df in parts)
    if not total > 0:
        return BrunnerMunzel(value, nan, nan, nan, nan, nan)
    se = sqrt(total)
    df = total**2 / sum(variance**2 / free for variance, free in parts)
    statistic = (value - 0.5) / se
    half = float(t.isf((1 - level) / 2, df)) * se
    p = 2 * float(t.sf(abs(statistic), df))
    return BrunnerMunzel(value, max(value - half, 0.0), min(value + half, 1.0), statistic, df, p)


def _placement_variance(
    ordered: Floats,
    placement: Floats,
    group: tuple[ArrayLike | pd.Series, ArrayLike | pd.Series | None],
    clusters: ArrayLike | None,
) -> tuple[float, int]:
    """The variance of a group's mean placement and its degrees of freedom, units alone or clusters of them."""
    raw = floats(group[0]).reshape(-1)
    weight = np.ones(raw.shape) if group[1] is None else floats(group[1]).reshape(-1)
    counted = np.isfinite(raw) & (weight > 0)
    raw, weight = raw[counted], weight[counted]
    off = placement[np.searchsorted(ordered, raw)]
    off = off - weight @ off / weight.sum()
    if clusters is None:
        squares, many = float(weight @ off**2), int(weight.sum())
    else:
        sums = np.bincount(np.unique(np.asarray(clusters)[counted], return_inverse=True)[1], weights=weight * off)
        squares, many = float(sums @ sums), sums.size
    return (squares * many / (many - 1) / weight.sum() ** 2, many - 1) if many > 1 else (nan, 0)


def _group(values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series | None) -> tuple[Floats, Floats]:
    """The values in order, each once, with how many units have it."""
    raw = floats(values).reshape(-1)
    weight = np.ones(raw.shape) if weights is None else floats(weights).reshape(-1)
    valid = np.isfinite(raw) & (weight > 0)
    distinct, place = np.unique(raw[valid], return_inverse=True)
    return distinct, np.bincount(place, weights=weight[valid], minlength=distinct.size).astype(float)


def _ties(x: Floats, w_x: Floats, y: Floats, w_y: Floats) -> tuple[Floats, Floats]:
    return _group(np.concatenate([x, y]), np.concatenate([w_x, w_y]))


def _upto(x: Floats, w: Floats, at: Floats, *, strict: bool) -> Floats:
    """How many units of x lie below each place, or at it too."""
    return np.concatenate([[0.0], np.cumsum(w)])[np.searchsorted(x, at, side="left" if strict else "right")]


def _pair(x: Floats, w_x: Floats, y: Floats, w_y: Floats, place: float) -> float:
    """The difference y - x that stands at this place among all pairs in order, without listing them.

    By halving: pairs are counted, not made, so that groups of many thousands are compared at once.
    """
    low, high = float(y[0] - x[-1]), float(y[-1] - x[0])
    tiny = 1e-9 * max(abs(low), abs(high), 1e-300)
    low -= tiny
    for _ in range(STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if float(w_y @ (w_x.sum() - _upto(x, w_x, y - middle, strict=True))) >= place:
            high = middle
        else:
            low = middle
    # The nearest true difference: what halving leaves may be off by its last digit.
    near = np.clip(np.searchsorted(x, y - high), 0, x.size - 1)
    close = np.concatenate([y - x[near], y - x[np.maximum(near - 1, 0)]])
    return float(close[np.abs(close - high).argmin()])


def _least(m: int, n: int, variance: float, level: float, *, alone: bool) -> float:
    """The place of the pair at which the interval begins; 0 where so few units give none."""
    tail = (1 - level) / 2
    if not (alone and max(m, n) < EXACT):
        return float(np.floor(m * n / 2 - normal(level) * sqrt(variance) + 0.5))
    ways = _arrangements(m, n)
    below = np.cumsum(ways) / comb(m + n, m)
    return float(np.searchsorted(below, tail))


def _arrangements(m: int, n: int) -> Floats:
    """In how many ways m and n units without ties have 0, 1, 2 … pairs in the wrong order."""
    ways = np.zeros(m * n + 1)
    ways[0] = 1
    for size in range(1, m + 1):
        top = size + n
        for place in range(m * n, top - 1, -1):
            ways[place] -= ways[place - top]
        for place in range(size, m * n + 1):
            ways[place] += ways[place - size]
    return ways
