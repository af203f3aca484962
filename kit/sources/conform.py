"""Cells to canonical values, a row at a time: each by the type and unit that its column declares."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kit.sources import cells
from kit.sources.address import contact_key, normalised
from kit.sources.recognise import listed, plain
from kit.sources.times import AmbiguousDayError, Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.settings import Settings
    from kit.sources.cells import Cell
    from kit.sources.preset import Preset
    from kit.tables import Column

UNSETTLED = "~"
"""Follows the name of a share whose unit its cell does not tell; `checks` settles it."""

SCALES = {"nps": (0, 10)}
"""Scales that are part of the question's definition; others are the survey's own choice."""


class CellError(ValueError):
    """A cell that cannot be read: which column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        super().__init__(reason)


class DayError(CellError):
    """A date that could be two; the whole file waits for the setting."""


class Conformer:
    """Makes canonical rows for one file and counts what has to be said about it.

    Args:
        preset: how the file is meant.
        settings: the folder's, for zone, order of dates and currency.
    """

    def __init__(self, preset: Preset, settings: Settings) -> None:
        self.preset = preset
        self.settings = settings
        times = preset.times
        self.clock = Clock(
            zone=settings.zone,
            in_utc=times.zone == "utc",
            day_first=settings["day_first"] if times.day_first is None else times.day_first,
            formats=times.formats,
        )
        self._values = {
            name: {plain(word): value for value, words in known.items() for word in (value, *words)}
            for name, known in {**preset.values, **preset.aliases}.items()
        }
        self._said: Counter[str] = Counter()
        self._unknown: dict[str, Counter[str]] = {}

    def row(self, raw: Mapping[str, Cell], implied: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The canonical values of one row.

        Args:
            raw: canonical column -> cell, for the columns that the file has.
            implied: canonical column -> value that a header says.

        Raises:
            CellError: a cell that cannot be read, or an empty one that may not be.
            DayError: a date whose day cannot be told from its month.
        """
        row: dict[str, Any] = {**self.preset.constants, **(implied or {})}
        for name, cell in raw.items():
            try:
                self._put(row, name, cell)
            except AmbiguousDayError as error:
                raise DayError(name, str(error)) from error
            except ValueError as error:
                raise CellError(name, str(error)) from error
        for name, others in self.preset.fill.items():
            if row.get(name) is None:
                row[name] = next(filter(None, (_title(raw.get(other)) for other in others)), None)
        self._complete(row)
        for column in self.preset.into.columns[2:]:  # all but the origin, which the reader adds
            if not column.nullable and row.get(column.name) is None:
                name = "email" if column.name == "contact_key" else column.name
                raise CellError(name, "it is empty, and no row can do without it")
        return row

    def notes(self) -> list[str]:
        """What has to be said about the values of the file."""
        unknown = [
            f"{name}: {seen.total()} values that the kit does not know were left empty: {listed(map(repr, seen))}"
            for name, seen in self._unknown.items()
        ]
        return [note.format(times) for note, times in self._said.items()] + unknown

    def _put(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if name == "email":
            self._put_address(row, cell)
            return
        column = self.preset.into.column(name)
        decimal = self.preset.decimal
        if column.type == "local":
            self._put_time(row, name, cell)
        elif column.type == "int":
            row[name] = cells.count(cell, decimal)
        elif column.unit == "money":
            row[name], said = cells.money(cell, decimal)
            if said and row.get("currency") is None:
                row["currency"] = said
        elif column.unit == "share":
            self._put_share(row, name, cell)
        elif column.type == "float":
            row[name] = cells.number(cell, decimal)
        else:
            row[name] = self._word(column, cells.text(cell)) if cell is not None else row.get(name)

    def _put_time(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if cells.is_null(cell):
            return
        moment = self.clock.read(cell)
        row[name] = moment.local
        row[name.replace("_local", "_at")] = moment.at if name.endswith("_local") else moment.local
        if moment.at is None:
            self._said["no time zone is known: times stay as written; say time_zone in kit.toml"] = 1
        elif not self.clock.in_utc and getattr(cell, "tzinfo", None) is None:
            self._said[f"times without a zone are taken as {self.settings['time_zone']}, the time_zone of kit.toml"] = 1

    def _put_share(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        try:
            value, certain = cells.share(cell, self.preset.decimal)
        except ValueError:  # a reported rate is only ever compared with the counts: no reason to lose the row
            self._said["{} reported rates cannot be read; they are left empty"] += 1
            return
        row[name if certain else name + UNSETTLED] = value

    def _put_address(self, row: dict[str, Any], cell: Cell) -> None:
        said = cells.text(cell)
        if said is None:
            return
        if "@" in said:
            row["email"], row["contact_key"] = normalised(said), contact_key(said)
        elif not self.preset.into.column("contact_key").nullable:
            raise ValueError(f"{said!r} is no address")
        else:
            self._said["{} rows name somebody without an address; they are kept as nobody's"] += 1

    def _word(self, column: Column, said: str | None) -> str | None:
        """The canonical word for what a cell says, where the preset knows any for the column."""
        known = self._values.get(column.name)
        if known is None or said is None:
            return said
        word = plain(said)
        if word in known:
            return known[word]
        if column.name in self.preset.aliases:
            return word
        if not column.nullable:
            raise ValueError(f"{said!r} is none of {listed(self.preset.values[column.name])}")
        self._unknown.setdefault(column.name, Counter())[said] += 1
        return None

    def _complete(self, row: dict[str, Any]) -> None:
        """What follows from the other values of the row."""
        money = [one.name for one in self.preset.into.columns if one.unit == "money"]
        if any(row.get(name) is not None for name in money) and row.get("currency") is None:
            row["currency"] = self.settings["currency"] or None
        scale = SCALES.get(row.get("survey_type", ""))
        if scale and row.get("scale_max") is None:
            row["scale_min"], row["scale_max"] = scale


def _title(cell: Cell) -> str | None:
    """A cell as a name; the first of a month, as a workbook holds it, as the month."""
    said = cells.text(cell)
    return said.removesuffix(" 00:00:00").removesuffix("-01") if said and said.endswith("-01 00:00:00") else said
