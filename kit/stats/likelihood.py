"""The largest likelihood of a model with a few positive parameters, and how well the data tell them.

At an edge (a parameter at 0 or infinity: all people alike, nobody who stops) a model has one parameter fewer. Near it
the likelihood is flat, and a search ends wherever its steps become small: elsewhere on another processor. So each edge
is a model of its own, and the one of fewest parameters is taken among those that explain the data within `GAIN` of
the best. What such a fit leaves open is one-sided: the edge's parameter may still lie so far inside as a likelihood
ratio allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GAIN = 1e-3
"""Log-likelihood by which a parameter more must explain the data better than an edge without it."""

PRECISION = 1e-6
"""Distance from the top at which the search ends [standard errors]: what is printed does not depend on its path."""

FLAT = 1e-5
"""Curvature below which the top is not told from its neighbourhood [log-likelihood a squared logarithm]."""

FAR = 16.0
"""Logarithms of parameters are sought within this of 0."""

SPAN = 0.5
"""How far the search first looks about itself [logarithm]."""

ROUNDS = 3
"""Searches at most, each from where the last ended: one alone may stop beside the top."""

CLIMBS = 50
"""Newton's steps at most."""

NEVER = 1e300
"""Stands for minus the log-likelihood of what cannot be."""

REJECTED = 1.9207294103470494
"""Log-likelihood less than at the top at which 5 % reject (half the chi-square quantile, one degree of freedom)."""

STRIDE = 2.0
"""Steps from an edge in which that place is looked for [logarithm]."""

CLOSE = 1e-4
"""To which it is pinned down [logarithm]."""

STEP = 1e-2
"""Of the differences from which curvature and slopes are taken [logarithm]."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters at the maximum.

    Attributes:
        parameters: 0 to infinity; exactly 0 or infinite at an edge.
        covariance: of their logarithms; 0 of one at an edge.
        loglik: logarithm of the likelihood there.
        inside: for each parameter at an edge, the parameters so far inside that 5 % would reject them.
    """

    parameters: Floats
    covariance: Floats
    loglik: float
    inside: tuple[Floats, ...] = ()


def maximise(
    loglik: Callable[[Floats], float],
    starts: Sequence[Sequence[float]],
    *,
    edges: Sequence[Mapping[int, float]] = (),
) -> Fit | None:
    """The fit, at an edge where that explains the data as well; None where the likelihood has no top.

    Args:
        loglik: logarithm of the likelihood of parameters; defined at the edges too.
        starts: of the search, each parameter above 0.
        edges: the parameters that an edge holds fixed, by place, and their values; fewest free parameters first.
    """
    inner = _highest([_climb(loglik, np.array(start), {}) for start in starts])
    if inner is None:
        return None
    fits: list[tuple[Mapping[int, float], Fit]] = [({}, inner)]
    rejected: list[Mapping[int, float]] = []
    best = inner.loglik
    for edge in reversed(edges):
        if any(wider.items() <= edge.items() for wider in rejected):
            continue
        climbs = [_climb(loglik, inner.parameters, edge, warm=True)]
        if not _is_top(inner):  # it may lie on a plain from which no way leads up
            climbs += [_climb(loglik, np.array(start), edge) for start in starts]
        fit = _highest(climbs)
        if fit is None or fit.loglik < best - GAIN:
            rejected.append(edge)
        else:
            fits.append((edge, fit))
            best = max(best, fit.loglik)
    close = [(edge, fit) for edge, fit in fits if fit.loglik >= best - GAIN and _is_top(fit)]
    if not close:
        return None
    edge, fit = max(close, key=lambda pair: (len(pair[0]), pair[1].loglik))
    return replace(fit, inside=tuple(_inside(loglik, fit, edge, place) for place in edge))


def _is_top(fit: Fit) -> bool:
    return bool(np.isfinite(fit.covariance).all())


def _highest(fits: Sequence[Fit | None]) -> Fit | None:
    return max((fit for fit in fits if fit is not None), key=lambda fit: fit.loglik, default=None)


def delta_variance(figure: Callable[[Floats], float], fit: Fit) -> tuple[float, float]:
    """The variance of a figure of the parameters by their uncertainty, for its lower and its upper end.

    By the delta method; a parameter at an edge counts for the end to which it moves the figure, by a likelihood
    ratio's distance in standard errors.
    """
    free = np.flatnonzero(np.diag(fit.covariance) > 0).tolist()

    def at(place: int, step: float) -> float:
        moved = fit.parameters.copy()
        moved[place] *= np.exp(step)
        return figure(moved)

    slope = np.array([(at(place, STEP / 10) - at(place, -STEP / 10)) / (STEP / 5) for place in free])
    both = float(slope @ fit.covariance[np.ix_(free, free)] @ slope)
    apart = np.array([figure(place) for place in fit.inside]) - figure(fit.parameters)
    ends = (float((np.clip(sign * apart, 0, None) ** 2).sum()) / (2 * REJECTED) for sign in (-1, 1))
    below, above = (both + end for end in ends)
    return below, above


