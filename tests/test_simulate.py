"""The made-up service centre: the same seed gives the same files, and they tell what was planted.

`data/sample` and `tests/truth.json` are what the generator writes by default. After a change of the generator:
`PYTHONPATH=data python -m generator data/sample --truth tests/truth.json`
"""

from __future__ import annotations

import csv
import gzip
import json
import mailbox
import re
from collections import Counter, defaultdict
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from statistics import fmean, median, pstdev
from typing import TYPE_CHECKING, Any

import pytest

from generator import Truth, software, write, writing
from generator.clock import HOLIDAYS
from generator.worlds import MODERATE
from kit import settings, sources

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample"
TRUTH = ROOT / "tests" / "truth.json"
SAMPLE_LIMIT = 5_000_000
SOFTWARE_LIMIT = 4_000_000
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("made")
    return folder, write(folder)


@pytest.fixture(scope="module")
def events(made: tuple[Path, Truth]) -> list[dict[str, Any]]:
    """The log's distinct events, in the order of the files."""
    files = sorted((made[0] / "sendgrid").glob("*.gz"))
    lines = [line for file in files for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    return [json.loads(line) for line in dict.fromkeys(lines)]


def unpacked(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in files
    }


def rows(path: Path, *, separator: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def exported(folder: Path) -> dict[str, dict[str, str]]:
    return {row["Unique Id"]: row for row in rows(folder / "mailchimp" / "campaigns.csv")}


def pairs(text: str) -> dict[str, str]:
    """The `"key:","value"` lines of a report, counts without their shares."""
    told = re.findall(r'^"([^"]+):","([^"]*)"$', text, re.MULTILINE)
    return {key: re.sub(r" \(.*\)$", "", value).replace(",", "") for key, value in told}


COLUMNS = {
    "Total Recipients": "sent",
    "Successful Deliveries": "delivered",
    "Hard Bounces": "bounced_hard",
    "Soft Bounces": "bounced_soft",
    "Unique Opens": "opened",
    "Total Opens": "opens_total",
    "Unique Clicks": "clicked",
    "Unsubscribes": "unsubscribed",
    "Abuse Complaints": "complained",
}
REPORTED = {
    "Total Recipients": "Total Recipients",
    "Successful Deliveries": "Successful Deliveries",
    "Bounces": "Total Bounces",
    "Recipients Who Opened": "Unique Opens",
    "Total Opens": "Total Opens",
    "Recipients Who Clicked": "Unique Clicks",
    "Total Clicks": "Total Clicks",
    "Total Unsubs": "Unsubscribes",
    "Total Abuse Complaints": "Abuse Complaints",
}
"""The report's key and the export's column for the same count."""


def test_sample_is_what_the_default_seed_gives(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    assert unpacked(SAMPLE) == unpacked(folder)
    assert TRUTH.read_text(encoding="utf-8") == truth.to_json()


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    truths = [write(tmp_path / name, seed=seed, contacts=400) for name, seed in (("a", 7), ("b", 7), ("c", 8))]
    first, again, other = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in "abc"
    )
    assert truths[0] == truths[1]
    assert first == again
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first if name.name not in {settings.FILE, "actions.csv"})


def test_log_carries_neither_name_nor_time_of_its_packing() -> None:
    for path in (SAMPLE / "sendgrid").glob("*.gz"):
        # RFC 1952: flags (no FNAME) and modification time of the header
        assert path.read_bytes()[3:8] == bytes(5)


def test_sample_is_small_and_its_truth_lies_elsewhere() -> None:
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= SAMPLE_LIMIT
    assert not [path for path in files if "truth" in path.name]


def test_every_address_is_an_example() -> None:
    for name, content in unpacked(SAMPLE).items():
        encoding = "cp1251" if name.startswith("mailings") else "utf-8-sig"
        domains = set(ADDRESS.findall(content.decode(encoding).lower())) - {"ismtpd-1"}
        assert all(re.search(r"(^|\.)example\.(com|org|net)$", domain) for domain in domains), name


def test_every_ip_is_one_for_documentation(events: list[dict[str, Any]]) -> None:
    # RFC 5737
    nets = {event["ip"].rpartition(".")[0] for event in events if "ip" in event}
    assert nets == {"192.0.2", "198.51.100", "203.0.113"}


def test_business_is_as_big_as_ordered(made: tuple[Path, Truth]) -> None:
    truth = made[1]
    assert sum(truth.business.contacts.values()) >= 6000
    assert len(truth.campaigns) >= 44
    assert len(truth.tests) >= 6
    assert {campaign.sent_local[:7] for campaign in truth.campaigns} == {
        *(f"2025-{month:02}" for month in range(9, 13)),
        *(f"2026-{month:02}" for month in range(1, 11)),
    }
    assert Counter(campaign.problem for campaign in truth.campaigns if campaign.problem) == {
        "subject": 1,
        "offer": 1,
        "unsubscribes": 1,
    }


def test_mailchimp_export_tells_the_planted_counts(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    told = exported(folder)
    campaigns = [campaign for campaign in truth.campaigns if campaign.platform == "mailchimp"]
    assert told.keys() == {campaign.source_campaign_id for campaign in campaigns} | set(truth.test_sends)
    for campaign in campaigns:
        row = told[campaign.source_campaign_id]
        assert len(row) == 26
        for column, count in COLUMNS.items():
            assert int(row[column]) == getattr(campaign.totals, count), column
        totals = campaign.totals
        # As seen in Mailchimp's own report: its total counts the unsubscribe link too.
        assert int(row["Total Clicks"]) == totals.clicks_total + totals.clicks_unsubscribe
        assert row["Open Rate"] == f"{100 * totals.opened / totals.delivered:.2f}%"
        sent = datetime.strptime(row["Send Date"], "%b %d, %Y %I:%M %p")
        assert f"{sent:%Y-%m-%d %H:%M}" == campaign.sent_local
        assert f"{sent:%A}" == row["Send Weekday"]


def test_combinations_of_an_ab_report_add_up_to_their_parent(made: tuple[Path, Truth]) -> None:
    folder, _ = made
    parents = {row["Title"]: row for row in exported(folder).values()}
    reports = sorted((folder / "mailchimp").glob("ab_report_*.csv"))
    assert len(reports) == 3
    for report in reports:
        text = report.read_text(encoding="utf-8")
        head, first, second = re.split(r'^"Combination \d Stats"$', text, flags=re.MULTILINE)
        parent = parents[pairs(head)["Title"]]
        for key, column in REPORTED.items():
            assert int(pairs(first)[key]) + int(pairs(second)[key]) == int(parent[column]), (report.name, key)


def test_links_of_a_report_add_up_to_its_total_clicks(made: tuple[Path, Truth]) -> None:
    folder, _ = made
    for report in sorted((folder / "mailchimp").glob("*report_*.csv")):
        text = report.read_text(encoding="utf-8")
        totals = [int(count.replace(",", "")) for count in re.findall(r'"Total Clicks:","([\d,]+)"', text)]
        tables = re.split(r'Clicks by URL"$', text, flags=re.MULTILINE)[1:]
        assert [
            sum(int(count) for count in re.findall(r'","(\d+)","\d+"$', table, re.MULTILINE)) for table in tables
        ] == totals


def test_single_report_agrees_with_the_export(made: tuple[Path, Truth]) -> None:
    folder, _ = made
    (report,) = (folder / "mailchimp").glob("report_*.csv")
    told = pairs(report.read_text(encoding="utf-8"))
    row = next(row for row in exported(folder).values() if row["Title"] == told["Title"])
    assert {key: told[key] for key in REPORTED} == {key: row[column] for key, column in REPORTED.items()}


def test_test_send_and_correction_stand_in_the_export(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    told = exported(folder)
    (test,), (correction,) = truth.test_sends, truth.corrections
    assert told[test]["Subject"].startswith("TEST LINKS: ")
    assert told[test]["Total Recipients"] == "3"
    assert told[correction]["Subject"].startswith("FIXED: ")


def test_log_adds_up_to_the_truth(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    folder, truth = made
    lines = sum(content.count(b"\n") for name, content in unpacked(folder).items() if name.startswith("sendgrid"))
    assert lines == truth.log.lines == len(events) + truth.log.retried
    assert Counter(event["event"] for event in events) == truth.log.events
    assert len({event["sg_event_id"] for event in events}) == len(events)


def test_log_tells_the_planted_counts_of_every_send(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    _, truth = made
    sends: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        sends[event.get("singlesend_id") or event["mc_auto_id"]].append(event)
    planted = [one for one in (*truth.campaigns, *truth.automations) if one.platform == "sendgrid"]
    assert sends.keys() == {one.source_campaign_id for one in planted}
    for one in planted:
        assert seen(sends[one.source_campaign_id]) == {name: getattr(one.totals, name) for name in seen([])}, one.name


def test_log_tells_the_planted_counts_of_every_variant(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    tests = {test.source_campaign_id: test for test in made[1].tests}
    variants: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if "variant" in event:
            variants[event["singlesend_id"], event["variant"]].append(event)
    assert len(variants) == 8  # four tests went through SendGrid
    for (identity, variant), log in variants.items():
        totals = tests[identity].variants["AB".index(variant)]
        assert seen(log) == {name: getattr(totals, name) for name in seen([])}


def seen(log: list[dict[str, Any]]) -> dict[str, int]:
    """The counts of one send, taken from its events by hand."""
    people: dict[str, set[str]] = defaultdict(set)
    for event in log:
        people[event["event"]].add(event["sg_message_id"])
    opens = [event for event in log if event["event"] == "open"]
    clicks = [event for event in log if event["event"] == "click" and not event["url"].endswith("/unsubscribe")]
    bounces = Counter(event["type"] for event in log if event["event"] == "bounce")
    human = {event["sg_message_id"] for event in opens if not event["sg_machine_open"]}
    return {
        "sent": len(people["delivered"]) + bounces.total(),
        "delivered": len(people["delivered"]),
        "bounced_hard": bounces["bounce"],
        "bounced_soft": bounces["blocked"],
        "opened": len(people["open"]),
        "opened_machine": len(people["open"] - human),
        "opens_total": len(opens),
        "clicked": len({event["sg_message_id"] for event in clicks}),
        "clicks_total": len(clicks),
        "unsubscribed": len(people["unsubscribe"]),
        "complained": len(people["spamreport"]),
    }


def test_machines_open_for_prefetching_people_only(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    truth = made[1]
    prefetching = set(truth.prefetching)
    people = sum(truth.business.contacts.values())
    # 40 % of those who get mail, exactly; of those who are held out the late ones are left away, by chance
    assert len(prefetching) == pytest.approx(0.4 * people, rel=0.02)
    flagged = {event["email"] for event in events if event.get("sg_machine_open")}
    assert flagged <= prefetching


def test_scanners_click_every_link_within_five_seconds(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    scanned = set(made[1].scanned)
    arrived = {event["sg_message_id"]: event for event in events if event["event"] == "delivered"}
    early: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["event"] == "click" and event["timestamp"] - arrived[event["sg_message_id"]]["timestamp"] < 5:
            early[event["sg_message_id"]].add(event["url"])
    assert {arrived[message]["email"] for message in early} <= scanned
    assert early.keys() == {message for message, event in arrived.items() if event["email"] in scanned}
    assert {len(urls) for urls in early.values()} == {5}


def test_people_read_near_the_planned_shares(made: tuple[Path, Truth]) -> None:
    # Reading is clipped at 0.95 a person and varies with the list; 4 binomial standard errors hold both.
    for campaign in made[1].campaigns:
        if campaign.source_campaign_id in made[1].young:
            continue
        totals, planned = campaign.totals, campaign.read_rate
        error = (planned * (1 - planned) / totals.delivered) ** 0.5
        assert totals.read / totals.delivered == pytest.approx(planned, abs=4 * error), campaign.name


def test_planted_faults_stand_out_of_chance_between_campaigns(made: tuple[Path, Truth]) -> None:
    truth = made[1]
    faults = {campaign.problem: campaign.totals for campaign in truth.campaigns if campaign.problem}
    plain = [campaign.totals for campaign in truth.campaigns if not campaign.problem and campaign.totals.sent >= 600]

    def distance(fault: str, of: str, per: str) -> float:
        """Standard deviations of plain campaigns between the fault and their mean."""
        rates = [getattr(totals, of) / getattr(totals, per) for totals in plain]
        mean = sum(rates) / len(rates)
        deviation = (sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1)) ** 0.5
        return (getattr(faults[fault], of) / getattr(faults[fault], per) - mean) / deviation

    # The planted size of each is 5 or more; 4 leaves room for the chance of one seed.
    assert distance("subject", "read", "delivered") < -4
    assert distance("offer", "clicked_human", "read") < -4
    assert distance("unsubscribes", "unsubscribed", "delivered") > 5
    assert abs(distance("subject", "clicked_human", "read")) < 3
    assert abs(distance("offer", "read", "delivered")) < 3
    assert truth.block.bounced / truth.block.sent == pytest.approx(truth.block.bounce_rate, abs=0.08)


def test_broken_split_is_the_only_one(made: tuple[Path, Truth]) -> None:
    for test in made[1].tests:
        a, b = (variant.sent for variant in test.variants)
        assert (abs(a - b) > 1) is test.broken


def test_conversions_follow_delivered_mail_as_planted(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    folder, truth = made
    booked: dict[str, list[float]] = defaultdict(list)
    table = rows(folder / "appointments.csv", separator=";")
    for row in table:
        if row["Действие"] == "Запись на сервис":
            moment = datetime.strptime(f"{row['Дата']} +0300", "%d.%m.%Y %H:%M %z")
            booked[row["Email клиента"]].append(moment.timestamp())
    assert sum(map(len, booked.values())) == truth.business.appointments
    assert len(table) == truth.business.appointments + truth.business.reviews
    first: dict[str, dict[str, Any]] = {}
    arrived = {event["sg_message_id"] for event in events if event["event"] == "delivered"}
    for event in sorted(events, key=lambda event: event["timestamp"]):
        first.setdefault(event["sg_message_id"], event)
    week = 7 * 86_400
    within: Counter[str] = Counter()
    for message in arrived:
        event = first[message]
        if any(0 < moment - event["timestamp"] <= week for moment in booked[event["email"]]):
            within[event.get("singlesend_id") or event["mc_auto_id"]] += 1
    for one in (*truth.campaigns, *truth.automations):
        if one.platform == "sendgrid":
            assert within[one.source_campaign_id] == one.booked_within_7_days, one.name


def test_business_files_hold_what_the_truth_counts(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    planted = truth.business
    contacts = {row["Email"].lower(): row["Status"] for row in reversed(rows(folder / "contacts.csv"))}
    assert Counter(contacts.values()) == planted.contacts
    assert len(rows(folder / "contacts.csv")) == len(contacts) + planted.contacts_twice
    assert planted.contacts_twice / len(contacts) == pytest.approx(MODERATE.twice, rel=0.4)
    for name, column, (asked, answered) in (
        ("survey", "CSAT", planted.surveys.csat),
        ("nps", "NPS", planted.surveys.nps),
    ):
        survey = rows(folder / f"{name}.csv")
        assert (len(survey), sum(bool(row[column]) for row in survey)) == (asked, answered)


def conversations(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The messages of the shared inbox by conversation, each once, in order of time."""
    grouped: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows(folder / "shared_inbox_messages.csv"):
        grouped[row["Conversation ID"]].setdefault(row["Message ID"], row)
    return {
        identity: sorted(messages.values(), key=lambda row: row["Message Date"])
        for identity, messages in grouped.items()
    }


def waits(folder: Path) -> list[tuple[datetime, datetime | None]]:
    """Every request with its first answer by a person, from both exports of the help desk."""
    asked = [(row["Created at"], row["First response at"]) for row in rows(folder / "tickets.csv")]
    for messages in conversations(folder).values():
        replies = [row for row in messages if row["Direction"] == "Outbound" and row["Autoreply"] == "No"]
        asked.append((messages[0]["Message Date"], replies[0]["Message Date"] if replies else ""))
    return [(datetime.fromisoformat(at), datetime.fromisoformat(then) if then else None) for at, then in asked]


def worked(start: datetime, end: datetime) -> float:
    """Hours from 9 to 20 on days that are neither Sundays nor holidays, minute by minute."""
    minutes = (start + timedelta(minutes=number) for number in range(int((end - start).total_seconds() // 60)))
    return sum(9 <= now.hour < 20 and now.weekday() < 6 and now.date() not in HOLIDAYS for now in minutes) / 60


def test_no_request_stands_in_both_exports_of_the_help_desk(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    tickets, desk = rows(folder / "tickets.csv"), truth.business.desk
    later = [row["Channel"] for row in tickets if row["Created at"] >= desk.improves_from]
    assert later
    assert "email" not in later
    assert min(row["Message Date"] for row in rows(folder / "shared_inbox_messages.csv")) >= desk.improves_from
    assert len(conversations(folder)) == desk.conversations
    assert sum(map(len, conversations(folder).values())) == desk.messages
    assert len(tickets) + desk.conversations == desk.requests
    assert sum(answered is None for _, answered in waits(folder)) == desk.unanswered
    assert desk.settled == sum(bool(row["Resolved at"]) and not row["First response at"] for row in tickets) + sum(
        messages[0]["Status"] == "archived"
        and not any(row["Direction"] == "Outbound" and row["Autoreply"] == "No" for row in messages)
        for messages in conversations(folder).values()
    )


def test_service_answers_sooner_from_june_and_within_its_hours(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    desk = truth.business.desk
    hours: dict[bool, list[float]] = defaultdict(list)
    for at, answered in waits(folder):
        if answered is not None:
            assert 9 <= answered.hour <= 20
            assert answered.weekday() < 6
            hours[f"{at}" >= desk.improves_from].append(worked(at, answered))
    for late, planted in zip((False, True), desk.working_hours, strict=True):
        # Standard deviations of the logarithm: 0.8 of a request, 0.19 of the team, 0.35 of its day; 200 days.
        assert median(hours[late]) == pytest.approx(planted, rel=0.2)


def letters(folder: Path) -> dict[str, list[Message]]:
    boxes = {}
    for name in ("fleet", "parts"):
        with closing(mailbox.mbox(folder / "mail" / f"{name}.mbox")) as box:
            boxes[name] = list(box)
    return boxes


def test_mailboxes_hold_what_the_truth_counts(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    planted = truth.business.mail
    boxes = letters(folder)
    ids = [letter["Message-ID"].strip("<>") for box in boxes.values() for letter in box]
    assert (len(set(ids)), len(ids) - len(set(ids))) == (planted.messages, planted.copies)
    assert planted.messages == sum(planted.kinds.values()) > 300
    assert planted.meanings.keys() <= set(ids)
    assert Counter(meaning.split()[0] for meaning in planted.meanings.values()).keys() == {"ru", "en", "zh"}
    automatic = {
        letter["Message-ID"] for box in boxes.values() for letter in box if letter["Auto-Submitted"] == "auto-replied"
    }
    assert len(automatic) == planted.kinds["automatic"]


def test_mail_is_answered_as_planted_and_one_customer_turns(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    planted = truth.business.mail
    every = {letter["Message-ID"]: letter for box in letters(folder).values() for letter in box}
    answers: dict[str, datetime] = {}
    for letter in every.values():
        if letter["From"].endswith("@service.example.com") and not letter["Auto-Submitted"] and letter["References"]:
            first, at = letter["References"].split()[0].strip("<>"), parsedate_to_datetime(letter["Date"])
            answers[first] = min(at, answers.get(first, at))
    hours: dict[bool, list[float]] = defaultdict(list)
    tones: dict[bool, list[str]] = defaultdict(list)
    for identity, meaning in planted.meanings.items():
        letter = every[f"<{identity}>"]
        taken = parsedate_to_datetime(letter["Received"].rpartition(";")[2]).replace(tzinfo=None)
        if letter["From"] == planted.worsening:
            tones[f"{taken}" >= planted.worse_from].append(meaning.split()[-1])
        if identity in answers:
            hours[f"{taken}" >= planted.improves_from].append(worked(taken, answers[identity].replace(tzinfo=None)))
    assert len(planted.meanings.keys() - answers.keys()) == planted.unanswered
    assert set(tones[True]) == {"negative"}
    assert tones[False].count("negative") < len(tones[False]) / 2
    for late, median_hours in zip((False, True), planted.working_hours, strict=True):
        # 100 and 80 waits with a standard deviation of the logarithm of 0.9: 1.2533 * 0.9 / 80**0.5 = 13 %
        assert median(hours[late]) == pytest.approx(median_hours, rel=0.35)


def test_texts_are_of_many_kinds(made: tuple[Path, Truth]) -> None:
    desk, mail = made[1].business.desk, made[1].business.mail
    meanings = [*desk.meanings.values(), *mail.meanings.values()]
    assert len({tuple(meaning.split()[1:3]) for meaning in meanings}) == 14
    rng = Random(4)  # noqa: S311  a simulation, no secret
    for language in ("ru", "en"):
        for purpose in writing.PURPOSES:
            assert len({writing.request(rng, language, purpose).body for _ in range(60)}) >= 50


def test_answers_to_surveys_are_near_the_planted_shares(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    planted = truth.business.surveys
    comments = 0
    for name, column, shares, counts in (
        ("survey", "CSAT", planted.satisfied, lambda score: score >= 4),
        ("nps", "NPS", planted.net, lambda score: (score >= 9) - (score <= 6)),
    ):
        table = [row for row in rows(folder / f"{name}.csv") if row[column]]
        comments += sum(bool(row["Comment"]) for row in table)
        for late, share in zip((False, True), shares, strict=True):
            part = [counts(int(row[column])) for row in table if (row["Invited at"] >= "2026-06-01") is late]
            assert sum(part) / len(part) == pytest.approx(share, abs=4 * pstdev(part) / len(part) ** 0.5)
    assert comments == sum(planted.comments.values())


def test_the_world_of_the_sample_varies_as_it_says(made: tuple[Path, Truth], events: list[dict[str, Any]]) -> None:
    folder, truth = made
    assert truth.world == MODERATE.name
    # Requests of a day vary more than by chance: a variance over the mean of 1 + cv² x mean.
    days = Counter(f"{at:%Y-%m-%d}" for at, _ in waits(folder) if at.hour >= 9)
    start = datetime(2025, 9, 1)
    counted = [days[f"{start + timedelta(days=number):%Y-%m-%d}"] for number in range(426)]
    mean = fmean(counted)
    assert pstdev(counted) ** 2 / mean > 1 + 0.5 * MODERATE.busy**2 * mean
    # Picture proxies come back within seconds.
    opens: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if event["event"] == "open":
            opens[event["sg_message_id"]].append(event["timestamp"])
    bursts = [times for times in opens.values() if any(sum(0 <= two - one <= 9 for two in times) >= 3 for one in times)]
    assert len(bursts) / len(opens) == pytest.approx(MODERATE.bursts, rel=0.4)


def test_firms_list_names_every_campaign_of_the_log(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    listed = {row["ID рассылки"]: row for row in rows(folder / "mailings_2026.csv", separator=";", encoding="cp1251")}
    campaigns = {one.source_campaign_id: one for one in truth.campaigns if one.platform == "sendgrid"}
    assert listed.keys() == campaigns.keys()
    for identity, row in listed.items():
        totals = campaigns[identity].totals
        assert (int(row["Отправлено"]), int(row["Отписалось"])) == (totals.sent, totals.unsubscribed)
        assert all(subject in row["Тема"] for subject in campaigns[identity].subjects)


def test_settings_of_the_sample_are_valid() -> None:
    loaded = settings.load(SAMPLE)
    assert loaded["time_zone"] == "Europe/Moscow"
    assert loaded["as_of"] == datetime(2026, 10, 31, 23, 59)


def test_every_file_of_the_sample_is_recognised_and_read_to_the_last_row() -> None:
    loaded = sources.read(SAMPLE, settings.load(SAMPLE))
    assert {log.file for log in loaded.files} == unpacked(SAMPLE).keys() - {settings.FILE}
    assert {(log.status, log.rows_rejected) for log in loaded.files} == {("read", 0)}


def test_the_software_firm_is_what_the_generator_writes(tmp_path: Path) -> None:
    planted = software.write(tmp_path)
    assert unpacked(tmp_path) == unpacked(ROOT / "data/software")
    assert planted.to_json() == (ROOT / "tests/truth_software.json").read_text(encoding="utf-8")
    assert sum(len(content) for content in unpacked(tmp_path).values()) < SOFTWARE_LIMIT
    domains = set(ADDRESS.findall("".join(content.decode("utf-8-sig") for content in unpacked(tmp_path).values())))
    assert {
        name for name in domains if not re.fullmatch(r"(c\d+|software)\.example\.(com|org)|mail\.example\.net", name)
    } == set()
