"""What changed since the last report: each KPI that did, old and new, and why (CHECKS: C15)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import tiny

import kit
from kit import report
from kit.errors import UsageError
from kit.report import record, since

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = "import kit\nfrom kit.questions import months\nexport = kit.open(data, period, where)"
RATES = "months.rates.by_month(export, kpis='open_rate, unsubscribe_rate').table()"
TILES = "months.tiles.now(export)"


def kept(**parts: Any) -> dict[str, Any]:
    """What a report keeps of itself: one KPI in two months, all of it known up to 5 October."""
    month = {"value": 0.25, "low": 0.2, "high": 0.3, "n": 1000}
    whole = {
        "kit": "1.0", "as_of": "2026-10-05T00:00:00", "content": "a", "files": {"log.csv": [10, 10]}, "settings": {},
        "parameters": {}, "definitions": {"open_rate": "opened / delivered; hard cases"}, "currency": "",
        "months": {"open_rate": {"2026-09": month, "2026-10": month}}, "now": [],
    }  # fmt: skip
    return whole | parts


def months(value: float, *, n: int = 1000, month: str = "2026-09") -> dict[str, Any]:
    """The months of `kept` with another value in one of them."""
    whole = kept()["months"]["open_rate"]
    return {"open_rate": whole | {month: whole[month] | {"value": value, "n": n}}}


@pytest.mark.parametrize(
    ("new", "cause", "why"),
    [
        (kept(months=months(0.562), files={"log.csv": [322, 322]}), "late data", "late data: 312 events more"),
        (kept(months=months(0.2), files={"log.csv": [5, 5]}), "late data", "corrected data: 50 events less"),
        (
            kept(months=months(0.5, month="2026-10"), files={"log.csv": [11, 11]}),
            "new data", "new data: the month was not over at the last report",
        ),
        (kept(months=months(0.5), content="b"), "late data", "the files were corrected"),
        (
            kept(months=months(0.5), definitions={"open_rate": "opened / sent; hard cases"}, kit="1.1"),
            "definition", "definition: opened / sent, before opened / delivered",
        ),
        (
            kept(months=months(0.5), definitions={"open_rate": "opened / delivered; otherwise"}, kit="1.1"),
            "definition", "definition: that of kit 1.1, before that of kit 1.0",
        ),
        (
            kept(months=months(0.5), settings={"tests.max_recipients": 9}),
            "setting", "setting: tests.max_recipients was not set, is 9",
        ),
        (
            kept(months=months(0.5), parameters={"where": "list_name=A"}),
            "parameter", "parameter: where was not set, is list_name=A",
        ),
        (
            kept(months=months(0.562), files={"log.csv": [322, 322]}, settings={"goal": "reviews"}),
            "setting", "one or more of: setting: goal was not set, is reviews; late data: 312 events more",
        ),
        (kept(months=months(0.5), kit="1.1"), "version", "counted by kit 1.1, before by kit 1.0"),
    ],
)  # fmt: skip
def test_a_value_that_changed_has_its_cause_and_no_other_is_listed(new: dict, cause: str, why: str) -> None:
    changes = since.compare({"record": kept()}, new).changes
    assert [(change.kpi, change.cause, change.why) for change in changes] == [("open_rate", cause, why)]
    month = next(name for name in ("2026-09", "2026-10") if new["months"]["open_rate"][name]["value"] != 0.25)
    assert changes[0].month == month
    assert changes[0].old == "25.0% (20.0–30.0)"


def test_data_up_to_the_last_minute_of_a_month_is_of_the_whole_month() -> None:
    whole = kept(as_of="2026-10-31T23:59:00")
    later = kept(months=months(0.5, month="2026-10"), files={"log.csv": [11, 11]})
    assert [change.why for change in since.compare({"record": whole}, later).changes] == ["late data: 250 events more"]


def test_what_is_the_same_is_not_listed() -> None:
    same = since.compare({"record": kept()}, kept(kit="2.0", files={"log.csv": [11, 11]}, settings={"goal": "reviews"}))
    assert (same.changes, same.comparable) == ((), True)


def test_a_later_month_is_new_data_with_its_difference() -> None:
    def row(month: str, value: float) -> dict[str, Any]:
        changes = [["+5.0 points on Sep 2026", "(+1.0 to +9.0)"]]
        return {"kpi": "open_rate", "month": month, "value": value, "low": 0.1, "high": 0.4, "changes": changes}

    found = since.compare({"record": kept(now=[row("2026-09", 0.25)])}, kept(now=[row("2026-10", 0.3)]))
    assert [(line.title, line.sentence) for line in found.lines()] == [
        (
            "Open rate (raw)",
            "25.0% → 30.0% in Oct 2026, +5.0 points on Sep 2026 (+1.0 to +9.0); new data: Oct 2026 is complete",
        )
    ]


def test_an_action_is_listed_once_it_is_decided() -> None:
    row = {"day": "2026-06-03", "what": "Subject lines", "kpi": "open_rate", "effect": 0.021, "low": -0.004}
    row |= {"high": 0.046, "verdict": "not decided"}
    decided = row | {"low": 0.004, "verdict": "higher"}
    former, now = kept(actions=[row]), kept(actions=[decided, row | {"kpi": "click_rate"}])
    found = since.compare({"record": former}, now)
    assert [(line.title, line.sentence) for line in found.lines()] == [
        ("“Subject lines” on 2026-06-03", "open rate (raw) +2.1 points (+0.4 to +4.6): higher since then")
    ]
    assert since.of_replaced({"record": now, "since": found.as_data()}, now) == found
    assert since.compare({"record": now}, now).lines() == []


def test_an_old_report_without_a_record_says_so() -> None:
    assert not since.compare({"notebooks": {}}, kept()).comparable


def test_the_report_that_is_replaced_is_compared_with(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    tiny.notebook(tmp_path / "notebooks" / "02_months.ipynb", MONTHS, TILES, RATES)
    first = report.build(exports, tmp_path / "out", notebooks=tmp_path / "notebooks")
    index = first.path / "index.html"
    assert "What changed since the last report" not in index.read_text(encoding="utf-8")
    campaigns = exports / "campaigns.csv"
    late = campaigns.read_text(encoding="utf-8").replace(",200,20.00%,200,", ",212,21.20%,212,")
    campaigns.write_text(late, encoding="utf-8")
    report.build(exports, tmp_path / "out", notebooks=tmp_path / "notebooks")
    text = index.read_text(encoding="utf-8")
    assert "What changed since the last report" in text
    assert "<b>Open rate (raw)</b>: 20.0% → 21.2% in Mar 2026; the files were corrected" in text
    changes = json.loads((first.path / "results.json").read_text(encoding="utf-8"))["since"]["changes"]
    assert {(change["kpi"], change["month"]) for change in changes} == {("open_rate", "2026-03")}
    with pytest.raises(UsageError, match="is no report"):
        report.build(exports, tmp_path / "other", notebooks=tmp_path / "notebooks", against=exports)


def test_the_same_report_again_says_what_it_said() -> None:
    changed = kept(months=months(0.5), content="b")
    first = since.compare({"record": kept()}, changed)
    again = since.of_replaced({"record": changed, "since": first.as_data()}, changed)
    assert again == first
    assert since.of_replaced({"record": changed}, changed) is None


def test_what_a_report_keeps_names_nobody(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    (exports / "kit.toml").write_text('own_addresses = ["anna@example.com"]\n', encoding="utf-8")
    assert "anna" not in json.dumps(record.record([], kit.open(exports), {}))
