"""Tables of people as events: lists that tell the last state only, lists that name nobody, and details of events.

The last state of a message implies others: who clicked was reached. They become events of their own,
without a time. Where a platform keeps no person with its openings, they are counted and nothing
more: how many people they were is not known.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.messages import Text, message, message_n
from kit.sources.detect.headers import plain
from kit.sources.detect.presets import presets
from kit.sources.frames import PERSON
from kit.sources.tabular.derived import YES
from kit.sources.text.addresses import contact_key, member_key, normalised
from kit.tables import CAMPAIGN_STATS, CONTACTS, EVENT_TYPES, EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from kit.settings import Settings
    from kit.sources.detect.headers import Match
    from kit.sources.detect.presets import Preset
    from kit.sources.file_log import FileLog
    from kit.sources.text.cells import Cell

Numbered = tuple[int, dict[str, Any]]
"""A row and the line that it stands on."""

WHEN_UNKNOWN = frozenset({"opened", "clicked"})
"""The time of a last state is that of its last change; of an opening or click nobody knows which one."""

_OF_MESSAGE = (
    "contact_key", "domain", "source_campaign_id", "campaign_name", "campaign_type", "variant", "message_id",
)  # fmt: skip

_IMPLIED = {
    "opened": message(
        "it has only the last state of each message. Earlier steps are added without a time, and opens and clicks "
        "count once per person"
    ),
    "sent": message("it has no data on deliveries: sent messages count as delivered unless they bounced"),
}
"""What to say, by the event whose implications are taken."""

DETAILS = "details"
"""What such rows are called until they are joined: rows of `tables.EVENTS`, of which only the id is sure."""

DETAIL_COLUMNS = ("link_url", "user_agent", "bounce_class", "reject_reason", "mta_response")
"""The columns that they complete; and the kind of an event, where its own table does not say it."""

_UNKNOWN = "unknown"


def events(
    kept: list[Numbered], match: Match, cells: Mapping[int, list[Cell]], settings: Settings
) -> tuple[dict[str, list[Numbered]], dict[int, int], list[Text]]:
    """The events that the rows of a table tell.

    Args:
        kept: canonical events, a row a row of the file.
        match: the header and its preset.
        cells: line -> the cells of the file.
        settings: the folder's, for its zone.

    Returns:
        Rows by table: events, and totals where there are any; lines that say the same as an earlier one, with
        that one; what to say.
    """
    preset = match.preset
    for line, row in kept:
        row["line"] = line
    if preset.totals:
        rows, totals, notes = counted(kept, preset, settings.zone)
        return {EVENTS.name: rows} | ({CAMPAIGN_STATS.name: totals} if totals else {}), {}, notes
    if not preset.states:
        return {EVENTS.name: kept}, {}, []
    duplicates = repeated(kept)
    places = {kind: match.beside.get(plain(names[0])) for kind, names in preset.flags.items()}
    flagged = {
        line: {kind for kind, place in places.items() if place is not None and plain(cells[line][place]) in YES}
        for line, _ in kept
    }
    single = [(line, row) for line, row in kept if line not in duplicates]
    notes: list[Text] = [note for kind, note in _IMPLIED.items() if kind in preset.states]
    return {EVENTS.name: expanded(single, preset, flagged)}, duplicates, notes


def repeated(rows: Iterable[Numbered]) -> dict[int, int]:
    """Lines that say the same as an earlier one, which is given with them."""
    first: dict[tuple[Any, ...], int] = {}
    duplicates = {}
    for line, row in rows:
        state = tuple(row.get(name) for name in (*_OF_MESSAGE, "event_type", "occurred_at", "mta_response"))
        if first.setdefault(state, line) != line:
            duplicates[line] = first[state]
    return duplicates


def expanded(rows: Iterable[Numbered], preset: Preset, flagged: Mapping[int, set[str]]) -> list[Numbered]:
    """A row of last states as the events that it implies, in the order in which they happen.

    A person who stands in a list of one campaign twice was written to twice.

    Args:
        rows: canonical events, each the last state of a message.
        preset: its `states` say what each state implies.
        flagged: line -> further events that its flags tell.
    """
    events: list[Numbered] = []
    times: Counter[tuple[Any, ...]] = Counter()
    for line, row in rows:
        of_message = {name: row.get(name) for name in _OF_MESSAGE} | {"line": line}
        person = (row.get("source_campaign_id"), row.get("campaign_name"), row.get("contact_key"))
        times[person] += 1
        if times[person] > 1 and row.get("message_id") is None:
            of_message["message_id"] = "|".join([*(part or "" for part in person[:2]), str(times[person])])
        last_state = row["event_type"]
        happened = {last_state, *flagged.get(line, ())}
        happened |= {implied for state in happened for implied in preset.states.get(state, ())}
        for kind in sorted(happened, key=EVENT_TYPES.index):
            values = row if kind == last_state else {}
            when = None if kind in WHEN_UNKNOWN else values.get("occurred_at")
            events.append((line, {**values, **of_message, "event_type": kind, "occurred_at": when}))
    return events


def counted(
    rows: list[Numbered], preset: Preset, zone: ZoneInfo | None
) -> tuple[list[Numbered], list[Numbered], list[Text]]:
    """Events of campaigns that name each person, and totals of those that do not.

    Args:
        rows: canonical events.
        preset: its `totals` say which count a kind of event adds to.
        zone: the firm's.

    Returns:
        The events; rows of `campaign_stats` with the totals, people NULL; what to say.
    """
    nobodys = {_campaign(row) for _, row in rows if row.get("contact_key") is None}
    events = [(line, row) for line, row in rows if _campaign(row) not in nobodys]
    sums: defaultdict[tuple[Any, Any], list[Numbered]] = defaultdict(list)
    for line, row in rows:
        if _campaign(row) in nobodys:
            sums[_campaign(row)].append((line, row))
    totals = []
    for (number, name), rows_of_campaign in sums.items():
        kinds = Counter(preset.totals[row["event_type"]] for _, row in rows_of_campaign)
        moments = [row["occurred_at"] for _, row in rows_of_campaign if row.get("occurred_at") is not None]
        latest = max(moments, default=None)
        as_of = None if latest is None else latest.astimezone(zone or latest.tzinfo).replace(tzinfo=None)
        totals.append(
            (rows_of_campaign[0][0], {"source_campaign_id": number, "campaign_name": name, "as_of": as_of, **kinds})
        )
    note = message_n(
        "{n} campaign has rows without a person because individual tracking is off. The rows are counted, but the "
        "number of people is unknown",
        "{n} campaigns have rows without a person because individual tracking is off. The rows are counted, but the "
        "number of people is unknown",
        len(sums),
        n=str(len(sums)),
    )
    return events, totals, [note] if sums else []


def _campaign(row: dict[str, Any]) -> tuple[Any, Any]:
    return row.get("source_campaign_id"), row.get("campaign_name")


def with_details(tables: dict[str, pd.DataFrame], logs: list[FileLog]) -> tuple[dict[str, pd.DataFrame], list[FileLog]]:
    """The tables with the events completed, and the logs with what no event was there for.

    Args:
        tables: canonical frames by name, and `DETAILS`.
        logs: those of all files.
    """
    details = tables.get(DETAILS)
    if details is None:
        return tables, logs
    others = {name: frame for name, frame in tables.items() if name != DETAILS}
    key = ["source", "event_id"]
    events = others.get(EVENTS.name, details.iloc[:0])
    more = details.groupby(key, as_index=False).first()
    more["event_type"] = more["event_type"].where(more["event_type"] != _UNKNOWN)
    matched = events[key].merge(more, on=key, how="left").set_axis(events.index)
    completed = {
        name: events[name].where(events[name].notna() & (events[name] != _UNKNOWN), matched[name])
        for name in DETAIL_COLUMNS
    }
    completed["bounce_class"] = completed["bounce_class"].fillna(events["bounce_class"])
    kind = events["event_type"]
    completed["event_type"] = kind.where((kind != _UNKNOWN) | matched["event_type"].isna(), matched["event_type"])
    if EVENTS.name in others:
        others[EVENTS.name] = events.assign(**completed).astype(events.dtypes)
    event_ids = set(map(tuple, events[key].dropna().to_numpy().tolist()))
    unknown = [tuple(event_id) not in event_ids for event_id in details[key].to_numpy().tolist()]
    alone = details[np.array(unknown, dtype=bool)]  # a list of none would choose no columns
    lost = alone["source_file"].value_counts().to_dict()
    return others, [_without(log, lost[log.file]) if log.file in lost else log for log in logs]


def _without(log: FileLog, lost: int) -> FileLog:
    note = message_n(
        "{n} of its {rows} rows adds details to events that are in none of the files, so it is not used. Put the "
        "table of the events next to it",
        "{n} of its {rows} rows add details to events that are in none of the files, so they are not used. Put the "
        "table of the events next to it",
        lost,
        n=str(lost),
        rows=str(log.rows_read),
    )
    return replace(log, rows_kept=log.rows_kept - lost, notes=(*log.notes, note))


def linked(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with people under the key of their address, as far as any row says whose an id is.

    Args:
        tables: canonical frames by name, of all files.
    """
    return _by_digest(_by_number(tables))


