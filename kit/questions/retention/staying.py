"""How long do people stay on the list, and by what do they leave? (guide 2, subscriber retention)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import GREENWOOD, KAPLAN_MEIER, Figure
from kit.questions.retention import subscribers
from kit.questions.retention.subscribers import CAUSES, TITLES, dated, left_out, watched_days, why_no_curve
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import commas, day, joined, known, p_value, share, whole
from kit.show.picture import BAD, BAND, OCHRE, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import survival

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.survival import Curve, Logrank
    from kit.store import Data

MILESTONES = (30, 90, 180, 365, 730)
"""Days after joining at which the share still there is shown."""

YEAR = 365
"""The milestone of the summary, or the last one before it that is known [days]."""

STEPS = 300
"""The most steps of a curve that are drawn: as many as a screen shows."""

CAUSE_COLORS = {
    "unsubscribe": PLAIN,
    "complaint": BAD,
    "bounce": OCHRE,
    "sunset": QUIET,
    "not known": BAND,
}
"""They differ in lightness too."""


def measure(data: Data, *, days: int = 180) -> Staying:
    """How long people stay from joining, and by what they leave.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        days: after which sources of joining are compared.

    Source: guide 2.
    """
    return judge(subscribers.count(data), days=days)


def judge(people: pd.DataFrame, *, days: int = 180, level: float = LEVEL) -> Staying:
    """How long people stay from joining, and by what they leave.

    Args:
        people: what `subscribers.count` returned.
        days: after which sources of joining are compared.
        level: confidence.

    Source: Kaplan & Meier (1958); cumulative incidence, Aalen & Johansen (1978); log-rank, Mantel (1966).
    """
    placed = dated(people)
    watched, before = watched_days(placed.people)
    reason = placed.reason or why_no_curve(watched)
    if reason:
        watched = watched.iloc[:0]
    curve = _curve(watched, level)
    codes = watched["cause"].map({"": 0} | {cause: code for code, cause in enumerate(CAUSES, 1)})
    by_cause = survival.cumulative_incidence(
        watched["days"], codes, watched["n"], kinds=len(CAUSES), entry=watched["entry"], level=level
    )
    gone = {cause: incidence for cause, incidence in zip(CAUSES, by_cause, strict=True) if incidence.events}
    states = {"still there": curve, **gone}
    shares = pd.DataFrame(
        [(end, state, *share_of.at(end, level=level)) for end in MILESTONES for state, share_of in states.items()],
        columns=["days", "state", "value", "low", "high"],
    )
    named = watched[watched["opt_in_source"].notna()]
    rows = []
    for source, joiners in named.groupby("opt_in_source"):
        part = _curve(joiners, level)
        if joiners.loc[joiners["entry"] == 0, "n"].sum() >= PEOPLE:
            rows.append((source, part.n, part.events, *part.at(days, level=level)))
    sources = pd.DataFrame(rows, columns=["source", "n", "left", "value", "low", "high"])
    named = named[named["opt_in_source"].isin(sources["source"])]
    alike = survival.logrank(
        named["days"], named["cause"] != "", named["opt_in_source"].astype(str), named["n"], entry=named["entry"]
    )
    return Staying(
        curve, gone, shares, sources, alike, days, curve.reaches(0.5), before,
        placed.undated, placed.dateless, placed.since, reason,
    )  # fmt: skip


def _curve(watched: pd.DataFrame, level: float) -> Curve:
    departed = watched["cause"] != ""
    return survival.kaplan_meier(watched["days"], departed, watched["n"], entry=watched["entry"], level=level)


@result
class Staying(Result):
    """How long people stay on the list, from joining.

    Attributes:
        curve: the share still there.
        gone: cause -> share gone by it; they add up to what is missing.
        shares: a row a milestone and cause ("still there" first): days, state, value, low, high.
        sources: a row a source of joining: source, n, left, value, low, high [still there after `days`].
        alike: whether people of different sources leave alike.
        days: of the comparison of sources.
        median: days until half have left; None: not reached.
        before: people who had left before leaving was recorded; in no count.
        undated: people who left, nobody knows when; in no count.
        dateless: people whose joining nobody dated; in no count.
        since: day from which leaving is recorded.
        reason: why there is no curve; "" where there is one.
    """

    curve: Curve
    gone: dict[str, Curve]
    shares: pd.DataFrame
    sources: pd.DataFrame
    alike: Logrank
    days: int
    median: float | None
    before: int
    undated: int
    dateless: int
    since: pd.Timestamp
    reason: str | Message = ""

    def summary(self) -> Summary:
        """How many are still there a year after joining, or as far as is known."""
        if self.reason:
            text = _("How long people stay subscribed is not known: {reason}.", reason=self.reason)
            return Summary("staying", text, {"reason": self.reason})
        there = self.shares[(self.shares["state"] == "still there") & self.shares["value"].notna()]
        there = there[there["days"] <= YEAR]
        if there.empty:
            text = _n(
                "How long people stay subscribed is not known yet: the longest observation is {n} day.",
                "How long people stay subscribed is not known yet: the longest observation is {n} days.",
                self.curve.end,
                n=whole(self.curve.end),
            )
            return Summary("staying", text, {"end": self.curve.end})
        row = there.iloc[-1]
        causes = self.shares[(self.shares["days"] == row["days"]) & (self.shares["state"] != "still there")]
        worst = causes.sort_values("value").iloc[-1]
        clauses = [
            _n(
                "{value} of subscribers are still on the list {n} day after joining",
                "{value} of subscribers are still on the list {n} days after joining",
                row["days"],
                n=whole(row["days"]),
                value=cells.rate(row),
            ),
            _most_left(worst["state"], share(worst["value"])),
        ]
        if self.median is not None:
            clauses.append(
                _n("half have left after {n} day", "half have left after {n} days", self.median, n=whole(self.median))
            )
        text = _("{clauses}.", clauses=joined(clauses))
        return Summary("staying", text, {"days": row["days"], "value": row["value"]}, headline=True, weight=35)

    def table(self) -> Table:
        """The share still there and gone by each cause, so many days after joining."""
        wide = pd.DataFrame({"days": list(dict.fromkeys(self.shares["days"]))})
        columns = [Column("days", message("Days after joining"), whole, unit="days", number=True)]
        for state in ["still there", *self.gone]:
            rows = self.shares[self.shares["state"] == state].set_index("days")
            wide[[state, f"{state}_low", f"{state}_high"]] = rows.loc[wide["days"], ["value", "low", "high"]].to_numpy()
            columns.append(
                Column(state, TITLES[state], cells.rate_of(state), unit="share", number=True, whole_row=True)
            )
        notes = [
            _("The causes add up to everybody who left (cumulative incidence). “–”: nobody was observed for so long."),
            _("The brackets assume that people leave one by one. If one e-mail drove many away, they are too narrow."),
        ]
        if pd.notna(self.since) and not self.reason:
            notes.append(
                _n(
                    "Departures are recorded from {day}; people who joined earlier are observed from that day. {n} "
                    "person had left before and is not counted.",
                    "Departures are recorded from {day}; people who joined earlier are observed from that day. {n} "
                    "people had left before and are not counted.",
                    self.before,
                    day=day(self.since),
                )
            )
        notes += left_out(self.undated, self.dateless)
        frame = wide.iloc[:0] if self.reason else wide
        empty = message("{reason}.", reason=self.reason)
        return Table(
            "staying", message("How long do people stay subscribed?"), frame, tuple(columns), tuple(notes), empty
        )

    def sources_table(self) -> Table:
        """The share still there, by how people joined."""
        after = _n("Still subscribed after {n} day", "Still subscribed after {n} days", self.days)
        columns = (
            Column("source", message("Sign-up source")),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("left", message("Left"), whole, unit="people", number=True),
            Column("value", after, cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = [_("Sources with fewer than {n} people observed since joining are left out.", n=PEOPLE)]
        if known(self.alike.p):
            p = p_value(self.alike.p)
            notes.append(
                _("No difference between the sources is visible in how soon people leave (log-rank test, {p}).", p=p)
                if self.alike.p >= 0.05
                else _("People from different sources do not leave alike (log-rank test, {p}).", p=p)
            )
        title, empty = (
            message("Which sign-up sources keep their subscribers?"),
            message("the data has no sign-up sources."),
        )
        return Table("staying_sources", title, self.sources, columns, tuple(notes), empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share gone by each cause, one above the other, by days since joining."""
        title = _("Left the list, by cause and days since joining")
        if self.reason or not self.gone:
            return nothing("staying", title, self.reason or message("nobody left"))
        with drawing(3.4, ax) as axes:
            drawn = np.unique(np.linspace(0, self.curve.times.size - 1, STEPS).astype(int))
            times, base = self.curve.times[drawn], np.zeros(drawn.size)
            for cause, curve in self.gone.items():
                top, color, label = base + curve.value[drawn], CAUSE_COLORS[cause], str(TITLES[cause])
                axes.fill_between(times, base, top, step="post", color=color, linewidth=0, label=label)
                base = top
            axes.legend(loc="upper left", frameon=False, fontsize=9.5)
            axes.set_ylim(0, base[-1] * 1.05)
            axes.set_xlim(0, times[-1])
            axes.yaxis.set_major_formatter(percent(base[-1]))
            axes.set_xlabel(_("days since joining"))
            there = self.shares[(self.shares["state"] == "still there") & self.shares["value"].notna()]
            points = [
                _n("{n} day {value}", "{n} days {value}", end, n=whole(end), value=share(1 - value))
                for end, value in zip(there["days"], there["value"], strict=True)
            ]
            alt = _("{title}: {values} in total.", title=title, values=commas(points) or _("not known"))
            return picture(axes, name="staying", title=title, alt=alt)


