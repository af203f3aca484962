"""The registry of KPIs.

A KPI is data: a new one is a new entry of KPIS. Rates are one count over another; they are never added or averaged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit import counts
from kit.counts.told import of_sent
from kit.errors import UsageError, nearest
from kit.judging import CAMPAIGNS
from kit.messages import _, message
from kit.metrics.figures import WILSON
from kit.show.entry import AUTHORITY, EDGE, FORMULA, INTERVAL, ONCE, WINDOW, ZONE, authority, described
from kit.show.formats import RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kit.messages import Message, Text
    from kit.store import Data

TIME_ZONE = message(
    "the firm's (time_zone in kit.toml); without it months are as in the file, and hours get no verdict"
)
"""Whose clock days and months are of, as `explain` says it."""


_WAIT = message("median time until first answer, of tickets")


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    Attributes:
        key: its name in frames and on the command line.
        title: as readers meet it at the head of a column.
        name: the same within a sentence.
        numerator: the count above the line; for a wait, what is waited for.
        denominator: the count below the line.
        better: which direction is good.
        stage: where on the way it stands: delivery, attention, action, harm, service.
        edge: how the hard cases are decided.
        source: the authority.
        kind: "rate" (a share of the denominator), "mean" (an amount for each of it) or "wait" (a time until).
        unit: of the value: share, money, minutes.
        counts: which frame of `kit.counts` has it: messages, answers, visits, waits.
        aliases: what it is called elsewhere; each finds it.
        raw: of people's reactions alone: the key of the same KPI with machines among them.
    """

    key: str
    title: str | Message
    name: str | Message
    numerator: str
    denominator: str
    better: Literal["higher", "lower"]
    stage: str
    edge: str | Message
    source: str
    kind: Literal["rate", "mean", "wait"] = "rate"
    unit: Literal["share", "money", "minutes"] = "share"
    counts: str = "messages"
    aliases: tuple[str, ...] = ()
    raw: str = ""

    @property
    def formula(self) -> str:
        """As a reader would write it: opened / delivered."""
        if self.kind == "wait":
            return str(_WAIT)
        return f"{self.numerator} / {self.denominator}"


USUAL = ("click_rate", "open_rate", "unsubscribe_rate", "bounce_rate")
"""The rates by which mail is compared where none is named: the first that is told."""

RAW_KPIS = ("open_rate", "click_rate", "click_to_open_rate")
"""KPIs in which machines are counted as people; where a log tells them apart, people's own speak (`speaking`)."""

_G1 = "guide 1, step 2"

