"""Requests of customers and how long each waited for a person's answer, from mail and help desks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.counts.working_time import WorkingTime, instants

if TYPE_CHECKING:
    from kit.store import Data, Expression

COLUMNS = (
    *("request", "message_id", "channel", "first", "asked_local", "ended_local", "state", "minutes", "working"),
    *("outside", "mailbox", "agent", "segment"),
)

STATES = ("answered", "closed", "open")

SAME = pd.Timedelta("10min")
"""A ticket is the mail that the same person wrote within so much of its coming in."""


@count("correspondence", "tickets", unfiltered=scope.NO_CAMPAIGN)
def responses(data: Data) -> pd.DataFrame:
    """Every turn of a customer, and how it ended: answered by a person, closed without an answer, or open.

    A turn is what a customer writes until we answer: its first message begins it, further ones do not. The first turn
    of a thread that the customer began is the first request. Of tickets whose messages are not exported only the
    first is known. What machines and campaigns wrote is neither asked nor answered; what is between us is neither.

    Returns:
        A row a turn: request [thread or ticket], message_id [of an open one], channel ["mail" or "help desk"], first
        [bool], asked_local, ended_local [answered, closed, or as_of], state [STATES], minutes [NaN: it ended before
        it began], working [min of working time; NaN: no hours are known], outside [bool: asked and answered without any
        working time between], mailbox, agent ["Agent 1" …, in the order of
        their first answers; of tickets who it is assigned to], segment.

    Source: DEFINITIONS: first and every response time, business seconds.
    """
    turns = _every(data)
    if turns.empty or data.as_of is None:
        return pd.DataFrame(columns=list(COLUMNS))
    turns["agent"] = turns["agent"].map(_pseudonyms(turns)).astype("str")
    turns = turns.merge(_segments(data), on="contact_key", how="left")
    as_of = pd.Timestamp(data.as_of)
    turns = turns[(turns["asked_local"] <= as_of) & scope.inside(data, turns["asked_local"])].reset_index(drop=True)
    return _ended(data, turns, as_of)[list(COLUMNS)]


@count("correspondence", "tickets", whole="numbers are the same in every question", unfiltered=scope.NO_CAMPAIGN)
def agents(data: Data) -> pd.DataFrame:
    """The numbers by which `responses` calls who answers: agent [as the table has it], name ["Agent 1" …]."""
    turns = _every(data)
    names = _pseudonyms(turns) if len(turns) else {}
    return pd.DataFrame(list(names.items()), columns=["agent", "name"], dtype="str")


def _every(data: Data) -> pd.DataFrame:
    """Every turn, unended: those of threads, and tickets that are none of them."""
    if data.as_of is None:
        return pd.DataFrame()
    mails, tickets = _turns(data), _tickets(data)
    if len(mails) and len(tickets):
        tickets = tickets[~_is_mail(tickets, mails)]
    frames = [frame for frame in (mails, tickets) if len(frame)]
    if not frames:
        return pd.DataFrame()
    return pd.concat([frame.assign(in_thread=frame is mails) for frame in frames], ignore_index=True)


@count("correspondence", whole="who we are does not change with the question", unfiltered=scope.NO_CAMPAIGN)
def own_side_is_guessed(data: Data) -> int:
    """1 where kit.toml does not say which mail is ours, and it was guessed."""
    settings, talk = data.settings, scope.history(data, "correspondence")
    if talk is None or settings["own_domains"] or settings["own_addresses"]:
        return 0
    return int(talk.filter(_.channel == "mail", _.direction.notnull()).count().to_pyarrow().as_py() > 0)


def _turns(data: Data) -> pd.DataFrame:
    """The turns of threads: as `responses`, with answered_local, closed_local and contact_key, unended."""
    talk = scope.history(data, "correspondence")
    if talk is None:
        return pd.DataFrame()
    talk = talk.filter(
        _.kind == "person",
        _.direction.isin(("in", "out")),
        _.occurred_local.notnull(),
        _.occurred_local <= ibis.literal(data.as_of),
    ).mutate(moment=_.occurred_at.epoch_seconds().fill_null(_.occurred_local.epoch_seconds()))
    in_thread = ibis.window(group_by="thread_id", order_by=["moment", "direction", "message_id"])
    runs = talk.mutate(before=_.direction.lag().over(in_thread)).filter(_.before.fill_null("") != _.direction)
    turns = runs.mutate(
        answered_local=_.occurred_local.lead().over(in_thread),
        answered_by=_.agent.lead().over(in_thread),
        first=ibis.row_number().over(in_thread) == 0,
    ).filter(_.direction == "in")
    turns = turns.mutate(asked_local=_.occurred_local, agent=_.answered_by, request=_.thread_id)
    closed = _closings(data)
    if closed is None:
        turns = turns.mutate(closed_local=ibis.null("timestamp"))
    else:
        turns = turns.left_join(closed, turns.thread_id == closed.thread)
    columns = ("request", "message_id", "channel", "first", "asked_local", "answered_local", "closed_local")
    return turns.select(*columns, "mailbox", "agent", "contact_key").to_pandas()


def _closings(data: Data) -> Expression:
    tickets = scope.history(data, "tickets")
    if tickets is None:
        return None
    closed = tickets.filter(_.resolved_local.notnull(), _.ticket_id.notnull())
    return closed.group_by(thread="ticket:" + _.ticket_id).agg(closed_local=_.resolved_local.max())


def _tickets(data: Data) -> pd.DataFrame:
    """The same of tickets whose messages are not exported."""
    tickets = scope.history(data, "tickets")
    if tickets is None:
        return pd.DataFrame()
    tickets = tickets.filter(_.created_local.notnull()).mutate(
        request="ticket:" + _.ticket_id, first=ibis.literal(value=True)
    )
    talk = scope.history(data, "correspondence")
    if talk is not None:
        tickets = tickets.anti_join(talk, tickets.request == talk.thread_id)
    return tickets.select(
        "request", "first", "mailbox", "agent", "contact_key",
        message_id=_.ticket_id,
        channel=ibis.literal("help desk"),
        asked_local=_.created_local,
        answered_local=_.first_response_local,
        closed_local=_.resolved_local,
    ).to_pandas()  # fmt: skip


def _is_mail(tickets: pd.DataFrame, mails: pd.DataFrame) -> pd.Series:
    """Whether tickets are requests that stand among the mail, too."""
    written = mails.loc[mails["first"] & mails["contact_key"].notna(), ["asked_local", "contact_key"]]
    asked = tickets.loc[tickets["contact_key"].notna(), ["asked_local", "contact_key"]].reset_index()
    near = pd.merge_asof(
        asked.sort_values("asked_local"),
        written.assign(written=True).sort_values("asked_local"),
        on="asked_local", by="contact_key", direction="nearest", tolerance=SAME,
    )  # fmt: skip
    return tickets.index.to_series().isin(near.loc[near["written"].notna(), "index"])


def _pseudonyms(turns: pd.DataFrame) -> dict[str, str]:
    """Agents by numbers, in the order of their first answers, so that later exports change none."""
    first = turns.dropna(subset=["agent"]).groupby("agent")["asked_local"].min().sort_values(kind="stable")
    return {str(agent): f"Agent {number}" for number, agent in enumerate(first.index, start=1)}


def _segments(data: Data) -> pd.DataFrame:
    contacts = scope.history(data, "contacts")
    if contacts is None:
        return pd.DataFrame({"contact_key": pd.Series(dtype="str"), "segment": pd.Series(dtype="str")})
    named = contacts.filter(_.segment.notnull()).group_by("contact_key").agg(segment=_.segment.max())
    return named.to_pandas()


def _ended(data: Data, turns: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """With state, ended_local, minutes and working."""
    asked = turns["asked_local"]
    answered = turns["answered_local"].where(turns["answered_local"] <= as_of)
    closed = turns["closed_local"].where((turns["closed_local"] <= as_of) & (turns["closed_local"] >= asked))
    unneeded = asked + pd.Timedelta(days=data.settings["service.waiting_days"])
    closed = closed.fillna(unneeded.where(turns["in_thread"] & (unneeded <= as_of)))
    closed = closed.where(answered.isna())
    ended = answered.fillna(closed).fillna(as_of)
    state = np.where(answered.notna(), "answered", np.where(closed.notna(), "closed", "open"))
    turns = turns.assign(ended_local=ended, state=pd.Series(state, dtype="str"))
    turns["minutes"] = _calendar(data, asked, ended).where(lambda minutes: minutes >= 0)
    hours = WorkingTime.of(data.settings)
    turns["working"] = np.where(turns["minutes"].notna(), hours.minutes(asked, ended), np.nan)
    at_work = hours.at_work(asked) | hours.at_work(ended)
    turns["outside"] = (turns["state"] == "answered") & (turns["working"] == 0) & ~at_work
    turns["message_id"] = turns["message_id"].where(turns["state"] == "open")
    return turns


def _calendar(data: Data, start: pd.Series, end: pd.Series) -> pd.Series:
    """Minutes between moments on the firm's clock, through the instants where its zone is known."""
    zone = data.settings.zone
    if zone is not None:
        start, end = instants(start, zone), instants(end, zone)
    return (end - start).dt.total_seconds() / 60
