"""Occasions: the days on which people bought, or came to the firm.

An occasion is a person and day. Cancelled orders are none; what was given back is taken off the order that it was
paid for. Sales without an address belong to no person: they are counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
from ibis import _ as col

from kit.counts import log, scope
from kit.errors import EmptyError, UsageError, nearest
from kit.messages import _

if TYPE_CHECKING:
    from datetime import date

    from kit.store import Data, Expression

WHAT = {"order": ("order",), "visit": ("order", "appointment")}
"""What people come back for: the actions that count as one."""


def check_what(what: str) -> None:
    """Hold a word to WHAT.

    Raises:
        UsageError: people come back for no such thing.
    """
    if what not in WHAT:
        raise UsageError(
            _(
                "what: returning customers cannot be counted by {word}. {hint}",
                word=repr(what),
                hint=nearest(what, WHAT),
            )
        )


def occasions(data: Data, what: str) -> Expression:
    """One row an order or visit up to `as_of`: contact_key [NULL: nameless], day, worth."""
    check_what(what)
    parts = []
    orders, conversions = log.sold(data), scope.history(data, "conversions")
    if orders is not None:
        parts.append(orders.select("contact_key", moment=col.ordered_local, worth=col.worth))
    if conversions is not None:
        # An order that both files hold is one order: the orders' file is the source of record.
        actions = [action for action in WHAT[what] if action != "order" or orders is None]
        kept = conversions.filter(col.action.isin(actions))
        parts.append(kept.select("contact_key", moment=col.occurred_local, worth=col.value))
    if not parts or data.as_of is None:
        return None
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    rows = rows.mutate(day=col.moment.date()).filter(col.day.notnull())
    return rows.filter(col.day <= until(data)).drop("moment")


def of_people(rows: Expression) -> Expression:
    """The occasions of people, each with the day of the person's first."""
    person = ibis.window(group_by="contact_key")
    return rows.filter(col.contact_key.notnull()).mutate(first=col.day.min().over(person))


def last_day(data: Data) -> date:
    """The day of `as_of`."""
    if data.as_of is None:
        raise EmptyError(_("The data contains no dates at all."))
    return data.as_of.date()


def until(data: Data) -> Expression:
    """The day of `as_of`, for the engine."""
    return ibis.literal(last_day(data), type="date")
