"""Tables of people as events: lists that tell the last state only, and lists that name nobody.

The last state of a message implies others: who clicked was reached. They become events of their own,
without a time. Where a platform keeps no person with its openings, they are counted and nothing
more: how many people they were is not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from kit.sources.derive import YES
from kit.sources.recognise import plain
from kit.tables import CAMPAIGN_STATS, EVENT_TYPES, EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from kit.settings import Settings
    from kit.sources.cells import Cell
    from kit.sources.preset import Preset
    from kit.sources.recognise import Match

Numbered = tuple[int, dict[str, Any]]
"""A row and the line that it stands on."""

WHEN_UNKNOWN = frozenset({"opened", "clicked"})
"""The time of a last state is that of its last change; of an opening or click nobody knows which one."""

_OF_MESSAGE = (
    "contact_key", "domain", "source_campaign_id", "campaign_name", "campaign_type", "variant", "message_id",
)  # fmt: skip

_IMPLIED = {
    "opened": "it tells the last state of each message: what must have come before is added without a time, and an "
    "opening or click counts once a person",
    "sent": "it does not tell what was delivered: what was sent is taken as delivered, unless it bounced",
}
"""What to say, by the event whose implications are taken."""


def events(
    kept: list[Numbered], found: Match, cells: Mapping[int, list[Cell]], settings: Settings
) -> tuple[dict[str, list[Numbered]], dict[int, int], list[str]]:
    """The events that the rows of a table tell.

    Args:
        kept: canonical events, a row a row of the file.
        found: the header and its preset.
        cells: line -> the cells of the file.
        settings: the folder's, for its zone.

    Returns:
        Rows by table: events, and totals where there are any; lines that say the same as an earlier one, with
        that one; what to say.
    """
    preset = found.preset
    for line, row in kept:
        row["line"] = line
    if preset.totals:
        told, totals, notes = counted(kept, preset, settings.zone)
        return {EVENTS.name: told} | ({CAMPAIGN_STATS.name: totals} if totals else {}), {}, notes
    if not preset.states:
        return {EVENTS.name: kept}, {}, []
    again = repeated(kept)
    places = {kind: found.beside.get(plain(names[0])) for kind, names in preset.flags.items()}
    flagged = {
        line: {kind for kind, place in places.items() if place is not None and plain(cells[line][place]) in YES}
        for line, _ in kept
    }
    single = [(line, row) for line, row in kept if line not in again]
    notes = [note for kind, note in _IMPLIED.items() if kind in preset.states]
    return {EVENTS.name: expanded(single, preset, flagged)}, again, notes


def repeated(rows: Iterable[Numbered]) -> dict[int, int]:
    """Lines that say the same as an earlier one, which is given with them."""
    first: dict[tuple[Any, ...], int] = {}
    again = {}
    for line, row in rows:
        said = tuple(row.get(name) for name in (*_OF_MESSAGE, "event_type", "occurred_at", "mta_response"))
        if first.setdefault(said, line) != line:
            again[line] = first[said]
    return again


def expanded(rows: Iterable[Numbered], preset: Preset, flagged: Mapping[int, set[str]]) -> list[Numbered]:
    """A row of last states as the events that it implies, in the order in which they happen.

    A person who stands in a list of one campaign twice was written to twice.

    Args:
        rows: canonical events, each the last state of a message.
        preset: its `states` say what each state implies.
        flagged: line -> further events that its flags tell.
    """
    found: list[Numbered] = []
    times: Counter[tuple[Any, ...]] = Counter()
    for line, row in rows:
        of_message = {name: row.get(name) for name in _OF_MESSAGE} | {"line": line}
        person = (row.get("source_campaign_id"), row.get("campaign_name"), row.get("contact_key"))
        times[person] += 1
        if times[person] > 1 and row.get("message_id") is None:
            of_message["message_id"] = "|".join([*(said or "" for said in person[:2]), str(times[person])])
        own = row["event_type"]
        happened = {own, *flagged.get(line, ())}
        happened |= {implied for one in happened for implied in preset.states.get(one, ())}
        for kind in sorted(happened, key=EVENT_TYPES.index):
            told = row if kind == own else {}
            when = None if kind in WHEN_UNKNOWN else told.get("occurred_at")
            found.append((line, {**told, **of_message, "event_type": kind, "occurred_at": when}))
    return found


def counted(
    rows: list[Numbered], preset: Preset, zone: ZoneInfo | None
) -> tuple[list[Numbered], list[Numbered], list[str]]:
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
    for (number, name), own in sums.items():
        kinds = Counter(preset.totals[row["event_type"]] for _, row in own)
        moments = [row["occurred_at"] for _, row in own if row.get("occurred_at") is not None]
        latest = max(moments, default=None)
        as_of = None if latest is None else latest.astimezone(zone or latest.tzinfo).replace(tzinfo=None)
        totals.append((own[0][0], {"source_campaign_id": number, "campaign_name": name, "as_of": as_of, **kinds}))
    said = (
        f"{len(sums)} campaigns have rows without a person (individual tracking is off): the rows are counted, "
        "and how many people they were is not known"
    )
    return events, totals, [said] if sums else []


def _campaign(row: dict[str, Any]) -> tuple[Any, Any]:
    return row.get("source_campaign_id"), row.get("campaign_name")
