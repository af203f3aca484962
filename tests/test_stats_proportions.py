"""Rates against published answers, against statsmodels where it is right, and by their properties."""

from __future__ import annotations

from dataclasses import astuple
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle
from scipy.optimize import brentq
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kit.errors import UsageError
from kit.stats import intervals, proportions
from kit.stats.proportions import (
    SampleRatio,
    chi_square_homogeneity,
    minimum_detectable_effect,
    proportion_difference,
    proportion_interval,
    sample_ratio_test,
    sample_size,
)

if TYPE_CHECKING:
    from pathlib import Path

SIZES = st.one_of(st.integers(1, 150), st.integers(1, 10**7))
KINDS = (int, float, np.int64, np.float64, np.int32)


@st.composite
def groups(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SIZES) -> tuple[Any, Any]:
    """Events and trials of one group, rare events as often as common ones."""
    n = draw(sizes)
    x = draw(st.one_of(st.integers(0, n), st.integers(0, min(n, 8)), st.just(n)))
    kind = draw(st.sampled_from(KINDS))
    return kind(x), kind(n)


# One rate.


@pytest.mark.parametrize("key", ["wilson_15_148", "wilson_3_5000"])
def test_wilson_is_the_published(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    assert proportion_interval(case.inputs["x"], case.inputs["n"], method="wilson") == case.near("low", "high")


@pytest.mark.parametrize("key", ["clopper_0_1000", "onesample_beta_100_200"])
def test_exact_is_the_published(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    assert proportion_interval(case.inputs["x"], case.inputs["n"], method="exact") == case.near("low", "high")


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (15, 148, 0.0623863995307363, 0.160487241723308),  # R 4.2.2 prop.test(correct=FALSE)
        (0, 1000, 0, 0.00368208389686567),  # R 4.2.2 binom.test: five events or fewer
        (100, 200, 0.43136, 0.56864),  # Wilson by hand: 0.5 ± 0.06864
    ],
)
def test_auto_is_wilson_and_exact_for_few(x: int, n: int, low: float, high: float) -> None:
    assert proportion_interval(x, n) == pytest.approx((low, high), abs=5e-6)


def test_auto_changes_between_five_and_six_events_or_non_events() -> None:
    x, n = np.array([5, 6, 94, 95]), 100
    auto, exact, wilson = (proportion_interval(x, n, method=m) for m in ("auto", "exact", "wilson"))
    np.testing.assert_array_equal(auto, np.where([True, False, False, True], exact, wilson))


@given(groups(), st.sampled_from([0.8, 0.95, 0.999]))
def test_share_is_that_of_statsmodels(group: tuple[Any, Any], level: float) -> None:
    for method, theirs in (("wilson", "wilson"), ("exact", "beta")):
        expected = proportion_confint(float(group[0]), float(group[1]), alpha=1 - level, method=theirs)
        assert proportion_interval(*group, level=level, method=method) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(groups())
def test_share_holds_the_rate_and_stays_in_bounds(group: tuple[Any, Any]) -> None:
    low, high = proportion_interval(*group)
    assert 0 <= low <= group[0] / group[1] <= high <= 1


@given(groups(), st.sampled_from(["wilson", "exact"]))
def test_share_of_those_who_did_not_mirrors_it(group: tuple[Any, Any], method: Any) -> None:
    x, n = group
    low, high = proportion_interval(x, n, method=method)
    assert proportion_interval(n - x, n, method=method) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize("method", ["wilson", "exact"])
def test_share_rises_with_the_count_and_narrows_with_n(method: Any) -> None:
    low, high = proportion_interval(np.arange(101), 100, method=method)
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()
    low, high = proportion_interval([2, 20, 200, 2000], [10, 100, 1000, 10000], method=method)
    assert (np.diff(high - low) < 0).all()


def test_share_of_nobody_or_of_no_count_is_not_a_number() -> None:
    low, high = proportion_interval([0, 1, 3, -1, None], [0, np.nan, 2, 5, 5])
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_share_takes_a_series_with_missing_values() -> None:
    low, high = proportion_interval(pd.Series([15, None], dtype="Int64"), pd.Series([148, 148]))
    assert low == pytest.approx([0.0623863995307363, np.nan], nan_ok=True)  # R, as above
    assert np.isnan(high[1])


# Two rates.


