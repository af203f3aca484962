"""`kit check --init`: what would be asked for is answered with what the files, or the machine, speak for."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from kit import cli, settings
from kit.questions.customer_health import signals
from kit.report import guesses
from tests import exports
from tests.letters import letter, mbox

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = (
    "Order ID,Email,Date,Total,Currency\n1,a@example.com,2026-01-05 10:00,10,EUR\n2,b@example.com,2026-07-06,20,EUR\n"
)


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock says nothing of the firm."""
    monkeypatch.setattr(guesses, "get_localzone", lambda: ZoneInfo("Etc/UTC"))


def init(folder: Path) -> tuple[dict[str, Any], str]:
    """What is set in the kit.toml that was written, and what was said of it."""
    done = CliRunner().invoke(cli.main, ["check", str(folder), "--init"], catch_exceptions=False)
    assert done.stderr.startswith(f"kit: wrote {folder / settings.FILE}\n")
    return tomllib.loads((folder / settings.FILE).read_text(encoding="utf-8")), done.stderr + done.stdout


def test_the_zone_of_most_times_with_an_offset_is_set(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "notes.txt", "2026-01-05T10:00:00+03:00\n2026-07-05 10:00+0300\n2026-07-05T10:00:00Z\n")
    found, shown = init(tmp_path)
    assert found == {"time_zone": "Europe/Moscow"}
    assert 'kit: time_zone = "Europe/Moscow" is a guess; correct it in that file if it is wrong' in shown
    written = (tmp_path / settings.FILE).read_text(encoding="utf-8")
    assert "2 times in the files have the UTC offset of this time zone" in written
    assert "time zone Europe/Moscow" in shown
    assert "  time_zone: " not in shown


def test_summer_time_tells_zones_apart(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    exports.write(
        tmp_path, "notes.txt", "2026-01-05T10:00:00-05:00\n2026-07-05T10:00:00-04:00\n2026-13-45T10:00:00-04:00"
    )
    assert init(tmp_path)[0] == {"time_zone": "America/New_York"}


def test_the_machines_zone_is_set_where_no_file_speaks_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "get_localzone", lambda: ZoneInfo("Europe/Vienna"))
    exports.write(tmp_path / "one", "a.csv", exports.CAMPAIGNS)
    assert init(tmp_path / "one")[0] == {"time_zone": "Europe/Vienna"}
    exports.write(tmp_path / "two", "a.csv", exports.CAMPAIGNS)
    exports.write(tmp_path / "two", "notes.txt", "2026-01-05T10:00:00+03:00")
    assert init(tmp_path / "two")[0] == {"time_zone": "Europe/Moscow"}


def test_what_nothing_speaks_for_is_not_set(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Order ID,Email,Date,Total\n1,a@example.com,03/04/2026 10:00,10\n")
    found, shown = init(tmp_path)
    assert found == {}
    assert "day_first: 03/04/2026 can be" in shown
    assert (tmp_path / settings.FILE).read_text(encoding="utf-8") == settings.template(tables=signals.start())


def test_the_currency_of_most_other_amounts_is_set(tmp_path: Path) -> None:
    exports.write(tmp_path, "orders.csv", ORDERS)
    exports.write(tmp_path, "more.csv", "Order ID,Email,Date,Total\n7,a@example.com,2026-01-05 10:00,10\n")
    assert init(tmp_path)[0] == {"currency": "EUR"}
    assert "2 other amounts are in this currency" in (tmp_path / settings.FILE).read_text(encoding="utf-8")


def test_the_domain_of_most_mails_is_the_firms_and_a_shared_one_is_nobodys(tmp_path: Path) -> None:
    letters = [
        letter(Message_ID=f"<{n}@example.org>", From=f"p{n}@gmail.com", To="Garage <garage@example.com>")
        for n in range(3)
    ]
    letters += [letter(Message_ID="<9@example.com>", From="garage@example.com", To="p1@example.net")]
    exports.write(tmp_path, "a.mbox", mbox(letters))
    assert init(tmp_path)[0]["own_domains"] == ["example.com"]


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    init(tmp_path)
    written = (tmp_path / settings.FILE).read_bytes()
    done = CliRunner().invoke(cli.main, ["check", str(tmp_path), "--init"])
    assert (done.exit_code, "already exists and was not changed" in done.stderr) == (2, True)
    assert (tmp_path / settings.FILE).read_bytes() == written
