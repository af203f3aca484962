"""Readers who keep silent by luck are seldom called silent, however much people differ in clicking (C12)."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log
from random import Random

import numpy as np
import pandas as pd
import pytest
from bars import Bars, runs

from generator.behaviour import Odds
from generator.worlds import ALIKE, PEOPLE, World
from kit.questions.retention import silence

pytestmark = pytest.mark.slow

READERS, GONE = 4000, 1000
"""People who read, and people who stopped when the window began."""

BEFORE, WINDOW = (0, 150), (20, 150)
"""Mails before the window and in it, fewest and most."""

SEED = 7301
CLICK = Odds().read * Odds().click
WORLDS = (
    ALIKE,
    replace(PEOPLE, name="people, cv 1", person_cv=1.0),
    PEOPLE,
    replace(PEOPLE, name="people, cv 1.5", person_cv=1.5),
)


def people(world: World, seed: int) -> pd.DataFrame:
    """What `silence.count` returns, a row a person, with gone [bool]; the reading and the clicking of each differ."""
    rng, draw = np.random.default_rng([SEED, seed]), Random(f"{SEED}:{seed}")  # noqa: S311  a simulation, no secret
    many = READERS + GONE
    chance = np.minimum([CLICK * world.propensity(draw) * world.propensity(draw) for _ in range(many)], 0.9)
    gone = np.arange(many) >= READERS
    before, window = rng.integers(*BEFORE, many), rng.integers(*WINDOW, many)
    clicked = rng.binomial(window, np.where(gone, 0, chance))
    table = {"mails": window, "signal": clicked > 0, "clicked": clicked, "mails_before": before}
    return pd.DataFrame(table | {"clicked_before": rng.binomial(before, chance), "n": 1, "gone": gone})


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_readers_are_seldom_called_silent(world: World, bars: Bars) -> None:
    many = max(runs(100), 10)
    by_one_chance, wrong, judged, found = [], 0, 0, []
    for seed in range(many):
        told = people(world, seed)
        chance = told["clicked"].sum() / told["mails"].sum()
        enough = told["mails"] >= ceil(log(silence.SILENCE) / log(1 - chance))
        readers = told[~told["gone"]]
        by_one_chance.append((~readers["signal"])[enough].mean())
        result = silence.judge(told, days=180)
        assert result.model is not None
        decides = silence.beyond_luck(told, result.model)
        assert result.silent == (decides & ~told["signal"]).sum()
        wrong += int((decides & ~told["signal"] & ~told["gone"]).sum())
        judged += int((decides & ~told["gone"]).sum())
        found.append((decides & ~told["signal"] & told["gone"]).sum() / GONE)
    bars.told(
        "C12",
        f"readers called silent by one click chance, of those judged, world {world.name}",
        float(np.mean(by_one_chance)),
    )
    bars.most(
        "C12", f"readers called silent, of those judged, world {world.name}", wrong / max(judged, 1), 0.05, n=judged
    )
    bars.told("C12", f"readers whose silence would be judged, world {world.name}", judged / (many * READERS))
    bars.told("C12", f"people gone who are called silent, world {world.name}", float(np.mean(found)))
