"""A year of mail with four faults planted, and without any: what the problem finder names (C10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs
from years import Faults, year

from generator.worlds import ALIKE
from kit.questions.find_problems import findings

if TYPE_CHECKING:
    from bars import Bars

pytestmark = pytest.mark.slow

RUNS = runs(400)


def test_the_planted_faults_are_found_and_no_other(bars: Bars) -> None:
    hits: dict[str, int] = {}
    extra = 0
    for seed in range(RUNS):
        counted, planted = year(np.random.default_rng(seed), ALIKE, Faults())
        result = findings.judge(counted)
        # All rules are at work; only a year in which each list pauses for a month has no trend of twelve.
        assert set(result.skipped["rule"]) <= {"rising_bounces"}
        found = set(zip(result.areas["rule"], result.areas["name"], strict=True))
        for rule, name in planted:
            hits[rule] = hits.get(rule, 0) + ((rule, name) in found)
        extra += bool(found - planted)
    bars.least("C10", "of four planted faults found", sum(hits.values()) / (4 * RUNS), 0.90, n=4 * RUNS)
    for rule, seen in hits.items():
        bars.told("C10", f"of planted faults found, {rule}", seen / RUNS, n=RUNS)
    bars.most("C10", "years with four faults in which a fifth is named", extra / RUNS, 0.05, n=RUNS)


def test_where_nothing_is_wrong_nothing_is_named(bars: Bars) -> None:
    named = 0
    for seed in range(RUNS):
        counted, _none = year(np.random.default_rng(10_000 + seed), ALIKE, None)
        named += len(findings.judge(counted).areas) > 0
    bars.most("C10", "years without a fault in which one is named", named / RUNS, 0.05, n=RUNS)
