"""Looking more than once: bounds for looks that were planned, and intervals that hold at any look."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import root_scalar
from scipy.stats import norm

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(300)

FARTHEST = 9.0
"""Standard errors beyond which nothing is spent."""


@dataclass(frozen=True, slots=True)
class _Path:
    """Where the test may stand, undecided: places [in units of the whole plan's error], their weights, time."""

    place: Floats
    weight: Floats
    time: float


_START = _Path(floats([0.0]), floats([1.0]), 0.0)


def alpha_spending(time: ArrayLike, *, alpha: float = 0.05) -> Floats:
    """How much of the error may have been spent by each share of the plan: little early, most at the end.

    The two-sided spending function that comes near to O'Brien and Fleming's bounds.

    Source: Lan & DeMets (1983), doi:10.1093/biomet/70.3.659.
    """
    share = np.clip(floats(time), 1e-9, 1)
    return 4 * norm.sf(norm.isf(alpha / 4) / np.sqrt(share))


def spending_bounds(time: ArrayLike, spending: ArrayLike) -> Floats:
    """How many standard errors a difference must reach at each look.

    Args:
        time: the share of the plan at each look, rising, at most 1.
        spending: the error spent by each look, in total, two-sided.

    Raises:
        UsageError: the shares do not rise from above 0 to at most 1.

    Source: Armitage, McPherson & Rowe (1969), doi:10.2307/2343787, by quadrature.
    """
    times, path, bounds = _times(time), _START, []
    for now, more in zip(times, np.diff(floats(spending), prepend=0), strict=True):
        bounds.append(_bound(path, now, more))
        path = _onwards(path, now, bounds[-1])
    return floats(bounds)


def crossing_probability(time: ArrayLike, bound: ArrayLike) -> float:
    """The chance that the difference of two equal arms reaches the bound at one of the looks.

    Args:
        time: the share of the plan at each look, rising, at most 1.
        bound: standard errors, one for each look.

    Raises:
        UsageError: as for `bounds`.
    """
    times, path, total = _times(time), _START, 0.0
    for now, limit in zip(times, np.broadcast_to(floats(bound), times.shape), strict=True):
        total += _beyond(path, now, limit)
        path = _onwards(path, now, float(limit))
    return total


def peeking_error(looks: int, *, alpha: float = 0.05) -> float:
    """The chance of a finding between equal arms when each of so many looks is judged as if it were the only one."""
    return crossing_probability(np.arange(1, looks + 1) / looks, np.full(looks, norm.isf(alpha / 2)))


def nominal_level(time: ArrayLike, *, alpha: float = 0.05) -> float:
    """The p below which a difference is a finding at the last of these looks, with little spent early.

    Args:
        time: the share of the plan at each look so far, rising, at most 1.
        alpha: the error of the whole plan, two-sided.
    """
    return float(2 * norm.sf(spending_bounds(time, alpha_spending(time, alpha=alpha))[-1]))


def confidence_sequence(n: float, *, tuned: float, alpha: float = 0.05) -> float:
    """How many standard errors wide an interval must be on each side to hold at every look at once.

    Asymptotic: not for arms with fewer than five events.

    Args:
        n: recipients of both arms together.
        tuned: the n at which it shall be narrowest.
        alpha: 1 less the confidence.

    Source: Waudby-Smith et al. (2024), doi:10.1214/24-AOS2408, eq. 9.
    """
    spread = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuned
    return sqrt(2 * (n * spread + 1) / (n * spread) * log(sqrt(n * spread + 1) / alpha))


def _times(time: ArrayLike) -> Floats:
    times = floats(time)
    if not (times.size and times[0] > 0 and (np.diff(times) > 0).all() and times[-1] <= 1 + 1e-12):
        raise UsageError(_("looks must be increasing shares of the plan, above 0 and at most 1"))
    return times


def _beyond(path: _Path, now: float, bound: float) -> float:
    reach, error = bound * sqrt(now), sqrt(now - path.time)
    tails = norm.sf((reach - path.place) / error) + norm.cdf((-reach - path.place) / error)
    return float(path.weight @ tails)


def _bound(path: _Path, now: float, more: float) -> float:
    if _beyond(path, now, FARTHEST) >= more:
        return FARTHEST
    return root_scalar(lambda limit: _beyond(path, now, limit) - more, bracket=(0, FARTHEST), xtol=1e-10).root


def _onwards(path: _Path, now: float, bound: float) -> _Path:
    """The undecided of this look: where they stand now."""
    reach, error = min(bound, FARTHEST) * sqrt(now), sqrt(now - path.time)
    place = reach * POINTS
    density = norm.pdf((place[:, None] - path.place) / error) @ path.weight / error
    return _Path(place, reach * WEIGHTS * density, now)
