"""The service before a known change and since."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kit
from kit.questions.months import service_change

ROOT = Path(__file__).parents[1]
MONTHS = [f"2026-{month:02d}" for month in range(1, 11)]
NONE = pd.DataFrame(columns=["month"])


def waits(rng: np.random.Generator, factor: float) -> pd.DataFrame:
    rows = []
    for month in MONTHS:
        usual = 300 * np.exp(rng.normal(0, 0.1)) * (factor if month >= "2026-06" else 1)
        rows += [(month, round(wait), True, 1) for wait in rng.exponential(usual, 60)]
    return pd.DataFrame(rows, columns=["month", "minutes", "answered", "n"])


def test_answers_that_come_sooner_are_found(rng: np.random.Generator) -> None:
    found = service_change.judge(waits(rng, 0.5), NONE, NONE, "2026-06")
    row = found.figures.iloc[0]
    assert row["verdict"] == "lower"
    assert row["high"] < 0
    text = found.summary().text
    assert text.startswith("Since Jun 2026, answers come sooner (")
    assert text.endswith("This does not show the cause: other things changed as well.")


def test_equal_months_are_seldom_called_a_change(rng: np.random.Generator) -> None:
    called = sum(
        service_change.judge(waits(rng, 1), NONE, NONE, "2026-06").figures["verdict"].iloc[0] in ("higher", "lower")
        for _ in range(50)
    )
    assert called <= 7  # 5 % of 50 and three Monte Carlo errors; by single requests alone it would be a third


def test_open_requests_count_as_long_as_they_wait() -> None:
    rows = [(month, 100, True, 50) for month in MONTHS] + [("2026-10", 5000, False, 300), ("2026-10", 3, False, 4)]
    waiting = pd.DataFrame(rows, columns=["month", "minutes", "answered", "n"])
    row = service_change.judge(waiting, NONE, NONE, "2026-06").figures.iloc[0]
    assert (row["n_before"], row["n_since"], row["before"]) == (250, 554, 100)
    assert np.isnan(row["since"])  # more than half still wait: no median is reached
    assert row["verdict"] == "unknown"


def test_requests_of_one_day_are_no_many(rng: np.random.Generator) -> None:
    told = waits(rng, 0.7)
    apart, alike = (
        service_change.judge(told.assign(day=told["month"] + "-" + days), NONE, NONE, "2026-06").figures.iloc[0]
        for days in (pd.Series(range(len(told))).astype(str), (told["minutes"].rank() // 30).astype(str))
    )
    assert apart["effect"] == alike["effect"]
    assert alike["high"] - alike["low"] > 1.3 * (apart["high"] - apart["low"])
    scores = pd.DataFrame({"month": told["month"], "score": (told["minutes"] > 200) * 1.0, "n": 1})
    apart, alike = (
        service_change.judge(NONE, scores.assign(day=days), NONE, "2026-06").figures.iloc[0]
        for days in (range(len(told)), told["month"] + scores["score"].astype(str))
    )
    assert apart["effect"] == alike["effect"]
    assert alike["high"] - alike["low"] > 1.3 * (apart["high"] - apart["low"])


def test_scores_and_requests_are_compared() -> None:
    scores = pd.DataFrame(
        [(month, f"{month}-{day}-{score}", score, 2) for month in MONTHS for day in range(10) for score in (0.5, 1.0)],
        columns=["month", "day", "score", "n"],
    )
    scores.loc[(scores["month"] >= "2026-06") & (scores["score"] == 1), "n"] = 6
    days = pd.date_range("2026-01-01", "2026-10-31").strftime("%Y-%m-%d")
    requests = pd.DataFrame({"month": days.str[:7], "day": days, "n": np.where(days >= "2026-06", 4, 2)})
    found = service_change.judge(NONE, scores, requests, "2026-06").figures.set_index("figure")
    assert found.loc["satisfaction", "effect"] == pytest.approx(
        0.625
    )  # by hand: (.5 x .75 + .5 x .75 / 2 + .5 x .25 / 2)
    assert found.loc["requests", "effect"] == pytest.approx(2)
    assert found["verdict"].tolist() == ["higher", "higher"]


def test_without_a_change_or_with_few_months_it_is_said(rng: np.random.Generator) -> None:
    told = waits(rng, 1)
    assert "No change is set" in service_change.judge(told, NONE, NONE, "").summary().text
    assert (
        "too few months to say whether the service has changed since Sep 2026"
        in service_change.judge(told, NONE, NONE, "2026-09").summary().text
    )
    assert (
        "No service figure has data both before Jan 2025"
        in service_change.judge(told, NONE, NONE, "2025-01").summary().text
    )
    assert "no change is set" in service_change.judge(told, NONE, NONE, "").table().text()


def test_the_sample_has_as_many_requests_and_scores_as_its_tables() -> None:
    data = kit.open(ROOT / "data/sample")
    tickets = data.table("tickets")
    assert service_change.requests(data)["n"].sum() == tickets["created_local"].notna().sum()
    surveys = data.table("surveys")
    answered = surveys[
        (surveys["survey_type"] == "csat") & surveys["score"].notna() & surveys["responded_local"].notna()
    ]
    assert service_change.scores(data)["n"].sum() == len(answered)