@pytest.mark.parametrize("key", ["newcombe_10_10_0_20", "newcombe_9_10_3_10", "newcombe_56_70_48_80"])
def test_difference_has_newcombes_interval(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    difference = proportion_difference(*(case.inputs[name] for name in ("x0", "n0", "x1", "n1")))
    assert [difference.low, difference.high] == case.near("low", "high")


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [  # Newcombe (1998), Table II, method 10
        ((48, 80, 56, 70), 0.0524, 0.3339),
        ((3, 10, 9, 10), 0.1705, 0.8090),
        ((0, 20, 10, 10), 0.6791, 1.0000),
    ],
)
def test_difference_is_in_newcombes_table(table: tuple[int, int, int, int], low: float, high: float) -> None:
    difference = proportion_difference(*table)
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=6e-5)


def test_difference_tests_as_the_published(shared: Path) -> None:
    for key, name in (("chi2_aaron_piazza", "p"), ("unsub_5_1_4000", "fisher_p")):
        case = oracle(shared, key)
        difference = proportion_difference(*(case.inputs[one] for one in ("x0", "n0", "x1", "n1")))
        assert difference.p == case.near(name)
    case = oracle(shared, "boschloo_5_0_1_4")
    (a, b), (not_a, not_b) = case.inputs["table"]
    assert proportion_difference(a, a + not_a, b, b + not_b).p == case.near("p")


@pytest.mark.parametrize(
    ("table", "p", "test"),
    [
        ((2127, 6911, 3771, 12364), 0.68880127508113, "chi-square"),  # R prop.test(correct=FALSE)
        ((1100, 5000, 1200, 5000), 0.017, "chi-square"),
        ((3541, 20421, 3560, 20421), 0.80, "chi-square"),
        ((5, 6, 0, 4), 0.01373073, "Boschloo"),  # R package Exact, in scipy's tests
        ((1, 4000, 5, 4000), 0.2185741747955326, "Fisher"),  # R fisher.test
        ((0, 4000, 0, 4000), 1.0, "Fisher"),  # the only table with these margins
    ],
)
def test_difference_chooses_the_test_by_the_expected_counts(
    table: tuple[int, int, int, int], p: float, test: str
) -> None:
    difference = proportion_difference(*table)
    assert difference.p == pytest.approx(p, abs=0.005 if p in (0.80, 0.017) else 1e-6)
    assert difference.test == test


@given(groups(), groups())
@settings(max_examples=60)
def test_difference_never_fails_and_swapping_arms_only_turns_it_round(a: tuple[Any, Any], b: tuple[Any, Any]) -> None:
    difference, swapped = proportion_difference(*a, *b), proportion_difference(*b, *a)
    assert -1 <= difference.low <= difference.value <= difference.high <= 1
    assert 0 <= difference.p <= 1
    assert (difference.value, difference.low, difference.high) == pytest.approx(
        (-swapped.value, -swapped.high, -swapped.low), rel=0, abs=1e-9
    )
    assert difference.p == pytest.approx(swapped.p, rel=0, abs=1e-9)
    assert difference.test == swapped.test


@given(groups(), groups())
def test_newcombe_is_that_of_statsmodels(a: tuple[Any, Any], b: tuple[Any, Any]) -> None:
    a, b = (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))
    expected = confint_proportions_2indep(*b, *a, method="newcomb", compare="diff")
    assert intervals.newcombe(*a, *b, z=intervals.critical_z(0.95)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "table", [(0, 0, 1, 5), (1, 5, 0, 0), (0, 0, 0, 0), (6, 5, 1, 5), (-1, 5, 1, 5), (None, 5, 1, 5)]
)
def test_an_empty_arm_or_no_count_is_not_estimable(table: Any) -> None:
    *numbers, test = astuple(proportion_difference(*table))
    assert np.isnan(numbers).all()
    assert test == "not estimable"
    *numbers, method = astuple(proportions.lift(*table))
    assert np.isnan(numbers).all()
    assert method == "not estimable"


# Lift.


def test_lift_has_koopmans_and_walters_interval(shared: Path) -> None:
    case = oracle(shared, "koopman_7_34_1_34")
    ratio = proportions.lift(*(case.inputs[name] for name in ("x0", "n0", "x1", "n1")))
    assert [ratio.low + 1, ratio.high + 1] == case.near("low", "high")
    case = oracle(shared, "walter_7_34_1_34")
    ends = intervals.walter(*(case.inputs[name] for name in ("x0", "n0", "x1", "n1")), z=1.959964)
    assert list(ends) == case.near("low", "high")


def test_lift_of_7_in_34_over_1_in_34_is_that_of_r() -> None:  # R PropCIs riskscoreci
    ratio = proportions.lift(1, 34, 7, 34)
    assert (ratio.low, ratio.high) == pytest.approx((0.220853, 41.575718), rel=1e-5)
    assert (ratio.value, ratio.method) == (6, "Koopman")


