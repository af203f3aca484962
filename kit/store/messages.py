"""From events to messages: one row a person and send, by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from kit.tables import EVENTS, MESSAGES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from ibis.backends.duckdb import Backend

    from kit.settings import Settings

Expression = Any
"""An expression of ibis, whose annotations know no method that depends on a column's type."""

SENT_BY = ("queued", "sent", "delivered", "bounced", "deferred")
"""Events that show the sending itself; an opening alone shows only that there was one."""

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


def campaigns_seen(con: Backend, place: Path, settings: Settings) -> pd.DataFrame | None:
    """The campaigns of the logs: a row a source and ref, with type, first and last moment and messages."""
    events = _events(con, place)
    if events is None:
        return None
    events = events.mutate(ref=ref(events)).filter(_.ref.notnull())
    sending = events.event_type.isin(SENT_BY)
    seen = events.group_by("source", "ref").agg(
        source_file=_.source_file.min(),
        source_campaign_id=_.source_campaign_id.max(),
        campaign_name=_.campaign_name.max(),
        campaign_type=_.campaign_type.max(),
        sent_at=_.occurred_at.min(where=sending),
        as_of=local(_.occurred_at.max(), settings),
        sent=_key(events).nunique(where=sending),
    )
    seen = seen.mutate(sent_local=local(_.sent_at, settings)).order_by("source", "ref")
    nothing = {name: ibis.null("string") for name in ("subject", "list_name", "variant", "tags", "currency")}
    return seen.mutate(**nothing).to_pandas()


def build(con: Backend, place: Path, seen: pd.DataFrame, settings: Settings) -> None:
    """Write the table `messages` from the events and the campaigns that they belong to."""
    events = _events(con, place)
    if events is None:
        return
    events = events.mutate(ref=ref(events), key=_key(events))
    known = ibis.memtable(seen.astype("string"), schema={"source": "string", "ref": "string", "campaign_id": "string"})
    events = events.left_join(known, ["source", "ref"])
    (place / MESSAGES.name).mkdir()
    con.to_parquet(_messages(events, settings), place / MESSAGES.name / "0.parquet")


def _events(con: Backend, place: Path) -> Expression:
    parts = sorted(str(part) for part in place.glob(f"{EVENTS.name}/*.parquet"))
    return con.read_parquet(parts) if parts else None


def _key(events: Expression) -> Expression:
    """The vendor's id of the message with its person; without one, the campaign and the person."""
    of_campaign = ref(events).fill_null("") + "|"
    return events.source + "|" + events.message_id.fill_null(of_campaign) + "|" + events.contact_key.fill_null("")


def _messages(events: Expression, settings: Settings) -> Expression:
    kind = events.event_type
    opened, clicked = kind == "opened", (kind == "clicked") & ~_leaves(events)
    bounced, hard = kind == "bounced", (kind == "bounced") & (events.bounce_class == "hard")
    soft = bounced & events.bounce_class.isin(("soft", "block"))
    identity = events.event_id.fill_null(events.source_file + ":" + events.line.cast("string"))
    facts = events.group_by(message_key=events.key).agg(
        campaign_id=_.campaign_id.max(),
        variant=_.variant.max(),
        contact_key=_.contact_key.max(),
        domain=_.domain.max(),
        sent_at=_.occurred_at.min(where=kind.isin(SENT_BY)).coalesce(_.occurred_at.min()),
        traced=kind.isin(SENT_BY).any(),
        refused=(kind.isin(("rejected", "failed"))).any(),
        accepted=(kind.isin(("delivered", "opened", "clicked", "complained", "unsubscribed"))).any(),
        bounced=bounced.any(),
        bounced_hard=hard.any(),
        soft=soft.any(),
        opened=opened.any(),
        opened_by_person=(opened & ~events.is_machine.fill_null(False)).any(),  # noqa: FBT003  a literal of the engine
        opens_total=identity.nunique(where=opened),
        first_opened_at=_.occurred_at.min(where=opened),
        clicked=clicked.any(),
        clicks_total=identity.nunique(where=clicked),
        first_clicked_at=_.occurred_at.min(where=clicked),
        unsubscribed=(kind == "unsubscribed").any(),
        complained=(kind == "complained").any(),
    )
    return facts.mutate(
        sent_local=local(_.sent_at, settings),
        sent=_.traced & ~_.refused,
        delivered=_.accepted & ~_.bounced & ~_.refused,
        bounced_soft=_.soft & ~_.bounced_hard,
        opened_machine=_.opened & ~_.opened_by_person,
    ).select(*MESSAGES.names)


def _leaves(events: Expression) -> Expression:
    return events.link_url.fill_null("").lower().re_search(UNSUBSCRIBE_LINK)
