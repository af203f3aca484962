"""Strict runs: what is marked, what stops, what runs again (CHECKS: C14)."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import tiny

import kit
from kit import report
from kit.report import kept, run

if TYPE_CHECKING:
    from pathlib import Path

COUNTING = "import os\nwith open(os.environ['KIT_RUNS'], 'a') as file: file.write('ran ')"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which each run of a notebook adds a word; and a cache of its own."""
    monkeypatch.setenv("KIT_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "runs"


def ran(runs: Path) -> int:
    return len(runs.read_text(encoding="utf-8").split()) if runs.exists() else 0


def build(base: Path, **more: bool) -> report.Report:
    exports = base / "exports" if (base / "exports").exists() else tiny.export(base / "exports")
    return report.build(exports, base / "out", notebooks=base / "notebooks", how=report.How(**more))


def test_what_a_notebook_writes_to_standard_error_marks_its_page(tmp_path: Path, runs: Path) -> None:
    warned = "import sys; print('\\nDeprecated <b>thing</b>', file=sys.stderr)"
    tiny.notebook(tmp_path / "notebooks" / "00_warns.ipynb", COUNTING, warned)
    made = build(tmp_path)
    assert (made.warned, made.failed, made.well) == ({"00_warns": "Deprecated <b>thing</b>"}, {}, False)
    for name in ("00_warns", "index"):
        text = (made.path / f"{name}.html").read_text(encoding="utf-8")
        assert "wrote a warning: Deprecated &lt;b&gt;thing&lt;/b&gt;" in text
    build(tmp_path)
    assert ran(runs) == 2  # what was not well runs again


def test_only_what_failed_or_changed_runs_again(tmp_path: Path, runs: Path) -> None:
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING, tiny.sentence("Well."))
    tiny.notebook(
        tmp_path / "notebooks" / "01_fails.ipynb", COUNTING, "import os\nif 'KIT_HEALED' not in os.environ: 1/0"
    )
    first = build(tmp_path)
    assert (list(first.failed), ran(runs)) == (["01_fails"], 2)
    os.environ["KIT_HEALED"] = "1"
    try:
        assert build(tmp_path).well
    finally:
        del os.environ["KIT_HEALED"]
    assert ran(runs) == 3
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert build(tmp_path).well
    assert ran(runs) == 3
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert "Well." in (tmp_path / "out" / "00_well.html").read_text(encoding="utf-8")
    build(tmp_path, resume=False)
    assert ran(runs) == 5  # all anew; 01 fails again, as it was not healed


def test_another_file_notebook_or_setting_runs_again(tmp_path: Path, runs: Path) -> None:
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING)
    build(tmp_path)
    (tmp_path / "exports" / "kit.toml").write_text('time_zone = "Europe/Paris"\n', encoding="utf-8")
    build(tmp_path)
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING, "1")
    build(tmp_path)
    build(tmp_path)
    assert ran(runs) == 3


def test_a_file_that_a_parameter_or_a_setting_names_runs_again_when_it_changes(tmp_path: Path, runs: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("key,tone\n", encoding="utf-8")
    older = tmp_path / "older.toml"
    older.write_text("", encoding="utf-8")
    told = f'{tiny.PARAMETERS}\nlabels: str = "{labels}"  # labels of your own'
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING, told=told)
    tiny.export(tmp_path / "exports")
    (tmp_path / "exports" / "kit.toml").write_text(f'[health]\nbefore = "{older}"\n', encoding="utf-8")
    for text in ("", "a,negative\n"):
        labels.write_text(f"key,tone\n{text}", encoding="utf-8")
        build(tmp_path)
        build(tmp_path)
    assert ran(runs) == 2
    older.write_text("time_zone = 'UTC'\n", encoding="utf-8")
    build(tmp_path)
    assert ran(runs) == 3


def test_lists_are_written_at_every_run(tmp_path: Path, runs: Path) -> None:
    told = f'{tiny.PARAMETERS}\nlists: str = "{tmp_path}"  # folder of lists'
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING, told=told)
    build(tmp_path)
    build(tmp_path)
    assert ran(runs) == 2


def test_the_executed_notebook_is_kept_as_the_log_with_its_inputs(tmp_path: Path, runs: Path) -> None:
    path = tiny.notebook(tmp_path / "notebooks" / "00_fails.ipynb", COUNTING, "print('so far')", "1/0")
    build(tmp_path)
    (log,) = (kit.open(tmp_path / "exports").path / kept.FOLDER).glob("00_fails-*.ipynb")
    book = json.loads(log.read_text(encoding="utf-8"))
    assert book["metadata"]["kit_run"]["status"] == "failed"
    assert book["metadata"]["kit_run"]["values"]["min_sends"] == 500
    assert [output["output_type"] for cell in book["cells"] for output in cell.get("outputs", ())] == [
        "stream",
        "error",
    ]
    assert path.read_text(encoding="utf-8").count("so far") == 1
    assert ran(runs) == 1


def test_fail_fast_stops_and_the_former_report_stays(tmp_path: Path, runs: Path) -> None:
    tiny.notebook(tmp_path / "notebooks" / "00_well.ipynb", COUNTING, tiny.sentence("Well."))
    build(tmp_path)
    before = (tmp_path / "out" / "index.html").read_bytes()
    tiny.notebook(tmp_path / "notebooks" / "01_fails.ipynb", "1/0")
    with pytest.raises(run.FailedError, match="01_fails failed, and all stopped: code cell 2: ZeroDivisionError"):
        build(tmp_path, fail_fast=True)
    assert (tmp_path / "out" / "index.html").read_bytes() == before
    assert ran(runs) == 1
