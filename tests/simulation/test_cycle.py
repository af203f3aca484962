"""A planted sales cycle: both rates of a step cover the truth, with people who came late still on their way (B15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs

from kit.questions.sales_cycle import steps

if TYPE_CHECKING:
    from bars import Bars

pytestmark = pytest.mark.slow

SEED = 156353
"""With the number of the sample; drawn anew and fixed before the full run."""

SEEDS, PEOPLE, FOLLOWED, DAYS = 100, 1500, 420, 90
ASKS, ASKS_MEAN = 0.4, 30.0
BUYS, BUYS_MEAN = 0.5, 45.0
"""Shares who go on at all, and the exponential wait of those who do [days]."""


def within(share: float, mean: float, days: float = DAYS) -> float:
    return share * (1 - np.exp(-days / mean))


TRUTH = {"contact → lead": within(ASKS, ASKS_MEAN), "lead → customer": within(BUYS, BUYS_MEAN)}
# The sum of two exponential waits within the days: the convolution of their distributions.
A, B = 1 / ASKS_MEAN, 1 / BUYS_MEAN
TRUTH["contact → customer"] = ASKS * BUYS * (1 - (B * np.exp(-A * DAYS) - A * np.exp(-B * DAYS)) / (B - A))


def waits(rng: np.random.Generator, share: float, mean: float, n: int) -> np.ndarray:
    """Days until the next stage; infinite for those who never come."""
    return np.where(rng.random(n) < share, rng.exponential(mean, n), np.inf)


def histogram(step: str, begun: np.ndarray, took: np.ndarray) -> pd.DataFrame:
    """As `ways.durations` counts them, for people who began so many days before the export."""
    start, _, end = step.partition(" → ")
    reached = took <= begun
    people = pd.DataFrame({"days": np.where(reached, np.ceil(np.where(reached, took, 0)), np.floor(begun))})
    people = people.assign(reached=reached, mature=begun >= DAYS, skipped=False, early=False, group="all", cohort="")
    return people.assign(step=step, start=start, end=end, n=1)


def planted(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, seed])
    begun = rng.uniform(0, FOLLOWED, PEOPLE)
    asks, buys = waits(rng, ASKS, ASKS_MEAN, PEOPLE), waits(rng, BUYS, BUYS_MEAN, PEOPLE)
    asked = asks <= begun
    parts = [
        histogram("contact → lead", begun, asks),
        histogram("lead → customer", (begun - asks)[asked], buys[asked]),
        histogram("contact → customer", begun, asks + buys),
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_planted_conversion_lies_in_both_intervals(bars: Bars) -> None:
    many = max(runs(10 * SEEDS), SEEDS)  # a counts-level run takes a few milliseconds: never fewer than a hundred
    inside = dict.fromkeys([(step, kind) for step in TRUTH for kind in ("plain", "lagged")], 0)
    for seed in range(many):
        result = steps.judge(planted(seed), days=DAYS).rates.set_index("step")
        for step, truth in TRUTH.items():
            row = result.loc[step]
            inside[step, "plain"] += row["low"] <= truth <= row["high"]
            inside[step, "lagged"] += row["lagged_low"] <= truth <= row["lagged_high"]
    for (step, kind), covered in inside.items():
        bars.least("B15", f"coverage of {step}, {kind}", covered / many, 0.95, n=many)


def test_the_lagged_rate_uses_those_who_came_late(bars: Bars) -> None:
    many = runs(SEEDS)
    widths, naive = [], []
    for seed in range(many):
        told = planted(seed)
        row = steps.judge(told, days=DAYS).rates.iloc[0]
        widths.append((row["lagged_high"] - row["lagged_low"]) / (row["high"] - row["low"]))
        first = told[told["step"] == "contact → lead"]
        naive.append((first["reached"] & (first["days"] <= DAYS)).mean() - TRUTH["contact → lead"])
    bars.most("B15", "width of the lagged interval over the plain one", float(np.mean(widths)), 1.0)
    bars.told("B15", "bias of counting those who came late as lost", float(np.mean(naive)))
    assert np.mean(naive) < -0.01
