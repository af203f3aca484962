"""How do young campaigns do, when all are as old as the youngest? (guide 1, step 3)

A campaign of yesterday has not had its time yet. Set beside what the others had brought at its age it can be judged at
once; its final rate cannot be told from that, but how much of it has usually come by then can.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from kit import compare

if TYPE_CHECKING:
    import pandas as pd

    from kit.compare import Comparison
    from kit.timing import Pace

DAY = 24
"""Hours."""

LEAST = 1
"""Hours from which a campaign is looked at."""

_SEEN = {"open_rate": "opening", "click_rate": "click", "click_rate_human": "click", "click_to_open_rate": "click"}
"""What of a week's reactions speaks for a rate."""


@dataclass(frozen=True, slots=True)
class EqualAge:
    """Young campaigns beside the others at their age.

    Attributes:
        hours: the common age, that of the youngest; 0 where no campaign is young.
        compared: all campaigns at that age.
        young: of its rates those of young campaigns.
        seen: share of a week's openings or clicks by people that have come by that age; NaN where it is not known.
        low: of its interval.
        high: its other end.
    """

    hours: int
    compared: Comparison
    young: pd.DataFrame
    seen: float
    low: float
    high: float


def hours(ages: pd.DataFrame, *, maturity_days: int) -> int:
    """The age of the youngest campaign that is too young to be judged by all it has brought; 0 where none is.

    Args:
        ages: what `counts.ages` returned.
        maturity_days: from which age a campaign is judged without this.
    """
    young = _young(ages, maturity_days)["hours"]
    return int(young.min()) if len(young) else 0


def judge(counts: pd.DataFrame, key: str, ages: pd.DataFrame, pace: Pace, *, maturity_days: int) -> EqualAge:
    """Compare all campaigns at the age of the youngest.

    Args:
        counts: a row a campaign, from `counts.at_age(data, […], hours=hours(ages))`.
        key: the KPI, a rate.
        ages: what `counts.ages` returned.
        pace: what `timing.pace` returned.
        maturity_days: as for `hours`.

    Source: guide 1, step 3; the comparison as `compare.campaigns`.
    """
    age = hours(ages, maturity_days=maturity_days)
    result = compare.campaigns(counts if age else counts.iloc[:0], key, as_of=None, maturity_days=0)
    young = result.rates[result.rates["campaign_id"].isin(_young(ages, maturity_days)["campaign_id"])]
    by_then = pace.curve[(pace.curve["what"] == _SEEN.get(key, "")) & (pace.curve["hour"] == age)]
    seen = by_then[["value", "low", "high"]].to_numpy().tolist()
    return EqualAge(age, result, young.reset_index(drop=True), *(seen[0] if seen else (nan, nan, nan)))


def _young(ages: pd.DataFrame, maturity_days: int) -> pd.DataFrame:
    return ages[(ages["hours"] >= LEAST) & (ages["hours"] < maturity_days * DAY)]
