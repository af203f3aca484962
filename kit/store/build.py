"""Building a store: read the files, resolve the campaigns, write Parquet, all or nothing."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from platformdirs import user_cache_path

from kit import settings as kit_toml
from kit import sources
from kit.messages import Message, _, prefer
from kit.places import WRITE_CACHE, draft_name, reaching, sweep
from kit.sources import frames
from kit.sources.detect.folder import files
from kit.sources.file_log import tidy
from kit.sources.logs import events
from kit.sources.mail import mailbox
from kit.store import as_of, campaigns, messages, requests, threads, tracking
from kit.store.dedupe import dedupe
from kit.store.dedupe_events import dedupe_events
from kit.store.engine import Engine
from kit.tables import CAMPAIGN_STATS, CAMPAIGNS, EVENTS, MAILS, MESSAGES, TABLES, TICKET_MESSAGES, TICKETS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from kit.messages import Text
    from kit.settings import Settings
    from kit.sources import FileLog
    from kit.store.dedupe import Deduped

CODE = ("settings.py", "sources/**/*", "store/**/*", "tables/**/*")
"""The modules whose code decides what a store holds; another version of them reads anew."""

RAW = "raw"
"""The folder of the side files: what no table took of a file."""

KEPT = 20
"""Stores that stay in the cache; older ones are removed."""

IN_USE = 3600.0
"""Seconds after a store was opened in which it stays: a report, or a notebook, may still count from it."""


def cache() -> Path:
    """Where stores lie: $KIT_CACHE, else the user's cache folder."""
    folder = os.environ.get("KIT_CACHE")
    return Path(folder) if folder else user_cache_path("email-analysis-kit", appauthor=False)


def stored() -> tuple[int, int]:
    """How many stores there are, and the bytes of all that was read."""
    sizes = [path.stat().st_size for place in _places() for path in place.rglob("*") if path.is_file()]
    return sum((place / "store.json").is_file() for place in _places()), sum(sizes)


def empty() -> None:
    """Remove all that was read; the secret by which keys of people are hashed stays, so that they stay the same."""
    for place in _places():
        with reaching(place, _("Remove it by hand.")):
            shutil.rmtree(place)


def _places() -> list[Path]:
    """The stores and drafts; whatever else lies in the folder is not the kit's."""
    return [path for path in cache().glob("*") if re.fullmatch(r"[0-9a-f]{32}|draft-.*", path.name) and path.is_dir()]


def store(target: Path) -> tuple[Path, tuple[FileLog, ...], Settings]:
    """The store of a folder or file, built now if its content was not read before; its texts as kit.toml wants them."""
    settings = kit_toml.load(target if target.is_dir() else target.parent)
    prefer(settings["lang"])
    place = cache() / _key(target, settings)
    with reaching(cache(), WRITE_CACHE):
        if not _is_whole(place):
            shutil.rmtree(place, ignore_errors=True)
            place = _build(target, settings, place)
        with suppress(OSError):  # another user's, who will do it
            os.utime(place)
        return place, _read_logs(place), settings


