"""Two or more campaigns beside each other, over every KPI. (guide 1, step 3)

The first campaign is the one that the others are set against. Each difference has its interval; what is called decided
accounts for all comparisons of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.errors import UsageError
from kit.judging import ALPHA, LEVEL, UNLIKE, mature
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.show import cells
from kit.show.formats import UNKNOWN, day, known, listing, named, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import means, multiplicity, proportions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from kit.store import Data

LATEST = 2
"""Campaigns that are set beside each other where none are named."""


def compare(data: Data, *, campaigns: str = "") -> SideBySide:
    """How do two or more campaigns compare, over every KPI?

    Args:
        data: what `kit.open` returned.
        campaigns: names or ids, separated by semicolons, the first the one that the others are set against; "" for the
            two latest that are old enough, a test of versions being none.

    Raises:
        UsageError: fewer than two are named, no campaign has a name, or several have it.
    """
    columns, action = [*stand_out.CAMPAIGN, "campaign_type"], metrics.action(data.settings["goal"])
    mail = counts.messages(data, columns, kind="" if campaigns else None, action=action)
    kpis = [metrics.as_told(data, key) for key in metrics.CAMPAIGN_KPIS]
    currency = next(iter(data.currencies), "")
    days = data.settings["conversions.maturity_days"]
    by_log = counts.log_shares(data, ["campaign_id"], kind="" if campaigns else None, action=action)
    return judge(mail, kpis, split(campaigns), as_of=data.as_of, maturity_days=days, currency=currency, by_log=by_log)


def split(campaigns: str) -> list[str]:
    """Names or ids of campaigns from a text like "Spring; Summer".

    Raises:
        UsageError: only one is named.
    """
    names = [name.strip() for name in campaigns.split(";") if name.strip()]
    if len(names) == 1:
        raise UsageError(
            _("{name} is only one campaign. Enter two or more, separated by semicolons.", name=repr(names[0]))
        )
    return names


def judge(
    mail: pd.DataFrame,
    kpis: list[str],
    names: list[str],
    *,
    as_of: datetime | None,
    maturity_days: int,
    currency: str = "",
    by_log: pd.DataFrame | None = None,
    level: float = LEVEL,
) -> SideBySide:
    """The campaigns over every KPI, each against the first.

    Args:
        mail: a row a campaign: those of stand_out.CAMPAIGN, campaign_type, and its counts.
        kpis: keys of rates and means, in the order of the table.
        names: names or ids of the campaigns; [] for the two latest that are old enough.
        as_of: as for `stand_out.judge`.
        maturity_days: as for `stand_out.judge`.
        currency: of amounts.
        by_log: campaign_id, count, log_share, from `counts.log_shares`: where a log counted one campaign and an export
            the other, nothing is set between them. None: all were counted alike.
        level: confidence of the intervals.

    Raises:
        UsageError: no campaign has a name, or several have it.

    Source: Newcombe (1998), method 10, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Welch
    (1947), doi:10.1093/biomet/34.1-2.28; Holm (1979), jstor.org/stable/4615733.
    """
    mail = mail.assign(mature=mature(mail["sent_local"], as_of, maturity_days))
    if names:
        chosen = mail.loc[[named_campaign(mail, name).name for name in names]]
    else:
        candidates = mail[mail["mature"] & (mail["sent"].fillna(mail["delivered"]) > 0)]
        candidates = candidates[candidates["campaign_type"] != "ab_test"]
        chosen = candidates.sort_values("sent_local", kind="stable").tail(LATEST)
    chosen = chosen.reset_index(drop=True)
    values = metrics.values(chosen, kpis, by=[*stand_out.identity(chosen), "mature"], level=level)
    values["campaign"] = values.groupby("kpi", sort=False).cumcount()
    shares = {} if by_log is None else by_log.set_index(["count", "campaign_id"])["log_share"].to_dict()
    counts_of = [metrics.find(key).numerator for key in values["kpi"]]
    of_log = pd.Series([shares.get(one, np.nan) for one in zip(counts_of, values["campaign_id"], strict=True)])
    first = of_log.groupby(values["kpi"]).transform(lambda rows: rows.iloc[0])
    values["other_source"] = (of_log - first).abs() > UNLIKE
    squares = {key: metrics.find(key).numerator + "_squares" for key in kpis if metrics.find(key).kind == "mean"}
    rows = [_against(values[values["kpi"] == key], chosen.get(squares.get(key, "")), level) for key in kpis]
    values = pd.concat([pd.concat(rows, ignore_index=True)], ignore_index=True)
    values["p"] = multiplicity.adjust(values["p"], method="holm")
    return SideBySide(values, currency)


def named_campaign(mail: pd.DataFrame, name: str) -> pd.Series:
    """The row of the campaign with this name or id.

    Raises:
        UsageError: no campaign has the name, or several have it.
    """
    rows = mail[(mail["campaign_name"] == name) | (mail["campaign_id"] == name)]
    if rows.empty:
        raise UsageError(_("there is no campaign named {name}. Use the campaign's id", name=repr(name)))
    if len(rows) > 1:
        ids = ", ".join(rows["campaign_id"])
        raise UsageError(
            _n("{n} campaign has the name {name}. Use the campaign's id: {ids}",
               "{n} campaigns have the name {name}. Use the campaign's id: {ids}", len(rows), name=repr(name), ids=ids)
        )  # fmt: skip
    return rows.iloc[0]


def _against(rows: pd.DataFrame, squares: pd.Series | None, level: float) -> pd.DataFrame:
    """One KPI of the campaigns, with what lies between each and the first."""
    first = rows.iloc[0] if len(rows) else None
    gaps: list[tuple[float, float, float, float]] = [_NONE] * len(rows)
    for place in range(1, len(rows)):
        row = rows.iloc[place]
        if first is None or row["other_source"] or not (known(first["value"]) and known(row["value"])):
            continue
        if metrics.find(row["kpi"]).kind == "mean":
            if squares is not None and known(squares.iloc[0]) and known(squares.iloc[place]):
                sums, n = [first["numerator"], row["numerator"]], [first["n"], row["n"]]
                gap = means.welch(sums, [float(squares.iloc[0]), float(squares.iloc[place])], n, level=level)
                gaps[place] = (gap.value, gap.low, gap.high, gap.p)
            continue
        counted = (first["numerator"], first["n"], row["numerator"], row["n"])
        difference = proportions.proportion_difference(*counted, level=level)
        gaps[place] = (difference.value, difference.low, difference.high, difference.p)
    columns = ["difference", "difference_low", "difference_high", "p"]
    return rows.reset_index(drop=True).join(pd.DataFrame(gaps, columns=columns, dtype=float))


_NONE = (np.nan, np.nan, np.nan, np.nan)


@result
class SideBySide(Result):
    """Campaigns beside each other.

    Attributes:
        figures: a row a KPI and campaign, in the order asked for: kpi, campaign [its place from 0], the columns of the
            campaign, mature, numerator, n, value, low, high; difference, difference_low, difference_high [the
            campaign's value less that of the first], p [Holm over the table], other_source [bool: a log counted one of
            the two, an export the other].
        currency: of amounts.
    """

    figures: pd.DataFrame
    currency: str

    @property
    def campaigns(self) -> list[dict[Any, Any]]:
        """The campaigns in order."""
        return self.figures.drop_duplicates("campaign").to_dict("records")

    def summary(self) -> Summary:
        """By which KPIs the campaigns differ beyond chance."""
        campaigns = self.campaigns
        if len(campaigns) < 2:
            return Summary("side_by_side", _("Fewer than two campaigns are old enough to be compared."))
        judged = self.figures[self.figures["p"].notna()]
        apart = judged[judged["p"] < ALPHA]
        numbers = {"campaigns": len(campaigns), "judged": len(judged), "apart": len(apart)}
        names = listing([named(row["campaign_name"]) for row in campaigns])
        if apart.empty:
            text = _n(
                "{names} show no difference larger than chance ({n} comparison).",
                "{names} show no difference larger than chance ({n} comparisons).",
                len(judged), names=names, n=whole(len(judged)),
            )  # fmt: skip
            return Summary("side_by_side", text, numbers)
        clauses = [self._clause(row) for row in apart.sort_values("p", kind="stable").to_dict("records")]
        text = _("{names}: {differences}.", names=names, differences=listing(clauses))
        return Summary("side_by_side", text, numbers)

    def _clause(self, row: Mapping[Any, Any]) -> str:
        kpi, name = metrics.find(row["kpi"]).name, named(row["campaign_name"])
        value = metrics.value_with_interval(row, self.currency)
        if row["difference"] > 0:
            return _("{name} has a higher {kpi}, {value}", kpi=kpi, name=name, value=value)
        return _("{name} has a lower {kpi}, {value}", kpi=kpi, name=name, value=value)

    def table(self) -> Table:
        """A row a KPI; for each campaign its counts and value, and what lies between it and the first."""
        campaigns = self.campaigns
        has_value = self.figures.groupby("kpi", sort=False)["value"].transform("count") > 0
        shown = self.figures[has_value]
        wide = pd.DataFrame({"kpi": list(dict.fromkeys(shown["kpi"]))})
        columns = [Column("kpi", message("KPI"), lambda key: metrics.find(key).title)]
        for row in campaigns:
            place = row["campaign"]
            own = shown[shown["campaign"] == place].reset_index(drop=True)
            names = [*_COUNTED, *(_BETWEEN if place else ())]
            wide = wide.join(own[names].add_suffix(f"_{place + 1}"))
            name = _campaign(row)
            columns.append(Column(f"n_{place + 1}", message("Out of"), _counted(place), number=True, whole_row=True))
            columns.append(Column(f"value_{place + 1}", name, self._value(place), number=True, whole_row=True))
            if place:
                title = message("Difference from the first") if len(campaigns) > 2 else message("Difference")
                columns.append(
                    Column(f"difference_{place + 1}", title, self._difference(place), number=True, whole_row=True)
                )
                columns.append(Column(f"p_{place + 1}", message("More than chance?"), _decided))
        if len(campaigns) < 2:
            wide, columns = wide.iloc[:0], columns[:1]
        empty = message("fewer than two campaigns are old enough to be compared.")
        title = message("Campaigns compared")
        return Table("side_by_side", title, wide, tuple(columns), tuple(self._notes(campaigns)), empty)

    def _value(self, place: int) -> Callable[[Mapping[Any, Any]], str]:
        ends = {name: f"{name}_{place + 1}" for name in ("value", "low", "high")}
        return lambda row: metrics.value_with_interval(
            {"kpi": row["kpi"]} | {name: row[column] for name, column in ends.items()}, self.currency
        )

    def _difference(self, place: int) -> Callable[[Mapping[Any, Any]], str]:
        def write(row: Mapping[Any, Any]) -> str:
            value, low, high = (row[f"{name}_{place + 1}"] for name in _BETWEEN[:3])
            kpi = metrics.find(row["kpi"])
            if not known(value):
                return UNKNOWN
            if kpi.unit == "share":
                return cells.difference({"difference": value, "low": low, "high": high})
            form = metrics.amount(kpi, self.currency)
            return _("{value} ({low} to {high})", value=form(value), low=form(low), high=form(high))

        return write

    def _notes(self, campaigns: list[dict[Any, Any]]) -> Iterator[str]:
        if len(campaigns) < 2:
            return
        yield _("The brackets are separate 95 % intervals for each value and each difference, in points for rates.")
        yield _(
            "More than chance: “yes” takes all {n} comparisons of the table into account (Holm). The campaigns went "
            "out at different times. A difference belongs to the whole campaign, not only to its subject line or "
            "offer.",
            n=whole(self.figures["p"].notna().sum()),
        )
        yield from metrics.raw_note(list(self.figures["kpi"]))
        young = [named(row["campaign_name"]) for row in campaigns if not row["mature"]]
        if young:
            yield _("Too recent to judge: the numbers of {names} are still growing.", names=listing(young))
        if other := [metrics.find(key).title for key in self.figures.loc[self.figures["other_source"], "kpi"].unique()]:
            yield _(
                "Event logs and exports do not count alike, so these show no difference: {kpis}.", kpis=listing(other)
            )
        values = self.figures.groupby("kpi", sort=False)["value"].count()
        unknown = [metrics.find(str(key)).title for key in values.index[values == 0]]
        if unknown:
            yield _("No data for any of them: {kpis}.", kpis=listing(unknown))

    def _other_source(self) -> list[str]:
        """The KPIs that a log counted for one campaign and an export for another."""
        return list(dict.fromkeys(self.figures.loc[self.figures["other_source"], "kpi"]))


_COUNTED = ("numerator", "n", "value", "low", "high")
_BETWEEN = ("difference", "difference_low", "difference_high", "p")


def _campaign(row: Mapping[Any, Any]) -> str:
    """A campaign and its day, as the head of a column."""
    name = row["campaign_name"] if isinstance(row["campaign_name"], str) else str(row["campaign_id"])
    sent = row["sent_local"]
    return name if pd.isna(sent) else _("{name}, {day}", name=name, day=day(sent))


def _counted(place: int) -> Callable[[Mapping[Any, Any]], str]:
    """What a value comes from: 36 of 787; of an amount only what it is out of."""

    def write(row: Mapping[Any, Any]) -> str:
        numerator, n = (row[f"{name}_{place + 1}"] for name in ("numerator", "n"))
        if not (known(numerator) and known(n)):
            return UNKNOWN
        if metrics.find(row["kpi"]).kind == "mean":
            return whole(n)
        return _("{count} of {n}", count=whole(numerator), n=whole(n))

    return write


def _decided(p: Any) -> str:
    return _("yes") if p < ALPHA else _("no clear winner")


FIGURES = (
    Figure(
        "side_by_side_values", message("Values of the compared campaigns"),
        message("numerator / denominator of the KPI in this row (kit explain KPI)"),
        message("as for that KPI"), "guide 1, step 3",
        ("side_by_side.numerator_*", "side_by_side.n_*", "side_by_side.value_*"),
        interval=message("as for that KPI"),
    ),
    Figure(
        "side_by_side_difference", message("Difference from the first campaign"),
        message("value of the campaign - value of the first"), message("as for the KPI in this row"),
        "Newcombe (1998), method 10; Welch (1947)",
        ("side_by_side.difference_*", "side_by_side.p_*", "side_by_side.judged",
         "side_by_side.apart", "side_by_side.campaigns"),
        interval=message("95 %: Newcombe of rates, Welch of amounts; each alone"),
        edge=message("decided where p below 5 % with Holm's adjustment over the whole table"),
    ),
)  # fmt: skip
