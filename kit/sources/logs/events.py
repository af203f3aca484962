"""The reader of event logs: a preset becomes one projection, and the engine runs it over the lines.

The text is read once, and every event is written beside the table that is asked for, with what is wrong with it
and what it is known by. Of these two columns follows which events count, and those are copied: to copy
columns takes a fifth of the time that reading text takes, and nothing has to stay in memory.
"""

# ruff: noqa: S608  the only words in the queries are file names, and they go through `literal`

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kit.errors import InputError
from kit.messages import message, message_n
from kit.places import unreachable
from kit.sources.detect.headers import listed
from kit.sources.detect.presets import Preset, named
from kit.sources.file_log import EventFile, FileLog, Rejection, changed, tidy
from kit.sources.logs.lines import SCHEMA, Lines
from kit.sources.logs.projection import LINES, SKIPPED, fault_error, identity, literal, projection
from kit.sources.text.cells import CellError
from kit.sources.text.encodings import swelling
from kit.sources.text.packed import CUT
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kit.settings import Settings
    from kit.store.engine import Engine

SHOWN_REJECTIONS = 100
"""Rejected lines that are listed of one log; all are counted."""

TWICE = "kit_twice"
"""The relation that holds the keys of the events that stand more than once."""

_KEPT = "get_bit(getvariable('kit_left'), row::INTEGER) IS DISTINCT FROM 1"
"""The condition for the events that count: a bit a row, because a join would not keep the rows in their order."""

_MANY = ("opened", "clicked")  # what a vendor tells of a mail to several people, and not who it was


