"""Deduplication of rows: the same person, order or request in several files counts once, as the latest file has it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from kit.sources.detect.presets import named
from kit.store import dedupe_sessions
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
class Deduped:
    """A table without what stands in it twice.

    Attributes:
        frame: the rows that count.
        duplicate_rows: file -> number of its rows that do not count, as another file has them.
        note: what to say about it; empty where nothing was left out.
        reasons: file -> what to say of it, where the number alone does not.
    """

    frame: pd.DataFrame
    duplicate_rows: dict[str, int]
    note: str = ""
    reasons: dict[str, str] = field(default_factory=dict)


def dedupe(name: str, frame: pd.DataFrame) -> Deduped:
    """The rows of a table that count.

    Args:
        name: the table.
        frame: its rows, of all files.
    """
    if name == WEB.name:
        return _sessions(frame)
    if frame["source_file"].nunique() < 2:
        return Deduped(frame, {})
    if name == CONTACTS.name:
        return _people(frame)
    if name in IDS:
        return _things(name, frame)
    return Deduped(frame, {})


def _things(name: str, frame: pd.DataFrame) -> Deduped:
    """Of rows with the same id in several files, those of the file that knows latest."""
    first, day, *more = IDS[name]
    rows = frame[frame[first].notna()].copy()
    rows["day"] = rows[day].dt.normalize()
    rows["whose"] = rows["contact_key"].where(rows["source"].map(_is_any), "")
    if name in AMOUNTS:
        rows["whose"] = rows["whose"].fillna(rows[AMOUNTS[name]].astype("string"))
    keys = ["source", first, "day", "whose", *more]
    groups = rows.groupby(keys, dropna=False)["source_file"]
    several = rows[groups.transform("nunique") > 1]
    if several.empty:
        return Deduped(frame, {})
    times = [column.name for column in TABLES[name].columns if column.type == "local"]
    age = frame.groupby("source_file")[times].max().max(axis=1).rank(method="first", na_option="top")
    rank = several["source_file"].map(age)
    last = rank == rank.groupby([several[key] for key in keys], dropna=False).transform("max")
    lost = several[~last]
    note = f"{name}: {_rows(len(lost))} in several files by the same {first}; the file that knows latest counts"
    return Deduped(frame.drop(lost.index), _counted(lost), note)


def _is_any(source: str) -> bool:
    """Whether a preset reads the tables of any system, whose numbers are nobody's own."""
    preset = named(source)
    return preset is None or not preset.recognise.of_platform


def _sessions(frame: pd.DataFrame) -> Deduped:
    """Sessions of reports whose days do not overlap."""
    kept, duplicate_rows, reasons = dedupe_sessions.sessions(frame)
    note = "; ".join(f"web, {file}: {reason}" for file, reason in reasons.items())
    return Deduped(kept, duplicate_rows, note, reasons)


def _people(frame: pd.DataFrame) -> Deduped:
    """One row for each person who stands in several files: the latest status, the first joining."""
    files = frame.groupby("contact_key")["source_file"].transform("nunique")
    several = frame[files > 1]
    if several.empty:
        return Deduped(frame, {})
    order = several.assign(
        when=several[[column.name for column in CONTACTS.columns if column.type == "local"]].max(axis=1),
        strict=several["status"].map({word: rank for rank, word in enumerate(STRICTEST)}).fillna(len(STRICTEST)),
    ).sort_values(["when", "strict", "source_file"], ascending=[False, True, True], kind="stable", na_position="last")
    grouped = order.groupby("contact_key", sort=False)
    winners = order.drop_duplicates("contact_key").set_index("contact_key")
    filled = grouped.first()
    filled["status"] = filled["status"].where(winners["status"].isna(), winners["status"])
    for name in ("unsubscribed_at", "unsubscribe_reason", "unsubscribe_campaign_id", "source", "source_file"):
        filled[name] = winners[name]
    filled["opted_in_at"] = grouped["opted_in_at"].min()
    filled["segment"] = grouped["segment"].agg(lambda segments: ", ".join(dict.fromkeys(segments.dropna())) or None)
    differ = int((grouped["status"].min() != grouped["status"].max()).sum())
    kept = filled.reset_index()[frame.columns].astype(frame.dtypes)
    lost = order[order.duplicated("contact_key")]
    people = "1 person stands" if len(kept) == 1 else f"{len(kept):,} people stand"
    note = f"contacts: {people} in several files and {'counts' if len(kept) == 1 else 'count'} once"
    note += f", {differ:,} with their latest status" if differ else ""
    return Deduped(pd.concat([frame[files <= 1], kept], ignore_index=True), _counted(lost), note)


def _rows(number: int) -> str:
    return "1 row stands" if number == 1 else f"{number:,} rows stand"


def _counted(lost: pd.DataFrame) -> dict[str, int]:
    return {str(file): int(number) for file, number in lost["source_file"].value_counts().items()}
