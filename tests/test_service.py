"""Counts beside campaign mail: waits and visits, each against a sum made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small

import kit
from kit import counts, metrics
from kit.questions.choose_kpis import service
from kit.questions.months import response_time

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data


class TestWaits:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Data:
        small.settings(tmp_path, "as_of = 2026-02-10T12:00:00")
        rows = [
            ["1", "2026-01-05 10:00:00", "2026-01-05 10:00:30"],  # half a minute
            ["2", "2026-01-05 11:00:00", "2026-01-05 11:01:30"],
            ["3", "2026-01-06 10:00:00", "2026-01-06 09:00:00"],  # answered before it came in
            ["4", "2026-02-10 11:00:00", ""],  # waits for an hour
            ["5", "2026-02-11 11:00:00", ""],  # came in after the end of the data
        ]
        small.table(tmp_path, "tickets.csv", ["Ticket ID", "Created at", "First response at"], rows)
        return kit.open(tmp_path)

    def test_a_wait_is_told_to_the_second(self, data: Data) -> None:
        waits = counts.waits(data)
        assert waits.loc[waits["minutes"].notna(), "minutes"].tolist() == [0.5, 1.5, 60]
        assert metrics.response_time(waits[waits["month"] == "2026-01"])["value"].item() == 0.5
        assert service.measure(data).table().cells()[0][1] == ("90 s (no interval)")

    def test_a_wait_that_cannot_be_is_counted_and_said(self, data: Data) -> None:
        waits = counts.waits(data)
        assert waits["n"].sum() == 5
        found = metrics.response_time(waits)
        assert found[["n", "open", "left_out"]].to_numpy().tolist() == [[3, 1, 2]]
        said = (
            "2 requests are excluded: their answer is earlier than the request, or the request is later than "
            "the end of the data."
        )
        assert said in response_time.by_month(data).table().text()
        assert said in service.measure(data).table().text()


class TestVisits:
    """Who came once has returned when coming again on another day within the setting's days."""

    def data(self, folder: Path, period: str = "") -> Data:
        small.settings(folder, 'time_zone = "UTC"', "as_of = 2026-06-30T12:00:00", "[visits]", "return_days = 60")
        booked = [
            ["a@example.com", "appointment", "2026-01-05 09:00"],  # a: booked and bought on one day: one visit
            ["b@example.com", "appointment", "2026-01-05 09:00"],
            ["b@example.com", "appointment", "2026-02-05 09:00"],  # b: again after 31 days
            ["c@example.com", "appointment", "2026-01-05 09:00"],
            ["c@example.com", "appointment", "2026-03-07 09:00"],  # c: again after 61 days: too late
            ["d@example.com", "appointment", "2026-02-05 09:00"],
            ["d@example.com", "review", "2026-02-09 09:00"],  # d: a review is no visit
            ["f@example.com", "appointment", "2026-06-20 09:00"],  # f: first seen ten days before the end
            ["f@example.com", "appointment", "2026-06-25 09:00"],
        ]
        orders = [
            ["1", "a@example.com", "2026-01-05 17:00", "10", "paid"],
            ["2", "e@example.com", "2026-02-05 09:00", "10", "paid"],
            ["3", "e@example.com", "2026-02-15 09:00", "10", "cancelled"],  # e: the second never was
        ]
        small.table(folder, "done.csv", ["Email", "Action", "Date"], booked)
        small.table(folder, "orders.csv", ["Order ID", "Email", "Created at", "Total", "Status"], orders)
        return kit.open(folder, period=period)

    def test_one_visit_a_person_and_day_and_no_cancelled_ones(self, tmp_path: Path) -> None:
        row = counts.visits(self.data(tmp_path)).iloc[0]
        assert (row["visitors"], row["returned"], row["young"], row["days"]) == (5, 1, 1, 60)
        assert (str(row["since"])[:10], str(row["until"])[:10]) == ("2026-01-05", "2026-02-05")

    def test_the_period_is_that_of_the_first_visit(self, tmp_path: Path) -> None:
        row = counts.visits(self.data(tmp_path, "2026-02")).iloc[0]
        assert (row["visitors"], row["returned"]) == (2, 0)  # d and e; b came first in January
        row = counts.visits(self.data(tmp_path, "2026-01")).iloc[0]
        assert (row["visitors"], row["returned"]) == (3, 1)  # the return in February counts

    def test_it_is_shown_with_the_days_and_who_is_too_young(self, tmp_path: Path) -> None:
        data = self.data(tmp_path)
        shown = service.measure(data).table()
        assert shown.cells() == [["Repeat visit rate", "20.0% (0.5–71.6)", "5", "–"]]  # 1 of 5: Clopper-Pearson
        assert "came again on another day within 60 days (visits.return_days)" in shown.text()
        assert "Only first known visits at least that long before the end of the data are counted." in shown.text()
        assert "For one person it is too early to judge." in shown.text()
