"""The service by month, with busy days: coverage of a month's median, false and found changes of level (S30, S31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs

from kit.questions.months import service_months
from kit.stats import response_times

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

SEED = 26300
"""Drawn anew and fixed before the full run."""

MONTHS, DAYS, A_DAY, USUAL = 12, 22, 3, 300.0
"""Months of a history, working days a month, requests a day (Poisson), and the median wait [min]."""

OF_A_REQUEST = 0.8
"""Spread of the logarithm of a wait within a day."""


def waits(rng: Generator, busy: float, *, factor: float = 1, month: float = 0.0) -> pd.DataFrame:
    """Requests of a year: days have their own luck, and from the eighth month on waits are `factor` times as long."""
    requests = rng.poisson(A_DAY, (MONTHS, DAYS))
    place = np.repeat(np.arange(MONTHS), DAYS)
    luck = rng.normal(0, busy, place.size) + rng.normal(0, month, MONTHS)[place]
    rows = np.repeat(np.arange(place.size), requests.ravel())
    level = USUAL * np.where(place >= 7, factor, 1.0)
    minutes = level[rows] * np.exp(luck[rows] + rng.normal(0, OF_A_REQUEST, rows.size))
    names = pd.period_range("2025-01", periods=MONTHS, freq="M").strftime("%Y-%m").to_numpy()
    return pd.DataFrame(
        {
            "month": names[place[rows]], "day": rows, "person": np.arange(rows.size).astype(str), "minutes": minutes,
            "answered": True, "closed": False, "n": 1,
        }
    )  # fmt: skip


@pytest.mark.parametrize("busy", [0.0, 0.5, 1.0])
def test_a_month_holds_its_median(busy: float, rng: Generator, bars: Bars) -> None:
    many = runs(2_000)
    held, alone = [], []
    for _ in range(many):
        month = waits(rng, busy).head(DAYS * A_DAY)
        found = response_times.median_response_time(month["minutes"], month["answered"], days=month["day"])
        plain = response_times.median_response_time(month["minutes"], month["answered"])
        held.append((found.low or 0) <= USUAL <= (found.high or np.inf))
        alone.append((plain.low or 0) <= USUAL <= (plain.high or np.inf))
    bars.least("S30", f"coverage of a month's median, busy days {busy:g}", float(np.mean(held)), 0.95, n=many)
    bars.told("S30", f"the same by single requests, busy days {busy:g}", float(np.mean(alone)), n=many)


@pytest.mark.parametrize(("busy", "month"), [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 0.15)])
def test_years_without_a_change_have_none(busy: float, month: float, rng: Generator, bars: Bars) -> None:
    many = runs(1_000)
    named = [bool(service_months.judge(waits(rng, busy, month=month), {}, as_of=None).found) for _ in range(many)]
    what = f"years with a false change, busy days {busy:g}, months {month:g}"
    bars.most("S31", what, float(np.mean(named)), 0.05, n=many)


@pytest.mark.parametrize(("busy", "factor", "least"), [(0.5, 0.5, 0.9), (1.0, 0.5, 0.5), (0.5, 0.75, 0.0)])
def test_a_change_is_found_without_being_told_where(
    busy: float, factor: float, least: float, rng: Generator, bars: Bars
) -> None:
    many = runs(500)
    found = [
        [
            (row["first"], row["last"])
            for row in service_months.judge(waits(rng, busy, factor=factor), {}, as_of=None).found
        ]
        for _ in range(many)
    ]
    what = f"changes to {factor:g} times found, busy days {busy:g}"
    bars.least("S31", what, float(np.mean([bool(rows) for rows in found])), least, n=many)
    right = [rows[0][0] <= "2025-08" <= rows[0][1] for rows in found if rows]
    bars.told(
        "S31",
        f"of them the months named hold the true one, to {factor:g} times, busy days {busy:g}",
        float(np.mean(right)),
        n=len(right),
    )
