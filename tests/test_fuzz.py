"""Damaged files: no traceback, no row lost without a word, no total that changes in silence.

The mutator is seeded: the same file and number make the same damage. KIT_FUZZ says how many files are made
in all; `make fuzz` makes 10,000.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit import sources
from kit.settings import Settings
from kit.sources.detect.presets import named
from kit.sources.logs import events
from kit.sources.mail import mailbox
from kit.store.engine import Engine
from tests import exports
from tests.letters import letter, mbox, takeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.sources import FileLog

FILES = int(os.environ.get("KIT_FUZZ", "400"))
"""Mutated files in all."""

MANY = 5_000
"""From so many on every harmless change is made to every sample, else one."""

KNOWN = Settings(values={"day_first": True, "time_zone": "Europe/Berlin", "currency": "EUR"})
LARGEST = 1 << 17
"""Bytes of a sample that are used: the shape of a file stands in its first lines."""

GARBAGE = ("-3", "1.5", "#REF!", "many", "1e999", "9" * 400, "1,2,3", "=1+1", "NaN%", "--", "\u0661x", "0x10")
"""Cells that are no count, whatever the language."""

BYTES = (b"\0", b'"', b"\n", b"\r", b";", b",", b"\xff", b"\xd0", b"'", b"{", b"[", b"<", b"\xef\xbb\xbf", b"=", b"-")


def beginning(path: Path) -> bytes:
    """A sample, unpacked and cut at a line."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    if len(raw) <= LARGEST or raw.startswith(b"PK"):
        return raw
    return raw[: raw.rfind(b"\n", 0, LARGEST // 4) + 1]


@cache
def samples() -> dict[str, bytes]:
    """Every file that a preset reads: made up here, of the sample business, and seen in the world."""
    root = Path(__file__).parents[1] / "data" / "sample"
    found = {path.name: beginning(path) for path in sorted(root.rglob("*")) if path.suffix in {".csv", ".gz"}}
    found = {name: raw for name, raw in found.items() if "events" not in name or "2025-09" in name}
    if "KIT_SHARED" in os.environ:
        for path in sorted((Path(os.environ["KIT_SHARED"]) / "formats").rglob("*")):
            if path.is_file() and path.suffix in {".csv", ".txt", ".json", ".ndjson", ".xlsx", ".eml", ".mbox"}:
                found[f"{path.parent.name}/{path.name}"] = beginning(path)
    made = ("CAMPAIGNS", "REPORT", "AB_REPORT", "MONTHS", "RUSSIAN")
    return {**{name: getattr(exports, name).encode() for name in made}, **of_mail(), **found}


def of_mail() -> dict[str, bytes]:
    """Mailboxes, messages and archives of them, made up."""
    frame = {"MIME_Version": "1.0", "Content_Type": 'multipart/mixed; boundary="b"', "Message_ID": "<m2@example.org>"}
    html = "--b\nContent-Type: text/html; charset=cp1251\nContent-Transfer-Encoding: base64\n\n0eDr/vI8YnI+\n"
    file = "--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n--b--\n"
    said = [letter(), letter(html + file, **frame), letter(Subject="=?utf-8?q?=D0=AF?=", Message_ID="<m3@example.org>")]
    packed, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar, zipfile.ZipFile(zipped, "w") as archive:
        for number, one in enumerate(said):
            about = tarfile.TarInfo(f"Mail/{number}.eml")
            about.size = len(one)
            tar.addfile(about, io.BytesIO(one))
            archive.writestr(f"Mail/{number}.eml", one)
    emlx = f"{len(said[1])}\n".encode() + said[1] + b"<plist/>\n"
    return {
        "a.mbox": mbox(said), "takeout.mbox": takeout(said), "1.eml": said[1], "1.emlx": emlx,
        "a.tgz": packed.getvalue(), "mail.zip": zipped.getvalue(),
    }  # fmt: skip


def read(folder: Path, raw: bytes, name: str) -> tuple[list[FileLog], dict[str, pd.DataFrame]]:
    """The complete logs and tables of one file; what every log must hold is held."""
    for old in folder.iterdir():
        old.unlink()
    loaded = sources.read(exports.write(folder, name, raw), KNOWN)
    logs = {log.file: log for log in loaded.files}
    tables = dict(loaded.tables)
    with Engine() if loaded.logs else nullcontext() as engine:
        for number, log in enumerate(loaded.logs):
            out = folder.parent / f"{number}.parquet"
            out.unlink(missing_ok=True)
            assert engine is not None
            logs[log.file] = events.project(engine, log, out, KNOWN)
            if out.exists():
                tables["events"] = pd.read_parquet(out)
    with tempfile.TemporaryDirectory() as place:
        for log in mailbox.project(loaded.mail, Path(place), KNOWN):
            logs[log.file] = log
        if parts := list(Path(place).iterdir()):
            tables["mails"] = pd.concat([pd.read_parquet(part) for part in parts])
    for log in logs.values():
        assert log.rows_read == log.rows_kept + log.rows_left_out
        assert min(log.rows_repeated, log.rows_set_aside, log.rows_rejected) >= 0
        assert log.status != "unreadable" or log.error is not None
        assert (log.status in ("unreadable", "empty")) == (log.error is not None)
        if log.table == "mails" and log.status == "read":
            assert log.rows_read > 0
        if log.table != "events":
            assert len(log.rejections) == log.rows_left_out
    return list(logs.values()), tables


@cache
def readable() -> tuple[str, ...]:
    """The names of the samples; each is read whole, or the test of its name says why not."""
    return tuple(samples())


def numbers(table: pd.DataFrame) -> Counter[tuple[object, ...]]:
    """The rows by all that feeds a number; what is only compared, or made for all rows together, is left out."""
    kept = table.select_dtypes(["number", "bool", "datetime", "datetimetz"])
    drop = [name for name in kept if name.startswith("reported_") or name in ("line", "as_of", "precedence")]
    return Counter(tuple(row) for row in kept.drop(columns=drop).astype("string").fillna("").itertuples(index=False))


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """The file with up to four places broken, or cut."""
    made = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            made[at : at + 1] = rng.choice(BYTES)
        elif kind == 1:
            made[at:at] = rng.choice(BYTES) * rng.randint(1, 3)
        elif kind == 2:
            del made[at : at + rng.randint(1, 40)]
        elif kind == 3:
            made[at:at] = made[at : at + rng.randint(1, 200)]
        elif kind == 4:
            made[at : at + 1] = bytes([rng.randrange(256)])
        else:
            other = rng.randrange(len(made) + 1)
            made[at : at + 8], made[other : other + 8] = made[other : other + 8], made[at : at + 8]
    return bytes(made[: rng.randrange(len(made) + 1)] if rng.random() < 0.15 else made)


def one_line(raw: bytes, rng: random.Random) -> tuple[bytes, int]:
    """The file with one line after the header broken, and its number from 1."""
    lines = raw.split(b"\n")
    full = [place for place, line in enumerate(lines) if place and line.strip()]
    place = rng.choice(full)
    line = bytearray(lines[place])
    at = rng.randrange(len(line) + 1)
    line[at : at + rng.randrange(3)] = rng.choice((*(one for one in BYTES if one not in b'"\r\n'), b"x", b"7", b" "))
    lines[place] = bytes(line)
    return b"\n".join(lines), place + 1


HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "line ends": lambda raw: raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "blank lines behind": lambda raw: raw.rstrip(b"\r\n") + b"\n\n\n",
    "packed": lambda raw: gzip.compress(raw, mtime=0),
    "marked as UTF-8": lambda raw: b"\xef\xbb\xbf" + raw,
}


def is_text(raw: bytes) -> bool:
    return not raw.startswith((b"PK", b"\xef\xbb\xbf", b"\xff\xfe")) and _decodes(raw)


def _decodes(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def plain_table(logs: list[FileLog], tables: dict[str, pd.DataFrame]) -> bool:
    """Whether a file is a table where a line is a row, and each row was kept."""
    (log, *more) = logs
    preset = named(log.preset) if log.preset else None
    if (
        more
        or log.separator is None
        or preset is None
        or preset.shape != "table"
        or len(tables) != 1
        or log.table == "events"
    ):
        return False
    simple = not preset.lines_of and preset.spread is None and not preset.second_header
    return simple and log.rows_read == log.rows_kept == len(next(iter(tables.values()))) > 1


@pytest.mark.parametrize("name", readable())
def test_damage_makes_no_traceback_and_no_silent_total(tmp_path: Path, name: str) -> None:
    raw = samples()[name]
    folder = tmp_path / "in"
    folder.mkdir()
    file = Path(name).name
    logs, tables = read(folder, raw, file)
    before = {table: numbers(frame) for table, frame in tables.items()}
    if is_text(raw) and b"\r" not in raw:
        rng = random.Random(zlib.crc32(name.encode()))  # noqa: S311  no secret
        for kind, change in rng.sample(sorted(HARMLESS.items()), 1 if FILES < MANY else len(HARMLESS)):
            again = read(folder, change(raw), file)[1]
            assert {table: numbers(frame) for table, frame in again.items()} == before, kind
    filled = sum(bool(line.strip()) for line in raw.split(b"\n"))
    simple = plain_table(logs, tables) and is_text(raw) and logs[0].rows_read == filled - 1
    for number in range(max(1, FILES // len(readable()))):
        rng = random.Random(zlib.crc32(f"{name} {number}".encode()))  # noqa: S311  no secret
        if not simple or number % 2:
            read(folder, damaged(raw, rng), file)
            continue
        changed, line = one_line(raw, rng)
        others(*read(folder, changed, file), next(iter(before.values())), line)


def others(
    logs: list[FileLog], tables: dict[str, pd.DataFrame], before: Counter[tuple[object, ...]], line: int
) -> None:
    """Only the broken line may be missing or changed, and where it is missing it is named."""
    (log,) = logs
    if log.status == "unreadable":  # a date that now reads as two stops the file, and is named
        assert log.error is not None
        return
    (table,) = tables.values()
    after = numbers(table)
    lost = log.rows_left_out
    assert (before - after).total() <= 1
    assert after.total() == before.total() - lost
    assert lost <= 1
    assert [one.line for one in log.rejections] in ([], [line])


@pytest.mark.parametrize("name", ["CAMPAIGNS", "MONTHS", "RUSSIAN"])
@pytest.mark.parametrize("cell", GARBAGE)
def test_a_cell_that_is_no_count_is_named_and_costs_nothing_else(tmp_path: Path, name: str, cell: str) -> None:
    raw = samples()[name].decode()
    mark = ";" if name == "RUSSIAN" else ","
    rows = list(csv.reader(io.StringIO(raw), delimiter=mark))
    counts = {"CAMPAIGNS": "Unique Opens", "MONTHS": "Opened", "RUSSIAN": "Прочитано"}
    place = rows[0].index(counts[name])
    rows[1][place] = cell
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerows(rows)
    (log,), tables = read(tmp_path, text.getvalue().encode(), "a.csv")
    if cell == "--":
        assert log.rejections or tables["campaign_stats"]["opened"].isna().any()
        return
    (one,) = (*log.rejections, *log.cells)
    assert (one.line, one.column) == (2, counts[name])
    assert one.hint or ";" in one.reason
    assert len(tables["campaign_stats"]) == len(rows) - 1 - len(log.rejections)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.text(st.characters(exclude_characters="\0\ufffd", exclude_categories=["Cs"]), min_size=1, max_size=40),
        min_size=2, max_size=2,
    )
)  # fmt: skip
def test_no_name_of_a_campaign_changes_a_count(tmp_path: Path, words: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        [["Campaign", "Date", "Sent", "Opened"], *([f"A {word}", "2026-01-05", 7, 3] for word in words)]
    )
    (log,), tables = read(tmp_path, text.getvalue().encode(), "a.csv")
    assert (log.rows_kept, log.rows_rejected) == (2, 0)
    assert tables["campaign_stats"][["sent", "opened"]].sum().tolist() == [14, 6]
