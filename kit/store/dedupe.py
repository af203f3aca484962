"""Deduplication of rows: the same person, order or request counts once, as the latest state of it has it.

What makes two rows the same thing stands in `IDENTITIES`, for rows of one file and of several alike. Rows without an
id that agree in every cell may be two things: they count, and are named, unless all that two files tell of the days
that both cover agrees.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from kit.messages import Text, message, message_n
from kit.sources.detect.presets import named
from kit.sources.frames import LINE
from kit.sources.tabular.repeats import tells_enough
from kit.store import as_of, dedupe_sessions
from kit.tables import (
    ACTIONS,
    ASSIGNMENTS,
    BILLING,
    CAMPAIGN_STATS,
    CONTACTS,
    CONVERSIONS,
    COSTS,
    COUNTS,
    DEALS,
    DMARC,
    LOADED,
    ORDERS,
    POSTMASTER,
    SURVEYS,
    TABLES,
    TICKET_MESSAGES,
    TICKETS,
    USAGE,
    WEB,
    records,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two rows of a table the same thing.

    Numbers are used again: by another till, another shop, next year. Tables that any system may have written are
    told apart by the person, too; and where nobody is named, by the amount that was paid at first.

    Attributes:
        began: the moment that it began; rows of one file agree in it, those of several in its day.
        id: its number; "" where rows of the table have none.
        kinds: what kind of thing it is.
        amount: its worth; "" where it has none.
        is_entry: whether it is booked once and for all: then one file may hold several of one number, and they
            differ in the amount; else the latest state counts.
    """

    began: str
    id: str = ""
    kinds: tuple[str, ...] = ()
    amount: str = ""
    is_entry: bool = False


IDENTITIES = {
    ORDERS.name: Identity("ordered_local", "order_id", amount="total"),
    CONVERSIONS.name: Identity("occurred_local", "conversion_id", ("action",), "value", is_entry=True),
    TICKETS.name: Identity("created_local", "ticket_id"),
    TICKET_MESSAGES.name: Identity("sent_local", "message_id"),
    DEALS.name: Identity("created_local", "deal_id"),
    BILLING.name: Identity("occurred_local", "billing_id", ("kind",), "amount", is_entry=True),
    ASSIGNMENTS.name: Identity("assigned_local", "contact_key", ("experiment", "arm")),
    SURVEYS.name: Identity("responded_local", "response_id", ("survey_type",)),
    COSTS.name: Identity("period_start"),
    ACTIONS.name: Identity("day"),
    USAGE.name: Identity("day"),
    DMARC.name: Identity("day"),
    POSTMASTER.name: Identity("day"),
}
"""By the table's name. People, sessions, events and campaigns are told apart by rules of their own."""

STRICTEST = ("blocklisted", "cleaned", "unsubscribed", "unconfirmed", "subscribed")
"""Which status of a person counts where no date says which is the latest: mail less rather than more."""


FEW = 30
"""Recipients from which on two rows that agree in every count are about one campaign, also without an id."""

REPORTED = ("delivered_is_derived", "reported_open_rate", "reported_click_rate", "reported_ctor")
"""What follows of a campaign's counts."""


@dataclass(frozen=True, slots=True)
class Deduped:
    """A table without what stands in it twice.

    Attributes:
        frame: the rows that count.
        duplicate_rows: file -> number of its rows that do not count.
        note: what to say about the table; empty where nothing was left out.
        reasons: file -> what to say of it.
    """

    frame: pd.DataFrame
    duplicate_rows: dict[str, int]
    note: Text = ""
    reasons: dict[str, list[Text]] = field(default_factory=dict)


def dedupe(name: str, frame: pd.DataFrame) -> Deduped:
    """The rows of a table that count.

    Args:
        name: the table.
        frame: its rows, of all files.
    """
    if name == WEB.name:
        return _sessions(frame)
    if name == CONTACTS.name:
        return _people(frame)
    if name == CAMPAIGN_STATS.name:
        return _statements(frame.reset_index(drop=True))
    if name in IDENTITIES:
        return _things(name, frame.reset_index(drop=True), IDENTITIES[name])
    return Deduped(frame, {})


