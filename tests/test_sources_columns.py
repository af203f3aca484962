"""What a column tells that no cell of it tells alone: the order of day and month, and the mark of decimals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
CAMPAIGNS = "Campaign;Date;Sent;Opened;Revenue\n"
ORDERS = "Order ID;Email;Ordered at;Total;Currency\n"


def read_one(path: Path, settings: Settings = BARE) -> tuple[FileLog, pd.DataFrame]:
    """The log of the only file, and its table."""
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables.get(log.table or "", pd.DataFrame())


def campaigns(folder: Path, dates: list[str], settings: Settings = BARE) -> tuple[FileLog, list[str]]:
    """The log, and the days that a column of dates is read as."""
    rows = [f"News {n};{date};{1000 + n};{300 + n};\n" for n, date in enumerate(dates)]
    log, table = read_one(exports.write(folder, "campaigns.csv", CAMPAIGNS + "".join(rows)), settings)
    return log, [] if table.empty else table["sent_local"].dt.strftime("%Y-%m-%d").tolist()


def orders(folder: Path, totals: list[str]) -> tuple[FileLog, list[float | None]]:
    """The log, and the amounts that a column of totals is read as."""
    rows = [f"{n};p{n}@example.com;2026-01-0{n};{total};EUR\n" for n, total in enumerate(totals, 1)]
    log, table = read_one(exports.write(folder, "orders.csv", ORDERS + "".join(rows)))
    return log, table["total"].tolist() if "total" in table else []


@pytest.mark.parametrize(
    ("dates", "days", "note"),
    [
        (
            ["05-01-2024", "12-01-2024", "19-01-2024"],
            ["2024-01-05", "2024-01-12", "2024-01-19"],
            "dates start with the day, as '19-01-2024' on line 4 shows",
        ),
        (
            ["5/6/2026", "17/6/2026", "1/7/2026 19:05"],
            ["2026-06-05", "2026-06-17", "2026-07-01"],
            "dates start with the day, as '17/6/2026' on line 3 shows",
        ),
        (
            ["3/2/17 13:39", "2/24/17 11:29"],
            ["2017-03-02", "2017-02-24"],
            "dates start with the month, as '2/24/17 11:29' on line 3 shows",
        ),
        (["05.06.2026", "07.06.2026"], ["2026-06-05", "2026-06-07"], "dates with points start with the day"),
        (
            ["01/05/2026 – 07/05/2026", "25/05/2026 – 31/05/2026"],
            ["2026-05-01", "2026-05-25"],
            "dates start with the day, as '25/05/2026 – 31/05/2026' on line 3 shows",
        ),
    ],
)
def test_the_order_of_day_and_month_is_what_a_date_of_the_column_shows(
    tmp_path: Path, dates: list[str], days: list[str], note: str
) -> None:
    for order in (None, True, False):  # what the file shows comes before what kit.toml says of the whole folder
        log, read = campaigns(tmp_path, dates, Settings(values={"day_first": order}))
        assert (log.rows_kept, read) == (len(dates), days)
        assert note in log.notes


def test_another_column_of_times_of_the_file_decides_as_well(tmp_path: Path) -> None:
    text = "Ticket ID,Email,Created At,Resolved At\n1,a@example.com,05/06/2026 9:00,13/06/2026 9:00\n"
    log, table = read_one(exports.write(tmp_path, "tickets.csv", text))
    assert table["created_local"].tolist() == [pd.Timestamp("2026-06-05 09:00")]
    assert "dates start with the day, as '13/06/2026 9:00' on line 2 shows" in log.notes


def test_where_no_date_decides_it_is_asked_for_as_before(tmp_path: Path) -> None:
    log, _ = campaigns(tmp_path, ["5/6/2026", "7/6/2026"])
    assert log.error is not None
    assert (log.status, log.error.setting, log.error.line) == ("unreadable", "day_first", 2)


def test_a_column_that_contradicts_itself_is_refused_with_both_lines(tmp_path: Path) -> None:
    log, _ = campaigns(tmp_path, ["5/6/2026", "17/6/2026", "6/19/2026"])
    assert log.error is not None
    assert (log.status, log.error.setting) == ("unreadable", "day_first")
    assert str(log.error.problem) == (
        "'17/6/2026' on line 3 has the day first, but '6/19/2026' on line 4 has the month first"
    )
    log, days = campaigns(tmp_path, ["5/6/2026", "17/6/2026", "6/19/2026"], Settings(values={"day_first": True}))
    assert days == ["2026-06-05", "2026-06-17", "2026-06-19"]


def test_a_platform_with_one_habit_needs_no_setting(tmp_path: Path) -> None:
    """SurveyMonkey writes the month first."""
    text = (
        "Respondent ID,Collector ID,Start Date,End Date,How likely is it that you would recommend us?\n"
        "1,2,05/06/2026 10:00:00 AM,05/06/2026 10:02:00 AM,9\n"
    )
    log, table = read_one(exports.write(tmp_path, "monkey.csv", text))
    assert (log.preset, log.status) == ("surveymonkey", "read")
    assert table["responded_local"].dt.strftime("%Y-%m-%d").tolist() == ["2026-05-06"]


def test_a_platforms_file_saved_again_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    for written in ("3/3/26 10:00", "03.03.2026 10:00", "2026-03-03 10:00", "46084.4166666667"):
        text = exports.CAMPAIGNS.replace('"Mar 03, 2026 10:00 am"', written).replace(
            '"Apr 07, 2026 05:30 pm"', "4/17/26"
        )
        log, table = read_one(exports.write(tmp_path, "campaigns.csv", text))
        assert (log.preset, log.rows_kept) == ("mailchimp_campaigns", 2)
        assert table["sent_local"].tolist() == [pd.Timestamp("2026-03-03 10:00"), pd.Timestamp("2026-04-17")]


def test_a_span_of_days_is_dated_by_its_first_and_said(tmp_path: Path) -> None:
    log, days = campaigns(tmp_path, ["May 1-7, 2026", "8.–14. Mai 2026", "2026-W22"])
    assert days == ["2026-05-01", "2026-05-08", "2026-05-25"]
    assert "2 cells of 'Date' contain several days; the first is used" in log.notes


@pytest.mark.parametrize(
    ("totals", "amounts"),
    [
        (["1.234", "2.500", "999,50", "12.345,50"], [1234, 2500, 999.5, 12345.5]),
        (["1.234,00 €", "€ 2.500"], [1234, 2500]),
        (["1,751", "1,751.20"], [1751, 1751.2]),
        (["1,751", "12,5"], [1.751, 12.5]),
        (["1,751", "950"], [1751, 950]),  # money has two decimals, seldom three
        (["1.234", "12.5", "0.125"], [1.234, 12.5, 0.125]),
        (["1 234,50 ₽", "987"], [1234.5, 987]),
        (["1'234.50", "1.234"], [1234.5, 1.234]),
        (["(1,234.00)", "12.00"], [-1234, 12]),
        (["1.234.567", "1.234"], [1234567, 1234]),
    ],
)
def test_the_mark_of_decimals_in_money_is_that_of_the_column(
    tmp_path: Path, totals: list[str], amounts: list[float]
) -> None:
    log, read = orders(tmp_path, totals)
    assert (log.rows_rejected, read) == (0, amounts)


@pytest.mark.parametrize("totals", [["1.234", "2.500"], ["1.234", "987"], ["1.234", "1.50", "1,50"]])
def test_an_amount_that_reads_both_ways_is_refused_where_its_column_decides_nothing(
    tmp_path: Path, totals: list[str]
) -> None:
    log, read = orders(tmp_path, totals)
    assert 1.234 not in read
    assert log.rejections[0].column == "Total"
    assert log.rejections[0].reason == (
        "'1.234' may be thousands or decimals; set `decimal: comma` or `point` in a mapping"
    )


def test_which_mark_was_taken_is_said(tmp_path: Path) -> None:
    log, _ = orders(tmp_path, ["1.234", "12.345,50"])
    assert "the comma is the decimal mark, as '12.345,50' on line 3 shows" in log.notes
    log, _ = orders(tmp_path, ["1,751", "950"])
    assert "1 amount of 'Total' has a comma before three digits; it is read as a thousands separator" in log.notes


def test_thousands_with_points_are_read_in_counts_and_tell_the_mark_of_the_money_beside(tmp_path: Path) -> None:
    text = CAMPAIGNS + "A;2026-01-05;1.234;987;1.500\nB;2026-02-05;12.345;1.000;2.750\n"
    log, table = read_one(exports.write(tmp_path, "campaigns.csv", text))
    assert (log.rows_rejected, log.cells) == (0, ())
    assert table[["sent", "opened", "revenue"]].to_numpy().tolist() == [[1234, 987, 1500], [12345, 1000, 2750]]
    assert "the comma is the decimal mark, as '1.234' on line 2 shows" in log.notes


@pytest.mark.parametrize(
    "sent", [["1.204", "3"], ["1.000", "2.000"], ["1.204", "1.305", "1000"], ["1.204", "1.305", "2.5"]]
)
def test_a_point_in_counts_is_no_mark_of_thousands_by_one_cell_or_against_another(
    tmp_path: Path, sent: list[str]
) -> None:
    rows = [f"News {n};2026-01-0{n};{count};1;\n" for n, count in enumerate(sent, 1)]
    log, table = read_one(exports.write(tmp_path, "campaigns.csv", CAMPAIGNS + "".join(rows)))
    assert pd.isna(table["sent"][0])
    assert str(log.cells[0].reason).startswith(f"'{sent[0]}' is ")


def test_an_amount_larger_than_any_firm_takes_in_is_refused(tmp_path: Path) -> None:
    log, _ = orders(tmp_path, ["79161234567890", "10"])
    assert [(row.line, row.reason) for row in log.rejections] == [(2, "'79161234567890' is too large for an amount")]


def expected(shared: Path, case: str) -> dict[str, object]:
    return json.loads((shared / "field" / case / "expected.json").read_text(encoding="utf-8"))


def test_the_reference_of_a_generic_table_with_dashes(shared: Path) -> None:
    folder = shared / "field" / "F11_generic_campaigns"
    _, table = read_one(folder / "email_campaigns.csv")
    months = table.groupby(table["sent_local"].dt.strftime("%Y-%m"))["sent"].sum().to_dict()
    assert months == expected(shared, "F11_generic_campaigns")["sent_by_month"]


def test_the_reference_of_a_mailchimp_file_saved_by_a_spreadsheet(shared: Path) -> None:
    folder = shared / "field" / "H_mailchimp_resaved_in_excel"
    (path,) = folder.glob("*.csv")
    log, table = read_one(path, Settings(values={"day_first": False}))
    known = expected(shared, folder.name)["this_file"]
    sums = {name: int(table[name].sum()) for name in ("sent", "delivered", "opened")}
    assert {"campaigns": log.rows_kept, **sums} == known


def test_the_reference_of_dates_in_the_details_of_subscribers(shared: Path) -> None:
    log, table = read_one(shared / "field" / "F13_substack_details" / "subscribers.csv")
    assert (log.status, len(table)) == ("read", expected(shared, "F13_substack_details")["people"])
    assert "dates start with the month" in " ".join(map(str, log.notes))


def test_the_reference_of_a_form_with_an_offset_in_words(shared: Path) -> None:
    _, table = read_one(shared / "field" / "P18_google_forms" / "nps.csv", Settings(values={"time_zone": "UTC"}))
    known = expected(shared, "P18_google_forms")
    at = table["responded_local"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist()
    assert (at, table["score"].tolist()) == ([known["first_utc"], known["second_utc"]], known["scores"])


def test_the_reference_of_german_thousands(shared: Path) -> None:
    _, table = read_one(shared / "attack" / "german_thousands_money" / "in" / "orders.csv")
    assert table["total"].tolist() == [1234, 2500, 999.5, 12345.5]


def test_ids_that_a_spreadsheet_cut_are_named_and_join_nothing(tmp_path: Path) -> None:
    rows = [f"1,23457E+12;p{n}@example.com;2026-03-0{n};{n}0,50;EUR\n" for n in range(1, 5)]
    rows.append("77;q@example.com;2026-03-09;1;EUR\n")
    log, table = read_one(exports.write(tmp_path, "orders.csv", ORDERS + "".join(rows)))
    assert (len(table), table["total"].sum()) == (5, 103)
    assert table["order_id"].isna().tolist() == [True] * 4 + [False]
    assert (
        "4 ids of 'Order ID' were cut by a spreadsheet (first '1,23457E+12' on line 2). They are left empty and "
        "match nothing"
    ) in log.notes


@pytest.mark.parametrize(
    ("ids", "lost"),
    [
        (["00123", "00456", "789"], [False, False, True]),
        (["00123", "04567", "12345"], [False, False, False]),
        (["007", "0042", "9"], [False, False, False]),  # of no one length
        (["1234567890123450000", "9876543210987650000"], [True, True]),
        (["1234567890123450000", "9876543210987654321"], [False, False]),
        (["1.2e+15", "12e5", "A1E5"], [True, False, False]),
    ],
)
def test_ids_that_lost_zeros_or_their_last_digits(tmp_path: Path, ids: list[str], lost: list[bool]) -> None:
    rows = [f"{number};p{n}@example.com;2026-03-0{n};{n};EUR\n" for n, number in enumerate(ids, 1)]
    log, table = read_one(exports.write(tmp_path, "orders.csv", ORDERS + "".join(rows)))
    assert table["order_id"].isna().tolist() == lost
    assert any("cut by a spreadsheet" in str(note) for note in log.notes) == any(lost)


@pytest.mark.parametrize("word", ["None", "N/A", "null", "нет данных"])
def test_a_subject_that_says_none_is_a_subject_unless_it_comes_again(tmp_path: Path, word: str) -> None:
    head = "Campaign;Subject;Date;Sent;Opened\n"
    text = f"{head}A;{word};2026-01-05;9;1\nB;Hello;2026-01-06;9;1\nC;-;2026-01-07;9;1\n"
    _, table = read_one(exports.write(tmp_path, "campaigns.csv", text))
    assert table["subject"].fillna("").tolist() == [word, "Hello", ""]
    _, table = read_one(exports.write(tmp_path, "campaigns.csv", text + f"D;{word};2026-01-08;9;1\n"))
    assert table["subject"].fillna("").tolist() == ["", "Hello", "", ""]


def test_the_reference_of_order_ids_that_excel_cut(shared: Path) -> None:
    known = expected(shared, "P11_excel_ids")
    log, table = read_one(shared / "field" / "P11_excel_ids" / "orders.csv")
    assert (len(table), table["total"].sum()) == (known["orders"], known["revenue"])
    assert "cut by a spreadsheet" in " ".join(map(str, log.notes))


@pytest.mark.parametrize(
    ("header", "rows", "sent"),
    [
        ("Campaign,Sent,Recipients,Opened", ["A,2026-01-05,1000,300", "B,2026-02-05,1100,310"], [1000, 1100]),
        ("Campaign,Recipients,Sent,Opened", ["A,1000,5 Jan 2026,300", "B,1100,5 Feb 2026,310"], [1000, 1100]),
        ("Campaign,Date,Sent,Opened", ["A,2026-01-05,1000,300", "B,2026-02-05,1100,310"], [1000, 1100]),
        ("Campaign,Sent,Date,Opened", ["A,45000,2026-01-05,300", "B,20260101,2026-02-05,310"], [45000, 20260101]),
        ("Campaign,Sent,Date,Opened", ["A,1.234,2026-01-05,300", "B,2.345,2026-02-05,310"], [1234, 2345]),
    ],
)
def test_sent_is_a_date_where_its_cells_are_and_a_count_where_they_are(
    tmp_path: Path, header: str, rows: list[str], sent: list[int]
) -> None:
    _, table = read_one(exports.write(tmp_path, "a.csv", "\n".join([header, *rows, ""])))
    assert table["sent"].tolist() == sent
    assert table["sent_local"].dt.strftime("%Y-%m-%d").tolist() == ["2026-01-05", "2026-02-05"]


@pytest.mark.parametrize(
    ("text", "months", "rates"),
    [
        (
            "KPI,January,February,March\nOpen rate,22 %,23 %,25 %\nClick rate,2.1 %,2.2 %,2.5 %\nNPS growth,1 %,2 %,\n",
            ["January", "February", "March"],
            [[0.22, 0.021], [0.23, 0.022], [0.25, 0.025]],
        ),
        (
            "Показатель;2026-01;2026-02\nОткрываемость;22,5%;23%\nКликабельность;2,1%;2,2%\n",
            ["2026-01", "2026-02"],
            [[0.225, 0.021], [0.23, 0.022]],
        ),
        (
            "Month,Open rate,Click rate\nJanuary 2026,22%,2.1%\nFebruary 2026,23%,2.2%\n",
            ["2026-01", "2026-02"],
            [[0.22, 0.021], [0.23, 0.022]],
        ),
    ],
)
def test_rates_without_counts_are_kept_as_reported_and_said(
    tmp_path: Path, text: str, months: list[str], rates: list[list[float]]
) -> None:
    log, table = read_one(exports.write(tmp_path, "kpis.csv", text))
    assert (log.preset, table["campaign_name"].tolist()) == ("reported_rates", months)
    assert table[["reported_open_rate", "reported_click_rate"]].to_numpy() == pytest.approx(np.array(rates))
    assert table[["sent", "opened"]].isna().all(axis=None)
    assert "it has rates without counts. They are kept as reported, and their margin of error is unknown" in log.notes


def test_a_table_with_counts_is_no_table_of_rates(tmp_path: Path) -> None:
    text = "Month,Sent,Open rate,Opened\n2026-01,1000,22%,220\n2026-02,1000,23%,230\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert (log.preset, table["sent"].tolist()) == ("campaign_stats", [1000, 1000])
