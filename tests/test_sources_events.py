"""Event logs: one projection by the engine; every line is an event, or named with its reason."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.logs import events
from kit.sources.text.addresses import contact_key
from kit.store.engine import Engine
from kit.tables import EVENT_TYPES, EVENTS
from tests import exports
from tests.small import NOON, event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()


def read_one(path: Path, settings: Settings = BARE) -> tuple[FileLog, pd.DataFrame]:
    """The complete log of the only file, and its events."""
    (log,) = sources.read(path, settings).logs
    out = path.with_name("events.parquet")
    with Engine() as engine:
        done = events.project(engine, log, out, settings)
    table = pd.read_parquet(out)
    assert list(table.columns) == EVENTS.names
    assert (done.rows_kept, done.rows_read) == (len(table), done.rows_kept + done.rows_left_out)
    assert set(table["event_type"]) <= set(EVENT_TYPES)
    return done, table


def lines(*rows: Any) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def said(log: FileLog) -> list[tuple[int | None, str]]:
    return [(one.line, one.reason) for one in log.rejections]


def test_each_payload_gives_what_django_anymail_gives(tmp_path: Path, shared: Path) -> None:
    golden = shared / "formats" / "sendgrid" / "webhook_events_with_expected.ndjson"
    cases = [json.loads(line) for line in golden.read_text(encoding="utf-8").splitlines()]
    for number, case in enumerate(cases):
        path = exports.write(tmp_path, f"{number}.ndjson", lines(case["esp_event"]))
        _, table = read_one(path)
        (row,) = table.astype(object).where(table.notna(), None).to_dict("records")
        theirs = case["anymail"]
        assert {
            "event_type": row["event_type"],
            "timestamp": row["occurred_at"],
            "event_id": row["event_id"],
            "recipient": row["contact_key"],
            "reject_reason": row["reject_reason"],
            "click_url": row["link_url"],
            "user_agent": row["user_agent"],
            "mta_response": row["mta_response"],
        } == {
            "event_type": theirs["event_type"],
            "timestamp": pd.Timestamp(theirs["timestamp"]),
            "event_id": theirs["event_id"],
            "recipient": contact_key(theirs["recipient"]),
            "reject_reason": theirs["reject_reason"],
            "click_url": theirs["click_url"],
            "user_agent": theirs["user_agent"],
            "mta_response": theirs["mta_response"],
        }, case["test"]
    assert len(cases) == 7  # FORMATS: lines per file


def test_the_documented_examples_are_all_kept(shared: Path, tmp_path: Path) -> None:
    source = shared / "formats" / "sendgrid" / "event_webhook_doc_examples.ndjson"
    log, table = read_one(exports.write(tmp_path, "a.log", source.read_bytes()))
    assert (log.rows_read, log.rows_kept) == (12, 12)  # two of them share an id, but not the kind of bounce
    bounces = table[table["event_type"] == "bounced"]
    assert bounces["bounce_class"].tolist() == ["hard", "block"]
    assert len(set(table["message_id"])) == 1  # one message from beginning to end
    assert table.loc[table["event_type"] == "opened", "is_machine"].tolist() == [False]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_plain_and_packed_logs_and_arrays_in_lines_are_the_same(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    rows = [
        event("processed", 1),
        event("delivered", 1),
        event("open", 1),
        event("click", 1, url="https://a.example.com/"),
    ]
    text = "\ufeff" + lines(rows[0], rows[1:3], "", rows[3]).replace("\n", "\r\n")
    raw = text.encode()
    log, table = read_one(exports.write(tmp_path, "a.bin", pack(raw)))
    assert (log.rows_read, log.rows_kept, log.rejections) == (4, 4, ())
    assert table["event_type"].tolist() == ["queued", "delivered", "opened", "clicked"]
    assert table["line"].tolist() == [1, 2, 2, 4]
    assert table["domain"].unique().tolist() == ["example.com"]
    assert table["occurred_at"].iloc[0] == pd.Timestamp(NOON, unit="s", tz="UTC")


def test_an_array_over_many_lines_is_read_too(tmp_path: Path) -> None:
    text = "[\n" + ",\n".join(json.dumps(event("open", n)) for n in range(3)) + "\n]\n"
    log, table = read_one(exports.write(tmp_path, "a.json", text))
    assert (len(table), log.rows_read, log.rejections) == (3, 3, ())


def test_bad_lines_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    nameless = {key: value for key, value in event("open", 3).items() if key != "event"}
    rows = [
        event("open", 1), "{broken", nameless, event("open", 4, timestamp="noon"), event("open", 5, at=NOON * 1000),
        event("open", 6), "42", '{"event": "op',
    ]  # fmt: skip
    log, table = read_one(exports.write(tmp_path, "a.ndjson", lines(*rows)))
    assert table["line"].tolist() == [1, 3, 6]
    assert table["event_type"].tolist() == ["opened", "unknown", "opened"]  # an event that does not say what happened
    assert log.notes == ("1 event does not show what happened; it is kept as unknown",)
    assert said(log) == [
        (2, "the line is not JSON"),
        (4, "'noon' is not a time"),
        (5, f"'{NOON * 1000}' is not a time"),
        (7, "it is a single value, not an event"),
        (8, "the line is not JSON; perhaps the file is cut off here"),
    ]


def test_bytes_that_are_no_text_cost_their_line(tmp_path: Path) -> None:
    good = lines(event("open", 1)).encode()
    log, table = read_one(
        exports.write(tmp_path, "a.ndjson", good + b'{"event":"\xff\xfe"}\n' + lines(event("open", 2)).encode())
    )
    assert (table["line"].tolist(), said(log)) == ([1, 3], [(2, "the line is not UTF-8")])


def test_a_cut_packed_log_is_read_as_far_as_it_goes(tmp_path: Path, rng: Any) -> None:
    # noise keeps the packed stream long, so that cutting its end leaves lines before the cut
    rows = [event("open", n, useragent=rng.bytes(40).hex()) for n in range(2000)]
    packed = gzip.compress(lines(*rows).encode())
    log, table = read_one(exports.write(tmp_path, "a.gz", packed[: len(packed) // 2]))
    assert 500 < len(table) < 2000
    assert log.notes[0] == "the file is cut off: the end of the archive is missing; what comes before it is read"


def test_all_rejections_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    rows = [event("open", 1), *["no json"] * 250]
    log, _ = read_one(exports.write(tmp_path, "a.ndjson", lines(*rows)))
    assert (log.rows_read, log.rows_kept, log.rows_rejected, len(log.rejections)) == (251, 1, 250, 100)


def test_a_delivery_that_was_tried_again_counts_once(tmp_path: Path) -> None:
    click = event("click", 1, url="https://a.example.com/")
    bare = {key: value for key, value in click.items() if key != "sg_event_id"}
    rows = [click, click, bare, bare, bare | {"url": "https://b.example.com/"}, event("open", 1)]
    log, table = read_one(exports.write(tmp_path, "a.ndjson", lines(*rows)))
    assert table["line"].tolist() == [1, 3, 5, 6]
    assert said(log) == [
        (2, "the same event is on line 1; it was delivered again"),
        (4, "the same event is on line 3; it was delivered again"),
    ]
    assert (log.rows_repeated, log.notes) == (2, ("2 events were delivered again; the duplicates were removed",))


def test_what_is_left_out_of_a_long_log_leaves_the_lines_in_their_order(tmp_path: Path) -> None:
    line = '{{"event":"open","email":"a@example.com","timestamp":1767268800,"sg_event_id":"{}"}}\n'
    # 122,880 rows are a group of a Parquet file: within one the order hardly breaks
    text = "".join(line.format(number) for number in range(130_000)) + line.format(7) + "{broken\n"
    log, table = read_one(exports.write(tmp_path, "a.ndjson", text))
    assert table["line"].tolist() == list(range(1, 130_001))
    assert said(log) == [
        (130_002, "the line is not JSON; perhaps the file is cut off here"),
        (130_001, "the same event is on line 8; it was delivered again"),
    ]


CAMPAIGNS = [
    ({"singlesend_id": "s1", "singlesend_name": "Spring", "category": "news"}, ("s1", "Spring", None, None)),
    ({"marketing_campaign_id": 12345, "marketing_campaign_name": "May", "marketing_campaign_version": "B"},
     ("12345", "May", None, "B")),
    ({"mc_auto_id": "a1", "mc_auto_name": "Welcome", "mc_stats": "automation"}, ("a1", "Welcome", "automation", None)),
    ({"category": "news"}, ("news", "news", None, None)),
    ({"category": ["news", "more"], "variant": "A"}, ("news", "news", None, "A")),
    ({"category": []}, (None, None, None, None)),
    ({"campaign": ""}, (None, None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "told"), CAMPAIGNS)
def test_the_campaign_is_the_first_field_that_names_one(
    tmp_path: Path, fields: dict[str, Any], told: tuple[str | None, ...]
) -> None:
    bare = {key: value for key, value in event("open", 1).items() if not key.startswith("singlesend")}
    log, table = read_one(exports.write(tmp_path, "a.ndjson", lines(bare | fields)))
    columns = ["source_campaign_id", "campaign_name", "campaign_type", "variant"]
    assert [None if pd.isna(value) else value for value in table.loc[0, columns]] == list(told)
    assert bool(log.notes) is (told[0] is None)


def test_the_settings_name_other_fields(tmp_path: Path) -> None:
    rows = lines(event("open", 1, my={"camp'aign": "it's"}, arm="B"))
    settings = Settings(values={"events.campaign": ("my.camp'aign",), "events.variant": ("arm",)})
    _, table = read_one(exports.write(tmp_path, "a.ndjson", rows), settings)
    assert table.loc[0, ["source_campaign_id", "campaign_name", "variant"]].tolist() == ["it's", "it's", "B"]


MESSAGES = [
    ({"sg_message_id": "abc.filter0001.16648.5515E0B88.0"}, "abc"),
    ({"sg_message_id": "abc"}, "abc"),
    ({"sg_message_id": "filter0093p1las1.9128.57", "smtp-id": "<xyz@host>"}, "xyz"),
    ({"sg_message_id": "filter0093p1las1.9128.57"}, "filter0093p1las1.9128.57"),
]


@pytest.mark.parametrize(("fields", "message"), MESSAGES)
def test_a_message_is_one_call_and_one_person(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    bare = {key: value for key, value in event("dropped", 1).items() if key != "sg_message_id"}
    _, table = read_one(exports.write(tmp_path, "a.ndjson", lines(bare | fields)))
    assert table["message_id"][0] == message


KINDS = [
    ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, {"event_type": "bounced", "bounce_class": "hard"}),
    ({"event": "bounce", "type": "bounce", "status": "4.2.2"}, {"event_type": "bounced", "bounce_class": "soft"}),
    ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, {"event_type": "bounced", "bounce_class": "block"}),
    ({"event": "bounce"}, {"event_type": "bounced", "bounce_class": "unknown"}),
    ({"event": "dropped", "reason": "Spam Reporting Address"}, {"event_type": "rejected", "reject_reason": "spam"}),
    ({"event": "dropped", "reason": "Something new"}, {"event_type": "rejected", "reject_reason": "other"}),
    ({"event": "open", "sg_machine_open": True}, {"is_machine": True, "machine_rule": "sg_machine_open"}),
    ({"event": "open", "sg_machine_open": False}, {"is_machine": False, "machine_rule": "sg_machine_open"}),
    ({"event": "open"}, {"is_machine": None, "machine_rule": None}),
    ({"event": "group_unsubscribe", "url": "https://a.example.com/"}, {"event_type": "unsubscribed"}),
    ({"event": "group_resubscribe"}, {"event_type": "subscribed"}),
    ({"event": "account_status_change"}, {"event_type": "unknown"}),
    ({"email": None}, {"contact_key": None, "domain": None}),
    ({"timestamp": None}, {"occurred_at": None}),
    ({"timestamp": "1767268800.5"}, {"occurred_at": pd.Timestamp("2026-01-01 12:00:00.5", tz="UTC")}),
]


@pytest.mark.parametrize(("fields", "told"), KINDS)
def test_kinds_of_events(tmp_path: Path, fields: dict[str, Any], told: dict[str, Any]) -> None:
    row = event("open", 1) | fields
    _, table = read_one(exports.write(tmp_path, "a.ndjson", lines(event("open", 9), row)))
    got = {name: table[name].iloc[1] for name in told}
    assert {name: None if pd.isna(value) else value for name, value in got.items()} == told


def test_kinds_that_nobody_knows_are_kept_and_said(tmp_path: Path) -> None:
    log, _ = read_one(exports.write(tmp_path, "a.ndjson", lines(event("open", 1), event("teleport", 2))))
    assert log.notes == ("events of a kind unknown to the preset are kept as unknown: teleport",)


def test_the_engines_session_is_left_as_it_was(tmp_path: Path) -> None:
    path = exports.write(tmp_path, "a.ndjson", lines(event("open", 1)))
    (log,) = sources.read(path, BARE).logs
    with Engine() as engine:
        events.project(engine, log, tmp_path / "out.parquet", BARE)
        assert engine.rows("SHOW ALL TABLES") == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.ndjson", "out.parquet"]
