"""Histories of buying: who bought how often, until when and for how much; and the models of buying fitted to them.

How often people will buy again comes from how often and how lately they bought (MBG/NBD, beside it BG/NBD), what they
will pay from what they paid (Gamma-Gamma).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit import counts
from kit.counts import scope
from kit.judging import CUSTOMERS
from kit.messages import _, message
from kit.questions.retention.occasions import last_day, occasions, of_people
from kit.show.formats import commas, known, whole
from kit.stats import bg_nbd, gamma_gamma

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.messages import Message
    from kit.stats.bg_nbd import BgNbd, History, Kind
    from kit.stats.gamma_gamma import GammaGamma
    from kit.store import Data, Expression

HISTORY = 0.5
"""Days of history that a day ahead takes: further ahead the models are not asked."""

KINDS: dict[Kind, str] = {"mbg": "MBG/NBD", "bg": "BG/NBD"}

PURCHASES = ["frequency", "recency", "age", "worth", "later", "later_worth", "n"]

SOURCE = "Batislam, Denizel & Filiztekin (2007); Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098"
"""The authority of the models."""


@scope.count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def count(data: Data, *, held_back: int = 0) -> pd.DataFrame:
    """Who bought how often, until when and for how much, people alike taken together.

    Args:
        data: what `kit.open` returned; its period is that of the first order.
        held_back: the last days of the log, left out of the history and counted as `later`.

    Returns:
        A row a distinct history: frequency [days of purchase after the first], recency [days from the first to the
        last], age [days from the first to the end of the history], worth [money of the days after the first, net of
        refunds; NULL: not all are known], later [days of purchase held back], later_worth [their money], n [people].
        Money is NULL where orders are in several currencies.
    """
    orders = occasions(data, "order")
    if orders is None:
        return pd.DataFrame(columns=PURCHASES)
    cut = ibis.literal(last_day(data) - timedelta(days=held_back), type="date")
    days = of_people(orders).filter(col.first <= cut, scope.within(data, col.first))
    people = days.group_by("contact_key").agg(
        first=col.first.min(),
        last=col.day.max(where=col.day <= cut),
        frequency=col.day.nunique(where=(col.day > col.first) & (col.day <= cut)),
        worth=_sum(col.worth, (col.day > col.first) & (col.day <= cut)),
        later=col.day.nunique(where=col.day > cut),
        later_worth=_sum(col.worth, col.day > cut),
    )
    people = people.mutate(end=cut)
    people = people.mutate(recency=col.last.delta(col.first, unit="day"), age=col.end.delta(col.first, unit="day"))
    frame = people.group_by(PURCHASES[:-1]).agg(n=col.count()).order_by(PURCHASES[:-1]).to_pandas()
    return frame if len(counts.currencies(data)) <= 1 else frame.assign(worth=pd.NA, later_worth=pd.NA)


def _sum(worth: Expression, where: Expression) -> Expression:
    """The money of these rows, to the cent; NULL where one of them has none, 0 where there are no rows."""
    missing = (where & ~worth.notnull()).any()
    return ibis.ifelse(missing, ibis.null("float64"), worth.sum(where=where).fill_null(0.0).round(2))


@dataclass(frozen=True, slots=True)
class Models:
    """The models of buying and paying, fitted to histories.

    Attributes:
        people: the histories as the models take them.
        mean: money a purchase of each row; NaN where nothing was bought again.
        buying: kind -> its model; None where none was found.
        spending: the model of the worth of a purchase; None where there is a reason.
        moneyless: why there is no money; "" where there is.
    """

    people: History
    mean: np.ndarray
    buying: dict[Kind, BgNbd]
    spending: GammaGamma | None
    moneyless: str | Message


def fit(histories: pd.DataFrame, currencies: Sequence[str]) -> Models:
    """Fit the models.

    Args:
        histories: what `count` returned.
        currencies: of the orders; of several no sum is made.
    """
    people = bg_nbd.history(histories["frequency"], histories["recency"], histories["age"], histories["n"])
    buying: dict[Kind, BgNbd] = {}
    for kind in KINDS:
        if (model := bg_nbd.fit(people, kind=kind)) is not None:
            buying[kind] = model
    times = people.frequency
    worth = pd.to_numeric(histories["worth"], errors="raise").astype("Float64").to_numpy(float, na_value=np.nan)
    mean = np.divide(worth, times, out=np.full(times.shape, np.nan), where=times > 0)
    if not all(currencies):
        moneyless = message("the currency of the orders is not known; set currency in kit.toml")
        return Models(people, mean, buying, None, moneyless)
    if len(currencies) > 1:
        moneyless = message(
            "orders are in {currencies}, and amounts in different currencies are not added up",
            currencies=commas(currencies),
        )
        return Models(people, mean, buying, None, moneyless)
    spending = gamma_gamma.fit(times, np.nan_to_num(mean), histories["n"])
    return Models(
        people,
        mean,
        buying,
        spending,
        "" if spending else message("no mean per person can be calculated from what they paid"),
    )


def why_not(histories: pd.DataFrame, days: int) -> str | Message:
    """Why the models are not asked for so many days ahead; "" where they are."""
    customers = int(histories["n"].sum())
    if not customers:
        return message("nobody bought")
    if customers < CUSTOMERS:
        return message("at least {fewest} customers are needed; the data has {n}", fewest=CUSTOMERS, n=customers)
    longest, needed = int(histories["age"].max()), ceil(days * HISTORY)
    if longest >= needed:
        return ""
    return message(
        "a forecast for {days} days needs {needed} days of history; the data has {longest}",
        days=days,
        needed=needed,
        longest=longest,
    )


NO_MODEL = message("no purchase model could be fitted: too few people bought again")


def with_ends(value: float, low: float, high: float) -> str:
    """A number of purchases and its interval: 1,882 (1,700–1,950)."""
    return f"{whole(value)} ({whole(low)}–{whole(high)})"


def amount(value: float, low: float, high: float, currency: str) -> str:
    """An amount and its interval: 12,300 EUR (11,000–13,600)."""
    number = f"{whole(value)} {currency}".rstrip()
    return f"{number} ({whole(low)}–{whole(high)})" if known(low) else _("{value} (no interval)", value=number)
