"""How much of a test on openings can be measured? (guide 1, step 5)

Programs that open all mail do so in both arms alike. They turn no difference round, but they hide a part of it. So the
arms are compared among the people whose program tells, and it is told how many mails it takes with the others in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import LEVEL, MAILS_OF_A_STRATUM
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARES = (0.0, 0.2, 0.4, 0.5, 0.6)
"""Shares of the mail that machines open, for which the mails needed are told."""

COLUMNS = [
    *("campaign_id", "campaign_name", "a", "b", "raw_a", "raw_b", "trackable", "machines"),
    *("n_a", "value_a", "n_b", "value_b", "difference", "low", "high", "p", "needed_all", "needed_measurable"),
]


@dataclass(frozen=True, slots=True)
class Measurable:
    """Tests on openings among the people whose program tells.

    Attributes:
        tests: a row a test and comparison: COLUMNS; raw: opened over delivered; trackable and machines: shares of
            delivered mail whose program tells, and which a program opens by itself; n, value: of the trackable;
            difference: b - a among them [share], with interval and p; needed: delivered mails an arm for the lift
            worth having, with everybody counted and among the trackable alone [of all mails of the arm]. NaN where
            machines are not told apart or fewer than MAILS_OF_A_STRATUM mails of an arm are trackable.
        lift: the lift worth having [relative].
    """

    tests: pd.DataFrame
    lift: float


def arms(openers: pd.DataFrame, *, worthwhile: float, level: float = LEVEL) -> Measurable:
    """Each variant against the first of its campaign, among the people whose program tells.

    Args:
        openers: what `counts.openers(data, ["campaign_id", "campaign_name", "sent_local", "variant"])` returned.
        worthwhile: the relative lift for which the mails needed are told.
        level: confidence of the intervals.

    Source: guide 1, step 5; the arms are drawn at random, so machines are in both alike; Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    tests = openers[openers["variant"].notna() & (openers["variant"] != "")]
    keys = ["sent_local", "campaign_id", "campaign_name", "variant"]
    sums = tests.groupby(keys, sort=True)[_SUMS].sum(min_count=1).astype(float).reset_index()
    rows = [
        _pair(own.iloc[0], own.iloc[b], worthwhile, level)
        for _, own in sums.groupby("campaign_id", sort=False)
        for b in range(1, len(own))
    ]
    return Measurable(pd.DataFrame(rows, columns=COLUMNS), worthwhile)


def dilution(rate: float, lift: float, *, shares: Sequence[float] = SHARES) -> pd.DataFrame:
    """Mails an arm to see a lift of people's openings, by how much mail machines open.

    Args:
        rate: people's open rate [share].
        lift: relative.
        shares: of the mail that machines open.

    Returns:
        A row a share: share, raw [the open rate then counted], needed [mails an arm; NaN where it cannot be told].
    """
    raw = [share + (1 - share) * rate for share in shares]
    return pd.DataFrame({"share": list(shares), "raw": raw, "needed": [_needed(rate, lift, one) for one in shares]})


_SUMS = ["delivered", "opened", "delivered_told", "delivered_trackable", "delivered_prefetching", "opened_trackable"]


def _pair(a: pd.Series, b: pd.Series, lift: float, level: float) -> tuple[object, ...]:
    told = (a["campaign_id"], a["campaign_name"], a["variant"], b["variant"])
    delivered = a["delivered"] + b["delivered"]
    raw = tuple(arm["opened"] / arm["delivered"] if arm["delivered"] > 0 else np.nan for arm in (a, b))
    known = a["delivered_told"] + b["delivered_told"] > 0
    trackable, machines = (
        (a[name] + b[name]) / delivered if known and delivered else np.nan
        for name in ("delivered_trackable", "delivered_prefetching")
    )
    n_a, n_b = a["delivered_trackable"], b["delivered_trackable"]
    if not known or min(n_a, n_b) < MAILS_OF_A_STRATUM:
        return (*told, *raw, trackable, machines, n_a, np.nan, n_b, np.nan, *[np.nan] * 6)
    x_a, x_b = a["opened_trackable"], b["opened_trackable"]
    found = proportions.proportion_difference(x_a, n_a, x_b, n_b, level=level)
    rate = (x_a + x_b) / (n_a + n_b)
    alone = _needed(rate, lift, 0) / trackable
    values = (n_a, x_a / n_a, n_b, x_b / n_b)
    rest = (found.value, found.low, found.high, found.p, _needed(rate, lift, machines), alone)
    return (*told, *raw, trackable, machines, *values, *rest)


def _needed(rate: float, lift: float, share: float) -> float:
    better = rate * (1 + lift)
    if not (rate > 0 and better < 1 and 0 <= share < 1):
        return np.nan
    n = proportions.sample_size(share + (1 - share) * rate, share + (1 - share) * better)
    return float(n) if n is not None else np.nan
