"""Tables: campaigns exports, mapped tables, workbooks; every row is kept or rejected with its line."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources import frames
from kit.sources.frames import DTYPES
from kit.sources.text.addresses import contact_key
from kit.tables import TABLES
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
MOSCOW = Settings(values={"time_zone": "Europe/Moscow"})
NO_ZONE = "the time zone is unknown, so times stay as written; set time_zone in kit.toml"


def read_one(path: Path, settings: Settings = BARE) -> tuple[FileLog, pd.DataFrame]:
    """The log of the only file, and its table."""
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables.get((log.table or "").split(",")[0], pd.DataFrame())


def said(log: FileLog) -> list[tuple[int | None, str | None, str]]:
    return [(one.line, one.column, one.reason) for one in log.rejections]


def test_a_campaigns_export_is_read_as_it_says(tmp_path: Path) -> None:
    log, table = read_one(exports.write(tmp_path, "any name.txt", exports.CAMPAIGNS), MOSCOW)
    assert (log.status, log.preset, log.encoding, log.separator) == ("read", "mailchimp_campaigns", "utf-8", ",")
    assert log.why == "its header has Title, Subject, Send Date, Total Recipients"
    assert (log.unmapped, log.rejections) == ((), ())
    assert log.notes == ("times without a zone are read in Europe/Moscow, the time_zone of kit.toml",)
    first = table.iloc[0]
    assert first[["campaign_name", "subject", "list_name", "source_campaign_id", "vendor"]].tolist() == [
        "Brake check, spring",
        "Are your brakes ready? ☀",
        "Customers",
        "aaaaaaaaa1",
        "mailchimp",
    ]
    counts = [
        "sent",
        "delivered",
        "bounced_soft",
        "bounced_hard",
        "bounced",
        "opened",
        "opens_total",
        "clicked",
        "orders",
    ]
    assert first[counts].tolist() == [1100, 1078, 12, 10, 22, 330, 501, 66, 3]
    assert (first["revenue"], first["reported_open_rate"]) == (1240.5, pytest.approx(0.3061))
    assert first["sent_local"] == datetime(2026, 3, 3, 10)
    assert first["sent_at"] == pd.Timestamp("2026-03-03 07:00", tz="UTC")  # Moscow is UTC+3
    assert first[["replied", "forwarded", "as_of", "variant"]].isna().all()


def test_frames_have_the_declared_columns_order_and_types(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "b.csv", exports.REPORT)
    for name, table in sources.read(tmp_path, BARE).tables.items():
        assert [column for column in table.columns if column not in (frames.LINE, frames.UNREAD)] == TABLES[name].names
        types = [str(table[column.name].dtype) for column in TABLES[name].columns]
        assert types == [DTYPES[column.type] for column in TABLES[name].columns]


def test_the_real_export_adds_up_as_by_hand(shared: Path) -> None:
    path = shared / "formats" / "mailchimp" / "campaigns_aggregated_2018.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    log, table = read_one(path)
    theirs = {"sent": "Total Recipients", "delivered": "Successful Deliveries", "opened": "Unique Opens",
              "clicked": "Unique Clicks", "unsubscribed": "Unsubscribes", "bounced": "Total Bounces"}  # fmt: skip
    assert {name: table[name].sum() for name in theirs} == {
        name: sum(int(row[column]) for row in rows) for name, column in theirs.items()
    }
    assert [int(table[name].sum()) for name in ("sent", "delivered", "opened", "clicked", "unsubscribed")] == [
        247, 242, 60, 12, 1,
    ]  # fmt: skip  # by hand from the file's two rows
    assert (log.rows_read, log.rows_kept, log.unmapped, log.notes) == (2, 2, (), (NO_ZONE,))


def test_a_trimmed_export_has_no_value_where_it_has_no_column(tmp_path: Path) -> None:
    path = exports.write(
        tmp_path, "a.csv", 'Title,Subject,List,Send Date,Total Recipients\nA,B,C,"Jun 09, 2018 09:30 pm",110\n'
    )
    log, table = read_one(path)
    assert log.preset == "mailchimp_campaigns"
    assert (table["list_name"][0], table["sent"][0]) == ("C", 110)
    assert table[["delivered", "opened", "clicked", "bounced", "delivered_is_derived"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16"), ("cp1251", "cp1251"),
     ("cp866", "cp866"), ("koi8-r", "koi8-r")],
)  # fmt: skip
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_encodings_and_separators_are_found_and_said(tmp_path: Path, encoding: str, name: str, mark: str) -> None:
    rows = [line.split(";") for line in exports.RUSSIAN.splitlines()]
    text = "\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows)
    log, table = read_one(exports.write(tmp_path, "a.csv", text, encoding))
    assert (log.encoding, log.separator, log.preset) == (name, mark, "campaign_stats")
    assert table["campaign_name"].tolist() == ["Весна", "Шины"]
    assert table[["sent", "delivered", "opened", "clicked"]].to_numpy().tolist() == [
        [1100, 1078, 330, 66],
        [900, 891, 250, 45],
    ]
    assert table["revenue"].tolist() == [1240.5, 0]


def test_a_header_that_means_people_or_clicks_is_said(tmp_path: Path) -> None:
    log, _ = read_one(exports.write(tmp_path, "a.csv", exports.RUSSIAN))
    assert log.notes == (
        (
            "column 'Переходы' is read as clicked, not as clicks_total; if that is wrong, correct it in a mapping "
            "(kit map)"
        ),
        NO_ZONE,
    )


def test_a_name_is_taken_from_the_first_other_column_that_says_one(tmp_path: Path) -> None:
    text = "Campaign,Subject,Date,Sent,Opened\n,,2026-01-05,9,3\n,Hello,2026-01-06,9,3\nA,Hello,2026-01-07,9,3\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert table["campaign_name"].tolist() == ["2026-01-05", "Hello", "A"]
    assert log.why == "its header has Campaign, Subject, Date, Sent, Opened, recognised by name only"


def test_a_sheet_of_months_is_a_campaign_a_month(tmp_path: Path) -> None:
    log, table = read_one(exports.write(tmp_path, "a.csv", exports.MONTHS))
    assert (log.preset, log.rows_kept, log.unmapped) == ("campaign_stats", 2, ())
    assert table["campaign_name"].tolist() == ["2026-01", "2026-02"]  # written "February 2026"
    assert table["sent_local"].tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")]
    assert table[["sent", "delivered", "opened", "clicked", "converted", "unsubscribed"]].iloc[0].tolist() == [
        4000, 3900, 1200, 160, 24, 8,
    ]  # fmt: skip


TABLES_OF_OTHERS = [
    ("contacts", "E-mail;Статус;Дата подписки\na@example.com;Подписан;2026-01-05\nb@example.com;Отписан;2026-01-06\n",
     {"status": ["subscribed", "unsubscribed"], "email": ["a@example.com", "b@example.com"]}),
    ("contacts", "Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON\nA@example.com ,2026-01-05 10:00:00,,\n",
     {"email": ["a@example.com"], "opted_in_at": [pd.Timestamp("2026-01-05 10:00")]}),
    ("conversions", "Email,Действие,Дата\na@example.com,Запись,2026-01-05 10:00\nb@example.com,отзыв,2026-01-06\n",
     {"action": ["appointment", "review"]}),
    ("conversions", "Email,Event,Date\na@example.com,Appointment,2026-01-05\nb@example.com,Test drive,2026-01-06\n",
     {"action": ["appointment", "test drive"]}),
    ("conversions", "Почта,Дата записи\na@example.com,2026-01-05 10:00\n", {"action": ["appointment"]}),
    ("orders", "№ заказа;E-mail клиента;Дата заказа;Сумма;Возврат\n17;a@example.com;2026-01-05;1 200,50 ₽;0\n",
     {"order_id": ["17"], "total": [1200.5], "refunded": [0.0], "currency": ["RUB"]}),
    ("orders", "Order ID,Email,Created At,Total,Currency\n17,,2026-01-05 10:00:00+03:00,12.50,EUR\n",
     {"total": [12.5], "currency": ["EUR"], "ordered_at": [pd.Timestamp("2026-01-05 07:00", tz="UTC")]}),
    ("tickets", "Номер заявки,Дата создания,Первый ответ,Дата закрытия,Оценка\n5,2026-01-05 10:00,2026-01-05 11:00,,\n",
     {"ticket_id": ["5"], "first_response_local": [pd.Timestamp("2026-01-05 11:00")]}),
    ("surveys", "Email,Date,NPS\na@example.com,2026-01-05,9\n",
     {"survey_type": ["nps"], "score": [9.0], "scale_min": [0.0], "scale_max": [10.0]}),
    ("surveys", "Почта,Дата ответа,Тип опроса,Оценка,Шкала от,Шкала до\na@example.com,2026-01-05,CSAT,4,1,5\n",
     {"survey_type": ["csat"], "score": [4.0], "scale_max": [5.0]}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "text", "columns"), TABLES_OF_OTHERS)
def test_tables_of_any_system_are_known_by_their_headers(
    tmp_path: Path, table: str, text: str, columns: dict[str, list[Any]]
) -> None:
    log, frame = read_one(exports.write(tmp_path, "a.csv", text))
    assert (log.status, log.table, log.rows_rejected) == ("read", table, 0)
    assert {name: frame[name].tolist() for name in columns} == columns


def test_people_are_known_by_their_key_in_every_table(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Email,Status\n Anna@Example.com ,active\n")
    exports.write(tmp_path, "b.csv", "Email,Order ID,Date,Total\nanna@example.com,1,2026-01-05,5\n")
    tables = sources.read(tmp_path, BARE).tables
    assert tables["contacts"]["contact_key"].tolist() == [contact_key("anna@example.com")]
    assert tables["orders"]["contact_key"].tolist() == [contact_key("anna@example.com")]


HEAD = "Campaign,Date,Sent,Delivered,Opened,Revenue\n"
REJECTED = [
    ("A,2026-01-05,soon,,,", 2, "Sent", "'soon' is not a number"),
    ("A,03.11.26x,3,1,1,1", 2, "Date", "'03.11.26x' is not a time"),
    ("A,2026-01-05,3,1,1,1,7", 2, None, "it has 7 cells, but the header has 6"),
    ("A,2026-01-05,3\nB,2026-01-06,4,1,1,1", 2, None, "it has 3 cells, but the header has 6"),
    (
        "A,2026-01-05,3",
        2,
        None,
        ("it has 3 cells, but the header has 6. Perhaps the file is cut off here; export it again"),
    ),
    ('A,2026-01-05,3,1,1,"1', 2, None, "a quote is opened but never closed"),
    ('"A"x,2026-01-05,3,1,1,1', 2, None, "a quote is in the wrong place"),
    ("A\0,2026-01-05,3,1,1,1", 2, "Campaign", "it contains a NUL byte"),
    ("Total,,300,100,100,100", 2, None, "it adds up the other rows"),
    ('"A\nlong\nname",2026-01-05,3,1,1,1\nB,soon,1,1,1,1', 5, "Date", "'soon' is not a time"),
    ("A,2026-01-05,3,1,1,1\n\n\nB,soon,1,1,1,1", 5, "Date", "'soon' is not a time"),
]


@pytest.mark.parametrize(("rows", "line", "column", "reason"), REJECTED)
def test_a_bad_row_is_rejected_with_its_own_line(
    tmp_path: Path, rows: str, line: int, column: str | None, reason: str
) -> None:
    log, _ = read_one(exports.write(tmp_path, "a.csv", HEAD + rows))
    assert said(log) == [(line, column, reason)]


UNREAD = [
    ("A,2026-01-05,100,98,27.78%,1", "opened", "'27.78%' is a share, not a count"),
    ('A,2026-01-05,100,98,"25,5%",1', "opened", "'25,5%' is a share, not a count"),
    ("A,2026-01-05,-3,1,1,1", "sent", "'-3' is negative, but a count never is"),
    ("A,2026-01-05,1.5,1,1,1", "sent", "'1.5' is not a whole number, but a count always is"),
    ("A,2026-01-05,#REF!,1,1,1", "sent", "'#REF!' is a spreadsheet's error, not a value"),
    ("A,2026-01-05,3,1,1,free", "revenue", "'free' is not an amount of money"),
]


@pytest.mark.parametrize(("row", "column", "reason"), UNREAD)
def test_a_count_that_cannot_be_read_costs_itself_and_not_the_other_counts(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    log, table = read_one(exports.write(tmp_path, "a.csv", f"{HEAD}{row}\nB,2026-01-06,10,9,4,2\n"))
    counts = ["sent", "delivered", "opened", "revenue"]
    assert table[counts].isna().to_numpy().tolist() == [[name == column for name in counts], [False] * 4]
    told = [(one.line, one.column, one.reason) for one in log.cells]
    assert told == [(2, column.capitalize(), f"{reason}; the row is kept without it")]
    kept = sources.read(tmp_path, BARE).raw["a.csv"]["rejected"]
    assert kept.notna().tolist() == [True, False]  # the row as it stands


def test_a_row_that_is_one_thing_is_wrong_where_a_part_of_it_is(tmp_path: Path) -> None:
    text = "Order ID,Email,Date,Total\n1,a@example.com,2026-01-05,25%\n2,a@example.com,2026-01-05,5\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert said(log) == [(2, "Total", "'25%' is not an amount of money")]
    assert table["order_id"].tolist() == ["2"]


def test_one_lost_quote_costs_one_row(tmp_path: Path) -> None:
    rows = ["A,2026-01-05,3,1,1,1", '"B,2026-01-05,3,1,1,1', *(f"C{n},2026-01-05,3,1,1,1" for n in range(40))]
    log, table = read_one(exports.write(tmp_path, "a.csv", HEAD + "\n".join(rows)))
    assert said(log) == [(3, None, "a quote is opened but never closed")]
    assert len(table) == 41


def test_a_broken_byte_costs_its_row_and_is_no_other_encoding(tmp_path: Path) -> None:
    raw = exports.RUSSIAN.encode().replace("Весна".encode(), "Весна".encode()[:-1])
    log, table = read_one(exports.write(tmp_path, "a.csv", raw))
    assert (log.encoding, table["campaign_name"].tolist()) == ("utf-8", ["Шины"])
    assert said(log) == [(2, "Название кампании", ("it contains bytes that are not characters of the file's encoding"))]
    assert log.notes[0] == "some bytes are not UTF-8; the rows that contain them are rejected"


STOPPED = [
    ("", "empty", "a.csv: it is empty. Export it again."),
    ("\n \n", "empty", "a.csv: it is empty. Export it again."),
    (HEAD, "empty", "a.csv, line 1: it has a header and no rows. Export it again if it should have rows."),
    (HEAD + "A,03/04/2026,3,1,1,1\n", "unreadable",
     ("a.csv, line 2, column 'Date': '03/04/2026' can be read as two different dates. Set day_first = true or false "
      "in kit.toml.")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "status", "message"), STOPPED)
def test_what_stops_a_file_is_said_with_the_mend_and_stops_no_other(
    tmp_path: Path, text: str, status: str, message: str
) -> None:
    exports.write(tmp_path, "a.csv", text)
    exports.write(tmp_path, "b.csv", exports.MONTHS)
    first, second = sources.read(tmp_path, BARE).files
    assert (first.status, str(first.error), first.rows_read) == (status, message, 0)
    assert (second.status, second.rows_kept) == ("read", 2)


def test_day_first_of_the_settings_decides_where_no_date_does(tmp_path: Path) -> None:
    path = exports.write(tmp_path, "a.csv", HEAD + "A,03/04/2026,3,1,1,1\nB,05/04/2026,3,1,1,1\n")
    for order, days in {True: ["2026-04-03", "2026-04-05"], False: ["2026-03-04", "2026-05-04"]}.items():
        _, table = read_one(path, Settings(values={"day_first": order}))
        assert table["sent_local"].tolist() == [*map(pd.Timestamp, days)]


def test_delivered_is_made_of_sent_and_bounced_where_no_file_says_it(tmp_path: Path) -> None:
    text = "Campaign,Date,Sent,Hard bounces,Soft bounces,Opened\nA,2026-01-05,1000,10,5,300\n"
    _, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert table.loc[0, ["bounced", "delivered", "delivered_is_derived"]].tolist() == [15, 985, True]


OFF = (
    "reported_open_rate is not opened divided by delivered in 1 row, first on line 2: 35.00% reported, 30.00% "
    "from the counts. The counts are used"
)
RATES = [
    ("30.00%", ()),  # 300 of 1000 delivered
    ("30.09%", ()),
    ("0.3", ()),
    ("30", ()),
    ("27.27%", ("reported_open_rate in this file is opened divided by sent, not by delivered",)),  # 300 of 1100 sent
    ("35%", (OFF,)),
    ("#DIV/0!", ("1 reported rate cannot be read; it is left empty",)),
]  # fmt: skip


@pytest.mark.parametrize(("rate", "notes"), RATES)
def test_a_reported_rate_is_compared_with_the_counts_and_its_base_said(
    tmp_path: Path, rate: str, notes: tuple[str, ...]
) -> None:
    text = f"Campaign,Sent,Delivered,Opened,Open Rate\nA,1100,1000,300,{rate}\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert log.notes == notes
    if not rate.startswith("#"):
        assert table["reported_open_rate"][0] == pytest.approx(0.3, abs=0.051)


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ("100,120,9,9,1,1", "delivered is larger than sent in 1 row, on line 2 (120 > 100)"),
        ("100,90,95,99,1,1", "opened is larger than delivered in 1 row, on line 2 (95 > 90)"),
        ("100,90,9,8,1,1", "opened is larger than opens_total in 1 row, on line 2 (9 > 8)"),
        ("100,90,9,9,3,1", "clicked is larger than clicks_total in 1 row, on line 2 (3 > 1)"),
    ],
)
def test_impossible_counts_are_a_warning_and_not_an_error(tmp_path: Path, row: str, note: str) -> None:
    text = f"Campaign,Sent,Delivered,Unique Opens,Total Opens,Unique Clicks,Total Clicks\nA,{row}\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert (log.notes, len(table)) == ((note,), 1)


def test_a_header_may_stand_below_a_title_and_twice(tmp_path: Path) -> None:
    text = "Report of 2026,,,\n,,,\nCampaign,Sent,Opened,Sent\nA,100,30,7\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert log.notes == ("column 'Sent' occurs 2 times; the first one is used",)
    assert (table["sent"].tolist(), log.unmapped) == ([100], ("Sent",))


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    orders = [
        ["Orders of 2026"],
        ["Order ID", "Email", "Date", "Total"],
        [64517, "a@example.com", "2026-01-02", 12.5],
        [64518, "b@example.com", "2026-01-03", "#REF!"],
    ]
    exports.workbook(tmp_path, "a.xlsx", {"Orders": orders, "Nothing": [], "Notes": [["a word"]]})
    loaded = sources.read(tmp_path, BARE)
    notes, log = loaded.files
    assert (notes.file, notes.status, log.file, log.status) == (
        "a.xlsx [Notes]",
        "unrecognised",
        "a.xlsx [Orders]",
        "read",
    )
    assert loaded.tables["orders"]["order_id"].tolist() == ["64517"]
    assert said(log) == [(4, "Total", "'#REF!' is a spreadsheet's error, not a value")]


def test_a_cut_workbook_is_damaged_and_says_so(tmp_path: Path) -> None:
    path = exports.workbook(tmp_path, "a.xlsx", {"Orders": [["Order ID", "Email", "Date", "Total"]]})
    path.write_bytes(path.read_bytes()[:-40])
    (log,) = sources.read(tmp_path, BARE).files
    assert (log.status, str(log.error)) == (
        "unreadable",
        "a.xlsx: the workbook is damaged. Open it, save it again as .xlsx and retry.",
    )
