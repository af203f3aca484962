"""Counts of an event log: one query for all counts, groups as small as the question needs."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.counts.traits import TRAITS
from kit.store.machine_events import NO
from kit.store.messages import REACTED, local
from kit.tables import COUNT_NAMES, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data, Expression

PRECEDENCE, PARTIAL = 0, 9
"""A log that covers the sends speaks first; one that does not, last."""

SOURCE = "event log"
"""What stands for all logs together where other sources have a file's name."""

TRACKABLE = ("delivered_trackable", "opened_trackable", "clicked_trackable")
"""Mail to people whose program, as their other mails tell, loads pictures only when they read; of it opened by what is
no machine, and clicked by people. NULL where the log does not tell who opens."""

FACTS = (
    "sent",
    "delivered",
    "bounced",
    "bounced_hard",
    "bounced_soft",
    "opened",
    "opened_machine",
    "opens_total",
    "clicked",
    "clicked_human",
    "clicked_strictest",
    "clicks_total",
    "unsubscribed",
    "complained",
    *TRACKABLE,
)
Credit = Literal["last mail", "assignment"]
"""Which mail an action counts for: the last one before it, so that campaigns add up; or each campaign that the person
got within the window, as tests need it: a mail that a click set off must not take the credit from its arm.
"""

AFTER = ("converted", "appointments", "reviews", "orders", "revenue", "revenue_squares")


@count(
    "messages",
    whole="a source of record is chosen by the whole campaign; `in_period` marks the question's",
    unfiltered="filters are applied where sources are put together",
)
def counts(
    data: Data, by: Sequence[str], *, action: str = "", window_days: int | None = None, credit: Credit = "last mail"
) -> pd.DataFrame:
    """Counts a campaign and group, with `messages`: how many the log knows of at all.

    Args:
        data: what `kit.open` returned.
        by: of month, weekday, hour, variant, domain and the names of traits; those not named are NULL.
        action: what counts as `converted`; "" for any.
        window_days: days after a mail in which an action counts for it; None: not asked.
        credit: which mail an action counts for.

    Returns:
        A row a campaign, month, group and in_period [bool: sent in the period of the question]; conversions are NULL
        where there are none to join, no zone is known, or a mail of the row is younger than the window: people may
        still act on it; other counts where the log does not tell them of a mail of the row. delivered_is_derived
        [bool: of a mail of the row it is sent - bounced].
    """
    table = scope.history(data, MESSAGES.name)
    groups = ["campaign_id", "variant", "month", "weekday", "hour", "in_period", "domain", *TRAITS]
    names = [*groups, "messages", "delivered_is_derived", *COUNT_NAMES, *TRACKABLE, "revenue_squares"]
    if table is None:
        return pd.DataFrame(columns=[*names, "precedence", "source_file"])
    asked = scope.within(data, _.sent_local).fill_null(NO)
    table = table.mutate(
        month=_.sent_local.strftime("%Y-%m"),
        weekday=_.sent_local.day_of_week.index(),
        hour=_.sent_local.hour(),
        in_period=asked,
    )
    table = trackable(of_delivered(of_this_log(table)))
    followed = after(data, table, action, window_days, credit)
    for name in by:
        if name in TRAITS:
            table = TRAITS[name].add(table, data)
    keys = ["campaign_id", "month", "in_period", *(name for name in by if name != "month")]
    sums = {name: whole_sum(name) for name in FACTS}
    # what was refused or waits was never sent, and is nothing that the log should show the sending of
    due = ibis.coalesce(_.sent | _.delivered | _.opened | _.clicked | _.unsubscribed | _.complained, NO)
    if followed is not None:
        table = table.left_join(followed, "message_key")
        young = (_.sent_at > followed_until(data) - ibis.interval(days=window_days)).any()
        sums |= {
            name: ibis.ifelse(young, ibis.null("float64"), _[name].fill_null(0).sum().cast("float64"))
            for name in measured(data, action)
        }
    derived = _.delivered_is_derived.any()
    frame = (
        table.group_by(keys)
        .agg(messages=_.count(where=due), delivered_is_derived=derived, **sums)
        .order_by(keys)
        .to_pandas()
    )
    return frame.reindex(columns=names).assign(precedence=PRECEDENCE, source_file=SOURCE)


def whole_sum(name: str) -> Expression:
    """The sum of a column over a group; NULL where it is not told of all rows, since it would be too small."""
    return ibis.ifelse(_[name].notnull().all(), _[name].cast("int64").sum(), ibis.null("int64"))


def of_delivered(messages: Expression) -> Expression:
    """The messages; an opening or click of one that bounced is no reader's (`conflicts` counts them)."""
    reactions = ("opened", "opened_machine", "opened_suspect", "clicked", "clicked_human", "clicked_strictest")
    arrived = _.delivered.fill_null(~_.bounced.fill_null(NO))
    return messages.mutate(**{name: _[name] & arrived for name in reactions})


def trackable(messages: Expression) -> Expression:
    """The messages with the columns TRACKABLE."""
    told = _.opens_told & _.opened.notnull()
    whose = told & (_.client == "trackable")
    facts = (whose & _.delivered, whose & _.opened & ~_.opened_machine, whose & _.clicked_human)
    known = (_.delivered, _.opened, _.clicked)
    return messages.mutate(
        **{
            name: ibis.ifelse(told & column.notnull(), fact, ibis.null("boolean"))
            for name, fact, column in zip(TRACKABLE, facts, known, strict=True)
        }
    )


def of_this_log(messages: Expression) -> Expression:
    """The messages without those of no campaign that went out before the log began (`before_the_log` counts them)."""
    return messages.filter(~_sent_before(messages))


