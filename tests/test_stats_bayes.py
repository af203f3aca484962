"""The chance that b is higher, and the losses, against published answers and draws."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle

from kit.stats import bayes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator


def test_the_chance_is_the_published(shared: Path) -> None:
    case = oracle(shared, "miller_closed_form")
    a, b = (case.inputs["alphaA"] - 1, case.inputs["betaA"] - 1), (case.inputs["alphaB"] - 1, case.inputs["betaB"] - 1)
    assert bayes.compare_rates(a[0], sum(a), b[0], sum(b)).higher == case.near("p")


@pytest.mark.parametrize(
    ("key", "arms", "names"),
    [
        ("hillstrom_bayes", ("A", "B"), ("p", "loss_A")),
        ("spotify_potential_loss", ("control", "test"), ("p", "loss_control")),
    ],
)
def test_chance_and_loss_are_the_published(
    shared: Path, key: str, arms: tuple[str, str], names: tuple[str, str]
) -> None:
    case = oracle(shared, key)
    loss = bayes.compare_rates(*case.inputs[arms[0]], *case.inputs[arms[1]])
    assert [loss.higher, loss.loss_a] == case.near(*names)


def test_the_loss_of_means_is_the_published(shared: Path) -> None:
    case = oracle(shared, "gb_risk")
    loss = bayes.compare_means(case.inputs["mu"], case.inputs["sigma"])
    assert [loss.loss_a, loss.loss_b] == case.near("risk")


@pytest.mark.parametrize(
    "arms", [(0, 10, 0, 1000), (3, 40, 90_000, 10**6), (5, 10**6, 2, 100), (10, 10, 9, 9), (500, 1000, 501, 1000)]
)
def test_chance_and_losses_are_those_of_draws(arms: tuple[int, int, int, int], rng: Generator) -> None:
    x_a, n_a, x_b, n_b = arms
    a, b = rng.beta(1 + x_a, 1 + n_a - x_a, 400_000), rng.beta(1 + x_b, 1 + n_b - x_b, 400_000)
    loss = bayes.compare_rates(*arms)
    assert loss.higher == pytest.approx((b > a).mean(), abs=0.004)
    assert loss.loss_a == pytest.approx(np.maximum(b - a, 0).mean(), rel=0.02, abs=1e-6)
    assert loss.loss_b == pytest.approx(np.maximum(a - b, 0).mean(), rel=0.02, abs=1e-6)


GROUP = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=60)
@given(GROUP, GROUP)
def test_turned_round_the_chance_is_the_rest_and_the_losses_change_places(
    a: tuple[int, int], b: tuple[int, int]
) -> None:
    loss, back = bayes.compare_rates(*a, *b), bayes.compare_rates(*b, *a)
    assert loss.higher + back.higher == pytest.approx(1, abs=1e-7)
    assert loss.loss_a == pytest.approx(back.loss_b, abs=1e-8)


def test_what_is_no_test_has_no_chance() -> None:
    assert isnan(bayes.compare_rates(0, 0, 1, 5).higher)
    assert isnan(bayes.compare_means(0.1, 0).higher)
    assert isnan(bayes.compare_means(float("nan"), float("nan")).higher)
