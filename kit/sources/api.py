"""The reader of API answers: a JSON value, or one a line, as tables: a record a row, a path a column.

A dot leads into an object (`message.subject`); of a list of objects the first is meant, as in event
logs; a list of words is one cell. Which list of the answer holds the records, nobody has to say:
the object itself and every list of objects in it are offered, and a preset knows its own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kit.sources.grid import Grid, Row
from kit.sources.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.sources.cells import Cell

DEPTH = 4
"""How deep in an answer its records may lie."""

IN_ALL = ("TotalNumberOfRecords", "total", "totalCount", "count")
"""What platforms call the number of all records, of which the answer may be one page."""

Object = dict[str, Any]


def grids(raw: bytes, file: str) -> list[Grid]:
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
    return list(_found(answer, file, DEPTH))


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
    made = _table([record for _, record in records], file, ())
    rows = [Row(number, row.cells) for (number, _), row in zip(records, made.rows[1:], strict=True)]
    rows += [Row(number, [], "the line is no JSON object") for number in broken]
    return [replace(made, rows=[made.rows[0], *sorted(rows, key=lambda row: row.line)])]


def _found(value: Any, file: str, depth: int) -> Iterator[Grid]:
    if not depth:
        return
    if isinstance(value, list):
        if value and all(isinstance(one, dict) for one in value):
            yield _table(value, file, ())
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("fields"), list) and isinstance(value.get("data"), list):
        yield _packed(value["fields"], value["data"], file)
        return
    yield _table([value], file, ())
    for inner in value.values():
        if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            yield _table(inner, file, _page(value, len(inner)))
        elif isinstance(inner, dict):
            yield from _found(inner, file, depth - 1)


def _page(about: Object, here: int) -> tuple[str, ...]:
    """What to say where the answer holds fewer records than there are."""
    in_all = next((about[name] for name in IN_ALL if isinstance(about.get(name), int)), 0)
    if in_all <= here:
        return ()
    return (f"this is one page of {in_all} records: {here} are here, the others are in further answers",)


def _table(records: list[Object], file: str, notes: tuple[str, ...]) -> Grid:
    flat = [dict(_cells(record, "")) for record in records]
    header = list(dict.fromkeys(path for record in flat for path in record))
    rows = [Row(0, list(header))]
    rows += [Row(number, [record.get(path) for path in header]) for number, record in enumerate(flat, 1)]
    return Grid(file, rows, notes=notes, answer=True)


def _packed(fields: list[Any], data: list[Any], file: str) -> Grid:
    """A table that is written as one: the names once, then lists of values."""
    rows = [Row(0, [str(name) for name in fields])]
    for number, values in enumerate(data, 1):
        whole = isinstance(values, list)
        rows.append(Row(number, [_cell(one) for one in values] if whole else [], "" if whole else "it is no list"))
    return Grid(file, rows, answer=True)


def _cells(record: Object, before: str) -> Iterator[tuple[str, Cell]]:
    for name, value in record.items():
        one = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(one, dict):
            yield from _cells(one, f"{before}{name}.")
        else:
            yield f"{before}{name}", _cell(one)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if not isinstance(one, dict | list)) or None
    return str(value).lower() if isinstance(value, bool) else value
