"""Counts of what is not campaign mail: waiting times, survey answers, visits, people who join or leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _

from kit.counts import log

if TYPE_CHECKING:
    from kit.store import Data, Expression

SATISFIED = 0.75
"""Four of five: (4 - 1) / (5 - 1) of the way up the scale (DEFINITIONS: CSAT counts 4 and 5 of 5)."""


def waits(data: Data) -> pd.DataFrame:
    """Waiting times for the first answer, as a histogram.

    Returns:
        A row a month of coming in, whole minute and state: month, minutes [min; still waiting: up to
        `as_of`], answered [bool], n [tickets]. An unanswered ticket is kept, not dropped (guide 1, step 1).
    """
    tickets = data.expression("tickets")
    if tickets is None or data.as_of is None:
        return pd.DataFrame(columns=["month", "minutes", "answered", "n"])
    end = tickets.first_response_local.fill_null(ibis.literal(data.as_of))
    tickets = tickets.filter(_.created_local.notnull()).mutate(
        month=_.created_local.strftime("%Y-%m"),
        answered=_.first_response_local.notnull(),
        minutes=(end.epoch_seconds() - tickets.created_local.epoch_seconds()) // 60,
    )
    tickets = _in_period(tickets.filter(_.minutes >= 0), data)
    return tickets.group_by("month", "minutes", "answered").agg(n=_.count()).order_by("month", "minutes").to_pandas()


def answers(data: Data) -> pd.DataFrame:
    """Survey answers by month: month, invited, answered, satisfied [people].

    Satisfied is 4 or 5 of 5, or the upper two fifths of another scale (DEFINITIONS: CSAT). The month is
    the answer's; invitations without an answer have none and are counted in `invited` of "".
    """
    surveys = data.expression("surveys")
    if surveys is None:
        return pd.DataFrame(columns=["month", "invited", "answered", "satisfied"])
    surveys = surveys.filter(_.survey_type == "csat").mutate(
        month=_.responded_local.strftime("%Y-%m").fill_null(""),
        answered=_.score.notnull(),
        satisfied=(_.score - _.scale_min) >= SATISFIED * (_.scale_max - _.scale_min),
    )
    surveys = surveys.filter(_.month == "").union(_in_period(surveys.filter(_.month != ""), data))
    return (
        surveys.group_by("month")
        # ibis takes the literal by position only
        .agg(invited=_.count(), answered=_.answered.sum(), satisfied=_.satisfied.fill_null(False).sum())  # noqa: FBT003
        .order_by("month")
        .to_pandas()
    )


def visits(data: Data) -> pd.DataFrame:
    """People who came in the period, and those who came more than once: visitors, returned [people]."""
    done = log.actions(data)
    if done is None:
        return pd.DataFrame(columns=["visitors", "returned"])
    came = done.filter(_.action.isin(("appointment", "order"))).mutate(month=_.occurred_at.strftime("%Y-%m"))
    people = _in_period(came, data).group_by("contact_key").agg(times=_.count())
    return people.agg(visitors=_.count(), returned=(_.times > 1).sum().fill_null(0)).to_pandas()


def joined(data: Data) -> pd.DataFrame:
    """People who joined and left by month, on the firm's clock: month, joined, left [people]."""
    contacts = data.expression("contacts")
    if contacts is None:
        return pd.DataFrame(columns=["month", "joined", "left"])

    def monthly(moment: Any, name: str) -> pd.Series:
        dated = contacts.filter(moment.notnull()).mutate(month=moment.strftime("%Y-%m"))
        return (
            _in_period(dated, data).group_by("month").agg(n=_.count()).to_pandas().set_index("month")["n"].rename(name)
        )

    both = pd.concat([monthly(contacts.opted_in_at, "joined"), monthly(contacts.unsubscribed_at, "left")], axis=1)
    return both.fillna(0).astype("int64").sort_index().reset_index(names="month")


def _in_period(table: Expression, data: Data) -> Expression:
    if data.months is None:
        return table
    first, last = data.months
    return table.filter(_.month.between(first, last))
