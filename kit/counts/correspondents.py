"""Who writes with us, how much and who begins, and in which weeks an inbox was connected at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.sources.text.addresses import SHARED
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from kit.store import Data, Expression

REPLY = pd.Timedelta(days=7)
"""A mail is answered where a person answers within so much; a younger one is not judged."""

PERSON = [
    *("contact_key", "account", "mailbox", "received", "sent", "last"),
    *("theirs", "theirs_answered", "ours", "ours_answered"),
]


@count("correspondence", unfiltered=scope.NO_CAMPAIGN)
def correspondents(data: Data) -> pd.DataFrame:
    """What each person and we wrote to each other.

    Returns:
        A row a person and inbox: contact_key, account [the domain of the address; NULL: one that belongs to no firm],
        mailbox, received, sent [messages of people], last [the latest, on the firm's clock]; theirs, ours [threads that
        the person, or we, began with a mail of REPLY or longer ago], theirs_answered, ours_answered [of them answered
        by a person of the other side within REPLY].

    Source: DEFINITIONS: volume, reply rate of theirs and of ours.
    """
    talk = scope.history(data, "correspondence")
    if talk is None or data.as_of is None:
        return pd.DataFrame(columns=PERSON)
    talk = _of_people(talk).filter(_.occurred_local <= ibis.literal(data.as_of))
    in_thread = ibis.window(group_by="thread_id", order_by=["occurred_local", "direction"])
    since = ibis.window(group_by="thread_id")
    talk = talk.mutate(
        nth=ibis.row_number().over(in_thread),
        first_in=_.occurred_local.min(where=_.direction == "in").over(since),
        first_out=_.occurred_local.min(where=_.direction == "out").over(since),
    ).mutate(answer=ibis.ifelse(_.direction == "in", _.first_out, _.first_in))
    mature = (_.nth == 0) & (_.occurred_local <= ibis.literal(data.as_of - REPLY.to_pytimedelta()))
    soon = (_.answer.epoch_seconds() - _.occurred_local.epoch_seconds() <= REPLY.total_seconds()).fill_null(NO)
    of_question = talk.filter(scope.within(data, _.occurred_local), _.contact_key.notnull())
    of_question = of_question.mutate(mature=mature, soon=soon, account=_.domain.nullif(""))
    counted = of_question.group_by("contact_key", "mailbox").agg(
        account=_.account.max(),
        received=(_.direction == "in").sum(),
        sent=(_.direction == "out").sum(),
        last=_.occurred_local.max(),
        theirs=(_.mature & (_.direction == "in")).sum(),
        theirs_answered=(_.mature & _.soon & (_.direction == "in")).sum(),
        ours=(_.mature & (_.direction == "out")).sum(),
        ours_answered=(_.mature & _.soon & (_.direction == "out")).sum(),
    )
    frame = counted.order_by("contact_key", "mailbox").to_pandas()
    frame["account"] = frame["account"].where(~frame["account"].isin(SHARED))
    return frame[PERSON]


@count("correspondence", unfiltered=scope.NO_CAMPAIGN)
def box_weeks(data: Data) -> pd.DataFrame:
    """Messages of any kind by inbox and week: mailbox, week [its Monday], n, bounced [of ours, said to have come back].

    What came back reached nobody, so no other count has it.
    """
    talk = scope.history(data, "correspondence")
    if talk is None:
        return pd.DataFrame(columns=["mailbox", "week", "n", "bounced"])
    talk = talk.filter(_.occurred_local.notnull(), scope.within(data, _.occurred_local), _.mailbox.notnull())
    weeks = talk.group_by("mailbox", week=_.occurred_local.truncate("W")).agg(
        n=_.count(), bounced=(_.kind == "bounced").sum()
    )
    return weeks.order_by("mailbox", "week").to_pandas()


def _of_people(talk: Expression) -> Expression:
    return talk.filter(_.kind == "person", _.direction.isin(("in", "out")), _.occurred_local.notnull())
