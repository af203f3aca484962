"""The reader of event logs: a preset becomes one projection, and the engine runs it over the lines.

The text is read twice: once for what is wrong with an event and whether it came before, once to write it.
That takes less time and room than keeping the events in between.
"""

# ruff: noqa: S608  the only words in the queries are file names, and they go through `literal`

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from kit.errors import InputError
from kit.sources.folder import changed
from kit.sources.lines import SCHEMA, Lines
from kit.sources.log import EventFile, FileLog, Rejection
from kit.sources.mends import tidy
from kit.sources.packed import CUT
from kit.sources.preset import Preset, named
from kit.sources.projection import identity, projection
from kit.sources.recognise import listed
from kit.sources.text import swelling
from kit.sources.unfold import LINES, NO_JSON, literal
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kit.settings import Settings

SHOWN_REJECTIONS = 100
"""Rejected lines that are listed of one log; all are counted."""

_MANY = ("opened", "clicked")  # what a vendor tells of a mail to several people, and not who it was


def project(con: duckdb.DuckDBPyConnection, log: EventFile, out: Path, settings: Settings) -> FileLog:
    """Write the events of one log as Parquet and tell what became of its lines.

    A row read is an event, or a line that holds none. An event that was delivered again (`projection.identity`)
    counts once: the later ones are rejected with their reason and counted in `rows_repeated`, also where
    the first one stands in another log that lies as Parquet beside `out`.

    Args:
        con: an engine; its session is left as it was.
        log: the recognised log.
        out: where the Parquet file is written, columns as `tables.EVENTS`.
        settings: the folder's, for `events.campaign` and `events.variant`.

    Returns:
        The log, with the first rejections listed.
    """
    preset = named(log.preset)
    if preset is None:
        raise KeyError(log.preset)
    about = FileLog(log.file, "read", log.why, preset=log.preset, table=EVENTS.name, encoding="utf-8")
    query = projection(preset, log.file, settings)
    beside = [path for path in sorted(out.parent.glob("*.parquet")) if path != out]
    try:
        with _tables(con):
            reader = _run(con, log, f"CREATE TEMP TABLE kit_keys AS SELECT {_keys(preset)} FROM ({query})")
            _find_repeated(con, preset, beside)
            columns = ", ".join(EVENTS.names)
            # not an anti join: the engine would hold the larger side, which are the events, and lose their order
            kept = f"SELECT {columns} FROM ({query}) WHERE ordinal NOT IN (FROM kit_left)"
            _run(con, log, f"COPY ({kept}) TO {literal(str(out))} (FORMAT parquet)")
            about = _told(con, about, out)
    except InputError as error:
        return replace(about, status="unreadable", error=error)
    except (duckdb.Error, OSError) as error:
        problem = f"it cannot be read: {str(error).splitlines()[0]}"
        mend = InputError(problem, file=log.file, mend="Export it again.")
        return replace(about, status="unreadable", error=mend)
    return tidy(replace(about, notes=(*((CUT,) if reader.cut else ()), *about.notes)))


@contextmanager
def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    try:
        yield
    finally:
        con.execute("DROP TABLE IF EXISTS kit_left; DROP TABLE IF EXISTS kit_repeated; DROP TABLE IF EXISTS kit_keys")


def _run(con: duckdb.DuckDBPyConnection, log: EventFile, query: str) -> Lines:
    """Run a query over the lines of a log."""
    reader = Lines(log.path)
    con.register(LINES, pa.RecordBatchReader.from_batches(SCHEMA, iter(reader)))
    try:
        con.execute(query)
    finally:
        con.unregister(LINES)
    if reader.swollen:
        raise swelling(log.file)
    if log.stamp and not log.stamp.holds:
        raise changed(log.file)
    return reader


def _keys(preset: Preset) -> str:
    """What the first reading keeps of an event."""
    ways = [*preset.gives_way, *(word for words in preset.gives_way.values() for word in words)]
    known = ", ".join(["'unknown'", *map(literal, ways)])
    mail = "CASE WHEN message_id IS NOT NULL THEN hash(message_id, contact_key) END" if ways else "NULL::UBIGINT"
    kind = f"CASE WHEN event_type = 'unknown' OR kind IN ({known}) THEN coalesce(kind, '') END"
    many = f"of > 1 AND event_type IN ({', '.join(map(literal, _MANY))})"
    return f"ordinal, key, fault, occurred_at, event_type, {kind} AS kind, {mail} AS mail, {many} AS many"


