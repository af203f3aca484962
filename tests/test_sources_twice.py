"""What two kinds of files tell of the same mails: a log, a list, a table of totals. Nothing counts twice."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

import kit
from kit import counts
from kit.sources.text.addresses import contact_key
from tests import exports, small
from tests.small import event

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data

NAMES = ["sent", "delivered", "opened", "opens_total", "clicked", "clicks_total"]


def total(data: Data, names: list[str] = NAMES) -> list[Any]:
    (row,) = counts.messages(data, [], kind="").to_dict("records")
    return [row[name] for name in names]


def brevo(kind: str, who: str, second: int, message: str = "m1") -> dict[str, Any]:
    """A webhook of Brevo: no event has an id."""
    at = small.NOON + second
    return {"event": kind, "email": f"{who}@example.com", "message-id": f"<{message}@x>", "ts_epoch": at * 1000,
            "tags": ["spring"], "link": "https://shop.example.com/" if kind == "click" else None}  # fmt: skip


HOOKS = [brevo("request", "anna", 0), brevo("delivered", "anna", 1), brevo("unique_opened", "anna", 60),
         brevo("opened", "anna", 70), brevo("click", "anna", 80), brevo("request", "boris", 0, "m2"),
         brevo("delivered", "boris", 1, "m2")]  # fmt: skip
LOG = """\
st_text,ts,sub,frm,email,tag,mid,link
Inviata,01-01-2026 12:00:00,Hello,a@example.org,anna@example.com,spring,<m1@x>,NA
Consegnata,01-01-2026 12:00:01,Hello,a@example.org,anna@example.com,spring,<m1@x>,NA
Prima apertura,01-01-2026 12:01:00,Hello,a@example.org,anna@example.com,spring,<m1@x>,NA
Aperta,01-01-2026 12:01:10,Hello,a@example.org,anna@example.com,spring,<m1@x>,NA
Cliccata,01-01-2026 12:01:20,Hello,a@example.org,anna@example.com,spring,<m1@x>,https://shop.example.com/
Inviata,01-01-2026 12:00:00,Hello,a@example.org,boris@example.com,spring,<m2@x>,NA
Consegnata,01-01-2026 12:00:01,Hello,a@example.org,boris@example.com,spring,<m2@x>,NA
"""


def test_a_log_of_hooks_and_the_same_log_as_a_table_are_one(tmp_path: Path) -> None:
    exports.write(tmp_path, "hooks.ndjson", "".join(json.dumps(one) + "\n" for one in HOOKS))
    alone = total(kit.open(tmp_path))
    exports.write(tmp_path, "log.csv", LOG)
    data = kit.open(tmp_path)  # no zone is known: the table's clock and the log's are not the same
    assert alone == total(data)
    # the hooks say "request", which is handed over to Brevo: that it was sent is told by the table alone
    table = next(log for log in data.files if log.file == "log.csv")
    assert (table.rows_read, table.rows_kept, table.rows_repeated) == (7, 2, 5)
    assert "5 of its 7 rows repeat what the log contains about the same messages; they are counted once" in table.notes


def test_what_the_log_does_not_know_is_added(tmp_path: Path) -> None:
    exports.write(tmp_path, "hooks.ndjson", "".join(json.dumps(one) + "\n" for one in HOOKS[:2]))
    exports.write(tmp_path, "log.csv", LOG)
    assert total(kit.open(tmp_path)) == [2, 2, 1, 2, 1, 1]


def test_two_exports_of_a_log_that_overlap_are_one(tmp_path: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    exports.write(tmp_path, "a.csv", "".join(lines[:5]))
    exports.write(tmp_path, "b.csv", "".join([lines[0], *lines[2:], lines[4]]))  # the last is an opening more
    assert total(kit.open(tmp_path)) == [2, 2, 1, 3, 1, 1]


ELASTIC = """\
to,status,channel,date,message
"anna@example.com","Clicked","spring","1/1/2026 12:05:00 PM",""
"boris@example.com","Sent","spring","1/1/2026 12:00:00 PM","250 OK"
"""


def test_a_list_that_names_no_message_is_about_the_one_that_the_log_knows(tmp_path: Path) -> None:
    said = {"channel": "spring", "from": "a@example.org", "subject": "Hello"}
    rows = [("anna", "Sent", "1"), ("anna", "Opened", "1"), ("anna", "Opened", "1"), ("boris", "Sent", "2")]
    hooks = [
        said | {"to": f"{who}@example.com", "status": kind, "messageid": n, "date": f"2026-01-01T12:0{at}:00Z"}
        for at, (who, kind, n) in enumerate(rows)
    ]
    exports.write(tmp_path, "hooks.ndjson", "".join(json.dumps(one) + "\n" for one in hooks))
    exports.write(tmp_path, "log.csv", ELASTIC)
    assert total(kit.open(tmp_path)) == [2, 2, 1, 2, 1, 1]  # the click is told by the list alone


TOTALS = ["Campaign ID", "Campaign", "Date", "Sent", "Delivered", "Opened", "Opens total", "Clicked"]


def hundred() -> list[dict[str, Any]]:
    events = [event("delivered", n) for n in range(100)]
    return events + [event("open", n, at=small.NOON + 60 + n) for n in range(30)]


def test_totals_with_ids_of_their_own_are_about_the_send_of_the_same_name_and_day(tmp_path: Path) -> None:
    small.log(tmp_path, hundred())
    small.table(tmp_path, "a.csv", TOTALS, [["77", "Name of c1", "2026-01-01 12:00", 100, 100, 33, 50, 5]])
    data = kit.open(tmp_path)
    assert total(data, ["sent", "opened", "opens_total"]) == [100, 30, 30]
    assert len(data.campaigns) == 1


def test_totals_that_may_be_the_same_send_are_said_by_name(tmp_path: Path) -> None:
    small.log(tmp_path, hundred())
    small.table(tmp_path, "a.csv", TOTALS, [["77", "Spring", "2026-01-01 12:00", 100, 100, 33, 50, 5]])
    data = kit.open(tmp_path)
    assert total(data, ["sent"]) == [200]
    (note,) = data.notes
    assert note == (
        "a.csv: 'Spring' and 'Name of c1' of log.ndjson were sent within a day to nearly as many people (100 and "
        "100). If they are one campaign, it is counted twice; join them with [[same]] in kit.toml"
    )


def test_two_sends_of_one_name_and_day_are_not_made_one_by_a_log(tmp_path: Path) -> None:
    small.log(tmp_path, hundred())
    rows = [[n, "Name of c1", f"2026-01-01 {hour}:00", 100, 100, 33, 50, 5] for n, hour in (("77", 12), ("78", 18))]
    small.table(tmp_path, "a.csv", TOTALS, rows)
    data = kit.open(tmp_path)
    assert len(data.campaigns) == 2  # the log's is the first of them; the second stays a send of its own
    assert total(data, ["sent"]) == [200]


ORDER = "Order ID,Email,Order Date,Total,Refunded\n"


def orders(folder: Path, *files: str, header: str = ORDER) -> tuple[int, float]:
    """Each file's rows; how many orders and how much money they are together."""
    for number, rows in enumerate(files):
        exports.write(folder, f"{number}.csv", header + rows)
    table = kit.open(folder).table("orders")
    return len(table), float((table["total"] - table["refunded"].fillna(0)).sum())


