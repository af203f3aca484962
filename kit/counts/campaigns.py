"""Counts of campaign mail: logs and exports brought together, one source of record for each campaign and count."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.counts import log, scope
from kit.counts.scope import count
from kit.counts.traits import TRAITS
from kit.errors import UsageError, nearest
from kit.messages import _
from kit.store import AUTOMATED
from kit.tables import CAMPAIGN_STATS, COUNT_NAMES, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

COVERED = 0.95
"""A log is the source of record of a campaign when it shows the sending of at least this share of its messages."""

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
OF_MESSAGE = ("month", "weekday", "hour", "variant", "domain", *TRAITS)
WHY = {
    "opened": "an export may leave out openings that the platform takes for a machine's; the log has them all",
    "clicked": "an export may count who followed the link that unsubscribes (Mailchimp may); the log's count does not",
    "clicks_total": "an export may count the link that unsubscribes (Mailchimp may); the log's count does not",
    "delivered": "an export may count before late bounces came back",
}
"""Why an export and an event log may tell different counts of one campaign."""

FOLLOWING = [name for name in log.AFTER if name in COUNT_NAMES]
"""What people do after a mail, within the window."""

SUMS = [*COUNT_NAMES, *log.TRACKABLE, "revenue_squares"]
"""What is summed: the counts, those of people whose program tells, and the squares of revenue a message, for the
interval of its mean."""


@count("messages", "campaign_stats")
def messages(
    data: Data,
    by: Sequence[str],
    *,
    kind: str | None = None,
    action: str = "",
    window_days: int | None = None,
    credit: log.Credit = "last mail",
) -> pd.DataFrame:
    """Counts of campaign mail by group; tests are left out (`left_out` counts them).

    Each campaign and count has one source of record: the event log where it covers the sends, else the reports of
    its variants, else its own report, else the latest export. Conversions are credited to the last
    delivered message before them within the window, so that they add up; or, for tests, by assignment.

    Args:
        data: what `kit.open` returned.
        by: columns of campaigns (campaign_id, list_name …), of messages (month, weekday [0 is Monday] and hour of
            sending, variant, domain) or traits of their people (segment, tenure …); what totals cannot tell is NULL.
        kind: "bulk", "automated", "no campaign" or "" for all; None: the question's (`Data.population`).
        action: what counts as `converted`: appointment, review, order …; "" for any.
        window_days: days after a mail in which an action counts for it; None: the setting.
        credit: "last mail", or "assignment": all that the people of a campaign did within the window, whatever mail
            they got meanwhile; then campaigns do not add up.

    Returns:
        A row a group: `by`, campaigns [number], the counts of tables.COUNTS, of log.TRACKABLE and revenue_squares
        [nullable], and for each count `<count>_missing`: the campaigns of the group that lack it. A count
        that any campaign of the group lacks is NULL: a sum over some of them would be too small.
        delivered_is_derived [bool]: of a campaign of the group it is sent - bounced, not told.

    Raises:
        UsageError: a column that messages do not have; weekday or hour where no time zone is known.

    Source: guide 1, steps 2 and 3; one source of record for each count: a parent and its variants never add.
    """
    rows = of_record(data, by, kind=kind, action=action, window_days=window_days, credit=credit)
    return summed(rows[rows["in_period"]], list(by))


def of_record(
    data: Data,
    by: Sequence[str],
    *,
    kind: str | None = None,
    action: str = "",
    window_days: int | None = None,
    credit: log.Credit = "last mail",
) -> pd.DataFrame:
    """What the sources of record say of all months; arguments and errors as for `messages`.

    Returns:
        A row a campaign, group and count: the columns of campaigns and messages, in_period [bool: sent in the
        period of the question], count [its name], value [NULL: the campaign lacks it].
    """
    columns = (*OF_CAMPAIGN, *OF_MESSAGE)
    for column in by:
        if column not in columns:
            raise UsageError(
                _(
                    "counts.messages: messages have no column {column} to group by. {hint}",
                    column=repr(column),
                    hint=nearest(column, columns),
                )
            )
    if not data.zone_known and {"weekday", "hour"} & set(by):
        raise UsageError(
            _(
                "counts.messages: weekday and hour need the local time zone, which is not known. Set time_zone in "
                "kit.toml."
            )
        )
    window = data.settings["conversions.window_days"] if window_days is None else window_days
    groups = tuple(name for name in by if name in OF_MESSAGE)
    # without a log the counts are those of whole campaigns, whatever they are grouped by
    asked = (groups, action, credit) if scope.history(data, MESSAGES.name) is not None else ()
    rows = data.once(("of record", window, *asked), lambda: _rows(data, groups, action, window, credit))
    rows = rows.merge(_campaigns(data), on="campaign_id", how="inner" if data.filters else "left")
    rows["kind"] = rows["kind"].fillna("no campaign")
    if len(data.currencies) > 1:
        rows.loc[rows["count"].isin(("revenue", "revenue_squares")), "value"] = pd.NA
    rows = rows[~rows["is_test"].fillna(value=False).astype(bool)]
    rows[["weekday", "hour"]] = rows[["weekday", "hour"]].astype("Int64")
    kind = data.population if kind is None else kind
    return rows[rows["kind"] == kind] if kind else rows


def _rows(data: Data, groups: Sequence[str], action: str, window: int, credit: log.Credit) -> pd.DataFrame:
    """The rows of the sources of record by what messages differ in."""
    exported = _exported(data, window)
    logged = log.counts(data, list(groups), action=action, window_days=window, credit=credit)
    return _chosen(pd.concat([logged, exported], ignore_index=True), exported)


@count("messages", "campaign_stats")
def left_out(data: Data) -> pd.DataFrame:
    """The test sends that `messages` leaves out: campaign_name, subject, list_name, sent_local, sent."""
    campaigns = scope.campaigns(data)
    campaigns = campaigns[campaigns["is_test"].astype(bool)]
    exported = _exported(data)
    rows = _chosen(pd.concat([log.counts(data, []), exported], ignore_index=True), exported)
    sent = rows[rows["count"] == "sent"].groupby("campaign_id")["value"].sum(min_count=1)
    named = campaigns[["campaign_name", "subject", "list_name", "sent_local"]]
    return named.assign(sent=campaigns["campaign_id"].map(sent).astype("Float64")).reset_index(drop=True)


@count("messages", "campaign_stats")
def sources_of_record(data: Data, *, action: str = "") -> pd.DataFrame:
    """The source of record for each count of each campaign, and its value.

    Args:
        data: what `kit.open` returned.
        action: what counts as `converted`; "" for any.

    Returns:
        A row a campaign and known count: campaign_id, count, value, source [file, or "event log"].
    """
    window = data.settings["conversions.window_days"]
    exported = _exported(data, window)
    logged = log.counts(data, [], action=action, window_days=window)
    rows = _chosen(pd.concat([logged, exported], ignore_index=True), exported)
    rows = _of_question(rows, data).dropna(subset=["value", "source_file"])
    sums = rows.groupby(["campaign_id", "count"], as_index=False, sort=False).agg(
        value=("value", "sum"), source=("source_file", lambda files: ", ".join(dict.fromkeys(files)))
    )
    return pd.DataFrame(sums)


@count("messages", "campaign_stats")
def log_shares(data: Data, by: Sequence[str], *, kind: str | None = None, action: str = "") -> pd.DataFrame:
    """How much of what logs and exports count differently was counted by the event log, group by group.

    Args:
        data: what `kit.open` returned.
        by: columns as of `messages`.
        kind: likewise.
        action: what counts as `converted`; "" for any.

    Returns:
        A row a group and count of WHY that is known: `by`, count, log_share [0: by exports alone; 1: by the log alone].
    """
    rows = of_record(data, by, kind=kind, action=action)
    rows = rows[rows["in_period"] & rows["count"].isin(WHY) & rows["value"].notna()]
    counted = rows["value"].astype(float).clip(lower=1)  # who counts is known of a campaign without any, too
    sums = rows.assign(all=counted, logged=counted.where(rows["source_file"] == log.SOURCE, 0.0))
    sums = sums.groupby([*by, "count"], as_index=False)[["all", "logged"]].sum()
    return sums[[*by, "count"]].assign(log_share=sums["logged"] / sums["all"])


@count("messages", "campaign_stats")
def differences(data: Data) -> pd.DataFrame:
    """Where two sources have different counts of one campaign: which is used, which is passed over.

    Returns:
        A row a campaign, count and source passed over whose number differs: campaign_name, count, value,
        source (of record), other_value, other_source, note [why the two may differ; "" where nothing is known].
    """
    statements = _long(pd.concat([log.counts(data, []), _exported(data)], ignore_index=True)).dropna(subset="value")
    statements = _of_question(statements, data)
    # The rows come in the order of precedence, so that of two exports the later one comes first.
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


def _of_question(rows: pd.DataFrame, data: Data) -> pd.DataFrame:
    """The rows of campaigns that the question is about, with all that was counted of them."""
    if data.period is None and not data.filters:
        return rows
    return rows[rows["campaign_id"].isin(scope.campaigns(data)["campaign_id"])]


def _campaigns(data: Data) -> pd.DataFrame:
    campaigns = data.campaigns
    automated = campaigns["campaign_type"].isin(AUTOMATED)
    columns = [name for name in OF_CAMPAIGN if name != "kind"]
    return campaigns[[*columns, "is_test"]].assign(kind=automated.map({True: "automated", False: "bulk"}))


def _exported(data: Data, window_days: int | None = None) -> pd.DataFrame:
    """The counts of exports, see `_stats`."""
    return data.once(("exported", window_days), lambda: _stats(data, window_days))


def _stats(data: Data, window_days: int | None) -> pd.DataFrame:
    """What exports of totals say, with the month and the columns that the log's counts have.

    What follows a mail is not known of one that is younger than the window at the `as_of` of kit.toml.
    """
    stats = scope.frame(data, CAMPAIGN_STATS.name)
    stats = stats.sort_values(["precedence", "as_of"], ascending=[True, False], kind="stable")
    when = data.campaigns.set_index("campaign_id")["sent_local"]
    sent = pd.to_datetime(stats["sent_local"]).fillna(
        pd.to_datetime(when.reindex(stats["campaign_id"])).set_axis(stats.index)
    )
    month = sent.dt.strftime("%Y-%m").astype("object")
    if scope.history(data, "orders") is not None:
        # A platform without a shop exports 0 for what it cannot know; the orders know better.
        revenue = stats["revenue"].fillna(0) != 0
        stats.loc[~revenue.groupby(stats["source_file"]).transform("any"), ["orders", "revenue"]] = None
    if window_days is not None and data.settings["as_of"] is not None and data.as_of is not None:
        stats.loc[sent > data.as_of - timedelta(days=window_days), FOLLOWING] = None
    columns = ["campaign_id", "variant", "precedence", "source_file", "delivered_is_derived", *COUNT_NAMES]
    return stats[columns].assign(
        month=month.where(month.notna(), None),
        weekday=sent.dt.day_of_week.astype("Int64").mask(scope.is_month(stats["campaign_name"])),
        hour=sent.dt.hour.astype("Int64").where(timed(sent)),
        in_period=scope.inside(data, sent, stats["campaign_name"]),
        revenue_squares=None,
        **dict.fromkeys(("domain", *TRAITS, *log.TRACKABLE)),
    )


def _long(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a campaign, variant, month, domain, source and count."""
    keys = ["campaign_id", "in_period", *OF_MESSAGE, "precedence", "source_file", "delivered_is_derived"]
    rows = rows.reindex(columns=[*keys, *SUMS])
    long = rows.melt(keys, SUMS, var_name="count", value_name="value")
    long["value"] = pd.to_numeric(long["value"]).astype("Float64")
    return long


