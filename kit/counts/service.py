"""Counts of what is not campaign mail: waiting times, survey answers, visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.store.machine_events import NO
from kit.store.messages import local

if TYPE_CHECKING:
    from kit.store import Data, Expression

SATISFIED = 0.75
"""Four of five: (4 - 1) / (5 - 1) of the way up the scale (DEFINITIONS: CSAT counts 4 and 5 of 5)."""

VISITS = ("appointment", "order")
"""What people come for."""


@count("tickets", unfiltered=scope.NO_CAMPAIGN)
def waits(data: Data) -> pd.DataFrame:
    """Waiting times for the first answer, as a histogram.

    Returns:
        A row a month of coming in, day, person, wait and state: month, day [NULL: no time of coming in], person [NULL:
        not known], minutes [min, to the second; not answered: up to its closing, else to `as_of`; NULL: it cannot be,
        answered before it came in, or came in after `as_of`], answered [bool], closed [bool: without an answer], n
        [tickets]. An unanswered ticket is kept, not dropped (guide 1, step 1).
    """
    tickets = scope.rows(data, "tickets")
    if tickets is None or data.as_of is None:
        return pd.DataFrame(columns=["month", "day", "person", "minutes", "answered", "closed", "n"])
    as_of = ibis.literal(data.as_of)
    closed = ~tickets.first_response_local.notnull() & (tickets.resolved_local <= as_of).fill_null(NO)
    end = tickets.first_response_local.fill_null(ibis.ifelse(closed, tickets.resolved_local, as_of))
    seconds = end.epoch_seconds() - tickets.created_local.epoch_seconds()
    tickets = tickets.mutate(
        month=_.created_local.strftime("%Y-%m"),
        day=_.created_local.strftime("%Y-%m-%d"),
        person=_.contact_key,
        answered=_.first_response_local.notnull(),
        closed=closed,
        minutes=ibis.ifelse(seconds >= 0, seconds / 60, ibis.null("float64")),
    )
    keys = ["month", "day", "person", "minutes", "answered", "closed"]
    return tickets.group_by(keys).agg(n=_.count()).order_by(keys).to_pandas()


def ratings(data: Data) -> Expression:
    """How satisfied people said they are: contact_key, rated_local, score and its scale; None where nobody was asked.

    From surveys; where none asks for it, from the scores of tickets that were rated, under the day that each came in.
    """
    surveys, tickets = scope.history(data, "surveys"), scope.history(data, "tickets")
    if surveys is not None:
        surveys = surveys.filter(_.survey_type == "csat")
        if surveys.count().to_pyarrow().as_py():
            return surveys.select("contact_key", "score", "scale_min", "scale_max", rated_local="responded_local")
    if tickets is None:
        return None
    rated = tickets.filter(_.csat.notnull(), _.created_local.notnull())
    return rated.select(
        "contact_key", rated_local="created_local", score="csat", scale_min="csat_min", scale_max="csat_max"
    )


def rated_beside(data: Data) -> list[str]:
    """The files whose tickets are rated while a survey of satisfaction speaks in their place (`ratings`)."""
    surveys, tickets = scope.history(data, "surveys"), scope.history(data, "tickets")
    if surveys is None or tickets is None or not surveys.filter(_.survey_type == "csat").count().to_pyarrow().as_py():
        return []
    rated = tickets.filter(_.csat.notnull()).select("source_file").distinct().order_by("source_file")
    return rated.to_pandas()["source_file"].tolist()


@count("surveys", "tickets", unfiltered=scope.NO_CAMPAIGN)
def answers(data: Data) -> pd.DataFrame:
    """Answers of satisfaction (`ratings`) by month: month, invited, answered, satisfied [people].

    Satisfied is 4 or 5 of 5, or the upper two fifths of another scale (DEFINITIONS: CSAT). The month is
    the answer's; invitations without an answer have none and are counted in `invited` of "".
    """
    asked = ratings(data)
    if asked is None:
        return pd.DataFrame(columns=["month", "invited", "answered", "satisfied"])
    in_question = scope.within(data, _.rated_local) | ~_.rated_local.notnull()
    asked = asked.filter(in_question).mutate(
        month=_.rated_local.strftime("%Y-%m").fill_null(""), answered=_.score.notnull()
    )
    return (
        asked.mutate(satisfied=_satisfied())
        .group_by("month")
        .agg(invited=_.count(), answered=_.answered.sum(), satisfied=_.satisfied.fill_null(NO).sum())
        .order_by("month")
        .to_pandas()
    )


def _satisfied() -> Expression:
    return (_.score - _.scale_min) >= SATISFIED * (_.scale_max - _.scale_min)


@count("conversions", "orders", unfiltered=scope.NO_CAMPAIGN)
def visits(data: Data) -> pd.DataFrame:
    """People who came for the first time, and those of them who came again within the setting's days.

    A visit is a person and day, on the firm's clock, with a booking or an order that was not cancelled: a booking
    and the order of the same day are one. Only people are counted whose first known visit was followed for all
    those days; the others cannot have returned yet.

    Returns:
        One row: days [of the setting], visitors, returned [people], young [people not followed long enough],
        since, until [first and last day of a first visit that counts; NULL where nobody does]. Empty where there
        are neither bookings nor orders.

    Source: DEFINITIONS: repeat purchase in a window, mature people only.
    """
    days = int(data.settings["visits.return_days"])
    came = _first_visits(data, days)
    if came is None:
        return pd.DataFrame(columns=["days", "visitors", "returned", "young", "since", "until"])
    visitors = came.agg(
        visitors=_.old.sum().fill_null(0),
        returned=(_.old & _.soon.fill_null(NO)).sum().fill_null(0),
        young=(~_.old).sum().fill_null(0),
        since=_.day.min(where=_.old),
        until=_.day.max(where=_.old),
    )
    return visitors.mutate(days=ibis.literal(days)).to_pandas()[
        ["days", "visitors", "returned", "young", "since", "until"]
    ]


def _first_visits(data: Data, days: int) -> Expression:
    """First visits of the question: contact_key, day, old [followed for so many days], soon [again within them]."""
    actions = log.actions(data)
    if actions is None:
        return None
    until = local(log.followed_until(data), data.settings).date()
    came = actions.filter(_.action.isin(VISITS)).mutate(day=local(_.occurred_at, data.settings).date())
    came = came.select("contact_key", "day").distinct()
    person = ibis.window(group_by="contact_key", order_by="day")
    came = came.mutate(nth=ibis.row_number().over(person), again=_.day.lead().over(person)).filter(_.nth == 0)
    came = came.filter(scope.within(data, _.day))
    return came.mutate(old=_.day.delta(until, unit="day") <= -days, soon=_.again.delta(_.day, unit="day") <= days)


CLUSTERS = {"day": ("day",), "person": ("person",), "both": ("day", "person")}
"""What units of a month may be alike by."""

_SUMS = ["month", "by", "clusters", "count", "n", "count_count", "n_n", "count_n"]


@count("surveys", "tickets", unfiltered=scope.NO_CAMPAIGN)
def answers_clustered(data: Data) -> pd.DataFrame:
    """Satisfied of answered by month, with the sums that its days and people need (`clustered`)."""
    asked = ratings(data)
    if asked is None:
        return pd.DataFrame(columns=_SUMS)
    scored = asked.filter(_.score.notnull() & _.rated_local.notnull() & scope.within(data, _.rated_local))
    return clustered(
        scored.select(
            day=_.rated_local.date(), person=_.contact_key, x=_satisfied().cast("float64"), n=ibis.literal(1.0)
        )
    )


@count("conversions", "orders", unfiltered=scope.NO_CAMPAIGN)
def visits_clustered(data: Data) -> pd.DataFrame:
    """Returned of visitors by month of the first visit, as `clustered`, of months whose people were all followed.

    Only months of which every kind of visit has been known for as many days: before, who comes for the first known time
    may be an old customer, and where bookings begin later than orders fewer returns are known.
    """
    days = int(data.settings["visits.return_days"])
    came, actions = _first_visits(data, days), log.actions(data)
    if came is None:
        return pd.DataFrame(columns=_SUMS)
    began = (
        actions.filter(_.action.isin(VISITS)).group_by("action").agg(first=local(_.occurred_at, data.settings).min())
    )
    known = (began.first.max().as_scalar() + ibis.interval(days=days)).date()
    came = came.filter(_.day.truncate("M") >= known)
    month = ibis.window(group_by=_.day.strftime("%Y-%m"))
    came = came.filter(_.old.all().over(month))
    returned = (_.old & _.soon.fill_null(NO)).cast("float64")
    return clustered(came.select("day", person=_.contact_key, x=returned, n=ibis.literal(1.0)))


@count("messages")
def revenue_clustered(data: Data) -> pd.DataFrame:
    """Revenue of delivered mails by month of sending, as `clustered`, of months without mail too young for it."""
    days = data.settings["conversions.window_days"]
    history, messages = scope.history(data, "messages"), scope.of_population(data)
    # An action is credited to the last of all mails, whatever mail the question is about.
    followed = None if history is None else log.after(data, log.of_this_log(history), "", days)
    if messages is None or followed is None or "revenue" not in log.measured(data, ""):
        return pd.DataFrame(columns=_SUMS)
    messages = messages.filter(_.delivered.fill_null(NO) & _.sent_local.notnull()).left_join(followed, "message_key")
    messages = messages.mutate(young=_.sent_at > log.followed_until(data) - ibis.interval(days=days))
    month = ibis.window(group_by=_.sent_local.strftime("%Y-%m"))
    messages = messages.filter(~_.young.any().over(month))
    return clustered(
        messages.select(day=_.sent_local.date(), person=_.contact_key, x=_.revenue.fill_null(0.0), n=ibis.literal(1.0))
    )


def clustered(units: Expression) -> pd.DataFrame:
    """What the error of a ratio needs whose units are alike by day and by person.

    Args:
        units: a row a unit: day, person [NULL: nobody else's], x, n [above and below the line].

    Returns:
        A row a month and kind of cluster: month, by [a key of CLUSTERS], clusters [number], count, n [sums],
        count_count, n_n, count_n [sums over clusters of products].
    """
    alone = ibis.row_number().over(ibis.window(order_by="day")).cast("string")
    units = units.mutate(month=_.day.strftime("%Y-%m"), person=_.person.fill_null(alone))
    parts = []
    for name, keys in CLUSTERS.items():
        sums = units.group_by(["month", *keys]).agg(x=_.x.sum(), n=_.n.sum())
        squares = {"count_count": (_.x * _.x).sum(), "n_n": (_.n * _.n).sum(), "count_n": (_.x * _.n).sum()}
        by_month = sums.group_by("month").agg(clusters=_.count(), count=_.x.sum(), n=_.n.sum(), **squares)
        parts.append(by_month.order_by("month").to_pandas().assign(by=name))
    return pd.concat(parts, ignore_index=True)[_SUMS]
