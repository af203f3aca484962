"""Cells to canonical values, a row at a time: each by the type and unit that its column declares, then all together."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from kit.messages import Text, message, message_n
from kit.privacy import quotable
from kit.sources.detect import words as words_of
from kit.sources.detect.headers import listed, plain
from kit.sources.frames import PERSON
from kit.sources.tabular.columns import Columns, Place
from kit.sources.tabular.derived import UNSETTLED, Derived, flag
from kit.sources.tabular.notes import NOTES
from kit.sources.text import cells, times
from kit.sources.text.addresses import contact_key, member_key, normalised, with_signs
from kit.sources.text.cells import AmbiguousMarkError, CellError
from kit.sources.text.times import AmbiguousDayError, Clock
from kit.tables import CAMPAIGN_STATS, LINK_STATS, WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset
    from kit.sources.detect.words import Unit
    from kit.sources.text.cells import Cell, Decimal
    from kit.sources.text.times import Moment
    from kit.tables import Column

FREE_TEXT = ("subject", "campaign_name", "deal_name")
"""Columns in which a word that says "no value" elsewhere may be the value itself: a mail with the subject None."""

LISTS = ("tags", "segment")
"""Columns of several names in one cell."""

COUNTED = frozenset({CAMPAIGN_STATS.name, LINK_STATS.name, WEB.name})
"""Tables of many counts a row; a row of any other table is one thing, and wrong where a part of it is."""

CUSTOMERS = ("customer_id", "account_id")
"""Columns of ids that tell the person, where no address is there, as `person` does in orders."""

SCALE_OF = {"score": ("scale_min", "scale_max"), "csat": ("csat_min", "csat_max")}
"""Where the scale of a score stands."""

HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}
"""How many hours a unit of time is."""

NOBODY = frozenset({"0", "guest", "guests", "anonymous", "unknown", "none", "гость", "аноним"})
"""What stands in place of the id of a customer who has none."""


class Conformer:
    """Makes canonical rows for one file and counts what has to be said about it.

    Args:
        preset: how the file is meant.
        settings: the folder's, for zone, order of dates and currency.
        units: canonical column -> the unit that its header names.
        columns: the cells of the file, for what no cell tells alone.

    Attributes:
        unread: the counts of the last row that could not be read: canonical column -> why.
    """

    def __init__(
        self,
        preset: Preset,
        settings: Settings,
        units: Mapping[str, Unit] | None = None,
        columns: Columns | None = None,
    ) -> None:
        self.preset = preset
        self.units = units or {}
        self.settings = settings
        self.clock = Clock(zone=settings.zone, in_utc=preset.times.zone == "utc", formats=preset.times.formats)
        self._columns = columns or Columns(preset.into)
        self._clocks: dict[str, Clock] = {}
        self._cut: dict[str, dict[Cell, int]] = {}
        self._decimals: dict[str, tuple[Decimal, Place] | None] = {}
        self._values = {
            name: {plain(word): value for value, spellings in words.items() for word in (value, *spellings)}
            for name, words in {**preset.values, **preset.aliases}.items()
        }
        self._answers = {
            name: {
                plain(word): (float(place if len(scale) > 2 else place - 1), scale)
                for scale in scales
                for place, spellings in enumerate(scale, start=1)
                for word in spellings
            }
            for name, scales in preset.answers.items()
        }
        self._nulls = {name: {plain(word) for word in spellings} for name, spellings in preset.nulls.items()}
        self._notes: Counter[tuple[str, ...]] = Counter()
        self._derived = Derived(preset, settings, self.clock, self._notes)
        self._unknown: dict[str, Counter[str]] = {}
        self._strange: Counter[str] = Counter()
        self.unread: dict[str, CellError] = {}

    def row(
        self,
        raw: Mapping[str, Cell],
        implied: Mapping[str, Any] | None = None,
        beside: Mapping[str, Cell] | None = None,
    ) -> dict[str, Any]:
        """The canonical values of one row.

        A row of counts is right without one of them: a count that cannot be read stays empty and is in `unread`. Any
        other cell that cannot be read is the whole row's fault, as is the last count.

        Args:
            raw: canonical column -> cell, for the columns that the file has.
            implied: canonical column -> value that a header says.
            beside: plain header -> cell, for what the preset tells, derives or checks by other columns.

        Raises:
            CellError: a cell that cannot be read, or an empty one that may not be.
            AmbiguousDayError: a date whose day cannot be told from its month.
        """
        row: dict[str, Any] = {**self.preset.constants, **(implied or {})}
        unread: dict[str, CellError] = {}
        for name, cell in raw.items():
            try:
                self._put(row, name, cell)
            except CellError as error:
                error.column = name
                if isinstance(error, AmbiguousDayError) or not self._is_count(name):
                    raise
                unread[name] = error
        if unread and not any(self._is_count(name) for name, value in row.items() if value is not None):
            raise next(iter(unread.values()))
        self.unread = unread
        for name in CUSTOMERS:
            self._put_person(row, row.get(name))
        self._in_units(row)
        self._derived.complete(row, raw, beside or {})
        for column in self.preset.into.columns[2:]:  # all but the origin, which the reader adds
            if not column.nullable and row.get(column.name) is None:
                name = "email" if column.name == "contact_key" else column.name
                raise CellError(message("it is empty, but every row needs it"), message("Fill it in."), name)
        return row

    def notes(self) -> list[Text]:
        """What has to be said about the values of the file."""
        named = self._columns.named
        notes: list[Text] = [NOTES[kind](n, *map(named, about)) for (kind, *about), n in self._notes.items()]
        for column, values in self._unknown.items():
            n, name = values.total(), self._columns.named(column)
            shown = listed(repr(word) if times > 1 else quotable(repr(word)) for word, times in values.items())
            notes.append(
                message_n(
                    "{name}: {n} value unknown to the kit was left empty: {values}",
                    "{name}: {n} values unknown to the kit were left empty: {values}",
                    n, n=str(n), name=name, values=shown,
                )
            )  # fmt: skip
        if self._strange:
            n, shown = self._strange.total(), listed(map(repr, self._strange))
            notes.append(
                message_n(
                    "{n} event of a kind unknown to the preset is kept as unknown: {kinds}",
                    "{n} events of a kind unknown to the preset are kept as unknown: {kinds}",
                    n, n=str(n), kinds=shown,
                )
            )  # fmt: skip
        return notes

    def _is_count(self, name: str) -> bool:
        """Whether a column is one of the counts of its table."""
        table = self.preset.into
        return table.name in COUNTED and name in table.names and table.column(name).type in {"int", "float"}

    def _put(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if name == "email":
            self._put_address(row, cell)
            return
        if name == "person":
            self._put_person(row, cell)
            return
        if (nulls := self._nulls.get(name)) and plain(cell) in nulls:
            return
        column = self.preset.into.column(name)
        if column.type in {"local", "time"}:
            self._put_time(row, name, cell)
        elif column.type == "int":
            row[name] = self._numeric(cells.count, name, cell)
        elif column.unit.startswith("money"):
            row[name], currency = self._numeric(cells.money, name, cell)
            if name == "refunded" and row[name] is not None:
                row[name] = abs(row[name])  # given back is given back, whichever sign the file writes
            if currency and row.get("currency") is None:
                row["currency"] = currency
        elif column.unit == "share":
            self._put_share(row, name, cell)
        elif name in SCALE_OF:
            self._put_score(row, name, cell)
        elif column.type == "float":
            row[name] = self._numeric(cells.number, name, cell)
        else:
            row[name] = self._text_value(column, cell) if cell is not None else row.get(name)

    def _text_value(self, column: Column, cell: Cell) -> Any:
        """A day, a yes or no, a code, ids or a text."""
        if column.type == "date":
            return (
                None
                if cells.is_null(cell)
                else self.moment(column.name, cell).local.replace(hour=0, minute=0, second=0, microsecond=0)
            )
        if column.type == "bool":
            return flag(cell)
        if column.unit == "ISO 4217":
            return cells.currency(cell)
        if column.name == "contact_ids":
            return ",".join(re.findall(r"[^;,\s]+", cells.text(cell) or "")) or None
        return self._word(column, self._text(column.name, cell))

    def _text(self, name: str, cell: Cell) -> str | None:
        """A text; None where the cell says that there is none, or an id has lost digits."""
        if name.endswith("_id") and self._is_cut(name, cell):
            return None
        if name in FREE_TEXT and self._is_word(name, cell):
            return " ".join(str(cell).split())
        text = cells.text(cell)
        if name == "message_id":  # the brackets of a Message-ID are no part of it
            return (text or "").removeprefix("<").removesuffix(">") or None
        return text

    def _is_cut(self, name: str, cell: Cell) -> bool:
        """Whether an id has lost digits in a spreadsheet."""
        if name not in self._cut:
            self._cut[name] = self._columns.cut_ids(name)
        if cell not in (cut := self._cut[name]):
            return False
        first, line = next(iter(cut.items()))
        self._notes["cut_ids", name, repr(str(first)), str(line)] += 1
        return True

    def _is_word(self, name: str, cell: Cell) -> bool:
        """Whether a cell of letters that would say "no value" stands there once: then it is what somebody wrote."""
        is_word = isinstance(cell, str) and cells.is_null(cell) and any(map(str.isalpha, cell))
        return is_word and self._columns.comes_once(name, cell)

    def _put_time(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        if cells.is_null(cell):
            return
        if name in self.preset.durations and (took := cells.clock(cell)) is not None:
            row[name] = took
            return
        moment = self.moment(name, cell)
        row[name] = moment.local
        row[name.replace("_local", "_at")] = moment.at if name.endswith("_local") else moment.local
        if name == "occurred_at":  # an event has its instant only: as written, on UTC's clock, where no zone is known
            row[name] = moment.at or moment.local.replace(tzinfo=UTC)
        if moment.at is None:
            self._notes["no_zone",] = 1
        elif not (self.clock.in_utc or moment.has_zone):
            self._notes["zone", self.settings["time_zone"]] = 1

    def _in_units(self, row: dict[str, Any]) -> None:
        """Amounts and hours by what their headers say, like thousands of roubles.

        A row's currency is the one that the header of its amount names; what is in another one is left out.
        """
        for name, unit in self.units.items():
            if row.get(name) is not None:
                row[name] *= HOURS.get(unit.kind, unit.multiple)
        priced = [name for name in self.units if self.preset.into.column(name).unit.startswith("money")]
        amounts = [column.name for column in self.preset.into.columns if column.unit.startswith("money")]
        main = next((name for name in amounts if row.get(name) is not None), None)
        if main in priced and self.units[main].currency:
            row["currency"] = self.units[main].currency
        known = row.get("currency") or self.settings["currency"]
        for name in priced:
            other = self.units[name].currency
            if name != main and other and other != known and row.get(name) is not None:
                row[name] = None
                self._notes["other_currency", name, other] += 1

    def moment(self, name: str, cell: Cell) -> Moment:
        """The moment that a cell of a column names, read in the order of day and month that the column has.

        Raises:
            AmbiguousDayError: nothing tells the order, or the column contradicts itself.
            CellError: it is no time.
        """
        try:
            moment = self._clocks.get(name, self.clock).read(cell)
        except AmbiguousDayError as error:
            self._clocks[name] = replace(self.clock, day_first=self._day_first(name, cell, error))
            moment = self._clocks[name].read(cell)
        if moment.last is not None:
            self._notes["span", name] += 1
        return moment

    def _day_first(self, name: str, cell: Cell, error: AmbiguousDayError) -> bool:
        """The order of a column: by its cells, the platform's habit, points between the parts, or kit.toml."""
        try:
            decided = self._columns.day_first(name)
        except AmbiguousDayError:
            if self.settings["day_first"] is None:
                raise
            return self.settings["day_first"]
        if decided:
            order, place = decided
            self._notes["day_order", "day" if order else "month", repr(place.cell), str(place.line)] = 1
            return order
        if self.preset.times.day_first is not None:
            return self.preset.times.day_first
        if times.dotted(cell):
            self._notes["dotted",] = 1
            return True
        if self.settings["day_first"] is None:
            raise error
        return self.settings["day_first"]

    def _numeric(self, read: Callable[[Cell, Decimal], Any], name: str, cell: Cell) -> Any:
        """A number, read by the decimal mark that its column has where the cell reads both ways."""
        try:
            return read(cell, self.preset.decimal)
        except AmbiguousMarkError:
            mark = self._decimal(name, cell)
            if mark == "auto":
                raise
            return read(cell, mark)

    def amount(self, name: str, cell: Cell) -> float | None:
        """The number in a cell of counts or amounts; None where it is none. A mean of counts may have decimals."""
        is_money = self.preset.into.column(name).unit == "money"
        for read in (cells.money if is_money else cells.count, cells.number):
            try:
                number = self._numeric(read, name, cell)
            except CellError:
                continue
            return number[0] if isinstance(number, tuple) else number
        return None

    def _decimal(self, name: str, cell: Cell) -> Decimal:
        """The mark of a column, by its cells; else a comma in money parts thousands, for money has two decimals."""
        if name not in self._decimals:
            self._decimals[name] = self._columns.decimal(name)
        if decided := self._decimals[name]:
            mark, place = decided
            self._notes["decimal", mark, repr(place.cell), str(place.line)] = 1
            return mark
        beside = cells.decimal_mark_beside(cell)
        if beside != "point" or self.preset.into.column(name).unit != "money":
            return "auto"
        self._notes["thousands", name] += 1
        return beside

    def is_score(self, name: str, cell: Cell) -> bool:
        """Whether a cell can be the value of this column: a number, or a word of one of its scales."""
        try:
            self._put({}, name, cell)
        except CellError:
            return False
        return True

    def _put_score(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        text = cells.text(cell)
        if text is None:
            return
        low, high = SCALE_OF[name]
        if answer := self._answers.get(name, {}).get(plain(text)):
            row[name], scale = answer
            row[low], row[high] = (0.0, 1.0) if len(scale) == 2 else (1.0, float(len(scale)))
            return
        numbered = re.fullmatch(r"(\d+)\s*[-–—.:=(/]\s*\D.*|\D*\((\d+)\)", text)  # "4 - Satisfied", "Satisfied (4)"
        try:
            row[name] = cells.number(numbered[1] or numbered[2] if numbered else cell, self.preset.decimal)
        except CellError:
            if name == "score":  # the point of its row, which says nothing without it
                raise
            self._unknown.setdefault(name, Counter())[text] += 1  # beside the point of the row: no reason to lose it

    def _put_share(self, row: dict[str, Any], name: str, cell: Cell) -> None:
        try:
            value, certain = cells.share(cell, self.preset.decimal)
        except CellError:  # a reported rate is only ever compared with the counts: no reason to lose the row
            self._notes["unread_rates",] += 1
            return
        row[name if certain else name + UNSETTLED] = value

    def _put_person(self, row: dict[str, Any], cell: Cell) -> None:
        """The key by an id or a user name, which gives way to that of an address."""
        person = cells.text(cell)
        if person is None or self._is_cut("person", cell) or person.casefold() in NOBODY or re.search(r"\s", person):
            return  # a name with a blank in it is one that two people can have
        if "@" in person:
            self._put_address(row, cell)
            return
        row[PERSON] = member_key(self.preset.vendor, person)
        row.setdefault("contact_key", row[PERSON])

    def _put_address(self, row: dict[str, Any], cell: Cell) -> None:
        text = cells.text(cell)
        if text is None:
            return
        text = with_signs(text)
        if text.count("@") > 1:
            text = next(part for part in re.split(r"[;,\s]+", text) if "@" in part)
            self._notes["several_addresses",] += 1
        if "@" in text:
            row["email"], row["contact_key"] = normalised(text), contact_key(text)
            row["domain"] = row["email"].rpartition("@")[2] or None
        elif not self.preset.into.column("contact_key").nullable:
            raise CellError(
                message("{cell} is not a web address", cell=repr(text)), message("Write it like name@example.com.")
            )
        else:
            self._notes["no_address",] += 1

    def _word(self, column: Column, text: str | None) -> str | None:
        """The canonical word for what a cell says, where the preset knows any for the column."""
        words = self._values.get(column.name)
        if text is not None and column.name in LISTS:
            return _joined(text)
        if words is None or text is None:
            return text
        plain_text = plain(text)
        if plain_text in words:
            return words[plain_text]
        if column.name in self.preset.aliases:
            if column.name == "action" and words_of.is_of_mail(text):
                reason = message("{cell} is an event of an e-mail log, not an action of a customer", cell=repr(text))
                raise CellError(reason, message("Map the file as an event log: table: events (kit map)."), "action")
            return plain_text
        if column.name == "event_type":
            self._strange[text] += 1
            return "unknown"
        if not column.nullable:
            words = listed(self.preset.values[column.name])
            hint = message("Write one of these, or state what it means in a mapping (kit map).")
            raise CellError(message("{cell} is not one of {words}", cell=repr(text), words=words), hint)
        self._unknown.setdefault(column.name, Counter())[text] += 1
        return None


def _joined(text: str) -> str | None:
    """Names joined by commas, however a cell packs them: quoted one by one, or in braces."""
    inside = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    (names,) = csv.reader([inside], skipinitialspace=True)
    return ", ".join(filter(None, map(str.strip, names))) or None
