"""What a whole column tells that no cell of it tells alone: the order of day and month, the mark of decimals.

It is asked only where a cell reads both ways, so that a file without such cells is read in one go.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.text import cells, times
from kit.sources.text.times import AmbiguousDayError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kit.sources.text.cells import Cell, Decimal
    from kit.sources.text.grid import Row
    from kit.tables import Table

SEVERAL = 2
"""Different counts like 1.234, at least, that are taken for thousands: one alone may be a slip."""


@dataclass(frozen=True, slots=True)
class Place:
    """The line and the cell that decide."""

    line: int
    cell: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file.

    Attributes:
        table: what the file becomes, which says what is a time and what a number.
        places: canonical column -> position in the row.
        rows: those of the file, made even.
        header: the column names as written.
    """

    table: Table
    places: Mapping[str, int] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    header: Sequence[str] = ()

    def named(self, name: str) -> str:
        """A canonical column as the file calls it; any other text as it is."""
        position = self.places.get(name)
        return name if position is None or position >= len(self.header) else repr(self.header[position])

    def cells(self, name: str) -> Iterator[tuple[int, Cell]]:
        """The line and the cell of each row."""
        position = self.places.get(name)
        return ((row.line, row.cells[position]) for row in self.rows if position is not None)

    def first_dates(self, name: str) -> dict[bool, Place]:
        """Whether the day comes first -> the first cell that can be read in this order only."""
        found: dict[bool, Place] = {}
        for line, cell in self.cells(name):
            if (order := times.day_first(cell)) is not None and order not in found:
                found[order] = Place(line, str(cell))
        return found

    def day_first(self, name: str) -> tuple[bool, Place] | None:
        """The order of day and month in a column, by a cell of it or else of the file's other times.

        Raises:
            AmbiguousDayError: one cell of the column has the day first, and another one the month.
        """
        own = self.first_dates(name)
        if len(own) == 2:
            contradiction = message(
                "{day} on line {line} has the day first, but {month} on line {other} has the month first",
                day=repr(own[True].cell), line=str(own[True].line),
                month=repr(own[False].cell), other=str(own[False].line),
            )  # fmt: skip
            raise AmbiguousDayError(contradiction, times.SAY_DAY_FIRST, name)
        if own:
            return next(iter(own.items()))
        others: dict[bool, Place] = {}
        for other in self._of_type("local", "date"):
            others |= self.first_dates(other)
        return next(iter(others.items())) if len(others) == 1 else None

    def decimal(self, name: str) -> tuple[Decimal, Place] | None:
        """The mark of decimals in a column, by a cell of it or else of the file's other numbers.

        Counts have no decimals, so that three digits after each of several marks in them are thousands.
        """
        own = self._marks(name)
        if own:
            return next(iter(own.items())) if len(own) == 1 else None
        others: dict[Decimal, Place] = {}
        for other in self._of_type("int", "float"):
            others |= self._marks(other)
        decided = others or self._beside_thousands()
        return next(iter(decided.items())) if len(decided) == 1 else None

    def _marks(self, name: str) -> dict[Decimal, Place]:
        marks: dict[Decimal, Place] = {}
        for line, cell in self.cells(name):
            if (mark := cells.decimal_mark(cell)) and mark not in marks:
                marks[mark] = Place(line, str(cell))
        return marks

    def _beside_thousands(self) -> dict[Decimal, Place]:
        """The mark that the thousands of the file's counts leave for decimals, with the first such count."""
        parted: defaultdict[Decimal, dict[str, Place]] = defaultdict(dict)
        for name in self._of_type("int"):
            column = list(self.cells(name))
            if any(cells.is_unparted(cell) for _, cell in column):
                continue
            for line, cell in column:
                if (mark := cells.decimal_mark_beside(cell)) and not cells.reads_whole(cell):
                    parted[mark].setdefault(str(cell), Place(line, str(cell)))
        return {mark: next(iter(places.values())) for mark, places in parted.items() if len(places) >= SEVERAL}

    def comes_once(self, name: str, cell: Cell) -> bool:
        """Whether no other cell of a column says the same."""
        return sum(other == cell for _, other in self.cells(name)) <= 1

    def cut_ids(self, name: str) -> dict[Cell, int]:
        """The ids of a column that a spreadsheet has cut, each with the first line that it stands on.

        1,23457E+12 is an id of which the last digits are lost; of a number of more than 15 digits a spreadsheet makes
        the last ones zeros; and 42 stands for 00042 where the other ids of the column have that length.
        """
        column = [(line, cell) for line, cell in self.cells(name) if not cells.is_null(cell)]
        digits = [cell.strip() for _, cell in column if isinstance(cell, str) and cell.strip().isdecimal()]
        zeros = {len(text) for text in digits if text.startswith("0")}
        long = [text for text in digits if len(text) > cells.PRECISE]
        rounded = len(long) >= SEVERAL and all(text.endswith("0" * (len(text) - cells.PRECISE)) for text in long)
        cut: dict[Cell, int] = {}
        for line, cell in column:
            text = str(cell).strip()
            short = len(zeros) == 1 and text.isdecimal() and len(text) < min(zeros)
            if short or cells.is_rounded(cell) or (rounded and text in long):
                cut.setdefault(cell, line)
        return cut

    def _of_type(self, *types: str) -> list[str]:
        return [name for name in self.places if name in self.table.names and self.table.column(name).type in types]
