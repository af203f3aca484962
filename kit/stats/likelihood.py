"""The largest likelihood of a model with a few positive parameters, and how well it tells them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.stats.arrays import Floats

FAR = 12.0
"""Logarithms of parameters are sought within this of 0: beyond, the likelihood is flat (no spread among people)."""

WIDE = 10.0
"""Standard deviation of a prior on the logarithms, for their covariance only: it bounds what the data leaves open."""

SPAN = 0.5
"""How far the search first looks about itself [logarithm]."""

ROUNDS = 6
"""Searches at most, each from where the last ended: one alone may stop beside the top."""

SAME = 1e-4
"""A search that gains less than this ends them: along a flat ridge every place tells the same [log-likelihood]."""

NEVER = 1e300
"""Stands for the likelihood of what cannot be."""

STEP = 1e-3
"""Of the differences from which curvature and slopes are taken [logarithm]."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters at the maximum.

    Attributes:
        parameters: all above 0.
        covariance: of their logarithms.
        loglik: logarithm of the likelihood there.
    """

    parameters: Floats
    covariance: Floats
    loglik: float


def maximise(negative: Callable[[Floats], float], start: list[float]) -> Fit | None:
    """The fit, None where the search does not end.

    Args:
        negative: minus the logarithm of the likelihood of parameters.
        start: of each parameter, above 0.
    """

    def cost(logs: Floats) -> float:
        beyond = np.clip(np.abs(logs) - FAR, 0, None)
        with np.errstate(all="ignore"):
            value = float(negative(np.exp(np.clip(logs, -FAR, FAR)))) + 1e3 * float(beyond @ beyond)
        return value if np.isfinite(value) else NEVER

    at, reached = np.log(start), np.inf
    told = {"maxiter": 2000, "maxfev": 2000, "xatol": 1e-5, "fatol": 1e-6}
    for _ in range(ROUNDS):
        simplex = np.vstack([at, at + SPAN * np.eye(len(at))])
        found = minimize(cost, at, method="Nelder-Mead", options=told | {"initial_simplex": simplex})
        at, gain, reached = found.x, reached - found.fun, float(found.fun)
        if gain < SAME:
            break
    else:
        return None
    if reached >= NEVER:
        return None
    return Fit(np.exp(at), _covariance(cost, at), -reached)


def delta_variance(of: Callable[[Floats], float], fit: Fit) -> float:
    """The variance of a figure by the uncertainty of the parameters (delta method)."""
    logs = np.log(fit.parameters)
    steps = STEP * np.eye(len(logs))
    slope = np.array([(of(np.exp(logs + step)) - of(np.exp(logs - step))) / (2 * STEP) for step in steps])
    return float(slope @ fit.covariance @ slope)


def _covariance(cost: Callable[[Floats], float], at: Floats) -> Floats:
    size = len(at)
    steps = STEP * np.eye(size)
    curve = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [cost(at + one * steps[i] + two * steps[j]) * one * two for one in (1, -1) for two in (1, -1)]
            curve[i, j] = curve[j, i] = sum(corners) / (4 * STEP**2)
    values, vectors = np.linalg.eigh(curve)
    return (vectors / (np.clip(values, 0, None) + WIDE**-2)) @ vectors.T
