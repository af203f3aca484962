"""From events to messages: one row a person and send, by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
from ibis import _

from kit.sources.logs.projection import literal
from kit.store import machine_events
from kit.store.machine_events import BARE, NO, by_machine, by_person
from kit.tables import CAMPAIGNS, EVENTS, MESSAGES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.settings import Settings
    from kit.store.engine import Engine, Expression

SENT_BY = ("queued", "sent", "delivered", "bounced", "deferred")
"""Events that show the sending itself; an opening alone shows only that there was one."""

TRIED = ("sent", "delivered", "bounced", "deferred")
"""Events that show that it was handed on or tried; what is only queued is not sent yet."""

REACTED = ("opened", "clicked", "complained", "unsubscribed")
"""Events that show that the message arrived, whether or not the log tells of the arrival."""

TELLING = {
    "bounced": ("bounced", "bounced_hard", "bounced_soft"),
    "opened": ("opened", "opened_machine", "opened_suspect", "opens_total"),
    "clicked": ("clicked", "clicked_human", "clicked_strictest", "clicks_total"),
    "unsubscribed": ("unsubscribed",),
    "complained": ("complained",),
}
"""What a message knows by events of each kind: a log without a single one does not tell it, and it is NULL."""

SHOWN = 0.95
"""Deliveries are told where at least this share of the messages that were sent and reacted to show their own."""

FEW_WAIT = 20
"""So few messages without a delivery or bounce may still be on their way; of more, deliveries were not told."""

UNSUBSCRIBE_LINK = r"unsubscrib|/optout|opt-out|list-manage\.com/(profile|vcard)|otpis"
"""Links that leave the list or manage it: following one is no interest (DEFINITIONS: click rate)."""


@ibis.udf.scalar.builtin(signature=(("string", "timestamp('UTC')"), "timestamp"))
def timezone(zone, moment):
    """An instant as the zone's wall clock."""


def local(moment: Expression, settings: Settings) -> Expression:
    """An instant on the firm's clock; on UTC's where no zone is known."""
    return timezone(settings["time_zone"] or "UTC", moment)


def ref(events: Expression) -> Expression:
    """What a log calls a campaign: its id, else its name."""
    return events.source_campaign_id.fill_null(events.campaign_name)


def campaigns_logged(engine: Engine, place: Path, settings: Settings) -> pd.DataFrame | None:
    """The campaigns of the logs: a row a source and ref, with type, first and last moment and messages."""
    events = _events(engine, place)
    if events is None:
        return None
    events = events.mutate(ref=ref(events)).filter(_.ref.notnull())
    sending = events.event_type.isin(SENT_BY)
    campaigns = events.group_by("source", "ref").agg(
        source_file=_.source_file.min(),
        source_campaign_id=_.source_campaign_id.max(),
        campaign_name=_.campaign_name.max(),
        campaign_type=_.campaign_type.max(),
        sent_at=_.occurred_at.min(where=sending),
        first_local=local(_.occurred_at.min(), settings),
        as_of=local(_.occurred_at.max(), settings),
        sent=message_key(events).nunique(where=sending),
    )
    campaigns = campaigns.mutate(sent_local=local(_.sent_at, settings)).order_by("source", "ref")
    nothing = {name: ibis.null("string") for name in ("subject", "list_name", "variant", "tags", "currency")}
    return campaigns.mutate(**nothing).to_pandas()


def build(engine: Engine, place: Path, logged: pd.DataFrame, settings: Settings) -> None:
    """Write the table `messages` from the events and the campaigns that they belong to."""
    events = _events(engine, place, name="kit_events")
    if events is None:
        return
    (place / MESSAGES.name).mkdir()
    campaigns = engine.read_parquet([place / CAMPAIGNS.name / "0.parquet"], name="kit_campaigns")
    with engine.registered("kit_logged", pa.Table.from_pandas(logged.astype("string"), _LOGGED, preserve_index=False)):
        query = _query(engine, (events.schema(), campaigns.schema()), settings)
        engine.run(f"COPY ({query}) TO {literal(str(place / MESSAGES.name / '0.parquet'))} (FORMAT parquet)")


_LOGGED = pa.schema([(name, pa.string()) for name in ("source", "ref", "campaign_id")])
"""The campaigns of the logs, and the kit's ids of them."""

_QUERIES: dict[str, str] = {}


