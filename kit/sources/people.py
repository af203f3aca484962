"""People whom a platform calls by a digest of their address: the same as in all other tables, where anybody says it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kit.sources.address import contact_key, normalised
from kit.sources.preset import presets
from kit.tables import CONTACTS, EVENTS

if TYPE_CHECKING:
    import pandas as pd


def met(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with the people of `person_is` under the key of their address, as far as contacts say it.

    Args:
        tables: canonical frames by name, of all files.
    """
    events, contacts = tables.get(EVENTS.name), tables.get(CONTACTS.name)
    vendors = {one.vendor for one in presets() if one.person_is}
    if events is None or contacts is None or vendors.isdisjoint(events["source"].str.removesuffix("_events")):
        return tables
    addresses = contacts["email"].dropna().unique()
    known = {member_key(vendor, _digest(one)): one for vendor in vendors for one in addresses}
    said = events["contact_key"].map(known)
    keys = {one: contact_key(one) for one in known.values()}
    domains = {one: one.rpartition("@")[2] for one in known.values()}
    meeting = events.assign(
        contact_key=events["contact_key"].where(said.isna(), said.map(keys)),
        domain=events["domain"].where(said.isna(), said.map(domains)),
    )
    return tables | {EVENTS.name: meeting.astype(events.dtypes)}


def member_key(vendor: str, person: str) -> str:
    """The key of somebody whom a platform calls by an id of its own."""
    return contact_key(f"{vendor}:{person}")


def _digest(address: str) -> str:
    return hashlib.md5(normalised(address).encode(), usedforsecurity=False).hexdigest()
