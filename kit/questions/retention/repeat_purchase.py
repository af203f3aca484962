"""Who comes back? (guide 2, repeat purchase)

Three figures go by the name of repeat rate, and they differ. Of the buyers of a window, those who bought twice in it;
of the same buyers, those who ever bought twice ("returning customers", which rises as the log gets older); and of
those who bought a first time, those who come again within so many days, whatever the calendar. Only the last can be
compared between months: people not yet followed for so long count for as long as they were (Kaplan-Meier).
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import ALPHA, LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import GREENWOOD, KAPLAN_MEIER, WILSON, Figure
from kit.questions.retention.occasions import occasions, of_people, until
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import commas, day, known, p_value, quarter, share, whole
from kit.show.picture import BAND, INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions, survival

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.stats.survival import Curve, Logrank
    from kit.store import Data

MILESTONES = (30, 60, 90, 180, 365)
"""Days after the first time at which the share is shown."""

WINDOW = ["first_day", "last_day", "buyers", "repeated", "repeated_days", "returning", "nameless"]
RETURNS = ["cohort", "days", "returned", "n"]
COHORTS = ["cohort", "n", "came", "value", "low", "high", "followed"]
SHARES = ["days", "value", "low", "high", "at_risk"]


def measure(data: Data, *, what: str = "order", days: int = 90) -> RepeatPurchase:
    """How many people buy again, and how soon.

    Args:
        data: what `kit.open` returned; its period is the window of the rates, and that of the first time.
        what: "order", or "visit" for orders and appointments.
        days: within which cohorts are compared.

    Raises:
        UsageError: an unknown `what`.

    Source: guide 2.
    """
    return judge(count_window(data, what), count_returns(data, what), days=days)


@scope.count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def count_window(data: Data, what: str = "order") -> pd.DataFrame:
    """Who bought in the period, and who of them bought more than once.

    Args:
        data: what `kit.open` returned; its period is the window, without one the whole log.
        what: "order", or "visit" for orders and appointments.

    Returns:
        One row: first_day, last_day [of the window's occasions], buyers [people], of them repeated [two orders or
        more in it], repeated_days [on two days or more], returning [any other order up to `as_of`]; nameless [orders in
        it without an address]. No row where there is nothing to count.

    Source: guide 2 (repeat purchase); "returning" as shops count it.
    """
    rows = occasions(data, what)
    if rows is None:
        return pd.DataFrame(columns=WINDOW)
    inside = rows.filter(scope.within(data, col.day))
    named = inside.filter(col.contact_key.notnull())
    ever = rows.filter(col.contact_key.notnull()).group_by("contact_key").agg(ever=col.count())
    people = named.group_by("contact_key").agg(
        times=col.count(), days=col.day.nunique(), first=col.day.min(), last=col.day.max()
    )
    sums = people.join(ever, "contact_key").aggregate(
        first_day=col.first.min(),
        last_day=col.last.max(),
        buyers=col.count(),
        repeated=(col.times > 1).sum(),
        repeated_days=(col.days > 1).sum(),
        returning=(col.ever > 1).sum(),
    )
    frame = sums.to_pandas().assign(nameless=inside.filter(~col.contact_key.notnull()).count().to_pyarrow().as_py())
    return frame[frame["buyers"] > 0][WINDOW].reset_index(drop=True)


@scope.count("orders", "conversions", unfiltered=scope.NO_CAMPAIGN)
def count_returns(data: Data, what: str = "order") -> pd.DataFrame:
    """How long until people came a second time, as a histogram.

    Args:
        data: what `kit.open` returned; its period is that of the first time.
        what: "order", or "visit" for orders and appointments.

    Returns:
        A row a month of the first time, whole day and state: cohort ["2026-03"], days [until the second day; not yet:
        until `as_of`], returned [bool], n [people].
    """
    rows = occasions(data, what)
    if rows is None:
        return pd.DataFrame(columns=RETURNS)
    rows = of_people(rows)
    later = rows.filter(col.day > col.first).group_by("contact_key").agg(second=col.day.min())
    people = rows.group_by("contact_key").agg(first=col.first.min()).left_join(later, "contact_key")
    people = people.filter(scope.within(data, col.first)).mutate(
        cohort=col.first.strftime("%Y-%m"),
        returned=col.second.notnull(),
        days=col.second.fill_null(until(data)).delta(col.first, unit="day"),
    )
    return people.group_by(RETURNS[:3]).agg(n=col.count()).order_by(RETURNS[:3]).to_pandas()


def judge(window: pd.DataFrame, returns: pd.DataFrame, *, days: int = 90, level: float = LEVEL) -> RepeatPurchase:
    """The rates of the window, and how many come a second time within so many days of the first.

    Args:
        window: what `count_window` returned.
        returns: what `count_returns` returned.
        days: within which cohorts are compared.
        level: confidence.

    Source: guide 2; Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; log-rank test, Mantel (1966).
    """
    waited, returned, people = returns["days"], returns["returned"].astype(bool), returns["n"]
    curve = survival.kaplan_meier(waited, returned, people, level=level)
    total = int(people.sum())
    milestones = sorted({*MILESTONES, days})
    naive = [int(people[returned & (waited <= end)].sum()) / total if total else nan for end in milestones]
    shares = pd.DataFrame([(end, *_returned(curve, end, level), _watched(curve, end)) for end in milestones])
    shares = shares.set_axis(SHARES, axis=1).assign(naive=naive)
    quarters = pd.PeriodIndex(returns["cohort"], freq="M").asfreq("Q") if total else pd.PeriodIndex([], freq="Q")
    rows = []
    for name, cohort in returns.groupby(quarters):
        part = survival.kaplan_meier(cohort["days"], cohort["returned"], cohort["n"], level=level)
        open_days = cohort.loc[~cohort["returned"].astype(bool), "days"]
        followed = float(open_days.min()) if len(open_days) else part.end
        rows.append((str(name), part.n, part.events, *_returned(part, days, level), followed))
    cohorts = pd.DataFrame(rows, columns=COHORTS)
    cohorts = cohorts[cohorts["n"] >= PEOPLE].reset_index(drop=True)
    names = quarters.astype(str)
    large = np.isin(names, cohorts["cohort"])
    alike = survival.logrank(waited[large], returned[large], names[large], people[large])
    rates = repeat_rates(window, level=level)
    return RepeatPurchase(days, total, curve.events, window, rates, shares, cohorts, curve, curve.reaches(0.5), alike)


def repeat_rates(window: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """The repeat rates of a window.

    Args:
        window: what `count_window` returned.
        level: confidence.

    Returns:
        A row a rate: rate [repeated, repeated_days, returning], numerator, n [people], value, low, high. None without
        buyers.

    Source: guide 2; Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    rates = window.melt(value_vars=list(RATES), var_name="rate", value_name="numerator")
    rates = rates.assign(n=int(window["buyers"].sum()))
    low, high = proportions.proportion_interval(rates["numerator"], rates["n"], level=level)
    return rates.assign(value=rates["numerator"].astype(float) / rates["n"], low=low, high=high)


