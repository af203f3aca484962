"""Every number that the report of the sample prints stands in a registry, and is what its formula says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import kit
from kit import counts, explain
from kit.metrics import KPIS
from tests.pages import PAGES, SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SHOWN = ("table", "sentence", "tiles")


@pytest.fixture(scope="module")
def results(sample: Path, software: Path) -> list[dict]:
    """Every table and sentence of the reports."""
    told = [json.loads((place / "results.json").read_text(encoding="utf-8")) for place in (sample, software)]
    pages = [page for report in told for page in report["notebooks"].values() if page["status"] == "ok"]
    assert len(pages) == len(PAGES)
    return [one for page in pages for one in page["results"] if one["kind"] in SHOWN]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def printed(result: dict) -> list[tuple[str, str, str]]:
    """The numbers that a table or sentence prints, as name, column and title; a table's other columns are no print."""
    if result["kind"] != "table":
        return [(result["name"], name, "") for name, value in result["numbers"].items() if is_number(value)]
    return [
        (result["name"], column["name"], column["title"])
        for at, column in enumerate(result["columns"])
        if column["unit"] or (column["title"] != column["name"] and any(is_number(row[at]) for row in result["rows"]))
    ]


def test_every_printed_number_is_in_a_registry(results: list[dict]) -> None:
    numbers = {place for result in results for place in printed(result)}
    assert len(numbers) > 200
    assert [place for place in sorted(numbers) if not explain.printed_at(*place)] == []


def test_no_figure_of_the_registry_names_a_table_that_is_gone(results: list[dict]) -> None:
    names = {explain.family(result["name"]) for result in results}
    places = {place.partition(".")[0] for term in explain.FIGURES.values() for place in term.shown}
    assert {table for table in places if "*" not in table} <= names


RAW = {kpi.raw: key for key, kpi in KPIS.items() if kpi.raw}
OTHERS_FIGURES = {"published"}
"""Tables of what others published: they have no people."""


def before(table: dict, totals: set[str]) -> list[tuple[str, str]]:
    """The raw rates of a table that stand alone or before people's, as title or KPI and group.

    Args:
        table: of the results.
        totals: campaigns of which only totals are known, and changes before the log began.
    """
    titles = [column["title"] for column in table["columns"]]
    names = [column["name"] for column in table["columns"]]
    told = {str(KPIS[raw].title): str(KPIS[people].title) for raw, people in RAW.items()}
    ranked = {row[names.index("kpi")] for row in table["rows"]} if "kpi" in names else set()
    shown = {str(KPIS[key].title) for key in ranked if key in KPIS}  # what the table is by stands first in it
    shown |= {str(KPIS[people].title) for people in RAW.values() if str(KPIS[people].name) in table["title"]}
    alone = [
        (title, "")
        for at, title in enumerate(titles)
        if title in told and told[title] not in {*titles[:at], *titles[-1:], *shown}
    ]
    if "kpi" in names:
        keys = [row[names.index("kpi")] for row in table["rows"]]
        column = next((name for name in ("campaign_name", "what") if name in names), "")
        whose = [row[names.index(column)] if column else "" for row in table["rows"]]
        alone += [
            (key, name)
            for at, (key, name) in enumerate(zip(keys, whose, strict=True))
            if key in RAW and RAW[key] not in keys[:at] and name not in totals
        ]
    return alone


