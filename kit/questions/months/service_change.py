"""Did the service change after a known month? (guide 1, step 2)

Response times are compared by their medians, so that one forgotten request does not turn the result; scores by the
chance that one given since is above one given before, for the step from 1 to 2 need not be that from 4 to 5; requests
by how often they come. What comes in on one day goes alike, so days are the units of all three, and people of response
times too. Months differ without any change, so a change is called one only if the months say so too. Its cause is not
judged: other things changed as well.
"""

from __future__ import annotations

from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit import counts, metrics
from kit.counts import scope
from kit.counts.service import ratings
from kit.judging import ALPHA
from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.months.service_months import on_log
from kit.show.formats import UNKNOWN, decimal, known, listing, minutes, month, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, poisson, ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.store import Data

MONTHS = 4
"""Months on each side from which months can tell a change at all: of 4 and 4 the clearest order has p = 0.03."""


def compare(data: Data, *, change: str) -> ServiceChange:
    """The service before a known change against the service since.

    Args:
        data: what `kit.open` returned.
        change: the first month after the change, like 2026-03; "" where none is known.

    Source: as `judge`.
    """
    return judge(counts.waits(data), scores(data), requests(data), change)


@scope.count("surveys", "tickets", unfiltered=scope.NO_CAMPAIGN)
def scores(data: Data) -> pd.DataFrame:
    """Satisfaction scores by day of answering: month, day, score [0 to 1, as far up its scale], n [answers]."""
    asked = ratings(data)
    if asked is None:
        return pd.DataFrame(columns=["month", "day", "score", "n"])
    scored = asked.filter(col.score.notnull() & col.rated_local.notnull() & scope.within(data, col.rated_local))
    scored = scored.filter(col.scale_max > col.scale_min).mutate(
        month=col.rated_local.strftime("%Y-%m"),
        day=col.rated_local.strftime("%Y-%m-%d"),
        score=(col.score - col.scale_min) / (col.scale_max - col.scale_min),
    )
    return scored.group_by("month", "day", "score").agg(n=col.count()).order_by("day", "score").to_pandas()


@scope.count("tickets", unfiltered=scope.NO_CAMPAIGN)
def requests(data: Data) -> pd.DataFrame:
    """Requests by day of coming in, quiet days with 0: month, day, n [requests]."""
    tickets = scope.history(data, "tickets")
    if tickets is None:
        return pd.DataFrame(columns=["month", "day", "n"])
    dated = tickets.filter(tickets.created_local.notnull()).mutate(day=tickets.created_local.strftime("%Y-%m-%d"))
    by_day = dated.group_by("day").agg(n=col.count()).to_pandas().set_index("day")["n"]
    if by_day.empty:
        return pd.DataFrame(columns=["month", "day", "n"])
    days = pd.date_range(by_day.index.min(), by_day.index.max(), freq="D").strftime("%Y-%m-%d")
    frame = by_day.reindex(days, fill_value=0).rename_axis("day").reset_index()
    frame.insert(0, "month", frame["day"].str[:7])
    return frame[scope.inside(data, frame["day"])].reset_index(drop=True)


def judge(waits: pd.DataFrame, scores: pd.DataFrame, requests: pd.DataFrame, change: str) -> ServiceChange:
    """The service before a known change against the service since.

    Args:
        waits: what `counts.waits` returned.
        scores: what `scores` returned.
        requests: what `requests` returned.
        change: the first month after the change, like 2026-03; "" where none is known.

    Source: guide 1, step 2; Zou & Donner (2008), doi:10.1002/sim.3095, on a difference's interval from those of its
    sides; Brunner & Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U; Przyborowski &
    Wilenski (1940), doi:10.1093/biomet/31.3-4.313; of months Hodges & Lehmann (1963), doi:10.1214/aoms/1177704172.
    """
    rows = []
    for figure, frame, compare_sides in (
        ("response_time", waits, _compare_waits),
        ("satisfaction", scores, _compare_scores),
        ("requests", requests, _compare_requests),
    ):
        dated = frame[frame["month"].notna()]
        dated = dated.assign(since=dated["month"] >= change)
        if change and dated["since"].nunique() == 2:
            rows.append({"figure": figure} | compare_sides(dated))
    figures = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("p", "months_p"):
        figures[name] = multiplicity.adjust(figures[name].astype(float), method="holm")
    figures["verdict"] = [_verdict(row) for row in figures.to_dict("records")]
    return ServiceChange(change, figures)


_COLUMNS = [
    *("figure", "n_before", "n_since", "before", "before_low", "before_high", "since", "since_low", "since_high"),
    *("effect", "low", "high", "p", "months", "months_p", "up"),
]


