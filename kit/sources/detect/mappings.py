"""Mappings: a user's own preset for tables of one header, and the proposal to start from.

A proposal says what a header that no preset knows most likely is, by its words and by what its cells hold. A file is
never read by what is likely.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.messages import _, message
from kit.sources.detect import words
from kit.sources.detect.headers import Match, find
from kit.sources.detect.presets import FOLDER, MAPPING, READABLE, Preset, fillable, load
from kit.sources.file_log import WIDTH, FileLog, shortened
from kit.sources.text import cells, workbook
from kit.sources.text.cells import AmbiguousMarkError, CellError, is_null
from kit.sources.text.encodings import decode, readable, unpacked
from kit.sources.text.grid import of_json, of_text
from kit.sources.text.times import AmbiguousDayError, Clock
from kit.tables import CAMPAIGN_STATS, CONTACTS, CONVERSIONS, ORDERS, WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Grid

LOOKED_AT = 100
"""Rows whose cells are looked at."""

MOSTLY = 0.8
"""Share of a column's filled cells that must be of a kind."""

ACTIONS = {
    "appointment": frozenset({"appointment", "service", "visit", "slot", "услуга", "услуги", "мастер"}),
    "review": frozenset({"review", "stars"}),
    "lead": frozenset({"lead"}),
}
"""What people do: words of a header that are signs of it."""

SOLD = frozenset({"order", "invoice", "purchase", "sale"})
"""Words of a header that make rows with amounts orders, whatever was booked."""

BESIDES = {CAMPAIGN_STATS.name: ("sent_local",)}
"""What a table can do without, and hardly ever does."""


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
                    message("it does not state which header it is for"),
                    file=path.name,
                    column="header",
                    hint=message("Write `header: [first column, second column, …]`."),
                )
            mappings.append(mapping)
        except InputError as error:
            faulty.append(FileLog(name, "unreadable", message("it is a mapping, judging by its name"), error=error))
    return mappings, faulty


def propose(path: Path) -> str:
    """A mapping to start from, as YAML: what the header and the cells seem to mean, and what is left to say.

    Args:
        path: a table, as text, workbook or JSON.

    Raises:
        InputError: the file is no table.
    """
    table = _grid(unpacked(path), path.name)
    match = best(table) if table else None
    if table is None or match is None or not any(match.header):
        raise InputError(
            message("it is not a table"), file=path.name, hint=message("A mapping needs a header and rows.")
        )
    preset = match.preset
    # what is recognised is read as it is proposed; only where something is missing do the cells say more
    columns, constants = filled(match, looks(table, match)) if match.missing else (dict(match.columns), {})
    mapped = {position: name for name, position in columns.items()}
    by_cells = {name for name in columns if name not in match.columns}
    by_its_cells = "  # " + _("by its cells")
    lines = [
        "# " + _("If this is right, save it as {name} next to the file.", name=readable(path.name) + MAPPING),
        "# " + _("It is used for every file in the folder that has this header."),
        "# "
        + _(
            "Tables: {tables}. Every key is explained in {place}.",
            tables=", ".join(READABLE),
            place=f"{FOLDER.parent.name}/{FOLDER.name}/README.md",
        ),
        f"header: [{', '.join(map(_quoted, filter(None, match.header)))}]",
        f"table: {preset.table}",
        f"like: {preset.name}  # " + _("its statuses, rules and formats apply here too"),
        "columns:" if columns else "columns: {}",
        *(
            f"  {name}: {_quoted(match.header[position])}{by_its_cells if name in by_cells else ''}"
            for position, name in sorted(mapped.items())
        ),
        *([f"constants: {json.dumps(constants, ensure_ascii=False)}  # " + _("by its header")] if constants else []),
    ]
    free = [position for position, name in match.free.items() if name and position not in mapped]
    if free:
        lines.append("# " + _("Not used yet, each with a sample cell:"))
        lines += [f"#   {_quoted(match.header[position])}: {_example(table, match, position)}" for position in free]
        lines.append("# " + _("Columns that can still be filled:"))
    lines += [
        f"#  {name}:  # {meaning}"
        for name, meaning in fillable(preset.into).items()
        if free and name not in columns and name not in constants
    ]
    has = {*columns, *constants}
    lacks = [lack.text for lack in match.missing if has.isdisjoint(lack.columns)]
    lines += ["# " + _("It still needs: {missing}.", missing=missing) for missing in lacks]
    return "\n".join([*lines, "# times: {zone: setting, day_first: true}", "# decimal: comma", ""])


def _example(grid: Grid, match: Match, position: int) -> str:
    """The first cell of a column that says something, shortened."""
    rows = [row.cells for row in grid.rows if row.line > match.line and position < len(row.cells)]
    return shortened(next((str(cells[position]) for cells in rows if not is_null(cells[position])), ""), WIDTH)


def _grid(raw: bytes, name: str) -> Grid | None:
    """The table of a file: its first sheet, or of JSON the list with the most records."""
    if workbook.is_workbook(raw):
        grids = [sheet for sheet in workbook.read(raw, name) if not sheet.is_hidden][:1]
    elif raw.lstrip(b"\xef\xbb\xbf \t\r\n[").startswith(b"{"):
        grids = sorted(of_json(raw, name), key=lambda grid: -len(grid.rows))
    else:
        grids = [of_text(decode(raw), name)]
    return grids[0] if grids and grids[0].rows else None


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)  # a JSON string is a YAML string


