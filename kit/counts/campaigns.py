"""Counts of campaign mail: logs and exports brought together, one speaker for each campaign and count."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.counts import log
from kit.counts.traits import TRAITS
from kit.errors import UsageError, nearest
from kit.tables import CAMPAIGN_STATS, COUNT_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

COVERED = 0.95
"""A log speaks for a campaign when it shows the sending of at least this share of its messages."""

AUTOMATED = ("automation", "transactional")
KINDS = ("bulk", "automated", "no campaign")

OF_CAMPAIGN = (
    "campaign_id",
    "campaign_name",
    "subject",
    "list_name",
    "campaign_type",
    "kind",
    "tags",
    "sent_local",
)
OF_MESSAGE = ("month", "variant", "domain", *TRAITS)
WHY = {
    "opened": "an export may leave out openings that the platform takes for a machine's; the log has them all",
    "clicked": "an export may count who followed the link that unsubscribes (Mailchimp may); the log's count does not",
    "clicks_total": "an export may count the link that unsubscribes (Mailchimp may); the log's count does not",
    "delivered": "an export may count before late bounces came back",
}
"""Why an export and an event log may tell different counts of one campaign."""

FOLLOWING = [name for name in log.AFTER if name in COUNT_NAMES]
"""What people do after a mail, within the window."""

SUMS = [*COUNT_NAMES, "revenue_squares"]
"""What is summed: the counts, and the squares of revenue a message, for the interval of its mean."""


def messages(
    data: Data,
    by: Sequence[str],
    *,
    kind: str = "bulk",
    action: str = "",
    window_days: int | None = None,
) -> pd.DataFrame:
    """Counts of campaign mail by group; tests are left out (`left_out` counts them).

    Each campaign and count has one speaker: the event log where it covers the sends, else the reports of
    its variants, else its own report, else the latest export. Conversions are credited to the last
    delivered message before them within the window, so that they add up.

    Args:
        data: what `kit.open` returned.
        by: columns of campaigns (campaign_id, list_name …), of messages (month, variant, domain) or traits of
            their people (segment, tenure …); what totals cannot tell is NULL.
        kind: "bulk", "automated", "no campaign" or "" for all.
        action: what counts as `converted`: appointment, review, order …; "" for any.
        window_days: days after a mail in which an action counts for it; None: the setting.

    Returns:
        A row a group: `by`, campaigns [number], the counts of tables.COUNTS and revenue_squares
        [nullable], and for each count `<count>_missing`: the campaigns of the group that lack it. A count
        that any campaign of the group lacks is NULL: a sum over some of them would be too small.

    Raises:
        UsageError: a column that messages do not have.

    Source: guide 1, steps 2 and 3; one speaker for each count: a parent and its variants never add.
    """
    known = (*OF_CAMPAIGN, *OF_MESSAGE)
    for column in by:
        if column not in known:
            raise UsageError(f"counts.messages: mail has no {column!r} to group by. {nearest(column, known)}")
    window = data.settings["conversions.window_days"] if window_days is None else window_days
    told = _told(data, window)
    logged = log.counts(data, [name for name in by if name in OF_MESSAGE], action=action, window_days=window)
    spoken = _spoken(pd.concat([logged, told], ignore_index=True), told)
    spoken = spoken.merge(_campaigns(data), on="campaign_id", how="left" if _all(data) else "inner")
    spoken["kind"] = spoken["kind"].fillna("no campaign")
    if len(data.currencies) > 1:
        spoken.loc[spoken["count"].isin(("revenue", "revenue_squares")), "value"] = pd.NA
    spoken = spoken[~spoken["is_test"].fillna(value=False).astype(bool)]
    if kind:
        spoken = spoken[spoken["kind"] == kind]
    return _summed(_in_period(spoken, data), list(by))


def bulk(data: Data) -> list[str]:
    """The ids of the bulk campaigns that the filters leave and that are no tests."""
    campaigns = data.campaigns[~data.campaigns["is_test"].astype(bool)]
    return campaigns.loc[~campaigns["campaign_type"].isin(AUTOMATED), "campaign_id"].tolist()


def left_out(data: Data) -> pd.DataFrame:
    """The test sends that `messages` leaves out: campaign_name, subject, list_name, sent_local, sent."""
    campaigns = data.campaigns[data.campaigns["is_test"].astype(bool)]
    spoken = _spoken(pd.concat([log.counts(data, []), _told(data)], ignore_index=True), _told(data))
    sent = spoken[spoken["count"] == "sent"].groupby("campaign_id")["value"].sum(min_count=1)
    named = campaigns[["campaign_name", "subject", "list_name", "sent_local"]]
    return named.assign(sent=campaigns["campaign_id"].map(sent).astype("Float64")).reset_index(drop=True)


def speakers(data: Data, *, action: str = "") -> pd.DataFrame:
    """Who speaks for each count of each campaign, and what it says.

    Args:
        data: what `kit.open` returned.
        action: what counts as `converted`; "" for any.

    Returns:
        A row a campaign and known count: campaign_id, count, value, source [file, or "event log"].
    """
    window = data.settings["conversions.window_days"]
    told = _told(data, window)
    logged = log.counts(data, [], action=action, window_days=window)
    spoken = _spoken(pd.concat([logged, told], ignore_index=True), told).dropna(subset=["value", "source_file"])
    found = spoken.groupby(["campaign_id", "count"], as_index=False, sort=False).agg(
        value=("value", "sum"), source=("source_file", lambda own: ", ".join(dict.fromkeys(own)))
    )
    return pd.DataFrame(found)


def differences(data: Data) -> pd.DataFrame:
    """Where two sources tell different counts of one campaign: which speaks, which is passed over.

    Returns:
        A row a campaign, count and source passed over whose number differs: campaign_name, count, value,
        source (the speaker), other_value, other_source, note [why the two may differ; "" where nothing is known].
    """
    statements = _statements(pd.concat([log.counts(data, []), _told(data)], ignore_index=True))
    # The rows come in the order in which they speak, so that of two exports the later one comes first.
    keys = ["campaign_id", "count", "precedence", "source_file"]
    total = pd.DataFrame(statements.groupby(keys, as_index=False, sort=False)["value"].sum())
    first = total.sort_values("precedence", kind="stable").drop_duplicates(["campaign_id", "count"])
    both = total.merge(first, on=["campaign_id", "count"], suffixes=("_other", ""))
    both = both[(both["source_file_other"] != both["source_file"]) & (both["value_other"] != both["value"])]
    names = data.campaigns.set_index("campaign_id")["campaign_name"]
    return pd.DataFrame(
        {
            "campaign_name": both["campaign_id"].map(names),
            "count": both["count"],
            "value": both["value"],
            "source": both["source_file"],
            "other_value": both["value_other"],
            "other_source": both["source_file_other"],
            "note": both["count"].map(WHY).fillna("").where(_with_log(both), ""),
        }
    ).reset_index(drop=True)


def _with_log(both: pd.DataFrame) -> pd.Series:
    """Whether one of the two is the event log."""
    return (both["source_file"] == log.SOURCE) | (both["source_file_other"] == log.SOURCE)


def _all(data: Data) -> bool:
    return not data.filters


def _campaigns(data: Data) -> pd.DataFrame:
    campaigns = data.campaigns
    automated = campaigns["campaign_type"].isin(AUTOMATED)
    columns = [name for name in OF_CAMPAIGN if name != "kind"]
    return campaigns[[*columns, "is_test"]].assign(kind=automated.map({True: "automated", False: "bulk"}))


def _told(data: Data, window_days: int | None = None) -> pd.DataFrame:
    """What files tell, with the month and the columns that the log's counts have.

    What follows a mail is not known of one that is younger than the window at the `as_of` of kit.toml.
    """
    stats = data.table(CAMPAIGN_STATS.name)
    stats = stats.sort_values(["precedence", "as_of"], ascending=[True, False], kind="stable")
    when = data.campaigns.set_index("campaign_id")["sent_local"]
    sent = pd.to_datetime(stats["sent_local"].fillna(stats["campaign_id"].map(when)))
    month = sent.dt.strftime("%Y-%m").astype("object")
    if data.expression("orders") is not None:
        # A platform without a shop exports 0 for what it cannot know; the orders know better.
        blind = (
            stats.groupby("source_file")["revenue"].transform(lambda own: not (own.fillna(0) != 0).any()).astype(bool)
        )
        stats.loc[blind, ["orders", "revenue"]] = None
    if window_days is not None and data.settings["as_of"] is not None and data.as_of is not None:
        stats.loc[sent > data.as_of - timedelta(days=window_days), FOLLOWING] = None
    columns = ["campaign_id", "variant", "precedence", "source_file", *COUNT_NAMES]
    return stats[columns].assign(
        month=month.where(month.notna(), None), revenue_squares=None, **dict.fromkeys(("domain", *TRAITS))
    )


def _statements(rows: pd.DataFrame) -> pd.DataFrame:
    """Long: a row a campaign, variant, month, domain, source and count that is known."""
    keys = ["campaign_id", *OF_MESSAGE, "precedence", "source_file"]
    rows = rows.reindex(columns=[*keys, *SUMS])
    long = rows.melt(keys, SUMS, var_name="count", value_name="value")
    long["value"] = pd.to_numeric(long["value"]).astype("Float64")
    return long.dropna(subset="value")


def _spoken(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """The statements of the speakers, and a row without a count for each campaign that lacks it."""
    rows = _ranked(rows, told)
    statements = _statements(rows)
    order = ["campaign_id", "count"]
    first = statements.sort_values("precedence", kind="stable").drop_duplicates(order)
    speakers = first[[*order, "precedence", "source_file"]]
    spoken = statements.merge(speakers, on=[*order, "precedence", "source_file"])
    lacking = _lacking(rows, first)
    return pd.concat([spoken, lacking], ignore_index=True)


def covered(data: Data) -> list[str]:
    """The campaigns whose sending the event log shows, so that it speaks for them."""
    rows = log.counts(data, [])
    return sorted(set(rows["campaign_id"].dropna()) - set(_partial(rows, _told(data))))


def timed(sent: pd.Series) -> pd.Series:
    """Whether moments of sending have a time of day: an export that tells dates or months has midnight sharp."""
    told = pd.to_datetime(sent)
    return told.notna() & (told != told.dt.normalize())


def _partial(rows: pd.DataFrame, told: pd.DataFrame) -> pd.Index:
    """The campaigns of which the log shows too few of the sends."""
    logged = rows["precedence"] == log.PRECEDENCE
    shown = rows[logged].groupby("campaign_id")[["sent", "messages"]].sum()
    exported = told.groupby(["campaign_id", "precedence"])["sent"].sum(min_count=1).groupby("campaign_id").max()
    due = pd.concat([shown["messages"], exported.reindex(shown.index)], axis=1).max(axis=1)
    return shown.index[shown["sent"] < COVERED * due]


def _ranked(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """A log that shows too few of the sends speaks last, and only of what it saw."""
    weak = (rows["precedence"] == log.PRECEDENCE) & rows["campaign_id"].isin(_partial(rows, told))
    rows = rows.copy()
    rows.loc[weak, "precedence"] = log.PARTIAL
    rows.loc[weak, ["sent", "delivered", "bounced", "bounced_hard", "bounced_soft"]] = None
    return rows


def _lacking(rows: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """For each count that a campaign lacks, its group's rows with no value, so that the lack is counted."""
    best = rows.sort_values("precedence", kind="stable").drop_duplicates("campaign_id")[["campaign_id", "precedence"]]
    places = rows.merge(best, on=["campaign_id", "precedence"])[["campaign_id", *OF_MESSAGE]]
    places = places.drop_duplicates()
    wanted = places.merge(pd.DataFrame({"count": SUMS}), how="cross")
    known = first.assign(known=True)[["campaign_id", "count", "known"]]
    wanted = wanted.merge(known, on=["campaign_id", "count"], how="left")
    return wanted[wanted["known"].isna()].drop(columns="known").assign(value=None)


def _in_period(spoken: pd.DataFrame, data: Data) -> pd.DataFrame:
    if data.months is None:
        return spoken
    first, last = data.months
    return spoken[(spoken["month"] >= first) & (spoken["month"] <= last)]


def _summed(spoken: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    keys = by or ["all"]
    spoken = spoken.assign(all="all", campaign=spoken["campaign_id"].fillna("no campaign"))
    grouped = spoken.groupby([*keys, "count"], dropna=False, sort=True, observed=True)
    sums = grouped["value"].sum(min_count=1).unstack("count")
    lack = spoken[spoken["value"].isna()].groupby([*keys, "count"], dropna=False)["campaign"].nunique().unstack("count")
    sums = sums.reindex(columns=SUMS).astype("Float64")
    lack = lack.reindex(index=sums.index, columns=SUMS).fillna(0).astype("Int64")
    sums = sums.mask(lack > 0)
    campaigns = spoken.groupby(keys, dropna=False)["campaign"].nunique().reindex(sums.index)
    table = pd.concat([sums, lack.add_suffix("_missing")], axis=1)
    table.insert(0, "campaigns", campaigns.astype("Int64"))
    table = table.reset_index()
    return table if by else table.drop(columns="all")
