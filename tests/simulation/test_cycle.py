"""A planted sales cycle: both rates of a step cover the truth, with people who came late still on their way (B15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs
from scipy.stats import gamma
from years import propensities

from generator.worlds import ALIKE, PEOPLE
from kit.questions.sales_cycle import steps

if TYPE_CHECKING:
    from bars import Bars

    from generator.worlds import World

pytestmark = pytest.mark.slow

SEED = 156353
"""With the number of the sample; drawn anew and fixed before the full run."""

SEEDS, MANY, FOLLOWED, DAYS = 100, 1500, 420, 90
in_each_world = pytest.mark.parametrize("world", [ALIKE, PEOPLE], ids=lambda world: world.name)
ASKS, ASKS_MEAN = 0.4, 30.0
BUYS, BUYS_MEAN = 0.5, 45.0
"""Shares who go on at all, and the exponential wait of those who do [days]."""


def within(share: float, mean: float, days: float = DAYS) -> float:
    return share * (1 - np.exp(-days / mean))


MOST = 0.95
"""Of anybody who goes on at all."""


def truth(world: World) -> dict[str, float]:
    """What each step comes to within the days, over all people."""
    keen = np.ones(1)
    if world.person_cv is not None:
        keen = gamma.ppf((np.arange(20_000) + 0.5) / 20_000, world.person_cv**-2, scale=world.person_cv**2)
    asks, buys = (np.minimum(share * keen, MOST) for share in (ASKS, BUYS))
    # The sum of two exponential waits within the days: the convolution of their distributions.
    a, b = 1 / ASKS_MEAN, 1 / BUYS_MEAN
    both = 1 - (b * np.exp(-a * DAYS) - a * np.exp(-b * DAYS)) / (b - a)
    return {
        "contact → lead": within(asks.mean(), ASKS_MEAN),
        "lead → customer": within((asks * buys).mean() / asks.mean(), BUYS_MEAN),
        "contact → customer": (asks * buys).mean() * both,
    }


def waits(rng: np.random.Generator, share: float, mean: float, keen: np.ndarray) -> np.ndarray:
    """Days until the next stage; infinite for those who never come."""
    goes_on = rng.random(keen.size) < np.minimum(share * keen, MOST)
    return np.where(goes_on, rng.exponential(mean, keen.size), np.inf)


def histogram(step: str, begun: np.ndarray, took: np.ndarray) -> pd.DataFrame:
    """As `ways.durations` counts them, for people who began so many days before the export."""
    start, _, end = step.partition(" → ")
    reached = took <= begun
    people = pd.DataFrame({"days": np.where(reached, np.ceil(np.where(reached, took, 0)), np.floor(begun))})
    people = people.assign(reached=reached, mature=begun >= DAYS, skipped=False, early=False, group="all", cohort="")
    return people.assign(step=step, start=start, end=end, n=1)


def planted(seed: int, world: World) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, seed])
    begun, keen = rng.uniform(0, FOLLOWED, MANY), propensities(rng, world, MANY)
    asks, buys = waits(rng, ASKS, ASKS_MEAN, keen), waits(rng, BUYS, BUYS_MEAN, keen)
    asked = asks <= begun
    parts = [
        histogram("contact → lead", begun, asks),
        histogram("lead → customer", (begun - asks)[asked], buys[asked]),
        histogram("contact → customer", begun, asks + buys),
    ]
    return pd.concat(parts, ignore_index=True)


@in_each_world
def test_the_planted_conversion_lies_in_both_intervals(world: World, bars: Bars) -> None:
    many = max(runs(10 * SEEDS), SEEDS // 2)  # never fewer than fifty
    steps_of = truth(world)
    inside = dict.fromkeys([(step, kind) for step in steps_of for kind in ("plain", "lagged")], 0)
    for seed in range(many):
        result = steps.judge(planted(seed, world), days=DAYS).rates.set_index("step")
        for step, share in steps_of.items():
            row = result.loc[step]
            inside[step, "plain"] += row["low"] <= share <= row["high"]
            inside[step, "lagged"] += row["lagged_low"] <= share <= row["lagged_high"]
    for (step, kind), covered in inside.items():
        bars.least("B15", f"coverage of {step}, {kind}, world {world.name}", covered / many, 0.95, n=many)


@in_each_world
def test_the_lagged_rate_uses_those_who_came_late(world: World, bars: Bars) -> None:
    many = runs(SEEDS)
    widths, naive = [], []
    for seed in range(many):
        told = planted(seed, world)
        row = steps.judge(told, days=DAYS).rates.iloc[0]
        widths.append((row["lagged_high"] - row["lagged_low"]) / (row["high"] - row["low"]))
        first = told[told["step"] == "contact → lead"]
        naive.append((first["reached"] & (first["days"] <= DAYS)).mean() - truth(world)["contact → lead"])
    bars.most(
        "B15", f"width of the lagged interval over the plain one, world {world.name}", float(np.mean(widths)), 1.0
    )
    bars.told("B15", f"bias of counting those who came late as lost, world {world.name}", float(np.mean(naive)))
    assert np.mean(naive) < -0.01
