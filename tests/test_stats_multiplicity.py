"""Adjusted p-values against published ones, and by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle

from kit.stats.multiplicity import adjust, dunnett

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


def test_dunnett_is_that_of_r(shared: Path) -> None:
    case = oracle(shared, "dunnett_recovery")
    minutes, blanket = np.array(case.inputs["minutes"], dtype=float), np.array(case.inputs["blanket"])
    groups = [minutes[blanket == name] for name in ("b0", "b1", "b2", "b3")]
    n = np.array([len(group) for group in groups])
    df = n.sum() - 4
    spread = sum(((group - group.mean()) ** 2).sum() for group in groups) / df
    gap = np.array([group.mean() for group in groups[1:]]) - groups[0].mean()
    t = gap / np.sqrt(spread * (1 / n[1:] + 1 / n[0]))
    assert list(t) == case.near("t")
    assert list(dunnett(t, n[1:] / (n[1:] + n[0]), df)) == case.near("p")


def test_dunnett_of_one_is_student_and_of_several_lies_between_it_and_bonferroni() -> None:
    assert dunnett([2.0], [0.5], 5) == pytest.approx([0.1019395], abs=1e-6)  # R 2 * pt(-2, 5)
    alone, three = dunnett([2.2], [0.5], 1e5), dunnett([2.2, 0.4, 1.0], [0.5, 0.5, 0.5], 1e5)
    assert alone[0] < three[0] < 3 * alone[0]
    assert np.isnan(dunnett([2.0, np.nan], [0.5, np.nan], 50)[1])
    assert dunnett([2.0, np.nan], [0.5, np.nan], 50)[0] == pytest.approx(dunnett([2.0], [0.5], 50)[0])
    assert np.isnan(dunnett([2.0], [0.5], 0)).all()


def test_dunnett_holds_the_false_winners_of_eight_equal_arms(rng: np.random.Generator) -> None:
    false = 0
    for _ in range(400):
        mean, n = rng.normal(0, 1, 9), 1.0  # known variance 1: the control first
        false += (dunnett((mean[1:] - mean[0]) / np.sqrt(2 / n), np.full(8, 0.5), 1e6) < 0.05).any()
    assert false / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
