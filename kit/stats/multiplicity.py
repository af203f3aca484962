"""Many p-values at once, and the best of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


def adjust(p: ArrayLike | pd.Series, method: Literal["bh", "holm"] = "bh") -> Floats:
    """The p-values, raised for how many they are.

    Written out: `multipletests` of statsmodels 0.15 collects garbage at each Holm, a tenth of a second.

    Args:
        p: in any order; NaN stays NaN and does not count.
        method: "bh" keeps the false among the flagged at the level, "holm" the chance of any false one.

    Source: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Holm (1979),
    jstor.org/stable/4615733.
    """
    raw = floats(p)
    valid = np.isfinite(raw)
    adjusted = np.full(raw.shape, np.nan)
    order = np.flatnonzero(valid)[np.argsort(raw[valid], kind="stable")]
    rank = np.arange(1, order.size + 1)
    if method == "holm":
        steps = np.maximum.accumulate(raw[order] * (order.size + 1 - rank))
    else:
        steps = np.minimum.accumulate((raw[order] * order.size / rank)[::-1])[::-1]
    adjusted[order] = np.minimum(steps, 1)
    return adjusted


def expected_maximum(k: int) -> float:
    """By how many standard errors the best of k equal ones is expected to look better than they are.

    Source: Harter (1961), doi:10.1093/biomet/48.1-2.151.
    """
    if k < 2:
        return 0.0
    return quad(lambda z: z * k * norm.pdf(z) * norm.cdf(z) ** (k - 1), -10, 10, epsabs=1e-10)[0]
