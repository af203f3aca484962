"""The people behind a count: who it was that bounced, complained or left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from kit.store import Data

FACTS = ("bounced_hard", "bounced_soft", "complained", "unsubscribed")
"""What a message of a log says of its person."""


@count("messages")
def people_behind(data: Data, fact: str) -> pd.DataFrame:
    """Who is behind a count of the log, each person once.

    Args:
        data: what `kit.open` returned.
        fact: one of FACTS.

    Returns:
        A row a person, by key: contact_key, messages [number; their sum is the count of the log], first, last [moment
        of sending on the firm's clock].
    """
    messages = scope.of_population(data)
    if messages is None:
        return pd.DataFrame(columns=["contact_key", "messages", "first", "last"])
    mails = log.of_delivered(log.of_this_log(messages)).filter(_[fact].fill_null(NO) & _.contact_key.notnull())
    people = mails.group_by("contact_key").agg(messages=_.count(), first=_.sent_local.min(), last=_.sent_local.max())
    return people.order_by("contact_key").to_pandas()
