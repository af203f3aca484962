"""Headers as firms write them: each table is taken for what it is, or for nothing, and never for another."""

from __future__ import annotations

import pytest

from kit.sources.detect import headers
from kit.sources.detect.presets import named
from kit.sources.text.grid import Grid, Row

UNRECOGNISED = ""

HEADERS = [
    # campaigns
    ("campaign_stats", "Campaign,Send Date,Sent,Delivered,Opened,Clicked,Unsubscribed"),
    ("campaign_stats", "Subject,Sent On,Recipients,Unique Opens,Unique Clicks,Bounces"),
    ("campaign_stats", "Month,Sent,Delivered,Opens,Clicks,Orders,Revenue"),
    ("campaign_stats", "Newsletter,List,Date,Emails Sent,Open Rate,Opens,Click Rate,Clicks,Cost"),
    ("campaign_stats", "Название рассылки,Дата отправки,Отправлено,Доставлено,Прочитано,Переходы,Отписки"),
    ("campaign_stats", "Тема письма,Дата,Получатели,Открытия,Клики,Конверсии,Выручка"),
    ("campaign_stats", "Месяц,Отправлено,Доставлено,Открыто,Кликнули,Заявки"),
    # contacts
    ("contacts", "Email,First Name,Last Name,Status,Subscribed At"),
    ("contacts", "Email Address,Name,Phone,Country,Tags,Date Added"),
    ("contacts", "Email,Signup Date,Source,Language"),
    ("contacts", "E-mail;Имя;Телефон;Статус подписки;Дата подписки"),
    ("contacts", "Почта;ФИО;Сегмент;Дата отписки;Причина отписки"),
    # conversions
    ("conversions", "Email,Action,Date"),
    ("conversions", "Client Email,Event,Occurred At,Value,Currency"),
    ("conversions", "Booking ID,Customer Email,Booking Date,Service"),
    ("conversions", "Email клиента;Действие;Дата;Сумма"),
    ("conversions", "Электронная почта;Дата записи;Мастер;Услуга"),
    ("conversions", "Почта;Дата отзыва;Текст"),
    # orders
    ("orders", "Order ID,Email,Created At,Total,Currency,Status"),
    ("orders", ("Order Number,Order Status,Order Date,Customer Note,First Name (Billing),"
      "Email (Billing),Order Total Amount")),
    ("orders", "Order Number,Order Status,Order Date,Billing Email,Item Name,Quantity,Order Total Amount"),
    ("orders", "Order #,Purchase Date,Buyer Email,Grand Total,Refunded"),
    ("orders", "Receipt,Date,Sum"),
    ("orders", "№ заказа;Дата заказа;E-mail клиента;Сумма заказа;Статус заказа"),
    ("orders", "Номер чека;Дата чека;Сумма чека;Возврат"),
    ("orders", "Номер;Дата;Контрагент;Сумма документа;Валюта"),
    ("shopify_orders", ("Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,"
      "Lineitem name,Id")),
    # deals
    ("deals", "Deal ID,Deal Name,Stage,Amount,Owner,Created At,Close Date"),
    ("deals", "Opportunity Name,Account Name,Stage,Amount,Close Date,Created Date,Opportunity Owner"),
    ("deals", "Deal - Title,Title,Status,Value,Owner,Pipeline,Deal created,Won time,Organization"),
    ("deals", "ID,TITLE,STAGE_ID,OPPORTUNITY,CURRENCY_ID,DATE_CREATE,CLOSEDATE,CATEGORY_ID,ASSIGNED_BY_ID"),
    ("deals", "ID;Название;Стадия сделки;Сумма;Валюта;Ответственный;Дата создания;Дата изменения;Компания"),
    ("deals", "Сделка;Этап;Воронка;Бюджет;Менеджер;Дата создания;Дата закрытия"),
    ("hubspot_deals", "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Pipeline,Deal Owner"),
    ("hubspot_deals", "Record ID,Deal Name,Deal Stage,Amount,Deal owner,Associated Contact IDs,Is closed lost"),
    ("amocrm_deals", "ID,Название сделки,Бюджет,Ответственный,Этап сделки,Воронка,Теги сделки,Дата создания"),
    # tickets
    ("tickets", "Ticket ID,Email,Created at,First response at,Resolved at,Channel"),
    ("tickets", "Case Number,Subject,Status,Opened At,Closed At,Owner,CSAT"),
    ("tickets", "Ticket,Requester,Created,First Response Time (min),Solved"),
    ("tickets", "Номер заявки;Клиент;Дата создания;Первый ответ;Дата закрытия;Оценка"),
    ("tickets", "№ обращения;Канал;Создано;Решено;Исполнитель"),
    ("zendesk_tickets", ("Summation column,Id,Requester,Submitter,Assignee,Status,Created at,Solved at,"
      "Satisfaction Score")),
    ("freshdesk_tickets", "Ticket ID,Subject,Status,Created time,Resolved time,Initial response time,Email"),
    ("jira_sm_issues", "Issue Type,Issue key,Summary,Status,Created,Resolved,Satisfaction rating,Comment,Comment"),
    # surveys
    ("surveys", "Email,Date,NPS"),
    ("surveys", "Email,Responded At,Survey Type,Score,Scale Min,Scale Max,Comment"),
    ("surveys", "Timestamp,Email Address,How likely are you to recommend us to a friend? (0-10),Why?"),
    ("surveys", "Date,Email,CSAT,NPS,CES,Feedback"),
    ("surveys", "Отметка времени;Почта;Насколько вы удовлетворены обслуживанием?;Комментарий"),
    ("surveys", "Дата ответа;Клиент;Готовность рекомендовать;Отзыв"),
    ("surveymonkey", ("Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,"
      "How satisfied are you?")),
    ("typeform", ("#,How likely are you to recommend us?,Response Type,Start Date (UTC),"
      "Stage Date (UTC),Submit Date (UTC),Network ID,Tags")),
    ("delighted", "id,person,survey_type,score,comment,permalink,created_at,updated_at,person_properties,notes,tags"),
    # billing
    ("billing", "Payment ID,Customer Email,Payment Date,Amount,Currency,Status"),
    ("billing", "Invoice Number,Customer ID,Date,Total,Payment Status"),
    ("billing", "Номер платежа;Дата платежа;Сумма платежа;Email клиента;Статус"),
    ("billing", "Номер счета;Лицевой счет;Дата оплаты;Сумма оплаты"),
    ("stripe_payments", ("id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Fee,"
      "Status,Customer ID,Customer Email")),
    ("stripe_payments", "id,Created,Amount,Amount Refunded,Currency,Status,Customer Email"),
    # costs
    ("costs", "Month,Cost Item,Hours,Rate,Amount"),
    ("costs", "Date,Campaign,Expense,Amount,Currency"),
    ("costs", "Период;Статья расходов;Сумма"),
    ("costs", "Месяц;Статья;Часы;Ставка;Сумма"),
    ("costs", "Рассылка;Часы;Ставка в час"),
    # assignments
    ("assignments", "Email,Experiment,Arm,Assigned At"),
    ("assignments", "Email,Group,Assigned At,Experiment"),
    ("assignments", "Почта;Эксперимент;Вариант;Дата назначения"),
    ("contacts", "Email,Group,Date Added"),
    # usage
    ("usage", "Date,Account ID,Metric,Value"),
    ("usage", "Date,Account,Logins,Reports created,Exports"),
    ("usage", "Day,User Email,Sessions,API calls"),
    ("usage", "Дата;Клиент;Показатель;Значение"),
    ("usage", "Дата;ID клиента;Входы;Активные пользователи;Отчеты"),
    # none of these
    (UNRECOGNISED, "Name,Phone,Comment"),
    (UNRECOGNISED, "Date,Account,Amount"),
    (UNRECOGNISED, "SKU,Product,Price,Stock"),
    (UNRECOGNISED, "Date,Temperature,Humidity"),
    (UNRECOGNISED, "Employee,Position,Salary,Hired"),
    (UNRECOGNISED, "Record ID,Company name,Website URL,Company owner,Create Date"),
    (UNRECOGNISED, "Товар;Артикул;Остаток;Цена"),
    (UNRECOGNISED, "ФИО;Должность;Телефон"),
    (UNRECOGNISED, "Date,Email,Rating"),
    (UNRECOGNISED, ("#,<question 1>,<question 2>,Response Type,Start Date (UTC),Stage Date (UTC),"
      "Submit Date (UTC),Network ID,Tags")),
]  # fmt: skip


@pytest.mark.parametrize(("preset", "header"), HEADERS, ids=[header[:60] for _, header in HEADERS])
def test_a_header_is_taken_for_its_own_table(preset: str, header: str) -> None:
    names = header.split(";" if ";" in header else ",")
    found = headers.find(Grid("a.csv", [Row(1, list(names))]), [])
    taken = found.preset.name if isinstance(found, headers.Match) else UNRECOGNISED
    assert taken == preset, found if isinstance(found, headers.Match) else headers.lacking(found)


def test_every_table_of_business_has_plausible_headers() -> None:
    assert len(HEADERS) >= 60


def test_what_fits_needs_nothing_and_is_not_named_as_near() -> None:
    """A table that costs and orders fit alike is no platform's that would need something."""
    fits = headers.match_header(named("costs"), Row(1, ["Kind", "Amount", "Period start", "Hours", "Campaign"]))
    assert not fits.missing
    assert headers.needing([fits]) == ()