def test_lift_is_that_printed_for_hillstrom(shared: Path) -> None:
    case = oracle(shared, "hillstrom_lifts")
    control = case.inputs["none"]
    for arm in ("mens", "womens"):
        ratio = proportions.lift(control["conv"], control["n"], case.inputs[arm]["conv"], case.inputs[arm]["n"])
        assert ratio.value == case.near(arm)


@given(groups(), groups())
def test_lift_never_fails_and_swapping_arms_inverts_it(a: tuple[Any, Any], b: tuple[Any, Any]) -> None:
    ratio, swapped = proportions.lift(*a, *b), proportions.lift(*b, *a)
    assert ratio.method == swapped.method
    if ratio.method == "not estimable":
        assert a[0] == b[0] == 0
        return
    assert all(isfinite(end) for end in (ratio.low, ratio.high))
    assert isnan(ratio.value) == (a[0] == 0)
    if ratio.method == "Koopman":
        assert -1 < ratio.low <= ratio.value <= ratio.high
        (low, high), back = intervals.koopman(*a, *b, z=1.96), intervals.koopman(*b, *a, z=1.96)
        assert (low, high) == pytest.approx((1 / back[1], 1 / back[0]), rel=1e-12)


SOME = groups(st.integers(2, 300)).filter(lambda group: 0 < group[0] < group[1])


@given(SOME, SOME)
def test_lifts_ends_are_where_the_score_test_gives_the_level(a: tuple[Any, Any], b: tuple[Any, Any]) -> None:
    x, n = np.array([a[0], b[0]], dtype=float), np.array([a[1], b[1]], dtype=float)
    ratios = proportions.lift(*a, *b)
    for ratio in (ratios.low + 1, ratios.high + 1):
        times = np.array([1, ratio])
        # The likeliest rate of a where b's is `ratio` times it: the slope of the likelihood is 0.
        top = min(1, 1 / ratio)
        rate = brentq(lambda p, m=times: (x / p - (n - x) * m / (1 - m * p)).sum(), 1e-12, top - 1e-12)
        fit = n * rate * times
        assert ((x - fit) ** 2 / fit / (1 - fit / n)).sum() == pytest.approx(1.959964**2, rel=1e-4)


def test_lift_of_all_over_all_is_by_hand() -> None:  # ratio n / (n + z2) to (n + z2) / n
    ratio, z2 = proportions.lift(10, 10, 10, 10), intervals.critical_z(0.95) ** 2
    assert (ratio.low + 1, ratio.high + 1) == pytest.approx((10 / (10 + z2), (10 + z2) / 10))


def test_lift_over_none_has_a_bound_but_no_value() -> None:
    over_none, to_none = proportions.lift(0, 34, 7, 34), proportions.lift(7, 34, 0, 34)
    assert isnan(over_none.value)
    assert (to_none.value, to_none.low, to_none.method) == (-1, -1, "Walter")
    assert 1 + to_none.high == pytest.approx(1 / (1 + over_none.low))


# Splits and groups.


@pytest.mark.parametrize(("key", "planned"), [("hillstrom_srm", ()), ("srm_600_400", (0.5, 0.5))])
def test_split_is_the_published(shared: Path, key: str, planned: tuple[float, ...]) -> None:
    case = oracle(shared, key)
    assert sample_ratio_test(case.inputs["n"], planned).p == case.near("p")


def test_split_is_broken_only_far_from_the_plan() -> None:
    assert sample_ratio_test([5000, 5500]).p == pytest.approx(1.06e-6, rel=0.01)  # 500² / 10500
    assert sample_ratio_test([5000, 5500]).broken
    assert sample_ratio_test([5000, 5200]).p == pytest.approx(0.048, abs=5e-4)
    assert not sample_ratio_test([5000, 5200]).broken
    assert not sample_ratio_test([8000, 2000], [0.8, 0.2]).broken
    assert sample_ratio_test([8000, 2000]).broken


@pytest.mark.parametrize("counts", [[], [5], [0, 0], [np.nan, 5]])
def test_a_split_of_nothing_is_not_judged(counts: list[float]) -> None:
    split = sample_ratio_test(counts)
    assert isnan(split.p)
    assert not split.broken


def test_mail_to_an_arm_with_no_planned_share_breaks_the_split() -> None:
    assert sample_ratio_test([100, 1], [1, 0]) == SampleRatio(0, broken=True)
    assert sample_ratio_test([100, 0], [1, 0]) == SampleRatio(1, broken=False)


def test_a_plan_for_other_arms_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^2 versions were sent, but 3 shares are planned$"):
        sample_ratio_test([5, 5], [0.2, 0.3, 0.5])


