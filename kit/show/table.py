"""A formatted table that also carries its content as data."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from kit.messages import message
from kit.privacy import masked
from kit.show.formats import UNKNOWN
from kit.show.result import MIME, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from kit.messages import Message

NOTHING = message("Nothing to show.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a shown table: how its values are written, and as what they stand in the data.

    Attributes:
        name: the column of the frame.
        title: as readers meet it.
        write: a value as text; called with the row where `whole_row` is set.
        unit: of the value in the data: share, mails, min …
        number: set right-aligned.
    """

    name: str
    title: str | Message
    write: Callable[[Any], str | Message] = str
    unit: str = ""
    number: bool = False
    whole_row: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A formatted table; `frame` is its data, `notes` what a reader must know of it.

    Of one that has a `most` only so many rows are shown, and its data holds all.
    """

    name: str
    title: str | Message
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str | Message, ...] = ()
    empty: str | Message = NOTHING
    most: int = 0

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        return {"text/html": self.html(), "text/plain": self.text(), MIME: self.data()}

    def cells(self) -> list[list[str]]:
        """The written cells, row by row, addresses masked; "–" for what is not known."""
        rows = self.frame.head(self.most) if self.most else self.frame
        return [[_write(column, row) for column in self.columns] for row in rows.to_dict("records")]

    def html(self) -> str:
        """As HTML; every text is escaped, so a subject line is never markup."""
        kinds = ["number" if column.number else "text" for column in self.columns]
        head = "".join(
            f'<th scope="col" class="{kind}">{escape(str(column.title))}</th>'
            for column, kind in zip(self.columns, kinds, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(f'<td class="{kind}">{_marked(cell)}</td>' for cell, kind in zip(row, kinds, strict=True))
            + "</tr>"
            for row in self.cells()
        )
        table = (
            f'<div class="kit-scroll" role="region" aria-label="{escape(str(self.title))}" tabindex="0">'
            f'<table class="kit-table"><caption>{escape(str(self.title))}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
        shown = table if body else f'<p class="kit-empty">{escape(str(self.title))}: {escape(str(self.empty))}</p>'
        notes = "".join(f'<p class="kit-note">{escape(str(note))}</p>' for note in self.notes)
        return f'<div class="kit-result">{shown}{notes}</div>'

    def text(self) -> str:
        """As plain text."""
        rows = [[str(column.title) for column in self.columns], *self.cells()]
        widths = [max(len(row[n]) for row in rows) for n in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(map(str, [self.title, *(lines if len(rows) > 1 else [self.empty]), *self.notes]))

    def data(self) -> dict[str, Any]:
        """As data: the frame's own values under their names and units."""
        names = list(self.frame.columns)
        titles = {column.name: column for column in self.columns}
        return {
            "kind": "table",
            "name": self.name,
            "title": str(self.title),
            "columns": [
                {"name": name, "title": str(titles[name].title), "unit": titles[name].unit}
                if name in titles
                else {"name": name, "title": name, "unit": ""}
                for name in names
            ],
            "rows": [[plain(value) for value in row] for row in self.frame.itertuples(index=False, name=None)],
            "notes": [str(note) for note in self.notes],
        }


LONGEST = 160
"""Letters of a cell that a page shows; the CSV of the table holds the whole."""


def _write(column: Column, row: Mapping[Any, Any]) -> str:
    if column.whole_row:
        return masked(str(column.write(row)))
    value = plain(row[column.name])
    return UNKNOWN if value is None else masked(str(column.write(row[column.name])))


SHORT = 40
"""Letters up to which what stands in brackets behind a number is its interval, set smaller and on one line."""


def cut(cell: str) -> str:
    """A cell as HTML: a long one is cut at a word, and its whole text shown where one points at it."""
    if len(cell) <= LONGEST:
        return escape(cell)
    said = cell[:LONGEST].rsplit(" ", 1)[0] if " " in cell[LONGEST // 2 : LONGEST] else cell[:LONGEST]
    return f'<span class="kit-cut" title="{escape(cell)}">{escape(said.rstrip(" ,;:"))} …</span>'


def _marked(cell: str) -> str:
    """A cell whose bracketed interval is set smaller: "8.1% (6.9–9.5)"."""
    value, bracket, interval = cell.partition(" (")
    if bracket and interval.endswith(")") and value[:1].isdigit() and len(interval) < SHORT:
        return f'{escape(value)} <span class="kit-interval">({escape(interval)}</span>'
    return cut(cell)
