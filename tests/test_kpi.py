"""KPIs: the registry, and values with their intervals against figures made by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import metrics
from kit.errors import UsageError

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def counted(**counts: float | None) -> pd.DataFrame:
    return pd.DataFrame({"group": ["g"]} | {name: [value] for name, value in counts.items()}).astype(
        dict.fromkeys(counts, "Float64")
    )


def value(key: str, **counts: float | None) -> dict:
    return metrics.values(counted(**counts), [key], by=["group"]).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("key", "counts", "share"),
    [
        # 10,000 sent, 200 hard and 100 soft bounces: DEFINITIONS, campaigns.
        ("delivery_rate", {"delivered": 9700, "sent": 10000}, 0.97),
        ("bounce_hard_rate", {"bounced_hard": 200, "sent": 10000}, 0.02),
        # The published Mailchimp row: 30 of 108 opened, 7 clicked.
        ("open_rate", {"opened": 30, "delivered": 108}, 30 / 108),
        ("click_rate", {"clicked": 7, "delivered": 108}, 7 / 108),
        ("click_to_open_rate", {"clicked": 7, "opened": 30}, 7 / 30),
        ("unsubscribe_rate", {"unsubscribed": 5, "delivered": 4000}, 0.00125),
        ("satisfaction", {"satisfied": 150, "answered": 250}, 0.6),
        ("revenue_per_mail", {"revenue": 900, "delivered": 300}, 3),
    ],
)
def test_a_kpi_is_one_count_over_another(key: str, counts: dict[str, float], share: float) -> None:
    row = value(key, **counts)
    assert row["value"] == pytest.approx(share)
    assert row["n"] == counts[metrics.KPIS[key].denominator]


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (1200, 5000, 0.228, 0.252),  # Wilson, CHECKS C4
        (15, 148, 0.0624, 0.1605),  # Wilson, Newcombe (1998) table I
        (0, 1000, 0, 0.00368),  # Clopper-Pearson: 1 - 0.025 ** (1 / 1000)
    ],
)
def test_intervals_are_the_published_ones(count: int, n: int, low: float, high: float) -> None:
    row = value("open_rate", opened=count, delivered=n)
    assert (row["low"], row["high"]) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


@pytest.mark.parametrize("n", [1, 10, 148])
def test_none_of_n_has_the_exact_bound(n: int) -> None:  # Clopper-Pearson with no success: 1 - (a/2) ** (1/n)
    row = value("open_rate", opened=0, delivered=n)
    assert (row["low"], row["high"]) == (0, pytest.approx(1 - 0.025 ** (1 / n)))


@pytest.mark.parametrize("counts", [{"opened": 0, "delivered": 0}, {"opened": None, "delivered": 9}, {"delivered": 9}])
def test_what_is_not_known_is_no_number(counts: dict[str, float | None]) -> None:
    row = value("open_rate", **counts)
    assert all(math.isnan(row[name]) for name in ("value", "low", "high"))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8))
def test_overall_is_sum_over_sum_never_the_mean_of_rates(groups: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame({"opened": [min(g) for g in groups], "delivered": [max(g) for g in groups]})
    got = metrics.overall(frame, ["open_rate"]).iloc[0]
    total = sum(map(max, groups))
    expected = sum(map(min, groups)) / total if total else math.nan
    assert got["value"] == pytest.approx(expected, nan_ok=True)


def test_overall_leaves_out_who_lacks_a_count_and_says_how_many() -> None:
    frame = pd.DataFrame({"converted": [2, None, 4], "delivered": [100, 900, 100]}).astype("Float64")
    got = metrics.overall(frame, ["conversion_rate"]).iloc[0]
    assert (got["value"], got["n"], got["missing"]) == (0.03, 200, 1)


def test_a_mean_without_single_amounts_has_no_interval() -> None:
    row = value("revenue_per_mail", revenue=900, delivered=300)
    assert math.isnan(row["low"])


def test_a_mean_has_students_interval_from_sums_and_squares() -> None:
    # 2 of 100 mails brought 50 each: mean 1, variance (5000 - 100) / 99, t(99) = 1.984217.
    row = value("revenue_per_mail", revenue=100, revenue_squares=5000, delivered=100)
    half = 1.9842169515086827 * math.sqrt((5000 - 100) / 99 / 100)
    assert (row["low"], row["high"]) == pytest.approx((1 - half, 1 + half))


def test_waiting_counts_who_still_waits() -> None:
    waits = pd.DataFrame({"month": "2026-01", "minutes": [10, 20, 30], "answered": [True, True, False], "n": [1, 1, 2]})
    row = metrics.response_time(waits).iloc[0]
    assert (row["n"], row["open"], row["value"]) == (4, 2, 20)
    answered_only = metrics.response_time(waits[waits["answered"]]).iloc[0]
    assert answered_only["value"] == 10  # what a mean of answered tickets would flatter


@pytest.mark.parametrize("key", [*metrics.KPIS, *metrics.GOALS])
def test_every_key_is_explained(key: str) -> None:
    text = (metrics.explain if key in metrics.KPIS else metrics.explain_goal)(key)
    assert text.startswith(f"{key}: ")
    assert "guide" in text or "support.google" in text


def test_explain_prints_what_counts() -> None:
    text = metrics.explain("unsubscribe_rate")
    assert "unsubscribed / delivered" in text
    assert "Clopper-Pearson" in text


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: metrics.explain("open_rat"), "There is no KPI 'open_rat'. Did you mean 'open_rate'?"),
        (lambda: metrics.find("opens"), "There is no KPI 'opens'. Did you mean 'open_rate'?"),
        (lambda: metrics.goal("revenu"), "There is no goal 'revenu'. Did you mean 'revenue'?"),
        (
            lambda: metrics.values(counted(), ["response_time"], by=[]),
            "response_time is a response time: use metrics.response_time(counts.waits(data)).",
        ),
    ],
)
def test_a_wrong_key_is_said(call: object, said: str) -> None:
    with pytest.raises(UsageError) as error:
        call()  # type: ignore[operator]
    assert str(error.value) == said


def test_goals_follow_the_guide() -> None:
    # Guide 1, step 1: appointments -> response speed and appointments booked; retention -> satisfaction, repeat visits.
    assert {"response_time", "conversion_rate"} <= {key for key, _ in metrics.GOALS["appointments"].kpis}
    assert {"satisfaction", "repeat_visit_rate"} <= {key for key, _ in metrics.GOALS["retention"].kpis}
