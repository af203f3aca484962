"""Who has lapsed: by the chance that people as long silent come back, and by whether that chance held before.

The chance comes from the log itself: of those who kept silent as long after as many occasions, the share that came
back within the next days. What the firm did meanwhile, its mail among it, is in the chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.errors import UsageError
from kit.judging import LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import KAPLAN_MEIER, WILSON, Figure
from kit.questions.retention.occasions import check_what, last_day, occasions, of_people
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import commas, day, decimal, known, points, share, whole, with_interval
from kit.show.picture import BAD, GOOD, INK, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import landmark, proportions
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from datetime import date

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.landmark import Landmark
    from kit.store import Data

STRATA = 3
"""First, second, and third or later occasion: each has a curve of its own."""

LANDMARKS = 4
"""Days at which the chance is checked: each one horizon before the next, the last one horizon before the data's end."""

AFTER_MAIL = 7
"""Days after a mail in which coming back may be its doing."""

STATES = {
    "active": message("Active"),
    "at risk": message("At risk"),
    "lapsed": message("Lapsed"),
    "long silent": message("Long silent"),
    "not known": message("Not known"),
}
"""By the chance to come back: above the limit of risk, between the limits, up to the limit of the lapsed; of the long
silent only an upper bound is known, which is above that limit."""

WHOLE = "silence runs up to `as_of`, whatever the period"
"""Why a period does not narrow who has lapsed."""

PURCHASES = ["contact_key", "day", "worth"]
CUSTOMERS = ["contact_key", "first", "last", "occasions", "silent", "worth", "chance", "bounded", "state"]
OF_STATES = ["state", "n", "value", "low", "high", "expected", "worth"]
CHECKS = ["until", "state", "n", "expected", "expected_low", "expected_high", "returned", "value", "low", "high"]
ALL = "all"
"""The row of a check that is of all customers whose chance is known, and not only an upper bound of it."""


def measure(data: Data, *, what: str = "order", days: int = 90, lapsed: float = 0.1, at_risk: float = 0.25) -> States:
    """Who is active, at risk or lapsed, and whether the same rule held in the last days.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        what: "order", or "visit" for orders and appointments.
        days: ahead.
        lapsed: up to this chance to come back within `days` a person has lapsed.
        at_risk: up to this chance a person is at risk.

    Raises:
        UsageError: an unknown `what`, days that are none, or limits that are no shares in rising order.
        EmptyError: the data holds no time.

    Source: guide 4; landmark Kaplan-Meier by order number (van Houwelingen 2007).
    """
    check_what(what)
    if days <= 0:
        raise UsageError(_("days: {days} must be above 0.", days=str(days)))
    if not 0 < lapsed < at_risk < 1:
        raise UsageError(_("lapsed and at_risk must be shares in rising order, such as 0.1 and 0.25."))
    bought = purchases(data, what)
    if bought.empty:
        return judge(bought, None, days=days, lapsed=lapsed, at_risk=at_risk, what=what)
    mailed = returned_after_mail(data, what)
    return judge(bought, last_day(data), days=days, lapsed=lapsed, at_risk=at_risk, after_mail=mailed, what=what)


@scope.count("orders", "conversions", whole=WHOLE, unfiltered=scope.NO_CAMPAIGN)
def purchases(data: Data, what: str = "order") -> pd.DataFrame:
    """The days on which people bought, or came.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        what: "order", or "visit" for orders and appointments.

    Returns:
        A row a person and day up to `as_of`: contact_key, day, worth [money net of refunds; NULL: not known].
    """
    rows = occasions(data, what)
    if rows is None:
        return pd.DataFrame(columns=PURCHASES)
    return (
        of_people(rows)
        .group_by("contact_key", "day")
        .agg(worth=col.worth.sum().round(2))
        .order_by("contact_key", "day")
        .to_pandas()
        .assign(day=lambda frame: pd.to_datetime(frame["day"]))
    )


