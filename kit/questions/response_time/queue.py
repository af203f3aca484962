"""Who waits for an answer now, longest first?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import counts
from kit.messages import _, _n, message
from kit.questions.response_time.curves import clock, promised
from kit.show.formats import hours, minutes, moment, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.store import Data

SHOWN = 20
"""Requests that the page lists; the CSV of the table holds all."""

_CHANNELS = {"mail": message("e-mail"), "help desk": message("help desk")}


def waiting(data: Data, *, promised_hours: float = 0.0) -> Waiting:
    """The requests that are open at `as_of`, first and later turns alike, those that wait longest first.

    Args:
        data: what `kit.open` returned.
        promised_hours: within which an answer is in time; 0: as kit.toml says.
    """
    return judge(counts.responses(data), promised(data, promised_hours))


def judge(turns: pd.DataFrame, promise: float | None = None) -> Waiting:
    """As `waiting`, of what `counts.responses` returned and the promised time [min]."""
    by = clock(turns)
    of_state = turns[(turns["state"] == "open") & turns["minutes"].notna()]
    frame = of_state.sort_values("asked_local", kind="stable").reset_index(drop=True)
    frame = frame.assign(
        id=frame["message_id"]
        .fillna(frame["request"].astype("str").str.replace(r"^[^:]*:", "", regex=True))
        .str.replace("@", "(at)"),
        late=(frame[by] > promise) if promise is not None else pd.array([pd.NA] * len(frame), dtype="boolean"),
    )
    return Waiting(frame[_COLUMNS], by, promise)


_COLUMNS = ["id", "channel", "mailbox", "asked_local", "minutes", "working", "late", "first", "agent", "segment"]


@result
class Waiting(Result):
    """Who waits.

    Attributes:
        requests: a row an open turn, the longest first: id [Message-ID with (at) for @, or the help desk's], channel,
            mailbox, asked_local, minutes, working [min], late [bool; NA: nothing is promised], first [bool], agent,
            segment.
        clock: "working" or "minutes".
        promise: the promised time [min]; None: none is known.
    """

    requests: pd.DataFrame
    clock: str
    promise: float | None

    def summary(self) -> Summary:
        """How many wait, and how many of them too long."""
        n = len(self.requests)
        numbers: dict[str, Any] = {"waiting": n}
        if not n:
            return Summary("waiting_now", _("No customer is waiting for an answer."), numbers)
        first = int(self.requests["first"].sum())
        numbers["first"] = first
        text = _n(
            "{n} customer has been waiting for an answer for {time}.",
            "{n} customers are waiting for an answer, {first} of them for a first one; the longest for {time}.",
            n, n=whole(n), first=whole(first), time=minutes(self.requests["minutes"].max()),
        )  # fmt: skip
        if self.promise is not None:
            numbers["late"] = int(self.requests["late"].sum())
            late = _n(
                "{n} of them has waited longer than the promised {promise}.",
                "{n} of them have waited longer than the promised {promise}.",
                numbers["late"], n=whole(numbers["late"]), promise=hours(self.promise),
            )  # fmt: skip
            text = f"{text} {late}"
        step = _("First answer those who have waited longest; the page lists them.")
        return Summary("waiting_now", text, numbers, headline=True, weight=44, next_step=step)

    def table(self) -> Table:
        """The list to act on."""
        columns = (
            Column("id", message("Message or ticket")),
            Column("channel", message("Channel"), _CHANNELS.__getitem__),
            Column("mailbox", message("Inbox")),
            Column("asked_local", message("Waiting since"), moment),
            Column("minutes", message("Waiting for"), minutes, "min", number=True),
            Column("working", message("Of this, working time"), hours, "min", number=True),
            Column("late", message("Late"), lambda late: _("yes") if late else _("no")),
            Column("first", message("First or later request"), lambda first: _("first") if first else _("later")),
            Column("agent", message("Assigned to")),
        )
        shown = tuple(column for column in columns if column.name not in self._unknown)
        notes = (
            _(
                "The CSV contains all of them. In the id of an e-mail, (at) stands for @. Search the mailbox for "
                "the id (in Gmail with rfc822msgid:)."
            ),
            _("E-mails that need no answer are listed too, until service.waiting_days have passed."),
        )  # fmt: skip
        title = message("Who is waiting for an answer, longest first")
        return Table("waiting_now", title, self.requests, shown, notes, message("nobody is waiting."), most=SHOWN)

    @property
    def _unknown(self) -> set[str]:
        empty = {str(name) for name in self.requests if not self.requests[name].notna().any()}
        return empty if len(self.requests) else set()
