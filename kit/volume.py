"""Which KPIs can our volume measure at all? (guide 1, step 1)

A goal chooses KPIs; the number of mails decides which of them can answer. For each rate: how many mails
an arm or a month needs before a change worth having is seen, and how soon they come together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

WORTHWHILE = 0.2
"""A change of a fifth of the present rate: what a firm would act on (a setting of the notebook)."""

REACHES = (("each campaign", 0), ("each month", 1), ("a quarter", 3), ("a year", 12))
"""Spans in which mails come together: name and months; 0 months is one campaign."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What the volume can measure.

    Attributes:
        rates: a row a KPI: kpi, base [present rate], low, high, n [its denominator], n_campaign, n_month [the
            denominator's median], needed [of it, for each of two sides; of a rise and a fall the greater],
            sees_campaign, sees_month [smallest change seen four times in five, in shares], verdict:
            "each campaign", "each month", "a quarter", "a year", "not at this volume" or "unknown".
        worthwhile: the relative change that is asked for.
    """

    rates: pd.DataFrame
    worthwhile: float


def measurable(
    by_campaign: pd.DataFrame, by_month: pd.DataFrame, kpis: Sequence[str], *, worthwhile: float = WORTHWHILE
) -> Volume:
    """For each rate, the shortest span in which a worthwhile change can be seen.

    Args:
        by_campaign: counts, a row a campaign.
        by_month: counts, a row a month.
        kpis: keys of rates.
        worthwhile: the relative change to be seen, 0.2 for a fifth.

    Source: two-proportion z test, 5 % two-sided, power 80 %, pooled null variance (as R power.prop.test).
    """
    rows = [_row(by_campaign, by_month, key, worthwhile) for key in kpis]
    return Volume(pd.DataFrame(rows), worthwhile)


def _row(by_campaign: pd.DataFrame, by_month: pd.DataFrame, key: str, worthwhile: float) -> dict[str, object]:
    whole = metrics.overall(by_campaign, [key]).iloc[0]
    n_campaign, n_month = (_median(counts, key) for counts in (by_campaign, by_month))
    row: dict[str, object] = {"kpi": key, "base": whole["value"], "low": whole["low"], "high": whole["high"]}
    row |= {"n": whole["n"], "n_campaign": n_campaign, "n_month": n_month}
    base = float(whole["value"])
    if not 0 < base < 1:
        nothing = {"needed": np.nan, "sees_campaign": np.nan, "sees_month": np.nan}
        return row | nothing | {"verdict": "not at this volume" if base in (0, 1) else "unknown"}
    # A rate near 1 is judged by what is left of it: a fifth more bounces, not a fifth fewer deliveries.
    rare = min(base, 1 - base)
    needed = float(np.fmax(_needed(rare, rare * (1 + worthwhile)), _needed(rare, rare * (1 - worthwhile))))
    spans = [(name, n_campaign if months == 0 else n_month * months) for name, months in REACHES]
    reach = next((name for name, n in spans if n >= needed), "not at this volume")
    sees = {
        f"sees_{name}": proportions.minimum_detectable_effect(rare, n)
        for name, n in (("campaign", n_campaign), ("month", n_month))
    }
    return row | {"needed": needed} | sees | {"verdict": reach}


def _needed(base: float, other: float) -> float:
    """Of each side; NaN where there is no such other rate."""
    needed = proportions.sample_size(base, other) if 0 <= other <= 1 else None
    return np.nan if needed is None else float(needed)


def _median(counts: pd.DataFrame, key: str) -> float:
    """Of the denominator, over the groups that know both counts."""
    kpi = metrics.find(key)
    known = counts[[kpi.numerator, kpi.denominator]].notna().all(axis=1)
    return float(counts.loc[known, kpi.denominator].astype(float).median())
