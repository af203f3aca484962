"""What comes in as numbers: lists, arrays, Series with missing values, all as floats with NaN."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def floats(values: ArrayLike | pd.Series) -> Floats:
    """The values as floats, a missing one (None, NaN, NA) as NaN."""
    raw = np.asarray(values)
    if raw.dtype == object:
        raw = np.where(pd.isna(raw), np.nan, raw)
    return raw.astype(np.float64)
