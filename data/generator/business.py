"""The firm's own files: contacts, appointments, orders, deals, costs, the holdout, tickets, the survey, kit.toml."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator import crm, cycle, money, shop, table
from generator.clock import AS_OF, DAY, HOUR, START, awake, local, unix
from generator.people import dice, pick
from generator.truth import BusinessTruth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from random import Random

    from generator.people import Person
    from generator.story import Story

BOOKING_VALUE = (8.35, 0.6)
"""Mean and standard deviation of the logarithm of the amount [RUB]."""

TICKETS_A_YEAR = 0.16
REPLY_BEFORE, REPLY_AFTER = 9.0, 4.0
"""Medians of the first reply [hours]."""
IMPROVES_FROM = "2026-06-01 00:00"
REPLY_SPREAD = 0.9
"""Standard deviation of the logarithm of the hours to the first reply."""
FORGOTTEN = 0.03
"""Share of tickets that nobody answers."""
CHANNELS = {"email": 0.5, "phone": 0.2, "chat": 0.2, "web form": 0.1}

INVITED, ANSWERED = 0.5, 0.36
SCORES = {"1": 0.04, "2": 0.05, "3": 0.13, "4": 0.36, "5": 0.42}
COMMENTS = {
    "1": ("Ждал ответа три дня", "Nobody called back"),
    "2": ("Долго ждал запчасть", "Too slow"),
    "3": ("Нормально, но дороже, чем сказали", "Fine, but the queue was long"),
    "4": ("Всё хорошо", "Good work"),
    "5": ("Спасибо, быстро и аккуратно", "Quick and friendly"),
}
COMMENTED = 0.25

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
"""


def write(folder: Path, story: Story, *, effect: float = 1.0) -> BusinessTruth:
    """Write the firm's own files.

    Args:
        folder: where to.
        story: what happened.
        effect: how much more often than planned bulk mail causes an order; 0 for never.
    """
    (folder / "kit.toml").write_bytes(SETTINGS.encode())
    contacts = _contacts(folder / "contacts.csv", story)
    _appointments(folder / "appointments.csv", story)
    orders, deals = shop.sell(story, effect=effect), crm.deals(story)
    shop.write(folder / "orders.csv", orders)
    crm.write(folder / "deals.csv", deals)
    tickets, unanswered = _tickets(folder / "tickets.csv", story)
    invitations, answers = _survey(folder / "survey.csv", story)
    return BusinessTruth(
        contacts=contacts,
        appointments=len(story.bookings),
        appointments_caused=sum(one.caused for one in story.bookings),
        reviews=len(story.reviews),
        orders=shop.truth(orders),
        deals=crm.truth(deals),
        costs=money.write_costs(folder / "costs.csv", story),
        holdout=money.write_holdout(folder / "holdout.csv", story, orders),
        funnel=cycle.funnel(story, deals, orders),
        retention=cycle.retention(story),
        tickets=tickets,
        tickets_unanswered=unanswered,
        reply_hours_before=REPLY_BEFORE,
        reply_hours_after=REPLY_AFTER,
        reply_improves_from=IMPROVES_FROM,
        invitations=invitations,
        answers=answers,
    )


def _contacts(path: Path, story: Story) -> dict[str, int]:
    known = [one for one in (*story.people, *story.held) if one.joined <= AS_OF]
    rows = []
    for one in known:
        status = "cleaned" if one.cleaned is not None else "unsubscribed" if one.left is not None else "subscribed"
        reason = "complaint" if one.complained else ""
        known_of = (one.source, one.language, one.segment)
        rows.append((one.email, status, _iso(one.joined), *known_of, _iso(one.left), reason, _iso(one.cleaned)))
    table.write(path, CONTACTS, rows)
    return dict(sorted(Counter(row[1] for row in rows).items()))


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


def _tickets(path: Path, story: Story) -> tuple[int, int]:
    rng = dice(story.seed, "tickets")
    asked = sorted(
        ((at, one.email) for one in story.people for at in _moments(rng, one, TICKETS_A_YEAR)),
    )
    rows, unanswered = [], 0
    for number, (at, email) in enumerate(asked):
        usual = REPLY_AFTER if at >= unix(IMPROVES_FROM) else REPLY_BEFORE
        replied: int | None = at + int(usual * HOUR * rng.lognormvariate(0, REPLY_SPREAD))
        solved: int | None = (replied or 0) + int(20 * HOUR * rng.lognormvariate(0, 1))
        if rng.random() < FORGOTTEN or (replied or 0) > AS_OF:
            replied = solved = None
            unanswered += 1
        if solved is not None and solved > AS_OF:
            solved = None
        rows.append((f"T{5001 + number}", email, _iso(at), _iso(replied), _iso(solved), pick(rng, CHANNELS)))
    table.write(path, ("Ticket ID", "Email", "Created at", "First response at", "Resolved at", "Channel"), rows)
    return len(rows), unanswered


def _survey(path: Path, story: Story) -> tuple[int, int]:
    rng = dice(story.seed, "survey")
    rows, answers = [], 0
    for person, visited in story.visits:
        invited = visited + 2 * HOUR
        if rng.random() >= INVITED or invited > AS_OF:
            continue
        replied = awake(rng, invited + int(rng.expovariate(1) * DAY))
        score = comment = ""
        if rng.random() < ANSWERED and replied <= AS_OF:
            answers += 1
            score = pick(rng, SCORES)
            comment = COMMENTS[score][person.language == "en"] if rng.random() < COMMENTED else ""
        rows.append((person.email, _iso(invited), _iso(replied) if score else "", score, 1, 5, comment))
    rows.sort(key=lambda row: (row[1], row[0]))
    table.write(path, ("Email", "Invited at", "Responded at", "CSAT", "Scale min", "Scale max", "Comment"), rows)
    return len(rows), answers


def _moments(rng: Random, person: Person, yearly: float) -> Iterable[int]:
    """Moments in the exports' time at which the person does something of their own accord."""
    at = max(START, person.joined)
    while (at := at + int(rng.expovariate(1) * 365 * DAY / yearly)) <= AS_OF:
        if (waking := awake(rng, at)) <= AS_OF:
            yield waking


def _amount(rng: Random, shape: tuple[float, float]) -> str:
    """An amount in whole tens, as prices are."""
    return f"{round(rng.lognormvariate(*shape), -1):.2f}"


def _iso(moment: int | None) -> str:
    return "" if moment is None else f"{local(moment):%Y-%m-%d %H:%M:%S}"
