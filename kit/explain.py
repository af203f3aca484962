"""What a key means, whichever registry knows it; and the two counts behind a KPI of one campaign."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import counts, metrics, questions
from kit.errors import UsageError, nearest
from kit.messages import _, message
from kit.metrics import methods
from kit.metrics.figures import GENERAL
from kit.questions.find_problems import rules
from kit.show.entry import AUTHORITY, EDGE, FORMULA, INTERVAL, ONCE, WINDOW, ZONE, authority, described
from kit.show.formats import known, moment, money, named, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.tables import COUNT_NAMES, COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.messages import Message
    from kit.metrics import Kpi
    from kit.store import Data


@dataclass(frozen=True, slots=True)
class Kind:
    """One registry: its title, key -> title of its entries, and what explains one of them."""

    title: Message
    entries: Mapping[str, str | Message]
    explain: Callable[[str], str]


def _count(key: str) -> str:
    column = _COUNTS[key]
    return _("{key}: {meaning} [{unit}], of each campaign.", key=key, meaning=column.meaning, unit=column.unit)


def _measure(key: str) -> str:
    share = rules.MEASURES[key]
    lines = [(FORMULA, share.formula), (EDGE, share.edge), (AUTHORITY, authority(share.source))]
    return described(f"{key}: {share.title}", lines)


FIGURES = {figure.key: figure for figure in (*GENERAL, *questions.figures())}
"""What is printed and no KPI: what every table has, and what the sections bring."""


def printed_at(table: str, column: str, title: str = "") -> list[str]:
    """What is printed at a place of the report, as keys of `kit explain`; none where no registry knows it.

    Args:
        table: name of the table or summary, as in results.json.
        column: name of its column or number.
        title: of the column, which may be that of a KPI.
    """
    kpi = next((key for key, entry in metrics.KPIS.items() if column == key or title == entry.title), None)
    if kpi is not None:
        return [kpi]
    place = f"{family(table)}.{column}"
    return (
        [key for key, figure in FIGURES.items() if place in figure.shown]
        or ([column] if column in COUNT_NAMES else [])
        or [key for key, figure in FIGURES.items() if any(fnmatchcase(place, pattern) for pattern in figure.shown)]
    )


def family(table: str) -> str:
    """The name of a table without the KPI that it is decided by: tests of tests_open_rate."""
    stem, _bar, decided = table.partition("_")
    return stem if decided in metrics.KPIS else table


def explain_figure(key: str) -> str:
    """What a printed figure means, in words.

    Raises:
        UsageError: there is no such figure; names the nearest.
    """
    if key not in FIGURES:
        raise UsageError(_("There is no figure {key}. {hint}", key=repr(key), hint=nearest(key, FIGURES)))
    figure = FIGURES[key]
    lines = [
        (FORMULA, figure.formula),
        (ONCE, figure.once),
        (WINDOW, figure.window or message("none: up to as_of")),
        (ZONE, metrics.TIME_ZONE),
        (INTERVAL, figure.interval or message("none")),
        (EDGE, figure.edge or message("none")),
        (AUTHORITY, authority(figure.source)),
        (message("printed at"), ", ".join(figure.shown)),
    ]
    return described(f"{key}: {figure.title}", lines)


_COUNTS = {column.name: column for column in COUNTS}

KINDS = (
    Kind(message("KPIs"), {key: entry.title for key, entry in metrics.KPIS.items()}, metrics.explain),
    Kind(message("Goals"), {key: entry.title for key, entry in metrics.GOALS.items()}, metrics.explain_goal),
    Kind(message("Figures"), {key: entry.title for key, entry in FIGURES.items()}, explain_figure),
    Kind(message("Methods"), {key: entry.title for key, entry in methods.METHODS.items()}, methods.explain),
    Kind(message("Words of verdicts"), dict(methods.VERDICTS), methods.explain),
    Kind(message("Problem rules"), {key: entry.symptom for key, entry in rules.RULES.items()}, rules.explain),
    Kind(message("Rates of problem rules"), {key: entry.title for key, entry in rules.MEASURES.items()}, _measure),
    Kind(message("Counts"), {key: entry.meaning for key, entry in _COUNTS.items()}, _count),
)
"""What can be explained, in the order in which it is looked up."""


def entry(key: str) -> str:
    """What a key means, in words; of a key that several registries have, what each says.

    Args:
        key: of any of KINDS; what a KPI is called elsewhere (`ctr`); or a place of the report as results.json names
            it, like funnel.value.

    Raises:
        UsageError: nothing is known by it; names the nearest.
    """
    key = metrics.ALIASES.get(key, key)
    table, _dot, column = key.partition(".")
    meant = printed_at(table, column) or [key]
    texts = [kind.explain(name) for name in meant for kind in KINDS if name in kind.entries]
    if not texts:
        keys = [
            *(name for kind in KINDS for name in kind.entries),
            *(at for fig in FIGURES.values() for at in fig.shown),
        ]
        hint = nearest(key, keys, otherwise=_("All keys: kit explain."))
        raise UsageError(_("The key {key} is unknown. {hint}", key=repr(key), hint=hint))
    return "\n\n".join(texts)


def campaign(data: Data, key: str, name: str) -> CampaignKpi:
    """The counts behind a KPI of one campaign.

    Args:
        data: what `kit.open` returned.
        key: the KPI.
        name: the campaign's name, or the platform's or the kit's id.

    Raises:
        UsageError: no such KPI or campaign, several campaigns of the name, a KPI that is not counted by campaign.
    """
    kpi = metrics.find(key)
    if kpi.counts != "messages":
        raise UsageError(
            _(
                "{key} is not available by campaign: it is calculated over {denominator}.",
                key=key,
                denominator=kpi.denominator,
            )
        )
    chosen = _named(data, name)
    action = metrics.action(data.settings["goal"])
    mail = counts.messages(data, ["campaign_id"], kind="", action=action)
    mail = mail[mail["campaign_id"] == chosen["campaign_id"]]
    if mail.empty:
        raise UsageError(_("{name} is a test send and is left out of every KPI.", name=repr(name)))
    value = metrics.values(mail, [kpi.key], by=["campaign_id"]).iloc[0]
    sources = counts.sources_of_record(data, action=action)
    source = sources[sources["campaign_id"] == chosen["campaign_id"]].set_index("count")["source"]
    parts = [
        {"count": count, "value": number, "source": source.get(count)}
        for count, number in ((kpi.numerator, value["numerator"]), (kpi.denominator, value["n"]))
    ]
    return CampaignKpi(
        kpi,
        str(chosen["campaign_name"]),
        None if pd.isna(chosen["sent_local"]) else pd.Timestamp(chosen["sent_local"]),
        pd.DataFrame(parts),
        float(value["value"]), float(value["low"]), float(value["high"]),
        data.settings["currency"],
    )  # fmt: skip


@result
class CampaignKpi(Result):
    """One KPI of one campaign.

    Attributes:
        kpi: what is explained.
        campaign: the campaign's name.
        sent_local: when it was sent, on the firm's clock; None where nobody tells.
        parts: two rows, numerator and denominator: count, value [NaN: not known], source [file, or "event log"].
        value: one over the other, as every page prints it; NaN where it is not known.
        low: of its interval.
        high: its other end.
        currency: of amounts.
    """

    kpi: Kpi
    campaign: str
    sent_local: pd.Timestamp | None
    parts: pd.DataFrame
    value: float
    low: float
    high: float
    currency: str = ""

    def summary(self) -> Summary:
        """The formula with its numbers: clicked / delivered = 30 / 1,000 = 3.0% (2.1–4.3)."""
        numbers = " / ".join(self._written(row) for row in self.parts.to_dict("records"))
        value = _("not known")
        if known(self.value):
            is_rate = self.kpi.kind == "rate"
            value = with_interval(self.value, self.low, self.high) if is_rate else money(self.currency)(self.value)
        text = f"{self.kpi.formula} = {numbers} = {value}"
        return Summary("explained", text, {"value": self.value, "low": self.low, "high": self.high})

    def table(self) -> Table:
        """The two counts, where each comes from, and what they come to."""
        columns = (
            Column("count", message("Count")),
            Column("value", message("Value"), self._written, number=True, whole_row=True),
            Column("source", message("Source")),
        )
        title = _("{kpi} of {campaign}", kpi=self.kpi.title, campaign=named(self.campaign))
        if self.sent_local is not None:
            title = _(
                "{kpi} of {campaign}, sent {time}",
                kpi=self.kpi.title, campaign=named(self.campaign), time=moment(self.sent_local),
            )  # fmt: skip
        return Table("explained", title, self.parts, columns, (self.summary().text, self.kpi.edge))

    def _written(self, row: Any) -> str:
        if not known(row["value"]):
            return _("not known")
        return money(self.currency)(row["value"]) if row["count"] == "revenue" else whole(row["value"])


def _named(data: Data, name: str) -> pd.Series:
    campaigns = data.campaigns
    columns = ("campaign_id", "source_campaign_id", "campaign_name")
    rows = campaigns[pd.concat([campaigns[column] == name for column in columns], axis=1).any(axis=1)]
    if len(rows) > 1:
        raise UsageError(
            _(
                "{n} campaigns have the name {name}. Use an id: {list}.",
                n=len(rows),
                name=repr(name),
                list=", ".join(rows["campaign_id"]),
            )
        )
    if rows.empty:
        names = campaigns["campaign_name"].dropna().astype(str)
        raise UsageError(_("There is no campaign {name}. {hint}", name=repr(name), hint=nearest(name, list(names))))
    return rows.iloc[0]
