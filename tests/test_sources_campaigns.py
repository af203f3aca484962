"""Totals of campaigns: reports, exports and API answers of many platforms, and tables of none that is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
MOSCOW = Settings(values={"time_zone": "Europe/Moscow", "currency": "EUR"})


def read_one(path: Path, settings: Settings = MOSCOW) -> tuple[FileLog, dict[str, pd.DataFrame]]:
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables


def stats_of(path: Path, settings: Settings = MOSCOW) -> tuple[FileLog, list[dict[str, Any]]]:
    log, tables = read_one(path, settings)
    table = tables["campaign_stats"]
    return log, table.astype(object).where(table.notna(), None).to_dict("records")


def picked(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


MAILERLITE = """\
Campaign report
"Subject:","Winter tyres"
"Sent","2026-03-03 10:00:00"

"Campaign results"
"Total emails sent:","1000"
"Opened:","300 (30.3%)"
"Clicked:","50 (5.05%)"

"Bad statistics"
"Unsubscribed:","5 (0.5%)"
"Spam complaints:","0 (0%)"
"Hard bounce:","6 (0.6%)"
"Soft bounce:","4 (0.4%)"

"Reading environment"
"Mobile:","60%"

"Top email clients"
"Email client","Subscribers"
"Gmail","80%"
"","1%"

