"""Units that vary with heavy tails: exact where they do not differ, robust, cautious where there are few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, t
from years import varied

from generator.worlds import ALIKE, HEAVY_TAILS, MIXED_VARIANCES, World
from kit.stats import student_effects
from kit.stats.student_effects import leave_one_out, leave_one_out_ratios

UNITS = st.lists(
    st.integers(1, 10**7).flatmap(
        lambda n: st.tuples(st.one_of(st.integers(0, n), st.integers(0, min(n, 8)), st.just(n)), st.just(n))
    ),
    max_size=9,
)


def test_the_law_is_students_with_three_degrees_of_freedom() -> None:
    z = np.linspace(-40, 40, 101)
    np.testing.assert_allclose(student_effects.student(z), t(3).cdf(z), atol=1e-14)


@pytest.mark.parametrize("seen", [3, 8, 20, 45])
def test_where_units_do_not_differ_p_is_nearly_the_exact_one(seen: int) -> None:
    # 200 units of 1,000 with two per cent each as alike as can be: the rate is known, and the scale is near none.
    count = np.full(200, 20)
    count[7] = seen
    exact = 2 * min(binom(1000, 0.02).cdf(seen), binom(1000, 0.02).sf(seen - 1), 0.5)
    p = leave_one_out(count, np.full(200, 1000)).p[7]
    assert exact <= p * 1.001
    assert p <= 6 * exact + 2e-5


def test_the_tail_is_the_integral_over_the_effects() -> None:
    # With very many units mean and scale are known: p is the binomial tail averaged over Student's effects.
    rng = np.random.default_rng(8)
    rates, n = np.clip(0.12 + 0.01 * rng.standard_t(3, 3000), 0, 1), np.full(3000, 2000)
    count = rng.binomial(n, rates)
    count[0] = 420

    def at(effect: float) -> float:
        return float(t(3).pdf(effect / 0.01) / 0.01 * binom(2000, 0.12 + effect).sf(419))

    expected = 2 * quad(at, -0.12, 0.88, points=[0.01, 0.07, 0.11])[0]
    assert leave_one_out(count, n).p[0] == pytest.approx(expected, rel=0.3)


def test_two_far_units_do_not_hide_each_other() -> None:
    count = np.random.default_rng(3).binomial(2000, 0.25, 60)
    count[[4, 9]] = 250
    p = leave_one_out(count, np.full(60, 2000)).p
    assert (p[[4, 9]] < 2e-3).all()
    assert np.delete(p, [4, 9]).min() > 2e-3


@pytest.mark.parametrize(("units", "least"), [(4, 2e-3), (5, 3e-4), (8, 1e-5)])
def test_few_units_cannot_show_that_one_is_far_out(units: int, least: float) -> None:
    count = np.array([0, 300, 310, 290, 305, 295, 302, 298])[:units]  # by the exact test alone p is below 1e-80
    assert leave_one_out(count, np.full(units, 1000)).p[0] > least


@pytest.mark.parametrize("world", [ALIKE, HEAVY_TAILS, MIXED_VARIANCES], ids=lambda world: world.name)
def test_p_is_as_small_as_it_says_no_more_often_in_any_world(world: World) -> None:
    rng = np.random.default_rng(12)
    small, many = np.zeros(2), 0
    for _ in range(40):
        n = np.maximum(rng.lognormal(np.log(4000), 0.4, 50), 1000).astype(int)
        p = leave_one_out(rng.binomial(n, varied(rng, world, 0.25, 0.001, 50)), n).p
        small += (p < 0.01).sum(), (p < 0.1).sum()
        many += p.size
    for seen, level in zip(small / many, (0.01, 0.1), strict=True):
        assert seen <= 1.3 * level + 3 * np.sqrt(level * (1 - level) / many)


@given(UNITS)
@settings(max_examples=60)
def test_it_never_fails_and_its_parts_agree(units: list[tuple[int, int]]) -> None:
    x, n = np.array([one[0] for one in units], dtype=float), np.array([one[1] for one in units], dtype=float)
    told = leave_one_out(x, n)
    if len(units) < 4:
        assert np.isnan([told.expected, told.low, told.high, told.p]).all()
        return
    assert ((told.p >= 0) & (told.p <= 1)).all()
    assert (told.low <= told.expected).all()
    assert (told.expected <= told.high).all()
    assert ((told.low >= 0) & (told.high <= 1)).all()


def test_turned_round_events_and_others_say_the_same() -> None:
    rng = np.random.default_rng(4)
    n = rng.integers(500, 3000, 30)
    x = rng.binomial(n, 0.1)
    there, back = leave_one_out(x, n), leave_one_out(n - x, n)
    np.testing.assert_allclose(there.p, back.p, rtol=5e-3)
    np.testing.assert_allclose(there.expected, 1 - back.expected, rtol=1e-3)


def test_units_without_trials_are_no_judges() -> None:
    x, n = [20, 25, 22, 18, 21, np.nan, 0, 5], [1000, 1000, 1000, 1000, 1000, 1000, 0, np.nan]
    told = leave_one_out(x, n)
    assert np.isnan(told.p[5:]).all()
    np.testing.assert_allclose(told.p[:5], leave_one_out(x[:5], n[:5]).p)


def test_what_happens_to_the_whole_unit_is_no_difference_of_its_part() -> None:
    rng = np.random.default_rng(6)
    level = np.exp(rng.normal(0, 0.8, 40))
    part, rest = rng.poisson(30 * level), rng.poisson(90 * level)
    told = leave_one_out_ratios((part, np.full(40, 5_000)), (rest, np.full(40, 10_000)))
    assert (told.p < 0.01).sum() <= 2
    np.testing.assert_allclose(told.expected, rest / 10_000 * 2 / 3, rtol=0.1)
