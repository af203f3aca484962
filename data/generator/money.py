"""What mail costs, month by month, and the list of the holdout."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator import table
from generator.clock import AS_OF, START, local, unix
from generator.people import dice
from generator.shop import followed
from generator.story import HELD_FROM
from generator.truth import CostTruth, HoldoutTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.people import Person
    from generator.shop import Order
    from generator.story import Story

MARGIN = 0.35
"""What is left of net revenue after what was sold is paid for; it stands in kit.toml."""
HOUR_RATE = 1200
"""What an hour of the firm's own work costs [RUB]."""
HOURS = (18, 26)
SOFTWARE = {"Тариф Mailchimp": 6900, "Тариф SendGrid": 7400}
"""Bills a month [RUB]; the first until the log begins."""
PER_MAIL = 0.35
"""What sending one bulk mail costs [RUB]."""
COUPONS = (4000, 11_000)
EXPERIMENT = "Без рассылок 2026"
ARMS = ("рассылка", "контрольная группа")


def write_costs(path: Path, story: Story) -> CostTruth:
    """Write the cost list; the sums by kind and of the months of the holdout."""
    rng = dice(story.seed, "costs")
    sums: Counter[str] = Counter()
    since = 0.0
    rows: list[tuple[object, ...]] = []
    sent = Counter(send.plan.at[:7] for send in story.campaigns for _ in send.messages)
    for month in months():
        hours, held = rng.randint(*HOURS), unix(f"{month}-01 00:00") >= HELD_FROM
        tariff = list(SOFTWARE)[held]
        sending = round(sent[month] * PER_MAIL, 2)
        coupons = round(rng.uniform(*COUPONS), -2)
        rows += [
            (month, "Работа маркетолога", hours, HOUR_RATE, ""),
            (month, tariff, "", "", f"{SOFTWARE[tariff]},00"),
            (month, "Отправка писем", "", "", f"{sending:.2f}".replace(".", ",")),
            (month, "Скидки по купонам из писем", "", "", f"{coupons:.2f}".replace(".", ",")),
        ]
        made = {"people": hours * HOUR_RATE, "software": SOFTWARE[tariff], "sending": sending, "discount": coupons}
        sums.update(made)
        since += held * sum(made.values())
    table.write(path, ("Месяц", "Статья", "Часы", "Ставка", "Сумма"), rows, separator=";")
    return CostTruth({kind: round(amount, 2) for kind, amount in sums.items()}, round(since, 2))


def write_holdout(path: Path, story: Story, orders: list[Order]) -> HoldoutTruth:
    """Write who was put into which arm; what mail caused in the one that got it."""
    arms = [[one for one in people if one.subscribed(HELD_FROM)] for people in (story.people, story.held)]
    assigned = f"{local(HELD_FROM):%Y-%m-%d %H:%M:%S}"
    rows = [(one.email, EXPERIMENT, name, assigned) for name, arm in zip(ARMS, arms, strict=True) for one in arm]
    table.write(path, ("Email", "Эксперимент", "Группа", "Дата назначения"), sorted(rows))
    mailed, held = (_of(orders, arm) for arm in arms)
    caused = [one for one in mailed if one.won is not None and one.won >= HELD_FROM]
    return HoldoutTruth(
        experiment=EXPERIMENT,
        assigned_local=assigned,
        people=(len(arms[0]), len(arms[1])),
        orders=(len(mailed), len(held)),
        revenue=(_net(mailed), _net(held)),
        buyers=(_people(mailed), _people(held)),
        orders_caused=len(caused),
        revenue_caused=_net(caused),
        buyers_caused=_people(mailed) - _people([one for one in mailed if one.won is None or one.won < HELD_FROM]),
        margin_caused=round(MARGIN * _net(caused), 2),
    )


def _of(orders: list[Order], arm: list[Person]) -> list[Order]:
    whose = {one.email for one in arm}
    return [one for one in followed(orders) if one.person.email in whose]


def _net(orders: list[Order]) -> float:
    return round(sum(one.net for one in orders), 2)


def _people(orders: list[Order]) -> int:
    return len({one.person.email for one in orders})


def months() -> Iterator[str]:
    """The months of the exports, like 2026-03."""
    first, last = local(START), local(AS_OF)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12}-{number % 12 + 1:02}"
