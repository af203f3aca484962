"""The same person, order or request in several files: counted once, as the file that knows latest tells it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from kit.sources.detect.presets import named
from kit.store import periods
from kit.tables import CONTACTS, TABLES, WEB

IDS = {
    "orders": ("order_id", "ordered_local"),
    "conversions": ("conversion_id", "occurred_local", "action"),
    "tickets": ("ticket_id", "created_local"),
    "deals": ("deal_id", "created_local"),
    "billing": ("billing_id", "occurred_local", "kind"),
}
"""What makes two rows of different files the same thing: its id, the day that it began, and what kind it is.

Numbers are used again: by another till, another shop, next year. Tables that any system may have written are told
apart by the person, too; and where nobody is named, by the amount that was paid at first.
"""

AMOUNTS = {"orders": "total", "billing": "amount", "conversions": "value"}

STRICTEST = ("blocklisted", "cleaned", "unsubscribed", "unconfirmed", "subscribed")
"""Which status of a person counts where no date says which is the latest: mail less rather than more."""


@dataclass(frozen=True, slots=True)
class Once:
    """A table without what stands in it twice.

    Attributes:
        frame: the rows that count.
        repeated: file -> number of its rows that do not count, as another file says them.
        note: what to say about it; empty where nothing was left out.
        why: file -> what to say of it, where the number alone does not.
    """

    frame: pd.DataFrame
    repeated: dict[str, int]
    note: str = ""
    why: dict[str, str] = field(default_factory=dict)


def once(name: str, frame: pd.DataFrame) -> Once:
    """The rows of a table that count.

    Args:
        name: the table.
        frame: its rows, of all files.
    """
    if name == WEB.name:
        return _sessions(frame)
    if frame["source_file"].nunique() < 2:
        return Once(frame, {})
    if name == CONTACTS.name:
        return _people(frame)
    if name in IDS:
        return _things(name, frame)
    return Once(frame, {})


def _things(name: str, frame: pd.DataFrame) -> Once:
    """Of rows with the same id in several files, those of the file that knows latest."""
    first, day, *more = IDS[name]
    known = frame[frame[first].notna()].copy()
    known["day"] = known[day].dt.normalize()
    known["whose"] = known["contact_key"].where(known["source"].map(_is_any), "")
    if name in AMOUNTS:
        known["whose"] = known["whose"].fillna(known[AMOUNTS[name]].astype("string"))
    keys = ["source", first, "day", "whose", *more]
    groups = known.groupby(keys, dropna=False)["source_file"]
    several = known[groups.transform("nunique") > 1]
    if several.empty:
        return Once(frame, {})
    times = [one.name for one in TABLES[name].columns if one.type == "local"]
    age = frame.groupby("source_file")[times].max().max(axis=1).rank(method="first", na_option="top")
    rank = several["source_file"].map(age)
    last = rank == rank.groupby([several[key] for key in keys], dropna=False).transform("max")
    lost = several[~last]
    note = f"{name}: {_rows(len(lost))} in several files by the same {first}; the file that knows latest counts"
    return Once(frame.drop(lost.index), _counted(lost), note)


def _is_any(source: str) -> bool:
    """Whether a preset reads the tables of any system, whose numbers are nobody's own."""
    preset = named(source)
    return preset is None or not preset.recognise.of_platform


def _sessions(frame: pd.DataFrame) -> Once:
    """Sessions of reports whose days do not overlap."""
    kept, repeated, why = periods.sessions(frame)
    return Once(kept, repeated, "; ".join(f"web, {file}: {said}" for file, said in why.items()), why)


def _people(frame: pd.DataFrame) -> Once:
    """One row for each person who stands in several files: the latest status, the first joining."""
    files = frame.groupby("contact_key")["source_file"].transform("nunique")
    several = frame[files > 1]
    if several.empty:
        return Once(frame, {})
    order = several.assign(
        when=several[[one.name for one in CONTACTS.columns if one.type == "local"]].max(axis=1),
        strict=several["status"].map({word: rank for rank, word in enumerate(STRICTEST)}).fillna(len(STRICTEST)),
    ).sort_values(["when", "strict", "source_file"], ascending=[False, True, True], kind="stable", na_position="last")
    grouped = order.groupby("contact_key", sort=False)
    winners = order.drop_duplicates("contact_key").set_index("contact_key")
    filled = grouped.first()
    filled["status"] = filled["status"].where(winners["status"].isna(), winners["status"])
    for name in ("unsubscribed_at", "unsubscribe_reason", "unsubscribe_campaign_id", "source", "source_file"):
        filled[name] = winners[name]
    filled["opted_in_at"] = grouped["opted_in_at"].min()
    filled["segment"] = grouped["segment"].agg(lambda own: ", ".join(dict.fromkeys(own.dropna())) or None)
    differ = int((grouped["status"].min() != grouped["status"].max()).sum())
    kept = filled.reset_index()[frame.columns].astype(frame.dtypes)
    lost = order[order.duplicated("contact_key")]
    people = "1 person stands" if len(kept) == 1 else f"{len(kept):,} people stand"
    note = f"contacts: {people} in several files and {'counts' if len(kept) == 1 else 'count'} once"
    note += f", {differ:,} with their latest status" if differ else ""
    return Once(pd.concat([frame[files <= 1], kept], ignore_index=True), _counted(lost), note)


def _rows(number: int) -> str:
    return "1 row stands" if number == 1 else f"{number:,} rows stand"


def _counted(lost: pd.DataFrame) -> dict[str, int]:
    return {str(file): int(number) for file, number in lost["source_file"].value_counts().items()}
