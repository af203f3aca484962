"""Whether the list is clean and its mail arrives: planted people, reports of receivers, and what is not known."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import small

import kit
from kit.errors import UsageError
from kit.questions.list_health import deliverability, hygiene, inactive
from kit.stats import proportions

if TYPE_CHECKING:
    from pathlib import Path


CONTACTS = ("Email", "Status", "Opted in at", "Source", "Cleaned at")
MAILS = 60
"""One every six days; a window of sixty days holds ten."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> kit.store.Data:
    """80 readers who click one mail in five, and 40 people who click none: of 10 machines open, of 10 a person opens.

    Of these 40 the first ten order in the window. Five more people joined within it.
    """
    folder = tmp_path_factory.mktemp("firm")
    rows = [(f"p{n}@example.com", "subscribed", "2025-01-02 09:00", "form", "") for n in range(120)]
    rows += [(f"p{n}@example.com", "subscribed", "2025-12-20 09:00", "form", "") for n in range(120, 125)]
    small.table(folder, "contacts.csv", CONTACTS, rows)
    events = []
    for mail in range(MAILS):
        at, name = small.NOON - (MAILS - 1 - mail) * 6 * small.DAY, f"c{mail}"
        for person in range(125 if mail >= MAILS - 2 else 120):
            events.append(small.event("delivered", person, campaign=name, at=at))
            if person < 80 and (mail + person) % 5 == 0:
                events.append(small.event("click", person, campaign=name, at=at + 3600, url="https://example.com/a"))
            if 90 <= person < 100 and mail % 3 == 0:
                events.append(small.event("open", person, campaign=name, at=at + 5, sg_machine_open=True))
            if 100 <= person < 110 and mail in (2, MAILS - 2):  # an old and a fresh one
                agent = "Mozilla/5.0 (Windows NT 10.0) Thunderbird/115.0"
                opening = {"sg_machine_open": False, "useragent": agent}
                events.append(small.event("open", person, campaign=name, at=at + 9000, **opening))
    small.log(folder, events)
    orders = [(f"o{n}", f"p{n}@example.com", "2025-12-01 10:00", 5, "EUR") for n in range(80, 90)]
    small.table(folder, "orders.csv", ("Order ID", "Email", "Created at", "Total", "Currency"), orders)
    small.settings(folder, 'time_zone = "UTC"', "as_of = 2026-01-02T12:00:00", 'currency = "EUR"')
    return kit.open(folder)


def numbers(data: kit.store.Data, keys: pd.Series) -> set[int]:
    emails = data.table("contacts").set_index("contact_key")["email"]
    return {int(address[1:].partition("@")[0]) for address in keys.map(emails)}


def test_nobody_with_a_sign_of_life_is_on_the_list_of_who_would_go(firm: kit.store.Data) -> None:
    found = inactive.measure(firm, days=60)
    assert numbers(firm, found.listed()["contact_key"]) == {*range(90, 100), *range(110, 120)}
    by = found.buckets.set_index("bucket")["n"]
    assert by.to_dict() == {"active": 90, "opened": 10, "machine": 10, "nothing": 10, "new": 5}
    assert found.summary().numbers["goes"] == len(found.listed()) == 20


def test_a_rule_is_judged_by_what_came_after(firm: kit.store.Data) -> None:
    rule = inactive.measure(firm, days=60).rules.set_index("limit").loc[0.2]
    # A window ago the buyers had not ordered, nor had a person opened for the ten others; only the buyers came
    # back.
    assert (rule["n"], rule["back"], rule["orders"], rule["revenue"]) == (40, 10, 10, 50)
    assert rule["mails"] == 40 * 10


@pytest.mark.parametrize(("back", "says"), [(8, False), (20, True)])  # of 100 where 20 % are accepted
def test_a_rule_that_took_off_people_who_came_back_is_called_wrong(
    firm: kit.store.Data, back: int, *, says: bool
) -> None:
    measured = inactive.measure(firm, days=60)
    rules = pd.DataFrame([dry_run(inactive.LIMIT, 100, back)])
    limit, basis = inactive.calibrated(rules, 0.2)
    text = str(replace(measured, rules=rules, accepted=0.2, limit=limit, basis=basis).summary())
    assert ("Remove nobody by such a rule" in text) is says


def dry_run(limit: float, n: int, back: int) -> dict[str, float]:
    low, high = map(float, proportions.proportion_interval(back, n))
    return {"limit": limit, "n": n, "back": back, "value": back / n, "low": low, "high": high}


