"""Who is one account: people and ids put together by id, address and the domain of a firm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.sources.text.addresses import SHARED
from kit.store.threads import components

if TYPE_CHECKING:
    from collections.abc import Collection

PEOPLE_OF_A_DOMAIN = 100
"""Addresses of a domain from which it is taken for a provider of mailboxes, and for no firm."""

IDS_OF_AN_ADDRESS = 5
"""Ids that an address stands for, from which it is an agency's, and joins none of them."""

SAME_IDS = 0.5

KINDS = ("firm", "id", "address")
"""What health.accounts may say: ids, addresses and firms' domains make one account; without domains; ids alone."""

SPACES = ("account", "customer", "company")
"""Whose id names an account, the first that it has: of the use, the payments, the deals."""


def resolve(people: pd.DataFrame, kind: str = "firm", shared: Collection[str] = ()) -> pd.DataFrame:
    """The account of everybody.

    Two rows are of one account where they have the same id, the same address, or (kind "firm") addresses at one firm's
    domain; domains in SHARED and those of PEOPLE_OF_A_DOMAIN addresses or more are no firm's.

    Args:
        people: who, id [its space, a colon, the id], contact_key, domain; what is not known is missing.
        kind: one of KINDS; "id": rows without an id are in no account, "address": as "firm" without domains.
        shared: further domains that belong to no firm.

    Returns:
        A row a `who`: who, account [its id, else its domain, else the key of its address; NaN: none], people
        [addresses of the account].
    """
    frame = people[["who", "id", "contact_key", "domain"]].astype({"id": "str", "contact_key": "str", "domain": "str"})
    if frame.empty:
        return pd.DataFrame({"who": [], "account": pd.Series(dtype="str"), "people": []})
    frame["id"] = _one_space(frame["id"])
    at_domain = frame.groupby("domain")["contact_key"].transform("nunique")
    own = frame["domain"].notna() & ~frame["domain"].isin({*SHARED, *shared}) & (at_domain < PEOPLE_OF_A_DOMAIN)
    frame["domain"] = frame["domain"].where(own & (kind == "firm"))
    ids = frame.groupby("contact_key")["id"].transform("nunique")
    joins = frame["contact_key"].notna() & ~(ids >= IDS_OF_AN_ADDRESS)
    nodes, size = {}, 0
    for name in ("id", "contact_key", "domain"):
        codes, values = pd.factorize(frame[name])
        nodes[name] = np.where(codes >= 0, codes + size, -1)
        size += len(values)
    edges = [(nodes["id"], nodes["contact_key"], joins), (nodes["contact_key"], nodes["domain"], joins)]
    edges.append((nodes["id"], nodes["domain"], ~frame["contact_key"].notna()))
    ends = [(a[ok & (a >= 0) & (b >= 0)], b[ok & (a >= 0) & (b >= 0)]) for a, b, ok in edges]
    root = components(size, np.concatenate([a for a, _ in ends]), np.concatenate([b for _, b in ends]))
    node = np.where(nodes["id"] >= 0, nodes["id"], np.where(nodes["contact_key"] >= 0, nodes["contact_key"], -1))
    frame["root"] = root[node]
    if kind == "id":
        with_id = frame.loc[frame["id"].notna(), "root"].unique()
        frame = frame[frame["root"].isin(with_id)]
    frame["account"] = frame["root"].map(_names(frame))
    frame["people"] = frame.groupby("root")["contact_key"].transform("nunique")
    resolved = frame[["who", "account", "people"]]
    return people[["who"]].merge(resolved, on="who", how="left").reset_index(drop=True)


def _one_space(ids: pd.Series) -> pd.Series:
    """Ids of two tables are of one system where SAME_IDS of the fewer stand in both: they get the first's space."""
    space, plain = _split(ids)
    values = {name: set(plain[space == name]) for name in SPACES}
    for place, name in enumerate(SPACES):
        for first in SPACES[:place]:
            fewer = min(len(values[first]), len(values[name]))
            if fewer and len(values[first] & values[name]) >= SAME_IDS * fewer:
                space = space.where(space != name, first)
                break
    return (space + ":" + plain).where(ids.notna())


def _split(ids: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The space of each id, and the id itself."""
    parts = ids.str.extract(r"^([^:]*):(.*)$")
    return parts[0], parts[1]


def _names(frame: pd.DataFrame) -> pd.Series:
    """The name of each component: its first id by SPACES, else its domain, else the key of an address; never twice."""
    space, plain = _split(frame["id"])
    rank = space.map({name: place for place, name in enumerate(SPACES)}).fillna(len(SPACES))
    ids = pd.DataFrame({"root": frame["root"], "rank": rank, "name": plain})[frame["id"].notna()]
    ids = ids.sort_values(["rank", "name"]).drop_duplicates("root").set_index("root")["name"]
    rest = frame[~frame["root"].isin(ids.index)].sort_values(["domain", "contact_key"])
    rest = rest.drop_duplicates("root").set_index("root")
    names = pd.concat([ids, rest["domain"].fillna("address " + rest["contact_key"].str[:12])])
    twice = names.duplicated(keep=False)  # the same id in two spaces that nothing joins
    return names.where(~twice, names + " (" + names.index.astype(str) + ")")
