"""Types of events that have no sample line, ways of writing a log, and what counts once (FORMATS: event logs)."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.logs import events
from kit.sources.text.addresses import contact_key
from kit.store.engine import Engine
from tests import exports
from tests.small import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

WHEN = pd.Timestamp(NOON, unit="s", tz="UTC")
ISO = "2026-01-01T12:00:00Z"


def ses(kind: str, **inside: Any) -> dict[str, Any]:
    return {"eventType": kind, "mail": {"messageId": "m1", "timestamp": ISO, "destination": ["a@example.com"]}} | inside


def postmark(kind: str, **more: Any) -> dict[str, Any]:
    return {"RecordType": kind, "MessageID": "m1", "Email": "a@example.com", "BouncedAt": ISO} | more


def msys(kind: str, inside: str = "message_event", **more: Any) -> dict[str, Any]:
    told = {"type": kind, "event_id": "1", "raw_rcpt_to": "a@example.com", "timestamp": str(NOON), "message_id": "m1"}
    return {"msys": {inside: told | more}}


def mandrill(kind: str) -> dict[str, Any]:
    return {"event": kind, "ts": NOON, "_id": "m1", "msg": {"ts": NOON - 9, "email": "a@example.com", "_id": "m1"}}


def brevo(kind: str) -> dict[str, Any]:
    return {"event": kind, "email": "a@example.com", "ts_epoch": NOON * 1000, "ts": NOON - 3600, "message-id": "<m1@x>"}


def mailjet(kind: str, **more: Any) -> dict[str, Any]:
    return {"event": kind, "time": NOON, "MessageID": 1, "email": "a@example.com"} | more


def mailersend(kind: str, **more: Any) -> dict[str, Any]:
    data = {"id": "e1", "type": kind, "message_id": "m1", "recipient": "a@example.com"} | more
    return {"type": f"activity.{kind}", "created_at": ISO, "data": data}


def resend(kind: str, **more: Any) -> dict[str, Any]:
    data = {"created_at": "2025-12-31T00:00:00Z", "email_id": "m1", "to": ["A <a@example.com>"]} | more
    return {"type": f"email.{kind}", "created_at": ISO, "data": data}


def postal(kind: str, **payload: Any) -> dict[str, Any]:
    message = {"id": 1, "direction": "outgoing", "to": "a@example.com"}
    return {"event": kind, "timestamp": NOON, "uuid": "u1", "payload": {"message": message} | payload}


def unisender(kind: str, **info: str) -> dict[str, Any]:
    event = {"job_id": "m1", "email": "a@example.com", "status": kind, "event_time": "2026-01-01 12:00:00"}
    return event | {"delivery_info": info}


def elastic(kind: str, **more: str) -> dict[str, Any]:
    return {"to": "a@example.com", "status": kind, "date": "1/1/2026 12:00:00 PM", "messageid": "m1"} | more


def mailgun(kind: str, **more: Any) -> dict[str, Any]:
    event = {"event": kind, "timestamp": float(NOON), "recipient": "a@example.com"} | more
    return {"event-data": event, "signature": {"token": "t1"}}


def sendpulse(kind: str) -> dict[str, Any]:
    return {"event": kind, "email": "a@example.com", "timestamp": str(NOON), "task_id": "7"}


def trap(kind: str) -> dict[str, Any]:
    return {"event": kind, "timestamp": NOON, "message_id": "m1", "event_id": "e1", "email": "a@example.com"}


def bounce(kind: str) -> dict[str, Any]:
    return ses(
        "Bounce",
        bounce={"bounceType": kind, "timestamp": ISO, "bouncedRecipients": [{"emailAddress": "a@example.com"}]},
    )


LEAVES = {"unsubscribeAll": True}
PERSON = {"complainedRecipients": [{"emailAddress": "a@example.com"}], "timestamp": ISO}
TYPES = [
    (ses("Complaint", complaint=PERSON), "complained", None),
    (ses("Delivery", delivery={"timestamp": ISO, "recipients": ["a@example.com"]}), "delivered", None),
    (ses("Open", open={"timestamp": ISO, "userAgent": "x"}), "opened", None),
    (ses("DeliveryDelay", deliveryDelay={"timestamp": ISO}), "deferred", None),
    (ses("Subscription", subscription={"timestamp": ISO, "newTopicPreferences": LEAVES}), "unsubscribed", None),
    (ses("Subscription", subscription={"timestamp": ISO, "newTopicPreferences": {}}), "subscribed", None),
    (bounce("Permanent"), "bounced", "hard"),
    (bounce("Transient"), "bounced", "soft"),
    (bounce("Undetermined"), "bounced", "unknown"),
    *((postmark("Bounce", Type=kind), *told) for kind, told in {
        "HardBounce": ("bounced", "hard"), "SoftBounce": ("bounced", "soft"), "Transient": ("deferred", None),
        "DnsError": ("deferred", None), "AutoResponder": ("autoresponded", None),
        "AddressChange": ("autoresponded", None),
        "ChallengeVerification": ("autoresponded", None), "SpamNotification": ("complained", None),
        "Blocked": ("rejected", None), "BadEmailAddress": ("rejected", None), "ManuallyDeactivated": ("rejected", None),
        "DMARCPolicy": ("rejected", None),
    }.items()),
    (postmark("Open", FirstOpen=True), "opened", None),
    (postmark("Click", OriginalLink="https://a.example.com/"), "clicked", None),
    (postmark("SpamComplaint", Type="SpamComplaint"), "complained", None),
    (postmark("SubscriptionChange", SuppressSending=True, Origin="Customer"), "unknown", None),
    *((msys(kind), told, None) for kind, told in {
        "policy_rejection": "rejected", "generation_rejection": "rejected", "spam_complaint": "complained",
        "list_unsubscribe": "unsubscribed", "link_unsubscribe": "unsubscribed", "open": "opened",
        "initial_open": "opened", "amp_initial_open": "opened", "click": "clicked",
    }.items()),
    *((msys("bounce", bounce_class=code), *told) for code, told in {
        "10": ("bounced", "hard"), "20": ("bounced", "soft"), "22": ("bounced", "soft"), "24": ("bounced", "soft"),
        "51": ("bounced", "block"), "1": ("bounced", "unknown"), "60": ("autoresponded", None),
        "100": ("autoresponded", None), "80": ("subscribed", None), "90": ("unsubscribed", None),
    }.items()),
    (msys("out_of_band", bounce_class="70"), "bounced", "soft"),
    *((mandrill(kind), *told) for kind, told in {
        "deferral": ("deferred", None), "hard_bounce": ("bounced", "hard"), "soft_bounce": ("bounced", "soft"),
        "open": ("opened", None), "click": ("clicked", None), "spam": ("complained", None),
        "unsub": ("unsubscribed", None), "reject": ("rejected", None),
    }.items()),
    *((brevo(kind), told, None) for kind, told in {
        "complaint": "complained", "opened": "opened", "unique_opened": "opened", "click": "clicked", "error": "failed",
        "list_addition": "subscribed",
    }.items()),
    (brevo("hard_bounce"), "bounced", "hard"),
    (brevo("soft_bounce"), "bounced", "soft"),
    (mailjet("open"), "opened", None),
    (mailjet("click"), "clicked", None),
    (mailjet("bounce", hard_bounce=True, blocked=True), "bounced", "hard"),
    (mailjet("bounce", hard_bounce=False, blocked=True), "bounced", "block"),
    (mailjet("bounce", hard_bounce=False, blocked=False), "bounced", "soft"),
    *((mailersend(kind), *told) for kind, told in {
        "deferred": ("deferred", None), "opened": ("opened", None), "clicked": ("clicked", None),
        "spam_complaints": ("complained", None), "suppressed": ("rejected", None), "hard_bounced": ("bounced", "hard"),
        "soft_bounced": ("bounced", "soft"),
    }.items()),
    (resend("complained"), "complained", None),
    (resend("bounced", bounce={"message": "…", "type": "Permanent"}), "bounced", "hard"),
    (postal("MessageHeld", status="Held"), "queued", None),
    (postal("MessageDelayed", status="SoftFail"), "deferred", None),
    (postal("MessageLinkClicked", url="https://a.example.com/"), "clicked", None),
    (unisender("opened"), "opened", None),
    (unisender("spam"), "complained", None),
    (unisender("subscribed"), "subscribed", None),
    (unisender("hard_bounced", delivery_status="err_user_unknown"), "bounced", "hard"),
    (unisender("hard_bounced", delivery_status="err_spam_rejected"), "bounced", "block"),
    *((elastic(kind), told, None) for kind, told in {
        "Sent": "delivered", "Opened": "opened", "Clicked": "clicked", "AbuseReport": "complained",
        "Unsubscribed": "unsubscribed",
    }.items()),
    *((elastic("Error", category=kind), "bounced", told) for kind, told in {
        "NoMailbox": "hard", "DNSProblem": "hard", "Spam": "block", "GreyListed": "soft", "Timeout": "soft",
        "Ignore": "unknown",
    }.items()),
    (mailgun("failed", severity="permanent"), "bounced", "hard"),
    (mailgun("rejected"), "rejected", None),
    (mailgun("unsubscribed"), "unsubscribed", None),
    (sendpulse("redirect"), "clicked", None),
    (sendpulse("hard_bounce"), "bounced", "hard"),
    (trap("bounce"), "bounced", "hard"),
    (trap("spam"), "complained", None),
    (trap("unsubscribe"), "unsubscribed", None),
]  # fmt: skip


def read(folder: Path, **files: str | bytes) -> tuple[list[FileLog], pd.DataFrame]:
    """The logs of the files, by name with `_` for the point, and the events of all of them."""
    for name, content in files.items():
        exports.write(folder, name.replace("_", ".", 1), content)
    out = folder.parent / f"{folder.name}-events"
    out.mkdir()
    done = []
    with Engine() as engine:
        for number, log in enumerate(sources.read(folder, Settings()).logs):
            done.append(events.project(engine, log, out / f"{number}.parquet", Settings()))
    assert [log.error for log in done if log.error] == []
    return done, pd.concat([pd.read_parquet(one) for one in sorted(out.iterdir())], ignore_index=True)


def ndjson(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(("payload", "kind", "of"), TYPES)
def test_types_without_a_sample(tmp_path: Path, payload: dict[str, Any], kind: str, of: str | None) -> None:
    _, table = read(tmp_path, a_ndjson=ndjson(payload))
    (row,) = table.astype(object).where(table.notna(), None).to_dict("records")
    told = (row["event_type"], row["bounce_class"], row["occurred_at"], row["contact_key"])
    assert told == (kind, of, WHEN, contact_key("a@example.com"))


def test_opens_through_brevos_proxy_are_a_machines(tmp_path: Path) -> None:
    rows = [brevo("opened"), brevo("click"), brevo("proxy_open") | {"ts_epoch": NOON * 1000 + 1}]
    _, table = read(tmp_path, a_ndjson=ndjson(*rows))
    assert table["is_machine"].tolist() == [None, None, True]
    assert table["machine_rule"].isna().tolist() == [True, True, False]


def test_an_opening_that_sparkpost_tells_twice_counts_once(tmp_path: Path) -> None:
    other = msys("initial_open", "track_event", event_id="4", raw_rcpt_to="b@example.com")
    rows = [
        msys("initial_open", "track_event", event_id="1"),
        msys("open", "track_event", event_id="2"),
        msys("open", "track_event", event_id="3", timestamp=str(NOON + 60)),
        other,
        {"msys": {}},
    ]
    (log,), table = read(tmp_path, a_ndjson=ndjson(*rows))
    assert table["event_id"].tolist() == ["2", "3", "4"]  # of the other person only the first image was loaded
    assert [(one.line, one.reason) for one in log.rejections] == [
        (5, "it is a connection test, not about an e-mail"),
        (1, "the same event is already listed as open"),
    ]


def test_logs_that_overlap_count_once(tmp_path: Path) -> None:
    days = [
        brevo(kind) | {"ts_epoch": (NOON + at) * 1000}
        for at, kind in enumerate(("request", "delivered", "opened", "opened"))
    ]
    whole = ndjson(*days)
    logs, table = read(
        tmp_path, a_ndjson=ndjson(*days[:3]), b_ndjson=whole, c_gz=gzip.compress(ndjson(*reversed(days)).encode())
    )
    assert len(table) == len(days)
    assert [(log.rows_kept, log.rows_repeated) for log in logs] == [(3, 0), (1, 3), (0, 4)]
    assert str(logs[1].rejections[0].reason) == "the same event is in a.ndjson, line 1; it was delivered again"


def test_two_messages_of_one_call_to_one_person_stay_two(tmp_path: Path) -> None:
    call = {"email": "a@example.com", "timestamp": NOON, "event": "delivered"}
    ids = [
        "abc.filter0155p3mdw1-17552-5C373ACC-37.0",
        "abc.recvd-5f9ffdf494-9kc6l-1-673C6EB0-B.1",
        "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.000",
    ]
    _, table = read(tmp_path, a_ndjson=ndjson(*(call | {"sg_event_id": one, "sg_message_id": one} for one in ids)))
    assert table["message_id"].tolist() == ["abc", "abc.1", "14c5d75ce93.dfd.64b469"]


def test_mail_to_several_people_says_that_nobody_knows_who_opened(tmp_path: Path) -> None:
    both = {"messageId": "m1", "timestamp": ISO, "destination": ["a@example.com", "b@example.com"]}
    rows = [
        ses("Send") | {"mail": both},
        ses("Open", open={"timestamp": ISO}) | {"mail": both},
        bounce("Permanent") | {"mail": both},
    ]
    (log,), table = read(tmp_path, a_ndjson=ndjson(*rows))
    assert table["event_type"].tolist() == ["sent", "sent", "opened", "opened", "bounced"]
    assert "2 opens and clicks belong to e-mails to several people; they are counted for each of them" in log.notes


LINK = "https://a.example.com/?x=1&y=é"
FORMS = [
    ("elastic_email", elastic("Clicked", target=LINK), "link_url", LINK),
    ("mandrill", {"mandrill_events": json.dumps([mandrill("open"), mandrill("click")])}, "message_id", "m1"),
    ("mailgun", {"event": "clicked", "recipient": "a@example.com", "timestamp": str(NOON), "token": "t",
                 "signature": "s",
                 "url": "https://b.example.com/?q=%20 x"}, "link_url", "https://b.example.com/?q=%20 x"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "fields", "column", "value"), FORMS)
def test_a_form_is_read_as_it_was_sent_and_as_json(
    tmp_path: Path, provider: str, fields: dict[str, str], column: str, value: str
) -> None:
    for name, text in {"form": urlencode(fields), "query": "?" + urlencode(fields), "json": json.dumps(fields)}.items():
        (tmp_path / name).mkdir()
        (log,), table = read(tmp_path / name, a_log=text + "\n")
        assert (log.preset, log.rejections) == (f"{provider}_events", ())
        assert table[column].iloc[-1] == value
        assert set(table["contact_key"]) == {contact_key("a@example.com")}


def test_posts_that_wrap_their_events_are_opened(tmp_path: Path) -> None:
    wrapped = {
        "unisender_go": {"auth": "0", "events_by_user": [
            {"user_id": 1, "events": [{"event_name": "x", "event_data": unisender("sent")}]},
            {"user_id": 2, "events": [{"event_name": "x", "event_data": unisender("opened")}]},
        ]},
        "mailtrap": {"events": [trap("delivery"), trap("open")]},
        "mailgun": {"items": [mailgun(one, **{"log-level": "info"})["event-data"] for one in ("delivered", "opened")]},
    }  # fmt: skip
    for provider, post in wrapped.items():
        (tmp_path / provider).mkdir()
        (log,), table = read(tmp_path / provider, a_json=ndjson(post))
        assert (log.preset, len(table), log.rows_read) == (f"{provider}_events", 2, 2)


@pytest.mark.parametrize("whole", [[mailjet("open"), mailjet("click")], [mailjet("open")]])
def test_json_as_an_editor_writes_it_is_read_with_its_lines(tmp_path: Path, whole: list[Any]) -> None:
    (log,), table = read(tmp_path, a_json=json.dumps(whole, indent=2))
    assert (log.preset, log.rejections) == ("mailjet_events", ())
    assert table["line"].tolist() == [2, 8][: len(whole)]  # a bracket, and six lines an event