@scope.count("orders", "conversions", whole=WHOLE, unfiltered=scope.NO_CAMPAIGN)
def returned_after_mail(data: Data, what: str = "order") -> pd.DataFrame:
    """Days on which people came back, and of them those soon after a mail: one row, returned, after_mail.

    No row without an event log, or where nobody came.
    """
    rows, messages = occasions(data, what), scope.history(data, MESSAGES.name)
    if rows is None or messages is None:
        return pd.DataFrame(columns=["returned", "after_mail"])
    again = of_people(rows).filter(col.day > col.first).select("contact_key", "day").distinct()
    begins = messages.sent_local.min().as_scalar()
    again = again.filter(col.day.cast("timestamp") >= begins)
    mails = messages.filter(col.reached & col.contact_key.notnull()).select(person="contact_key", sent="sent_local")
    soon = again.join(
        mails,
        [
            again.contact_key == mails.person,
            mails.sent.date() <= again.day,
            mails.sent.date() > again.day - ibis.interval(days=AFTER_MAIL),
        ],
    )
    numbers = [table.count().to_pyarrow().as_py() for table in (again, soon.select("contact_key", "day").distinct())]
    return pd.DataFrame([numbers], columns=["returned", "after_mail"])


def judge(
    bought: pd.DataFrame,
    until: date | None,
    *,
    days: int = 90,
    lapsed: float = 0.1,
    at_risk: float = 0.25,
    after_mail: pd.DataFrame | None = None,
    what: str = "order",
    level: float = LEVEL,
) -> States:
    """Who is active, at risk or lapsed, and whether the same rule held before.

    Args:
        bought: what `purchases` returned.
        until: the day up to which the data knows.
        days: ahead.
        lapsed: up to this chance a person has lapsed.
        at_risk: up to this chance a person is at risk.
        after_mail: what `returned_after_mail` returned.
        what: that `bought` is of.
        level: confidence.

    Source: as for `measure`.
    """
    limits = (lapsed, at_risk)
    if until is None or bought.empty:
        empty = pd.DataFrame(columns=CUSTOMERS).astype({"first": "datetime64[us]", "last": "datetime64[us]"})
        return States(
            what, pd.Timestamp("NaT"), days, limits, empty, _of_states(empty, None, limits, level),
            pd.DataFrame(columns=CHECKS), None, 0, nan_pair(), empty,
            message("the data contains no order or visit by a known person"),
        )  # fmt: skip
    end = pd.Timestamp(until)
    people, model, draws = at(bought, end, days=days, limits=limits)
    before, checks = people.head(0), []
    for back in range(LANDMARKS, 0, -1):
        earlier = end - pd.Timedelta(days=days * back)
        before, _then, drawn = at(bought, earlier, days=days, limits=limits)
        checks.append(_check(before, drawn, bought, (earlier, earlier + pd.Timedelta(days=days)), level))
    frame = pd.concat(checks, ignore_index=True) if any(map(len, checks)) else checks[-1]
    reason = (
        "" if model else message("fewer than {n} people came back, or nobody was followed for long enough", n=PEOPLE)
    )
    mailed = after_mail.iloc[0].tolist() if after_mail is not None and len(after_mail) else nan_pair()
    table = _of_states(people, draws, limits, level)
    return States(
        what, end, days, limits, people, table, frame, model, len(people), (mailed[0], mailed[1]), before, reason
    )


def nan_pair() -> tuple[float, float]:
    """Two numbers that are not known."""
    return float("nan"), float("nan")