KPIS = {
    kpi.key: kpi
    for kpi in (
        Kpi(
            "delivery_rate", message("Delivery rate"), message("delivery rate"),
            "delivered", "sent", "higher", "delivery",
            message("delivered = sent - bounced if the export has no count of delivered e-mails; the table shows "
                    "this"),
            _G1,
            aliases=("deliverability",),
        ),
        Kpi(
            "bounce_rate", message("Bounce rate"), message("bounce rate"), "bounced", "sent", "lower", "delivery",
            message("hard and soft bounces together; divided by sent, not delivered"),
            _G1,
            aliases=("bounces",),
        ),
        Kpi(
            "bounce_hard_rate", message("Hard bounce rate"), message("hard bounce rate"),
            "bounced_hard", "sent", "lower", "delivery",
            message("divided by sent, not delivered; an address that bounced and opened counts as bounced"),
            _G1,
            aliases=("hard_bounces",),
        ),
        Kpi(
            "bounce_soft_rate", message("Soft bounce rate"), message("soft bounce rate"),
            "bounced_soft", "sent", "lower", "delivery",
            message("mailbox full, server busy or message blocked; divided by sent"),
            _G1,
            aliases=("soft_bounces",),
        ),
        Kpi(
            "open_rate_human", message("Open rate (people)"), message("open rate (people)"),
            "opened_trackable", "delivered_trackable", "higher", "attention",
            message(
                "only people whose e-mail program, judging by their other e-mails, loads pictures only when they "
                "read. Others may read differently (kit explain opens_estimate). Available from event logs only"
            ),
            _G1,
            aliases=("human_opens",), raw="open_rate",
        ),
        Kpi(
            "open_rate", message("Open rate (raw)"), message("open rate (raw)"),
            "opened", "delivered", "higher", "attention",
            message(
                "an upper bound: programs that load every picture count as opens (Apple Mail Privacy Protection "
                "since September 2021)"
            ),
            _G1,
            aliases=("opens", "or"),
        ),
        Kpi(
            "click_rate_human", message("Click rate (people)"), message("click rate (people)"),
            "clicked_human", "delivered", "higher", "action",
            message(
                "without clicks that a strict rule attributes to a scanner. The rule: every link within 3 s, 3 "
                "links within 2 s, a click within 5 s of delivery, a scanner's program, a hidden link. Available "
                "from event logs only"
            ),
            _G1,
            aliases=("human_ctr",), raw="click_rate",
        ),
        Kpi(
            "click_rate", message("Click rate (raw)"), message("click rate (raw)"),
            "clicked", "delivered", "higher", "action",
            message(
                "people are counted, not clicks. An upper bound: security gateways that follow every link count as "
                "clickers. A click on the unsubscribe link does not count"
            ),
            _G1,
            aliases=("ctr", "clicks"),
        ),
        Kpi(
            "click_to_open_rate_human", message("Click-to-open rate (people)"), message("click-to-open rate (people)"),
            "clicked_trackable", "opened_trackable", "higher", "action",
            message("only people whose e-mail program shows when they read: clicks and opens by people alone"),
            _G1,
            aliases=("human_ctor",), raw="click_to_open_rate",
        ),
        Kpi(
            "click_to_open_rate", message("Click-to-open rate (raw)"), message("click-to-open rate (raw)"),
            "clicked", "opened", "higher", "action",
            message(
                "sum divided by sum, never the mean of campaigns' rates. Opens by machines lower it. Blocked "
                "pictures raise it: a click without a recorded open counts in the numerator only. With more "
                "clickers than openers, no rate is shown"
            ),
            _G1,
            aliases=("ctor",),
        ),
        Kpi(
            "conversion_rate", message("Conversion rate"), message("conversion rate"),
            "converted", "delivered", "higher", "action",
            message(
                "once per e-mail, within the window after it, credited to the last e-mail before the action; "
                "attributed, not proven to be caused by it"
            ),
            "guide 1, step 2; guide 2",
            aliases=("cr", "cvr", "conversions"),
        ),
        Kpi(
            "unsubscribe_rate", message("Unsubscribe rate"), message("unsubscribe rate"),
            "unsubscribed", "delivered", "lower", "harm",
            message("per e-mail; for a person who gets many e-mails, the risk adds up"),
            _G1,
            aliases=("unsub", "unsubs", "unsubscribes"),
        ),
        Kpi(
            "complaint_rate", message("Complaint rate"), message("complaint rate"),
            "complained", "delivered", "lower", "harm",
            message("Gmail's limits are 0.10 and 0.30 %"),
            "support.google.com/a/answer/14229414",
            aliases=("spam", "spam_rate"),
        ),
        Kpi(
            "reply_rate", message("Reply rate"), message("reply rate"), "replied", "delivered", "higher", "action",
            message("an out-of-office notice does not count as a reply"),
            "guide 3",
            aliases=("replies",),
        ),
        Kpi(
            "revenue_per_mail", message("Revenue per mail"), message("revenue per mail"),
            "revenue", "delivered", "higher", "action",
            message(
                "net of refunds, in one currency; attributed, not proven to be caused by the e-mail. Without single "
                "orders there is no interval"
            ),
            "guide 1, step 2; guide 2",
            kind="mean", unit="money", counts="messages",
            aliases=("rpe", "revenue_per_email"),
        ),
        Kpi(
            "response_time", message("Response time"), message("response time"),
            "first answer", "tickets", "lower", "service",
            message(
                "Kaplan-Meier: unanswered requests stay in the calculation. Times are to the second; nights and "
                "weekends count. A request answered before it came in is left out, and the table shows how many"
            ),
            "guide 1, step 1; Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452",
            kind="wait", unit="minutes", counts="waits",
            aliases=("frt", "first_response_time"),
        ),
        Kpi(
            "satisfaction", message("Satisfaction (CSAT)"), message("satisfaction (CSAT)"),
            "satisfied", "answered", "higher", "service",
            message("4 and 5 of 5, or the equivalent on another scale; nothing is known of people who did not answer"),
            _G1,
            kind="rate", unit="share", counts="answers",
            aliases=("csat",),
        ),
        Kpi(
            "repeat_visit_rate", message("Repeat visit rate"), message("repeat visit rate"),
            "returned", "visitors", "higher", "service",
            message(
                "people whose first known visit was at least visits.return_days (180) days before the end of the "
                "data. Counted: those who came again on another day within that time. People with a later first "
                "visit are counted separately, since they cannot have returned yet. A visit is a person and day "
                "with a booking or an order that was not cancelled"
            ),
            "guide 1, step 1; guide 2",
            kind="rate", unit="share", counts="visits",
            aliases=("repeat_visits",),
        ),
    )
}  # fmt: skip

CAMPAIGN_KPIS = [key for key, kpi in KPIS.items() if kpi.counts == "messages"]
"""The KPIs that every campaign may have, in the order of the way."""

MAIL_RATES = [key for key in CAMPAIGN_KPIS if KPIS[key].kind == "rate"]
"""Those of them that are rates, so that their sample size is known from the rate alone."""


