"""How does the list grow, and who of it stays? (guide 2, subscriber retention)

Of those on the list when a period began, the share still on it when it ended: who joined meanwhile is in neither
count. Leaving has a cause, and what the firm took off itself stands apart: it is no verdict of the readers.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.errors import UsageError, nearest
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import subscribers
from kit.questions.retention.subscribers import CAUSES, LIST, OWN_WISH, TITLES, dated, left_out
from kit.show import cells
from kit.show.axes import percent, span
from kit.show.formats import alternatives, commas, day, month, quarter, share, whole
from kit.show.picture import BAD, GOOD, INK, PLAIN, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.store import Data

EVERY = {"month": "M", "quarter": "Q"}
"""Lengths of a period, with what pandas calls them."""

PERIODS = 24
"""Months or quarters of one figure, the last ones."""

PERIOD = ["period", "start", "joined", "left", "end", "net", "stayed", "value", "low", "high"]
CHURN = ["churn", "churn_low", "churn_high"]


def measure(data: Data, *, every: Literal["month", "quarter"] = "month") -> ListGrowth:
    """Sizes, growth, retention and churn of the list by month or quarter.

    Args:
        data: what `kit.open` returned; its period are the months to show.
        every: the length of a period.

    Raises:
        UsageError: `every` is no length of a period.

    Source: guide 2.
    """
    months = data.period.months if data.period else None
    return judge(subscribers.count(data), every=every, months=months, still_listed=count_still_listed(data))


@scope.count("contacts", whole=LIST, unfiltered=scope.NO_CAMPAIGN)
def count_still_listed(data: Data) -> int:
    """People who left by the log and whom the contacts have as subscribed; they count as there."""
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if contacts is None or messages is None:
        return 0
    listed = contacts.filter(col.status == "subscribed").select("contact_key").distinct()
    departed = messages.filter(col.unsubscribed | col.complained | col.bounced_hard).select("contact_key").distinct()
    return int(listed.semi_join(departed, "contact_key").count().to_pyarrow().as_py())


def judge(
    people: pd.DataFrame,
    *,
    every: Literal["month", "quarter"] = "month",
    months: tuple[str, str] | None = None,
    still_listed: int = 0,
    level: float = LEVEL,
) -> ListGrowth:
    """The list by month or quarter.

    Args:
        people: what `subscribers.count` returned.
        every: the length of a period.
        months: first and last month to show; None: from the first day of recorded leaving on.
        still_listed: people who left by the log and whom the contacts have as subscribed.
        level: confidence.

    Raises:
        UsageError: `every` is no length of a period.

    Source: guide 2: (still there at the end among those at the start) / start. Opt-ins never stand above the line.
    """
    check_every(every)
    placed = dated(people)
    unplaced = (still_listed, placed.undated, placed.dateless, placed.since)
    no_periods = pd.DataFrame(columns=[*PERIOD, *CAUSES, *CHURN])
    if placed.reason:
        return ListGrowth(every, no_periods, *unplaced, placed.reason)
    until = people["until"].iloc[0]
    recorded = placed.since if pd.notna(placed.since) else placed.people["joined"].min()
    first = pd.Period(months[0], "M").start_time if months else recorded
    last = min(pd.Period(months[1], "M").end_time, until) if months else until
    periods = pd.period_range(first, last, freq=EVERY[every])
    if periods.empty:
        return ListGrowth(every, no_periods, *unplaced, message("the data contains none of these months"))
    table = pd.DataFrame([_of_period(placed.people, period, placed.since, until) for period in periods])
    complete = table["value"].notna()
    low, high = proportions.proportion_interval(table["stayed"].where(complete), table["start"], level=level)
    churned = table[list(OWN_WISH)].sum(axis=1).where(complete)
    churn_low, churn_high = proportions.proportion_interval(churned, table["start"], level=level)
    table = table.assign(low=low, high=high, churn=churned / table["start"], churn_low=churn_low, churn_high=churn_high)
    return ListGrowth(every, table[[*PERIOD, *CAUSES, *CHURN]], *unplaced)


def check_every(every: str) -> None:
    """Hold a word to EVERY.

    Raises:
        UsageError: it is no length of a period.
    """
    if every not in EVERY:
        raise UsageError(
            _("every: {word} is not a period length. {hint}", word=repr(every), hint=nearest(every, EVERY))
        )


def _of_period(people: pd.DataFrame, period: pd.Period, since: pd.Timestamp, until: pd.Timestamp) -> dict[str, object]:
    begin, end = period.start_time.normalize(), period.end_time.normalize()
    n, day_of_leaving = people["n"], people["left"]
    there = (people["joined"] < begin) & ~(day_of_leaving < begin)
    out = day_of_leaving.between(begin, end)
    start, joined, gone = (int(n[rows].sum()) for rows in (there, people["joined"].between(begin, end), out))
    causes = {cause: int(n[there & out & (people["cause"] == cause)].sum()) for cause in CAUSES}
    stayed = int(n[there & ~out].sum())
    # Of a period that is not over nobody knows yet; of one before leaving was recorded nobody will.
    complete = start > 0 and end <= until and pd.notna(since) and begin >= since
    return {
        "period": str(period), "start": start, "joined": joined, "left": gone, "end": start + joined - gone,
        "net": joined - gone, "stayed": stayed, "value": stayed / start if complete else nan, **causes,
    }  # fmt: skip


@result
class ListGrowth(Result):
    """The list by month or quarter.

    Attributes:
        every: "month" or "quarter".
        periods: a row a period: period, start [people], joined, left [in it], end, net [end - start = joined - left],
            stayed [of start, still there at the end], value, low, high [retention: stayed / start], a column a cause
            [of start, gone by it], churn, churn_low, churn_high [unsubscribe, complaint and bounce / start; what the
            firm took off is not in it]. Retention is NaN for a period that is not over, or from before leaving was
            recorded.
        still_listed: people who left by the log and whom the contacts have as subscribed; they count as there.
        undated: people who left, nobody knows when; in no count.
        dateless: people whose joining nobody dated; in no count.
        since: day from which leaving is recorded; NaT: never.
        reason: why there is no table; "" where there is one.
    """

    every: str
    periods: pd.DataFrame
    still_listed: int
    undated: int
    dateless: int
    since: pd.Timestamp
    reason: str | Message = ""

    def summary(self) -> Summary:
        """Retention of the last whole period, and where the list's size goes."""
        complete = self.periods[self.periods["value"].notna()]
        if complete.empty:
            reason = self.reason or NO_PERIOD[self.every]
            text = _("List retention is not known: {reason}.", reason=reason)
            return Summary("list_growth", text, {"reason": reason})
        row = complete.iloc[-1]
        net = int(row["net"])
        values = {
            "period": _period(row["period"]),
            "value": cells.rate(row),
            "start": whole(row["start"]),
            "joined": whole(row["joined"]),
            "departed": whole(row["left"]),
            "end": whole(row["end"]),
        }
        if net > 0:
            text = _(
                "{period}: {value} of {start} subscribers stayed. {joined} joined and {departed} left, so the list "
                "grew by {net} to {end}.",
                **values,
                net=whole(net),
            )
        elif net < 0:
            text = _(
                "{period}: {value} of {start} subscribers stayed. {joined} joined and {departed} left, so the list "
                "shrank by {net} to {end}.",
                **values,
                net=whole(-net),
            )
        else:
            text = _(
                "{period}: {value} of {start} subscribers stayed. {joined} joined and {departed} left, so the list "
                "kept its size of {end}.",
                **values,
            )
        numbers = {name: row[name] for name in ("period", "start", "joined", "left", "net", "end", "stayed", "value")}
        step = _("Look at why people unsubscribe, and at where new people could sign up.") if net < 0 else ""
        return Summary("list_growth", text, numbers, headline=True, weight=55 if net < 0 else 30, next_step=step)

    def still_listed_summary(self) -> Summary:
        """Whether log and contacts agree on who left."""
        numbers = {"still_listed": self.still_listed}
        if not self.still_listed:
            text = _("Nobody who left according to the event log is still subscribed in the contacts.")
            return Summary("still_listed", text, numbers)
        text = _n(
            "{n} person unsubscribed, complained or bounced permanently in the event log, but is still subscribed "
            "in the contacts. This person counts as subscribed, so retention is too high unless they came back. "
            "Export the contacts again.",
            "{n} people unsubscribed, complained or bounced permanently in the event log, but are still subscribed "
            "in the contacts. They count as subscribed, so retention is too high unless they came back. Export the "
            "contacts again.",
            self.still_listed,
        )
        return Summary("still_listed", text, numbers, headline=True, weight=40)

    def table(self) -> Table:
        """The list by month or quarter: size, growth, retention and churn."""
        recorded = [cause for cause in CAUSES if len(self.periods) and self.periods[cause].any()]
        columns = (
            Column("period", PERIOD_TITLES[self.every], _period),
            Column("start", message("At the start"), whole, unit="people", number=True),
            Column("joined", message("Joined"), whole, unit="people", number=True),
            Column("left", message("Left"), whole, unit="people", number=True),
            Column("net", message("Net growth"), _signed, unit="people", number=True),
            Column("end", message("At the end"), whole, unit="people", number=True),
            Column("value", message("Retention"), cells.rate, unit="share", number=True, whole_row=True),
            Column(
                "churn", message("Transparent churn"), cells.rate_of("churn"), unit="share", number=True, whole_row=True
            ),
            *(Column(cause, TITLES[cause], whole, unit="people", number=True) for cause in recorded),
        )
        notes = [
            _(
                "Retention: the share of subscribers at the start who were still subscribed at the end. People who "
                "joined meanwhile are not counted."
            ),
            _(
                "Transparent churn: the share of subscribers at the start who unsubscribed, complained or bounced. "
                "People removed by the firm are not counted."
            ),
            _(
                "The causes also cover only subscribers at the start. “Left” counts everybody who left, including "
                "people who joined meanwhile."
            ),
        ]
        unrecorded = [UNRECORDED[cause] for cause in OWN_WISH if cause not in recorded]
        if len(self.periods) and unrecorded:
            notes.append(
                _(
                    "Nobody is recorded as having {causes}. If your files do not record this, it is missing from "
                    "churn.",
                    causes=alternatives(unrecorded),
                )
            )
        if pd.notna(self.since):
            notes.append(
                _(
                    "“–”: the period is not over yet, or it began before {day}, when the records of people leaving "
                    "begin.",
                    day=day(self.since),
                )
            )
        notes += left_out(self.undated, self.dateless)
        empty = message("{reason}.", reason=self.reason)
        return Table("list", LIST_TITLES[self.every], self.periods, columns, tuple(notes), empty)

    def plot(self) -> Picture:
        """Retention with its interval above, who joined and left below."""
        title = str(LIST_TITLES[self.every])
        table = self.periods.tail(PERIODS).reset_index(drop=True)
        if table.empty:
            return nothing("list", title, self.reason or message("there is no period to show"))
        with panels(4.4) as figure:
            upper, lower = figure.subplots(2, 1, sharex=True)
            complete = table[table["value"].notna()]
            upper.vlines(complete.index, complete["low"], complete["high"], color=PLAIN, linewidth=1.8)
            upper.plot(complete.index, complete["value"], "o", color=PLAIN, markersize=4.5)
            upper.set_title(_("Retention"))
            if len(complete):
                upper.set_ylim(*span([*complete["low"], *complete["high"]]))
                upper.yaxis.set_major_formatter(percent(complete["high"].max() - complete["low"].min()))
            lower.bar(table.index, table["joined"], color=GOOD, width=0.7)
            lower.bar(table.index, -table["left"], color=BAD, width=0.7)
            lower.plot(table.index, table["net"], "D", color=INK, markerfacecolor="white", markersize=4.5)
            lower.axhline(0, color=INK, linewidth=0.8)
            lower.set_title(_("Joined, left, and net growth (diamond)"))
            lower.yaxis.set_major_formatter(lambda value, _place: whole(abs(value)))
            step = max(1, -(-len(table) // 6))
            ticks = range(0, len(table), step)
            lower.set_xticks(list(ticks), [_in_two_lines(table["period"].iloc[tick]) for tick in ticks])
            for axes in (upper, lower):
                axes.grid(visible=False, axis="x")
            points = zip(complete["period"], complete["value"], strict=True)
            alt = _(
                "{title}. Retention: {values}. Net growth in total: {net}.",
                title=title,
                values=commas([f"{period} {share(value)}" for period, value in points]) or _("not known"),
                net=whole(table["net"].sum()),
            )
            return picture(figure, name="list", title=title, alt=alt)


LIST_TITLES = {"month": message("List growth by month"), "quarter": message("List growth by quarter")}
PERIOD_TITLES = {"month": message("Month"), "quarter": message("Quarter")}

NO_PERIOD = {
    "month": message("the records of people leaving cover no whole month"),
    "quarter": message("the records of people leaving cover no whole quarter"),
}

UNRECORDED = {
    "unsubscribe": message("unsubscribed"),
    "complaint": message("complained"),
    "bounce": message("bounced"),
}
"""What nobody is recorded as having done."""


def _period(name: str) -> str:
    return quarter(name) if "Q" in name else month(name)


def _in_two_lines(name: str) -> str:
    """A period as it stands below an axis."""
    return "\n".join(_period(name).rsplit(" ", 1))


def _signed(value: Any) -> str:
    return whole(value) if value < 0 else f"+{whole(value)}"


_PERSON = message("one person")
_IN_PERIOD = message("a month or quarter, in local time")

FIGURES = (
    Figure(
        "list_size", message("List at the start and at the end"),
        message("people subscribed at the first and at the last moment of the period"), _PERSON, "guide 2",
        ("list.start", "list.end", "list_growth.start", "list_growth.end"), window=_IN_PERIOD,
        edge=message(
            "people who never confirmed have not joined; people who left or joined without a date are in no count "
            "here and are counted separately"
        ),
    ),
    Figure(
        "list_joined", message("Joined"), message("people who joined in the period"),
        message("a person, by the day of joining"), "guide 2", ("list.joined", "list_growth.joined"), window=_IN_PERIOD,
    ),
    Figure(
        "list_left", message("Left"), message("people who left in the period, including those who joined in it"),
        message("a person, by the day of leaving"), "guide 2", ("list.left", "list_growth.left"), window=_IN_PERIOD,
        edge=message("people who came back count as subscribed, whatever happened before"),
    ),
    Figure(
        "list_net", message("Net growth"), message("end - start = joined - left"), _PERSON, "guide 2",
        ("list.net", "list_growth.net"), window=_IN_PERIOD,
    ),
    Figure(
        "subscriber_retention", message("Subscriber retention"),
        message("subscribed at the start and still at the end / subscribed at the start"), _PERSON,
        "guide 2; DEFINITIONS",
        ("list.value", "list_growth.value", "list_growth.stayed"), window=_IN_PERIOD, interval=WILSON,
        edge=message("people who joined meanwhile are in neither count; not given for a period that is not over"),
    ),
    Figure(
        "left_by_cause", message("People who left, by cause"),
        message("of the subscribers at the start: left by unsubscribing, complaint, bounce, or removal by the firm"),
        _PERSON,
        "guide 2", ("list.unsubscribe", "list.complaint", "list.bounce", "list.sunset", "list.not known"),
        window=_IN_PERIOD,
    ),
    Figure(
        "transparent_churn", message("Transparent churn"),
        message("unsubscribed, complained or bounced / subscribed at the start"), _PERSON, "guide 2; DEFINITIONS",
        ("list.churn",), window=_IN_PERIOD, interval=WILSON,
        edge=message("people removed by the firm itself (retention.sunset) are not included"),
    ),
    Figure(
        "still_listed", message("Left in the event log, still in the contacts"),
        message(
            "people who unsubscribed, complained or bounced permanently in the event log and are subscribed in the "
            "contacts"
        ),
        _PERSON, "guide 2", ("still_listed.still_listed",), edge=message("they count as subscribed"),
    ),
)  # fmt: skip
