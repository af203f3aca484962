"""Counts of the same people in several campaigns; from event logs only, since totals know no people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

REACTIONS = ("opened", "clicked", "clicked_human", "opened_trackable")
"""What a message of a log says of one person, yes or no. Leaving is none: who left by the first got no second."""


@count("messages")
def same_people(data: Data, campaigns: Sequence[str], of: str) -> pd.DataFrame:
    """Who got all of these campaigns, by which of them each person reacted to.

    Args:
        data: what `kit.open` returned.
        campaigns: ids of two or more campaigns.
        of: the reaction, one of REACTIONS.

    Returns:
        A row a pattern: a column a campaign, named by its id [bool], and people [number]. Only people to whom
        each of them was delivered. With fewer than two campaigns, where no log tells of one of them, and for what is
        no reaction of one person there is the column people alone, and no row.
    """
    ids = list(dict.fromkeys(campaigns))
    unknown = pd.DataFrame(columns=["people"])
    messages = scope.of_population(data)
    if messages is None or len(ids) < 2 or of not in REACTIONS or not set(ids) <= set(scope.population(data)):
        return unknown
    mails = log.trackable(log.of_delivered(messages))
    mails = mails.filter(_.campaign_id.isin(ids) & _.reached & _.contact_key.notnull())
    if of.endswith("_trackable"):
        mails = mails.filter(_.delivered_trackable)
    if mails.campaign_id.nunique().to_pyarrow().as_py() < len(ids):
        return unknown
    reacted = mails.group_by("contact_key", "campaign_id").agg(did=_[of].any())
    names = [f"did_{place}" for place in range(len(ids))]
    people = reacted.group_by("contact_key").agg(
        got=_.count(), **{name: (_.did & (_.campaign_id == id_)).any() for name, id_ in zip(names, ids, strict=True)}
    )
    patterns = people.filter(_.got == len(ids)).group_by(names).agg(people=_.count()).order_by(names).to_pandas()
    return patterns.rename(columns=dict(zip(names, ids, strict=True)))
