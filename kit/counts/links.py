"""Counts of links: who clicked which, campaign by campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit import humans
from kit.counts import scope
from kit.counts.campaigns import covered, messages
from kit.counts.scope import count
from kit.store.messages import UNSUBSCRIBE_LINK, message_key, ref
from kit.tables import CAMPAIGN_STATS, EVENTS, LINK_STATS

if TYPE_CHECKING:
    from kit.store import Data, Expression

TRACKING = r"(utm_[a-z_]+|mc_[a-z]+|gclid|yclid|fbclid|_openstat|mkt_tok|_hsenc|_hsmi|_ke|_kx)=[^&#]*"
"""Parts of a link that follow the campaign or the person, not the page."""

ANCHOR = "#([^!/].*)?$"
"""A place within a page; what begins with #/ or #! is a page of its own."""

COLUMNS = ["campaign_id", "campaign_name", "link", "clicked", "clicked_human", "clicks_total", "delivered"]


@count("link_stats", "events")
def links(data: Data, *, leaving: bool = False) -> pd.DataFrame:
    """Clicks on the links of bulk campaigns.

    Of a campaign whose sending the event log shows the log speaks, of others the reports that list their links.
    What follows the campaign in a link (utm_source …) is taken off, so that one page is one link.

    Args:
        data: what `kit.open` returned.
        leaving: with the links that leave the list or manage it; they are no interest (`click_rate`).

    Returns:
        A row a campaign and link: campaign_id, campaign_name, link; clicked [people], clicked_human [of them by a
        click that no strict rule of kit.humans names; NULL without a log], clicks_total; delivered [mails of
        the whole campaign]. One person may click several links: sums over
        links are no people.

    Source: guide 1, step 6; the link map of the platforms, without the link that unsubscribes.
    """
    mail = messages(data, ["campaign_id", "campaign_name"])[["campaign_id", "campaign_name", "delivered"]]
    logged, exported, of_log = _logged(data), _exported(data), covered(data)
    parts = [logged[logged["campaign_id"].isin(of_log)], exported[~exported["campaign_id"].isin(of_log)]]
    clicks = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    if not leaving:
        clicks = clicks[~clicks["link"].str.lower().str.contains(UNSUBSCRIBE_LINK.replace("(", "(?:"), regex=True)]
    clicks = clicks.merge(mail, on="campaign_id")  # of the question's campaigns alone
    counts = ["clicked", "clicked_human", "clicks_total", "delivered"]
    clicks[counts] = clicks[counts].astype("Float64")
    return clicks[COLUMNS].sort_values(["campaign_id", "link"], ignore_index=True)


def _logged(data: Data) -> pd.DataFrame:
    columns = ["campaign_id", "link", "clicked", "clicked_human", "clicks_total"]
    events, sent = scope.history(data, EVENTS.name), scope.of_population(data)
    if events is None or sent is None:
        return pd.DataFrame(columns=columns)
    sent = sent.filter(_.delivered).select("campaign_id", key="message_key")
    clicks = humans.clicks(events.mutate(ref=ref(events), key=message_key(events)), data.settings)
    clicks = clicks.filter(_.link_url.notnull()).mutate(link=page(clicks.link_url)).join(sent, "key")
    links = clicks.group_by("campaign_id", "link").agg(
        clicked=_.key.nunique(),
        clicked_human=_.key.nunique(where=_.verdict != "strict"),
        clicks_total=_.count(),
    )
    return links.to_pandas()[columns]


def _exported(data: Data) -> pd.DataFrame:
    """What reports list; the links of a test's variants are added, since each person got one variant."""
    columns = ["campaign_id", "link", "clicked", "clicked_human", "clicks_total"]
    table = scope.history(data, LINK_STATS.name)
    if table is None:
        return pd.DataFrame(columns=columns)
    of_files = scope.frame(data, CAMPAIGN_STATS.name)[["source_file", "campaign_id"]].drop_duplicates()
    by_file = of_files.drop_duplicates("source_file", keep=False).set_index("source_file")["campaign_id"]
    ids = data.campaigns.dropna(subset="source_campaign_id").drop_duplicates("source_campaign_id", keep=False)
    by_id = ids.set_index("source_campaign_id")["campaign_id"]
    frame = table.mutate(link=page(table.url)).to_pandas()
    frame["campaign_id"] = frame["source_campaign_id"].map(by_id).fillna(frame["source_file"].map(by_file))
    # two reports of one campaign tell of the same clicks
    first = frame.dropna(subset="campaign_id").drop_duplicates("campaign_id")[["campaign_id", "source_file"]]
    frame = frame.merge(first, on=["campaign_id", "source_file"])
    sums = frame.groupby(["campaign_id", "link"], as_index=False)[["clicked", "clicks_total"]].sum(min_count=1)
    return sums.assign(clicked_human=None)[columns]


def page(url: Expression) -> Expression:
    """A link without what follows the campaign in it."""
    untracked = url.re_replace(ANCHOR, "").re_replace(TRACKING, "")
    return untracked.re_replace(r"&+", "&").re_replace(r"\?&", "?").re_replace(r"[?&]+($|#)", r"\1")
