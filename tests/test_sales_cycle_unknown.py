"""What cannot be told of money is said, and is no number: no log of clicks, too few buyers, none brought by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import small

import kit
from kit.questions.sales_cycle import attribution, costs, holdout, returns, span

if TYPE_CHECKING:
    from pathlib import Path


def cost(amount: float) -> pd.DataFrame:
    row = {"kind": "people", "amount": amount, "hours": 0.0, "unpriced": 0, "undated": 0, "currency": "EUR"}
    return pd.DataFrame([row])


def sold() -> attribution.Attribution:
    row = {"days": [7], "orders": [1], "buyers": [1], "revenue": [1.0], "low": [0.5], "high": [2.0]}
    return attribution.Attribution(pd.DataFrame(row), 1, 1.0, 0, 0, 100, "EUR")


def test_a_holdout_that_bought_as_often_gives_no_cost_of_a_buyer_and_no_verdict() -> None:
    arms = pd.DataFrame(
        {
            "experiment": "",
            "arm": ["holdout", "mail"],
            "is_holdout": [True, False],
            "assigned": pd.Timestamp("2026-01-01"),
        }
        | {"persons": [117, 1111], "crossed": 0, "mailed": [0, 1111]}
    )
    sales = pd.DataFrame(
        {"experiment": "", "arm": ["holdout"] * 9 + ["mail"] * 67, "after": True, "orders": 1, "revenue": 90.0}
    )
    (effect,) = holdout.judge(arms, sales)
    assert effect.buyers.value < 0 < effect.buyers.high
    returned = returns.judge(cost(900), sold(), effect, margin=0.4)
    each = costs.judge(returned, pd.DataFrame(columns=["stage", "people", "late"]))
    (extra,) = each.people.to_dict("records")
    assert np.isnan(extra["value"])
    assert "bought as often or more" in str(extra["reason"])
    assert "inf" not in each.table().text()
    told = returned.summary().text  # 9 buyers are fewer than an interval of money needs
    assert told.startswith("It is not decided yet whether e-mail pays: too few people bought in one of the groups")


def test_without_an_export_of_clicks_what_was_sold_after_them_is_not_known(tmp_path: Path) -> None:
    small.table(
        tmp_path,
        "orders.csv",
        ["Order ID", "Email", "Created at", "Total"],
        [["1", "p1@example.com", "2026-01-02", 10], ["2", "p2@example.com", "2026-01-01", 20]],
    )
    small.settings(tmp_path, 'time_zone = "UTC"', 'currency = "EUR"', "as_of = 2026-01-31T00:00:00")
    data = kit.open(tmp_path)
    time = span.Span(pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01"), ())
    told = attribution.credit(data, time)
    assert (told.orders, told.revenue) == (2, 30)
    assert told.windows.drop(columns="days").isna().all(axis=None)
    assert told.summary().text.startswith("What was sold after a click is not known: no export")
    assert "0" not in told.table().text().splitlines()[1]
    returned = returns.judge(cost(250), told, None, margin=0.4)
    assert returned.figures.query("basis == 'attributed'")["value"].isna().all()
    assert "no export shows" in returned.summary().text
    assert "no export shows" in holdout.Holdout((), None, told).plot().alt


def test_the_sale_that_the_end_of_the_data_is_taken_from_is_counted(tmp_path: Path) -> None:
    header = ["Order ID", "Email", "Created at", "Total"]
    rows = [["1", "p1@example.com", "2026-01-02 10:00:00", 10], ["2", "p2@example.com", "2026-01-05 12:30:15", 20]]
    small.table(tmp_path, "orders.csv", header, rows)
    small.table(tmp_path, "costs.csv", ["Month", "Kind", "Amount"], [["2026-01", "software", 31]])
    small.settings(tmp_path, 'time_zone = "UTC"', 'currency = "EUR"')
    data = kit.open(tmp_path)
    told = span.judge(span.spans(data))
    assert attribution.sold(data, told.begin, told.end)[["orders", "revenue"]].sum().tolist() == [2, 30]


def test_orders_without_a_zone_are_not_told_as_no_sales(tmp_path: Path) -> None:
    header = ["Order ID", "Email", "Created at", "Total", "Currency"]
    small.table(tmp_path, "orders.csv", header, [["1", "p1@example.com", "2026-01-02 10:00:00", 10, "EUR"]])
    small.log(tmp_path, [small.event("delivered", 1)])
    data = kit.open(tmp_path)
    time = span.judge(span.spans(data))
    assert "set time_zone in kit.toml" in time.summary().text
    told = attribution.credit(data, time)
    assert "set time_zone in kit.toml" in told.summary().text
    assert "0 orders" not in told.table().text()
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-01-31T00:00:00")
    assert span.judge(span.spans(kit.open(tmp_path))).problem == ""
