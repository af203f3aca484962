"""How many of those who join will still be there, month by month? Checked on months held back. (guide 2)"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import LEVEL
from kit.messages import _, _n, message, message_n
from kit.metrics.figures import PREDICTION, Figure
from kit.questions.retention import subscribers
from kit.questions.retention.subscribers import MONTH, dated, watched_days, why_no_curve
from kit.show import cells
from kit.show.axes import percent, span
from kit.show.formats import commas, known, share, whole
from kit.show.picture import BAND, INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import sbg, survival

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.sbg import Sbg
    from kit.store import Data

AHEAD = ["month", "value", "low", "high", "seen"]
CHECK = ["month", "n", "expected", "low", "high", "observed"]

TABLE_MONTHS = (1, 3, 6, 12, 18, 24, 36, 48, 60)
"""Months since joining that the table shows."""

DISCOUNT = 0.1
"""By so much a month is worth less for each year that it is ahead."""


def project(data: Data, *, ahead: int = 24, held_back: int = 6) -> Projection:
    """How many of those who join will still be there in the months to come, checked on months held back.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        ahead: months since joining to project.
        held_back: the last months, left out of a first fit and then compared with it.

    Source: guide 2.
    """
    return judge(subscribers.count(data), ahead=ahead, held_back=held_back)


def judge(people: pd.DataFrame, *, ahead: int = 24, held_back: int = 6, level: float = LEVEL) -> Projection:
    """The model of leaving, and how it went the last time.

    Args:
        people: what `subscribers.count` returned.
        ahead: months since joining to project.
        held_back: the last months, left out of a first fit and then compared with it.
        level: confidence.

    Source: shifted beta-geometric, Fader & Hardie (2007), doi:10.1002/dir.20074. Months of 30.4 days from joining.
    """
    placed = dated(people)
    watched, _before = watched_days(placed.people)
    reason = placed.reason or why_no_curve(watched)
    model = None if reason else _fitted(watched)
    if model is None:
        empty = pd.DataFrame(columns=AHEAD), pd.DataFrame(columns=CHECK)
        return Projection(*empty, None, nan, reason or NO_SPREAD)
    months = np.arange(1, ahead + 1)
    value, low, high = sbg.survival(model, months, level=level)
    departed = watched["cause"] != ""
    curve = survival.kaplan_meier(watched["days"], departed, watched["n"], entry=watched["entry"], level=level)
    seen = [curve.at(month * MONTH)[0] for month in months]
    table = pd.DataFrame({"month": months, "value": value, "low": low, "high": high, "seen": seen})
    check, unchecked = _check(placed.people, held_back, level)
    monthly = (1 + DISCOUNT) ** (1 / 12) - 1
    remaining = sbg.discounted_expected_residual_lifetime(model, 1, discount=monthly)
    return Projection(table, check, model, remaining, "", unchecked)


def _fitted(watched: pd.DataFrame) -> Sbg | None:
    stayed = watched["days"] // MONTH
    # Of a month that is not over only those who left would show: what is known ends where it began.
    over = (stayed + 1) * MONTH <= (watched["until"] - watched["joined"]).dt.days
    departed = (watched["cause"] != "") & over
    entry = np.ceil(watched["entry"] / MONTH)
    complete = stayed >= entry  # a month that was watched in part tells nothing whole
    return sbg.fit((stayed + departed)[complete], departed[complete], watched["n"][complete], entry=entry[complete])


def _check(people: pd.DataFrame, held_back: int, level: float) -> tuple[pd.DataFrame, str | Message]:
    """The model of what was known so many months ago, against what became of those who were there."""
    until = people["until"].iloc[0]
    cut = until - pd.Timedelta(days=round(held_back * MONTH))
    then = people[people["joined"] < cut]
    later = then["left"] > cut
    then = then.assign(until=cut, cause=then["cause"].mask(later, ""), left=then["left"].mask(later))
    watched, _before = watched_days(then)
    reason = why_no_curve(watched)
    model = None if reason else _fitted(watched)
    if model is None:
        unchecked = message_n(
            "{n} month before the end: {reason}",
            "{n} months before the end: {reason}",
            held_back,
            reason=reason or NO_SPREAD,
        )
        return pd.DataFrame(columns=CHECK), unchecked
    there = people.loc[then.index[then["cause"] == ""]]
    tenure = ((cut - there["joined"]).dt.days / MONTH).to_numpy()
    rows = []
    for month in range(1, held_back + 1):
        day = cut + pd.Timedelta(days=round(month * MONTH))
        retained = sbg.total_retained(model, tenure + month, tenure, there["n"], level=level)
        rows.append((month, int(there["n"].sum()), *retained, int(there.loc[~(there["left"] <= day), "n"].sum())))
    return pd.DataFrame(rows, columns=CHECK), ""


@result
class Projection(Result):
    """How many will still be there, month by month, and how that went the last time.

    Attributes:
        ahead: a row a month since joining: month, value, low, high [share still there by the model], seen [the same
            as watched; NaN beyond what anybody was].
        check: a row a month of those held back: month, n [people there before], expected, low, high [of them still
            there, by the model of what went before], observed.
        model: fitted to all; None where there is a reason.
        remaining: months still to come of who joins now, worth less by 10 % a year the later they come.
        reason: why nothing is projected; "" where it is.
        unchecked: why nothing was held back; "" where it was.
    """

    ahead: pd.DataFrame
    check: pd.DataFrame
    model: Sbg | None
    remaining: float
    reason: str | Message = ""
    unchecked: str | Message = ""

    def summary(self) -> Summary:
        """What the model says of two years, and whether it held the last time."""
        if self.reason:
            text = _("There is no forecast: {reason}.", reason=self.reason)
            return Summary("projection", text, {"reason": self.reason})
        last = self.ahead.iloc[-1]
        text = _n(
            "The model expects {value} of new subscribers to be on the list after {n} month.",
            "The model expects {value} of new subscribers to be on the list after {n} months.",
            last["month"],
            n=whole(last["month"]),
            value=cells.rate(last),
        )
        numbers: dict[str, Any] = {"month": last["month"], "value": last["value"]}
        if self.check.empty:
            unchecked = _("The forecast could not be checked: {reason}.", reason=self.unchecked)
            return Summary("projection", f"{text} {unchecked}", numbers)
        row = self.check.iloc[-1]
        inside = row["low"] <= row["observed"] <= row["high"]
        numbers |= {"expected": row["expected"], "observed": row["observed"], "inside": bool(inside)}
        values = {
            "months": whole(row["month"]),
            "expected": _expected(row),
            "n": whole(row["n"]),
            "observed": whole(row["observed"]),
        }
        checked = (
            _(
                "The model passed its check. Fitted without the last {months} months, it expected {expected} of {n} "
                "people to stay; {observed} stayed.",
                **values,
            )
            if inside
            else _(
                "The model failed its check. Fitted without the last {months} months, it expected {expected} of {n} "
                "people to stay; {observed} stayed. Either conditions changed or the model does not fit: do not rely "
                "on the forecast.",
                **values,
            )
        )
        return Summary("projection", f"{text} {checked}", numbers, headline=True, weight=20 if inside else 40)

    def table(self) -> Table:
        """The share still there by the model, beside what was seen."""
        columns = (
            Column("month", message("Months after joining"), whole, unit="months", number=True),
            Column(
                "value", message("Still subscribed, forecast"), cells.rate, unit="share", number=True, whole_row=True
            ),
            Column("seen", message("Still subscribed, observed"), share, unit="share", number=True),
        )
        notes = [
            _("The brackets show the model's margin of error. They do not cover changes in people's behaviour."),
            _("“–”: nobody was observed for this long."),
        ]
        if known(self.remaining):
            notes.append(
                _n(
                    "By the model, a new subscriber stays {n} more month, if later months weigh less: a tenth less "
                    "for each year ahead.",
                    "By the model, a new subscriber stays {n} more months, if later months weigh less: a tenth less "
                    "for each year ahead.",
                    self.remaining,
                    n=whole(self.remaining),
                )
            )
        frame = self.ahead[self.ahead["month"].isin(TABLE_MONTHS)]
        empty = message("{reason}.", reason=self.reason)
        return Table("projection", message("How many subscribers will stay?"), frame, columns, tuple(notes), empty)

    def check_table(self) -> Table:
        """The model of what went before, against the months held back."""
        columns = (
            Column("month", message("Month in the check"), whole, unit="months", number=True),
            Column("n", message("Subscribed before"), whole, unit="people", number=True),
            Column("expected", message("Expected to stay"), _expected, unit="people", number=True, whole_row=True),
            Column("observed", message("Still subscribed"), whole, unit="people", number=True),
        )
        notes = (message("The brackets are 95 % prediction intervals, if conditions do not change."),)
        title = message("Forecast checked against the last months")
        empty = message("{reason}.", reason=self.reason or self.unchecked)
        return Table("projection_check", title, self.check, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share still there by the model, with its interval, and as watched."""
        title = _("Still subscribed, by months since joining")
        table = self.ahead
        if table.empty:
            return nothing("projection", title, self.reason)
        with drawing(3.2, ax) as axes:
            axes.fill_between(table["month"], table["low"], table["high"], color=BAND, linewidth=0)
            axes.plot(table["month"], table["value"], color=PLAIN, label=_("forecast"))
            axes.plot(table["month"], table["seen"], "o", color=INK, markersize=4, label=_("observed"))
            axes.legend(loc="lower left", frameon=False, fontsize=9.5)
            lowest = min(table["low"].min(), table["seen"].min())
            axes.set_ylim(*span([lowest, 1.0]))
            axes.yaxis.set_major_formatter(percent(1 - lowest))
            axes.set_xlabel(_("months since joining; grey: the model's margin of error"))
            shown = table[table["month"].isin((1, 6, 12, 24)) & table["value"].notna()]
            points = [
                _n("{n} month {value}", "{n} months {value}", month, n=whole(month), value=share(value))
                for month, value in zip(shown["month"], shown["value"], strict=True)
            ]
            alt = _("{title}, forecast: {values}.", title=title, values=commas(points))
            return picture(axes, name="projection", title=title, alt=alt)


NO_SPREAD = message("people do not differ measurably in how soon they leave")


def _expected(row: Any) -> str:
    return f"{whole(row['expected'])} ({whole(row['low'])}–{whole(row['high'])})"


_FADER = "Fader & Hardie (2007), doi:10.1002/dir.20074"

FIGURES = (
    Figure(
        "projected_retention", message("Projected retention (sBG)"), "S(t) = B(a, b + t) / B(a, b)",
        message("a person, by whole months"), _FADER, ("projection.month", "projection.value"),
        window=message("months of 30.4 days from joining"),
        interval=message("95 %: the model's margin of error; changes in people's behaviour are not covered"),
        edge=message("a discrete, contractual model; fitted to people observed for whole months"),
    ),
    Figure(
        "projection_check", message("Still subscribed in the months held back"),
        message("sum over the people subscribed before of S(age + months) / S(age), next to the number who stayed"),
        message("one person"), _FADER,
        (
            "projection_check.month", "projection_check.n", "projection_check.expected", "projection_check.observed",
            "projection.expected", "projection.observed",
        ),
        window=message("the last months, which were not used to fit the model"), interval=PREDICTION,
    ),
)  # fmt: skip
