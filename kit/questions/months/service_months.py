"""Did the service change, and when? (guide 1, steps 1 and 2)

Every series of the service by month: response time, satisfaction, revenue per mail, repeat visits. Requests of a busy
day wait alike and a person's answers are alike, so days and people are the units of every interval. A lasting change
of level is looked for in all months, and called one only where hardly any other order of the months parts so well.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.counts.service import CLUSTERS
from kit.judging import ALPHA, LEVEL, MONTHS
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.months.rates import month_span
from kit.show import cells
from kit.show.axes import direction_color, intervals, mark_actions, marked, month_axis, percent, series
from kit.show.formats import UNKNOWN, joined, known, listing, minutes, money, month, share, signed_share, whole
from kit.show.picture import INK, PLAIN, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import changepoint, cluster_robust, multiplicity, random_effects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from kit.store import Data

KPIS = ("response_time", "satisfaction", "revenue_per_mail", "repeat_visit_rate")
"""The series of the service, in the order of the page."""


def by_month(data: Data) -> ServiceMonths:
    """The service by month, with the changes that its months show.

    Args:
        data: what `kit.open` returned.
    """
    clustered = {
        "satisfaction": counts.answers_clustered(data),
        "revenue_per_mail": counts.revenue_clustered(data),
        "repeat_visit_rate": counts.visits_clustered(data),
    }
    months = judge(counts.waits(data), clustered, as_of=data.as_of, currency=next(iter(data.currencies), ""))
    return replace(months, actions=counts.action_log(data))


def judge(
    waits: pd.DataFrame, clustered: Mapping[str, pd.DataFrame], *, as_of: datetime | None, currency: str = ""
) -> ServiceMonths:
    """Changes of level of each series, and single months that lie apart from the others of their level.

    Args:
        waits: what `counts.waits` returned.
        clustered: by KPI what `counts.service.clustered` returned.
        as_of: the moment up to which the data knows: a month that it cuts is shown and not judged.
        currency: of amounts.

    Source: guide 1, step 2; `changepoint.level_shift`; Holm (1979), jstor.org/stable/4615733, over the series; single
    months: `random_effects.leave_one_out_of` with Benjamini-Hochberg over the months.
    """
    times = metrics.response_time(waits[waits["month"].notna()], by=["month"])
    frames = [times.assign(**on_log(times))[_MONTHS]]
    frames += [_ratios(kpi, clustered[kpi]) for kpi in KPIS if kpi in clustered and len(clustered[kpi])]
    months = pd.concat([frame for frame in frames if len(frame)] or [times.reindex(columns=_MONTHS)])
    end = pd.Timestamp(as_of) + timedelta(minutes=1) if as_of else pd.Timestamp.max
    months["complete"] = [pd.Period(name, "M").end_time <= end for name in months["month"]]
    months = months.reset_index(drop=True)
    changes = pd.DataFrame(
        [level_change(str(kpi), rows) for kpi, rows in months.groupby("kpi", sort=False)], columns=_CHANGES
    )
    changes["p"] = multiplicity.adjust(changes["p"].astype(float), method="holm")
    changes["found"] = changes["p"] < ALPHA
    levels = changes[changes["found"]].set_index("kpi")["month"].to_dict()
    months["since"] = [levels.get(kpi, "") for kpi in months["kpi"]]
    months["p"] = multiplicity.adjust(apart(months))
    return ServiceMonths(months, changes, currency)


_MONTHS = ["month", "kpi", "n", "value", "low", "high", "scaled", "se"]
_CHANGES = [
    *(
        "kpi",
        "months",
        "month",
        "first",
        "last",
        "before",
        "before_low",
        "before_high",
        "after",
        "after_low",
        "after_high",
    ),
    *("effect", "low", "high", "p"),
]


def on_log(times: pd.DataFrame) -> dict[str, pd.Series]:
    """Medians (value, low, high) on the scale of logarithms, with the error that their interval shows: scaled, se."""
    value, low, high = (times[name].where(times[name] > 0).map(np.log) for name in ("value", "low", "high"))
    return {"scaled": value, "se": (high - low) / (2 * Z)}


Z = 1.959964
"""Errors from the middle to the end of a 95 % interval."""


def _ratios(kpi: str, sums: pd.DataFrame) -> pd.DataFrame:
    """A row a month with its ratio, by days and people as clusters."""
    by = {name: sums[sums["by"] == name].set_index("month").sort_index() for name in CLUSTERS}
    first = by["day"]
    parts = [
        (rows["clusters"], rows["count_count"], rows["n_n"], rows["count_n"])
        for rows in (by[name].reindex(first.index) for name in CLUSTERS)
    ]
    share_like = metrics.find(kpi).kind == "rate"
    ratio = cluster_robust.two_way(first["count"], first["n"], parts, share=share_like, level=LEVEL)
    return pd.DataFrame(
        {
            "month": first.index, "kpi": kpi, "n": first["n"].to_numpy(), "value": ratio.value, "low": ratio.low,
            "high": ratio.high, "scaled": ratio.value, "se": ratio.se,
        }
    )  # fmt: skip


def level_change(kpi: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Where one series parts best.

    Args:
        kpi: its key.
        rows: a row a month: month, scaled, se, complete.

    Returns:
        A row as of `ServiceMonths.changes`, without found; p is not adjusted.
    """
    judged = rows[rows["complete"] & rows["scaled"].notna() & (rows["se"] > 0)].sort_values("month")
    if len(judged) < MONTHS:
        return {"kpi": kpi, "months": len(judged), "month": "", "first": "", "last": "", "p": np.nan}
    shift = changepoint.level_shift(judged["scaled"], judged["se"])
    back = np.exp if kpi == "response_time" else lambda value: value
    sides = ("before", "before_low", "before_high", "since", "since_low", "since_high")
    levels = dict(zip(_CHANGES[5:11], (float(back(getattr(shift, name))) for name in sides), strict=True))
    effect = dict(
        zip(("effect", "low", "high"), (float(back(x)) for x in (shift.value, shift.low, shift.high)), strict=True)
    )
    places = {"month": shift.at, "first": shift.at_low, "last": shift.at_high}
    named = {name: judged["month"].iloc[place] for name, place in places.items()}
    return {"kpi": kpi, "months": len(judged), "p": shift.p} | named | levels | effect


