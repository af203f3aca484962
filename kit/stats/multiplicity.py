"""Many p-values at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from statsmodels.stats.multitest import multipletests

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


def adjust(p: ArrayLike | pd.Series, method: Literal["bh", "holm"] = "bh") -> Floats:
    """The p-values, raised for how many they are.

    Args:
        p: in any order; NaN stays NaN and does not count.
        method: "bh" keeps the false among the flagged at the level, "holm" the chance of any false one.

    Source: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Holm (1979),
    jstor.org/stable/4615733.
    """
    raw = floats(p)
    known = np.isfinite(raw)
    adjusted = np.full(raw.shape, np.nan)
    if known.any():
        adjusted[known] = multipletests(raw[known], method={"bh": "fdr_bh", "holm": "holm"}[method])[1]
    return adjusted
