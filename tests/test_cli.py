"""The command line: what it says, what it writes and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import tiny
from click.testing import CliRunner

from kit import cli, report, settings
from kit.errors import UsageError
from kit.questions.notebooks import NOTEBOOKS, load
from kit.report import parameters

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def kit(*words: object) -> Result:
    return CliRunner().invoke(cli.main, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    return tiny.export(tmp_path / "exports")


def test_help_answers_at_once_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from kit.cli import main; from click.testing import CliRunner;"
        "done = CliRunner().invoke(main, ['--help']);"
        "print(done.exit_code, sorted({'pandas', 'ibis', 'papermill', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 []\n"


def test_check_says_what_each_file_is_and_what_can_be_answered(exports: Path) -> None:
    done = kit("check", exports)
    assert done.exit_code == 0
    assert "exports: 1 of 1 files read; 3 rows = 3 kept + 0 rejected" in done.stdout
    assert "time zone Europe/Berlin" in done.stdout
    assert "mailchimp_campaigns → campaign_stats  3 = 3 + 0" in done.stdout
    assert "yes  03  Which campaign did better, and is it more than chance?\n" in done.stdout
    assert "no   06  Did the new subject line win?\n         no campaign went out in 2 versions" in done.stdout


def test_check_names_rejected_rows_and_says_how_many_more(exports: Path) -> None:
    lines = (exports / "campaigns.csv").read_text(encoding="utf-8").splitlines()
    bad = [
        lines[1].replace("Spring,", f"Spring {number},").replace("Mar 04, 2026 10:00 am", "soon")
        for number in range(25)
    ]
    (exports / "campaigns.csv").write_text("\n".join([*lines, *bad]) + "\n", encoding="utf-8")
    done = kit("check", exports)
    assert "28 rows = 3 kept + 25 rejected" in done.stdout
    assert "  campaigns.csv, line 5, column 'Send Date': " in done.stdout
    assert "  campaigns.csv, line 24, column 'Send Date': " in done.stdout
    assert "line 25" not in done.stdout
    assert "  campaigns.csv: and 5 more" in done.stdout


def test_check_as_json_has_the_same_facts(exports: Path) -> None:
    done = kit("check", exports, "--json")
    found = json.loads(done.stdout)
    assert (found["files_found"], found["rows_read"], found["rows_kept"], found["rows_rejected"]) == (1, 3, 3, 0)
    assert found["files"][0]["preset"] == "mailchimp_campaigns"
    assert {one["notebook"]: one["reason"] for one in found["questions"]}["06_subject_lines"] is not None


def test_check_of_a_single_file(exports: Path) -> None:
    done = kit("check", exports / "campaigns.csv")
    assert done.exit_code == 0
    assert "campaigns.csv: 1 of 1 files read" in done.stdout


def test_init_writes_a_start_once(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    (exports / settings.FILE).unlink()
    done = kit("check", exports, "--init")
    assert done.exit_code == 0
    assert "\n# own_domains = " in (exports / "kit.toml").read_text(encoding="utf-8")
    (exports / "kit.toml").write_text('currency = "EUR"\n', encoding="utf-8")
    again = kit("check", exports, "--init")
    assert again.exit_code == 2
    assert "already exists and was not changed" in again.stderr
    assert (exports / "kit.toml").read_text(encoding="utf-8") == 'currency = "EUR"\n'


def test_report_writes_pages_and_exits_with_0(exports: Path, tmp_path: Path) -> None:
    done = kit("report", exports, "--out", tmp_path / "out", "--only", "03", "-p", "kpi=open_rate")
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'out' / 'index.html'}\n")
    assert done.stderr == "03_compare_campaigns: ok\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "03_compare_campaigns.html",
        "index.html",
        "results.json",
    ]


def test_a_failed_notebook_exits_with_1_and_the_reason(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.notebook(tmp_path / "notebooks" / "01_one.ipynb", "1/0")
    monkeypatch.setitem(report.build.__kwdefaults__, "notebooks", tmp_path / "notebooks")
    done = kit("report", exports, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "kit: 01_one: code cell 2: ZeroDivisionError: division by zero\n" in done.stderr
    assert (tmp_path / "out" / "index.html").exists()


def test_an_unreadable_file_exits_with_1_and_the_rest_is_made(exports: Path, tmp_path: Path) -> None:
    header, row = "Order ID,Email,Created at,Total,Refunded amount,Currency,Status", "1,,03/04/2026 10:00,10,0,EUR,paid"
    (exports / "orders.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    done = kit("report", exports, "--out", tmp_path / "out", "--only", "00")
    assert done.exit_code == 1
    assert (
        "kit: orders.csv, line 2, column 'Created at': '03/04/2026 10:00' can be read as two different dates."
        in done.stderr
    )
    assert "orders.csv" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for command in (["check", exports], ["tables", exports, "--out", tmp_path / "tables"]):
        assert kit(*command).exit_code == 1
    assert (tmp_path / "tables" / "campaign_stats.parquet").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "mnth=2026-02"], "-p mnth: none of the chosen notebooks has such a parameter"),
        (["-p", "worthwhile=ten"], "-p worthwhile: 'ten' is not a number"),
        (["-p", "period=2026-13"], "-p period: '2026-13' is not a month, quarter or day"),
        (["-p", "period"], "-p period: write a parameter as name=value"),
        (["--only", "33"], "There is no notebook '33'"),
        (["--only", "03", "-p", "goal=reviews"], "-p goal: none of the chosen notebooks has such a parameter"),
        (["--where", "x"], "No such option"),
    ],
)
def test_wrong_words_exit_with_2_and_make_no_report(exports: Path, tmp_path: Path, words: list[str], said: str) -> None:
    done = kit("report", exports, "--out", tmp_path / "out", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [["check"], ["report", "--out", "out"], ["tables", "--out", "out"]])
def test_a_wrong_folder_is_one_line_without_a_traceback(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kit.cli", command[0], "nowhere", *command[1:]],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "kit: nowhere: there is no such folder or file.\n"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    done = kit("check", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"kit: {tmp_path} contains no exports. Put the files of your platforms there without changing them.\n"
    )


def test_a_wrong_setting_is_one_line(exports: Path) -> None:
    (exports / "kit.toml").write_text("timezone = 1\n", encoding="utf-8")
    done = kit("check", exports)
    assert done.exit_code == 1
    assert done.stderr == "kit: kit.toml, column 'timezone': there is no such setting. Did you mean 'time_zone'?\n"


def test_map_proposes_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Kampagne,Versendet\nA,10\n", encoding="utf-8")
    done = kit("map", tmp_path / "list.csv")
    assert done.exit_code == 0
    assert "table:" in done.stdout
    assert kit("map", tmp_path / "none.csv").exit_code == 2


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_tables_are_written_in_the_form_asked_for(exports: Path, tmp_path: Path, form: str) -> None:
    done = kit("tables", exports, "--out", tmp_path / "out", "--format", form)
    assert done.exit_code == 0
    assert str(tmp_path / "out" / f"campaign_stats.{form}") in done.stdout.splitlines()


def test_a_period_without_any_mail_says_so_on_top_and_exits_with_1(exports: Path, tmp_path: Path) -> None:
    done = kit("report", exports, "--out", tmp_path / "out", "--only", "00,01", "-p", "period=2031-01..2031-02")
    said = "The data contains no e-mails in 2031-01 to 2031-02."
    assert done.exit_code == 1
    assert f"kit: {said}" in done.stderr.splitlines()
    assert "01_choose_kpis: not answered, your files contain no e-mails from 2031-01 to 2031-02" in done.output
    for name in ("index", "00_check_the_export"):
        top = (tmp_path / "out" / f"{name}.html").read_text(encoding="utf-8").split("<main>")[0]
        assert said in top, name
    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["data"]["empty"] == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("b=Sumer", "-p b: no campaign has the name 'Sumer'. Did you mean 'Summer'?"),
        (
            "action=apointment",
            "-p action: nobody took the action 'apointment' in this data. The data contains no actions.",
        ),
        ("mix=domian", "-p mix: e-mails cannot be grouped by 'domian'. Did you mean 'domain'?"),
        ("change=2026-3", "-p change: '2026-3' is not a month. Write it like 2026-03."),
        ("look=second", '-p look: \'second\' cannot be used. Write it like "2 of 4", or "any time".'),
        ("plan=-1", "-p plan: -1 messages per version cannot be planned."),
        ("kpi=revenue_per_mail", "-p kpi: 'revenue_per_mail' is not a rate of e-mail campaigns."),
    ],
)
def test_a_misspelt_value_stops_before_anything_runs(exports: Path, tmp_path: Path, word: str, said: str) -> None:
    done = kit("report", exports, "--out", tmp_path / "out", "-p", word)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_money_decides_only_where_a_notebook_says_so() -> None:
    notebooks = {one.number: one for one in load(NOTEBOOKS)}
    told = parameters.values([notebooks["06"]], {"kpi": "revenue_per_mail"})
    assert told["06_subject_lines"] == {"kpi": "revenue_per_mail"}
    with pytest.raises(UsageError, match="is not a rate"):
        parameters.values([notebooks["03"]], {"kpi": "revenue_per_mail"})


def test_explain_tells_of_a_kpi_and_lists_them() -> None:
    assert "click" in kit("explain", "click_rate").stdout
    listed = kit("explain").stdout
    assert "click_rate" in listed
    assert "appointments" in listed
    wrong = kit("explain", "clik_rate")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "click_rate" in wrong.stderr


@pytest.mark.parametrize("text", ["alpha,beta\n1,2\n3,4\n", ""])
def test_check_of_a_folder_of_which_nothing_is_recognised_exits_with_1(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.csv").write_text(text)
    assert kit("check", tmp_path).exit_code == 1


def test_tables_and_report_name_the_files_that_they_do_not_use(exports: Path, tmp_path: Path) -> None:
    (exports / "odd.csv").write_text("alpha,beta\n1,2\n3,4\n")
    for words in (
        ("tables", exports, "--out", tmp_path / "t"),
        ("report", exports, "--out", tmp_path / "r", "--only", "00"),
    ):
        done = kit(*words)
        assert "odd.csv is not used: " in done.stderr
        assert "campaigns.csv is not used" not in done.stderr
        assert done.exit_code == 0  # what no preset knows is no fault of the others
