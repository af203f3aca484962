"""The tables that leave: types, addresses, formulas, and folders that are somebody else's."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest

from kit.errors import UsageError
from kit.sources import frames
from kit.sources.text.addresses import contact_key
from kit.store import open_data
from kit.store.export import DICTIONARY, MANIFEST, export, neutral
from kit.tables import TABLES
from tests import exports, small
from tests.letters import letter, mbox

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data

PEOPLE = "Email,Status,Opted in at,Segment,Phone book\nanna@example.com,active,2026-01-05,=cmd,anna@example.com\n"
SAID = "550 5.1.1 <anna@example.com>: user unknown"
LINK = "https://example.com/?who=anna%40example.com"


@pytest.fixture
def data(tmp_path: Path) -> Data:
    folder = tmp_path / "exports"
    folder.mkdir()
    exports.write(folder, "people.csv", PEOPLE)
    exports.write(folder, "campaigns.csv", exports.CAMPAIGNS)
    events = [
        small.event(
            "bounce", 1, email="anna@example.com", reason=SAID, type="bounce", status="5.1.1", note="anna@example.com"
        ),
        small.event("click", 2, email="anna@example.com", url=LINK),
    ]
    small.log(folder, events)
    small.settings(folder, 'time_zone = "Europe/Berlin"')
    return open_data(folder)


def every_text(folder: Path) -> str:
    """All that an export holds, as text."""
    parts = [path.read_text(encoding="utf-8-sig") for path in folder.rglob("*") if path.suffix in {".csv", ".json"}]
    parts += [str(pq.read_table(path).to_pylist()) for path in folder.rglob("*.parquet")]
    return "\n".join(parts)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_no_address_and_no_key_leaves(data: Data, tmp_path: Path, form: str) -> None:
    export(data, tmp_path / "out", form=form, raw=True)
    said = every_text(tmp_path / "out")
    assert "anna" not in said
    assert contact_key("anna@example.com") not in said
    assert "•••@example.com" in said
    assert "example.com/?•••%40example.com" in said


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_addresses_leave_when_asked_for_and_keys_stay_salted(data: Data, tmp_path: Path, form: str) -> None:
    export(data, tmp_path / "out", form=form, addresses=True)
    said = every_text(tmp_path / "out")
    assert "anna@example.com" in said
    assert contact_key("anna@example.com") not in said


PRIVATE = {
    "mail.csv": ("Subject,Body,From: (Address),To: (Address)\nAnna Petrova 555-0101,Anna Petrova,anna@example.com,\n"),
    "surveys.csv": "Email,Score,Survey,Date,Comment\nanna@example.com,5,csat,2026-01-05,Anna Petrova 555-0101\n",
    "deals.csv": (
        "ID,Название,Стадия сделки,Сумма,Ответственный,Компания,Дата создания\n"
        "1,Anna Petrova,Сделка успешна,10,Anna Petrova,Anna Petrova,2026-01-05\n"
    ),
}


def test_what_names_people_leaves_with_the_addresses_only(tmp_path: Path) -> None:
    for name, said in PRIVATE.items():
        exports.write(tmp_path, f"in/{name}", said)
    data = open_data(tmp_path / "in")
    export(data, tmp_path / "bare", form="csv")
    assert {"mails.csv", "surveys.csv", "deals.csv"} <= {path.name for path in (tmp_path / "bare").iterdir()}
    assert not re.search("Anna|Petrova|555", every_text(tmp_path / "bare"))
    left_out = "Left out: `mailbox`, `subject`, `body_text`."
    assert left_out in (tmp_path / "bare" / DICTIONARY).read_text(encoding="utf-8")
    export(data, tmp_path / "full", form="csv", addresses=True)
    assert every_text(tmp_path / "full").count("Anna Petrova") == 6


def test_a_dictionary_says_what_each_column_is_and_what_must_not_be_summed(data: Data, tmp_path: Path) -> None:
    made = export(data, tmp_path / "out")
    said = (tmp_path / "out" / DICTIONARY).read_text(encoding="utf-8")
    for path in made:
        table = TABLES[path.stem]
        assert f"## {path.name}\n\nA row is {table.grain}; " in said
        for name in pq.read_table(path).column_names:
            one = table.column(name)
            assert f"| `{name}` | {one.type} | {one.unit} | {one.meaning} |" in said
    assert str(TABLES["campaign_stats"].caution) in said


def test_the_same_person_has_the_same_hash_in_every_table(data: Data, tmp_path: Path) -> None:
    export(data, tmp_path / "out")
    keys = {
        name: set(pd.read_parquet(tmp_path / "out" / f"{name}.parquet")["contact_key"])
        for name in ("contacts", "events", "messages")
    }
    assert keys["contacts"] == keys["events"] == keys["messages"]


def test_parquet_has_the_declared_types_and_the_same_values(data: Data, tmp_path: Path) -> None:
    for path in export(data, tmp_path / "out"):
        made = pq.read_table(path)
        table = TABLES[path.stem]
        for column in made.schema:
            assert column.type == frames.ARROW[table.column(column.name).type]
        kept = data.table(path.stem)
        texts = {one.name for one in table.columns if one.type == "text"}
        for name in set(made.column_names) - texts:
            back = made[name].to_pylist()
            assert [one is None for one in back] == kept[name].isna().tolist()
            assert [one for one in back if one is not None] == [_plain(one) for one in kept[name].dropna()]


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def test_csv_has_whole_numbers_where_some_are_missing(data: Data, tmp_path: Path) -> None:
    export(data, tmp_path / "out", form="csv")
    back = pd.read_csv(tmp_path / "out" / "campaign_stats.csv", dtype=str, keep_default_na=False)
    assert back["sent"].tolist() == ["1100", "900"]
    assert back["replied"].tolist() == ["", ""]
    assert back["sent_local"].tolist() == ["2026-03-03 10:00:00", "2026-04-07 17:30:00"]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1", "\ufeff=1", "\u200b＋1"]


@pytest.mark.parametrize("said", FORMULAS)
def test_no_text_runs_as_a_formula(said: str) -> None:
    frame = neutral(pd.DataFrame({"text": [said, "a=1"], "number": [-1, 2], said: ["", ""]}))
    assert frame["text"].tolist() == [f"'{said}", "a=1"]
    assert frame["number"].tolist() == [-1, 2]
    assert list(frame.columns) == ["text", "number", f"'{said}"]


def test_the_list_says_what_each_column_is(data: Data, tmp_path: Path) -> None:
    export(data, tmp_path / "out", raw=True)
    told = json.loads((tmp_path / "out" / MANIFEST).read_text(encoding="utf-8"))["tables"]
    stats = {one["name"]: one for one in told["campaign_stats.parquet"]["columns"]}
    assert (stats["sent"]["type"], stats["sent"]["unit"]) == ("int", "messages")
    assert "email" not in {one["name"] for one in told["contacts.parquet"]["columns"]}
    assert {name for name in told if name.startswith("raw/")} == {
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out" / "raw").iterdir()
    }


def test_a_former_export_is_replaced_and_nothing_else_is(data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(data, out, form="csv", raw=True)
    exports.write(out, "mine.txt", "mine")
    export(data, out)
    assert not list(out.rglob("*.csv"))
    assert (out / "mine.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("place", "said"), [("exports/out", "is inside the folder of exports"), ("other", "is not an earlier export")]
)
def test_a_folder_of_something_else_is_refused(data: Data, tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "other").mkdir()
    exports.write(tmp_path / "other", "mine.txt", "mine")
    with pytest.raises(UsageError, match=re.escape(said)):
        export(data, tmp_path / place)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["mine.txt"]


def test_what_no_table_took_is_there(data: Data) -> None:
    people = data.raw("people.csv")
    assert people.drop(columns="rejected").to_dict("list") == {"line": [2], "Phone book": ["anna@example.com"]}
    assert people["rejected"].isna().all()
    events = data.raw("log.ndjson")
    assert json.loads(events["fields"].iloc[0])["note"] == "anna@example.com"
    assert not {"event", "timestamp", "email"} & set(json.loads(events["fields"].iloc[0]))
    with pytest.raises(UsageError, match="no such file was read"):
        data.raw("people")


def test_what_no_column_holds_of_a_mail_is_read_from_the_mailbox(tmp_path: Path) -> None:
    first, second = letter(X_Mailer="Garage 3", Received="by a"), letter(Message_ID="<2@example.org>", Date=None)
    exports.write(tmp_path, "a.mbox", mbox([first, second]))
    rest = open_data(tmp_path).raw("a.mbox")
    assert rest[["message", "byte"]].to_numpy().tolist() == [["a.mbox", 0], ["a.mbox", len(mbox([first]))]]
    told = [json.loads(one) for one in rest["fields"]]
    people = {"From": "Anna <anna@example.org>", "To": "garage@example.com"}
    assert told == [people | {"X-Mailer": "Garage 3", "Received": "by a"}, people]


def test_what_no_column_holds_of_a_form_is_kept_with_its_line(tmp_path: Path) -> None:
    form = (
        "event=opened&recipient=anna%40example.com&timestamp=1767268800&token=t1&signature=s&Message-Id=%3Cm1%40example.com%3E"
        "&my-shop=A%26B&my-shop=C"
    )
    exports.write(tmp_path, "a.log", f"{form}\n")
    data = open_data(tmp_path)
    assert data.files[0].preset == "mailgun_events"
    rest = data.raw("a.log")
    assert (rest["line"].tolist(), json.loads(rest["fields"].iloc[0])["my-shop"]) == ([1], "A&B")


def test_a_rejected_row_is_kept_whole(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Opened\nA,1,1\nB,soon,1\n")
    rest = open_data(tmp_path).raw("a.csv").set_index("line")["rejected"]
    assert rest.dropna().to_dict() == {3: '["B", "soon", "1"]'}


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Opened,line,Note,note,\nA,1,1,x,y,z,q\n")
    assert open_data(tmp_path).raw("a.csv").columns.tolist() == [
        "line", "rejected", "line (2)", "Note", "note (2)", "column 7",
    ]  # fmt: skip


def test_lines_of_a_report_that_nothing_was_made_of_are_kept(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.REPORT)
    rest = open_data(tmp_path).raw("a.csv")
    assert '["From Email:", "garage@example.com"]' in set(rest["cells"])
    assert not rest["cells"].str.contains("Total Recipients").any()


def test_the_same_rows_in_another_form_are_read_once(tmp_path: Path) -> None:
    rows = [["Campaign", "Date", "Sent", "Opened"], ["A", "2026-01-05", 100, 30], ["B", "2026-02-05", 90, 20]]
    exports.workbook(tmp_path, "b.xlsx", {"Sheet": rows})
    exports.write(tmp_path, "a.csv", "\r\n".join(";".join(map(str, row)) for row in rows), "utf-16")
    first, second = open_data(tmp_path).files
    assert (first.rows_kept, second.status, second.why) == (2, "ignored", "it has the same rows as a.csv")


def test_a_packed_copy_is_read_once(tmp_path: Path) -> None:
    log = small.log(tmp_path, [small.event("open", 1)], "x.ndjson")
    (tmp_path / "x.ndjson.gz").write_bytes(gzip.compress(log.read_bytes()))
    assert [one.why for one in open_data(tmp_path).files][1] == "it has the same content as x.ndjson"


def test_a_person_in_several_files_counts_once_with_the_latest_status(tmp_path: Path) -> None:
    head = "Email,Status,Opted in at,Unsubscribed at,Segment\n"
    exports.write(
        tmp_path, "old.csv", f"{head}a@example.com,active,2024-01-05,,North\nb@example.com,active,2024-01-05,,\n"
    )
    exports.write(tmp_path, "new.csv", f"{head}A@example.com,unsubscribed,2024-01-06,2025-03-01,South\n")
    data = open_data(tmp_path)
    people = data.table("contacts").sort_values("email")
    assert people["status"].tolist() == ["unsubscribed", "subscribed"]
    assert people["opted_in_at"].dt.day.tolist() == [5, 5]
    assert people["segment"].iloc[0] == "South, North"
    assert data.notes == ("contacts: 1 person is in several rows and counts once, with the latest status",)
    assert [(log.file, log.rows_kept, log.rows_repeated) for log in data.files] == [
        ("new.csv", 1, 0),
        ("old.csv", 1, 1),
    ]


def test_an_order_in_two_exports_counts_once_as_the_later_one_tells_it(tmp_path: Path) -> None:
    head = "Order ID,Email,Date,Total,Refunded\n"
    exports.write(tmp_path, "jan.csv", f"{head}1,a@example.com,2026-01-05,10,0\n2,b@example.com,2026-01-06,20,0\n")
    exports.write(tmp_path, "feb.csv", f"{head}2,b@example.com,2026-01-06,20,20\n3,c@example.com,2026-02-06,30,0\n")
    data = open_data(tmp_path)
    orders = data.table("orders").sort_values("order_id")
    assert orders[["order_id", "total", "refunded"]].to_numpy().tolist() == [
        ["1", 10.0, 0.0], ["2", 20.0, 20.0], ["3", 30.0, 0.0],
    ]  # fmt: skip
    assert data.notes == (
        "orders: 1 row is in several files with the same number; the file with the latest data counts",
    )
