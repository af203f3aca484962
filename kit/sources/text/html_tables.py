"""Tables of web pages and of spreadsheet XML, which many programs save under the name .xls."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from kit.sources.text.grid import Grid, Row

if TYPE_CHECKING:
    from kit.sources.text.encodings import Decoded

_BEGINS = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<\?mso-application[^>]*>\s*)?"
    r"<(?:!doctype html|html|head|meta|table|(?:ss:)?workbook)\b",
    re.IGNORECASE | re.DOTALL,
)
_ROW, _CELL = {"tr", "row", "ss:row"}, {"td", "th", "cell", "ss:cell"}
_TABLE = {"table", "worksheet", "ss:worksheet"}
_UNREAD = {"style", "script", "styles", "title", "documentproperties"}

WIDEST = 1000
"""Columns that a cell may span, or be put away from the one before it."""


def of_page(decoded: Decoded, file: str) -> list[Grid]:
    """The tables of a page that have a row of two cells or more; none where the text is no page.

    Args:
        decoded: the file's text.
        file: its name, for the log. The `line` of a row is its number in the table.
    """
    if not _BEGINS.match(decoded.text):
        return []
    page = _Page()
    page.feed(decoded.text)
    page.close()
    tables = [rows for rows in page.tables if any(len(row.cells) > 1 for row in rows)]
    notes = (decoded.note,) if decoded.note else ()
    return [
        Grid(file if len(tables) == 1 else f"{file} [{number}]", rows, decoded.encoding, notes=notes)
        for number, rows in enumerate(tables, 1)
    ]


class _Page(HTMLParser):
    """Gathers the cells of each table, row by row; of a table in a cell, its own.

    Attributes:
        tables: the rows of each table that are not blank.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[Row]] = []
        self._line = 0
        self._cells: list[str] = []
        self._text: list[str] | None = None
        self._span = 1
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in _UNREAD:
            self._unread += 1
        elif tag in _TABLE:
            self._end_row()
            if not self.tables or self.tables[-1]:
                self.tables.append([])
            self._line = 0
        elif tag in _ROW:
            self._end_row()
            self._line += 1
        elif tag in _CELL:
            self._end_cell()
            index = attributes.get("ss:index") or ""
            if index.isdecimal() and len(self._cells) < int(index) <= WIDEST:
                self._cells += [""] * (int(index) - 1 - len(self._cells))
            self._text = []
            span = attributes.get("colspan") or ""
            self._span = min(int(span), WIDEST) if span.isdecimal() else 1
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(self._unread - 1, 0)
        elif tag in _CELL:
            self._end_cell()
        elif tag in _ROW | _TABLE:
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._unread:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is not None:
            self._cells += [" ".join("".join(self._text).split()), *[""] * (self._span - 1)]
            self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if any(self._cells) and self.tables:
            self.tables[-1].append(Row(self._line, list(self._cells)))
        self._cells = []

    def close(self) -> None:
        super().close()
        self._end_row()