def test_people_stand_before_machines_on_every_page(results: list[dict]) -> None:
    campaigns = counts.messages(kit.open(SAMPLE), ["campaign_name"])
    totals = set(campaigns.loc[campaigns["clicked_human"].isna(), "campaign_name"])
    assert 0 < len(totals) < len(campaigns)
    totals.add("Новая подпись сотрудников в письмах")
    tables = [one for one in results if one["kind"] == "table" and one["name"] not in OTHERS_FIGURES]
    assert [(table["name"], found) for table in tables if (found := before(table, totals))] == []
    of_raw = [one for one in tables if any(column["title"].endswith("(raw)") for column in one["columns"])]
    assert len(of_raw) >= 8  # raw beside people's, not left out
    # What a list can show at all is said of each KPI, the quickest first.
    sentences = (one["text"] for one in results if one["kind"] == "sentence" and one["name"] != "volume_reach")
    for sentence in sentences:
        raw = sentence.find("(raw)")
        assert raw < 0 or "(people)" in sentence[:raw] or any(name in sentence[:raw] for name in totals), sentence


def lacking(table: dict) -> list[str]:
    """People's rates of a table that have no raw one beside them, as title or KPI."""
    titles, names = ([column[key] for column in table["columns"]] for key in ("title", "name"))
    raw_of = {str(KPIS[people].title): str(KPIS[raw].title) for raw, people in RAW.items()}
    beside = {name.partition("_")[0] for name in names} | {name.rpartition("_")[2] for name in names}
    alone = [title for title in titles if raw_of.get(title, title) not in titles and "raw" not in beside]
    if "kpi" in names:
        keys = [row[names.index("kpi")] for row in table["rows"]]
        people = {people: raw for raw, people in RAW.items()}
        alone += [key for key in keys if key in people and people[key] not in keys and "raw" not in beside]
    return alone


def test_raw_rates_stand_beside_peoples_in_every_table(results: list[dict]) -> None:
    tables = [one for one in results if one["kind"] == "table" and one["name"] not in OTHERS_FIGURES]
    tables = [one for one in tables if explain.family(one["name"]) != "tests"]  # one KPI decides a random test
    assert [(one["name"], found) for one in tables if (found := lacking(one))] == []


def test_what_only_machines_did_is_no_finding(results: list[dict]) -> None:
    texts = {one["name"]: one["text"] for one in results if one["kind"] == "sentence"}
    assert texts["segments_found"].startswith("In “click rate (people)”, 4 of 18 groups of people differ")
    assert (
        "By “click rate (raw)”, 5 of 18 groups would differ. Without machines, 3 of them show no clear difference."
        in (texts["segments_found"])
    )
    assert (
        "With opens and clicks by machines: click rate (raw) 4.8% is above the published range"
        in texts["benchmarks_beside"]
    )
    assert "open rate (people) in May 2026 alone was 12.7%" in texts["months_changes"]
    assert "(raw)" not in texts["months_changes"]
    assert "click rate is 2.82%. It is 2.70% if" in texts["clicks_bound"]
    assert "https://service.example.com/book most: 1.9%" in texts["links"]


@pytest.mark.parametrize(
    ("table", "column", "formula"),
    [
        ("funnel", "value", lambda row: row["passed"] / row["n"]),
        ("passed", "value", lambda row: row["n"] / row["began"]),
        ("cost_each", "value", lambda row: row["cost"] / row["number"]),
        ("holdout", "per_person", lambda row: row["revenue"] / row["persons"]),
        ("repeat_rates", "value", lambda row: row["numerator"] / row["n"]),
        ("list", "net", lambda row: row["joined"] - row["left"]),
        ("list", "net", lambda row: row["end"] - row["start"]),
        ("list", "value", lambda row: row["stayed"] / row["start"]),
        ("list", "churn", lambda row: (row["unsubscribe"] + row["complaint"] + row["bounce"]) / row["start"]),
        ("value_check", "drift", lambda row: row["observed"] / row["expected"] - 1),
        ("frequency", "year", lambda row: 1 - (1 - row["value"]) ** (12 * row["monthly"])),
        ("problems", "size", lambda row: row["value"] - row["expected"]),
        ("after_click", "per_click", lambda row: row["sessions"] / row["clickers"]),
    ],
)
def test_a_printed_figure_is_what_its_formula_says(
    results: list[dict], table: str, column: str, formula: Callable[[dict], float]
) -> None:
    found = next(one for one in results if (one["kind"], one["name"]) == ("table", table))
    cost = next(one for one in results if one["name"] == "returns" and one["kind"] == "sentence")["numbers"]["cost"]
    rows = [
        {"cost": cost} | dict(zip([one["name"] for one in found["columns"]], row, strict=True)) for row in found["rows"]
    ]
    told = [row for row in rows if row[column] is not None]
    assert told
    assert [row[column] for row in told] == pytest.approx([formula(row) for row in told])


