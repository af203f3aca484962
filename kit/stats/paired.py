"""The same people twice or more often: only those who changed say which one did better."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom, chi2

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

FEW = 25
"""Changed people below which the test is exact (its mid-p)."""


@dataclass(frozen=True, slots=True)
class McNemar:
    """The second time minus the first, of the same people; NaN where there are none.

    Attributes:
        value: difference of the two rates [share].
        low: of its interval.
        high: its other end.
        statistic: McNemar's chi-square without correction; NaN where the test is exact.
        p: two-sided; 1 where nobody changed.
        test: "McNemar", "McNemar, exact" or "not estimable".
    """

    value: float
    low: float
    high: float
    statistic: float
    p: float
    test: str


@dataclass(frozen=True, slots=True)
class CochranQ:
    """Whether the same people do it equally often each time; NaN where nobody changed.

    Attributes:
        statistic: Cochran's Q.
        df: times, less one.
        p: of all times being equal.
    """

    statistic: float
    df: int
    p: float


def mcnemar(only_a: float, only_b: float, n: float, *, level: float = 0.95) -> McNemar:
    """Two rates of the same n people.

    Args:
        only_a: people who did it the first time and not the second.
        only_b: the second time and not the first.
        n: all people, those who did it both times or never among them.
        level: confidence of the interval, 0 to 1.

    Source: McNemar (1947), doi:10.1007/BF02295996; the mid-p: Fagerland, Lydersen & Laake (2013),
    doi:10.1186/1471-2288-13-91; the interval: Bonett & Price (2012), doi:10.3102/1076998611411915.
    """
    numbers = floats([only_a, only_b, n])
    if not np.isfinite(numbers).all() or numbers.min() < 0 or numbers[0] + numbers[1] > numbers[2] or n < 1:
        return McNemar(nan, nan, nan, nan, nan, "not estimable")
    value = float((only_b - only_a) / n)
    near_a, near_b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = critical_z(level) * sqrt((near_a + near_b - (near_b - near_a) ** 2) / (n + 2))
    middle = near_b - near_a
    low, high = max(min(middle - half, value), -1.0), min(max(middle + half, value), 1.0)
    changed = only_a + only_b
    if changed < FEW:
        fewer = min(only_a, only_b)
        p = 2 * float(binom.cdf(fewer, changed, 0.5)) - float(binom.pmf(fewer, changed, 0.5))
        return McNemar(value, low, high, nan, min(p, 1.0), "McNemar, exact")
    statistic = float((only_b - only_a) ** 2 / changed)
    return McNemar(value, low, high, statistic, float(chi2.sf(statistic, 1)), "McNemar")


def cochran_q(did: ArrayLike | pd.DataFrame, people: ArrayLike | pd.Series) -> CochranQ:
    """Several rates of the same people.

    Args:
        did: whether they did it, a row a pattern, a column a time.
        people: how many have the pattern.

    Raises:
        UsageError: not a pattern for each number of people, or values that are not yes or no.

    Source: Cochran (1950), doi:10.1093/biomet/37.3-4.256.
    """
    pattern, weight = floats(did), floats(people)
    if pattern.ndim != 2 or len(pattern) != weight.size or not np.isin(pattern, (0, 1)).all():
        raise UsageError(_("patterns must be rows of yes and no, one per number of people"))
    times = pattern.shape[1]
    each, whole = pattern.sum(axis=1), weight @ pattern
    changed = float(weight @ (each * (times - each)))
    if times < 2 or not changed > 0:
        return CochranQ(nan, max(times - 1, 0), nan)
    statistic = float((times - 1) * times * ((whole - whole.mean()) ** 2).sum() / changed)
    return CochranQ(statistic, times - 1, float(chi2.sf(statistic, times - 1)))
