"""Who is on the list and gives no sign of reading? (guide 2, opaque churn)"""

from __future__ import annotations

from datetime import timedelta
from math import ceil, log, nan
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, _n, message, message_n
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import subscribers
from kit.show.formats import share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.stats import proportions
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.store import Data, Expression

SILENCE = 0.05
"""A silence is beyond chance when a reader would keep it with at most this chance."""

ALL_MAIL = "who is silent did nothing after any mail"
"""Why a filter does not narrow it."""

COUNTS = ["mails", "signal", "clicked", "n"]


def measure(data: Data, *, days: int = 180) -> Silence:
    """How many on the list give no sign of reading, where their mails were enough to judge.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        days: the window, up to `as_of`.

    Source: guide 2 (opaque churn).
    """
    return judge(count(data, days=days), days=days)


@scope.count("contacts", "messages", whole=subscribers.LIST, unfiltered=ALL_MAIL)
def count(data: Data, *, days: int) -> pd.DataFrame:
    """Who of the list did nothing that only a person does, by how many mails they got.

    Args:
        data: what `kit.open` returned.
        days: the window, up to `as_of`; of people on the list through all of it.

    Returns:
        A row a number of mails and signal: mails [delivered to each in the window], signal [bool: clicked as people
        do, ordered or booked], clicked [mails clicked by them together], n [people]. No row without an event log and
        contacts with joining days.
    """
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if contacts is None or messages is None or data.as_of is None:
        return pd.DataFrame(columns=COUNTS)
    start = ibis.literal(data.as_of - timedelta(days=days), type="timestamp")
    end = ibis.literal(data.as_of, type="timestamp")
    first = ibis.literal((data.as_of - timedelta(days=days)).date(), type="date")
    people = subscribers.each(contacts, data).filter((col.joined <= first) & (col.cause == ""))
    mails = messages.filter(col.reached & (col.sent_local > start) & (col.sent_local <= end))
    received = (
        mails.filter(col.clicked_human.notnull())
        .group_by("contact_key")
        .agg(mails=col.count(), clicked=col.clicked_human.cast("int64").sum())
    )
    people = people.left_join(received, "contact_key").drop("contact_key_right")
    acted = _acted(data, start, end)
    if acted is not None:
        people = people.left_join(acted, "contact_key").drop("contact_key_right")
    else:
        people = people.mutate(acted=ibis.literal(value=False))
    people = people.mutate(
        mails=col.mails.fill_null(0),
        clicked=col.clicked.fill_null(0),
        signal=col.acted.fill_null(NO) | (col.clicked.fill_null(0) > 0),
    )
    groups = people.group_by("mails", "signal").agg(clicked=col.clicked.sum(), n=col.count())
    return groups.order_by("mails", "signal").to_pandas()[COUNTS]


def _acted(data: Data, start: Expression, end: Expression) -> Expression:
    """People who ordered or booked in the window: contact_key, acted; None where no file holds any."""
    parts = []
    for name, moment in (("orders", "ordered_local"), ("conversions", "occurred_local")):
        table = scope.history(data, name)
        if table is not None:
            inside = table.filter((table[moment] > start) & (table[moment] <= end) & table.contact_key.notnull())
            parts.append(inside.select("contact_key"))
    if not parts:
        return None
    people = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return people.distinct().mutate(acted=ibis.literal(value=True))


