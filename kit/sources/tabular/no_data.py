"""Rows of a table that are no data: the header again, notes, and rows that add up the others or take their mean.

They are known by what they hold, and only then by what they are called: a row without a name, date or id of its own
whose numbers are the sums of the others is a total under any label, or under none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isclose
from statistics import median
from typing import TYPE_CHECKING, Any

from kit.messages import message
from kit.sources.text.cells import CellError, NoDataError, is_null
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.sources.detect.headers import Match
    from kit.sources.detect.records import Line
    from kit.sources.tabular.conform import Conformer
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row
    from kit.tables import Column

TOTALS = frozenset(
    {
        *(
            "total",
            "totals",
            "grand total",
            "total / average",
            "totals and averages",
            "subtotal",
            "sum",
            "sums",
            "average",
            "averages",
            "avg",
            "mean",
            "σ",
            "∑",
            "ø",
        ),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "durchschnitt", "mittelwert", "mittel"),
        *(
            "итог",
            "итого",
            "всего",
            "сумма",
            "среднее",
            "в среднем",
            "итого и средние",
            "итоги",
            "общий итог",
            "合計",
            "总计",
            "合计",
            "平均",
        ),
        *("somme", "total général", "totale", "moyenne", "suma", "total general", "media", "promedio"),
    }
)
"""What a row that adds up the others, or takes their mean, is called."""

ADDS_UP = message("it adds up the other rows")
TAKES_MEAN = message("it is the average of the other rows")
OF_ITS_OWN = message("its numbers are the sums of all other rows, so it is treated as their total")
KEEP = message("If it is a record like the others, set `adds_up: keep` in a mapping (kit map).")

MOSTLY = 0.5
"""Share of the rows that must fill a column before an empty cell of it says something."""

FEW = 3
"""So many other rows, at least, whose sum a row with a name and date of its own must be."""

_FIRSTS = "".join(sorted({letter for label in TOTALS for letter in (label[0], label[0].upper())}))
_LABEL = re.compile(rf"\s*(?=[{_FIRSTS}])(?i:{'|'.join(map(re.escape, sorted(TOTALS, key=len, reverse=True)))})\b")
_IDENTITY = re.compile(
    r"(?!list_name|as_of).*(_id|_name|_local|_start)|subject|email|person|url|channel|utm_\w+|company|kind|day|occurred_at"
)
_NOTE = re.compile(
    r"\s*([*#†©]|//|note\b|source\b|generated\b|exported\b|created\b|quelle\b|hinweis\b|stand\b|примеч|источник)"
    r"|.*[.:]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DIGIT = re.compile(r"\d")


def is_note(cell: Cell) -> bool:
    """Whether a lone cell is a sentence or begins like a note, and not like a record that is cut off."""
    return isinstance(cell, str) and bool(_NOTE.match(cell))


def below_another_header(rows: Sequence[Row], match: Match) -> dict[int, CellError]:
    """Rows below a header that names the columns again in another order, or others: line -> why they cannot be read."""
    names = [name.casefold() for name in match.header]
    known = set(names) - {""}
    found: dict[int, CellError] = {}
    above = 0
    for row in rows:
        filled = [folded for cell in row.cells if isinstance(cell, str) and (folded := _folded(cell))]
        named = sum(cell in known for cell in filled)
        if (
            named >= FEW
            and named > MOSTLY * len(filled)
            and len(filled) == sum(not is_null(cell) for cell in row.cells)
        ):
            above = 0 if _is_header(row, names) else row.line
            if above:
                found[row.line] = NoDataError(message("it is another header, with its columns in another order"))
        elif above:
            found[row.line] = CellError(
                message("it stands below another header, on line {line}, whose columns have another order", line=above),
                message("Put each table into a file of its own."),
            )
    return found


def obvious(rows: Sequence[Row], match: Match) -> dict[int, NoDataError]:
    """Rows that say by themselves that they are none: line -> why.

    Args:
        rows: those of the file, made even.
        match: the header and its preset.
    """
    found: dict[int, NoDataError] = {}
    names = [name.casefold() for name in match.header]
    named = [at for at, name in enumerate(names) if name]
    filled = [len(row.cells) - row.cells.count("") - row.cells.count(None) for row in rows]
    usual = median(filled) if filled else 0
    used = {*match.columns.values(), *match.beside.values(), *(part.position for part in match.parts)}
    read = set() if match.preset.lines_of or match.preset.spread else used
    for row, number in zip(rows, filled, strict=True):
        at, first = next(
            ((at, cell) for at, cell in enumerate(row.cells) if cell is not None and cell != ""), (0, None)
        )
        if at == named[0] and _folded(first) == names[at] and number == len(named) > 1 and _is_header(row, names):
            found[row.line] = NoDataError(message("it repeats the header"))
        elif _folded(first).rstrip(": ") in TOTALS and match.preset.adds_up == "aside":
            found[row.line] = NoDataError(ADDS_UP)
        elif number == 1 and usual >= FEW and not match.preset.lines_of and _says_nothing(row, at, match):
            note = message("it has one cell and no data: {cell}", cell=repr(str(first)))
            found[row.line] = NoDataError(note)
        elif all(is_null(cell) for cell in row.cells):
            found[row.line] = NoDataError(message("it contains no data"))
        elif read and all(is_null(row.cells[at]) for at in read):
            found[row.line] = NoDataError(message("it is empty in every column that is read"))
    return found


def _is_header(row: Row, names: Sequence[str]) -> bool:
    cells = [*row.cells[: len(names)], *[""] * (len(names) - len(row.cells))]
    return all(_folded(cell or "") == name for cell, name in zip(cells, names, strict=True))


def _folded(cell: Cell) -> str:
    return " ".join(str(cell).split()).casefold()


def _says_nothing(row: Row, at: int, match: Match) -> bool:
    """Whether the only filled cell of a row is a text that identifies nothing."""
    cell = row.cells[at]
    name = next((name for name, position in match.columns.items() if position == at), "")
    if not isinstance(cell, str) or "@" in cell or name in {"email", "person", "comment"} or name.endswith("_id"):
        return False
    return name not in match.preset.into.names or match.preset.into.column(name).type == "text"


@dataclass(frozen=True, slots=True)
class Identity:
    """The columns that say which record a row is, so far as most rows fill them.

    Attributes:
        places: canonical column -> position.
        dates: those of them that are times.
        names: the positions of those that may hold the name of a total.
    """

    places: Mapping[str, int]
    dates: frozenset[str]
    names: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[Row], match: Match) -> Identity:
        """The identity of the rows of a file."""
        table = match.preset.into
        places = {
            name: at
            for name, at in match.columns.items()
            if _IDENTITY.fullmatch(name) and sum(not is_null(row.cells[at]) for row in rows) > MOSTLY * len(rows)
        }
        dates = {name for name in places if name in table.names and table.column(name).type in {"local", "date"}}
        names = tuple(at for name, at in places.items() if name not in {*dates, "email"})
        return cls(places, frozenset(dates), names)

    def own(self, row: Row) -> list[str]:
        """What a row fills of it; a lone word without a digit is a label and says nothing of it."""
        filled = [name for name, at in self.places.items() if not is_null(row.cells[at])]
        if len(filled) == 1 and len(self.places) > 1 and filled[0] not in self.dates:
            cell = str(row.cells[self.places[filled[0]]])
            return filled if _DIGIT.search(cell) or "@" in cell else []
        return filled

    def labelled(self, row: Row) -> bool:
        """Whether a cell of it begins like the name of a total."""
        return any(_LABEL.match(str(row.cells[at])) for at in self.names)


def adding_up(rows: Sequence[Row], match: Match, conformer: Conformer) -> dict[int, NoDataError]:
    """Rows without an identity of their own, or called a total, whose numbers are sums or means of others.

    Args:
        rows: those of the file, without the obvious ones.
        match: the header and its preset.
        conformer: reads the numbers; one whose notes nobody reads.

    Returns:
        line -> why. A row is compared with all other rows, and with those since the last such row (a subtotal).
    """
    names = [column.name for column in counts(match) or _numbers(match)]
    identity = Identity.of(rows, match)
    if not names or not identity.places or match.preset.adds_up == "keep":
        return {}
    places = [*identity.places.values()]
    candidates = {
        row.line
        for row in rows
        if identity.labelled(row) or (any(is_null(row.cells[at]) for at in places) and not identity.own(row))
    }
    if not candidates or len(candidates) == len(rows):
        return {}
    numbers = {
        row.line: {name: conformer.amount(name, row.cells[match.columns[name]]) for name in names} for row in rows
    }
    others = [numbers[row.line] for row in rows if row.line not in candidates]
    found: dict[int, NoDataError] = {}
    block: list[dict[str, float | None]] = []
    for row in rows:
        own = numbers[row.line]
        if row.line not in candidates:
            block.append(own)
            continue
        bare = not identity.own(row)
        undated = identity.labelled(row) and any(is_null(row.cells[identity.places[name]]) for name in identity.dates)
        why = _fit(own, others, bare=bare) or _fit(own, block, bare=bare) or (ADDS_UP if undated else None)
        if why:
            found[row.line] = NoDataError(why)
            block = []
    return found


def _fit(own: Mapping[str, float | None], others: Sequence[Mapping[str, float | None]], *, bare: bool) -> Any:
    """Whether numbers are the sums or the means of others: why, or None. Of a bare row most of them must be."""
    sums, means, filled = 0, 0, 0
    for name, number in own.items():
        column = [amount for other in others if (amount := other[name]) is not None]
        if not number or not column:
            continue
        filled += 1
        total = sum(column)
        sums += isclose(number, total, abs_tol=0.011)
        means += len(column) > 1 and isclose(number, total / len(column), abs_tol=0.51 if number % 1 == 0 else 0.06)
    needed = filled / 2 if bare else filled - 0.5
    if not filled:
        return None
    return ADDS_UP if sums > needed else TAKES_MEAN if means > needed else None


def without_total_of_all(lines: list[Line], match: Match) -> tuple[list[Line], dict[int, NoDataError]]:
    """The records without one that has a name and date of its own and is the sum of all others, and why it goes.

    In two columns at least: that a number alone is the sum of others may be chance.
    """
    columns: list[list[Any]] = [[line.record.get(column.name) for line in lines] for column in counts(match)]
    if match.preset.adds_up == "keep" or match.preset.spread or len({line.line for line in lines}) <= FEW:
        return lines, {}
    sums = [sum(number for number in column if number is not None) for column in columns]
    found = {}
    for place, line in enumerate(lines):
        own = [(float(column[place]), total) for column, total in zip(columns, sums, strict=True) if column[place]]
        if len(own) > 1 and all(isclose(2 * number, total, abs_tol=0.011) for number, total in own):
            found[line.line] = NoDataError(OF_ITS_OWN, KEEP)
    return ([line for line in lines if line.line not in found], found) if len(found) == 1 else (lines, {})


def _numbers(match: Match) -> list[Column]:
    """The mapped columns of numbers, of a table that has no counts: a spreadsheet adds up scores all the same."""
    columns = [match.preset.into.column(name) for name in match.columns if name in match.preset.into.names]
    return [column for column in columns if column.type in {"int", "float"} and match.preset.into is not EVENTS]


def counts(match: Match) -> list[Column]:
    """The mapped columns that a total adds up: counts and amounts."""
    table = match.preset.into
    if table is EVENTS:
        return []
    columns = [table.column(name) for name in match.columns if name in table.names]
    return [
        column
        for column in columns
        if column.type == "int" or (column.type == "float" and column.unit in {"money", "h", "events"})
    ]
