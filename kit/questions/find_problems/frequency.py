"""Does more mail drive people away? Who gets more mail meets the link to leave more often. (guide 1, step 4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from kit.counts import scope
from kit.counts.log import whole_sum
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import decimal, joined, known, share, whole, with_interval
from kit.show.picture import INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.stats.arrays import Floats, floats
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from kit.store import Data

MONTH_DAYS = 365.25 / 12
"""Days of a month."""

LEVELS = {
    7: ((1, "1"), (2, "2"), (10**9, "3 or more")),
    28: ((2, "1 to 2"), (4, "3 to 4"), (8, "5 to 8"), (10**9, "9 or more")),
}
"""Levels of mails in the days up to a mail, each with its most."""

_LEVEL_NAMES = {
    "3 or more": message("3 or more"),
    "1 to 2": message("1 to 2"),
    "3 to 4": message("3 to 4"),
    "5 to 8": message("5 to 8"),
    "9 or more": message("9 or more"),
}
_COLUMNS = ["days", "level", "people", "mails", "unsubscribed", "received"]


def compare(data: Data) -> Frequency:
    """Unsubscribes a mail, a person and month, a person and year, by mails received.

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 4; 0.2 % a mail is 17.5 % a year at eight mails a month.
    """
    return judge(pressure(data))


@scope.count("messages")
def pressure(data: Data) -> pd.DataFrame:
    """Bulk mail by how many mails its receiver had in the days up to it, this one included.

    What came before the mail is counted, never the calendar month: who leaves gets no more mail in the month, so
    its mails would seem few.

    Returns:
        A row a window and level: days [7 or 28], level, people, mails [delivered], unsubscribed [NULL: not told],
        received [mails in the window, summed over mails].
    """
    table = scope.history(data, MESSAGES.name)
    if table is None:
        return pd.DataFrame(columns=_COLUMNS)
    parts = []
    for days, levels in LEVELS.items():
        before = ibis.window(
            group_by=table.contact_key,
            order_by=table.sent_at,
            range=(-ibis.interval(days=days), -ibis.interval(microseconds=1)),
        )
        sent = table.filter(ibis._.contact_key.notnull() & ibis._.sent_at.notnull())
        sent = sent.mutate(mails=1 + ibis._.reached.cast("int64").sum().over(before).fill_null(0))
        of_question = scope.in_population(sent, data) & scope.within(data, ibis._.sent_local)
        sent = sent.filter(ibis._.reached & of_question)
        place = ibis.cases(*((ibis._.mails <= most, number) for number, (most, _name) in enumerate(levels)), else_=-1)
        sums = sent.group_by(place=place).agg(
            people=ibis._.contact_key.nunique(),
            mails=ibis._.count(),
            unsubscribed=whole_sum("unsubscribed"),
            received=ibis._.mails.sum(),
        )
        by_level = sums.order_by("place").to_pandas()
        names = [levels[number][1] for number in by_level["place"]]
        parts.append(by_level.assign(days=days, level=pd.Series(names, index=by_level.index, dtype="object")))
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def judge(counts: pd.DataFrame) -> Frequency:
    """The judgement of `compare`; `counts` is what `pressure` returned."""
    x, n = floats(counts["unsubscribed"]), floats(counts["mails"])
    low, high = proportions.proportion_interval(x, n)
    value = np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)
    monthly = floats(counts["received"]) / np.where(n > 0, n, np.nan) / floats(counts["days"]) * MONTH_DAYS
    levels = counts.assign(value=value, low=low, high=high, monthly=monthly)
    levels = levels.assign(month=yearly_share(value, monthly / 12), year=yearly_share(value, monthly))
    for end, rate in (("low", low), ("high", high)):
        levels[f"month_{end}"], levels[f"year_{end}"] = yearly_share(rate, monthly / 12), yearly_share(rate, monthly)
    widest = levels[levels["days"] == levels["days"].max()]
    mails = float(widest["mails"].sum())
    levels = levels.drop(columns="received")
    if not mails:
        return Frequency(levels, np.nan, np.nan, np.nan)
    total = widest["unsubscribed"].astype(float).sum(skipna=False)
    overall = float(total) / mails
    pace = float((widest["mails"] * widest["monthly"]).sum()) / mails
    ends = [float(yearly_share(end[0], pace)) for end in proportions.proportion_interval([total], [mails])]
    return Frequency(levels, overall, float(yearly_share(overall, pace)), pace, *ends)


def yearly_share(rate: ArrayLike, monthly: ArrayLike) -> Floats:
    """Share of people who leave within a year, at this share a mail and so many mails a month."""
    return 1 - (1 - floats(rate)) ** (12 * floats(monthly))


@result
class Frequency(Result):
    """Unsubscribes against mails received; targeted, not causal.

    Attributes:
        levels: a row a window and level: days, level, people, mails, unsubscribed, value, low, high [share of
            mails], monthly [mails a person and month at this pace], month, year [share of people who leave in a
            month and in a year at this pace, with `_low` and `_high`: the ends of the share a mail].
        overall: the share of mails at which somebody left.
        yearly: share of people who leave in a year at the usual pace.
        monthly: mails a person and month, as the average mail has it.
        yearly_low: of the interval of `yearly`, at this pace.
        yearly_high: its other end.
    """

    levels: pd.DataFrame
    overall: float
    yearly: float
    monthly: float
    yearly_low: float = np.nan
    yearly_high: float = np.nan

    def summary(self) -> Summary:
        """The share that leaves at a mail, and what it comes to in a year."""
        numbers = {name: getattr(self, name) for name in ("overall", "yearly", "yearly_low", "yearly_high", "monthly")}
        if not known(self.overall):
            return Summary(
                "frequency_year",
                _(
                    "We cannot see whether more e-mails make people unsubscribe: no "
                    "event log contains both messages per person and unsubscribes."
                ),
                numbers,
            )
        text = _(
            "{overall} of the people unsubscribe at each e-mail. At {monthly} e-mails a month, {yearly} unsubscribe "
            "within a year. This does not prove a cause: recipients were selected.",
            overall=share(self.overall),
            monthly=decimal(self.monthly, 1),
            yearly=with_interval(self.yearly, self.yearly_low, self.yearly_high),
        )
        return Summary("frequency_year", text, numbers)

    def table(self) -> Table:
        """Unsubscribes a mail and a person, by mails received."""
        columns = (
            Column("days", message("Days up to the e-mail"), whole, unit="days", number=True),
            Column("level", message("E-mails in these days"), _level),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
            Column("people", message("People"), whole, unit="people", number=True),
            Column("unsubscribed", message("Unsubscribed"), whole, unit="people", number=True),
            Column(
                "value", message("Unsubscribe rate per e-mail"), cells.rate, unit="share", number=True, whole_row=True
            ),
            Column(
                "monthly", message("E-mails a month at this frequency"), lambda value: decimal(value, 1), number=True
            ),
            Column(
                "month",
                message("Unsubscribe rate, month"),
                cells.rate_of("month"),
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column(
                "year",
                message("Unsubscribe rate, year"),
                cells.rate_of("year"),
                unit="share",
                number=True,
                whole_row=True,
            ),
        )
        notes = (
            message(
                "This does not prove a cause: people who get more e-mails were selected. Only a random test shows "
                "what a frequency does."
            ),
            message(
                "Month and year: for a person who keeps getting this many e-mails, each with the same chance of "
                "unsubscribing."
            ),
        )
        title, empty = (
            message("Unsubscribes by e-mails received"),
            message("no event log contains both messages per person and unsubscribes."),
        )
        return Table("frequency", title, self.levels, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share that leaves at a mail, by how many mails came in the days before it."""
        title = message("Unsubscribes by e-mails received")
        levels = self.levels[(self.levels["mails"] > 0) & self.levels["value"].notna()]
        if levels.empty:
            return nothing(
                "frequency", title, message("no event log contains both messages per person and unsubscribes")
            )
        rows = levels.to_dict("records")
        with drawing(1.2 + 0.34 * len(rows), ax) as axes:
            axes.axvline(self.overall, color=INK, linewidth=1)
            # An interval wider than a few times the others would press them together; its end is beyond the edge.
            edge = max(6 * self.overall, 1.5 * levels["value"].max())
            for place, row in enumerate(reversed(rows)):
                axes.plot([row["low"], min(row["high"], edge)], [place, place], color=PLAIN, linewidth=2)
                axes.plot(row["value"], place, "o", color=PLAIN, markersize=7)
                if row["high"] > edge:
                    axes.plot(edge, place, ">", color=PLAIN, markersize=6, clip_on=False)
            names = [
                _(
                    "{level} in {days} days ({mails})",
                    level=_level(row["level"]),
                    days=row["days"],
                    mails=whole(row["mails"]),
                )
                for row in reversed(rows)
            ]
            axes.set_yticks(range(len(rows)), names, fontsize=9.5)
            axes.set_ylim(-0.6, len(rows) - 0.4)
            axes.set_xlim(0, edge)
            axes.xaxis.set_major_formatter(percent(float(edge)))
            axes.set_xlabel(
                _(
                    "unsubscribe rate per e-mail; bar: margin of error (95 %); line: all e-mails\ne-mails in the days "
                    "up to it (number)"
                )
            )
            axes.grid(visible=False, axis="y")
            rates = [
                _(
                    "{level} in {days} days: {value}",
                    level=_level(row["level"]),
                    days=row["days"],
                    value=share(row["value"]),
                )
                for row in rows
            ]
            alt = _("Unsubscribes by e-mails received: {rates}.", rates=joined(rates))
            return picture(axes, name="frequency", title=title, alt=alt)


