"""Means per unit from sums, so that a group of any size comes in as three numbers; CUPED with a covariate."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isnan, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Welch:
    """Mean of b minus mean of a, in the unit of the sums; all NaN where it cannot be estimated.

    Attributes:
        value: the difference.
        low: of its interval.
        high: its other end.
        p: two-sided.
        se: its standard error.
        df: the degrees of freedom of `p` and the interval.
    """

    value: float
    low: float
    high: float
    p: float
    se: float
    df: float


@dataclass(frozen=True, slots=True)
class Cuped:
    """Mean of b minus mean of a, had both had the same mean before; all NaN where it cannot be estimated.

    Attributes:
        value: the difference, in the unit of the sums.
        low: of its interval.
        high: its other end.
        p: two-sided.
        theta: by how much the outcome rises with the covariate.
        gained: share of the variance of the plain difference that is gone; below 0 where it grew.
        means: the two adjusted means, a and b.
    """

    value: float
    low: float
    high: float
    p: float
    theta: float
    gained: float
    means: tuple[float, float]


NOT_ESTIMABLE = Cuped(nan, nan, nan, nan, nan, nan, (nan, nan))


def student_interval(
    total: ArrayLike | pd.Series,
    squares: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    *,
    level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Student's interval of each total / n.

    Args:
        total: the sum over all units, those with 0 included; broadcast against the others.
        squares: the sum of the squares.
        n: the units.
        level: confidence, 0 to 1.

    Returns:
        Low and high in the unit of `total`; NaN where n is below 2, a number is missing, or all units
        are the same: no spread was seen, so none can be inferred.
    """
    sums, spread, size = _parts(total, squares, n)
    valid = np.isfinite(spread)
    x, units = sums[valid], size[valid]
    half = t.isf((1 - level) / 2, units - 1) * np.sqrt(spread[valid] / units)
    low, high = np.full(sums.shape, np.nan), np.full(sums.shape, np.nan)
    low[valid], high[valid] = x / units - half, x / units + half
    return low, high


def welch(total: ArrayLike, squares: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Welch:
    """The mean of the second group less that of the first, by Welch's test.

    Args:
        total: the two sums, over all units, those with 0 included.
        squares: the two sums of squares.
        n: the two numbers of units.
        level: confidence, 0 to 1.

    Source: Welch (1947), doi:10.1093/biomet/34.1-2.28.
    """
    sums, spread, size = _parts(total, squares, n)
    if not np.isfinite(spread).all():
        return Welch(nan, nan, nan, nan, nan, nan)
    value = float(np.diff(sums / size)[0])
    parts = spread / size
    se = sqrt(parts.sum())
    df = float(parts.sum() ** 2 / (parts**2 / (size - 1)).sum())
    half = float(t.isf((1 - level) / 2, df)) * se
    return Welch(value, value - half, value + half, 2 * float(t.sf(abs(value) / se, df)), se, df)


def cuped(
    y: tuple[ArrayLike, ArrayLike],
    x: tuple[ArrayLike, ArrayLike],
    products: ArrayLike,
    n: ArrayLike,
    *,
    level: float = 0.95,
) -> Cuped:
    """The mean of the second group less that of the first, adjusted by a covariate, by Welch's test.

    The covariate must have been fixed before anybody was dealt into a group, or it takes away the effect.

    Args:
        y: the outcome's two sums and two sums of squares.
        x: the covariate's.
        products: the two sums of outcome times covariate.
        n: units of the two groups.
        level: confidence, 0 to 1.

    Source: Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413.
    """
    sum_y, squares_y, sum_x, squares_x, sum_xy, size = (floats(values).reshape(-1) for values in (*y, *x, products, n))
    plain = welch(sum_y, squares_y, size, level=level)
    spread_x = variance(sum_x, squares_x, size)
    every = [values.sum() for values in (sum_y, sum_x, squares_x, sum_xy, size)]
    if np.isnan(plain.value) or not np.isfinite(sum_xy).all() or np.isnan(spread_x).all() or np.isnan(sum_x).any():
        return NOT_ESTIMABLE
    theta = (every[3] - every[0] * every[1] / every[4]) / (every[2] - every[1] ** 2 / every[4])
    adjusted = (sum_y - theta * (sum_x - size * every[1] / every[4])) / size
    together = (sum_xy - sum_x * sum_y / size) / (size - 1)
    spread = variance(sum_y, squares_y, size) + theta**2 * np.nan_to_num(spread_x) - 2 * theta * together
    parts = spread / size
    if not (parts > 0).all():
        return NOT_ESTIMABLE
    se = sqrt(parts.sum())
    df = float(parts.sum() ** 2 / (parts**2 / (size - 1)).sum())
    value, half = float(adjusted[1] - adjusted[0]), float(t.isf((1 - level) / 2, df)) * se
    p = 2 * float(t.sf(abs(value) / se, df))
    gained = 1 - (se / plain.se) ** 2
    return Cuped(value, value - half, value + half, p, float(theta), gained, (float(adjusted[0]), float(adjusted[1])))


def sample_size(gap: float, variance: float, *, level: float = 0.95, power: float = 0.8) -> int | None:
    """Units per arm to find this difference of two means of this variance; None where that cannot be told."""
    if isnan(gap) or isnan(variance) or gap == 0:
        return None
    reach = critical_z(level) + float(norm.ppf(power))
    return ceil(2 * variance * (reach / gap) ** 2)


def variance(total: ArrayLike | pd.Series, squares: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> Floats:
    """The variance of each group's units; NaN where none was seen or can be told."""
    return _parts(total, squares, n)[1]


def _parts(
    total: ArrayLike | pd.Series, squares: ArrayLike | pd.Series, n: ArrayLike | pd.Series
) -> tuple[Floats, Floats, Floats]:
    """Sums, variances and units, of one shape; a variance that cannot be told is NaN."""
    sums, square_sums, size = np.broadcast_arrays(floats(total), floats(squares), floats(n))
    valid = (size >= 2) & np.isfinite(size) & np.isfinite(sums) & np.isfinite(square_sums)
    x, units = sums[valid], size[valid]
    observed = (square_sums[valid] - x**2 / units) / (units - 1)
    # What rounding leaves of equal values is no variance.
    spread = np.full(sums.shape, np.nan)
    spread[valid] = np.where(observed > 1e-12 * square_sums[valid] / units, observed, np.nan)
    return sums, spread, size
