"""The firm's clock: Moscow, which has no summer time, so that no time zone database is needed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

MOSCOW = timezone(timedelta(hours=3))
HOUR, DAY = 3600, 86_400
"""Seconds."""


def unix(written: str) -> int:
    """The instant [Unix s] of a time as the firm's clock shows it, like ``2026-03-05 10:00``."""
    return int(datetime.fromisoformat(written).replace(tzinfo=MOSCOW).timestamp())


def local(moment: int) -> datetime:
    """The instant [Unix s] on the firm's clock."""
    return datetime.fromtimestamp(moment, MOSCOW)


def awake(rng: Random, moment: int) -> int:
    """The same moment, or the morning after where people sleep."""
    now = local(moment)
    if now.hour >= 7:
        return moment
    return moment + (7 - now.hour) * HOUR - now.minute * 60 + int(rng.random() * 2 * HOUR)


OPENS, CLOSES = 9, 20
"""Hours of the day between which the service answers, from Monday to Saturday."""
SUNDAY = 6
HOLIDAYS = frozenset(
    [
        date(2025, 11, 4), *(date(2026, 1, day) for day in range(1, 9)), date(2026, 2, 23), date(2026, 3, 9),
        date(2026, 5, 1), date(2026, 5, 9), date(2026, 6, 12),
    ]
)  # fmt: skip
"""Days on which it does not."""


def after_work(moment: int, seconds: float) -> int:
    """The instant [Unix s] at which so many working seconds have passed since another one."""
    left = round(seconds)
    while True:
        now = local(moment)
        midnight = moment - now.hour * HOUR - now.minute * 60 - now.second
        closed = now.date() in HOLIDAYS or now.weekday() == SUNDAY
        begin, end = max(moment, midnight + OPENS * HOUR), midnight + CLOSES * HOUR
        if not closed and begin < end:
            if begin + left <= end:
                return begin + left
            left -= end - begin
        moment = midnight + DAY


START = unix("2025-09-01 00:00")
AS_OF = unix("2026-10-31 23:59")
"""The first and the last moment that the exports tell of [Unix s]."""
