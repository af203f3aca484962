"""Who has left, and when: by what a file states, by payments that stopped, or by use that stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.errors import UsageError, nearest
from kit.messages import _, message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kit.messages import Message
    from kit.questions.customer_health.weeks import Weeks

WAYS: dict[str, Message] = {
    "stated": message("a file contains an action by which the customer left (churn, cancelled)"),
    "billing": message("no payment within 30 days after the next one was due"),
    "usage": message("no product use for 56 days"),
    "": message("no customer is known to have left"),
}

GRACE, SILENT = 30, 56
"""Days after which a payment that is due will not come, and a product that was not used will not be."""

PAYMENTS = 3
"""Payments from which an account shows its own rhythm."""

REGULAR = 1.5
"""Payments are a subscription's where half of the accounts' longer gaps (nine in ten) are below so many usual ones."""

FEWEST = 10
"""Accounts with a rhythm, from which payments are taken to tell who has left."""


@dataclass(frozen=True)
class Churn:
    """Who has left.

    Attributes:
        way: one of WAYS; "": not known.
        day: of leaving, an account each [days since 1970-01-01; NaN: has not, as far as is known].
        known_until: up to which leaving is known [days since 1970-01-01].
        excluded: accounts of which it cannot be told.
    """

    way: str
    day: NDArray[np.float64]
    known_until: int
    excluded: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Accounts that have left."""
        return int(np.isfinite(self.day).sum())

    def customers(self, weeks: Weeks) -> NDArray[np.bool_]:
        """Whether an account was a customer on each week's evening: begun, and not left by then.

        Where use or payments are known a customer is who uses or pays; else who gave any sign.
        """
        left = np.where(np.isnan(self.day), np.inf, self.day)
        tables = [weeks.seen(table) for table in ("usage", "billing") if weeks.tells(table)]
        begun = np.minimum.reduce(tables) if tables else weeks.started
        return (weeks.days[None, :] >= begun[:, None]) & (weeks.days[None, :] < left[:, None])


def find(weeks: Weeks, way: str = "") -> Churn:
    """Who has left, and when.

    Args:
        weeks: the touches.
        way: one of WAYS; "": stated where any file states it, else by payments where they are regular, else not known.
            Use that stopped is taken only when asked for: to foretell it from use is to foretell the day before.

    Raises:
        UsageError: an unknown way.
    """
    if way not in WAYS:
        raise UsageError(_("churn: {way} is not a known value. {hint}", way=repr(way), hint=nearest(way, WAYS)))
    n = len(weeks.accounts)
    if way == "stated" or (not way and weeks.has("left")):
        return Churn("stated", _first(weeks, "left", n), weeks.end, np.zeros(n, bool))
    if way in ("", "billing") and weeks.has("charge"):
        last, gap, regular = rhythm(weeks, n)
        if way or regular:
            due = last + gap
            return Churn("billing", _by(due, weeks.end - GRACE), weeks.end - GRACE, ~np.isfinite(last))
    if way == "usage" and weeks.has("use"):
        rows = weeks.touches["use"]
        used = rows["value"] > 0
        last = np.full(n, -np.inf)
        np.maximum.at(last, rows["account"][used], rows["day"][used].astype(float))
        return Churn("usage", _by(last + 1, weeks.end - SILENT), weeks.end - SILENT, ~np.isfinite(last))
    return Churn("", np.full(n, np.nan), weeks.end, np.zeros(n, bool))


def _by(day: NDArray[Any], until: int) -> NDArray[np.float64]:
    return np.where(np.isfinite(day) & (day <= until), day, np.nan)


def _first(weeks: Weeks, kind: str, n: int) -> NDArray[np.float64]:
    first = np.full(n, np.inf)
    if kind in weeks.touches:
        np.minimum.at(first, weeks.touches[kind]["account"], weeks.touches[kind]["day"].astype(float))
    return np.where(np.isfinite(first), first, np.nan)


def rhythm(weeks: Weeks, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """The last payment of each account, the usual days between two, and whether payments are regular at all."""
    rows = weeks.touches["charge"]
    paid = pd.DataFrame({"account": rows["account"], "day": rows["day"]})[rows["value"] > 0]
    paid = paid.drop_duplicates().sort_values(["account", "day"])
    gaps = paid["day"].diff().where(paid["account"].eq(paid["account"].shift()))
    by_account = gaps.groupby(paid["account"])
    usual = by_account.median().where(by_account.count() >= PAYMENTS - 1)
    longer = (by_account.quantile(0.9) / usual).dropna()
    regular = len(longer) >= FEWEST and float(longer.median()) < REGULAR
    gap = usual.reindex(range(n)).fillna(usual.median() if usual.notna().any() else 0.0).to_numpy(float)
    last = paid.groupby("account")["day"].max().reindex(range(n)).fillna(-np.inf).to_numpy(float)
    return last, gap, regular
