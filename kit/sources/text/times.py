"""Times as exports write them: ISO, numbers with the day or the month first, months by name, weeks, spans, counters.

A date that could be either is an error of its own: its column, the preset or `day_first` in kit.toml decides whether
the day or the month comes first, never a guess.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.text.cells import CellError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

SECONDS = "%s"
"""The format of Unix time, which strptime does not know."""

WRITE_TIME = message("Write it as 2026-11-03 09:15.")
_WRITE_YEAR = message("Write a year from 1990 to 2100.")
SAY_DAY_FIRST = message("Set day_first = true or false in kit.toml.")

YEARS = range(1990, 2101)
"""No export of e-mail is older, and a later year is a slip."""

_MONTHS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro январь января янв styczeń stycznia",
    "february feb februar février févr febrero febbraio fevereiro fev февраль февраля фев февр luty lutego februari",
    "march mar märz mär mrz mars marzo março март марта мар marzec marca maart mrt",
    "april apr avril avr abril abr aprile апрель апреля апр kwiecień kwietnia",
    "may mai mayo maggio mag maio май мая maj maja mei",
    "june jun juni juin junio giugno giu junho июнь июня июн czerwiec czerwca",
    "july jul juli juillet juil julio luglio lug julho июль июля июл lipiec lipca",
    "august aug août agosto ago август августа авг sierpień sierpnia augustus",
    "september sep sept septembre septiembre settembre set setembro сентябрь сентября сен сент wrzesień września",
    "october oct oktober okt octobre octubre ottobre ott outubro out октябрь октября окт październik października",
    "november nov novembre noviembre novembro ноябрь ноября ноя нояб listopad listopada",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro декабрь декабря дек grudzień grudnia",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}

_CLOCK = (
    r"(?:(?:,?\s+(?:(?:at|um|à|kl\.?|в)\s+)?|T)(?P<h>\d{1,2})"
    r"(?:(?:\s?h\s?|[:.])(?P<min>\d\d)(?:[:.](?P<s>\d\d)(?:[.,]\d+)?)?)?(?:\s*(?P<half>[ap]\.?\s?m\b\.?)|\s+Uhr|\s?h)?)?"
)
_NAMED_ZONES = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
}
"""Hours from UTC of zones by name: those of RFC 5322, and of Europe those that no other country calls so."""

_ZONE = (
    rf"\s*(?P<zone>Z|(?:UTC|GMT)?\s?[+-]\d{{1,2}}(?::?\d\d)?|UTC|GMT|{'|'.join(_NAMED_ZONES)})?"
    r"(?:\s*\([^()]*\))?"
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<h>\d{1,2}):?(?P<min>\d\d)?")
_CHINESE_CLOCK = r"(?:\s*(?P<half>上午|下午)?\s*(?P<h>\d{1,2})[:：时](?P<min>\d\d)(?:[:：分](?P<s>\d\d)?秒?)?)?"
_WORD = r"(?P<name>[^\W\d_]+)\.?"
_WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"
_OF = r"(?:\s+(?:de|of))?"
_SHORT_YEAR = r"(?P<y>\d{4}|\d\d)(?:\s*г\.?)?"
_YEAR = r"(?P<y>\d{4})(?:\s*г\.?)?"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"(?P<y>\d{{4}})(?P<sep>[-./])(?P<m>\d{{1,2}})(?:(?P=sep)(?P<d>\d{{1,2}}){_CLOCK}{_ZONE})?(?:/P\w+)?",
        rf"{_WEEKDAY}(?P<first>\d{{1,2}})(?P<sep>[-./])(?P<second>\d{{1,2}})(?P=sep){_SHORT_YEAR}{_CLOCK}{_ZONE}",
        rf"(?P<m>\d{{1,2}})[./]{_YEAR}",
        rf"{_WORD},?{_OF}[\s-]+{_YEAR}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}{_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?{_OF}[\s-]+{_WORD},?{_OF}[\s-]+{_YEAR}{_CLOCK}{_ZONE}",
        rf"(?P<d>\d{{1,2}})(?P<sep>[/-]){_WORD}(?P=sep){_SHORT_YEAR}{_CLOCK}{_ZONE}",
        rf"(?P<y>\d{{4}})\s*年\s*(?P<m>\d{{1,2}})\s*月(?:\s*(?P<d>\d{{1,2}})\s*[日号]{_CHINESE_CLOCK})?",
    )
)

_OF_MONTHS = (_SHAPES[0], _SHAPES[2], _SHAPES[3], _SHAPES[-1])
"""Of the shapes those that may name a month without a day."""


def month(cell: str) -> tuple[int, int] | None:
    """The year and month of a cell that names no day: 2026-07, 07.2026, July 2026; None for any other."""
    text = " ".join(cell.split())
    for shape in _OF_MONTHS:
        if (match := shape.fullmatch(text)) and not (parts := match.groupdict()).get("d"):
            number = _MONTH.get(parts["name"].lower(), 0) if parts.get("name") else int(parts["m"])
            return (int(parts["y"]), number) if 1 <= number <= 12 and int(parts["y"]) in YEARS else None
    return None


_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})([-./])(\d{1,2})\2(?:\d{4}|\d\d)(?!\d)")
_WEEK_WORD = r"(?:calendar week|kalenderwoche|KW|CW|week|wk|W|woche|semaine|semana|sem|settimana|неделя|нед)"
_WEEKS = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"(?P<y>\d{4})[\s-]?W(?P<w>\d{1,2})(?:-?(?P<d>[1-7]))?",
        rf"{_WEEK_WORD}\.?\s*(?P<w>\d{{1,2}})[\s,/-]+(?:(?:of|de)\s+)?(?P<y>\d{{4}})",
        rf"(?P<y>\d{{4}})[\s,/-]+{_WEEK_WORD}\.?\s*(?P<w>\d{{1,2}})",
        rf"(?P<w>\d{{1,2}})[-.]?(?:я|th|st|nd|rd)?\s*{_WEEK_WORD}\.?,?\s+(?P<y>\d{{4}})(?:\s*г\.?)?",
        r"(?P<y>\d{4})年?\s*第\s*(?P<w>\d{1,2})\s*周",
    )
)
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}
_QUARTER_WORD = r"(?:quarter|quartal|квартал|кв|trimestre|季度)\.?"
_QUARTERS = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"[QT](?P<q>[1-4])(?:[\s,/'-]*(?P<y>\d{4}))?",
        r"(?P<y>\d{4})[\s,/-]*[QT](?P<q>[1-4])",
        rf"(?P<q>[1-4]|I{{1,3}}|IV)[-.]?(?:й|st|nd|rd|th|er|º)?\s*{_QUARTER_WORD}(?:,?\s*(?:de\s+)?(?P<y>\d{{4}})(?:\s*г\.?)?)?",
        r"(?P<y>\d{4})年?\s*第?\s*(?P<q>[1-4])\s*季度",
    )
)
_WEEK_ALONE = re.compile(
    rf"{_WEEK_WORD}\.?\s*\d{{1,2}}|\d{{1,2}}[-.]?(?:я)?\s+{_WEEK_WORD}|第?\s*\d{{1,2}}\s*周", re.IGNORECASE
)
_COUNTER = re.compile(r"\d{5,16}(?:[.,]\d+)?")
_CALENDAR = {6: "%Y%m", 8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
"""A time of digits alone, by their number."""

_SPREADSHEET = datetime(1899, 12, 30)
"""The day 0 of spreadsheets."""

_SERIAL = range(32_874, 73_416)
"""The days of 1990 to 2100, counted from there."""

_UNIX = range(631_152_000, 4_133_980_800)
"""The seconds of 1990 to 2100 in Unix time; a thousand times as many are milliseconds."""

_TO = r"\s*(?:–|—|\.{2,3}|-|\bto\b|\buntil\b|\bbis\b|\bau\b|\bпо\b|/)\s*"
_BETWEEN = re.compile(_TO, re.IGNORECASE)
_FROM = re.compile(r"(?:from|von|vom|du|с)\s+", re.IGNORECASE)
_SPANS = tuple(
    (re.compile(shape, re.IGNORECASE), first, last)
    for shape, first, last in (
        (rf"{_WORD}\s+(\d{{1,2}}){_TO}(\d{{1,2}}),?\s+(\d{{4}})", r"\g<name> \2, \4", r"\g<name> \3, \4"),
        (rf"{_WORD}\s+(\d{{1,2}}){_TO}(\w+)\s+(\d{{1,2}}),?\s+(\d{{4}})", r"\g<name> \2, \5", r"\3 \4, \5"),
        (rf"(\d{{1,2}})\.?{_TO}(\d{{1,2}})\.?\s+{_WORD}\s+(\d{{4}})", r"\1 \g<name> \4", r"\2 \g<name> \4"),
        (rf"(\d{{1,2}})\.?\s+(\w+){_TO}(\d{{1,2}})\.?\s+{_WORD}\s+(\d{{4}})", r"\1 \2 \5", r"\3 \g<name> \5"),
        (
            rf"(\d{{1,2}})([./])(\d{{1,2}})\.?{_TO}(\d{{1,2}})\2(\d{{1,2}})\2(\d{{4}}|\d\d)",
            r"\1\2\3\2\6",
            r"\4\2\5\2\6",
        ),
        (rf"(\d{{1,2}})\.?{_TO}(\d{{1,2}})([./])(\d{{1,2}})\3(\d{{4}}|\d\d)", r"\1\3\4\3\5", r"\2\3\4\3\5"),
    )
)
"""Spans of days that say month or year once: how their first and last day are written in full."""

LONGEST_SPAN = timedelta(days=366)
"""A longer time from one day to another is no row of a report."""


def is_month(text: str) -> bool:
    """Whether a text is the name of a month, with its year or without."""
    return month(text) is not None or text.strip().strip(".").lower() in _MONTH


def is_week(text: str) -> bool:
    """Whether a text is a week by its number, with its year or without."""
    return _week(" ".join(text.split())) is not None or bool(_WEEK_ALONE.fullmatch(text.strip()))


def has_year(text: str) -> bool:
    """Whether the name of a month or week says its year."""
    return month(text) is not None or _week(" ".join(text.split())) is not None


Days = tuple[date, date]
"""The first and the last day of a month, week, quarter or span."""

EVER = (date.min, date.max)
"""The days of a month, week or quarter that does not say its year: they may be any."""

LONGEST_MONTH = 31
"""Days."""


def days(text: str) -> Days | None:
    """The days that a name stands for, where it is that of a month, week, quarter or span of days alone."""
    name = " ".join(text.split())
    if begins := month(name):
        return _until(datetime(*begins, 1), months=1)
    if monday := _week(name):
        return monday.date(), monday.date() + timedelta(days=6)
    if quarter := next(filter(None, (shape.fullmatch(name) for shape in _QUARTERS)), None):
        part = quarter.groupdict()
        number = _ROMAN.get((part["q"] or "").upper()) or int(part["q"])
        return _until(datetime(int(part["y"]), 3 * number - 2, 1), months=3) if part.get("y") else EVER
    if is_month(name) or is_week(name):
        return EVER
    with suppress(CellError):
        moment = Clock(zone=None, day_first=dotted(name) or None).read(name)
        return (moment.local.date(), moment.last.date()) if moment.last else None
    return None


def _until(begins: datetime, months: int) -> Days:
    """The days from the first of a month to the end of the last one."""
    after = begins.month - 1 + months
    ends = datetime(begins.year + after // 12, after % 12 + 1, 1)
    return begins.date(), (ends - timedelta(days=1)).date()


class AmbiguousDayError(CellError):
    """A date that reads both ways, while nobody has said which part is the day: the whole file waits for that."""


def day_first(cell: object) -> bool | None:
    """Whether the numeric dates of a cell have the day first, where one of them can be read in one way only."""
    for first, _, second in _NUMERIC.findall(cell) if isinstance(cell, str) else ():
        if (int(first) > 12) != (int(second) > 12):
            return int(first) > 12
    return None


def dotted(cell: object) -> bool:
    """Whether a cell writes a date with points, which nobody does with the month first."""
    return isinstance(cell, str) and any(mark == "." for _, mark, _ in _NUMERIC.findall(cell))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a wall clock (the firm's, or as written where no zone is known) and as an instant.

    Attributes:
        local: the wall clock.
        at: the instant in UTC; None where no zone is known.
        has_zone: whether the time itself says its zone.
        last: of a span of days, the last one; the moment is its first.
    """

    local: datetime
    at: datetime | None
    has_zone: bool = field(default=False, compare=False)
    last: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of one file are meant.

    Attributes:
        zone: the firm's zone; None where it is not known.
        in_utc: times without an offset are UTC; else they are the firm's.
        day_first: the order of numeric dates that can be read both ways; None: not said.
        formats: the file's own formats, as of strptime; they come first.
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
        when, last = self._parse(cell)
        if when.year not in YEARS:
            raise CellError(message("{cell} is not a possible time for an export", cell=_shown(cell)), _WRITE_YEAR)
        if when.tzinfo is None and not self.in_utc:
            at = when.replace(tzinfo=self.zone).astimezone(UTC) if self.zone else None
            return Moment(when, at, last=last)
        at = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        local = (at.astimezone(self.zone) if self.zone else when).replace(tzinfo=None)
        return Moment(local, at, when.tzinfo is not None, last)

    def _parse(self, cell: object) -> tuple[datetime, datetime | None]:
        """The time, and of a span of days the last one."""
        if isinstance(cell, datetime):
            return cell, None
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day), None
        text = " ".join(cell.split()) if isinstance(cell, str) else str(cell)
        for layout in self.formats:
            with suppress(ValueError, OverflowError, OSError):
                if layout == SECONDS:
                    return datetime.fromtimestamp(float(text), UTC), None
                return datetime.strptime(text, layout), None
        if when := self._shaped(text) or _week(text) or _counted(text):
            return when, None
        for first, last in _ends(text):
            begin, end = self._shaped(first), self._shaped(last)
            if begin and end and begin.month > end.month and first not in text:  # over the turn of the year
                begin = begin.replace(year=begin.year - 1)
            if begin and end and timedelta(0) <= end - begin <= LONGEST_SPAN:
                return begin, end
        raise _no_time(cell)

    def _shaped(self, text: str) -> datetime | None:
        """The time that a text has the shape of, or None."""
        for shape in _SHAPES:
            if match := shape.fullmatch(text):
                return self._built(match.groupdict(), text)
        return None

    def _built(self, part: dict[str, str | None], cell: str) -> datetime | None:
        day, month = int(part.get("d") or 1), int(part.get("m") or 0)
        if name := part.get("name"):
            month = _MONTH.get(name.lower(), 0)
        if first := part.get("first"):
            day, month = self._ordered(int(first), int(part["second"] or 0), cell)
        year_digits = part["y"] or ""
        year = int(year_digits) + 2000 * (len(year_digits) == 2)
        hour, minute, second = (int(part.get(key) or 0) for key in ("h", "min", "s"))
        if half := part.get("half"):
            hour = hour % 12 + 12 * half.lower().startswith(("p", "下"))
        elif part.get("h") and not part.get("min"):
            return None
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=_offset(part.get("zone")))
        except ValueError:
            return None

    def _ordered(self, first: int, second: int, cell: str) -> tuple[int, int]:
        if first > 12 or second > 12 or first == second:
            return (first, second) if first > 12 else (second, first)
        if self.day_first is None:
            raise AmbiguousDayError(
                message("{cell} can be read as two different dates", cell=_shown(cell)), SAY_DAY_FIRST
            )
        return (first, second) if self.day_first else (second, first)