def _inside(loglik: Callable[[Floats], float], fit: Fit, edge: Mapping[int, float], place: int) -> Floats:
    """The parameters with this one so far from its edge that 5 % would just not reject them."""
    moved = fit

    def surplus(log: float) -> float:
        nonlocal moved
        climbed = _climb(loglik, moved.parameters, {**edge, place: float(np.exp(log))}, warm=True)
        moved = climbed or moved
        return climbed.loglik - fit.loglik + REJECTED if climbed else -NEVER

    near, step = (FAR, -STRIDE) if edge[place] else (-FAR, STRIDE)
    while abs(near + step) <= FAR and surplus(near + step) >= 0:
        near += step
    if abs(near + step) > FAR:
        return moved.parameters
    while abs(step) > CLOSE:
        step /= 2
        near += step if surplus(near + step) >= 0 else 0
    surplus(near)
    return moved.parameters


def _climb(
    loglik: Callable[[Floats], float], start: Floats, fixed: Mapping[int, float], *, warm: bool = False
) -> Fit | None:
    """The top with these parameters fixed, its covariance NaN where none was found; None where all is impossible.

    Args:
        loglik: logarithm of the likelihood.
        start: of the search; of the fixed ones nothing.
        fixed: parameters by place.
        warm: whether the start is likely near the top.
    """
    free = np.array([place for place in range(start.size) if place not in fixed], dtype=int)
    parameters = start.copy()
    parameters[list(fixed)] = list(fixed.values())

    def cost(logs: Floats) -> float:
        parameters[free] = np.exp(np.clip(logs, -FAR, FAR))
        beyond = np.clip(np.abs(logs) - FAR, 0, None)
        with np.errstate(all="ignore"):
            value = 1e3 * float(beyond @ beyond) - float(loglik(parameters))
        return value if np.isfinite(value) else NEVER

    at, rounds = np.log(start[free]), ROUNDS
    top = (at, np.zeros((0, 0))) if not free.size else _newton(cost, at) if warm else None
    while top is None and rounds:
        simplex = np.vstack([at, at + SPAN * np.eye(free.size)])
        options = {"maxiter": 2000, "maxfev": 2000, "xatol": 1e-2, "fatol": 1e-3, "initial_simplex": simplex}
        at = minimize(cost, at, method="Nelder-Mead", options=options).x
        top, rounds = _newton(cost, at), rounds - 1
    at, covariance = top or (at, np.full((free.size, free.size), np.nan))
    value = cost(at)
    if value >= NEVER:
        return None
    whole = np.zeros((start.size, start.size))
    whole[np.ix_(free, free)] = covariance
    return Fit(parameters.copy(), whole, -value)


def _newton(cost: Callable[[Floats], float], at: Floats) -> tuple[Floats, Floats] | None:
    """The lowest place near this one and the covariance there; None where it is flat, no hollow or too far away."""
    value = cost(at)
    for _ in range(CLIMBS):
        slope, curve = _derivatives(cost, at)
        if not np.isfinite(curve).all() or np.linalg.eigvalsh(curve)[0] < FLAT:
            return None
        move, size = np.linalg.solve(curve, slope), 1.0
        if slope @ move < PRECISION**2:
            at = at - move
            break
        while (lower := cost(at - size * move)) >= value and size > PRECISION:
            size /= 2
        if lower >= value:  # nothing but rounding is left
            break
        at, value = at - size * move, lower
    else:
        return None
    return (at, floats(np.linalg.inv(curve))) if np.abs(at).max() < FAR else None


def _derivatives(cost: Callable[[Floats], float], at: Floats) -> tuple[Floats, Floats]:
    """Slopes to the fourth order and curvature to the second, by central differences."""
    steps = STEP * np.eye(at.size)
    middle, near, far = cost(at), [], []
    for step in steps:
        near.append((cost(at + step), cost(at - step)))
        far.append((cost(at + 2 * step), cost(at - 2 * step)))
    (up, down), (higher, deeper) = np.array(near).T, np.array(far).T
    slope = (8 * (up - down) - (higher - deeper)) / (12 * STEP)
    curve = np.diag((up - 2 * middle + down) / STEP**2)
    for i in range(at.size):
        for j in range(i):
            corners = [cost(at + a * steps[i] + b * steps[j]) * a * b for a in (1, -1) for b in (1, -1)]
            curve[i, j] = curve[j, i] = sum(corners) / (4 * STEP**2)
    return slope, curve