def test_one_number_in_two_shops_is_two_orders(tmp_path: Path) -> None:
    first, second = "17,a@example.com,2026-01-05 10:00,50,0\n", "17,b@example.com,2026-01-05 12:00,70,0\n"
    assert orders(tmp_path, first, second) == (2, 120)


def test_one_number_of_one_person_on_two_days_is_two_orders(tmp_path: Path) -> None:
    first, second = "17,a@example.com,2026-01-05 10:00,50,0\n", "17,a@example.com,2026-02-07 10:00,50,0\n"
    assert orders(tmp_path, first, second) == (2, 100)


def test_one_number_at_two_tills_that_name_nobody_is_two_orders(tmp_path: Path) -> None:
    assert orders(tmp_path, "1,,2026-01-05 09:00,50,0\n", "1,,2026-01-05 09:03,70,0\n") == (2, 120)


def test_an_order_exported_again_is_one_with_what_was_given_back_since(tmp_path: Path) -> None:
    later = "17,a@example.com,2026-01-05,50,20\n18,a@example.com,2026-03-01,10,0\n"  # this export has no hours
    assert orders(tmp_path, "17,a@example.com,2026-01-05 10:00,50,0\n", later) == (2, 40)
    anonymous = ("17,,2026-01-05,50,0\n", "17,,2026-01-05,50,50\n18,,2026-03-01,10,0\n")
    (tmp_path / "tills").mkdir()
    assert orders(tmp_path / "tills", *anonymous) == (2, 10)


