"""What happened to the KPIs since each thing that the firm changed? (guide 1: change something, repeat)

The firm's own log says what was changed on which day. Of each the mail before that day is set against the mail since.
Campaigns vary by themselves, so campaigns are the units, and not mails; of the service whole months are. The cause of a
difference is not judged: other things changed as well.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.judging import ALPHA, CAMPAIGNS, large_enough, mature
from kit.messages import _, message
from kit.metrics import MAIL_RATES, Figure
from kit.questions.months import rates, service_months, tiles
from kit.show.formats import UNKNOWN, commas, day, joined, known, listing, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import changepoint, multiplicity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from kit.store import Data

AROUND = pd.DateOffset(months=6)
"""So much before an action is set against as much since: what lies further off says more of old trends than of it."""

APART = pd.DateOffset(months=1)
"""Another action so far away ends a side; nearer ones cannot be separated."""

NAMED = 3
"""Comparisons that the summary names."""

DEFAULT = (*rates.KPIS, "response_time", "satisfaction")
"""The KPIs where neither they nor a goal are named."""

_SIDES = [f"{side}{end}" for side in ("before", "since") for end in ("", "_low", "_high")]
_ROW = ["number", "day", "what", "kpi", "n_before", "n_since", *_SIDES, "effect", "low", "high", "p", "lack", "open"]


def compare(data: Data, *, kpis: str = "", action: str = "") -> Actions:
    """Each KPI of the goal before each action of the firm's log against the KPI since.

    Args:
        data: what `kit.open` returned.
        kpis: keys of rates of campaign mail, by comma; "" for the KPIs of the goal.
        action: what counts as a conversion: appointment, review, order …; "" as the goal says.

    Raises:
        UsageError: a KPI is no rate of campaign mail, or `action` is unknown.

    Source: as `judge`.
    """
    goal, log = data.settings["goal"], windows(counts.action_log(data.history))
    log = log[log["number"].isin(counts.action_log(data)["number"])].reset_index(drop=True)
    asked = metrics.chosen(kpis) or ([key for key, _why in metrics.goal(goal).kpis] if goal else [*DEFAULT])
    if log.empty:
        return judge(log, {}, as_of=None)
    action = action or metrics.action(goal)
    mail = counts.messages(data.history, ["campaign_id", "sent_local"], action=action)
    shares = counts.log_shares(data.history, ["campaign_id"], action=action)
    is_logged = {str(name): rows.set_index("campaign_id")["log_share"] > 0.5 for name, rows in shares.groupby("count")}
    service = service_months.by_month(data.history)
    units: dict[str, pd.DataFrame] = {}
    for key in asked:
        if key not in MAIL_RATES:
            units[key] = service.months[service.months["kpi"] == key]
            continue
        for name in metrics.beside([key if kpis else metrics.as_spoken(data.history, key)]):
            kpi = metrics.as_told(data, name)
            campaigns = metrics.values(mail, [kpi], by=["campaign_id", "sent_local"])
            if (reaction := metrics.find(kpi).numerator) in is_logged:
                campaigns = campaigns.assign(is_logged=campaigns["campaign_id"].map(is_logged[reaction]))
            is_mature = mature(campaigns["sent_local"], data.as_of, data.settings["conversions.maturity_days"])
            units[kpi] = campaigns[is_mature]
    until = min(filter(None, [data.as_of, data.period and data.period.end]), default=None)
    return judge(log, units, as_of=until, currency=service.currency)


def windows(log: pd.DataFrame) -> pd.DataFrame:
    """The log with the days between which each action is asked about: begin, end [the first that is none of them].

    They reach AROUND the day, and not beyond another action, unless that is nearer than APART.

    Args:
        log: the whole of it: number, day, what.
    """
    days = [*log["day"]]
    begin = [max([day - AROUND, *(other for other in days if other + APART <= day)]) for day in days]
    end = [min([day + AROUND, *(other for other in days if other >= day + APART)]) for day in days]
    return log.assign(begin=pd.to_datetime(begin), end=pd.to_datetime(end))


def judge(
    log: pd.DataFrame, units: Mapping[str, pd.DataFrame], *, as_of: datetime | None, currency: str = ""
) -> Actions:
    """Each KPI before each action against the KPI since.

    Args:
        log: what `windows` returned.
        units: by KPI what is compared. Of a rate of mail a row a campaign that is not too recent: sent_local,
            numerator, n, value, and is_logged [by a log, not an export] of reactions that the two count differently; of
            the service a row a month, as of `ServiceMonths.months`. Where people's reactions are known on too few sides
            of an action, the raw ones speak, if they are given.
        as_of: the moment up to which the data knows, or the period asks; None: ages are not known.
        currency: of amounts.

    Source: guide 1, "change something, repeat"; `changepoint.known_shift`; Holm (1979), jstor.org/stable/4615733, over
    all actions and KPIs.
    """
    raw = {metrics.find(key).raw: key for key in units}
    rows = []
    for entry in log.to_dict("records"):
        for key in (key for key in units if key not in raw):
            compared = entry | {"kpi": key} | _sides(key, units[key], entry, as_of)
            beside = metrics.find(key).raw
            if compared["lack"] and beside in units:
                by_all = entry | {"kpi": beside} | _sides(beside, units[beside], entry, as_of)
                compared = compared if by_all["lack"] else by_all
            rows.append(compared)
    changes = pd.DataFrame(rows, columns=_ROW)
    changes["p"] = multiplicity.adjust(changes["p"].astype(float), method="holm")
    changes["verdict"] = [_verdict(row) for row in changes.to_dict("records")]
    return Actions(log.drop(columns=["begin", "end"]), changes.drop(columns=["lack", "open"]), currency)


def _sides(key: str, units: pd.DataFrame, entry: Mapping[Any, Any], as_of: datetime | None) -> dict[str, Any]:
    """The units before an action and from its day on: two levels with one spread between units."""
    of_mail = key in MAIL_RATES
    until = entry["end"] if as_of is None else min(entry["end"], pd.Timestamp(as_of) + pd.Timedelta(minutes=1))
    points = (_campaigns if of_mail else _whole_months)(units, {**entry, "end": until})
    least = CAMPAIGNS if of_mail else changepoint.LEAST
    enough = points["since"].value_counts().reindex([False, True], fill_value=0).min() >= least
    points = _counted_alike(points)
    before, since = (points[points["since"] == side] for side in (False, True))
    is_open = until < entry["end"]
    row = {"n_before": len(before), "n_since": len(since), "lack": "", "open": is_open}
    if units["value"].isna().all():
        return row | {"lack": "unknown"}
    if enough and min(len(before), len(since)) < least:
        return row | {"lack": "other source"}
    if min(len(before), len(since)) < least:
        return row | {"lack": "too recent" if is_open and len(since) < least else "too few"}
    shift = changepoint.known_shift((before["scaled"], before["se"]), (since["scaled"], since["se"]))
    is_wait = metrics.find(key).kind == "wait"
    level, effect = (np.exp, np.expm1) if is_wait else (float, float)
    sides = {name: float(level(getattr(shift, name))) for name in _SIDES}
    change = {"effect": shift.value, "low": shift.low, "high": shift.high}
    return row | sides | {name: float(effect(end)) for name, end in change.items()} | {"p": shift.p}


def _campaigns(campaigns: pd.DataFrame, entry: Mapping[Any, Any]) -> pd.DataFrame:
    """The large enough campaigns around an action, each with its rate and the margin of their common one."""
    sent = pd.to_datetime(campaigns["sent_local"])
    near = campaigns[(sent >= entry["begin"]) & (sent < entry["end"])]
    near = near[large_enough(near)]
    common = (near["numerator"].sum() + 0.5) / (near["n"].sum() + 1)
    since = pd.to_datetime(near["sent_local"]) >= entry["day"]
    return near.assign(since=since, scaled=near["value"], se=np.sqrt(common * (1 - common) / near["n"]))


def _counted_alike(points: pd.DataFrame) -> pd.DataFrame:
    """The campaigns whose reactions were counted in one way: by a log or by exports, of which both sides have more."""
    if "is_logged" not in points or points["is_logged"].nunique() < 2:
        return points
    ways = [points[points["is_logged"] == is_logged] for is_logged in (True, False)]
    return max(ways, key=lambda way: way["since"].value_counts().reindex([False, True], fill_value=0).min())


def _whole_months(months: pd.DataFrame, entry: Mapping[Any, Any]) -> pd.DataFrame:
    """The whole months around an action: one that its day cuts is on no side."""
    first = pd.to_datetime(months["month"] + "-01")
    following = first + pd.offsets.MonthBegin(1)
    near = (first >= entry["begin"]) & (following <= entry["end"])
    near &= (following <= entry["day"]) | (first >= entry["day"])
    kept = months[near & months["scaled"].notna() & (months["se"] > 0)]
    return kept.assign(since=first[kept.index] >= entry["day"])


def _verdict(row: Mapping[Any, Any]) -> str:
    if row["lack"]:
        return row["lack"]
    if not known(row["p"]):
        return "unknown"
    if row["p"] >= ALPHA:
        return "not decided" if row["open"] else "undecided"
    return "higher" if row["effect"] > 0 else "lower"


DECIDED = ("higher", "lower")
"""The verdicts that say something."""

OPEN = ("not decided", "undecided")
"""Those of comparisons that were made and say nothing."""


@result
class Actions(Result):
    """KPIs before and since each action.

    Attributes:
        log: a row an action: number, day, what.
        changes: a row an action and KPI: number, day, what; kpi; n_before, n_since [campaigns; of the service whole
            months]; before, since, each with _low and _high [the level: share, minutes or money]; effect, low, high
            [the difference; of times the ratio less 1]; p [Holm over all rows]; verdict: a key of VERDICTS.
        currency: of amounts.
    """

    log: pd.DataFrame
    changes: pd.DataFrame
    currency: str

    def summary(self) -> Summary:
        """Which KPIs are others since an action, or that nothing is decided yet."""
        judged = self.changes[self.changes["verdict"].isin((*DECIDED, *OPEN))]
        decided = judged[judged["verdict"].isin(DECIDED)].sort_values("p", kind="stable")
        numbers = {"actions": len(self.log), "judged": len(judged), "decided": len(decided)}
        if self.log.empty:
            text = _(
                "There is no log of what you changed in this period. Put a file actions.csv with the columns date and "
                "what was changed beside the exports, and each entry is asked about here."
            )
            return Summary("actions", text, numbers)
        if judged.empty:
            text = _("Nothing that was changed can be judged yet: too little came before or since.")
            return Summary("actions", text, numbers)
        shown = decided if len(decided) else judged.sort_values("day", ascending=False, kind="stable")
        groups = self._together()
        shown = shown.assign(group=shown["number"].map(groups)).drop_duplicates("group").head(NAMED)
        headings = pd.Series([heading(entry) for entry in self.log.to_dict("records")], index=self.log["number"])
        lines = joined(
            [
                _(
                    "{action}: {outcome}",
                    action=commas(headings[groups == row["group"]]),
                    outcome=outcome(row, self.currency),
                )
                for row in shown.to_dict("records")
            ]
        )
        if decided.empty:
            return Summary("actions", f"{lines}.", numbers)
        text = _("{lines}. This does not show the cause: other things changed as well.", lines=lines)
        return Summary("actions", text, numbers, headline=True, weight=35)

    def table(self) -> Table:
        """Each action and KPI, before and since."""
        columns = (
            Column("number", message("No."), whole, number=True),
            Column("day", message("Day"), day),
            Column("what", message("What was changed")),
            Column("kpi", message("KPI"), lambda key: metrics.find(key).title),
            Column("before", message("Before"), self._side("before"), number=True, whole_row=True),
            Column("since", message("Since then"), self._side("since"), number=True, whole_row=True),
            Column("n_before", message("Campaigns or months"), _numbers, number=True, whole_row=True),
            Column("effect", message("Change"), self._effect, number=True, whole_row=True),
            Column("verdict", message("Verdict"), VERDICTS.__getitem__),
        )
        empty = message("there is no log of actions with a day in the period.")
        notes = tuple(self._notes()) if len(self.changes) else ()
        return Table("actions", message("What was changed"), self.changes, columns, notes, empty)

    def _side(self, name: str) -> Callable[[Mapping[Any, Any]], str]:
        def write(row: Mapping[Any, Any]) -> str:
            if not known(row[name]):
                return UNKNOWN
            level = {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
            return metrics.value_with_interval({"kpi": row["kpi"], **level}, self.currency)

        return write

    def _effect(self, row: Mapping[Any, Any]) -> str:
        return _change(row, self.currency)

    def _notes(self) -> Iterator[str]:
        yield _(
            "Up to six months before the day are compared with up to six months from it on, but not beyond another "
            "action. Campaigns, and of the service whole months, are the units."
        )
        yield _("A slow trend or a season looks the same as a change.")
        yield _("An action often follows a bad spell, after which figures return to the usual by themselves.")
        yield _(
            "Brackets: 95 %. The verdict goes by all comparisons of the table together (Holm), so a bracket without 0 "
            "may not be enough."
        )
        yield _(
            "Too few: one side has fewer than {campaigns} campaigns, or for the service than {months} whole months.",
            campaigns=CAMPAIGNS, months=changepoint.LEAST,
        )  # fmt: skip
        yield from metrics.raw_note(self.changes["kpi"])
        groups = self._together()
        near = groups.index[groups.duplicated(keep=False)]
        if len(near):
            yield _("Less than a month from one another, so that they cannot be separated: {numbers}.",
                    numbers=listing([*near]))  # fmt: skip
        if (self.changes["verdict"] == "other source").any():
            yield _("Counted differently: a log and an export do not count the same opens and clicks, so the two sides "
                    "are not compared.")  # fmt: skip
        if names := [str(metrics.find(key).title) for key in self._unknown()]:
            yield _("Not available in these exports: {kpis}.", kpis=commas(names))

    def _together(self) -> pd.Series:
        """Of each action, by its number, a group of those that lie too near to one another to be separated."""
        days = [*self.log["day"]]
        apart = [False, *(later >= day + APART for day, later in pairwise(days))][: len(days)]
        return pd.Series(np.cumsum(apart), index=self.log["number"])

    def _unknown(self) -> list[str]:
        """The KPIs that no unit tells."""
        by_kpi = self.changes.groupby("kpi", sort=False)["verdict"]
        return [str(kpi) for kpi, verdicts in by_kpi if (verdicts == "unknown").all()]


VERDICTS = {
    "higher": message("higher since then"),
    "lower": message("lower since then"),
    "not decided": message("not decided yet"),
    "undecided": message("not decided"),
    "other source": message("counted differently"),
    "too recent": message("too recent to judge"),
    "too few": message("too few to judge"),
    "unknown": message("unknown"),
}


def heading(row: Mapping[Any, Any]) -> str:
    """An action and its day."""
    return _("“{what}” on {day}", what=row["what"], day=day(row["day"]))


def outcome(row: Mapping[Any, Any], currency: str) -> str:
    """A KPI since an action, by kpi, effect, low, high, verdict."""
    values = {"kpi": metrics.find(row["kpi"]).name, "change": _change(row, currency)}
    return _("{kpi} {change}: {verdict}", verdict=VERDICTS[row["verdict"]], **values)


def _change(row: Mapping[Any, Any], currency: str) -> str:
    """The change with its interval: +2.1 points (−0.4 to +4.6)."""
    if not known(row["effect"]):
        return UNKNOWN
    return " ".join(tiles.difference(metrics.find(row["kpi"]), (row["effect"], row["low"], row["high"]), currency))


def _numbers(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['n_before'])} – {whole(row['n_since'])}"


_UNIT = message("a campaign; of the service a whole month")

FIGURES = (
    Figure(
        "action_number",
        message("Number of a change"),
        message("1 for the first in the log by its day, then 2 and on, as the lines in the figures are numbered"),
        message("an entry of the log"),
        "guide 1, change something and repeat",
        ("actions.number",),
    ),
    Figure(
        "action_sides",
        message("A KPI before something was changed and since"),
        message("mean of the campaigns' rates or of the months, weighted by margin of error and usual variation"),
        _UNIT,
        "guide 1, change something and repeat",
        ("actions.n_before", "actions.n_since", "actions.before", "actions.since"),
        window=message("up to six months before the day of the action and from it on, not beyond another action"),
        interval=message("95 %: Student's, with one spread between units"),
        edge=message(
            "campaigns that are too recent or too small to judge, and a month that the day cuts, are left out"
        ),
    ),
    Figure(
        "action_effect",
        message("What is different since something was changed"),
        message("level since - level before; for response times, the ratio minus 1"),
        _UNIT,
        "Paule & Mandel (1982), doi:10.6028/jres.087.022; Holm (1979), jstor.org/stable/4615733",
        ("actions.effect", "actions.actions", "actions.judged", "actions.decided"),
        window=message("up to six months before the day of the action and from it on, not beyond another action"),
        interval=message("95 %: Student's, with one spread between units"),
        edge=message("the verdict goes by all comparisons together; this is no proof of the cause"),
    ),
)