"Links activity"
"Links","Unique clicks","Total clicks"
"https://shop.example.com/","40","70"
"Unsubscribe link (plain text version)","5","5"
"""


def test_mailerlites_rates_are_over_what_was_delivered(tmp_path: Path) -> None:
    log, tables = read_one(exports.write(tmp_path, "a.csv", MAILERLITE))
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("mailerlite_report", 3, 3, ())
    (row,) = tables["campaign_stats"].to_dict("records")
    # 1000 sent, 6 + 4 bounced: 300 of 990 are 30.30 %, 50 of 990 are 5.05 %; 5 of 1000 are 0.5 %
    assert picked(row, "sent", "delivered", "delivered_is_derived", "bounced", "opened", "clicked") == [
        1000, 990, True, 10, 300, 50,
    ]  # fmt: skip
    assert picked(row, "unsubscribed", "complained", "campaign_name") == [5, 0, "Winter tyres"]
    assert not any("reported" in str(note) for note in log.notes)
    assert row["sent_at"] == pd.Timestamp("2026-03-03 07:00", tz="UTC")
    links = tables["link_stats"]
    assert links[["clicked", "clicks_total"]].to_numpy().tolist() == [[40, 70], [5, 5]]  # unique first


KLAVIYO = (
    "Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Placed Order,Placed Order Rate,"
    "Revenue,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Spam Complaints,"
    "Spam Complaints Rate,Successful Deliveries,Bounces,Bounce Rate,Campaign ID,Campaign Channel\n"
    '"Spring, sale","promo, spring","Hi {{ person.first_name|default:\'\' }},\nlook",All,2026-03-03 10:00:00,Tuesday,'
    "1000.0,12.0,1.21%,1240.5,495.0,50.00%,700.0,99.0,10.00%,120.0,3.0,1.0,0.10%,990.0,10.0,1.00%,K1,Email\n"
    "Test,,[MULTIPLE VARIATIONS],All,2026-03-04 10:00:00,Wednesday,500,0,0%,0,200,40.40%,300,20,4.04%,25,0,0,0%,495,5,"
    "1.00%,K2,Email\n"
    "Text,,Come by,All,2026-03-05 10:00:00,Thursday,300,1,0.3%,10,0,0%,0,9,3%,9,0,0,0%,300,0,0%,K3,SMS\n"
)


def test_klaviyos_messages_that_are_no_mail_are_set_aside(tmp_path: Path) -> None:
    log, rows = stats_of(exports.write(tmp_path, "a.csv", KLAVIYO))
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("klaviyo_campaigns", 3, 2, ())
    assert [(one.line, one.reason) for one in log.rejections] == [
        (5, ("its Campaign Channel is 'SMS', so it is set aside"))
    ]
    spring, test = rows
    counts = ("sent", "delivered", "bounced", "opened", "opens_total", "clicked", "clicks_total", "orders")
    assert picked(spring, *counts) == [1000, 990, 10, 495, 700, 99, 120, 12]
    assert picked(spring, "tags", "revenue", "currency", "campaign_type") == ["promo, spring", 1240.5, "EUR", None]
    assert spring["subject"].startswith("Hi {{ person.first_name")
    assert test["campaign_type"] == "ab_test"
    assert not any("reported" in str(note) for note in log.notes)  # 495 / 990, 99 / 990


def test_klaviyos_fractions_from_excel_are_told_by_the_counts(tmp_path: Path) -> None:
    head = "Campaign Name\tSubject\tSend Date\tTotal Recipients\tUnique Opens\tOpen Rate\tUnique Clicks\tClick Rate\t"
    head += "Unsubscribes\tSpam Complaints\tSuccessful Deliveries\tBounces\n"
    rows = "A\tHello\t2026-03-03\t1000\t495\t0.5\t99\t0.1\t1\t0\t990\t10\n"
    rows += "B\tHello\t2026-03-04\t500\t4\t0.0081\t1\t0.002\t1\t0\t495\t5\n"
    log, (first, second) = stats_of(exports.write(tmp_path, "a.csv", head + rows, "utf-16"))
    assert (log.preset, log.separator, log.encoding) == ("klaviyo_campaigns", "\t", "utf-16")
    assert picked(first, "reported_open_rate", "reported_click_rate") == [0.5, 0.1]
    assert second["reported_open_rate"] == 0.0081  # 4 of 495; as a per cent it would be 0.008 %
    assert not any("reported" in str(note) for note in log.notes)


BREVO = {"sent": 1000, "delivered": 980, "hardBounces": 15, "softBounces": 5, "deferred": 9, "uniqueViews": 490}
BREVO |= {
    "viewed": 800,
    "trackableViews": 300,
    "trackableViewsRate": 30.61,
    "estimatedViews": 350,
    "appleMppOpens": 190,
}
BREVO |= {"opensRate": 50, "uniqueClicks": 49, "clickers": 70, "complaints": 1, "unsubscriptions": 4, "returnBounce": 0}
ONE = {"id": 7, "name": "Spring", "subject": "Hello", "type": "classic", "status": "sent",
       "sentDate": "2026-03-03T10:00:00.000+01:00",
       "statistics": {"globalStats": BREVO, "campaignStats": []}}  # fmt: skip


@pytest.mark.parametrize("answer", [BREVO, ONE, {"count": 1, "campaigns": [ONE]}, [ONE]])
def test_brevos_clickers_are_clicks_and_apples_openings_are_a_machines(tmp_path: Path, answer: Any) -> None:
    log, (row,) = stats_of(exports.write(tmp_path, "a.json", json.dumps(answer)))
    assert (log.preset, log.rows_read) == ("brevo_campaigns", 1)
    assert picked(row, "sent", "delivered", "bounced", "opened", "opens_total", "opened_machine") == [
        1000, 980, 20, 490, 800, 190,
    ]  # fmt: skip
    assert picked(row, "clicked", "clicks_total", "unsubscribed", "complained") == [49, 70, 4, 1]
    assert row["reported_open_rate"] == 0.5  # 490 of 980; the number has no sign of its unit
    assert row["campaign_type"] is None
    if answer is not BREVO:
        assert picked(row, "source_campaign_id", "sent_at") == ["7", pd.Timestamp("2026-03-03 09:00", tz="UTC")]


def test_unisenders_totals_are_read(shared: Path) -> None:
    log, (row,) = stats_of(shared / "formats" / "unisender" / "getCampaignCommonStats.json")
    assert (log.preset, log.unmapped) == ("unisender_stats", ())
    counts = ("sent", "delivered", "opened", "opens_total", "clicked", "clicks_total", "unsubscribed", "complained")
    assert picked(row, *counts) == [81962, 81737, 6816, 8940, 447, 545, 184, 86]  # read in the file
    assert picked(row, "bounced", "sent_local", "delivered_is_derived") == [None, None, False]


def test_campaign_monitors_summary_is_kept_with_what_is_odd_about_it(shared: Path) -> None:
    log, (row,) = stats_of(shared / "formats" / "campaign_monitor" / "campaign_summary.json")
    assert picked(row, "sent", "delivered", "delivered_is_derived", "opened", "opens_total") == [5, 5, True, 5, 10]
    assert picked(row, "clicked", "clicks_total", "complained", "forwarded") == [None, 0, 23, 11]
    assert "complained is larger than sent in 1 row, on line 1 (23 > 5)" in log.notes


def test_a_page_of_campaigns_says_that_it_is_one(shared: Path) -> None:
    log, rows = stats_of(shared / "formats" / "campaign_monitor" / "campaigns.json")
    assert [row["sent"] for row in rows] == [2245, 11222]
    assert [row["tags"] for row in rows] == ["Tag1, Tag2", None]
    assert "this is one page of 49 records: 2 are here, the others are on further pages" in log.notes


@pytest.mark.parametrize("spelling", ["unsubsribed", "unsubscribed"])
def test_getresponses_counts_are_texts(tmp_path: Path, spelling: str) -> None:
    numbers = {
        "sent": 900,
        "totalOpened": 400,
        "uniqueOpened": 300,
        "totalClicked": 60,
        "uniqueClicked": 45,
        "goals": 3,
    }
    numbers |= {"uniqueGoals": 2, "forwarded": 1, spelling: 4, "bounced": 10, "complaints": 1}
    answer = [{"timeInterval": "2026-03-01T00:00:00+0000/P1M", **{name: str(one) for name, one in numbers.items()}}]
    log, (row,) = stats_of(exports.write(tmp_path, "a.json", json.dumps(answer)))
    assert (log.preset, log.unmapped) == ("getresponse_statistics", ())
    assert picked(row, "sent", "delivered", "opened", "opens_total", "clicked", "clicks_total") == [
        900,
        890,
        300,
        400,
        45,
        60,
    ]
    assert picked(row, "unsubscribed", "complained", "converted", "forwarded") == [4, 1, 2, 1]
    assert row["sent_at"] == pd.Timestamp("2026-03-01", tz="UTC")


def test_more_openers_than_openings_is_a_note_and_no_error(shared: Path) -> None:
    log, (row,) = stats_of(shared / "formats" / "getresponse" / "newsletters_statistics.json")
    assert picked(row, "opened", "opens_total") == [6, 4]
    assert "opened is larger than opens_total in 1 row, on line 1 (6 > 4)" in log.notes


def test_hubspots_click_through_rate_is_over_openings(shared: Path) -> None:
    log, (row,) = stats_of(shared / "formats" / "hubspot" / "marketing_email_statistics.json")
    assert picked(row, "sent", "delivered", "opened", "clicked") == [704, 704, 443, 8]
    # 443 / 704, 8 / 704 and 8 / 443: FORMATS, HubSpot
    assert picked(row, "reported_open_rate", "reported_click_rate", "reported_ctor") == pytest.approx(
        [0.62926, 0.01136, 0.01806]
    )
    assert not any("reported" in str(note) for note in log.notes)


def test_sendpulses_answers_are_read_one_by_one(shared: Path, tmp_path: Path) -> None:
    path = shared / "formats" / "sendpulse" / "api_campaign_fixtures.json"
    answers = json.loads(path.read_text(encoding="utf-8"))
    known = {}
    for name, answer in answers.items():
        file = exports.write(tmp_path, f"{name.split('_')[-1]}.json", json.dumps(answer))
        (log,) = sources.read(file, BARE).files
        known[name.split("_")[-1]] = (log.preset, log.rows_kept)
    assert known["GetCampaign"] == ("sendpulse_campaigns", 1)
    assert known["GetCampaigns"] == ("sendpulse_campaigns", 2)
    assert known["GetCampaignReferralsStatistics"] == ("sendpulse_links", 2)
    assert known["GetCampaignCountriesStatistics"] == (None, 0)
    _, (row,) = stats_of(tmp_path / "GetCampaign.json", BARE)
    assert picked(row, "source_campaign_id", "sent", "list_name") == ["4164892", 0, "391289"]
    assert row["sent_local"] == pd.Timestamp("2020-09-28 22:22")


def test_drafts_are_no_sends(tmp_path: Path) -> None:
    head = "id,uuid,name,subject,status,tags,to_send,sent,started_at,send_at,type\n"
    rows = 'u-1,Spring,Hello,finished,"{promo,""two words""}",100,98,2026-03-03T10:00:00+03:00,,regular\n'
    text = f"{head}1,{rows}2,u-2,Draft,Hello,draft,,0,0,,,regular\n"
    text += "3,u-3,Please confirm,Hi,finished,,5,5,2026-03-03 10:00:00,,optin\n"
    log, rows = stats_of(exports.write(tmp_path, "a.csv", text))
    assert (log.preset, log.rows_read, log.rows_kept) == ("listmonk_campaigns", 3, 2)
    assert [one.reason for one in log.rejections] == ["its status is 'draft', so it is set aside"]
    assert picked(rows[0], "sent", "delivered", "tags", "campaign_type") == [98, None, "promo, two words", "regular"]
    assert rows[1]["campaign_type"] == "transactional"
    assert rows[0]["sent_at"] == pd.Timestamp("2026-03-03 07:00", tz="UTC")


def test_campaigns_of_the_warehouse_tell_name_and_time(shared: Path) -> None:
    _, (row,) = stats_of(shared / "formats" / "dbt_mailchimp" / "campaign.csv")
    assert picked(row, "source_campaign_id", "campaign_name", "campaign_type") == [
        "c2b4c1c0d9",
        "Release 0.1.1",
        "regular",
    ]
    assert row["sent_at"] == pd.Timestamp("2019-11-27 16:59:27", tz="UTC")
    _, rows = stats_of(shared / "formats" / "dbt_mailchimp" / "automation_email.csv")
    assert {row["campaign_type"] for row in rows} == {"automation"}


def test_json_that_no_platform_answers_is_left_alone(tmp_path: Path) -> None:
    people = [
        {"email": "anna@example.com", "status": "active", "created": "2026-01-01"}
    ]  # a contact by its names alone
    (log,) = sources.read(exports.write(tmp_path, "a.json", json.dumps(people, indent=1)), BARE).files
    assert log.status == "unrecognised"


# Headers that exports of platforms without a published header may have; no one of them was seen.
PLAUSIBLE = [
    ("Campaign,Subject,Send date,Recipients,Delivered,Unique opens,Total opens,Unique clicks,Total clicks,Unsubscribes",
     {"campaign_name", "subject", "sent_local", "sent", "delivered", "opened", "opens_total", "clicked", "clicks_total",
      "unsubscribed"}),
    ("Campaign,Recipients,Opened,Spam complaints,Hard bounces,Soft bounces,Open rate,Click rate,Click-through rate",
     {"campaign_name", "sent", "opened", "complained", "bounced_hard", "bounced_soft", "reported_open_rate",
      "reported_click_rate"}),
    ("Message name,Subject,Sent on,Sent,Opened,Clicked,Unsubscribed,Bounced,Complaints",
     {"campaign_name", "subject", "sent_local", "sent", "opened", "clicked", "unsubscribed", "bounced", "complained"}),
    ("Email name,Subject line,Sent date,Sent,Delivered,Opened,Clicked,Hard bounced,Soft bounced,Spam reports",
     {"campaign_name", "subject", "sent_local", "sent", "delivered", "opened", "clicked", "bounced_hard",
      "bounced_soft", "complained"}),
    ("Campaign,Date sent,Sends,Opens,Unique opens,Clicks,Unique clicks,Bounces,Forwards,Replies,Unsubscribes",
     {"campaign_name", "sent_local", "sent", "opens_total", "opened", "clicks_total", "clicked", "bounced", "forwarded",
      "replied", "unsubscribed"}),
    ("Campaign,Emails sent,Delivered,Opened,Clicked,Unsubscribed,Complaints,Bounced",
     {"campaign_name", "sent", "delivered", "opened", "clicked", "unsubscribed", "complained", "bounced"}),
    ("Название рассылки;Тема письма;Дата отправки;Отправлено;Доставлено;Открыто;Открыто, %;Клики;Отписки;Жалобы;Ошибки",
     {"campaign_name", "subject", "sent_local", "sent", "delivered", "opened", "reported_open_rate", "clicked",
      "unsubscribed", "complained", "bounced"}),
    ("ID рассылки;Рассылка;Тема;Дата запуска;Отправлено писем;Доставлено писем;Прочитали;Всего открытий;Отписались",
     {"source_campaign_id", "campaign_name", "subject", "sent_local", "sent", "delivered", "opened", "opens_total",
      "unsubscribed"}),
    ("Рассылка;Адресатов;Перешли по ссылке;Всего переходов;Пожаловались",
     {"campaign_name", "sent", "clicked", "clicks_total", "complained"}),
    ("Письмо;Сегмент;Дата отправки;Адресатов;Прочитано;Кликнули;Отписалось;Не доставлено",
     {"campaign_name", "list_name", "sent_local", "sent", "opened", "clicked", "unsubscribed", "bounced"}),
    ("Кампания;Месяц;Кол-во получателей, чел.;Доставлено, шт.;Уникальные открытия;Уникальные клики;Доля открытий;CTR",
     {"campaign_name", "sent_local", "sent", "delivered", "opened", "clicked", "reported_open_rate",
      "reported_click_rate"}),
]  # fmt: skip


@pytest.mark.parametrize(("header", "columns"), PLAUSIBLE)
def test_a_header_that_nobody_published_is_proposed_a_mapping(tmp_path: Path, header: str, columns: set[str]) -> None:
    mark = ";" if ";" in header else ","
    path = exports.write(tmp_path, "a.csv", header + "\n" + mark.join("1" for _ in header.split(mark)) + "\n")
    said = [line.split(":")[0].strip() for line in sources.propose(path).splitlines() if line.startswith("  ")]
    assert set(said) == columns
    (log,) = sources.read(path, BARE).files
    assert log.preset == "campaign_stats"


def test_iterables_campaigns_have_names_and_no_counts(shared: Path) -> None:
    log, rows = stats_of(shared / "formats" / "dbt_iterable" / "campaign_history_data.csv")
    assert (log.preset, log.unmapped) == ("iterable_campaigns", ())
    # read in the file's two rows
    assert [(row["source_campaign_id"], row["campaign_name"], row["campaign_type"]) for row in rows] == [
        ("2452145", "20180618_fun_campaign campaign from Workflow 157274", "automation"),
        ("2452149", "20180620_other_thing campaign from Workflow 157274", "automation"),
    ]


@pytest.mark.parametrize(
    "file", ["dbt_iterable/campaign_metrics_data.csv", "dbt_mailchimp/segment.csv", "dbt_hubspot/deal_stage_data.csv"]
)
def test_a_table_of_a_warehouse_is_never_taken_for_somebodys_own(shared: Path, file: str) -> None:
    (log,) = sources.read(shared / "formats" / file, BARE).files
    assert log.status == "unrecognised"
