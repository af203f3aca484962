"""Surveys: a row an answer or a column a question; the kind by the words, the scale never without a word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import kit
from kit import sources
from kit.settings import Settings
from kit.sources.text.addresses import contact_key
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BERLIN = Settings(values={"time_zone": "Europe/Berlin"})


def read(folder: Path, text: str) -> tuple[FileLog, pd.DataFrame]:
    """The log of a file of this text, and its answers; rows read = kept + rejected."""
    loaded = sources.read(exports.write(folder, "a.csv", text), BERLIN)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables.get("surveys", pd.DataFrame())


def answers(table: pd.DataFrame) -> list[list[object]]:
    """Kind, score and scale of each row."""
    return table[["survey_type", "score", "scale_min", "scale_max"]].to_numpy().tolist()


MONKEY = """\
Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,\
How likely is it that you would recommend us to a friend?,How satisfied are you with (1 to 5):,,Why?,How old are you?
,,,,,,,,,,Speed,Price,Open-Ended Response,Response
1001,C1,2026-01-05 10:00,2026-01-05 10:05,192.0.2.1,a@example.com,,,,9,5,3,quick,41
1002,C1,2026-01-06 10:00,2026-01-06 10:05,192.0.2.1,b@example.com,,,,4,2 - Dissatisfied,,,35
1003,C1,2026-01-07 10:00,2026-01-07 10:05,192.0.2.1,,,,,11,,,,35
"""


def test_surveymonkey_has_two_rows_of_headers(tmp_path: Path) -> None:
    log, table = read(tmp_path, MONKEY)
    assert (log.preset, log.unmapped, log.rows_read, log.rows_kept) == ("surveymonkey", ("How old are you?",), 3, 2)
    assert answers(table) == [
        ["nps", 9, 0, 10],
        ["csat", 5, 1, 5],
        ["csat", 3, 1, 5],
        ["nps", 4, 0, 10],
        ["csat", 2, 1, 5],
    ]
    assert table["comment"].dropna().to_dict() == {2: "quick"}  # of the answer before it
    assert table["contact_key"].tolist() == [contact_key("a@example.com")] * 3 + [contact_key("b@example.com")] * 2
    assert table["responded_local"][0] == pd.Timestamp("2026-01-05 10:05")
    question = "How likely is it that you would recommend us to a friend?"
    assert [(one.line, one.column, one.reason) for one in log.rejections] == [
        (5, question, "11 is outside its scale of 0 to 10")
    ]
    assert log.notes == ("times without a zone are read in Europe/Berlin, the time_zone of kit.toml",)


@pytest.mark.parametrize(
    "shifted", ["a@example.com,,2026-01-05 10:00,,,0,10", "a@example.com,x,2026-01-05 10:00,,,0,10"]
)
def test_a_row_whose_cells_are_shifted_has_no_scale(tmp_path: Path, shifted: str) -> None:
    header = "Email,Invited at,Responded at,NPS,Scale min,Scale max,Comment"
    whole = "b@example.com,2026-01-05 10:00,2026-01-06 09:00,9,0,10,\nc@example.com,2026-01-05 10:00,,,0,10,\n"
    log, table = read(tmp_path, f"{header}\n{whole}{shifted}\n")
    assert len(table) == 2
    assert [(one.line, one.column, one.reason) for one in log.rejections] == [
        (4, "Scale max", "0 cannot be the largest answer of a scale")
    ]


def test_the_second_row_of_headers_may_be_empty(tmp_path: Path) -> None:
    text = "Respondent ID,Collector ID,Start Date,End Date,How satisfied are you?\n,,,,\n1,C,2026-01-05,2026-01-05,4\n"
    log, table = read(tmp_path, text)
    assert answers(table) == [["csat", 4, 1, 5]]
    assert log.notes[-1] == (
        "csat: the scale is not given; 1 to 5 is assumed from answers of 4 to 4. If that is wrong, set scale_min "
        "and scale_max as constants in a mapping (kit map)"
    )


def test_the_shared_condensed_export_is_read(shared: Path) -> None:
    path = shared / "formats" / "surveymonkey" / "condensed_two_row_header_SYNTHETIC.csv"
    table = sources.read(path, BERLIN).tables["surveys"]
    scores = table.groupby("survey_type")["score"].apply(list).to_dict()
    assert scores == {"csat": [4, 3, 5], "nps": [8, 7, 10]}  # its three rows


TYPEFORM = """\
#,<strong>How likely</strong> are you to recommend us?,What could we do better?,Your email,Response Type,\
Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags
abc1,10,Nothing,a@example.com,completed,2026-01-05 22:39:31,,2026-01-05 23:41:38,n1,
abc2,null,null,null,started,2026-01-05 02:39:31,2026-01-05 02:40:00,,n2,
"""


def test_typeform_has_questions_as_headers_and_null_for_nothing(tmp_path: Path) -> None:
    log, table = read(tmp_path, TYPEFORM)
    assert (log.preset, log.unmapped, log.rows_kept) == ("typeform", (), 2)
    assert answers(table)[0] == ["nps", 10, 0, 10]
    assert table["comment"][0] == "Nothing"
    assert table["responded_local"][0] == pd.Timestamp("2026-01-06 00:41:38")  # UTC to Berlin
    assert table.loc[[1], ["score", "responded_local", "contact_key"]].isna().all(axis=None)  # invited, not answered


def test_delighted_has_unix_time_and_its_own_kinds(tmp_path: Path) -> None:
    text = (
        "id,person,survey_type,score,comment,permalink,created_at,updated_at,person_properties,notes,tags\n"
        "1,a@example.com,nps,9,fine,,1767607200,1767607200,,,\n2,b@example.com,csat,4,,,1767607200,1767607200,,,\n"
    )
    log, table = read(tmp_path, text)
    assert (log.preset, log.unmapped) == ("delighted", ())
    assert table["responded_local"][0] == pd.Timestamp("2026-01-05 11:00")  # 10:00 UTC, `date -u -d @1767607200`
    assert answers(table) == [["nps", 9, 0, 10], ["csat", 4, 1, 5]]


FORMS = [
    (
        "Timestamp,Email Address,How likely are you to recommend us? (0-10),Why?\n2026-01-05 10:00,a@example.com,9,x\n",
        [["nps", 9, 0, 10]],
    ),
    (
        "Отметка времени;Почта;Вы довольны?;Отзыв\n2026-01-05;a@example.com;Очень доволен;\n2026-01-05;;Недоволен;\n",
        [["csat", 5, 1, 5], ["csat", 2, 1, 5]],
    ),
    (
        "Date,Email,CSAT,NPS,CES\n2026-01-05,a@example.com,4,8,6\n",
        [["csat", 4, 1, 5], ["nps", 8, 0, 10], ["ces", 6, 1, 7]],
    ),
    (
        "Date,Email,CSAT\n2026-01-05,a@example.com,👍\n2026-01-05,b@example.com,👎\n",
        [["csat", 1, 0, 1], ["csat", 0, 0, 1]],
    ),
    ("Date,Email,Rate our service from 1 to 10\n2026-01-05,a@example.com,4\n", [["csat", 4, 1, 10]]),
    (
        "Date,Email,Score,Scale Min,Scale Max\n2026-01-05,a@example.com,4,0,10\n2026-01-05,b@example.com,4,1,5\n",
        [["nps", 4, 0, 10], ["csat", 4, 1, 5]],
    ),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_a_question_is_known_by_its_words_and_its_scale(
    tmp_path: Path, text: str, expected: list[list[object]]
) -> None:
    log, table = read(tmp_path, text)
    assert (log.preset, log.rejections) == ("surveys", ())
    assert answers(table) == expected


def test_an_invitation_without_an_answer_stays_one(tmp_path: Path) -> None:
    _, table = read(tmp_path, "Email,Responded At,CSAT,Scale Min,Scale Max\na@example.com,,,1,5\n")
    assert table[["survey_type", "scale_max"]].to_numpy().tolist() == [["csat", 5]]
    assert table.loc[[0], ["score", "responded_local"]].isna().all(axis=None)


def test_a_question_answered_in_words_alone_is_no_rating(tmp_path: Path) -> None:
    text = "Date,Email,NPS,What are you most satisfied with?\n2026-01-05,a@example.com,9,the coffee\n"
    log, table = read(tmp_path, text)
    assert answers(table) == [["nps", 9, 0, 10]]
    assert "column 'What are you most satisfied with?' contains no scores and is not used" in log.notes
    assert log.unmapped == ("What are you most satisfied with?",)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Recommanderiez-vous notre garage à un ami ? (0-10)", "nps"),
        ("Con che probabilità raccomanderebbe la nostra officina? (0-10)", "nps"),
        ("Czy polecisz nasz serwis znajomym? (0-10)", "nps"),
        ("Êtes-vous satisfait de la réparation ? (1-5)", "csat"),
    ],
)
def test_questions_of_more_languages_are_known(tmp_path: Path, header: str, kind: str) -> None:
    rows = [f"2026-05-0{n} 10:00,p{n}@example.org,{n % 5 + 1}" for n in range(1, 9)]
    exports.write(tmp_path, "a.csv", f'Horodateur,Email,"{header}"\n' + "\n".join(rows) + "\n")
    table = kit.open(tmp_path).table("surveys")
    assert table["survey_type"].tolist() == [kind] * 8
