"""Deduplication of events in tables: none that another table, or a log of the same platform, has too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _

from kit.messages import message
from kit.store.dedupe import Deduped, by_file, repeats
from kit.store.messages import ref
from kit.tables import EVENTS, ORIGIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kit.messages import Text
    from kit.store.engine import Engine

MESSAGE = ["source", "ref", "message_id", "contact_key"]
"""What tells one message from another."""

_OF_FILE = {ORIGIN[1].name, "line"}
_BY_LOG = message(
    "{again} of its {rows} rows repeat what the log contains about the same messages; they are counted once"
)
_BY_TABLE = message("{again} of its {rows} rows are also in another file and are counted once")


def dedupe_events(engine: Engine, frame: pd.DataFrame, logs: Sequence[Path]) -> Deduped:
    """The events of tables that nothing else has.

    Rows are the same event where they have the same id, or, in two files, where they agree in all but the file; as
    often as a file has a row without an id, it happened. Of a message that a log of the platform has, the log is the
    source of record for each kind of event in it. A list that names no message is about the only one that the log
    knows of that person and campaign.

    Args:
        engine: the engine.
        frame: rows of `tables.EVENTS`, of all tables.
        logs: the Parquet files of the logs.
    """
    frame = frame.reset_index(drop=True)
    in_tables, equal = _repeated(frame)
    frame, in_logs = _beside_logs(engine, frame, logs)
    duplicate = in_tables | in_logs
    reasons: dict[str, list[Text]] = {}
    duplicate_rows: dict[str, int] = {}
    for file, duplicates in frame[duplicate].groupby("source_file"):
        rows = frame[frame["source_file"] == file]
        number = rows["line"].nunique() - rows.loc[~duplicate[rows.index], "line"].nunique()
        if number:
            text = _BY_LOG if in_logs[duplicates.index].any() else _BY_TABLE
            reasons[str(file)] = [replace(text, values={"again": number, "rows": rows["line"].nunique()})]
            duplicate_rows[str(file)] = number
    note = by_file("events", {file: why for file, (why,) in reasons.items()})
    for file, lines in frame[equal & ~in_logs].groupby("source_file")["line"]:
        reasons[str(file)] = [*reasons.get(str(file), []), repeats(lines.nunique())]
    return Deduped(frame[~duplicate].reset_index(drop=True), duplicate_rows, note, reasons)


def _repeated(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Rows that came before, and rows without an id that their own file has before.

    The second of a file is the same as the second of another; where they have an id, both are the first.
    """
    content = [name for name in EVENTS.names if name not in _OF_FILE]
    number = frame.groupby(["source_file", *content], dropna=False).cumcount().where(frame["event_id"].isna(), 0)
    repeated = frame.assign(number=number).duplicated([*content, "number"])
    return repeated, (number > 0) & ~repeated


def _beside_logs(engine: Engine, frame: pd.DataFrame, logs: Sequence[Path]) -> tuple[pd.DataFrame, pd.Series]:
    """The rows with the message that the log has, and whether it has their kind of event of it."""
    nothing = pd.Series(data=False, index=frame.index)
    if not logs:
        return frame, nothing
    events = engine.read_parquet(logs)
    people: Any = ibis.memtable(frame[["contact_key"]].dropna().drop_duplicates().astype("string"))
    events = events.filter(_.source.isin(sorted(set(frame["source"])))).semi_join(people, "contact_key")
    logged = events.mutate(ref=ref(events)).select(*MESSAGE, "event_type").distinct().to_pandas()
    if logged.empty:
        return frame, nothing
    rows = _named(frame.assign(ref=frame["source_campaign_id"].fillna(frame["campaign_name"])), logged)
    key = [*MESSAGE, "event_type"]
    of_id = rows["message_id"].notna()
    by_id = [name for name in key if name != "ref"]  # a message that has an id needs no campaign
    ids = pd.MultiIndex.from_frame(logged[by_id].astype("object"))
    by_name = pd.MultiIndex.from_frame(logged[logged["message_id"].isna()][key].astype("object"))
    in_log = pd.MultiIndex.from_frame(rows[by_id].astype("object")).isin(ids) & of_id
    in_log |= pd.MultiIndex.from_frame(rows[key].astype("object")).isin(by_name) & ~of_id
    return rows.drop(columns="ref"), pd.Series(in_log, index=frame.index)


def _named(frame: pd.DataFrame, logged: pd.DataFrame) -> pd.DataFrame:
    """The rows with the only message that the log has of their person and campaign, where they name none."""
    mails = logged.dropna(subset=["message_id"]).drop_duplicates(MESSAGE)
    of = ["source", "ref", "contact_key"]
    only = mails.drop_duplicates(of, keep=False).set_index(of)["message_id"]
    ids = pd.MultiIndex.from_frame(frame[of].astype("object")).map(only.to_dict())
    return frame.assign(message_id=frame["message_id"].where(frame["message_id"].notna(), pd.Series(ids, frame.index)))