def _compare_waits(requests: pd.DataFrame) -> dict[str, Any]:
    sides = metrics.response_time(requests, by=["since"]).sort_values("since")
    log = on_log(sides)
    (before, since), (spread_before, spread_since) = sides[["value", "low", "high"]].to_numpy(float), log["se"]
    z = (log["scaled"].iloc[1] - log["scaled"].iloc[0]) / np.hypot(spread_before, spread_since)
    value, below = since[0] - before[0], np.hypot(since[0] - since[1], before[2] - before[0])
    effect = (
        value,
        value - below,
        value + np.hypot(since[2] - since[0], before[0] - before[1]),
        erfc(abs(z) / sqrt(2)),
    )
    by_month = metrics.response_time(requests, by=["month"]).set_index("month")["value"]
    months = _months(requests, lambda side: float(by_month[side["month"].iloc[0]]))
    numbers = dict(zip(("n_before", "n_since"), sides["n"].astype(int), strict=True))
    return _row([tuple(before), tuple(since)], effect, months, neutral=0) | numbers


def _compare_scores(scores: pd.DataFrame) -> dict[str, Any]:
    before, since = ((side["score"], side["n"]) for side in _sides(scores))
    earlier, later = (side["day"].factorize()[0] for side in _sides(scores))
    chance = ranks.brunner_munzel(before, since, clusters=(earlier, later))
    means = [(_mean(score, n), np.nan, np.nan) for score, n in (before, since)]
    months = _months(scores, lambda side: _mean(side["score"], side["n"]))
    effect = (chance.value, chance.low, chance.high, chance.p)
    return _row(means, effect, months, neutral=0.5) | {
        "n_before": int(before[1].sum()),
        "n_since": int(since[1].sum()),
    }


def _compare_requests(days: pd.DataFrame) -> dict[str, Any]:
    spread = poisson.overdispersion(days["n"], days["since"])
    spread = 1.0 if np.isnan(spread) else spread
    before, since = ((float(side["n"].sum()), float(len(side))) for side in _sides(days))
    ratio = poisson.rate_ratio(before, since, spread=spread)
    rates = [poisson.rate_interval(number / spread, length / spread) for number, length in (before, since)]
    intervals = [(rate.value, rate.low, rate.high) for rate in rates]
    months = _months(days, lambda side: float(side["n"].mean()))
    effect = (ratio.value, ratio.low, ratio.high, ratio.p)
    return _row(intervals, effect, months, neutral=1) | {
        "n_before": int(before[0]),
        "n_since": int(since[0]),
    }


def _sides(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return rows[~rows["since"]], rows[rows["since"]]


def _mean(values: pd.Series, n: pd.Series) -> float:
    return float((values * n).sum() / n.sum())


def _months(rows: pd.DataFrame, figure: Callable[[pd.DataFrame], float]) -> tuple[int, float]:
    """The fewer months of the two sides, and the p-value of their figures by order."""
    sides = [pd.Series([figure(of_month) for _month, of_month in side.groupby("month")]) for side in _sides(rows)]
    fewer = min(len(side) for side in sides)
    if fewer < MONTHS:
        return fewer, np.nan
    return fewer, ranks.hodges_lehmann((sides[0], None), (sides[1], None)).p


def _row(
    sides: list[tuple[float, float, float]],
    effect: tuple[float, float, float, float],
    months: tuple[int, float],
    *,
    neutral: float,
) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(("effect", "low", "high", "p"), effect, strict=True))
    for name, side in zip(("before", "since"), sides, strict=True):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), side, strict=True))
    return row | {"months": months[0], "months_p": months[1], "up": bool(effect[0] > neutral)}


def _verdict(row: Mapping[Any, Any]) -> str:
    if np.isnan(row["p"]):
        return "unknown"
    if row["months"] < MONTHS:
        return "too few months"
    if row["p"] >= ALPHA or not row["months_p"] < ALPHA:
        return "no change seen"
    return "higher" if row["up"] else "lower"


@result
class ServiceChange(Result):
    """The service before a change and since.

    Attributes:
        change: the first month after it, or "".
        figures: a row a figure: figure ["response_time", "satisfaction", "requests"], n_before, n_since; before, since,
            with _low and _high [median minutes, mean score 0 to 1, requests a day]; effect, low, high [minutes later;
            the chance to be above, 0.5 is none; the ratio]; p, months_p [Holm over the figures];
            verdict: "higher", "lower", "no change seen", "too few months" or "unknown".
    """

    change: str
    figures: pd.DataFrame

    def summary(self) -> Summary:
        """What changed, and that it need not be because of the known change."""
        rows = self.figures.to_dict("records")
        numbers: dict[str, Any] = {row["figure"]: row["effect"] for row in rows}
        if not self.change:
            text = _("No change is set (parameter “change”), so the service before and after it is not compared.")
            return Summary("around", text, numbers)
        since = month(self.change)
        if not rows:
            text = _("No service figure has data both before {month} and since.", month=since)
            return Summary("around", text, numbers)
        if all(row["verdict"] == "too few months" for row in rows):
            text = _(
                "There are too few months to say whether the service has changed since {month}. That takes {n} "
                "months before the change and as many after it.",
                month=since,
                n=MONTHS,
            )
            return Summary("around", text, numbers)
        changes = [_change(row) for row in rows if row["verdict"] in ("higher", "lower")]
        if not changes:
            text = _("No service figure shows a change since {month}.", month=since)
            return Summary("around", text, numbers, headline=True, weight=20)
        text = _(
            "Since {month}, {changes}. This does not show the cause: other things changed as well.",
            month=since,
            changes=listing(changes),
        )
        return Summary("around", text, numbers, headline=True, weight=40)

    def table(self) -> Table:
        """Each figure before and since, with what lies between."""
        columns = (
            Column("figure", message("Figure"), _FIGURES.__getitem__),
            Column("before", message("Before the change"), _side("before"), number=True, whole_row=True),
            Column("since", message("After the change"), _side("since"), number=True, whole_row=True),
            Column("n_before", message("Sample size"), _numbers, number=True, whole_row=True),
            Column("effect", message("Change"), _effect, number=True, whole_row=True),
            Column("verdict", message("Verdict"), _VERDICTS.__getitem__),
        )
        notes = (
            _("Response time: the difference of the medians, including unanswered requests."),
            _(
                "Satisfaction: the chance that a score after the change is higher than one before; 50 % means no "
                "difference (Brunner and Munzel)."
            ),
            _("Brackets: 95 %, with days as units. A change is reported only if the months differ too."),
            _("A slow trend looks the same as a change."),
        )
        title = (
            message("The service before {month} and since then", month=month(self.change))
            if self.change
            else message("The service before and after a change")
        )
        empty = message("no change is set, or one of the two periods has no data.")
        return Table("around", title, self.figures, columns, notes if len(self.figures) else (), empty)


