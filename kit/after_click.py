"""What did the click lead to? (guide 1, step 6)

Clicks and sessions are counted by two systems: who refuses to be measured is a click without a session, and a
gateway that follows every link is one too. So their ratio is no rate of people; what can be judged is what the
sessions did, against the other campaigns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import ALPHA, large_enough
from kit.stats import multiplicity, proportions, random_effects

if TYPE_CHECKING:
    from kit.stats.random_effects import Heterogeneity


@dataclass(frozen=True, slots=True)
class AfterClick:
    """What followed the clicks, campaign by campaign.

    Attributes:
        campaigns: a row a campaign with sessions: campaign_id, campaign_name, sent_local, clicked [people],
            sessions, engaged_sessions, key_events, revenue, per_click [sessions a clicker; no rate of people],
            value, low, high [engaged sessions of sessions], expected, p [adjusted], verdict: "better", "worse",
            "as usual", "too few" or "unknown".
        spread: how much campaigns differ in it beyond counting.
        unmatched: a row a tag that no campaign has: utm_campaign, sessions.
        silent: campaigns with clicks and without any session: campaign_name, clicked.
        outside: campaigns with clicks that went out on no day of the report, and cannot be called silent.
    """

    campaigns: pd.DataFrame
    spread: Heterogeneity
    unmatched: pd.DataFrame
    silent: pd.DataFrame
    outside: int = 0

    @property
    def matched(self) -> int:
        """Sessions that a campaign was found for."""
        return int(self.campaigns["sessions"].sum())


def links(counts: pd.DataFrame) -> pd.DataFrame:
    """The links of campaigns, the most followed first.

    Args:
        counts: what `counts.links` returned.

    Returns:
        A row a link: link, campaigns [that have a click on it], n [mails they delivered]; clicked [people], value,
        low, high [share of these mails]; clicked_human and value_human [without what a strict rule names a
        scanner's, of the campaigns that an event log tells; NaN without one]. Its order is that of clicked.

    Source: guide 1, step 6; Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    told = counts.assign(logged=counts["delivered"].where(counts["clicked_human"].notna()))
    sums = {name: (name, lambda own: own.sum(min_count=1)) for name in ("clicked", "clicked_human", "logged")}
    found = told.groupby("link", as_index=False).agg(
        campaigns=("campaign_id", "nunique"), n=("delivered", lambda own: own.sum(skipna=False)), **sums
    )
    names = ["clicked", "clicked_human", "n", "logged"]
    found[names] = found[names].astype("Float64").astype("float64")
    low, high = proportions.proportion_interval(found["clicked"], found["n"])
    found = found.assign(value=found["clicked"] / found["n"], low=low, high=high)
    found = found.assign(value_human=found["clicked_human"] / found["logged"]).drop(columns="logged")
    return found.sort_values(["clicked", "link"], ascending=[False, True], ignore_index=True)


def follow(
    web: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    clicks: str = "clicked",
    days: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> AfterClick:
    """Set the sessions beside the clicks, and judge how many of them engaged.

    Args:
        web: what `counts.visits_by_campaign` returned.
        counts: a row a campaign, from `counts.messages(data, ["campaign_id", "campaign_name"])`.
        clicks: the count of clickers to set beside.
        days: the first and last of the report, from `counts.visits_days`; `counts` then has sent_local. None: a
            campaign of any day may be silent.

    Source: guide 1, step 6; leave-one-out random-effects prediction as in `compare.campaigns`; engaged session: 10
    seconds, two pages or a key event (support.google.com/analytics/answer/12195621).
    """
    sums = ["sessions", "engaged_sessions", "key_events", "revenue"]
    told = web.dropna(subset="campaign_id").groupby(["campaign_id", "campaign_name", "sent_local"], as_index=False)[
        sums
    ]
    found = told.sum(min_count=1).merge(counts[["campaign_id", clicks]], on="campaign_id", how="left")
    found = found.rename(columns={clicks: "clicked"}).sort_values("sent_local", ignore_index=True)
    of, n = found["engaged_sessions"].astype(float), found["sessions"].astype(float)
    low, high = proportions.proportion_interval(of, n)
    value = (of / n).where(n > 0)
    table = found.assign(numerator=of, n=n, value=value, low=low, high=high)
    large = large_enough(table)
    out = random_effects.leave_one_out(of.where(large), n.where(large))
    table = table.assign(
        expected=out.expected, p=multiplicity.adjust(out.p), per_click=n / found["clicked"].astype(float)
    )
    verdict = pd.Series("as usual", index=table.index, dtype="object")
    flagged = table["p"] < ALPHA
    verdict = verdict.mask(flagged & (value > out.expected), "better").mask(flagged & (value < out.expected), "worse")
    verdict = verdict.mask(table["p"].isna(), "unknown").mask(~large & value.notna(), "too few")
    clicked = counts[(counts[clicks].fillna(0) > 0) & ~counts["campaign_id"].isin(found["campaign_id"])]
    measured = pd.Series(data=True, index=clicked.index)
    if days is not None:
        measured = clicked["sent_local"].dt.normalize().between(*days) | clicked["sent_local"].isna()
    outside, clicked = int((~measured).sum()), clicked[measured]
    return AfterClick(
        table.assign(verdict=verdict).drop(columns=["numerator", "n"]),
        random_effects.heterogeneity(of.where(large), n.where(large)),
        web[web["campaign_id"].isna()][["utm_campaign", "sessions"]].reset_index(drop=True),
        clicked[["campaign_name", clicks]].rename(columns={clicks: "clicked"}).reset_index(drop=True)
        if len(found)
        else pd.DataFrame({"campaign_name": [], "clicked": np.array([], dtype=float)}),
        outside if len(found) else 0,
    )
