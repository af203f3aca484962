"""The tables of a report as one workbook: a sheet a table, numbers as numbers, and a cover that says what of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from kit import __version__
from kit.messages import _
from kit.privacy import masked
from kit.store.export import FORMULA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from kit.report.page import Page
    from kit.report.quality import Quality

FILE = "report.xlsx"

LONGEST_NAME, LONGEST_CELL = 31, 32_767
"""Letters of a sheet's name and of a cell that the format has room for."""

WIDEST = 60
"""Of a column, in letters; longer texts are wrapped."""

FORMATS = {"share": "0.0%", "points": "0.0", "min": "#,##0", "minutes": "#,##0", "money": "#,##0.00"}
"""How numbers of a unit are shown; they stay what they are."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_HEAD = PatternFill("solid", fgColor="E6EBEF")
_BOLD, _TITLE = Font(bold=True), Font(bold=True, size=14)


def write(place: Path, pages: Sequence[Page], quality: Quality, asked: Mapping[str, str]) -> None:
    """Write report.xlsx into a folder.

    Args:
        place: the folder.
        pages: of the report; their tables become sheets.
        quality: of the data.
        asked: period, filters and other parameters as readers meet them.
    """
    book = Workbook()
    cover = book.worksheets[0]
    cover.title = _sheet_name(_("Cover"), set())
    names = {cover.title.casefold()}
    contents = []
    for page in pages:
        for result in page.results:
            if result["kind"] == "table" and result["rows"]:
                name = _sheet_name(f"{page.run.notebook.number} {result['title']}", names)
                names.add(name.casefold())
                _table(book.create_sheet(name), result, page.run.notebook.question)
                contents.append((name, result["title"], page.run.notebook.question))
    _cover(cover, quality, asked, contents)
    book.properties.creator = f"kit {__version__}"
    book.properties.title = quality.name
    book.save(place / FILE)


def _cover(sheet: Worksheet, quality: Quality, asked: Mapping[str, str], contents: Iterable[tuple[str, ...]]) -> None:
    """What the workbook is of: the data, its period, its files, and which sheet holds what."""
    _row(sheet, [_("Report: {name}", name=quality.name)], font=_TITLE)
    for name, value in asked.items():
        _row(sheet, [name, value])
    _row(sheet, [_("data up to"), quality.as_of or _("not known")])
    _row(sheet, [_("Time zone"), quality.time_zone or _("not known")])
    _row(sheet, [_("Made by"), f"kit {__version__}"])
    if quality.empty:
        _row(sheet, [quality.empty], font=_BOLD)
    _row(sheet, [])
    _row(sheet, [_("Sheet"), _("Table"), _("Question")], head=True)
    for name, title, question in contents:
        _row(sheet, [name, title, question])
        first = _cell(sheet, sheet.max_row, 1)
        first.hyperlink = Hyperlink(ref=first.coordinate, location=f"'{name}'!A1")
        first.style = "Hyperlink"
    _row(sheet, [])
    columns = ("file", "preset", "status", "rows_read", "rows_kept", "rows_rejected", "rows_repeated", "rows_set_aside")
    titles = (_("File"), _("What it is"), _("Status"), _("Rows read"), _("kept"), _("rejected"), _("repeated"),
              _("set aside"))  # fmt: skip
    _row(sheet, titles, head=True)
    for file in quality.files:
        _row(sheet, [file[name] for name in columns])
    _widths(sheet)


def _table(sheet: Worksheet, table: Mapping[str, Any], question: str) -> None:
    """One table: title, question, head, rows, notes."""
    _row(sheet, [table["title"]], font=_TITLE)
    _row(sheet, [question])
    _row(sheet, [])
    _row(sheet, [column["title"] for column in table["columns"]], head=True)
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    formats = [FORMATS.get(column["unit"], "") for column in table["columns"]]
    for cells in table["rows"]:
        _row(sheet, cells, formats=formats)
    _row(sheet, [])
    for note in table["notes"]:
        _row(sheet, [note])
    _widths(sheet, skip={1, 2, *range(sheet.max_row - len(table["notes"]), sheet.max_row + 1)})


def _row(
    sheet: Worksheet, values: Sequence[Any], *, head: bool = False, font: Font | None = None,
    formats: Sequence[str] = (),
) -> None:  # fmt: skip
    """Append a row."""
    number = sheet.max_row + 1 if sheet.max_row > 1 or sheet.cell(1, 1).value is not None else 1
    if not values:
        _cell(sheet, number, 1).value = ""
    for place, value in enumerate(values, 1):
        cell = _cell(sheet, number, place)
        _put(cell, value, formats[place - 1] if formats else "")
        if head:
            cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, Alignment(wrap_text=True, vertical="top")
        elif font:
            cell.font = font


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    return cast("Cell", sheet.cell(row, column))


def _put(cell: Cell, value: Any, form: str) -> None:
    """A number as a number; any other value as a text, which no spreadsheet takes for a formula."""
    if value is None:
        return
    if isinstance(value, int | float):
        cell.value = value
        if isinstance(value, float) and form:
            cell.number_format = form
        elif isinstance(value, int) and not isinstance(value, bool):
            cell.number_format = "#,##0"
        return
    text = ILLEGAL_CHARACTERS_RE.sub("", str(masked(str(value))))[:LONGEST_CELL]
    cell.value = text
    cell.data_type = "s"
    if FORMULA.match(text):
        cell.number_format = "@"  # a text, when it is edited and stored anew too


def _widths(sheet: Worksheet, *, skip: Iterable[int] = ()) -> None:
    """Columns as wide as what they hold, up to a point."""
    skipped = set(skip)
    for number, column in enumerate(sheet.iter_cols(), 1):
        lengths = [len(str(cell.value)) for cell in column if cell.value is not None and cell.row not in skipped]
        sheet.column_dimensions[get_column_letter(number)].width = min(max([*lengths, 8]) + 2, WIDEST)


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that the format allows and no other sheet has."""
    clean = " ".join(ILLEGAL_CHARACTERS_RE.sub("", _FORBIDDEN.sub(" ", masked(title))).split())
    name = clean[:LONGEST_NAME].strip() or "…"
    number = 1
    while name.casefold() in taken:
        number += 1
        end = f" ({number})"
        name = f"{clean[: LONGEST_NAME - len(end)].strip()}{end}"
    return name