class _Lost:
    """The rows of a table that do not count, and what to say of each file."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.rows: list[int] = []
        self.reasons: defaultdict[str, list[Text]] = defaultdict(list)

    def add(self, rows: pd.Index, reason: Callable[[int], Text]) -> None:
        """Rows that do not count, and why, by the number of lines that they are in a file."""
        self.rows += rows.tolist()
        self.name(rows, reason)

    def name(self, rows: pd.Index, reason: Callable[[int], Text]) -> None:
        """Rows that have to be named."""
        for file, lines in self.frame.loc[rows].groupby("source_file", sort=False)[LINE]:
            self.reasons[str(file)].append(reason(lines.nunique()))

    def deduped(self, note: Text = "") -> Deduped:
        """The table without them; a line counts as repeated where nothing of it is kept."""
        lines = self.frame.loc[self.rows].groupby("source_file")[LINE].nunique()
        kept = self.frame.drop(index=self.rows).reset_index(drop=True)
        return Deduped(kept, {str(file): int(n) for file, n in lines.items()}, note, dict(self.reasons))


def _things(name: str, frame: pd.DataFrame, identity: Identity) -> Deduped:
    """Of rows about the same thing the one that knows latest; equal rows without a number are named."""
    lost = _Lost(frame)
    note: Text = ""
    if name == ACTIONS.name:  # a note of one day in the same words is the same note
        lost.add(
            frame.index[frame.duplicated(["day", "what"])],
            lambda n: message_n(
                "{n} of its rows says again what another row says; it counts once",
                "{n} of its rows say again what other rows say; they count once",
                n, n=f"{n:,}",
            ),
        )  # fmt: skip
        return lost.deduped()
    numbered = frame[frame[identity.id].notna()] if identity.id else frame.iloc[:0]
    if len(numbered):
        older = _older_of_file(name, numbered, identity)
        lost.add(
            older,
            lambda n: message_n(
                "{n} of its rows has the same number as another of its rows; the latest state counts once",
                "{n} of its rows have the same number as other rows; the latest state of each counts once",
                n, n=f"{n:,}",
            ),
        )  # fmt: skip
        older = _older_files(name, frame, numbered.drop(index=older), identity)
        lost.add(older, _in_another)
        if n := len(older):
            note = message_n(
                "{table}: {n} row is in several files with the same number; the file with the latest data counts",
                "{table}: {n} rows are in several files with the same number; the file with the latest data counts",
                n, table=records(name),
            )  # fmt: skip
    _unnumbered(frame.drop(index=numbered.index), identity, lost)
    return lost.deduped(note)


def _keys(rows: pd.DataFrame, identity: Identity) -> list[pd.Series]:
    """What tells things with numbers apart, without the moment."""
    whose = rows["contact_key"].where(rows["source"].map(_is_any), "")
    if identity.amount:
        whose = whose.fillna(rows[identity.amount].astype("string"))
    named = ("source", identity.id, *identity.kinds)
    # a line that tells several things of one number and kind, like two questions, tells each of them
    part = rows.groupby(["source_file", LINE, *named], dropna=False).cumcount()
    return [whose, *(rows[column] for column in named), part]


def _older_of_file(name: str, rows: pd.DataFrame, identity: Identity) -> pd.Index:
    """The rows of which the same file has a later state: by its latest moment, else further down."""
    keys = [rows["source_file"], rows[identity.began], *_keys(rows, identity)]
    if identity.is_entry:
        keys.append(rows[identity.amount])
    order = rows.assign(latest=_moments(name, rows)).sort_values(["latest", LINE], na_position="first").index
    keyed = pd.concat([key.rename(str(number)) for number, key in enumerate(keys)], axis=1).loc[order]
    return order[keyed.duplicated(keep="last")]


def _older_files(name: str, frame: pd.DataFrame, rows: pd.DataFrame, identity: Identity) -> pd.Index:
    """The rows that a file has that knows more lately; it knows them by the day, as not every export writes hours."""
    keys = [rows[identity.began].dt.normalize(), *_keys(rows, identity)]
    several = rows.groupby(keys, dropna=False)["source_file"].transform("nunique") > 1
    moments = _moments(name, frame)
    plausible = moments.where(moments <= as_of.clock().tz_localize(None))  # one slip makes no file the latest
    age = plausible.groupby(frame["source_file"]).max().rank(method="first", na_option="top")
    rank = rows.loc[several, "source_file"].map(age)
    latest = rank.groupby([key[several] for key in keys], dropna=False).transform("max")
    return rank.index[rank < latest]


def _moments(name: str, rows: pd.DataFrame) -> pd.Series:
    """The latest moment that each row knows of."""
    return rows[[column.name for column in TABLES[name].columns if column.type == "local"]].max(axis=1)


def _unnumbered(frame: pd.DataFrame, identity: Identity, lost: _Lost) -> None:
    """Rows that agree in every cell but the day of loading, with those of their file and of others."""
    cells = frame.drop(columns=["source_file", LINE, LOADED.name], errors="ignore")
    equal = pd.util.hash_pandas_object(cells, index=False)
    rows = frame.assign(equal=equal, part=frame.assign(equal=equal).groupby(["source_file", LINE, "equal"]).cumcount())
    rows = rows.assign(equal=pd.util.hash_pandas_object(rows[["equal", "part"]], index=False))
    lost.name(rows.index[rows.duplicated(["source_file", "equal"])], repeats)
    for _, of_source in rows.groupby("source", sort=False):
        files = [of_file for _, of_file in of_source.groupby("source_file")]
        for first, second in combinations(files, 2):
            _overlap(first.drop(index=lost.rows, errors="ignore"), second, identity, lost)


def _overlap(first: pd.DataFrame, second: pd.DataFrame, identity: Identity, lost: _Lost) -> None:
    """Rows that two files tell of the days that both cover: once where all agree, else both, and said.

    Where they agree, so do equal rows without a moment that name a person, as an invitation without an answer.
    """
    began = identity.began
    start = max(first[began].min(), second[began].min())
    end = min(first[began].max(), second[began].max())
    theirs, ours = (rows[rows[began].between(start, end)] for rows in (first, second))
    equal = second[second["equal"].isin(first["equal"])]
    file = str(first["source_file"].iloc[0]) if len(first) else ""
    telling = [ours[name] for name in ours if name not in (began, "equal", "part", LINE, LOADED.name)]
    if sorted(ours["equal"]) == sorted(theirs["equal"]) and tells_enough(telling):
        undated = equal[began].isna() & (equal["contact_key"].notna() if "contact_key" in equal else False)
        copies = ours.index.union(equal.index[undated])
        days = {"start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}
        lost.add(
            copies,
            lambda n: message(
                "{n} of its rows, from {start} to {end}, are all that {file} has for these days too; they count once",
                n=f"{n:,}", file=file, **days,
            ),
        )  # fmt: skip
        equal = equal.drop(index=copies)
    lost.name(
        equal.index,
        lambda n: message_n(
            "{n} of its rows is also in {file}, identical in every cell, and has no id. Both count; if it is a "
            "copy, remove it",
            "{n} of its rows are also in {file}, identical in every cell, and have no id. Both count; if they are "
            "copies, remove them",
            n, n=f"{n:,}", file=file,
        ),
    )  # fmt: skip


def repeats(n: int) -> Text:
    """What to say of rows of a file that may be copies."""
    return message_n(
        "{n} of its rows is identical to another row and has no id. Both count; if it is a copy, remove it",
        "{n} of its rows are identical to other rows and have no id. All count; if they are copies, remove them",
        n, n=f"{n:,}",
    )  # fmt: skip


def _is_any(source: str) -> bool:
    """Whether a preset reads the tables of any system, whose numbers are nobody's own."""
    preset = named(source)
    return preset is None or not preset.recognise.of_platform


