"""Lists of people and what they did: audiences, activity a campaign, last states, openings that name nobody."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.text.addresses import contact_key
from kit.tables import EVENTS
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
MOSCOW = Settings(values={"time_zone": "Europe/Moscow"})
LAST_STATE = (
    "it has only the last state of each message. Earlier steps are added without a time, and opens and clicks "
    "count once per person"
)


def read_one(path: Path, settings: Settings = BARE) -> tuple[FileLog, dict[str, pd.DataFrame]]:
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables


def events_of(path: Path, settings: Settings = BARE) -> tuple[FileLog, pd.DataFrame]:
    log, tables = read_one(path, settings)
    assert list(tables) == ["events"]
    assert list(tables["events"].columns) == EVENTS.names
    return log, tables["events"]


def kinds(table: pd.DataFrame) -> dict[str, int]:
    return table["event_type"].value_counts().to_dict()


AUDIENCE = "Email Address,First Name,{merge}MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,CC,LAST_CHANGED,"
TAIL = "LEID,EUID,NOTES,TAGS"
FILES = {
    "subscribed": AUDIENCE.format(merge="")
    + TAIL
    + """
anna@example.com,Anna,4,2025-01-05 10:00:00,203.0.113.1,2025-01-05 10:05:00,203.0.113.1,DE,2025-02-01 00:00:00,1,e1,,\
\"""brakes"",""tyres, winter\"""
boris@example.com,Boris,2,,,2025-03-01 08:00:00,203.0.113.2,,2025-03-01 08:00:00,2,e2,,
""",
    "unsubscribed": AUDIENCE.format(merge="UNSUB_REASON,")
    + "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"
    + TAIL
    + """
carl@example.com,Carl,my own field,2,2025-01-06 10:00:00,,2025-01-06 10:00:00,,DE,2025-04-01 09:00:00,\
2025-04-01 09:00:00,Spring,aaaaaaaaa1,NORMAL,,3,e3,,
""",
    "cleaned": AUDIENCE.format(merge="")
    + "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,"
    + TAIL
    + """
dora@example.com,Dora,1,2024-01-06 10:00:00,,2024-01-06 10:00:00,,DE,2025-05-01 09:00:00,2025-05-01 09:00:00,Spring,\
aaaaaaaaa1,4,e4,,
""",
}


def test_the_status_of_an_audience_is_told_by_its_columns_and_not_by_its_name(tmp_path: Path) -> None:
    for number, text in enumerate(FILES.values()):
        exports.write(tmp_path, f"{number}.csv", text)
    loaded = sources.read(tmp_path, BARE)
    assert {log.preset for log in loaded.files} == {"mailchimp_audience"}
    table = loaded.tables["contacts"].set_index("email")
    assert table["status"].to_dict() == {
        "anna@example.com": "subscribed", "boris@example.com": "subscribed",
        "carl@example.com": "unsubscribed", "dora@example.com": "cleaned",
    }  # fmt: skip
    assert table["opted_in_at"].tolist()[0] == pd.Timestamp("2025-01-05 10:00")
    assert pd.isna(table["opted_in_at"]["boris@example.com"])  # put in by hand: nobody knows when
    assert table["segment"].tolist()[0] == "brakes, tyres, winter"
    assert table["country"]["dora@example.com"] == "DE"
    proofs = table["consent_proof"].dropna().to_dict()
    assert proofs == {"anna@example.com": "203.0.113.1", "boris@example.com": "203.0.113.2"}
    left = table.loc["carl@example.com"]
    assert (left["unsubscribe_reason"], left["unsubscribe_campaign_id"]) == ("NORMAL", "aaaaaaaaa1")
    assert left["unsubscribed_at"] == pd.Timestamp("2025-04-01 09:00")
    assert table["cleaned_at"].dropna().tolist() == [pd.Timestamp("2025-05-01 09:00")]
    said = {log.file: log for log in loaded.files}["1.csv"]
    assert "column 'UNSUB_REASON' occurs 2 times; the last one is used" in said.notes
    assert said.unmapped == ("First Name", "UNSUB_REASON")  # the person's own field of that name


ACTIVITY = {
    "granular_activity/opens/spring.csv": (
        "Timestamp,IP,Email\n2025-04-01 09:00:00,203.0.113.1,anna@example.com\n"
        "2025-04-01 09:00:00,203.0.113.1,anna@example.com\n2025-04-02 10:00:00,,boris@example.com\n"
    ),
    "granular_activity/opens/summer.csv": "Timestamp,IP,Email\n",
    "granular_activity/clicks/spring.csv": (
        "Timestamp,IP,Email,Url\n2025-04-01 09:01:00,203.0.113.1,anna@example.com,https://shop.example.com/\n"
    ),
    "aggregate_activity/bounces/spring.csv": (
        "Email Address,First Name,Bounce Type\ncarl@example.com,Carl,hard\ndora@example.com,Dora,soft\n"
    ),
}


