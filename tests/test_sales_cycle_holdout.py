"""Holdout tests in time: who is in an arm by the end of the span, and from when on the money counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import small

import kit
from kit.questions.sales_cycle import holdout, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

DAY = small.DAY
HOLDOUT = ["Email", "Group", "Assigned at"]


def at(moment: int) -> str:
    return f"{pd.Timestamp(moment, unit='s'):%Y-%m-%d %H:%M:%S}"


def folder(
    place: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], orders: Mapping[int, int]
) -> kit.store.Data:
    """One mailing at NOON, this assignment, and an order of 40 by each of these people at these moments."""
    small.log(place, [small.event("delivered", person) for person in range(10)])
    sold = [[f"O{who}", f"p{who}@example.com", at(moment), 40, "EUR"] for who, moment in orders.items()]
    small.table(place, "orders.csv", ["Order ID", "Email", "Created at", "Total", "Currency"], sold)
    small.table(place, "holdout.csv", header, rows)
    small.settings(place, 'time_zone = "UTC"', 'currency = "EUR"', "as_of = 2026-01-31T00:00:00")
    return kit.open(place)


def test_who_is_assigned_after_the_span_is_in_no_arm_yet(tmp_path: Path) -> None:
    rows = [[f"p{n}@example.com", "mail" if n % 2 else "holdout", at(small.NOON + 10 * n * DAY)] for n in range(10)]
    data = folder(tmp_path, HOLDOUT, rows, {1: small.NOON + 11 * DAY, 3: small.NOON + 29 * DAY})
    end = pd.Timestamp(small.NOON + 25 * DAY, unit="s")
    arms = holdout.arms(data, pd.Timestamp(small.NOON, unit="s"), end).set_index("arm")
    assert arms["persons"].to_dict() == {"holdout": 2, "mail": 1}  # p0 and p2, p1
    sales = holdout.arm_sales(data, pd.Timestamp(small.NOON, unit="s"), end)
    assert sales[["arm", "after", "revenue"]].to_numpy().tolist() == [["mail", True, 40.0]]


def test_the_time_of_the_money_begins_with_the_test_that_tells(tmp_path: Path) -> None:
    header = ["Email", "Experiment", "Group", "Assigned at"]
    rows = [[f"p{n}@example.com", "spring", "holdout" if n else "mail", at(small.NOON + 2 * DAY)] for n in range(3)]
    rows += [[f"p{n}@example.com", "autumn", "mail" if n else "holdout", at(small.NOON + 9 * DAY)] for n in range(8)]
    data = folder(tmp_path, header, rows, {1: small.NOON + 11 * DAY})
    names, start = ("", "spring", "autumn"), pd.Timestamp(small.NOON, unit="s")
    begins = [span.spans(data, name).set_index("what").loc[["holdout"], "begin"] for name in names]
    days = {name: int((own - start).dt.days.sum()) for name, own in zip(names, begins, strict=True)}
    assert days == {"": 9, "spring": 2, "autumn": 9}  # autumn is the larger one
