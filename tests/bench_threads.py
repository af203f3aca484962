"""How fast a million messages become threads and response times: `python tests/bench_threads.py [MESSAGES]`; no test.

Made-up rows of `mails`, as the reader of mailboxes writes them, are threaded and counted in a process of its own: what
reading the files costs says `bench_mailbox.py`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from kit import counts
from kit.questions.response_time import waits
from kit.settings import Settings
from kit.store import Data, build, threads
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
    """Seconds of each step, the peak [MB], and what came out."""
    took, begin = {}, time.perf_counter()
    with Engine() as engine:
        threads.build(engine, place, SETTINGS)
    took["threads"], begin = time.perf_counter() - begin, time.perf_counter()
    turns = counts.responses(Data("bench", place, (), SETTINGS))
    took["responses"], begin = time.perf_counter() - begin, time.perf_counter()
    answer = waits.judge(turns)
    took["judgement"] = time.perf_counter() - begin
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, f"{len(turns):,} turns. {answer}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("number", nargs="?", type=int, default=1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        build.write(mails(parser.parse_args().number), "mails", Path(folder))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            steps, peak, said = pool.apply(measure, (Path(folder),))
    shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())
    print(f"{shown}; in all {sum(steps.values()):.1f} s, {peak:,.0f} MB peak. {said}")  # noqa: T201  a bench prints