def test_a_platforms_order_is_one_though_the_address_was_corrected(tmp_path: Path) -> None:
    header = "Name,Email,Financial Status,Created at,Total,Refunded Amount,Currency,Lineitem name,Id\n"
    row = "#1,{},paid,2026-01-05 10:00:00 +0000,50,0,EUR,Oil,900\n"
    assert orders(tmp_path, row.format("a@example.com"), row.format("b@example.com"), header=header) == (1, 50)


def test_one_number_in_two_help_desks_is_two_requests(tmp_path: Path) -> None:
    header = "Ticket ID,Email,Created At,Resolved At\n"
    exports.write(tmp_path, "a.csv", f"{header}5,a@example.com,2026-01-05 10:00,\n")
    exports.write(tmp_path, "b.csv", f"{header}5,a@example.com,2026-01-05 10:00,2026-01-06 10:00\n")
    exports.write(tmp_path, "c.csv", f"{header}5,c@example.com,2026-01-09 10:00,\n")
    table = kit.open(tmp_path).table("tickets")
    assert (len(table), table["resolved_local"].notna().sum()) == (2, 1)


RENT = "Month,Cost Item,Amount,Branch\n2026-01,Rent,100,{}\n2026-01,Salaries,900,{}\n"


def test_files_that_differ_only_in_what_is_not_read_are_two_and_said(tmp_path: Path) -> None:
    exports.write(tmp_path, "east.csv", RENT.format("East", "East"))
    exports.write(tmp_path, "west.csv", RENT.format("West", "West"))
    data = kit.open(tmp_path)
    assert data.table("costs")["amount"].sum() == 2000  # the rent of two branches
    assert data.files[1].notes[-1] == (
        "its rows are the same as in east.csv in everything that is read, but differ in 'branch'. Both count; if "
        "one is a copy, remove it"
    )


def test_files_that_agree_in_every_cell_are_one_in_any_order(tmp_path: Path) -> None:
    exports.write(tmp_path, "east.csv", RENT.format("East", "East"))
    exports.workbook(
        tmp_path,
        "east.xlsx",
        {"A": [["Branch", "Month", "Cost Item", "Amount"], ["East", "2026-01", "Salaries", 900],
               ["East", "2026-01", "Rent", 100]]},
    )  # fmt: skip
    data = kit.open(tmp_path)
    assert data.table("costs")["amount"].sum() == 1000
    assert data.files[1].why == "it has the same rows as east.csv"


def activity(folder: Path, name: str) -> Path:
    """Mailchimp's list of openings of a campaign that only the file's name names."""
    place = folder / "granular_activity" / "opens"
    place.mkdir(parents=True, exist_ok=True)
    times = "2026-01-01 13:00:00,203.0.113.1,p1@example.com\n2026-01-02 09:00:00,203.0.113.1,p2@example.com\n"
    return exports.write(place, name, f"Timestamp,IP,Email\n{times}")


@pytest.mark.parametrize(
    "name", ["00000000aa.csv", "spring-check.csv", "123456_spring_check.csv", "Spring check 2026-01-01.csv"]
)
def test_a_list_is_about_the_campaign_whose_id_or_title_its_name_holds(tmp_path: Path, name: str) -> None:
    titles = [{"Title": "Spring, check"}, {"Title": "Summer", "Unique Id": "00000000ab"}]
    small.mailchimp(tmp_path, titles)
    activity(tmp_path, name)
    data = kit.open(tmp_path)
    assert len(data.campaigns) == 2
    row = counts.messages(data, ["campaign_name"]).set_index("campaign_name").loc["Spring, check"]
    assert (row["sent"], row["opened"]) == (100, 30)  # the export speaks: the list shows no sending
    assert data.table("messages")["campaign_id"].unique().tolist() == ["mailchimp:00000000aa"]


