"""Events that tables tell: none that another table, or a log of the same platform, tells too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _

from kit.store.messages import ref
from kit.store.once import Once
from kit.tables import EVENTS, ORIGIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ibis.backends.duckdb import Backend

MESSAGE = ["source", "ref", "message_id", "contact_key"]
"""What tells one message from another."""

_OF_FILE = {ORIGIN[1].name, "line"}
_BY_LOG = "{again} of its {rows} rows tell what the log tells of the same messages; they are counted once"
_BY_TABLE = "{again} of its {rows} rows stand in another file too and are counted once"


def alone(con: Backend, frame: pd.DataFrame, logs: Sequence[Path]) -> Once:
    """The events of tables that nothing else tells.

    Rows of two files are the same event where they agree in all but the file; as often as a file says a thing, it
    happened. Of a message that a log of the platform knows, the log speaks for each kind of event that it has. A list
    that names no message is about the only one that the log knows of that person and campaign.

    Args:
        con: the engine.
        frame: rows of `tables.EVENTS`, of all tables.
        logs: the Parquet files of the logs.
    """
    frame = frame.reset_index(drop=True)
    again = _repeated(frame)
    frame, known = _beside_logs(con, frame, logs)
    lost = again | known
    why: dict[str, str] = {}
    repeated: dict[str, int] = {}
    for file, own in frame[lost].groupby("source_file"):
        rows = frame[frame["source_file"] == file]
        gone = rows["line"].nunique() - rows.loc[~lost[rows.index], "line"].nunique()
        if gone:
            text = _BY_LOG if known[own.index].any() else _BY_TABLE
            why[str(file)] = text.format(again=gone, rows=rows["line"].nunique())
            repeated[str(file)] = gone
    note = "; ".join(f"events, {file}: {said}" for file, said in why.items())
    return Once(frame[~lost].reset_index(drop=True), repeated, note, why)


def _repeated(frame: pd.DataFrame) -> pd.Series:
    """Rows that an earlier file has: the second of a file is the same as the second of another."""
    said = [name for name in EVENTS.names if name not in _OF_FILE]
    number = frame.groupby(["source_file", *said], dropna=False).cumcount()
    return frame.assign(number=number).duplicated([*said, "number"])


def _beside_logs(con: Backend, frame: pd.DataFrame, logs: Sequence[Path]) -> tuple[pd.DataFrame, pd.Series]:
    """The rows with the message that the log knows, and whether it tells their kind of event of it."""
    nothing = pd.Series(data=False, index=frame.index)
    if not logs:
        return frame, nothing
    events = con.read_parquet([str(path) for path in logs])
    people: Any = ibis.memtable(frame[["contact_key"]].dropna().drop_duplicates().astype("string"))
    events = events.filter(_.source.isin(sorted(set(frame["source"])))).semi_join(people, "contact_key")
    told = events.mutate(ref=ref(events)).select(*MESSAGE, "event_type").distinct().to_pandas()
    if told.empty:
        return frame, nothing
    rows = _named(frame.assign(ref=frame["source_campaign_id"].fillna(frame["campaign_name"])), told)
    key = [*MESSAGE, "event_type"]
    of_id = rows["message_id"].notna()
    by_id = [name for name in key if name != "ref"]  # a message that has an id needs no campaign
    known = pd.MultiIndex.from_frame(told[by_id].astype("object"))
    by_name = pd.MultiIndex.from_frame(told[told["message_id"].isna()][key].astype("object"))
    in_log = pd.MultiIndex.from_frame(rows[by_id].astype("object")).isin(known) & of_id
    in_log |= pd.MultiIndex.from_frame(rows[key].astype("object")).isin(by_name) & ~of_id
    return rows.drop(columns="ref"), pd.Series(in_log, index=frame.index)


def _named(frame: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """The rows with the only message that the log knows of their person and campaign, where they name none."""
    mails = told.dropna(subset=["message_id"]).drop_duplicates(MESSAGE)
    of = ["source", "ref", "contact_key"]
    only = mails.drop_duplicates(of, keep=False).set_index(of)["message_id"]
    found = pd.MultiIndex.from_frame(frame[of].astype("object")).map(only.to_dict())
    return frame.assign(
        message_id=frame["message_id"].where(frame["message_id"].notna(), pd.Series(found, frame.index))
    )