def _is_whole(place: Path) -> bool:
    """Whether a store is there and each of its files is as it was written."""
    try:
        about = _about(place)
        itself = about.pop("digest")
        return itself == _digest_of(about) and all(
            _digest(place / name).hex() == digest for name, digest in about["digests"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def latest(place: Path) -> datetime | None:
    """The latest moment that any table of the store knows of, on the firm's clock."""
    moment = _about(place)["latest"]
    return None if moment is None else pd.Timestamp(moment).to_pydatetime()


def write(frame: pd.DataFrame, name: str, place: Path, *, part: str = "0") -> None:
    """One canonical table as Parquet: its columns, order and types; a missing column is NULL."""
    table = TABLES[name]
    arrays = []
    for column in table.columns:
        kind = frames.ARROW[column.type]
        if column.name in frame:
            arrays.append(pa.Array.from_pandas(frame[column.name], type=kind, safe=True))
        else:
            arrays.append(pa.nulls(len(frame), kind))
    (place / name).mkdir(exist_ok=True)
    pq.write_table(pa.table(arrays, names=table.names), place / name / f"{part}.parquet")


def _build(target: Path, settings: Settings, place: Path) -> Path:
    """Fill a store and put it where its content says; the folder it lies in."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(draft_name("draft"))
    draft.mkdir(mode=0o700)
    try:
        _fill(target, settings, draft)
        if (after := _key(target, settings)) != place.name:  # something changed meanwhile: nobody finds it again
            place = place.with_name(hashlib.sha256(f"{place.name}{after}".encode()).hexdigest()[:32])
        try:
            draft.rename(place)
        except OSError:  # another process was first, with the same content
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _prune(place.parent)
    return place


def _fill(target: Path, settings: Settings, place: Path) -> None:
    engine = Engine()
    loaded = sources.read(target, settings, engine)
    logs = {log.file: log for log in loaded.files}
    (place / EVENTS.name).mkdir()
    for number, log in enumerate(loaded.logs):
        out = place / EVENTS.name / f"{number}.parquet"
        logs[log.file] = events.project(engine, log, out, settings)
    if loaded.mail:
        (place / MAILS.name).mkdir()
        logs |= {log.file: log for log in mailbox.project(loaded.mail, place / MAILS.name, settings)}
    notes: list[Text] = []
    if EVENTS.name in loaded.tables:  # events that tables tell, beside those of logs
        rows = dedupe_events(engine, loaded.tables[EVENTS.name], sorted((place / EVENTS.name).glob("*.parquet")))
        write(rows.frame, EVENTS.name, place, part="tables")
        notes += [rows.note] if rows.note else []
        logs |= _without_duplicates(logs, rows)
    stats = dedupe(CAMPAIGN_STATS.name, loaded.tables.get(CAMPAIGN_STATS.name, campaigns.no_stats()))
    logs |= _without_duplicates(logs, stats)
    logged = messages.campaigns_logged(engine, place, settings)
    resolved = campaigns.resolve(stats.frame, logged, settings)
    notes += resolved.notes
    for name, frame in loaded.tables.items():
        if name in (CAMPAIGN_STATS.name, EVENTS.name):
            continue
        rows = dedupe(name, frame)
        write(rows.frame, name, place)
        notes += [rows.note] if rows.note else []
        logs |= _without_duplicates(logs, rows)
        if name == TICKET_MESSAGES.name:
            derived, request_notes = requests.requests(rows.frame)
            write(requests.without(derived, loaded.tables.get(TICKETS.name)), TICKETS.name, place, part="of_messages")
            notes += request_notes
    notes += threads.build(engine, place, settings)
    _write_raw(loaded.raw, place)
    write(resolved.campaigns, CAMPAIGNS.name, place)
    if logged is not None:
        messages.build(engine, place, resolved.logged, settings)
    sent = engine.read_parquet([place / MESSAGES.name / "0.parquet"]) if logged is not None else None
    untracked = tracking.untracked(resolved.stats, sent, settings)
    write(tracking.apply(untracked, resolved.stats, engine, place), CAMPAIGN_STATS.name, place)
    latest_time = as_of.latest(engine, place, settings)
    about = {
        "latest": latest_time.moment and latest_time.moment.isoformat(),
        "notes": [note.to_data() if isinstance(note, Message) else note for note in (*notes, *latest_time.notes)],
        "untracked": json.loads(untracked.to_json(orient="records", date_format="iso")),
        "files": [tidy(log).as_dict() for log in logs.values()],
        "raw": list(loaded.raw),
        "digests": {
            path.relative_to(place).as_posix(): _digest(path).hex() for path in sorted(place.rglob("*.parquet"))
        },
    }
    about["digest"] = _digest_of(about)
    (place / "store.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _without_duplicates(logs: Mapping[str, FileLog], rows: Deduped) -> dict[str, FileLog]:
    """The logs of files whose rows do not all count, or may not."""
    files = {}
    for file, reasons in rows.reasons.items():
        log, n = logs[file], rows.duplicate_rows.get(file, 0)
        files[file] = dataclasses.replace(
            log, rows_kept=log.rows_kept - n, rows_repeated=log.rows_repeated + n, notes=(*log.notes, *reasons)
        )
    return files


def _write_raw(raw: dict[str, pd.DataFrame], place: Path) -> None:
    """What no table took, a Parquet file each; store.json says which is whose."""
    (place / RAW).mkdir()
    for number, frame in enumerate(raw.values()):
        frame.to_parquet(place / RAW / f"{number}.parquet", index=False)


def raw(place: Path) -> dict[str, Path]:
    """The side files of a store: for each file that has one, what no table took."""
    return {name: place / RAW / f"{number}.parquet" for number, name in enumerate(_about(place)["raw"])}


def notes(place: Path) -> tuple[Text, ...]:
    """What the resolving of campaigns has to say: sources that differ, sends that could not be told apart."""
    return tuple(map(Message.from_data, _about(place)["notes"]))


def untracked(place: Path) -> pd.DataFrame:
    """The openings and clicks that were not tracked, as `tracking.untracked` returns them."""
    columns = ["count", "table", "campaign_id", "month", "n", "usual"]
    return pd.DataFrame(_about(place)["untracked"], columns=columns)


def _about(place: Path) -> dict[str, Any]:
    return json.loads((place / "store.json").read_text(encoding="utf-8"))


def _digest_of(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, ensure_ascii=False).encode()).hexdigest()


def _read_logs(place: Path) -> tuple[FileLog, ...]:
    return tuple(sources.FileLog.from_dict(log) for log in _about(place)["files"])


def _key(target: Path, settings: Settings) -> str:
    """A digest of what decides the store's content: the files, the settings, and the kit's own code."""
    digest = hashlib.sha256()
    paths, unreadable = files(target)
    for path in paths:
        digest.update(os.fsencode(path.relative_to(target) if target.is_dir() else path.name))
        digest.update(_digest(path))
    digest.update(repr([(log.file, str(log.error)) for log in unreadable]).encode())
    digest.update(repr(sorted(dict(settings.values).items())).encode())
    digest.update(_code())
    return digest.hexdigest()[:32]


@functools.cache
def _code() -> bytes:
    """A digest of the code that decides what a store holds, as this process runs it."""
    digest = hashlib.sha256()
    code = Path(kit_toml.__file__).parent
    parts = {path for part in CODE for path in code.glob(part)}
    for path in sorted(path for path in parts if path.suffix in {".py", ".yaml"}):
        digest.update(path.read_bytes())
    return digest.digest()


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:  # the reader will say so in the file's own line
        return str(error.errno).encode()


@functools.cache
def _prune(root: Path) -> None:
    """Once a process: where it reads folder after folder, it would look through all stores each time."""
    sweep([*root.glob("draft-*"), *root.glob("*/counts/*/draft-*")])
    stores: dict[Path, float] = {}
    for about in root.glob("*/store.json"):
        with suppress(OSError):  # another process prunes, too
            stores[about.parent] = about.parent.stat().st_mtime
    for old in sorted(stores, key=stores.__getitem__)[:-KEPT]:
        if time.time() - stores[old] > IN_USE:
            shutil.rmtree(old, ignore_errors=True)
