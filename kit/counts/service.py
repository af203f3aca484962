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
        A row a month of coming in, wait and state: month [NULL: no time of coming in], minutes [min, to the
        second; still waiting: up to `as_of`; NULL: it cannot be, answered before it came in, or came in after
        `as_of`], answered [bool], n [tickets]. An unanswered ticket is kept, not dropped (guide 1, step 1).
    """
    tickets = scope.rows(data, "tickets")
    if tickets is None or data.as_of is None:
        return pd.DataFrame(columns=["month", "minutes", "answered", "n"])
    end = tickets.first_response_local.fill_null(ibis.literal(data.as_of))
    seconds = end.epoch_seconds() - tickets.created_local.epoch_seconds()
    tickets = tickets.mutate(
        month=_.created_local.strftime("%Y-%m"),
        answered=_.first_response_local.notnull(),
        minutes=ibis.ifelse(seconds >= 0, seconds / 60, ibis.null("float64")),
    )
    grouped = tickets.group_by("month", "minutes", "answered").agg(n=_.count())
    return grouped.order_by("month", "minutes", "answered").to_pandas()


def ratings(data: Data) -> Expression:
    """How satisfied people said they are: rated_local, score, scale_min, scale_max; None where nobody was asked.

    From surveys; where none asks for it, from the scores of tickets that were rated, under the day that each came in.
    """
    surveys, tickets = scope.history(data, "surveys"), scope.history(data, "tickets")
    if surveys is not None:
        surveys = surveys.filter(_.survey_type == "csat")
        if surveys.count().to_pyarrow().as_py():
            return surveys.select("score", "scale_min", "scale_max", rated_local="responded_local")
    if tickets is None:
        return None
    rated = tickets.filter(_.csat.notnull(), _.created_local.notnull())
    return rated.select(rated_local="created_local", score="csat", scale_min="csat_min", scale_max="csat_max")


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
        month=_.rated_local.strftime("%Y-%m").fill_null(""),
        answered=_.score.notnull(),
        satisfied=(_.score - _.scale_min) >= SATISFIED * (_.scale_max - _.scale_min),
    )
    return (
        asked.group_by("month")
        .agg(invited=_.count(), answered=_.answered.sum(), satisfied=_.satisfied.fill_null(NO).sum())
        .order_by("month")
        .to_pandas()
    )


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
    actions = log.actions(data)
    if actions is None:
        return pd.DataFrame(columns=["days", "visitors", "returned", "young", "since", "until"])
    until = local(log.followed_until(data), data.settings).date()
    came = actions.filter(_.action.isin(VISITS)).mutate(day=local(_.occurred_at, data.settings).date())
    came = came.select("contact_key", "day").distinct()
    person = ibis.window(group_by="contact_key", order_by="day")
    came = came.mutate(nth=ibis.row_number().over(person), again=_.day.lead().over(person)).filter(_.nth == 0)
    came = came.filter(scope.within(data, _.day))
    came = came.mutate(old=_.day.delta(until, unit="day") <= -days, soon=_.again.delta(_.day, unit="day") <= days)
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