def _by_number(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Customers of an id alone are those of the only address that stands beside the id on another row."""
    numbered = {name: frame for name, frame in tables.items() if PERSON in frame}
    both = [frame.loc[frame["contact_key"] != frame[PERSON], [PERSON, "contact_key"]] for frame in numbered.values()]
    if not both:
        return tables
    pairs = pd.concat(both).dropna().drop_duplicates().drop_duplicates(PERSON, keep=False)
    addresses = pairs.set_index(PERSON)["contact_key"]
    meeting = {}
    for name, frame in numbered.items():
        key = frame["contact_key"]
        meeting[name] = frame.assign(contact_key=key.map(addresses).astype(key.dtype).fillna(key))
    return tables | meeting


def _by_digest(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The people of `person_is` are the contacts whose address has that digest."""
    events, contacts = tables.get(EVENTS.name), tables.get(CONTACTS.name)
    vendors = {preset.vendor for preset in presets() if preset.person_is}
    if events is None or contacts is None or vendors.isdisjoint(events["source"].str.removesuffix("_events")):
        return tables
    addresses = contacts["email"].dropna().unique()
    addresses_by_key = {member_key(vendor, _digest(address)): address for vendor in vendors for address in addresses}
    matched = events["contact_key"].map(addresses_by_key)
    keys = {address: contact_key(address) for address in addresses_by_key.values()}
    domains = {address: address.rpartition("@")[2] for address in addresses_by_key.values()}
    meeting = events.assign(
        contact_key=events["contact_key"].where(matched.isna(), matched.map(keys)),
        domain=events["domain"].where(matched.isna(), matched.map(domains)),
    )
    return tables | {EVENTS.name: meeting.astype(events.dtypes)}


def _digest(address: str) -> str:
    return hashlib.md5(normalised(address).encode(), usedforsecurity=False).hexdigest()
