"""Every provider's payloads give what django-anymail gives, but for what stands here with its reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.file_log import EventFile
from kit.sources.logs import events
from kit.sources.text.addresses import contact_key
from kit.store.engine import Engine
from tests import exports

FORMATS = Path(os.environ.get("KIT_SHARED", "")) / "formats"
FILE = "webhook_events_with_expected.ndjson"
LINES = {
    "amazon_ses": 6, "brevo": 11, "mailersend": 6, "mailgun": 15, "mailjet": 6, "mailtrap": 6, "mandrill": 3,
    "postal": 3, "postmark": 7, "resend": 6, "sendgrid": 7, "sparkpost": 9, "unisender_go": 8,
}  # fmt: skip
"""Lines per file (FORMATS: event logs)."""

LEFT_OUT = {
    ("amazon_ses", "event_id"): "it stands in the SNS envelope, which these payloads do not have",
    ("resend", "event_id"): "it stands in a header of the request",
    ("amazon_ses", "timestamp"): "theirs is the envelope's; ours is the event's own",
    ("sendgrid", "message_id"): "theirs is an argument that their sender adds",
}
"""What cannot be compared in any line of a provider."""

OTHERWISE = {
    ("unisender_go", "test_sent_event", "message_id"): "1smi9f-00057m-86zr",  # theirs is what their sender adds
    ("mailgun", "test_metadata_key_conflicts", "event_type"): "unknown",  # the second of two `event` is not in the line
    ("mailgun", "test_metadata_key_conflicts", "recipient"): "metadata-recipient",  # the same
    ("sparkpost", "test_generation_failure_event", "timestamp"): "2018-10-11 23:24:45+00:00",  # they read only numbers
    # `s_epoch` is ts_epoch in the examples of the documentation (FORMATS: Brevo)
    ("brevo", "test_proxy_open_event", "timestamp"): "2018-08-17 06:18:02+00:00",
    ("brevo", "test_unique_proxy_open_event", "timestamp"): "2018-08-17 06:18:02+00:00",
    ("brevo", "test_proxy_open_event", "event_type"): "opened",
    ("brevo", "test_unique_proxy_open_event", "event_type"): "opened",
}
"""Where we say something else, and what."""


def cases() -> list[Any]:
    return [
        pytest.param(provider, json.loads(line), id=f"{provider}-{number}")
        for provider in LINES
        if (FORMATS / provider / FILE).is_file()
        for number, line in enumerate((FORMATS / provider / FILE).read_text(encoding="utf-8").splitlines())
    ]


def projected(tmp_path: Path, text: str, preset: str) -> tuple[Any, pd.DataFrame]:
    path = exports.write(tmp_path, "a.ndjson", text)
    out = tmp_path / "events.parquet"
    with Engine() as engine:
        log = events.project(engine, EventFile(path, path.name, preset, ""), out, Settings())
    assert log.status == "read", log.error
    table = pd.read_parquet(out)
    assert log.rows_kept == len(table) == log.rows_read - log.rows_left_out
    return log, table


def bare(value: Any) -> str | None:
    """An id without the marks around it that vendors write and leave out; blanks at the ends are nobody's."""
    return None if value is None else str(value).strip().strip("<>") or None


@pytest.mark.parametrize(("provider", "case"), cases())
def test_each_payload_gives_what_django_anymail_gives(tmp_path: Path, provider: str, case: dict[str, Any]) -> None:
    log, table = projected(tmp_path, json.dumps(case["esp_event"]), f"{provider}_events")
    assert log.rejections == ()
    row = table.astype(object).where(table.notna(), None).iloc[0]
    theirs = case["anymail"]
    seconds = provider == "postal"  # theirs are whole
    told = None if theirs["timestamp"] == "None" else pd.Timestamp(theirs["timestamp"]).tz_convert("UTC")
    want = {
        "event_type": theirs["event_type"],
        "timestamp": told,
        "event_id": theirs["event_id"],
        "message_id": bare(theirs["message_id"]),
        "recipient": theirs["recipient"],
        "reject_reason": theirs["reject_reason"],
        "click_url": theirs["click_url"],
        "user_agent": theirs["user_agent"],
        "mta_response": bare(theirs["mta_response"]),
    }
    at = row["occurred_at"]
    got = {
        "event_type": row["event_type"],
        "timestamp": None if at is None else at.floor("s") if seconds else at,
        "event_id": row["event_id"],
        "message_id": bare(row["message_id"]),
        "recipient": row["contact_key"],
        "reject_reason": row["reject_reason"],
        "click_url": row["link_url"],
        "user_agent": row["user_agent"],
        "mta_response": bare(row["mta_response"]),
    }
    for name in want:
        test = case["test"].rsplit(".", 1)[1]
        if (provider, test, name) in OTHERWISE:
            said = OTHERWISE[provider, test, name]
            want[name] = pd.Timestamp(said) if name == "timestamp" else said
    want["recipient"] = want["recipient"] and contact_key(want["recipient"])
    for name in [name for left, name in LEFT_OUT if left == provider]:
        del want[name], got[name]
    assert got == want, case["test"]


