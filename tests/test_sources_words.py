"""Words of headers: in any order, language and unit a header is the column that it names, and no other one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import yaml

from kit import sources
from kit.settings import Settings
from kit.sources.detect import headers, presets, words
from kit.sources.text.grid import Row
from tests import exports

if TYPE_CHECKING:
    from kit.sources.file_log import FileLog

EXAMPLES = [
    (table, column, header.strip())
    for table, columns in yaml.safe_load(Path(__file__).with_name("header_words.yaml").read_text("utf-8")).items()
    for column, names in columns.items()
    for header in names.split(";")
]


@pytest.mark.parametrize(("table", "column", "header"), EXAMPLES, ids=[f"{one[0]}: {one[2]}" for one in EXAMPLES])
def test_a_header_is_the_column_that_its_words_name(table: str, column: str, header: str) -> None:
    preset = presets.named(table)
    assert preset is not None
    match = headers.match_header(preset, Row(1, [header]))
    assert list(match.columns) == ([column] if column != "none" else []), words.of(header)


def test_the_examples_are_many_and_of_several_languages() -> None:
    assert len(EXAMPLES) >= 500
    assert sum(column == "none" for _, column, _ in EXAMPLES) >= 100
    for letters in ("абв", "发送率", "üöé"):
        assert sum(bool(set(letters) & set(header)) for _, _, header in EXAMPLES) >= 9


UNITS = [
    ("Время ответа, мин", words.Unit("min")),
    ("Response time (h)", words.Unit("h")),
    ("resolution_time_days", words.Unit("d")),
    ("响应时间（分钟）", words.Unit("min")),
    ("Сумма, руб.", words.Unit("money", "RUB")),
    ("Выручка, тыс. руб.", words.Unit("money", "RUB", 1000)),
    ("Ставка, руб./час", words.Unit("money", "RUB")),
    ("Revenue (USD)", words.Unit("money", "USD")),
    ("revenue_eur", words.Unit("money", "EUR")),
    ("€ Umsatz", words.Unit("money", "EUR")),
    ("Total, $", words.Unit("money")),
    ("Открытия, шт.", words.Unit("pcs")),
    ("Open rate, %", None),
    ("Opens (unique)", None),
    ("Tag(s)", None),
    ("Sign in", None),
    ("Business hours, local", None),
]


@pytest.mark.parametrize(("header", "unit"), UNITS)
def test_a_header_names_its_unit(header: str, unit: words.Unit | None) -> None:
    assert words.of(header).unit == unit


def read(folder: Path, text: str, settings: Settings | None = None) -> tuple[FileLog, pd.DataFrame]:
    loaded = sources.read(exports.write(folder, "a.csv", text), settings or Settings())
    return loaded.files[0], loaded.tables[loaded.files[0].table or ""]


def test_amounts_are_in_the_currency_and_the_thousands_of_their_header(tmp_path: Path) -> None:
    log, table = read(tmp_path, 'Номер заказа;Дата;"Сумма, тыс. руб."\n1;2026-01-05;1,5\n2;2026-01-06;20\n')
    assert (log.table, table["total"].tolist(), set(table["currency"])) == ("orders", [1500, 20000], {"RUB"})


def test_a_fee_is_in_the_currency_that_its_column_names(tmp_path: Path) -> None:
    header = "Payment ID,Payment date,Amount (USD),Fee (EUR),Refunded (USD)"
    log, table = read(tmp_path, f"{header}\n1,2026-01-05,100,3,10\n")
    assert table[["amount", "currency", "refunded"]].to_numpy().tolist() == [[100, "USD", 10]]
    assert table["fee"].isna().all()
    assert "'Fee (EUR)' in 1 row is in EUR, not in the currency of its amount, and is left empty" in map(str, log.notes)
    same = f"{header}\n1,2026-01-05,100,3,10\n".replace("EUR", "USD")
    assert read(tmp_path, same)[1]["fee"].tolist() == [3]


@pytest.mark.parametrize(
    ("header", "cell", "answered"),
    [
        ("Время ответа, мин", "90", "2026-01-05 11:30"),
        ("Response time (h)", "1.5", "2026-01-05 11:30"),
        ("first_response_time_seconds", "5400", "2026-01-05 11:30"),
        ("首次响应时间（分钟）", "90", "2026-01-05 11:30"),
        ("First reply time, days", "2", "2026-01-07 10:00"),
    ],
)
def test_a_wait_is_in_the_unit_of_its_header(tmp_path: Path, header: str, cell: str, answered: str) -> None:
    log, table = read(tmp_path, f'Ticket ID,Created at,"{header}"\n1,2026-01-05 10:00,{cell}\n')
    assert (log.table, log.rejections) == ("tickets", ())
    assert table["first_response_local"].tolist() == [pd.Timestamp(answered)]


def test_hours_of_work_are_hours_whatever_the_header_counts(tmp_path: Path) -> None:
    _, table = read(tmp_path, 'Месяц;Статья;"Время, мин";"Ставка, руб./час"\n2026-01;Тексты;90;1000\n')
    assert table[["hours", "rate", "amount", "currency"]].to_numpy().tolist() == [[1.5, 1000, 1500, "RUB"]]


NOT_THEIRS = [
    ("Order ID,Date,Total,Status\n1,2026-01-05,5,20.00\n2,2026-01-06,6,35.50\n", "status"),
    ("Email,Subscribed at,Country\n1,2026-01-05,DE\n2,2026-01-06,FR\n", "email"),
    ("Ticket ID,Created,First response,Resolved,Contact email\n1,2026-01-05,,,17\n2,2026-01-06,,,18\n", "email"),
    ("Campaign,Date,Sent,Opens\nA,12.50,100,5\nB,13.50,200,6\n", "sent_local"),
]


@pytest.mark.parametrize(("text", "column"), NOT_THEIRS)
def test_a_column_is_not_taken_for_what_its_cells_cannot_be(tmp_path: Path, text: str, column: str) -> None:
    loaded = sources.read(exports.write(tmp_path, "a.csv", text), Settings())
    table = loaded.tables.get(loaded.files[0].table or "")
    assert table is None or column not in table or table[column].isna().all()
    assert loaded.files[0].rejections == ()


def test_chinese_headers_are_read_in_their_own_encoding(tmp_path: Path) -> None:
    header = "活动名称,发送时间,发送数,送达数,打开人数,打开次数,点击人数,退订数"
    (tmp_path / "a.csv").write_bytes(f"{header}\n春季,2026-03-02 10:00,1000,980,300,420,40,5\n".encode("gb18030"))
    loaded = sources.read(tmp_path, Settings())
    row = loaded.tables["campaign_stats"].iloc[0]
    names = ["sent", "delivered", "opened", "opens_total", "clicked", "unsubscribed"]
    assert row[names].tolist() == [1000, 980, 300, 420, 40, 5]
    assert row["sent_local"] == pd.Timestamp("2026-03-02 10:00")