def at(
    bought: pd.DataFrame, end: pd.Timestamp, *, days: int, limits: tuple[float, float], resampled: bool = True
) -> tuple[pd.DataFrame, Landmark | None, np.ndarray | None]:
    """The customers as they were known on a day.

    Args:
        bought: what `purchases` returned.
        end: the day; what was bought later is not looked at.
        days: ahead.
        limits: of the chance: lapsed and at risk.
        resampled: whether people are drawn again for the intervals, which takes most of the time.

    Returns:
        A row a person: contact_key, first, last [days], occasions [days with any], silent [days since the last], worth
        [money of all; NaN: not all is known], chance, bounded, state [of STATES]; the curves, None: too few came back;
        and the chances of people drawn again, a row a draw.
    """
    known_then = bought[bought["day"] <= end].sort_values(["contact_key", "day"], kind="stable")
    person = known_then.groupby("contact_key", sort=True)
    number = person.cumcount()
    following = person["day"].shift(-1)
    length = (following.fillna(end) - known_then["day"]).dt.days
    stratum = number.clip(upper=STRATA - 1)
    watched = landmark.spells(stratum, length, following.notna(), known_then["contact_key"])
    model = landmark.fit(watched, horizon=days) if len(known_then) else None
    people = person.agg(
        first=("day", "min"), last=("day", "max"), occasions=("day", "size"), worth=("worth",
        lambda w: w.sum(skipna=False))
    ).reset_index()  # fmt: skip
    people["silent"] = (end - people["last"]).dt.days
    codes = (people["occasions"] - 1).clip(upper=STRATA - 1)
    if model is None:
        return people.assign(chance=np.nan, bounded=False, state="not known")[CUSTOMERS], None, None
    value, bounded = landmark.chance(model, codes, people["silent"])
    draws = landmark.resampled(watched, model, codes, people["silent"]) if resampled else None
    people = people.assign(chance=value, bounded=bounded)
    return people.assign(state=_state(value, bounded, limits))[CUSTOMERS], model, draws


