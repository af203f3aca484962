"""The signals of health: what each measures, in which direction, over which window, and how old it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kit.messages import message
from kit.questions.customer_health.weeks import OWN_SIGNS, trailing

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.messages import Message
    from kit.questions.customer_health.weeks import Matrix, Weeks

MONTH, QUARTER, HALF_YEAR, YEAR = 4, 13, 26, 52
"""Windows [weeks]."""

FEWEST_MAILS, FEWEST_MESSAGES = 3, 5
"""Mails delivered, and messages written, from which a share of them is one."""

SEVERAL_DAYS = 3
"""Rows of use on so many days of the week make days of use; else they are sums of weeks."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal.

    Attributes:
        key: its name, in kit.toml too.
        group: the part of the relation that it is about, a key of GROUPS.
        title: as readers meet it.
        table: the canonical table that it is from.
        kinds: of touches, of which one must be there.
        unit: of the value.
        better: "higher" or "lower" values are healthier.
        window: over which it is taken [weeks].
        history: weeks of an account before it has one.
        age: a value that is missing later is taken for so many weeks more, then it is stale and missing.
        weight: of the component, where kit.toml says none.
        anchors: the values at 0 and 100 where the training dates show no spread.
        everyone: an account that is not in the table has none of it; else it is unknown.
        action: what to do where it is what pulled a score down.
        value: of each account and week.
    """

    key: str
    group: str
    title: Message
    table: str
    kinds: tuple[str, ...]
    unit: str
    better: str
    window: int
    age: int
    weight: float
    anchors: tuple[float, float]
    action: Message
    value: Callable[[Weeks], Matrix]
    history: int = 0
    everyone: bool = False


GROUPS = {
    "usage": message("Product usage"),
    "billing": message("Billing"),
    "tickets": message("Support"),
    "voice": message("Voice of the customer"),
    "touches": message("Marketing touchpoints"),
    "mail": message("Campaign e-mails"),
    "talk": message("Correspondence"),
    "deals": message("Sales opportunities"),
}


TWICE = 2.0
"""What a month after months of nothing is against them."""


def _ratio(over: Matrix, under: Matrix, least: float = 0.0) -> Matrix:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(under > least, over / under, np.nan).astype(np.float32)


def _against_past(kind: str, *, counted: bool = False, add: float = 0.0, past: int = 3) -> Callable[[Weeks], Matrix]:
    """A month against the mean of the months before; `add` keeps few from looking like much."""

    def value(weeks: Weeks) -> Matrix:
        weekly = weeks.week_sums(kind, counted=counted)
        month = trailing(weekly, MONTH)
        before = (trailing(weekly, MONTH * (past + 1)) - month) / past
        return _trend(month + add, (before + add).astype(np.float32))

    return value


def _use_trend(weeks: Weeks) -> Matrix:
    """The same of use; where its rows are months, the latest month against the mean of the three months before."""
    if not weeks.by_month("use"):
        return _against_past("use")(weeks)
    ends = weeks.month_ends("use")[None, :].astype(np.float32)
    weekly = weeks.week_sums("use") * ends
    sums, months = trailing(weekly, MONTH), trailing(ends, MONTH)
    sums_before = trailing(weekly, MONTH + QUARTER) - sums
    months_before = trailing(ends, MONTH + QUARTER) - months
    value = _trend(np.nan_to_num(_ratio(sums, months)), np.nan_to_num(_ratio(sums_before, months_before)))
    return np.where((months > 0) & (months_before > 0), value, np.nan).astype(np.float32)


def _trend(now: Matrix, before: Matrix) -> Matrix:
    """Now against before; nothing after nothing is 0, since who has stopped for long has not become unknown."""
    return np.where(before > 0, _ratio(now, before), np.where(now > 0, TWICE, 0.0)).astype(np.float32)


def _share(part: str, whole: str, window: int, least: int) -> Callable[[Weeks], Matrix]:
    return lambda weeks: _ratio(weeks.total(part, window), weeks.total(whole, window), least - 0.5)


def _licence_use(weeks: Weeks) -> Matrix:
    return _ratio(weeks.mean("users", MONTH), weeks.mean("licences", MONTH))


def _spend(weeks: Weeks) -> Matrix:
    """The mean payment against the one before: a quarter holds two or three of a month, so sums would jump."""
    weekly, paid = weeks.week_sums("charge") + weeks.week_sums("refund"), weeks.week_sums("charge", counted=True)
    sums, counts = trailing(weekly, QUARTER), trailing(paid, QUARTER)
    before = _ratio(trailing(weekly, 2 * QUARTER) - sums, trailing(paid, 2 * QUARTER) - counts)
    return _ratio(_ratio(sums, counts), before)


def _unpaid_days(weeks: Weeks) -> Matrix:
    """Days since the first failed payment that no successful one followed; 0 where there is none."""
    failed, paid = weeks.week_sums("failed", counted=True) > 0, weeks.week_sums("charge", counted=True) > 0
    since = np.full(failed.shape[0], np.nan, np.float32)
    out = np.empty(failed.shape, np.float32)
    for week, day in enumerate(weeks.days):
        since = np.where(paid[:, week], np.nan, since)
        since = np.where(failed[:, week] & ~paid[:, week] & np.isnan(since), day, since)
        out[:, week] = np.where(np.isnan(since), 0, day - since + 7)
    return out


def _nps(weeks: Weeks) -> Matrix:
    return _ratio(weeks.standing("nps"), weeks.standing("nps", counted=True))


_USAGE, _BILLING, _TICKETS, _TALK = "usage", "billing", "tickets", "talk"
_CALL_USE = message("Ask what has changed in the team's work, and offer to show features that they do not use yet.")
_CALL_PAY = message("Call about the payment before the subscription ends.")
_SUPPORT = message("Go through the open requests with support, and call when each has an answer.")
_VOICE = message("Call back about the low score, and explain what you will do about it.")
_WRITE = message("Write a personal message with a question that needs an answer, not a newsletter.")
_SALES = message("Ask the account's owner to go through the deals with the customer.")

SIGNALS = {
    signal.key: signal
    for signal in (
        Signal(
            "use_days", "usage", message("Days of use in 28 days"), _USAGE, ("use_day",), "days", "higher",
            MONTH, 4, 3.0, (0.0, 20.0), _CALL_USE, lambda weeks: weeks.total("use_day", MONTH), history=MONTH,
        ),
        Signal(
            "use_trend", "usage", message("Usage in 28 days compared with the 84 days before"), _USAGE, ("use",),
            "ratio", "higher",
            MONTH, 4, 3.0, (0.4, 1.1), _CALL_USE, _use_trend, history=4 * MONTH,
        ),
        Signal(
            "licence_use", "usage", message("Share of licences used"), _USAGE, ("licences",), "share",
            "higher", MONTH, 4, 2.0, (0.2, 0.9), _CALL_USE, _licence_use, history=MONTH,
        ),
        Signal(
            "stickiness", "usage", message("Daily active users per monthly active user (DAU/MAU)"), _USAGE,
            ("daily_users",), "share", "higher", MONTH, 4, 1.0, (0.05, 0.4), _CALL_USE,
            lambda weeks: _ratio(weeks.mean("daily_users", MONTH), weeks.mean("monthly_users", MONTH)), history=MONTH,
        ),
        Signal(
            "spend_trend", "billing", message("Average payment in 91 days compared with the 91 days before"),
            _BILLING, ("charge",),
            "ratio", "higher", QUARTER, 8, 2.0, (0.5, 1.05), _CALL_PAY, _spend, history=2 * QUARTER,
        ),
        Signal(
            "failed_payments", "billing", message("Failed payments in 91 days"), _BILLING, ("failed",), "payments",
            "lower", QUARTER, 8, 2.0, (2.0, 0.0), _CALL_PAY,
            lambda weeks: weeks.total("failed", QUARTER, counted=True),
        ),
        Signal(
            "unpaid_days", "billing", message("Days since a failed payment that is still unpaid"), _BILLING,
            ("failed",),
            "days", "lower", 1, 8, 2.0, (30.0, 0.0), _CALL_PAY, _unpaid_days,
        ),
        Signal(
            "ticket_trend", "tickets", message("Requests in 28 days compared with the 84 days before"), _TICKETS,
            ("ticket",),
            "ratio", "lower", MONTH, 4, 1.0, (3.0, 1.0), _SUPPORT, _against_past("ticket", counted=True, add=1.0),
            history=4 * MONTH, everyone=True,
        ),
        Signal(
            "open_tickets", "tickets", message("Open requests"), _TICKETS, ("open_ticket",), "requests", "lower", 1, 4,
            1.5, (4.0, 0.0), _SUPPORT, lambda weeks: weeks.standing("open_ticket", counted=True), everyone=True,
        ),
        Signal(
            "urgent_tickets", "tickets", message("Urgent requests in 91 days"), _TICKETS, ("urgent",), "requests",
            "lower", QUARTER, 4, 1.5, (3.0, 0.0), _SUPPORT, lambda weeks: weeks.total("urgent", QUARTER, counted=True),
            everyone=True,
        ),
        Signal(
            "nps", "voice", message("Likelihood to recommend (0 to 10), latest answers in a year"), "surveys", ("nps",
                                                                                                                ),
            "points",
            "higher", 1, 0, 2.0, (3.0, 9.5), _VOICE, _nps,
        ),
        Signal(
            "csat", "voice", message("Share of satisfied answers in half a year"), "surveys", ("csat",), "share",
            "higher",
            HALF_YEAR, 13, 1.5, (0.3, 1.0), _VOICE, lambda weeks: weeks.mean("csat", HALF_YEAR, 2),
        ),
        Signal(
            "touches", "touches", message("Visits, downloads, reviews in 91 days"), "conversions", ("touch",),
            "actions", "higher", QUARTER, 4, 1.0, (0.0, 4.0), _WRITE,
            lambda weeks: weeks.total("touch", QUARTER, counted=True), history=QUARTER,
        ),
        Signal(
            "mail_opened", "mail", message("Share of e-mails opened by people in 91 days"), "messages",
            ("mail_opened",),
            "share", "higher", QUARTER, 13, 0.5, (0.0, 0.5), _WRITE,
            _share("mail_opened", "mail_trackable", QUARTER, FEWEST_MAILS),
        ),
        Signal(
            "mail_clicked", "mail", message("Share of e-mails clicked by people in 91 days"), "messages",
            ("mail_clicked",),
            "share", "higher", QUARTER, 13, 0.5, (0.0, 0.2), _WRITE,
            _share("mail_clicked", "mail", QUARTER, FEWEST_MAILS),
        ),
        Signal(
            "unsubscribed", "mail", message("People unsubscribed in half a year"), "messages", ("mail",), "people",
            "lower",
            HALF_YEAR, 13, 1.0, (2.0, 0.0), _WRITE, lambda weeks: weeks.total("unsubscribed", HALF_YEAR, counted=True),
        ),
        Signal(
            "contact_days", "talk", message("Days since the last message in either direction"), "correspondence",
            ("mail_in", "mail_out"), "days", "lower", 1, 4, 1.0, (120.0, 14.0), _WRITE,
            lambda weeks: weeks.latest(("mail_in", "mail_out")),
        ),
        Signal(
            "talk_trend", "talk", message("The customer's messages in 28 days compared with the 84 days before"),
            "correspondence",
            ("mail_in",), "ratio", "higher", MONTH, 4, 1.0, (0.3, 1.0), _WRITE,
            _against_past("mail_in", counted=True, add=1.0), history=4 * MONTH,
        ),
        Signal(
            "reply_rate", "talk", message("Share of our first messages answered within 7 days, in half a year"),
            "correspondence", ("begun",), "share", "higher", HALF_YEAR, 8, 1.0, (0.1, 0.8), _WRITE,
            _share("answered", "begun", HALF_YEAR, 2),
        ),
        Signal(
            "tone", "talk", message("Share of the customer's messages that are negative, in 91 days"), "correspondence",
            ("tone",), "share", "lower", QUARTER, 8, 1.0, (0.6, 0.0), _SUPPORT,
            lambda weeks: weeks.mean("tone", QUARTER, FEWEST_MESSAGES),
        ),
        Signal(
            "open_deals", "deals", message("Open deals"), "deals", ("open_deal",), "deals", "higher", 1, 0, 0.5,
            (0.0, 2.0), _SALES, lambda weeks: weeks.standing("open_deal", counted=True),
        ),
        Signal(
            "lost_deals", "deals", message("Deals lost in half a year"), "deals", ("lost_deal",), "deals", "lower",
            HALF_YEAR, 8, 0.5, (2.0, 0.0), _SALES, lambda weeks: weeks.total("lost_deal", HALF_YEAR, counted=True),
        ),
    )
}  # fmt: skip
"""Every signal, by its key."""


def start() -> dict[str, dict[str, tuple[str, Message]]]:
    """What kit.toml may begin with: of each signal the kit's own weight and anchors as TOML, and what it is."""
    return {
        "health.weights": {key: (str(signal.weight), signal.title) for key, signal in SIGNALS.items()},
        "health.anchors": {key: (str(list(signal.anchors)), signal.title) for key, signal in SIGNALS.items()},
    }


