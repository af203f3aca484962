"""How fast 100,000 accounts are scored over 52 weeks: `python tests/bench_health.py [ACCOUNTS]`; no test.

Made-up rows of usage, billing and tickets, as the readers write them, become accounts, signals, scores, alerts and a
back-test in a process of its own.
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

from kit.questions.customer_health import alerts, backtest, growth, score
from kit.settings import Settings
from kit.store import Data, build

WEEKS = 52
END = pd.Timestamp("2026-10-31")
SETTINGS = Settings(values={"time_zone": "Europe/Berlin", "currency": "EUR", "as_of": datetime(2026, 10, 31, 23, 59)})


def tables(n: int) -> dict[str, pd.DataFrame]:
    """A row of use an account and week, a payment an account and month, half a request an account and month."""
    rng = np.random.default_rng(1)
    ids = np.char.add("cus_", np.arange(n).astype(str))
    leaves = np.where(rng.random(n) < 0.25, rng.integers(8, WEEKS, n), WEEKS)
    origin = {"source": "bench", "source_file": "bench"}
    account, week = np.nonzero(np.arange(WEEKS)[None, :] < leaves[:, None])
    use = {"metric": "Logins", "account_id": ids[account], "value": rng.poisson(30, account.size) * 1.0}
    usage = pd.DataFrame(origin | use).assign(day=(END - pd.to_timedelta(7 * (WEEKS - week), "D")).date)
    account, month = np.nonzero(np.arange(13)[None, :] * 4 < leaves[:, None])
    at = END - pd.to_timedelta(7 * (WEEKS - 4 * month) - account % 28, "D")
    billing = pd.DataFrame(
        origin
        | {"kind": np.where(rng.random(account.size) < 0.03, "failed", "charge"), "customer_id": ids[account],
           "contact_key": ids[account], "domain": None, "occurred_local": at, "amount": 50.0, "currency": "EUR",
           "billing_id": np.arange(account.size).astype(str)}
    )  # fmt: skip
    who = rng.integers(0, n, 6 * n)
    opened = END - pd.to_timedelta(rng.integers(1, 7 * WEEKS, who.size), "D")
    tickets = pd.DataFrame(
        origin
        | {"ticket_id": np.arange(who.size).astype(str), "contact_key": ids[who], "domain": None, "priority": "Normal",
           "created_local": opened, "resolved_local": opened + pd.Timedelta(days=2)}
    )  # fmt: skip
    return {"usage": usage, "billing": billing, "tickets": tickets}


def measure(folder: Path) -> tuple[dict[str, float], float, str]:
    """Seconds by step, the peak of memory [MB], and what was computed."""
    took: dict[str, float] = {}
    data = Data("bench", folder, (), SETTINGS)
    begin, used = time.perf_counter(), time.process_time()
    scores = score.measure(data)
    took["scores"] = time.perf_counter() - begin
    took["of it at work"] = time.process_time() - used
    begin = time.perf_counter()
    raised = alerts.find(scores)
    took["alerts"] = time.perf_counter() - begin
    begin = time.perf_counter()
    tested = backtest.check(scores)
    took["back-test"] = time.perf_counter() - begin
    begin = time.perf_counter()
    grew = growth.check(scores)
    took["growth"] = time.perf_counter() - begin
    shape = "{:,} accounts x {} weeks".format(*scores.score.shape)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return took, peak, f"{shape}, {len(scores.measured)} signals. {scores} {raised} {tested} {grew}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("number", nargs="?", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in tables(parser.parse_args().number).items():
            build.write(frame, name, Path(folder))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            steps, peak, answer = pool.apply(measure, (Path(folder),))
    shown = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())
    print(f"{shown}; {peak:,.0f} MB peak. {answer}")  # noqa: T201  a bench prints
