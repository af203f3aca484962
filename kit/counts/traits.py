"""What is known of the person behind a message, at the moment of its sending: columns to group by.

A trait is data: its name, what it means, and how it is added to the messages. What is not known is NULL, so
that parts and unknown add up to the whole. Nothing that happened after the sending is used: a person who
clicked this mail is not therefore an active one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
from ibis import _

from kit.counts import scope
from kit.messages import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.messages import Message
    from kit.store import Data, Expression

PRESSURE_DAYS = 7
"""Days over which the mails to one person are counted, this one included."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One column to group by.

    Attributes:
        key: the column.
        title: as readers meet it at the head of a column.
        name: the same within a sentence.
        meaning: what it is, in words.
        add: how messages get it.
    """

    key: str
    title: Message
    name: Message
    meaning: Message
    add: Callable[[Expression, Data], Expression]


def _of_contact(name: str) -> Callable[[Expression, Data], Expression]:
    def add(messages: Expression, data: Data) -> Expression:
        contacts = scope.history(data, "contacts")
        if contacts is None:
            return messages.mutate(**{name: ibis.null("string")})
        people = contacts.group_by(person=_.contact_key).agg(**{name: _[name].max()})
        return messages.left_join(people, [messages.contact_key == people.person]).drop("person")

    return add


def _tenure(messages: Expression, data: Data) -> Expression:
    contacts = scope.history(data, "contacts")
    if contacts is None:
        return messages.mutate(tenure=ibis.null("string"))
    people = contacts.group_by(person=_.contact_key).agg(joined=_.opted_in_at.min())
    messages = messages.left_join(people, [messages.contact_key == people.person])
    days = messages.sent_local.delta(messages.joined, unit="day")
    tenure = ibis.cases(
        (messages.joined.isnull() | (days < 0), ibis.null("string")),
        (days < 90, "under 3 months"),
        (days < 365, "3 to 12 months"),
        else_="over a year",
    )
    return messages.mutate(tenure=tenure).drop("person", "joined")


def _engagement(messages: Expression, data: Data) -> Expression:
    before = _before(messages, days=data.settings["engagement.days"])
    counted = messages.mutate(
        mails=(_.reached.cast("int64")).sum().over(before).fill_null(0),
        clicks=(_.clicked_human & _.reached).cast("int64").sum().over(before).fill_null(0),
    )
    engagement = ibis.cases(
        (_.contact_key.isnull(), ibis.null("string")),
        (_.clicks > 0, "active"),
        (_.mails < data.settings["engagement.mails"], "new"),
        else_="silent",
    )
    return counted.mutate(engagement=engagement).drop("mails", "clicks")


def _pressure(messages: Expression, data: Data) -> Expression:  # noqa: ARG001  every trait is asked alike
    before = _before(messages, days=PRESSURE_DAYS)
    counted = messages.mutate(mails=1 + _.reached.cast("int64").sum().over(before).fill_null(0))
    pressure = ibis.cases(
        (_.contact_key.isnull(), ibis.null("string")),
        (_.mails >= 3, "3 or more"),
        else_=_.mails.cast("string"),
    )
    return counted.mutate(pressure=pressure).drop("mails")


def _before(messages: Expression, *, days: int) -> Expression:
    """The person's mails of the days before this one, this one apart."""
    return ibis.window(
        group_by=messages.contact_key,
        order_by=messages.sent_at,
        range=(-ibis.interval(days=days), -ibis.interval(microseconds=1)),
    )


TRAITS = {
    trait.key: trait
    for trait in (
        Trait(
            "segment", message("Segment"), message("segment"),
            message("the firm's own group, from the contacts"), _of_contact("segment"),
        ),
        Trait(
            "language", message("Language"), message("language"),
            message("from the contacts"), _of_contact("language"),
        ),
        Trait(
            "country", message("Country"), message("country"),
            message("from the contacts"), _of_contact("country"),
        ),
        Trait(
            "opt_in_source", message("Sign-up source"), message("sign-up source"),
            message("how the person joined the list, from the contacts"), _of_contact("opt_in_source"),
        ),
        Trait(
            "tenure", message("Time on the list"), message("time on the list"),
            message("from joining the list to this e-mail"), _tenure,
        ),
        Trait(
            "engagement", message("Engagement"), message("engagement"),
            message(
                "active: clicked in the 90 days before this e-mail, scanners' clicks left out (engagement.days). "
                "Silent: no such click on 3 or more e-mails (engagement.mails). New: got fewer e-mails"
            ),
            _engagement,
        ),
        Trait(
            "pressure", message("E-mails in a week"), message("e-mails in a week"),
            message("e-mails to the person in the {days} days up to and including this one, bulk and automated",
                    days=PRESSURE_DAYS),
            _pressure,
        ),
    )
}  # fmt: skip
