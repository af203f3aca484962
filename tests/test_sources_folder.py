"""A folder as a whole: recognition by content, copies, mappings, and files that stop no other."""

from __future__ import annotations

import dataclasses
import gettext
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit import messages, sources
from kit.errors import InputError, UsageError
from kit.settings import Settings
from kit.sources import FileLog, Loaded
from kit.sources.detect import headers, presets
from kit.sources.logs import events
from kit.sources.text.grid import Row
from kit.store.engine import Engine
from kit.tables import EVENT_TYPES, EVENTS, MAILS
from tests import exports
from tests.small import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BARE = Settings()
LOG = "".join(json.dumps(event(kind, 1)) + "\n" for kind in ("processed", "delivered", "open"))
ALL = {
    "campaigns": exports.CAMPAIGNS, "report": exports.REPORT, "ab": exports.AB_REPORT, "months": exports.MONTHS,
    "russian": exports.RUSSIAN, "log": LOG,
}  # fmt: skip
PRESETS = {
    "campaigns": "mailchimp_campaigns", "report": "mailchimp_report", "ab": "mailchimp_ab_report",
    "months": "campaign_stats", "russian": "campaign_stats", "log": "sendgrid_events",
}  # fmt: skip


def complete(loaded: Loaded, folder: Path) -> Iterator[FileLog]:
    """The logs of all files, event logs projected."""
    told = {log.file: log for log in loaded.files}
    with Engine() as engine:
        for log in loaded.logs:
            told[log.file] = events.project(engine, log, folder / "out.parquet", BARE)
    yield from told.values()


@pytest.mark.parametrize("name", ALL)
def test_a_file_is_known_by_its_content_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    (log,) = sources.read(exports.write(tmp_path, "export (1).dat", ALL[name]), BARE).files
    assert (log.status, log.preset) == ("read", PRESETS[name])
    assert log.why


