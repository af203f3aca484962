"""Planted return on investment: a holdout's interval covers it, whatever clicks would have claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs

from kit.questions.sales_cycle import attribution, holdout, returns

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

HELD, MAILED = 600, 5_400
COST, MARGIN = 40_000.0, 0.4
SEEDS = 100


def buyers(rng: Generator, n: int, rate: float) -> np.ndarray:
    """Revenue of those who buy: orders of a person are gamma-Poisson, amounts lognormal."""
    orders = rng.poisson(rng.gamma(0.6, rate / 0.6, n))
    person = np.repeat(np.arange(n), orders)
    totals = np.bincount(person, weights=rng.lognormal(3.5, 0.7, len(person)), minlength=n)
    return totals[totals > 0]


@pytest.mark.parametrize("lift", [0.0, 0.5])
def test_the_planted_return_lies_in_its_interval(lift: float, bars: Bars) -> None:
    many = max(runs(SEEDS * 10), SEEDS)  # never fewer than the hundred seeds
    truth = (MARGIN * 0.3 * lift * np.exp(3.5 + 0.7**2 / 2) * MAILED - COST) / COST
    arms = pd.DataFrame(
        {"experiment": "", "arm": ["held", "mail"], "is_holdout": [True, False], "assigned": pd.Timestamp("2026-01-01")}
        | {"persons": [HELD, MAILED], "crossed": 0, "mailed": [0, MAILED]}
    )
    costs = pd.DataFrame([{"kind": "people", "amount": COST, "unpriced": 0, "undated": 0, "currency": "EUR"}])
    inside = 0
    for seed in range(many):
        rng = np.random.default_rng(seed)
        held, mailed = buyers(rng, HELD, 0.3), buyers(rng, MAILED, 0.3 * (1 + lift))
        sales = pd.DataFrame({"arm": np.repeat(["held", "mail"], [len(held), len(mailed)])})
        sales = sales.assign(experiment="", after=True, orders=1, revenue=np.concatenate([held, mailed]))
        (effect,) = holdout.judge(arms, sales)
        nothing = attribution.judge(
            pd.DataFrame({"known": [True], "orders": [1], "revenue": [1.0], "unpriced": [0]}),
            pd.DataFrame(columns=["person", "campaign_id", "before", "days", "orders", "revenue"]),
            MAILED,
            windows=(attribution.HEADLINE,),
        )
        table = returns.judge(costs, nothing, effect, margin=MARGIN).figures
        roi = table[(table["basis"] == "incremental") & (table["figure"] == "ROI")].iloc[0]
        inside += roi["low"] <= truth <= roi["high"]
    bars.least("C8", f"planted return inside its 95 % interval, lift {lift:g}", inside / many, 0.95, n=many)
