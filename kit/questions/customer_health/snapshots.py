"""Accounts on earlier evenings, and whether they left soon after: what a score is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.stats.cluster_robust import clustered_rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kit.questions.customer_health.score import Scores

EVERY = 4
"""Weeks between two snapshots."""


@dataclass(frozen=True)
class Snapshots:
    """Accounts on some evenings, and whether they left soon after.

    Attributes:
        account: its code, a row each.
        week: the column of the evening.
        left: whether it left between `gap` and `gap` + horizon days later.
        young: snapshots that were not followed for so long.
        at_once: snapshots that left within the gap, too soon to act.
    """

    account: NDArray[np.int64]
    week: NDArray[np.int64]
    left: NDArray[np.bool_]
    young: int
    at_once: int


def snapshots(scores: Scores, weeks: NDArray[np.int64], *, gap: int, horizon: int, until: float) -> Snapshots:
    """The customers on the evenings of some weeks, followed for gap + horizon days, which end by a day.

    Args:
        scores: what `score.measure` returned.
        weeks: columns.
        gap: days that acting needs: who leaves within them is in none of both.
        horizon: days in which leaving counts.
        until: the day up to which leaving is looked at [days since 1970-01-01].
    """
    days = scores.weeks.days[weeks]
    here = scores.customers[:, weeks] & ~scores.churn.excluded[:, None]
    followed = (days + gap + horizon <= until)[None, :]
    day = np.where(np.isnan(scores.churn.day), np.inf, scores.churn.day)[:, None]
    at_once = here & followed & (day <= days[None, :] + gap)
    kept = here & followed & ~at_once
    account, place = np.nonzero(kept)
    left = day[account, 0] <= days[place] + gap + horizon
    return Snapshots(account, weeks[place], left, int((here & ~followed).sum()), int(at_once.sum()))


def halves(scores: Scores, *, gap: int, horizon: int) -> tuple[Snapshots, Snapshots]:
    """Snapshots of the training weeks, all of whose leaving is before the later weeks begin, and of the later ones."""
    n, known = scores.weeks.n, scores.churn.known_until
    train = np.arange(scores.trained - 1, -1, -EVERY)[::-1]
    test = np.arange(n - 1, scores.trained - 1, -EVERY)[::-1]
    split = min(float(scores.weeks.days[scores.trained - 1]), known)
    return (
        snapshots(scores, train, gap=gap, horizon=horizon, until=split),
        snapshots(scores, test, gap=gap, horizon=horizon, until=known),
    )


def clustered_share(happened: NDArray[np.bool_], account: NDArray[np.int64]) -> dict[str, Any]:
    """The share of snapshots to which something happened, with accounts as clusters.

    Returns:
        n, happened [snapshots], value, low, high [share], effect [snapshots that say as much as one independent one].
    """
    sums = pd.DataFrame({"account": account, "x": happened * 1.0, "m": 1.0}).groupby("account").sum()
    x, m = sums["x"], sums["m"]
    rate = clustered_rates([len(sums)], [x.sum()], [m.sum()], squares=([(x**2).sum()], [(m**2).sum()], [(x * m).sum()]))
    return {
        "n": len(happened), "happened": int(happened.sum()), "value": rate.value[0], "low": rate.low[0],
        "high": rate.high[0], "effect": rate.design_effect[0],
    }  # fmt: skip
