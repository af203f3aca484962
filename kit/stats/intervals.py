"""The formulas of the intervals that `rates` chooses from, for counts that are known to be valid."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import root_scalar
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def critical_z(level: float) -> float:
    """How many standard errors hold this much on both sides: 1.96 for 0.95."""
    return float(norm.isf((1 - level) / 2))


def wilson(x: ArrayLike, n: ArrayLike, *, z: float) -> tuple[Floats, Floats]:
    """The rates x / n at which the score test gives z.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    events, trials = floats(x), floats(n)
    rate = events / trials
    middle = events + z**2 / 2
    half = z * np.sqrt(trials * rate * (1 - rate) + z**2 / 4)
    # Rounding must not put an end on the wrong side of the rate, or beside 0 and 1.
    low = np.where(events == 0, 0, np.minimum((middle - half) / (trials + z**2), rate))
    high = np.where(events == trials, 1, np.maximum((middle + half) / (trials + z**2), rate))
    return low, high


def clopper_pearson(x: ArrayLike, n: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """The rates x / n at which the exact one-sided tests give half of 1 - level.

    Source: Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404.
    """
    low, high = proportion_confint(floats(x), floats(n), alpha=1 - level, method="beta")
    return floats(low), floats(high)


def newcombe(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, *, z: float) -> tuple[Floats, Floats]:
    """Rate of b minus rate of a: the two Wilson intervals, added in squares.

    Source: Newcombe (1998), method 10, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    rate_a, rate_b = floats(x_a) / floats(n_a), floats(x_b) / floats(n_b)
    (low_a, high_a), (low_b, high_b) = wilson(x_a, n_a, z=z), wilson(x_b, n_b, z=z)
    low = rate_b - rate_a - np.hypot(rate_b - low_b, high_a - rate_a)
    high = rate_b - rate_a + np.hypot(high_b - rate_b, rate_a - low_a)
    return np.maximum(low, -1), np.minimum(high, 1)


def koopman(x_a: float, n_a: float, x_b: float, n_b: float, *, z: float) -> tuple[float, float]:
    """The ratios b / a at which the score test gives z; neither count is 0.

    Source: Koopman (1984), doi:10.2307/2531405.
    """
    if (x_a / n_a, n_a) > (x_b / n_b, n_b):  # the same rounding, whichever arm comes first
        low, high = koopman(x_b, n_b, x_a, n_a, z=z)
        return 1 / high, 1 / low

    def surplus(log_ratio: float) -> float:
        ratio = exp(log_ratio)
        # The rate of a that fits best if b's is `ratio` times it: the smaller root of a quadratic, whose
        # discriminant is written without a difference of large numbers.
        scaled, right = ratio * (n_b + x_a), n_a + x_b
        root = sqrt((scaled - right) ** 2 + 4 * ratio * (n_a - x_a) * (n_b - x_b))
        fit_a = min(2 * (x_a + x_b) / (scaled + right + root), 1)
        fit_b = min(ratio * fit_a, 1)
        variance = fit_b * (1 - fit_b) / n_b + ratio**2 * fit_a * (1 - fit_a) / n_a
        gap = x_b / n_b - ratio * x_a / n_a
        return gap**2 / variance - z**2 if variance else -(z**2)

    observed = log(x_b / n_b) - log(x_a / n_a)

    def end(step: float) -> float:
        while surplus(observed + step) < 0:
            step *= 2
        return exp(root_scalar(surplus, bracket=(observed, observed + step), xtol=1e-13).root)

    return end(-1), end(1)


def walter(x_a: float, n_a: float, x_b: float, n_b: float, *, z: float) -> tuple[float, float]:
    """The ratio b / a on the log scale, with half an event more everywhere.

    Source: Walter (1975), doi:10.1093/biomet/62.2.371.
    """
    middle = log((x_b + 0.5) / (n_b + 0.5)) - log((x_a + 0.5) / (n_a + 0.5))
    half = z * sqrt(1 / (x_a + 0.5) - 1 / (n_a + 0.5) + 1 / (x_b + 0.5) - 1 / (n_b + 0.5))
    return exp(middle - half), exp(middle + half)
