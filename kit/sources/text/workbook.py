"""Workbooks to grids. Errors in cells are looked up beside the reader, which makes them blank."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import python_calamine as calamine

from kit.errors import InputError
from kit.messages import message
from kit.sources.text import packed
from kit.sources.text.grid import Grid, Row
from kit.sources.text.packed import is_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from kit.sources.text.cells import Cell

ERRORS_UNSEEN = message("cells with errors look empty in this kind of workbook; save it as .xlsx if it has formulas")

_DAMAGES = (
    calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the two libraries raise at a broken archive or at what should be XML."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_XLSX = b"xl/workbook.xml"

LARGEST = 1 << 30
"""Bytes that a workbook may hold, unpacked; a sheet filled to its last row has some 300 MB."""

SMALL, SPARSEST = 1 << 24, 50
"""Cells that a sheet may span in any case, and for each filled one: a blank cell takes memory, too."""

_PIECE = 1 << 20  # bytes looked at together
_FILLED = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]*(?<!/)>""")
_SHEET = re.compile(rb'<(?:\w+:)?sheet\b[^>]*?\br:id="([^"]+)"')
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_TAG = re.compile(rb"<(?:/table:table|table:table-row|table:(?:covered-)?table-cell)\b[^>]*>")
_REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="(\d{1,9})"')
_HAS_VALUE = re.compile(rb'office:value-type="|calcext:value-type="')
_DIMENSION = b"\x94\x01\x10"
"""The record of a binary sheet that says its first and last row, and its first and last column."""
_SMALLEST = 10
"""Bytes of the shortest cell of a binary sheet."""
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<',
    re.DOTALL,
)


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes are a workbook, by its content."""
    return raw.startswith(_OLD_OFFICE) or (is_archive(raw) and packed.is_workbook(raw))


def read(raw: bytes, file: str) -> list[Grid]:
    """The grids of a workbook's sheets that are not blank.

    Raises:
        InputError: the workbook is damaged or locked by a password, or unpacks to more than any holds.
    """
    try:
        if is_archive(raw):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                packed.measure(archive, file, LARGEST)
                _refuse_sparse(archive, file)
        book = calamine.load_workbook(io.BytesIO(raw))
        hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != calamine.SheetVisibleEnum.Visible}
        sheets = {name: _sheet(book.get_sheet_by_name(name)) for name in book.sheet_names}
        errors = _errors(raw) if _XLSX in raw else []
    except calamine.PasswordError as error:
        raise InputError(
            message("the workbook is protected by a password"), file=file, hint=message("Save it without a password.")
        ) from error
    except _DAMAGES as error:
        hint = message("Open it, save it again as .xlsx and retry.")
        raise InputError(message("the workbook is damaged"), file=file, hint=hint) from error
    grids = {name: _rows(cells) for name, cells in sheets.items()}
    for rows, places in zip(grids.values(), errors, strict=False):
        _put(rows, places)
    filled = {name: full for name, rows in grids.items() if (full := [row for row in rows if _says(row)])}
    notes = () if _XLSX in raw else (ERRORS_UNSEEN,)
    return [
        Grid(file if len(filled) == 1 else f"{file} [{name}]", rows, notes=notes, is_hidden=name in hidden)
        for name, rows in filled.items()
    ]


def _sheet(sheet: calamine.CalamineSheet) -> list[list[Cell]]:
    """The cells of a sheet; a text or a date that is written once over merged rows stands in each of them.

    A number does not: it would be counted as often.
    """
    rows: list[list[Cell]] = [[*row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        merged = [row for row in rows[top : bottom + 1] if left < len(row)]
        cell = merged[0][left] if merged else ""
        if cell != "" and not isinstance(cell, int | float):
            for row in merged:
                row[left] = cell
    return rows


def _refuse_sparse(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse a sheet whose few cells lie far apart: the reader holds every cell between them.

    Raises:
        InputError: it is one.
    """
    for part in archive.namelist():
        if measure := next((measure for name, measure in _MEASURES.items() if re.fullmatch(name, part)), None):
            with archive.open(part) as page:
                height, width, filled, last = measure(page)
            if height * width > max(SPARSEST * filled, SMALL):
                problem = message(
                    "a sheet has {n} filled cells and reaches to {place}: a cell far from the table prevents the "
                    "sheet from being read",
                    n=str(filled),
                    place=last,
                )
                raise InputError(problem, file=file, hint=message("Delete that cell and save the workbook again."))