def _chosen(rows: pd.DataFrame, exported: pd.DataFrame) -> pd.DataFrame:
    """The rows of the sources of record, and one without a value for each count that a campaign lacks."""
    rows = _ranked(rows, exported)
    statements = _long(rows)
    order = ["campaign_id", "count"]
    known = statements.dropna(subset="value")
    first = known.sort_values("precedence", kind="stable").drop_duplicates(order)
    chosen = statements.merge(first[[*order, "precedence", "source_file"]], on=[*order, "precedence", "source_file"])
    # what a log tells of some months of a campaign only is lacking in the others
    in_part = (chosen["source_file"] == log.SOURCE) & chosen["count"].isin(log.FACTS)
    chosen = chosen[chosen["value"].notna() | in_part]
    return pd.concat([chosen, _lacking(rows, first)], ignore_index=True).astype({"in_period": bool})


def covered(data: Data) -> list[str]:
    """The campaigns whose sending the event log shows, so that it is their source of record."""
    rows = log.counts(data, [])
    return sorted(set(rows["campaign_id"].dropna()) - set(_partial(rows, _exported(data))))


def timed(sent: pd.Series) -> pd.Series:
    """Whether moments of sending have a time of day: an export that has dates or months only has midnight sharp."""
    times = pd.to_datetime(sent)
    return times.notna() & (times != times.dt.normalize())


