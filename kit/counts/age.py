"""Counts at one age: what every mail had brought so many hours after its own delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.log import known_until
from kit.counts.scope import count
from kit.counts.timing import FOLLOWED_HOURS
from kit.store import machine_events
from kit.store.messages import leaves, message_key, ref
from kit.tables import EVENTS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data, Expression

HOUR = 3600
"""Seconds."""

MOST = 0.99
"""Share of a campaign's deliveries that set its age; a straggler that was tried for days does not."""

COUNTS = ["sent", "delivered", "opened", "clicked", "clicked_human", "unsubscribed", "complained", *log.TRACKABLE]


@count("messages", "events")
def ages(data: Data) -> pd.DataFrame:
    """How old the log's bulk campaigns are at its end: campaign_id, campaign_name, hours [whole, since delivery]."""
    mails = _delivered(data)
    columns = ["campaign_id", "campaign_name", "hours"]
    if mails is None:
        return pd.DataFrame(columns=columns)
    frame = _ages(mails).order_by("campaign_id").to_pandas()
    names = data.campaigns.set_index("campaign_id")["campaign_name"]
    return frame.assign(campaign_name=frame["campaign_id"].map(names))[columns]


@count("messages", "events")
def at_age(data: Data, by: Sequence[str], *, hours: int | None = None) -> pd.DataFrame:
    """Counts of bulk mail as they stood so many hours after each person's own delivery.

    Young campaigns can be set beside old ones, and arms that went out at different times beside each other: all have
    had as long. A mail that has not been followed for so long is in no count.

    Args:
        data: what `kit.open` returned.
        by: columns of campaigns, and "variant".
        hours: after delivery; None: for each campaign as many as almost all of its mails were followed for, a week at
            most.

    Returns:
        A row a group: `by`, hours, sent [all mails], and of mails followed for that long delivered, opened, clicked,
        clicked_human, unsubscribed, complained and log.TRACKABLE [within the hours; NULL where the log does not tell
        it]. Empty without an event log.

    Source: guide 1, step 3; DEFINITIONS: a campaign younger than its maturity is compared at equal age.
    """
    mails = _delivered(data)
    if mails is None:
        return pd.DataFrame(columns=[*by, "hours", *COUNTS])
    if hours is None:
        followed = _ages(mails)
        mails = mails.join(followed.mutate(hours=ibis.least(followed.hours, FOLLOWED_HOURS)), "campaign_id")
    else:
        mails = mails.mutate(hours=ibis.literal(hours, "int64"))
    mails = mails.filter(_.followed >= _.hours * HOUR)
    for name, table in _firsts(data).items():
        first = table.filter(_.after >= 0).group_by("key").agg(first=_.after.min())
        mails = mails.left_join(first, "key").drop("key_right")
        mails = mails.mutate(**{name: _.first <= _.hours * HOUR}).drop("first")
    mails = mails.mutate(
        delivered_trackable=_.trackable,
        opened_trackable=_.trackable & _.opened_human,
        clicked_trackable=_.trackable & _.clicked_human,
    )
    keys = ["campaign_id", "variant"] if "variant" in by else ["campaign_id"]
    sums = {name: _[name].sum().fill_null(0) for name in COUNTS[2:]}
    counts = mails.group_by(keys).agg(hours=_.hours.min(), delivered=_.count(), **sums).order_by(keys).to_pandas()
    told = {f"{name}_told": _[name].notnull().all() for name in COUNTS[2:]}
    sent = log.trackable(scope.of_population(data)).group_by(keys).agg(sent=_.sent.sum(), **told).to_pandas()
    columns = ["campaign_id", *(name for name in by if name in data.campaigns and name != "campaign_id")]
    counts = counts.merge(sent, on=keys).merge(data.campaigns[columns], on="campaign_id")
    counts = counts.astype(dict.fromkeys(COUNTS, "Float64"))
    for name in COUNTS[2:]:
        counts[name] = counts[name].where(counts[f"{name}_told"].astype(bool))
    return counts[[*by, "hours", *COUNTS]]


def _ages(mails: Expression) -> Expression:
    """Whole hours for which almost all mails of a campaign were followed."""
    return mails.group_by("campaign_id").agg(hours=(_.followed.quantile(1 - MOST) // HOUR).cast("int64"))


def _events(data: Data) -> Expression:
    events = scope.history(data, EVENTS.name)
    return events.mutate(ref=ref(events), key=message_key(events))


def _delivered(data: Data) -> Expression:
    """Delivered bulk mail whose delivery the log dates: key, campaign_id, variant, followed [s]; None without a log."""
    if scope.history(data, EVENTS.name) is None or scope.history(data, MESSAGES.name) is None:
        return None
    events, sent = _events(data), scope.of_population(data).filter(_.delivered)
    arrived = events.filter(_.event_type == "delivered").group_by("key").agg(delivered_at=_.occurred_at.min())
    trackable = _.opens_told & (_.client == "trackable")
    mails = arrived.join(sent.select("campaign_id", "variant", key="message_key", trackable=trackable), "key")
    followed = known_until(data, events).epoch_seconds() - mails.delivered_at.epoch_seconds()
    return mails.mutate(followed=followed).filter(_.followed >= 0)


def _firsts(data: Data) -> dict[str, Expression]:
    """The events of each count, with the seconds since the message's delivery."""
    events = _events(data)
    clicks = machine_events.clicks(events, data.settings)
    clicks, opened = clicks.filter(~leaves(clicks)), machine_events.openings(events)
    return {
        "opened": opened,
        "opened_human": opened.filter(~machine_events.by_machine(_)),
        "clicked": clicks,
        "clicked_human": clicks.filter(~machine_events.by_machine(_)),
        "unsubscribed": machine_events.since_delivery(events, "unsubscribed"),
        "complained": machine_events.since_delivery(events, "complained"),
    }
