"""Counts of what people bought or came for: how often, how soon again, and for how much.

An occasion is a person and day. Cancelled orders are none; what was given back is taken off the order that it was
paid for. Sales without an address belong to no person: they are counted apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.errors import EmptyError, UsageError, nearest

if TYPE_CHECKING:
    from datetime import date

    from kit.store import Data, Expression

WHAT = {"order": ("order",), "visit": ("order", "appointment")}
"""What people come back for: the actions that count as one."""

REPEAT = ["first_day", "last_day", "buyers", "repeated", "repeated_days", "returning", "nameless"]
AGAIN = ["cohort", "days", "again", "n"]
PURCHASES = ["frequency", "recency", "age", "worth", "later", "later_worth", "n"]


@count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def repeat(data: Data, what: str = "order") -> pd.DataFrame:
    """Who bought in the period, and who of them bought more than once.

    Args:
        data: what `kit.open` returned; its period is the window, without one the whole log.
        what: "order", or "visit" for orders and appointments.

    Returns:
        One row: first_day, last_day [of the window's occasions], buyers [people], of them repeated [two orders or
        more in it], repeated_days [on two days or more], returning [any other order up to `as_of`]; nameless [orders in
        it without an address]. No row where there is nothing to count.

    Source: guide 2 (repeat purchase); "returning" as shops count it.
    """
    occasions = _occasions(data, what)
    if occasions is None:
        return pd.DataFrame(columns=REPEAT)
    inside = occasions.filter(scope.within(data, _.day))
    named = inside.filter(_.contact_key.notnull())
    ever = occasions.filter(_.contact_key.notnull()).group_by("contact_key").agg(ever=_.count())
    people = named.group_by("contact_key").agg(
        times=_.count(), days=_.day.nunique(), first=_.day.min(), last=_.day.max()
    )
    sums = people.join(ever, "contact_key").aggregate(
        first_day=_.first.min(),
        last_day=_.last.max(),
        buyers=_.count(),
        repeated=(_.times > 1).sum(),
        repeated_days=(_.days > 1).sum(),
        returning=(_.ever > 1).sum(),
    )
    frame = sums.to_pandas().assign(nameless=inside.filter(~_.contact_key.notnull()).count().to_pyarrow().as_py())
    return frame[frame["buyers"] > 0][REPEAT].reset_index(drop=True)


@count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def again(data: Data, what: str = "order") -> pd.DataFrame:
    """How long until people came a second time, as a histogram.

    Args:
        data: what `kit.open` returned; its period is that of the first time.
        what: "order", or "visit" for orders and appointments.

    Returns:
        A row a month of the first time, whole day and state: cohort ["2026-03"], days [until the second day; not yet:
        until `as_of`], again [bool], n [people].
    """
    occasions = _occasions(data, what)
    if occasions is None:
        return pd.DataFrame(columns=AGAIN)
    first = _people(occasions)
    later = first.filter(_.day > _.first).group_by("contact_key").agg(second=_.day.min())
    people = first.group_by("contact_key").agg(first=_.first.min()).left_join(later, "contact_key")
    people = people.mutate(
        cohort=_.first.strftime("%Y-%m"),
        again=_.second.notnull(),
        days=_.second.fill_null(_until(data)).delta(_.first, unit="day"),
    )
    people = people.filter(scope.within(data, _.first))
    return people.group_by("cohort", "days", "again").agg(n=_.count()).order_by(AGAIN[:3]).to_pandas()


@count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def purchases(data: Data, *, held_back: int = 0) -> pd.DataFrame:
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
    orders = _occasions(data, "order")
    if orders is None:
        return pd.DataFrame(columns=PURCHASES)
    cut = ibis.literal(last_day(data) - timedelta(days=held_back), type="date")
    days = _people(orders).filter(_.first <= cut, scope.within(data, _.first))
    people = days.group_by("contact_key").agg(
        first=_.first.min(),
        last=_.day.max(where=_.day <= cut),
        frequency=_.day.nunique(where=(_.day > _.first) & (_.day <= cut)),
        worth=_sum(_.worth, (_.day > _.first) & (_.day <= cut)),
        later=_.day.nunique(where=_.day > cut),
        later_worth=_sum(_.worth, _.day > cut),
    )
    people = people.mutate(end=cut)
    people = people.mutate(recency=_.last.delta(_.first, unit="day"), age=_.end.delta(_.first, unit="day"))
    frame = people.group_by(PURCHASES[:-1]).agg(n=_.count()).order_by(PURCHASES[:-1]).to_pandas()
    return frame if len(currencies(data)) <= 1 else frame.assign(worth=pd.NA, later_worth=pd.NA)


def check_what(what: str) -> None:
    """Hold a word to WHAT.

    Raises:
        UsageError: people come back for no such thing.
    """
    if what not in WHAT:
        raise UsageError(f"what: people come back for no {what!r}. {nearest(what, WHAT)}")


@count("orders", whole="money of several currencies is never added, whatever the period", unfiltered=scope.NO_CAMPAIGN)
def currencies(data: Data) -> tuple[str, ...]:
    """The currencies of the orders; amounts of several are never added."""
    orders = scope.history(data, "orders")
    if orders is None:
        return ()
    written = orders.filter(_.total.fill_null(0.0) != 0).select("currency").distinct().to_pandas()["currency"]
    return tuple(sorted(set(written.fillna(data.settings["currency"]))))


def _occasions(data: Data, what: str) -> Expression:
    """One row an order or visit up to `as_of`: contact_key [NULL: nameless], day, worth."""
    check_what(what)
    parts = []
    orders, conversions = log.sold(data), scope.history(data, "conversions")
    if orders is not None:
        parts.append(orders.select("contact_key", moment=_.ordered_local, worth=_.worth))
    if conversions is not None:
        # An order that both files tell of is one order: the orders' own file speaks.
        actions = [action for action in WHAT[what] if action != "order" or orders is None]
        kept = conversions.filter(_.action.isin(actions))
        parts.append(kept.select("contact_key", moment=_.occurred_local, worth=_.value))
    if not parts or data.as_of is None:
        return None
    occasions = ibis.union(*parts) if len(parts) > 1 else parts[0]
    occasions = occasions.mutate(day=_.moment.date()).filter(_.day.notnull())
    return occasions.filter(_.day <= _until(data)).drop("moment")


def _people(occasions: Expression) -> Expression:
    """The rows of people, each with the day of the person's first."""
    person = ibis.window(group_by="contact_key")
    return occasions.filter(_.contact_key.notnull()).mutate(first=_.day.min().over(person))


def _sum(worth: Expression, where: Expression) -> Expression:
    """The money of these rows, to the cent; NULL where one of them does not tell it, 0 where there are none."""
    missing = (where & ~worth.notnull()).any()
    return ibis.ifelse(missing, ibis.null("float64"), worth.sum(where=where).fill_null(0.0).round(2))


def last_day(data: Data) -> date:
    """The day of `as_of`."""
    if data.as_of is None:
        raise EmptyError("The data holds no time at all.")
    return data.as_of.date()


def _until(data: Data) -> Expression:
    return ibis.literal(last_day(data), type="date")
