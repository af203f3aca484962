"""A year of mail with faults planted, and without any: what the problem finder names in each world (C10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import FULL
from years import LARGE, SMALL, TOLD, Faults, year

from generator.worlds import WORLDS
from kit.questions.find_problems import findings

if TYPE_CHECKING:
    from bars import Bars
    from years import Sender

    from generator.worlds import World

pytestmark = pytest.mark.slow

CLEAN, FAULTY = (1000, 100) if FULL else (3, 4)
"""Years of each world, without and with faults."""

SEEDS = {LARGE: 620023, SMALL: 639485, TOLD: 816190}
"""With the number of the year, the source of chance of a clean one; one more with faults."""

SIZES = {
    "small": Faults(subject=0.8, offer=0.6, often=2.5, blocked=0.1),
    "middling": Faults(),
    "large": Faults(subject=0.4, offer=0.1, often=8, blocked=0.6),
}
in_each_world = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)


@in_each_world
@pytest.mark.parametrize("sender", SEEDS, ids=lambda sender: sender.name)
def test_where_nothing_is_wrong_nothing_is_named(sender: Sender, world: World, bars: Bars) -> None:
    named = 0
    for number in range(CLEAN):
        counted, _none = year(np.random.default_rng([SEEDS[sender], number]), world, None, sender)
        result = findings.judge(counted)
        # All rules are at work; only a year in which each list pauses for a month has no trend of twelve, and a list
        # seldom mailed has too few months with mail at two times of the day.
        assert set(result.skipped["rule"]) <= {"rising_bounces", *(["hour"] if sender is SMALL else [])}
        named += len(result.areas) > 0
    what = f"years without a fault in which one is named, {sender.name}, world {world.name}"
    bars.most("C10", what, named / CLEAN, 0.05, n=CLEAN)


@in_each_world
@pytest.mark.parametrize("size", SIZES if FULL else ["large"])
def test_planted_faults_are_problems_or_stand_apart_and_no_other_is_named(size: str, world: World, bars: Bars) -> None:
    hits: dict[str, list[int]] = {}
    extra = 0
    for number in range(FAULTY):
        counted, planted = year(np.random.default_rng([SEEDS[LARGE] + 1, number]), world, SIZES[size])
        result = findings.judge(counted)
        found, apart = (set(zip(rows["rule"], rows["name"], strict=True)) for rows in (result.areas, result.extremes))
        for fault in planted:
            hits.setdefault(fault[0], []).append(2 if fault in found else 1 if fault in apart else 0)
        extra += bool(found - planted)
    for rule, seen in sorted(hits.items()):
        what = f"{size} faults, world {world.name}, {rule}"
        bars.told("C10", f"named a problem: {what}", float(np.mean(np.array(seen) == 2)), n=FAULTY)
        bars.told("C10", f"named, or furthest of its kind: {what}", float(np.mean(np.array(seen) > 0)), n=FAULTY)
    what = f"years with {size} faults in which another is named, world {world.name}"
    bars.most("C10", what, extra / FAULTY, 0.05, n=FAULTY)
    if size == "large":
        shown = float(np.mean([one > 0 for seen in hits.values() for one in seen]))
        bars.least("C10", f"of large faults shown, world {world.name}", shown, 0.9, n=4 * FAULTY)
