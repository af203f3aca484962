"""The seven KPIs by month: values by hand, gaps, and the reason for what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import small

import kit
from kit.questions.months import rates, seven

if TYPE_CHECKING:
    from kit.store import Data

ROOT = Path(__file__).parents[1]
MAIL = ["Month", "Sent", "Delivered", "Unique opens", "Unique clicks", "Conversions", "Unsubscribed"]


class TestByHand:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Data:
        small.settings(tmp_path, "as_of = 2026-04-20T12:00:00")
        rows = [
            ["2026-01", 1000, 980, 245, 49, 20, 10],
            ["2026-02", 1000, 1000, 300, 70, 30, 5],
            ["2026-04", 1000, 1000, 350, "", "", 2],
        ]
        small.table(tmp_path, "month.csv", MAIL, rows)
        tickets = [
            ["1", "2026-01-05 10:00", "2026-01-05 11:00"],
            ["2", "2026-01-06 10:00", "2026-01-06 12:00"],
            ["3", "2026-01-07 10:00", "2026-01-07 13:00"],
            ["4", "2026-04-05 10:00", ""],
        ]
        small.table(tmp_path, "tickets.csv", ["Ticket ID", "Created at", "First response at"], tickets)
        return kit.open(tmp_path)

    def test_every_month_has_a_row_with_what_its_values_are_out_of(self, data: Data) -> None:
        table = seven.by_month(data).table()
        by_month = table.frame.set_index("month")
        assert list(by_month.index) == ["2026-01", "2026-02", "2026-03", "2026-04"]
        january = by_month.loc["2026-01"].to_dict()
        assert january["response_time"] == 120  # the middle one of 60, 120 and 180 minutes
        assert (january["requests"], january["sent"], january["delivered"]) == (3, 1000, 980)
        assert january["delivery_rate"] == 0.98
        assert january["open_rate"] == 245 / 980
        assert january["click_rate"] == 49 / 980
        assert january["conversion_rate"] == 20 / 980
        assert january["unsubscribe_rate"] == 10 / 980
        # Wilson of 30 of 1,000 is 2.11 to 4.25 %
        titles = [str(column.title) for column in table.columns]
        assert [titles.index(name) for name in ("Response time", "Delivery rate", "Open rate (raw)")] == sorted(
            titles.index(name) for name in ("Response time", "Delivery rate", "Open rate (raw)")
        )
        assert table.cells()[1][titles.index("Conversion rate")] == "3.0% (2.1–4.3)"

    def test_a_gap_is_a_gap_and_what_is_not_known_has_its_reason(self, data: Data) -> None:
        result = seven.by_month(data)
        reasons = {(row["kpi"], row["month"]): row["reason"] for row in result.figures.to_dict("records")}
        assert reasons["open_rate", "2026-03"] == "none"
        assert reasons["response_time", "2026-02"] == "none"
        assert reasons["response_time", "2026-04"] == "not reached"
        assert reasons["click_rate", "2026-04"] == "not counted"
        assert reasons["conversion_rate", "2026-04"] == "too recent"
        assert reasons["open_rate", "2026-02"] == ""
        text = result.table().text()
        assert "“–” for Open rate (raw): there was nothing to count in Mar 2026; that is a gap, not 0." in text
        assert "“–” for Response time: fewer than half of the requests of Apr 2026 are answered." in text
        assert "“–” for Conversion rate: e-mails of Apr 2026 are too recent to judge; 7 days must pass." in text
        assert "“–” for Click rate (raw): your exports do not contain it for every campaign of Apr 2026." in text
        assert "Not known: Satisfaction (CSAT). It requires survey answers or rated requests." in text

    def test_a_month_that_still_runs_says_so_and_is_not_the_latest(self, data: Data) -> None:
        result = seven.by_month(data)
        assert result.running == ("2026-04",)
        assert result.table().cells()[-1][0] == "Apr 2026 (up to 2026-04-20)"
        assert result.summary().text.startswith("Feb 2026, the latest complete month: delivery rate 100.0%;")


def test_a_service_alone_has_its_months(tmp_path: Path) -> None:
    small.settings(tmp_path, "as_of = 2026-01-31T23:59:00")
    rows = [[str(n), f"2026-01-{n:02d} 10:00", f"2026-01-{n:02d} 11:00"] for n in range(1, 10)]
    small.table(tmp_path, "tickets.csv", ["Ticket ID", "Created at", "First response at"], rows)
    table = seven.by_month(kit.open(tmp_path)).table()
    assert table.cells()[0][:2] == ["Jan 2026", "9"]
    assert "Not known: Delivery rate." in table.text()


def test_the_sample_says_what_its_other_tables_say() -> None:
    data = kit.open(ROOT / "data/sample")
    values = seven.by_month(data).figures
    mail = rates.by_month(data).rates
    both = values.merge(mail, on=["month", "kpi"], suffixes=("", "_other"))
    assert set(both["kpi"]) >= {"open_rate", "conversion_rate", "unsubscribe_rate"}
    for name in ("n", "value", "low", "high"):
        assert both[name].tolist() == pytest.approx(both[f"{name}_other"].tolist(), nan_ok=True)
    assert set(values["kpi"].str.removesuffix("_of_sent")) == set(seven.KPIS)


def test_the_period_narrows_it_to_its_whole_months() -> None:
    result = seven.by_month(kit.open(ROOT / "data/sample", period="2026-03-10..2026-05"))
    assert sorted(set(result.figures["month"])) == ["2026-04", "2026-05"]
    assert "Not shown, because the period covers only some of their days: Mar 2026." in result.table().text()