def project(engine: Engine, log: EventFile, out: Path, settings: Settings) -> FileLog:
    """Write the events of one log as Parquet and tell what became of its lines.

    A row read is an event, or a line that holds none. An event that was delivered again (`projection.identity`)
    counts once: the later ones are rejected with their reason and counted in `rows_repeated`, also where
    the first one stands in another log that lies as Parquet beside `out`.

    Args:
        engine: the engine; its session is left as it was.
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
    staged = out.with_suffix(".staged")
    beside = [path for path in sorted(out.parent.glob("*.parquet")) if path != out]
    try:
        with _staged(engine, staged):
            reader = _read(engine, log, f"COPY ({projection(preset, log.file, settings)}) TO {_parquet(staged)}")
            read = f"SELECT *, file_row_number AS row FROM read_parquet({literal(str(staged))}, file_row_number = true)"
            engine.run(f"CREATE TEMP VIEW kit_keys AS SELECT {_keys(preset)} FROM ({read})")
            _find_repeated(engine, preset, beside)
            with engine.one_thread():
                engine.run(f"COPY (SELECT {', '.join(EVENTS.names)} FROM ({read}) WHERE {_KEPT}) TO {_parquet(out)}")
            about = _completed(engine, about, out)
    except InputError as error:
        return replace(about, status="unreadable", error=error)
    except engine.failures as error:
        problem = message("it cannot be read: {error}", error=str(error).splitlines()[0])
        failure = InputError(problem, file=log.file, hint=message("Export it again."))
        return replace(about, status="unreadable", error=failure)
    return tidy(replace(about, notes=(*((CUT,) if reader.cut else ()), *about.notes)))


@contextmanager
def _staged(engine: Engine, staged: Path) -> Iterator[None]:
    try:
        yield
    finally:
        engine.run("RESET VARIABLE kit_left; DROP TABLE IF EXISTS kit_repeated; DROP VIEW IF EXISTS kit_keys")
        staged.unlink(missing_ok=True)


def _parquet(path: Path) -> str:
    return f"{literal(str(path))} (FORMAT parquet)"


def _read(engine: Engine, log: EventFile, query: str) -> Lines:
    """Run a query over the lines of a log."""
    reader = Lines(log.path, log.inside)
    with engine.registered(LINES, pa.RecordBatchReader.from_batches(SCHEMA, iter(reader))):
        engine.run(query)
    if reader.error:
        raise unreachable(reader.error, log.path, message("Check the file and its read permissions."))
    if reader.swollen:
        raise swelling(log.file)
    if log.stamp and not log.stamp.holds:
        raise changed(log.file)
    return reader


def _keys(preset: Preset) -> str:
    """What tells whether an event counts."""
    ways = [*preset.gives_way, *(word for words in preset.gives_way.values() for word in words)]
    kinds = ", ".join(["'unknown'", *map(literal, ways)])
    mail = "CASE WHEN message_id IS NOT NULL THEN hash(message_id, contact_key) END" if ways else "NULL::UBIGINT"
    kind = f"CASE WHEN event_type = 'unknown' OR kind IN ({kinds}) THEN coalesce(kind, '') END"
    many = f"of > 1 AND event_type IN ({', '.join(map(literal, _MANY))})"
    return f"row, ordinal, key, fault, occurred_at, event_type, {kind} AS kind, {mail} AS mail, {many} AS many"


def _find_repeated(engine: Engine, preset: Preset, beside: list[Path]) -> None:
    """List what came before, here or in a log beside, and what another event says better."""
    with engine.registered(TWICE, pa.table({"key": _twice(engine)})):
        engine.run(f"""CREATE TEMP TABLE kit_repeated AS
            SELECT row, ordinal, NULL::VARCHAR AS file, first >> 32 AS line, NULL::VARCHAR AS better
            FROM (SELECT *, min(ordinal) OVER (PARTITION BY key) AS first FROM kit_keys JOIN {TWICE} USING (key)
                WHERE fault IS NULL)
            WHERE ordinal > first""")
    if beside:
        engine.run(f"""INSERT INTO kit_repeated
            WITH before AS (
                SELECT {identity()} AS key, min(source_file) AS file, min(line) AS line
                FROM read_parquet([{", ".join(literal(str(path)) for path in beside)}])
                WHERE source = {literal(preset.name)} AND {_span(engine)} GROUP BY 1
            )
            SELECT row, ordinal, file, line, NULL FROM kit_keys JOIN before USING (key)
            WHERE fault IS NULL AND ordinal NOT IN (SELECT ordinal FROM kit_repeated)""")
    for kind, better in preset.gives_way.items():
        words = ", ".join(map(literal, better))
        engine.run(f"""INSERT INTO kit_repeated
            SELECT row, ordinal, NULL, NULL, {literal(" or ".join(better))} FROM kit_keys
            WHERE kind = {literal(kind)} AND fault IS NULL AND mail IN (SELECT mail FROM kit_keys
                WHERE kind IN ({words}) AND fault IS NULL) AND ordinal NOT IN (SELECT ordinal FROM kit_repeated)""")
    ((rows,),) = engine.rows("SELECT count(*) FROM kit_keys")
    engine.run(f"""SET VARIABLE kit_left = (SELECT bitstring_agg(row, 0, {rows}) FROM (
        SELECT row FROM kit_keys WHERE fault IS NOT NULL UNION ALL SELECT row FROM kit_repeated))""")


def _twice(engine: Engine) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The keys that stand more than once; sorted in memory, a tenth of the engine's time and a third of its room."""
    keys = np.sort(engine.column("SELECT key FROM kit_keys WHERE fault IS NULL AND key IS NOT NULL"))
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _span(engine: Engine) -> str:
    """The condition for the times of this log, by which the engine passes over most of the others."""
    ((begin, end, timeless),) = engine.rows(
        "SELECT epoch_us(min(occurred_at)), epoch_us(max(occurred_at)), bool_or(occurred_at IS NULL) FROM kit_keys"
    )
    within = "false" if begin is None else f"occurred_at BETWEEN make_timestamptz({begin}) AND make_timestamptz({end})"
    return f"({within} OR occurred_at IS NULL)" if timeless else f"({within})"


