"""What the firm sent: its campaigns with their subjects, tests and planted faults, and its automations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.behaviour import Odds
from generator.clock import unix

if TYPE_CHECKING:
    from random import Random

    from generator.worlds import World

SENDGRID_FROM = unix("2026-03-01 00:00")
"""Bulk mail went through Mailchimp before, of which only totals are left."""

AUDIENCES = {"ru": "Клиенты сервиса", "en": "Service customers"}
"""The lists, by their language."""

USUAL = Odds()
SPREAD_MONTH, SPREAD_CAMPAIGN = 0.008, 0.018
"""Standard deviations of the share that reads, between months and between campaigns."""
SPREAD_CLICK = 0.05
"""Relative standard deviation, between campaigns, of clicks per reading."""

WEAK_SUBJECT, WEAK_OFFER, ANNOYING = 0.42, 0.25, 8.0
"""Factors of the planted faults: on reading; on clicks and bookings per reading; on unsubscribing."""

BLOCK_MONTH, BLOCK_DOMAIN = "2026-07", "web.example.org"
BLOCK = {"hard": 0.04, "block": 0.20}
"""Where and when mail was given back, and which shares of it."""

BROKEN_PAGE = "Стиральные машины: подшипник"
"""The campaign whose landing page did not load."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One planned bulk mail.

    Attributes:
        at: on the firm's clock.
        size: recipients per 6,000 contacts.
        subjects: two for an A/B test.
        lift: reading of B minus reading of A, as a share.
        split: the share of A that was sent; a half was planned.
        problem: subject, offer or unsubscribes; empty for none.
        again: goes to the recipients of the campaign before, as its correction.
    """

    at: str
    size: int
    name: str
    subjects: tuple[str, ...]
    language: str = "ru"
    lift: float = 0.0
    split: float = 0.5
    problem: str = ""
    again: bool = False

    @property
    def sendgrid(self) -> bool:
        """Sent through SendGrid, so that there is a log of it."""
        return unix(self.at) >= SENDGRID_FROM

    @property
    def is_test(self) -> bool:
        """An A/B test of two subjects."""
        return len(self.subjects) == 2

    @property
    def hammered(self) -> bool:
        """Scanners come back to one of its links many times."""
        return self.is_test and not self.sendgrid


def _ru(at: str, size: int, name: str, *subjects: str) -> Campaign:
    return Campaign(at, size, name, subjects)


def _en(at: str, size: int, name: str, *subjects: str) -> Campaign:
    return Campaign(at, size, name, subjects, language="en")


_MAILCHIMP = (
    _ru("2025-09-04 10:00", 900, "Осень: проверка авто", "Осенняя проверка авто за 40 минут"),
    _ru("2025-09-16 11:00", 800, "Стиральные машины: фильтры", "Когда вы последний раз чистили фильтр?"),
    _en("2025-09-25 12:00", 330, "Autumn car check", "Your autumn car check takes 40 minutes"),
    replace(
        _ru(
            "2025-10-07 10:00",
            1500,
            "Шиномонтаж: тест темы",
            "Запись на шиномонтаж",
            "Зимние шины: запишитесь до снега",
        ),
        lift=0.16,
    ),
    _ru("2025-10-16 10:30", 950, "Холодильники: уплотнители", "Холодильник шумит? Три причины"),
    _ru("2025-10-28 11:00", 700, "Аккумулятор к зиме", "Проверим аккумулятор бесплатно"),
    _ru("2025-11-11 10:00", 1000, "Подготовка к зиме", "Что проверить в машине до морозов"),
    _ru("2025-11-20 10:00", 1100, "Чёрная пятница", "Чёрная пятница: диагностика за полцены"),
    replace(
        _ru("2025-11-22 10:00", 1500, "Чёрная пятница: ещё раз", "Последний шанс! Снова о скидках партнёров"),
        problem="unsubscribes",
    ),
    replace(
        _ru(
            "2025-12-03 10:00",
            1500,
            "Декабрь: тест темы",
            "Запчасти со склада за один день",
            "За один день: запчасти со склада",
        ),
        lift=0.0,
    ),
    _en("2025-12-09 12:00", 340, "Dishwasher care", "Five habits that keep a dishwasher alive"),
    _ru("2025-12-18 11:00", 1000, "График работы в праздники", "Как мы работаем в праздники"),
    _ru("2026-01-14 10:00", 1200, "Зимняя диагностика", "Зимняя диагностика: запись открыта"),
    replace(
        _ru(
            "2026-01-14 10:14",
            1200,
            "Зимняя диагностика (copy 01)",
            "FIXED: Зимняя диагностика: запись открыта",
        ),
        again=True,
    ),
    _ru("2026-01-27 11:00", 750, "Кофемашины: накипь", "Кофе стал другим? Дело в накипи"),
    replace(
        _ru(
            "2026-02-05 10:00",
            1500,
            "Февраль: тест темы",
            "Два часа, и машина готова",
            "Напоминание о техосмотре",
        ),
        lift=-0.06,
    ),
    _en("2026-02-12 12:00", 350, "Winter service slots", "Free service slots this week"),
    _ru("2026-02-19 10:30", 900, "Антикор", "Соль на дорогах: что она делает с кузовом"),
)

_SENDGRID = (
    _ru("2026-03-05 10:00", 900, "Весна: замена шин", "Снимаем зимние шины: запись открыта"),
    _ru("2026-03-12 11:00", 800, "Пылесосы: мешки и фильтры", "Пылесос тянет хуже? Проверьте фильтр"),
    _en("2026-03-19 12:00", 340, "Spring tyre change", "Time to change your tyres"),
    _ru("2026-03-26 10:00", 850, "Хранение шин", "Оставьте шины у нас до осени"),
    replace(
        _ru(
            "2026-04-07 10:00",
            1500,
            "Апрель: тест темы",
            "Новости сервиса за апрель",
            "Ваша машина готова к дачному сезону?",
        ),
        lift=0.16,
    ),
    _ru("2026-04-16 10:30", 850, "Газонокосилки", "Косилка после зимы: что проверить"),
    _ru("2026-04-23 11:00", 700, "Кондиционер авто", "Заправка кондиционера до жары"),
    replace(_ru("2026-05-05 10:00", 3000, "Новости сервиса № 5", "Информационное письмо № 5"), problem="subject"),
    _ru("2026-05-14 11:00", 800, "Дача: насосы", "Насос не качает? Приезжайте с ним"),
    _en("2026-05-21 12:00", 350, "Air conditioning check", "Is your air conditioning ready for June?"),
    _ru("2026-06-04 10:00", 850, "Перед отпуском", "Проверка машины перед дальней дорогой"),
    replace(
        _ru("2026-06-11 10:00", 1500, "Июнь: тест темы", "Записаться стало проще", "Запись теперь проще"),
        lift=0.0,
    ),
    replace(
        _ru("2026-06-18 10:00", 3000, "Подписка на журнал партнёра", "Подарок для клиентов сервиса"),
        problem="offer",
    ),
    _ru("2026-06-25 11:00", 600, "Холодильники: жара", "Холодильник в жару: пять советов"),
    _ru("2026-07-02 10:00", 900, "Тормоза", "Скрип тормозов: когда пора к нам"),
    _ru("2026-07-09 11:00", 850, "Вытяжки", "Вытяжка гудит: чистка за час"),
    _en("2026-07-16 12:00", 360, "Brake check", "Squeaking brakes? Let us listen"),
    _ru("2026-07-23 10:30", 900, "Сплит-системы", "Чистка сплит-системы на этой неделе"),
    replace(
        _ru(
            "2026-08-06 10:00",
            1500,
            "Август: тест темы",
            "Готовимся к школе и осени",
            "К осени готовимся заранее",
        ),
        split=0.62,
    ),
    _ru("2026-08-13 11:00", 800, "Кузовной ремонт", "Мелкие царапины: полировка или покраска"),
    _ru("2026-08-20 10:00", 850, "Стиральные машины: подшипник", "Машина гремит при отжиме?"),
    _en("2026-08-27 12:00", 370, "Before autumn", "Book before the autumn queue"),
    replace(
        _ru(
            "2026-09-08 10:00",
            1500,
            "Сентябрь: тест темы",
            "Осенняя проверка авто",
            "Осень: что сломается первым?",
        ),
        lift=0.06,
    ),
    _ru("2026-09-17 11:00", 900, "Обогреватели", "Достали обогреватель? Проверьте шнур"),
    _ru("2026-09-24 10:30", 850, "Фары и свет", "Темнеет рано: проверка фар за 15 минут"),
    _ru("2026-10-06 10:00", 1000, "Шиномонтаж 2026", "Зимние шины: запись на октябрь"),
    _en("2026-10-13 12:00", 380, "Winter tyres", "Winter tyres: October slots"),
    _ru("2026-10-20 10:00", 900, "Аккумулятор 2026", "Мороз близко: как ваш аккумулятор?"),
    _ru("2026-10-30 10:00", 800, "Ноябрь: скидка на ремонт", "Ремонт плит: скидка до 10 ноября"),
)

CAMPAIGNS = (*_MAILCHIMP, *_SENDGRID)


@dataclass(frozen=True, slots=True)
class Automation:
    """A mail that an event sends.

    Attributes:
        action: what it asks for: a booking or a review; empty for nothing.
    """

    key: str
    name: str
    odds: Odds
    action: str = ""


_QUIET = Odds(unsubscribe=0.0, complain=0.0002, hard=0.002, soft=0.005, act_clicked=0.0, act_read=0.0)

CONFIRMATION = Automation("booking-confirmation", "Подтверждение записи", replace(_QUIET, read=0.62, click=0.10))
REMINDER = Automation(
    "service-reminder",
    "Напоминание: 11 месяцев после визита",
    replace(_QUIET, read=0.40, click=0.28, act_clicked=0.45, act_read=0.08),
    "booking",
)
REVIEW_REQUEST = Automation(
    "review-request", "Просьба об отзыве", replace(_QUIET, read=0.38, click=0.30, act_clicked=0.55), "review"
)
AUTOMATIONS = (CONFIRMATION, REMINDER, REVIEW_REQUEST)


def odds(rng: Random, campaign: Campaign, month: float, *, world: World, faults: bool) -> Odds:
    """The odds of one campaign: chance between campaigns, or the planted fault without any.

    Args:
        rng: the source of chance.
        campaign: which.
        month: what its month adds to the share that reads.
        world: how campaigns vary.
        faults: whether the planted ones are there.
    """
    read, click = world.deviation(rng) * SPREAD_CAMPAIGN, world.deviation(rng) * SPREAD_CLICK
    match campaign.problem if faults else "":
        case "subject":
            return replace(USUAL, read=USUAL.read * WEAK_SUBJECT)
        case "offer":
            return replace(
                USUAL,
                click=USUAL.click * WEAK_OFFER,
                act_clicked=USUAL.act_clicked * WEAK_OFFER,
                act_read=USUAL.act_read * WEAK_OFFER,
            )
        case "unsubscribes":
            return replace(USUAL, unsubscribe=USUAL.unsubscribe * ANNOYING)
        case _:
            return replace(USUAL, read=max(USUAL.read + month + read, 0), click=max(USUAL.click * (1 + click), 0))
