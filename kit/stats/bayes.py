"""How likely b is better than a, and what is lost on average by choosing either."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta, norm

from kit.stats.arrays import floats

if TYPE_CHECKING:
    from kit.stats.arrays import Floats

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(120)
"""Of each of the pieces that the range is cut into."""

TAIL = 1e-15


@dataclass(frozen=True, slots=True)
class ExpectedLoss:
    """The chance that b's true value is higher than a's, and the losses.

    Attributes:
        higher: chance that b is higher.
        loss_a: what choosing a falls short of b on average, where b is higher.
        loss_b: what choosing b falls short of a, likewise.
    """

    higher: float
    loss_a: float
    loss_b: float


def compare_rates(
    x_a: float, n_a: float, x_b: float, n_b: float, *, prior: tuple[float, float] = (1, 1)
) -> ExpectedLoss:
    """Of two rates, every rate beforehand as likely as any other.

    Args:
        x_a: events of a.
        n_a: trials of a.
        x_b: events of b.
        n_b: trials of b.
        prior: a and b of the beta law known beforehand.

    Source: Miller (2015), "Formulas for Bayesian A/B testing"; the loss by the same with one event more.
    """
    events, trials = floats([x_a, x_b]), floats([n_a, n_b])
    if not ((trials > 0) & np.isfinite(trials) & (events >= 0) & (events <= trials)).all():
        return ExpectedLoss(nan, nan, nan)
    (a_a, a_b), (b_a, b_b) = (prior[0] + events).tolist(), (prior[1] + trials - events).tolist()
    mean_a, mean_b = a_a / (a_a + b_a), a_b / (a_b + b_b)
    higher = _higher(a_a, b_a, a_b, b_b)
    more_a, more_b = _higher(a_a + 1, b_a, a_b, b_b), _higher(a_a, b_a, a_b + 1, b_b)
    loss_a = mean_b * more_b - mean_a * more_a
    return ExpectedLoss(higher, max(loss_a, 0.0), max(loss_a - (mean_b - mean_a), 0.0))


def compare_means(difference: float, se: float) -> ExpectedLoss:
    """Of two means, by the normal law of their difference."""
    if not se > 0:
        return ExpectedLoss(nan, nan, nan)
    z = difference / se
    higher = float(norm.cdf(z))
    loss_a = difference * higher + se * float(norm.pdf(z))
    return ExpectedLoss(higher, max(loss_a, 0.0), max(loss_a - difference, 0.0))


def _higher(a_a: float, b_a: float, a_b: float, b_b: float) -> float:
    """The chance that Beta(a_b, b_b) lies above Beta(a_a, b_a)."""
    ends = _ends(a_b, b_b)
    # Cut where the other law bends too: it may be far narrower than this one.
    cuts = np.unique(np.clip([*ends, *_ends(a_a, b_a)], ends[0], ends[-1]))
    half = np.diff(cuts)[:, None] / 2
    at = (cuts[:-1] + cuts[1:])[:, None] / 2 + half * POINTS
    return float((half * WEIGHTS * beta.pdf(at, a_b, b_b) * beta.cdf(at, a_a, b_a)).sum())


def _ends(a: float, b: float) -> Floats:
    return floats([beta.ppf(TAIL, a, b), beta.ppf(0.5, a, b), beta.isf(TAIL, a, b)])
