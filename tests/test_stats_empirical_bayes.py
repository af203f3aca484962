"""Shrinkage against published fits, textbook posteriors and its properties."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle
from scipy.stats import norm

from kit.stats import empirical_bayes
from kit.stats.empirical_bayes import BetaPrior

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator

UNITS = st.lists(
    st.integers(1, 10**7).flatmap(
        lambda n: st.tuples(st.one_of(st.integers(0, n), st.integers(0, min(n, 8)), st.just(n)), st.just(n))
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize(("units", "name"), [(70, "shape70"), (71, "shape71")])
def test_the_prior_is_the_published_fit(shared: Path, units: int, name: str) -> None:
    case = oracle(shared, "vgam_rats_mle")
    found = empirical_bayes.beta_binomial_prior(case.inputs["y"][:units], case.inputs["n"][:units])
    assert [found.mean * found.size, (1 - found.mean) * found.size] == case.near(name)


def test_the_prior_of_crowders_seeds_is_the_published(shared: Path) -> None:
    case = oracle(shared, "crowder_betabinom")
    found = empirical_bayes.beta_binomial_prior(case.inputs["x"], case.inputs["n"])
    assert [found.mean, 1 / (found.size + 1)] == case.near("mu", "rho")


def test_shrunken_rates_are_the_published(shared: Path) -> None:
    case = oracle(shared, "robinson_eb")
    a, b = case.inputs["alpha0"], case.inputs["beta0"]
    found = empirical_bayes.shrink_rates(
        case.inputs["x"], case.inputs["n"], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert list(found.value) == case.near("eb")
    case = oracle(shared, "bda_rats_posterior")
    a, b = case.inputs["alpha"], case.inputs["beta"]
    found = empirical_bayes.shrink_rates(
        [case.inputs["x"]], [case.inputs["n"]], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert found.value[0] == pytest.approx(case.expected["mean"], abs=case.tolerance["abs"])
    wide = norm.isf(0.025) * case.expected["sd"]  # nearly normal
    assert found.high[0] - found.low[0] == pytest.approx(2 * wide, rel=0.05)


def test_the_interval_is_the_published(shared: Path) -> None:
    case = oracle(shared, "robinson_cred")
    a, b = case.inputs["alpha0"], case.inputs["beta0"]
    found = empirical_bayes.shrink_rates(
        [case.inputs["x"]], [case.inputs["n"]], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert [found.low[0], found.high[0]] == case.near("low", "high")


def test_luck_is_the_published(shared: Path) -> None:
    case = oracle(shared, "max_of_k")
    assert [empirical_bayes.expected_maximum(k) for k in case.inputs["k"]] == case.near("e")


def test_luck_of_one_is_none() -> None:
    assert empirical_bayes.expected_maximum(1) == 0
    assert empirical_bayes.expected_maximum(2) == pytest.approx(1 / np.sqrt(np.pi))  # in closed form


@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([100, 200, 50, 400, 300], [1000, 2000, 500, 4000, 3000]),  # exactly equal
        ([0, 0, 0, 0], [100, 50, 3000, 7]),
        ([5, 6, 7, 8], [5, 6, 7, 8]),
        ([3], [100]),
    ],
)
def test_where_all_are_alike_each_is_the_pooled_rate(x: list[int], n: list[int]) -> None:
    known = empirical_bayes.beta_binomial_prior(x, n)
    assert (known.mean, known.size) == (pytest.approx(sum(x) / sum(n)), inf)
    found = empirical_bayes.shrink_rates(x, n, known, lowest=False)
    assert found.value == pytest.approx(known.mean)
    assert found.best == pytest.approx(1 / len(x))
    assert found.regret == 0
    assert np.isfinite(found.low).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()


def test_one_huge_unit_does_not_break_the_fit() -> None:
    x, n = [20, 18, 25, 200_000], [1000, 1000, 1000, 10**7]
    found = empirical_bayes.shrink_rates(x, n, empirical_bayes.beta_binomial_prior(x, n), lowest=False)
    assert found.value[3] == pytest.approx(0.02, rel=1e-3)
    assert np.isfinite([found.low, found.high, found.best]).all()


def test_none_is_nothing() -> None:
    assert np.isnan(empirical_bayes.beta_binomial_prior([], []).mean)
    assert np.isnan(empirical_bayes.beta_binomial_prior([0, 3], [0, 2]).mean)


@settings(max_examples=60)
@given(UNITS, st.data())
def test_shrinking_never_fails_and_lies_between_the_rate_and_the_usual(
    units: list[tuple[int, int]], data: st.DataObject
) -> None:
    x, n = np.array([one[0] for one in units]), np.array([one[1] for one in units])
    known = empirical_bayes.beta_binomial_prior(x, n)
    found = empirical_bayes.shrink_rates(x, n, known, lowest=data.draw(st.booleans()))
    least, most = np.minimum(x / n, known.mean), np.maximum(x / n, known.mean)
    assert ((found.value >= least - 1e-9) & (found.value <= most + 1e-9)).all()
    assert ((found.low <= found.value + 1e-12) & (found.value <= found.high + 1e-12)).all()
    assert found.best.sum() == pytest.approx(1)
    assert found.regret >= 0


def test_the_chance_to_be_the_best_and_the_regret_are_those_of_draws(rng: Generator) -> None:
    x, n = np.array([30, 45, 3, 400]), np.array([1000, 1200, 40, 9000])
    known = BetaPrior(0.035, 400)
    draws = rng.beta(known.mean * known.size + x, (1 - known.mean) * known.size + n - x, (200_000, 4))
    for lowest, pick in ((False, np.argmax), (True, np.argmin)):
        found = empirical_bayes.shrink_rates(x, n, known, lowest=lowest)
        seen = np.bincount(pick(draws, axis=1), minlength=4) / len(draws)
        assert found.best == pytest.approx(seen, abs=0.005)
        end = draws.min(axis=1).mean() if lowest else draws.max(axis=1).mean()
        best = found.value.min() if lowest else found.value.max()
        assert found.regret == pytest.approx(abs(end - best), abs=1e-4)


def test_a_small_unit_moves_further_than_a_large_one_of_the_same_rate() -> None:
    known = BetaPrior(0.03, 500)
    small, large = empirical_bayes.shrink_rates([6, 600], [100, 10_000], known, lowest=False).value
    assert 0.03 < small < large < 0.06


def test_effects_are_drawn_towards_zero_by_hand() -> None:
    # Mean square 5, error 1 each: tau squared 4, so four fifths are kept; half = 1.96 sqrt(0.8).
    found = empirical_bayes.shrink_effects([1, -1, 3, -3, np.sqrt(5)], [1] * 5)
    assert found.tau == pytest.approx(2)
    assert found.value == pytest.approx(0.8 * np.array([1, -1, 3, -3, np.sqrt(5)]))
    assert found.high - found.value == pytest.approx(1.959964 * np.sqrt(0.8))


EFFECTS = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.001, 0.5)), min_size=5, max_size=30)


@given(EFFECTS)
def test_effects_mirror_and_never_grow(rows: list[tuple[float, float]]) -> None:
    d, se = (np.array(one) for one in zip(*rows, strict=True))
    found, back = empirical_bayes.shrink_effects(d, se), empirical_bayes.shrink_effects(-d, se)
    np.testing.assert_allclose(found.value, -back.value)
    assert (np.abs(found.value) <= np.abs(d) + 1e-12).all()
    assert (found.value * d >= 0).all()


def test_four_effects_say_nothing_of_one() -> None:
    found: Any = empirical_bayes.shrink_effects([1, 2, 3, 4, np.nan], [1, 1, 1, 1, 1])
    assert np.isnan([*found.value, *found.low, found.tau]).all()


def test_effects_that_differ_by_chance_alone_are_none() -> None:
    found = empirical_bayes.shrink_effects([0.1, -0.1, 0.2, 0, -0.2], [1] * 5)
    assert (found.value == 0).all()
    assert found.tau == 0
