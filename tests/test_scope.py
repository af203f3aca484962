"""The scope of a question: every count follows its period and filters, or says why it does not."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small
from small import DAY, event

import generator
import kit
from kit import counts
from kit.counts.scope import COUNTS

if TYPE_CHECKING:
    from kit.store import Data

ROOT = Path(__file__).parents[1]
COUNTING = [ROOT / "kit" / "counts", ROOT / "kit" / "questions"]
MARCH = 1_772_359_200
"""2026-03-01 10:00 UTC, in seconds."""

SPAN = (datetime(2026, 1, 1), datetime(2026, 7, 1))


def registered() -> list[str]:
    """The names of all counting functions, once every module that can hold one was imported."""
    for folder in COUNTING:
        if folder.is_dir():
            name = f"kit.{folder.name}"
            for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
                importlib.import_module(module.name)
    return sorted(COUNTS)


NAMES = registered()

ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "messages": ((["campaign_id", "month"],), {"kind": ""}),
    "groups": ((["list_name", "month"],), {}),
    "at_age": ((["campaign_id"],), {}),
    "openers": ((["campaign_id"],), {}),
    "levels": (("clicked", "delivered"), {"traits": ("segment", "engagement")}),
    "log.counts": (([],), {}),
    "same_people": ((["sendgrid:odd", "sendgrid:even"], "clicked"), {}),
    "silence.count": ((), {"days": 120}),
    **{
        name: (SPAN, {})
        for name in ("attribution.sold", "clicked_sales", "reached", "arms", "arm_sales", "returns.costs", "entered")
    },
}
"""What those functions are called with that need more than the data, by the end of their name."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small firm that every count has something to say of."""
    place = tmp_path_factory.mktemp("firm")
    generator.write(place, contacts=900)
    events = [event("processed", person, campaign="odd", at=MARCH - 40 * DAY) for person in range(40)]
    events += [event("bounce", person, campaign="odd", at=MARCH - 40 * DAY, type="bounce") for person in range(2)]
    events += [event("delivered", person, campaign="odd", at=MARCH - 40 * DAY) for person in range(2, 40)]
    events += [event("open", 1, campaign="odd", at=MARCH - 39 * DAY)]
    events += [event("delivered", person, campaign="even", at=MARCH - 30 * DAY) for person in range(20)]
    events += [event("dropped", 50, campaign="odd", at=MARCH - 39 * DAY, reason="Bounced Address")]
    small.log(place, events, "odd.ndjson")
    rows = [["Name of odd", "2026-01-20", 45, 3]]
    small.table(place, "odd.csv", ["Campaign", "Date", "Sent", "Opened"], rows)
    return place


def counted(name: str, data: Data) -> Any:
    positional, keywords = next((own for end, own in ARGUMENTS.items() if name.endswith(f".{end}")), ((), {}))
    if name.endswith(".lines"):  # it looks up the lines of counts that it is given
        positional = (counts.messages(kit.open(data.target), ["campaign_id", "variant"]),)
    return COUNTS[name].function(data, *positional, **keywords)


def unmarked(value: Any) -> Any:
    """A frame without what marks the question in a whole history, in an order of its own."""
    if not isinstance(value, pd.DataFrame):
        return value
    if "what" in value and "begin" in value:
        value = value[value["what"] != "question"]
    marks = [name for name in ("asked", "in_period") if name in value]
    if marks:
        groups = [name for name in value if value[name].dtype == object or pd.api.types.is_string_dtype(value[name])]
        value = value.drop(columns=marks).groupby(groups, dropna=False, as_index=False).sum()
    return value.astype(str).sort_values(list(value.columns)).reset_index(drop=True)


def same(one: Any, other: Any) -> bool:
    one, other = unmarked(one), unmarked(other)
    return one.equals(other) if isinstance(one, pd.DataFrame) else one == other


def empty(value: Any) -> bool:
    if not isinstance(value, pd.DataFrame):
        return not value
    numbers = value.select_dtypes("number").drop(columns=["days"], errors="ignore")
    return value.empty or not numbers.fillna(0).to_numpy(dtype=float).any()


