"""What are the stages of the way to a customer read from? (guide 2)

A person enters a stage once, at the first moment that any of its sources tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.counts.scope import count
from kit.errors import UsageError, nearest
from kit.messages import _, message
from kit.metrics import Figure
from kit.show.formats import commas, day, listing, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.messages import Message
    from kit.store import Data, Expression

CONTACT, LEAD, CUSTOMER = "contact", "lead", "customer"

FIRST_MAIL, NOTHING = "first e-mail, joining date not in the export", "nothing"
"""Where no file says when somebody joined. Who is written to in the log's first month may have been there for long."""

COLUMNS = ["stage", "what", "begins", "people"]

PERSON = message("a person; people who come back count by their first time")

FIGURES = (
    Figure(
        "stage_people", message("People of a stage"), message("people recorded by the source in this stage"), PERSON,
        "guide 2", ("stages.people",), edge=message("a stage without data is left out and not shown as 0"),
    ),
)  # fmt: skip

_SOURCES = {
    "joined the list": message("joined the list"),
    FIRST_MAIL: message("first e-mail, joining date not in the export"),
    "deal opened": message("deal opened"),
    "deal won": message("deal won"),
    "charge": message("charge"),
    "order": message("order"),
    "appointment": message("appointment"),
    "lead": message("lead"),
    NOTHING: message("nothing"),
}
"""Sources in words; any other one is the name of an action."""


def read(data: Data) -> Stages:
    """What each stage is read from, and since when.

    Args:
        data: what `kit.open` returned; the stages are those of the setting `funnel.stages`.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data.
    """
    return Stages(sources(data))


@count("contacts", "conversions", whole="it says from when each stage is recorded", unfiltered=scope.NO_CAMPAIGN)
def sources(data: Data, stages: Sequence[str] = ()) -> pd.DataFrame:
    """What each stage is read from.

    Args:
        data: what `kit.open` returned.
        stages: their names in order; none: the setting `funnel.stages`.

    Returns:
        A row a stage and source: stage, what, begins [the first moment on the firm's clock], people. A stage that
        nothing tells of has "nothing", no beginning and 0 people; it is left out of the ways.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data.
    """
    names = _names(data, stages)
    moments = seen(data, names)
    recorded = {}
    if moments is not None:
        sums = moments.group_by("stage", "what").agg(begins=col.at.min(), people=col.contact_key.nunique())
        recorded = dict(iter(sums.order_by("stage", "what").to_pandas().groupby("stage")))
    empty = pd.DataFrame({"what": [NOTHING], "begins": [pd.NaT], "people": [0]})
    rows = [recorded.get(place, empty).assign(stage=name) for place, name in enumerate(names)]
    return pd.concat([frame.astype({"begins": "datetime64[us]"}) for frame in rows], ignore_index=True)[COLUMNS]


def seen(data: Data, names: Sequence[str]) -> Expression:
    """Who was seen in which stage by what, and when: contact_key, stage [its place], what, at; None without any."""
    if data.as_of is None:
        return None
    parts = []
    for place, name in enumerate(names):
        for what, table, moment in _of_stage(data, name):
            times = table.select("contact_key", at=moment).filter(col.contact_key.notnull() & (col.at <= as_of(data)))
            parts.append(times.mutate(stage=ibis.literal(place, "int64"), what=ibis.literal(what)))
    if not parts:
        return None
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def as_of(data: Data) -> Expression:
    """The moment up to which the data knows."""
    return ibis.literal(data.as_of, "timestamp")


@result
class Stages(Result):
    """What the stages are read from.

    Attributes:
        sources: a row a stage and source: stage, what, begins [moment], people.
    """

    sources: pd.DataFrame

    def summary(self) -> Summary:
        """Which stages are recorded."""
        recorded = list(dict.fromkeys(self.sources.loc[self.sources["people"] > 0, "stage"]))
        if not recorded:
            return Summary("stages", _("No stage is recorded."))
        return Summary("stages", _("Recorded stages: {stages}.", stages=listing(recorded)))

    def table(self) -> Table:
        """Each stage's sources, since when, and how many people they name."""
        columns = (
            Column("stage", message("Stage")),
            Column("what", message("Data source"), _in_words),
            Column("begins", message("Recorded since"), day),
            Column("people", message("People"), whole, unit="people", number=True),
        )
        missing = self.sources.loc[self.sources["people"] == 0, "stage"].tolist()
        notes = [message("A person enters a stage once, at the first moment recorded by any of these sources.")]
        if missing:
            notes.append(message("There is no data on {stages}: left out, and not shown as 0.", stages=commas(missing)))
        if (self.sources["what"] == FIRST_MAIL).any():
            notes.append(
                message(
                    "People without a joining date who were on the list before the event log began seem new at "
                    "their first e-mail."
                )
            )
        title, empty = message("Where the stages come from"), message("the data has no stages.")
        return Table("stages", title, self.sources, columns, tuple(notes), empty)


def _in_words(what: str) -> str | Message:
    return _SOURCES.get(what, what)


def _names(data: Data, stages: Sequence[str]) -> list[str]:
    names = [name.strip().casefold() for name in (stages or data.settings["funnel.stages"])]
    if not names:
        raise UsageError(_("funnel.stages: the list is empty. Name two or more stages, each once."))
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            _("funnel.stages: {names} cannot be used. Name two or more stages, each once.", names=commas(names))
        )
    conversions = scope.history(data, "conversions")
    actions = set() if conversions is None else set(conversions.select("action").distinct().to_pandas()["action"])
    accepted = {CONTACT, LEAD, CUSTOMER, *actions}
    for name in names:
        if name not in accepted:
            hint = nearest(name, accepted)
            raise UsageError(
                _(
                    "funnel.stages: {name} is neither a stage nor an action in this data. {hint}",
                    name=repr(name),
                    hint=hint,
                )
            )
    return names


def _of_stage(data: Data, name: str) -> list[tuple[str, Expression, Any]]:
    """The sources of a stage: what it is called, its rows, the moment."""
    conversions, deals = scope.history(data, "conversions"), scope.history(data, "deals")
    places: list[tuple[str, Expression, Any]] = []
    if name == CONTACT:
        places = _contacts(data)
    actions = {LEAD: (LEAD, "appointment"), CUSTOMER: ("order",)}.get(name, (name,))
    if conversions is not None and name != CONTACT:
        places += [(action, conversions.filter(col.action == action), col.occurred_local) for action in actions]
    if name == LEAD and deals is not None:
        places.append(("deal opened", deals, col.created_local))
    if name == CUSTOMER:
        orders, billing = log.sold(data), scope.history(data, "billing")
        if orders is not None:
            places.append(("order", orders, col.ordered_local))
        if deals is not None:
            places.append(("deal won", deals.filter(col.is_won), col.closed_local))
        if billing is not None:
            places.append(("charge", billing.filter(col.kind == "charge"), col.occurred_local))
    return places


def _contacts(data: Data) -> list[tuple[str, Expression, Any]]:
    """When people joined; of those of whom nobody says it, the first mail to them."""
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    places: list[tuple[str, Expression, Any]] = []
    if contacts is not None:
        contacts = contacts.filter(col.opted_in_at.notnull())
        places.append(("joined the list", contacts, col.opted_in_at))
    if messages is not None:
        mailed = messages.filter(col.reached)
        mailed = mailed if contacts is None else mailed.anti_join(contacts, "contact_key")
        places.append((FIRST_MAIL, mailed, col.sent_local))
    return places
