"""When do people react, and when is mail sent? (guide 1, step 6)

Hours are counted from each person's own delivery: from the campaign's start a slow sending would look like slow
readers. What was sent at which hour was not drawn by lot, so the table of hours is a view and no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import CAMPAIGNS, large_enough
from kit.stats import proportions

if TYPE_CHECKING:
    from kit.metrics import Kpi

HOURS = (1, 3, 6, 12, 24, 48, 72, 168)
"""Hours after delivery at which the table stops."""

PART = 3
"""Hours of a cell of the week: narrower ones have too few campaigns."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon people open and click.

    Attributes:
        curve: a row a kind and hour, 1 to 168: what ["opening", "click"], hour, people [whose first one came
            within so many hours], n [who did within the week], value, low, high [share of these].
        reached: a row a kind: what, n, half, nine [hours within which half and nine in ten of them came; whole
            hours, NaN where nobody did].
        mails: delivered, and followed for a week.
    """

    curve: pd.DataFrame
    reached: pd.DataFrame
    mails: int


@dataclass(frozen=True, slots=True)
class Week:
    """One rate by weekday and part of the day of sending.

    Attributes:
        kpi: the rate.
        cells: a row a cell with mail: weekday [0 is Monday], part [its first hour], campaigns, of, n, value, low, high
            [counting error alone], large [enough campaigns and mails to be looked at].
    """

    kpi: Kpi
    cells: pd.DataFrame

    @property
    def large(self) -> pd.DataFrame:
        """The cells that can be looked at."""
        return self.cells[self.cells["large"]]


def pace(counts: pd.DataFrame) -> Pace:
    """How soon the week's openings and clicks come.

    Args:
        counts: what `counts.reactions` returned.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953; guide 1, step 6.
    """
    last = max(HOURS)
    parts, reached = [], []
    for what in ("opening", "click"):
        own = counts[counts["what"] == what].set_index("hour")["people"]
        within = own.reindex(range(last)).fillna(0).cumsum().astype(float).to_numpy()
        n = float(within[-1])
        low, high = proportions.proportion_interval(within, np.full(last, n))
        value = within / n if n else np.full(last, np.nan)
        hours = np.arange(1, last + 1)
        parts.append(
            pd.DataFrame(
                {"what": what, "hour": hours, "people": within, "n": n, "value": value, "low": low, "high": high}
            )
        )
        half, nine = (float(hours[np.argmax(value >= share)]) if n else np.nan for share in (0.5, 0.9))
        reached.append({"what": what, "n": n, "half": half, "nine": nine})
    mails = int(counts["mails"].iloc[0]) if len(counts) else 0
    return Pace(pd.concat(parts, ignore_index=True), pd.DataFrame(reached), mails)


def week(counts: pd.DataFrame, key: str = "click_rate") -> Week:
    """One rate by weekday and part of the day of sending.

    Args:
        counts: what `counts.sendings` returned.
        key: a rate of opened, clicked or unsubscribed over delivered.
    """
    told = metrics.find(key)
    known = counts[counts[[told.numerator, told.denominator]].notna().all(axis=1)]
    known = known.assign(part=known["hour"] // PART * PART)
    sums = known.groupby(["weekday", "part"], as_index=False).agg(
        campaigns=("campaign_id", "nunique"), **{name: (name, "sum") for name in (told.numerator, told.denominator)}
    )
    found = metrics.values(sums, [key], by=["weekday", "part", "campaigns"])
    large = large_enough(found) & (found["campaigns"] >= CAMPAIGNS)
    return Week(told, found.assign(large=large).drop(columns=["kpi", "missing"]))