@result
class RepeatPurchase(Result):
    """How many buy again in a window, how many come a second time, and how soon.

    Attributes:
        days: within which the cohorts are compared.
        n: people with a first time.
        returned: of them came again so far.
        window: a row: first_day, last_day, buyers, nameless …, as `count_window` returned it.
        rates: a row a rate of the window: rate, numerator, n [people], value, low, high [share].
        shares: a row a milestone and `days`: days, value, low, high [share who came again within so many days; NaN:
            nobody was followed for so long], at_risk [people followed so long who had not come], naive [came so
            far within so many days, of all: too low while people are young].
        cohorts: a row a quarter of the first time: cohort, n, came, value, low, high [within `days`], followed [days
            since the youngest of it could have come]; quarters of fewer than 30 people are left to `shares`.
        curve: the share that has not come again.
        median: days until half have come; None: not reached.
        alike: whether the cohorts come back alike.
    """

    days: int
    n: int
    returned: int
    window: pd.DataFrame
    rates: pd.DataFrame
    shares: pd.DataFrame
    cohorts: pd.DataFrame
    curve: Curve
    median: float | None
    alike: Logrank

    def summary(self) -> Summary:
        """How many come again within the days that were asked for."""
        row = self.shares[self.shares["days"] == self.days].iloc[0]
        numbers: dict[str, Any] = {"days": self.days, "n": self.n, "came": self.returned, "value": row["value"]}
        if not self.n:
            text = _("Who comes back is not known: the data has no orders or visits of individual people.")
            return Summary("back", text, numbers)
        if not known(row["value"]):
            text = _n(
                "How many of {n} person come back within {days} days is not known yet. Nobody was observed for so "
                "long (the longest: {longest} days).",
                "How many of {n} people come back within {days} days is not known yet. Nobody was observed for so "
                "long (the longest: {longest} days).",
                self.n,
                n=whole(self.n),
                days=self.days,
                longest=whole(self.curve.end),
            )
            return Summary("back", text, numbers)
        values = {"n": whole(self.n), "value": cells.rate(row), "days": self.days}
        if self.median is None:
            text = _n(
                "{value} of {n} person come back within {days} days of the first time. Fewer than half came back in "
                "the time observed.",
                "{value} of {n} people come back within {days} days of the first time. Fewer than half came back in "
                "the time observed.",
                self.n,
                **values,
            )
        else:
            text = _n(
                "{value} of {n} person come back within {days} days of the first time. Of those followed that long, "
                "half have come back after {median} days.",
                "{value} of {n} people come back within {days} days of the first time. Of those followed that long, "
                "half have come back after {median} days.",
                self.n,
                **values,
                median=whole(self.median),
            )
        followed = self.cohorts["value"].dropna()
        if known(self.alike.p) and self.alike.p < ALPHA and len(followed) > 1:
            numbers |= {"lowest": followed.min(), "highest": followed.max()}
            mixed = _(
                "This rate fits no single quarter: by the quarter of the first time it ranges from {low} to {high}.",
                low=share(followed.min()), high=share(followed.max()),
            )  # fmt: skip
            text = f"{text} {mixed}"
        return Summary("back", text, numbers, headline=True, weight=45)

    def rates_table(self) -> Table:
        """The repeat rates of the window, each called what it is."""
        columns = (
            Column("rate", message("Share of the period's buyers"), RATES.__getitem__),
            Column("numerator", message("People"), whole, unit="people", number=True),
            Column("n", message("Out of"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = [_("The brackets show the margin of error (95 % intervals).")]
        if len(self.window):
            row = self.window.iloc[0]
            first, last = day(row["first_day"]), day(row["last_day"])
            notes.insert(
                0,
                _(
                    "The period is {first} to {last}. A longer period has a higher rate by itself.",
                    first=first,
                    last=last,
                ),
            )
            notes.append(
                _(
                    "“Returning customers” looks back over all the data. This rate rises as the data gets older, "
                    "whichever customers come."
                )
            )
            if row["nameless"]:
                notes.append(
                    _n(
                        "{n} order names no customer and is in no rate.",
                        "{n} orders name no customer and are in no rate.",
                        row["nameless"],
                        n=whole(row["nameless"]),
                    )
                )
        frame = self.rates if len(self.window) else self.rates.iloc[:0]
        return Table("repeat_rates", message("How many customers buy again?"), frame, columns, tuple(notes), NONE)

    def table(self) -> Table:
        """The share who came again within so many days of the first time."""
        columns = (
            Column("days", message("Within (days)"), whole, unit="days", number=True),
            Column("value", message("Share that came back"), cells.rate, unit="share", number=True, whole_row=True),
            Column("at_risk", message("Still observed"), whole, unit="people", number=True),
            Column("naive", message("Came back so far, of all"), share, unit="share", number=True),
        )
        notes = (
            message(
                "People who have not come back yet count for the time they were observed (Kaplan-Meier). “–”: "
                "nobody was observed for so long."
            ),
            message("Still observed: people who had not come back by then and were still under observation."),
            message(
                "Came back so far, of all: too low while customers are too recent to judge. It is shown for comparison."
            ),
        )
        frame = self.shares if self.n else self.shares.iloc[:0]
        return Table("back", message("How soon do people come back?"), frame, columns, notes, NONE)

    def cohorts_table(self) -> Table:
        """The share who came again, by the quarter of the first time."""
        within = _n("Came back within {n} day", "Came back within {n} days", self.days)
        columns = (
            Column("cohort", message("Quarter of the first time"), quarter),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", within, cells.rate, unit="share", number=True, whole_row=True),
            Column("followed", message("Days observed for everybody"), whole, unit="days", number=True),
        )
        notes = [
            _(
                "Quarters with fewer than {n} people are left out. “–”: nobody was observed for so long.",
                n=PEOPLE,
            )
        ]
        if known(self.alike.p):
            p = p_value(self.alike.p)
            notes.append(
                _("No difference between the quarters is visible (log-rank test, {p}).", p=p)
                if self.alike.p >= 0.05
                else _("People of different quarters do not come back alike (log-rank test, {p}).", p=p)
            )
        notes.append(
            _("The first time is the first in these files. In the earliest quarters, old customers count as new.")
        )
        title = message("Do newer customers come back as well?")
        return Table("back_cohorts", title, self.cohorts, columns, tuple(notes), NONE)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share who came a second time, by days since the first, with its interval."""
        title = _("Came back, by days since the first time")
        curve = self.curve
        if not curve.events:
            return nothing("back", title, message("nobody came back"))
        with drawing(3.2, ax) as axes:
            enough = curve.at_risk >= max(10, 0.02 * curve.n)  # fewer tell nothing, and their steps draw the eye
            times, low, high = curve.times[enough], 1 - curve.high[enough], 1 - curve.low[enough]
            axes.fill_between(times, low, high, step="post", color=BAND, linewidth=0)
            axes.step(times, 1 - curve.value[enough], where="post", color=PLAIN)
            axes.axvline(self.days, color=INK, linewidth=1, linestyle="--")
            axes.set_ylim(bottom=0)
            axes.set_xlim(left=0)
            axes.yaxis.set_major_formatter(percent(1))
            axes.set_xlabel(
                _n(
                    "days since the first time; dashed: {n} day",
                    "days since the first time; dashed: {n} days",
                    self.days,
                )
            )
            shown = self.shares[self.shares["value"].notna()]
            points = [
                _n("{n} day {value}", "{n} days {value}", end, n=whole(end), value=share(value))
                for end, value in zip(shown["days"], shown["value"], strict=True)
            ]
            alt = _("{title}: {values}.", title=title, values=commas(points) or _("not known"))
            return picture(axes, name="back", title=title, alt=alt)


RATES = {
    "repeated": message("Bought twice or more in the period"),
    "repeated_days": message("… on two or more different days"),
    "returning": message("“Returning customers”: bought in the period, and twice or more in total"),
}
"""The rates of the window."""

NONE = message("the data has no orders or visits of individual people.")


def _returned(curve: Curve, end: float, level: float) -> tuple[float, float, float]:
    value, low, high = curve.at(end, level=level)
    return 1 - value, 1 - high, 1 - low


def _watched(curve: Curve, end: float) -> float:
    place = int(np.searchsorted(curve.times, end))
    return float(curve.at_risk[place]) if place < curve.times.size else 0.0


_BUYER = message("a person with an order in the period")
_SECOND = message("a person; everything on one day counts as one occasion")

FIGURES = (
    Figure(
        "repeat_purchase_rate", message("Repeat purchase rate in the period"),
        message("people with two or more orders in the period / people with one or more in it"), _BUYER,
        "guide 2; DEFINITIONS", ("repeat_rates.value", "repeat_rates.numerator", "repeat_rates.n"),
        window=message("the chosen period, or all the data if none is chosen; a longer period has a higher rate by "
                       "itself"),
        interval=WILSON,
        edge=message(
            "next to it: on two or more days; cancelled orders do not count; orders without an address are counted "
            "separately"
        ),
    ),
    Figure(
        "returning_customer_rate", message("Returning-customer rate"),
        message("people with an order in the period and two or more in total / people with one or more in the period"),
        _BUYER,
        "guide 2; as shops count it", ("repeat_rates.value", "repeat_rates.numerator", "repeat_rates.n"),
        window=message("the numerator counts everything up to as_of"), interval=WILSON,
        edge=message("it rises as the data gets older, whichever customers come; do not compare months by it"),
    ),
    Figure(
        "cohort_repeat", message("Cohort repeat"), message("1 - S(days) from the first occasion to the second"),
        _SECOND, KAPLAN_MEIER, ("back.value", "back.days", "back.lowest", "back.highest", "back_cohorts.value"),
        window=message("the given number of days from the first occasion; of a cohort, by the quarter of the first "
                       "occasion"),
        interval=GREENWOOD,
        edge=message(
            "people who have not come back yet count for the time observed; quarters with fewer than 30 people are "
            "left out"
        ),
    ),
    Figure(
        "repeat_so_far", message("Came back so far, of all"),
        message("came back within the given days up to as_of / all with a first occasion"), _SECOND,
        "guide 2; DEFINITIONS", ("back.naive",), edge=message("too low while customers are too recent to judge; for "
                                                              "comparison"),
    ),
    Figure(
        "repeat_people", message("People of a cohort"),
        message("people with a first occasion; those of them who came back; those observed for so long"),
        _SECOND, KAPLAN_MEIER,
        ("back.n", "back.came", "back.at_risk", "back_cohorts.n", "back_cohorts.followed"),
        edge=message(
            "still observed: had not come back by then and were still under observation; days observed for "
            "everybody: those of the newest people"
        ),
    ),
)  # fmt: skip
