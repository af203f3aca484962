"""No valid counts make a judgement fail: nobody, none, all, and up to ten million."""

from __future__ import annotations

from math import comb, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle

from kit.errors import UsageError
from kit.questions.compare_campaigns import audience_mix, ranking, side_by_side, stand_out
from kit.questions.subject_lines import by_part, measurable, plans, sample_size, verdicts
from kit.stats import proportions, trend

if TYPE_CHECKING:
    from pathlib import Path


@st.composite
def groups(draw: st.DrawFn) -> tuple[int, int]:
    """Events and trials: 0 of 0, none of n, all of n, or any, n up to 10 million."""
    n = draw(st.one_of(st.just(0), st.integers(0, 60), st.integers(0, 10**7)))
    return draw(st.one_of(st.just(0), st.just(n), st.integers(0, min(n, 8)), st.integers(0, n))), n


def table(rows: list[tuple[int, int]], *, unique: bool) -> pd.DataFrame:
    events, n = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    frame = pd.DataFrame({"sent": n, "delivered": n, "opened": events, "clicked": events}).astype("Int64")
    names = [f"c{place}" for place in range(len(rows))] if unique else "c"
    frame = frame.assign(campaign_id=names, campaign_name=names, variant=list("ABCDEFGH"[: len(rows)]))
    frame = frame.assign(revenue=frame["clicked"] * 2.5, revenue_squares=frame["clicked"] * 6.25, list_name="all")
    return frame.assign(
        sent_local=pd.date_range("2026-01-01", periods=len(rows)) if unique else pd.Timestamp("2026-01-01")
    )


@given(st.lists(groups(), min_size=2, max_size=4), st.sampled_from(["open_rate", "revenue_per_mail"]))
@settings(max_examples=60)
def test_tests_of_any_counts_are_judged_and_told(rows: list[tuple[int, int]], key: str) -> None:
    frame = table(rows, unique=False)
    for stated in (plans.plan(0), plans.plan(100, "1 of 2"), plans.plan(0, "any time")):
        found = verdicts.judge(frame, key, plan=stated)
        assert found.verdicts["decision"].isin(found.summary().numbers.keys()).all()
        assert len(found.table().cells()) == comb(len(rows), 2)
        assert found.words_table().cells()
    sample_size.judge(frame, key).table().text()


@given(st.lists(groups(), min_size=1, max_size=8))
@settings(max_examples=60)
def test_campaigns_of_any_counts_are_compared_and_told(rows: list[tuple[int, int]]) -> None:
    frame = table(rows, unique=True)
    found = stand_out.judge(frame, "open_rate", as_of=None, maturity_days=0)
    assert found.summary().text
    assert found.table().text()
    order = ranking.judge(found)
    assert order.summary().text
    assert order.table().text()
    frame = frame.assign(campaign_type="regular")
    assert side_by_side.judge(frame, ["open_rate"], [], as_of=None, maturity_days=0).summary().text
    assert audience_mix.judge(frame, "open_rate", "variant").summary().text


@given(st.lists(st.tuples(groups(), groups()), min_size=1, max_size=4))
@settings(max_examples=60)
def test_parts_of_any_counts_are_read_and_told(pairs: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    rows = [
        table(list(pair), unique=False).assign(segment=f"part {place}", variant=["A", "B"])
        for place, pair in enumerate(pairs)
    ]
    found = by_part.judge(pd.concat(rows, ignore_index=True), "open_rate", "segment")
    assert found.summary().text
    assert found.table().text()
    assert found.parts_table().text()


@given(groups(), groups())
@settings(max_examples=60)
def test_rates_of_any_counts_answer_or_say_not_estimable(a: tuple[int, int], b: tuple[int, int]) -> None:
    found: Any = proportions.proportion_difference(*a, *b)
    assert isnan(found.value) == (0 in (a[1], b[1])) == (found.test == "not estimable")
    assert proportions.lift(*a, *b).method in ("Koopman", "Walter", "not estimable")
    assert proportions.sample_ratio_test([a[1], b[1]]).broken in (True, False)
    proportions.chi_square_homogeneity([a[0], b[0]], [a[1], b[1]])
    low, high = proportions.proportion_interval([a[0], b[0]], [a[1], b[1]])
    assert (np.isnan(low) == np.isnan(high)).all()
    rate = a[0] / a[1] if a[1] else float("nan")
    measurable.dilution(rate, 0.1).summary()


def test_rare_unsubscribes_have_a_finite_interval(shared: Path) -> None:
    # statsmodels' score interval raises here, and not with the arms swapped (statsmodels #10269).
    case = oracle(shared, "mn_rare_5_4000_1_4000_total").inputs
    found = proportions.proportion_difference(case["x0"], case["n0"], case["x1"], case["n1"])
    assert found.low < 0.001 < found.high
    back = proportions.proportion_difference(case["x1"], case["n1"], case["x0"], case["n0"])
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_two_columns_of_counts_are_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match="one column of events and one of trials"):
        trend.quasi_binomial([[5, 5], [3, 7], [1, 9]], [10, 10, 10], [[1], [1], [1]])
