"""How fast a mailbox is read, in how much memory: `python tests/bench_mailbox.py [MB ...]`; no test, asserts nothing.

Each made-up mailbox is loaded as `kit.open` does, in a process of its own, with a cache of its own that is
removed at the end. The peak must not grow with the size; the seconds hold on an idle machine only.
"""

from __future__ import annotations

import argparse
import base64
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from kit import store

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = ["your", "car", "is", "ready", "brake", "pads", "were", "worn", "запись", "на", "сервис", "замена", "масла"]
KINDS = ("plain", "plain", "plain", "html", "file")
"""What messages are made of: most are short, every fifth carries a file of 30 to 120 kB."""


def write(path: Path, size: int) -> int:
    """A mailbox of so many bytes; how many messages it has."""
    rng = Random(1)  # noqa: S311  no secret
    files = [base64.encodebytes(rng.randbytes(rng.randrange(30_000, 120_000))).decode() for _ in range(20)]
    number = done = 0
    with path.open("wb") as file:
        for message in _messages(rng, files):
            done += file.write(message)
            number += 1
            if done >= size:
                return number
    return number


def _messages(rng: Random, files: list[str]) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        when = START + timedelta(minutes=5 * number)
        said = "\n".join(" ".join(rng.choices(WORDS, k=12)) for _ in range(rng.randrange(4, 40)))
        head = (
            f"From person{number % 5000}@example.org {when:%a %b %d %H:%M:%S %Y}\n"
            f"From: Person {number % 5000} <person{number % 5000}@example.org>\nTo: garage@example.com\n"
            f"Subject: =?utf-8?b?{base64.b64encode('Запись на сервис'.encode()).decode()}?= {number}\n"
            f"Date: {format_datetime(when)}\nMessage-ID: <{number}@example.org>\nMIME-Version: 1.0\n"
            f"References: <{max(number - 7, 1)}@example.org> <{max(number - 3, 1)}@example.org>\n"
        )
        yield f"{head}{_body(KINDS[number % len(KINDS)], said, rng.choice(files))}\n".encode()


def _body(kind: str, said: str, attached: str) -> str:
    if kind == "plain":
        return f"Content-Type: text/plain; charset=utf-8\n\n{said}\n"
    shown = (
        "<html><body>" + "".join(f"<p style='margin:0'>{line}</p>\n" for line in said.splitlines()) + "</body></html>"
    )
    start = "--b\nContent-Type: text/{}; charset=utf-8\n\n{}\n"
    html = start.format("plain", said) + start.format("html", shown)
    file = "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" + attached
    frame = "alternative" if kind == "html" else "mixed"
    return f'Content-Type: multipart/{frame}; boundary="b"\n\n{html}{file if kind == "file" else ""}--b--\n'


def load(path: Path) -> tuple[float, float, int]:
    """Seconds, the peak [MB] and the messages kept of one loading."""
    begin = time.perf_counter()
    (log,) = store.open_data(path).files
    return time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, log.rows_kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=[50, 500], metavar="MB")
    with tempfile.TemporaryDirectory() as place:
        os.environ["KIT_CACHE"] = f"{place}/cache"
        for size in parser.parse_args().sizes:
            box = Path(place) / f"{size}.mbox"
            number = write(box, size * 1_000_000)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                took, peak, kept = pool.apply(load, (box,))
            print(  # noqa: T201
                f"{size:6,} MB {kept:8,} of {number:,} kept {took:8.1f} s {size / took:6.1f} MB/s {peak:6,.0f} MB peak"
            )
            box.unlink()
            shutil.rmtree(f"{place}/cache")
