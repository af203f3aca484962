"""Logistic regression with a small ridge and errors by clusters, for events of accounts that are seen several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

RIDGE = 2.0
"""Half the sum of squares of the slopes costs as much as so many of log-likelihood: where a covariate parts the events
from the others its slope stays finite."""

STEPS, TINY = 50, 1e-9


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted regression; `slope`, `low` and `high` are per unit of each covariate, in their order.

    Attributes:
        intercept: at 0 of every covariate [log odds].
        slope: log odds a unit.
        low: of its interval.
        high: its other end.
        intercept_interval: ends of the intercept's.
    """

    intercept: float
    slope: Floats
    low: Floats
    high: Floats
    intercept_interval: tuple[float, float]

    def chance(self, x: ArrayLike | pd.DataFrame) -> Floats:
        """The chance of the event of each row."""
        return expit(self.intercept + np.atleast_2d(floats(x)) @ self.slope)


def fit(
    x: ArrayLike | pd.DataFrame,
    happened: ArrayLike | pd.Series,
    clusters: ArrayLike | pd.Series,
    *,
    level: float = 0.95,
    ridge: float = RIDGE,
) -> Logistic | None:
    """The regression of an event on covariates; None where there is none of either, or fewer clusters than covariates.

    Args:
        x: a row a unit, a covariate a column; none is missing.
        happened: whether it did.
        clusters: whose rows are alike.
        level: confidence.
        ridge: on the slopes of standardised covariates.

    Source: Le Cessie & van Houwelingen (1992), doi:10.2307/2347628; errors: Liang & Zeger (1986),
    doi:10.1093/biomet/73.1.13.
    """
    raw, event = floats(x), (floats(happened) == 1).astype(float)
    if raw.ndim != 2 or not 0 < event.sum() < event.size:
        return None
    mean, spread = raw.mean(axis=0), raw.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(raw)), (raw - mean) / spread])
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    n = int(codes.max()) + 1
    if n <= design.shape[1]:
        return None
    penalty = np.diag([0.0, *[ridge] * raw.shape[1]])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(event.mean() / (1 - event.mean()))
    cost = _cost(beta, design, event, penalty)
    for _step in range(STEPS):
        chance = expit(design @ beta)
        hessian = design.T @ (design * (chance * (1 - chance))[:, None]) + penalty
        step = np.linalg.solve(hessian, design.T @ (event - chance) - penalty @ beta)
        while (after := _cost(beta + step, design, event, penalty)) > cost + 1e-12 and np.abs(step).max() > TINY:
            step = step / 2
        beta, cost = beta + step, after
        if np.abs(step).max() <= TINY:
            break
    chance = expit(design @ beta)
    hessian = design.T @ (design * (chance * (1 - chance))[:, None]) + penalty
    scores = design * (event - chance)[:, None]
    sums = np.column_stack([np.bincount(codes, column, minlength=n) for column in scores.T])
    inverse = np.linalg.inv(hessian)
    covariance = inverse @ (sums.T @ sums * n / (n - 1)) @ inverse
    # back from standardised covariates
    back = np.zeros((design.shape[1], design.shape[1]))
    back[0, 0], back[0, 1:], back[1:, 1:] = 1.0, -mean / spread, np.diag(1 / spread)
    beta, covariance = back @ beta, back @ covariance @ back.T
    half = critical_z(level) * np.sqrt(np.diag(covariance))
    ends = (float(beta[0] - half[0]), float(beta[0] + half[0]))
    return Logistic(float(beta[0]), beta[1:], beta[1:] - half[1:], beta[1:] + half[1:], ends)


def _cost(beta: Floats, design: Floats, event: Floats, penalty: Floats) -> float:
    line = design @ beta
    return float(np.logaddexp(0, line).sum() - event @ line + beta @ penalty @ beta / 2)
