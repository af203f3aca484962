"""How much mail is too much: what people did by how many e-mails a week they got, a person and not an e-mail each.

Who gets more mail was chosen, and who stays longest gets most of it. So the observed curve is no cause, and it is said
so above it. It is one only where a file of a test says that the pace was drawn at random.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.errors import UsageError
from kit.judging import EVENTS, LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import silence, subscribers
from kit.questions.sales_cycle import holdout
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import UNKNOWN, commas, decimal, known, share, whole, with_ends
from kit.show.picture import BAD, INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bootstrap, logistic, proportions
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.store import Data

PACES = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0)
"""E-mails a week up to which a group of the observed goes; the last has no end."""

WEEK = 7
"""Days."""

DONE = ["contact_key", "mails", "later", "left", "complained", "clicked", "orders"]
OF_GROUPS = [
    *("pace", "until", "n", "later", "left", "value", "low", "high"),
    *("complained", "complaints", "complaints_low", "complaints_high"),
    *("silent", "silence", "silence_low", "silence_high", "orders", "orders_low", "orders_high"),
]

UNKNOWN_SLOPE = (np.nan, np.nan, np.nan)
"""A slope and the ends of its interval, where they are not known."""

BANNER = message("Targeted, not causal: who gets more mail was chosen, and who stays gets most of it.")


def measure(data: Data, *, weeks: int = 8) -> Frequency:
    """What people did by how many e-mails a week they got, or were drawn for.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        weeks: over which people are followed, and as many before them over which the observed pace is taken.

    Raises:
        UsageError: weeks are none.

    Source: guide 4; Ascarza (2018), doi:10.1509/jmr.16.0163, on targeted data.
    """
    if weeks <= 0:
        raise UsageError(_("weeks: {weeks} is not above 0.", weeks=str(weeks)))
    drawn = randomised(data, weeks=weeks)
    return judge(observed(data, weeks=weeks), drawn, weeks=weeks)


@scope.count("messages", whole="it is of the last weeks up to `as_of`", unfiltered=silence.ALL_MAIL)
def observed(data: Data, *, weeks: int = 8) -> pd.DataFrame:
    """People on the list at the middle of the last `2 * weeks`, by their mail before it, and what they did after it.

    Who left before the middle is in no group: so nobody has few mails for having left.

    Returns:
        A row a person: contact_key, mails [reached before the middle], later [after it], left [unsubscribed or
        complained after it], complained, clicked [as people do], orders [after it; NaN: no file has any].
    """
    messages = scope.history(data, MESSAGES.name)
    if messages is None or data.as_of is None:
        return pd.DataFrame(columns=DONE)
    end = pd.Timestamp(data.as_of)
    middle, begin = end - timedelta(weeks=weeks), end - timedelta(weeks=2 * weeks)
    people = _mail(messages, begin, middle, end)
    contacts = scope.history(data, "contacts")
    if contacts is not None:
        listed = subscribers.each(contacts, data).select("contact_key", "joined", "left", "cause").to_pandas()
        joined, left = (pd.to_datetime(listed[name]) for name in ("joined", "left"))
        here = (joined <= begin) & ((listed["cause"] == "") | (left > middle))
        listed = listed[here].assign(gone=left.where(listed["cause"].isin(["unsubscribe", "complaint"])).notna()[here])
        people = listed[["contact_key", "gone"]].merge(people, on="contact_key", how="left").fillna(0)
        people["left"] = people["left"].astype(bool) | people["gone"].astype(bool)
    people = people.astype(dict.fromkeys(["left", "before", "complained", "clicked"], bool))
    people = people[~people["before"]]
    return _ordered(people, data, middle, end)


@scope.count("messages", "assignments", whole="a test is one, whatever the period", unfiltered=silence.ALL_MAIL)
def randomised(data: Data, *, weeks: int = 8) -> pd.DataFrame:
    """People of the test whose arms have a pace, in the arm they were drawn for; who was followed for `weeks`.

    Returns:
        A row a person: `observed`'s columns with pace [e-mails a week; the arm without mail has 0] and experiment. No
        row where no test has two paces, or nothing is known of mail.
    """
    columns = [*DONE, "pace", "experiment"]
    messages, people = scope.history(data, MESSAGES.name), holdout.assigned_people(data)
    if messages is None or people is None or data.as_of is None:
        return pd.DataFrame(columns=columns)
    frame = people.filter(~col.crossed).to_pandas()
    frame["pace"] = frame["mails_per_week"].where(~frame["is_holdout"].fillna(value=False).astype(bool), 0.0)
    paces = frame.dropna(subset=["pace"]).groupby("experiment")["pace"].nunique()
    named = frame.dropna(subset=["mails_per_week"])["experiment"].unique()
    tests = [name for name in paces.index[paces > 1] if name in named]
    if not tests:
        return pd.DataFrame(columns=columns)
    sizes = frame["experiment"].value_counts()
    name = max(tests, key=lambda one: (sizes[one], one))
    frame = frame[(frame["experiment"] == name) & frame["pace"].notna()]
    end, parts = pd.Timestamp(data.as_of), []
    for since, mine in frame.assign(since=pd.to_datetime(frame["since"])).groupby("since"):
        begin, last = pd.Timestamp(str(since)), pd.Timestamp(str(since)) + timedelta(weeks=weeks)
        if last > end:
            continue
        did = _mail(messages, begin, begin, last)
        merged = mine[["contact_key", "pace", "experiment"]].merge(did, on="contact_key", how="left")
        merged = merged.fillna(dict.fromkeys(("mails", "later", "left", "complained", "clicked", "before"), 0))
        parts.append(_ordered(merged, data, begin, last, "pace", "experiment"))
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).sort_values("contact_key", ignore_index=True)[columns]


def _mail(messages: Any, begin: pd.Timestamp, middle: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """What each person got and did: mails of the first part, later ones, and what followed them; before: gone then."""
    after = (col.sent_local > middle) & (col.sent_local <= end)
    gone = col.unsubscribed.fill_null(NO) | col.complained.fill_null(NO)
    rows = messages.filter(col.contact_key.notnull(), (col.sent_local > begin) & (col.sent_local <= end))
    return (
        rows.group_by("contact_key")
        .agg(
            mails=(col.reached & ~after).sum(),
            later=(col.reached & after).sum(),
            left=(gone & after).any(),
            before=(gone & ~after).any(),
            complained=(col.complained.fill_null(NO) & after).any(),
            clicked=(col.clicked_human.fill_null(NO) & after).any(),
        )
        .order_by("contact_key")
        .to_pandas()
    )


def _ordered(people: pd.DataFrame, data: Data, begin: pd.Timestamp, end: pd.Timestamp, *also: str) -> pd.DataFrame:
    """The people with their orders between two moments."""
    sold = log.sold(data)
    if sold is None:
        return people.assign(orders=np.nan).sort_values("contact_key", ignore_index=True)[[*DONE, *also]]
    inside = sold.filter((col.ordered_local > begin) & (col.ordered_local <= end), col.contact_key.notnull())
    orders = inside.group_by("contact_key").agg(orders=col.count()).to_pandas()
    merged = people.merge(orders, on="contact_key", how="left").fillna({"orders": 0})
    return merged.sort_values("contact_key", ignore_index=True)[[*DONE, *also]]


def judge(people: pd.DataFrame, drawn: pd.DataFrame, *, weeks: int = 8, level: float = LEVEL) -> Frequency:
    """What people did by their pace.

    Args:
        people: what `observed` returned.
        drawn: what `randomised` returned.
        weeks: of each window.
        level: confidence.
    """
    is_random = len(drawn) > 0
    if is_random:
        grouped = drawn.assign(until=drawn["pace"])
    else:
        pace = people["mails"].astype(float) / weeks
        place = np.searchsorted(PACES, pace, side="left")
        ends = np.array([*PACES, np.inf])
        grouped = people.assign(pace=pace, until=ends[place])
    table = pd.DataFrame([_row(until, mine, level) for until, mine in grouped.groupby("until")], columns=OF_GROUPS)
    if not is_random:
        table = table[table["n"] >= PEOPLE].reset_index(drop=True)
    slope = _slope(grouped, level) if is_random else UNKNOWN_SLOPE
    experiment = str(drawn["experiment"].iloc[0]) if is_random else ""
    return Frequency(table, weeks, is_random, slope, experiment)


def _row(until: object, mine: pd.DataFrame, level: float) -> tuple[Any, ...]:
    n, later = len(mine), float(mine["later"].mean())
    counts = [int(mine["left"].sum()), int(mine["complained"].sum()), int((~mine["clicked"].astype(bool)).sum())]
    low, high = proportions.proportion_interval(counts, n, level=level)
    rates = [value for place, x in enumerate(counts) for value in (x, x / n, low[place], high[place])]
    orders = mine["orders"].astype(float)
    mean = (
        bootstrap.mean_interval(bootstrap.units(orders, n), level=level)
        if orders.notna().all()
        else bootstrap.BootstrapInterval(np.nan, np.nan, np.nan)
    )
    return (float(mine["pace"].mean()), until, n, later, *rates, mean.value, mean.low, mean.high)


def _slope(people: pd.DataFrame, level: float) -> tuple[float, float, float]:
    """Log odds of leaving for one e-mail a week more, with its interval; NaN: too few left."""
    left = people["left"].astype(bool)
    if min(int(left.sum()), int((~left).sum())) < 2 * EVENTS or people["pace"].nunique() < 2:
        return UNKNOWN_SLOPE
    fitted = logistic.fit(people[["pace"]].astype(float), left, np.arange(len(people)), level=level, ridge=0.0)
    if fitted is None:
        return UNKNOWN_SLOPE
    return float(fitted.slope[0]), float(fitted.low[0]), float(fitted.high[0])


@result
class Frequency(Result):
    """What people did by their pace.

    Attributes:
        groups: a row a pace: pace [mean e-mails a week], until [upper end of the group, or the pace that was drawn], n
            [people], later [e-mails a person in the weeks that are followed], left, value, low, high [unsubscribed or
            complained: people, share], complained, complaints, complaints_low, complaints_high, silent, silence,
            silence_low, silence_high [no click as people do], orders, orders_low, orders_high [a person].
        weeks: that people were followed.
        is_random: whether the pace was drawn at random.
        slope: log odds of leaving for one e-mail a week more, with the ends of its interval; NaN: too few left.
        experiment: the test that drew it; "": none.
    """

    groups: pd.DataFrame
    weeks: int
    is_random: bool
    slope: tuple[float, float, float]
    experiment: str = ""

    def summary(self) -> Summary:
        """Whether more mail drives people away, as far as it can be known."""
        value, low, high = self.slope
        numbers: dict[str, Any] = {"people": int(self.groups["n"].sum()) if len(self.groups) else 0}
        if self.groups.empty:
            text = _("It is not known whether people get too many e-mails: no event log covers enough people.")
            return Summary("pace_of_mail", text, numbers)
        if not self.is_random:
            step = _("To know what pace does, draw it at random: the plan below says how.")
            text = " ".join([str(BANNER), self._described()])
            return Summary("pace_of_mail", text, numbers, headline=True, weight=22, next_step=step)
        numbers |= {"slope": value, "low": low, "high": high}
        if not known(value):
            text = _(
                "The pace was set at random, but too few people unsubscribed to show whether more e-mails "
                "drive people away."
            )
            return Summary("pace_of_mail", text, numbers)
        values = {"odds": with_ends(decimal(np.exp(value), 2), np.exp(low), np.exp(high), lambda end: decimal(end, 2))}
        if low > 0:
            text = _(
                "More mail drives people away: each e-mail a week more multiplies the odds to leave by {odds}. Pace "
                "was drawn at random.",
                **values,
            )
        elif high < 0:
            text = _(
                "More mail keeps people: each e-mail a week more multiplies the odds to leave by {odds}. Pace was "
                "drawn at random.",
                **values,
            )
        else:
            text = _(
                "Whether more mail drives people away is not decided: each e-mail a week more multiplies the odds to "
                "leave by {odds}. Pace was drawn at random.",
                **values,
            )
        return Summary("pace_of_mail", text, numbers, headline=True, weight=45)

    def _described(self) -> str:
        """What the groups with least and most mail did, both."""
        first, last = self.groups.iloc[0], self.groups.iloc[-1]
        if len(self.groups) < 2:
            return _n("All {n} person got about as much mail.", "All {n} people got about as much mail.",
                      int(first["n"]), n=whole(first["n"]))  # fmt: skip
        return _(
            "Of people with {less} e-mails a week, {few} left within {weeks} weeks and {quiet} did not react. With "
            "{more} a week it was {many} and {still}.",
            weeks=self.weeks, few=share(first["value"]), quiet=share(first["silence"]), less=decimal(first["pace"], 2),
            more=decimal(last["pace"], 2), many=share(last["value"]), still=share(last["silence"]),
        )  # fmt: skip

    def table(self) -> Table:
        """What people did by their pace: fatigue and silence beside each other."""
        columns = (
            Column("until", message("E-mails a week"), self._pace, number=True, whole_row=True),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("later", message("E-mails in the weeks after"), lambda value: decimal(value, 1), number=True),
            Column("value", message("Left"), cells.rate, unit="share", number=True, whole_row=True),
            Column("complaints", message("Marked as spam"), cells.rate_of("complaints"), unit="share", number=True,
                   whole_row=True),
            Column("silence", message("Did not click"), cells.rate_of("silence"), unit="share", number=True,
                   whole_row=True),
            Column("orders", message("Orders a person"), _orders, unit="orders", number=True, whole_row=True),
        )  # fmt: skip
        notes: tuple[Message | str, ...] = (
            message(
                "A row is of people, not of e-mails: at the same share an e-mail twice the pace drives away twice as "
                "many people a week."
            ),
        )
        if self.is_random:
            title = message("By the pace that people were drawn for")
            notes = (message("In {weeks} weeks after the assignment, by the arm, whatever was sent.", weeks=self.weeks),
                     *notes)  # fmt: skip
        else:
            title = message("By the pace that people had: targeted, not causal")
            notes = (
                BANNER,
                message(
                    "The pace is that of {weeks} weeks, what people did is of the {weeks} weeks after them; who had "
                    "left by then is in no row. No pace is called the best.",
                    weeks=self.weeks,
                ),
                *notes,
            )
        return Table("pace_of_mail", title, self.groups, columns, notes,
                     message("no event log covers enough people."))  # fmt: skip

    def _pace(self, row: Mapping[Any, Any]) -> str:
        if self.is_random:
            return _tidy(row["until"])
        if row["until"] == 0:
            return _("none")
        place = PACES.index(row["until"]) if row["until"] in PACES else len(PACES)
        low = _tidy(PACES[place - 1])
        if place == len(PACES):
            return _("over {low}", low=low)
        return _("over {low} to {high}", low=low, high=_tidy(row["until"]))

    def plot(self, ax: Axes | None = None) -> Picture:
        """Who left and who kept silent, by pace."""
        title = _("Left, by e-mails a week") if self.is_random else _("Left, by e-mails a week: targeted, not causal")
        if self.groups.empty:
            return nothing("pace_of_mail", title, message("no event log covers enough people"))
        rows = self.groups.to_dict("records")
        color = PLAIN if self.is_random else BAD
        with drawing(2.6, ax) as axes:
            for row in rows:
                axes.plot([row["pace"], row["pace"]], [row["low"], row["high"]], color=color, linewidth=2)
                axes.annotate(whole(row["n"]), (row["pace"], row["high"]), xytext=(0, 3), textcoords="offset points",
                              ha="center", color=INK, fontsize=9)  # fmt: skip
            style = "-" if self.is_random else ":"
            axes.plot([row["pace"] for row in rows], [row["value"] for row in rows], f"o{style}", color=color)
            top = max(row["high"] for row in rows) * 1.2
            axes.set_ylim(0, top)
            axes.yaxis.set_major_formatter(percent(top / 2))
            axes.set_xlabel(_("e-mails a week (number: people)"))
            axes.set_ylabel(_("left in {weeks} weeks", weeks=self.weeks))
            if not self.is_random:
                axes.text(0.01, 0.97, _("Targeted, not causal"), transform=axes.transAxes, va="top", color=BAD,
                          fontweight="bold")  # fmt: skip
            parts = [
                _("{pace} a week {value}", pace=decimal(row["pace"], 1), value=share(row["value"])) for row in rows
            ]
            return picture(axes, name="pace_of_mail", title=title, alt=_("{title}: {parts}.", title=title,
                                                                         parts=commas(parts)))  # fmt: skip


def _tidy(value: float) -> str:
    return decimal(value, next((digits for digits in (0, 1, 2) if round(value, digits) == value), 3))


def _orders(row: Any) -> str:
    if not known(row["orders"]):
        return UNKNOWN
    return with_ends(decimal(row["orders"], 2), row["orders_low"], row["orders_high"], lambda end: decimal(end, 2))


_PERSON = message("a person on the list in the middle of the weeks; of a test by assignment")
_WEEKS = message("the weeks after those of the pace; of a test the weeks after the assignment")

FIGURES = (
    Figure(
        "left_by_pace", message("Left, by e-mails a week"), message("people who unsubscribed or complained / people"),
        _PERSON, "guide 4", ("pace_of_mail.value", "pace_of_mail.n", "pace_of_mail.people", "pace_of_mail.until",
                             "pace_of_mail.later"),
        window=_WEEKS, interval=WILSON, edge=BANNER,
    ),
    Figure(
        "complained_by_pace", message("Marked as spam, by e-mails a week"), message("people who complained / people"),
        _PERSON, "guide 4", ("pace_of_mail.complaints",), window=_WEEKS, interval=WILSON, edge=BANNER,
    ),
    Figure(
        "silent_by_pace", message("Did not click, by e-mails a week"),
        message("people without a click as people do / people"), _PERSON, "guide 4", ("pace_of_mail.silence",),
        window=_WEEKS, interval=WILSON, edge=message("the more mail, the more chances to click; opens do not count"),
    ),
    Figure(
        "orders_by_pace", message("Orders a person, by e-mails a week"), message("orders / people"), _PERSON, "guide 4",
        ("pace_of_mail.orders",), window=_WEEKS, interval=message("95 %: bootstrap's t over people"), edge=BANNER,
    ),
    Figure(
        "pace_slope", message("Leaving for each e-mail a week more"), message("log odds of leaving, by pace"), _PERSON,
        "Liang & Zeger (1986), doi:10.1093/biomet/73.1.13", ("pace_of_mail.slope",), window=_WEEKS,
        edge=message("only where the pace was drawn at random"),
    ),
)  # fmt: skip
