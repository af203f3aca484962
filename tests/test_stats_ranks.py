"""Order: shifts, chances and quantiles against R, scipy and the pairs themselves."""

from __future__ import annotations

import csv
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle
from scipy import stats

from kit.stats import ranks

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.lists(st.integers(0, 40), min_size=2, max_size=40)


@pytest.mark.parametrize("key", ["hodges_lehmann", "hl_ozone"])
def test_the_shift_is_that_of_r(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    shift = ranks.hodges_lehmann((case.inputs["y"], None), (case.inputs["x"], None))
    assert [shift.value, shift.low, shift.high] == case.near("hl", "low", "high")
    if key == "hl_ozone":
        assert shift.p == case.near("p")


def test_the_shift_of_baskets_is_not_the_difference_of_medians(shared: Path) -> None:
    case = oracle(shared, "hillstrom_basket_hl")
    baskets: dict[str, list[float]] = {"Mens E-Mail": [], "Womens E-Mail": [], "No E-Mail": []}
    with (shared / "datasets/hillstrom.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if float(row["spend"]):
                baskets[row["segment"]].append(float(row["spend"]))
    mens, womens = baskets["Mens E-Mail"], baskets["Womens E-Mail"]
    shift = ranks.hodges_lehmann((womens, None), (mens, None))
    assert [shift.value, shift.p] == case.near("hl", "p")
    assert [ranks.quantile_interval(one)[0] for one in (mens, womens)] == case.near("median")


@given(VALUES, VALUES)
def test_the_shift_is_the_middle_of_all_pairs(a: list[int], b: list[int]) -> None:
    shift = ranks.hodges_lehmann((a, None), (b, None))
    pairs = np.subtract.outer(b, a).ravel()
    assert shift.value == pytest.approx(np.median(pairs), abs=1e-6)
    if len({*a, *b}) > 1:
        theirs = stats.mannwhitneyu(b, a, use_continuity=True, method="asymptotic")
        assert shift.p == pytest.approx(theirs.pvalue, abs=1e-9)


@given(VALUES, VALUES)
def test_numbers_of_units_say_the_same_as_units(a: list[int], b: list[int]) -> None:
    groups = [np.unique(one, return_counts=True) for one in (a, b)]
    assert astuple(ranks.hodges_lehmann(*groups)) == pytest.approx(
        astuple(ranks.hodges_lehmann((a, None), (b, None))), nan_ok=True
    )
    assert astuple(ranks.brunner_munzel(*groups)) == pytest.approx(
        astuple(ranks.brunner_munzel((a, None), (b, None))), nan_ok=True
    )


def test_scores_are_as_published(shared: Path) -> None:
    case = oracle(shared, "brunner_munzel_pain")  # Neubert & Brunner (2007)
    comparison = ranks.brunner_munzel((case.inputs["x"], None), (case.inputs["y"], None))
    assert [comparison.statistic, comparison.df, comparison.p] == case.near("stat", "df", "p")
    assert [comparison.value, comparison.low, comparison.high] == case.near("prob", "low", "high")


@given(VALUES, VALUES)
def test_the_chance_turns_round_with_the_groups(a: list[int], b: list[int]) -> None:
    comparison, back = ranks.brunner_munzel((a, None), (b, None)), ranks.brunner_munzel((b, None), (a, None))
    assert comparison.value == pytest.approx(1 - back.value)
    assert comparison.p == pytest.approx(back.p, nan_ok=True)
    assert comparison.value == pytest.approx(np.mean(np.sign(np.subtract.outer(b, a))) / 2 + 0.5)


def test_quantiles_are_those_of_r(shared: Path) -> None:
    case = oracle(shared, "quantile_ci_r")
    x = np.exp(np.linspace(0, 1, 101))
    assert list(ranks.quantile_interval(x, level=0.9)[1:]) == case.near("median90")
    assert list(ranks.quantile_interval(x, q=0.3)[1:]) == case.near("q30_95")


def test_five_have_no_interval_of_the_median() -> None:
    middle, low, high = ranks.quantile_interval([1, 2, 3, 4, 5])  # the widest, 1 to 5, covers 1 - 2 / 32 = 94 %
    assert (middle, np.isnan(low), np.isnan(high)) == (3, True, True)
    assert ranks.quantile_interval([1, 2, 3, 4, 5, 6])[1:] == (1, 6)  # 1 - 2 / 64 = 97 %


def test_nobody_is_not_estimable() -> None:
    assert np.isnan(astuple(ranks.hodges_lehmann(([], None), ([1], None)))).all()
    assert np.isnan(astuple(ranks.brunner_munzel(([1], None), ([], None)))).all()
    assert np.isnan(ranks.quantile_interval([])).all()
    assert ranks.hodges_lehmann(([1, 2], [0, 3]), ([np.nan, 4], None)).value == 2


def test_many_thousands_are_compared_at_once(rng: np.random.Generator) -> None:
    a, b = rng.exponential(500, 20_000).round(2), (rng.exponential(500, 20_000) + 30).round(2)
    shift = ranks.hodges_lehmann((a, None), (b, None))
    assert 15 < shift.low < shift.value < shift.high < 60
    assert shift.p < 1e-10
