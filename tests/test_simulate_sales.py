"""What the made-up firm sells, spends and holds out: the files tell the planted truth, counted here by hand."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from generator import BusinessTruth, write_business
from generator.crm import ASKS, WON
from generator.money import MARGIN

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2026-10-31 23:59:59"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BusinessTruth]:
    folder = tmp_path_factory.mktemp("firm")
    return folder, write_business(folder)


def rows(path: Path, *, separator: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def net(row: dict[str, str]) -> float:
    return float(row["Total"]) - float(row["Refunded amount"])


def test_orders_hold_what_the_truth_counts(made: tuple[Path, BusinessTruth]) -> None:
    folder, truth = made
    orders, planted = rows(folder / "orders.csv"), truth.orders
    sold = [row for row in orders if row["Status"] != "cancelled"]
    assert (len(orders), len(orders) - len(sold)) == (planted.rows, planted.cancelled)
    assert sum(float(row["Refunded amount"]) > 0 for row in orders) == planted.refunded
    assert sum(not row["Email"] for row in orders) == planted.anonymous
    assert sum(map(net, sold)) == pytest.approx(planted.revenue)
    assert len({row["Email"] for row in sold} - {""}) == planted.customers >= 500


def test_nobody_asks_before_joining_and_nothing_is_from_after_the_export(
    made: tuple[Path, BusinessTruth],
) -> None:
    folder, _ = made
    joined = {row["Email"]: row["Opted in at"] for row in rows(folder / "contacts.csv")}
    early = [row for row in rows(folder / "deals.csv") if row["Created at"] < joined[row["Email"]]]
    assert early == []
    assert max(row["Created at"] for name in ("orders", "deals") for row in rows(folder / f"{name}.csv")) <= AS_OF
    assert max(row["Closed at"] for row in rows(folder / "deals.csv")) <= AS_OF


def test_deals_are_asked_for_and_won_near_the_planted_shares(made: tuple[Path, BusinessTruth]) -> None:
    folder, truth = made
    deals = rows(folder / "deals.csv")
    stages = Counter(row["Stage"] for row in deals)
    assert (stages["Won"], stages["Lost"], len(deals)) == (
        truth.deals.won,
        truth.deals.lost,
        truth.deals.won + truth.deals.lost + truth.deals.open,
    )
    assert sum(float(row["Amount"]) for row in deals if row["Stage"] == "Won") == truth.deals.amount_won
    asked = {row["Email"] for row in deals}
    people, askers = Counter(), Counter()
    for row in rows(folder / "contacts.csv"):
        if row["Segment"] != "corporate" and row["Opted in at"] < "2026-01":  # ten months to ask: hardly anybody later
            people[row["Source"]] += 1
            askers[row["Source"]] += row["Email"] in asked
    for source, share in ASKS.items():
        error = (share * (1 - share) / people[source]) ** 0.5
        assert askers[source] / people[source] == pytest.approx(share, abs=4 * error)
    old = [row for row in deals if row["Created at"] < "2026-05"]  # half a year to be won
    error = (WON * (1 - WON) / len(old)) ** 0.5
    assert sum(row["Stage"] == "Won" for row in old) / len(old) == pytest.approx(WON, abs=4 * error)


def test_costs_add_up_to_the_truth(made: tuple[Path, BusinessTruth]) -> None:
    folder, truth = made
    sums: dict[str, float] = defaultdict(float)
    since = 0.0
    kinds = {"Работа": "people", "Тариф": "software", "Отправка": "sending", "Скидки": "discount"}
    for row in rows(folder / "costs.csv", separator=";"):
        amount = float(row["Сумма"].replace(",", ".")) if row["Сумма"] else int(row["Часы"]) * int(row["Ставка"])
        sums[kinds[row["Статья"].split()[0]]] += amount
        since += amount * (row["Месяц"] >= "2026-03")
    assert sums == pytest.approx(truth.costs.kinds)
    assert since == pytest.approx(truth.costs.since_holdout)


def test_both_arms_of_the_holdout_are_told_as_they_are(made: tuple[Path, BusinessTruth]) -> None:
    folder, truth = made
    planted = truth.holdout
    arms: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "holdout.csv"):
        assert (row["Эксперимент"], row["Дата назначения"]) == (planted.experiment, planted.assigned_local)
        arms[row["Группа"]].add(row["Email"])
    mailed, held = arms["рассылка"], arms["контрольная группа"]
    assert (len(mailed), len(held), mailed & held) == (*planted.people, set())
    assert 0.08 <= len(held) / (len(mailed) + len(held)) <= 0.12
    since = [row for row in rows(folder / "orders.csv") if row["Created at"] >= planted.assigned_local]
    sold = [row for row in since if row["Status"] != "cancelled" and row["Email"]]
    for place, arm in enumerate((mailed, held)):
        theirs = [row for row in sold if row["Email"] in arm]
        assert len(theirs) == planted.orders[place]
        assert sum(map(net, theirs)) == pytest.approx(planted.revenue[place])
        assert len({row["Email"] for row in theirs}) == planted.buyers[place]
    assert planted.margin_caused == pytest.approx(MARGIN * planted.revenue_caused)
    left = {row["Email"] for row in rows(folder / "contacts.csv") if "" < row["Unsubscribed at"] < "2026-03"}
    assert not left & (mailed | held)


def differences(folder: Path, seed: int, effect: float) -> tuple[float, float, float]:
    """Buyers among the mailed minus those among the held out, its standard error, and what was planted [shares]."""
    planted = write_business(folder, seed=seed, contacts=3000, effect=effect).holdout
    (n, m), (x, y) = planted.people, planted.buyers
    error = (x / n * (1 - x / n) / n + y / m * (1 - y / m) / m) ** 0.5
    return x / n - y / m, error, planted.buyers_caused / n


def test_the_arms_differ_by_what_mail_caused_and_by_chance(tmp_path: Path) -> None:
    # Seeds fixed beforehand. The mean of ten differences less their truths has about a tenth of the variance of one.
    found = [differences(tmp_path, seed, 1) for seed in range(10)]
    surplus = [seen - caused for seen, _, caused in found]
    error = sum(error**2 for _, error, _ in found) ** 0.5 / 10
    assert abs(sum(surplus) / 10) < 3 * error
    assert all(caused > 0.05 for *_, caused in found)


def test_mail_without_effect_causes_nothing(tmp_path: Path) -> None:
    found = [differences(tmp_path, seed, 0) for seed in range(5)]
    assert {caused for *_, caused in found} == {0}
    assert all(abs(seen) < 4 * error for seen, error, _ in found)


def test_subscribers_leave_as_the_contacts_tell(made: tuple[Path, BusinessTruth]) -> None:
    folder, truth = made
    people = rows(folder / "contacts.csv")

    def gone(row: dict[str, str]) -> str:
        return min(filter(None, (row["Unsubscribed at"], row["Cleaned at"])), default="9")

    months = sorted(truth.retention.months)
    for month, end in zip(months, [*months[1:], "2026-10-31 23:59:00"], strict=True):
        there = [row for row in people if row["Opted in at"] <= f"{month}-01 00:00:00" < gone(row)]
        last = end if len(end) > 7 else f"{end}-01 00:00:00"
        assert (len(there), sum(gone(row) > last for row in there)) == truth.retention.months[month]
    assert sum(row["Opted in at"] >= "2025-09" for row in people) == truth.retention.joined
    left = Counter(
        "complained" if row["Unsubscribe reason"] else "bounced" if gone(row) == row["Cleaned at"] else "unsubscribed"
        for row in people
        if max("2025-09", row["Opted in at"]) <= gone(row) < "9"
    )
    assert left == truth.retention.left
