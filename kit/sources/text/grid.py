"""Tables of cells out of text and of JSON: separators, quotes, records, and the answers of APIs.

A JSON value, or one a line, is a record a row and a path a column. A dot leads into an object (`message.subject`); of
a list of objects the first is meant, as in event logs; a list of words is one cell. Which list of an answer holds the
records, nobody has to say: the object itself and every list of objects in it are offered, and a preset knows its own.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.errors import InputError
from kit.messages import Text, message
from kit.sources.text.cells import CellError
from kit.sources.text.encodings import DAMAGED, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.sources.text.cells import Cell
    from kit.sources.text.encodings import Decoded

SEPARATORS = (",", ";", "\t", "|")

LONGEST = 131_072
"""Characters of a cell, the limit of the standard library's reader; a spreadsheet's own is 32,767."""
MOST_CELLS = 20_000_000
"""Cells of a table of text: each takes some 300 bytes while the file is read, which is 6 GB for so many."""
_SNIFFED = 50  # records that choose the separator
_FAULTS = {
    "\0": CellError(message("it contains a NUL byte"), message("Export the file again.")),
    DAMAGED: CellError(
        message("it contains bytes that are not characters of the file's encoding"),
        message("Save the whole file in one encoding, preferably UTF-8."),
    ),
}
_QUOTES = message('Put the cell in quotes and double the quotes inside it: "the ""best"" offer".')
_EXCEL_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

UNSEEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
"""Control characters, blanks of no width and marks of the byte order, which stray into a text and belong to no cell."""

DEPTH = 4
"""How deep in an answer its records may lie."""

IN_ALL = ("TotalNumberOfRecords", "total", "totalCount", "count")
"""What platforms call the number of all records, of which the answer may be one page."""

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line (of a sheet: the row) where it begins, its cells, and why it cannot be read.

    Attributes:
        place: the position of the cell at fault; None where the whole row is.
    """

    line: int
    cells: list[Cell]
    fault: CellError | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of cells.

    Attributes:
        file: the file, with the sheet in brackets where a workbook has several.
        rows: without blank ones.
        encoding: of the text; None for a workbook.
        separator: of the columns; None for a workbook.
        notes: what to say about the encoding.
        answer: whether it is the answer of a platform's API, where a row's line is the number of its record.
        is_open: whether the text ends without a line break, as it does where it was cut off.
        is_hidden: whether it is a sheet that the workbook does not show.
    """

    file: str
    rows: list[Row]
    encoding: str | None = None
    separator: str | None = None
    notes: tuple[Text, ...] = ()
    answer: bool = False
    is_open: bool = False
    is_hidden: bool = False


def separator(text: str) -> tuple[str, int]:
    """The separator, and the number of lines that only name it (`sep=;` of spreadsheets).

    The one by which the most of the first records have as many cells as the widest common row.
    """
    named = _EXCEL_SEPARATOR.match(text)
    if named:
        return named.group(1), 1
    head = text[: 1 << 16].splitlines()[:_SNIFFED]

    def order(mark: str) -> int:
        widths = [len(row) for row in csv.reader(head, delimiter=mark) if row]
        common = max(set(widths), key=lambda width: (widths.count(width) * (width - 1), width), default=1)
        return widths.count(common) * (common - 1)

    return max(SEPARATORS, key=order), 0


def _rows(text: str, mark: str, above: int) -> list[Row]:
    """The rows of a text with the lines of the file on which they begin; blank lines are none.

    A row that breaks the rules of quoting becomes one with a `fault`, and reading goes on at the next
    line: one lost quote costs one row and not the rest of the file.
    """
    lines = list(io.StringIO(text, newline=""))  # cut at CR and LF only, which stay as they are
    rows: list[Row] = []
    start = 0
    while start < len(lines):
        following = map(lines.__getitem__, range(start, len(lines)))  # begins at once, wherever it is
        reader = csv.reader(following, delimiter=mark, strict=True)
        line = start
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    rows.append(_row(above + line + 1, cells))
                line = start + reader.line_num
            break
        except csv.Error as error:
            rows.append(_faulty(above + line + 1, lines[line].rstrip("\r\n"), mark, str(error)))
            start = line + 1
    return rows


def _faulty(line: int, text: str, mark: str, error: str) -> Row:
    """The row that a line which breaks the rules becomes."""
    if "end of data" in error:
        return Row(line, [text], CellError(message("a quote is opened but never closed"), _QUOTES))
    if "field limit" not in error:
        return Row(line, [text], CellError(message("a quote is in the wrong place"), _QUOTES))
    cells = [] if '"' in text else text.split(mark)
    place = next((at for at, cell in enumerate(cells) if len(cell) > LONGEST), None)
    if place is None:
        unclosed = CellError(message("a quote is opened but not closed within {n} characters", n=LONGEST), _QUOTES)
        return Row(line, [text[:LONGEST]], unclosed)
    too_long = message(
        "the cell has {n} characters, but at most {longest} can be read", n=len(cells[place]), longest=LONGEST
    )
    return Row(line, [cell[:LONGEST] for cell in cells], CellError(too_long, message("Shorten it.")), place)


def _row(line: int, cells: list[str]) -> Row:
    joined = "".join(cells)
    for sign, fault in _FAULTS.items():
        if sign in joined:
            return Row(line, [*cells], fault, next(at for at, cell in enumerate(cells) if sign in cell))
    return Row(line, [*cells])


def of_text(decoded: Decoded, file: str) -> Grid:
    """The grid of a decoded table, without the signs that nobody sees.

    Raises:
        InputError: it has more cells than fit into the memory of an ordinary machine.
    """
    text = UNSEEN.sub("", decoded.text) if UNSEEN.search(decoded.text) else decoded.text
    mark, above = separator(text)
    if (cells := text.count("\n") + text.count(mark)) > MOST_CELLS:
        problem = message("it has {n} cells, but at most {most} can be read from one table", n=cells, most=MOST_CELLS)
        raise InputError(problem, file=file, hint=message("Export it in parts, one file per month or year."))
    rows = _rows(text.split("\n", above)[above], mark, above)
    notes = (decoded.note,) if decoded.note else ()
    return Grid(file, rows, decoded.encoding, mark, notes, is_open=not text.endswith(("\n", "\r")))


def unfolded(grid: Grid) -> Grid:
    """The grid with its rows cut into cells, where each is a line of text in one cell.

    So a spreadsheet holds a CSV of another separator, and saves it again.
    """
    lines = [str(row.cells[0]) for row in grid.rows if row.cells and not row.fault]
    single = [row for row in grid.rows if not row.fault and not any(str(cell or "").strip() for cell in row.cells[1:])]
    if grid.answer or len(lines) < 2 or len(single) < len(grid.rows):
        return grid
    mark, _ = separator("\n".join(lines))
    rows = []
    for row in grid.rows:
        cut = _rows(str(row.cells[0]), mark, row.line - 1)
        if len(cut) != 1:
            return grid
        rows.append(replace(cut[0], line=row.line))
    width = len(rows[0].cells)
    if width < 2 or sum(len(row.cells) == width for row in rows) < len(rows) / 2:
        return grid
    note = message("each row is one cell of text; it is cut at {mark}", mark=repr(mark))
    return replace(grid, rows=rows, separator=mark, notes=(*grid.notes, note))


def of_json(raw: bytes, file: str) -> list[Grid]:
    """The tables that an answer can be read as, the outermost first; none where it is no JSON.

    A file of JSON lines is one table, if its lines are objects.

    Args:
        raw: the file's bytes.
        file: its name, for the log. The `line` of a row is the number of its record.
    """
    text = decode(raw).text
    try:
        answer = json.loads(text)
    except RecursionError:
        return []
    except ValueError:
        return _lines(text, file)
    return list(_tables(answer, file, DEPTH))


def _lines(text: str, file: str) -> list[Grid]:
    """A record a line; none where not even half of the lines are records."""
    records: list[tuple[int, Object]] = []
    broken: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            records.append((number, record))
        else:
            broken.append(number)
    if len(records) < 2 or len(broken) > len(records):
        return []
    table = _table([record for _, record in records], file, ())
    rows = [Row(number, row.cells) for (number, _), row in zip(records, table.rows[1:], strict=True)]
    no_object = CellError(message("the line is not a JSON object"), message("Export the log again."))
    rows += [Row(number, [], no_object) for number in broken]
    return [replace(table, rows=[table.rows[0], *sorted(rows, key=lambda row: row.line)])]


def _tables(value: Any, file: str, depth: int) -> Iterator[Grid]:
    if not depth:
        return
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield _table(value, file, ())
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("fields"), list) and isinstance(value.get("data"), list):
        yield _packed(value["fields"], value["data"], file)
        return
    yield _table([value], file, ())
    for inner in value.values():
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            yield _table(inner, file, _page(value, len(inner)))
        elif isinstance(inner, dict):
            yield from _tables(inner, file, depth - 1)


def _page(about: Object, here: int) -> tuple[Text, ...]:
    """What to say where the answer holds fewer records than there are."""
    in_all = next((about[name] for name in IN_ALL if isinstance(about.get(name), int)), 0)
    if in_all <= here:
        return ()
    return (
        message(
            "this is one page of {n} records: {here} are here, the others are on further pages",
            n=str(in_all),
            here=str(here),
        ),
    )


def _table(records: list[Object], file: str, notes: tuple[Text, ...]) -> Grid:
    flat = [dict(_cells(record, "")) for record in records]
    header = list(dict.fromkeys(path for record in flat for path in record))
    rows = [Row(0, list(header))]
    rows += [Row(number, [record.get(path) for path in header]) for number, record in enumerate(flat, 1)]
    return Grid(file, rows, notes=notes, answer=True)


def _packed(fields: list[Any], data: list[Any], file: str) -> Grid:
    """A table that is written as one: the names once, then lists of values."""
    rows = [Row(0, [str(name) for name in fields])]
    for number, values in enumerate(data, 1):
        if isinstance(values, list):
            rows.append(Row(number, [_cell(value) for value in values]))
        else:
            rows.append(Row(number, [], CellError(message("it is not a list"))))
    return Grid(file, rows, answer=True)


def _cells(record: Object, before: str) -> Iterator[tuple[str, Cell]]:
    for name, value in record.items():
        first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(first, dict):
            yield from _cells(first, f"{before}{name}.")
        else:
            yield f"{before}{name}", _cell(first)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value if not isinstance(item, dict | list)) or None
    return str(value).lower() if isinstance(value, bool) else value
