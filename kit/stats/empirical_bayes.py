"""Rates and effects drawn towards what the others are: what is left of a good result next time.

The best of many looks better than it is, the more so the smaller it is. Empirical Bayes takes the
spread of all of them as what is known beforehand of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isinf, log, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import betainc, betaln, expit, logit
from scipy.stats import beta, norm

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z
from kit.stats.proportions import proportion_interval

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

UNITS_LEAST = 4
"""Units from which the spread of all says anything of one."""

EFFECTS_LEAST = 5
"""Past tests from which their spread says anything of one."""

ALIKE = 1e7
"""Size of the prior, in trials, from which units count as equal: their sd is below 0.02 points."""

GAIN = 1e-3
"""Log-likelihood by which rates that differ must explain the counts better than equal ones."""

NODES = 4000
"""Points at which the law of the best is taken: a hundred within the narrowest of usual posteriors."""


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """What is known of a rate before its own counts: Beta(a, b); a and b are infinite where all are alike.

    Attributes:
        mean: the usual rate [share].
        size: a + b, the trials that it weighs as much as.
    """

    mean: float
    size: float

    @property
    def sd(self) -> float:
        """How much rates differ [share]."""
        return sqrt(self.mean * (1 - self.mean) / (self.size + 1))


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Rates drawn towards the prior, in the order given; NaN where counts are none.

    Attributes:
        value: posterior mean [share].
        low: of its interval.
        high: its other end.
        best: the chance of being the highest (or lowest).
        regret: the rate that is lost on average by choosing the one whose mean is best [share].
    """

    value: Floats
    low: Floats
    high: Floats
    best: Floats
    regret: float


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects drawn towards zero, in the order given; NaN with fewer than five.

    Attributes:
        value: what to expect of each.
        low: of its interval.
        high: its other end.
        tau: the standard deviation of the true effects.
    """

    value: Floats
    low: Floats
    high: Floats
    tau: float


def beta_binomial_prior(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> BetaPrior:
    """The beta law that rates of units come from, by maximum likelihood of the beta-binomial.

    Where they differ by no more than chance, and where nobody or everybody did it, all are taken to be
    alike: `size` is infinite and `mean` the pooled rate. NaN without any unit.

    Source: Casella (1985), doi:10.1080/00031305.1985.10479400.
    """
    x, total = _known(count, n)
    if x.size == 0:
        return BetaPrior(nan, nan)
    pooled = float(x.sum() / total.sum())
    if x.size < 2 or pooled in (0, 1):
        return BetaPrior(pooled, inf)

    def surprise(place: Floats) -> float:
        size = exp(place[1])
        a = size * float(expit(place[0]))
        return -float((betaln(x + a, total - x + size - a) - betaln(a, size - a)).sum())

    bounds = [(logit(pooled) - 5, logit(pooled) + 5), (0, log(ALIKE))]
    found = min(
        (minimize(surprise, [logit(pooled), log(size)], bounds=bounds, method="L-BFGS-B") for size in (30, 3000)),
        key=lambda one: one.fun,
    )
    # The likelihood is flat towards "all alike": what hardly beats it is it.
    if found.fun > surprise(floats([logit(pooled), log(ALIKE)])) - GAIN:
        return BetaPrior(pooled, inf)
    return BetaPrior(float(expit(found.x[0])), exp(found.x[1]))


def shrink_rates(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    known: BetaPrior,
    *,
    level: float = 0.95,
    lowest: bool,
) -> Shrunken:
    """Each rate drawn towards the prior, and which of them is likely the best.

    Where the prior says that all are alike each is the pooled rate with its interval, and each as likely
    the best as any other. The interval takes the prior as known: of 40 units it holds 2 to 4 points less
    than its level.

    Args:
        count: events, a unit each.
        n: trials, likewise.
        known: of `prior`.
        level: confidence, 0 to 1.
        lowest: whether the lowest rate is the best.
    """
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    here = _valid(events, trials)
    value, low, high, best = (np.full(events.shape, nan) for _ in range(4))
    x, total = events[here], trials[here]
    if isinf(known.size):
        value[here], best[here] = known.mean, 1 / max(x.size, 1)
        ends = proportion_interval(x.sum(), total.sum(), level=level)
        low[here], high[here] = (float(end) for end in ends)
        return Shrunken(value, low, high, best, 0.0)
    a = known.mean * known.size + x
    b = (1 - known.mean) * known.size + total - x
    value[here] = a / (a + b)
    # Of a very skewed law even the mean may lie outside: an interval holds its value.
    low[here] = np.minimum(beta.ppf((1 - level) / 2, a, b), value[here])
    high[here] = np.maximum(beta.isf((1 - level) / 2, a, b), value[here])
    best[here], regret = _best(b, a) if lowest else _best(a, b)
    return Shrunken(value, low, high, best, regret)


def shrink_effects(effect: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.95) -> Effects:
    """Effects drawn towards zero by how much all of them differ from it beyond chance.

    Towards zero, not towards their mean: which of two arms is called the second is a matter of taste, and
    the answer for one must be the mirror of that for the other.

    Args:
        effect: of past tests.
        se: their standard errors.
        level: confidence, 0 to 1.

    Source: Efron & Morris (1975), doi:10.1080/01621459.1975.10479864; tau squared by moments.
    """
    d, error = floats(effect), floats(se)
    known = np.isfinite(d) & np.isfinite(error) & (error > 0)
    value, low, high = (np.full(d.shape, nan) for _ in range(3))
    if known.sum() < EFFECTS_LEAST:
        return Effects(value, low, high, nan)
    variance = error[known] ** 2
    tau_squared = max(float(np.mean(d[known] ** 2 - variance)), 0.0)
    weight = tau_squared / (tau_squared + variance)
    value[known] = weight * d[known]
    half = critical_z(level) * np.sqrt(weight * variance)
    low[known], high[known] = value[known] - half, value[known] + half
    return Effects(value, low, high, sqrt(tau_squared))


def expected_maximum(k: int) -> float:
    """By how many standard errors the best of k equal ones is expected to look better than they are.

    Source: Harter (1961), doi:10.1093/biomet/48.1-2.151.
    """
    if k < 2:
        return 0.0
    return quad(lambda z: z * k * norm.pdf(z) * norm.cdf(z) ** (k - 1), -10, 10, epsabs=1e-10)[0]


def _best(a: Floats, b: Floats) -> tuple[Floats, float]:
    """The chance of each Beta(a, b) to be the highest, and what the one of the best mean falls short of it."""
    edges = np.linspace(beta.ppf(1e-9, a, b).min(), beta.isf(1e-9, a, b).max(), NODES + 1)
    below = betainc(a[:, None], b[:, None], edges)
    below[:, 0], below[:, -1] = 0, 1
    middle = np.log(np.maximum((below[:, :-1] + below[:, 1:]) / 2, 1e-300))
    chance = (np.diff(below, axis=1) * np.exp(middle.sum(axis=0) - middle)).sum(axis=1)
    law = np.diff(np.exp(np.log(np.maximum(below, 1e-300)).sum(axis=0)))
    highest = float(law @ ((edges[:-1] + edges[1:]) / 2) / law.sum())
    return chance / chance.sum(), max(highest - float((a / (a + b)).max()), 0.0)


def _valid(events: Floats, trials: Floats) -> np.ndarray:
    return (trials > 0) & np.isfinite(trials) & (events >= 0) & (events <= trials)


def _known(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> tuple[Floats, Floats]:
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    here = _valid(events, trials)
    return events[here], trials[here]
