"""Units drawn towards the others: published answers, brute force, and what must hold of any numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle
from scipy.integrate import dblquad
from scipy.stats import norm
from scipy.stats import t as student

from kit.stats import hierarchy

if TYPE_CHECKING:
    from pathlib import Path

UNITS = st.lists(
    st.integers(1, 10**7).flatmap(
        lambda n: st.tuples(st.one_of(st.integers(0, n), st.integers(0, min(n, 8)), st.just(n)), st.just(n))
    ),
    min_size=4,
    max_size=12,
)
EFFECTS = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.001, 0.5)), min_size=10, max_size=30)


def test_batting_averages_are_drawn_as_far_as_published(shared: Path) -> None:
    # Efron & Morris (1977): the shrunken averages are wrong by 0.022 in sum of squares, the raw ones by 0.077.
    case = oracle(shared, "efron_morris")
    found = hierarchy.rates(case.inputs["hits"], case.inputs["n"], lowest=False)
    error = ((found.value - np.array(case.inputs["later"])) ** 2).sum()
    assert error == pytest.approx(case.expected["sse_js"], abs=0.006)
    assert found.usual == pytest.approx(case.expected["grand"], abs=0.01)


def test_an_effect_is_that_of_brute_force() -> None:
    d, se = np.array([0.5, -1.0, 3.0, -2.0, 0.2, 0.1, -0.4, 1.2, 0.9, -0.3]), np.full(10, 0.8)
    top = 2 * np.sqrt(np.mean(d**2))

    def weighed(law: Any, moment: int) -> float:
        def joint(truth: float, spread: float) -> float:
            rest = 1.0
            for one in np.delete(d, 2):
                points = np.linspace(-8, 8, 801)
                mass = law.pdf(points / spread) / spread * norm.pdf((one - points) / 0.8)
                rest *= mass.sum() * (points[1] - points[0])
            return truth**moment * rest * law.pdf(truth / spread) / spread * norm.pdf((3 - truth) / 0.8)

        return dblquad(joint, 0.02, top, -8, 8, epsabs=1e-9, epsrel=2e-2)[0]

    laws = (norm, student(3))
    mean = sum(weighed(law, 1) for law in laws) / sum(weighed(law, 0) for law in laws)
    assert hierarchy.effects(d, se).value[2] == pytest.approx(mean, rel=0.02)


@settings(max_examples=30)
@given(EFFECTS)
def test_effects_mirror_and_keep_their_sign(rows: list[tuple[float, float]]) -> None:
    d, se = (np.array(one) for one in zip(*rows, strict=True))
    found, back = hierarchy.effects(d, se), hierarchy.effects(-d, se)
    np.testing.assert_allclose(found.value, -back.value, atol=1e-6)
    np.testing.assert_allclose(found.low, -back.high, atol=1e-5)
    assert (np.abs(found.value) <= np.abs(d) + 0.05 * se).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()


def test_nine_effects_say_nothing_of_one() -> None:
    found = hierarchy.effects([*range(1, 10), np.nan], [1] * 10)
    assert np.isnan([*found.value, *found.low, *found.high]).all()
    assert np.isnan(hierarchy.total(range(1, 10), [1] * 9, [1] * 9)).all()


def test_the_sum_of_effects_counts_the_winners_only() -> None:
    d = np.array([5.0, -4.0, 0.1, 0.2, -0.1, 0.0, 0.3, -0.2, 0.1, 0.1])
    found = hierarchy.effects(d, np.ones(10))
    value, low, high = hierarchy.total(d, np.ones(10), np.where(np.abs(d) > 3, np.sign(d), 0))
    assert value == pytest.approx(found.value[0] - found.value[1], rel=1e-3)
    assert low < value < high < 9 + 3.92


@settings(max_examples=40)
@given(UNITS, st.sampled_from([{"lowest": True}, {"lowest": False}]))
def test_rates_never_fail_and_are_drawn_inwards(units: list[tuple[int, int]], end: dict[str, bool]) -> None:
    x, n = (np.array(one) for one in zip(*units, strict=True))
    found = hierarchy.rates(x, n, **end)
    assert np.isfinite([*found.value, *found.low, *found.high, *found.best, found.regret, found.usual]).all()
    assert ((found.low >= 0) & (found.low <= found.high) & (found.high <= 1)).all()
    assert found.best.sum() == pytest.approx(1)
    assert found.regret >= 0


def test_the_lowest_of_those_who_did_not_is_the_highest_of_those_who_did() -> None:
    x, n = np.array([60, 70, 20, 75, 500]), np.array([1000, 1000, 400, 1000, 9000])
    found = hierarchy.rates(x, n, lowest=False)
    least = hierarchy.rates(n - x, n, lowest=True)
    np.testing.assert_allclose(found.best, least.best, atol=0.002)
    np.testing.assert_allclose(found.value, 1 - least.value, atol=1e-3)
    assert found.best.argmax() == found.value.argmax() == 3


def test_a_small_unit_moves_further_than_a_large_one_of_the_same_rate() -> None:
    found = hierarchy.rates([6, 600, 30, 28, 31, 29], [100, 10_000, 1000, 1000, 1000, 1000], lowest=False)
    assert 0.03 < found.value[0] < found.value[1] < 0.06


def test_one_huge_unit_and_one_without_mail_do_not_break_it() -> None:
    found = hierarchy.rates([20, 18, 25, 200_000, 0], [1000, 1000, 1000, 10**7, 0], lowest=False)
    assert found.value[3] == pytest.approx(0.02, rel=2e-3)
    assert np.isnan(found.value[4])
    assert np.isnan(hierarchy.rates([1, 2, 3], [10, 10, 10], lowest=False).value).all()
