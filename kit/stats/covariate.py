"""A difference of means made sharper by what was known of the units before (CUPED)."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from kit.stats import means
from kit.stats.arrays import floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Adjusted:
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


NONE = Adjusted(nan, nan, nan, nan, nan, nan, (nan, nan))


def difference(
    y: tuple[ArrayLike, ArrayLike],
    x: tuple[ArrayLike, ArrayLike],
    products: ArrayLike,
    n: ArrayLike,
    *,
    level: float = 0.95,
) -> Adjusted:
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
    sum_y, squares_y, sum_x, squares_x, sum_xy, size = (floats(one).reshape(-1) for one in (*y, *x, products, n))
    plain = means.difference(sum_y, squares_y, size, level=level)
    spread_x = means.variance(sum_x, squares_x, size)
    every = [one.sum() for one in (sum_y, sum_x, squares_x, sum_xy, size)]
    if np.isnan(plain.value) or not np.isfinite(sum_xy).all() or np.isnan(spread_x).all() or np.isnan(sum_x).any():
        return NONE
    theta = (every[3] - every[0] * every[1] / every[4]) / (every[2] - every[1] ** 2 / every[4])
    adjusted = (sum_y - theta * (sum_x - size * every[1] / every[4])) / size
    together = (sum_xy - sum_x * sum_y / size) / (size - 1)
    spread = means.variance(sum_y, squares_y, size) + theta**2 * np.nan_to_num(spread_x) - 2 * theta * together
    parts = spread / size
    if not (parts > 0).all():
        return NONE
    se = sqrt(parts.sum())
    df = float(parts.sum() ** 2 / (parts**2 / (size - 1)).sum())
    value, half = float(adjusted[1] - adjusted[0]), float(t.isf((1 - level) / 2, df)) * se
    p = 2 * float(t.sf(abs(value) / se, df))
    gained = 1 - (se / plain.se) ** 2
    return Adjusted(
        value, value - half, value + half, p, float(theta), gained, (float(adjusted[0]), float(adjusted[1]))
    )
