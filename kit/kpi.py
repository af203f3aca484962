"""The registries of KPIs and of goals, and their values with intervals.

A KPI is data: a new one is a new line in KPIS. Rates are one count over another; they are never added
or averaged. `explain` prints the same text that DEFINITIONS and the README's table hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kit.errors import UsageError, nearest
from kit.stats import means, proportions, response_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEVEL = 0.95
"""Confidence of every interval that is not said to have another."""

TIME_ZONE = "the firm's (time_zone in kit.toml); without it months are as written and hours are not judged"
"""Whose clock days and months are of, as `explain` says it."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    Attributes:
        key: its name in frames and on the command line.
        title: as readers meet it.
        of: the count above the line; for a wait, what is waited for.
        per: the count below the line.
        better: which direction is good.
        stage: where on the way it stands: delivery, attention, action, harm, service.
        edge: how the hard cases are decided.
        source: the authority.
        kind: "rate" (a share of `per`), "mean" (an amount for each of `per`) or "wait" (a time until).
        unit: of the value: share, money, minutes.
        counts: which frame of `kit.counts` has it: messages, answers, visits, waits.
    """

    key: str
    title: str
    of: str
    per: str
    better: Literal["higher", "lower"]
    stage: str
    edge: str
    source: str
    kind: Literal["rate", "mean", "wait"] = "rate"
    unit: Literal["share", "money", "minutes"] = "share"
    counts: str = "messages"

    @property
    def formula(self) -> str:
        """As a reader would write it: opened / delivered."""
        if self.kind == "wait":
            return f"median time until {self.of}, of {self.per}"
        return f"{self.of} / {self.per}"


_G1 = "guide 1, step 2"

KPIS = {
    kpi.key: kpi
    for kpi in (
        Kpi("delivery_rate", "Delivery rate", "delivered", "sent", "higher", "delivery",
              "delivered = sent - bounced where it is not exported; the table says so", _G1),
        Kpi("bounce_rate", "Bounce rate", "bounced", "sent", "lower", "delivery",
              "for good and for now together; over sent, not delivered", _G1),
        Kpi("bounce_hard_rate", "Hard bounce rate", "bounced_hard", "sent", "lower", "delivery",
              "over sent, not delivered; an address that bounced and opened counts as bounced", _G1),
        Kpi("bounce_soft_rate", "Soft bounce rate", "bounced_soft", "sent", "lower", "delivery",
              "full, busy or blocked; over sent", _G1),
        Kpi("open_rate", "Open rate (raw)", "opened", "delivered", "higher", "attention",
              "an upper bound: programs that load every picture count as openings "
              "(Apple Mail Privacy Protection since September 2021)", _G1),
        Kpi("click_rate", "Click rate (raw)", "clicked", "delivered", "higher", "action",
              "people, not clicks; an upper bound: gateways that follow every link count as clickers; "
            "the link that unsubscribes is no click", _G1),
        Kpi("click_rate_human", "Click rate (people)", "clicked_human", "delivered", "higher", "action",
              "without the clicks that a strict rule names as a scanner's: every link within 3 s, 3 links within "
              "2 s, within 5 s of delivery, a scanner's program, a hidden link; known from event logs only", _G1),
        Kpi("click_to_open_rate", "Click-to-open rate", "clicked", "opened", "higher", "action",
              "sum over sum, never the mean of campaigns' rates; falls when machines open, rises where pictures are "
              "blocked: a click without an opening that was seen counts above the line only; with more clickers "
              "than openers no rate is shown", _G1),
        Kpi("conversion_rate", "Conversion rate", "converted", "delivered", "higher", "action",
              "once a mail, within the window after it, credited to the last mail before; "
              "attributed, not proven to be caused", "guide 1, step 2; guide 2"),
        Kpi("unsubscribe_rate", "Unsubscribe rate", "unsubscribed", "delivered", "lower", "harm",
              "for each mail; a person who gets many mails meets it many times", _G1),
        Kpi("complaint_rate", "Complaint rate", "complained", "delivered", "lower", "harm",
              "Gmail's limits are 0.10 and 0.30 %", "support.google.com/a/answer/14229414"),
        Kpi("reply_rate", "Reply rate", "replied", "delivered", "higher", "action",
              "an out-of-office notice is no answer", "guide 3"),
        Kpi("revenue_per_mail", "Revenue per mail", "revenue", "delivered", "higher", "action",
            "net of refunds, one currency; attributed, not proven to be caused; without single orders there is "
            "no interval", "guide 1, step 2; guide 2", kind="mean", unit="money"),
        Kpi("response_time", "Response time", "first answer", "tickets", "lower", "service",
            "Kaplan-Meier: a request still waiting counts as waiting, it is not dropped; to the second; nights and "
            "weekends count; one that was answered before it came in is left out, and the table says how many",
            "guide 1, step 1; Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452",
            kind="wait", unit="minutes", counts="waits"),
        Kpi("satisfaction", "Satisfaction (CSAT)", "satisfied", "answered", "higher", "service",
              "4 and 5 of 5, or as far up another scale; who did not answer is not known", "guide 1, step 2",
              counts="answers"),
        Kpi("repeat_visit_rate", "Repeat visit rate", "returned", "visitors", "higher", "service",
              "of the people whose first known visit was at least visits.return_days (180) before the end of the data, "
              "who came again on another day within so many days; later ones cannot have returned yet and are counted "
              "apart; a visit is a person and day with a booking or an order that was not cancelled",
              "guide 1, step 1; guide 2", counts="visits"),
    )
}  # fmt: skip

CAMPAIGN_KPIS = [key for key, kpi in KPIS.items() if kpi.counts == "messages"]
"""The KPIs that every campaign may have, in the order of the way."""

MAIL_RATES = [key for key in CAMPAIGN_KPIS if KPIS[key].kind == "rate"]
"""Those of them that are rates, so that their sample size is known from the rate alone."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What campaigns are for: the KPIs that tell, each with why, and the action that counts."""

    key: str
    title: str
    action: str
    kpis: tuple[tuple[str, str], ...]
    source: str = "guide 1, step 1"