def _completed(engine: Engine, about: FileLog, out: Path) -> FileLog:
    """Complete the log by what was found."""
    ((rows, faults, skipped, last),) = engine.rows(f"""
        SELECT count(*), count(fault), count(*) FILTER (starts_with(fault, '{SKIPPED}:')), max(ordinal >> 32)
        FROM kit_keys""")
    ((repeated, renamed),) = engine.rows("SELECT count(*), count(better) FROM kit_repeated")
    ((timeless, nameless),) = engine.rows(f"""
        SELECT count(*) FILTER (occurred_at IS NULL),
            count(*) FILTER (source_campaign_id IS NULL AND campaign_name IS NULL)
        FROM read_parquet({literal(str(out))})""")
    kinds = engine.rows(f"""
        SELECT DISTINCT kind FROM kit_keys WHERE event_type = 'unknown' AND kind <> '' AND {_KEPT} ORDER BY kind""")
    ((wordless, many),) = engine.rows(f"""
        SELECT count(*) FILTER (event_type = 'unknown' AND kind = ''), count(*) FILTER (many)
        FROM kit_keys WHERE {_KEPT}""")
    faulty = engine.rows(f"""SELECT ordinal >> 32, fault FROM kit_keys WHERE fault IS NOT NULL
        ORDER BY starts_with(fault, '{SKIPPED}:'), ordinal LIMIT {SHOWN_REJECTIONS}""")
    copies = engine.rows(f"""SELECT ordinal >> 32, file, line, better FROM kit_repeated
        ORDER BY ordinal LIMIT {SHOWN_REJECTIONS - len(faulty)}""")
    errors = [(line, fault_error(fault, is_last=line == last)) for line, fault in faulty]
    errors += [(line, _repeated(*original)) for line, *original in copies]
    notes = [
        message_n(
            "{n} event was delivered again; the duplicate was removed",
            "{n} events were delivered again; the duplicates were removed",
            repeated - renamed, n=str(repeated - renamed),
        ),
        message_n(
            "{n} event appears again under another name; the duplicate was removed",
            "{n} events appear again under other names; the duplicates were removed",
            renamed, n=str(renamed),
        ),
        message_n("{n} event has no time", "{n} events have no time", timeless, n=str(timeless)),
        message_n(
            "{n} event has no campaign; if a field contains it, set events.campaign in kit.toml",
            "{n} events have no campaign; if a field contains it, set events.campaign in kit.toml",
            nameless, n=str(nameless),
        ),
        message_n(
            "{n} open or click belongs to an e-mail to several people; it is counted for each of them",
            "{n} opens and clicks belong to e-mails to several people; they are counted for each of them",
            many, n=str(many),
        ),
        message_n(
            "events of a kind unknown to the preset are kept as unknown: {kinds}",
            "events of a kind unknown to the preset are kept as unknown: {kinds}",
            len(kinds), kinds=listed(kind for (kind,) in kinds),
        ),
        message_n(
            "{n} event does not show what happened; it is kept as unknown",
            "{n} events do not show what happened; they are kept as unknown",
            wordless, n=str(wordless),
        ),
    ]  # fmt: skip
    return replace(
        about,
        rows_read=rows,
        rows_kept=rows - faults - repeated,
        rows_repeated=repeated,
        rows_set_aside=skipped,
        rejections=tuple(Rejection.of(about.file, line, None, error) for line, error in errors),
        notes=tuple(note for note in notes if note.n),
    )


def _repeated(file: str | None, line: int, better: str | None) -> CellError:
    """Why an event does not count: the file and line of the first one, or the name of the one that says more."""
    if better:
        return CellError(message("the same event is already listed as {name}", name=better))
    if file:
        return CellError(
            message("the same event is in {file}, line {line}; it was delivered again", file=file, line=str(line))
        )
    return CellError(message("the same event is on line {line}; it was delivered again", line=str(line)))