def judge(counts: pd.DataFrame, *, days: int, level: float = LEVEL) -> Silence:
    """How many on the list give no sign of reading, where their mails were enough to judge.

    Args:
        counts: what `count` returned for as many days.
        days: of the window.
        level: confidence.

    Source: guide 2 (opaque churn); a reader who clicks a share p of mails keeps silent through n with (1 - p)^n.
    """
    people, mails = int(counts["n"].sum()), float((counts["mails"] * counts["n"]).sum())
    click = float(counts["clicked"].sum()) / mails if mails else nan
    without_signal = counts[~counts["signal"].astype(bool)]
    mute = int(without_signal["n"].sum())
    if not 0 < click < 1:
        reason = (
            message("no mail to people on the list was clicked in the window")
            if people
            else message("no log tells what people got and clicked")
        )
        return Silence(people, None, click, 0, mute, nan, nan, nan, nan, days, reason)
    needed = ceil(log(SILENCE) / log(1 - click))
    if not (counts["mails"] >= needed).any():
        reason = message_n(
            "{n} mail is needed where {click} of them are clicked, and nobody got so many",
            "{n} mails are needed where {click} of them are clicked, and nobody got so many",
            needed,
            click=share(click, 1),
        )
        return Silence(people, needed, click, 0, mute, nan, nan, nan, nan, days, reason)
    silent = int(without_signal.loc[without_signal["mails"] >= needed, "n"].sum())
    low, high = proportions.proportion_interval(silent, people, level=level)
    value, most = silent / people, mute / people
    return Silence(people, needed, click, silent, mute - silent, value, float(low), float(high), most, days)


@result
class Silence(Result):
    """Opaque churn: people on the list who show no sign of reading.

    Attributes:
        people: on the list through the whole window.
        needed: mails after which a silence is beyond chance; None: not known.
        click: clicks a mail of the window [share], from which `needed` comes.
        silent: people with so many mails and no sign.
        undecided: people without a sign who got fewer.
        value: silent / people.
        low: of its interval.
        high: its other end.
        most: the share if every undecided one is gone.
        days: of the window.
        reason: why it is not known; "" where it is.
    """

    people: int
    needed: int | None
    click: float
    silent: int
    undecided: int
    value: float
    low: float
    high: float
    most: float
    days: int
    reason: str | Message = ""

    def summary(self) -> Summary:
        """How many give no sign, where their mails were enough to judge."""
        numbers: dict[str, Any] = {"people": self.people, "silent": self.silent, "undecided": self.undecided}
        if self.reason:
            parts = [_("Who has gone silent is not known: {reason}.", reason=self.reason)]
            if self.undecided:
                parts.append(
                    _n(
                        "{n} of {people} gave no sign in the last {days} days.",
                        "{n} of {people} gave no sign in the last {days} days.",
                        self.undecided,
                        people=self.people,
                        days=self.days,
                    )
                )
            return Summary("silence", " ".join(parts), numbers)
        text = _n(
            "Of {n} person on the list through the last {days} days, {silent} ({value}) are silent beyond chance: "
            "{needed} mails or more without a click, an order or a booking, where {click} of mails are clicked.",
            "Of {n} people on the list through the last {days} days, {silent} ({value}) are silent beyond chance: "
            "{needed} mails or more without a click, an order or a booking, where {click} of mails are clicked.",
            self.people,
            days=self.days,
            silent=self.silent,
            value=with_interval(self.value, self.low, self.high),
            needed=whole(self.needed),
            click=share(self.click),
        )
        further = _n(
            "{n} more gave no sign but got fewer mails: were they all gone, it would be {share}.",
            "{n} more gave no sign but got fewer mails: were they all gone, it would be {share}.",
            self.undecided,
            share=share(self.most),
        )
        return Summary("silence", f"{text} {further}", numbers | {"needed": self.needed}, headline=True, weight=25)


FIGURES = (
    Figure(
        "opaque_churn", message("Opaque churn"),
        message("no sign in so many mails that a reader would hardly be silent / on the list"),
        message("a person on the list through the whole window"), "guide 2; DEFINITIONS: (1 - p)^n < 5 %",
        ("silence.silent", "silence.people", "silence.undecided", "silence.value"),
        window=message("the last days up to as_of"), interval=WILSON,
        edge=message(
            "a sign is a click as people do, an order or a booking, never an opening; who got fewer mails is undecided"
        ),
    ),
)  # fmt: skip
