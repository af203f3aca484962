"""Means per unit from sums, so that a group of any size comes in as three numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isnan, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import quantile

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Difference:
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


def mean(
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
    known = np.isfinite(spread)
    x, units = sums[known], size[known]
    half = t.isf((1 - level) / 2, units - 1) * np.sqrt(spread[known] / units)
    low, high = np.full(sums.shape, np.nan), np.full(sums.shape, np.nan)
    low[known], high[known] = x / units - half, x / units + half
    return low, high


def difference(total: ArrayLike, squares: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Difference:
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
        return Difference(nan, nan, nan, nan, nan, nan)
    value = float(np.diff(sums / size)[0])
    parts = spread / size
    se = sqrt(parts.sum())
    df = float(parts.sum() ** 2 / (parts**2 / (size - 1)).sum())
    half = float(t.isf((1 - level) / 2, df)) * se
    return Difference(value, value - half, value + half, 2 * float(t.sf(abs(value) / se, df)), se, df)


def sample_size(gap: float, variance: float, *, level: float = 0.95, power: float = 0.8) -> int | None:
    """Units per arm to find this difference of two means of this variance; None where that cannot be told."""
    if isnan(gap) or isnan(variance) or gap == 0:
        return None
    reach = quantile(level) + float(norm.ppf(power))
    return ceil(2 * variance * (reach / gap) ** 2)


def variance(total: ArrayLike | pd.Series, squares: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> Floats:
    """The variance of each group's units; NaN where none was seen or can be told."""
    return _parts(total, squares, n)[1]


def _parts(
    total: ArrayLike | pd.Series, squares: ArrayLike | pd.Series, n: ArrayLike | pd.Series
) -> tuple[Floats, Floats, Floats]:
    """Sums, variances and units, of one shape; a variance that cannot be told is NaN."""
    sums, square_sums, size = np.broadcast_arrays(floats(total), floats(squares), floats(n))
    known = (size >= 2) & np.isfinite(size) & np.isfinite(sums) & np.isfinite(square_sums)
    x, units = sums[known], size[known]
    seen = (square_sums[known] - x**2 / units) / (units - 1)
    # What rounding leaves of equal values is no variance.
    spread = np.full(sums.shape, np.nan)
    spread[known] = np.where(seen > 1e-12 * square_sums[known] / units, seen, np.nan)
    return sums, spread, size