def test_activity_names_its_campaign_by_the_file_and_an_empty_list_is_no_error(tmp_path: Path) -> None:
    for name, text in ACTIVITY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        exports.write(tmp_path, name, text)
    loaded = sources.read(tmp_path, MOSCOW)
    assert [log.status for log in loaded.files] == ["read"] * 4
    empty = next(log for log in loaded.files if log.file.endswith("summer.csv"))
    assert (empty.rows_read, empty.error, empty.notes) == (0, None, ("it contains no people",))
    table = loaded.tables["events"]
    assert kinds(table) == {"opened": 3, "clicked": 1, "bounced": 2}  # two openings in one second are two
    assert set(table["campaign_name"]) == {"spring"}
    assert set(table["source"]) == {"mailchimp_events"}  # so that one message has its opens and clicks
    assert table["bounce_class"].dropna().tolist() == ["hard", "soft"]
    opened = table[table["event_type"] == "opened"]
    assert opened["occurred_at"].iloc[0] == pd.Timestamp("2025-04-01 06:00", tz="UTC")
    assert opened["domain"].unique().tolist() == ["example.com"]


def test_a_time_and_an_address_alone_make_no_list_of_openings(tmp_path: Path) -> None:
    text = "Timestamp,Name,Email\n2025-04-01 09:00:00,Anna,anna@example.com\n"  # as forms export their answers
    assert sources.read(exports.write(tmp_path, "a.csv", text), BARE).files[0].status == "unrecognised"


def test_the_warehouse_tables_are_events_of_members(shared: Path) -> None:
    folder = shared / "formats" / "dbt_mailchimp"
    path = folder / "campaign_recipient_activity.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    log, table = events_of(path)
    assert (log.preset, log.rows_kept, log.unmapped) == ("mailchimp_activity", 17, ())
    assert kinds(table) == {"opened": 12, "clicked": 5}  # counted in the file
    assert table["contact_key"].nunique() == len({row["member_id"] for row in rows})
    assert table["occurred_at"].max() == pd.Timestamp(max(row["timestamp"] for row in rows), tz="UTC")
    assert table[["variant", "campaign_type", "bounce_class"]].isna().all(axis=None)
    _, sent = events_of(folder / "campaign_recipient.csv")
    assert kinds(sent) == {"sent": 10, "delivered": 10}
    assert set(table["contact_key"]) <= set(sent["contact_key"])
    assert sent["occurred_at"].isna().all()
    _, automated = events_of(folder / "automation_recipient_activity.csv")
    assert (set(automated["campaign_type"]), len(automated)) == ({"automation"}, 8)


def test_a_member_is_who_the_address_says(tmp_path: Path) -> None:
    member = hashlib.md5(b"anna@example.com", usedforsecurity=False).hexdigest()
    text = (
        "action,campaign_id,member_id,timestamp,bounce_type,combination_id,list_id,url\n"
        f"open,c1,{member},2025-04-01 09:00:00,,b,l1,\nbounce,c1,{member},2025-04-01 09:00:00,hard,b,l1,\n"
    )
    _, table = events_of(exports.write(tmp_path, "a.csv", text))
    assert table["variant"].tolist() == ["b", "b"]
    assert table["bounce_class"].dropna().tolist() == ["hard"]
    assert len(set(table["contact_key"])) == 1


BREVO = """\
st_text,ts,sub,frm,email,tag,mid,link
Inviata,05-02-2026 10:00:00,Hello,a@example.org,anna@example.com,receipt,<1@x>,NA
Consegnata,05-02-2026 10:00:02,Hello,a@example.org,anna@example.com,receipt,<1@x>,NA
Caricata per procura,05-02-2026 10:00:03,Hello,a@example.org,anna@example.com,receipt,<1@x>,NA
Prima apertura,05-02-2026 11:00:00,Hello,a@example.org,anna@example.com,receipt,<1@x>,NA
Aperta,05-02-2026 12:00:00,Hello,a@example.org,anna@example.com,receipt,<1@x>,NA
Cliccata,05-02-2026 12:00:09,Hello,a@example.org,anna@example.com,receipt,<1@x>,https://shop.example.com/
Soft bounce,05-02-2026 10:00:00,Hello,a@example.org,boris@example.com,NA,<2@x>,NA
Blocked,05-02-2026 10:00:00,Hello,a@example.org,carl@example.com,NA,<3@x>,NA
Invalid Email,05-02-2026 10:00:00,Hello,a@example.org,dora@example.com,NA,<4@x>,NA
Rinviata,05-02-2026 10:00:00,Hello,a@example.org,emil@example.com,NA,<5@x>,NA
Disiscrizione,05-02-2026 10:00:00,Hello,a@example.org,fred@example.com,NA,<6@x>,NA
Ouvert,05-02-2026 10:00:00,Hello,a@example.org,gina@example.com,NA,<7@x>,NA
"""


