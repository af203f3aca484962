"""Means per unit from sums, so that a group of any size comes in as three numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


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
    sums, square_sums, size = np.broadcast_arrays(floats(total), floats(squares), floats(n))
    known = (size >= 2) & np.isfinite(size) & np.isfinite(sums) & np.isfinite(square_sums)
    x, units = sums[known], size[known]
    variance = (square_sums[known] - x**2 / units) / (units - 1)
    # What rounding leaves of equal values is no variance.
    variance = np.where(variance > 1e-12 * square_sums[known] / units, variance, np.nan)
    half = t.isf((1 - level) / 2, units - 1) * np.sqrt(variance / units)
    low, high = np.full(sums.shape, np.nan), np.full(sums.shape, np.nan)
    low[known], high[known] = x / units - half, x / units + half
    return low, high
