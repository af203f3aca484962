"""One campaign, several files: which statements are about the same send, and their precedence.

Statements are rows of exports (`campaign_stats`) or campaigns of logs. They are one campaign when the
platform's id is the same; else when subject or title, list and time within a day agree; else when kit.toml
says so. What cannot be decided is left apart, and said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kit import sources
from kit.messages import message
from kit.store import as_of, matching, period_sums
from kit.tables import CAMPAIGN_STATS, CAMPAIGNS

if TYPE_CHECKING:
    from kit.messages import Text
    from kit.settings import Settings

VARIANT, REPORT, EXPORT = 1, 2, 3
"""Precedence of exports: a variant's report, a single campaign's report, an export of many."""

GROWING = ("opened", "opens_total", "clicked", "clicks_total", "unsubscribed")
"""Counts that tell which of two exports without another date is the later one."""

_TEST = re.compile(r"\btests?\b|\bтест\w*|\bпроверка\b", re.IGNORECASE)
_CORRECTION = re.compile(
    r"\bfixed\b|\bcorrect(?:ion|ed)\b|\bоопс\b|\boops\b|\bисправлен\w*|\bисправляем\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Campaigns put together.

    Attributes:
        campaigns: a row a campaign [tables.CAMPAIGNS].
        stats: what exports say, each row with its campaign_id and precedence [tables.CAMPAIGN_STATS].
        logged: the campaigns of logs: source, ref, campaign_id.
        notes: what could not be decided, in words.
    """

    campaigns: pd.DataFrame
    stats: pd.DataFrame
    logged: pd.DataFrame
    notes: tuple[Text, ...]


def no_stats() -> pd.DataFrame:
    """A `campaign_stats` without rows."""
    return pd.DataFrame({name: pd.Series(dtype="object") for name in CAMPAIGN_STATS.names})


def resolve(exported: pd.DataFrame, logged: pd.DataFrame | None, settings: Settings) -> Resolved:
    """Put statements together into campaigns.

    Args:
        exported: `campaign_stats` as read: a row a campaign or variant and file.
        logged: a row a source and campaign of the logs: source, ref, source_campaign_id, campaign_name,
            campaign_type, sent_at, sent_local, first_local, as_of, sent; None without logs.
        settings: for `same` and the rule of test sends.
    """
    exported, passed = period_sums.without_doubled(exported.reset_index(drop=True), logged)
    exported = exported.assign(precedence=_precedence)
    sent = pd.to_datetime(exported["sent_local"])
    latest = sent.mask(sent.groupby(exported["source_file"]).transform(as_of.slips).astype(bool))
    latest = latest.groupby(exported["source_file"]).transform("max")
    # not every export writes hours: those that end on one day know equally much
    latest = latest.groupby(latest.dt.normalize()).transform("max")
    exported["as_of"] = exported["as_of"].where(exported["as_of"].notna(), latest)
    logged = (
        pd.DataFrame({"ref": []})
        if logged is None
        else logged.assign(vendor=logged["source"].str.removesuffix("_events"), precedence=0)
    )
    statements = pd.concat([exported, logged], ignore_index=True)
    groups, notes = matching.groups(statements, settings)
    # a log that shows no sending comes last, and may have its name of its file
    statements = statements.assign(group=groups, late=(statements["precedence"] == 0) & statements["sent_local"].isna())
    statements = statements.sort_values(
        ["late", "precedence", "as_of", "source_file"], ascending=[True, True, False, True], kind="stable"
    )
    campaigns = _campaigns(statements, settings)
    ids = dict(zip(campaigns["group"], campaigns["campaign_id"], strict=True))
    statements = statements.assign(campaign_id=statements["group"].map(ids)).sort_index()
    stats = _fullest_first(statements.iloc[: len(exported)])
    return Resolved(
        campaigns.reindex(columns=CAMPAIGNS.names),
        stats.reindex(columns=CAMPAIGN_STATS.names),
        statements.iloc[len(exported) :].reindex(columns=["source", "ref", "campaign_id"]),
        (*passed, *notes, *_exported_again(stats)),
    )


