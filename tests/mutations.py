"""What spreadsheets and people do to an export: saved again, pasted, cut, shifted; and what that may change."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

Rows = list[list[str]]

_NUMBER = re.compile(r"(-?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+))(?:\.(\d+))?(%?)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?")
_LONG = 11
"""Digits of a number from which a spreadsheet shows it as 1.2E+11; here such ids stay as they are."""


@dataclass(frozen=True)
class Exported:
    """A table as text: its rows, the header first, and how they were written."""

    rows: Rows
    separator: str

    def written(self, rows: Rows | None = None, separator: str = "", end: str = "\n") -> str:
        """As text again."""
        out = io.StringIO()
        csv.writer(out, delimiter=separator or self.separator, lineterminator=end).writerows(
            self.rows if rows is None else rows
        )
        return out.getvalue()


def parsed(text: str, separator: str) -> Exported:
    return Exported(list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)), separator)


Files = dict[str, bytes]


def one(text: str, encoding: str = "utf-8") -> Files:
    return {"a.csv": text.encode(encoding, "replace")}


def saved_again(cell: str, *, comma: str, group: str, day: str, hour: str) -> str:
    """A cell as a spreadsheet of another country shows it, where it takes it for a number or a time."""
    if time := _TIME.fullmatch(cell):
        moment = datetime.fromisoformat(cell)
        shown = day.format(d=moment.day, m=moment.month, y=moment.year, yy=moment.year % 100)
        return f"{shown} {hour.format(h=moment.hour, m=moment.minute)}{time[3] or ''}" if time[2] else shown
    if number := _NUMBER.fullmatch(cell):
        whole = number[1].replace(",", "")
        if len(whole) >= _LONG:
            return cell
        grouped = f"{int(whole):,}".replace(",", group) if group else whole
        return f"{grouped}{comma}{number[2]}{number[3]}" if number[2] else f"{grouped}{number[3]}"
    return cell


def german(table: Exported, _: random.Random) -> Files:
    how = {"comma": ",", "group": "", "day": "{d:02}.{m:02}.{y}", "hour": "{h:02}:{m:02}"}
    return one(table.written([[saved_again(cell, **how) for cell in row] for row in table.rows], ";", "\r\n"))


def russian(table: Exported, _: random.Random) -> Files:
    how = {"comma": ",", "group": " ", "day": "{d:02}.{m:02}.{y}", "hour": "{h}:{m:02}"}
    return one(table.written([[saved_again(cell, **how) for cell in row] for row in table.rows], ";", "\r\n"), "cp1251")


def american(table: Exported, _: random.Random) -> Files:
    how = {"comma": ".", "group": "", "day": "{m}/{d}/{yy:02}", "hour": "{h}:{m:02}"}
    return one(table.written([[saved_again(cell, **how) for cell in row] for row in table.rows], ",", "\r\n"))


def sums_row(table: Exported, rng: random.Random) -> Files:
    header, *rows = table.rows
    sums = [_sum([row[place] for row in rows if len(row) == len(header)]) for place in range(len(header))]
    sums[0] = rng.choice(["Total", "Sum", "Итого", "Summe", "Grand total", ""])
    return one(table.written([header, *rows, sums]))


def _sum(cells: list[str]) -> str:
    numbers = [_NUMBER.fullmatch(cell) for cell in cells if cell]
    if not numbers or not all(numbers):
        return ""
    return f"{sum(float(cell.replace(',', '').rstrip('%')) for cell in cells if cell):g}"


def pasted_twice(table: Exported, rng: random.Random) -> Files:
    header, *rows = table.rows
    return one(table.written([header, *rows, *([header] if rng.random() < 0.5 else []), *rows]))


def overlapping_halves(table: Exported, _: random.Random) -> Files:
    header, *rows = table.rows
    first, last = rows[: len(rows) * 2 // 3 + 1], rows[len(rows) // 3 :]
    return {f"{name}.csv": table.written([header, *part]).encode() for name, part in (("first", first), ("last", last))}


def shifted(table: Exported, rng: random.Random) -> Files:
    header, *rows = table.rows
    line, place = rng.randrange(len(rows)), rng.randrange(len(header))
    row = rows[line]
    moved = (
        [*row[:place], rng.choice(["", "x"]), *row[place:]] if rng.random() < 0.5 else [*row[:place], *row[place + 1 :]]
    )
    return one(table.written([header, *rows[:line], moved[: len(header)], *rows[line + 1 :]]))


def cut_in_a_number(table: Exported, rng: random.Random) -> Files:
    text = table.written()
    lines = text.splitlines(keepends=True)
    places = [place.start() + 1 for place in re.finditer(r"\d\d", lines[-1])]
    kept = "".join(lines[:-1])
    return one(kept + lines[-1][: rng.choice(places)] if places else text)


def truncated(table: Exported, rng: random.Random) -> Files:
    text = table.written()
    at = rng.randrange(text.index("\n") + 2, len(text) - 1)
    return one(text[: at + 1] if text[at - 1] == "\n" else text[:at])


def header_repeated(table: Exported, rng: random.Random) -> Files:
    header, *rows = table.rows
    place = rng.randrange(len(rows) + 1)
    return one(table.written([header, *rows[:place], header, *rows[place:]]))


def padded(table: Exported, rng: random.Random) -> Files:
    header, *rows = table.rows
    blank = [rng.choice(["", " ", "\u00a0"])] * (len(header) + 2)
    place = rng.randrange(len(rows) + 1)
    wide = [[*row, "", ""] for row in [header, *rows[:place]]]
    return one(table.written([*wide, blank, *([*row, "", ""] for row in rows[place:]), *[blank] * rng.randrange(4)]))


def marked(table: Exported, _: random.Random) -> Files:
    return one("\ufeff" + table.written())


def windows_lines(table: Exported, _: random.Random) -> Files:
    return one(table.written(end="\r\n"))


MUTATIONS = (
    german, russian, american, sums_row, pasted_twice, overlapping_halves, shifted, cut_in_a_number, truncated,
    header_repeated, padded, marked, windows_lines,
)  # fmt: skip