def _sent_before(messages: Expression) -> Expression:
    """Whether only reactions show a message of no campaign, in a log that shows others being sent."""
    sent, nameless = messages.sent.fill_null(NO), ~messages.campaign_id.notnull()
    reacted = ibis.or_(NO, *(messages[name].fill_null(NO) for name in REACTED))
    return nameless & ~sent & reacted & (nameless & sent).any().as_scalar()


@count("messages", whole="when they went out is not known", unfiltered=scope.NO_CAMPAIGN)
def before_the_log(data: Data) -> int:
    """Messages of no campaign of which the log shows reactions and no sending: they are in no count."""
    table = scope.history(data, MESSAGES.name)
    if table is None:
        return 0
    return table.filter(_sent_before(table)).count().to_pyarrow().as_py()


@count("messages")
def conflicts(data: Data) -> int:
    """Messages that bounced and were opened or clicked all the same; None of them counts as opened."""
    table = scope.rows(data, MESSAGES.name)
    if table is None:
        return 0
    return table.filter(_.bounced & (_.opened | _.clicked)).count().to_pyarrow().as_py()


def actions(data: Data) -> Expression:
    """What people did, from conversions and orders: contact_key, action, occurred_at, worth, is_order, currency.

    An order that both files tell of is one order: the orders' own file speaks.
    """
    parts = []
    conversions, orders = scope.history(data, "conversions"), sold(data)
    if conversions is not None:
        if orders is not None:
            conversions = conversions.filter(_.action != "order")
        conversions = conversions.mutate(is_order=_.action == "order", worth=_.value)
        parts.append(conversions.select("contact_key", "action", "occurred_at", "worth", "is_order", "currency"))
    if orders is not None:
        orders = orders.mutate(
            action=ibis.literal("order"), occurred_at=_.ordered_at, is_order=ibis.literal(value=True)
        )
        parts.append(orders.select("contact_key", "action", "occurred_at", "worth", "is_order", "currency"))
    if not parts or not data.zone_known:
        return None
    joined = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return joined.filter(_.contact_key.notnull() & _.occurred_at.notnull())


def sold(data: Data) -> Expression:
    """Orders that are sales, as `tables.ORDERS` with worth [total less refunds]; None where no file tells of orders.

    What was cancelled or never paid is none.
    """
    orders = scope.history(data, "orders")
    if orders is None:
        return None
    return orders.filter(~_.is_cancelled.fill_null(NO)).mutate(worth=_.total - _.refunded.fill_null(0.0))


def followed_until(data: Data) -> Expression:
    """The instant up to which actions are known: `as_of` of kit.toml, else the latest action that is no slip."""
    return known_until(data, actions(data))


def known_until(data: Data, rows: Expression) -> Expression:
    """The instant up to which these rows know: `as_of` of kit.toml, else the latest occurred_at that is no slip.

    A slip is a time later than the moment up to which the data as a whole knows (`store.as_of`).
    """
    as_of = data.settings["as_of"]
    if as_of is not None:
        zoned = as_of if as_of.tzinfo else as_of.replace(tzinfo=data.settings.zone or UTC)
        return ibis.literal(zoned.astimezone(UTC), type="timestamp('UTC')")
    plausible = local(rows.occurred_at, data.settings) <= ibis.literal(data.as_of, "timestamp")
    return rows.occurred_at.max(where=plausible).as_scalar()


def measured(data: Data, action: str) -> list[str]:
    """The columns after the mail that the data can fill: none booked is known only where bookings are."""
    taken = actions(data)
    if taken is None:
        return []
    kinds = set(taken.select("action").distinct().to_pandas()["action"])
    measured = {
        "converted": bool(kinds) if not action else action in kinds,
        "appointments": "appointment" in kinds,
        "reviews": "review" in kinds,
        "orders": "order" in kinds,
        "revenue": "order" in kinds and len(data.currencies) <= 1,
    }
    return [name for name in AFTER if measured[name.removesuffix("_squares")]]


def after(
    data: Data, table: Expression, action: str, window_days: int | None, credit: Credit = "last mail"
) -> Expression:
    """For each message what followed it within the window, as `credit` has it; None where nothing can be joined."""
    taken = actions(data) if window_days is not None else None
    if taken is None:
        return None
    taken = taken.mutate(number=ibis.row_number())
    mails = table.filter(_.reached & _.contact_key.notnull()).select(
        "message_key", "campaign_id", "contact_key", "sent_at"
    )
    window = ibis.interval(days=window_days)
    pairs = taken.join(
        mails,
        [
            taken.contact_key == mails.contact_key,
            mails.sent_at < taken.occurred_at,
            taken.occurred_at <= mails.sent_at + window,
        ],
    )
    once = ["number"] if credit == "last mail" else ["number", "campaign_id"]
    last = ibis.window(group_by=once, order_by=[ibis.desc("sent_at"), "message_key"])
    credited = pairs.mutate(rank=ibis.row_number().over(last)).filter(_.rank == 0)
    wanted = _.action == action if action else _.action.notnull()
    worth = _.worth.fill_null(0.0)
    return (
        credited.group_by("message_key")
        .agg(
            converted=wanted.any().cast("int64"),
            appointments=(_.action == "appointment").any().cast("int64"),
            reviews=(_.action == "review").any().cast("int64"),
            orders=_.is_order.sum(),
            revenue=worth.sum(where=_.is_order).fill_null(0.0),
        )
        .mutate(revenue_squares=_.revenue * _.revenue)
    )
