"""Whether an order puts those to whom it happened above the others."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from kit.stats.arrays import floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Auc:
    """The chance that one to whom it happened stands above one to whom it did not; ties count half.

    Attributes:
        value: 0.5 is a coin; NaN where there is none of either.
        low: of its interval.
        high: its other end.
    """

    value: float
    low: float
    high: float


def auc(
    score: ArrayLike | pd.Series,
    happened: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    level: float = 0.95,
) -> Auc:
    """The area under the curve of an order.

    Args:
        score: by which it is ordered, upwards.
        happened: whether it did.
        weights: people a row stands for; 1 where not given.
        level: confidence.

    Source: Hanley & McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    mark, event = floats(score), floats(happened) == 1
    weight = np.ones(mark.shape) if weights is None else floats(weights)
    places, position = np.unique(mark, return_inverse=True)
    yes = np.bincount(position, weight * event, minlength=places.size)
    no = np.bincount(position, weight * ~event, minlength=places.size)
    if not (yes.sum() > 0 and no.sum() > 0):
        return Auc(nan, nan, nan)
    value = float(yes @ (np.cumsum(no) - no / 2) / (yes.sum() * no.sum()))
    above, below = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (yes.sum() - 1) * (above - value**2) + (no.sum() - 1) * (below - value**2)
    half = critical_z(level) * float(np.sqrt(spread / (yes.sum() * no.sum())))
    return Auc(value, max(value - half, 0.0), min(value + half, 1.0))
