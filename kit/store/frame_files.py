"""Small frames as files that come back exactly: values, types, index, names, and what is None, NaN or NA."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from kit.places import draft_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MISSING: tuple[Any, ...] = (None, np.nan, pd.NA, pd.NaT)
"""What stands for nothing in a column of objects; its place here is written beside the value."""

_TAG = b"kit"

DIGEST = hashlib.sha256().digest_size
"""Bytes at the beginning of a file by which damage is known."""

_PLAIN: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "list": list,
    "tuple": tuple,
    "days": lambda days: tuple(map(pd.Timestamp, days)),
    "NoneType": lambda _: None,
}
"""What else a count may be, and how it is made of JSON."""


class UnsupportedError(ValueError):
    """A value that would not come back as it was."""


def save(value: object, path: Path) -> None:
    """Write a frame, whole number, list or tuple; all or nothing.

    Raises:
        UnsupportedError: it would not come back as it is.
        OSError: it cannot be written there.
    """
    table = _packed(value)
    if not _same(value, _unpacked(table)):
        raise UnsupportedError(type(value).__name__)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(prefix=draft_name("draft"), dir=path.parent, delete=False) as draft:
        try:
            feather.write_feather(table, packed := pa.BufferOutputStream(), compression="uncompressed")
            content = packed.getvalue().to_pybytes()
            draft.write(hashlib.sha256(content).digest() + content)
            draft.close()
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def load(path: Path) -> Any:
    """What `save` wrote; a file that is damaged raises OSError, ValueError or KeyError."""
    raw = path.read_bytes()
    if hashlib.sha256(raw[DIGEST:]).digest() != raw[:DIGEST]:
        raise ValueError(path.name)
    return _unpacked(feather.read_table(pa.BufferReader(raw[DIGEST:])))


def _packed(value: object) -> pa.Table:
    if not isinstance(value, pd.DataFrame):
        kind = type(value).__name__
        plain: Any = value
        if isinstance(value, tuple) and value and all(isinstance(day, pd.Timestamp) for day in value):
            kind, plain = "days", [day.isoformat() for day in value]
        if kind not in _PLAIN:
            raise UnsupportedError(kind)
        return _tagged(pa.table({}), {"kind": kind, "value": plain})
    columns = [value.iloc[:, place] for place in range(value.shape[1])]
    about: dict[str, Any] = {
        "kind": "frame",
        "rows": len(value),
        "columns": list(value.columns),
        "columns_type": _type(value.columns),
        "columns_name": value.columns.name,
        "attrs": value.attrs,
        "index_name": value.index.name,
    }
    if not isinstance(value.index, pd.RangeIndex):
        columns.append(value.index.to_series())
        about["index"] = True
    elif (value.index.start, value.index.step) != (0, 1):
        raise UnsupportedError("an index that begins elsewhere")
    arrays: list[pa.Array] = []
    about["types"] = [_pack(column, arrays) for column in columns]
    return _tagged(pa.table(arrays, names=[str(place) for place in range(len(arrays))]), about)


def _tagged(table: pa.Table, about: dict[str, Any]) -> pa.Table:
    try:
        return table.replace_schema_metadata({_TAG: json.dumps(about, allow_nan=False).encode()})
    except (TypeError, ValueError) as error:
        raise UnsupportedError(str(error)) from error


def _unpacked(table: pa.Table) -> Any:
    about = json.loads(table.schema.metadata[_TAG])
    if about["kind"] != "frame":
        return _PLAIN[about["kind"]](about["value"])
    arrays = iter(table.columns)
    columns = [_unpack(kind, arrays) for kind in about["types"]]
    index = pd.Index(columns.pop(), name=about["index_name"]) if "index" in about else None
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(about["rows"], name=about["index_name"]))
    frame = frame if index is None else frame.set_axis(index, axis=0)
    frame.columns = pd.Index(about["columns"], dtype=_dtype(about["columns_type"]), name=about["columns_name"])
    frame.attrs = about["attrs"]
    return frame


def _type(column: pd.Series | pd.Index) -> dict[str, Any]:
    dtype: Any = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return {"type": "text", "storage": dtype.storage, "nan": dtype.na_value is not pd.NA}
    if isinstance(dtype, pd.CategoricalDtype):
        return {"type": "category", "of": list(dtype.categories), "ordered": dtype.ordered}
    return {"type": str(dtype)}


def _dtype(kind: dict[str, Any]) -> Any:
    if kind["type"] == "text":
        return pd.StringDtype(kind["storage"], na_value=np.nan if kind["nan"] else pd.NA)
    if kind["type"] == "category":
        return pd.CategoricalDtype(kind["of"], ordered=kind["ordered"])
    return np.dtype(object) if kind["type"] == "object" else pd.Series(dtype=kind["type"]).dtype


def _pack(column: pd.Series, arrays: list[pa.Array]) -> dict[str, Any]:
    """Add the arrays of a column; how it is to be read."""
    kind = _type(column)
    try:
        if kind["type"] == "object":
            missing = [_missing(cell) for cell in column]
            cells = [None if gone else cell for cell, gone in zip(column, missing, strict=True)]
            arrays += [pa.array(cells), pa.array(missing, pa.int8())]
        elif kind["type"] == "category":
            arrays.append(pa.array(column.cat.codes.to_numpy()))
        elif kind["type"] == "text":
            arrays.append(pa.array(column.astype(object).where(column.notna(), None).tolist(), pa.string()))
        elif isinstance(column.dtype, np.dtype):
            arrays.append(pa.array(column.to_numpy(), from_pandas=False))
        else:
            arrays.append(pa.Array.from_pandas(column))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise UnsupportedError(str(error)) from error
    return kind


def _unpack(kind: dict[str, Any], arrays: Iterator[pa.ChunkedArray]) -> pd.Series:
    array = next(arrays).combine_chunks()
    if kind["type"] == "object":
        missing = next(arrays).to_pylist()
        cells = [MISSING[gone - 1] if gone else cell for cell, gone in zip(array.to_pylist(), missing, strict=True)]
        column = np.empty(len(cells), dtype=object)
        column[:] = cells
        return pd.Series(column, dtype=object)
    dtype = _dtype(kind)
    if kind["type"] == "category":
        return pd.Series(pd.Categorical.from_codes(array.to_numpy(zero_copy_only=False), dtype=dtype))
    if kind["type"] == "text":
        return pd.Series(pd.array(array.to_pylist(), dtype=dtype))
    if isinstance(dtype, np.dtype):
        return pd.Series(array.to_numpy(zero_copy_only=False).astype(dtype, copy=True))
    return pd.Series(dtype.__from_arrow__(array)) if hasattr(dtype, "__from_arrow__") else pd.Series(array, dtype=dtype)


def _missing(cell: object) -> int:
    """The place among MISSING, from 1; 0 where there is a value."""
    if cell is None:
        return 1
    if isinstance(cell, float) and cell != cell:  # noqa: PLR0124  NaN alone differs from itself
        return 2
    return next((place for place, missing in enumerate(MISSING[2:], start=3) if cell is missing), 0)


def _same(saved: object, loaded: object) -> bool:
    if not isinstance(saved, pd.DataFrame) or not isinstance(loaded, pd.DataFrame):
        return type(saved) is type(loaded) and bool(saved == loaded)
    axes = [(frame.columns.dtype, frame.columns.name, frame.index.dtype, frame.index.name) for frame in (saved, loaded)]
    if axes[0] != axes[1] or not saved.equals(loaded):
        return False
    objects = [place for place in range(saved.shape[1]) if _type(saved.iloc[:, place])["type"] == "object"]
    kinds = ([[_kind(cell) for cell in frame.iloc[:, place]] for place in objects] for frame in (saved, loaded))
    return saved.attrs == loaded.attrs and next(kinds) == next(kinds)


def _kind(cell: object) -> tuple[int, type]:
    missing = _missing(cell)
    plain = {np.float64: float, pd.Timestamp: datetime, np.bool_: bool, np.int64: int}
    return missing, object if missing else plain.get(type(cell), type(cell))
