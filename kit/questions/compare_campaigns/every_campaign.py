"""Every campaign with all its counts and KPIs; automations apart, with theirs, mail by mail. (guide 1, step 3)"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import counts, metrics
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.show import cells
from kit.show.formats import MARGIN_OF_ERROR, day, listing, month, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.tables import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.store import Data

COUNTED = (
    *("sent", "delivered", "bounced", "bounced_hard", "bounced_soft", "opened", "opens_total"),
    *("clicked_human", "clicked", "clicks_total", "unsubscribed", "complained", "replied", "converted"),
)
"""The counts of the tables, in the order of the way."""

KPIS = (
    *("delivery_rate", "bounce_rate", "open_rate_human", "open_rate", "click_rate_human", "click_rate"),
    *("click_to_open_rate_human", "click_to_open_rate", "conversion_rate", "unsubscribe_rate", "complaint_rate"),
    "reply_rate",
)
"""The rates of campaigns."""

OF_AUTOMATIONS = (
    "delivery_rate", "open_rate_human", "open_rate", "click_rate_human", "click_rate", "conversion_rate",
    "unsubscribe_rate",
)  # fmt: skip
"""The rates of automated mail."""


def count_all(data: Data, *, action: str = "") -> EveryCampaign:
    """All counts and KPIs of every campaign and automation.

    Args:
        data: what `kit.open` returned.
        action: what counts as a conversion: appointment, review, order …; "" as the goal says.
    """
    action = action or metrics.action(data.settings["goal"])
    bulk = counts.messages(data, list(stand_out.CAMPAIGN), kind="bulk", action=action)
    automated = counts.messages(data, list(stand_out.CAMPAIGN), kind="automated", action=action)
    by_month = counts.messages(data, ["campaign_id", "month"], kind="automated")
    kpis = {name: [metrics.as_told(data, key) for key in keys] for name, keys in _KINDS.items()}
    base = counts.base_rate(data, action=action) if data.population == "bulk" else None
    result = judge(bulk, automated, by_month, kpis)
    came = data.campaigns
    absent = came[~came["campaign_id"].isin({*bulk["campaign_id"], *automated["campaign_id"]})]
    tests = int(absent["is_test"].astype(bool).sum())
    return replace(result, base=base, came=len(came), tests=tests, outside=len(absent) - tests)


_KINDS = {"bulk": KPIS, "automated": OF_AUTOMATIONS}


def judge(
    bulk: pd.DataFrame, automated: pd.DataFrame, by_month: pd.DataFrame, kpis: dict[str, list[str]]
) -> EveryCampaign:
    """All counts and KPIs of campaigns and automations.

    Args:
        bulk: a row a campaign: the columns stand_out.CAMPAIGN and its counts.
        automated: the same of automations.
        by_month: their counts by month: campaign_id, month, sent, delivered.
        kpis: keys of the rates of either kind: "bulk", "automated".
    """
    monthly = by_month.assign(mails=by_month["sent"].fillna(by_month["delivered"]))
    monthly = monthly[(monthly["mails"] > 0) & monthly["month"].notna()].groupby("campaign_id", dropna=False)
    span = monthly["month"].agg(first="min", last="max").join(monthly["mails"].median().rename("monthly"))
    automations = _wide(automated, kpis["automated"]).merge(span, on="campaign_id", how="left")
    steps = [step(name) for name in automations["campaign_name"]]
    automations = automations.assign(
        sequence=[name for name, _place in steps], step=pd.array([place for _name, place in steps], dtype="Int64")
    )
    shared = automations.groupby("sequence", dropna=False)["step"].transform("nunique") > 1
    automations["step"] = automations["step"].where(shared)
    automations["sequence"] = automations["sequence"].where(shared, automations["campaign_name"])
    automations = automations.sort_values(["sequence", "step"], kind="stable", ignore_index=True)
    campaigns = _wide(bulk, kpis["bulk"]).sort_values("sent_local", ascending=False, kind="stable", ignore_index=True)
    return EveryCampaign(campaigns, automations, kpis)


def step(name: Any) -> tuple[Any, int | None]:
    """The sequence that an automation's name says it is a step of, and which: "Welcome 2" of "Welcome".

    A number at the end counts, alone or as "2 of 3", "2/3", "№ 2", "step 2", "письмо 2".
    """
    if not isinstance(name, str):
        return name, None
    found = _STEP.fullmatch(name)
    return (found["name"], int(found["step"])) if found else (name, None)


_STEP = re.compile(
    r"(?P<name>.*?\D??)[\s:,.(#№–—-]+(?:(?:e-?mail|mail|step|part|письмо|шаг|часть)\s*)?[#№]?\s*(?P<step>\d{1,2})"
    r"(?:\s*(?:/|of|из)\s*\d{1,2})?\s*\)?\s*",
    re.IGNORECASE,
)


def _wide(mail: pd.DataFrame, kpis: list[str]) -> pd.DataFrame:
    """A row a campaign: its columns, its counts and its rates with their ends."""
    wide = mail[[*stand_out.identity(mail), *(name for name in COUNTED if name in mail)]].reset_index(drop=True)
    for key in kpis:
        values = metrics.values(mail, [key], by=[])
        wide = wide.join(values[["value", "low", "high"]].set_axis([key, f"{key}_low", f"{key}_high"], axis=1))
    return wide


@result
class EveryCampaign(Result):
    """Every campaign and automation with all counts and KPIs.

    Attributes:
        campaigns: a row a campaign, the latest first: its columns, the counts COUNTED [NULL: not known], and each KPI
            with its ends `_low` and `_high` [shares].
        automations: a row an automation or a mail of a sequence: the same; sequence, step [NULL: no step of one],
            first, last [months of sending], monthly [mails of a month, the median].
        kpis: the keys of the rates of either: "bulk", "automated".
        base: how many do the same anyway, as `counts.base_rate`; None: not known of campaigns.
        came: campaigns and automations of the exports.
        tests: of them test sends, which are in neither table.
        outside: of them others in neither table: outside the question, or without counts.
    """

    campaigns: pd.DataFrame
    automations: pd.DataFrame
    kpis: dict[str, list[str]]
    base: pd.DataFrame | None = None
    came: int = 0
    tests: int = 0
    outside: int = 0

    def summary(self) -> Summary:
        """How many campaigns and automations there are."""
        numbers = {"campaigns": len(self.campaigns), "automations": len(self.automations)}
        text = _(
            "Campaigns: {campaigns}. Automations: {automations}, in a separate table.",
            campaigns=whole(len(self.campaigns)), automations=whole(len(self.automations)),
        )  # fmt: skip
        if self.tests or self.outside:
            left = _(
                "Left out of {came} campaigns and automations in your files: test sends ({tests}), and others "
                "outside the selection or without counts ({outside}).",
                came=whole(self.came), tests=whole(self.tests), outside=whole(self.outside),
            )  # fmt: skip
            text = f"{text} {left}"
            numbers |= {"came": self.came, "tests": self.tests, "outside": self.outside}
        return Summary("every_campaign", text, numbers)

    def table(self) -> Table:
        """A row a campaign, the latest first, with all counts and KPIs."""
        columns = [Column("campaign_name", message("Campaign")), Column("sent_local", message("Sent on"), day)]
        columns += [*_counts(self.campaigns), *_rates(self.campaigns, self.kpis["bulk"])]
        title = message("Campaigns with all their counts and KPIs")
        notes = list(self._notes(self.campaigns, "bulk"))
        return Table("every_campaign", title, self.campaigns, tuple(columns), tuple(notes), _NONE)

    def automations_table(self) -> Table:
        """A row an automation, or a mail of a sequence in order, with its counts and KPIs."""
        has_steps = self.automations["step"].notna().any()
        columns = [Column("campaign_name", message("Automation"))]
        if has_steps:
            columns += [Column("sequence", message("Sequence")), Column("step", message("E-mail"), whole, number=True)]
        columns += [
            Column("first", message("First month"), month),
            Column("last", message("Last month"), month),
            Column("monthly", message("Messages per month (median)"), whole, unit="mails", number=True),
            *_counts(self.automations),
            *_rates(self.automations, self.kpis["automated"]),
        ]
        notes = list(self._notes(self.automations, "automated"))
        if not has_steps and len(self.automations):
            notes.append(_("No sequence: no two automations have numbered names such as “Welcome 1” and “Welcome 2”."))
        title = message("Automations with all their counts and KPIs")
        return Table("automations", title, self.automations, tuple(columns), tuple(notes), _NO_AUTOMATIONS)

    def _notes(self, rows: pd.DataFrame, kind: str) -> Iterator[str]:
        if rows.empty:
            return
        yield str(MARGIN_OF_ERROR)
        yield _(
            "Opened and clicked: people, counted once per e-mail. Total opens and clicks: every single one. “–”: "
            "not in any export, or too recent to judge."
        )
        yield from metrics.raw_note(self.kpis[kind])
        if kind == "bulk":
            yield from metrics.base_rate_note(self.kpis[kind], self.base)
        unknown = [str(_TITLES.get(name, name)) for name in COUNTED if name in rows and rows[name].isna().all()]
        if unknown:
            yield _("No data for any of them: {counts}.", counts=listing(unknown))
        if kind == "automated":
            yield _(
                "An automation selects people by what they did, so its rates cannot serve as a benchmark for campaigns."
            )


_NONE = message("no campaign has counts.")
_NO_AUTOMATIONS = message("your files contain no automated e-mails.")


_TITLES = {
    "sent": message("Sent"), "delivered": message("Delivered"), "bounced": message("Bounced"),
    "bounced_hard": message("Hard bounces"), "bounced_soft": message("Soft bounces"),
    "opened": message("Opened (raw)"),
    "opens_total": message("Total opens"), "clicked_human": message("Clicked (people)"),
    "clicked": message("Clicked (raw)"), "clicks_total": message("Total clicks"),
    "unsubscribed": message("Unsubscribed"), "complained": message("Marked as spam"), "replied": message("Replied"),
    "converted": message("Converted"),
}  # fmt: skip


def _counts(rows: pd.DataFrame) -> list[Column]:
    """The counts that any of the campaigns has."""
    units = {column.name: column.unit for column in COUNTS}
    known = [name for name in COUNTED if name in rows and rows[name].notna().any()]
    return [Column(name, _TITLES[name], whole, unit=units[name], number=True) for name in known]


def _rates(rows: pd.DataFrame, kpis: list[str]) -> list[Column]:
    """The rates that any of the campaigns has."""
    known = [key for key in kpis if rows[key].notna().any()]
    return [
        Column(key, metrics.find(key).title, cells.rate_of(key), unit="share", number=True, whole_row=True)
        for key in known
    ]


FIGURES = (
    Figure(
        "campaigns_and_automations", message("Campaigns and automations"),
        message("campaigns sent to a whole list at once; e-mails triggered by what a person did"),
        message("a campaign, by the platform's id"), "guide 1, step 3",
        ("every_campaign.campaigns", "every_campaign.automations", "every_campaign.came", "every_campaign.tests",
         "every_campaign.outside"),
        edge=message("test sends are not counted"),
    ),
    Figure(
        "automation_monthly", message("Messages of an automation per month"),
        message("median messages per month, over the months with any"), message("a message"), "guide 1, step 3",
        ("automations.monthly", "automations.step"),
        edge=message("the step is the number at the end of the name, if several automations share the rest of it"),
    ),
)  # fmt: skip
