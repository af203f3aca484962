"""The counts that the rules need: groups of the question beside the same groups of the whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit import counts
from kit.counts import scope
from kit.counts.campaigns import SUMS, covered, of_record, summed, timed
from kit.counts.log import of_delivered
from kit.judging import mature
from kit.questions.after_the_click.sessions import clickers
from kit.questions.find_problems.refused import server_answers
from kit.questions.find_problems.rules import UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

PARTS_OF_DAY = ((6, "22 to 6 h"), (9, "6 to 9 h"), (12, "9 to 12 h"), (15, "12 to 15 h"), (18, "15 to 18 h"))
"""Hours of the day by which mail goes out, each up to its first number; then evening, then night again."""

EVENING, NIGHT = "18 to 22 h", "22 to 6 h"

WARM_UP = 3
"""Months at the beginning of a log in which nobody has ninety days behind him."""

_HOURS = ["campaign_id", "list_name", "month", "part", "sent", "delivered", "clicked", "clicked_human"]


def by_unit(data: Data) -> dict[str, pd.DataFrame]:
    """The counts that the rules need, for each key of UNITS; a key that the data cannot fill is empty.

    The yardstick is the whole history; `asked` marks what was sent in the question's period. Beside the units:
    immature, the campaigns that people may still open and click, which are in no group of campaigns; answers, what
    `server_answers` returned.
    """
    counted = {
        key: groups(data, unit.columns)
        for key, unit in UNITS.items()
        if key not in ("question", "hour", "engagement", "page")
    }
    counted["question"] = counted["month"]
    counted["hour"] = hours(data)
    counted["immature"] = _immature(data)
    for key in ("campaign", "segment", "pressure", "hour"):
        counted[key] = counted[key][~counted[key]["campaign_id"].isin(counted["immature"]["campaign_id"])]
    counted["engagement"] = _engagement(groups(data, ("month", "engagement")))
    counted["page"] = _pages(data, counted["campaign"])
    counted["answers"] = server_answers(data)
    return counted


@scope.count("messages", "campaign_stats", whole="the whole history is the yardstick; `asked` marks the period")
def groups(data: Data, by: Sequence[str]) -> pd.DataFrame:
    """Counts of bulk mail by group over the whole history, those of the question marked.

    Args:
        data: what `kit.open` returned.
        by: as for `counts.messages`.

    Returns:
        As `counts.messages`, without the numbers of campaigns, and `asked`: whether the mail was sent in the
        question's period. A group that has mail inside and outside of it has a row for each.
    """
    sums = summed(of_record(data, by).rename(columns={"in_period": "asked"}), [*by, "asked"])
    return sums[[*by, "asked", *SUMS]]


@scope.count("messages", "campaign_stats")
def hours(data: Data) -> pd.DataFrame:
    """Delivered and clicked mails of bulk campaigns by the part of the day in which they went out.

    An event log knows the hour of each mail, an export that of the campaign. Without the firm's time zone no hour
    is known.

    Returns:
        A row a campaign, month and part of the day: campaign_id, list_name, month, part, sent, delivered, clicked,
        clicked_human [nullable].
    """
    if not data.zone_known:
        return pd.DataFrame(columns=_HOURS)
    campaigns = counts.messages(data, ["campaign_id", "list_name", "month", "sent_local"])
    logged = campaigns["campaign_id"].isin(covered(data))
    exported = campaigns[~logged & timed(campaigns["sent_local"])]
    exported = exported.assign(part=pd.to_datetime(exported["sent_local"]).dt.hour.map(_part))
    return pd.concat([exported[_HOURS], _hours_logged(data, campaigns[logged])], ignore_index=True)


def _hours_logged(data: Data, campaigns: pd.DataFrame) -> pd.DataFrame:
    keys, sums = ["campaign_id", "month", "hour"], ["sent", "delivered", "clicked", "clicked_human"]
    table = scope.of_population(data)
    if table is None or campaigns.empty:
        by_hour = pd.DataFrame(columns=[*keys, *sums])
    else:
        table = of_delivered(table).filter(ibis._.campaign_id.isin(sorted(set(campaigns["campaign_id"]))))
        table = table.mutate(month=ibis._.sent_local.strftime("%Y-%m"), hour=ibis._.sent_local.hour())
        totals = {name: ibis._[name].cast("int64").sum() for name in sums}
        by_hour = table.group_by(keys).agg(**totals).order_by(keys).to_pandas()
    by_hour["part"] = by_hour["hour"].map(_part)
    by_part = by_hour.groupby(["campaign_id", "month", "part"], as_index=False)[sums].sum()
    lists = campaigns.drop_duplicates("campaign_id").set_index("campaign_id")["list_name"]
    return by_part.assign(list_name=by_part["campaign_id"].map(lists))[_HOURS]


def _part(hour: int) -> str:
    if hour >= 22:
        return NIGHT
    return next((name for end, name in PARTS_OF_DAY if hour < end), EVENING)


def _immature(data: Data) -> pd.DataFrame:
    """Campaigns that people may still open and click: judged by too little, they would seem weak."""
    campaigns = data.campaigns[["campaign_id", "campaign_name", "sent_local"]]
    campaigns = campaigns.assign(asked=scope.inside(data, campaigns["sent_local"], campaigns["campaign_name"]))
    return campaigns[~mature(campaigns["sent_local"], data.as_of, data.settings["conversions.maturity_days"])]


def _engagement(by_month: pd.DataFrame) -> pd.DataFrame:
    """Mails to active people of those to people who can be judged, by month, once ninety days lie behind."""
    wide = by_month.pivot_table(index=["month", "asked"], columns="engagement", values="delivered", aggfunc="sum")
    wide = wide.reindex(columns=["active", "silent", "new"]).dropna(how="all").fillna(0).reset_index()
    wide = wide.assign(judged=wide["active"] + wide["silent"], sent=wide["active"] + wide["silent"] + wide["new"])
    return wide.sort_values("month", ignore_index=True).iloc[WARM_UP:]


def _pages(data: Data, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Campaigns with their clickers and sessions, as notebook 07 has them; none where no session names one.

    A campaign without a session counts where campaigns before and after it have some: else it was not measured.
    """
    sums = campaigns.groupby(["campaign_id", "campaign_name"], as_index=False)
    mails = clickers(sums[["clicked", "clicked_human", "sent"]].sum(min_count=1))
    tagged = counts.visits_by_campaign(data.history).dropna(subset=["campaign_id", "campaign_name", "sent_local"])
    sessions = tagged.groupby("campaign_id", as_index=False)[["sessions", "engaged_sessions"]].sum(min_count=1)
    pages = mails.merge(sessions, on="campaign_id", how="left")
    sent = pages["campaign_id"].map(data.history.campaigns.set_index("campaign_id")["sent_local"])
    measured = sent[pages["sessions"].notna()]
    silent = pages["sessions"].isna() & sent.between(measured.min(), measured.max()) & (pages["clickers"] > 0)
    pages["sessions"] = pages["sessions"].mask(silent, 0)
    asked = set(campaigns.loc[campaigns["asked"].astype(bool), "campaign_id"])
    pages = pages.assign(arrivals=pages["sessions"] + pages["clickers"], asked=pages["campaign_id"].isin(asked))
    # raw clickers are no yardstick for people's, nor they for them
    pages = pages.assign(told=pages["clicked_human"].notna())
    return pages[pages["sessions"].notna()].reset_index(drop=True)
