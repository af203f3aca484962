"""Rates: one with its interval, two compared, many at once, and what a test can measure.

A count is a whole number from 0 to its n. A count that cannot be (negative, above n, missing) is
answered like an empty group: with NaN.

The score interval of statsmodels 0.15 (`confint_proportions_2indep`, method="score") must never be
called: for compare="diff" it is wrong (statsmodels #10269) and raises on ordinary rare counts, for
compare="ratio" its limits are complex or absurd where an arm is n of n.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isnan, nan, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import root_scalar
from scipy.stats import binom, boschloo_exact, chi2, fisher_exact, norm

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import clopper_pearson, critical_z, koopman, newcombe, walter, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

FEW = 5
"""Events up to which Wilson's coverage has holes, and Clopper and Pearson's interval is shown."""

EXPECTED = 5
"""The smallest expected count of a 2x2 table for which chi-square may be used (Cochran 1954)."""

BOSCHLOO_MOST = 100
"""Recipients an arm up to which Boschloo's test is quick; Fisher's is taken beyond."""

LEAST_RISE = 1e-12
"""Where the search for a detectable rise begins [share]: at 0 the formula has a second root if p is 0."""

REFUSED = {
    "score": "statsmodels' score interval of a difference is wrong (statsmodels #10269) and fails on rare counts; "
    "Newcombe's holds.",
    "wald": "It leaves out far too much of the truth where counts are small; Newcombe's holds.",
}
"""Intervals of a difference that are often taken and not given here, with the reason."""

BROKEN = 0.001
"""p below which a split is not what was planned (Fabijan et al. 2019, doi:10.1145/3292500.3330722)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Rate of b minus rate of a, in shares (-1 to 1), with its interval.

    `test` names what `p` comes from: chi-square, Boschloo, Fisher, or "not estimable" (then all
    numbers are NaN).
    """

    value: float
    low: float
    high: float
    p: float
    test: str


@dataclass(frozen=True, slots=True)
class Lift:
    """Rate of b over rate of a, minus 1 (0.1 is 10 % more), with its interval.

    `method` is Koopman, Walter or "not estimable". `value` is NaN where a has no event: nothing is
    a multiple of 0; the interval still says how large the lift is at least.
    """

    value: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether the arms of a test were sent as planned; `broken` where p is below 0.001."""

    p: float
    broken: bool


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Chi-square test that all groups have one rate.

    Attributes:
        statistic: Pearson's chi-square.
        df: groups that have an n, less one.
        p: NaN with fewer than two groups, or where nobody or everybody did it.
        expected: the smallest expected count; below 5 the p-value is rough.
    """

    statistic: float
    df: int
    p: float
    expected: float


def proportion_interval(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    *,
    level: float = 0.95,
    method: Literal["auto", "wilson", "exact"] = "auto",
) -> tuple[Floats, Floats]:
    """The interval of each count / n.

    Args:
        count: events; broadcast against n.
        n: trials.
        level: confidence, 0 to 1.
        method: "exact" is Clopper and Pearson's; "auto" takes it where there are 0 to 5 events or
            0 to 5 without one, else Wilson's.

    Returns:
        Low and high as shares, each of the common shape; NaN where n is 0 or a number is missing.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953; Clopper & Pearson (1934),
    doi:10.1093/biomet/26.4.404.
    """
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    valid = _valid(events, trials)
    x, total = events[valid], trials[valid]
    few = {"auto": np.minimum(x, total - x) <= FEW, "exact": True, "wilson": False}[method]
    ends = np.where(few, clopper_pearson(x, total, level=level), wilson(x, total, z=critical_z(level)))
    low, high = np.full(events.shape, nan), np.full(events.shape, nan)
    low[valid], high[valid] = ends
    return low, high


def proportion_difference(
    x_a: float, n_a: float, x_b: float, n_b: float, *, level: float = 0.95, method: str = "newcombe"
) -> Difference:
    """Rate of b minus rate of a, with Newcombe's interval and a p-value that fits the counts.

    The test is chi-square (pooled z) where all four expected counts are 5 or more, else Boschloo's up
    to 100 recipients an arm, else Fisher's.

    Raises:
        UsageError: another method; `REFUSED` says why.

    Source: Campbell (2007), doi:10.1002/sim.2832, on chi-square; Boschloo (1970),
    doi:10.1111/j.1467-9574.1970.tb00104.x.
    """
    if method != "newcombe":
        raise UsageError(
            _(
                "rates.difference: the method {method} is not accepted. {hint}",
                method=repr(method),
                hint=REFUSED.get(method, "It is not known here."),
            )
        )
    table = _table(x_a, n_a, x_b, n_b)
    if table is None:
        return Difference(nan, nan, nan, nan, "not estimable")
    x_a, n_a, x_b, n_b = table
    low, high = newcombe(x_a, n_a, x_b, n_b, z=critical_z(level))
    p, test = _p_value(x_a, n_a, x_b, n_b)
    return Difference(x_b / n_b - x_a / n_a, float(low), float(high), p, test)


def lift(x_a: float, n_a: float, x_b: float, n_b: float, *, level: float = 0.95) -> Lift:
    """Rate of b relative to rate of a, with Koopman's score interval.

    Where one count is 0 the interval is Walter's adjusted log (down to -1 where b's is 0); where both
    are, there is nothing to relate.

    Source: as Fagerland, Lydersen & Laake (2015) advise, doi:10.1177/0962280211415469.
    """
    table = _table(x_a, n_a, x_b, n_b)
    if table is None or table[0] == table[2] == 0:
        return Lift(nan, nan, nan, "not estimable")
    x_a, n_a, x_b, n_b = table
    if x_a and x_b:
        low, high = koopman(x_a, n_a, x_b, n_b, z=critical_z(level))
        return Lift((x_b / n_b) / (x_a / n_a) - 1, low - 1, high - 1, "Koopman")
    low, high = walter(x_a, n_a, x_b, n_b, z=critical_z(level))
    return Lift(nan if x_b else -1.0, low - 1 if x_b else -1.0, high - 1, "Walter")


def sample_ratio_test(counts: ArrayLike | pd.Series, planned: Sequence[float] = ()) -> SampleRatio:
    """Whether the messages sent to each arm fit the planned shares, by chi-square.

    Args:
        counts: messages sent, an arm each.
        planned: the share of each arm, in the same order; equal shares where empty.

    Returns:
        p is NaN with fewer than two arms or nothing sent.

    Raises:
        UsageError: not as many shares as arms.
    """
    sent = floats(counts)
    shares = floats(planned) if len(planned) else np.ones(sent.shape)
    if shares.shape != sent.shape:
        raise UsageError(
            _("{size} versions were sent, but {size2} shares are planned", size=sent.size, size2=shares.size)
        )
    total = sent.sum()
    if sent.size < 2 or not (np.isfinite(total) and total > 0 and (sent >= 0).all()):
        return SampleRatio(nan, broken=False)
    expected = total * shares / shares.sum()
    # What went to an arm with no planned share was not planned at all.
    parts = np.where(sent > 0, inf, 0.0)
    np.divide((sent - expected) ** 2, expected, out=parts, where=expected > 0)
    p = float(chi2.sf(parts.sum(), sent.size - 1))
    return SampleRatio(p, broken=p < BROKEN)


def chi_square_homogeneity(counts: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> Homogeneity:
    """Whether groups have one rate, by chi-square; groups with no n do not count."""
    events, trials = np.broadcast_arrays(floats(counts), floats(n))
    valid = _valid(events, trials)
    x, total = events[valid], trials[valid]
    df = max(x.size - 1, 0)
    rate = x.sum() / total.sum() if x.size else nan
    if df == 0 or rate in (0, 1):
        return Homogeneity(nan, df, nan, nan)
    statistic = ((x - total * rate) ** 2 / total).sum() / (rate * (1 - rate))
    expected = total.min() * min(rate, 1 - rate)
    return Homogeneity(float(statistic), df, float(chi2.sf(statistic, df)), float(expected))


def binomial_test_greater(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, limit: float) -> np.ndarray:
    """One-sided exact p-value of each rate being no higher than a limit; NaN where n is 0 or a count is missing.

    Args:
        count: events.
        n: trials.
        limit: the rate, as a share.
    """
    x, total = np.broadcast_arrays(floats(count), floats(n))
    valid = (total > 0) & (x >= 0) & (x <= total)
    return np.where(valid, binom.sf(np.where(valid, x, 1) - 1, np.where(valid, total, 1), limit), nan)


def power(p_a: float, p_b: float, *, n: float, level: float = 0.95) -> float:
    """The chance that a test with n per arm finds the difference between two rates.

    Two-sided z test with the pooled variance under the null, as R's `power.prop.test`: a finding in the
    wrong direction is none. 1 or 0 where both rates are certain.
    """
    gap, null, true = _errors(p_a, p_b)
    margin = sqrt(n) * gap - critical_z(level) * null
    return float(norm.cdf(margin / true)) if true else float(margin > 0)


def sample_size(p_a: float, p_b: float, *, level: float = 0.95, power: float = 0.8) -> int | None:
    """Recipients per arm to find the difference between two rates; None where they are equal.

    The same formula as `power`; Fleiss, Levin & Paik (2003), Statistical Methods for Rates and
    Proportions, eq. 4.14.
    """
    gap, null, true = _errors(p_a, p_b)
    if not gap > 0:
        return None
    reach = critical_z(level) * null + float(norm.ppf(power)) * true
    return ceil((reach / gap) ** 2)


def minimum_detectable_effect(p: float, n: float, *, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest rise of a rate, in shares, that n per arm finds; NaN where no rise to 1 is enough."""
    z, beyond = critical_z(level), float(norm.ppf(power))

    def surplus(rise: float) -> float:
        gap, null, true = _errors(p, p + rise)
        return sqrt(n) * gap - z * null - beyond * true

    if not (0 <= p < 1 - LEAST_RISE and n > 0 and surplus(1 - p) >= 0):
        return nan
    return root_scalar(surplus, bracket=(LEAST_RISE, 1 - p), xtol=1e-14).root


