"""Working time: the hours of the week in which the team is there, less its holidays, on its clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datetime import date

    from kit.settings import Settings

DAY = 24 * 60
"""Minutes of a day."""

_US = 60_000_000
_THURSDAY = 3  # 1970-01-01 was one


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When the team works.

    Attributes:
        hours: weekday (0 is Monday), first minute of the day, the minute after the last one.
        holidays: days without work.
        firm: the zone of the moments that are asked for; None: not known.
        team: the zone of the hours, where it is another.
    """

    hours: tuple[tuple[int, int, int], ...]
    holidays: frozenset[date] = frozenset()
    firm: ZoneInfo | None = None
    team: ZoneInfo | None = None

    @classmethod
    def of(cls, settings: Settings) -> WorkingTime:
        """By kit.toml."""
        team = settings["service.time_zone"]
        return cls(
            settings["service.hours"],
            frozenset(settings["service.holidays"]),
            settings.zone,
            ZoneInfo(team) if team and team != settings["time_zone"] else None,
        )

    def __bool__(self) -> bool:
        return bool(self.hours)

    def minutes(self, start: Any, end: Any) -> np.ndarray[Any, Any]:
        """Minutes of work from each moment to the one beside it; NaN where one is not known, or no hours are."""
        begins, ends = self._clock(start), self._clock(end)
        known = ~(np.isnat(begins) | np.isnat(ends))
        out = np.full(len(begins), np.nan)
        if self and known.any():
            both = np.concatenate([begins[known], ends[known]])
            passed = self._passed(both)
            out[known] = passed[known.sum() :] - passed[: known.sum()]
        return out

    def at_work(self, moments: Any) -> np.ndarray[Any, Any]:
        """Whether the team was there at each moment; never where one is not known."""
        times = self._clock(moments)
        known = ~np.isnat(times)
        day, minute, _rest = _parts(times[known])
        there = np.zeros(len(times), dtype=bool)
        there[known] = self._week()[_weekday(day), minute] & ~self._is_holiday(day)
        return there

    def _clock(self, moments: Any) -> np.ndarray[Any, Any]:
        """Moments on the firm's clock as those of the team's."""
        times = pd.Series(moments, dtype="datetime64[us]").reset_index(drop=True)
        if self.team is not None and self.firm is not None:
            times = instants(times, self.firm).dt.tz_convert(self.team).dt.tz_localize(None)
        return times.to_numpy(dtype="datetime64[us]")

    def _passed(self, times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Minutes of work since the first of the days up to each moment."""
        day, minute, rest = _parts(times)
        week = self._week()
        before = np.concatenate([np.zeros((7, 1)), np.cumsum(week, axis=1)], axis=1)
        days = np.arange(day.min(), day.max() + 1)
        of_day = np.where(self._is_holiday(days), 0, before[_weekday(days), -1])
        since = np.concatenate([[0], np.cumsum(of_day)])[day - day.min()]
        weekday = _weekday(day)
        today = before[weekday, minute] + week[weekday, minute] * rest
        return since + np.where(self._is_holiday(day), 0, today)

    def _week(self) -> np.ndarray[Any, Any]:
        week = np.zeros((7, DAY), dtype=bool)
        for weekday, begin, end in self.hours:
            week[weekday, begin:end] = True
        return week

    def _is_holiday(self, days: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.isin(days, np.array(sorted(self.holidays), dtype="datetime64[D]").astype(np.int64))


def instants(local: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Moments on a zone's clock as instants: of an hour that comes twice the first, of one that never is the next."""
    return local.dt.tz_localize(zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")


def _parts(times: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Day since 1970, minute of the day, and what part of that minute is over."""
    whole = times.astype(np.int64)
    day, of_day = np.divmod(whole, DAY * _US)
    minute, rest = np.divmod(of_day, _US)
    return day, minute, rest / _US


def _weekday(day: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (day + _THURSDAY) % 7
