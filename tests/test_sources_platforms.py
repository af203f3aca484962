"""Exports of platforms that tell less, or otherwise, than a row of counts a campaign."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import kit
from kit import sources
from kit.counts import campaigns, service
from kit.settings import Settings
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog
    from kit.store import Data

BERLIN = Settings(values={"time_zone": "Europe/Berlin", "currency": "EUR"})


def read_one(path: Path, settings: Settings = BERLIN) -> tuple[FileLog, dict[str, pd.DataFrame]]:
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    return log, loaded.tables


def written(tmp_path: Path, text: str, name: str = "a.csv") -> tuple[FileLog, dict[str, pd.DataFrame]]:
    return read_one(exports.write(tmp_path, name, text))


def opened_folder(tmp_path: Path, text: str) -> Data:
    exports.write(tmp_path, "a.csv", text)
    return kit.open(tmp_path)


def expected_of(shared: Path, case: str) -> dict[str, Any]:
    return json.loads((shared / "field" / case / "expected.json").read_text(encoding="utf-8"))


def sums(table: pd.DataFrame, *names: str) -> list[int]:
    return [int(table[name].sum()) for name in names]


KLAVIYO = (
    "Campaign Message ID,Campaign Message Name,Send Date,Send Time,Open Rate,Click Rate,Unsubscribe Rate,Bounce Rate,"
    "Spam Complaints Rate,Total Opens,Unique Opens,Total Clicks,Unique Clicks,Total Unsubscribes,Unique Unsubscribes,"
    "Spam Complaints,Bounces,Subject,Preview Text,Day of Week,Campaign Message Channel\n"
    "K1,Spring,2026-03-03,06:30 PM,0.30303,0.0404,0.00202,0.01,0.00101,400,300,50,40,3,2,1,10,Look,,Tuesday,Email\n"
    "K2,Summer,2026-06-03,09:00 AM,0.4,0.02,0,0.0,0.0,300,200,12,10,0,0,0,0,Hello,,Wednesday,Email\n"
    "K3,Text,2026-06-04,09:00 AM,0.0,0.05,0,0.0,0.0,0,0,12,10,0,0,0,0,,,Thursday,SMS\n"
)


def test_klaviyos_deliveries_follow_from_the_openings_and_their_rate(tmp_path: Path) -> None:
    log, tables = written(tmp_path, KLAVIYO)
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("klaviyo_messages", 3, 2, ())
    spring, summer = tables["campaign_stats"].to_dict("records")
    # 300 / 0.30303 = 990.0 ± 0.02; the second rate has lost its zeros, and is written with five digits all the same
    assert [spring[name] for name in ("sent", "delivered", "bounced", "opened", "clicked")] == [1000, 990, 10, 300, 40]
    assert [summer[name] for name in ("sent", "delivered", "unsubscribed")] == [500, 500, 0]
    assert spring["delivered_is_derived"]
    assert spring["sent_local"] == pd.Timestamp("2026-03-03 18:30")
    assert [spring["reported_open_rate"], summer["reported_click_rate"]] == [0.30303, 0.02]
    assert (
        "delivered in 2 rows is not in the file; it is calculated as opened divided by reported_open_rate, to "
        "within 0.002%"
    ) in map(str, log.notes)
    assert not any("is not opened over" in str(note) for note in log.notes)


def test_a_rate_with_too_few_digits_gives_no_deliveries(tmp_path: Path) -> None:
    head = "Campaign Message ID,Campaign Message Name,Send Date,Open Rate,Unique Opens,Bounces\n"
    log, tables = written(tmp_path, head + "K1,A,2026-03-03,30%,300,10\nK2,B,2026-03-04,41%,410,0\n")
    assert log.preset == "klaviyo_messages"
    assert tables["campaign_stats"][["delivered", "sent"]].isna().all(axis=None)


def test_klaviyos_percent_signs_of_excel_are_read(tmp_path: Path) -> None:
    head = "Campaign Message ID,Campaign Message Name,Send Date,Open Rate,Unique Opens,Bounces\n"
    _, tables = written(tmp_path, head + "K1,A,2026-03-03,30.303%,300,10\nK2,B,2026-03-04,0.000%,0,3\n")
    table = tables["campaign_stats"]
    assert table["delivered"].fillna(-1).tolist() == [990, -1]  # nobody opened: of how many, nobody can say


def test_the_real_klaviyo_messages_add_up(shared: Path) -> None:
    expected = expected_of(shared, "F01_klaviyo_message_report")
    log, tables = read_one(shared / "field" / "F01_klaviyo_message_report" / "campaigns.csv")
    table = tables["campaign_stats"]
    assert (log.preset, len(table)) == ("klaviyo_messages", expected["campaigns"])
    names = ("opened", "opens_total", "clicked", "bounced", "unsubscribed", "complained")
    keys = ("unique_opens", "total_opens", "unique_clicks", "bounces", "unique_unsubscribes", "complaints")
    assert sums(table, *names) == [expected[key] for key in keys]
    assert table["delivered"].iloc[0] == expected["first_row_delivered_about"]
    assert (table["opened"] / table["delivered"] - table["reported_open_rate"]).abs().max() < 0.0001


CUSTOMERIO = (
    "timestamp,timestamp_RFC3339,template_id,template_name,channel,subject,campaign_id,campaign_name,sent,delivered,"
    "opened,clicked,converted,bounced,spammed,unsubscribed,suppressed,failed,drafted,topic_unsubscribed\n"
    "1767571200,2026-01-05T00:00:00Z,1,Day 3,email,Hi,7,Welcome,100,90,30,9,1,10,1,2,3,0,0,0\n"
    "1767571200,2026-01-05T00:00:00Z,2,Day 4,email,Ho,7,Welcome,200,190,40,8,2,10,0,1,0,0,0,0\n"
    "1769990400,2026-02-02T00:00:00Z,1,Day 3,email,Hi,7,Welcome,50,50,10,1,0,0,0,0,0,0,0,0\n"
    "1769990400,2026-02-02T00:00:00Z,3,Day 5,push,,7,Welcome,900,900,1,1,0,0,0,0,0,0,0,0\n"
)


def test_weeks_of_one_mail_of_customerio_add_up(tmp_path: Path) -> None:
    data = opened_folder(tmp_path, CUSTOMERIO)
    (log,) = data.files
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("customerio_metrics", 4, 3, ())
    months = campaigns.messages(data, ["month"]).set_index("month")
    assert months["sent"].to_dict() == {"2026-01": 300, "2026-02": 50}
    mails = campaigns.messages(data, ["campaign_name"]).set_index("campaign_name")
    assert mails["sent"].to_dict() == {"Welcome Day 3": 150, "Welcome Day 4": 200}
    assert mails["delivered"].tolist() == [140, 190]
    assert mails[["complained", "unsubscribed", "converted"]].sum().tolist() == [1, 3, 3]


def test_the_customerio_metrics_add_up(shared: Path) -> None:
    expected = expected_of(shared, "F03_customerio_metrics")
    data = kit.open(shared / "field" / "F03_customerio_metrics")
    months = campaigns.messages(data, ["month"]).set_index("month")
    assert months["sent"].to_dict() == expected["sent_by_month"]
    names = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained", "converted")
    assert sums(months, *names) == [expected[name] for name in names]


SUBSTACK = """\
email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
a@example.com,false,,other,false,2024-01-24T10:00:00.000Z,
b@example.com,true,2026-12-01T00:00:00.000Z,yearly,false,2024-02-02T23:30:00.000Z,2024-02-02T10:00:00.000Z
c@example.com,true,,comp,true,2024-02-11T10:00:00.000Z,
"""

POSTS = """\
post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url
10.one,2026-01-01T09:00:00.000Z,true,2026-01-01T09:05:00.000Z,,newsletter,everyone,"One, two",,
11.web,2026-01-08T09:00:00.000Z,true,,,newsletter,everyone,On the web alone,,
12.draft,,false,,,newsletter,only_paid,,,
"""


def test_substacks_subscribers_say_who_pays_and_who_gets_no_mail(tmp_path: Path) -> None:
    log, tables = written(tmp_path, SUBSTACK)
    assert (log.preset, log.unmapped) == ("substack_subscribers", ())
    people = tables["contacts"]
    assert people["status"].tolist() == ["subscribed", "subscribed", "unsubscribed"]
    assert people["segment"].tolist() == ["free", "paying", "complimentary"]
    assert people["opted_in_at"].iloc[1] == pd.Timestamp("2024-02-03 00:30")  # of Berlin


def test_posts_without_counts_give_no_rates(tmp_path: Path) -> None:
    data = opened_folder(tmp_path, POSTS)
    (log,) = data.files
    assert (log.preset, log.rows_read, log.rows_kept) == ("substack_posts", 3, 1)
    reasons = [str(rejection.reason) for rejection in log.rejections]
    assert reasons == ["its email_sent_at is empty, so it is set aside"] * 2
    counts = campaigns.messages(data, ["campaign_name"])
    assert counts[["campaign_name", "campaigns"]].to_numpy().tolist() == [["One, two", 1]]
    assert counts[["sent", "delivered", "opened", "clicked"]].isna().all(axis=None)


def test_the_substack_export_is_read(shared: Path) -> None:
    expected = expected_of(shared, "F05_substack")
    data = kit.open(shared / "field" / "F05_substack")
    people = data.table("contacts")
    assert people["contact_key"].nunique() == expected["distinct_addresses"]
    of_status = people.drop_duplicates("contact_key")["status"].value_counts()
    assert of_status["unsubscribed"] == expected["email_disabled"]
    assert people.loc[people["segment"].str.contains("paying"), "contact_key"].nunique() == expected["paying"]
    counts = campaigns.messages(data, [])
    assert counts["campaigns"].tolist() == [expected["posts_sent_as_mail"]]
    assert counts[["sent", "delivered", "opened"]].isna().all(axis=None)


DETAILS = """\
Email,Name,Subscription type,Activity,Subscription date,Revenue,Subscriber country,Email receives (last 6 months),\
Emails opened (last 6 months),Email opens (last 6 months),Subscription source (free),Cancel date
a@example.com,A,Free,0,4/1/2023,$0.00,DE,7,4,8,direct,
b@example.com,B,Monthly,3,12/20/2023,$50.00,FR,23,12,24,network,12/24/2023
c@example.com,C,Founding,3,1/2/2024,$150.00,FR,23,12,24,network,
"""


def test_substacks_days_have_the_month_first(tmp_path: Path) -> None:
    log, tables = written(tmp_path, DETAILS)
    assert (log.preset, log.status) == ("substack_details", "read")
    counted = {name for name in DETAILS.splitlines()[0].split(",") if "(last 6 months)" in name}
    assert counted
    assert counted <= set(log.unmapped)  # of no one mail: named, and in no count
    people = tables["contacts"]
    assert people["opted_in_at"].dt.strftime("%Y-%m-%d").tolist() == ["2023-04-01", "2023-12-20", "2024-01-02"]
    assert people["segment"].tolist() == ["free", "paying", "paying"]
    assert people["country"].tolist() == ["DE", "FR", "FR"]


def test_the_substack_details_are_read(shared: Path) -> None:
    expected = expected_of(shared, "F13_substack_details")
    log, tables = read_one(shared / "field" / "F13_substack_details" / "subscribers.csv")
    assert log.rows_kept == expected["people"]
    assert {"Activity", "Email receives (last 6 months)"} <= set(log.unmapped)
    assert (tables["contacts"]["segment"] == "paying").sum() == expected["paying"]
    assert set(tables) == {"contacts"}  # counts a person over six months are those of no mail


BOUNCES = """\
status,reason,email,created
5.1.1,"550 5.1.1 no such user",A@example.com,1790083507
5.2.2,"552 5.2.2 mailbox full",b@example.com,1790087107
4.4.7,"421 try later",c@example.com,1790090707
,"unable to get mx info",d@example.com,1790094307
5.7.1,"550 5.7.1 blocked by policy",e@example.com,1790094308
5.0.0,"550 permanent failure",f@example.com,1790094309
"""


def test_sendgrids_bounces_are_people_and_make_no_rate(tmp_path: Path) -> None:
    data = opened_folder(tmp_path, BOUNCES)
    (log,) = data.files
    assert (log.preset, log.rows_kept, log.notes) == ("sendgrid_bounces", 6, ())
    people = data.table("contacts").sort_values("email")
    assert people["status"].fillna("").tolist() == ["cleaned", "", "", "", "", "cleaned"]
    assert people["cleaned_at"].tolist()[0] == pd.Timestamp("2026-09-22 13:25:07")  # 1790083507, UTC
    assert people["cleaned_at"].notna().tolist() == [True, False, False, False, False, True]
    assert campaigns.messages(data, []).empty


@pytest.mark.parametrize(
    ("head", "row", "preset", "status", "when"),
    [
        ("reason,email,created", "Mail domain unknown,a@example.com,1790083507", "sendgrid_invalid", "cleaned",
         "cleaned_at"),
        ("email,created,ip", "a@example.com,1790083507,", "sendgrid_spam_reports", "blocklisted", "unsubscribed_at"),
    ],
)  # fmt: skip
def test_sendgrids_other_lists_say_whom_not_to_write_to(
    tmp_path: Path, head: str, row: str, preset: str, status: str, when: str
) -> None:
    log, tables = written(tmp_path, f"{head}\n{row}\n")
    (person,) = tables["contacts"].to_dict("records")
    assert (log.preset, person["status"]) == (preset, status)
    assert person[when] == pd.Timestamp("2026-09-22 15:25:07")  # of Berlin
    assert pd.isna(person["opted_in_at"])


def test_only_its_name_says_that_a_list_of_sendgrid_is_of_people_who_left(tmp_path: Path) -> None:
    text = "email,created\na@example.com,1790083507\n"
    log, tables = written(tmp_path, text, "suppression_unsubscribes.csv")
    (person,) = tables["contacts"].to_dict("records")
    assert (log.preset, person["status"]) == ("sendgrid_unsubscribes", "unsubscribed")
    assert person["unsubscribed_at"] == pd.Timestamp("2026-09-22 15:25:07")  # of Berlin
    assert pd.isna(person["opted_in_at"])
    assert written(tmp_path, text, "list.csv")[0].preset != "sendgrid_unsubscribes"


def test_the_sendgrid_bounces_are_read(shared: Path) -> None:
    expected = expected_of(shared, "F07_sendgrid_bounces")
    data = kit.open(shared / "field" / "F07_sendgrid_bounces")
    people = data.table("contacts")
    assert people["contact_key"].nunique() == expected["addresses"]
    assert (people["status"] == "cleaned").sum() >= expected["hard_at_least"]
    assert campaigns.messages(data, []).empty


DAYS = """\
date,requests,delivered,opens,unique_opens,clicks,unique_clicks,bounces,unsubscribes,spam_reports,blocks
2026-03-30,1000,980,200,150,20,18,15,2,1,5
2026-03-31,0,0,100,90,10,9,0,1,0,0
2026-04-01,500,490,60,50,5,5,10,0,0,0
"""


def test_sendgrids_days_are_months_and_their_people_do_not_add(tmp_path: Path) -> None:
    data = opened_folder(tmp_path, DAYS)
    (log,) = data.files
    assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("sendgrid_daily", 3, 3, ())
    assert not any("larger" in str(note) for note in log.notes)
    months = campaigns.messages(data, ["month"]).set_index("month")
    assert months["campaigns"].tolist() == [1, 1]
    names = ["sent", "delivered", "bounced", "opens_total", "clicks_total", "unsubscribed"]
    assert months[names].to_numpy().tolist() == [
        [1000, 980, 15, 300, 30, 3],
        [500, 490, 10, 60, 5, 0],
    ]  # fmt: skip
    assert months[["opened", "clicked"]].isna().all(axis=None)
    assert data.campaigns["campaign_name"].tolist() == ["2026-03", "2026-04"]


def test_a_count_that_a_day_lacks_is_unknown_for_its_month(tmp_path: Path) -> None:
    _, tables = written(tmp_path, DAYS.replace("2026-03-31,0,0,100", "2026-03-31,0,0,"))
    table = tables["campaign_stats"]
    assert table["opens_total"].fillna(-1).tolist() == [-1, 60]
    assert table["clicks_total"].tolist() == [30, 5]


def test_the_sendgrid_days_show_no_open_rate(shared: Path) -> None:
    expected = expected_of(shared, "P03_sendgrid_daily_stats")
    data = kit.open(shared / "field" / "P03_sendgrid_daily_stats")
    counts = campaigns.messages(data, [])
    assert sums(counts, "sent", "delivered", "bounced") == [
        expected[name] for name in ("requests", "delivered", "bounces")
    ]
    assert counts[["opened", "clicked"]].isna().all(axis=None)


MAUTIC = """\
ID,Name,Subject,Date published,Sent count,Read count,Read ratio,Clicks,Unique clicks,Clicks ratio,Unsubscribed,\
Unsubscribed ratio,Bounced,Bounced ratio
40,Mail A,Hello,2026-01-03 10:00,1000,300,30.0,60,40,6.0,5,0.5,100,10.0
41,Mail B,Again,2026-01-12 10:00,500,50,10.0,9,8,1.8,0,0.0,0,0.0
"""


def test_mautics_ratios_are_over_what_was_sent(tmp_path: Path) -> None:
    log, tables = written(tmp_path, MAUTIC)
    assert (log.preset, log.unmapped) == ("mautic_emails", ())
    first, second = tables["campaign_stats"].to_dict("records")
    names = ("sent", "bounced", "delivered", "opened", "clicked", "clicks_total", "unsubscribed")
    assert [first[name] for name in names] == [1000, 100, 900, 300, 40, 60, 5]
    assert (second["delivered"], second["reported_open_rate"]) == (500, 0.1)
    assert "reported_open_rate in this file is opened divided by sent, not by delivered" in map(str, log.notes)


def test_the_mautic_report_adds_up(shared: Path) -> None:
    expected = expected_of(shared, "P05_mautic_report")
    data = kit.open(shared / "field" / "P05_mautic_report")
    (counts,) = campaigns.messages(data, []).to_dict("records")
    keys = ("sent", "bounced", "delivered", "read", "clicked_people", "unsubscribed")
    names = ("sent", "bounced", "delivered", "opened", "clicked", "unsubscribed")
    assert [counts[name] for name in names] == [expected[key] for key in keys]
    assert round(counts["opened"] / counts["delivered"], 4) == expected["open_rate_delivered"]


FRONT = """\
Message ID,Conversation ID,Direction,Status,Inbox,Message Date,Response time,Assignee,Contact name,Contact handle,\
Autoreply
m9,c2,Outbound,archived,Support,2026-03-02 08:00:00,,anna,B,b@example.com,No
m2,c1,Outbound,archived,Support,2026-03-02 13:00:00,14400,anna,A,a@example.com,No
m2,c1,Outbound,archived,Sales,2026-03-02 13:00:00,14400,anna,A,a@example.com,No
m0,c1,Outbound,archived,Support,2026-03-02 09:00:05,5,,A,a@example.com,Yes
m1,c1,Inbound,archived,Support,2026-03-02 09:00:00,,,A,a@example.com,No
m3,c1,Inbound,archived,Support,2026-03-02 14:00:00,,,A,a@example.com,No
m4,c2,Inbound,archived,Support,2026-03-02 10:00:00,,,B,b@example.com,No
m5,c2,Outbound,archived,Support,2026-03-02 10:30:00,1800,anna,B,b@example.com,No
m6,c3,Inbound,unassigned,Support,2026-03-02 11:00:00,,,C,c@example.com,No
m7,c4,Outbound,archived,Support,2026-03-02 12:00:00,,anna,D,d@example.com,No
"""


def test_a_conversation_of_front_is_answered_by_the_first_message_out_after_it(tmp_path: Path) -> None:
    data = kit.open(exports.write(tmp_path, "messages.csv", FRONT))
    (log,) = data.files
    assert (log.preset, log.table, log.unmapped) == ("front_messages", "ticket_messages, tickets", ())
    assert (log.rows_read, log.rows_kept, log.rows_repeated) == (10, 9, 1)
    assert "ticket_messages: 1 conversation without a message from a customer does not count as a request" in data.notes
    tickets = data.table("tickets").sort_values("ticket_id")
    waits = (tickets["first_response_local"] - tickets["created_local"]).dt.total_seconds()
    # c1: the machine's answer after 5 seconds is none; c2: what we wrote before the question is none; c3 waits
    assert waits.fillna(-1).tolist() == [14400, 1800, -1]
    assert tickets["created_local"].dt.hour.tolist() == [9, 10, 11]
    assert tickets["contact_key"].nunique() == 3


def test_the_front_messages_wait_as_expected(shared: Path) -> None:
    expected = expected_of(shared, "F09_front_messages")
    data = kit.open(shared / "field" / "F09_front_messages")
    (log,) = (log for log in data.files if log.preset)
    tickets = data.table("tickets")
    waits = (tickets["first_response_local"] - tickets["created_local"]).dt.total_seconds()
    assert (log.rows_read, log.rows_kept) == (expected["rows"], expected["messages"])
    assert len(data.table("ticket_messages")) == log.rows_kept == log.rows_read - log.rows_repeated
    assert len(tickets) == expected["conversations"]
    assert (waits.notna().sum(), waits.isna().sum()) == (expected["answered"], expected["unanswered"])
    assert (waits.median(), waits.mean()) == (
        expected["median_seconds_answered_only"], expected["mean_seconds_answered_only"],
    )  # fmt: skip
    counted = service.waits(data).groupby("answered")["n"].sum()
    assert counted.to_dict() == {True: expected["answered"], False: expected["unanswered"]}


def test_an_offset_after_gmt_is_read(tmp_path: Path) -> None:
    head = "Timestamp,Email Address,How likely are you to recommend us?\n"
    rows = "2026/05/28 7:01:33 PM GMT+2,a@example.com,10\n2026/05/28 11:14:09 PM GMT+5:30,b@example.com,3\n"
    rows += "2026/12/28 12:14:09 AM GMT-3,c@example.com,8\n"
    log, tables = written(tmp_path, head + rows)
    assert (log.rows_kept, log.rows_rejected) == (3, 0)
    answers = tables["surveys"]
    # on the clock of Berlin: UTC+2 in May, UTC+1 in December
    assert answers["responded_local"].astype(str).tolist() == [
        "2026-05-28 19:01:33", "2026-05-28 19:44:09", "2026-12-28 04:14:09",
    ]  # fmt: skip
    assert answers["survey_type"].unique().tolist() == ["nps"]


def test_the_google_form_is_read(shared: Path) -> None:
    expected = expected_of(shared, "P18_google_forms")
    utc = Settings(values={"time_zone": "UTC"})
    _, tables = read_one(shared / "field" / "P18_google_forms" / "nps.csv", utc)
    answers = tables["surveys"]
    assert answers["score"].tolist() == expected["scores"]
    assert answers["responded_local"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist() == [
        expected["first_utc"], expected["second_utc"],
    ]  # fmt: skip