def _infers_segment(source: str) -> bool:
    """Whether the segments of a preset are a state, of which the latest counts, like that of a plan."""
    preset = named(source)
    return preset is not None and "segment" in preset.inferred


def _sessions(frame: pd.DataFrame) -> Deduped:
    """Sessions of reports whose days do not overlap."""
    kept, duplicate_rows, reasons = dedupe_sessions.sessions(frame)
    return Deduped(kept, duplicate_rows, by_file("web", reasons), {file: [why] for file, why in reasons.items()})


def by_file(table: str, reasons: Mapping[str, Text]) -> Text:
    """Why rows of a table count once, file by file; "" where none does."""
    reason: Text = ""
    for file, why in reasons.items():
        this = message("{table}, {file}: {reason}", table=records(table), file=file, reason=why)
        reason = message("{first}; {second}", first=reason, second=this) if reason else this
    return reason


def _people(frame: pd.DataFrame) -> Deduped:
    """One row for each person: the latest status, the first joining."""
    frame = frame.reset_index(drop=True)
    several = frame[frame.duplicated("contact_key", keep=False)]
    if several.empty:
        return Deduped(frame, {})
    order = several.assign(
        when=_moments(CONTACTS.name, several),
        strict=several["status"].map({word: rank for rank, word in enumerate(STRICTEST)}).fillna(len(STRICTEST)),
    ).sort_values(["when", "strict", "source_file"], ascending=[False, True, True], kind="stable", na_position="last")
    grouped = order.groupby("contact_key", sort=False)
    winners = order.drop_duplicates("contact_key").set_index("contact_key")
    filled = grouped.first()
    filled["status"] = filled["status"].where(winners["status"].isna(), winners["status"])
    for name in ("unsubscribed_at", "unsubscribe_reason", "unsubscribe_campaign_id", "source", "source_file"):
        filled[name] = winners[name]
    filled["opted_in_at"] = grouped["opted_in_at"].min()
    told = order[~(order["source"].map(_infers_segment) & order.duplicated(["contact_key", "source"]))]
    filled["segment"] = told.groupby("contact_key", sort=False)["segment"].agg(
        lambda segments: ", ".join(dict.fromkeys(segments.dropna())) or None
    )
    differ = int((grouped["status"].min() != grouped["status"].max()).sum())
    kept = filled.reset_index()[frame.columns].astype(frame.dtypes)
    lost = _Lost(frame)
    again = order[order.duplicated("contact_key")]
    within = again["source_file"] == again["contact_key"].map(winners["source_file"])
    lost.add(
        again.index[within],
        lambda n: message_n(
            "{n} of its rows is about a person who is in another row too; the person counts once, with the latest "
            "status",
            "{n} of its rows are about people who are in other rows too; each person counts once, with the latest "
            "status",
            n, n=f"{n:,}",
        ),
    )  # fmt: skip
    lost.add(again.index[~within], _in_another)
    note = message_n(
        "contacts: {n} person is in several rows and counts once, with the latest status",
        "contacts: {n} people are in several rows and count once, {differ} with their latest status",
        len(kept), differ=differ,
    ) if differ else message_n(
        "contacts: {n} person is in several rows and counts once",
        "contacts: {n} people are in several rows and count once",
        len(kept),
    )  # fmt: skip
    deduped = lost.deduped(note)
    return replace(deduped, frame=pd.concat([frame.drop(index=several.index), kept], ignore_index=True))


