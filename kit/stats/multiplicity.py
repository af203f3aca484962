"""Many p-values at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.stats import chi, norm
from scipy.stats import t as student

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(100)
"""For integrals over the control's mean and over the spread that all arms share."""

FARTHEST = 8.5
"""Standard errors beyond which the normal law has no weight that counts."""


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


def dunnett(t: ArrayLike, part: ArrayLike, df: float) -> Floats:
    """Two-sided p-values of several arms against one control, raised for how many they are.

    Less is taken off than by Holm, since all arms are held against the same control and so err together.

    Args:
        t: each arm's difference from the control in standard errors; NaN stays NaN and does not count.
        part: the control's share of each difference's variance, 0 to 1; n / (n + n of the control) where
            all arms vary alike.
        df: degrees of freedom of the spread.

    Source: Dunnett (1955), doi:10.1080/01621459.1955.10501294; with a variance for each arm as Hasler & Hothorn
    (2008), doi:10.1002/bimj.200710466.
    """
    raw, shares = floats(t), floats(part)
    valid = np.isfinite(raw)
    adjusted = np.full(raw.shape, np.nan)
    if not valid.any() or not df > 0:
        return adjusted
    common, separate = np.sqrt(shares[valid]), np.sqrt(1 - shares[valid])
    place = FARTHEST * POINTS
    low, high = chi.ppf(1e-13, df), chi.isf(1e-13, df)
    spread = (low + high) / 2 + (high - low) / 2 * POINTS
    of_place = FARTHEST * WEIGHTS * norm.pdf(place)
    of_spread = (high - low) / 2 * WEIGHTS * chi.pdf(spread, df)
    within = []
    for bound in np.abs(raw[valid]):
        ends = (bound * spread / np.sqrt(df))[:, None, None]
        shift = place[None, :, None] * common
        inside = norm.cdf((ends - shift) / separate) - norm.cdf((-ends - shift) / separate)
        within.append(of_spread @ inside.prod(axis=2) @ of_place)
    # Never below one comparison's own, nor above so many times it: the quadrature's error is not smaller than 1e-11.
    alone = 2 * student.sf(np.abs(raw[valid]), df)
    adjusted[valid] = np.clip(1 - floats(within), alone, np.minimum(valid.sum() * alone, 1))
    return adjusted
