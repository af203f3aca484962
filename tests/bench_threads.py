"""How fast a million messages become threads and response times: `python tests/bench_threads.py [MESSAGES] [--file]`.

No test. Made-up rows of `mails`, as the reader of mailboxes writes them, are threaded and counted in a process of its
own; with `--file` the same messages stand in a mailbox, which is read first: the whole way from file to counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

import numpy as np
import pandas as pd

from kit import counts
from kit.questions.response_time import waits
from kit.settings import Settings
from kit.store import Data, build, open_data, threads
from kit.store.engine import Engine

TURNS = 4
"""Messages of a thread: asked, answered, asked again, answered again; of every tenth the last is missing."""

SETTINGS = Settings(
    values={
        "time_zone": "Europe/Berlin",
        "own_domains": ("example.com",),
        "service.hours": tuple((day, 540, 1080) for day in range(5)),
        "as_of": datetime(2026, 3, 1),
    }
)


def mails(number: int) -> pd.DataFrame:
    """So many messages of threads of TURNS, each naming all before it."""
    rng = np.random.default_rng(1)
    thread, turn = np.divmod(np.arange(number), TURNS)
    begun = rng.uniform(0, 700 * 86400, thread[-1] + 1)
    waited = rng.lognormal(9.5, 1.2, number)
    at = begun[thread] + pd.Series(waited).groupby(thread).cumsum().to_numpy()
    ids = np.char.add(np.char.add("<m", np.arange(number).astype(str)), "@mail.example.com")
    ids = np.char.strip(ids, "<")
    before = [" ".join(ids[place - nth : place]) or None for place, nth in enumerate(turn)]
    inbound = turn % 2 == 0
    person = np.char.add("person", (thread % 200_000).astype(str))
    agent = np.char.add("agent", rng.integers(0, 12, number).astype(str))
    frame = pd.DataFrame(
        {
            "source": "mbox", "source_file": "all.mbox", "message_id": ids, "references": before,
            "in_reply_to": [text and text.rpartition(" ")[2] for text in before],
            "direction": np.where(inbound, "in", "out"), "contact_key": person, "mailbox": "support",
            "from_key": np.where(inbound, person, agent),
            "from_domain": np.where(inbound, "example.org", "example.com"),
            "to_domains": np.where(inbound, "example.com", "example.org"),
            "sent_at": pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(at.round(), "s"),
            "subject": np.char.add("Question ", thread.astype(str)), "is_bulk": False, "is_autoreply": False,
        }
    )  # fmt: skip
    return frame[(turn < TURNS - 1) | (thread % 10 > 0)].reset_index(drop=True)


def measure(place: Path) -> tuple[dict[str, float], float, str]:
    """Seconds of the processors in each step, the peak [MB], and what came out."""
    took, begin = {}, time.process_time()
    with Engine() as engine:
        threads.build(engine, place, SETTINGS)
    took["threads"], begin = time.process_time() - begin, time.process_time()
    turns = counts.responses(Data("bench", place, (), SETTINGS))
    took["responses"], begin = time.process_time() - begin, time.process_time()
    answer = waits.judge(turns)
    took["judgement"] = time.process_time() - begin
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, f"{len(turns):,} turns. {answer}"


def write(place: Path, number: int) -> None:
    """The same messages as a mailbox, each with a text of some lines."""
    text = "Is my car ready? Запись на сервис, please.\n" * 12
    with (place / "all.mbox").open("wb") as file:
        for row in mails(number).astype(object).where(lambda frame: frame.notna(), None).to_dict("records"):
            us, them = f"{row['from_key']}@example.com", f"{row['contact_key']}@example.org"
            sender, to = (them, "support@example.com") if row["direction"] == "in" else (us, them)
            before = str(row["references"] or "").replace(" ", "> <")
            head = (
                f"From {sender} {row['sent_at']:%a %b %d %H:%M:%S %Y}\nFrom: {sender}\nTo: {to}\n"
                f"Subject: {row['subject']}\nMessage-ID: <{row['message_id']}>\n"
                f"Date: {format_datetime(row['sent_at'])}\n"
            )
            if before:
                head += f"In-Reply-To: <{row['in_reply_to']}>\nReferences: <{before}>\n"
            file.write(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode())
    (place / "kit.toml").write_text(
        'own_domains = ["example.com"]\ntime_zone = "Europe/Berlin"\nas_of = 2026-03-01T00:00:00\n'
        '[service]\nhours = ["Mon-Fri 09:00-18:00"]\n'
    )


def from_file(place: Path) -> tuple[dict[str, float], float, str]:
    """As `measure`, from the mailbox on."""
    took, begin = {}, time.process_time()
    data = open_data(place)
    took["reading and threads"], begin = time.process_time() - begin, time.process_time()
    turns = counts.responses(data)
    took["responses"], begin = time.process_time() - begin, time.process_time()
    answer = waits.judge(turns)
    took["judgement"] = time.process_time() - begin
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, f"{len(turns):,} turns. {answer}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("number", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--file", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KIT_CACHE"] = f"{folder}/cache"
        exports = Path(folder) / "exports"
        exports.mkdir()
        if options.file:
            write(exports, options.number)
        else:
            build.write(mails(options.number), "mails", exports)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            steps, peak, said = pool.apply(from_file if options.file else measure, (exports,))
    shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())
    print(f"{shown}; in all {sum(steps.values()):.1f} s of processors, {peak:,.0f} MB peak. {said}")  # noqa: T201  a bench prints
