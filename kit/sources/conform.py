"""Cells to canonical values, a row at a time: each by the type and unit that its column declares."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from kit.sources import cells
from kit.sources.address import contact_key, normalised
from kit.sources.recognise import listed, plain
from kit.sources.times import AmbiguousDayError, Clock
from kit.tables import CAMPAIGN_STATS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kit.settings import Settings
    from kit.sources.cells import Cell
    from kit.sources.preset import Preset
    from kit.tables import Column

KINDS = {(0.0, 10.0): "nps", (1.0, 5.0): "csat"}
"""What a rating is about where only its scale is said: the two that nearly every survey means."""

LISTS = ("tags", "segment")
"""Columns of several names in one cell."""

UNSETTLED = "~"
"""Follows the name of a share whose unit its cell does not tell; `checks` settles it."""

SCALES = {"nps": (0, 10)}
"""Scales that are part of the question's definition; others are the survey's own choice."""

SCALE_OF = {"score": ("scale_min", "scale_max"), "csat": ("csat_min", "csat_max")}
"""Where the scale of a score stands."""

YES = frozenset({"true", "yes", "y", "1", "да", "истина"})
NO = frozenset({"false", "no", "n", "0", "нет", "ложь"})

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

ROUNDING = MINUTE
"""How far a wait may lie from the times that it should be between."""


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
        self._answers = {
            name: {
                plain(word): (float(place if len(scale) > 2 else place - 1), scale)
                for scale in scales
                for place, words in enumerate(scale, start=1)
                for word in words
            }
            for name, scales in preset.answers.items()
        }
        self._nulls = {name: {plain(word) for word in words} for name, words in preset.nulls.items()}
        self._said: Counter[str] = Counter()
        self._unknown: dict[str, Counter[str]] = {}
        self._strange: Counter[str] = Counter()

    def row(
        self,
        raw: Mapping[str, Cell],
        implied: Mapping[str, Any] | None = None,
        beside: Mapping[str, Cell] | None = None,
    ) -> dict[str, Any]:
        """The canonical values of one row.

        Args:
            raw: canonical column -> cell, for the columns that the file has.
            implied: canonical column -> value that a header says.
            beside: plain header -> cell, for what the preset tells, derives or checks by other columns.

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
        self._tell(row, beside or {})
        self._wait(row, beside or {})
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
        if self._strange:
            kinds = listed(map(repr, self._strange))
            unknown.append(
                f"{self._strange.total()} events of a kind that the preset does not know are kept as unknown: {kinds}"
            )
        return [note.format(times) for note, times in self._said.items()] + unknown

    def _put(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if name == "email":
            self._put_address(row, cell)
            return
        if name == "person":
            said = cells.text(cell)
            row["contact_key"] = contact_key(f"{self.preset.vendor}:{said}") if said else None
            return
        if plain(cell) in self._nulls.get(name, ()):
            return
        column = self.preset.into.column(name)
        decimal = self.preset.decimal
        if column.type in {"local", "time"}:
            self._put_time(row, name, cell)
        elif column.type == "int":
            row[name] = cells.count(cell, decimal)
        elif column.unit.startswith("money"):
            row[name], said = cells.money(cell, decimal)
            if name == "refunded" and row[name] is not None:
                row[name] = abs(row[name])  # given back is given back, whichever sign the file writes
            if said and row.get("currency") is None:
                row["currency"] = said
        elif column.unit == "share":
            self._put_share(row, name, cell)
        elif name in SCALE_OF:
            self._put_score(row, name, cell)
        elif column.type == "float":
            row[name] = cells.number(cell, decimal)
        else:
            row[name] = self._said_by(column, cell) if cell is not None else row.get(name)

    def _said_by(self, column: Column, cell: Cell) -> Any:
        """A day, a yes or no, a code, ids or a text."""
        if column.type == "date":
            return None if cells.is_null(cell) else self.clock.read(cell).local.replace(hour=0, minute=0, second=0)
        if column.type == "bool":
            return _flag(cell)
        if column.unit == "ISO 4217":
            return cells.currency(cell)
        if column.name == "contact_ids":
            return ",".join(re.findall(r"[^;,\s]+", cells.text(cell) or "")) or None
        return self._word(column, cells.text(cell))

    def _put_time(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if cells.is_null(cell):
            return
        if name in self.preset.durations and (took := cells.clock(cell)) is not None:
            row[name] = took
            return
        moment = self.clock.read(cell)
        row[name] = moment.local
        row[name.replace("_local", "_at")] = moment.at if name.endswith("_local") else moment.local
        if name == "occurred_at":  # an event has its instant only: as written, on UTC's clock, where no zone is known
            row[name] = moment.at or moment.local.replace(tzinfo=UTC)
        if moment.at is None:
            self._said["no time zone is known: times stay as written; say time_zone in kit.toml"] = 1
        elif not (self.clock.in_utc or moment.has_zone):
            self._said[f"times without a zone are taken as {self.settings['time_zone']}, the time_zone of kit.toml"] = 1

    def is_score(self, name: str, cell: Cell) -> bool:
        """Whether a cell can be the value of this column: a number, or a word of one of its scales."""
        try:
            self._put({}, name, cell)
        except ValueError:
            return False
        return True

    def _put_score(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        said = cells.text(cell)
        if said is None:
            return
        low, high = SCALE_OF[name]
        if known := self._answers.get(name, {}).get(plain(said)):
            row[name], scale = known
            row[low], row[high] = (0.0, 1.0) if len(scale) == 2 else (1.0, float(len(scale)))
            return
        numbered = re.fullmatch(r"(\d+)\s*[-–—.:=(/]\s*\D.*|\D*\((\d+)\)", said)  # "4 - Satisfied", "Satisfied (4)"
        try:
            row[name] = cells.number(numbered[1] or numbered[2] if numbered else cell, self.preset.decimal)
        except ValueError:
            if name == "score":  # the point of its row, which says nothing without it
                raise
            self._unknown.setdefault(name, Counter())[said] += 1  # beside the point of the row: no reason to lose it

    def _tell(self, row: dict[str, Any], beside: Mapping[str, Cell]) -> None:
        """Values that rules tell by others; of yes and no only where the file has no column for it."""
        made: dict[str, Any] = {}
        for name, told in self.preset.told.items():
            is_flag = self.preset.into.column(name).type == "bool"
            if is_flag and row.get(name) is not None:
                continue
            word = next((rule["then"] for rule in told.rules if self._holds(rule, row, beside)), None)
            looked_at = {key for rule in told.rules for key in rule if key != "then"}
            must = not self.preset.into.column(name).nullable
            if word is None and (must or any(self._at(key, row, beside) for key in looked_at)):
                word = told.other
            if word is not None:
                made[name] = _flag(word) if is_flag else word
        row.update(made)

    def _holds(self, rule: Mapping[str, str], row: Mapping[str, Any], beside: Mapping[str, Cell]) -> bool:
        return all(
            re.search(pattern, self._at(key, row, beside), re.IGNORECASE)
            for key, pattern in rule.items()
            if key != "then"
        )

    def _at(self, key: str, row: Mapping[str, Any], beside: Mapping[str, Cell]) -> str:
        """What stands in a canonical column or under a header, made plain; empty where nothing does."""
        cell = row.get(key) if key in self.preset.into.names else beside.get(plain(key))
        return "" if cells.is_null(cell) else plain(cell)

    def _wait(self, row: dict[str, Any], beside: Mapping[str, Cell]) -> None:
        """A time that the file says only as a wait since another; a wait beside its time is compared."""
        for name, wait in self.preset.durations.items():
            header = next((one for one in wait.names if not cells.is_null(beside.get(plain(one)))), None)
            start, end = row.get(wait.since), row.get(name)
            if isinstance(end, timedelta):
                row[name] = end = None if start is None else self._after(row, wait.since, cells.duration(end, MINUTE))
                self._said[f"{name} of {{}} rows is {wait.since} plus the wait that the file says"] += 1
            if header is None or start is None:
                continue
            try:
                took = cells.duration(beside[plain(header)], MINUTE if header in wait.minutes else HOUR)
            except ValueError as error:
                if not wait.checked and end is None:
                    raise CellError(name, f"{header!r}: {error}") from error
                self._said[f"{{}} cells of {header!r} are no time to wait; the times themselves are used"] += 1
                continue
            if end is not None and abs(end - start - took) > ROUNDING:
                self._said[f"{{}} cells of {header!r} are not what the times say; the times themselves are used"] += 1
            if end is None and not wait.checked:
                row[name] = self._after(row, wait.since, took)
                self._said[f"{name} of {{}} rows is {wait.since} plus {header!r}"] += 1

    def _after(self, row: Mapping[str, Any], since: str, took: timedelta) -> datetime:
        """The wall clock so long after a time: through the instant where it is known, as clocks change."""
        at = row.get(since.replace("_local", "_at"))
        if at is None or self.clock.zone is None:
            return row[since] + took
        return (at + took).astimezone(self.clock.zone).replace(tzinfo=None)

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
        if said.count("@") > 1:
            said = next(one for one in re.split(r"[;,\s]+", said) if "@" in one)
            self._said["{} rows name several addresses; the first is taken"] += 1
        if "@" in said:
            row["email"], row["contact_key"] = normalised(said), contact_key(said)
            row["domain"] = row["email"].rpartition("@")[2] or None
        elif not self.preset.into.column("contact_key").nullable:
            raise ValueError(f"{said!r} is no address")
        else:
            self._said["{} rows name somebody without an address; they are kept as nobody's"] += 1

    def _word(self, column: Column, said: str | None) -> str | None:
        """The canonical word for what a cell says, where the preset knows any for the column."""
        known = self._values.get(column.name)
        if said is not None and column.name in LISTS:
            return _joined(said)
        if known is None or said is None:
            return said
        word = plain(said)
        if word in known:
            return known[word]
        if column.name in self.preset.aliases:
            return word
        if column.name == "event_type":
            self._strange[said] += 1
            return "unknown"
        if not column.nullable:
            raise ValueError(f"{said!r} is none of {listed(self.preset.values[column.name])}")
        self._unknown.setdefault(column.name, Counter())[said] += 1
        return None

    def _complete(self, row: dict[str, Any]) -> None:
        """What follows from the other values of the row."""
        money = [one.name for one in self.preset.into.columns if one.unit.startswith("money")]
        if any(row.get(name) is not None for name in money) and row.get("currency") is None:
            row["currency"] = self.settings["currency"] or None
            if row["currency"] is None and self.preset.into is not CAMPAIGN_STATS:
                self._said["{} rows name no currency: say currency in kit.toml"] += 1
        if "survey_type" in self.preset.into.names:
            self._complete_answer(row)

    def _complete_answer(self, row: dict[str, Any]) -> None:
        """The survey's kind by its scale, or the scale by the kind; an answer must lie on its scale."""
        if row.get("survey_type") is None:
            low, high = row.get("scale_min"), row.get("scale_max")
            row["survey_type"] = None if low is None or high is None else KINDS.get((low, high))
        if row.get("scale_max") is None:
            row["scale_min"], row["scale_max"] = SCALES.get(row.get("survey_type", ""), (row.get("scale_min"), None))
        score, low, high = row.get("score"), row.get("scale_min"), row.get("scale_max")
        if score is not None and low is not None and high is not None and not low <= score <= high:
            raise CellError("score", f"{score:g} is outside its scale, {low:g} to {high:g}")


def _flag(cell: Cell) -> bool | None:
    if isinstance(cell, bool) or cells.is_null(cell):
        return cell if isinstance(cell, bool) else None
    said = plain(cell)
    if said not in YES | NO:
        raise ValueError(f"{cell!r} is neither yes nor no")
    return said in YES


def _joined(said: str) -> str | None:
    """Names joined by commas, however a cell packs them: quoted one by one, or in braces."""
    inside = said[1:-1] if said.startswith("{") and said.endswith("}") else said
    (names,) = csv.reader([inside], skipinitialspace=True)
    return ", ".join(filter(None, map(str.strip, names))) or None


def _title(cell: Cell) -> str | None:
    """A cell as a name; the first of a month, as a workbook holds it, as the month."""
    said = cells.text(cell)
    return said.removesuffix(" 00:00:00").removesuffix("-01") if said and said.endswith("-01 00:00:00") else said
