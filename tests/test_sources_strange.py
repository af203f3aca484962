"""Exports as people have them, of many tools and languages: each is the table, the rows and the sums that it holds."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest
import yaml

import kit
from kit import counts, sources
from kit.settings import Settings
from kit.sources.text import encodings, grid, times
from tests import exports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.sources.file_log import FileLog

CASES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("strange_exports.yaml").read_text("utf-8"))


def read(folder: Path, name: str, text: str | bytes) -> tuple[FileLog, pd.DataFrame]:
    exports.write(folder, name, text)
    loaded = sources.read(folder, Settings())
    return loaded.files[0], loaded.tables.get(loaded.files[0].table or "", pd.DataFrame())


def plainly(value: Any) -> Any:
    """A value as the cases write it; a time as ISO has it."""
    if pd.isna(value):
        return None
    return pd.Timestamp(value) if isinstance(value, datetime) else value


@pytest.mark.parametrize("name", CASES)
def test_an_export_is_what_it_holds(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    log, table = read(tmp_path, case["file"], case["text"].encode(case.get("encoding", "utf-8")))
    assert (log.table or "none").split(",")[0] == case["table"], log.why
    if "rows" in case:
        assert len(table) == case["rows"]
    assert {column: pd.to_numeric(table[column]).sum() for column in case.get("sums", {})} == case.get("sums", {})
    for column, values in case.get("values", {}).items():
        is_time = column.endswith(("_local", "_at"))
        expected = [pd.Timestamp(value) if is_time and value else value for value in values]
        assert list(map(plainly, table[column])) == expected, column
    assert [rejection.line for rejection in log.rejections] == case.get("left_out", [])
    assert [rejection.line for rejection in log.cells] == case.get("unread", [])


def test_the_exports_are_many() -> None:
    assert len(CASES) >= 120


class TestWorkbooks:
    """Cells that are merged, headers in two rows, sheets that nobody sees."""

    def test_opens_over_unique_and_total_are_two_columns(self, tmp_path: Path) -> None:
        rows = [
            ["Campaign", "Send date", "Sent", "Delivered", "Opens", None, "Clicks", None],
            [None, None, None, None, "Unique", "Total", "Unique", "Total"],
            ["March", date(2026, 3, 3), 1200, 1180, 354, 500, 59, 80],
            ["April", date(2026, 4, 7), 1000, 990, 250, 333, 40, 55],
        ]
        _, stats = workbook(tmp_path, rows, merged=["A1:A2", "E1:F1", "G1:H1"])
        assert stats[["opened", "opens_total", "clicked", "clicks_total"]].sum().tolist() == [604, 833, 99, 135]

    def test_names_of_groups_above_the_header_are_no_part_of_it(self, tmp_path: Path) -> None:
        rows = [
            [None, None, "Reach", None, "Reaction", None],
            ["Campaign", "Date", "Sent", "Delivered", "Opens", "Clicks"],
            ["March", date(2026, 3, 3), 1200, 1180, 354, 59],
        ]
        _, stats = workbook(tmp_path, rows, merged=["C1:D1", "E1:F1"])
        assert stats[["sent", "delivered", "opened", "clicked"]].sum().tolist() == [1200, 1180, 354, 59]

    def test_a_name_over_several_rows_is_that_of_each_and_a_number_is_not(self, tmp_path: Path) -> None:
        rows = [
            ["Campaign", "Version", "Date", "Sent", "Delivered", "Opened"],
            ["March", "A", date(2026, 3, 3), 200, 98, 40],
            [None, "B", date(2026, 3, 3), None, 99, 50],
            ["April", "A", date(2026, 4, 3), 200, 196, 70],
        ]
        _, stats = workbook(tmp_path, rows, merged=["A2:A3", "D2:D3"])
        assert stats["campaign_name"].tolist() == ["March", "March", "April"]
        assert stats["sent"].sum() == 400

    def test_a_hidden_sheet_is_not_read_and_said(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        header = ["Campaign", "Date", "Sent", "Delivered", "Opened"]
        for name, rows in {
            "now": [["A", date(2026, 3, 3), 100, 98, 40]],
            "old": [["A", date(2026, 3, 3), 90, 88, 30]],
        }.items():
            sheet = book.create_sheet(name)
            for row in (header, *rows):
                sheet.append(row)
        book["old"].sheet_state = "hidden"
        book.save(tmp_path / "book.xlsx")
        loaded = sources.read(tmp_path, Settings())
        assert loaded.tables["campaign_stats"]["sent"].tolist() == [100]
        hidden = next(log for log in loaded.files if "old" in log.file)
        assert hidden.status == "ignored"
        assert str(hidden.why) == "the sheet is hidden in its workbook and is not read; show it there if its rows count"

    def test_lines_of_text_in_one_column_are_cut_into_cells(self, tmp_path: Path) -> None:
        rows = [["Campaign;Date;Sent;Delivered;Opened"], ["A;2026-03-03;100;98;40"], ["B;2026-04-03;200;196;70"]]
        log, stats = workbook(tmp_path, rows)
        assert stats["sent"].tolist() == [100, 200]
        assert "each row is one cell of text; it is cut at ';'" in map(str, log.notes)


def workbook(folder: Path, rows: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> tuple[FileLog, pd.DataFrame]:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(folder / "report.xlsx")
    loaded = sources.read(folder, Settings())
    return loaded.files[0], loaded.tables["campaign_stats"]


HEADER = "Campaign,Date,Sent,Delivered,Opened\n"
MARCH = f"{HEADER}A,2026-03-03,100,98,40\nB,2026-03-05,200,196,70\n"


class TestSumsBesideTheirParts:
    """Months, weeks and quarters beside the campaigns of their days, and beside each other, count once."""

    @pytest.mark.parametrize(
        ("header", "first", "second"),
        [
            ("Week", "2026-W10", "2026-W11"),
            ("Kalenderwoche", "KW 10/2026", "KW 11/2026"),
            ("Quarter", "Q1 2026", "Q2 2026"),
            ("Квартал", "1 квартал 2026", "2 квартал 2026"),
            ("Period", "March 2-8, 2026", "March 9-15, 2026"),
        ],
    )
    def test_campaigns_come_before_the_sum_of_their_days(
        self, tmp_path: Path, header: str, first: str, second: str
    ) -> None:
        exports.write(tmp_path, "campaigns.csv", MARCH)
        exports.write(
            tmp_path, "sums.csv", f'{header},Sent,Delivered,Opened\n"{first}",300,294,110\n"{second}",50,49,10\n'
        )
        data = kit.open(tmp_path)
        assert counts.messages(data, [])["sent"].sum() == 350
        note = "sums.csv: sums of months, weeks or quarters whose campaigns are exported one by one are not used: 1"
        assert note in map(str, data.notes)

    def test_a_month_of_no_year_may_be_any_and_gives_way(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "campaigns.csv", MARCH)
        exports.write(tmp_path, "sums.csv", "Month,Sent,Delivered,Opened\nMarch,300,294,110\n")
        assert counts.messages(kit.open(tmp_path), [])["sent"].sum() == 300

    def test_of_months_and_weeks_the_months_count(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "months.csv", "Month,Sent,Delivered,Opened\n2026-03,300,294,110\n")
        exports.write(tmp_path, "weeks.csv", "Week,Sent,Delivered,Opened\n2026-W10,100,98,40\n2026-W15,7,7,2\n")
        data = kit.open(tmp_path)
        assert counts.messages(data, [])["sent"].sum() == 307  # the week of April stands alone
        assert (
            "weeks.csv: weeks, months or quarters that share days with those of other rows, so they are not used: 1"
            in map(str, data.notes)
        )

    def test_a_campaign_that_is_called_like_a_week_is_a_campaign(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "campaigns.csv", f"{HEADER}Week 10 2026,2026-03-04,100,98,40\nA,2026-03-05,10,9,4\n")
        assert counts.messages(kit.open(tmp_path), [])["sent"].sum() == 110


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("Декабрь 2026", (date(2026, 12, 1), date(2026, 12, 31))),
        ("2026-Q4", (date(2026, 10, 1), date(2026, 12, 31))),
        ("II кв. 2026", (date(2026, 4, 1), date(2026, 6, 30))),
        ("3. Quartal 2026", (date(2026, 7, 1), date(2026, 9, 30))),
        ("2026年第1季度", (date(2026, 1, 1), date(2026, 3, 31))),
        ("10-я неделя 2026", (date(2026, 3, 2), date(2026, 3, 8))),
        ("01.03.2026 - 07.03.2026", (date(2026, 3, 1), date(2026, 3, 7))),
        ("Week 3", times.EVER),
        ("T2", times.EVER),
        ("2026-03-03", None),
        ("Spring sale", None),
        ("May the fourth", None),
    ],
)
def test_a_name_stands_for_days_where_it_is_theirs_alone(name: str, days: times.Days | None) -> None:
    assert times.days(name) == days


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("任务名称,发送时间,发送数量\n春季促销,2026年3月3日,1200\n夏季,2026年6月3日,900\n", "gb18030"),
        ("Рассылка;Отправлено\nВесна;1200\nЛето;900\n", "koi8-r"),
        ("Рассылка;Отправлено\nВесна;1200\nЛето;900\n", "cp1251"),
        ("ДАТА;ИТОГО\nМАРТ;1200\nМАЙ;900\n", "cp1251"),
        ("Kampania;Wysłane\nWiosna, żółta;1200\n", "cp1250"),
        ("Kampagne;Geöffnet\nFrühling, größer;1200\n", "cp1252"),
        ("Campaña;Enviados\n¿Listo? Año;1200\nm³ de agua;900\n", "cp1252"),
    ],
)
def test_an_encoding_is_told_by_its_letters(text: str, encoding: str) -> None:
    decoded = encodings.decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


class TestNameOfTheFile:
    """The name of a file may say what its columns leave open; against them it says nothing."""

    @pytest.mark.parametrize(
        "text",
        [
            "Action,Date,Visitors\nDownload,2026-03-03,120\nSign-up,2026-03-03,15\n",
            "Date,Product,Change,Price\n2026-03-03,Oil,+5%,12.50\n2026-03-04,Tyre,-3%,80\n",
            "Дата,Действие,Кол-во\n2026-03-03,Звонок,12\n2026-03-04,Заявка,8\n",
            "Date,Action,Customer\n2026-03-03,Call,a@example.com\n2026-03-04,Visit,b@example.com\n",
            "Date,Change\n2026-03-03,+5\n2026-03-04,-3\n",
            "Date,Action\n"
            + "".join(f"2026-03-{day:02d},{what}\n" for day in range(1, 10) for what in ("Open", "Call")),
        ],
    )
    @pytest.mark.parametrize("name", ["actions.csv", "changes.csv", "изменения 2026.csv"])
    def test_a_table_of_something_else_is_no_log_of_changes(self, tmp_path: Path, name: str, text: str) -> None:
        log, _ = read(tmp_path, name, text)
        assert log.table != "actions", log.why

    @pytest.mark.parametrize(
        "text",
        [
            "Date,What was changed\n2026-03-03,New template\n2026-04-01,Sender name\n",
            "Date,Action,Owner,Comment\n2026-03-03,New template,Ann,\n2026-04-01,Sender name,Bob,asked for\n",
            "Дата;Что изменили\n03.03.2026;Новый шаблон\n14.04.2026;Имя отправителя\n",
        ],
    )
    def test_a_log_of_changes_is_one(self, tmp_path: Path, text: str) -> None:
        log, table = read(tmp_path, "actions.csv", text)
        assert (log.table, len(table)) == ("actions", 2)

    def test_people_with_other_columns_have_not_left_because_the_file_is_called_so(self, tmp_path: Path) -> None:
        _, contacts = read(
            tmp_path,
            "unsubs and new.csv",
            "email,created,name\na@example.com,2026-03-03,A\nb@example.com,2026-03-04,B\n",
        )
        assert not (contacts["status"] == "unsubscribed").any()


def test_a_row_of_a_negative_amount_is_a_refund_of_its_order(tmp_path: Path) -> None:
    rows = "1,2026-03-03,a@example.com,100\n1,2026-03-09,a@example.com,-40\n2,2026-03-04,b@example.com,30\n"
    text = f"Order ID,Order Date,Email,Total\n{rows}"
    log, orders = read(tmp_path, "orders.csv", text)
    sold = orders[orders["is_cancelled"].isna() | (orders["is_cancelled"] == False)]  # noqa: E712  of pandas' own kind
    assert (len(sold), sold["total"].sum(), sold["refunded"].sum()) == (2, 130, 40)
    assert any("it is a refund of the order with its number" in str(note) for note in log.notes)


def test_a_row_with_a_gap_and_a_figure_where_others_have_none_may_be_shifted(tmp_path: Path) -> None:
    header = "Campaign,Date,Sent,Delivered,Opened,Clicked,Unsubscribed,Notes\n"
    rows = "A,2026-03-03,1200,1180,354,59,4,\nB,2026-04-03,,1000,990,250,40,2\nC,2026-05-03,900,890,200,30,1,\n"
    log, _ = read(tmp_path, "a.csv", header + rows)
    assert any("may be shifted" in str(note) and "'Sent', 'Notes'" in str(note) for note in log.notes)
    exports.write(tmp_path, "a.csv", header + rows.replace(",2\n", ",\n").replace("1000,990,250,40", "980,250,40,2"))
    assert not any("may be shifted" in str(note) for note in sources.read(tmp_path, Settings()).files[0].notes)


def test_a_campaign_far_ahead_does_not_make_its_file_the_latest(tmp_path: Path) -> None:
    rows = "".join(f"C{month},2026-{month:02d}-03,100,98,{40 + month}\n" for month in range(1, 7))
    exports.write(tmp_path, "old.csv", f"{HEADER}{rows}Slip,2062-01-03,10,9,4\n")
    exports.write(tmp_path, "new.csv", f"{HEADER}{rows}C7,2026-07-03,100,98,47\n".replace(",41\n", ",61\n"))
    stats = kit.open(tmp_path).table("campaign_stats")
    assert stats[stats["source_file"] == "old.csv"]["as_of"].max() == pd.Timestamp("2026-06-03")


def test_more_cells_than_fit_into_memory_are_refused_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "MOST_CELLS", 19)
    log, _ = read(tmp_path, "a.csv", f"{HEADER}A,2026-03-03,100,98,40\nB,2026-03-05,200,196,70\nC,2026-03-06,1,1,0\n")
    hint = "Export it in parts, one file per month or year."
    assert log.status == "unreadable"
    assert str(log.error) == f"a.csv: it has 20 cells, but at most 19 can be read from one table. {hint}"
