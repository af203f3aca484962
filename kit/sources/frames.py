"""Rows to canonical frames: the columns, order and types that tables.py declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def together(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one table below each other."""
    return pd.concat(list(frames), ignore_index=True)
