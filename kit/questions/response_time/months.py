"""Does it change: response time by month of asking, and how many wait at its end?"""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import ALPHA, LEVEL
from kit.messages import _, message
from kit.questions.response_time.curves import CLOCKS, FEWEST, WRITE, clock, curve, judged
from kit.questions.response_time.waits import ends
from kit.show.axes import intervals, month_axis, series
from kit.show.formats import known, month, whole
from kit.show.picture import PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.intervals import critical_z, p_of_z

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.store import Data

MONTHS = 4
"""Earlier months from which it is known how much months differ anyway."""


def by_month(data: Data) -> Months:
    """First responses by month of asking, and how many wait at its end.

    Args:
        data: what `kit.open` returned.
    """
    return judge(counts.responses(data), data.as_of)


def judge(turns: pd.DataFrame, as_of: datetime | None) -> Months:
    """As `by_month`, of what `counts.responses` returned; months after the last complete one have no verdict.

    The latest complete month is set against the one before, by the logarithms of their medians: their counting error,
    and how much earlier months differ from their neighbours.
    """
    by = clock(turns)
    first = judged(turns[turns["first"].astype(bool)], by) if len(turns) else turns
    if first.empty or as_of is None:
        return Months(pd.DataFrame(columns=_COLUMNS), by, np.nan)
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
    return Months(frame, by, _p_of_change(frame))


_COLUMNS = ["month", "n", "open", "value", "low", "high", "p90", "waiting", "complete"]


def _waiting(turns: pd.DataFrame, moment: pd.Timestamp) -> int:
    """Turns that had been asked and not ended at a moment."""
    ended = turns["ended_local"].where(turns["state"] != "open", pd.Timestamp.max.floor("us"))
    return int(((turns["asked_local"] <= moment) & (ended > moment)).sum())


def _p_of_change(months: pd.DataFrame) -> float:
    """Of the latest complete month against the one before; NaN where it is not judged."""
    complete = months[months["complete"].astype(bool)]
    if len(complete) < 2 or complete[["value", "low", "high"]].tail(2).isna().any(axis=None):
        return np.nan
    logs = pd.Series(np.log(complete["value"].to_numpy(dtype=float).clip(min=1 / 60)))
    steps = logs.diff().iloc[1:-1].dropna()
    if len(steps) < MONTHS:
        return np.nan
    errors = [
        log(max(row["high"], 1 / 60) / max(row["low"], 1 / 60)) / (2 * critical_z(LEVEL))
        for row in complete.tail(2).to_dict("records")
    ]
    spread = max(sqrt(errors[0] ** 2 + errors[1] ** 2), float(np.sqrt((steps**2).mean())))
    return p_of_z(abs(float(logs.diff().iloc[-1])) / spread) if spread else np.nan


@result
class Months(Result):
    """First responses by month.

    Attributes:
        rates: a row a month of asking: month, n [first requests], open [of them], value, low, high, p90 [min; NaN: too
            few], waiting [turns open at its end, or at as_of], complete [bool].
        clock: "working" or "minutes".
        p: of the latest complete month against the one before; NaN: not judged.
    """

    rates: pd.DataFrame
    clock: str
    p: float

    def summary(self) -> Summary:
        """Where the service stands, for the first page: the latest complete month and the one before."""
        complete = self.rates[self.rates["complete"].astype(bool)].tail(2).to_dict("records")
        if not complete or not known(complete[-1]["value"]):
            return Summary("responses_now", _("How fast customers are answered in the latest month is not known."))
        now = complete[-1]
        numbers = {"value": now["value"], "waiting": now["waiting"]}
        words = {"month": month(now["month"]), "time": WRITE[self.clock](now["value"]), "clock": CLOCKS[self.clock],
                 "n": whole(now["waiting"])}  # fmt: skip
        if len(complete) < 2 or not known(complete[0]["value"]):
            text = _(
                "Half of the first requests of {month} were answered within {time} of {clock}; {n} waited at its end.",
                **words,
            )
            return Summary("responses_now", text, numbers)
        before = complete[0]
        numbers |= {"before": before["value"], "waiting_before": before["waiting"]}
        text = _(
            "Half of the first requests of {month} were answered within {time} of {clock} (the month before: {before}, "
            "{verdict}); {n} waited at its end ({n_before} a month before).",
            **words, before=WRITE[self.clock](before["value"]), verdict=self._verdict(now["value"], before["value"]),
            n_before=whole(before["waiting"]),
        )  # fmt: skip
        return Summary("responses_now", text, numbers)

    def _verdict(self, now: float, before: float) -> str:
        if not known(self.p):
            return _("too few months to judge the change")
        if self.p >= ALPHA:
            return _("no more than months differ anyway")
        return _("faster") if now < before else _("slower")

    def table(self) -> Table:
        """Each month."""
        columns = (
            Column("month", message("Month of asking"), month),
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
            Column("open", message("Of them waiting"), whole, number=True),
            Column("waiting", message("All who waited at its end"), whole, number=True),
        )
        notes = (_("In {clock}; a month that is not over is shown as far as it is known.", clock=CLOCKS[self.clock]),)
        return Table("responses_month", _TITLE, self.rates, columns, notes, message("nobody is seen to ask."))

    def plot(self, ax: Axes | None = None) -> Picture:
        """The median by month with its interval."""
        rates = self.rates[self.rates["value"].notna()]
        if rates.empty:
            return nothing("responses_month", _TITLE, message("no month has requests enough"))
        with drawing(2.8, ax) as axes:
            intervals(
                axes, pd.Series(rates.index, index=rates.index), rates[["value", "low", "high"]] / 60, color=PLAIN
            )
            axes.set_ylim(bottom=0)
            axes.set_ylabel(_("hours of {clock}", clock=CLOCKS[self.clock]))
            axes.grid(visible=False, axis="x")
            month_axis(axes, list(self.rates["month"]))
            alt = _(
                "{title}: {medians}.", title=_TITLE, medians=series(rates["month"], rates["value"], WRITE[self.clock])
            )
            return picture(axes, name="responses_month", title=_TITLE, alt=alt)


_TITLE = message("Time to the first response, by month")