def test_returns_are_what_their_formulas_say(results: list[dict]) -> None:
    tables = {(one["kind"], one["name"]): one for one in results}
    told = {tuple(row[:2]): row[2] for row in tables["table", "returns"]["rows"]}
    cost = tables["sentence", "returns"]["numbers"]["cost"]
    for basis in ("attributed", "incremental"):
        assert told[basis, "revenue per unit of cost"] == pytest.approx(told[basis, "revenue"] / cost)
        assert told[basis, "profit"] == pytest.approx(told[basis, "revenue"] * 0.35 - cost)  # data/sample/kit.toml
        assert told[basis, "ROI"] == pytest.approx(told[basis, "profit"] / cost)


def cells(results: list[dict], name: str) -> list[dict]:
    """The rows of a table by the names of its columns."""
    table = next(one for one in results if (one["kind"], one["name"]) == ("table", name))
    return [dict(zip([one["name"] for one in table["columns"]], row, strict=True)) for row in table["rows"]]


def test_one_value_on_two_places_is_one_value(results: list[dict]) -> None:
    """A KPI of a month, wherever it is shown, with its ends and what it is out of."""
    seven = {row["month"]: row for row in cells(results, "seven_kpis")}
    months = {row["month"]: row for row in cells(results, "months")}
    shared = (seven[next(iter(seven))].keys() & months[next(iter(months))].keys()) - {"month"}
    assert shared >= {"delivered", "open_rate", "open_rate_low", "conversion_rate", "unsubscribe_rate_high"}
    for month, row in months.items():
        assert {name: row[name] for name in shared} == {name: seven[month][name] for name in shared}
    waits = {row["month"]: row for row in cells(results, "waiting")}
    for name, end in (("value", ""), ("low", "_low"), ("high", "_high"), ("n", None)):
        column = "requests" if end is None else f"response_time{end}"
        assert {month: row[column] for month, row in seven.items() if month in waits} == {
            month: row[name] for month, row in waits.items()
        }
    stands = next(one for one in results if one["name"] == "service_stands")["numbers"]
    latest = {row["kpi"]: row for row in cells(results, "service_changes")}
    assert stands == {kpi: latest[kpi]["value"] for kpi in stands}
    assert latest["response_time"]["value"] == waits[latest["response_time"]["latest"]]["value"]


def test_campaigns_side_by_side_are_those_of_the_table_of_all(results: list[dict]) -> None:
    every = {(row["campaign_name"], row["sent"]): row for row in cells(results, "every_campaign")}
    beside = {row["kpi"]: row for row in cells(results, "side_by_side")}
    sent = beside["delivery_rate"]
    named = [row for (_name, n), row in every.items() if n == sent["n_2"]]
    for kpi in ("delivery_rate", "open_rate", "click_rate", "conversion_rate", "unsubscribe_rate"):
        assert beside[kpi]["value_2"] in [row[kpi] for row in named], kpi


def test_no_page_forbids_what_the_first_page_judges_by(results: list[dict]) -> None:
    texts = " ".join(one["text"] for one in results if one["kind"] == "sentence")
    assert "must not be used" not in texts


def test_a_forecast_that_failed_its_check_is_no_headline(results: list[dict]) -> None:
    sentences = {one["name"]: one for one in results if one["kind"] == "sentence"}
    assert sentences["value"]["headline"] is sentences["value_check"]["numbers"]["inside"]