def _partial(rows: pd.DataFrame, exported: pd.DataFrame) -> pd.Index:
    """The campaigns of which the log shows too few of the sends."""
    logged = rows["precedence"] == log.PRECEDENCE
    shown = rows[logged].groupby("campaign_id")[["sent", "messages"]].sum()
    totals = exported.groupby(["campaign_id", "precedence"])["sent"].sum(min_count=1).groupby("campaign_id").max()
    due = pd.concat([shown["messages"], totals.reindex(shown.index)], axis=1).max(axis=1)
    return shown.index[shown["sent"] < COVERED * due]


def _ranked(rows: pd.DataFrame, exported: pd.DataFrame) -> pd.DataFrame:
    """A log that shows too few of the sends comes last, and only with what it saw."""
    weak = (rows["precedence"] == log.PRECEDENCE) & rows["campaign_id"].isin(_partial(rows, exported))
    rows = rows.copy()
    rows.loc[weak, "precedence"] = log.PARTIAL
    lost = ["sent", "delivered", "bounced", "bounced_hard", "bounced_soft", "delivered_trackable", "opened_trackable"]
    rows.loc[weak, lost] = None
    return rows


def _lacking(rows: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """For each count that a campaign lacks, its group's rows with no value, so that the lack is counted."""
    best = rows.sort_values("precedence", kind="stable").drop_duplicates("campaign_id")[["campaign_id", "precedence"]]
    places = rows.merge(best, on=["campaign_id", "precedence"])[["campaign_id", "in_period", *OF_MESSAGE]]
    places = places.drop_duplicates()
    wanted = places.merge(pd.DataFrame({"count": SUMS}), how="cross")
    counted = first.assign(counted=True)[["campaign_id", "count", "counted"]]
    wanted = wanted.merge(counted, on=["campaign_id", "count"], how="left")
    return wanted[wanted["counted"].isna()].drop(columns="counted").assign(value=None)


def summed(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rows of `of_record` by group, as `messages` returns them."""
    keys = by or ["all"]
    rows = rows.assign(all="all", campaign=rows["campaign_id"].fillna("no campaign"))
    grouped = rows.groupby([*keys, "count"], dropna=False, sort=True, observed=True)
    sums = grouped["value"].sum(min_count=1).unstack("count")
    lack = rows[rows["value"].isna()].groupby([*keys, "count"], dropna=False)["campaign"].nunique().unstack("count")
    sums = sums.reindex(columns=SUMS).astype("Float64")
    lack = lack.reindex(index=sums.index, columns=SUMS).fillna(0).astype("Int64")
    sums = sums.mask(lack > 0)
    campaigns = rows.groupby(keys, dropna=False)["campaign"].nunique().reindex(sums.index)
    table = pd.concat([sums, lack.add_suffix("_missing")], axis=1)
    delivered = rows[rows["count"] == "delivered"]
    derived = delivered["delivered_is_derived"].fillna(value=False).astype(bool) & delivered["value"].notna()
    derived = derived.groupby([delivered[key] for key in keys], dropna=False).any()
    table.insert(0, "campaigns", campaigns.astype("Int64"))
    table["delivered_is_derived"] = derived.reindex(table.index, fill_value=False).astype(bool)
    table = table.reset_index()
    return table if by else table.drop(columns="all")