def test_all_files_of_a_folder_are_named_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    exports.write(tmp_path, "c.csv", exports.MONTHS)
    exports.write(tmp_path / "b", "z.ndjson", LOG)
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "kit.toml", "")
    exports.write(tmp_path, ".hidden.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "~$open.xlsx", "")
    loaded = sources.read(tmp_path, BARE)
    assert [log.file for log in loaded.files] == ["a.csv", "b/z.ndjson", "c.csv"]
    assert [log.file for log in loaded.logs] == ["b/z.ndjson"]
    assert sorted(loaded.tables) == ["campaign_stats"]


def test_the_same_content_is_read_once(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.MONTHS)
    exports.write(tmp_path, "copy of a.csv", exports.MONTHS)
    first, second = sources.read(tmp_path, BARE).files
    assert (first.status, second.status) == ("read", "ignored")
    assert second.why == "it has the same content as a.csv"


CONTACTS = ["status", "opted_in_at", "unsubscribed_at", "unsubscribe_reason", "opt_in_source", "segment"]
UNKNOWN = [
    ("x,y\n1,2\n", "its header x, y fits no preset and has no known column. {hint}"),
    ("Email,Colour\na@example.com,red\n",
     (f"its header Email, Colour fits no preset; the nearest is contacts, which needs {' or '.join(CONTACTS)}. "
      "{hint}")),
    ('{"id": 1}\n',
     ("it is JSON, but none of its first lines is an event that a preset recognises; `kit map FILE` proposes a "
      "mapping")),
    (b"\1\x89" + b"\0\1" * 200, "it is neither a text file nor a workbook"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "why"), UNKNOWN)
def test_what_is_not_known_is_told_with_what_it_lacks(tmp_path: Path, content: str | bytes, why: str) -> None:
    (log,) = sources.read(exports.write(tmp_path, "a.csv", content), BARE).files
    hint = "Run `kit map FILE` for a proposed mapping and save it as FILE.map.yaml next to the file"
    assert (log.status, log.why, log.error) == ("unrecognised", why.format(hint=hint), None)


def test_a_table_that_could_be_two_is_left_to_a_mapping(tmp_path: Path) -> None:
    text = "ID,Email,Created At,Type,Resolved At\n1,a@example.com,2026-01-05,Booking,2026-01-06\n"
    (log,) = sources.read(exports.write(tmp_path, "a.csv", text), BARE).files
    assert log.status == "unrecognised"
    assert "fits conversions and tickets equally" in str(log.why)


def test_an_archive_is_read_beside_the_other_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("campaigns.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "b.csv", exports.MONTHS)
    packed, log = sources.read(tmp_path, BARE).files
    assert (packed.file, packed.status, packed.rows_kept) == ("a.zip/campaigns.csv", "read", 2)
    assert log.status == "read"


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder or file"):
        sources.read(tmp_path / "nothing", BARE)


HEADER = "Когда,Что ушло,Читатели\n"
MAPPED = """\
header: [Когда, Что ушло, Читатели]
table: campaign_stats
columns: {sent_local: Когда, sent: Что ушло, opened: Читатели}
times: {day_first: true}
fill: {campaign_name: [sent_local]}
"""


def test_a_mapping_is_used_for_every_file_of_its_header(tmp_path: Path) -> None:
    (tmp_path / "may").mkdir()
    exports.write(tmp_path, "april.csv", HEADER + "03.04.2026,100,30\n")
    exports.write(tmp_path / "may", "may.csv", HEADER + "03.05.2026,200,50\n")
    exports.write(tmp_path, "april.csv.map.yaml", MAPPED)
    loaded = sources.read(tmp_path, BARE)
    assert [(log.file, log.status, log.preset) for log in loaded.files] == [
        ("april.csv", "read", "april.csv.map.yaml"),
        ("may/may.csv", "read", "april.csv.map.yaml"),
    ]
    assert loaded.files[0].why == "its header is the one for which april.csv.map.yaml was made"
    table = loaded.tables["campaign_stats"]
    assert (table["sent"].tolist(), table["sent_local"].dt.month.tolist()) == ([100, 200], [4, 5])
    assert sources.read(tmp_path / "april.csv", BARE).files[0].rows_kept == 1  # beside a single file too


WRITE = "Write `header: [first column, second column, …]`."
BAD_MAPPINGS = [
    ("header: [a\n", "a.csv.map.yaml: it is not YAML. To start again, run `kit map FILE > FILE.map.yaml`."),
    ("- 1\n", "a.csv.map.yaml: it has no keys. To start again, run `kit map FILE > FILE.map.yaml`."),
    ("table: orders\ncolumns: {total: Sum}\n",
     f"a.csv.map.yaml, column 'header': it does not state which header it is for. {WRITE}"),
    ("header: [x]\ntabel: orders\n", "a.csv.map.yaml, column 'tabel': a preset has no such key. Did you mean 'table'?"),
    ("header: [x]\ntable: order\n",
     "a.csv.map.yaml, column 'table': 'order' is not a table into which a file can be read. Did you mean 'orders'?"),
    ("header: [x]\ntable: orders\ncolumns: {totl: x}\n",
     "a.csv.map.yaml, column 'columns': 'totl' is not a column of orders. Did you mean 'total'?"),
    ("header: [x]\ntable: orders\ncolumns: {total: x}\ndecimal: dot\n",
     "a.csv.map.yaml, column 'decimal': 'dot' does not fit here. See kit/sources/presets/README.md."),
    ("header: [x]\ntable: orders\n",
     "a.csv.map.yaml, column 'columns': it maps no column. State under `columns` what each header means."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_MAPPINGS)
def test_a_mapping_that_cannot_be_used_says_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    exports.write(tmp_path, "a.csv.map.yaml", text)
    (log,) = sources.read(tmp_path, BARE).files
    assert (log.status, str(log.error)) == ("unreadable", message)


def test_a_proposal_for_a_known_table_reads_it(tmp_path: Path) -> None:
    path = exports.write(tmp_path, "a.csv", exports.RUSSIAN)
    before = sources.read(tmp_path, BARE).tables["campaign_stats"]
    exports.write(tmp_path, "a.csv.map.yaml", sources.propose(path))
    after = sources.read(tmp_path, BARE)
    assert after.files[0].preset == "a.csv.map.yaml"
    counts = ["campaign_name", "sent_local", "sent", "delivered", "opened", "clicked", "revenue"]
    assert after.tables["campaign_stats"][counts].equals(before[counts])


def test_a_proposal_says_what_is_known_and_what_is_missing(tmp_path: Path) -> None:
    text = sources.propose(exports.write(tmp_path, "a.csv", "Email,Colour\na@example.com,red\n"))
    raw = yaml.safe_load(text)
    assert raw == {
        "header": ["Email", "Colour"],
        "table": "contacts",
        "like": "contacts",
        "columns": {"email": "Email"},
    }
    assert '# Not used yet, each with a sample cell:\n#   "Colour": red\n' in text
    assert "# It still needs: status or opted_in_at or" in text


def test_a_proposal_of_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is not a table"):
        sources.propose(exports.write(tmp_path, "a.csv", ""))


def test_every_preset_is_sound() -> None:
    for one in presets.presets():
        assert one.table in {*presets.READABLE, EVENTS.name, MAILS.name}
        if one.shape == "events":
            assert set(one.types) <= set(EVENT_TYPES)
            assert set(one.fields) - {"type", "address"} <= set(EVENTS.names)
        for names in one.columns.values():
            assert len({headers.plain(name) for name in names}) == len(names)
        needed = {name for group in one.recognise.needs for name in group}
        spread = {one.spread.value, one.spread.name} if one.spread else set()
        assert needed <= {*one.columns, *spread, *(name for said in one.implies.values() for name in said)}
    documented = (presets.FOLDER / "README.md").read_text(encoding="utf-8")
    parts = (
        presets.Preset,
        presets.Recognise,
        presets.Times,
        presets.Links,
        presets.Field,
        presets.Duration,
        presets.Spread,
    )
    for field in (field.name for part in parts for field in dataclasses.fields(part)):
        assert field in {"name", "header"} or f"{field}" in documented


ACME = """\
table: campaign_stats
vendor: acme
recognise: {headers: [Mailing No, Went out, Handed over]}
columns:
  source_campaign_id: Mailing No
  campaign_name: [Mailing, Mailing title]
  sent_local: Went out
  sent: Handed over
  opened: Readers
ignore: [Internal note]
times: {formats: ["%d-%m-%Y %H:%M"], zone: setting}
"""


def test_a_new_campaign_export_is_one_file_of_data(tmp_path: Path) -> None:
    """The example of presets/README.md."""
    documented = (presets.FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(line.split(" #")[0].rstrip() in documented for line in ACME.splitlines() if not line.startswith("recog"))
    acme = presets.load(exports.write(tmp_path, "acme_campaigns.yaml", ACME))
    found = headers.match_header(
        acme, Row(1, ["Went out", "Mailing title", "Mailing No", "Handed over", "Internal note", "New"])
    )
    assert (found.missing, found.unmapped) == ((), ("New",))
    assert found.columns == {"source_campaign_id": 2, "campaign_name": 1, "sent_local": 0, "sent": 3}


def test_a_report_is_told_from_an_export() -> None:
    assert [sources.is_report(name) for name in ("mailchimp_report", "mailchimp_campaigns", "a.csv.map.yaml")] == [
        True, False, False,
    ]  # fmt: skip


def test_a_log_survives_being_written_down(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS + "x,y\n")
    exports.write(tmp_path, "b.csv", "")
    for log in sources.read(tmp_path, BARE).files:
        again = FileLog.from_dict(json.loads(json.dumps(log.as_dict())))
        assert dataclasses.replace(again, error=None) == dataclasses.replace(log, error=None)
        assert str(again.error) == str(log.error)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(ALL)),
    places=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), min_size=1, max_size=4),
    cut=st.floats(0.05, 1),
)
def test_no_damage_of_a_file_makes_a_traceback_or_loses_a_row(
    tmp_path: Path, name: str, places: list[tuple[float, bytes]], cut: float
) -> None:
    raw = bytearray(ALL[name].encode("cp1251" if name == "russian" else "utf-8"))
    for place, new in places:
        at = int(place * (len(raw) - 1))
        raw[at : at + 1] = new
    loaded = sources.read(exports.write(tmp_path, "a.csv", bytes(raw[: int(cut * len(raw))])), BARE)
    for log in complete(loaded, tmp_path):
        assert log.rows_read == log.rows_kept + log.rows_left_out
        assert len(log.rejections) == log.rows_left_out
        if not loaded.logs:
            kept = sum(len(table) for table in loaded.tables.values())
            assert kept == log.rows_kept


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04xl/workbook.xml", b"\x1f\x8b", b"\xff\xfe", b"{", b"Sent,"]),
)
def test_no_bytes_make_a_traceback(tmp_path: Path, raw: bytes, start: bytes) -> None:
    (log,) = complete(sources.read(exports.write(tmp_path, "a.csv", start + raw), BARE), tmp_path)
    assert log.rows_read == log.rows_kept + log.rows_left_out