@dataclass(frozen=True, slots=True)
class Looks:
    """What the cells of a table hold.

    Attributes:
        dated: the columns of times, by position.
        paid: the columns of numbers that may be amounts.
        addressed: the columns of addresses.
        comes_again: whether a person stands on several rows.
        action: what its rows seem to be that people do; empty where nothing says it.
    """

    dated: tuple[int, ...]
    paid: tuple[int, ...]
    addressed: tuple[int, ...]
    comes_again: bool
    action: str


def best(grid: Grid) -> Match | None:
    """What a table most likely is; None where it has no header."""
    matches = find(replace(grid, answer=False), [])
    return matches if isinstance(matches, Match) else next(iter(nearest(matches, grid)), None)


def nearest(matches: Iterable[Match], grid: Grid) -> list[Match]:
    """What a table that no preset fits could be, the likeliest first: tables by header and cells, then platforms."""
    general, of_platforms = [], []
    for match in matches:
        (of_platforms if match.preset.recognise.of_platform else general).append(match)
    by_line = {match.line: match for match in general}  # all matches of a line have its header
    held = {line: looks(grid, match) for line, match in by_line.items()}
    return [*sorted(general, key=lambda match: _unlikely(match, held[match.line])), *of_platforms]


def filled(match: Match, looks_like: Looks) -> tuple[dict[str, int], dict[str, str]]:
    """The columns of a proposal by position, and its constants: those of the header, and what only the cells tell.

    A column is mapped by its cells where the table needs one of this kind and just one is there.
    """
    columns, constants = dict(match.columns), {}
    needed = {name for group in match.preset.recognise.needs if not columns.keys() & set(group) for name in group[:1]}
    needed |= set(BESIDES.get(match.preset.table, ())) - columns.keys()
    for name in sorted(needed):
        column = "email" if name == "email" else match.preset.into.column(name)
        places: tuple[int, ...] = ()
        if column == "email":
            places = looks_like.addressed
        elif column.type in {"local", "date"}:
            places = looks_like.dated
        elif column.type == "float":
            places = looks_like.paid
        free = [place for place in places if place not in columns.values()]
        if len(free) == 1:
            columns[name] = free[0]
        elif name == "action" and looks_like.action:
            constants[name] = looks_like.action
    if "email" not in columns and "contact_key" in match.preset.into.names and len(looks_like.addressed) == 1:
        columns |= {"email": looks_like.addressed[0]} if looks_like.addressed[0] not in columns.values() else {}
    return columns, constants


def looks(grid: Grid, match: Match) -> Looks:
    """What the cells below a header hold."""
    rows = [row.cells for row in grid.rows if row.line > match.line and not row.fault][:LOOKED_AT]
    columns = [[cell for row in rows if place < len(row) and not cells.is_null(cell := row[place])]
               for place in range(len(match.header))]  # fmt: skip
    dated = tuple(place for place, column in enumerate(columns) if _mostly(_is_time, column))
    addressed = tuple(place for place, column in enumerate(columns) if _mostly(lambda cell: "@" in str(cell), column))
    paid = tuple(
        place
        for place, column in enumerate(columns)
        if place not in dated and _mostly(_is_amount, column) and not _is_numbering(column)
    )
    people = Counter(str(cell).casefold() for place in addressed[:1] for cell in columns[place])
    stems = frozenset(stem for name in match.header for stem in words.of(name).stems)
    is_sold = bool(paid) and not stems.isdisjoint(SOLD)
    action = "" if is_sold else next((name for name, signs in ACTIONS.items() if not signs.isdisjoint(stems)), "")
    return Looks(dated, paid, addressed, any(number > 1 for number in people.values()), action)


def _unlikely(match: Match, looks_like: Looks) -> tuple[object, ...]:
    """How much speaks against a table: first what the cells say, then what neither header nor cells give it."""
    table = match.preset.table
    columns, constants = filled(match, looks_like)
    lacks = sum({*columns, *constants}.isdisjoint(group) for group in match.preset.recognise.needs)
    is_other = any(not lack.columns for lack in match.missing)
    against = 0
    if table == CONTACTS.name:
        against = bool(looks_like.dated) and bool(looks_like.action or looks_like.comes_again or looks_like.paid)
    elif table == CONVERSIONS.name:
        against = -bool(looks_like.dated and looks_like.action)
    elif table == ORDERS.name:
        against = "order_id" not in match.columns and not (looks_like.dated and looks_like.paid)
    elif table == WEB.name:
        against = "sessions" not in match.columns
    doubts = (match.is_data, not columns, is_other, int(against), not match.columns, lacks - len(match.columns))
    return (*doubts, -len(match.columns), len(match.missing), match.line)


def _mostly(fits: Callable[[Cell], bool], column: Sequence[Cell]) -> bool:
    return bool(column) and sum(map(fits, column)) >= MOSTLY * len(column)


def _is_time(cell: Cell) -> bool:
    if isinstance(cell, int | float) or str(cell).replace(".", "").isdecimal():  # days or seconds, or a number
        return False
    try:
        Clock(zone=None).read(cell)
    except AmbiguousDayError:
        return True
    except CellError:
        return False
    return True


def _is_numbering(column: Sequence[Cell]) -> bool:
    """Whether several cells are 1, 2, 3 …, or all the same."""
    texts = sorted({str(cell) for cell in column}, key=lambda text: (len(text), text))
    follow = all(a.isdecimal() and b.isdecimal() and int(b) == int(a) + 1 for a, b in pairwise(texts))
    return len(column) > 1 and len(texts) in {1, len(column)} and follow


def _is_amount(cell: Cell) -> bool:
    try:
        return cells.money(cell)[0] is not None
    except AmbiguousMarkError:
        return True
    except CellError:
        return False
