"""Google Analytics 4 as its BigQuery export: events to sessions, sessions to `web`, on any backend of Ibis.

Schema: Google, "GA4 BigQuery Export schema". A session is a visitor and `ga_session_id`. Its campaign is
that of the session, never `traffic_source`, which says how the visitor came for the first time ever.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from kit.errors import InputError
from kit.messages import message, message_n
from kit.sources import frames
from kit.sources.file_log import FileLog, Read
from kit.sources.reports.analytics import CAMPAIGN_ID, DIMENSIONS
from kit.tables import WEB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kit.settings import Settings
    from kit.store.engine import Engine

Expression = Any
"""An expression of Ibis; its stubs know no columns."""

SOURCE = "ga4_bigquery"

FIELDS = frozenset({"event_name", "event_timestamp", "event_params", "event_date", "user_pseudo_id"})
"""The columns that every version of the export has."""

NOT_SET = "(not set)"

_SAYS = {
    "utm_campaign": ("campaign_name", "manual_campaign_name"),
    "utm_source": ("source", "manual_source"),
    "utm_medium": ("medium", "manual_medium"),
    "utm_content": ("content", "manual_content"),
    "channel": ("default_channel_group",),
}
"""Our column -> what it is called in the export's records, which are of several times."""


def web(events: Expression, key_events: Sequence[str] = ()) -> Expression:
    """Sessions by day and by where they came from: the columns of `tables.WEB` without its origin.

    Args:
        events: the export's events, nested as BigQuery gives them; the tables of several days as one.
        key_events: the names of events that count as key events, which the export does not mark; without
            any the count is NULL.

    Returns:
        A row a day of a session's first event, channel, source, medium, campaign and content. Users of
        several rows do not add up. Money of several currencies in one row is NULL.
    """
    sessions = _sessions(events, key_events)
    rows = sessions.group_by(["day", *DIMENSIONS]).agg(
        sessions=ibis._.count(),
        engaged_sessions=ibis._.engaged.sum(),
        users=ibis._.user_pseudo_id.nunique(),
        key_events=ibis._.key_events.sum(),
        revenue=ibis._.revenue.sum(),
        least=ibis._.least.min(),
        most=ibis._.most.max(),
        engagement_seconds=ibis._.milliseconds.sum() / 1000,
    )
    one_currency = rows.least.fill_null("") == rows.most.fill_null("")
    columns = rows.mutate(
        property=ibis.null("string"),  # the data set's name says it, and no column of the export
        period_start=rows.day,
        period_end=rows.day,
        source_campaign_id=rows.utm_campaign.re_extract(CAMPAIGN_ID, 1).nullif(""),
        revenue=ibis.cases((one_currency, rows.revenue)),
        currency=ibis.cases((one_currency, rows.least)),
        key_events=rows.key_events.cast("float64"),
    )
    return columns.select(*WEB.names[2:])


def read(paths: Mapping[Path, str], settings: Settings, engine: Engine | None) -> tuple[list[Read], frozenset[Path]]:
    """Read the Parquet files of the export that are among files; those of one folder are one log.

    Args:
        paths: each file and its name, relative to the folder.
        settings: the folder's, for `web.key_events`.
        engine: the engine; None: no file is read.

    Returns:
        The logs with their rows of `web`, and the files that were read.
    """
    if engine is None:
        return [], frozenset()
    folders: dict[str, list[Path]] = {}
    for path, name in paths.items():
        if is_export(path):
            folders.setdefault(str(PurePosixPath(name).parent), []).append(path)
    parts = []
    for folder, files in folders.items():
        name = paths[files[0]] if len(files) == 1 else str(PurePosixPath(folder) / "*.parquet")
        parts.append(_read(files, name, settings, engine))
    return parts, frozenset(path for files in folders.values() for path in files)


