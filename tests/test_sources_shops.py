"""Exports of shops, newsletters and marketing clouds: orders, members and logs of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import kit
from kit.counts import campaigns
from tests import exports
from tests.test_sources_platforms import read_one, written

if TYPE_CHECKING:
    from pathlib import Path


LINES = """\
"Order Number","Order Status","Order Date","Email (Billing)","Item #",SKU,Name,Quantity,"Item Cost",\
"Order Refund Amount","Order Total Amount","Coupon Code"
101,Completed,"2026-03-03 10:15",a@example.com,1,S1,Mug,2,10.00,5.00,30.00,
101,Completed,"2026-03-03 10:15",a@example.com,2,S2,Lid,1,10.00,5.00,30.00,
102,Cancelled,"2026-03-04 11:00",b@example.com,1,S1,Mug,1,10.00,0,10.00,
103,Processing,"2026-03-05 12:00",,1,S1,Mug,1,10.00,0,12.50,X
"""

IMPORT_EXPORT = """\
order_id,order_number,order_date,paid_date,status,shipping_total,order_total,order_currency,customer_id,customer_email,\
billing_first_name,billing_email,refund_items,line_item_1,meta:_lang
11,1011,2026-03-03 10:15:00,2026-03-03 10:16:00,completed,5,30.00,EUR,7,,A,a@example.com,,name:Mug|quantity:2,en
12,1012,2026-03-04 11:00:00,,failed,0,10.00,EUR,8,,B,b@example.com,,name:Mug,en
13,1013,2026-03-05 12:00:00,2026-03-05 12:00:00,refunded,0,20.00,EUR,7,,A,A@example.com,,name:Lid,en
"""

ANALYTICS = """\
Date,"Order #","N. Revenue (formatted)",Status,Customer,"Customer type",Product(s),"Items sold",Coupon(s),"Net Sales",\
Attribution
"2026-03-03 10:15:00",101,"€30.00 €25.00",completed,"Ann A",new,"2× Mug",2,,25,"Organic: Google"
"2026-03-04 11:00:00",102,€10.00,cancelled,"Ben B",new,"1× Mug",1,,10,Direct
"""

ETSY = """\
Sale Date,Order ID,Buyer User ID,Full Name,Number of Items,Payment Method,Date Shipped,Ship Country,Currency,\
Order Value,Discount Amount,Shipping,Sales Tax,Order Total,Status,Card Processing Fees,Order Net,Adjusted Order Total,\
Buyer
04/03/26,9001,ann1,Ann A,2,Credit Card,04/05/26,Canada,CAD,68.00,0,8.00,0,76.00,Completed,2.53,73.47,0,ann1
04/12/26,9002,ben2,Ben B,3,Credit Card,,United States,CAD,27.00,2.70,6.00,0,30.30,Canceled,1.16,29.14,0,ben2
"""


@pytest.mark.parametrize(
    ("text", "preset", "totals", "refunded", "cancelled", "first"),
    [
        (LINES, "orders", [30, 10, 12.5], 5, [False, True, False], "2026-03-03 10:15"),
        # what was given back whole is no sale, either
        (IMPORT_EXPORT, "woocommerce_import_export", [30, 10, 20], 20, [False, True, True], "2026-03-03 10:15"),
        (ANALYTICS, "woocommerce_analytics", [25, 10], 0, [False, True], "2026-03-03 10:15"),
        (ETSY, "etsy_orders", [76, 30.3], 0, [False, True], "2026-04-03"),
    ],
)
def test_shops_say_what_was_paid_and_what_was_no_sale(
    tmp_path: Path, text: str, preset: str, totals: list[float], refunded: float, cancelled: list[bool], first: str
) -> None:
    log, tables = written(tmp_path, text)
    assert (log.preset, log.rows_kept, log.rows_rejected) == (preset, log.rows_read, 0)
    orders = tables["orders"]
    assert orders["total"].tolist() == totals
    assert orders["refunded"].sum() == refunded
    assert orders["is_cancelled"].tolist() == cancelled
    assert orders["ordered_local"].iloc[0] == pd.Timestamp(first)
    assert orders["currency"].unique().tolist() == ["CAD" if preset == "etsy_orders" else "EUR"]


def test_a_person_of_two_orders_is_one_whatever_the_case(tmp_path: Path) -> None:
    _, tables = written(tmp_path, IMPORT_EXPORT)
    orders = tables["orders"]
    assert orders["contact_key"].nunique() == 2
    assert orders["contact_key"].iloc[0] == orders["contact_key"].iloc[2]


def test_a_buyer_without_an_address_is_known_by_the_user_name(tmp_path: Path) -> None:
    again = "05/12/26,9003,ann1,Ann B,1,Credit Card,,Canada,CAD,7,0,0,0,7.00,Completed,1,6,0,ann1\n"
    nobody = "05/13/26,9004,,Cid C,1,Cash,,Canada,CAD,7,0,0,0,7.00,Completed,1,6,0,\n"
    _, tables = written(tmp_path, ETSY + again + nobody)
    keys = tables["orders"]["contact_key"]
    assert keys.iloc[0] == keys.iloc[2] != keys.iloc[1]
    assert keys.isna().tolist() == [False, False, False, True]


KIT = """\
first_name,email_address,state,created_at,tags
A,a@example.com,active,2026-03-03,x
B,b@example.com,cancelled,2026-04-04,
C,c@example.com,inactive,2026-04-04,
D,d@example.com,bounced,2026-04-04,
"""

BEEHIIV = """\
Email,Status,Created At,Subscription Tier
a@example.com,Active,2026-03-03 10:10:10,free
b@example.com,Inactive,2026-04-04 11:11:11,premium
c@example.com,Validating,2026-04-04 11:11:11,free
"""


@pytest.mark.parametrize(
    ("text", "preset", "states"),
    [
        (KIT, "kit_subscribers", ["subscribed", "unsubscribed", "unconfirmed", "cleaned"]),
        (BEEHIIV, "beehiiv_subscribers", ["subscribed", "unsubscribed", "unconfirmed"]),
    ],
)
def test_subscribers_of_newsletters_have_a_state(tmp_path: Path, text: str, preset: str, states: list[str]) -> None:
    log, tables = written(tmp_path, text)
    assert (log.preset, log.unmapped) == (preset, ())
    assert tables["contacts"]["status"].tolist() == states
    assert tables["contacts"]["opted_in_at"].dt.month.tolist()[:2] == [3, 4]


GHOST = """\
id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers
1,a@example.com,A,,true,false,,2026-01-05T10:00:00.000Z,,"vip,beta",
2,b@example.com,B,,false,false,cus_1,2026-02-05T23:30:00.000Z,,,Gold
"""


def test_ghosts_members_say_who_gets_mail(tmp_path: Path) -> None:
    log, tables = written(tmp_path, GHOST)
    assert (log.preset, log.rows_kept, log.unmapped) == ("ghost_members", 2, ())
    people = tables["contacts"]
    assert people["status"].tolist() == ["subscribed", "unsubscribed"]
    assert people["opted_in_at"].iloc[1] == pd.Timestamp("2026-02-06 00:30")  # of Berlin
    assert people["segment"].iloc[0] == "vip, beta"


MARKETING_CLOUD = "ClientID,SendID,SubscriberKey,EmailAddress,SubscriberID,ListID,EventDate,EventType,"


def test_marketing_clouds_files_are_one_log(tmp_path: Path) -> None:
    tail = "BatchID,TriggeredSendExternalKey\n"
    sent = "".join(f"1,500,k{n},p{n}@example.com,{n},9,4/3/2026 9:00:00 AM,Sent,0,\n" for n in range(1, 5))
    sent += "1,500,k1,p1@example.com,1,9,4/3/2026 9:00:00 PM,Sent,1,\n"  # the second batch of a triggered mail
    exports.write(tmp_path, "Sent.csv", MARKETING_CLOUD + tail + sent)
    clicks = "1,500,k1,p1@example.com,1,9,4/3/2026 12:30:00 PM,Click,77,78,https://example.com/a,A,0,\n"
    exports.write(tmp_path, "Clicks.csv", MARKETING_CLOUD + "SendURLID,URLID,URL,Alias," + tail + clicks)
    opens = "".join(f"1,500,k1,p1@example.com,1,9,4/3/2026 {hour}:10:00 AM,Open,0,\n" for hour in (10, 11))
    exports.write(tmp_path, "Opens.csv", MARKETING_CLOUD + tail + opens)
    bounces = "1,500,k2,p2@example.com,2,9,4/3/2026 9:01:00 AM,Bounce,Hard bounce,550,no such user,0,\n"
    exports.write(tmp_path, "Bounces.csv", MARKETING_CLOUD + "BounceCategory,SMTPCode,BounceReason," + tail + bounces)
    data = kit.open(tmp_path)
    assert {log.preset for log in data.files} == {"marketing_cloud_events"}
    (counts,) = campaigns.messages(data, []).to_dict("records")
    names = ("sent", "bounced", "bounced_hard", "opened", "opens_total", "clicked")
    assert [counts[name] for name in names] == [5, 1, 1, 1, 2, 1]


def test_acoustics_events_are_counted_by_mailing(tmp_path: Path) -> None:
    head = "Recipient Id,Recipient Type,Mailing Id,Report Id,Campaign Id,Email,Event Type,Event Timestamp,Body Type,"
    head += "Content Id,Click Name,URL,Conversion Action,Conversion Detail,Conversion Amount,Suppression Reason\n"
    rows = "".join(
        f"{n},Normal,77,88,,p{n}@example.com,{kind},04/03/2026 09:0{n}:08,,,,{url},,,,\n"
        for n, kind, url in (
            (1, "Sent", ""), (2, "Sent", ""), (3, "Sent", ""), (1, "Open", ""), (3, "Open", ""),
            (1, "Click Through", "https://example.com/a"), (2, "Hard Bounce", ""), (3, "Opt Out", ""),
            (4, "Suppressed", ""),
        )
    )  # fmt: skip
    exports.write(tmp_path, "raw.csv", head + rows)
    data = kit.open(tmp_path)
    (log,) = data.files
    assert (log.preset, log.rows_kept, log.unmapped) == ("acoustic_events", 9, ())
    (counts,) = campaigns.messages(data, []).to_dict("records")
    names = ("sent", "bounced_hard", "opened", "clicked", "unsubscribed")
    assert [counts[name] for name in names] == [3, 1, 2, 1, 1]


def test_unisenders_russian_words_are_its_codes(tmp_path: Path) -> None:
    rows = [
        ("ok_read", "Сообщение доставлено и зарегистрировано его прочтение"),
        ("ok_link_visited", "Сообщение доставлено, прочитано и выполнен переход по одной из ссылок"),
        ("err_mailbox_full", "Почтовый ящик получателя переполнен"),
        ("err_user_unknown", "Адрес не существует, доставка не удалась"),
        ("err_spam_rejected", "Письмо отклонено сервером как спам"),
        ("not_sent", "Сообщение ещё не было обработано"),
    ]
    told = []
    for name, place in (("codes.csv", 0), ("words.csv", 1)):
        text = "email;send_result;last_update\n"
        text += "".join(f'p{n}@example.com;"{row[place]}";2026-03-03 10:00:00\n' for n, row in enumerate(rows))
        log, tables = read_one(exports.write(tmp_path, name, text))
        assert (log.preset, log.rows_kept) == ("unisender_recipients", 6)
        told.append(tables["events"][["event_type", "contact_key", "occurred_at", "bounce_class"]])
    pd.testing.assert_frame_equal(*told)
    assert told[1]["bounce_class"].dropna().tolist() == ["soft", "hard", "block"]


def test_platforms_with_one_habit_need_no_order_of_day_and_month(tmp_path: Path) -> None:
    monkey = "Respondent ID,Collector ID,Start Date,End Date,Email Address,How likely are you to recommend us?\n"
    log, tables = written(tmp_path, monkey + "1,2,04/03/2026 09:00:00 AM,04/03/2026 09:05:00 AM,a@example.com,9\n")
    assert (log.status, log.preset) == ("read", "surveymonkey")
    assert tables["surveys"]["responded_local"].tolist() == [pd.Timestamp("2026-04-03 09:05")]
    amo = (
        "ID,Название сделки,Бюджет,Этап сделки,Воронка,Дата создания\n1,A,100,Переговоры,Продажи,03.04.2026 10:00:00\n"
    )
    log, tables = written(tmp_path, amo, "b.csv")
    assert (log.status, log.preset) == ("read", "amocrm_deals")
    assert tables["deals"]["created_local"].tolist() == [pd.Timestamp("2026-04-03 10:00")]


def test_klaviyos_flows_are_months_of_automated_mail(tmp_path: Path) -> None:
    head = "Flow ID,Flow Name,Date,Message Channel,Status,Open Rate,Click Rate,Unsubscribe Rate,Bounce Rate,"
    head += "Spam Complaints Rate,Total Recipients,Total Opens,Unique Opens,Total Clicks,Total Unsubscribes,"
    head += "Unique Unsubscribes,Spam Complaints,Bounces,Unique Clicks,Tags\n"
    rows = "F1,Cart,Mar 01 2026 - Mar 31 2026,Email,Live,0.5,0.1,0,0.01,0,1000,700,495,120,2,2,0,10,99,N/A\n"
    rows += "F1,Cart,Apr 01 2026 - Apr 30 2026,Email,Live,0.25,0.1,0,0,0,400,120,100,50,0,0,0,0,40,N/A\n"
    rows += "F2,Text,Apr 01 2026 - Apr 30 2026,SMS,Live,0,0.1,0,0,0,50,0,0,50,0,0,0,0,5,N/A\n"
    exports.write(tmp_path, "flows.csv", head + rows)
    data = kit.open(tmp_path)
    (log,) = data.files
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("klaviyo_flows", 3, 2, ())
    months = campaigns.messages(data, ["month"], kind="automated").set_index("month")
    assert months["sent"].to_dict() == {"2026-03": 1000, "2026-04": 400}
    assert months["delivered"].tolist() == [990, 400]
    assert months["opened"].tolist() == [495, 100]


SOLD_ITEMS = """\
Sale Date,Item Name,Buyer,Quantity,Price,Order Shipping,Order Sales Tax,Item Total,Currency,Transaction ID,Listing ID,\
Order ID
01/05/26,Mug,ann,1,20,5,0,20,USD,9001,1,111
01/05/26,Cup,ann,1,10,5,0,10,USD,9002,2,111
"""
SOLD_ORDERS = """\
Sale Date,Order ID,Buyer User ID,Currency,Order Value,Shipping,Order Total,Status
01/05/26,111,ann,USD,30,5,35,Paid
"""


def test_items_of_etsy_beside_its_orders_add_no_revenue(tmp_path: Path) -> None:
    exports.write(tmp_path, "EtsySoldOrderItems2026.csv", SOLD_ITEMS)
    exports.write(tmp_path, "EtsySoldOrders2026.csv", SOLD_ORDERS)
    data = kit.open(tmp_path)
    assert data.table("orders")["total"].tolist() == [35]
    items, orders = data.files
    assert (items.preset, items.rows_set_aside, items.rows_rejected, orders.rows_kept) == ("etsy_order_items", 2, 0, 1)
