"""Tables that say more of the events that another table tells: joined to them by the event's id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kit.tables import EVENTS

if TYPE_CHECKING:
    import pandas as pd

    from kit.sources.log import FileLog

TABLE = "details"
"""What such rows are called until they are joined: rows of `tables.EVENTS`, of which only the id is sure."""

SAID = ("link_url", "user_agent", "bounce_class", "reject_reason", "mta_response")
"""The columns that they complete; and the kind of an event, where its own table does not say it."""

_UNKNOWN = "unknown"


def joined(tables: dict[str, pd.DataFrame], logs: list[FileLog]) -> tuple[dict[str, pd.DataFrame], list[FileLog]]:
    """The tables with the events completed, and the logs with what no event was there for.

    Args:
        tables: canonical frames by name, and `TABLE`.
        logs: those of all files.
    """
    details = tables.get(TABLE)
    if details is None:
        return tables, logs
    rest = {name: frame for name, frame in tables.items() if name != TABLE}
    key = ["source", "event_id"]
    events = rest.get(EVENTS.name, details.iloc[:0])
    more = details.groupby(key, as_index=False).first()
    more["event_type"] = more["event_type"].where(more["event_type"] != _UNKNOWN)
    found = events[key].merge(more, on=key, how="left").set_axis(events.index)
    made = {name: events[name].where(events[name].notna() & (events[name] != _UNKNOWN), found[name]) for name in SAID}
    made["bounce_class"] = made["bounce_class"].fillna(events["bounce_class"])
    kind = events["event_type"]
    made["event_type"] = kind.where((kind != _UNKNOWN) | found["event_type"].isna(), found["event_type"])
    if EVENTS.name in rest:
        rest[EVENTS.name] = events.assign(**made).astype(events.dtypes)
    known = set(map(tuple, events[key].dropna().to_numpy().tolist()))
    unknown = [tuple(one) not in known for one in details[key].to_numpy().tolist()]
    alone = details[np.array(unknown, dtype=bool)]  # a list of none would choose no columns
    lost = alone["source_file"].value_counts().to_dict()
    return rest, [_without(log, lost[log.file]) if log.file in lost else log for log in logs]


def _without(log: FileLog, lost: int) -> FileLog:
    note = (
        f"{lost} of its {log.rows_read} rows say more of events that no file tells, and nothing is made of them: put "
        "the table of the events themselves beside it"
    )
    return replace(log, rows_kept=log.rows_kept - lost, notes=(*log.notes, note))
