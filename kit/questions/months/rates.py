"""What are the rates, month by month, and what changed? (guide 1, step 2)

A month's interval says how well its rate was counted. Whether it changed is another question: months
differ for many reasons, so a change is called a change only beyond the usual variation between months.
Where something known happened, a new platform say, or where from some month on a log counts what exports counted
before, months before and after it are not set against each other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kit import counts, metrics
from kit.errors import UsageError
from kit.judging import ALPHA, LEVEL, MONTHS, UNLIKE, large_enough
from kit.messages import _, _n, message
from kit.show import cells
from kit.show.axes import direction_color, intervals, mark_actions, marked, month_axis, percent, series, span
from kit.show.formats import MARGIN_OF_ERROR, commas, listing, month, share, size, whole
from kit.show.formats import span as interval
from kit.show.picture import BAND, INK, PLAIN, QUIET, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.svg import hover
from kit.show.table import Column, Table
from kit.stats import multiplicity, random_effects, trend

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from kit.store import Data

PREFETCH = "2021-09"
"""Month from which Apple's mail programs load every picture, so that openings rose by themselves."""

KPIS = ("open_rate", "click_rate", "conversion_rate", "unsubscribe_rate")
"""The rates where none is named: people's reactions where they are told, raw ones beside them."""


def by_month(data: Data, *, kpis: str = "", action: str = "", change: str = "") -> Months:
    """How do rates of campaign mail move, month by month?

    A month that the period cuts is none of the question: its rate would not be that of the period.

    Args:
        data: what `kit.open` returned.
        kpis: keys of rates of campaign mail, by comma; "" for KPIS.
        action: what counts as a conversion: appointment, review, order …; "" as the goal says.
        change: the first month after a known change, like 2026-03; "" where none is known.

    Raises:
        UsageError: a KPI is no rate of campaign mail, `action` is unknown, or `change` is no month.

    Source: as `judge`.
    """
    usual = metrics.beside(metrics.as_spoken(data.history, key) for key in KPIS)
    chosen = [metrics.as_told(data, key) for key in metrics.chosen(kpis) or usual]
    action = action or metrics.action(data.settings["goal"])
    history = counts.messages(data.history, ["month"], action=action)
    by_log = counts.log_shares(data.history, ["month"], action=action)
    beside = {"base": counts.base_rate(data, action=action), "actions": counts.action_log(data)}
    if data.period is None:
        return replace(judge(history, chosen, change=change, by_log=by_log), **beside)
    months = data.period.whole_months
    result = judge(history if months else history.iloc[:0], chosen, period=months, change=change, by_log=by_log)
    return replace(result, cut=data.period.cut_months, **beside)


def judge(
    history: pd.DataFrame,
    kpis: Sequence[str],
    *,
    period: tuple[str, str] | None = None,
    change: str = "",
    by_log: pd.DataFrame | None = None,
    level: float = LEVEL,
) -> Months:
    """The rates of the months and their changes.

    What months usually differ by comes from the whole history; changes are judged of the months
    asked for. A month with too few mails (`judging.large_enough`) is shown, and is neither judged nor a yardstick.

    Args:
        history: a row a month of the whole history, from `counts.messages(data.history, ["month"])`.
        kpis: keys of rates.
        period: first and last month of the question; None: all.
        change: the first month after a known change, like 2026-03; "" where none is known. Months before
            and since are judged apart.
        by_log: month, count, log_share, from `counts.log_shares`: months that the log and exports share otherwise are
            judged apart, too. None: all months were counted alike.
        level: confidence of the intervals.

    Returns:
        Every month from the first to the last, in order: a month without mail is a gap, not 0 %.

    Raises:
        UsageError: `change` is no month.

    Source: guide 1, step 2; between-month variance by Paule and Mandel (1982), doi:10.6028/jres.087.022;
    limits: Laney (2002), doi:10.1081/QEN-120006708.
    """
    if change and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", change):
        raise UsageError(_("change: {change} is not a month. Write it like 2026-03.", change=repr(change)))
    rates = metrics.values(_calendar(history), kpis, by=["month"], level=level)
    rates = rates.assign(asked=rates["month"].between(*period) if period else True)
    rates = _with_eras(rates, change, by_log)
    parts = [_era(era) for _since, era in eras(rates)]
    rates = pd.concat(parts, ignore_index=True) if parts else _era(rates)
    rates["p"] = multiplicity.adjust(rates["p"])
    rates["verdict"] = _verdicts(rates, change)
    return Months(rates, int(rates["p"].notna().sum()), change, period)


