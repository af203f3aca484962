"""Counts of what followed the click: sessions of the web analytics, joined to the campaigns of their links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.tables import CAMPAIGNS

if TYPE_CHECKING:
    from kit.store import Data

SUMS = ["sessions", "engaged_sessions", "key_events", "revenue", "engagement_seconds"]
OF_CAMPAIGN = ["campaign_id", "campaign_name", "sent_local"]


@count("web")
def visits_by_campaign(data: Data) -> pd.DataFrame:
    """Sessions by the campaign that their link names.

    A tag joins by the platform's id (Mailchimp puts it before the name), else where it is a campaign's id or name. A
    period takes the sessions of campaigns that were sent in it, on whatever day they came.

    Returns:
        A row a tag: utm_campaign, campaign_id, campaign_name, sent_local [NULL: no campaign has this tag], sessions,
        engaged_sessions, key_events, revenue, engagement_seconds [sums]. Rows without a tag are left out.

    Source: guide 1, step 6: what follows the click.
    """
    web = scope.history(data, "web")
    if web is None:
        return pd.DataFrame(columns=["utm_campaign", *OF_CAMPAIGN, *SUMS])
    tagged = web.filter(_.utm_campaign.notnull())
    sums = {name: _[name].sum() for name in SUMS}
    tags = tagged.group_by("utm_campaign").agg(identity=_.source_campaign_id.max(), **sums).order_by("utm_campaign")
    frame, campaigns = tags.to_pandas(), scope.campaigns(data)
    frame["campaign_id"] = _campaign(frame, scope.frame(data, CAMPAIGNS.name))
    # A tag of a campaign that the question leaves out is neither counted nor called unknown.
    frame = frame[frame["campaign_id"].isna() | frame["campaign_id"].isin(campaigns["campaign_id"])]
    named = campaigns.set_index("campaign_id")[["campaign_name", "sent_local"]]
    frame = frame.merge(named, left_on="campaign_id", right_index=True, how="left")
    return frame[["utm_campaign", *OF_CAMPAIGN, *SUMS]]


@count("web", whole="the days of the reports", unfiltered=scope.NO_CAMPAIGN)
def visits_days(data: Data) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The first and last day that the web analytics tell of; None where no report says its days."""
    web = scope.history(data, "web")
    if web is None:
        return None
    days = web.aggregate(first=_.period_start.min(), last=_.period_end.max()).to_pandas().iloc[0]
    return None if days.isna().any() else (pd.Timestamp(days["first"]), pd.Timestamp(days["last"]))


def _campaign(frame: pd.DataFrame, campaigns: pd.DataFrame) -> pd.Series:
    by_id = campaigns.dropna(subset="source_campaign_id").set_index("source_campaign_id")["campaign_id"]
    names = campaigns.drop_duplicates("campaign_name", keep=False).dropna(subset="campaign_name")
    by_name = names.set_index(names["campaign_name"].str.casefold())["campaign_id"]
    by_id = by_id[~by_id.index.duplicated(keep=False)]
    utm = frame["utm_campaign"]
    ids = [
        keys.map(of).astype("str")
        for keys, of in ((frame["identity"], by_id), (utm, by_id), (utm.str.casefold(), by_name))
    ]
    return ids[0].fillna(ids[1]).fillna(ids[2])