@pytest.mark.parametrize("name", NAMES)
def test_every_count_follows_the_period_or_says_why_not(folder: Path, name: str) -> None:
    everything, march = kit.open(folder), kit.open(folder, period="2026-03")
    if COUNTS[name].whole:
        assert same(counted(name, march), counted(name, everything))
        return
    assert not same(counted(name, march), counted(name, everything)), f"{name} ignores the period"


UNDATED = {"answers": "invitations without an answer have no month", "visits_by_campaign": "tags of no campaign stay"}


@pytest.mark.parametrize("name", [name for name in NAMES if not COUNTS[name].whole])
def test_a_period_without_anything_counts_nothing(folder: Path, name: str) -> None:
    if name.rpartition(".")[2] not in UNDATED:
        assert empty(counted(name, kit.open(folder, period="2031-01")))


@pytest.mark.parametrize("name", NAMES)
def test_every_count_follows_a_filter_or_says_why_not(folder: Path, name: str) -> None:
    everything, filtered = kit.open(folder), kit.open(folder, where="campaign_name=Name of even")
    if COUNTS[name].unfiltered:
        assert same(counted(name, filtered), counted(name, everything))
        return
    assert not same(counted(name, filtered), counted(name, everything)), f"{name} ignores the filter"


def test_every_public_count_is_registered() -> None:
    functions = {name for name in counts.__all__ if callable(getattr(counts, name))}
    assert functions <= {name.rpartition(".")[2] for name in COUNTS}


DIRECT = ("expression", "table", "months", "con")
"""What of the data no counting module uses by itself."""


def test_tables_are_read_through_the_scope_only() -> None:
    uses = [
        f"{path.name}: {node.attr}"
        for path in (path for folder in COUNTING for path in folder.rglob("*.py") if path.name != "scope.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in DIRECT and getattr(node.value, "id", "") == "data"
    ]
    assert uses == []


class TestTheFourThatForgot:
    def test_a_test_send_of_another_month_is_not_listed(self, tmp_path: Path) -> None:
        test = {"Unique Id": "00000000ab", "Subject": "TEST: Hello", "Total Recipients": 3}
        small.mailchimp(tmp_path, [{}, test, {"Unique Id": "00000000ac", "Send Date": "Mar 02, 2026 12:00 pm"}])
        assert len(counts.left_out(kit.open(tmp_path))) == 1
        assert len(counts.left_out(kit.open(tmp_path, period="2026-01"))) == 1
        assert counts.left_out(kit.open(tmp_path, period="2026-03")).empty

    def test_conflicts_and_differences_are_of_the_question(self, folder: Path) -> None:
        january, march = kit.open(folder, period="2026-01"), kit.open(folder, period="2026-03")
        assert (counts.conflicts(january), counts.conflicts(march)) == (1, 0)
        assert "Name of odd" in set(counts.differences(january)["campaign_name"])
        assert "Name of odd" not in set(counts.differences(march)["campaign_name"])

    def test_a_filter_narrows_the_sources_of_record(self, folder: Path) -> None:
        filtered = kit.open(folder, where="campaign_name=Name of odd")
        assert set(counts.sources_of_record(filtered)["campaign_id"]) == {"sendgrid:odd"}


class TestPopulation:
    def test_a_filter_that_keeps_automated_mail_only_makes_it_the_population(self, folder: Path) -> None:
        data = kit.open(folder, where="campaign_type=automation")
        mail = counts.messages(data, ["kind"])
        assert mail["kind"].tolist() == ["automated"]
        assert mail["delivered"].sum() > 0
        assert "The filters keep automated e-mails only" in str(kit.arrived(data).text)
        assert not counts.reactions(data).empty

    def test_else_it_is_bulk_mail(self, folder: Path) -> None:
        data = kit.open(folder)
        assert counts.messages(data, ["kind"])["kind"].tolist() == ["bulk"]
        assert "automated" not in str(kit.arrived(data).text)
