"""Cells, times and addresses: what each may say, and what is refused with which words."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.report.check import check
from kit.sources.text import cells, encodings
from kit.sources.text.addresses import contact_key, contact_key_sql
from kit.sources.text.times import AmbiguousDayError, Clock, Moment
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,751", 1751),
        ("1 751", 1751),
        ("1\u00a0751", 1751),
        ("1\u202f751", 1751),
        ("1'751", 1751),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("64517.0", 64517),
        (64517.0, 64517),
        (7, 7),
        ("0 (0.0%)", 0),
        ("1,751 (8.1%)", 1751),
        *((null, None) for null in ("", " ", "-", "—", "n/a", "N/A", "NA", "null", "None", "н/д", None)),
    ],
)
def test_a_count_as_people_and_programs_write_it(cell: Any, value: int | None) -> None:
    assert cells.count(cell) == value


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-3", "'-3' is negative, but a count never is"),
        ("1.5", "'1.5' is not a whole number, but a count always is"),
        ("1.751", "'1.751' is not a whole number, but a count always is"),
        ("1,75", "'1,75' is not a whole number, but a count always is"),
        ("27.78%", "'27.78%' is a share, not a count"),
        ("#REF!", "'#REF!' is a spreadsheet's error, not a value"),
        ("#ДЕЛ/0!", "'#ДЕЛ/0!' is a spreadsheet's error, not a value"),
        ("many", "'many' is not a number"),
        ("12 34", "'12 34' is not a number"),
        ("1,2,3", "'1,2,3' is not a number"),
        ("inf", "'inf' is not a number"),
        (True, "'True' is not a number"),
        ("79161234567890", "'79161234567890' is too large for a count"),
    ],
)
def test_what_is_no_count_is_refused_with_the_reason(cell: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        cells.count(cell)


def test_a_point_of_thousands_is_read_where_the_preset_says_so() -> None:
    assert cells.count("1.751", "comma") == 1751


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("CA$0.00", (0.0, "CAD")),
        ("$125000", (125000.0, None)),
        ("1,240.50", (1240.5, None)),
        ("1 240,50 ₽", (1240.5, "RUB")),
        ("1 240,50 руб.", (1240.5, "RUB")),
        ("0,25", (0.25, None)),
        ("1.751,00 €", (1751.0, "EUR")),
        ("EUR 12", (12.0, "EUR")),
        ("-€5.00", (-5.0, "EUR")),
        ("-5", (-5.0, None)),
        ("(1,234.00)", (-1234.0, None)),
        ("($5.00)", (-5.0, None)),
        ("1.234,50-", (-1234.5, None)),
        ("−5,00 €", (-5.0, "EUR")),
        ("1'234.50", (1234.5, None)),
        ("CHF 1’234.50", (1234.5, "CHF")),
        ("1 234,50 ₽", (1234.5, "RUB")),
        (12.5, (12.5, None)),
        ("n/a", (None, None)),
    ],
)
def test_money_and_its_currency(cell: Any, value: tuple[float | None, str | None]) -> None:
    assert cells.money(cell) == value


@pytest.mark.parametrize("cell", ["12 apples", "free", "1.2.3", "€"])
def test_what_is_no_money_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        cells.money(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("27.78%", (0.2778, True)),
        ("27,78 %", (0.2778, True)),
        ("1,234 %", (0.01234, True)),  # no share is over 1,000 %
        ("12,5\u202f%", (0.125, True)),
        ("1 (100.0%)", (1.0, True)),
        ("1%", (0.01, True)),
        ("27.78", (27.78, False)),
        ("0.2778", (0.2778, False)),
        (0.4902, (0.4902, False)),
        ("", (None, True)),
    ],
)
def test_the_unit_of_a_share_is_told_by_its_sign_only(cell: Any, value: tuple[float | None, bool]) -> None:
    share, certain = cells.share(cell)
    assert share == pytest.approx(value[0])
    assert certain is value[1]


def test_a_number_that_could_be_two_is_refused_until_the_mapping_says_which() -> None:
    with pytest.raises(ValueError, match="may be thousands or decimals"):
        cells.number("4,125")
    assert (cells.number("4,125", "comma"), cells.number("4,125", "point")) == (4.125, 4125.0)


def test_a_text_keeps_what_only_numbers_take_as_nothing() -> None:
    assert (cells.text("NA"), cells.text("n/a"), cells.text(64517.0), cells.text(" a\n b ")) == (
        "NA",
        None,
        "64517",
        "a b",
    )


@given(st.integers(0, 10**9), st.sampled_from(["", ",", " ", "\u00a0", "\u202f", "'"]))
def test_a_count_is_the_same_whatever_parts_its_thousands(number: int, gap: str) -> None:
    assert cells.count(f"{number:,}".replace(",", gap)) == number


TIMES = [
    ("2026-11-03", datetime(2026, 11, 3)),
    ("2026-11-03 09:15:00", datetime(2026, 11, 3, 9, 15)),
    ("2026-11-03T09:15:00.1234567", datetime(2026, 11, 3, 9, 15)),
    ("2026/11/03 09:15", datetime(2026, 11, 3, 9, 15)),
    ("2026-01", datetime(2026, 1, 1)),
    ("01.2026", datetime(2026, 1, 1)),
    ("January 2026", datetime(2026, 1, 1)),
    ("Jan 2026", datetime(2026, 1, 1)),
    ("Январь 2026", datetime(2026, 1, 1)),
    ("Январь 2026 г.", datetime(2026, 1, 1)),
    ("Jun 09, 2018 09:30 pm", datetime(2018, 6, 9, 21, 30)),
    ("Jun 09, 2018 12:30 am", datetime(2018, 6, 9, 0, 30)),
    ("Mon, Apr 26, 2021 12:25", datetime(2021, 4, 26, 12, 25)),
    ("9 June 2018 21:30", datetime(2018, 6, 9, 21, 30)),
    ("9 июня 2018 г., 21:30", datetime(2018, 6, 9, 21, 30)),
    ("25.04.2026", datetime(2026, 4, 25)),
    ("04/25/26 6:04", datetime(2026, 4, 25, 6, 4)),
    ("05.05.2026 10:00", datetime(2026, 5, 5, 10)),
    (datetime(2026, 11, 3, 9, 15), datetime(2026, 11, 3, 9, 15)),
    ("Mai 2026", datetime(2026, 5, 1)),
    ("1. Mai 2026", datetime(2026, 5, 1)),
    ("1er mai 2026 à 19h05", datetime(2026, 5, 1, 19, 5)),
    ("1 de enero de 2026", datetime(2026, 1, 1)),
    ("17.05.26 7:05", datetime(2026, 5, 17, 7, 5)),
    ("17/05/2026 7.05 pm", datetime(2026, 5, 17, 19, 5)),
    ("17.05.2026, 19:05 Uhr", datetime(2026, 5, 17, 19, 5)),
    ("Fri 17/04/2026", datetime(2026, 4, 17)),
    ("2026-W22", datetime(2026, 5, 25)),  # ISO 8601: the Monday of the week
    ("KW 1/2026", datetime(2025, 12, 29)),
    ("46143.29", datetime(2026, 5, 1, 6, 57, 36)),  # days since 1899-12-30, as spreadsheets count
    ("46143,5", datetime(2026, 5, 1, 12)),
    (46143, datetime(2026, 5, 1)),
    ("20260528", datetime(2026, 5, 28)),
    ("20260528190133", datetime(2026, 5, 28, 19, 1, 33)),
]


@pytest.mark.parametrize(("cell", "local"), TIMES)
def test_a_time_without_a_zone_stays_as_written_and_is_no_instant(cell: Any, local: datetime) -> None:
    assert Clock(zone=None).read(cell) == Moment(local, None)


@pytest.mark.parametrize(
    "cell",
    [
        "yesterday",
        "2026-13-01",
        "31.04.2026",
        "marketing 2026",
        "2026-11-03 25:00",
        "0021-04-05",
        "12",
        "Jan-26",
        "123456",
        "2026-11-03 9",
        45,
    ],
)
def test_what_is_no_time_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"is not a (time|possible time for an export)$"):
        Clock(zone=None).read(cell)


@pytest.mark.parametrize("cell", ["03.04.2026", "3/4/26", "03-04-2026 10:00"])
def test_the_order_of_day_and_month_is_asked_for_and_never_guessed(cell: str) -> None:
    with pytest.raises(AmbiguousDayError):
        Clock(zone=None).read(cell)
    assert Clock(zone=None, day_first=True).read(cell).local.date() == datetime(2026, 4, 3).date()
    assert Clock(zone=None, day_first=False).read(cell).local.date() == datetime(2026, 3, 4).date()


def test_a_date_that_reads_in_one_way_only_needs_no_order() -> None:
    for order in (True, False, None):
        assert Clock(zone=None, day_first=order).read("04/25/2026").local == datetime(2026, 4, 25)
        assert Clock(zone=None, day_first=order).read("25/04/2026").local == datetime(2026, 4, 25)


@pytest.mark.parametrize(
    ("clock", "cell", "local", "at"),
    [
        (Clock(MOSCOW), "2026-11-01 02:30", "2026-11-01 02:30", "2026-10-31 23:30"),  # Moscow is UTC+3 (IANA)
        (Clock(MOSCOW), "2026-10-31 23:30Z", "2026-11-01 02:30", "2026-10-31 23:30"),
        (Clock(MOSCOW, in_utc=True), "2026-10-31 23:30", "2026-11-01 02:30", "2026-10-31 23:30"),
        (Clock(None), "2025-12-06 10:37:33 -0500", "2025-12-06 10:37:33", "2025-12-06 15:37:33"),
        (Clock(None, in_utc=True), "2026-10-31 23:30", "2026-10-31 23:30", "2026-10-31 23:30"),
        (Clock(None), "2026/05/28 7:01:33 PM GMT+2", "2026-05-28 19:01:33", "2026-05-28 17:01:33"),
        (Clock(None), "Sat May 02 2026 10:00:00 GMT+0200 (CEST)", "2026-05-02 10:00:00", "2026-05-02 08:00:00"),
        (Clock(None), "2026-05-01T00:00:00.000+0200", "2026-05-01 00:00:00", "2026-04-30 22:00:00"),
        (Clock(MOSCOW), "1790083507", "2026-09-22 16:25:07", "2026-09-22 13:25:07"),  # date -u -d @1790083507
        (Clock(None), "1790083507000", "2026-09-22 13:25:07", "2026-09-22 13:25:07"),
    ],
)
def test_an_offset_or_a_zone_makes_an_instant(clock: Clock, cell: str, local: str, at: str) -> None:
    assert clock.read(cell) == Moment(datetime.fromisoformat(local), datetime.fromisoformat(f"{at}Z"))


def test_the_formats_of_a_preset_come_first_and_are_no_limit() -> None:
    clock = Clock(None, formats=("%m/%d/%y %H:%M",))
    assert clock.read("4/3/21 6:04").local == datetime(2021, 4, 3, 6, 4)
    assert clock.read("2021-04-03 06:04").local == datetime(2021, 4, 3, 6, 4)
    assert clock.read("3 April 2021").local == datetime(2021, 4, 3)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("13.05.2026 – 17.05.2026", (2026, 5, 13), (2026, 5, 17)),
        ("13.05. – 17.05.2026", (2026, 5, 13), (2026, 5, 17)),
        ("1.–7. Mai 2026", (2026, 5, 1), (2026, 5, 7)),
        ("May 1-7, 2026", (2026, 5, 1), (2026, 5, 7)),
        ("May 28 – June 3, 2026", (2026, 5, 28), (2026, 6, 3)),
        ("28 декабря – 3 января 2026", (2025, 12, 28), (2026, 1, 3)),
        ("2026-05-01/2026-05-07", (2026, 5, 1), (2026, 5, 7)),
        ("с 13.05.2026 по 17.05.2026", (2026, 5, 13), (2026, 5, 17)),
        ("25/05/2026 to 31/05/2026", (2026, 5, 25), (2026, 5, 31)),
    ],
)
def test_a_span_of_days_has_its_first_and_its_last(
    cell: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    moment = Clock(None).read(cell)
    assert (moment.local, moment.last) == (datetime(*first), datetime(*last))


@pytest.mark.parametrize("cell", ["17.05.2026 – 13.05.2026", "2024-05-01 – 2026-05-01", "May 7-1, 2026"])
def test_a_span_that_ends_before_it_begins_or_lasts_for_years_is_no_time(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is not a (time|possible time for an export)$"):
        Clock(None).read(cell)


def test_the_key_is_the_first_half_of_the_hash_of_the_bare_address() -> None:
    bare = hashlib.sha256(b"anna@example.com").hexdigest()[:32]
    assert contact_key(" Anna@Example.COM\t") == bare == contact_key("anna@example.com\u00a0")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12))
def test_the_engine_makes_the_same_key(address: str) -> None:
    ((key,),) = duckdb.execute(f"SELECT {contact_key_sql('$1')}", [address]).fetchall()
    assert key == contact_key(address)


GA4 = "# Start date: 20260301\n# End date: 20260331\nSession campaign,Sessions,Total revenue\na,10,50\n"
ORDERS = "Order ID,Email,Order Date,Total\n1,a@example.com,{},5\n"
DEALS = "Deal ID,Stage,Amount,Created At\n1,Won,5,{}\n"
TICKETS = "Ticket ID,Email,Created At,Resolved At\n5,a@example.com,{} 10:00,\n"
ASKED = [
    (GA4, ["currency"]),  # its days are written one way, and no hour is
    (ORDERS.format("03/04/2026"), ["day_first"]),
    (ORDERS.format("2026-04-03"), ["time_zone", "currency"]),
    (ORDERS.format("2026-04-03T10:00:00Z").replace(",5", ",5 €"), ["time_zone"]),  # on whose clock is the month?
    (DEALS.format("03/04/2026"), ["day_first"]),
    (DEALS.format("2026-04-03"), ["time_zone", "currency"]),
    (TICKETS.format("03/04/2026"), ["day_first"]),
    (TICKETS.format("2026-04-03"), ["time_zone"]),
]


@pytest.mark.parametrize(("text", "keys"), ASKED)
def test_what_a_file_leaves_open_is_asked_for_by_the_name_of_its_setting(
    tmp_path: Path, text: str, keys: list[str]
) -> None:
    exports.write(tmp_path, "a.csv", text)
    assert list(check(tmp_path).asked) == keys


TEXTS = {
    "utf-8": "Название;Отправлено\nШины — весна;3\n",
    "utf-16": "Название;Отправлено\nШины — весна;3\n",
    "cp1251": "Название;Отправлено\nШины, весна;3\n",
    "cp866": "Название;Отправлено\nШины, весна;3\n",
    "koi8-r": "Название;Отправлено\nШины, весна;3\n",
    "cp1252": "Kampagne;Empfänger\nFrühling: Öl für 5 €;3\n",
    "gb18030": "活动名称,发送数,送达数,打开数\n春季促销轮胎,1204,1190,312\n",
    "big5": "活動名稱,發送數,送達數,開啟數\n春季促銷輪胎,1204,1190,312\n",
}


SHORT = [
    ("gb18030", "邮箱,状态,注册时间\na@example.com,已订阅,2025-01-05\nb@example.com,已退订,2025-02-05\n"),
    ("koi8-r", "Тема;Ещё,клик\nШина;3\n"),
    ("koi8-r", "Тема;Сумма\nШины;3\n"),
]
"""Of few letters: those of Chinese are small Russian ones by their bytes, those of Russian stand in pairs."""


@pytest.mark.parametrize(("encoding", "text"), [*TEXTS.items(), *SHORT])
def test_the_encoding_of_a_text_is_found(encoding: str, text: str) -> None:
    decoded = encodings.decode(text.encode(encoding))
    assert (decoded.encoding, decoded.text) == (encoding, text)
