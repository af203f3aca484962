"""A folder that holds only real Mailchimp exports: the report's totals are sums made by hand."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest

import kit
from kit import counts, report
from kit.questions.subject_lines import verdicts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    place = tmp_path / "exports"
    place.mkdir()
    for name in ("campaigns_aggregated_2018.csv", "single_campaign_report.csv", "ab_report.csv"):
        shutil.copy(shared / "formats/mailchimp" / name, place)
    return place


def test_totals_are_the_sums_made_by_hand(folder: Path, shared: Path) -> None:
    with (shared / "formats/mailchimp/campaigns_aggregated_2018.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {
        "sent": "Total Recipients", "delivered": "Successful Deliveries", "opened": "Unique Opens",
        "clicked": "Unique Clicks", "unsubscribed": "Unsubscribes", "opens_total": "Total Opens",
    }  # fmt: skip
    by_hand = {ours: sum(int(row[theirs]) for row in rows) for ours, theirs in names.items()}
    # The single report: 1, 1, 1, 1, 0, 13. The A/B report: 1,751 + 1,750 sent, 1,742 + 1,742 delivered,
    # 141 + 125 opened, 20 + 27 clicked, 1 + 1 unsubscribed, 201 + 185 openings.
    reports = {"sent": 3502, "delivered": 3485, "opened": 267, "clicked": 48, "unsubscribed": 2, "opens_total": 399}
    got = counts.messages(kit.open(folder), []).iloc[0]
    assert {name: got[name] for name in names} == {name: by_hand[name] + reports[name] for name in names}


def test_the_ab_report_gives_a_verdict_with_its_interval(folder: Path) -> None:
    export = kit.open(folder)
    row = verdicts.judge(
        counts.messages(export, ["campaign_id", "campaign_name", "sent_local", "variant"]), "open_rate"
    ).verdicts.iloc[0]
    assert (row["numerator_a"], row["n_a"], row["numerator_b"], row["n_b"]) == (141, 1742, 125, 1742)
    assert row["decision"] == "not decided"
    # Newcombe's interval by statsmodels: confint_proportions_2indep(125, 1742, 141, 1742, method="newcomb").
    assert (row["low"], row["high"]) == pytest.approx((-0.026919, 0.008506), abs=1e-6)


def test_the_report_lists_what_it_cannot_answer(folder: Path, tmp_path: Path) -> None:
    made = report.build(folder, tmp_path / "report", only=["02", "07", "08", "09", "10"])
    assert len(made.unanswered) >= 3
    assert made.failed == {}
    index = (made.path / "index.html").read_text(encoding="utf-8")
    results = json.loads((made.path / "results.json").read_text(encoding="utf-8"))
    assert {name for name, one in results["notebooks"].items() if one["status"] == "ok"} == set(made.pages)
    for reason in made.unanswered.values():
        assert reason in index
    shown = results["notebooks"]["02_months"]["results"]
    months = next(one for one in shown if one["name"] == "months" and "columns" in one)
    names = [column["name"] for column in months["columns"]]
    june = dict(zip(names, next(row for row in months["rows"] if row[0] == "2018-06"), strict=True))
    assert (june["delivered"], june["open_rate"]) == (242, pytest.approx(60 / 242))


def test_one_export_alone_is_enough(shared: Path, tmp_path: Path) -> None:
    made = report.build(shared / "formats/mailchimp/ab_report.csv", tmp_path / "report", only=["06"])
    assert made.pages == ("06_subject_lines",)
    assert made.well


def test_the_missing_zone_is_said(folder: Path) -> None:
    assert "time zone unknown, times as written" in kit.arrived(kit.open(folder)).text
