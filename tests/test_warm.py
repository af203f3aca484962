"""Forked kernels: what they show, and whom they leave alone, is as with kernels that start by themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from kit.questions.notebooks import load
from kit.report import run, warm
from tests import tiny

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not warm.CAN_FORK, reason="this system does not fork")

LOOK = """import json, os, sys, random, signal
import numpy as np
import kit
kit.mark = getattr(kit, "mark", 0) + 1
print(json.dumps({"argv": sys.argv[0], "path": sys.path, "cwd": os.getcwd(), "zone": os.environ.get("TZ"),
    "said": os.environ.get("SAID"), "mark": kit.mark, "main": __name__,
    "random": [random.random(), float(np.random.random())], "child": str(signal.getsignal(signal.SIGCHLD)),
    "parent": os.getppid(), "group": os.getpgid(0) == os.getpid()}))"""
DRAW = """import matplotlib.pyplot as plt
plt.plot([1, 2]);"""


def outputs(folder: Path, **cells: str) -> dict[str, list[dict[str, Any]]]:
    """What the cell of each notebook puts out."""
    for name, cell in cells.items():
        tiny.notebook(folder / f"{name}.ipynb", cell)
    done = run.run([run.Task(book, {}) for book in load(folder)])
    assert [one.status for one in done] == ["ok"] * len(cells)
    return {one.notebook.name: one.cells[-1]["outputs"] for one in done}


def looked(folder: Path, *names: str) -> list[dict[str, Any]]:
    return [json.loads("".join(out[0]["text"])) for out in outputs(folder, **dict.fromkeys(names, LOOK)).values()]


def test_a_forked_kernel_is_like_one_that_started_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAID", "now")
    forked = looked(tmp_path, "01_a", "02_b")
    monkeypatch.setattr(warm, "CAN_FORK", False)
    (own,) = looked(tmp_path / "own", "01_a")
    drawn = [one.pop("random") for one in (*forked, own)]
    assert len({number for numbers in drawn for number in numbers}) == 6
    assert own.pop("parent") == os.getpid()
    assert len({one.pop("parent") for one in forked} - {os.getpid()}) == 1
    assert own.pop("cwd") == str(tmp_path / "own")
    assert [one.pop("cwd") for one in forked] == [str(tmp_path)] * 2
    assert forked == [own, own]
    assert own["said"] == "now"
    assert own["mark"] == 1


def test_what_matplotlib_draws_is_shown(tmp_path: Path) -> None:
    ((first, *others),) = outputs(tmp_path, a=DRAW).values()
    assert "image/png" in (first | dict(*others))["data"]


def test_a_kernel_that_is_killed_fails_alone(tmp_path: Path) -> None:
    tiny.notebook(tmp_path / "01_a.ipynb", "import os\nos.kill(os.getpid(), 9)")
    tiny.notebook(tmp_path / "02_b.ipynb", "1")
    first, second = run.run([run.Task(book, {}) for book in load(tmp_path)])
    assert (first.status, second.status) == ("failed", "ok")
    assert "Python stopped without a message" in first.reason


def test_where_the_warm_process_is_gone_kernels_start_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = warm.Warm(dict(os.environ))
    gone._process.kill()
    gone.end()
    monkeypatch.setattr(warm.Provisioner, "_warm", gone)
    (one,) = looked(tmp_path, "a")
    assert one["parent"] == os.getpid()


def test_kernels_end_with_a_report_that_is_killed(tmp_path: Path) -> None:
    tiny.export(tmp_path / "exports")
    marker = tmp_path / "pid"
    look = f"import os, time\nopen({str(marker)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')\ntime.sleep(120)"
    tiny.notebook(tmp_path / "notebooks" / "01_long.ipynb", look)
    code = (
        f"from pathlib import Path; from kit import report; base = Path({str(tmp_path)!r}); "
        "report.build(base / 'exports', base / 'out', notebooks=base / 'notebooks')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not marker.exists() or len(marker.read_text(encoding="utf-8").split()) < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
        process.kill()
    gone, alive = psutil.wait_procs(
        [psutil.Process(int(pid)) for pid in marker.read_text(encoding="utf-8").split()], timeout=20
    )
    assert (len(gone), alive) == (2, [])