TIMES = (("a", 5, 50), ("b", 6, 70))
ANSWER = {
    "bookings": [
        {"client": {"email": f"{who}@example.com"}, "service": "Oil", "start": f"2026-01-0{day} 10:00", "price": price}
        for who, day, price in TIMES
    ]
}
LINES = [{"mail": f"{who}@example.com", "visit": f"2026-01-0{day} 10:00", "sum": price} for who, day, price in TIMES]
ENGLISH = """\
Client email,Phone,Service,Booked for,Price
a@example.com,1,Oil,2026-01-05 10:00,50
b@example.com,2,Tyres,2026-01-06 11:00,70
"""
RUSSIAN = """\
Клиент;Телефон;Услуга;Дата визита;Стоимость
a@example.com;1;Масло;2026-01-05 10:00;50
b@example.com;2;Шины;2026-01-06 11:00;70
"""
BOOKINGS = {
    "a.csv": ENGLISH,
    "b.csv": RUSSIAN,
    "a.json": json.dumps(ANSWER),
    "a.ndjson": "".join(f"{json.dumps(one)}\n" for one in LINES),
}


@pytest.mark.parametrize(("name", "text"), BOOKINGS.items())
def test_a_proposal_for_bookings_reads_them_as_actions(tmp_path: Path, name: str, text: str) -> None:
    path = exports.write(tmp_path, name, text)
    assert sources.read(path, BARE).files[0].status == "unrecognised"
    exports.write(tmp_path, f"{name}.map.yaml", sources.propose(path))
    (log,) = (one for one in sources.read(tmp_path, BARE).files if one.file == name)
    assert (log.preset, log.rows_kept, log.rejections) == (f"{name}.map.yaml", 2, ())
    table = sources.read(tmp_path, BARE).tables["conversions"]
    assert table["action"].tolist() == ["appointment"] * 2
    assert table["occurred_local"].dt.day.tolist() == [5, 6]
    assert (table["value"].sum(), table["contact_key"].nunique()) == (120, 2)


