"""The firm's own files: contacts, appointments, orders, deals, costs, the holdout, requests, mail, surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import crm, cycle, desk, listing, mailbox, money, shop, surveys, table, winback
from generator.clock import CLOSES, HOLIDAYS, OPENS, local
from generator.desk import IMPROVES_FROM
from generator.people import dice
from generator.truth import ActionTruth, BusinessTruth

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from generator.story import Story

BOOKING_VALUE = (8.35, 0.6)
"""Mean and standard deviation of the logarithm of the amount [RUB]."""

ACTIONS = (
    ActionTruth("2025-12-08", "Новая подпись сотрудников в письмах", ""),
    ActionTruth(IMPROVES_FROM[:10], "Дежурный мастер первым отвечает на обращения", "response_time"),
)
"""What the firm noted that it changed; the first entry changed nothing."""

SETTINGS = """\
# What no export says.
time_zone = "Europe/Moscow"
currency = "RUB"
day_first = true
as_of = 2026-10-31T23:59:00
goal = "appointments"
own_domains = ["service.example.com"]

[money]
margin = 0.35

[service]
hours = ["Mon-Sat {opens:02d}:00-{closes:02d}:00"]
holidays = [{holidays}]
promised_hours = 4
"""


def write(folder: Path, story: Story, *, effect: float = 1.0, lapsed: bool = False) -> BusinessTruth:
    """Write the firm's own files.

    Args:
        folder: where to.
        story: what happened.
        effect: how much more often than planned bulk mail causes an order; 0 for never.
        lapsed: whether there are customers of years ago, a test of win-back mail and a log of changes.
    """
    holidays = ", ".join(map(str, sorted(HOLIDAYS)))
    settings = SETTINGS.format(opens=OPENS, closes=CLOSES, holidays=holidays)
    (folder / "kit.toml").write_bytes(settings.encode())
    contacts, twice, listed = listing.write(folder / "contacts.csv", story)
    _appointments(folder / "appointments.csv", story)
    orders, deals = shop.sell(story, effect=effect), crm.deals(story)
    won_back = None
    if lapsed:
        orders += winback.former(story, orders)
        tried, caused = winback.bring_back(story, orders)
        winback.write(folder / "win_back.csv", tried)
        won_back = winback.truth(tried, orders, caused)
        orders = sorted([*orders, *caused], key=lambda one: (one.at, one.person.email))
        table.write(folder / "actions.csv", ("Дата", "Что изменено"), [(one.day, one.what) for one in ACTIONS])
    shop.write(folder / "orders.csv", orders)
    crm.write(folder / "deals.csv", deals)
    return BusinessTruth(
        contacts=contacts,
        contacts_twice=twice,
        appointments=len(story.bookings),
        appointments_caused=sum(one.caused for one in story.bookings),
        reviews=len(story.reviews),
        orders=shop.truth(orders),
        deals=crm.truth(deals),
        costs=money.write_costs(folder / "costs.csv", story),
        holdout=money.write_holdout(folder / "holdout.csv", story, orders),
        funnel=cycle.funnel(story, deals, orders),
        retention=cycle.retention(story, added=0 if listed is None else listed.added),
        desk=desk.write(folder, story),
        mail=mailbox.write(folder / "mail", story),
        surveys=surveys.write(folder, story),
        win_back=won_back,
        listed=listed,
        actions=ACTIONS if won_back else (),
    )


def _appointments(path: Path, story: Story) -> None:
    rng = dice(story.seed, "appointments")
    rows = [(one.at, one.person.email, "Запись на сервис", _amount(rng, BOOKING_VALUE)) for one in story.bookings]
    rows += [(one.at, one.person.email, "Отзыв", "") for one in story.reviews]
    rows.sort()
    table.write(
        path,
        ("Email клиента", "Действие", "Дата", "Сумма"),
        [
            (email, action, f"{local(at):%d.%m.%Y %H:%M}", amount.replace(".", ","))
            for at, email, action, amount in rows
        ],
        separator=";",
    )


def _amount(rng: Random, shape: tuple[float, float]) -> str:
    """An amount in whole tens, as prices are."""
    return f"{round(rng.lognormvariate(*shape), -1):.2f}"
