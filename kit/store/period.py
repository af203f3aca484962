"""The period of a question: days, months or quarters, on the firm's clock."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kit.errors import UsageError
from kit.messages import _

_PART = re.compile(r"(\d{4})-(?:(0[1-9]|1[0-2])(?:-(\d{2}))?|Q([1-4]))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time.min)

    @property
    def end(self) -> datetime:
        """The moment after the last."""
        return datetime.combine(self.last + timedelta(days=1), time.min)

    @property
    def months(self) -> tuple[str, str]:
        """The months of the first and last day, like ("2026-01", "2026-06")."""
        return f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"

    @property
    def of_months(self) -> bool:
        """Whether it consists of whole months."""
        return self.first.day == 1 and self.last.day == monthrange(self.last.year, self.last.month)[1]

    @property
    def whole_months(self) -> tuple[str, str] | None:
        """The first and last month that lie in it with all their days; None where there is none."""
        before = self.first - timedelta(days=1)
        after = self.last + timedelta(days=1)
        first = (before.replace(day=28) + timedelta(days=4)).replace(day=1)
        last = after.replace(day=1) - timedelta(days=1)
        return (f"{first:%Y-%m}", f"{last:%Y-%m}") if first <= last else None

    @property
    def cut_months(self) -> tuple[str, ...]:
        """The months that lie in it with some of their days only."""
        whole = self.whole_months or ("", "")
        return tuple(month for month in dict.fromkeys(self.months) if not whole[0] <= month <= whole[1])

    @property
    def ends(self) -> tuple[str, str]:
        """First and last as a reader writes them: months where it consists of whole ones, else days."""
        return self.months if self.of_months else (f"{self.first:%Y-%m-%d}", f"{self.last:%Y-%m-%d}")

    def __str__(self) -> str:
        return " to ".join(dict.fromkeys(self.ends))


def parse_period(period: str) -> Period | None:
    """A period like "2026-03", "2026-Q2", "2026-01..2026-06" or "2026-03-01..2026-03-15"; None for "".

    Raises:
        UsageError: it is no month, quarter or day, or the last comes before the first.
    """
    if not period.strip():
        return None
    begin, dots, end = period.strip().partition("..")
    first, last = _part(begin), _part(end if dots else begin)
    if first is None or last is None:
        raise UsageError(
            _(
                "period: {period} is not a month, quarter or day. Write it like 2026-03, 2026-Q2, 2026-01..2026-06 "
                "or 2026-03-01..2026-03-15.",
                period=repr(period),
            )
        )
    if last.last < first.first:
        raise UsageError(_("period: {period} ends before it begins. Write the earlier one first.", period=repr(period)))
    return Period(first.first, last.last)


def _part(text: str) -> Period | None:
    """The days of one month, quarter or day; None where it is none of them."""
    match = _PART.fullmatch(text)
    if match is None:
        return None
    year, quarter = int(match[1]), int(match[4] or 0)
    start, stop = (3 * quarter - 2, 3 * quarter) if quarter else (int(match[2]), int(match[2]))
    try:
        if match[3]:
            return Period(date(year, start, int(match[3])), date(year, start, int(match[3])))
        return Period(date(year, start, 1), date(year, stop, monthrange(year, stop)[1]))
    except ValueError:  # 30 February, the year 0
        return None
