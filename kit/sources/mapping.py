"""Mappings: a user's own preset for tables of one header, and the proposal to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.sources import workbook
from kit.sources.grid import of_text
from kit.sources.log import FileLog
from kit.sources.preset import FOLDER, MAPPING, READABLE, Preset, fillable, load
from kit.sources.recognise import Match, find
from kit.sources.text import decode, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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
    """A mapping to start from, as YAML: what the header seems to mean, and what is left to say.

    Args:
        path: a table, as text or workbook.

    Raises:
        InputError: the file is no table.
    """
    raw = unpacked(path)
    grids = workbook.read(raw, path.name) if workbook.is_workbook(raw) else [of_text(decode(raw), path.name)]
    found = find(grids[0], []) if grids and grids[0].rows else []
    best = found if isinstance(found, Match) else next(iter(found), None)
    if best is None or not any(best.header):
        raise InputError("it is no table", file=path.name, mend="A mapping needs a header and rows.")
    preset, table = best.preset, READABLE[best.preset.table]
    taken = {position: name for name, position in best.columns.items()}
    lines = [
        f"# Save this as {path.name}{MAPPING} beside the file, when it is right.",
        "# It is used for every file in the folder that has this header.",
        f"# Tables: {', '.join(READABLE)}. Every key is explained in {FOLDER.parent.name}/{FOLDER.name}/README.md.",
        f"header: [{', '.join(map(_quoted, filter(None, best.header)))}]",
        f"table: {preset.table}",
        "columns:",
        *(f"  {name}: {_quoted(best.header[position])}" for position, name in sorted(taken.items())),
    ]
    free = [name for name in best.unmapped if name]
    if free:
        lines.append(f"# Not used yet: {', '.join(map(_quoted, free))}. Columns that may still be filled:")
    lines += [
        f"#  {name}: {_quoted(free[0]) if free else ''}  # {meaning}"
        for name, meaning in fillable(table).items()
        if name not in best.columns
    ]
    lines += [f"# It still needs: {missing}." for missing in best.missing]
    return "\n".join([*lines, "# times: {zone: setting, day_first: true}", "# decimal: comma", ""])


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)  # a JSON string is a YAML string
