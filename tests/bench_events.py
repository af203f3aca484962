"""How fast logs are read: `python tests/bench_events.py [EVENTS] [--packed]`; no test, it asserts nothing.

A made-up SendGrid log is projected in a process of its own, and the same file is read by the engine's own
`read_json`; the ratio of the two holds on a busy machine too, the rows a second do not.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import duckdb

from kit import sources
from kit.settings import Settings
from kit.sources.logs import events
from kit.store.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    '"event":"processed"',
    '"event":"delivered","response":"250 2.0.0 OK"',
    '"event":"open","useragent":"Mozilla/5.0 (Macintosh; Mac OS X 10_15_7)","ip":"192.0.2.7","sg_machine_open":false',
    '"event":"click","useragent":"Mozilla/5.0 (X11; Linux)","ip":"192.0.2.9","url":"https://shop.example.com/a?b=1"',
    '"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 no such mailbox"',
)
RETRIED = 0.002
"""Share of the events that are delivered twice."""
START = 1_767_268_800


def write(path: Path, number: int, *, opener: Callable[..., object] = open) -> None:
    """A log of so many events, four or five a message, some of them twice."""
    rng = Random(1)  # noqa: S311  no secret
    with opener(path, "wt", encoding="utf-8") as file:
        line = ""
        for at in range(number):
            if line and rng.random() < RETRIED:
                file.write(line)
                continue
            message, turn = divmod(at, len(KINDS))
            line = (
                f'{{"email":"person{message % 400_000}@example.com","timestamp":{START + at // 10},{KINDS[turn]},'
                f'"sg_event_id":"{at:020x}","sg_message_id":"{message:016x}abcdef.recvd-5f9ffdf494-9kc6l-1-673C6EB0-B.0",'
                f'"smtp-id":"<{message:016x}abcdef@ismtpd-1>","category":["newsletter","spring"],'
                f'"singlesend_id":"s{message // 5000}","singlesend_name":"Mailing {message // 5000}"}}\n'
            )
            file.write(line)


def project(path: Path) -> str:
    """The log as the kit reads it."""
    (log,) = sources.read(path, Settings()).logs
    with Engine() as engine:
        done = events.project(engine, log, path.with_suffix(".parquet"), Settings())
    return f"{done.rows_kept:,} kept, {done.rows_repeated:,} repeated"


def bare(path: Path) -> str:
    """The log as the engine reads it when nobody asks for more."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT count(DISTINCT sg_event_id) FROM read_json('{path}')").fetchone()  # noqa: S608
    return f"{found}"


def copied(path: Path) -> str:
    """The same, written as Parquet."""
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_json('{path}')) TO '{path.with_suffix('.bare')}' (FORMAT parquet)")
    return ""


def measure(what: Callable[[Path], str], path: Path, number: int) -> float:
    """Seconds of one reading in a process of its own; prints what it took."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        took, peak, said = pool.apply(_timed, (what, path))
    print(f"{what.__name__:8} {took:7.2f} s {number / took:12,.0f} events/s {peak:8,.0f} MB  {said}")  # noqa: T201
    return took


def _timed(what: Callable[[Path], str], path: Path) -> tuple[float, float, str]:
    begin = time.perf_counter()
    said = what(path)
    return time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("number", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--packed", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / ("log.ndjson.gz" if asked.packed else "log.ndjson")
        write(log, asked.number, opener=gzip.open if asked.packed else open)
        print(f"{log.stat().st_size / 1e6:,.0f} MB")  # noqa: T201
        base = measure(bare, log, asked.number)
        with_parquet = measure(copied, log, asked.number)
        took = measure(project, log, asked.number)
        print(f"{took / base:.2f} times bare, {took / with_parquet:.2f} times bare with Parquet")  # noqa: T201
