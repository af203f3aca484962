"""People who each do it with a chance of their own: published fits, the edges, and how long somebody rests."""

from __future__ import annotations

from math import inf, isinf
from typing import TYPE_CHECKING

import numpy as np
import pytest
from oracles import oracle

from kit.errors import UsageError
from kit.stats import beta_binomial

if TYPE_CHECKING:
    from pathlib import Path


def test_the_fit_is_that_of_vgam(shared: Path) -> None:
    case = oracle(shared, "vgam_rats_mle")
    for name, first in (("shape71", 71), ("shape70", 70)):
        model = beta_binomial.fit(case.inputs["y"][:first], case.inputs["n"][:first])
        assert model is not None
        assert [model.mean / model.phi, (1 - model.mean) / model.phi] == case.near(name)
    case = oracle(shared, "crowder_betabinom")
    model = beta_binomial.fit(case.inputs["x"], case.inputs["n"])
    assert model is not None
    assert [model.mean, model.phi / (1 + model.phi)] == case.near("mu", "rho")


def test_people_who_are_alike_and_people_who_do_it_always_or_never() -> None:
    # As many twos, ones and noughts as a fair coin gives: nothing is left to differ by.
    alike = beta_binomial.fit([0, 1, 2], [2, 2, 2], [25, 50, 25])
    assert alike is not None
    assert (alike.phi, alike.mean, alike.cv, alike.n) == (0, pytest.approx(0.5), 0, 100)
    assert beta_binomial.rest_chance(alike, 3, done=2, times=2) == pytest.approx(0.125)
    apart = beta_binomial.fit([0, 4], [4, 4], [80, 20])
    assert apart is not None
    assert isinf(apart.phi)
    assert apart.mean == pytest.approx(0.2)
    assert apart.cv == pytest.approx(2)  # of chances 0 and 1: sqrt(0.8 / 0.2)
    assert beta_binomial.rest_chance(apart, 9, done=[0, 0, 4], times=[0, 4, 4]).tolist() == pytest.approx([0.8, 1, 0])


def test_a_rest_is_the_product_of_what_is_learnt_at_each_time() -> None:
    model = beta_binomial.BetaBinomial(0.1, 0.25, 100)
    alpha, beta = 0.4, 3.6
    told = np.prod([(beta + 6 + turn) / (alpha + 2 + beta + 6 + turn) for turn in range(5)])
    assert beta_binomial.rest_chance(model, 5, done=2, times=8) == pytest.approx(told)
    assert beta_binomial.rest_chance(model, 0, done=2, times=8) == pytest.approx(1)


def test_nobody_and_everybody_fit_nothing() -> None:
    assert beta_binomial.fit([0, 0], [3, 4]) is None
    assert beta_binomial.fit([3, 4], [3, 4]) is None
    assert beta_binomial.BetaBinomial(0.5, inf, 1).cv == pytest.approx(1)
    with pytest.raises(UsageError, match="1 rows have more actions than opportunities"):
        beta_binomial.fit([1, 3], [2, 2])
