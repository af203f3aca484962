"""The scope of a question: every count follows its period and filters, or says why it does not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small
from counting import COUNTING, NAMES, arguments, public

import kit
from kit import counts
from kit.counts.scope import COUNTS

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data


def counted(name: str, data: Data) -> Any:
    positional, keywords = arguments(name, data)
    return public(name)(data, *positional, **keywords)


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


@pytest.fixture(scope="session")
def everything(firm: Path) -> Data:
    return kit.open(firm)


@pytest.fixture(scope="session")
def march(firm: Path) -> Data:
    return kit.open(firm, period="2026-03")


@pytest.fixture(scope="session")
def later(firm: Path) -> Data:
    return kit.open(firm, period="2031-01")


@pytest.fixture(scope="session")
def filtered(firm: Path) -> Data:
    return kit.open(firm, where="campaign_name=Name of even")


@pytest.mark.parametrize("name", NAMES)
def test_every_count_follows_the_period_or_says_why_not(everything: Data, march: Data, name: str) -> None:
    if COUNTS[name].whole:
        assert same(counted(name, march), counted(name, everything))
        return
    assert not same(counted(name, march), counted(name, everything)), f"{name} ignores the period"


UNDATED = {"answers": "invitations without an answer have no month", "visits_by_campaign": "tags of no campaign stay"}


@pytest.mark.parametrize("name", [name for name in NAMES if not COUNTS[name].whole])
def test_a_period_without_anything_counts_nothing(later: Data, name: str) -> None:
    if name.rpartition(".")[2] not in UNDATED:
        assert empty(counted(name, later))


@pytest.mark.parametrize("name", NAMES)
def test_every_count_follows_a_filter_or_says_why_not(everything: Data, filtered: Data, name: str) -> None:
    if COUNTS[name].unfiltered:
        assert same(counted(name, filtered), counted(name, everything))
        return
    assert not same(counted(name, filtered), counted(name, everything)), f"{name} ignores the filter"


def test_every_public_count_is_registered() -> None:
    functions = {name for name in counts.__all__ if callable(getattr(counts, name))}
    assert functions <= {name.rpartition(".")[2] for name in COUNTS}


DIRECT = ("expression", "table", "engine")
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

    def test_conflicts_and_differences_are_of_the_question(self, firm: Path) -> None:
        january, march = kit.open(firm, period="2026-01"), kit.open(firm, period="2026-03")
        assert (counts.conflicts(january), counts.conflicts(march)) == (1, 0)
        assert "Name of odd" in set(counts.differences(january)["campaign_name"])
        assert "Name of odd" not in set(counts.differences(march)["campaign_name"])

    def test_a_filter_narrows_the_sources_of_record(self, firm: Path) -> None:
        filtered = kit.open(firm, where="campaign_name=Name of odd")
        assert set(counts.sources_of_record(filtered)["campaign_id"]) == {"sendgrid:odd"}


class TestPopulation:
    def test_a_filter_that_keeps_automated_mail_only_makes_it_the_population(self, firm: Path) -> None:
        data = kit.open(firm, where="campaign_type=automation")
        mail = counts.messages(data, ["kind"])
        assert mail["kind"].tolist() == ["automated"]
        assert mail["delivered"].sum() > 0
        assert "These pages cover automated e-mails only, because the filters exclude all others." in str(
            kit.arrived(data).text
        )
        assert not counts.reactions(data).empty

    def test_else_it_is_bulk_mail(self, firm: Path) -> None:
        data = kit.open(firm)
        assert counts.messages(data, ["kind"])["kind"].tolist() == ["bulk"]
        assert "automated" not in str(kit.arrived(data).text)
