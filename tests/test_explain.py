"""Where a printed number comes from: its counts come to what the pages print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small
from click.testing import CliRunner
from small import event

import kit
from kit import counts, explain, metrics
from kit.cli import main
from kit.errors import UsageError
from kit.questions.compare_campaigns import stand_out

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data


@pytest.fixture
def data(tmp_path: Path) -> Data:
    small.settings(tmp_path, 'time_zone = "UTC"', 'currency = "EUR"', "as_of = 2026-03-01T00:00:00")
    events = [event("delivered", n, campaign="c17") for n in range(1000)]
    events += [event("click", n, campaign="c17", url="https://example.com/") for n in range(30)]
    small.log(tmp_path, events)
    header = ["Campaign ID", "Campaign", "Date", "Sent", "Delivered", "Clicked", "Unsubscribed", "Orders", "Revenue"]
    rows = [["c17", "Name of c17", "2026-01-01 12:00", 1000, 990, 31, 4, 2, 90.5]]
    rows += [["c18", "Another", "2026-01-08 12:00", 800, 800, 20, "", "", ""]]
    small.table(tmp_path, "export.csv", header, rows)
    return kit.open(tmp_path)


def test_the_counts_come_to_the_printed_rate(data: Data) -> None:
    explained = explain.campaign(data, "click_rate", "Name of c17")
    assert explained.parts[["count", "value", "source"]].to_numpy().tolist() == [
        ["clicked", 30, "event log"],
        ["delivered", 1000, "event log"],
    ]
    counted = counts.messages(data, ["campaign_id", "campaign_name", "sent_local"])
    printed = stand_out.judge(counted, "click_rate", as_of=data.as_of, maturity_days=3).rates
    row = printed.set_index("campaign_name").loc["Name of c17"]
    assert explained.value == row["value"] == 30 / 1000
    assert (explained.low, explained.high) == (row["low"], row["high"])


def test_it_is_said_with_its_counts_and_who_told_them(data: Data) -> None:
    text = explain.campaign(data, "click_rate", "c17").table().text()
    assert text.splitlines()[0] == "Click rate (raw) of “Name of c17”, sent 2026-01-01 12:00"
    assert "clicked / delivered = 30 / 1,000 = 3.0% (2.1–4.3)" in text
    revenue = explain.campaign(data, "revenue_per_mail", "c17").table().text()
    assert "revenue / delivered = 90.50 EUR / 1,000 = 0.09 EUR" in revenue
    assert "export.csv" in revenue
    unknown = explain.campaign(data, "unsubscribe_rate", "c18").table().text()
    assert "unsubscribed / delivered = not known / 800 = not known" in unknown


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("click_rate", "Name of c71", "There is no campaign 'Name of c71'. Did you mean 'Name of c17'?"),
        ("satisfaction", "c17", "satisfaction is not available by campaign: it is calculated over answered."),
        ("clik_rate", "c17", "There is no KPI 'clik_rate'. Did you mean 'click_rate'?"),
    ],
)
def test_what_cannot_be_explained_is_said(data: Data, key: str, name: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        explain.campaign(data, key, name)
    assert str(error.value) == said


def test_the_command_line_tells_it(data: Data) -> None:
    run = CliRunner().invoke(main, ["explain", "click_rate", str(data.target), "--campaign", "Name of c17"])
    assert run.exit_code == 0
    assert run.output.startswith("click_rate: Click rate (raw)\n  formula         clicked / delivered")
    assert "clicked / delivered = 30 / 1,000 = 3.0% (2.1–4.3)" in run.output
    half = CliRunner().invoke(main, ["explain", "click_rate", str(data.target)])
    assert half.exit_code == 2
    assert "To explain a campaign, give both the folder and the campaign" in half.output


@pytest.mark.parametrize("key", metrics.KPIS)
def test_the_registry_says_how_each_is_counted(key: str) -> None:
    text = metrics.explain(key)
    for line in ("formula", "above the line", "below the line", "counted once", "window", "time zone", "interval"):
        assert f"\n  {line:15} " in text


@pytest.mark.parametrize(
    ("alias", "key"), [("ctr", "click_rate"), ("ctor", "click_to_open_rate"), ("unsub", "unsubscribe_rate")]
)
def test_a_kpi_is_known_by_what_it_is_called_elsewhere(alias: str, key: str) -> None:
    assert explain.entry(alias) == explain.entry(key)
    with pytest.raises(UsageError, match=f"Did you mean '{key}'"):
        metrics.find(alias)


def test_no_alias_is_a_key_or_that_of_another_kpi() -> None:
    aliases = [alias for kpi in metrics.KPIS.values() for alias in kpi.aliases]
    keys = {key for kind in explain.KINDS for key in kind.entries}
    assert len(aliases) == len(set(aliases))
    assert not keys & set(aliases)
