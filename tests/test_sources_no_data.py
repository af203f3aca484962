"""Rows that are no data are set aside and named: totals and means, the header again, notes, blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit import sources
from kit.settings import Settings
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.sources import FileLog

BARE = Settings()
HEAD = "Campaign,Date,Sent,Delivered,Opened,Clicked,Open rate\n"
ROWS = (
    "News 1,2026-01-05,1000,990,300,30,30.3%\n"
    "News 2,2026-02-05,1010,1000,301,31,30.1%\n"
    "News 3,2026-03-05,1020,1010,302,33,29.9%\n"
    "News 4,2026-04-05,1030,1020,303,32,29.7%\n"
)
SUMS, MEANS = "4060,4020,1206,126", "1015,1005,301.5,31.5"
ORDERS = "Order ID,Email,Ordered at,Total,Currency\n"


def read_one(folder: Path, text: str, name: str = "table.csv") -> tuple[FileLog, pd.DataFrame]:
    """The log of a file of this text, and its table."""
    loaded = sources.read(exports.write(folder, name, text), BARE)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_repeated + log.rows_set_aside + log.rows_rejected
    return log, loaded.tables[log.table or ""]


@pytest.mark.parametrize(
    "row",
    [
        f"Sum,,{SUMS},",
        f",,{SUMS},",
        f"Итого,,{SUMS},29.7%",
        f"Gesamt:,,{SUMS},",
        f"Σ,,{SUMS},",
        f"合計,,{SUMS},",
        f"Anything at all,,{SUMS},",
        f"Total 2026,,{SUMS},",
        ",Total,4060,4020,1206,126,",
        "Total,,4060,,,,",
        ",,4060,,,126,",
        f"Average,,{MEANS},30.0%",
        f",,{MEANS},30.0%",
        "Average,,,,,,30.0%",
        "Durchschnitt,,1015,1005,302,32,",
        f"News 5,2026-05-05,{SUMS},29.7%",
        f"Total,2026-05-05,{SUMS},29.7%",
    ],
)
@pytest.mark.parametrize("place", ["top", "middle", "bottom"])
def test_a_row_that_adds_up_the_others_or_is_their_mean_is_set_aside(tmp_path: Path, row: str, place: str) -> None:
    lines = str(ROWS).splitlines(keepends=True)
    lines.insert({"top": 0, "middle": 2, "bottom": 4}[place], row + "\n")
    log, table = read_one(tmp_path, HEAD + "".join(lines))
    assert (log.rows_kept, log.rows_set_aside, log.rows_rejected) == (4, 1, 0)
    assert [one.line for one in log.rejections] == [lines.index(row + "\n") + 2]
    assert table[["sent", "delivered", "opened", "clicked"]].sum().tolist() == [4060, 4020, 1206, 126]


def test_sums_and_means_of_parts_and_of_all_are_set_aside_together(tmp_path: Path) -> None:
    lines = ROWS.splitlines(keepends=True)
    text = [*lines[:2], "Total Q1,,2010,1990,601,61,\n", *lines[2:], "Total Q2,,2050,2030,605,65,\n"]
    text += [f"Total,,{SUMS},\n", f"Average,,{MEANS},\n"]
    log, table = read_one(tmp_path, HEAD + "".join(text))
    assert ([one.line for one in log.rejections], log.rows_set_aside) == ([4, 7, 8, 9], 4)
    assert table["sent"].sum() == 4060


@pytest.mark.parametrize(
    "rows",
    [
        "One,2026-01-05,100,99,30,3,\nTwo,2026-01-06,100,99,30,3,\n",  # two alike
        "One,2026-01-05,100,99,30,3,\nTwo,2026-01-06,50,49,10,1,\nThree,2026-01-07,150,148,40,4,\n",  # 1 + 2 = 3
        "One,2026-01-05,9,,,,\nTwo,2026-01-06,5,,,1,\nThree,2026-01-07,2,,,,\nFour,2026-01-08,16,,,,\n",  # one count
        "One,2026-01-05,9,9,2,2,\nTwo,2026-01-06,9,9,2,2,\nThree,2026-01-07,9,9,2,2,\nFour,2026-01-08,9,9,2,2,\n",
        "Total control,2026-01-05,100,99,30,3,\nMean streets,2026-01-06,50,49,10,1,\nSummer,2026-01-07,5,4,3,2,\n",
    ],
)
def test_a_record_that_equals_others_by_chance_is_kept(tmp_path: Path, rows: str) -> None:
    log, _ = read_one(tmp_path, HEAD + rows)
    assert (log.rows_kept, log.rejections) == (rows.count("\n"), ())


def test_a_row_with_a_date_of_its_own_that_is_the_sum_of_all_is_named_with_how_to_keep_it(tmp_path: Path) -> None:
    row = f"News 5,2026-05-05,{SUMS},29.7%\n"
    log, _ = read_one(tmp_path, HEAD + ROWS + row)
    (rejection,) = log.rejections
    assert rejection.reason == "its numbers are the sums of all other rows, so it is treated as their total"
    assert "adds_up: keep" in str(rejection.hint)
    mapping = "header: [Campaign, Date, Sent, Delivered, Opened, Clicked, Open rate]\ntable: campaign_stats\n"
    columns = "columns: {campaign_name: Campaign, sent_local: Date, sent: Sent, opened: Opened}\nadds_up: keep\n"
    exports.write(tmp_path, "table.csv.map.yaml", mapping + columns)
    loaded = sources.read(tmp_path / "table.csv", BARE)
    assert [file.rows_kept for file in loaded.files if file.status == "read"] == [5]


@pytest.mark.parametrize(
    "row", [",,,210.00,", "Sum,,,210.00,", "Total,,,210.00,EUR", ",,Итого,210.00,", ",,,35.00,", "Ø,,,35.00,"]
)
def test_a_total_under_orders_is_set_aside_with_any_label(tmp_path: Path, row: str) -> None:
    orders = "".join(f"o{n},p{n}@example.com,2026-0{n}-05,{n}0.00,EUR\n" for n in range(1, 7))
    log, table = read_one(tmp_path, f"{ORDERS}{orders}{row}\n")
    assert (log.rows_kept, log.rows_set_aside, log.rows_rejected) == (6, 1, 0)
    assert table["total"].sum() == 210
    assert not any("currency" in str(note) for note in log.notes)


def test_an_order_of_a_guest_that_equals_the_others_is_kept(tmp_path: Path) -> None:
    log, table = read_one(tmp_path, f"{ORDERS}1,a@example.com,2026-01-05,10,EUR\n2,,2026-01-06,10,EUR\n")
    assert (log.rows_kept, table["total"].sum()) == (2, 20)


def test_the_header_again_notes_and_blanks_are_set_aside(tmp_path: Path) -> None:
    lines = ROWS.splitlines(keepends=True)
    text = [
        "Newsletters,,,,,,\n",
        *lines[:2],
        HEAD.upper(),
        "-,-,-,n/a,,,\n",
        *lines[2:],
        "* opens of machines are left out,,,,,,\n",
        "Source: the dashboard\n",
    ]
    log, table = read_one(tmp_path, HEAD + "".join(text))
    assert [(one.line, str(one.reason).partition(": '")[0]) for one in log.rejections] == [
        (2, "it has one cell and no data"),
        (5, "it repeats the header"),
        (6, "it contains no data"),
        (9, "it has one cell and no data"),
        (10, "it is a note"),
    ]
    assert (log.rows_set_aside, len(table)) == (5, 4)


def test_a_file_that_is_cut_off_is_no_note(tmp_path: Path) -> None:
    log, _ = read_one(tmp_path, HEAD + ROWS + "News 5")
    assert (log.rows_set_aside, log.rows_rejected) == (0, 1)
    assert "Perhaps the file is cut off here" in str(log.rejections[0].reason)


def test_rows_with_an_address_or_an_id_alone_are_data(tmp_path: Path) -> None:
    people = "".join(f"p{n}@example.com,subscribed,2026-01-0{n},DE\n" for n in range(1, 6))
    log, table = read_one(tmp_path, f"Email,Status,Opted in at,Country\n{people}last@example.com,,,\n")
    assert (log.rows_kept, len(table)) == (6, 6)


def test_comments_that_are_called_like_a_total_are_answers(tmp_path: Path) -> None:
    text = "Submitted at,How likely are you to recommend us? (0-10),Comment\n"
    text += "2026-01-05,9,Total\n2026-01-06,8,Average\n2026-01-07,10,\n"
    log, _ = read_one(tmp_path, text)
    assert (log.table, log.rows_kept) == ("surveys", 3)


@pytest.mark.parametrize("file", ["campaigns.csv", "orders.csv"])
def test_the_reference_of_a_sums_row(shared: Path, file: str) -> None:
    loaded = sources.read(shared / "attack" / "totals_row" / "in" / file, BARE)
    (log,) = loaded.files
    assert (log.rows_read, log.rows_kept, log.rows_set_aside, log.rows_rejected) == (7, 6, 1, 0)
    table = loaded.tables[log.table or ""]
    assert (
        table["sent" if file == "campaigns.csv" else "total"].sum() == {"campaigns.csv": 6150, "orders.csv": 210}[file]
    )