GOALS = {
    goal.key: goal
    for goal in (
        Goal("appointments", "More appointments", "appointment", (
            ("conversion_rate", "appointments booked after the mail are the goal itself"),
            ("response_time", "who asks and waits books elsewhere: response speed decides the booking"),
            ("click_rate", "the step before the booking; seen in larger numbers, so sooner"),
        )),
        Goal("reviews", "More reviews", "review", (
            ("conversion_rate", "reviews left after the mail are the goal itself"),
            ("satisfaction", "asking for reviews pays only where people are satisfied"),
            ("click_rate", "the step before the review"),
        )),
        Goal("retention", "Keep customers", "", (
            ("satisfaction", "satisfied customers stay"),
            ("repeat_visit_rate", "repeat visits are retention itself"),
            ("unsubscribe_rate", "who leaves the list cannot be reached again"),
        )),
        Goal("win_back", "Win back lost customers", "", (
            ("conversion_rate", "people who came back after the mail"),
            ("reply_rate", "an answer is the first sign of life, and may say why they left"),
            ("complaint_rate", "old addresses complain more, and that harms every later mail"),
        ), "guide 4"),
        Goal("revenue", "Revenue", "order", (
            ("revenue_per_mail", "the goal itself, in money"),
            ("conversion_rate", "orders vary less than sums, so a change is seen sooner"),
            ("click_rate", "the step before the order"),
        ), "guide 2"),
        Goal("list_growth", "A larger, healthier list", "", (
            ("unsubscribe_rate", "what leaves the list by will"),
            ("bounce_hard_rate", "what leaves the list by decay"),
            ("complaint_rate", "what endangers delivery to everybody else"),
        )),
        Goal("faster_answers", "Faster answers", "", (
            ("response_time", "the goal itself"),
            ("satisfaction", "whether speed is what people missed"),
            ("reply_rate", "how much mail the service must answer"),
        )),
    )
}  # fmt: skip


def find(key: str) -> Kpi:
    """The KPI of this key.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if key not in KPIS:
        raise UsageError(f"There is no KPI {key!r}. {nearest(key, KPIS)}")
    return KPIS[key]


def goal(key: str) -> Goal:
    """The goal of this key.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if key not in GOALS:
        raise UsageError(f"There is no goal {key!r}. {nearest(key, GOALS)}")
    return GOALS[key]


def action(key: str) -> str:
    """The action that counts for a goal; "" for any, and where no goal is said.

    Raises:
        UsageError: there is no such goal.
    """
    return goal(key).action if key else ""