def is_export(path: Path) -> bool:
    """Whether a file is Parquet with the columns of the export."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return False
            file.seek(0)
            return set(pq.read_schema(file).names) >= FIELDS
    except (OSError, pa.ArrowException):  # whoever reads the file says so
        return False


def _read(files: list[Path], name: str, settings: Settings, engine: Engine) -> Read:
    names = settings["web.key_events"]
    log = FileLog(
        name, "read", message("it has {fields}", fields=", ".join(sorted(FIELDS))), preset=SOURCE, table=WEB.name
    )
    try:
        events = engine.read_parquet(files, by_name=True)
        rows = web(events, names).order_by("period_start", *DIMENSIONS).to_pyarrow().to_pylist()
        total = events.count().to_pyarrow().as_py()
        without = total - _in_sessions(events).count().to_pyarrow().as_py()
    except (*engine.failures, AttributeError) as error:  # a record without its fields
        problem = message("it does not follow the documented schema: {error}", error=str(error).splitlines()[0])
        hint = message("Export the events table again, with its nested columns.")
        failure = InputError(problem, file=name, hint=hint)
        return Read(FileLog(name, "unreadable", log.why, preset=SOURCE, table=WEB.name, error=failure), {})
    notes = [
        message_n(
            "{n} event was grouped into {sessions} sessions",
            "{n} events were grouped into {sessions} sessions",
            total, n=str(total), sessions=str(sum(row["sessions"] for row in rows)),
        )
    ]  # fmt: skip
    if without:
        notes.append(
            message_n(
                "{n} event belongs to no session (visitors without consent) and is not counted",
                "{n} events belong to no session (visitors without consent) and are not counted",
                without, n=str(without),
            )
        )  # fmt: skip
    if not names:
        notes.append(message("the export does not mark key events; set web.key_events in kit.toml"))
    log = FileLog(
        name,
        "read",
        log.why,
        preset=SOURCE,
        table=WEB.name,
        rows_read=len(rows),
        rows_kept=len(rows),
        notes=tuple(notes),
    )
    origin_rows = [row | {"source": SOURCE, "source_file": name} for row in rows]
    return Read(log, {WEB.name: frames.frame(WEB, origin_rows)})


def _sessions(events: Expression, key_events: Sequence[str]) -> Expression:
    """A row a session: whose, when, what it did, and where it came from."""
    events = _in_sessions(events)
    purchase = events.event_name == "purchase"
    spent = events.ecommerce["purchase_revenue"] if "ecommerce" in events.columns else ibis.null("float64")
    marked = events.mutate(
        session_id=_param(events, "ga_session_id").int_value,
        milliseconds=_param(events, "engagement_time_msec").int_value,
        is_engaged=(_param(events, "session_engaged").string_value == "1")
        | (_param(events, "session_engaged").int_value == 1),
        spent=ibis.cases((purchase, spent.cast("float64"))),
        money=ibis.cases((purchase, _param(events, "currency").string_value)),
        is_key=events.event_name.isin(list(key_events)) if key_events else ibis.null("boolean"),
        **_records(events),
    )
    at = marked.event_timestamp
    sessions = marked.group_by("user_pseudo_id", "session_id").agg(
        date=marked.event_date.argmin(at),
        milliseconds=marked.milliseconds.sum(),
        engaged=marked.is_engaged.cast("int64").max().fill_null(0),
        key_events=marked.is_key.cast("int64").sum(),
        revenue=marked.spent.sum(),
        least=marked.money.min(),
        most=marked.money.max(),
        **{name: marked[name].argmin(at, where=marked[name].notnull()) for name in _records(events)},
    )
    day = sessions.date.substr(0, 4) + "-" + sessions.date.substr(4, 2) + "-" + sessions.date.substr(6, 2)
    return sessions.mutate(day=day.cast("date"), **_came_from(sessions, list(_records(events))))


def _param(events: Expression, name: str) -> Any:
    return events.event_params.filter(lambda param: param.key == name)[0].value


def _in_sessions(events: Expression) -> Expression:
    """The events that belong to a session of somebody; those of visitors without consent belong to none."""
    return events.filter(_param(events, "ga_session_id").int_value.notnull(), events.user_pseudo_id.notnull())


def _records(events: Expression) -> dict[str, Any]:
    """The records that say where a session came from, the first to be asked first; NULL where one says nothing."""
    records: dict[str, Any] = {}
    if "session_traffic_source_last_click" in events.columns:
        last = events.session_traffic_source_last_click
        records |= {name: last[name] for name in ("manual_campaign", "cross_channel_campaign") if name in last.names}
    if "collected_traffic_source" in events.columns:
        records["collected"] = events.collected_traffic_source
    order = [name for name in ("manual_campaign", "collected", "cross_channel_campaign") if name in records]
    return {name: ibis.cases((_has_any(records[name]), records[name])) for name in order}


def _has_any(record: Any) -> Any:
    values = [_value(record, column) for column in _SAYS]
    return ibis.coalesce(*[value for value in values if value is not None]).notnull()


def _value(record: Any, column: str) -> Any:
    """What a record says for one of our columns; None where its version of the export has no such field."""
    name = next((field for field in _SAYS[column] if field in record.names), None)
    return None if name is None else record[name].nullif(NOT_SET).nullif("")


def _came_from(sessions: Expression, records: list[str]) -> dict[str, Any]:
    """One record speaks for a session's tags, the first that says something; the channel is its own field."""
    tags = [name for name in DIMENSIONS if name != "channel"]
    columns: dict[str, Any] = {}
    for column in tags:
        cases = [(sessions[name].notnull(), _value(sessions[name], column)) for name in records]
        first_values = [(holds, ibis.null("string") if value is None else value) for holds, value in cases]
        columns[column] = ibis.cases(*first_values) if first_values else ibis.null("string")
    channels = [value for name in records if (value := _value(sessions[name], "channel")) is not None]
    return columns | {"channel": ibis.coalesce(*channels) if channels else ibis.null("string")}
