"""Orders, deals, requests, surveys, payments, costs and use: look-alikes of real exports, summed by hand."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.text.addresses import contact_key
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
EURO = Settings(values={"time_zone": "Europe/Berlin", "currency": "EUR"})
NO_ZONE = "the time zone is unknown, so times stay as written; set time_zone in kit.toml"
BERLIN = "times without a zone are read in Europe/Berlin, the time_zone of kit.toml"


def read(folder: Path, text: str, settings: Settings = EURO) -> tuple[FileLog, pd.DataFrame]:
    """The log of a file of this text, and its table; rows read = kept + rejected."""
    loaded = sources.read(exports.write(folder, "a.csv", text), settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables.get(log.table or "", pd.DataFrame())


def said(log: FileLog) -> list[tuple[int | None, str | None, str]]:
    return [(one.line, one.column, one.reason) for one in log.rejections]


SHOPIFY = """\
Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Total,Created at,Lineitem quantity,\
Lineitem name,Lineitem price,Shipping Zip,Cancelled at,Refunded Amount,Id
#1003,a@example.com,paid,2026-01-07 09:00:00 +0100,yes,EUR,100.00,119.00,2026-01-07 08:59:00 +0100,1,\
Pads,60.00,'01234,,0.00,6798481555755
#1003,a@example.com,,,,,,,2026-01-07 08:59:00 +0100,2,Discs,20.00,,,,
#1002,b@example.com,partially_refunded,2026-01-06 09:00:00 +0100,no,EUR,80.00,80.00,2026-01-06 08:59:00 +0100,1,Oil,\
80.00,,,30.00,6798481555754
#1001,,voided,,no,EUR,50.00,50.00,2026-01-05 08:59:00 +0100,1,Wax,50.00,\
,2026-01-05 10:00:00 +0100,0.00,6798481555753
#1001,,,,,,,,2026-01-05 08:59:00 +0100,1,Cloth,0.00,,,,
"""


def test_shopify_orders_count_once_however_many_things_are_in_them(tmp_path: Path) -> None:
    log, table = read(tmp_path, SHOPIFY)
    assert (log.preset, log.status, log.rows_read, log.rows_kept, log.unmapped) == ("shopify_orders", "read", 5, 5, ())
    assert log.notes == (
        "orders: 5 rows form 3 records; 2 of them take up several rows",
        "1 order is cancelled, failed, void or not paid; it is kept but not counted as a sale",
    )
    assert table["order_id"].tolist() == ["6798481555755", "6798481555754", "6798481555753"]
    assert table["total"].tolist() == [119.0, 80.0, 50.0]
    assert table["refunded"].tolist() == [0.0, 30.0, 0.0]
    assert table["is_cancelled"].tolist() == [False, False, True]
    assert table["contact_key"].tolist()[:2] == [contact_key("a@example.com"), contact_key("b@example.com")]
    assert pd.isna(table["contact_key"][2])
    assert table["ordered_at"][0] == pd.Timestamp("2026-01-07 07:59", tz="UTC")


def test_an_order_whose_first_row_cannot_be_read_is_left_out_whole(tmp_path: Path) -> None:
    log, table = read(tmp_path, SHOPIFY.replace("119.00", "a lot"))
    assert said(log) == [
        (2, "Total", "'a lot' is not an amount of money"),
        (3, None, "another row of the same record is left out"),
    ]
    assert table["total"].sum() == 130  # 80 + 50


def test_the_real_shopify_export_adds_up(shared: Path) -> None:
    path = shared / "formats" / "shopify" / "orders_export.csv"
    loaded = sources.read(path, BARE)
    (log,) = loaded.files
    orders = loaded.tables["orders"]
    # FORMATS 7.1: 121 rows, 51 orders, 590,683.29; filled forward it would be 1,756,693.33
    assert (log.rows_read, log.rows_kept, len(orders), log.unmapped) == (121, 121, 51, ())
    assert orders["total"].sum() == pytest.approx(590_683.29)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert orders["order_id"].tolist() == [row["Id"] for row in rows if row["Id"]]
    assert log.notes == ("orders: 121 rows form 51 records; 34 of them take up several rows",)


LINES = [
    # the order's total on each of its rows: 120 + 30
    (("Order Number,Order Status,Order Date,Billing Email,Item Name,Order Total Amount\n"
     "7,completed,2026-01-05,a@example.com,Pads,120\n7,completed,2026-01-05,a@example.com,Discs,120\n"
     "8,processing,2026-01-06,b@example.com,Oil,30\n"),
     150, "total is the same on all rows of a record and is counted once"),
    # each row its own sum: 60 + 40 + 30
    ("№ заказа;Дата заказа;Товар;Сумма\n7;2026-01-05;Колодки;60\n7;2026-01-05;Диски;40\n8;2026-01-06;Масло;30\n",
     130, "total differs between the rows of one record, so the values of the rows are added up"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "total", "note"), LINES)
def test_rows_of_one_order_are_one_order_in_any_table(tmp_path: Path, text: str, total: float, note: str) -> None:
    log, table = read(tmp_path, text)
    assert (log.table, len(table), table["total"].sum(), log.rows_kept) == ("orders", 2, total, 3)
    assert note in log.notes


def test_a_number_used_again_on_another_day_is_another_order(tmp_path: Path) -> None:
    log, table = read(tmp_path, "Номер чека;Дата чека;Сумма чека\n1;2026-01-05;50\n1;2026-01-06;70\n")
    assert (len(table), table["total"].sum()) == (2, 120)
    assert log.notes == (BERLIN,)


def test_a_status_says_what_is_no_sale_and_what_was_given_back(tmp_path: Path) -> None:
    states = ["completed", "processing", "on-hold", "refunded", "cancelled", "failed", "Отменён", "Выполнен"]
    rows = "".join(f"{n},{state},2026-01-05 10:00,10.00,EUR\n" for n, state in enumerate(states))
    _, table = read(tmp_path, f"Order Number,Order Status,Order Date,Order Total Amount,Currency\n{rows}")
    assert table["is_cancelled"].tolist() == [False, False, True, True, True, True, True, False]
    assert table["refunded"].tolist()[3] == 10  # refunded, and no amount beside it: all of it
    assert table["total"].sum() == 80


HUBSPOT = """\
Record ID,DEAL NAME,Deal stage,Amount,Close Date,Create Date,Pipeline,Deal Owner,Associated Contact IDs,Is closed lost
7001,Fleet,Closed Won,$125000,2026-03-01 08:00,2026-01-05 09:30,Sales,Sam,8001;8002,false
7002,Tyres,Closed Lost,2500,31/12/2026,2026-01-06 09:30,Sales,Sam,,true
7003,Brakes,Proposal,,,2026-01-07 09:30,Sales,,8003,
"""


def test_hubspot_deals_say_what_was_won_and_lost(tmp_path: Path) -> None:
    log, table = read(tmp_path, HUBSPOT)
    assert (log.preset, log.unmapped, log.rows_kept) == ("hubspot_deals", (), 3)
    assert table["amount"].sum() == 127_500  # 125,000 + 2,500
    assert table["is_won"].tolist() == [True, False, False]
    assert table["is_lost"].tolist() == [False, True, False]
    assert table["contact_ids"].tolist()[0] == "8001,8002"
    assert table["closed_local"].tolist()[:2] == [pd.Timestamp("2026-03-01 08:00"), pd.Timestamp("2026-12-31")]
    assert log.notes == (BERLIN, "stages treated as open: 'Proposal'")


DEALS = [
    (("ID,Название сделки,Бюджет,Ответственный,Этап сделки,Воронка,Теги сделки,Дата создания\n"
     '1,Ремонт,"15 000 ₽",Анна,Успешно реализовано,Основная,"vip, парк",05.01.2026 10:00\n'
     "2,Шины,7000,Анна,Закрыто и не реализовано,Основная,,15.01.2026 10:00\n"
     "3,Масло,,Олег,Переговоры,Основная,,16.01.2026\n"),
     "amocrm_deals", 22_000),
    (("ID;Название;Стадия сделки;Сумма;Валюта;Ответственный;Дата создания\n"
     "1;Ремонт;Сделка успешна;15 000,50;RUB;Анна;2026-01-05\n2;Шины;Сделка провалена;7000;RUB;Анна;2026-01-06\n"
     "3;Масло;Подготовка документов;0;RUB;Анна;2026-01-06\n"),
     "deals", 22_000.5),
    (("ID,TITLE,STAGE_ID,OPPORTUNITY,CURRENCY_ID,DATE_CREATE,CLOSEDATE\n1,A,C1:WON,100,EUR,2026-01-05T10:00:00+03:00,\n"
     "2,B,LOSE,50,EUR,2026-01-05T10:00:00+03:00,\n3,C,NEW,25,EUR,2026-01-05T10:00:00+03:00,\n"),
     "deals", 175),
    ("商机编号,商机名称,阶段,金额,创建时间,邮箱\n1,轮胎,赢单,100,2026-01-05,\n2,刹车,输单,50,2026-01-06,\n3,保养,报价,25,2026-01-06,\n",
     "deals", 175),
]  # fmt: skip


@pytest.mark.parametrize(("text", "preset", "amount"), DEALS)
def test_deals_of_any_crm_have_a_stage_that_says_won_or_lost(
    tmp_path: Path, text: str, preset: str, amount: float
) -> None:
    log, table = read(tmp_path, text, Settings(values={"day_first": True}))
    assert (log.preset, log.rows_kept, table["amount"].sum()) == (preset, 3, amount)
    assert table[["is_won", "is_lost"]].to_numpy().tolist() == [[True, False], [False, True], [False, False]]


def test_stages_in_words_of_the_firms_own_say_nothing(tmp_path: Path) -> None:
    log, table = read(tmp_path, "Deal ID,Stage,Amount,Created At\n1,Keys handed over,5,2026-01-05\n")
    assert table[["is_won", "is_lost"]].isna().all(axis=None)
    assert "no stage shows that a deal is won or lost ('Keys handed over'), so this stays unknown" in log.notes


def test_the_shared_deals_are_read(shared: Path) -> None:
    made_up = sources.read(shared / "formats" / "hubspot" / "deals_contacts_companies_SYNTHETIC.txt", BARE)
    assert made_up.tables["deals"]["amount"].tolist() == [15000, 2500]  # by hand from its last two lines
    path = shared / "formats" / "dbt_hubspot" / "deal_data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    warehouse = sources.read(path, BARE).tables["deals"]
    assert warehouse["deal_id"].tolist() == [row["deal_id"] for row in rows]
    assert warehouse["amount"].sum() == sum(float(row["property_amount"] or 0) for row in rows)


ZENDESK = """\
Summation column,Id,Requester,Requester email,Submitter,Assignee,Via,Created at,Solved at,Satisfaction Score,\
First reply time in minutes,First reply time in minutes within business hours
1,11,Ann,a@example.com,Ann,Sam,Email,2026-03-28 23:30,2026-03-30 10:00,Good,150,30
1,12,Bob,b@example.com,Bob,Sam,Chat,2026-03-02 09:00,2026-03-02 12:00,Bad,5,5
1,13,Cid,,Cid,Sam,Email,2026-03-03 09:00,,Offered,,
"""


def test_zendesk_says_the_first_answer_only_as_a_wait(tmp_path: Path) -> None:
    log, table = read(tmp_path, ZENDESK)
    assert (log.preset, log.unmapped) == ("zendesk_tickets", ())
    assert table["first_response_local"].tolist() == [
        pd.Timestamp("2026-03-29 03:00"),  # 150 minutes later; the clocks went from 2 to 3 on the way
        pd.Timestamp("2026-03-02 09:05"),
        pd.NaT,
    ]
    assert table[["csat", "csat_min", "csat_max"]].iloc[:2].to_numpy().tolist() == [[1, 0, 1], [0, 0, 1]]
    assert pd.isna(table["csat"][2])
    assert (
        "first_response_local in 2 rows is calculated as 'Created at' plus 'First reply time in minutes'" in log.notes
    )


FRESHDESK = """\
Ticket ID,Subject,Source,Created time,Resolved time,Initial response time,First response time (in hrs),\
Resolution time (in hrs),Survey results,Email
1,A,Email,2026-01-05 10:00:00,2026-01-05 15:00:00,2026-01-05 11:30:00,01:30:00,05:00:00,Extremely happy,a@example.com
2,B,Phone,2026-01-05 10:00:00,,2026-01-05 11:30:00,-02:15:00,,Neutral,b@example.com
3,C,Phone,2026-01-05 10:00:00,,2026-01-05 11:30:00,00:45:00,,,b@example.com
4,D,Chat,2026-01-06 10:00:00,,,00:45:00,,Hmm,b@example.com
"""


def test_freshdesk_columns_in_hours_are_compared_and_never_used(tmp_path: Path) -> None:
    log, table = read(tmp_path, FRESHDESK)
    waited = table["first_response_local"] - table["created_local"]
    assert waited.tolist() == [pd.Timedelta(minutes=90)] * 3 + [pd.NaT]
    assert table["csat"].tolist()[:2] == [7, 4]
    assert table["csat_max"].tolist()[:2] == [7, 7]
    assert log.notes == (
        BERLIN,
        "1 cell of 'First response time (in hrs)' is not a waiting time; the times themselves are used",
        "1 cell of 'First response time (in hrs)' disagrees with the times; the times themselves are used",
        "'Survey results': 1 value unknown to the kit was left empty: 'aaa'",
    )


JIRA = """\
Issue Type,Issue key,Summary,Created,Resolved,Satisfaction rating,Custom field (Time to first response),\
Custom field ([CHART] Date of First Response),Comment,Comment
Task,SD-1,A,05/Jan/26 10:15 AM,05/Jan/26 6:00 PM,5,-02:15,05/Jan/26 10:45 AM,x,y
Task,SD-2,B,06/ene/26 12:15 AM,,,03:45,,,
"""


def test_jira_times_have_months_by_name_and_its_sla_is_no_wait(tmp_path: Path) -> None:
    log, table = read(tmp_path, JIRA)
    assert (log.preset, log.unmapped) == ("jira_sm_issues", ())
    assert table["created_local"].tolist() == [pd.Timestamp("2026-01-05 10:15"), pd.Timestamp("2026-01-06 00:15")]
    assert table["first_response_local"].tolist() == [pd.Timestamp("2026-01-05 10:45"), pd.NaT]
    assert table["resolved_local"].tolist() == [pd.Timestamp("2026-01-05 18:00"), pd.NaT]


def test_the_published_headers_of_help_desks_and_payments_are_known(shared: Path) -> None:
    known = {
        "zendesk/HEADER_full_csv_export.csv": "zendesk_tickets",
        "freshdesk/HEADER_ticket_export.csv": "freshdesk_tickets",
        "jira_sm/HEADER_issue_export.csv": "jira_sm_issues",
        "amocrm/HEADER_deals_export.csv": "amocrm_deals",
        "stripe/HEADER_payments_export.csv": "stripe_payments",
    }
    for file, preset in known.items():
        (log,) = sources.read(shared / "formats" / file, BARE).files
        assert (log.preset, log.status) == (preset, "empty")


STRIPE = """\
id,Description,Created (UTC),Amount,Amount Refunded,Currency,Fee,Status,Captured,Customer ID,Customer Email,Invoice ID,\
Dispute Status
ch_1,,2026-01-31 23:30,"100,00","0,00",eur,"1,75",Paid,true,cus_1,a@example.com,in_1,
ch_2,,2026-02-01 10:00,"60,50","20,25",eur,"1,10",Refunded,true,cus_1,a@example.com,in_2,
ch_3,,2026-02-01 11:00,"1.234,56","0,00",eur,"0,00",Failed,false,cus_2,b@example.com,,
ch_4,,2026-02-02 11:00,"40,00","0,00",eur,"0,00",Paid,true,cus_3,,,lost
"""


def test_stripe_amounts_are_major_units_with_a_decimal_comma_and_failures_are_no_charge(tmp_path: Path) -> None:
    log, table = read(tmp_path, STRIPE)
    assert (log.preset, log.unmapped) == ("stripe_payments", ())
    assert table["kind"].tolist() == ["charge", "charge", "failed", "dispute"]
    charges = table[table["kind"] == "charge"]
    assert (charges["amount"].sum(), charges["refunded"].sum(), charges["fee"].sum()) == (160.5, 20.25, 2.85)
    assert table["amount"][2] == 1234.56
    assert set(table["currency"]) == {"EUR"}
    assert table["occurred_local"][0] == pd.Timestamp("2026-02-01 00:30")  # UTC to Berlin
    assert log.notes == ("1 row is not a charge but dispute", "1 row is not a charge but failed")


@pytest.mark.parametrize("created", ["Created", "Created (UTC)", "Created date (UTC)"])
def test_stripe_times_are_utc_under_each_name(tmp_path: Path, created: str) -> None:
    text = f"id,{created},Amount,Amount Refunded,Currency,Status\nch_1,2025-12-31 14:30,10.00,0.00,usd,Paid\n"
    _, table = read(tmp_path, text)
    assert table["occurred_at"][0] == pd.Timestamp("2025-12-31 14:30", tz="UTC")


def test_the_real_fees_of_stripe_have_a_decimal_comma(shared: Path) -> None:
    table = sources.read(shared / "formats" / "stripe" / "fees_eu_locale_sample.csv", BARE).tables["billing"]
    assert table[["amount", "refunded", "currency"]].to_numpy().tolist() == [[0.25, 0, "EUR"]]


def test_payments_of_any_system_are_charges_refunds_and_failures(tmp_path: Path) -> None:
    text = (
        "Номер платежа;Дата платежа;Сумма платежа;Тип операции;Статус\n1;2026-01-05;1 000,00;Оплата;Проведён\n"
        "2;2026-01-06;-200,00;Возврат;Проведён\n3;2026-01-07;500;Оплата;Отклонён\n"
    )
    _, table = read(tmp_path, text)
    assert table[["kind", "amount"]].to_numpy().tolist() == [["charge", 1000], ["refund", 200], ["failed", 500]]


COSTS = [
    (("Месяц;Статья;Часы;Ставка;Сумма\n2026-01;Работа маркетолога;10,5;1 000;\n2026-01;SendPulse, тариф;;;3 500,00\n"
     "2026-02;Скидки по купонам;;;1 200\n2026-02;Отправка писем;;;800\n2026-02;Кофе;;;100\n"),
     ["people", "software", "discount", "sending", "other"], 16_100, ["2026-01-31", "2026-02-28"]),  # 10.5 x 1000 + …
    ("Month,Cost Item,Hours,Rate,Amount\nJanuary 2026,Copywriter,8,25.00,\n2026-02,Platform fee,,,49\n",
     ["people", "software"], 249, ["2026-01-31", "2026-02-28"]),
    ("Date,Campaign,Expense,Amount\n2026-01-05,Tyres,Salary,300\n2026-01-17,Tyres,Vouchers,45.50\n",
     ["people", "discount"], 345.5, ["2026-01-05", "2026-01-17"]),
    ("Month,Salaries,Software,Sending\n2026-01,1000,50,20\n", ["people", "software", "sending"], 1070, ["2026-01-31"]),
    ("Mailing,Hours,Hourly rate\nTyres,4,20\nBrakes,2.5,20\n", ["people", "people"], 130, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kinds", "amount", "ends"), COSTS)
def test_costs_have_a_kind_and_hours_times_rate_where_no_amount_is_said(
    tmp_path: Path, text: str, kinds: list[str], amount: float, ends: list[str]
) -> None:
    log, table = read(tmp_path, text)
    assert (log.table, log.rejections, table["kind"].tolist()) == ("costs", (), kinds)
    assert table["amount"].sum() == pytest.approx(amount)
    assert sorted({str(end.date()) for end in table["period_end"].dropna()}) == ends


USAGE = [
    "Date,Account ID,Metric,Value\n2026-01-05,17,Logins,4\n2026-01-05,17,Exports,1\n2026-01-06,18,Logins,2\n",
    "Date,Account ID,Plan,Logins,Exports,Note\n2026-01-05,17,Pro,4,1,\n2026-01-06,18,Pro,2,,late\n",
]


WAITS = [
    ("First response time", "00:35:00", "2026-01-05 10:35"),
    ("First response time (hours)", "1.5", "2026-01-05 11:30"),
    ("Время первого ответа (мин)", "35", "2026-01-05 10:35"),
    ("Первый ответ", "2026-01-05 10:20", "2026-01-05 10:20"),
]


@pytest.mark.parametrize(("header", "cell", "answered"), WAITS)
def test_a_first_answer_is_a_time_or_a_wait_by_its_header(
    tmp_path: Path, header: str, cell: str, answered: str
) -> None:
    _, table = read(tmp_path, f"Номер,Создан,{header},Закрыт\n1,2026-01-05 10:00,{cell},2026-01-05 12:00\n")
    assert table["first_response_local"].tolist() == [pd.Timestamp(answered)]


@pytest.mark.parametrize("text", USAGE, ids=["long", "wide"])
def test_use_is_the_same_long_and_wide(tmp_path: Path, text: str) -> None:
    log, table = read(tmp_path, text)
    assert (log.table, log.rejections) == ("usage", ())
    got: list[Any] = table[["day", "account_id", "metric", "value"]].to_numpy().tolist()
    assert got == [
        [pd.Timestamp("2026-01-05"), "17", "Logins", 4],
        [pd.Timestamp("2026-01-05"), "17", "Exports", 1],
        [pd.Timestamp("2026-01-06"), "18", "Logins", 2],
    ]


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("Deal,Step,Amount,Created\nA,Won,5,2026-01-05\n", "deals"),
        ("Payment ID,When,How much\n1,2026-01-05,5\n", "billing"),
        ("Month,Cost Item,Spending\n2026-01,Rent,5\n", "costs"),
        ("Day,Account,Clicks on save\n2026-01-05,17,5\n", "usage"),
    ],
)
def test_a_mapping_is_proposed_for_the_table_that_comes_nearest(tmp_path: Path, text: str, table: str) -> None:
    path = exports.write(tmp_path, "a.csv", text)
    (log,) = sources.read(path, EURO).files
    assert (log.status, f"the nearest is {table}, which needs" in str(log.why)) == ("unrecognised", True), log.why
    assert f"table: {table}\n" in sources.propose(path)


def test_days_that_read_as_two_wait_for_the_setting_by_name(tmp_path: Path) -> None:
    log, _ = read(tmp_path, "Deal ID,Stage,Amount,Created At\n1,Won,5,03/04/2026\n")
    assert log.status == "unreadable"
    assert str(log.error) == (
        "a.csv, line 2, column 'Created At': '03/04/2026' can be read as two different dates. Set day_first = true "
        "or false in kit.toml."
    )


def test_money_without_a_currency_asks_for_the_setting_by_name(tmp_path: Path) -> None:
    log, table = read(tmp_path, "Order ID,Date,Total\n1,2026-01-05,5\n2,2026-01-06,6 €\n", BARE)
    assert "1 row has no currency; set currency in kit.toml" in log.notes
    assert table["currency"].isna().tolist() == [True, False]


def test_orders_without_an_amount_are_no_contacts_and_what_they_lack_is_named(tmp_path: Path) -> None:
    path = exports.write(tmp_path, "a.csv", "Order ID,Email,Created at\nA1,a@example.com,2026-01-02\n")
    (log,) = sources.read(path, Settings()).files
    assert (log.status, log.table) == ("unrecognised", None)
    assert "the nearest is orders, which needs total" in str(log.why)