def test_a_proposal_takes_a_column_by_its_cells_only_where_just_one_is_there(tmp_path: Path) -> None:
    text = "Wer,Wann,Bis,Betrag\na@example.com,2026-01-05,2026-01-07,12.50\nb@example.com,2026-01-06,2026-01-08,8.50\n"
    raw = yaml.safe_load(sources.propose(exports.write(tmp_path, "a.csv", text)))
    assert raw["table"] == "orders"
    assert raw["columns"] == {"email": "Wer", "total": "Betrag"}  # which of both days it is, is for the reader to say


def test_a_line_that_is_no_object_costs_itself(tmp_path: Path) -> None:
    path = exports.write(tmp_path, "a.ndjson", '{"visit": "2026-01-05"}\n{"visit": \n{"visit": "2026-01-06"}\n')
    exports.write(tmp_path, "a.ndjson.map.yaml", f"{sources.propose(path)}\nconstants: {{action: review}}\n")
    log = sources.read(tmp_path, BARE).files[0]
    assert [(one.line, one.reason) for one in log.rejections] == [(2, "the line is not a JSON object")]


WRONG_SHAPE = "table: orders\nunwrap: [a]\ncolumns: {total: x}\nheader: [x]\n"


def test_a_key_of_another_shape_is_said_and_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=("this key needs the shape 'events', but the shape here is 'table'\\. Remove it\\.")
    ):
        presets.load(exports.write(tmp_path, "a.yaml", WRONG_SHAPE))


def test_a_kept_text_is_shown_in_the_language_of_whoever_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loud(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message.replace("its header has", "ЗАГОЛОВОК").replace("is not a number", "НЕ ЧИСЛО")

    exports.write(tmp_path, "a.csv", exports.CAMPAIGNS)
    exports.write(tmp_path, "b.csv", "Campaign,Date,Sent,Opened\nA,2026-01-05,many,1\n")
    kept = [json.dumps(log.as_dict()) for log in sources.read(tmp_path, BARE).files]
    monkeypatch.setattr(messages, "_catalogue", lambda _: Loud())
    logs = [FileLog.from_dict(json.loads(data)) for data in kept]
    assert all(str(log.why).startswith("ЗАГОЛОВОК ") for log in logs)
    assert str(logs[1].cells[0].reason) == "'many' НЕ ЧИСЛО; the row is kept without it"