def _with_eras(rates: pd.DataFrame, change: str, by_log: pd.DataFrame | None) -> pd.DataFrame:
    """The months with `era`, as `Months.rates` has it, and the log's share of the numerator."""
    of_log = {} if by_log is None else by_log.set_index(["count", "month"])["log_share"].to_dict()
    begun: dict[Any, tuple[str, float]] = {}
    for key, months in rates.groupby("kpi", sort=False):
        era, usual = "", np.nan
        for row, name in zip(months.index, months["month"], strict=True):
            share = of_log.get((metrics.find(str(key)).numerator, name), np.nan)
            is_other = abs(share - usual) > UNLIKE
            if is_other or (change and era < change <= name):
                era, usual = name if is_other else change, share
            usual = share if np.isnan(usual) else usual
            begun[row] = era, share
    eras_of = pd.DataFrame.from_dict(begun, orient="index", columns=["era", "log_share"])
    return rates.join(eras_of.astype({"era": "object", "log_share": float}))


def eras(rates: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The months of each KPI that can be set against each other, with the era's first month, "" for the first era."""
    for _key, months in rates.groupby(["kpi", "era"], sort=False):
        yield str(months["era"].iloc[0]), months.reset_index(drop=True)


def _era(months: pd.DataFrame) -> pd.DataFrame:
    """One KPI's months of one era with their changes and the limits within which months usually lie."""
    months = months.assign(large=large_enough(months))
    large = months[months["large"]]
    judged = len(large) >= MONTHS
    months = pd.concat([months, _changes(months, large if judged else large.iloc[:0])], axis=1)
    chart = trend.p_prime_chart(months["numerator"], months["n"].where(months["large"] & judged))
    return months.assign(usual_low=chart.low, usual_high=chart.high)


def _calendar(history: pd.DataFrame) -> pd.DataFrame:
    months = history["month"].dropna()
    if months.empty:
        return history.iloc[:0]
    calendar = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m")
    return history.set_index("month").reindex(calendar).rename_axis("month").reset_index()


def _changes(months: pd.DataFrame, large: pd.DataFrame) -> pd.DataFrame:
    """Each month asked for against the one before it, by the usual variation of all the others.

    The two months are left out of the usual: else one that stands out would hide itself. A month with too
    few mails, and the one after it, have a change and no p.
    """
    rows = [_NONE, *(change_between(before, now, large) for before, now in pairwise(months.to_dict("records")))]
    return pd.DataFrame(rows[: len(months)], columns=["change", "change_low", "change_high", "p"])


_NONE = (np.nan, np.nan, np.nan, np.nan)


def change_between(
    before: dict[Any, Any], now: dict[Any, Any], large: pd.DataFrame
) -> tuple[float, float, float, float]:
    """The change between two months of a KPI, its interval and p, by the usual variation of the other large ones.

    Args:
        before: the earlier month: month, numerator, n, value, large, asked.
        now: the later one, likewise.
        large: the months that are large enough to be judged.
    """
    if not now["asked"] or np.isnan(before["value"]) or np.isnan(now["value"]):
        return _NONE
    others = large[~large["month"].isin((before["month"], now["month"]))]
    tau, months = random_effects.heterogeneity(others["numerator"], others["n"]).tau, len(others)
    moved = random_effects.change((before["numerator"], before["n"]), (now["numerator"], now["n"]), tau=tau, k=months)
    return moved.value, moved.low, moved.high, moved.p if before["large"] and now["large"] else np.nan


def _verdicts(rates: pd.DataFrame, change: str) -> pd.Series:
    moved = rates["p"] < ALPHA
    verdict = pd.Series("no change seen", index=rates.index, dtype="object")
    verdict = verdict.mask(moved & (rates["change"] > 0), "up").mask(moved & (rates["change"] < 0), "down")
    verdict = verdict.mask(_returned(rates, verdict), "back")
    verdict = verdict.mask(rates["p"].isna(), "too few").mask(
        rates["usual_low"].isna() & rates["large"], "too few months"
    )
    verdict = verdict.mask(rates["change"].isna(), "gap").mask(rates["value"].isna(), "unknown")
    verdict = verdict.mask(rates["n"].isna(), "gap").mask(rates["month"] == rates["era"], "other source")
    verdict = verdict.mask(rates["month"] == change, "known change")
    has_rates = rates.groupby("kpi")["value"].transform("count") > 0
    verdict = verdict.mask(rates["month"] == rates["month"].min(), "first").where(has_rates, "unknown")
    return verdict.where(rates["asked"], "not asked")


def _returned(rates: pd.DataFrame, verdict: pd.Series) -> pd.Series:
    """Whether a month only takes back the change of the month before it: a spike is one finding, not two changes."""
    before = verdict.shift().where(rates["kpi"] == rates["kpi"].shift())
    opposite = ((before == "up") & (verdict == "down")) | ((before == "down") & (verdict == "up"))
    remaining = (rates["change"] + rates["change"].shift()).abs()
    return opposite & (remaining < rates["change"].shift().abs() / 2)


@result
class Months(Result):
    """Rates by month.

    Attributes:
        rates: a row a month of the history and KPI: month, kpi, numerator, n, value, low, high, missing; asked [it is
            of the question]; large [enough mails to be judged]; of the months asked for the change from the
            month before: change, change_low, change_high [shares], p [adjusted]; verdict: "up", "down", "back" [it
            takes the change of the month before back], "no change seen", "first", "known change", "other source" [from
            this month on a log counts what exports counted, or the other way round], "gap", "too few", "too few
            months", "unknown" or "not asked"; usual_low, usual_high [where months usually lie: the limits of the p'
            chart, from six months on]; era [first month of those it is judged with, "" for the first ones]; log_share
            [of the numerator, counted by the log; NaN: it makes no difference].
        changes: how many changes were judged.
        change: the month of the known change, or "".
        period: first and last month of the question; None: all.
        cut: months of which the question has some days only; they are left out.
        base: how many do the same anyway, as `counts.base_rate`; None: not asked.
        actions: what the firm changed, as `counts.action_log`; None: not asked.
    """

    rates: pd.DataFrame
    changes: int
    change: str = ""
    period: tuple[str, str] | None = None
    cut: tuple[str, ...] = ()
    base: pd.DataFrame | None = None
    actions: pd.DataFrame | None = None

    @property
    def asked(self) -> pd.DataFrame:
        """The rates of the months of the question."""
        return self.rates[self.rates["asked"]].reset_index(drop=True)

    def summary(self) -> Summary:
        """Which month-to-month changes go beyond the usual."""
        if self.changes == 0:
            large = max((int(era["large"].sum()) for _since, era in eras(self.rates)), default=0)
            numbers = {"months": large, "changes": 0}
            return Summary("months_changes", _unjudged(self.asked, large), numbers)
        found = self.rates["verdict"].isin(("up", "down"))
        people = metrics.of_people(self.rates, ["month"], "verdict")
        machines = found & people.notna() & (people != self.rates["verdict"])
        rates = self.rates.assign(alone=self.rates["verdict"].shift(-1) == "back")
        moved = rates[found & people.isna()].sort_values(["month", "kpi"])
        surest = [_moved(row) for row in moved.sort_values("p").head(3).to_dict("records")]
        text = _beyond(self.changes, len(moved), "; ".join(surest))
        if machines.any():
            alone = listing([_moved(row) for row in rates[machines].sort_values("p").head(3).to_dict("records")])
            raw = _("In raw rates only: {changes}. The rates of people do not show it.", changes=alone)
            text = f"{text} {raw}"
        numbers = {"changes": self.changes, "beyond": len(moved), "machines": int(machines.sum())}
        step = (
            _("Before you act, look at the campaigns of these months: notebook 03 compares them.") if len(moved) else ""
        )
        return Summary("months_changes", text, numbers, headline=True, weight=70 if len(moved) else 40, next_step=step)

    def table(self) -> Table:
        """The guide's month table: a row a month, a column a KPI, each with its interval and its n."""
        rates = self.asked
        kpis = list(dict.fromkeys(rates["kpi"]))
        shown = [key for key in kpis if rates.loc[rates["kpi"] == key, "value"].notna().any()]
        wide = pd.DataFrame({"month": list(dict.fromkeys(rates["month"]))})
        columns = [Column("month", message("Month"), month)]
        for key in shown:
            kpi = metrics.find(key)
            if kpi.denominator not in wide:
                wide[kpi.denominator] = rates.loc[rates["kpi"] == key, "n"].to_numpy()
                columns.append(Column(kpi.denominator, metrics.mails_title(kpi), whole, unit="mails", number=True))
        for key in shown:
            values = rates[rates["kpi"] == key]
            for name in ("value", "low", "high"):
                wide[key if name == "value" else f"{key}_{name}"] = values[name].to_numpy()
            title = metrics.find(key).title
            columns.append(Column(key, title, cells.rate_of(key), unit="share", number=True, whole_row=True))
        notes = [
            MARGIN_OF_ERROR,
            *metrics.raw_note(shown),
            *metrics.base_rate_note(shown, self.base),
            *self._notes(wide, kpis, shown),
        ]
        if shown:
            wide, gaps = _without_long_gaps(wide, list({metrics.find(key).denominator for key in shown}))
            if gaps:
                notes.append(_("No e-mails, or none counted: {months}. That is a gap, not 0 %.", months=listing(gaps)))
        title = message("KPIs by month of sending")
        return Table(
            "months",
            title,
            wide,
            tuple(columns),
            tuple(notes),
            message("the month of sending is unknown for all e-mails."),
        )

    def _notes(self, wide: pd.DataFrame, kpis: list[str], shown: list[str]) -> Iterator[str]:
        """What a reader must know of the KPIs and months that are shown."""
        if self.cut:
            yield _(
                "Not shown, because the period covers only some of their days: {months}.",
                months=listing([month(name) for name in self.cut]),
            )
        unknown = [str(metrics.find(key).title) for key in kpis if key not in shown]
        if unknown:
            yield _("Not available in these exports: {kpis}.", kpis=", ".join(unknown))
        partly = [
            kpi.title
            for kpi in map(metrics.find, shown)
            if wide.loc[wide[kpi.denominator].notna(), kpi.key].isna().any()
        ]
        if partly:
            yield _(
                "“–” in {kpis}: data are missing for a campaign of the month, or it is too recent to judge.",
                kpis=listing(partly),
            )
        if self.change and (wide["month"] == self.change).any():
            yield _(
                "The months before {month} and from it on are judged separately: a known change lies between.",
                month=month(self.change),
            )
        yield from switch_notes(self.asked[self.asked["kpi"].isin(shown)])
        if "open_rate" in shown and wide["month"].min() < PREFETCH <= wide["month"].max() and self.change != PREFETCH:
            yield _(
                "Since {month}, Apple's mail programs load every picture, so opens rose by themselves. To judge the "
                "months before and after separately, set the parameter change to {change}.",
                month=month(PREFETCH),
                change=PREFETCH,
            )

    def plot(self) -> Picture:
        """Each KPI by month with its interval, over the band within which months usually lie.

        Months that the question leaves out are drawn in grey: they are the yardstick.
        """
        rates = self.rates[self.rates["value"].notna()]
        kpis = [metrics.find(key) for key in dict.fromkeys(self.rates["kpi"]) if (rates["kpi"] == key).any()]
        names = list(dict.fromkeys(self.rates["month"]))
        title = message("KPIs by month")
        if not kpis:
            return nothing("months", title, message("no rate is known for any month"))
        with panels(0.6 + 1.05 * len(kpis)) as figure:
            grid = figure.subplots(len(kpis), 1, sharex=True, squeeze=False)[:, 0]
            for axes, kpi in zip(grid, kpis, strict=True):
                _draw(axes, rates[rates["kpi"] == kpi.key], kpi, names)
                if self.actions is not None:
                    mark_actions(axes, names, self.actions)
            month_axis(grid[-1], names)
            asked = rates[rates["asked"]]
            values = [(kpi, asked[asked["kpi"] == kpi.key]) for kpi in kpis]
            lines = [
                _("{kpi}: {values}.", kpi=kpi.title, values=series(rows["month"], rows["value"], share))
                for kpi, rows in values
            ]
            return picture(
                figure, name="months", title=title, alt=" ".join([_("By month."), *lines, *marked(self.actions)])
            )


def _unjudged(asked: pd.DataFrame, large: int) -> str:
    """Why no change was judged.

    Args:
        asked: the rates of the months of the question.
        large: the months of the era that has most large ones.
    """
    if asked["value"].notna().sum() == 0:
        return _("No change is reported: no rate is known for any month.")
    if large == 0:
        return _(
            "No change is reported: too few months have enough e-mails to show the usual variation; six are needed."
        )
    if large < MONTHS:
        return _n(
            "No change is reported: one month is too few to show the usual variation; six are needed.",
            "No change is reported: {n} months are too few to show the usual variation; six are needed.",
            large,
            n=whole(large),
        )
    return _("No change is reported: no chosen month and the month before it both have enough e-mails.")


def _beyond(changes: int, beyond: int, moves: str) -> str:
    """How many of the changes go beyond the usual, and which."""
    n = whole(changes)
    if not beyond:
        return _n(
            "The only month-to-month change is no larger than the usual month-to-month variation, so it needs no "
            "explanation.",
            "None of {n} month-to-month changes is larger than the usual month-to-month variation, so none needs an "
            "explanation.",
            changes,
            n=n,
        )
    if beyond == 1:
        return _n(
            "The only month-to-month change is larger than the usual month-to-month variation: {moves}.",
            "One of {n} month-to-month changes is larger than the usual month-to-month variation: {moves}.",
            changes,
            n=n,
            moves=moves,
        )
    if beyond <= 3:
        return _(
            "{beyond} of {n} month-to-month changes are larger than the usual month-to-month variation: {moves}.",
            n=n,
            beyond=whole(beyond),
            moves=moves,
        )
    return _(
        "{beyond} of {n} month-to-month changes are larger than the usual month-to-month variation. The clearest: "
        "{moves}.",
        n=n,
        beyond=whole(beyond),
        moves=moves,
    )


def switch_notes(rates: pd.DataFrame) -> Iterator[str]:
    """From which months on a log counts what exports counted before, or exports what a log counted: a line a month.

    Args:
        rates: rows of `Months.rates`.
    """
    switched = rates[rates["verdict"] == "other source"]
    for name, rows in switched.groupby("month"):
        yield _(
            "From {month} on, another source counts these: {kpis}. Event logs and exports do not count alike, so the "
            "months before and since are not compared.",
            month=month(str(name)),
            kpis=commas([metrics.find(key).title for key in rows["kpi"]]),
        )


def _moved(row: Mapping[Any, Any]) -> str:
    """A change that goes beyond the usual, in a clause."""
    values = {
        "kpi": metrics.find(row["kpi"]).name,
        "month": month(row["month"]),
        "value": share(row["value"]),
        "points": size(row["change"]),
        "interval": interval(row["change_low"], row["change_high"]),
    }
    if row["alone"] and row["verdict"] == "up":
        return _("{kpi} in {month} alone was {value}, {points} points more than before ({interval})", **values)
    if row["alone"]:
        return _("{kpi} in {month} alone was {value}, {points} points less than before ({interval})", **values)
    if row["verdict"] == "up":
        return _("{kpi} in {month} was {value}, {points} points more than the month before ({interval})", **values)
    return _("{kpi} in {month} was {value}, {points} points less than the month before ({interval})", **values)


def _without_long_gaps(wide: pd.DataFrame, denominators: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table without the rows of gaps of more than two months, and every gap in words."""
    empty = wide[denominators].isna().all(axis=1)
    runs = wide[empty].groupby((empty != empty.shift()).cumsum()[empty])["month"].agg(["first", "last", "size"])
    gaps = [month_span(first, last) for first, last in zip(runs["first"], runs["last"], strict=True)]
    long = [wide["month"].between(run["first"], run["last"]) for run in runs.to_dict("records") if run["size"] > 2]
    left_out = pd.concat(long, axis=1).any(axis=1) if long else pd.Series(data=False, index=wide.index)
    return wide[~left_out].reset_index(drop=True), gaps


def month_span(first: str, last: str) -> str:
    """One month, or the first and the last of several."""
    return month(first) if first == last else _("{first} to {last}", first=month(first), last=month(last))


def _draw(axes: Axes, rates: pd.DataFrame, kpi: metrics.Kpi, names: list[str]) -> None:
    """One KPI: the band of the usual, months of the question, months outside of it, and changes."""
    place = rates["month"].map(names.index)
    for at, low, high in zip(place, rates["usual_low"], rates["usual_high"], strict=True):
        axes.fill_between([at - 0.5, at + 0.5], low, high, color=BAND, linewidth=0, zorder=0)
    hover_texts = [f"{month(row['month'])}: {cells.rate(row)}" for row in rates.to_dict("records")]
    texts = pd.Series(hover_texts, index=rates.index, dtype="object")
    if not rates["asked"].all():
        intervals(axes, place, rates, color=QUIET, texts=texts)
    intervals(axes, place[rates["asked"]], rates[rates["asked"]], color=PLAIN, texts=texts)
    for verdict, sign in (("up", 1), ("down", -1)):
        moved = rates["verdict"] == verdict
        color = direction_color(kpi.better, sign)
        hover(axes.plot(place[moved], rates.loc[moved, "value"], "o", color=color, markersize=8), texts[moved])
    axes.set_title(str(kpi.title))
    axes.yaxis.set_major_formatter(percent(rates["high"].max() - rates["low"].min()))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    limits = rates[["low", "high", "usual_low", "usual_high"]].to_numpy()
    axes.set_ylim(*span(limits[~np.isnan(limits)].tolist()))
    axes.grid(visible=False, axis="x")
    for since in {*rates["era"]} & {*names}:
        axes.axvline(names.index(since) - 0.5, color=INK, linewidth=1, linestyle="--")