def _query(engine: Engine, schemas: tuple[Any, Any], settings: Settings) -> str:
    """The SQL of the messages; Ibis needs longer to write it than the engine to answer it for a small log."""
    key = repr((schemas, sorted(settings.values.items())))  # noqa: PD011  a mapping
    if key not in _QUERIES:
        events, campaigns = (
            ibis.table(schema, name=name) for schema, name in zip(schemas, ("kit_events", "kit_campaigns"), strict=True)
        )
        events = events.mutate(ref=ref(events), key=message_key(events))
        events = events.left_join(
            ibis.table(dict.fromkeys(_LOGGED.names, "string"), name="kit_logged"), ["source", "ref"]
        )
        campaigns = campaigns.select("campaign_id", campaign_at="sent_at", campaign_local="sent_local")
        _QUERIES[key] = engine.compile(_messages(events, campaigns, settings))
    return _QUERIES[key]


def _events(engine: Engine, place: Path, name: str | None = None) -> Expression:
    parts = sorted(place.glob(f"{EVENTS.name}/*.parquet"))
    return engine.read_parquet(parts, name=name) if parts else None


def message_key(events: Expression) -> Expression:
    """The vendor's id of the message with its person; without one, the campaign and the person."""
    of_campaign = ref(events).fill_null("") + "|"
    return events.source + "|" + events.message_id.fill_null(of_campaign) + "|" + events.contact_key.fill_null("")


def _messages(events: Expression, campaigns: Expression, settings: Settings) -> Expression:
    """The messages of events that have their `ref`, `key` and campaign."""
    telling = events.filter(_.event_type == "opened", _.is_machine.notnull() | _.user_agent.notnull())
    facts = _facts(events)
    # a list may know of a sending without its time: then the campaign's is the nearest
    facts = facts.left_join(campaigns, ["campaign_id"]).mutate(
        sent_at=_.own_at.coalesce(_.campaign_at, _.first_at),
        sent_local=local(_.own_at, settings).coalesce(_.campaign_local, local(_.first_at, settings)),
    )
    facts = facts.left_join(_openings(events), [("message_key", "opened_key")])
    facts = facts.left_join(_clicks(events, settings), [("message_key", "clicked_key")])
    reactions = ("opened_surely", "opened_perhaps", "prefetched", "clicked", "clicked_human", "clicked_strictest")
    facts = facts.mutate(
        **{name: _[name].fill_null(NO) for name in reactions},
        **{name: _[name].fill_null(0) for name in ("opens_total", "clicks_total")},
        sent=_.traced & ~_.refused,
        bounced_soft=_.soft & ~_.bounced_hard,
        opened=_.opens_total.fill_null(0) > 0,
        opens_told=_.source.isin(telling.source),
    )
    facts = facts.mutate(
        opened_machine=_.opened & ~_.opened_surely & ~_.opened_perhaps,
        opened_suspect=_.opened_perhaps & ~_.opened_surely,
    )
    facts = _as_told(_with_delivery(facts), events)
    return machine_events.clients(facts, settings).select(*MESSAGES.names)


def _with_delivery(facts: Expression) -> Expression:
    """The messages with `delivered` and `delivered_is_derived`, as their source tells of their campaign and month.

    A log may be without deliveries, or have them of some campaigns or since some month: who sent mail and saw it
    opened, without a delivery, was not told of it. There what was sent and did not bounce counts as delivered, and is
    marked; where bounces are not told either, or no sending is, it is not known. So it is of campaigns and months of
    which only sendings are told, by a log that tells deliveries elsewhere.
    """
    sending = ibis.window(group_by=["source", "campaign_id", facts.sent_local.truncate("M")])
    source = ibis.window(group_by="source")
    reacted = _.sent & _.reacted & ~_.bounced
    facts = facts.mutate(
        shown=_.arrived.any().over(sending),
        sends_told=(_.sent & ~_.bounced).any().over(sending),  # a bounce alone tells of no other mail
        reacted_n=reacted.cast("int64").sum().over(sending),
        silent_n=(reacted & ~_.arrived).cast("int64").sum().over(sending),
        due_n=(_.sent & ~_.bounced).cast("int64").sum().over(sending),
        shown_elsewhere=_.arrived.any().over(source),
        bounces_told=_.bounced.any().over(source),
    )
    silent = _.silent_n > (1 - SHOWN) * _.reacted_n
    waiting = _.shown_elsewhere & (_.reacted_n == 0) & (_.due_n <= FEW_WAIT)
    told = ~silent & (_.shown | waiting)
    derived = ~told & _.bounces_told & _.sends_told & ~(_.shown_elsewhere & (_.reacted_n == 0))
    return facts.mutate(
        delivered=ibis.cases(
            (told | _.bounced | _.refused, (_.arrived | _.reacted) & ~_.bounced & ~_.refused),
            (derived, _.sent),
            else_=ibis.null("boolean"),
        ),
        delivered_is_derived=derived,
    ).mutate(reached=_.delivered.fill_null(_.sent & ~_.bounced))


