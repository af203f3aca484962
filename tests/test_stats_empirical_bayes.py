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
    prior = empirical_bayes.beta_binomial_prior(case.inputs["y"][:units], case.inputs["n"][:units])
    assert [prior.mean * prior.size, (1 - prior.mean) * prior.size] == case.near(name)


def test_the_prior_of_crowders_seeds_is_the_published(shared: Path) -> None:
    case = oracle(shared, "crowder_betabinom")
    prior = empirical_bayes.beta_binomial_prior(case.inputs["x"], case.inputs["n"])
    assert [prior.mean, 1 / (prior.size + 1)] == case.near("mu", "rho")


def test_shrunken_rates_are_the_published(shared: Path) -> None:
    case = oracle(shared, "robinson_eb")
    a, b = case.inputs["alpha0"], case.inputs["beta0"]
    shrunken = empirical_bayes.shrink_rates(
        case.inputs["x"], case.inputs["n"], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert list(shrunken.value) == case.near("eb")
    case = oracle(shared, "bda_rats_posterior")
    a, b = case.inputs["alpha"], case.inputs["beta"]
    shrunken = empirical_bayes.shrink_rates(
        [case.inputs["x"]], [case.inputs["n"]], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert shrunken.value[0] == pytest.approx(case.expected["mean"], abs=case.tolerance["abs"])
    wide = norm.isf(0.025) * case.expected["sd"]  # nearly normal
    assert shrunken.high[0] - shrunken.low[0] == pytest.approx(2 * wide, rel=0.05)


def test_the_interval_is_the_published(shared: Path) -> None:
    case = oracle(shared, "robinson_cred")
    a, b = case.inputs["alpha0"], case.inputs["beta0"]
    shrunken = empirical_bayes.shrink_rates(
        [case.inputs["x"]], [case.inputs["n"]], BetaPrior(a / (a + b), a + b), lowest=False
    )
    assert [shrunken.low[0], shrunken.high[0]] == case.near("low", "high")


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
    prior = empirical_bayes.beta_binomial_prior(x, n)
    assert (prior.mean, prior.size) == (pytest.approx(sum(x) / sum(n)), inf)
    shrunken = empirical_bayes.shrink_rates(x, n, prior, lowest=False)
    assert shrunken.value == pytest.approx(prior.mean)
    assert shrunken.best == pytest.approx(1 / len(x))
    assert shrunken.regret == 0
    assert np.isfinite(shrunken.low).all()
    assert ((shrunken.low <= shrunken.value) & (shrunken.value <= shrunken.high)).all()


def test_one_huge_unit_does_not_break_the_fit() -> None:
    x, n = [20, 18, 25, 200_000], [1000, 1000, 1000, 10**7]
    shrunken = empirical_bayes.shrink_rates(x, n, empirical_bayes.beta_binomial_prior(x, n), lowest=False)
    assert shrunken.value[3] == pytest.approx(0.02, rel=1e-3)
    assert np.isfinite([shrunken.low, shrunken.high, shrunken.best]).all()


def test_none_is_nothing() -> None:
    assert np.isnan(empirical_bayes.beta_binomial_prior([], []).mean)
    assert np.isnan(empirical_bayes.beta_binomial_prior([0, 3], [0, 2]).mean)


@settings(max_examples=60)
@given(UNITS, st.data())
def test_shrinking_never_fails_and_lies_between_the_rate_and_the_usual(
    units: list[tuple[int, int]], data: st.DataObject
) -> None:
    x, n = np.array([one[0] for one in units]), np.array([one[1] for one in units])
    prior = empirical_bayes.beta_binomial_prior(x, n)
    shrunken = empirical_bayes.shrink_rates(x, n, prior, lowest=data.draw(st.booleans()))
    least, most = np.minimum(x / n, prior.mean), np.maximum(x / n, prior.mean)
    assert ((shrunken.value >= least - 1e-9) & (shrunken.value <= most + 1e-9)).all()
    assert ((shrunken.low <= shrunken.value + 1e-12) & (shrunken.value <= shrunken.high + 1e-12)).all()
    assert shrunken.best.sum() == pytest.approx(1)
    assert shrunken.regret >= 0


def test_the_chance_to_be_the_best_and_the_regret_are_those_of_draws(rng: Generator) -> None:
    x, n = np.array([30, 45, 3, 400]), np.array([1000, 1200, 40, 9000])
    prior = BetaPrior(0.035, 400)
    draws = rng.beta(prior.mean * prior.size + x, (1 - prior.mean) * prior.size + n - x, (200_000, 4))
    for lowest, pick in ((False, np.argmax), (True, np.argmin)):
        shrunken = empirical_bayes.shrink_rates(x, n, prior, lowest=lowest)
        frequency = np.bincount(pick(draws, axis=1), minlength=4) / len(draws)
        assert shrunken.best == pytest.approx(frequency, abs=0.005)
        end = draws.min(axis=1).mean() if lowest else draws.max(axis=1).mean()
        best = shrunken.value.min() if lowest else shrunken.value.max()
        assert shrunken.regret == pytest.approx(abs(end - best), abs=1e-4)


def test_a_small_unit_moves_further_than_a_large_one_of_the_same_rate() -> None:
    prior = BetaPrior(0.03, 500)
    small, large = empirical_bayes.shrink_rates([6, 600], [100, 10_000], prior, lowest=False).value
    assert 0.03 < small < large < 0.06


def test_effects_are_drawn_towards_zero_by_hand() -> None:
    # Mean square 5, error 1 each: tau squared 4, so four fifths are kept; half = 1.96 sqrt(0.8).
    effects = empirical_bayes.shrink_effects([1, -1, 3, -3, np.sqrt(5)], [1] * 5)
    assert effects.tau == pytest.approx(2)
    assert effects.value == pytest.approx(0.8 * np.array([1, -1, 3, -3, np.sqrt(5)]))
    assert effects.high - effects.value == pytest.approx(1.959964 * np.sqrt(0.8))


EFFECTS = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.001, 0.5)), min_size=5, max_size=30)


@given(EFFECTS)
def test_effects_mirror_and_never_grow(rows: list[tuple[float, float]]) -> None:
    d, se = (np.array(one) for one in zip(*rows, strict=True))
    effects, back = empirical_bayes.shrink_effects(d, se), empirical_bayes.shrink_effects(-d, se)
    np.testing.assert_allclose(effects.value, -back.value)
    assert (np.abs(effects.value) <= np.abs(d) + 1e-12).all()
    assert (effects.value * d >= 0).all()


def test_four_effects_say_nothing_of_one() -> None:
    effects: Any = empirical_bayes.shrink_effects([1, 2, 3, 4, np.nan], [1, 1, 1, 1, 1])
    assert np.isnan([*effects.value, *effects.low, effects.tau]).all()


def test_effects_that_differ_by_chance_alone_are_none() -> None:
    effects = empirical_bayes.shrink_effects([0.1, -0.1, 0.2, 0, -0.2], [1] * 5)
    assert (effects.value == 0).all()
    assert effects.tau == 0
