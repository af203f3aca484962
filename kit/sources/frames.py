"""Rows to frames: the canonical tables, and beside them what no table took, as it stands, with its lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kit.sources.text.grid import Row
    from kit.tables import Table

DTYPES = {
    "text": "str",
    "int": "Int64",
    "float": "float64",
    "bool": "boolean",
    "time": "datetime64[us, UTC]",
    "local": "datetime64[us]",
    "date": "datetime64[us]",
}
"""How a canonical type is held in memory; each can be missing."""

ARROW = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "local": pa.timestamp("us"),
    "date": pa.date32(),
}
"""How a canonical type is written."""

LINE, REJECTED, SECTION, CELLS = "line", "rejected", "section", "cells"
"""The columns that are ours; a file's own of the same name gets a number."""

UNREAD = "unread"
"""A column beside the canonical ones until the store is built: a hash of the cells of a row that nothing is made of."""


PERSON = "person"
"""Another such column: the key of the person by an id of the seller, where a row has one beside the address."""


def schema(table: Table) -> pa.Schema:
    """The columns of a table as they are written."""
    return pa.schema([(column.name, ARROW[column.type]) for column in table.columns])


def frame(table: Table, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The canonical frame of rows; a column that no row has is missing throughout."""
    return pd.DataFrame(
        {
            column.name: pd.Series([row.get(column.name) for row in rows], dtype=DTYPES[column.type])
            for column in table.columns
        }
    )


def located(
    table: Table, rows: Sequence[dict[str, Any]], lines: Sequence[int], unread: Mapping[int, int]
) -> pd.DataFrame:
    """The canonical frame of rows that know where they stand, and what else stood there; events tell the line alone.

    Args:
        table: the canonical table.
        rows: its rows.
        lines: the line of each, one of several where a record stands on several.
        unread: line -> a hash of the cells that nothing is made of.
    """
    if LINE in table.names:
        return frame(table, rows)
    beside = {LINE: pd.Series(lines, dtype="Int64"), UNREAD: pd.Series([unread[line] for line in lines], dtype="Int64")}
    if any(PERSON in row for row in rows):
        beside[PERSON] = pd.Series([row.get(PERSON) for row in rows], dtype="str")
    return frame(table, rows).assign(**beside)


def together(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one table below each other."""
    parts = list(frames)
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def of_table(
    rows: Sequence[Row], header: Sequence[str], used: Collection[int], rejected: Collection[int | None]
) -> pd.DataFrame | None:
    """The columns of a table that nothing was made of, and the whole of its rejected rows.

    Args:
        rows: those under the header.
        header: the column names.
        used: the positions of the columns that were mapped.
        rejected: the lines of the rows that were left out, or kept without a cell that cannot be read.

    Returns:
        A row a row: line, rejected [all its cells as a JSON list; NULL where it was kept whole], then the
        unmapped columns as text. None where everything was mapped.
    """
    unmapped = {place: name for place, name in enumerate(_names(header)) if place not in used}
    if not unmapped and not rejected:
        return None
    columns: dict[str, list[Any]] = {
        LINE: [row.line for row in rows],
        REJECTED: [_listed(row) if row.line in rejected else None for row in rows],
    }
    for place, name in unmapped.items():
        columns[name] = [_cell_text(row.cells[place]) if place < len(row.cells) else None for row in rows]
    return _frame(columns)


def of_sections(rows: Iterable[tuple[str, Row]], used: Collection[int]) -> pd.DataFrame | None:
    """The lines of a sectioned report that nothing was made of.

    Args:
        rows: the title of the section, and the row.
        used: the lines that were mapped.

    Returns:
        A row a line: line, section, cells [a JSON list]. None where everything was mapped.
    """
    unmapped = [(title, row) for title, row in rows if row.line not in used]
    if not unmapped:
        return None
    return _frame(
        {
            LINE: [row.line for _, row in unmapped],
            SECTION: [title for title, _ in unmapped],
            CELLS: [_listed(row) for _, row in unmapped],
        }
    )


def without(event: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """An event without its known fields; a dot leads into an object, whose other fields stay."""
    remaining: dict[str, Any] = {}
    for name, value in event.items():
        inner = {field.partition(".")[2] for field in fields if field.startswith(f"{name}.")}
        if name in fields:
            continue
        if inner and isinstance(value, dict):
            if inner_remaining := without(value, inner):
                remaining[name] = inner_remaining
        else:
            remaining[name] = value
    return remaining


def _frame(columns: dict[str, list[Any]]) -> pd.DataFrame:
    types = {name: "Int64" if name == LINE else "str" for name in columns}
    return pd.DataFrame({name: pd.Series(values, dtype=types[name]) for name, values in columns.items()})


def _names(header: Sequence[str]) -> list[str]:
    claimed = {LINE, REJECTED}
    names = []
    for place, written in enumerate(header, start=1):
        name = base = written or f"column {place}"
        number = 1
        while name.casefold() in claimed:
            number += 1
            name = f"{base} ({number})"
        claimed.add(name.casefold())
        names.append(name)
    return names


def _cell_text(cell: Any) -> str | None:
    return None if cell is None or cell == "" else str(cell)


def _listed(row: Row) -> str:
    return json.dumps([_cell_text(cell) for cell in row.cells], ensure_ascii=False)