def test_there_are_as_many_lines_as_the_formats_say(shared: Path) -> None:
    for provider, number in LINES.items():
        assert len((shared / "formats" / provider / FILE).read_text(encoding="utf-8").splitlines()) == number
    assert len(cases()) == sum(LINES.values())


@pytest.mark.parametrize("provider", LINES)
def test_a_log_of_the_payloads_is_known_by_its_content(tmp_path: Path, shared: Path, provider: str) -> None:
    golden = (shared / "formats" / provider / FILE).read_text(encoding="utf-8").splitlines()
    rows = [json.dumps(json.loads(line)["esp_event"]) for line in golden]
    (log,) = sources.read(exports.write(tmp_path, "a.log", "\n".join(rows)), Settings()).logs
    assert log.preset == f"{provider}_events"
    (log,) = sources.read(exports.write(tmp_path, "a.log", "[" + ",\n".join(rows) + "]"), Settings()).logs
    assert log.preset == f"{provider}_events"


def test_envelopes_of_sns_are_opened(tmp_path: Path, shared: Path) -> None:
    told = (shared / "formats" / "amazon_ses" / "sns_http_bodies.ndjson").read_text(encoding="utf-8").splitlines()
    raw = "\n".join(line.replace("19ba9823", f"19ba982{n}") for n, line in enumerate(told))  # the fixtures reuse one id
    bodies = "\n".join(json.loads(line)["body"] for line in raw.splitlines())
    (log,) = sources.read(exports.write(tmp_path, "a.log", bodies), Settings()).logs
    for text in (bodies, raw):  # as posted, and as a collector kept the requests
        done, table = projected(tmp_path, text, log.preset)
        assert [(one.line, one.reason) for one in done.rejections] == [(3, "it is about an incoming e-mail")]
        assert table["event_type"].tolist() == [
            "bounced", "clicked", "bounced", "bounced", "rejected", "failed", "sent",
        ]  # fmt: skip
        assert table["line"].tolist() == [1, 2, 4, 4, 5, 6, 7]
        people = ["jane", "recipient", "jane", "richard", "recipient", "recipient", "recipient"]
        assert table["contact_key"].tolist() == [contact_key(f"{name}@example.com") for name in people]
        assert set(table["event_id"].str[8:]) == {"-d7f2-53c1-860e-cb10e0d13dfc"}
        times = table["occurred_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:23].tolist()
        envelope = "2018-03-26T17:58:59.675"
        assert times == [
            "2016-01-27T14:59:44.101", "2017-08-09T23:51:25.570", envelope, envelope, "2016-10-14T17:38:15.211",
            envelope, "2016-10-14T05:02:16.645",
        ]  # fmt: skip


def test_sendpulse_by_hand(tmp_path: Path, shared: Path) -> None:
    path = shared / "formats" / "sendpulse" / "webhook_events.json"
    (log,) = sources.read(path, Settings()).logs
    done, table = projected(tmp_path, path.read_text(encoding="utf-8"), log.preset)
    assert (done.rows_read, done.rejections) == (4, ())
    assert table["event_type"].tolist() == ["complained", "opened", "clicked", "unsubscribed"]
    assert table["occurred_at"].iloc[0] == pd.Timestamp(1496827422, unit="s", tz="UTC")
    assert set(table["source_campaign_id"]) == {"3668141"}
    assert table["user_agent"].iloc[1] == "Firefox 11.0 Windows Desktop"
    assert table["link_url"].iloc[2] == "http://google.com"