def _fullest_first(stats: pd.DataFrame) -> pd.DataFrame:
    """The rows of files that tell more of a campaign before those of others: what people do only adds up."""
    told = stats[list(GROWING)].sum(axis=1).astype("float64")
    told = told.groupby([stats["campaign_id"], stats["source_file"]]).transform("sum")
    return stats.loc[told.sort_values(ascending=False, kind="stable").index]


def _exported_again(stats: pd.DataFrame) -> list[Text]:
    """How many campaigns several exports of many campaigns tell of."""
    exports = stats[stats["precedence"] == EXPORT]
    files = exports.groupby("campaign_id")["source_file"].agg(lambda names: ", ".join(sorted(set(names))))
    again = files[files.str.contains(", ", regex=False)].value_counts(sort=False)
    return [
        message("campaigns: {n} of {names} are the same; each counts once", n=int(n), names=str(names))
        for names, n in again.items()
    ]


def _precedence(exported: pd.DataFrame) -> pd.Series:
    report = exported["source"].map(sources.is_report).astype(bool)
    rank = pd.Series(EXPORT, index=exported.index).mask(report, REPORT)
    return rank.mask(exported["variant"].notna(), VARIANT)


def _campaigns(statements: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    if not len(statements):
        return pd.DataFrame(columns=[*CAMPAIGNS.names, "group"])
    whole = statements.assign(
        # a variant's subject is its own, not the campaign's, as long as another statement has one
        subject=statements["subject"].where(statements["variant"].isna()),
        campaign_type=statements["campaign_type"].where(statements["variant"].isna(), "ab_test"),
    )
    grouped = whole.groupby("group", sort=False)
    campaigns = grouped[
        [
            "source_campaign_id",
            "campaign_name",
            "list_name",
            "sent_at",
            "sent_local",
            "tags",
            "currency",
            "vendor",
        ]
    ].first()
    campaigns["subject"] = grouped["subject"].first().fillna(statements.groupby("group", sort=False)["subject"].first())
    tested = whole[whole["variant"].notna()].groupby("group")[["sent_at", "sent_local"]].min()  # the winner went later
    campaigns.update(tested)
    types = grouped["campaign_type"]
    campaigns["campaign_type"] = types.first().mask(types.agg(lambda kinds: (kinds == "ab_test").any()), "ab_test")
    campaigns["as_of"] = grouped["as_of"].max()
    campaigns["sent"] = grouped["sent"].max()
    campaigns["sources"] = grouped["source_file"].agg(lambda files: ", ".join(dict.fromkeys(files.dropna())))
    campaigns = campaigns.reset_index().sort_values(["sent_local", "campaign_name"], kind="stable", ignore_index=True)
    campaigns["campaign_id"] = _ids(campaigns)
    says = campaigns["subject"].fillna("").astype(str) + "\n" + campaigns["campaign_name"].fillna("").astype(str)
    campaigns["is_test"] = _few(campaigns, settings) & says.str.contains(_TEST)
    campaigns["is_correction"] = ~campaigns["is_test"] & says.str.contains(_CORRECTION)
    return campaigns


def _few(campaigns: pd.DataFrame, settings: Settings) -> pd.Series:
    """Few enough recipients for a test send: in all, or beside the list's usual size."""
    sent = campaigns["sent"].astype("Float64")
    usual = sent.groupby(campaigns["list_name"].fillna("")).transform("median")
    few = (sent <= settings["tests.max_recipients"]) | (sent <= settings["tests.list_share"] * usual)
    return few.fillna(value=False).astype(bool)


def _ids(campaigns: pd.DataFrame) -> pd.Series:
    vendor = campaigns["vendor"].fillna("").replace("", "file")
    title = campaigns["campaign_name"].fillna(campaigns["subject"]).fillna("").astype(str)
    when = campaigns["sent_local"].map(lambda moment: "" if pd.isna(moment) else f"@{moment:%Y-%m-%dT%H:%M}")
    ids = vendor + ":" + campaigns["source_campaign_id"].fillna(title + when).astype(str)
    number = ids.groupby(ids).cumcount()
    return ids.where(number == 0, ids + "#" + (number + 1).astype(str))
