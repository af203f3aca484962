"""What frequency does to a person, and not to a mail: who gets more mail meets the link to leave more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kit.stats import proportions
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

MONTH_DAYS = 365.25 / 12
"""Days of a month."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """Unsubscribes against mails received; targeted, not causal.

    Attributes:
        levels: a row a window and level: days, level, people, mails, unsubscribed, value, low, high [share of
            mails], monthly [mails a person and month at this pace], month, year [share of people who leave in a
            month and in a year at this pace].
        overall: the share of mails at which somebody left.
        yearly: share of people who leave in a year at the usual pace.
        monthly: mails a person and month, as the average mail has it.
    """

    levels: pd.DataFrame
    overall: float
    yearly: float
    monthly: float


def by_pressure(counts: pd.DataFrame) -> Frequency:
    """Unsubscribes a mail, a person and month, a person and year, by mails received.

    Args:
        counts: what `counts.pressure` returned.

    Source: guide 1, step 4; 0.2 % a mail is 17.5 % a year at eight mails a month.
    """
    x, n = floats(counts["unsubscribed"]), floats(counts["mails"])
    low, high = proportions.proportion_interval(x, n)
    value = np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)
    monthly = floats(counts["received"]) / np.where(n > 0, n, np.nan) / floats(counts["days"]) * MONTH_DAYS
    levels = counts.assign(value=value, low=low, high=high, monthly=monthly)
    levels = levels.assign(month=yearly(value, monthly / 12), year=yearly(value, monthly))
    widest = levels[levels["days"] == levels["days"].max()]
    mails = float(widest["mails"].sum())
    if not mails:
        return Frequency(levels.drop(columns="received"), np.nan, np.nan, np.nan)
    overall = float(widest["unsubscribed"].sum()) / mails
    pace = float((widest["mails"] * widest["monthly"]).sum()) / mails
    return Frequency(levels.drop(columns="received"), overall, float(yearly(overall, pace)), pace)


def yearly(rate: ArrayLike, monthly: ArrayLike) -> Floats:
    """Share of people who leave within a year, at this share a mail and so many mails a month."""
    return 1 - (1 - floats(rate)) ** (12 * floats(monthly))