def _week(text: str) -> datetime | None:
    """The Monday of a week, or the day of it that is named."""
    for shape in _WEEKS:
        if match := shape.fullmatch(text):
            part = match.groupdict()
            with suppress(ValueError):
                return datetime.fromisocalendar(int(part["y"]), int(part["w"]), int(part.get("d") or 1))
    return None


def _counted(text: str) -> datetime | None:
    """A time of digits alone: days of a spreadsheet, Unix time, or year, month and day without marks."""
    if not _COUNTER.fullmatch(text):
        return None
    number = float(text.replace(",", "."))
    if int(number) in _SERIAL:
        return _SPREADSHEET + timedelta(seconds=round(number * 86_400))
    for per_second in (1, 1_000, 1_000_000):
        if int(number / per_second) in _UNIX:
            return datetime.fromtimestamp(number / per_second, UTC)
    with suppress(ValueError, KeyError):
        return datetime.strptime(text, _CALENDAR[len(text)])
    return None


def _ends(text: str) -> Iterator[tuple[str, str]]:
    """What may be the first and the last day of a span, each written in full."""
    span = _FROM.sub("", text, count=1) if _FROM.match(text) else text
    for shape, first, last in _SPANS:
        if match := shape.fullmatch(span):
            yield match.expand(first), match.expand(last)
    for between in _BETWEEN.finditer(span):
        yield span[: between.start()], span[between.end() :]


def _offset(zone: str | None) -> timezone | None:
    if not zone:
        return None
    if zone.upper() in _NAMED_ZONES:
        return timezone(timedelta(hours=_NAMED_ZONES[zone.upper()]))
    if not (offset := _OFFSET.search(zone)):
        return UTC
    away = timedelta(hours=int(offset["h"]), minutes=int(offset["min"] or 0))
    return timezone(-away if offset["sign"] == "-" else away)


def _no_time(cell: object) -> CellError:
    return CellError(message("{cell} is not a time", cell=_shown(cell)), WRITE_TIME)


def _shown(cell: object) -> str:
    return repr(cell if isinstance(cell, str) else str(cell))
