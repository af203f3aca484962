"""What a canonical table is: columns with type, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from kit.messages import message

if TYPE_CHECKING:
    from kit.messages import Text

Type = Literal["text", "int", "float", "bool", "time", "local", "date"]
"""`time` is an instant in UTC; `local` is the wall clock of the firm (or as written, where no zone
is known); `date` has no hour."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, unit and meaning."""

    name: str
    type: Type
    unit: str
    meaning: Text
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Attributes:
        name: as in `data.table(name)` and in the file names of `kit tables`.
        contents: what a file with such rows contains, in a reader's words.
        grain: what one row is.
        columns: in the order in which they are written.
        caution: what whoever adds its rows up must know.
    """

    name: str
    contents: Text
    grain: Text
    columns: tuple[Column, ...]
    caution: Text = ""

    @cached_property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [*self._by_name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of this name; KeyError where there is none."""
        return self._by_name[name]


def count(name: str, unit: str, meaning: Text) -> Column:
    """A column of whole numbers from 0."""
    return Column(name, "int", unit, meaning)


ORIGIN = (
    Column("source", "text", "", message("the preset that read the row"), nullable=False),
    Column("source_file", "text", "", message("the file that the row came from"), nullable=False),
)