def _level(level: str) -> str:
    return str(_LEVEL_NAMES.get(level, level))


FIGURES = (
    Figure(
        "left_a_mail", message("Unsubscribe rate per e-mail"), message("unsubscribed / messages"), message("a message"),
        "guide 1, step 4",
        ("frequency.days", "frequency.mails", "frequency.unsubscribed", "frequency.value", "frequency_year.overall"),
        window=message("by the number of e-mails the person received in this many days, up to and including this "
                       "e-mail"), interval=WILSON,
        edge=message("this does not prove a cause: people who get more e-mails were selected"),
    ),
    Figure(
        "left_people", message("People at this frequency"), message("people who at any time received this many e-mails "
                                                               "in this many days"),
        message("one person"), "guide 1, step 4", ("frequency.people",),
        edge=message("one person may be counted at several levels"),
    ),
    Figure(
        "mails_monthly", message("E-mails per person and month"),
        message("average e-mails received in the window x 30.44 / days"), message("a message"),
        "guide 1, step 4", ("frequency.monthly", "frequency_year.monthly"),
    ),
    Figure(
        "left_a_person", message("Unsubscribe rate per month and per year"),
        message("1 - (1 - unsubscribe rate per e-mail) ^ e-mails in a month or year"), message("one person"),
        "guide 1, step 4; DEFINITIONS", ("frequency.month", "frequency.year", "frequency_year.yearly"),
        edge=message("for a person who keeps getting as many: 0.2 % per e-mail is 17.5 % a year at 8 e-mails a month"),
    ),
)  # fmt: skip
