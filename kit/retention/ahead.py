"""How many of those who join will still be there, month by month, checked on months held back."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import LEVEL
from kit.retention.people import MONTH, told, watched_days, why_no_curve, why_none
from kit.stats import sbg, survival

if TYPE_CHECKING:
    from kit.stats.sbg import Sbg

_NO_CHECK = pd.DataFrame(columns=["month", "n", "expected", "low", "high", "observed"])


@dataclass(frozen=True, slots=True)
class Projection:
    """How many will still be there, month by month, and how that went the last time.

    Attributes:
        ahead: a row a month since joining: month, value, low, high [share still there by the model], seen [the same
            as watched; NaN beyond what anybody was].
        check: a row a month of those held back: month, n [people there before], expected, low, high [of them still
            there, by the model of what went before], observed.
        model: fitted to all; None where there is a reason.
        remaining: months still to come of who joins now, worth less by 10 % a year the later they come.
        reason: why nothing is projected; "" where it is.
        unchecked: why nothing was held back; "" where it was.
    """

    ahead: pd.DataFrame
    check: pd.DataFrame
    model: Sbg | None
    remaining: float
    reason: str = ""
    unchecked: str = ""


def projection(people: pd.DataFrame, *, ahead: int = 24, held_back: int = 6, level: float = LEVEL) -> Projection:
    """How many of those who join will still be there in the months to come, checked on months held back.

    Args:
        people: what `counts.subscribers` returned.
        ahead: months since joining to project.
        held_back: the last months, left out of a first fit and then compared with it.
        level: confidence.

    Source: shifted beta-geometric, Fader & Hardie (2007), doi:10.1002/dir.20074. Months of 30.4 days from joining.
    """
    dated, *_ = told(people)
    watched, _before = watched_days(dated)
    reason = why_none(people, dated) or why_no_curve(watched)
    model = None if reason else _fitted(watched)
    if model is None:
        empty = pd.DataFrame(columns=["month", "value", "low", "high", "seen"])
        return Projection(empty, _NO_CHECK, None, nan, reason or "no spread of leaving was found among people")
    months = np.arange(1, ahead + 1)
    value, low, high = sbg.survival(model, months, level=level)
    curve = survival.kaplan_meier(
        watched["days"], watched["cause"] != "", watched["n"], entry=watched["entry"], level=level
    )
    seen = [curve.at(month * MONTH)[0] for month in months]
    table = pd.DataFrame({"month": months, "value": value, "low": low, "high": high, "seen": seen})
    check, unchecked = _check(dated, held_back, level)
    monthly = 1.1 ** (1 / 12) - 1
    return Projection(
        table, check, model, sbg.discounted_expected_residual_lifetime(model, 1, discount=monthly), "", unchecked
    )


def _fitted(watched: pd.DataFrame) -> Sbg | None:
    stayed = watched["days"] // MONTH
    # Of a month that is not over only those who left would show: what is known ends where it began.
    over = (stayed + 1) * MONTH <= (watched["until"] - watched["joined"]).dt.days
    left = (watched["cause"] != "") & over
    entry = np.ceil(watched["entry"] / MONTH)
    some = stayed >= entry  # a month that was watched in part tells nothing whole
    return sbg.fit((stayed + left)[some], left[some], watched["n"][some], entry=entry[some])


def _check(known: pd.DataFrame, held_back: int, level: float) -> tuple[pd.DataFrame, str]:
    """The model of what was known so many months ago, against what became of those who were there."""
    until = known["until"].iloc[0]
    cut = until - pd.Timedelta(days=round(held_back * MONTH))
    then = known[known["joined"] < cut]
    later = then["left"] > cut
    then = then.assign(until=cut, cause=then["cause"].mask(later, ""), left=then["left"].mask(later))
    watched, _before = watched_days(then)
    why = why_no_curve(watched)
    model = None if why else _fitted(watched)
    if model is None:
        return _NO_CHECK, f"{held_back} months before the end: {why or 'no spread of leaving was found among people'}"
    there = then["cause"] == ""
    own = known.loc[then.index[there]]
    tenure = ((cut - own["joined"]).dt.days / MONTH).to_numpy()
    rows = []
    for month in range(1, held_back + 1):
        day = cut + pd.Timedelta(days=round(month * MONTH))
        still = sbg.total_retained(model, tenure + month, tenure, own["n"], level=level)
        rows.append((month, int(own["n"].sum()), *still, int(own.loc[~(own["left"] <= day), "n"].sum())))
    return pd.DataFrame(rows, columns=_NO_CHECK.columns), ""
