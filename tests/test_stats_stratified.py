"""Strata against R, statsmodels where it is right, and published cases of Simpson's paradox."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle
from statsmodels.stats.contingency_tables import StratifiedTable

from kit.stats import proportions, stratified

if TYPE_CHECKING:
    from pathlib import Path

COUNT = st.integers(1, 300)
STRATUM = st.tuples(COUNT, COUNT, COUNT, COUNT)  # did it and did not, of a and of b: no cell is 0
ANY = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 10**7), st.integers(0, 10**7))


def test_the_ramp_up_case_turns_round_within_days(shared: Path) -> None:
    # Crook, Frasca, Kohavi & Longbotham (2009), "Seven pitfalls": better on both days, worse in total.
    case = oracle(shared, "rampup_simpson")
    a, b = np.array(case.inputs["control"]), np.array(case.inputs["treatment"])
    comparison = stratified.mantel_haenszel(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    assert [comparison.odds, comparison.statistic] == case.near("or_mh", "stat")
    assert [comparison.odds_low, comparison.odds_high] == pytest.approx(case.expected["or_ci"], rel=1e-6)
    assert list(a[:, 0] / a[:, 1]) == case.near("day_control")
    assert list(b[:, 0] / b[:, 1]) == case.near("day_treatment")
    pooled = proportions.proportion_difference(*a.sum(axis=0), *b.sum(axis=0))
    assert (pooled.value < 0, comparison.difference > 0) == (True, True)
    assert pooled.p < 1e-100
    assert comparison.p < 1e-20


def test_the_kidney_stones_turn_round_within_sizes(shared: Path) -> None:
    # Charig et al. (1986), BMJ 292:879: open surgery is better for small and for large stones, worse in total.
    case = oracle(shared, "kidney_stones")
    a, b = np.array(case.inputs["B"]), np.array(case.inputs["A"])
    comparison = stratified.mantel_haenszel(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    assert comparison.odds == case.near("or_mh")
    assert [comparison.odds_low, comparison.odds_high] == pytest.approx(case.expected["ci"], rel=1e-6)
    pooled = [one[:, 0].sum() / one[:, 1].sum() for one in (b, a)]
    assert pooled == case.near("crude_A", "crude_B")
    assert (comparison.difference > 0, pooled[0] < pooled[1]) == (True, True)


def test_strata_of_spending_are_as_r_has_them(shared: Path) -> None:
    case = oracle(shared, "hillstrom_cmh_history")
    tables = np.array(case.inputs["tables"])  # mens and none, visited and not
    mens, none = tables[:, 0], tables[:, 1]
    comparison = stratified.mantel_haenszel(none[:, 0], none.sum(axis=1), mens[:, 0], mens.sum(axis=1))
    assert [comparison.statistic, comparison.odds] == case.near("stat", "or_mh")
    assert [comparison.odds_low, comparison.odds_high] == pytest.approx(case.expected["ci"], rel=1e-6)
    assert comparison.k == 7


def test_an_effect_that_differs_is_found_as_by_woolf(shared: Path) -> None:
    case = oracle(shared, "hillstrom_interaction")
    visit, n = (np.array([case.inputs[name][part] for part in ("past0", "past1")]) for name in ("visit", "n"))
    comparison = stratified.mantel_haenszel(visit[:, 1], n[:, 1], visit[:, 0], n[:, 0])
    assert list(visit[0] / n[0]) == case.near("rate_past0")
    assert list(visit[1] / n[1]) == case.near("rate_past1")
    assert comparison.uneven == pytest.approx(
        case.expected["woolf"][0], rel=0.01
    )  # Breslow and Day's is near, not the same
    assert comparison.uneven_p < 1e-14


@given(st.lists(STRATUM, min_size=2, max_size=6))
@settings(max_examples=60)
def test_it_is_statsmodels_where_no_cell_is_empty(cells: list[tuple[int, int, int, int]]) -> None:
    did_a, not_a, did_b, not_b = np.array(cells, dtype=float).T
    comparison = stratified.mantel_haenszel(did_a, did_a + not_a, did_b, did_b + not_b)
    table = StratifiedTable(np.array([[did_b, not_b], [did_a, not_a]]))
    assert comparison.odds == pytest.approx(table.oddsratio_pooled, rel=1e-9)
    assert (comparison.odds_low, comparison.odds_high) == pytest.approx(table.oddsratio_pooled_confint(), rel=1e-9)
    theirs: Any = table.test_null_odds(correction=False)
    assert comparison.statistic == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-9)
    if abs(comparison.odds - 1) > 1e-6:  # at 1 it divides by 0
        theirs = table.test_equal_odds(adjust=True)
        assert comparison.uneven == pytest.approx(max(theirs.statistic, 0), rel=1e-6, abs=1e-6)


def test_of_one_stratum_it_is_the_plain_difference() -> None:
    comparison, plain = (
        stratified.mantel_haenszel([200], [1000], [240], [1100]),
        proportions.proportion_difference(200, 1000, 240, 1100),
    )
    assert comparison.difference == pytest.approx(plain.value)
    assert (comparison.low, comparison.high) == pytest.approx((plain.low, plain.high), abs=5e-4)
    assert np.isnan(comparison.uneven)


def test_the_interval_of_the_difference_covers(rng: np.random.Generator) -> None:
    n_a, n_b, base = np.array([200, 900, 60]), np.array([500, 300, 80]), np.array([0.02, 0.1, 0.3])
    inside = 0
    for _ in range(1000):
        x_a, x_b = rng.binomial(n_a, base), rng.binomial(n_b, base + 0.02)
        comparison = stratified.mantel_haenszel(x_a, n_a, x_b, n_b)
        inside += comparison.low <= 0.02 <= comparison.high
    assert inside >= 929  # 95 % less three Monte Carlo errors


@given(st.lists(ANY, max_size=6))
def test_no_counts_make_it_fail_and_swapping_turns_it_round(rows: list[tuple[int, int, int, int]]) -> None:
    cells = np.array(rows, dtype=float).reshape(-1, 4)
    x_a, x_b = np.minimum(cells[:, 0], cells[:, 2]), np.minimum(cells[:, 1], cells[:, 3])
    comparison: Any = stratified.mantel_haenszel(x_a, cells[:, 2], x_b, cells[:, 3])
    back = stratified.mantel_haenszel(x_b, cells[:, 3], x_a, cells[:, 2])
    assert not np.isinf(astuple(comparison)).any()
    assert comparison.difference == pytest.approx(-back.difference, abs=1e-12, nan_ok=True)
    assert comparison.p == pytest.approx(back.p, rel=1e-6, abs=1e-12, nan_ok=True)
    assert np.isnan(comparison.odds) or comparison.odds * back.odds == pytest.approx(1)
    if not np.isnan(comparison.p):
        assert 0 <= comparison.p <= 1
        assert -1 <= comparison.low <= comparison.difference <= comparison.high <= 1


def test_nothing_is_not_estimable() -> None:
    for rows in ([], [0]):
        assert np.isnan(astuple(stratified.mantel_haenszel(rows, rows, rows, rows))[:-1]).all()