def of(weeks: Weeks) -> dict[str, Matrix]:
    """The value of each signal that the touches can tell, an account a row and a week a column; NaN: not known.

    A signal is not known where its account is too new, where its source was dark in the window (an outage is no
    silence), and of accounts that are in no row of the source unless that means that there is nothing. A value that
    was known stays for `age` weeks.
    """
    values = {}
    for signal in SIGNALS.values():
        if not any(weeks.has(kind) for kind in signal.kinds) or (signal.key == "use_days" and not _daily(weeks)):
            continue
        value = signal.value(weeks).astype(np.float32)
        if signal.age:
            value[:, weeks.window_is_dark(signal.table, max(signal.window, signal.history))] = np.nan
        seen = weeks.started if signal.everyone else weeks.seen(signal.table)
        value[weeks.days[None, :] < seen[:, None] + 7 * signal.history] = np.nan
        values[signal.key] = carried(value, signal.age)
    return values


def _daily(weeks: Weeks) -> bool:
    """Whether days of use are days, and not the sums of weeks."""
    rows = weeks.touches.get("use_day")
    return rows is not None and len(np.unique(rows["day"] % 7)) >= SEVERAL_DAYS


def carried(value: Matrix, age: int) -> Matrix:
    """With what was last known, up to so many weeks ago, where nothing is."""
    if age == 0:
        return value
    known = ~np.isnan(value)
    columns = np.arange(value.shape[1])
    last = np.maximum.accumulate(np.where(known, columns[None, :], -1), axis=1)
    filled = np.take_along_axis(value, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & (columns[None, :] - last <= age), filled, np.nan).astype(np.float32)


def silent_days(weeks: Weeks) -> Matrix:
    """Days since an account last did anything by itself; NaN where no source tells."""
    return weeks.latest(OWN_SIGNS)