def apart(months: pd.DataFrame) -> pd.Series:
    """For each complete month the chance that it lies so far from the others of its level; NaN: too few of them.

    Args:
        months: a row a KPI and month: kpi, month, scaled, se, complete, since ["": no change].
    """
    p = pd.Series(np.nan, index=months.index)
    judged = months[months["complete"] & (months["se"] > 0)]  # without a spread no distance can be told
    for _level, rows in judged.groupby([judged["kpi"], judged["month"] >= judged["since"]], sort=False):
        if len(rows) >= MONTHS:
            p[rows.index] = random_effects.leave_one_out_of(rows["scaled"], rows["se"])
    return p


@result
class ServiceMonths(Result):
    """The service by month.

    Attributes:
        months: a row a KPI and month: month, kpi, n, value, low, high [min, share or money; days and people as
            clusters], scaled, se [the same on the scale of the test], complete [the data knows all of it], since [the
            month from which its level is another, "" where none is found], p [of lying with its level; adjusted].
        changes: a row a KPI: kpi, months [judged], month [the first after the change that parts the series best],
            first, last [of the months that part it nearly as well],
            before, after [levels: an average month, with _low and _high], effect [ratio of response times, else the
            difference], low, high, p [Holm over the KPIs], found.
        currency: of amounts.
        actions: what the firm changed, as `counts.action_log`; None: not asked.
    """

    months: pd.DataFrame
    changes: pd.DataFrame
    currency: str
    actions: pd.DataFrame | None = None

    @property
    def found(self) -> list[dict[Any, Any]]:
        """The changes of level, the surest first."""
        return self.changes[self.changes["found"]].sort_values("p", kind="stable").to_dict("records")

    def latest(self, kpi: str) -> dict[Any, Any] | None:
        """The latest complete month of a KPI that has a value, with its change where one is found."""
        rows = self.months[(self.months["kpi"] == kpi) & self.months["complete"] & self.months["value"].notna()]
        if rows.empty:
            return None
        found = {row["kpi"]: row for row in self.found}
        return rows.sort_values("month").iloc[-1].to_dict() | {"change": found.get(kpi)}

    def written(self, kpi: str, value: Any) -> str:
        """A value of a KPI as readers meet it."""
        unit = metrics.find(kpi).unit
        return share(value) if unit == "share" else minutes(value) if unit == "minutes" else money(self.currency)(value)

    def summary(self) -> Summary:
        """What changed, and when."""
        judged = self.changes[self.changes["p"].notna()]
        numbers: dict[str, Any] = {"judged": len(judged), "changed": len(self.found)}
        for row in self.found:
            numbers |= {f"{row['kpi']}_before": row["before"], f"{row['kpi']}_after": row["after"]}
        if judged.empty:
            text = _(
                "There are too few months to say whether the service changed: at least one figure needs six "
                "complete months."
            )
            return Summary("service_changes", text, numbers)
        names = listing([metrics.find(key).name for key in judged["kpi"]])
        if not self.found:
            text = _("There is no visible lasting change in {kpis}.", kpis=names)
            return Summary("service_changes", text, numbers)
        text = _("{changes}.", changes=joined([self.clause(row, first=n == 0) for n, row in enumerate(self.found)]))
        if "response_time" in [row["kpi"] for row in self.found]:
            text = f"{text} {_BY_THE_CLOCK}"
        step = _("Write down what was changed then, keep what helped, and undo what did not.")
        return Summary("service_changes", text, numbers, headline=True, weight=80, next_step=step)

    def clause(self, row: Mapping[Any, Any], *, first: bool) -> str:
        """A change of level: Response time fell from 8.8 h to 4.0 h in Jun 2026."""
        kpi = metrics.find(row["kpi"])
        return clause(kpi.title if first else kpi.name, row, lambda value: self.written(kpi.key, value))

    def table(self) -> Table:
        """Each series before and since the month that parts it best, and its latest complete month."""
        latest = {kpi: self.latest(str(kpi)) for kpi in self.changes["kpi"]}
        frame = self.changes.assign(
            latest=[(latest[kpi] or {}).get("month", "") for kpi in self.changes["kpi"]],
            **{name: [(latest[kpi] or {}).get(name, np.nan) for kpi in self.changes["kpi"]] for name in ("n", "value")},
        )
        columns = (
            Column("kpi", message("KPI"), lambda key: metrics.find(key).title),
            Column("latest", message("Latest complete month"), self._latest, number=True, whole_row=True),
            Column("months", message("Months judged"), whole, number=True),
            Column("month", message("Most likely start of a change"), _from, whole_row=True),
            Column("before", message("Before the change"), self._level("before"), number=True, whole_row=True),
            Column("after", message("After the change"), self._level("after"), number=True, whole_row=True),
            Column("effect", message("Change"), self._effect, number=True, whole_row=True),
            Column("p", message("Verdict"), _verdict, whole_row=True),
        )
        notes = (
            _(
                "Before and after the change: an average month of each period. Brackets: 95 % intervals, with days "
                "and people as units."
            ),
            _(
                "The month chosen is the one with the clearest split, so the interval of the change is too narrow to "
                "decide alone."
            ),
            _(
                "A change is reported only if fewer than 5 % of other orders of the months show as clear a split, "
                "over all rows together. A slow trend looks the same as a change."
            ),
            *([_BY_THE_CLOCK] if "response_time" in set(self.changes["kpi"]) else []),
            *self._apart(),
        )
        title, empty = (
            message("The service by month: did it change?"),
            message("no service figure is available by month."),
        )
        return Table("service_changes", title, frame, columns, notes if len(frame) else (), empty)

    def _apart(self) -> list[str]:
        apart = self.months[self.months["p"] < ALPHA].to_dict("records")
        names = [
            _("{kpi} in {month}: {value}", kpi=metrics.find(row["kpi"]).name, month=month(row["month"]),
              value=self.written(row["kpi"], row["value"]))
            for row in apart
        ]  # fmt: skip
        return (
            [_("Single months that differ from the rest of their period: {months}.", months=joined(names))]
            if names
            else []
        )

    def _latest(self, row: Mapping[Any, Any]) -> str:
        latest = self.latest(row["kpi"])
        if latest is None:
            return UNKNOWN
        value = metrics.value_with_interval(latest, self.currency)
        return _("{month}: {value}", month=month(latest["month"]), value=value)

    def _level(self, name: str) -> Any:
        def write(row: Mapping[Any, Any]) -> str:
            ends = {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
            return metrics.value_with_interval({"kpi": row["kpi"]} | ends, self.currency)

        return write

    def _effect(self, row: Mapping[Any, Any]) -> str:
        if not known(row["effect"]):
            return UNKNOWN
        return _EFFECTS[metrics.find(row["kpi"]).unit](row, self.currency)

    def plot(self) -> Picture:
        """Each series by month with its interval, and its levels where a change is found."""
        rows = self.months[self.months["value"].notna()]
        kpis = [key for key in KPIS if (rows["kpi"] == key).sum() > 1]
        title = message("The service by month")
        if not kpis:
            return nothing("service_months", title, message("no service figure is available by month"))
        levels = {row["kpi"]: row for row in self.found}
        with panels(0.5 + 1.7 * len(kpis)) as figure:
            grid = figure.subplots(len(kpis), 1, squeeze=False)[:, 0]
            lines = []
            for axes, key in zip(grid, kpis, strict=True):
                kpi, drawn = metrics.find(key), rows[rows["kpi"] == key].sort_values("month").tail(SHOWN)
                _draw(axes, kpi, drawn.reset_index(drop=True), levels.get(key), self.currency)
                if self.actions is not None:
                    mark_actions(axes, _month_names(drawn["month"]), self.actions)
                lines.append(
                    _("{kpi}: {values}.", kpi=kpi.title,
                      values=series(drawn["month"], drawn["value"], lambda value, key=key: self.written(key, value)))
                )  # fmt: skip
            alt = " ".join([_("By month."), *lines, *marked(self.actions)])
            return picture(figure, name="service_months", title=title, alt=alt)


def clause(kpi: Any, row: Mapping[Any, Any], write: Callable[[Any], str]) -> str:
    """A change of level: Response time fell from 8.8 h to 4.0 h in Jun 2026.

    Args:
        kpi: what changed.
        row: what `level_change` returned.
        write: a value as readers meet it.
    """
    values = {"kpi": kpi, "before": write(row["before"]), "after": write(row["after"])}
    values |= {name: month(row[name]) for name in ("month", "first", "last")}
    rose = row["after"] > row["before"]
    if row["first"] == row["last"] and rose:
        return _("{kpi} rose from {before} in an average month to {after}, beginning in {month}", **values)
    if row["first"] == row["last"]:
        return _("{kpi} fell from {before} in an average month to {after}, beginning in {month}", **values)
    if rose:
        return _("{kpi} rose from {before} in an average month to {after}; this began between {first} and {last}, most "
                 "likely in {month}", **values)  # fmt: skip
    return _("{kpi} fell from {before} in an average month to {after}; this began between {first} and {last}, most "
             "likely in {month}", **values)  # fmt: skip


SHOWN = 24
"""The latest months of a series that are drawn."""


def _month_names(months: pd.Series) -> list[str]:
    """Every month from the first to the last."""
    return pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m").tolist()


def _draw(axes: Any, kpi: metrics.Kpi, rows: pd.DataFrame, change: Mapping[Any, Any] | None, currency: str) -> None:
    """One series: its months with their intervals, and the levels before and since a change."""
    scale = 1 / 60 if kpi.unit == "minutes" else 1
    names = _month_names(rows["month"])
    place = rows["month"].map(names.index)
    values = rows[["value", "low", "high"]] * scale
    intervals(axes, place, values, color=PLAIN)
    if change and change["month"] in names:
        at = names.index(change["month"]) - 0.5
        axes.axvline(at, color=INK, linewidth=1, linestyle="--")
        color = direction_color(kpi.better, 1 if change["after"] > change["before"] else -1)
        axes.hlines(change["before"] * scale, -0.5, at, color=INK, linewidth=1.4)
        axes.hlines(change["after"] * scale, at, len(names) - 0.5, color=color, linewidth=2)
    title = str(kpi.title)
    if kpi.unit == "minutes":
        title = _("{kpi} (hours, median)", kpi=title)
    elif kpi.unit != "share":
        title = _("{kpi} ({currency})", kpi=title, currency=currency)
    axes.set_title(title)
    if kpi.unit == "share":
        axes.yaxis.set_major_formatter(percent(float(values["high"].max())))
    else:
        axes.set_ylim(bottom=0)
    axes.grid(visible=False, axis="x")
    month_axis(axes, names)


_BY_THE_CLOCK = message(
    "Response times include nights and weekends; in working time (notebook 10) the change may start in another month."
)


def _from(row: Mapping[Any, Any]) -> str:
    if not row["month"]:
        return UNKNOWN
    if row["first"] == row["last"]:
        return month(row["month"])
    return _("{month} ({months})", month=month(row["month"]), months=month_span(row["first"], row["last"]))


def _verdict(row: Mapping[Any, Any]) -> str:
    if not known(row["p"]):
        return _("too few months")
    return _("changed") if row["found"] else _("no change seen")


_EFFECTS = {
    "minutes": lambda row, _currency: _(
        "{change} ({low} to {high})",
        **{name: _ratio(row[key]) for name, key in (("change", "effect"), ("low", "low"), ("high", "high"))},
    ),
    "share": lambda row, _currency: _points(row),
    "money": lambda row, currency: _(
        "{change} ({low} to {high})",
        **{name: money(currency)(row[key]) for name, key in (("change", "effect"), ("low", "low"), ("high", "high"))},
    ),
}


def _ratio(value: float) -> str:
    return signed_share(value - 1, 0)


def _points(row: Mapping[Any, Any]) -> str:
    return cells.apart({"value": row["effect"], "low": row["low"], "high": row["high"]})


FIGURES = (
    Figure(
        "service_level", message("Level of the service before and after a change"),
        message("random-effects mean of the months of a period; for response times, of their logarithms"),
        message("a complete month"), "Paule & Mandel (1982), doi:10.6028/jres.087.022",
        ("service_changes.before", "service_changes.after", "service_changes.*_before", "service_changes.*_after"),
        window=message("complete months; for repeat visits, only those whose people were all followed for "
                       "visits.return_days"),
        interval=message("95 %: Student's, by the variation within each period, as if the month had been known in "
                         "advance"),
    ),
    Figure(
        "service_effect", message("Change of the service"),
        message("for response times: level after / level before - 1; for the others: level after - level before"),
        message("a complete month"), "Worsley (1986), doi:10.1093/biomet/73.1.91",
        ("service_changes.effect",),
        edge=message("reported if p is below 5 %: by permutation of the months, Holm over the series"),
    ),
    Figure(
        "service_judged", message("Months and series judged"),
        message("complete months with an interval; series with six of them; series with a change"),
        message("a month; a series"), "guide 1, step 2",
        ("service_changes.months", "service_changes.judged", "service_changes.changed"),
    ),
)  # fmt: skip
