"""Touches as matrices, an account a row and a week a column, from which every signal is computed.

A column stands for the evening of one day, WEEK days after the one before it; what is in it happened by then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

WEEK = 7
FEBRUARY = 28
"""Days of the shortest month."""

MOST = 156
"""Weeks of history that are looked at: three years."""

USUAL, BARELY, PLENTY = 8, 0.5, 10
"""A week is an outage that has less than BARELY of the rows of the fewest of the USUAL weeks before it, where these are
PLENTY: an integration that broke, a week that is not over, a feast of the whole land."""

GAPS = 0.1
"""Of the weeks of a window so many may be outages: then a little is missing, else it is not known."""

KIND_TABLES = {
    "use": "usage", "users": "usage", "licences": "usage", "use_day": "usage",
    "daily_users": "usage", "monthly_users": "usage",
    "charge": "billing", "refund": "billing", "failed": "billing",
    "ticket": "tickets", "urgent": "tickets", "open_ticket": "tickets",
    "nps": "surveys", "csat": "surveys", "touch": "conversions", "left": "conversions",
    "mail": "messages", "mail_trackable": "messages", "mail_opened": "messages", "mail_clicked": "messages",
    "unsubscribed": "messages",
    "mail_in": "correspondence", "mail_out": "correspondence", "begun": "correspondence",
    "answered": "correspondence", "tone": "correspondence",
    "open_deal": "deals", "lost_deal": "deals",
}  # fmt: skip
"""The table that each kind of touch is from."""

OURS = ("mail", "mail_trackable", "mail_out", "begun")
"""What we do; it is no sign of a customer."""

OWN_SIGNS = ("use", "use_day", "ticket", "csat", "nps", "touch", "mail_opened", "mail_clicked", "mail_in")
"""What a customer does by itself; a payment is taken without it."""


@dataclass
class Weeks:
    """The touches of accounts over weeks.

    Attributes:
        accounts: their names, in order.
        end: the last day, days since 1970-01-01.
        n: number of weeks.
        touches: kind -> account [code], day, until [days since 1970-01-01], value, an array each.
        started: the first day of each account with any sign of it.
    """

    accounts: pd.Index
    end: int
    n: int
    touches: dict[str, dict[str, NDArray[Any]]]
    started: NDArray[Any] = field(repr=False)

    @cached_property
    def days(self) -> NDArray[np.int64]:
        """The day of each column, days since 1970-01-01."""
        return self.end - WEEK * np.arange(self.n - 1, -1, -1)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The same as dates."""
        return pd.to_datetime(self.days, unit="D")

    @cached_property
    def age(self) -> Matrix:
        """Days since an account's start; negative before it."""
        return (self.days[None, :] - self.started[:, None]).astype(np.float32)

    def has(self, kind: str) -> bool:
        """Whether there is any touch of a kind."""
        return kind in self.touches

    def _column(self, day: NDArray[Any]) -> NDArray[Any]:
        """The first column by whose evening a day is over; below 0 before the first week."""
        return self.n - 1 - (self.end - day) // WEEK

    def week_sums(self, kind: str, *, counted: bool = False) -> Matrix:
        """The values (or numbers) of points of a kind in each week."""
        shape = (len(self.accounts), self.n)
        if kind not in self.touches:
            return np.zeros(shape, np.float32)
        rows = self.touches[kind]
        column = self._column(rows["day"])
        ok = column >= 0
        weights = None if counted else rows["value"][ok]
        flat = np.bincount(rows["account"][ok] * self.n + column[ok], weights, minlength=shape[0] * shape[1])
        return flat.reshape(shape).astype(np.float32)

    def total(self, kind: str, weeks: int, *, counted: bool = False) -> Matrix:
        """The sum (or number) of the last `weeks` weeks by each week's end."""
        return trailing(self.week_sums(kind, counted=counted), weeks)

    def mean(self, kind: str, weeks: int, least: int = 1) -> Matrix:
        """The mean value of the last weeks' points; NaN where there are fewer than `least`."""
        n = self.total(kind, weeks, counted=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(n >= least, self.total(kind, weeks) / n, np.nan).astype(np.float32)

    def by_month(self, kind: str) -> bool:
        """Whether the points of a kind stand for months: the days of no two of them are in one."""
        days = np.unique(self.touches[kind]["day"]) if kind in self.touches else np.zeros(0)
        return days.size > 1 and bool(np.diff(days).min() >= FEBRUARY)

    def month_ends(self, kind: str) -> NDArray[np.bool_]:
        """Weeks in which a month of a kind ended, as far as the file has it whole: not far fewer rows than before."""
        column = self._column(self.touches[kind]["day"])
        rows = np.bincount(column[column >= 0], minlength=self.n)[: self.n]
        ended, before = np.zeros(self.n, bool), 0
        for week in np.flatnonzero(rows):
            ended[week] = before < PLENTY or rows[week] >= BARELY * before
            before = rows[week] if ended[week] else before
        return ended

    def standing(self, kind: str, *, counted: bool = False, of: NDArray[np.bool_] | None = None) -> Matrix:
        """The sum (or number) of what lasts from a day until another, on each week's evening; or how many of `of`."""
        rows = self.touches.get(kind)
        shape = (len(self.accounts), self.n)
        if rows is None:
            return np.zeros(shape, np.float32)
        if of is not None:
            rows, counted = {name: values[of] for name, values in rows.items()}, True
        value = np.ones(len(rows["day"])) if counted else rows["value"]
        size = shape[0] * (self.n + 1)
        # a thing that ends on a day has ended by that evening
        begin = np.clip(self._column(rows["day"]), 0, self.n)
        close = np.clip(self._column(rows["until"]), 0, self.n)
        flat = np.bincount(rows["account"] * (self.n + 1) + begin, value, minlength=size)
        flat -= np.bincount(rows["account"] * (self.n + 1) + close, value, minlength=size)
        return np.cumsum(flat.reshape(shape[0], -1), axis=1)[:, : self.n].round(6).astype(np.float32)

    def latest(self, kinds: tuple[str, ...]) -> Matrix:
        """Days since the last touch of any of these kinds; NaN before the first."""
        last = np.full((len(self.accounts), self.n), -np.inf, np.float32)
        for kind in kinds:
            if (rows := self.touches.get(kind)) is not None:
                is_sign = rows["value"] > 0 if kind == "use" else slice(None)  # a row of no use is no sign
                account, day = rows["account"][is_sign], rows["day"][is_sign]
                np.maximum.at(last, (account, np.maximum(self._column(day), 0)), day.astype(np.float32))
        last = np.maximum.accumulate(last, axis=1)
        return np.where(np.isfinite(last), self.days[None, :] - last, np.nan).astype(np.float32)

    @cached_property
    def _tables(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for kind in self.touches:
            tables.setdefault(KIND_TABLES.get(kind, ""), []).append(kind)
        return tables

    def tells(self, table: str) -> bool:
        """Whether there is any touch of a table."""
        return table in self._tables

    def seen(self, table: str) -> NDArray[Any]:
        """The first day of each account in a table; a day that never comes for those that are not in it."""
        first = np.full(len(self.accounts), np.iinfo(np.int64).max // 2)
        for kind in self._tables.get(table, ()):
            np.minimum.at(first, self.touches[kind]["account"], self.touches[kind]["day"])
        return first

    def dark(self, table: str) -> NDArray[np.bool_]:
        """Weeks of which a table says nothing: before its first and after its last row, and outages between them."""
        return self._dark[table]

    @cached_property
    def _dark(self) -> dict[str, NDArray[np.bool_]]:
        return {table: self._outages(kinds) for table, kinds in self._tables.items()}

    def _outages(self, kinds: list[str]) -> NDArray[np.bool_]:
        """No week is judged by later ones, and none by outages before it."""
        column = np.concatenate([self._column(self.touches[kind]["day"]) for kind in kinds])
        rows = np.bincount(column[column >= 0], minlength=self.n)[: self.n]
        dark = np.zeros(self.n, bool)
        good: list[int] = []
        begun = bool((column < 0).any())
        for week, n in enumerate(rows):
            begun = begun or n > 0
            fewest = min(good[-USUAL:]) if len(good) >= USUAL else 0
            dark[week] = not begun or (fewest >= PLENTY and n < BARELY * fewest)
            if not dark[week]:
                good.append(int(n))
        return dark

    def window_is_dark(self, table: str, weeks: int) -> NDArray[np.bool_]:
        """Whether more than GAPS of the last weeks are such of which a table says nothing, at each week's end."""
        before = any((self._column(self.touches[kind]["day"]) < 0).any() for kind in self._tables.get(table, ()))
        dark = np.concatenate([np.full(weeks - 1, not before), self.dark(table)])
        return np.lib.stride_tricks.sliding_window_view(dark, weeks).mean(axis=1) > GAPS


def trailing(weekly: Matrix, weeks: int) -> Matrix:
    """The sum over the last `weeks` columns at each column."""
    run = np.cumsum(weekly, axis=1, dtype=np.float64)
    run[:, weeks:] = run[:, weeks:] - run[:, :-weeks]
    return run.round(6).astype(np.float32)


def build(touches: pd.DataFrame, accounts: pd.DataFrame, end: int) -> Weeks:
    """The touches of accounts, without what is known only after a day.

    Args:
        touches: what `touches.touches` returned.
        accounts: what `accounts.resolve` returned.
        end: the last day, days since 1970-01-01.
    """
    known = touches[touches["day"] <= end]
    codes, names = pd.factorize(accounts["account"], sort=True)
    owner = pd.Series(codes, index=accounts["who"])
    account = known["who"].map(owner).fillna(-1).to_numpy(np.int64)
    day = known["day"].to_numpy(np.int64)
    until = known["until"].fillna(np.iinfo(np.int32).max).to_numpy(np.int64)
    value = known["value"].fillna(0.0).to_numpy(np.float64)
    started = np.full(len(names), np.iinfo(np.int64).max // 2)
    kinds: dict[str, dict[str, Any]] = {}
    kind_codes, kind_names = pd.factorize(known["kind"])
    for number, kind in enumerate(kind_names):
        rows = np.flatnonzero((kind_codes == number) & (account >= 0))
        if rows.size == 0:
            continue
        kinds[str(kind)] = {"account": account[rows], "day": day[rows], "until": until[rows], "value": value[rows]}
        if kind not in OURS:
            np.minimum.at(started, account[rows], day[rows])
    kept = started <= end  # whom we only wrote to is no account
    renumbered = np.cumsum(kept) - 1
    for kind, columns in list(kinds.items()):
        ok = kept[columns["account"]]
        kinds[kind] = {name: values[ok] for name, values in columns.items()}
        kinds[kind]["account"] = renumbered[kinds[kind]["account"]]
        if not ok.any():
            del kinds[kind]
    started = started[kept]
    span = (end - int(started.min())) // WEEK + 1 if len(started) else 1
    weeks = Weeks(pd.Index(names[kept], name="account"), end, max(min(span, MOST), 1), kinds, started)
    _distinct_days(weeks)
    return weeks


def _distinct_days(weeks: Weeks) -> None:
    """A day of use counts once for an account, however many people used it."""
    rows = weeks.touches.get("use_day")
    if rows is not None:
        span = weeks.end + 1
        keys = np.unique(rows["account"] * span + rows["day"])
        weeks.touches["use_day"] = {
            "account": keys // span, "day": keys % span, "until": keys * 0, "value": np.ones(keys.size),
        }  # fmt: skip