def _errors(p_a: float, p_b: float) -> tuple[float, float, float]:
    """The gap of two rates and its standard errors at n = 1: were they equal, and as they are."""
    if isnan(p_a) or isnan(p_b):
        return nan, nan, nan
    middle = (p_a + p_b) / 2
    true = max(p_a * (1 - p_a) + p_b * (1 - p_b), 0)
    return abs(p_b - p_a), sqrt(2 * middle * (1 - middle)), sqrt(true)


def _valid(events: Floats, trials: Floats) -> np.ndarray:
    return (trials > 0) & np.isfinite(trials) & (events >= 0) & (events <= trials)


def _table(x_a: float, n_a: float, x_b: float, n_b: float) -> tuple[float, float, float, float] | None:
    """The four numbers as floats, or None where they are no counts of two groups."""
    events, trials = floats([x_a, x_b]), floats([n_a, n_b])
    if not _valid(events, trials).all() or (events % 1).any() or (trials % 1).any():
        return None
    return float(events[0]), float(trials[0]), float(events[1]), float(trials[1])


def _p_value(x_a: float, n_a: float, x_b: float, n_b: float) -> tuple[float, str]:
    events, total = x_a + x_b, n_a + n_b
    if min(n_a, n_b) * min(events, total - events) / total >= EXPECTED:
        rate = events / total
        z = (x_b / n_b - x_a / n_a) / sqrt(rate * (1 - rate) * (1 / n_a + 1 / n_b))
        return float(2 * norm.sf(abs(z))), "chi-square"
    # In one order, whichever arm comes first: Boschloo's search for the worst rate depends on it.
    (x_0, n_0), (x_1, n_1) = sorted([(int(x_a), int(n_a)), (int(x_b), int(n_b))])
    cells = [[x_0, x_1], [n_0 - x_0, n_1 - x_1]]
    if max(n_a, n_b) <= BOSCHLOO_MOST and 0 < events < total:
        return float(boschloo_exact(cells).pvalue), "Boschloo"
    # scipy makes the class of this result while running: the checker cannot see its fields.
    return float(fisher_exact(cells).pvalue), "Fisher"  # pyright: ignore[reportAttributeAccessIssue]
