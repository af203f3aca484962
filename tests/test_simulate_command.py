"""`make sample`: the same seed writes the same files, and nothing but a former sample is written over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from generator.__main__ import sample

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def generate(*words: object) -> Result:
    return CliRunner().invoke(sample, [str(word) for word in words], catch_exceptions=False)


def test_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert generate(tmp_path / name, "--seed", 7, "--contacts", 200).exit_code == 0
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.suffix == ".csv"]
    assert files
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_sample_writes_over_nothing_but_a_former_sample(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "contacts.csv").write_text("Email\nanna@example.com\n", encoding="utf-8")
    done = generate(mine, "--contacts", 200)
    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        done.stderr.splitlines()[-1]
        == f"Error: {mine} is not empty and no former sample. Name a new folder, or say --force "
        "(with make: FORCE=1)."
    )
    assert [path.name for path in mine.iterdir()] == ["contacts.csv"]
    assert "anna@example.com" in (mine / "contacts.csv").read_text(encoding="utf-8")
    assert generate(mine, "--contacts", 200, "--force").exit_code == 0
    for seed in (7, 8):  # the second one goes where the first one lies
        assert generate(tmp_path / "new", "--contacts", 200, "--seed", seed).exit_code == 0


def test_truth_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    assert generate(tmp_path / "new", "--contacts", 200, "--truth", tmp_path / "truth.json").exit_code == 0
    assert json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["seed"] == 2026
    assert not list((tmp_path / "new").rglob("*truth*"))
