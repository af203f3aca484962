"""The reader of event logs: a preset becomes one projection, and the engine runs it over the lines."""

# ruff: noqa: S608  the only words in the queries are file names, and they go through `literal`

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from kit.errors import InputError
from kit.sources.lines import SCHEMA, Lines
from kit.sources.log import EventFile, FileLog, Rejection
from kit.sources.preset import named
from kit.sources.projection import LINES, literal, projection
from kit.sources.recognise import listed
from kit.tables import EVENTS

if TYPE_CHECKING:
    from kit.settings import Settings

SHOWN_REJECTIONS = 100
"""Rejected lines that are listed of one log; all are counted."""


def project(con: duckdb.DuckDBPyConnection, log: EventFile, out: Path, settings: Settings) -> FileLog:
    """Write the events of one log as Parquet and tell what became of its lines.

    A row read is an event, or a line that holds none. An event that was delivered again (the same id
    and kind; without an id the same message, kind, time and link) counts once: the later ones are
    rejected with their reason and counted in `rows_repeated`.

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
    reader = Lines(log.path)
    with tempfile.TemporaryDirectory(dir=out.parent) as draft:
        stage = str(Path(draft) / "stage.parquet")
        try:
            con.register(LINES, pa.RecordBatchReader.from_batches(SCHEMA, iter(reader)))
            con.execute(f"COPY ({projection(preset, log.file, settings)}) TO {literal(stage)} (FORMAT parquet)")
            about = _written(con, stage, out, about)
        except (duckdb.Error, OSError) as error:
            problem = f"it cannot be read: {str(error).splitlines()[0]}"
            mend = InputError(problem, file=log.file, mend="Export it again.")
            return replace(about, status="unreadable", error=mend)
        finally:
            con.unregister(LINES)
    cut = ("the file is cut off: its packed end is missing; what stands before is read",) if reader.cut else ()
    return replace(about, notes=(*cut, *about.notes))


def _written(con: duckdb.DuckDBPyConnection, stage: str, out: Path, about: FileLog) -> FileLog:
    """Write the kept events of the stage, and complete the log from it."""
    con.execute(f"""
        CREATE OR REPLACE TEMP VIEW kit_stage AS FROM read_parquet({literal(stage)});
        CREATE OR REPLACE TEMP VIEW kit_kept AS FROM kit_stage WHERE fault IS NULL;
        CREATE OR REPLACE TEMP VIEW kit_first AS
            SELECT key, min(ordinal) AS ordinal, arg_min(line, ordinal) AS line FROM kit_kept
            GROUP BY key HAVING count(*) > 1;
        CREATE OR REPLACE TEMP VIEW kit_repeated AS
            SELECT kit_kept.ordinal, kit_kept.line, kit_first.line AS before
            FROM kit_kept JOIN kit_first USING (key) WHERE kit_kept.ordinal > kit_first.ordinal;
        COPY (SELECT {", ".join(EVENTS.names)} FROM kit_kept ANTI JOIN kit_repeated USING (ordinal) ORDER BY ordinal)
            TO {literal(str(out))} (FORMAT parquet)""")

    def ask(query: str) -> list[tuple[Any, ...]]:
        return con.execute(query).fetchall()

    ((rows, faults, last),) = ask("SELECT count(*), count(fault), max(line) FROM kit_stage")
    ((timeless, nameless),) = ask("""
        SELECT count(*) FILTER (occurred_at IS NULL),
            count(*) FILTER (source_campaign_id IS NULL AND campaign_name IS NULL) FROM kit_kept""")
    ((again,),) = ask("SELECT count(*) FROM kit_repeated")
    bad = ask(f"SELECT line, fault FROM kit_stage WHERE fault IS NOT NULL ORDER BY ordinal LIMIT {SHOWN_REJECTIONS}")
    twice = ask(f"SELECT line, before FROM kit_repeated ORDER BY ordinal LIMIT {SHOWN_REJECTIONS - len(bad)}")
    kinds = ask("SELECT kind, count(*) FROM kit_kept WHERE event_type = 'unknown' GROUP BY kind ORDER BY kind")
    con.execute("DROP VIEW kit_repeated; DROP VIEW kit_first; DROP VIEW kit_kept; DROP VIEW kit_stage")
    reasons = [(line, _at_end(fault) if line == last else fault) for line, fault in bad]
    reasons += [(line, f"the same event stands on line {before}; it was delivered again") for line, before in twice]
    strange = listed(kind for kind, _ in kinds)
    notes = {
        f"{again} events were delivered again and are counted once": again,
        f"{timeless} events have no time": timeless,
        f"{nameless} events name no campaign; say events.campaign in kit.toml if a field does": nameless,
        f"events of a kind that the preset does not know are kept as unknown: {strange}": len(kinds),
    }
    return replace(
        about,
        rows_read=rows,
        rows_kept=rows - faults - again,
        rows_repeated=again,
        rejections=tuple(Rejection(about.file, line, None, reason) for line, reason in reasons),
        notes=tuple(note for note, number in notes.items() if number),
    )


def _at_end(fault: str) -> str:
    return f"{fault}; the file may be cut off here" if fault.endswith("JSON") else fault