def _extent(page: IO[bytes]) -> tuple[int, int, int, str]:
    """Rows, columns and filled cells of a sheet, and the place where its last row and column meet."""
    height, filled, columns = 0, 0, {b""}
    rest = b""
    while piece := page.read(_PIECE):
        text = rest + piece
        cut = text.rfind(b"<")
        rest = text[cut:]
        for letters, line in _FILLED.findall(text[:cut]):
            columns.add(letters)
            filled += 1
            height = max(height, int(line))
    last = max(columns, key=lambda letters: (len(letters), letters))
    return height, _place(last, b"1")[1] + 1, filled, f"{last.decode()}{height}"


def _extent_of_ods(page: IO[bytes]) -> tuple[int, int, int, str]:
    """The same of the largest table of an OpenDocument: rows and cells are written once and say how often."""
    largest = (0, 0, 0, "A1")
    line = height = column = width = filled = times = 0
    for tag in _tags(page):
        repeated = int(again[1]) if (again := _REPEATED.search(tag)) else 1
        if tag.startswith(b"<table:table-row"):
            line, times, column = line + times, repeated, 0
        elif tag.startswith((b"<table:table-cell", b"<table:covered-table-cell")):
            column += repeated
            if _HAS_VALUE.search(tag):
                filled, width, height = filled + repeated * times, max(width, column), line + times
        elif tag.startswith(b"</table:table>"):
            largest = max(
                largest, (height, width, filled, f"{_letters(width)}{height}"), key=lambda one: one[0] * one[1]
            )
            line = height = width = filled = times = 0
    return largest


def _extent_of_xlsb(page: IO[bytes]) -> tuple[int, int, int, str]:
    """The same of a binary sheet: its beginning says how far it reaches, its size how many cells it may hold."""
    start = page.read(_PIECE)
    at = start.find(_DIMENSION)
    if at < 0:
        return 0, 0, 0, "A1"
    _first, last, _left, right = struct.unpack_from("<4I", start, at + len(_DIMENSION))
    size = len(start)
    while piece := page.read(_PIECE):
        size += len(piece)
    return last + 1, right + 1, size // _SMALLEST, f"{_letters(right + 1)}{last + 1}"


def _tags(page: IO[bytes]) -> Iterator[bytes]:
    """The rows, cells and ends of tables of an OpenDocument, a piece at a time."""
    rest = b""
    while piece := page.read(_PIECE):
        text = rest + piece
        cut = text.rfind(b"<")
        rest = text[cut:]
        yield from _TAG.findall(text[:cut])
    yield from _TAG.findall(rest)


_MEASURES = {
    r"xl/.*\.xml": _extent,
    r"content\.xml": _extent_of_ods,
    r"xl/worksheets/.*\.bin": _extent_of_xlsb,
}
"""How far the cells of a part reach, by the part's name."""


def _rows(cells: Sequence[Sequence[Cell]]) -> list[Row]:
    return [Row(line, list(row)) for line, row in enumerate(cells, start=1)]


def _says(row: Row) -> bool:
    return any(str(cell).strip() for cell in row.cells)


def _errors(raw: bytes) -> list[dict[tuple[int, int], str]]:
    """For each sheet in order: (row, column), from 0, of the cells that hold an error, and which."""
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        names = {}
        for relation in _RELATION.findall(book.read("xl/_rels/workbook.xml.rels")):
            attributes = dict(re.findall(rb'(\w+)="([^"]*)"', relation))
            names[attributes[b"Id"]] = attributes[b"Target"].decode()
        parts = [names[key] for key in _SHEET.findall(book.read("xl/workbook.xml"))]
        pages = [book.read(part.lstrip("/") if part.startswith("/") else f"xl/{part}") for part in parts]
    return [{_place(*cell[:2]): cell[2].decode() for cell in _ERROR.findall(page)} for page in pages]


def _place(letters: bytes, line: bytes) -> tuple[int, int]:
    column = 0
    for letter in letters:
        column = column * 26 + letter - ord("A") + 1
    return int(line) - 1, column - 1


def _letters(column: int) -> str:
    """The letters of a column, counted from 1."""
    letters = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters or "A"


def _put(rows: list[Row], errors: dict[tuple[int, int], str]) -> None:
    for (line, column), error in errors.items():
        if line < len(rows) and column < len(rows[line].cells):
            rows[line].cells[column] = error