OF_SENT = {
    key: replace(
        kpi,
        key=f"{key}_of_sent",
        title=message("{kpi}, of e-mails sent", kpi=kpi.title),
        name=message("{kpi} of e-mails sent", kpi=kpi.name),
        denominator="sent",
        aliases=(),
    )
    for key, kpi in KPIS.items()
    if kpi.denominator == "delivered"
}
"""The KPIs as they are where no source tells what was delivered, by the key of what they stand for."""

_BY_KEY = KPIS | {kpi.key: kpi for kpi in OF_SENT.values()}


ALIASES = {alias: key for key, kpi in KPIS.items() for alias in kpi.aliases}
"""What KPIs are called elsewhere, and their keys."""


def find(key: str) -> Kpi:
    """The KPI of this key.

    Raises:
        UsageError: there is none; names the nearest, also by what it is called elsewhere.
    """
    if key not in _BY_KEY:
        hint = nearest(ALIASES.get(key, key), KPIS)
        raise UsageError(_("There is no KPI {key}. {hint}", key=repr(key), hint=hint))
    return _BY_KEY[key]


PEOPLES = {kpi.raw: key for key, kpi in KPIS.items() if kpi.raw}
"""The KPIs of people's reactions alone, by what they are with machines among them."""


def speaking(counts: pd.DataFrame, key: str) -> str:
    """Which of people's and raw reactions speaks: people's, where groups enough tell people from machines.

    Args:
        counts: a row a group.
        key: of a KPI; one that has no two versions speaks itself.

    Returns:
        The key of people's version where as many groups tell it as are judged (`CAMPAIGNS`), or all that tell the raw
        one do; else that of the raw one.
    """
    raw = find(key).raw or key
    if raw not in PEOPLES:
        return key
    by_people, by_all = (_tell(counts, name) for name in (PEOPLES[raw], raw))
    return PEOPLES[raw] if by_people.any() and by_people.sum() >= min(CAMPAIGNS, by_all.sum()) else raw