def _state(value: np.ndarray, bounded: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    conditions = [np.isnan(value), value <= limits[0], bounded, value <= limits[1]]
    return np.select(conditions, ["not known", "lapsed", "long silent", "at risk"], "active")


def _of_states(
    people: pd.DataFrame, draws: np.ndarray | None, limits: tuple[float, float], level: float
) -> pd.DataFrame:
    """A row a state that anybody is in; the interval of its share is of people drawn again."""
    rows = []
    total = len(people)
    bounded = people["bounded"].to_numpy(bool)
    drawn = None if draws is None else np.stack([_state(values, bounded, limits) for values in draws])
    for name in STATES:
        inside = (people["state"] == name).to_numpy()
        n = int(inside.sum())
        if not n:
            continue
        ends = (np.nan, np.nan)
        if drawn is not None:
            low, high = np.quantile((drawn == name).mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
            ends = min(float(low), n / total), max(float(high), n / total)
        mine = people[inside]
        rows.append((name, n, n / total, *ends, mine["chance"].mean(), mine["worth"].sum(skipna=False)))
    return pd.DataFrame(rows, columns=OF_STATES)


def _check(
    people: pd.DataFrame,
    draws: np.ndarray | None,
    bought: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    level: float,
) -> pd.DataFrame:
    """What was expected on the first day of the span, and what happened in it; no row where nothing was expected."""
    kept, (begin, end) = people["chance"].notna().to_numpy(), span
    if draws is None or kept.sum() < PEOPLE:
        return pd.DataFrame(columns=CHECKS)
    came = bought.loc[(bought["day"] > begin) & (bought["day"] <= end), "contact_key"]
    returned = people["contact_key"].isin(came).to_numpy()
    rows = []
    for name in (*STATES, ALL):
        inside = kept & ((people["state"] == name).to_numpy() if name != ALL else ~people["bounded"].to_numpy(bool))
        n = int(inside.sum())
        if not n:
            continue
        expected = float(people.loc[inside, "chance"].mean())
        drawn = draws[:, inside]
        whole_draws = drawn[~np.isnan(drawn).any(axis=1)]  # in others fewer than LEAST were watched for so long
        ends = (
            np.quantile(whole_draws.mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
            if len(whole_draws)
            else [np.nan] * 2
        )
        x = int(returned[inside].sum())
        low, high = proportions.proportion_interval(x, n, level=level)
        rows.append((begin, name, n, expected, *map(float, ends), x, x / n, float(low), float(high)))
    return pd.DataFrame(rows, columns=CHECKS)


@result
class States(Result):
    """Who is active, at risk or lapsed.

    Attributes:
        what: people come back for: "order" or "visit".
        until: the day up to which the data knows; NaT: none.
        days: ahead.
        limits: of the chance: lapsed and at risk.
        people: a row a customer, as `at` has them.
        states: a row a state: state, n [people], value, low, high [share of all customers], expected [mean chance to
            come back], worth [money so far; NaN: not all is known].
        checks: a row a day and state: until, state [of STATES, or "all"], n [people], expected, expected_low,
            expected_high [share to come back within `days`], returned [people], value, low, high [share].
        model: the curves; None where nothing is known.
        customers: people.
        after_mail: days on which people came back, and of them those within a week of a mail; NaN: no log.
        before: the customers as they were known `days` earlier.
        reason: why nothing is known; "" where it is.
    """

    what: str
    until: pd.Timestamp
    days: int
    limits: tuple[float, float]
    people: pd.DataFrame
    states: pd.DataFrame
    checks: pd.DataFrame
    model: Landmark | None
    customers: int
    after_mail: tuple[float, float]
    before: pd.DataFrame
    reason: str | Message = ""

    def summary(self) -> Summary:
        """How many have lapsed, and how many are too long silent to tell."""
        numbers: dict[str, Any] = {"customers": self.customers}
        if self.reason:
            text = _("It is not known who has lapsed: {reason}.", reason=self.reason)
            return Summary("lapsed", text, numbers)
        by = self.states.set_index("state")
        gone = by.loc["lapsed"] if "lapsed" in by.index else None
        sizes = dict(zip(self.states["state"], map(int, self.states["n"]), strict=True))
        numbers |= sizes
        if gone is None:
            text = _n(
                "The {n} customer has not clearly lapsed: the chance to come back within {days} days may be above "
                "{limit}.",
                "None of {n} customers has clearly lapsed: the chance to come back within {days} days may be above "
                "{limit} for each of them.",
                self.customers, days=self.days, limit=share(self.limits[0], 0),
            )  # fmt: skip
        else:
            numbers["value"] = gone["value"]
            text = _(
                "{lapsed} of {n} customers have lapsed, {value}. Of people like them, at most {limit} come back "
                "within {days} days.",
                lapsed=whole(gone["n"]), n=whole(self.customers), value=cells.rate(gone), days=self.days,
                limit=share(self.limits[0], 0),
            )  # fmt: skip
        silent = sizes.get("long silent", 0)
        if silent:
            more = _n(
                "{n} more customer has been silent for too long for this log to judge.",
                "{n} more customers have been silent for too long for this log to judge.",
                silent,
            )
            text = f"{text} {more}"
        return Summary("lapsed", text, numbers, headline=True, weight=48)

    def check_summary(self) -> Summary:
        """Whether the chance held in the last days of the data."""
        rows = self.checks[self.checks["state"] == ALL]
        if rows.empty:
            text = _(
                "It is not known whether the chances were right before: the log is too short to test the last {n} "
                "days.",
                n=self.days,
            )
            return Summary("lapsed_check", text, {})
        row = rows.iloc[-1]
        numbers = {"expected": row["expected"], "value": row["value"], "n": row["n"]}
        values = {
            "days": self.days,
            "expected": with_interval(row["expected"], row["expected_low"], row["expected_high"]),
            "value": cells.rate(row),
        }
        if row["high"] < row["expected_low"]:
            text = _(
                "Fewer customers come back than before: {value} in the last {days} days, while {expected} were "
                "expected. Treat the chances as too high.",
                **values,
            )
        elif row["low"] > row["expected_high"]:
            text = _(
                "More customers come back than before: {value} in the last {days} days, while {expected} were "
                "expected. Treat the chances as too low.",
                **values,
            )
        else:
            text = _(
                "Over all customers, the rule was right in the last {days} days: {value} came back, {expected} were "
                "expected.",
                **values,
            )
        called = self.checks[self.checks["state"] == "lapsed"]
        if len(called):
            n, returned = int(called["n"].sum()), int(called["returned"].sum())
            expected = float(np.average(called["expected"], weights=called["n"]))
            low, high = map(float, proportions.proportion_interval(returned, n, level=LEVEL))
            numbers |= {"lapsed": returned / n, "lapsed_expected": expected, "lapsed_n": n}
            if low > expected:
                caution = _(
                    "But of those called lapsed on the {spans} test days, {value} came back, while {expected} were "
                    "expected. The list of lapsed customers includes people who come back by themselves.",
                    spans=len(called), value=with_interval(returned / n, low, high), expected=share(expected),
                )  # fmt: skip
                text = f"{text} {caution}"
        return Summary("lapsed_check", text, numbers, headline=True, weight=30)

    def table(self) -> Table:
        """The states and who is in them."""
        columns = (
            Column("state", message("State"), STATES.__getitem__),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
            Column(
                "expected",
                message("Chance to come back within {days} days", days=self.days),
                share, unit="share", number=True,
            ),
            Column("worth", message("Spent so far"), whole, unit="money", number=True),
        )  # fmt: skip
        return Table("lapsed", message("Customers by their chance to come back"), self.states, columns, self._notes(),
                     message("{reason}.", reason=self.reason))  # fmt: skip

    def _notes(self) -> tuple[str, ...]:
        if self.model is None:
            return ()
        limits = [share(limit, 0) for limit in self.limits]
        known_for = [decimal(last, 0) for last in self.model.last]
        notes = [
            _(
                "Lapsed: a chance of at most {lapsed}. At risk: at most {risk}. Long silent: a chance of at most "
                "that after the longest silence known, which is above {lapsed}.",
                lapsed=limits[0], risk=limits[1],
            ),
            _(
                "Landmark Kaplan-Meier by order number (1, 2, 3 and more). Chances are available for silences of up "
                "to {days} days. The brackets are 95 % intervals from resampled people.",
                days=commas(known_for),
            ),
        ]  # fmt: skip
        returned, mailed = self.after_mail
        if known(returned) and returned:
            notes.append(
                _(
                    "The chance includes what the firm did: of {n} days on which people came back, {share} were "
                    "within {days} days after an e-mail to them.",
                    n=whole(returned),
                    share=share(mailed / returned),
                    days=AFTER_MAIL,
                )
            )
        else:
            notes.append(_("The chance includes everything the firm did to bring people back, including its e-mails."))
        return tuple(notes)

    def check_table(self) -> Table:
        """What was expected at earlier days, and what happened."""
        columns = (
            Column("until", message("Data up to"), day),
            Column("state", message("State then"), lambda name: STATES.get(name, message("All with a known chance"))),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("expected", message("Expected to come back"), cells.rate_of("expected"), unit="share", number=True,
                   whole_row=True),
            Column("value", message("Came back"), cells.rate, unit="share", number=True, whole_row=True),
            Column("difference", message("Difference from expected (points)"), points, unit="share", number=True),
        )  # fmt: skip
        frame = self.checks.assign(difference=self.checks["value"] - self.checks["expected"])
        notes = (
            _(
                "Each day uses only what was known then, followed by {days} days of waiting. Differences that "
                "follow the season or grow are drift: conditions have changed.",
                days=self.days,
            ),
            message("For the long silent, the expected share is an upper bound."),
        )
        empty = message("the log is too short for a check.")
        return Table("lapsed_check", message("Were the chances right?"), frame, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The chance to come back by days of silence, for first, second and later orders."""
        title = _("Chance to come back within {days} days, by days of silence", days=self.days)
        if self.model is None:
            return nothing("lapsed", title, self.reason)
        model, ends = self.model, []
        with drawing(3.4, ax) as axes:
            for place, (last, color, dashes) in enumerate(zip(model.last, LINES.values(), LINES, strict=False)):
                if not known(last):
                    continue
                strata = [code for code, of in enumerate(model.of_stratum) if of == place]
                silent = np.arange(0, last + 1)
                value, _bounded = landmark.chance(model, np.full(silent.shape, strata[0]), silent)
                name = _names(strata)
                axes.plot(silent, value, dashes, color=color, label=name, linewidth=1.8)
                ends.append(
                    _("{name} from {first} to {value} after {days} days", name=name, first=share(value[0]),
                      value=share(value[-1]), days=whole(last))
                )  # fmt: skip
            for limit, name in zip(self.limits, ("lapsed", "at risk"), strict=True):
                axes.axhline(limit, color=QUIET, linewidth=1)
                axes.annotate(str(STATES[name]), (1, limit), xycoords=("axes fraction", "data"), ha="right", va="top",
                              color=INK, fontsize=9)  # fmt: skip
            axes.set_ylim(bottom=0)
            axes.set_xlim(left=0)
            axes.yaxis.set_major_formatter(percent(1))
            axes.set_xlabel(_("days since the last order"))
            axes.legend(loc="upper right", frameon=False, fontsize=9.5)
            alt = _("{title}: {lines}.", title=title, lines=commas(ends))
            return picture(axes, name="lapsed", title=title, alt=alt)


LINES = {"-": PLAIN, "--": GOOD, ":": BAD}


def _names(strata: list[int]) -> str:
    """Which orders a curve is of."""
    first, last = strata[0] + 1, strata[-1] + 1
    if last == STRATA:
        return _("after any order") if first == 1 else _("after order {n} or later", n=first)
    return _("after order {n}", n=first) if first == last else _("after order {n} or {last}", n=first, last=last)


_PERSON = message("a person who ordered, by address")
_LANDMARK = f"{KAPLAN_MEIER}; van Houwelingen (2007), doi:10.1111/j.1467-9469.2006.00529.x"
_DRAWN = message("95 %: people resampled (bootstrap)")

FIGURES = (
    Figure(
        "return_chance", message("Chance to come back"),
        message("1 - S(silence + days) / S(silence); S is the share not back by days since the order, separately by "
                "order number"),
        _PERSON,
        _LANDMARK,
        (
            *("lapsed.expected", "lapsed_check.expected", "lapsed_check.difference", "lapsed_check.lapsed_expected"),
            "lapsed_list.chance",
        ),
        window=message("the days ahead; silence runs up to as_of"), interval=_DRAWN,
        edge=message(
            "known while at least 30 people are followed; beyond that, the last known chance is an upper bound. "
            "Orders of one day count as one. An order number with fewer than 30 returns shares the curve of its "
            "neighbour"
        ),
    ),
    Figure(
        "lapsed_share", message("Customers in a state"), message("customers in the state / all customers"), _PERSON,
        "guide 4",
        ("lapsed.n", "lapsed.value", "lapsed.customers", *(f"lapsed.{name}" for name in STATES)),
        window=message("on the day of as_of"), interval=_DRAWN,
        edge=message("lapsed: a chance of at most 10 %; at risk: at most 25 %; both are parameters"),
    ),
    Figure(
        "customers_worth", message("Spent so far"), message("sum of orders, net of refunds"), _PERSON, "guide 4",
        ("lapsed.worth", "lapsed_groups.worth", "lapsed_list.worth"),
        edge=message("not shown if an amount is missing or orders are in several currencies"),
    ),
    Figure(
        "returned_share", message("Came back"), message("customers with an order in the days after / customers on "
                                                        "that day"),
        _PERSON, "guide 4", ("lapsed_check.value", "lapsed_check.n", "lapsed_check.lapsed", "lapsed_check.lapsed_n"),
        window=message("the days after the day of the row"),
        interval=WILSON, edge=message("based only on what was known on that day"),
    ),
)  # fmt: skip
