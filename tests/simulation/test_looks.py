"""Tests that are looked at once, often, as planned or at will: false winners and power (S1 to S5, S12, S19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs
from scipy.stats import norm

from kit.questions.subject_lines import plans
from kit.stats import multiplicity, proportions, sequential

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

Z = 1.959964


def z_of(x_a: np.ndarray, x_b: np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """Pooled z of two arms of n each; 0 where nobody or everybody did it."""
    share = (x_a + x_b) / (2 * n)
    variance = 2 * share * (1 - share) / n
    return np.divide((x_b - x_a) / n, np.sqrt(variance), out=np.zeros(share.shape), where=variance > 0)


def paths(rng: Generator, many: int, time: np.ndarray) -> np.ndarray:
    """z of equal arms at each share of the plan, a row a run."""
    steps = rng.normal(size=(many, time.size)) * np.sqrt(np.diff(time, prepend=0))
    return steps.cumsum(axis=1) / np.sqrt(time)


@pytest.mark.parametrize(("p", "n"), [(0.002, 5000), (0.02, 500), (0.02, 5000), (0.2, 500), (0.2, 5000)])
def test_one_look_has_its_level(p: float, n: int, rng: Generator, bars: Bars) -> None:
    many = runs(40_000)
    x = rng.binomial(n, p, (many, 2))
    false = np.mean([proportions.proportion_difference(int(a), n, int(b), n).p < 0.05 for a, b in x])
    bars.most("S1", f"false winners, one look, rate {p:g}, {n} an arm", false, 0.055, n=many)
    if p * n > 20:
        bars.least("S1", f"not too few of them, rate {p:g}, {n} an arm", false, 0.04, n=many)


@pytest.mark.parametrize("looks", [2, 5, 10, 20, 24])
def test_naive_peeking_is_as_bad_as_computed(looks: int, rng: Generator, bars: Bars) -> None:
    many = runs(100_000)
    z = paths(rng, many, np.arange(1, looks + 1) / looks)
    share = float((np.abs(z) > Z).any(axis=1).mean())
    bars.near("S2", f"false winners, {looks} naive looks", share, sequential.peeking_error(looks), n=many)


@pytest.mark.parametrize("p", [0.002, 0.02, 0.2])
@pytest.mark.parametrize("n", [500, 5000])
@pytest.mark.parametrize("looks", [10, 50])
def test_any_time_holds_at_every_look(p: float, n: int, looks: int, rng: Generator, bars: Bars) -> None:
    many = runs(4_000)
    x = rng.binomial(n, p, (many, looks, 2)).cumsum(axis=1)
    total = n * np.arange(1, looks + 1)
    share = x / total[None, :, None]
    se = np.sqrt((share * (1 - share)).sum(axis=2) / total)
    judged = (x >= plans.EVENTS_AT_ANY_TIME).all(axis=2)
    for tuned in (5000, 2 * n * looks):
        width = np.array([sequential.confidence_sequence(2 * one, tuned=tuned) for one in total])
        false = float(((np.abs(np.diff(share, axis=2)[..., 0]) > width * se) & judged).any(axis=1).mean())
        what = f"false winners, any time, {looks} looks of {n}, rate {p:g}, tuned to {tuned}"
        bars.most("S3", what, false, 0.05, n=many)


@pytest.mark.parametrize("looks", [2, 5, 10])
@pytest.mark.parametrize("kind", ["on time", "third one dropped", "moved"])
def test_planned_looks_hold_wherever_they_come(looks: int, kind: str, rng: Generator, bars: Bars) -> None:
    many, number = runs(100_000), np.arange(1, looks + 1)
    moved = (number - 0.4 * (number % 2)) / looks if kind == "moved" else number / looks
    moved[-1] = 1.0
    z, p_bar = paths(rng, many, moved), [plans.bar(plans.Plan(1000, k, looks), moved[k - 1], 1) for k in number]
    crossed = np.abs(z) > norm.isf(np.array(p_bar) / 2)
    if kind == "third one dropped":
        crossed[:, 2:3] = False
    bars.most("S4", f"false winners, {looks} planned looks, {kind}", float(crossed.any(axis=1).mean()), 0.055, n=many)


@pytest.mark.parametrize(("p_a", "p_b"), [(0.2, 0.22), (0.02, 0.024), (0.002, 0.003)])
def test_the_planned_number_has_its_power(p_a: float, p_b: float, rng: Generator, bars: Bars) -> None:
    many, looks = runs(20_000), 5
    n = proportions.sample_size(p_a, p_b) or 0
    size = (n * np.arange(1, looks + 1) / looks).astype(int)
    steps = np.diff(size, prepend=0)
    x_a, x_b = (rng.binomial(steps, p, (many, looks)).cumsum(axis=1) for p in (p_a, p_b))
    z = z_of(x_a, x_b, size)
    fixed = float((z[:, -1] > Z).mean())
    time = np.arange(1, looks + 1) / looks
    planned = float((z > sequential.spending_bounds(time, sequential.alpha_spending(time))).any(axis=1).mean())
    width = np.array([sequential.confidence_sequence(2 * one, tuned=2 * n) for one in size])
    free = float((z > width).any(axis=1).mean())
    what = f"{100 * p_a:g} to {100 * p_b:g} %, {n} an arm"
    bars.near("S5", f"power, one look, {what}", fixed, 0.8, within=0.01, n=many)
    bars.most("S5", f"power lost by five planned looks, {what}", fixed - planned, 0.02)
    bars.told("S5", f"power, any time, {what}", free, n=many)


def test_pairs_of_forty_equal_campaigns_are_not_flagged(rng: Generator, bars: Bars) -> None:
    many, k, n = runs(500), 40, 3000
    first, second = np.triu_indices(k, 1)
    raw, held = [], []
    for _ in range(many):
        x = rng.binomial(n, 0.05, k)
        p = 2 * norm.sf(np.abs(z_of(x[first], x[second], n)))
        raw.append((p < 0.05).sum())
        held.append((multiplicity.adjust(p, "holm") < 0.05).any())
    bars.near("S12", "false flags among 780 raw pairs", float(np.mean(raw)), 39, within=3)
    bars.most("S12", "pages with a false flag among 780 pairs, Holm", float(np.mean(held)), 0.06, n=many)


@pytest.mark.parametrize("planned", [(1, 1), (0.8, 0.2), (1, 1, 1)])
def test_a_split_as_planned_is_not_called_broken(planned: tuple[float, ...], rng: Generator, bars: Bars) -> None:
    many, shares = runs(100_000), np.array(planned) / sum(planned)
    sent = rng.multinomial(5000, shares, many)
    false = float(np.mean([proportions.sample_ratio_test(one, list(planned)).broken for one in sent]))
    bars.most("S19", f"false alarms of the split, {len(planned)} arms, {planned[0]:g} first", false, 0.0015, n=many)
