"""Workbooks to grids. Errors in cells are looked up beside the reader, which makes them blank."""

from __future__ import annotations

import io
import re
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
    from collections.abc import Sequence
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
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
        errors = _errors(raw) if _XLSX in raw else []
    except calamine.PasswordError as error:
        raise InputError(
            message("the workbook is locked by a password"), file=file, hint=message("Save it without one.")
        ) from error
    except _DAMAGES as error:
        hint = message("Open it, save it afresh as .xlsx and try again.")
        raise InputError(message("the workbook is damaged"), file=file, hint=hint) from error
    grids = {name: _rows(cells) for name, cells in sheets.items()}
    for rows, places in zip(grids.values(), errors, strict=False):
        _put(rows, places)
    filled = {name: full for name, rows in grids.items() if (full := [row for row in rows if _says(row)])}
    notes = () if _XLSX in raw else (ERRORS_UNSEEN,)
    return [Grid(file if len(filled) == 1 else f"{file} [{name}]", rows, notes=notes) for name, rows in filled.items()]


def _refuse_sparse(archive: zipfile.ZipFile, file: str) -> None:
    """Refuse a sheet whose few cells lie far apart: the reader holds every cell between them.

    Raises:
        InputError: it is one.
    """
    for part in archive.namelist():
        if part.startswith("xl/") and part.endswith(".xml"):
            with archive.open(part) as page:
                height, width, filled, last = _extent(page)
            if height * width > max(SPARSEST * filled, SMALL):
                problem = message(
                    "a sheet has {n} filled cells and reaches to {place}: a cell far away from the table keeps it from "
                    "being read",
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


def _put(rows: list[Row], errors: dict[tuple[int, int], str]) -> None:
    for (line, column), error in errors.items():
        if line < len(rows) and column < len(rows[line].cells):
            rows[line].cells[column] = error
