"""Does it change: response time by month of asking, and how many wait at its end?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import ALPHA
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.months import service_months
from kit.questions.months.rates import month_span
from kit.questions.response_time.curves import CLOCKS, FEWEST, WRITE, clock, curve, judged
from kit.questions.response_time.waits import ends
from kit.show.axes import direction_color, intervals, month_axis, series_with_ends
from kit.show.formats import joined, known, month, whole
from kit.show.picture import INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.store import Data


def by_month(data: Data) -> Months:
    """First responses by month of asking, and how many wait at its end.

    Args:
        data: what `kit.open` returned.
    """
    return judge(counts.responses(data), data.as_of)


def judge(turns: pd.DataFrame, as_of: datetime | None) -> Months:
    """As `by_month`, of what `counts.responses` returned; months after the last complete one are not judged.

    A lasting change of level is looked for in all complete months, on the logarithms of their medians, and single
    months that lie apart from the others of their level.

    Source: as `service_months.judge`.
    """
    by = clock(turns)
    first = judged(turns[turns["first"].astype(bool)], by) if len(turns) else turns
    if first.empty or as_of is None:
        return Months(pd.DataFrame(columns=[*_COLUMNS, "apart"]), by, {"months": 0, "p": np.nan})
    names = first["asked_local"].dt.strftime("%Y-%m")
    rows = []
    for name in pd.period_range(names.min(), names.max(), freq="M").strftime("%Y-%m"):
        end = min(pd.Period(name, "M").end_time, pd.Timestamp(as_of))
        group = first[names == name]
        row: dict[str, Any] = {"month": name, "n": len(group), "waiting": _waiting(turns, end)}
        row["complete"] = bool(pd.Timestamp(as_of) >= pd.Period(name, "M").end_time.floor("D") + pd.Timedelta("23h"))
        row["open"] = int((group["state"] == "open").sum())
        if len(group) >= FEWEST:
            waits = curve(group, by)
            median = waits.quantile(0.5)
            row |= {"value": median.value, "low": median.low, "high": median.high, "p90": waits.quantile(0.9).value}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    months = frame.assign(kpi="response_time", **service_months.on_log(frame))
    change = service_months.level_change("response_time", months)
    since = change["month"] if change["p"] < ALPHA else ""
    frame["apart"] = multiplicity.adjust(service_months.apart(months.assign(since=since))) < ALPHA
    return Months(frame, by, change)


_COLUMNS = ["month", "n", "open", "value", "low", "high", "p90", "waiting", "complete"]


def _waiting(turns: pd.DataFrame, moment: pd.Timestamp) -> int:
    """Turns that had been asked and not ended at a moment."""
    ended = turns["ended_local"].where(turns["state"] != "open", pd.Timestamp.max.floor("us"))
    return int(((turns["asked_local"] <= moment) & (ended > moment)).sum())


@result
class Months(Result):
    """First responses by month.

    Attributes:
        rates: a row a month of asking: month, n [first requests], open [of them], value, low, high, p90 [min; NaN: too
            few], waiting [turns open at its end, or at as_of], complete [bool], apart [bool: from the others of its
            level].
        clock: "working" or "minutes".
        change: what `service_months.level_change` returned of the medians; p NaN: too few months.
    """

    rates: pd.DataFrame
    clock: str
    change: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        """Whether a lasting change is seen."""
        return bool(self.change["p"] < ALPHA)

    def summary(self) -> Summary:
        """Where the service stands, for the first page: the latest complete month, and whether and when it changed."""
        complete = self.rates[self.rates["complete"].astype(bool)].tail(2).to_dict("records")
        if not complete or not known(complete[-1]["value"]):
            return Summary("responses_now", _("It is unknown how fast customers were answered in the latest month."))
        now = complete[-1]
        numbers = {"value": now["value"], "waiting": now["waiting"], "judged": self.change["months"]}
        words = {"month": month(now["month"]), "time": self._write(now["value"]), "clock": CLOCKS[self.clock],
                 "n": whole(now["waiting"])}  # fmt: skip
        if len(complete) < 2:
            text = _(
                "Half of the first requests of {month} were answered within {time} ({clock}). All requests still "
                "open at the end of the month: {n}.",
                **words,
            )
        else:
            numbers["waiting_before"] = complete[0]["waiting"]
            text = _(
                "Half of the first requests of {month} were answered within {time} ({clock}). All requests still "
                "open at the end of the month: {n} (a month before: {n_before}).",
                **words, n_before=whole(complete[0]["waiting"]),
            )  # fmt: skip
        if self.changed:
            numbers |= {"before": self.change["before"], "after": self.change["after"]}
        return Summary("responses_now", f"{text} {self._verdict()}", numbers)

    def _write(self, value: Any) -> str:
        return WRITE[self.clock](value)

    def _verdict(self) -> str:
        if not known(self.change["p"]):
            return _("There are too few months to say whether this changed.")
        if not self.changed:
            return _n("There is no visible lasting change in {n} month.", "There is no visible lasting change in "
                                                                          "{n} months.",
                      self.change["months"], n=whole(self.change["months"]))  # fmt: skip
        first = _("The time to the first response")
        return _("{change}.", change=service_months.clause(first, self.change, self._write))

    def table(self) -> Table:
        """Each month."""
        columns = (
            Column("month", message("Month of the request"), month),
            Column("n", message("First requests"), whole, number=True),
            Column(
                "value",
                message("Half answered within"),
                ends("value", "low", "high", self.clock),
                "min",
                number=True,
                whole_row=True,
            ),
            Column(
                "p90",
                message("Nine in ten within"),
                ends("p90", "", "", self.clock),
                "min",
                number=True,
                whole_row=True,
            ),
            Column("open", message("First requests still open"), whole, number=True),
            Column("waiting", message("All requests open at the end of the month"), whole, number=True),
        )
        notes = (
            _("Measured in {clock}; an unfinished month is shown with the data so far.", clock=CLOCKS[self.clock]),
            *self._notes(),
        )
        return Table("responses_month", _TITLE, self.rates, columns, notes, message("your files contain no requests."))

    def _notes(self) -> list[str]:
        if not known(self.change["p"]):
            return []
        notes = [
            _(
                "A lasting change is reported only if fewer than 5 % of other orders of the {n} complete months "
                "show as clear a split. A slow trend looks the same as a change.",
                n=whole(self.change["months"]),
            )
        ]
        if self.changed:
            write = ends("value", "low", "high", self.clock)
            levels = {
                side: write(
                    dict(zip(("value", "low", "high"), (self.change[side + end] for end in _ENDS), strict=True))
                )
                for side in ("before", "after")
            }
            span = month_span(self.change["first"], self.change["last"])
            notes.append(
                _("Average month before the change: {before}; after it: {after}. Possible months for its start: "
                  "{span}.",
                  span=span, **levels)
            )  # fmt: skip
        apart = self.rates.loc[self.rates["apart"], ["month", "value"]].to_dict("records")
        if apart:
            names = joined([_("{month}: {value}", month=month(row["month"]), value=self._write(row["value"]))
                            for row in apart])  # fmt: skip
            notes.append(_("Single months that differ from the rest of their period: {months}.", months=names))
        return notes

    def plot(self, ax: Axes | None = None) -> Picture:
        """The median by month with its interval, and the levels before and since a change."""
        rates = self.rates[self.rates["value"].notna()]
        if rates.empty:
            return nothing("responses_month", _TITLE, message("no month has enough requests"))
        with drawing(2.8, ax) as axes:
            names = list(self.rates["month"])
            intervals(
                axes, pd.Series(rates.index, index=rates.index), rates[["value", "low", "high"]] / 60, color=PLAIN
            )
            if self.changed:
                at = names.index(self.change["month"]) - 0.5
                axes.axvline(at, color=INK, linewidth=1, linestyle="--")
                axes.hlines(self.change["before"] / 60, -0.5, at, color=INK, linewidth=1.4)
                color = direction_color("lower", 1 if self.change["after"] > self.change["before"] else -1)
                axes.hlines(self.change["after"] / 60, at, len(names) - 0.5, color=color, linewidth=2)
            axes.set_ylim(bottom=0)
            axes.set_ylabel(_("hours ({clock})", clock=CLOCKS[self.clock]))
            axes.grid(visible=False, axis="x")
            month_axis(axes, names)
            medians = series_with_ends(rates, self._write)
            alt = _("{title}: {medians}. {change}", title=_TITLE, medians=medians, change=self._verdict())
            return picture(axes, name="responses_month", title=_TITLE, alt=alt)


_TITLE = message("Time to the first response, by month")
_ENDS = ("", "_low", "_high")

FIGURES = (
    Figure(
        "response_change", message("Level of the response time before and after a change"),
        message("random-effects mean of the logarithms of the months' medians of a period"),
        message("a complete month with at least twenty first requests"), "Worsley (1986), doi:10.1093/biomet/73.1.91",
        ("responses_now.before", "responses_now.after", "responses_now.judged"),
        interval=message("95 %: Student's, by the variation within each period, as if the month had been known in "
                         "advance"),
        edge=message("at least six complete months; a change is reported if p by permutation of the months is below "
                     "5 %"),
    ),
)  # fmt: skip