_FIGURES = {
    "response_time": message("Response time (median)"),
    "satisfaction": message("Satisfaction (mean, share of the scale)"),
    "requests": message("Requests a day"),
}
_VERDICTS = {
    "higher": message("higher"),
    "lower": message("lower"),
    "no change seen": message("no change seen"),
    "too few months": message("too few months"),
    "unknown": message("unknown"),
}


def _change(row: Mapping[Any, Any]) -> str:
    """What changed, in a clause."""
    effect = _FORMS[row["figure"]][1](row["effect"])
    match row["figure"], row["verdict"]:
        case "response_time", "higher":
            return _("answers come later ({effect})", effect=effect)
        case "response_time", _:
            return _("answers come sooner ({effect})", effect=effect)
        case "satisfaction", "higher":
            return _("scores are higher ({effect})", effect=effect)
        case "satisfaction", _:
            return _("scores are lower ({effect})", effect=effect)
        case _, "higher":
            return _("more requests come in ({effect})", effect=effect)
    return _("fewer requests come in ({effect})", effect=effect)


def _side(name: str) -> Callable[[Mapping[Any, Any]], str]:
    def write(row: Mapping[Any, Any]) -> str:
        return _with_ends(_FORMS[row["figure"]][0], row[name], row[f"{name}_low"], row[f"{name}_high"])

    return write


def _with_ends(form: Callable[[float], str], value: float, low: float, high: float) -> str:
    if not known(value):
        return UNKNOWN
    if not known(low) or not known(high):
        return form(value)
    return _("{value} ({low} to {high})", value=form(value), low=form(low), high=form(high))


def _numbers(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['n_before'])} – {whole(row['n_since'])}"


def _effect(row: Mapping[Any, Any]) -> str:
    if not known(row["effect"]):
        return UNKNOWN
    form = _FORMS[row["figure"]][1]
    value, low, high = (form(end) if known(end) else UNKNOWN for end in (row["effect"], row["low"], row["high"]))
    return _("{value} ({low} to {high})", value=value, low=low, high=high)


def _later(value: float) -> str:
    if round(value) == 0:
        return _("{n} min", n=0)
    time = minutes(abs(value))
    return _("{time} later", time=time) if value > 0 else _("{time} sooner", time=time)


def _percent(value: float) -> str:
    return share(value, 0)


_FORMS: dict[str, tuple[Callable[[float], str], Callable[[float], str]]] = {
    "response_time": (minutes, _later),
    "satisfaction": (_percent, _percent),
    "requests": (lambda rate: decimal(rate, 1), lambda ratio: _("× {ratio}", ratio=decimal(ratio, 2))),
}
"""How a figure and its change are written."""

_ONCE = message("a ticket, a survey answer")

FIGURES = (
    Figure(
        "around_sides",
        message("The service before and after a change"),
        message("median minutes to the answer; mean score, 0 to 1; requests a day"),
        _ONCE,
        "guide 1, step 2",
        ("around.n_before", "around.n_since", "around.before", "around.since"),
        window=message("months before the given month, and from it on"),
        interval=message(
            "95 %: Kaplan-Meier for response times, with days and people as units; Garwood for requests, with the "
            "days' overdispersion; none for scores"
        ),
    ),
    Figure(
        "around_effect",
        message("What changed in the service"),
        message(
            "median after - median before; chance that a score after is higher than one before; ratio of requests a day"
        ),
        _ONCE,
        "Zou & Donner (2008), doi:10.1002/sim.3095; Brunner & Munzel (2000)",
        ("around.effect",),
        interval=message("95 %, by days: from the intervals of both periods; Brunner-Munzel; exact conditional"),
        edge=message("reported as a change only if the months show it too; this is no proof of the cause"),
    ),
)
