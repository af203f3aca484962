"""How fast does the service answer, month by month? (guide 1, step 1)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit import counts, metrics
from kit.messages import _, _n, message
from kit.metrics.figures import KAPLAN_MEIER, Figure
from kit.show.axes import intervals, month_axis, series
from kit.show.formats import known, minutes, month, whole
from kit.show.picture import PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.store import Data


def by_month(data: Data) -> ResponseTimes:
    """How long do requests of each month wait for their first answer?

    Args:
        data: what `kit.open` returned.

    Source: as `judge`.
    """
    return judge(counts.waits(data))


def judge(waits: pd.DataFrame) -> ResponseTimes:
    """Median time to the first answer by month, those still waiting included.

    Args:
        waits: what `counts.waits` returned.

    Source: Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452; guide 1, step 1.
    """
    return ResponseTimes(metrics.response_time(waits, by=["month"]))


@result
class ResponseTimes(Result):
    """Time to the first answer by month.

    Attributes:
        rates: a row a month of coming in [NULL: not known]: month, kpi, n [requests], open [still waiting], closed
            [without an answer], value, low, high, p90 [min]; left_out [requests whose wait cannot be].
    """

    rates: pd.DataFrame

    def summary(self) -> Summary:
        """The median of the latest month."""
        rates = self.rates[self.rates["month"].notna() & self.rates["value"].notna()]
        if rates.empty:
            return Summary(
                "waiting",
                _("It is unknown how fast the service answers: in no month have half of the requests been answered."),
            )
        latest = rates.iloc[-1]
        text = _(
            "Half of the requests from {month} were answered within {time}.",
            month=month(latest["month"]),
            time=minutes(latest["value"]),
        )
        return Summary("waiting", text, {"value": latest["value"], "n": latest["n"]})

    def table(self) -> Table:
        """Time to the first answer by month."""
        columns = (
            Column("month", message("Month"), month),
            Column("n", message("Requests"), whole, number=True),
            Column("open", message("Still waiting"), whole, number=True),
            Column("closed", message("Closed without an answer"), whole, number=True),
            Column(
                "value",
                message("Half answered within"),
                metrics.value_with_interval,
                unit="min",
                number=True,
                whole_row=True,
            ),
            Column("p90", message("Nine in ten within"), minutes, unit="min", number=True),
        )
        frame = self.rates[self.rates["month"].notna()]
        notes = [
            _(
                "Brackets: 95 % intervals. Requests on a busy day have similar response times, so the intervals "
                "use days and people as units."
            )
        ]
        if frame["closed"].sum():
            notes.append(_("A request closed without an answer counts as waiting only until it was closed."))
        notes += filter(None, [impossible_waits(self.rates["left_out"].sum())])
        notes, empty = tuple(notes if len(frame) else ()), message("your files contain no tickets.")
        return Table("waiting", _TITLE, frame, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Median time to the first answer by month with its interval."""
        rates = self.rates[self.rates["value"].notna()].reset_index(drop=True)
        if rates.empty:
            return nothing("waiting", _TITLE, message("your files contain no requests"))
        with drawing(2.6, ax) as axes:
            names = list(rates["month"])
            intervals(axes, pd.Series(range(len(names))), rates[["value", "low", "high"]] / 60, color=PLAIN)
            axes.set_ylim(bottom=0)
            axes.set_ylabel(_("hours (median)"))
            axes.grid(visible=False, axis="x")
            month_axis(axes, names)
            medians = series(names, rates["value"], minutes)
            alt = _("Median time to the first answer by month: {medians}.", medians=medians)
            return picture(axes, name="waiting", title=_TITLE, alt=alt)


def impossible_waits(tickets: float) -> str:
    """The note on tickets whose wait cannot be; "" where there is none."""
    if not known(tickets) or not tickets:
        return ""
    return _n(
        "{n} request is excluded: its answer is earlier than the request, or the request is later than the end of "
        "the data.",
        "{n} requests are excluded: their answer is earlier than the request, or the request is later than the end "
        "of the data.",
        tickets, n=whole(tickets),
    )  # fmt: skip


_TITLE = message("Time to the first answer")


_TICKET = message("a ticket, one row of the file")

FIGURES = (
    Figure(
        "requests",
        message("Requests, those still waiting and those closed without an answer"),
        message("tickets received; of those, tickets without an answer at as_of, open or closed"),
        _TICKET,
        "guide 1, step 1",
        ("waiting.n", "waiting.open", "waiting.closed"),
        edge=message("tickets answered before they came in are excluded; the note gives their number"),
    ),
    Figure(
        "waiting_p90",
        message("Nine in ten answered within"),
        message("90 % quantile of the time until the first answer"),
        _TICKET,
        KAPLAN_MEIER,
        ("waiting.p90",),
        window=message("from arrival to the first answer, or to as_of; nights and weekends count"),
        edge=message("unknown if fewer than nine in ten have been answered so far"),
    ),
)
