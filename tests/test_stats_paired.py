"""The same people: McNemar and Cochran against R and statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle
from statsmodels.stats.contingency_tables import cochrans_q

from kit.errors import UsageError
from kit.stats import paired

if TYPE_CHECKING:
    from pathlib import Path


def test_mcnemar_is_that_of_r(shared: Path) -> None:
    case = oracle(shared, "mcnemar_approval")  # Agresti (1990), approval ratings twice
    (both, only_a), (only_b, neither) = case.inputs["table"]
    pair = paired.mcnemar(only_a, only_b, both + only_a + only_b + neither)
    assert pair.statistic == case.near("stat_nc")
    assert pair.test == "McNemar"
    assert pair.value == pytest.approx(-64 / 1600)  # by hand: 86 - 150 of 1,600
    assert pair.low < -0.04 < pair.high < 0


def test_few_are_judged_by_the_mid_p() -> None:
    # By hand, 1 and 6 of 7: 2 (1 + 7) / 128 - 7 / 128; 1 and 7 of 8: 2 (1 + 8) / 256 - 8 / 256.
    assert paired.mcnemar(1, 6, 40).p == pytest.approx(9 / 128)
    pair = paired.mcnemar(1, 7, 21)
    assert pair.p == pytest.approx(10 / 256)
    assert (pair.test, np.isnan(pair.statistic)) == ("McNemar, exact", True)


def test_the_interval_is_by_hand() -> None:
    near_a, near_b = 2 / 23, 8 / 23  # Bonett & Price (2012): one more to each of those who changed, two to all
    half = 1.959964 * ((near_a + near_b - (near_b - near_a) ** 2) / 23) ** 0.5
    pair = paired.mcnemar(1, 7, 21)
    assert (pair.low, pair.high) == pytest.approx((near_b - near_a - half, near_b - near_a + half), abs=1e-6)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_no_counts_make_it_fail_and_swapping_turns_it_round(a: int, b: int, rest: int) -> None:
    pair, back = paired.mcnemar(a, b, a + b + rest), paired.mcnemar(b, a, a + b + rest)
    if a + b + rest == 0:
        assert pair.test == "not estimable"
        return
    assert -1 <= pair.low <= pair.value <= pair.high <= 1
    assert 0 <= pair.p <= 1
    assert (pair.value, pair.low, pair.p) == pytest.approx((-back.value, -back.high, back.p), abs=1e-12)


def test_cochran_is_the_published(shared: Path) -> None:
    case = oracle(shared, "cochran_q")
    test = paired.cochran_q(case.inputs["table"], np.ones(9))
    assert [test.statistic, test.df] == case.near("q", "df")


@given(st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=1, max_size=40))
def test_patterns_with_numbers_say_the_same_as_people(rows: list[tuple[int, ...]]) -> None:
    patterns, people = np.unique(rows, axis=0, return_counts=True)
    test = paired.cochran_q(patterns, people)
    if all(len(set(row)) == 1 for row in rows):
        assert np.isnan(test.p)
    else:
        assert test.statistic == pytest.approx(cochrans_q(np.array(rows)).statistic)


def test_of_two_times_cochran_is_mcnemar() -> None:
    test = paired.cochran_q([[1, 0], [0, 1], [1, 1]], [150, 86, 800])
    assert test.statistic == pytest.approx(paired.mcnemar(150, 86, 1036).statistic)


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match="rows of yes and no"):
        paired.cochran_q([[1, 2]], [1])
