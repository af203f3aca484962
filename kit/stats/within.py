"""One group against the others inside the same strata: the same campaign, the same month.

What strata differ in (a good subject, a bad month) cannot pass for what the group differs in. Mails of one cluster
(a campaign) are alike beyond chance, so the error is taken from how clusters differ, and never below that of
counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import binom, t

from kit.stats.arrays import floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

CLUSTERS_LEAST = 4
"""Clusters on either side from which they show how much they differ."""


@dataclass(frozen=True, slots=True)
class Within:
    """The group against the others of its strata; NaN where it cannot be told.

    Attributes:
        of: events of the group, in strata that have others too.
        n: trials of the group, likewise.
        difference: Mantel and Haenszel's common difference of rates, the group's minus the others' [share].
        low: of its interval.
        high: its other end.
        p: two-sided, of no difference.
        k: clusters on the side that has fewer.
    """

    of: float
    n: float
    difference: float
    low: float
    high: float
    p: float
    k: int


def against(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    inside: ArrayLike | pd.Series,
    *,
    strata: Sequence[object] | pd.Series,
    clusters: Sequence[object] | pd.Series,
    level: float = 0.95,
) -> Within:
    """Compare a group with the others within strata.

    The statistic is Mantel and Haenszel's sum over strata of seen minus expected. Its variance is the larger of
    the hypergeometric one and that of the sums over clusters; Student's with the smaller side's clusters less one.

    Args:
        count: events, a cell each; a cell lies in one stratum and one cluster, inside the group or outside.
        n: trials, likewise.
        inside: whether the cell is the group's.
        strata: what must be alike, a label a cell.
        clusters: what is alike beyond chance, a label a cell.
        level: confidence of the interval, 0 to 1.

    Source: Mantel and Haenszel (1959), doi:10.1093/jnci/22.4.719; the variance over clusters: Liang (1985),
    doi:10.1093/biomet/72.3.678.
    """
    cells = pd.DataFrame(
        {
            "x": floats(count),
            "n": floats(n),
            "z": np.asarray(inside, dtype=float),
            "stratum": np.asarray(strata, dtype=object),
            "cluster": np.asarray(clusters, dtype=object),
        }
    )
    cells = cells[(cells["n"] > 0) & cells["x"].between(0, cells["n"])]
    own = cells.assign(m=cells["n"] * cells["z"]).groupby("stratum")
    cells["trials"], cells["events"] = own["n"].transform("sum"), own["x"].transform("sum")
    cells["mean"] = own["m"].transform("sum") / cells["trials"]
    cells = cells[(cells["mean"] > 0) & (cells["mean"] < 1)]
    group = cells["z"] == 1
    k = min(cells.loc[group, "cluster"].nunique(), cells.loc[~group, "cluster"].nunique())
    of, trials = float(cells.loc[group, "x"].sum()), float(cells.loc[group, "n"].sum())
    if k < CLUSTERS_LEAST:
        return Within(of, trials, nan, nan, nan, nan, k)
    rate = cells["events"] / cells["trials"]
    score = (cells["z"] - cells["mean"]) * (cells["x"] - cells["n"] * rate)
    weight = cells["n"] * cells["z"] * (1 - cells["mean"])
    chance = weight * rate * (1 - rate) * cells["trials"] / (cells["trials"] - 1).clip(lower=1)
    alike = score.groupby(cells["cluster"]).sum()
    error = sqrt(max(float(chance.sum()), float((alike**2).sum())))
    if not error > 0:
        return Within(of, trials, nan, nan, nan, nan, k)
    total, law = float(weight.sum()), t(k - 1)
    value, half = float(score.sum()) / total, float(law.isf((1 - level) / 2)) * error / total
    p = 2 * float(law.sf(abs(float(score.sum())) / error))
    return Within(of, trials, value, max(value - half, -1.0), min(value + half, 1.0), p, k)


def above(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, limit: float) -> np.ndarray:
    """One-sided exact p-value of each rate being no higher than a limit; NaN where n is 0 or a count is missing.

    Args:
        count: events.
        n: trials.
        limit: the rate, as a share.
    """
    x, total = np.broadcast_arrays(floats(count), floats(n))
    known = (total > 0) & (x >= 0) & (x <= total)
    return np.where(known, binom.sf(np.where(known, x, 1) - 1, np.where(known, total, 1), limit), nan)
