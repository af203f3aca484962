"""The month table: guide 1's own, changes beyond the usual, eras and trends, on counts whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit.errors import UsageError
from kit.questions.months import rates, trends
from kit.store import parse_period

ROOT = Path(__file__).parents[1]


class TestGuideTable:
    """Open 25/30/35 %, CTR 5/7/9 %, conversion 2/3/4 %, unsubscribes 1/0.5/0.2 % over January to March."""

    @pytest.fixture
    def result(self, tmp_path: Path) -> rates.Months:
        header = ["Month", "Sent", "Delivered", "Unique opens", "Unique clicks", "Conversions", "Unsubscribed"]
        rows = [
            ["2026-01", 1000, 1000, 250, 50, 20, 10],
            ["2026-02", 1000, 1000, 300, 70, 30, 5],
            ["2026-03", 1000, 1000, 350, 90, 40, 2],
        ]
        small.table(tmp_path, "month.csv", header, rows)
        return rates.by_month(kit.open(tmp_path))

    def test_it_comes_out_as_the_guide_has_it(self, result: rates.Months) -> None:
        wide = result.rates.pivot_table(index="month", columns="kpi", values="value", sort=False)
        assert wide.to_dict("list") == {
            "open_rate": [0.25, 0.30, 0.35],
            "click_rate": [0.05, 0.07, 0.09],
            "conversion_rate": [0.02, 0.03, 0.04],
            "unsubscribe_rate": [0.01, 0.005, 0.002],
        }
        assert wide.index.tolist() == ["2026-01", "2026-02", "2026-03"]

    def test_it_is_shown_with_n_and_intervals(self, result: rates.Months) -> None:
        text = result.table().text()
        assert "Jan 2026  1,000              25.0% (22.4–27.8)" in text
        assert "0.20% (0.02–0.72)" in text  # 2 of 1,000: Clopper-Pearson

    def test_three_months_are_too_few_to_call_a_change_one(self, result: rates.Months) -> None:
        assert result.changes == 0
        assert result.summary().text == (
            "No change is reported: 3 months are too few to show the usual variation; six are needed."
        )


class TestMonths:
    def monthly(self, opened: list[float], n: int = 100_000) -> rates.Months:
        frame = pd.DataFrame({"month": pd.period_range("2025-01", periods=len(opened), freq="M").strftime("%Y-%m")})
        return rates.judge(frame.assign(delivered=n, opened=[round(n * rate) for rate in opened]), ["open_rate"])

    def test_counting_error_alone_would_call_every_month_changed(self, rng: np.random.Generator) -> None:
        # 100,000 mails a month, months that vary by 1 point for no reason: each difference is "significant"
        # by counting, none is beyond the usual.
        result = self.monthly(list(0.25 + rng.normal(0, 0.01, 14)))
        change = result.rates["change"].abs()
        counted_alone = 1.96 * np.sqrt(2 * 0.25 * 0.75 / 100_000)
        assert (change > counted_alone).sum() >= 8
        assert not result.rates["verdict"].isin(("up", "down")).any()

    def test_a_jump_beyond_the_usual_is_called_one(self, rng: np.random.Generator) -> None:
        monthly = 0.25 + rng.normal(0, 0.005, 14)
        monthly[9:10] -= 0.08
        result = self.monthly(list(monthly))
        assert result.rates["verdict"].tolist()[9] == "down"
        assert set(result.rates["verdict"]) <= {"first", "down", "back", "no change seen"}
        assert result.rates["verdict"].tolist()[10] == "back"  # a spike is one finding, not a fall and a rise
        assert result.summary().numbers["beyond"] == 1
        assert "alone" in result.summary().text
        assert (result.rates["verdict"] == "down").sum() == 1

    def test_false_changes_are_rare(self, rng: np.random.Generator) -> None:
        # 200 pages of 14 months without any change: at most 5 % + 3 Monte Carlo errors of them name one.
        named = sum(
            self.monthly(list(0.25 + rng.normal(0, 0.01, 14))).rates["verdict"].isin(("up", "down")).any()
            for _ in range(200)
        )
        assert named <= 200 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 200))

    def test_the_yardstick_is_the_whole_history_whatever_the_period(self, rng: np.random.Generator) -> None:
        frame = pd.DataFrame({"month": pd.period_range("2025-01", periods=14, freq="M").strftime("%Y-%m")})
        monthly = 0.25 + rng.normal(0, 0.005, 14)
        monthly[12:] -= 0.08
        frame = frame.assign(delivered=100_000, opened=(monthly * 100_000).round())
        whole = rates.judge(frame, ["open_rate"])
        asked = rates.judge(frame, ["open_rate"], period=("2026-01", "2026-01"))
        row = asked.asked.iloc[0]
        assert (row["month"], row["verdict"], asked.changes) == ("2026-01", "down", 1)
        yardstick = ["months", "mean", "tau", "detectable"]
        assert trends.judge(asked).usual[yardstick].equals(trends.judge(whole).usual[yardstick])
        assert row["change_low"] == whole.rates["change_low"].iloc[12]  # the usual of all other months
        assert asked.table().cells() == [whole.table().cells()[12]]
        assert trends.judge(asked).summary().text == (
            "A trend needs twelve months; Jan 2026 has 1. If you set no period, all months are used."
        )
        assert "Months, overall and usual variation use all months of the data. The trend uses Jan 2026 only." in (
            trends.judge(asked).table().text()
        )

    def test_a_month_of_few_mails_is_no_yardstick_and_is_not_judged(self, rng: np.random.Generator) -> None:
        frame = pd.DataFrame({"month": pd.period_range("2025-01", periods=10, freq="M").strftime("%Y-%m")})
        frame = frame.assign(delivered=20_000, opened=(20_000 * (0.25 + rng.normal(0, 0.003, 10))).round())
        without = trends.judge(rates.judge(frame.drop(index=4), ["open_rate"])).usual.iloc[0]
        frame.loc[4, ["delivered", "opened"]] = [1, 1]  # one mail, opened: 100 %
        result = rates.judge(frame, ["open_rate"])
        usual = trends.judge(result).usual.iloc[0]
        assert usual["tau"] == pytest.approx(without["tau"])
        assert usual["months"] == 9
        assert result.rates["verdict"].iloc[[4, 5]].tolist() == ["too few", "too few"]
        assert result.rates["p"].iloc[[4, 5]].isna().all()
        assert np.isnan(result.rates["usual_low"].iloc[4])
        assert not result.rates["verdict"].isin(("up", "down")).any()

    def test_what_is_too_rare_for_any_month_is_said(self) -> None:
        frame = pd.DataFrame({"month": pd.period_range("2025-01", periods=8, freq="M").strftime("%Y-%m")})
        result = rates.judge(frame.assign(delivered=1000, complained=[0, 1, 0, 0, 0, 1, 0, 0]), ["complaint_rate"])
        assert result.changes == 0
        assert "Too rare to judge in any month at this volume: complaint rate." in trends.judge(result).table().text()

    def test_a_month_without_mail_is_a_gap(self) -> None:
        frame = pd.DataFrame({"month": ["2026-01", "2026-03"], "delivered": [100, 100], "opened": [20, 30]})
        result = rates.judge(frame, ["open_rate"])
        assert result.rates["verdict"].tolist() == ["first", "gap", "gap"]
        assert np.isnan(result.rates["value"].iloc[1])
        assert "Feb 2026  –" in result.table().text()


class TestErasAndTrends:
    def counted(self, shares: list[float], first: str = "2025-01", n: int = 100_000) -> pd.DataFrame:
        frame = pd.DataFrame({"month": pd.period_range(first, periods=len(shares), freq="M").strftime("%Y-%m")})
        return frame.assign(delivered=n, opened=[round(n * rate) for rate in shares])

    def test_a_known_change_is_no_change_seen(self, rng: np.random.Generator) -> None:
        shares = list(0.2 + rng.normal(0, 0.004, 8)) + list(0.4 + rng.normal(0, 0.004, 8))
        result = rates.judge(self.counted(shares), ["open_rate"], change="2025-09")
        assert result.rates["verdict"].tolist()[8] == "known change"
        assert not result.rates["verdict"].isin(("up", "down")).any()
        usual = trends.judge(result).usual
        assert usual["since"].tolist() == ["", "2025-09"]
        assert usual["mean"].tolist() == pytest.approx([0.2, 0.4], abs=0.005)
        text = result.table().text()
        assert "The months before Sep 2025 and from it on are judged separately" in text
        assert "since Sep 2025" in trends.judge(result).table().text()
        assert result.plot().svg

    def test_what_is_no_month_is_no_change(self) -> None:
        with pytest.raises(UsageError, match=r"change: '2025-13' is not a month\. Write it like 2026-03\."):
            rates.judge(self.counted([0.2] * 3), ["open_rate"], change="2025-13")

    def test_openings_across_september_2021_carry_a_note(self) -> None:
        note = "Since Sep 2021, Apple's mail programs load every picture"
        for first, change, told in (("2021-05", "", True), ("2021-05", "2021-09", False), ("2022-05", "", False)):
            result = rates.judge(self.counted([0.2] * 8, first), ["open_rate"], change=change)
            assert (note in result.table().text()) == told

    def test_a_trend_is_told_and_a_wander_is_not(self, rng: np.random.Generator) -> None:
        noise = rng.normal(0, 0.01, 18)
        flat = rates.judge(self.counted(list(0.3 + noise)), ["open_rate"])
        said = "E-mail rates show no trend beyond the usual month-to-month variation."
        assert trends.judge(flat).summary().text == said
        falling = trends.judge(rates.judge(self.counted(list(0.4 - 0.006 * np.arange(18) + noise)), ["open_rate"]))
        assert falling.usual["trend"].tolist() == ["falling"]
        assert falling.summary().text.startswith("Open rate (raw) is falling, from ")
        assert falling.usual["step"].iloc[0] == pytest.approx(-0.006, abs=0.0015)

    def test_eleven_months_have_no_trend(self) -> None:
        result = rates.judge(self.counted([0.2 + 0.01 * i for i in range(11)]), ["open_rate"])
        assert trends.judge(result).summary().text == "A trend needs twelve months; the longest series here has 11."

    def test_months_lie_within_their_band(self, rng: np.random.Generator) -> None:
        found = rates.judge(self.counted(list(0.25 + rng.normal(0, 0.01, 20))), ["open_rate"]).rates
        assert (found["value"].between(found["usual_low"], found["usual_high"])).all()
        few = rates.judge(self.counted([0.2] * 5), ["open_rate"]).rates
        assert few["usual_low"].isna().all()


@pytest.mark.parametrize(
    ("period", "whole", "cut"),
    [
        ("2026-03", ("2026-03", "2026-03"), ()),
        ("2026-Q1", ("2026-01", "2026-03"), ()),
        ("2026-03-01..2026-03-15", None, ("2026-03",)),
        ("2026-02-15..2026-04-10", ("2026-03", "2026-03"), ("2026-02", "2026-04")),
        ("2025-12-31..2026-01-31", ("2026-01", "2026-01"), ("2025-12",)),
        ("2026-02-28", None, ("2026-02",)),
        ("2024-02-01..2024-02-29", ("2024-02", "2024-02"), ()),
    ],
)
def test_a_period_of_days_knows_its_whole_months(period: str, whole: tuple[str, str] | None, cut: tuple) -> None:
    days = parse_period(period)
    assert days is not None
    assert (days.whole_months, days.cut_months) == (whole, cut)


def test_a_month_that_the_period_cuts_is_left_out_and_named() -> None:
    export = kit.open(ROOT / "data/sample", period="2026-02-15..2026-04-10")
    table = rates.by_month(export).table()
    assert table.frame["month"].tolist() == ["2026-03"]
    assert "Not shown, because the period covers only some of their days: Feb 2026 and Apr 2026." in table.notes
    none = rates.by_month(kit.open(ROOT / "data/sample", period="2026-03-01..2026-03-15")).table()
    assert none.cells() == []
    assert "Not shown, because the period covers only some of their days: Mar 2026." in none.notes
