"""Times as exports write them: ISO, numbers with the day or the month first, months by name.

Whether the day or the month comes first is said by the preset or by `day_first` in kit.toml, never
guessed: a date that could be either is an error of its own.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.text.cells import CellError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SECONDS = "%s"
"""The format of Unix time, which strptime does not know."""

WRITE_TIME = message("Write it as 2026-11-03 09:15.")
_WRITE_YEAR = message("Write a year from 1990 to 2100.")
_SAY_DAY_FIRST = message("Say day_first = true or false in kit.toml.")

YEARS = range(1990, 2101)
"""No export of e-mail is older, and a later year is a slip."""

_MONTHS = (
    ("january", "jan", "январь", "января", "янв", "ene", "enero", "janv", "jän", "gen"),
    ("february", "feb", "февраль", "февраля", "фев", "февр", "febrero", "févr", "fev"),
    ("march", "mar", "март", "марта", "мар", "marzo", "mars", "mär", "märz", "mrz"),
    ("april", "apr", "апрель", "апреля", "апр", "abr", "abril", "avr", "avril"),
    ("may", "май", "мая", "mayo", "mai", "mag"),
    ("june", "jun", "июнь", "июня", "июн", "junio", "juin", "juni", "giu"),
    ("july", "jul", "июль", "июля", "июл", "julio", "juil", "juli", "lug"),
    ("august", "aug", "август", "августа", "авг", "ago", "agosto", "août"),
    ("september", "sep", "sept", "сентябрь", "сентября", "сен", "сент", "septiembre", "set"),
    ("october", "oct", "октябрь", "октября", "окт", "octubre", "okt", "ott", "out"),
    ("november", "nov", "ноябрь", "ноября", "ноя", "нояб", "noviembre"),
    ("december", "dec", "декабрь", "декабря", "дек", "dic", "diciembre", "déc", "dez"),
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}

_CLOCK = r"(?:(?:,?\s+|T)(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d)(?:\.\d+)?)?\s*(?P<half>[ap]\.?\s?m\b\.?)?)?"
_ZONE = r"\s*(?P<zone>Z|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:?\d\d)?"
_WORD = r"(?P<name>[^\W\d_]+)\.?"
_WEEKDAY = r"(?:[^\W\d_]+\.?,\s*)?"
_YEAR = r"(?P<y>\d{4})(?:\s*г\.?)?"
_UNTIL = r"(?:\s+[-–]\s+[^\W\d_]+\s+\d{1,2},?\s+\d{4})?"  # of a period the first day counts
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"(?P<y>\d{{4}})(?P<sep>[-./])(?P<m>\d{{1,2}})(?:(?P=sep)(?P<d>\d{{1,2}}){_CLOCK}{_ZONE})?(?:/P\w+)?",
        rf"(?P<first>\d{{1,2}})(?P<sep>[-./])(?P<second>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d\d){_CLOCK}{_ZONE}",
        rf"(?P<m>\d{{1,2}})[./]{_YEAR}",
        rf"{_WORD},?[\s-]+{_YEAR}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}{_CLOCK}{_ZONE}{_UNTIL}",
        rf"{_WEEKDAY}(?P<d>\d{{1,2}})[\s-]+{_WORD},?[\s-]+{_YEAR}{_CLOCK}{_ZONE}",
        rf"(?P<d>\d{{1,2}})(?P<sep>[/-]){_WORD}(?P=sep)(?P<y>\d{{4}}|\d\d){_CLOCK}{_ZONE}",
    )
)

_OF_MONTHS = (_SHAPES[0], _SHAPES[2], _SHAPES[3])
"""Of the shapes those that may name a month without a day."""


def month(cell: str) -> tuple[int, int] | None:
    """The year and month of a cell that names no day: 2026-07, 07.2026, July 2026; None for any other."""
    text = " ".join(cell.split())
    for shape in _OF_MONTHS:
        if (match := shape.fullmatch(text)) and not (parts := match.groupdict()).get("d"):
            number = _MONTH.get(parts["name"].lower(), 0) if parts.get("name") else int(parts["m"])
            return (int(parts["y"]), number) if 1 <= number <= 12 and int(parts["y"]) in YEARS else None
    return None


class AmbiguousDayError(CellError):
    """A date that reads both ways, while nobody has said which part is the day: the whole file waits for that."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a wall clock (the firm's, or as written where no zone is known) and as an instant.

    Attributes:
        local: the wall clock.
        at: the instant in UTC; None where no zone is known.
        has_zone: whether the time itself says its zone.
    """

    local: datetime
    at: datetime | None
    has_zone: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of one file are meant.

    Attributes:
        zone: the firm's zone; None where it is not known.
        in_utc: times without an offset are UTC; else they are the firm's.
        day_first: the order of numeric dates; None: not said.
        formats: the file's own formats, as of strptime; beside them only ISO is read.
    """

    zone: ZoneInfo | None
    in_utc: bool = False
    day_first: bool | None = None
    formats: tuple[str, ...] = ()

    def read(self, cell: object) -> Moment:
        """The moment that a cell names.

        Raises:
            AmbiguousDayError: the day cannot be told from the month.
            CellError: it is no time.
        """
        when = self._parse(cell)
        if when.year not in YEARS:
            raise CellError(message("{cell} is no time of an export", cell=_shown(cell)), _WRITE_YEAR)
        if when.tzinfo is None and not self.in_utc:
            return Moment(when, when.replace(tzinfo=self.zone).astimezone(UTC) if self.zone else None)
        at = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        local = (at.astimezone(self.zone) if self.zone else when).replace(tzinfo=None)
        return Moment(local, at, when.tzinfo is not None)

    def _parse(self, cell: object) -> datetime:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day)
        if isinstance(cell, str):
            text = " ".join(cell.split())
            for layout in self.formats:
                with suppress(ValueError, OverflowError, OSError):
                    if layout == SECONDS:
                        return datetime.fromtimestamp(float(text), UTC)
                    return datetime.strptime(text, layout)
            for shape in _SHAPES[:1] if self.formats else _SHAPES:
                if match := shape.fullmatch(text):
                    return self._built(match.groupdict(), cell)
        raise _no_time(cell)

    def _built(self, part: dict[str, str | None], cell: str) -> datetime:
        day, month = int(part.get("d") or 1), int(part.get("m") or 0)
        if name := part.get("name"):
            month = _MONTH.get(name.lower(), 0)
        if first := part.get("first"):
            day, month = self._ordered(int(first), int(part["second"] or 0), cell)
        year_digits = part["y"] or ""
        year = int(year_digits) + 2000 * (len(year_digits) == 2)
        hour, minute, second = (int(part.get(key) or 0) for key in ("h", "min", "s"))
        if half := part.get("half"):
            hour = hour % 12 + 12 * half.lower().startswith("p")
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=_offset(part.get("zone")))
        except ValueError as error:
            raise _no_time(cell) from error

    def _ordered(self, first: int, second: int, cell: str) -> tuple[int, int]:
        if self.day_first is None:
            if first <= 12 and second <= 12 and first != second:
                raise AmbiguousDayError(message("{cell} reads as two dates", cell=_shown(cell)), _SAY_DAY_FIRST)
            return (first, second) if first > 12 or first == second else (second, first)
        return (first, second) if self.day_first else (second, first)


def _offset(zone: str | None) -> tzinfo | None:
    if not zone:
        return None
    parts = re.fullmatch(r"\D*([+-])(\d\d?):?(\d\d)?", zone)
    if parts is None:
        return UTC
    offset = timedelta(hours=int(parts[2]), minutes=int(parts[3] or 0))
    return timezone(-offset if parts[1] == "-" else offset)


def _no_time(cell: object) -> CellError:
    return CellError(message("{cell} is no time", cell=_shown(cell)), WRITE_TIME)


def _shown(cell: object) -> str:
    return repr(cell if isinstance(cell, str) else str(cell))