def _most_left(cause: str, value: str) -> Message:
    return {
        "unsubscribe": message("the most frequent reason for leaving is unsubscribing ({share} of all)", share=value),
        "complaint": message("the most frequent reason for leaving is a complaint ({share} of all)", share=value),
        "bounce": message("the most frequent reason for leaving is a bounce ({share} of all)", share=value),
        "sunset": message("the most frequent reason for leaving is removal by the firm ({share} of all)", share=value),
        "not known": message("the most frequent reason for leaving is not known ({share} of all)", share=value),
    }[cause]


_PERSON = message("one person")
_AALEN = "Aalen & Johansen (1978), Scand. J. Statist. 5, 141-150"

FIGURES = (
    Figure(
        "subscriber_survival", message("Still subscribed after a number of days"), message("S(days) from joining to "
                                                                                           "leaving"),
        _PERSON, KAPLAN_MEIER,
        ("staying.days", "staying.value", "staying.still there", "staying_sources.value", "projection.seen"),
        window=message("from joining; people who joined before departures were recorded are observed from the day "
                       "the records begin (late entry)"),
        interval=GREENWOOD, edge=message("people still subscribed at as_of count for the time observed"),
    ),
    Figure(
        "left_after", message("Left by a cause after a number of days"),
        message("cumulative incidence of the cause from joining"), _PERSON, _AALEN,
        ("staying.unsubscribe", "staying.complaint", "staying.bounce", "staying.sunset", "staying.not known"),
        window=message("from joining, with late entry"),
        interval=message("95 %: delta method, as a rate of an effective number"),
        edge=message("the causes add up to everybody who left; 1 - Kaplan-Meier of each would be too high"),
    ),
    Figure(
        "source_people", message("People from a source"), message("people who joined through it; those of them who "
                                                                "left"), _PERSON,
        "guide 2", ("staying_sources.n", "staying_sources.left"),
        edge=message("sources with fewer than 30 people are left out"),
    ),
)  # fmt: skip