def _statements(frame: pd.DataFrame) -> Deduped:
    """Of rows of one file that say the same of one campaign the last, or the one that tells later."""
    lost = _Lost(frame)
    rows = frame[frame[LINE].notna()] if LINE in frame else frame.iloc[:0]  # a report's sections stand on no line
    if rows.empty:
        return Deduped(frame, {})
    equal = rows.duplicated([name for name in rows if name != LINE])
    certain = rows["source_campaign_id"].notna() | (rows["sent"].fillna(0) >= FEW)
    lost.add(
        rows.index[equal & certain],
        lambda n: message_n(
            "{n} of its rows repeats the campaign data of another row; it counts once",
            "{n} of its rows repeat the campaign data of other rows; they count once",
            n, n=f"{n:,}",
        ),
    )  # fmt: skip
    lost.name(rows.index[equal & ~certain], repeats)
    lost.add(
        _earlier(rows[~equal & rows["source_campaign_id"].notna()]),
        lambda n: message_n(
            "{n} of its rows has an earlier state of a campaign than another row; the later state counts",
            "{n} of its rows have earlier states of campaigns than other rows; the later states count",
            n, n=f"{n:,}",
        ),
    )  # fmt: skip
    return lost.deduped()


def _earlier(rows: pd.DataFrame) -> pd.Index:
    """The rows beside one that agrees in all that it says of the campaign and its sending, and has no count smaller."""
    rows = rows[rows.duplicated(["source_file", "source_campaign_id"], keep=False)]
    if rows.empty:
        return rows.index
    grown = [column.name for column in COUNTS if column.name != "sent"]
    about = [name for name in rows if name not in (*grown, *REPORTED, LINE)]
    counts = rows[grown].astype("float64").fillna(0)
    largest = counts.groupby([rows[name] for name in about], dropna=False).transform("max")
    latest = (counts == largest).all(axis=1)
    has_latest = latest.groupby([rows[name] for name in about], dropna=False).transform("any")
    return rows.index[has_latest & ~latest & rows["sent"].notna()]


def _in_another(n: int) -> Text:
    return message_n(
        "{n} of its rows is also in another file and is counted once",
        "{n} of its rows are also in another file and are counted once",
        n, n=f"{n:,}",
    )  # fmt: skip