def test_the_limit_is_the_highest_that_the_past_allows() -> None:
    rules = pd.DataFrame([dry_run(0.01, 20, 0), dry_run(0.02, 100, 1), dry_run(0.05, 400, 22), dry_run(0.1, 900, 99)])
    # By hand (Wilson): 1 of 100 up to 5.4 %, 22 of 400 up to 8.2 %, 99 of 900 up to 13.2 %.
    assert inactive.calibrated(rules, 0.10) == (0.05, "history")
    assert inactive.calibrated(rules, 0.06) == (0.02, "history")
    assert inactive.calibrated(rules, 0.14) == (0.1, "history")
    # 0 of 20 is too few to say so.
    assert inactive.calibrated(rules, 0.05) == (inactive.LIMIT, "none fits")
    assert inactive.calibrated(rules.head(1), 0.5) == (inactive.LIMIT, "unchecked")
    assert inactive.calibrated(rules.head(0), 0.5) == (inactive.LIMIT, "unchecked")


def test_who_would_go_follows_from_what_is_accepted(firm: kit.store.Data) -> None:
    strict, lenient = (inactive.measure(firm, days=60, accepted=accepted) for accepted in (0.1, 0.5))
    assert (strict.basis, lenient.basis) == ("none fits", "history")
    assert set(strict.listed()["step"]) == {"ask again"}
    assert set(lenient.listed()["step"]) == {"remove"}
    assert lenient.limit == max(inactive.LIMITS)
    assert "25.0%" in str(lenient.rules_summary())
    assert len(strict.rules_plot().alt) > 0
    with pytest.raises(UsageError, match=r"accepted: 1\.5 is no share between 0 and 1"):
        inactive.measure(firm, days=60, accepted=1.5)


def test_of_a_log_that_is_too_short_nobody_is_called_inactive(firm: kit.store.Data) -> None:
    each = inactive.people(firm)
    short = inactive.judge(each, each.head(0), inactive.later(firm), (False, False))
    assert short.listed().empty
    assert set(short.buckets["bucket"]) == {"active", "new", "no log"}
    assert "not known" in str(short.rules_summary())


def test_an_audience_alone_answers(tmp_path: Path) -> None:
    bought = [
        (f"a{n}@example.com", "cleaned" if n < 20 else "subscribed", "2026-01-01", "bought", "") for n in range(40)
    ]
    form = [f"b{n}@example.com" for n in range(60)]
    form += ["info@example.com", "ann@gmial.com", "a.b@gmail.com", "ab+shop@gmail.com"]
    rows = [*bought, *((email, "subscribed", "2026-01-01", "form", "") for email in form)]
    small.table(tmp_path, "contacts.csv", CONTACTS, rows)
    data = kit.open(tmp_path)
    found = hygiene.measure(data)
    faults = found.faults.set_index("fault")
    assert faults["n"].to_dict() == {"bounce": 20, "complaint": 0, "role": 1, "mistyped": 1, "twin": 2}
    assert faults["on_list"].to_dict() == {"bounce": 0, "complaint": 0, "role": 1, "mistyped": 1, "twin": 2}
    bad = found.sources[found.sources["decision"] == "more than others"]
    assert bad[["source", "sign"]].to_numpy().tolist() == [["bought", "bounce"]]
    assert str(inactive.measure(data)).startswith("It is not known who is inactive")
    assert "none of your files contains DMARC reports" in str(deliverability.measure(data))


@pytest.mark.parametrize(
    ("domain", "meant"),
    [("gmial.com", "gmail.com"), ("gmai.com", "gmail.com"), ("gmaill.com", "gmail.com"), ("yandez.ru", "yandex.ru"),
     ("gmail.com", ""), ("example.com", ""), ("ya.ru", ""), ("mail.com", ""), ("", "")],
)  # fmt: skip
def test_a_domain_one_slip_from_a_large_one_is_mistyped(domain: str, meant: str) -> None:
    assert hygiene.nearest_large(domain) == meant


def report(records: str, name: str = "google.com") -> bytes:
    about = (
        f"<report_metadata><org_name>{name}</org_name><report_id>{name}-1</report_id><date_range><begin>1772323200"
        "</begin><end>1772409599</end></date_range></report_metadata><policy_published><domain>service.example.com"
        "</domain><p>none</p></policy_published>"
    )
    return f'<?xml version="1.0"?>\n<feedback>{about}{records}</feedback>'.encode()


