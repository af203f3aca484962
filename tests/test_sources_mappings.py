"""`kit map` and `kit check` have one recogniser: what is proposed is what is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from kit import sources
from kit.errors import InputError
from kit.settings import Settings
from tests import exports

SETTINGS = Settings(values={"time_zone": "Europe/Berlin", "day_first": True, "currency": "EUR"})

TEXTS = {
    "campaigns": ["Рассылка;Дата отправки;Отправлено, шт.;Открытия (уникальные);Открытия всего;Клики (уникальные)",
                  "Май;04.05.2026 10:00;1000;300;420;40", "Июнь;01.06.2026 10:00;900;280;400;30"],
    "no dates": ["Campaign,When,Sent,Unique opens", "A,2026-05-04,100,30", "B,2026-05-05,100,40"],
    "contacts": ["email,created_at,subscribed_to_emails,reason,Other reason", "a@example.com,2026-01-01,yes,,",
                 "b@example.com,2026-01-02,no,other,Too many"],
    "orders": ['Order number,Order date,Email,"Total, EUR",Order status', "1,2026-01-05,a@example.com,50,cancelled",
               "1,2026-01-05,a@example.com,20,cancelled", "2,2026-01-06,b@example.com,60,completed"],
    "tickets": ["Ticket ID,Created at,Response time (h),CSAT", "1,2026-01-05 10:00,1.5,good",
                "2,2026-01-06 10:00,3,bad"],
    "surveys": ["submitted_at,nps_score,user,Why?", "2026-02-01 10:00,9,a@example.com,Fine",
                "2026-02-02 10:00,3,b@example.com,"],
    "deals": ["Deal name,Stage,Amount (USD),Created at", "A,Closed Won,50,2026-01-05", "B,Closed Lost,60,2026-01-06"],
    "billing": ["Payment ID,Payment date,Amount (USD),Fee (EUR),Status", "1,2026-01-05,100,3,failed",
                "2,2026-01-06,90,2,paid"],
    "costs": ['Месяц;Статья;"Время, мин";"Ставка, руб./час"', "2026-01;Тексты;90;1000", "2026-02;Софт;60;1000"],
    "conversions": ["Client Email,Booking date,Service", "a@example.com,2026-01-05 10:00,Oil",
                    "b@example.com,2026-01-06 11:00,Tyres"],
    "usage": ["Date,Account,Logins,Exports", "2026-01-05,17,4,1", "2026-01-06,17,2,3"],
    "assignments": ["Email,Experiment,Arm,Assigned At", "a@example.com,E,control,2026-01-05",
                    "b@example.com,E,mail,2026-01-05"],
    "mailchimp": ["Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID",
                  "a@example.com,2026-01-01 10:00:00,2026-02-01 10:00:00,OTHER,Too many,1,e1"],
}  # fmt: skip

FOLDERS = ("field", "formats", "attack")


def shared_tables(shared: Path) -> list[Path]:
    paths = (path for folder in FOLDERS for path in sorted((shared / folder).rglob("*")))
    return [path for path in paths if path.suffix in {".csv", ".tsv"} and path.stat().st_size < 300_000]


def mapped(folder: Path, path: Path) -> tuple[sources.Loaded, sources.Loaded] | None:
    """What is read of a file alone, and with its proposal beside it; None where it says that it needs none."""
    before = sources.read(path, SETTINGS)
    try:
        text = sources.propose(path)
    except InputError:
        return None
    if not yaml.safe_load(text)["columns"]:
        assert "# It still needs:" in text
        return None
    exports.write(folder, f"{path.name}.map.yaml", text)
    return before, sources.read(path, SETTINGS)


def assert_the_same(before: sources.Loaded, after: sources.Loaded) -> None:
    (log,), (mapped_log,) = before.files, after.files
    assert mapped_log.preset == f"{log.file}.map.yaml"
    if log.status != "read":
        return
    assert (mapped_log.status, mapped_log.table) == ("read", log.table), mapped_log.error
    assert (mapped_log.rows_kept, mapped_log.unmapped) == (log.rows_kept, log.unmapped)
    assert before.tables.keys() == after.tables.keys()
    for name, frame in before.tables.items():
        assert after.tables[name].drop(columns="source").equals(frame.drop(columns="source"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_saved_proposal_reads_what_is_read_without_it(tmp_path: Path, name: str) -> None:
    path = exports.write(tmp_path, "a.csv", "\n".join([*TEXTS[name], ""]))
    both = mapped(tmp_path, path)
    assert both is not None
    assert both[0].files[0].status == "read"
    assert_the_same(*both)


def test_a_saved_proposal_of_a_shared_table_reads_what_is_read_without_it(shared: Path, tmp_path: Path) -> None:
    tables = shared_tables(shared)
    assert len(tables) > 20
    for number, original in enumerate(tables):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = Path(shutil.copy(original, folder / "a.csv"))
        if both := mapped(folder, path):
            assert_the_same(*both)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("Order no;Service;Booked for;Sum paid\n1;Oil;2026-01-05;50\n2;Tyres;2026-01-06;70\n", "orders"),
        ("Deal,Facebook page,Notebook,Day\nx,y,a,2026-01-05\nz,w,b,2026-01-06\n", "deals"),
        ("Code,Email,Joined\n1,17,2026-01-05\n2,18,2026-01-06\n", "contacts"),
    ],
)
def test_a_proposal_rests_on_whole_words_and_on_the_cells(tmp_path: Path, text: str, table: str) -> None:
    raw = yaml.safe_load(sources.propose(exports.write(tmp_path, "a.csv", text)))
    assert raw["table"] == table
    assert "constants" not in raw
    assert "email" not in raw["columns"]


def test_answers_of_a_survey_are_not_said_to_be_near_to_tickets(tmp_path: Path) -> None:
    text = "submitted_at,mood,user\n2026-02-01 10:00:00,1,a@example.com\n2026-02-02 10:00:00,2,b@example.com\n"
    text += "2026-02-02 10:00:00,2,c@example.com\n"
    (log,) = sources.read(exports.write(tmp_path, "a.csv", text), SETTINGS).files
    proposed = yaml.safe_load(sources.propose(tmp_path / "a.csv"))["table"]
    assert "the nearest is surveys" in str(log.why)
    assert proposed == "surveys"


def test_what_is_read_in_a_way_of_its_own_needs_no_mapping(tmp_path: Path) -> None:
    path = exports.write(
        tmp_path, "a.csv", '"Email Campaign Report"\n"Title:","May"\n"Overall Stats"\n"Total Recipients:","5"\n'
    )
    with pytest.raises(InputError, match="it is read as mailchimp_report, and needs no mapping"):
        sources.propose(path)


def test_a_mapping_may_be_like_no_other_than_a_preset(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "x,y\n1,2\n")
    exports.write(tmp_path, "a.csv.map.yaml", "header: [x, y]\nlike: order\ntable: orders\ncolumns: {total: x}\n")
    error = next(log.error for log in sources.read(tmp_path, SETTINGS).files if log.error)
    assert str(error) == "a.csv.map.yaml, column 'like': 'order' is not a preset. Did you mean 'orders'?"