@pytest.mark.parametrize("key", ["kgroups_smokers", "kgroups_73"])
def test_equal_is_the_published(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    test = chi_square_homogeneity(case.inputs["x"], case.inputs["n"])
    assert [test.statistic, test.p] == case.near("stat", "p")


def test_equal_is_that_of_r_and_leaves_out_groups_of_nobody() -> None:  # R ?prop.test, smokers
    test = chi_square_homogeneity([83, 90, 129, 0, 70], [86, 93, 136, 0, 82])
    assert (test.statistic, test.p) == pytest.approx((12.6004112971276, 0.00558547666162702))
    assert (test.df, test.expected) == (3, pytest.approx(82 * 25 / 397))


@pytest.mark.parametrize(("x", "n"), [([], []), ([3], [5]), ([0, 0], [5, 6]), ([5, 6], [5, 6]), ([0, 0], [0, 0])])
def test_equal_of_nothing_that_could_differ_is_not_a_number(x: list[int], n: list[int]) -> None:
    assert isnan(chi_square_homogeneity(x, n).p)


# What a test can measure.


def test_power_is_the_published(shared: Path) -> None:
    case = oracle(shared, "power_prop_50")
    assert proportions.power(case.inputs["p1"], case.inputs["p2"], n=case.inputs["n"]) == case.near("value")
    case = oracle(shared, "stata_power")
    p, gap = case.inputs["p2"], case.inputs["diff"]
    # Stata counts findings in the wrong direction too, which is 2e-6 here.
    power = proportions.power(p, p + gap, n=case.inputs["n_per_arm"])
    assert power == pytest.approx(case.expected["power"], abs=3e-6)
    case = oracle(shared, "n_ctr_2_24")
    n = case.expected["value"]
    assert proportions.power(case.inputs["p1"], case.inputs["p2"], n=n) == pytest.approx(0.8, abs=1e-7)


@pytest.mark.parametrize("key", ["gpower_34_003", "gpower_34_003_a14", "gpower_34_003_a14_p67"])
def test_sample_size_is_that_of_gpower(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    p, gap = case.inputs["baseline"], case.inputs["mde_abs"]
    n = sample_size(p, p + gap, level=1 - case.inputs["alpha"], power=case.inputs["power"])
    assert n is not None
    assert 2 * n == case.near("n_total")


@pytest.mark.parametrize(
    ("p_a", "p_b", "n"),
    [
        (0.02, 0.024, 21109),  # R 4.2.2 power.prop.test: 21108.383
        (0.20, 0.22, 6510),  # the same; the next are 20 % and 22 % with 20, 40, 50, 60 % opened by machines
        (0.36, 0.376, 14261),
        (0.52, 0.532, 27179),
        (0.60, 0.61, 37513),
        (0.68, 0.688, 53015),
    ],
)
def test_sample_size_is_that_of_r(p_a: float, p_b: float, n: int) -> None:
    assert sample_size(p_a, p_b) == sample_size(p_b, p_a) == n


RATES = st.floats(0, 1).map(lambda p: round(p, 4))


@given(RATES, RATES)
def test_sample_size_is_the_first_with_the_power(p_a: float, p_b: float) -> None:
    n = sample_size(p_a, p_b)
    if n is None:
        assert p_a == p_b
    else:
        assert proportions.power(p_a, p_b, n=n) >= 0.8 - 1e-9
        assert n == 1 or proportions.power(p_a, p_b, n=n - 1) < 0.8 or {p_a, p_b} == {0, 1}


@given(RATES, st.integers(0, 10**7))
def test_detectable_rise_has_the_power_and_falls_with_n(p: float, n: int) -> None:
    rise = minimum_detectable_effect(p, n)
    if isnan(rise):
        assert p == 1 or proportions.power(p, 1, n=n) < 0.8
    else:
        assert 0 < rise <= 1 - p
        assert proportions.power(p, p + rise, n=n) == pytest.approx(0.8, abs=1e-4) or p + rise == 1
        assert minimum_detectable_effect(p, 2 * n) < rise


def test_what_cannot_be_planned_is_said() -> None:
    assert sample_size(0.2, 0.2) is None
    assert sample_size(float("nan"), 0.2) is None
    assert isnan(proportions.power(float("nan"), 0.2, n=5))
    assert isnan(minimum_detectable_effect(float("nan"), 5))
    assert proportions.power(0, 1, n=5) == 1
    assert proportions.power(0, 0, n=5) == 0


@pytest.mark.parametrize(("method", "why"), [("score", "#10269"), ("wald", "small"), ("miettinen", "not known here")])
def test_an_interval_that_does_not_hold_is_refused_with_the_reason(method: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        proportion_difference(5, 100, 9, 100, method=method)
