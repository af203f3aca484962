"""Adjusted p-values against published ones, and by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle

from kit.stats.multiplicity import adjust, expected_maximum

if TYPE_CHECKING:
    from pathlib import Path

METHODS = st.sampled_from(["bh", "holm"])
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_adjusted_are_the_published(shared: Path) -> None:
    case = oracle(shared, "holm_gb")
    assert list(adjust(case.inputs["p"], "holm")) == case.near("holm")
    case = oracle(shared, "bh95_paper")
    assert list(adjust(case.inputs["p"])) == case.near("bh")
    assert (adjust(case.inputs["p"]) <= 0.05).sum() == case.expected["n_bh"]
    case = oracle(shared, "multtest_r")
    for method in ("bh", "holm"):
        assert sorted(adjust(case.inputs["p"], method))[:4] == case.near(f"{method}_first4")


def test_holm_is_that_of_r() -> None:  # R p.adjust, in GrowthBook's tests
    adjusted = adjust([0.01, 0.04, 0.03, 0.005, 0.55, 0.6], "holm")
    assert adjusted == pytest.approx([0.05, 0.12, 0.12, 0.03, 1, 1])


def test_bh_is_by_hand() -> None:  # p times 4 over its rank, from the largest down
    assert adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(P_VALUES, METHODS)
def test_adjusting_never_lowers_and_keeps_the_order(p: list[float], method: Any) -> None:
    adjusted = adjust(p, method)
    assert (adjusted >= np.array(p) - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-12).all()


@given(P_VALUES, METHODS, st.data())
def test_a_missing_p_stays_missing_and_does_not_count(p: list[float], method: Any, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(p)))
    adjusted = adjust([*p[:place], np.nan, *p[place:]], method)
    assert np.isnan(adjusted[place])
    np.testing.assert_array_equal(np.delete(adjusted, place), adjust(p, method))


@pytest.mark.parametrize("method", ["bh", "holm"])
def test_none_to_adjust_is_none(method: Any) -> None:
    assert adjust([], method).size == 0
    assert np.isnan(adjust([np.nan, np.nan], method)).all()


def test_luck_is_the_published(shared: Path) -> None:
    case = oracle(shared, "max_of_k")
    assert [expected_maximum(k) for k in case.inputs["k"]] == case.near("e")


def test_luck_of_one_is_none() -> None:
    assert expected_maximum(1) == 0
    assert expected_maximum(2) == pytest.approx(1 / np.sqrt(np.pi))  # in closed form