def _find_repeated(con: duckdb.DuckDBPyConnection, preset: Preset, beside: list[Path]) -> None:
    """List what came before, here or in a log beside, and what another event says better."""
    con.execute("""CREATE TEMP TABLE kit_repeated AS
        WITH firsts AS (
            SELECT key, min(ordinal) AS first FROM kit_keys WHERE fault IS NULL AND key IS NOT NULL
            GROUP BY key HAVING count(*) > 1
        )
        SELECT ordinal, 'the same event stands on line ' || (first >> 32) || '; it was delivered again' AS reason
        FROM kit_keys JOIN firsts USING (key) WHERE ordinal > first AND fault IS NULL""")
    if beside:
        con.execute(f"""INSERT INTO kit_repeated
            WITH before AS (
                SELECT {identity()} AS key, min(source_file) AS file, min(line) AS line
                FROM read_parquet([{", ".join(literal(str(path)) for path in beside)}])
                WHERE source = {literal(preset.name)} AND {_span(con)} GROUP BY 1
            )
            SELECT ordinal, 'the same event stands in ' || file || ', line ' || line || '; it was delivered again'
            FROM kit_keys JOIN before USING (key)
            WHERE fault IS NULL AND ordinal NOT IN (SELECT ordinal FROM kit_repeated)""")
    for kind, better in preset.gives_way.items():
        words = ", ".join(map(literal, better))
        con.execute(f"""INSERT INTO kit_repeated
            SELECT ordinal, {literal(f"it is told a second time, as {' or '.join(better)}")} FROM kit_keys
            WHERE kind = {literal(kind)} AND fault IS NULL AND mail IN (SELECT mail FROM kit_keys
                WHERE kind IN ({words}) AND fault IS NULL) AND ordinal NOT IN (SELECT ordinal FROM kit_repeated)""")
    con.execute("""CREATE TEMP TABLE kit_left AS
        SELECT ordinal FROM kit_keys WHERE fault IS NOT NULL UNION ALL SELECT ordinal FROM kit_repeated""")


def _span(con: duckdb.DuckDBPyConnection) -> str:
    """The condition for the times of this log, by which the engine passes over most of the others."""
    ((begin, end, timeless),) = con.execute(
        "SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)), bool_or(occurred_at IS NULL) FROM kit_keys"
    ).fetchall()
    within = "false" if begin is None else f"occurred_at BETWEEN make_timestamptz({begin}) AND make_timestamptz({end})"
    return f"({within} OR occurred_at IS NULL)" if timeless else f"({within})"


def _told(con: duckdb.DuckDBPyConnection, about: FileLog, out: Path) -> FileLog:
    """Complete the log from both readings."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        return con.execute(query).fetchall()

    ((rows, faults, last),) = ask("SELECT count(*), count(fault), max(ordinal >> 32) FROM kit_keys")
    ((again,),) = ask("SELECT count(*) FROM kit_repeated")
    ((twice,),) = ask("SELECT count(*) FROM kit_repeated WHERE reason NOT LIKE '%delivered again'")
    ((timeless, nameless),) = ask(f"""
        SELECT count(*) FILTER (occurred_at IS NULL),
            count(*) FILTER (source_campaign_id IS NULL AND campaign_name IS NULL)
        FROM read_parquet({literal(str(out))})""")
    kept = "kit_keys ANTI JOIN kit_left USING (ordinal)"
    kinds = ask(f"SELECT DISTINCT kind FROM {kept} WHERE event_type = 'unknown' AND kind <> '' ORDER BY kind")
    ((wordless, many),) = ask(f"""
        SELECT count(*) FILTER (event_type = 'unknown' AND kind = ''), count(*) FILTER (many) FROM {kept}""")
    bad = ask(f"""SELECT ordinal >> 32, fault FROM kit_keys WHERE fault IS NOT NULL
        ORDER BY ordinal LIMIT {SHOWN_REJECTIONS}""")
    bad += ask(
        f"""SELECT ordinal >> 32, reason FROM kit_repeated ORDER BY ordinal LIMIT {SHOWN_REJECTIONS - len(bad)}"""
    )
    reasons = [(line, _at_end(reason) if line == last else reason) for line, reason in bad]
    strange = listed(kind for (kind,) in kinds)
    notes = {
        f"{again - twice} events were delivered again and are counted once": again - twice,
        f"{twice} events are told a second time under another name and are counted once": twice,
        f"{timeless} events have no time": timeless,
        f"{nameless} events name no campaign; say events.campaign in kit.toml if a field does": nameless,
        f"{many} openings and clicks are of mail to several people; each of them is taken to have done it": many,
        f"events of a kind that the preset does not know are kept as unknown: {strange}": len(kinds),
        f"{wordless} events do not say what happened; they are kept as unknown": wordless,
    }
    return replace(
        about,
        rows_read=rows,
        rows_kept=rows - faults - again,
        rows_repeated=again,
        rejections=tuple(Rejection(about.file, line, None, reason) for line, reason in reasons),
        notes=tuple(note for note, number in notes.items() if number),
    )


def _at_end(reason: str) -> str:
    return f"{reason}; the file may be cut off here" if reason == NO_JSON else reason
