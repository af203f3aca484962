"""Cells unlike all others of their column: rows that may be shifted, and a last row that may be cut off, are named."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.detect import places
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

KNOWN = Settings(values={"time_zone": "Europe/Berlin", "currency": "EUR"})
HEAD = "Ticket ID,Email,Created at,Resolved at,Channel\n"
TICKETS = [
    f"T{at},p{at}@example.com,2026-03-{at:02d} 08:15:00,2026-03-{at:02d} 10:45:30,{'email' if at % 3 else 'web form'}"
    for at in range(1, 15)
]
NO_SUMS = "Email;Action;Date;Value\n"
APPOINTMENTS = [f"p{at}@example.com;appointment;0{at}.03.2026 08:15;{at}400,00" for at in range(1, 7)]


def read_one(folder: Path, text: str) -> FileLog:
    (log,) = sources.read(exports.write(folder, "table.csv", text), KNOWN).files
    assert log.status == "read", log.why
    return log


def notes(folder: Path, text: str) -> str:
    return " ".join(map(str, read_one(folder, text).notes))


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("T5,p5@example.com,2026-03-05 08:15:00,,2026-03-05 10:45:30", "'Resolved at', 'Channel'"),
        ("T5,p5@example.com,2026-03-05 08:15:00,2026-03-05 10:45:30,", "'Channel'"),
    ],
)
def test_a_row_whose_cells_are_shifted_is_named_and_kept(tmp_path: Path, row: str, names: str) -> None:
    rows = [row if at == 4 else line for at, line in enumerate(TICKETS)]
    log = read_one(tmp_path, HEAD + "\n".join(rows) + "\n")
    (note,) = (str(note) for note in log.notes if "shifted" in str(note))
    assert note == (
        f"1 row may be shifted: it is empty or of another kind where all other rows agree (line 6 ({names}))"
    )
    assert log.rows_kept == len(rows)


def test_one_cell_that_is_lacking_is_no_shift(tmp_path: Path) -> None:
    rows = [line.replace(",p5@example.com,", ",,") for line in TICKETS]
    assert "shifted" not in notes(tmp_path, HEAD + "\n".join(rows) + "\n")


def test_what_is_empty_on_two_rows_or_in_a_short_table_says_nothing(tmp_path: Path) -> None:
    twice = [line.rpartition(",")[0] + "," if at in {3, 7} else line for at, line in enumerate(TICKETS)]
    assert "shifted" not in notes(tmp_path / "twice", HEAD + "\n".join(twice) + "\n")
    short = [TICKETS[0].rpartition(",")[0] + ",", *TICKETS[1:6]]
    assert "shifted" not in notes(tmp_path / "short", HEAD + "\n".join(short) + "\n")


def test_a_title_of_figures_is_a_title(tmp_path: Path) -> None:
    rows = [f"{'2026' if at == 5 else f'Mail {at}'},2026-03-{at:02d},100,90,30" for at in range(1, 15)]
    assert "shifted" not in notes(tmp_path, "Campaign,Date,Sent,Delivered,Opened\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 6])
def test_an_amount_that_is_cut_off_is_named(tmp_path: Path, cut: int) -> None:
    whole = NO_SUMS + "\n".join(APPOINTMENTS)
    assert "cut off" not in notes(tmp_path / "whole", whole)
    assert "the file ends on line 7 without a line break, and 'Value' there differs from all other rows" in notes(
        tmp_path / "cut", whole[:-cut]
    )


@pytest.mark.parametrize("cut", [1, 3, 5, 6, 8, 10])
def test_a_time_or_a_word_that_is_cut_off_is_named(tmp_path: Path, cut: int) -> None:
    dated = "Ticket ID,Email,Created at\n" + "\n".join(line.rsplit(",", 2)[0] for line in TICKETS)
    assert "cut off" in notes(tmp_path / "time", dated[:-cut])
    worded = HEAD + "\n".join(TICKETS)
    assert ("cut off" in notes(tmp_path / "word", worded[:-cut])) == (cut <= len("email"))
    assert "cut off" not in notes(tmp_path / "closed", worded + "\n")


def test_a_telephone_number_is_no_count(tmp_path: Path) -> None:
    rows = ["News 1,2026-01-05,1000,990,300", "News 2,2026-02-05,1010,1000,2025550123"]
    log = read_one(tmp_path, "Campaign,Date,Sent,Delivered,Opened\n" + "\n".join(rows) + "\n")
    (cell,) = log.cells
    assert (cell.line, cell.column) == (3, "Opened")
    assert "'2025550123' is too large for a count" in str(cell.reason)


def test_a_row_that_fills_no_column_that_is_read_is_set_aside(tmp_path: Path) -> None:
    text = "Email,Status,Room\na@example.com,active,1\nb@example.com,active,2\n,,3\n,,3.5\n"
    log = read_one(tmp_path, text)
    assert (log.rows_kept, log.rows_set_aside) == (2, 2)
    assert {str(one.reason) for one in log.rejections} == {"it is empty in every column that is read"}


def test_a_row_of_sums_under_scores_is_set_aside(tmp_path: Path) -> None:
    rows = [f"p{at}@example.com,2026-03-0{at},{at % 5 + 1},1,5" for at in range(1, 8)]
    sums = f",,{sum(at % 5 + 1 for at in range(1, 8))},7,35"
    log = read_one(tmp_path, "Email,Responded at,CSAT,Scale min,Scale max\n" + "\n".join([*rows, sums]) + "\n")
    assert (log.rows_kept, log.rows_set_aside) == (7, 1)


def test_each_header_is_looked_up_once_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []
    typed = places._typed

    def counted(name: str, kind: str) -> object:
        looked_up.append(name)
        return typed(name, kind)

    def lookups(columns: int) -> int:
        looked_up.clear()
        header = ["Campaign", "Date", "Sent", "Opened", *(f"Field {at}" for at in range(columns))]
        row = ["News", "2026-01-05", "100", "50", *["1"] * columns]
        log = read_one(tmp_path / str(columns), f"{','.join(header)}\n{','.join(row)}\n")
        assert len(log.unmapped) == columns
        return len(looked_up)

    monkeypatch.setattr(places, "_typed", counted)
    few, many = lookups(500), lookups(2_000)
    assert many < 4.2 * few
    assert many < 2_000 * 60 * 3


def test_four_times_the_misquoted_lines_take_about_four_times_the_time(tmp_path: Path) -> None:
    def seconds(lines: int) -> float:
        text = "Campaign,Date,Sent,Opened\n" + '"x"y,2026-01-01,5,3\n' * lines
        taken = []
        for time in "abc":  # the machine may be busy with something else once
            begin = process_time()
            assert read_one(tmp_path / f"{lines}{time}", text).rows_kept == 0
            taken.append(process_time() - begin)
        return min(taken)

    seconds(1_000)  # what is made once
    assert seconds(24_000) < 8 * seconds(6_000)  # by the square it would be sixteen
