"""The firm's own files: contacts, appointments, orders, deals, costs, the holdout, requests, mail, surveys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator import crm, cycle, desk, mailbox, money, shop, surveys, table
from generator.clock import AS_OF, CLOSES, DAY, HOLIDAYS, OPENS, local
from generator.desk import iso
from generator.people import dice
from generator.truth import BusinessTruth

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from generator.story import Story

BOOKING_VALUE = (8.35, 0.6)
"""Mean and standard deviation of the logarithm of the amount [RUB]."""

CONTACTS = (
    "Email", "Status", "Opted in at", "Source", "Language", "Segment", "Unsubscribed at", "Unsubscribe reason",
    "Cleaned at",
)  # fmt: skip

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


def write(folder: Path, story: Story, *, effect: float = 1.0) -> BusinessTruth:
    """Write the firm's own files.

    Args:
        folder: where to.
        story: what happened.
        effect: how much more often than planned bulk mail causes an order; 0 for never.
    """
    holidays = ", ".join(map(str, sorted(HOLIDAYS)))
    settings = SETTINGS.format(opens=OPENS, closes=CLOSES, holidays=holidays)
    (folder / "kit.toml").write_bytes(settings.encode())
    contacts, twice = _contacts(folder / "contacts.csv", story)
    _appointments(folder / "appointments.csv", story)
    orders, deals = shop.sell(story, effect=effect), crm.deals(story)
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
        retention=cycle.retention(story),
        desk=desk.write(folder, story),
        mail=mailbox.write(folder / "mail", story),
        surveys=surveys.write(folder, story),
    )


def _contacts(path: Path, story: Story) -> tuple[dict[str, int], int]:
    """The list; its people by status, and how many stand on it twice, as people who signed up again."""
    known = [one for one in (*story.people, *story.held) if one.joined <= AS_OF]
    rng = dice(story.seed, "contacts twice")
    rows: list[tuple[str, ...]] = []
    twice: list[tuple[str, ...]] = []
    for one in known:
        status = "cleaned" if one.cleaned is not None else "unsubscribed" if one.left is not None else "subscribed"
        reason = "complaint" if one.complained else ""
        known_of = (one.source, one.language, one.segment)
        ends = (_iso(one.left), reason, _iso(one.cleaned))
        rows.append((one.email, status, iso(one.joined), *known_of, *ends))
        if rng.random() < story.world.twice:
            again = iso(min(one.joined + rng.randint(1, 300) * DAY, AS_OF))
            twice.append((one.email.title(), status, again, *known_of, *ends))
    table.write(path, CONTACTS, [*rows, *twice])
    return dict(sorted(Counter(row[1] for row in rows).items())), len(twice)


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


def _iso(moment: int | None) -> str:
    return "" if moment is None else iso(moment)
