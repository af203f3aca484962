"""How much do months usually differ, and where are they heading? (guide 1, step 2)

Single months may all be as usual and still head somewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import ALPHA, MONTHS
from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.months.rates import Months, eras, month_span
from kit.show.formats import UNKNOWN, joined, known, listing, month, points, share, size, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, random_effects, trend

if TYPE_CHECKING:
    from collections.abc import Mapping

POWER = 2.8
"""1.96 + 0.84: a change of so many standard errors is seen four times in five at the 5 % level."""

_COLUMNS = [
    *("kpi", "since", "months", "mean", "tau", "phi", "detectable"),
    *("asked", "begin", "end", "step", "step_low", "step_high", "trend_p"),
]


def judge(months: Months) -> Trends:
    """What is usual of each KPI, and its trend.

    Args:
        months: what `rates.by_month` returned.

    Source: guide 1, step 2; between-month variance by Paule and Mandel (1982), doi:10.6028/jres.087.022; trend:
    logistic regression with overdispersion.
    """
    usual = pd.DataFrame([_usual(since, era) for since, era in eras(months.rates)], columns=_COLUMNS)
    p = multiplicity.adjust(usual["trend_p"].astype(float))
    direction = np.where(usual["step"] > 0, "rising", "falling")
    direction = np.where(p < ALPHA, direction, np.where(np.isnan(p), "too few months", "no trend seen"))
    return Trends(months, usual.assign(trend_p=p, trend=direction))


def _usual(since: str, months: pd.DataFrame) -> dict[str, Any]:
    """What is usual of one KPI in one era, and its trend."""
    large = months[months["large"]]
    spread = random_effects.heterogeneity(large["numerator"], large["n"])
    judged = len(large) >= MONTHS
    n = months["n"].where(months["large"] & months["asked"])
    line = trend.logistic_trend(months["numerator"], n, pd.RangeIndex(len(months)).to_numpy())
    return {
        "kpi": months["kpi"].iloc[0],
        "since": since,
        "months": len(large),
        "mean": spread.mean,
        "tau": spread.tau if judged else np.nan,
        "phi": spread.phi if judged else np.nan,
        "detectable": _detectable(spread.mean, spread.tau, large["n"].median()) if judged else np.nan,
        "asked": int(large["asked"].sum()),
        "begin": line.begin,
        "end": line.end,
        "step": line.step,
        "step_low": line.low,
        "step_high": line.high,
        "trend_p": line.p,
    }


def _detectable(mean: float, tau: float, n: float) -> float:
    return POWER * float(np.sqrt(2 * (mean * (1 - mean) / n + tau**2)))


@result
class Trends(Result):
    """What is usual of each KPI, and where it is heading.

    Attributes:
        months: the rates by month.
        usual: a row a KPI and era, before and since a known change or another source: kpi, since [month, "" for
            the first era]; of all large months: months, mean, tau [sd between months], phi [overdispersion],
            detectable [the change that would be seen four times in five]; of the large months asked for:
            asked [their number] and the trend: begin, end [fitted rates], step, step_low, step_high
            [shares a month], trend_p [adjusted], trend: "rising", "falling", "no trend seen" or
            "too few months".
    """

    months: Months
    usual: pd.DataFrame

    def summary(self) -> Summary:
        """Which KPIs are heading somewhere."""
        judged = self.usual[self.usual["trend"] != "too few months"]
        people = metrics.of_people(judged.rename(columns={"trend_p": "p"}), ["since"], "trend")
        moving = judged[judged["trend"].isin(("rising", "falling")) & people.isna()].to_dict("records")
        numbers = {"judged": len(judged), "moving": len(moving)}
        if judged.empty:
            return Summary("months_trend", self._too_few(), numbers)
        if not moving:
            text = _("E-mail rates show no trend beyond the usual month-to-month variation.")
            return Summary("months_trend", text, numbers)
        kpis = [metrics.find(row["kpi"]) for row in moving]
        names = [kpis[0].title, *(kpi.name for kpi in kpis[1:])]
        clauses = joined([_direction(name, row) for name, row in zip(names, moving, strict=True)])
        step = _("Check what has changed since: segments (05) and problem areas (04).")
        return Summary("months_trend", f"{clauses}.", numbers, headline=True, weight=65, next_step=step)

    def _too_few(self) -> str:
        """Why no trend was judged."""
        asked = self.usual["asked"].max() if len(self.usual) else 0
        period = self.months.period
        if period and asked < self.usual["months"].max():
            return _(
                "A trend needs twelve months; {period} has {n}. If you set no period, all months are used.",
                period=month_span(*period),
                n=whole(asked),
            )
        if asked:
            return _("A trend needs twelve months; the longest series here has {n}.", n=whole(asked))
        return _("A trend needs twelve months with enough e-mails to judge.")

    def table(self) -> Table:
        """How much each KPI usually moves between months, the change that could be seen, and where it is heading."""
        frame, period = self.usual[self.usual["months"] > 0], self.months.period
        columns = [
            Column("kpi", message("KPI"), lambda key: metrics.find(key).title),
            Column("months", message("Months"), whole, number=True),
            Column("mean", message("Overall"), share, unit="share", number=True),
            Column("tau", message("Usual variation ± (points)"), size, unit="share", number=True),
            Column("detectable", message("Smallest visible change (points)"), size, unit="share", number=True),
            Column("step", message("Trend (points a month)"), _step, unit="share", number=True, whole_row=True),
            Column("trend", message("Direction"), _HEADINGS.__getitem__),
        ]
        if frame["since"].any():
            columns.insert(1, Column("since", message("Period"), self._era, whole_row=True))
        notes = [
            message(
                "Usual variation: two months in three lie within this distance of the overall rate, apart from the "
                "margin of error. More e-mails do not make it smaller."
            ),
            message(
                "Smallest visible change: the smallest change between two ordinary months that is detected four "
                "times in five."
            ),
            message(
                "Trend: the line through twelve months or more. Within a single year it cannot separate a season "
                "from a trend."
            ),
        ]
        if period:
            note = message(
                "Months, overall and usual variation use all months of the data. The trend uses {period} only.",
                period=month_span(*period),
            )
            notes.insert(0, note)
        if rare := self._rare():
            notes.append(message("Too rare to judge in any month at this volume: {kpis}.", kpis=listing(rare)))
        title = message("Usual month-to-month variation and trend")
        empty = message("no month has enough e-mails.")
        return Table("usual_variation", title, frame, tuple(columns), tuple(notes), empty)

    def _era(self, row: Mapping[Any, Any]) -> str:
        """The months that a row is about, where a KPI's are judged apart."""
        if row["since"]:
            return _("since {month}", month=month(row["since"]))
        later = self.usual.loc[(self.usual["kpi"] == row["kpi"]) & (self.usual["since"] != ""), "since"]
        return _("before {month}", month=month(later.min())) if len(later) else _("all months")

    def _rare(self) -> list[Any]:
        """The names of KPIs that have rates and are too rare in every month to be judged."""
        months = self.months.rates.groupby("kpi", sort=False)
        rare = (months["value"].count() > 0) & ~months["large"].any()
        return [metrics.find(str(key)).name for key in rare.index[rare]]


