"""Counts of when: hours from a person's own delivery to opening and clicking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.log import known_until
from kit.counts.scope import count
from kit.store import machine_events
from kit.store.messages import leaves, message_key, ref
from kit.tables import EVENTS

if TYPE_CHECKING:
    from kit.store import Data

FOLLOWED_HOURS = 168
"""Hours after delivery over which openings and clicks are looked at: one week."""


@count("messages", "events")
def reactions(data: Data) -> pd.DataFrame:
    """Hours from each person's own delivery to the first opening and the first click.

    Only mails delivered a week or more before the end of the log are counted, so that each had its whole week.
    Openings are those of people alone, where a machine's flag or a rule of machine_events tells; clicks those that no
    strict rule names, without the link that unsubscribes.

    Args:
        data: what `kit.open` returned.

    Returns:
        A row a kind and whole hour with any: what ["opening", "click"], hour [0 to 167], people [whose first one
        came in it], mails [delivered and followed for a week, the same in each row]. Empty without an event log.

    Source: guide 1, step 6; the platforms' curve after sending, from each person's delivery instead.
    """
    columns = ["what", "hour", "people", "mails"]
    events, sent = scope.history(data, EVENTS.name), scope.of_population(data)
    if events is None or sent is None:
        return pd.DataFrame(columns=columns)
    sent = sent.filter(_.delivered)
    events = events.mutate(ref=ref(events), key=message_key(events))
    arrived = events.filter(_.event_type == "delivered").group_by("key").agg(delivered_at=_.occurred_at.min())
    arrived = arrived.join(sent.select(key="message_key"), "key")
    arrived = arrived.filter(_.delivered_at <= known_until(data, events) - ibis.interval(hours=FOLLOWED_HOURS))
    opened = machine_events.openings(events).filter(machine_events.by_person(_))
    clicked = machine_events.clicks(events, data.settings).filter(~machine_events.by_machine(_))
    clicked = clicked.filter(~leaves(clicked))
    both = ibis.union(
        *(
            reacted.filter(_.after >= 0).group_by("key").agg(second=_.after.min()).mutate(what=ibis.literal(what))
            for reacted, what in ((opened, "opening"), (clicked, "click"))
        )
    )
    hours = both.join(arrived, "key").mutate(hour=(_.second // 3600).cast("int64")).filter(_.hour < FOLLOWED_HOURS)
    people = hours.group_by("what", "hour").agg(people=_.count()).order_by("what", "hour").to_pandas()
    return people.assign(mails=arrived.count().to_pyarrow().as_py())[columns]