def test_a_list_whose_name_fits_several_campaigns_is_left_apart_and_said(tmp_path: Path) -> None:
    twice = [{}, {"Unique Id": "00000000ab", "Send Date": "Dec 25, 2025 12:00 pm"}]
    small.mailchimp(tmp_path, twice)
    activity(tmp_path, "a-campaign.csv")
    data = kit.open(tmp_path)
    assert len(data.campaigns) == 3
    (note,) = data.notes
    assert note == (
        "granular_activity/opens/a-campaign.csv: its name 'a-campaign' fits 2 campaigns, so it is kept separate. "
        "Choose the right one with [[same]] in kit.toml."
    )


def test_a_list_that_begins_before_a_campaign_is_not_about_it(tmp_path: Path) -> None:
    later = [{}, {"Unique Id": "00000000ab", "Send Date": "Mar 25, 2026 12:00 pm"}]
    small.mailchimp(tmp_path, later)
    activity(tmp_path, "a-campaign.csv")
    assert len(kit.open(tmp_path).campaigns) == 2


MEMBERS = "action,campaign_id,member_id,timestamp,bounce_type,combination_id,list_id,url\n"


def test_a_member_is_the_contact_of_that_address(tmp_path: Path) -> None:
    member = hashlib.md5(b"anna@example.com", usedforsecurity=False).hexdigest()  # FORMATS 3.1: md5 of the lower case
    rows = f"open,c1,{member},2026-01-01 13:00:00,,,l1,\nopen,c1,{'0' * 32},2026-01-01 13:00:00,,,l1,\n"
    exports.write(tmp_path, "activity.csv", MEMBERS + rows)
    exports.write(tmp_path, "people.csv", "Email,Status\n Anna@Example.com,active\nboris@example.com,active\n")
    data = kit.open(tmp_path)
    events = data.table("events")
    assert events["contact_key"].tolist()[0] == contact_key("anna@example.com")
    assert events["domain"].fillna("").tolist() == ["example.com", ""]
    assert set(events["contact_key"]) & set(data.table("contacts")["contact_key"]) == {contact_key("anna@example.com")}


def test_the_members_of_the_real_warehouse_are_its_contacts(shared: Path, tmp_path: Path) -> None:
    for name in ("campaign_recipient_activity", "member"):
        text = (shared / "formats" / "dbt_mailchimp" / f"{name}.csv").read_text(encoding="utf-8")
        exports.write(tmp_path, f"{name}.csv", text)
    data = kit.open(tmp_path)
    people = set(data.table("contacts")["contact_key"])
    with (tmp_path / "campaign_recipient_activity.csv").open(encoding="utf-8", newline="") as file:
        active = {row["member_id"] for row in csv.DictReader(file)}
    with (tmp_path / "member.csv").open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    assert len(set(data.table("events")["contact_key"]) & people) == len(active & known) > 0


OPENS = json.dumps({"Results": [{"EmailAddress": "a@example.com", "ListID": "1", "Date": "2026-01-01 10:00:00",
                                 "IPAddress": "", "Latitude": 1}]})  # fmt: skip


def test_a_list_of_campaign_monitor_is_about_the_campaign_whose_id_its_path_holds(tmp_path: Path) -> None:
    first, second = "fc0ce7105baeaf97f47c99be31d02a91", "072472b88c853ae5dedaeaf549a8d607"
    (tmp_path / second).mkdir()
    exports.write(tmp_path, f"{first}_opens.json", OPENS)
    exports.write(tmp_path / second, "opens.json", OPENS.replace("10:00", "11:00"))
    exports.write(tmp_path, "opens.json", OPENS.replace("10:00", "12:00"))
    data = kit.open(tmp_path)
    assert data.table("events")["source_campaign_id"].fillna("").tolist() == [second, first, ""]
    notes = {log.file: log.notes for log in data.files}
    said = "its rows have no campaign; put the campaign's id into the name of the file or of its folder"
    assert [said in notes[name] for name in ("opens.json", f"{first}_opens.json", f"{second}/opens.json")] == [
        True, False, False,
    ]  # fmt: skip
