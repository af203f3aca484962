"""Who comes back? (guide 2, repeat purchase)

Three figures go by the name of repeat rate, and they differ. Of the buyers of a window, those who bought twice in it;
of the same buyers, those who ever bought twice ("returning customers", which rises as the log gets older); and of
those who bought a first time, those who come again within so many days, whatever the calendar. Only the last can be
compared between months: people not yet followed for so long count for as long as they were (Kaplan-Meier).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import LEVEL, PEOPLE
from kit.stats import proportions, survival

if TYPE_CHECKING:
    from kit.stats.survival import Curve, Logrank

MILESTONES = (30, 60, 90, 180, 365)
"""Days after the first time at which the share is told."""

_COHORTS = ["cohort", "n", "came", "value", "low", "high", "followed"]
_SHARES = ["days", "value", "low", "high", "at_risk", "naive"]


@dataclass(frozen=True, slots=True)
class Back:
    """How many come a second time, and how soon.

    Attributes:
        days: within which the cohorts are compared.
        n: people with a first time.
        came: of them came again so far.
        shares: a row a milestone and `days`: days, value, low, high [share who came again within so many days; NaN:
            nobody was followed for so long], at_risk [people followed so long who had not come], naive [came so
            far within so many days, of all: too low while people are young].
        cohorts: a row a quarter of the first time: cohort, n, came, value, low, high [within `days`], followed [days
            since the youngest of it could have come]; quarters of fewer than 30 people are left to `shares`.
        curve: the share that has not come again.
        median: days until half have come; None: not reached.
        alike: whether the cohorts come back alike.
    """

    days: int
    n: int
    came: int
    shares: pd.DataFrame
    cohorts: pd.DataFrame
    curve: Curve
    median: float | None
    alike: Logrank


def window(counted: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """The repeat rates of a window.

    Args:
        counted: what `counts.repeat` returned.
        level: confidence.

    Returns:
        A row a rate: rate [repeated, repeated_days, returning], of, n [people], value, low, high. None without buyers.

    Source: guide 2; Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    told = counted.melt(value_vars=["repeated", "repeated_days", "returning"], var_name="rate", value_name="numerator")
    told = told.assign(n=int(counted["buyers"].sum()))
    low, high = proportions.proportion_interval(told["numerator"], told["n"], level=level)
    return told.assign(value=told["numerator"].astype(float) / told["n"], low=low, high=high)


def soon(counted: pd.DataFrame, *, days: int = 90, level: float = LEVEL) -> Back:
    """How many come a second time within so many days of the first.

    Args:
        counted: what `counts.again` returned.
        days: within which cohorts are compared.
        level: confidence.

    Source: guide 2; Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; log-rank test, Mantel (1966).
    """
    waited, came, people = counted["days"], counted["again"].astype(bool), counted["n"]
    curve = survival.kaplan_meier(waited, came, people, level=level)
    total = int(people.sum())
    asked = sorted({*MILESTONES, days})
    naive = [int(people[came & (waited <= day)].sum()) / total if total else nan for day in asked]
    shares = pd.DataFrame([(day, *_came(curve, day, level), _watched(curve, day)) for day in asked])
    shares = shares.set_axis(_SHARES[:-1], axis=1).assign(naive=naive)
    quarter = pd.PeriodIndex(counted["cohort"], freq="M").asfreq("Q") if total else pd.PeriodIndex([], freq="Q")
    rows = []
    for cohort, own in counted.groupby(quarter):
        part = survival.kaplan_meier(own["days"], own["again"], own["n"], level=level)
        open_days = own.loc[~own["again"].astype(bool), "days"]
        followed = float(open_days.min()) if len(open_days) else part.end
        rows.append((str(cohort), part.n, part.events, *_came(part, days, level), followed))
    cohorts = pd.DataFrame(rows, columns=_COHORTS)
    cohorts = cohorts[cohorts["n"] >= PEOPLE].reset_index(drop=True)
    large = np.isin(quarter.astype(str), cohorts["cohort"])
    alike = survival.logrank(waited[large], came[large], quarter.astype(str)[large], people[large])
    return Back(days, total, curve.events, shares, cohorts, curve, curve.reaches(0.5), alike)


def _came(curve: Curve, day: float, level: float) -> tuple[float, float, float]:
    value, low, high = curve.at(day, level=level)
    return 1 - value, 1 - high, 1 - low


def _watched(curve: Curve, day: float) -> float:
    place = int(np.searchsorted(curve.times, day))
    return float(curve.at_risk[place]) if place < curve.times.size else 0.0