def test_openings_by_a_proxy_are_openings_by_a_machine(tmp_path: Path) -> None:
    log, table = events_of(exports.write(tmp_path, "a.csv", BREVO), MOSCOW)
    assert (log.preset, log.rows_read, log.rows_kept) == ("brevo_log", 12, 12)
    assert kinds(table) == {
        "opened": 3, "rejected": 2, "sent": 1, "delivered": 1, "clicked": 1, "bounced": 1, "deferred": 1,
        "unsubscribed": 1, "unknown": 1,
    }  # fmt: skip
    opened = table[table["event_type"] == "opened"]
    assert opened["is_machine"].tolist() == [True, False, False]
    assert set(opened["machine_rule"]) == {"st_text"}
    assert table.loc[table["event_type"] != "opened", "is_machine"].isna().all()
    assert table["occurred_at"].iloc[0] == pd.Timestamp("2026-02-05 07:00", tz="UTC")  # 5 February, not 2 May
    assert table["source_campaign_id"].dropna().tolist() == ["receipt"] * 6  # NA is no tag
    assert table["link_url"].dropna().tolist() == ["https://shop.example.com/"]
    assert table["reject_reason"].dropna().tolist() == ["blocked", "invalid"]
    assert "1 event of a kind unknown to the preset is kept as unknown: 'Ouvert'" in log.notes


def test_the_log_assembled_from_two_readers_is_read(shared: Path) -> None:
    _, table = events_of(shared / "formats" / "brevo" / "logs_export_SYNTHETIC.csv")
    assert table["event_type"].tolist() == ["sent", "opened", "bounced"]  # FORMATS, Brevo
    assert bool(table["is_machine"][1])
    assert table["bounce_class"].tolist()[2] == "hard"


CODES = ["not_sent", "ok_sent", "ok_delivered", "ok_read", "ok_link_visited", "ok_fbl", "ok_unsubscribed",
         "err_user_unknown", "err_mailbox_full", "err_unsubscribed", "err_internal"]  # fmt: skip


def answer(rows: list[list[Any]]) -> str:
    return json.dumps({"result": {"fields": ["email", "send_result", "last_update"], "data": rows}})


def test_a_last_state_implies_the_states_before_it_without_their_times(tmp_path: Path) -> None:
    rows = [[f"p{n}@example.com", code, "2026-03-03 10:00:00"] for n, code in enumerate(CODES)]
    log, table = events_of(exports.write(tmp_path, "spring.json", answer(rows)), MOSCOW)
    assert (log.preset, log.rows_read, log.rows_kept, log.notes) == ("unisender_recipients", 11, 11, (LAST_STATE,))
    # by hand from the codes: reached are ok_delivered, read, link_visited, fbl and unsubscribed
    assert kinds(table) == {
        "queued": 1, "sent": 8, "delivered": 5, "opened": 3, "clicked": 1, "complained": 1, "unsubscribed": 1,
        "bounced": 2, "rejected": 1, "failed": 1,
    }  # fmt: skip
    assert set(table["campaign_name"]) == {"spring"}
    clicker = table[table["contact_key"] == contact_key("p4@example.com")]
    assert clicker["event_type"].tolist() == ["sent", "delivered", "opened", "clicked"]
    assert clicker["occurred_at"].isna().all()
    told = table[table["event_type"] == "bounced"]
    assert told["occurred_at"].tolist() == [pd.Timestamp("2026-03-03 10:00", tz="UTC")] * 2
    assert told["bounce_class"].tolist() == ["hard", "soft"]


def test_every_published_code_has_the_meaning_that_was_published(shared: Path, tmp_path: Path) -> None:
    with (shared / "formats" / "unisender" / "send_result_codes.csv").open(encoding="utf-8", newline="") as file:
        codes = list(csv.DictReader(file))
    for number, code in enumerate(codes):
        rows = [[f"p{number}@example.com", code["code"], "2026-03-03 10:00:00"]]
        log, table = events_of(exports.write(tmp_path, f"{number}.json", answer(rows)))
        assert code["anymail_event"] in set(table["event_type"]), code
        assert not any("does not know" in str(note) for note in log.notes)
    assert len(codes) == 27  # FORMATS, UniSender