_HEADINGS = {
    "rising": message("rising"),
    "falling": message("falling"),
    "no trend seen": message("no trend seen"),
    "too few months": message("too few months"),
}


def _direction(kpi: Any, row: Mapping[Any, Any]) -> str:
    """Where a KPI is heading, in a clause."""
    values = {
        "kpi": kpi,
        "begin": share(row["begin"]),
        "end": share(row["end"]),
        "n": whole(row["asked"]),
        "step": points(row["step"], 2),
    }
    if row["trend"] == "rising":
        return _("{kpi} is rising, from about {begin} to {end} over {n} months: {step} points a month", **values)
    return _("{kpi} is falling, from about {begin} to {end} over {n} months: {step} points a month", **values)


def _step(row: Mapping[Any, Any]) -> str:
    if not known(row["step"]):
        return UNKNOWN
    return f"{points(row['step'], 2)} ({span(row['step_low'], row['step_high'], 2)})"


FIGURES = (
    Figure(
        "usual_rate",
        message("Overall rate of months or campaigns"),
        message("sum of numerators / sum of denominators, of those large enough"),
        message("a message"),
        "guide 1, step 2",
        ("usual_variation.mean", "comparison.mean"),
        window=message(
            "months: the whole history, with the periods before and after a known change kept separate; campaigns: "
            "those chosen"
        ),
    ),
    Figure(
        "usual_spread",
        message("Usual variation (tau)"),
        message("standard deviation of true rates between months or campaigns"),
        message("a month or campaign that is large enough"),
        "Paule & Mandel (1982), doi:10.6028/jres.087.022",
        ("usual_variation.tau", "comparison.tau"),
        window=message(
            "months: the whole history, with the periods before and after a known change kept separate; campaigns: "
            "those chosen"
        ),
        edge=message("the margin of error is subtracted; 0 if they differ by no more than that"),
    ),
    Figure(
        "detectable_change",
        message("Smallest visible change"),
        message(
            "2.8 x standard error of the change between two usual months, margin of error and usual variation together"
        ),
        message("a month"),
        "guide 1, step 2",
        ("usual_variation.detectable",),
        edge=message("detected four times in five at the 5 % level; a month of the median size"),
    ),
    Figure(
        "trend_step",
        message("Trend"),
        message("change of the fitted rate for a month, in shares"),
        message("a month that is large enough"),
        "McCullagh & Nelder (1989), 4.5",
        ("usual_variation.step",),
        window=message("the chosen months; at least twelve are needed"),
        interval=message("95 %: Student's, from the logistic regression, with the months' overdispersion"),
    ),
)
