"""How much do customers and we write to each other, who begins, and who falls silent? (guide 3, volume, reply rate)"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.counts.correspondents import REPLY
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.show.formats import decimal, known, share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.cluster_robust import clustered_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from kit.store import Data

PRIVATE, ALL = "private", "all"
"""The rows of addresses that belong to no firm, and of everybody."""

SHOWN = 15
"""Accounts that the page lists; the CSV holds all."""

UNLIKELY = 0.01
"""A week without any message in an inbox that would be so empty more seldom than this was not connected."""

MONTH = 30
"""Days over which messages are counted."""

SILENT = 90
"""Days without a message on either side after which an account is silent."""


def measure(data: Data) -> Contacts:
    """What customers and we write to each other, by account.

    Args:
        data: what `kit.open` returned.

    Source: as `judge`.
    """
    return judge(counts.correspondents(data), counts.box_weeks(data), data.as_of)


def judge(people: pd.DataFrame, weeks: pd.DataFrame, as_of: datetime | None) -> Contacts:
    """Volume, who begins, reply rates of both sides and days since the last contact.

    Args:
        people: what `counts.correspondents` returned.
        weeks: what `counts.box_weeks` returned.
        as_of: the moment up to which the data knows.

    Source: DEFINITIONS: volume, frequency, reply rate; intervals with people as clusters (Deng et al. 2018,
    doi:10.1145/3219819.3219919).
    """
    boxes, came_back = connected(weeks), int(weeks["bounced"].sum())
    if people.empty or as_of is None:
        return Contacts(pd.DataFrame(columns=_COLUMNS), people, boxes, came_back)
    account = people["account"].fillna(PRIVATE)
    groups = [(ALL, people), *people.groupby(account, sort=False)]
    rows = [{"account": name} | _row(group, boxes, as_of) for name, group in groups]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    order = frame["account"].map({ALL: 0, PRIVATE: 1}).fillna(2)
    frame = frame.assign(order=order, volume=frame["received_month"].fillna(0) + frame["sent_month"].fillna(0))
    frame = frame.sort_values(["order", "volume", "account"], ascending=[True, False, True], ignore_index=True)
    return Contacts(frame[_COLUMNS], people, boxes, came_back)


def connected(weeks: pd.DataFrame) -> pd.DataFrame:
    """In which weeks each inbox was connected.

    Without a message at all a week is missing, unless so few come in a usual week of the inbox that none is no
    surprise; before its first and after its last message nothing is known.

    Args:
        weeks: what `counts.box_weeks` returned.

    Returns:
        A row an inbox: mailbox, first, last [weeks], weeks [between them], missing [of them].
    """
    rows = []
    for name, box in weeks.groupby("mailbox"):
        span = pd.date_range(box["week"].min(), box["week"].max(), freq="7D")
        usual = float(box["n"].median())
        empty = len(span) - box["week"].nunique()
        missing = empty if exp(-usual) < UNLIKELY else 0
        rows.append((name, span[0], span[-1], len(span), missing))
    return pd.DataFrame(rows, columns=["mailbox", "first", "last", "weeks", "missing"])


_COLUMNS = [
    *("account", "people", "received", "sent", "days", "received_month", "sent_month", "asked", "begun"),
    *("ours", "ours_low", "ours_high", "theirs", "theirs_low", "theirs_high", "silent_days"),
]


def _row(group: pd.DataFrame, boxes: pd.DataFrame, as_of: datetime) -> dict[str, Any]:
    used = boxes[boxes["mailbox"].isin(group["mailbox"])]
    days = float(((used["weeks"] - used["missing"]) * 7).max()) if len(used) else np.nan
    row: dict[str, Any] = {"people": group["contact_key"].nunique(), "days": days}
    for name, column in (("received", "received"), ("sent", "sent"), ("asked", "theirs"), ("begun", "ours")):
        row[name] = int(group[column].sum())
    for name in ("received", "sent"):
        row[f"{name}_month"] = row[name] / days * MONTH if days else np.nan
    for side, n in (("ours", "theirs"), ("theirs", "ours")):  # we answer the threads that they began
        of_people = group.groupby("contact_key")[[n, f"{n}_answered"]].sum().astype(float)
        of_people = of_people[of_people[n] > 0]
        threads, answered = of_people[n], of_people[f"{n}_answered"]
        squares = ([(answered**2).sum()], [(threads**2).sum()], [(answered * threads).sum()])
        rate = clustered_rates([len(of_people)], [answered.sum()], [threads.sum()], squares=squares)
        row |= {side: rate.value[0], f"{side}_low": rate.low[0], f"{side}_high": rate.high[0]}
    return row | {"silent_days": (pd.Timestamp(as_of) - group["last"].max()).total_seconds() / 86400}


@result
class Contacts(Result):
    """What customers and we write to each other.

    Attributes:
        accounts: a row an account ["all", "private": addresses that belong to no firm, else the domain]: account,
            people, received, sent [messages of people], days [that an inbox of theirs was connected], received_month,
            sent_month [in 30 such days], asked, begun [threads that they, we began, old enough], ours, theirs with
            _low, _high [share of them answered by the other side within 7 days], silent_days [since the last message].
        people: what `counts.correspondents` returned, a row a person and inbox.
        boxes: what `connected` returned.
        came_back: mails of ours that were not delivered.
    """

    accounts: pd.DataFrame
    people: pd.DataFrame
    boxes: pd.DataFrame
    came_back: int

    def summary(self) -> Summary:
        """How much is written, whom we answer, and who has fallen silent."""
        if self.accounts.empty:
            return Summary(
                "contacts",
                _(
                    "It is unknown who writes with us: your files contain no messages that can be assigned to us "
                    "and to customers."
                ),
            )
        row = self.accounts.iloc[0]
        firms = self.accounts[~self.accounts["account"].isin((ALL, PRIVATE))]
        silent = int((firms["silent_days"] > SILENT).sum())
        numbers = {"people": row["people"], "received": row["received_month"], "ours": row["ours"], "silent": silent}
        text = _(
            "{people} people write {received} e-mails and messages in 30 days, on average. Within 7 days we "
            "answered {ours} of the {asked} threads they started. They answered {theirs} of the {begun} threads we "
            "started.",
            people=whole(row["people"]), received=_number(row["received_month"]),
            asked=whole(row["asked"]), begun=whole(row["begun"]),
            ours=share(row["ours"]), theirs=share(row["theirs"]),
        )  # fmt: skip
        if len(firms):
            quiet = _n(
                "{n} of {all} firms has been silent for more than 90 days.",
                "{n} of {all} firms have been silent for more than 90 days.",
                silent, n=whole(silent), all=whole(len(firms)),
            )  # fmt: skip
            text = f"{text} {quiet}"
        return Summary("contacts", text, numbers)

    def table(self) -> Table:
        """Each account."""
        columns = (
            Column("account", message("Account"), lambda name: _NAMES.get(name) or str(name)),
            Column("people", message("People"), whole, number=True),
            Column("received_month", message("They write in 30 days"), _number, "messages", number=True),
            Column("sent_month", message("We write in 30 days"), _number, "messages", number=True),
            Column("asked", message("Threads they started"), whole, number=True),
            Column("begun", message("Threads we started"), whole, number=True),
            Column("ours", message("We answered in 7 days"), _rate("ours"), "share", number=True, whole_row=True),
            Column("theirs", message("They answered in 7 days"), _rate("theirs"), "share", number=True, whole_row=True),
            Column("silent_days", message("Days since the last contact"), whole, "days", number=True),
        )
        notes = [
            _(
                "Accounts are grouped by the domain of the address; the CSV contains all of them. Messages from "
                "machines and campaigns are not counted."
            ),
            _(
                "Threads started in the last {n} days are not judged. Brackets: 95 % intervals, with people as units.",
                n=REPLY.days,
            ),
            *self._missing(),
        ]
        if self.came_back:
            notes.append(
                _n("{n} of our e-mails bounced: it is not counted as a question or an answer.",
                   "{n} of our e-mails bounced: they are not counted as questions or answers.",
                   self.came_back, n=whole(self.came_back))
            )  # fmt: skip
        return Table(
            "contacts", message("Who writes with us"), self.accounts, columns, tuple(notes),
            message("your files contain no messages that can be assigned to us and to customers."), most=SHOWN,
        )  # fmt: skip

    def _missing(self) -> list[str]:
        missing = int(self.boxes["missing"].sum())
        if not missing:
            return [_("Messages in 30 days are calculated for the weeks from an inbox's first message to its last.")]
        return [
            _n(
                "{n} week without any message in an inbox is treated as missing, not as empty. It is not in any "
                "figure for 30 days.",
                "{n} weeks without any message in an inbox are treated as missing, not as empty. They are not in "
                "any figure for 30 days.",
                missing, n=whole(missing),
            )
        ]  # fmt: skip


_NAMES = {ALL: message("everyone"), PRIVATE: message("addresses without a firm")}


def _number(value: Any) -> str:
    return decimal(value, 1 if float(value) < 10 else 0) if known(value) else "–"


def _rate(name: str) -> Callable[[Mapping[Any, Any]], str]:
    return lambda row: with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


_MESSAGE = message("a message that a person wrote, once, even if it is in several inboxes")
_THREAD = message("a thread that a person on one side started")

FIGURES = (
    Figure(
        "messages_a_month", message("Messages in 30 days"),
        message("messages / days that the inbox was connected x 30"), _MESSAGE,
        "guide 3, mail volume", ("contacts.received_month", "contacts.sent_month", "contacts.received"),
        edge=message(
            "a week without any message in an inbox that usually has five or more is missing, not zero"
        ),
    ),
    Figure(
        "thread_reply_rate", message("Reply rate of threads"),
        message(
            "threads answered by a person on the other side within 7 days / threads started 7 days ago or earlier"
        ), _THREAD,
        "guide 3, reply rate",
        ("contacts.ours", "contacts.theirs", "contacts.asked", "contacts.begun"),
        window=message("7 days from the first message"),
        interval=message("95 %: with people as units (Deng, Knoblich and Lu 2018)"),
        edge=message("an out-of-office reply is not an answer; campaign e-mails and bounced e-mails do not start a "
                     "thread"),
    ),
    Figure(
        "silent_days", message("Days since the last contact"), message("as_of - last message from either side"),
        _MESSAGE,
        "guide 3", ("contacts.silent_days", "contacts.people", "contacts.silent"),
        edge=message("silent: more than 90 days; people are counted by their addresses"),
    ),
)  # fmt: skip