BITRIX = """\
№;Адрес;Имя;Статус;Дата;Прочитано;Переход;Отписка
1;anna@example.com;Анна;Отправлено;03.04.2026 10:00:00;Да;Да;
2;boris@example.com;Борис;Отправлено;03.04.2026 10:00:01;Да;;
3;carl@example.com;Карл;Отправлено;03.04.2026 10:00:02;;;Да
4;dora@example.com;Дора;Отправлено;03.04.2026 10:00:03;;;
5;emil@example.com;Эмиль;С ошибками;03.04.2026 10:00:04;;;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_a_list_known_by_position_tells_its_flags(tmp_path: Path, encoding: str) -> None:
    log, table = events_of(exports.write(tmp_path, "весна.csv", BITRIX, encoding), MOSCOW)
    assert (log.preset, log.rows_read, log.rows_kept) == ("bitrix_recipients", 5, 5)
    assert kinds(table) == {"sent": 4, "delivered": 4, "opened": 2, "clicked": 1, "unsubscribed": 1, "failed": 1}
    sent = table[table["event_type"] == "sent"]
    assert sent["occurred_at"].iloc[0] == pd.Timestamp("2026-04-03 07:00", tz="UTC")  # 3 April in Moscow
    assert table.loc[table["event_type"].isin(["opened", "clicked", "unsubscribed"]), "occurred_at"].isna().all()
    assert set(table["campaign_name"]) == {"весна"}


ELASTIC = """\
to,status,channel,date,message
"anna@example.com","Clicked","Spring","4/3/2026 10:00:00 PM",""
"boris@example.com","Sent","Spring","4/3/2026 10:00:01 PM","250 OK"
"boris@example.com","Sent","Spring","4/3/2026 10:00:01 PM","250 OK"
"carl@example.com","Bounced","Spring","4/3/2026 10:00:02 PM","550 no such user"
"dora@example.com","InProgress","Spring","4/3/2026 10:00:03 PM",""
"emil@example.com","AbuseReport","Spring","4/3/2026 10:00:04 PM",""
"emil@example.com","Opened","Spring","4/5/2026 10:00:04 PM",""
"""


def test_a_row_that_stands_twice_counts_once_and_another_mail_of_the_person_is_one_more(tmp_path: Path) -> None:
    log, table = events_of(exports.write(tmp_path, "a.csv", ELASTIC), MOSCOW)
    assert (log.rows_read, log.rows_kept, log.rows_repeated) == (7, 6, 1)
    assert [(one.line, one.reason) for one in log.rejections] == [(4, "it has the same content as line 3")]
    assert kinds(table) == {
        "sent": 5, "delivered": 4, "opened": 2, "clicked": 1, "bounced": 1, "queued": 1, "complained": 1
    }  # fmt: skip
    assert table.loc[table["event_type"] == "bounced", "occurred_at"].tolist() == [
        pd.Timestamp("2026-04-03 19:00:02", tz="UTC")  # month first; 22:00 in Moscow
    ]
    emils = table[table["contact_key"] == contact_key("emil@example.com")]
    assert emils["message_id"].isna().sum() == 3  # sent, delivered, complained
    assert emils["message_id"].dropna().unique().tolist() == ["|Spring|2"]


def test_the_documented_log_holds_one_row_twice(shared: Path) -> None:
    log, table = events_of(shared / "formats" / "elastic_email" / "activity_log_v1.csv")
    assert (log.rows_read, log.rows_kept, log.rows_repeated) == (2, 1, 1)
    assert table["event_type"].tolist() == ["sent", "delivered"]  # "Sent" is delivered to the other server


VIEWS = "campaign_id,campaign_uuid,campaign_name,subscriber_id,subscriber_uuid,email,subscriber_name,{url}created_at\n"
NOBODY = '1,u-1,Spring,0,"","","",{url}2026-04-0{day}T10:00:00Z\n'


def test_openings_that_name_nobody_are_counted_and_no_people(tmp_path: Path) -> None:
    views = VIEWS.format(url="") + "".join(NOBODY.format(url="", day=day) for day in (1, 2, 3))
    views += "2,u-2,Summer,7,s-7,anna@example.com,Anna,2026-05-01T10:00:00Z\n"
    log, tables = read_one(exports.write(tmp_path, "a.csv", views), MOSCOW)
    assert (log.rows_read, log.rows_kept) == (4, 4)
    (row,) = tables["campaign_stats"].to_dict("records")
    assert (row["source_campaign_id"], row["opens_total"], row["as_of"]) == ("u-1", 3, pd.Timestamp("2026-04-03 13:00"))
    assert pd.isna(row["opened"])
    assert pd.isna(row["clicks_total"])
    assert tables["events"][["event_type", "source_campaign_id"]].to_numpy().tolist() == [["opened", "u-2"]]
    assert str(log.notes[-1]).startswith("1 campaign has rows without a person because individual tracking is off")


def test_clicks_that_name_nobody_are_clicks(tmp_path: Path) -> None:
    clicks = VIEWS.format(url="url,") + "".join(NOBODY.format(url="https://a.example.com/,", day=day) for day in (1, 2))
    _, tables = read_one(exports.write(tmp_path, "a.csv", clicks))
    assert tables["campaign_stats"]["clicks_total"].tolist() == [2]
    assert tables["campaign_stats"]["clicked"].isna().all()
    assert tables["events"].empty


def test_subscribers_of_a_list_are_contacts(tmp_path: Path) -> None:
    text = "uuid,email,name,attributes,status,created_at,updated_at\n" + "".join(
        f"u{n},p{n}@example.com,P,{{}},{status},2026-01-05T10:00:00Z,2026-01-06T10:00:00Z\n"
        for n, status in enumerate(["enabled", "blocklisted", "disabled"])
    )
    log, tables = read_one(exports.write(tmp_path, "a.csv", text), MOSCOW)
    assert (log.preset, log.unmapped) == ("listmonk_subscribers", ())
    assert tables["contacts"]["status"].tolist() == ["subscribed", "blocklisted", "blocklisted"]
    assert tables["contacts"]["opted_in_at"].tolist() == [pd.Timestamp("2026-01-05 13:00")] * 3


LISTS = [("recipients", {"sent": 20, "delivered": 20}), ("opens", {"opened": 5}), ("clicks", {"clicked": 3}),
         ("bounces", {"bounced": 2}), ("unsubscribes", {"unsubscribed": 1}), ("spam", {"complained": 1})]  # fmt: skip


@pytest.mark.parametrize(("name", "counts"), LISTS)
def test_the_fields_of_a_list_tell_what_it_lists(shared: Path, name: str, counts: dict[str, int]) -> None:
    log, table = events_of(shared / "formats" / "campaign_monitor" / f"campaign_{name}.json")
    assert kinds(table) == counts  # counted in the files
    assert (log.rows_kept, log.unmapped) == (max(counts.values()), ())
    page = "this is one page of 2200 records: 20 are here, the others are on further pages"
    assert (page in log.notes) == (name == "recipients")


def test_the_suppression_list_is_contacts(shared: Path) -> None:
    _, tables = read_one(shared / "formats" / "campaign_monitor" / "suppressionlist.json")
    assert tables["contacts"]["status"].tolist() == ["unsubscribed"] * 5
    assert tables["contacts"]["unsubscribed_at"].max() == pd.Timestamp("2010-10-26 10:55:31")


def test_events_of_a_warehouse_know_their_send_and_their_bots(shared: Path, tmp_path: Path) -> None:
    path = shared / "formats" / "dbt_hubspot" / "email_event_data.csv"
    log, table = events_of(path)
    assert (log.preset, log.rows_kept, log.unmapped) == ("hubspot_events", 100, ())
    assert kinds(table) == {"opened": 90, "sent": 4, "delivered": 3, "queued": 3}  # counted in the file
    assert table["is_machine"].value_counts(dropna=False).to_dict() == {False: 90, pd.NA: 10}
    head = path.read_text(encoding="utf-8").splitlines()[0]
    bot = "e1,,,,,2026-03-03 10:00:00.000,7,,,1,,s1,CLICK,true,anna@example.com"
    _, one = events_of(exports.write(tmp_path, "a.csv", f"{head}\n{bot}\n"))
    assert one[["event_type", "is_machine", "machine_rule", "message_id"]].to_numpy().tolist() == [
        ["clicked", True, "filtered_event", "s1"]
    ]


def test_an_accounts_own_events_are_set_aside(shared: Path) -> None:
    log, table = events_of(shared / "formats" / "dbt_iterable" / "event_data.csv")
    assert (log.preset, log.rows_read, kinds(table)) == ("iterable_events", 6, {"subscribed": 2})
    assert {one.reason for one in log.rejections} == {"its event_name is 'newEvent', so it is set aside"}