def chosen(keys: str) -> list[str]:
    """Keys of mail's rates from a text like "open_rate, click_rate".

    Raises:
        UsageError: one of them is unknown or no rate of campaign mail.
    """
    named = [key.strip() for key in keys.split(",") if key.strip()]
    for key in named:
        if find(key).key not in MAIL_RATES:
            raise UsageError(f"{key} is no rate of campaign mail. Known: {', '.join(MAIL_RATES)}.")
    return named


def values(counts: pd.DataFrame, kpis: Iterable[str | Kpi], *, by: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """Each KPI of each group, with its interval.

    Args:
        counts: a row a group: the columns `by`, and the counts that the KPIs name [nullable].
        kpis: keys of rates and means; or shares that are no KPI of mail, as they are.
        by: the columns that tell the groups apart.
        level: confidence of the intervals, 0 to 1.

    Returns:
        Tidy, a row a group and KPI: `by`, kpi, of, n [the two counts], value, low, high [share, or money
        for each n], missing [campaigns that lack a count]. Value and interval are NaN where n is 0 or a
        count is not known; the interval of a mean is NaN where only totals are known.

    Raises:
        UsageError: no such KPI, or one that is no rate or mean of these counts.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953; Clopper and Pearson (1934),
    doi:10.1093/biomet/26.4.404, where 0 to 5 are for or against.
    """
    frames = [_value(counts, find(key) if isinstance(key, str) else key, list(by), level) for key in kpis]
    return pd.concat(frames, ignore_index=True)


def _value(counts: pd.DataFrame, kpi: Kpi, by: list[str], level: float) -> pd.DataFrame:
    if kpi.kind == "wait":
        raise UsageError(f"{kpi.key} is a waiting time: use kpi.waiting(counts.waits(data)).")
    of, per = (_numbers(counts, name) for name in (kpi.of, kpi.per))
    known = (per > 0) & ~np.isnan(of)
    if kpi.kind == "rate":
        known &= of <= per  # more opened than delivered: one of the counts is wrong, so no rate is shown
    value = np.divide(of, per, out=np.full(len(of), np.nan), where=known)
    if kpi.kind == "rate":
        low, high = proportions.proportion_interval(of, per, level=level)
    else:
        low, high = means.student_interval(of, _numbers(counts, f"{kpi.of}_squares"), per, level=level)
    missing = np.fmax(_numbers(counts, f"{kpi.of}_missing"), _numbers(counts, f"{kpi.per}_missing"))
    table = counts[by].reset_index(drop=True)
    return table.assign(kpi=kpi.key, of=of, n=per, value=value, low=low, high=high, missing=np.nan_to_num(missing))


def _numbers(counts: pd.DataFrame, name: str) -> np.ndarray:
    if name not in counts:
        return np.full(len(counts), np.nan)
    return pd.to_numeric(counts[name]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def waiting(waits: pd.DataFrame, *, by: Sequence[str] = (), level: float = LEVEL) -> pd.DataFrame:
    """Median time to the first answer by group, those still waiting included.

    Args:
        waits: what `counts.waits` returned.
        by: columns that tell the groups apart; () for all in one.
        level: confidence of the interval, 0 to 1.

    Returns:
        A row a group: `by`, kpi, n [tickets], open [tickets still waiting], value, low, high, p90 [min];
        NaN where a quantile is not reached; left_out [tickets whose wait cannot be, and is in no other column].

    Source: Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452; guide 1, step 1.
    """
    rows = []
    groups = waits.groupby(list(by), sort=True, dropna=False) if by else [((), waits)]
    for key, group in groups:
        known = group[group["minutes"].notna()]
        place = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        row: dict[str, object] = {"kpi": "response_time", "n": 0, "open": 0}
        if len(known):
            found = response_times.median_response_time(known["minutes"], known["answered"], known["n"], level=level)
            row |= {"n": found.n, "open": found.open, "value": found.median}
            row |= {"low": found.low, "high": found.high, "p90": found.p90}
        rows.append(place | row | {"left_out": int(group["n"].sum() - known["n"].sum())})
    columns = [*by, "kpi", "n", "open", "value", "low", "high", "p90", "left_out"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(columns[len(by) + 1 :], "float64"))


def overall(counts: pd.DataFrame, kpis: Iterable[str], *, level: float = LEVEL) -> pd.DataFrame:
    """Each KPI over all groups that know both of its counts; the others are counted in `missing`.

    Args:
        counts: a row a campaign or month, from `counts.messages`.
        kpis: keys of rates and means.
        level: confidence of the intervals, 0 to 1.

    Returns:
        A row a KPI, as `values` with no `by`; missing: the groups that lack a count and are left out.
    """
    frames = []
    for key in kpis:
        kpi = find(key)
        names = [name for name in (kpi.of, kpi.per, f"{kpi.of}_squares") if name in counts]
        both = counts[names].astype("Float64")
        known = both.reindex(columns=[kpi.of, kpi.per]).notna().all(axis=1)
        total = both[known].sum(skipna=False).to_frame().T if known.any() else both.iloc[:0].reindex([0])
        frames.append(values(total, [key], by=[], level=level).assign(missing=int((~known).sum())))
    return pd.concat(frames, ignore_index=True)


def service(waits: pd.DataFrame, answers: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """What the service itself gives over the whole period: waiting time, satisfaction, repeat visits.

    Args:
        waits: what `counts.waits` returned.
        answers: what `counts.answers` returned.
        visits: what `counts.visits` returned.

    Returns:
        A row a KPI that is known: kpi, n, value, low, high [min or share], left_out [of the same things: those
        that cannot be counted, waits that cannot be and visitors not followed long enough; NaN: none asked].
    """
    parts = [waiting(waits)] if len(waits) else []
    if len(answers):
        parts.append(values(answers.sum(numeric_only=True).to_frame().T, ["satisfaction"], by=[]))
    if len(visits):
        parts.append(values(visits, ["repeat_visit_rate"], by=[]).assign(left_out=float(visits["young"].iloc[0])))
    columns = ["kpi", "n", "value", "low", "high", "left_out"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)


def explain(key: str) -> str:
    """What a KPI or a goal means, in words.

    Raises:
        UsageError: there is neither; names the nearest.
    """
    if key in GOALS:
        told = GOALS[key]
        return "\n".join(
            [f"{told.key}: {told.title} ({told.source})", ""]
            + [f"  {name:18} {KPIS[name].formula:38} {why}" for name, why in told.kpis]
        )
    if key not in KPIS:
        raise UsageError(f"There is no KPI or goal {key!r}. {nearest(key, [*KPIS, *GOALS])}")
    kpi = KPIS[key]
    lines = {
        "formula": kpi.formula,
        "above the line": kpi.of,
        "below the line": kpi.per,
        "better": kpi.better,
        "unit": kpi.unit,
        "stage": kpi.stage,
        "counted from": f"kit.counts.{kpi.counts}",
        "grain": _GRAIN[kpi.counts][0],
        "counted once": _GRAIN[kpi.counts][1],
        "window": _window(kpi),
        "time zone": TIME_ZONE,
        "edge cases": kpi.edge,
        "interval": _INTERVAL[kpi.kind],
        "authority": kpi.source,
    }
    return "\n".join([f"{kpi.key}: {kpi.title}", *(f"  {name:15} {text}" for name, text in lines.items())])


def _window(kpi: Kpi) -> str:
    if kpi.counts != "messages":
        return "none: up to as_of" if kpi.counts != "visits" else "visits.return_days from the first known visit"
    if kpi.of in ("converted", "revenue"):
        return "conversions.window_days after the mail; a younger mail has none yet"
    return "none: up to as_of; a campaign younger than conversions.maturity_days is shown and not judged"


_GRAIN = {
    "messages": (
        "a message: one person, one send; months are months of sending",
        "by the platform's id of the message with its person, else by campaign and person; events by their own id",
    ),
    "answers": ("a survey answer; months are months of answering", "by the row of the file"),
    "visits": ("a person; months are months of the first known visit", "a person and day, on the firm's clock"),
    "waits": ("a ticket; months are months of coming in", "by the row of the file"),
}
_INTERVAL = {
    "rate": "95 %: Wilson; Clopper-Pearson where 0 to 5 are for or against",
    "mean": "95 %: Student, from the sum and the squares of all messages, zeros included",
    "wait": "95 %: of the Kaplan-Meier median",
}
