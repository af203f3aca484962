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
    assert text.startswith("Since Jun 2026 answers come sooner (")
    assert text.endswith("That is since, not because of: other things changed as well.")


def test_equal_months_are_seldom_called_a_change(rng: np.random.Generator) -> None:
    called = sum(
        service_change.judge(waits(rng, 1), NONE, NONE, "2026-06").figures["verdict"].iloc[0] in ("higher", "lower")
        for _ in range(50)
    )
    assert called <= 7  # 5 % of 50 and three Monte Carlo errors; by single requests alone it would be a third


def test_open_requests_count_as_slow_or_are_left_out() -> None:
    rows = [(month, 100, True, 50) for month in MONTHS] + [("2026-10", 5000, False, 10), ("2026-10", 3, False, 4)]
    found = service_change.judge(
        pd.DataFrame(rows, columns=["month", "minutes", "answered", "n"]), NONE, NONE, "2026-06"
    )
    row = found.figures.iloc[0]
    assert (row["left_out"], row["n_before"], row["n_since"]) == (4, 250, 260)
    assert "4 open requests are left out" in found.table().text()


def test_scores_and_requests_are_compared() -> None:
    scores = pd.DataFrame(
        [(month, score, 20) for month in MONTHS for score in (0.5, 1.0)], columns=["month", "score", "n"]
    )
    scores.loc[(scores["month"] >= "2026-06") & (scores["score"] == 1), "n"] = 60
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
    assert "No change is known" in service_change.judge(told, NONE, NONE, "").summary().text
    assert "cannot be told yet" in service_change.judge(told, NONE, NONE, "2026-09").summary().text
    assert "no figures both before" in service_change.judge(told, NONE, NONE, "2025-01").summary().text
    assert "no change is known" in service_change.judge(told, NONE, NONE, "").table().text()


def test_the_sample_has_as_many_requests_and_scores_as_its_tables() -> None:
    data = kit.open(ROOT / "data/sample")
    tickets = data.table("tickets")
    assert service_change.requests(data)["n"].sum() == tickets["created_local"].notna().sum()
    surveys = data.table("surveys")
    answered = surveys[
        (surveys["survey_type"] == "csat") & surveys["score"].notna() & surveys["responded_local"].notna()
    ]
    assert service_change.scores(data)["n"].sum() == len(answered)
