"""Mappings: a user's own preset for tables of one header, and the proposal to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.sources import api, likely, workbook
from kit.sources.cells import is_null
from kit.sources.grid import of_text
from kit.sources.log import FileLog
from kit.sources.mends import WIDTH, shortened
from kit.sources.preset import FOLDER, MAPPING, READABLE, Preset, fillable, load
from kit.sources.text import decode, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kit.sources.grid import Grid
    from kit.sources.recognise import Match


def read(paths: Iterable[tuple[Path, str]]) -> tuple[list[Preset], list[FileLog]]:
    """The mappings of a folder, and a log for each one that cannot be used.

    Args:
        paths: each mapping's path, and its name relative to the folder.
    """
    mappings: list[Preset] = []
    faulty: list[FileLog] = []
    for path, name in paths:
        try:
            mapping = load(path, name)
            if not mapping.header:
                raise InputError(
                    "it does not say which header it is for",
                    file=path.name,
                    column="header",
                    mend="Write `header: [first column, second column, …]`.",
                )
            mappings.append(mapping)
        except InputError as error:
            faulty.append(FileLog(name, "unreadable", "it is a mapping, by its name", error=error))
    return mappings, faulty


def propose(path: Path) -> str:
    """A mapping to start from, as YAML: what the header and the cells seem to mean, and what is left to say.

    Args:
        path: a table, as text, workbook or JSON.

    Raises:
        InputError: the file is no table.
    """
    grid = _grid(unpacked(path), path.name)
    best = likely.best(grid) if grid else None
    if grid is None or best is None or not any(best.header):
        raise InputError("it is no table", file=path.name, mend="A mapping needs a header and rows.")
    preset, table = best.preset, READABLE[best.preset.table]
    columns, constants = likely.filled(best, grid)
    taken = {position: name for name, position in columns.items()}
    by_cells = {name for name in columns if name not in best.columns}
    lines = [
        f"# Save this as {path.name}{MAPPING} beside the file, when it is right.",
        "# It is used for every file in the folder that has this header.",
        f"# Tables: {', '.join(READABLE)}. Every key is explained in {FOLDER.parent.name}/{FOLDER.name}/README.md.",
        f"header: [{', '.join(map(_quoted, filter(None, best.header)))}]",
        f"table: {preset.table}",
        "columns:",
        *(
            f"  {name}: {_quoted(best.header[position])}{'  # by its cells' if name in by_cells else ''}"
            for position, name in sorted(taken.items())
        ),
        *([f"constants: {json.dumps(constants, ensure_ascii=False)}  # by its header"] if constants else []),
    ]
    free = [position for position, name in best.free.items() if name and position not in taken]
    if free:
        lines.append("# Not used yet, each with a cell of it:")
        lines += [f"#   {_quoted(best.header[position])}: {_example(grid, best, position)}" for position in free]
        lines.append("# Columns that may still be filled:")
    lines += [
        f"#  {name}:  # {meaning}"
        for name, meaning in fillable(table).items()
        if free and name not in columns and name not in constants
    ]
    has = {*columns, *constants}
    lines += [f"# It still needs: {missing}." for missing in best.missing if has.isdisjoint(missing.split(" or "))]
    return "\n".join([*lines, "# times: {zone: setting, day_first: true}", "# decimal: comma", ""])


def _example(grid: Grid, match: Match, position: int) -> str:
    """The first cell of a column that says something, shortened."""
    rows = [row.cells for row in grid.rows if row.line > match.line and position < len(row.cells)]
    return shortened(next((str(cells[position]) for cells in rows if not is_null(cells[position])), ""), WIDTH)


def _grid(raw: bytes, name: str) -> Grid | None:
    """The table of a file: its first sheet, or of JSON the list with the most records."""
    if workbook.is_workbook(raw):
        grids = workbook.read(raw, name)[:1]
    elif raw.lstrip(b"\xef\xbb\xbf \t\r\n[").startswith(b"{"):
        grids = sorted(api.grids(raw, name), key=lambda grid: -len(grid.rows))
    else:
        grids = [of_text(decode(raw), name)]
    return grids[0] if grids and grids[0].rows else None


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)  # a JSON string is a YAML string
