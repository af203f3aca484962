"""Who is on the list and gives no sign of reading? (guide 2, opaque churn)"""

from __future__ import annotations

from datetime import timedelta
from math import nan
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import subscribers
from kit.show.formats import decimal, share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.stats import beta_binomial, proportions
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.stats.beta_binomial import BetaBinomial
    from kit.store import Data, Expression

SILENCE = 0.05
"""A silence is beyond chance when a reader would keep it with at most this chance."""

ALL_MAIL = "who is silent did nothing after any mail"
"""Why a filter does not narrow it."""

COUNTS = ["mails", "signal", "clicked", "mails_before", "clicked_before", "n"]


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
        A row a kind of person: mails [delivered in the window], signal [bool: clicked as people do, ordered or booked],
        clicked [of the window's mails], mails_before, clicked_before [the same of each before the window], n [people].
        No row without an event log and contacts with joining days.
    """
    people = each(data, days=days)
    if people is None:
        return pd.DataFrame(columns=COUNTS)
    people = people.filter(col.in_time)
    keys = [name for name in COUNTS if name != "n"]
    return people.group_by(keys).agg(n=col.count()).order_by(keys).to_pandas()[COUNTS]


def each(data: Data, *, days: int, ago: int = 0) -> Expression:
    """Everybody who was on the list at the end of the window, a row a person; None without an event log and contacts.

    Args:
        data: what `kit.open` returned.
        days: the window.
        ago: days before `as_of` at which it ends; what came later is not looked at.

    Returns:
        contact_key, in_time [bool: on the list through the whole window], opened, opened_by_machine [mails of the
        window with an opening that may be a person's; with a machine's alone], and the columns of `count` but n.
    """
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if contacts is None or messages is None or data.as_of is None:
        return None
    last = data.as_of - timedelta(days=ago)
    start, end = (ibis.literal(moment, type="timestamp") for moment in (last - timedelta(days=days), last))
    first = ibis.literal((last - timedelta(days=days)).date(), type="date")
    until = ibis.literal(last.date(), type="date")
    people = subscribers.each(contacts, data)
    people = people.filter((col.joined <= until) | ~col.joined.notnull(), (col.cause == "") | (col.left > until))
    people = people.mutate(in_time=(col.joined <= first).fill_null(NO))
    mails = messages.filter(col.reached & col.clicked_human.notnull() & (col.sent_local <= end))
    inside, clicked = col.sent_local > start, col.clicked_human.cast("int64")
    machine = (col.opened_machine | col.opened_suspect).fill_null(NO)
    received = mails.group_by("contact_key").agg(
        mails=inside.sum(),
        clicked=clicked.sum(where=inside),
        mails_before=(~inside).sum(),
        clicked_before=clicked.sum(where=~inside),
        opened=(col.opened.fill_null(NO) & ~machine & inside).sum(),
        opened_by_machine=(col.opened.fill_null(NO) & machine & inside).sum(),
    )
    people = people.left_join(received, "contact_key").drop("contact_key_right")
    acted = _acted(data, start, end)
    if acted is not None:
        people = people.left_join(acted, "contact_key").drop("contact_key_right")
    else:
        people = people.mutate(acted=ibis.literal(value=False))
    numbers = ["mails", "clicked", "mails_before", "clicked_before", "opened", "opened_by_machine"]
    people = people.mutate(**{name: col[name].fill_null(0) for name in numbers})
    return people.mutate(signal=col.acted.fill_null(NO) | (col.clicked > 0))


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

    Source: guide 2 (opaque churn); people differ in how often they click: the chance of a silence is the beta-geometric
    one of a reader with the same clicks before it, from a beta-binomial of all people.
    """
    people, mute = int(counts["n"].sum()), int(counts.loc[~counts["signal"].astype(bool), "n"].sum())
    all_mails = (counts["mails"] + counts["mails_before"]).astype(float)
    model = beta_binomial.fit((counts["clicked"] + counts["clicked_before"]).astype(float), all_mails, counts["n"])
    if model is None or people < PEOPLE:
        reason = (
            message("too few people were on the list for the whole period, or none of them ever clicked")
            if people
            else message("there is no event log of the messages people got and clicked")
        )
        return Silence(people, model, 0, mute, nan, nan, nan, nan, days, reason)
    decides = beyond_luck(counts, model)
    silent = int(counts.loc[~counts["signal"].astype(bool) & decides, "n"].sum())
    judged = int(counts.loc[decides, "n"].sum())
    if not judged:
        reason = message("nobody got enough messages to make silence unlikely for a reader like them")
        return Silence(people, model, 0, mute, nan, nan, nan, nan, days, reason)
    low, high = proportions.proportion_interval(silent, people, level=level)
    value, most = silent / people, mute / people
    return Silence(people, model, silent, mute - silent, value, float(low), float(high), most, days, judged=judged)


def beyond_luck(counts: pd.DataFrame, model: BetaBinomial) -> pd.Series:
    """Whether a reader with the same clicks before the window would hardly keep silent through its mails."""
    before = counts["clicked_before"], counts["mails_before"]
    chance = beta_binomial.rest_chance(model, counts["mails"], done=before[0], times=before[1])
    return pd.Series(chance <= SILENCE, index=counts.index)


@result
class Silence(Result):
    """Opaque churn: people on the list who show no sign of reading.

    Attributes:
        people: on the list through the whole window.
        model: how often people click, and how much they differ in it; None: not known.
        silent: people without a sign, through so many mails that a reader with their earlier clicks would keep silent
            with a chance of at most SILENCE.
        undecided: the others without a sign.
        value: silent / people.
        low: of its interval.
        high: its other end.
        most: the share if every undecided one is gone.
        days: of the window.
        reason: why it is not known; "" where it is.
        judged: people whose silence through the window would be beyond chance.
    """

    people: int
    model: BetaBinomial | None
    silent: int
    undecided: int
    value: float
    low: float
    high: float
    most: float
    days: int
    reason: str | Message = ""
    judged: int = 0

    def summary(self) -> Summary:
        """How many give no sign, where their mails were enough to judge."""
        numbers: dict[str, Any] = {"people": self.people, "silent": self.silent, "undecided": self.undecided}
        if self.reason:
            parts = [_("Who has gone silent is not known: {reason}.", reason=self.reason)]
            if self.undecided:
                parts.append(
                    _n(
                        "{n} of {people} people did not react at all in the last {days} days.",
                        "{n} of {people} people did not react at all in the last {days} days.",
                        self.undecided,
                        people=self.people,
                        days=self.days,
                    )
                )
            return Summary("silence", " ".join(parts), numbers)
        text = _n(
            "{silent} of {n} person ({value}) have gone silent. They were on the list throughout the last {days} "
            "days, with no click, order or booking. A reader with their earlier clicks would hardly stay silent "
            "through so many messages by chance (5 %).",
            "{silent} of {n} people ({value}) have gone silent. They were on the list throughout the last {days} "
            "days, with no click, order or booking. A reader with their earlier clicks would hardly stay silent "
            "through so many messages by chance (5 %).",
            self.people,
            days=self.days,
            silent=whole(self.silent),
            value=with_interval(self.value, self.low, self.high),
        )
        further = _n(
            "{n} more person did not react, but this may be chance. If they have gone too, the share is {share}.",
            "{n} more people did not react, but this may be chance. If they have all gone too, the share is {share}.",
            self.undecided,
            share=share(self.most),
        )
        differ = _(
            "{click} of messages are clicked, and people differ in this (coefficient of variation {cv}), so "
            "{judged} people could be judged.",
            click=share(self.model.mean if self.model else nan), cv=decimal(self.model.cv if self.model else nan, 1),
            judged=whole(self.judged),
        )  # fmt: skip
        numbers |= {"value": self.value, "judged": self.judged}
        return Summary("silence", f"{text} {further} {differ}", numbers, headline=True, weight=25)


FIGURES = (
    Figure(
        "opaque_churn", message("Opaque churn"),
        message("no reaction through so many messages that a reader like them would hardly be silent / people on "
                "the list"),
        message("a person on the list throughout the period"), "guide 2; kit explain beta_binomial",
        ("silence.silent", "silence.people", "silence.undecided", "silence.value", "silence.judged"),
        window=message("the last days up to as_of"), interval=WILSON,
        edge=message(
            "a reaction is a person's click, an order or a booking, never an open; people whose silence may be "
            "chance are undecided"
        ),
    ),
)  # fmt: skip
