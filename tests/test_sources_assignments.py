"""Who was put into which arm of a holdout test: made-up files, their arms counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.text.addresses import contact_key
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

FIRM = {"time_zone": "Europe/Berlin"}


def read(folder: Path, text: str, **values: object) -> tuple[FileLog, pd.DataFrame]:
    loaded = sources.read(exports.write(folder, "a.csv", text), Settings(values=FIRM | values))
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    return log, loaded.tables.get(log.table or "", pd.DataFrame())


FILES = [
    # people held out and people with mail, by hand
    (("Email,Experiment,Arm,Assigned at\na@example.com,Autumn,treatment,2026-09-01 09:00\n"
      "b@example.com,Autumn,No e-mail,2026-09-01 09:00\nc@example.com,Autumn,treatment,2026-09-01 09:00\n"), 1, 2),
    (("Почта;Группа;Дата назначения\na@example.com;Контрольная группа;01.09.2026\n"
      "b@example.com;Рассылка;01.09.2026\nc@example.com;без писем;01.09.2026\n"), 2, 1),
    ("Email,Holdout,Assigned on\na@example.com,yes,2026-09-01\nb@example.com,no,2026-09-01\n", 1, 1),
    (("Subscriber,Test,Group\na@example.com,T1,global_holdout\nb@example.com,T1,Group A\n"
      "c@example.com,T2,Hold-out 10%\n"), 2, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "held", "mailed"), FILES)
def test_the_arm_without_mail_is_known_by_its_name(tmp_path: Path, text: str, held: int, mailed: int) -> None:
    log, table = read(tmp_path, text, day_first=True)
    assert (log.preset, log.status, log.rejections) == ("assignments", "read", ())
    assert table["is_holdout"].tolist().count(True) == held
    assert table["is_holdout"].tolist().count(False) == mailed
    assert table["contact_key"][0] == contact_key("a@example.com")


def test_arms_whose_names_say_nothing_are_unknown_until_kit_toml_names_them(tmp_path: Path) -> None:
    text = "Email,Experiment,Arm\na@example.com,T,A\nb@example.com,T,B\n"
    log, table = read(tmp_path, text)
    assert table["is_holdout"].isna().all()
    assert log.notes == ("it is unknown which group gets no e-mail ('A', 'B'); set it as holdout.arms in kit.toml",)
    log, table = read(tmp_path, text, **{"holdout.arms": ("b",)})
    assert table["is_holdout"].tolist() == [False, True]
    assert log.notes == ("group without e-mail: 'B'", "with e-mail: 'A'")


@pytest.mark.parametrize("arm", ["not a holdout", "mail", "no discount", "controlled", "не VIP"])
def test_a_name_that_only_resembles_one_is_an_arm_with_mail(tmp_path: Path, arm: str) -> None:
    rows = f"a@example.com,T,control\nb@example.com,T,{arm}\n"
    _, table = read(tmp_path, f"Email,Experiment,Arm\n{rows}")
    assert table["is_holdout"].tolist() == [True, False]


@pytest.mark.parametrize(
    "header", ["Email,Group", "Email,Group,Date Added", "Email,Status,Group,Source", "Почта;Группа;Дата подписки"]
)
def test_a_list_of_contacts_with_groups_is_no_test(tmp_path: Path, header: str) -> None:
    mark = ";" if ";" in header else ","
    row = mark.join(["a@example.com", "VIP", "", ""][: header.count(mark) + 1])
    log, _ = read(tmp_path, f"{header}\n{row}\n")
    assert log.table == "contacts"
