"""What an analyst types and sees: `kit.<Tab>`, reprs, names that are misspelt, weekdays and hours, spreadsheets."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import small
from small import DAY, NOON, event

import kit
from kit import counts
from kit.errors import UsageError
from kit.store import Period, parse_period

if TYPE_CHECKING:
    from pathlib import Path


def test_kit_names_what_to_type_next() -> None:
    assert {"open", "counts", "metrics", "questions", "explain"} <= set(dir(kit))
    assert kit.counts.messages is counts.messages
    assert "months" in dir(kit.questions)
    code = "import kit; print(kit.counts.__name__, kit.questions.months.__name__, kit.explain.entry('ctr')[:5])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "kit.counts kit.questions.months click\n"
    with pytest.raises(AttributeError, match="no attribute 'kounts'"):
        _ = kit.kounts


def test_the_data_says_itself_in_five_lines(firm: Path) -> None:
    data = kit.open(firm, period="2026-Q1", where="list_name=Клиенты сервиса")
    assert repr(data).splitlines() == [
        "Data of firm0",
        f"files   {len(data.files)} of {len(data.files)} read",
        f"rows    {sum(log.rows_kept for log in data.files):,} of {sum(log.rows_read for log in data.files):,} kept",
        "asked   2026-01 to 2026-03, list_name=Клиенты сервиса",
        "as of   2026-10-31 23:59 (Europe/Moscow)",
    ]
    assert "asked   all months, all campaigns" in repr(kit.open(firm))


def test_a_misspelt_table_names_the_nearest(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    with pytest.raises(UsageError) as error:
        kit.open(tmp_path).table("mesages")
    assert str(error.value) == "There is no table 'mesages'. Did you mean 'messages'?"


class TestWeekdayAndHour:
    def test_mail_is_counted_by_weekday_and_hour_of_sending_in_local_time(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "Europe/Moscow"')  # three hours after UTC
        sends = [event("delivered", person, at=NOON + person * DAY) for person in range(14)]  # from a Thursday
        small.log(tmp_path, [*sends, event("delivered", 20, at=NOON + 9 * 3600)])  # midnight in Moscow: Friday
        mail = counts.messages(kit.open(tmp_path), ["weekday", "hour"]).set_index(["weekday", "hour"])["delivered"]
        assert mail.to_dict() == {(day, 15): 2 for day in range(7)} | {(4, 0): 1}

    def test_an_export_knows_the_weekday_of_a_date_and_no_hour(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        rows = [["a", "2026-01-05", 100, 9], ["b", "2026-01-06 10:30", 70, 9], ["2026-02", "2026-02-01", 40, 9]]
        small.table(tmp_path, "a.csv", ["Campaign", "Date", "Sent", "Opened"], rows)
        mail = counts.messages(kit.open(tmp_path), ["campaign_name", "weekday", "hour"]).set_index("campaign_name")
        known = mail[["weekday", "hour"]].astype(object).where(mail[["weekday", "hour"]].notna(), None)
        assert known.T.to_dict("list") == {"2026-02": [None, None], "a": [0, None], "b": [1, 10]}

    def test_without_a_time_zone_they_are_refused(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{}])
        with pytest.raises(
            UsageError, match=r"need the local time zone, which is not known\. Set time_zone in kit\.toml"
        ):
            counts.messages(kit.open(tmp_path), ["hour"])


class TestPeriod:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
            ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
            ("2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
            ("2026-01..2026-06", date(2026, 1, 1), date(2026, 6, 30)),
            ("2026-Q1..2026-Q2", date(2026, 1, 1), date(2026, 6, 30)),
            ("2026-q4..2027-01-15", date(2026, 10, 1), date(2027, 1, 15)),
            ("2026-03-01..2026-03-15", date(2026, 3, 1), date(2026, 3, 15)),
            (" 2026-03-08 ", date(2026, 3, 8), date(2026, 3, 8)),
        ],
    )
    def test_it_takes_months_quarters_and_days(self, text: str, first: date, last: date) -> None:
        assert parse_period(text) == Period(first, last)

    @pytest.mark.parametrize(
        "text", ["2026", "2026-13", "2026-02-30", "2026-Q5", "2026-03..", "..2026-03", "March", "a..b..c"]
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="is not a month, quarter or day"):
            parse_period(text)

    def test_its_ends_are_written_as_months_where_they_are_whole(self) -> None:
        whole, cut = parse_period("2026-01-01..2026-03-31"), parse_period("2026-01..2026-03-15")
        assert whole is not None
        assert cut is not None
        assert (whole.ends, cut.ends) == (("2026-01", "2026-03"), ("2026-01-01", "2026-03-15"))
        assert (whole.begin, whole.end) == (datetime(2026, 1, 1), datetime(2026, 4, 1))
        assert cut.months == ("2026-01", "2026-03")

    def test_the_days_of_a_month_add_up_to_it(self, firm: Path) -> None:
        def counted(period: str) -> tuple[pd.Series, float, int]:
            data = kit.open(firm, period=period)
            mail = counts.messages(data, [])[["sent", "clicked", "unsubscribed"]].sum()
            return mail, counts.waits(data)["n"].sum(), counts.conflicts(data)

        (mail, waits, conflicts), *parts = map(
            counted, ("2026-01", "2026-01-01..2026-01-19", "2026-01-20", "2026-01-21..2026-01-31")
        )
        assert (sum(part[0] for part in parts) == mail).all()
        assert (sum(part[1] for part in parts), sum(part[2] for part in parts)) == (waits, conflicts)

    def test_totals_of_a_month_are_left_out_of_days_and_that_is_said(self, tmp_path: Path) -> None:
        rows = [["2026-03", "2026-03-01", 100, 9], ["spring", "2026-04-02", 40, 9]]
        small.table(tmp_path, "a.csv", ["Campaign", "Date", "Sent", "Opened"], rows)
        month, days = kit.open(tmp_path, period="2026-03"), kit.open(tmp_path, period="2026-03-01..2026-04-15")
        assert counts.messages(month, [])["sent"].tolist() == [100]
        assert counts.messages(days, [])["sent"].tolist() == [40]
        assert "1 monthly total is excluded, because it cannot be split by day." in str(kit.arrived(days).text)
        assert "whole month" not in str(kit.arrived(month).text)


def test_a_count_goes_into_a_spreadsheet(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    mail = counts.messages(kit.open(tmp_path), ["campaign_name"])[["campaign_name", "sent", "opened"]]
    mail.to_excel(tmp_path / "mail.xlsx", index=False)
    back = pd.read_excel(tmp_path / "mail.xlsx", engine="openpyxl")
    assert back.to_numpy().tolist() == mail.to_numpy().tolist()