def record(ip: str, n: object, dkim: str, spf: str) -> str:
    return (
        f"<record><row><source_ip>{ip}</source_ip><count>{n}</count><policy_evaluated><dkim>{dkim}</dkim><spf>{spf}"
        "</spf></policy_evaluated></row><identifiers><header_from>service.example.com</header_from></identifiers>"
        "</record>"
    )


def test_dmarc_reports_say_who_sends_in_our_name(tmp_path: Path) -> None:
    ours = record("192.0.2.1", 900, "pass", "fail") + record("203.0.113.9", 40, "fail", "fail")
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(report(ours)))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("b.xml", report(record("192.0.2.1", 100, "fail", "pass"), "mail.example.com"))
    (tmp_path / "postmaster_service.example.com.csv").write_text(
        "Date,User Reported Spam Rate,Domain Reputation\n2026-03-01,0.05%,High\n2026-03-02,0.35%,Medium\n"
    )
    found = deliverability.measure(kit.open(tmp_path))
    rows = found.senders.set_index("source_ip")
    assert rows["n"].to_dict() == {"192.0.2.1": 1000, "203.0.113.9": 40}
    assert rows.loc["192.0.2.1", ["aligned", "dkim", "spf"]].tolist() == [1000, 900, 100]
    assert "1 of 2 senders never pass" in str(found)
    day = found.days[found.days["day"] == "2026-03-01"].iloc[0]
    assert (day["spam_rate"], day["reported"], day["aligned"]) == (pytest.approx(0.0005), 1040, 1000)
    assert "0.10% or more on 1 of 2 days, and 0.30% or more on 1." in str(found.gmail_summary())
    assert deliverability.measure(kit.open(tmp_path, period="2026-04")).senders.empty


def test_a_report_with_a_document_type_or_damage_is_named_and_not_read(tmp_path: Path) -> None:
    whole = report(record("192.0.2.1", 3, "pass", "pass"))
    (tmp_path / "typed.xml").write_bytes(whole.replace(b"<record>", b'<!DOCTYPE y [<!ENTITY a "aa">]><record>'))
    (tmp_path / "cut.xml").write_bytes(whole[:-30])
    odd = record("192.0.2.1", "many", "pass", "pass") + record("192.0.2.2", 2, "pass", "")
    (tmp_path / "odd.xml").write_bytes(report(odd, "b.example.com"))
    logs = {log.file: log for log in kit.open(tmp_path).files}
    assert "document type" in str(logs["typed.xml"].error)
    assert "damaged" in str(logs["cut.xml"].error)
    assert (logs["odd.xml"].rows_kept, logs["odd.xml"].rows_rejected) == (1, 1)


def test_a_domain_one_slip_from_a_large_one_of_the_own_list_is_mistyped() -> None:
    people = pd.Series({"firm.example.com": 500, "frim.example.com": 2, "firms.example.com": 40, "shop.example.com": 60,
                        "shpo.example.com": 1, "gmial.com": 3})  # fmt: skip
    # 40 people of another firm are no slip, and a domain of 60 people is not large.
    assert {name: large for name, large in hygiene.meant(people).items() if large} == {
        "frim.example.com": "firm.example.com",
        "gmial.com": "gmail.com",
    }


def test_a_day_of_many_complaints_names_what_was_sent_on_it_or_before(tmp_path: Path) -> None:
    day = small.NOON // small.DAY * small.DAY
    events = [
        small.event("delivered", person, campaign=name, at=day - ago * small.DAY + 3600)
        for name, ago, people in (("large", 2, 9), ("small", 1, 4), ("late", 0, 5))
        for person in range(people)
    ]
    small.log(tmp_path, events)
    small.settings(tmp_path, 'time_zone = "UTC"')
    dates = [pd.Timestamp(day - ago * small.DAY, unit="s").strftime("%Y-%m-%d") for ago in (3, 1, 0)]
    rates = zip(dates, ("0.01%", "0.35%", "0.02%"), strict=True)
    rows = [(date, "service.example.com", rate, "High") for date, rate in rates]
    header = ("Date", "Domain", "User Reported Spam Rate", "Domain Reputation")
    small.table(tmp_path, "postmaster.csv", header, rows)
    found = deliverability.measure(kit.open(tmp_path))
    assert found.days["mails"].tolist() == [0, 4, 5]
    assert found.days["campaigns"].fillna("").tolist() == [
        "",
        "Name of large, Name of small",
        "Name of late, Name of small",
    ]
    assert str(found.gmail_summary()).endswith("or the day before, we sent: Name of large, Name of small.")