def _as_told(facts: Expression, events: Expression) -> Expression:
    """The messages with NULL for what their source does not tell."""
    kinds = {f"{kind}_told": (_.event_type == kind).any() for kind in TELLING}
    kinds["sent_told"] = (_.event_type.isin(TRIED) & (_.event_type != "bounced")).any()
    told = events.group_by(telling_source=_.source).agg(**kinds)
    facts = facts.left_join(told, [("source", "telling_source")])
    return facts.mutate(
        **{
            name: ibis.ifelse(_[f"{kind}_told"], _[name], ibis.null(facts[name].type()))
            for kind, names in {"sent": ("sent",), **TELLING}.items()
            for name in names
        }
    )


def _facts(events: Expression) -> Expression:
    """A row a message: what became of it, openings and clicks apart."""
    kind = events.event_type
    bounced, hard = kind == "bounced", (kind == "bounced") & (events.bounce_class == "hard")
    return events.group_by(message_key=events.key).agg(
        campaign_id=_.campaign_id.max(),
        variant=_.variant.max(),
        contact_key=_.contact_key.max(),
        domain=_.domain.max(),
        own_at=_.occurred_at.min(where=kind.isin(SENT_BY)),
        first_at=_.occurred_at.min(),
        traced=kind.isin(TRIED).any(),
        refused=(kind.isin(("rejected", "failed"))).any(),
        arrived=(kind == "delivered").any(),
        reacted=kind.isin(REACTED).any(),
        bounced=bounced.any(),
        bounced_hard=hard.any(),
        soft=(bounced & events.bounce_class.isin(("soft", "block"))).any(),
        source=_.source.max(),
        unsubscribed=(kind == "unsubscribed").any(),
        complained=(kind == "complained").any(),
    )


def _openings(events: Expression) -> Expression:
    """A row a message with an opening, and by whom."""
    opened = machine_events.openings(events)
    return opened.group_by(opened_key=_.key).agg(
        opens_total=_identity(opened).nunique(),
        first_opened_at=_.occurred_at.min(),
        opened_surely=by_person(opened).any(),
        opened_perhaps=(~_.is_machine.notnull()).any(),
        prefetched=(by_machine(opened) | (_.agent == BARE.lower()).fill_null(NO)).any(),
        opens_rule=_.machine_rule.argmin(_.occurred_at, where=~by_person(opened)),
        opened_with=_.agent.argmin(_.occurred_at, where=by_person(opened)),
    )


def _clicks(events: Expression, settings: Settings) -> Expression:
    """A row a message with a click, and by whom."""
    clicked = machine_events.clicks(events, settings)
    content = ~leaves(clicked)
    return clicked.group_by(clicked_key=_.key).agg(
        clicked=content.any(),
        clicks_total=_identity(clicked).nunique(where=content),
        first_clicked_at=_.occurred_at.min(where=content),
        clicked_human=(content & ~by_machine(clicked)).any(),
        clicked_strictest=(content & by_person(clicked)).any(),
        clicks_rule=_.machine_rule.argmin(_.occurred_at, where=_.machine_rule.notnull()),
        clicked_with=_.agent.argmin(_.occurred_at, where=content & ~by_machine(clicked)),
    )


def _identity(events: Expression) -> Expression:
    """By what an event that two files hold is known to be one."""
    return events.event_id.fill_null(events.source_file + ":" + events.line.cast("string"))


def leaves(events: Expression) -> Expression:
    """Whether the link that was clicked leaves the list or manages it."""
    return events.link_url.fill_null("").lower().re_search(UNSUBSCRIBE_LINK)
