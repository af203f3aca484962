"""One report a value, and sets of reports by a file (CHECKS: C14)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import tiny
from click.testing import CliRunner

from kit.cli import main
from kit.errors import UsageError
from kit.report import fan_out

if TYPE_CHECKING:
    from pathlib import Path

    from kit.report.fan_out import Member

SUBJECTS = "import kit\nprint(*kit.open(data, period, where).campaigns['subject'])"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Exports and one page; the page is of three campaigns on two lists."""
    tiny.export(tmp_path / "exports")
    tiny.notebook(tmp_path / "notebooks" / "00_page.ipynb", SUBJECTS, tiny.sentence("Well."))
    for function in (fan_out.build, fan_out.write):
        defaults = function.__kwdefaults__ | {"notebooks": tmp_path / "notebooks"}
        monkeypatch.setattr(function, "__kwdefaults__", defaults)
    return tmp_path


def made(place: Path, by: str) -> tuple[Member, ...]:
    return fan_out.write(place / "exports", place / "out", by)


def test_each_list_has_its_report_and_all_an_index(place: Path) -> None:
    assert [(one.value, one.page, one.status) for one in made(place, "list")] == [
        ("Customers", "Customers/index.html", "ok"), ("Newsletter", "Newsletter/index.html", "ok"),
    ]  # fmt: skip
    page = (place / "out" / "Newsletter" / "00_page.html").read_text(encoding="utf-8")
    assert "=1+1 for" in page
    assert "Spring service" not in page
    index = (place / "out" / "index.html").read_text(encoding="utf-8")
    assert '<a href="Customers/index.html">Customers</a>' in index
    assert [one["status"] for one in json.loads((place / "out" / "results.json").read_text())["reports"]] == [
        "ok",
        "ok",
    ]
    assert [one.status for one in made(place, "list")] == ["ok", "ok"]  # a former set is replaced, report by report


def test_a_value_that_no_filter_can_contain_is_named_and_fails(place: Path) -> None:
    for file in (place / "exports").glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").replace("Newsletter", '"News, letter"'), encoding="utf-8")
    well, other = made(place, "list")
    assert (well.value, well.status) == ("Customers", "ok")
    assert (other.value, other.page, other.status) == ("News, letter", "", "failed")
    assert "cannot contain a comma" in other.reason
    assert "News, letter" in (place / "out" / "index.html").read_text(encoding="utf-8")


def test_one_that_fails_stops_no_other_and_the_index_says_why(place: Path) -> None:
    fails = "if period == '2026-06': raise ValueError('<i>June</i>')"
    tiny.notebook(place / "notebooks" / "00_page.ipynb", fails)
    members = made(place, "month")
    assert [(one.title, one.status) for one in members] == [
        ("Mar 2026", "ok"), ("Jun 2026", "failed"), ("Sep 2026", "ok"),
    ]  # fmt: skip
    index = (place / "out" / "index.html").read_text(encoding="utf-8")
    assert "Failed: 00_page: code cell 2: ValueError: &lt;i&gt;June&lt;/i&gt;" in index


def test_what_cannot_be_is_refused_before_anything_runs(place: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean"):
        made(place, "lists")
    with pytest.raises(UsageError, match="Notebook 05 compares segments"):
        made(place, "segment")
    with pytest.raises(UsageError, match="sets it"):
        fan_out.write(place / "exports", place / "out", "month", parameters={"period": "2026-03"})
    with pytest.raises(UsageError, match="no former set"):
        fan_out.write(place / "exports", place / "notebooks", "list")
    assert not (place / "out").exists()


def test_a_file_asks_for_sets_of_reports(place: Path) -> None:
    file = place / "reports.toml"
    file.write_text(
        '[[report]]\nfolder = "exports"\nout = "all"\nparameters = {period = "2026-03"}\n'
        '[[report]]\nfolder = "exports"\nout = "lists"\nby = "list"\n',
        encoding="utf-8",
    )
    first, second = fan_out.orders(file)
    assert (first.folder, first.parameters, second.by) == (place / "exports", {"period": "2026-03"}, "list")
    done = CliRunner().invoke(main, ["reports", str(file)])
    assert done.exit_code == 0, done.output
    assert (place / "all" / "index.html").is_file()
    assert (place / "lists" / "Customers" / "index.html").is_file()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "asks for no report"),
        ("[[report]]\nfolder = 'a'", "report 1: out is missing"),
        ("[[report]]\nfolder = 'a'\nout = 'b'\nbye = 'list'", "Did you mean"),
        ("[[report]]\nfolder = 1\nout = 'b'", "folder is of the wrong kind"),
        ("[[report", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_followed_says_why(tmp_path: Path, text: str, error: str) -> None:
    (tmp_path / "reports.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=error):
        fan_out.orders(tmp_path / "reports.toml")