def versions(counts: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The groups that can be set against each other, each part with the KPI that speaks there.

    Where people's reactions speak, groups that tell raw ones alone are a part of their own: the two are never compared.
    """
    first = speaking(counts, key)
    raw = find(first).raw
    apart = ~_tell(counts, first) & _tell(counts, raw) if raw else ~counts.index.isin(counts.index)
    yield first, counts[~apart]
    if apart.any():
        yield raw, counts[apart]


def _tell(counts: pd.DataFrame, key: str) -> pd.Series:
    """Which groups tell both counts of a KPI."""
    return counts.reindex(columns=[find(key).numerator, find(key).denominator]).notna().all(axis=1)


def of_people(rates: pd.DataFrame, by: Sequence[str], verdict: str) -> pd.Series:
    """What people's own rate of the same group says, for each row of a raw KPI; NaN where none was judged.

    Args:
        rates: a row a KPI and group: kpi, `by`, p [NaN: not judged] and its verdict.
        by: the columns that tell groups apart.
        verdict: the column of the verdict.
    """
    names = {name: kpi.raw for name, kpi in _BY_KEY.items() if kpi.raw}
    people = rates[rates["kpi"].isin(names) & rates["p"].notna()]
    said = people.assign(kpi=people["kpi"].map(names))[["kpi", *by, verdict]]
    both = rates[["kpi", *by]].merge(said, on=["kpi", *by], how="left")
    return pd.Series(both[verdict].to_numpy(), index=rates.index, dtype="object")


def beside(keys: Iterable[str]) -> list[str]:
    """The same KPIs, each of people's reactions with the raw one after it."""
    return list(dict.fromkeys(name for key in keys for name in (key, find(key).raw) if name))


def as_told(data: Data, key: str) -> str:
    """The key of a KPI as the sources of the data can tell it: of delivered mail, else of sent mail (`OF_SENT`).

    Args:
        data: what `kit.open` returned.
        key: of a KPI; "" for the first rate of USUAL that some campaign tells, by people where that is known
            (`speaking`). A KPI that is named is taken as it is.

    Raises:
        UsageError: there is no such KPI.
    """
    sent_only = of_sent(data)
    if not key:
        mail = counts.messages(data.history, ["campaign_id"])
        usual = next((name for name in USUAL if mail[KPIS[name].numerator].notna().any()), USUAL[0])
        key = as_spoken(data, usual)
    kpi = find(key)
    return OF_SENT[kpi.key].key if kpi.key in OF_SENT and sent_only else kpi.key


def as_spoken(data: Data, key: str) -> str:
    """Which of people's and raw reactions speaks on a page: by the question's campaigns, else by the whole history."""
    for asked in (data, data.history):
        mail = counts.messages(asked, ["campaign_id"])
        if _tell(mail, find(key).raw or key).any():
            return speaking(mail, key)
    return find(key).raw or key


def chosen(keys: str) -> list[str]:
    """Keys of mail's rates from a text like "open_rate, click_rate".

    Raises:
        UsageError: one of them is unknown or no rate of campaign mail.
    """
    named = [find(key.strip()).key for key in keys.split(",") if key.strip()]
    for key in named:
        if key not in MAIL_RATES:
            hint = ", ".join(MAIL_RATES)
            raise UsageError(_("{key} is not a rate of campaign e-mails. Available: {known}.", key=key, known=hint))
    return named


def mail_rate(key: str) -> Kpi:
    """The KPI of this key, which must be a rate of campaign mail.

    Raises:
        UsageError: it is unknown or no rate.
    """
    kpi = find(key)
    if kpi.counts != "messages" or kpi.kind != "rate":
        raise UsageError(_("{key} is not a rate of campaign e-mails, so campaigns cannot be compared by it.", key=key))
    return kpi


_MAILS = {
    "delivered_trackable": message("E-mails delivered (opens trackable)"),
    "opened_trackable": message("E-mails opened (opens trackable)"),
    "sent": message("E-mails sent"),
    "delivered": message("E-mails delivered"),
    "opened": message("E-mails opened"),
}

_DENOMINATORS = {
    "sent": message("Sent"),
    "delivered": message("Delivered"),
    "opened": message("Opened"),
    "delivered_trackable": message("Delivered (opens trackable)"),
    "opened_trackable": message("Opened (opens trackable)"),
}


def mails_title(kpi: Kpi) -> Message:
    """The denominator of a KPI of campaign mail, as the head of a column: "Mails delivered"."""
    return _MAILS.get(kpi.denominator) or message("Out of {count}", count=kpi.denominator.replace("_", " "))


def denominator_title(kpi: Kpi) -> Message:
    """The same in a word, where the column stands among mails: "Delivered"."""
    return _DENOMINATORS.get(kpi.denominator) or mails_title(kpi)


def raw_note(keys: Iterable[str]) -> list[str]:
    """The note that says what “raw” means, where one of these KPIs is."""
    raw = {*RAW_KPIS, *(OF_SENT[key].key for key in RAW_KPIS if key in OF_SENT)}
    return [str(RAW)] if raw & set(keys) else []


def explain(key: str) -> str:
    """What a KPI means, in words.

    Raises:
        UsageError: there is none; names the nearest.
    """
    kpi = find(key)
    lines: list[tuple[Text, Text]] = [
        (FORMULA, kpi.formula),
        (message("above the line"), kpi.numerator),
        (message("below the line"), kpi.denominator),
        (message("better"), _BETTER[kpi.better]),
        (message("unit"), _UNIT[kpi.unit]),
        (message("stage"), _STAGE[kpi.stage]),
        (message("counted from"), f"kit.counts.{kpi.counts}"),
        (message("grain"), _GRAIN[kpi.counts][0]),
        (ONCE, _GRAIN[kpi.counts][1]),
        (WINDOW, _window(kpi)),
        (ZONE, TIME_ZONE),
        (EDGE, kpi.edge),
        (INTERVAL, _INTERVAL[kpi.kind]),
        (AUTHORITY, authority(kpi.source)),
    ]
    return described(f"{kpi.key}: {kpi.title}", lines)


def _window(kpi: Kpi) -> Text:
    if kpi.counts == "visits":
        return message("visits.return_days from the first known visit")
    if kpi.counts != "messages":
        return message("none: up to as_of")
    if kpi.numerator in ("converted", "revenue"):
        return message("conversions.window_days after the e-mail; a more recent e-mail has none yet")
    return message("none: up to as_of; a campaign more recent than conversions.maturity_days is shown and not judged")


_BETTER = {"higher": message("higher"), "lower": message("lower")}
_UNIT = {"share": message("share"), "money": message("money"), "minutes": message("minutes")}
_STAGE = {
    "delivery": message("delivery"),
    "attention": message("attention"),
    "action": message("action"),
    "harm": message("harm"),
    "service": message("service"),
}
_BY_ROW = message("by the row of the file")
_GRAIN = {
    "messages": (
        message("a message: one person, one send; months are months of sending"),
        message(
            "by the platform's id of the message with its person, else by campaign and person; events by their own id"
        ),
    ),
    "answers": (message("a survey answer; months are months of answering"), _BY_ROW),
    "visits": (
        message("a person; months are months of the first known visit"),
        message("a person and day, in the firm's local time"),
    ),
    "waits": (message("a ticket; months are months of coming in"), _BY_ROW),
}
_INTERVAL = {
    "rate": WILSON,
    "mean": message("95 %: Student, from the sum and the squares of all messages, zeros included"),
    "wait": message("95 %: of the Kaplan-Meier median"),
}
