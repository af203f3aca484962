"""`kit report --by account`: a page for each account in trouble, from one measurement, with an index."""

from __future__ import annotations

import csv
import html
import json
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner

from kit.cli import main
from kit.errors import UsageError
from kit.questions.customer_health import score
from kit.report import account_pages, fan_out

if TYPE_CHECKING:
    from pathlib import Path

BAD = ["<script>alert(1)</script>", 'Ann & "Bob" <b>', "a/../../b", "a\\..\\..\\b", "index", "# Title\u202e"]
"""Names of accounts whose use falls to nothing; the third and fourth would have one file."""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    with (folder / "usage.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Account ID", "Week", "Active users", "Logins", "Licences"])
        for number, day in enumerate(pd.date_range("2025-10-06", "2026-09-28", freq="7D")):
            for place, name in enumerate([*BAD, *(f"good {n}" for n in range(30))]):
                users = 1 if place < len(BAD) and number > 40 else 7 + (number + place) % 3
                rows.writerow([name, f"{day:%Y-%m-%d}", users, users * 5, 10])
    (folder / "kit.toml").write_text(
        'time_zone = "Europe/Berlin"\nas_of = 2026-10-04T23:00:00\n[health]\n'
        "anchors = {licence_use = [0.2, 0.7], use_trend = [0.1, 0.9]}\n",
        encoding="utf-8",
    )
    return folder


def test_each_account_in_trouble_has_a_page_and_none_is_markup(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, measured, measure = tmp_path / "out", [], score.measure
    monkeypatch.setattr(score, "measure", lambda *args, **kwargs: measured.append(1) or measure(*args, **kwargs))
    members = fan_out.write(exports, out, "account", only=["12"])
    assert measured == [1]  # once for all of them
    assert {one.value for one in members} == set(BAD)
    assert all(one.status == "ok" and (out / one.page).is_file() for one in members)
    assert len({one.page.casefold() for one in members}) == len(BAD)
    assert all(re.fullmatch(r"account-[\w-]+\.html", one.page) for one in members)
    assert {path.name for path in out.iterdir()} == {"index.html", "results.json", *(one.page for one in members)}
    index = (out / "index.html").read_text(encoding="utf-8")
    assert all(f'<a href="{one.page}">' in index for one in members)
    assert "red, score" in index
    told = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert (told["by"], len(told["reports"])) == ("account", len(BAD))
    for one in members:
        page = (out / one.page).read_text(encoding="utf-8")
        name = html.escape(one.value.replace("\u202e", "")).replace("&quot;", "&#34;")
        assert f"<h1>{name}</h1>" in page
        for text in (page, index):
            assert name in text
            assert "<script" not in text
            assert "<b></" not in text
            assert "\u202e" not in text
        assert page.count("How healthy is this account?") == 2  # in the contents, and above the section
        assert "Which alerts are open?" in page


def test_a_former_set_is_replaced_and_no_account_stays(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_pages.Accounts, "html", lambda self, number: self.names[number])
    out = tmp_path / "out"
    first = fan_out.write(exports, out, "account")
    path = exports / "usage.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("index,", "good again,"), encoding="utf-8")
    gone = next(one.page for one in first if one.value == "index")
    second = fan_out.write(exports, out, "account")
    assert not (out / gone).exists()
    assert {one.value for one in second} == {*BAD, "good again"} - {"index"}


@pytest.mark.usefixtures("exports")
def test_parameters_and_reports_toml_reach_it(tmp_path: Path) -> None:
    (tmp_path / "reports.toml").write_text(
        '[[report]]\nfolder = "exports"\nout = "accounts"\nby = "account"\nparameters = {period = "2026-08"}\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(main, ["reports", str(tmp_path / "reports.toml")])
    assert done.exit_code == 0, done.output
    page = next((tmp_path / "accounts").glob("account-*.html")).read_text(encoding="utf-8")
    assert "Aug 2026" in page or "2026-08" in page


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"parameters": {"account": "good 1"}}, "-p account: --by account sets it"),
        ({"only": ["03"]}, "pages of notebook 12 are made"),
        ({"forms": ["pdf"]}, "without other forms"),
        ({"parameters": {"period": "2026-02"}}, "no account is red or has an open alert"),
        ({"parameters": {"horizont": "9"}}, "Did you mean"),
    ],
)
def test_what_cannot_be_is_refused(exports: Path, tmp_path: Path, asked: dict, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        fan_out.write(exports, tmp_path / "out", "account", **asked)
    assert not (tmp_path / "out" / "index.html").exists()


def test_nothing_is_written_among_the_exports_and_data_that_cannot_tell_is_named(exports: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside the folder of exports"):
        fan_out.write(exports, exports / "out", "account")
    (exports / "usage.csv").write_text("Email,Event,Time\na@one.example.com,Download,2026-09-01 10:00\n")
    with pytest.raises(UsageError, match="--by account: "):
        fan_out.write(exports, tmp_path / "out", "account")
