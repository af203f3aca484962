"""The catalogues: every text is there, with its values, and pages are shown in the reader's language."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

import kit
from kit import cli, explain, messages, metrics
from kit.errors import SettingsError, UsageError
from kit.questions.notebooks import choose, load
from kit.report import parameters
from kit.settings import KEYS
from kit.show import formats
from kit.store import open_data
from kit.tables import TABLES
from tests import exports
from tests.pages import PAGES, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages import Catalog, Message

ROOT = Path(__file__).parents[1]
LETTERS = re.compile("[а-яё]", re.IGNORECASE)
LANGUAGES = messages.LANGUAGES[1:]

COMMANDS = (
    *("kit/cli.py", "kit/errors.py", "kit/places.py", "kit/settings.py", "kit/counts/", "kit/metrics/values.py"),
    *("kit/show/", "kit/sources/", "kit/store/", "kit/tables/", "kit/text/"),
    *("kit/questions/notebooks.py", "kit/questions/requirements.py", "kit/questions/check_the_export/files.py"),
)
"""Where the texts of `kit check`, `map`, `tables` and of errors are written."""


def catalogue(path: Path, code: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=code)


def place(code: str) -> Path:
    return messages.LOCALE / code / "LC_MESSAGES" / "kit.po"


def texts(entry: str | tuple[str, ...] | list[str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry)


def values(text: str) -> set[str]:
    """The places for values in a text; doubled braces are none."""
    return set(re.findall(r"\{(\w+)[^{}]*\}", re.sub(r"\{\{|\}\}", "", text)))


@cache
def shown_by_commands() -> set[str]:
    """What parameters mean, and the names of KPIs and goals."""
    helps = {parameter.help for book in load() for parameter in book.parameters.values()}
    return helps | {one.title.text for registry in (metrics.KPIS, metrics.GOALS) for one in registry.values()}


def is_of_commands(entry: Message) -> bool:
    """Whether commands other than those that answer can show a text: a question's title and a KPI's name are such."""
    files = [str(file) for file, _line in entry.locations]
    text = texts(entry.id)[0]
    return (
        any(file.startswith(COMMANDS) or (file.startswith("kit/report/") and file.endswith(".py")) for file in files)
        or any(file.startswith("notebooks/") and text.startswith("# ") for file in files)
        or text in shown_by_commands()
    )


def translated(code: str) -> Iterator[Message]:
    """The texts that there are in the language; those that have none only where it is to have all."""
    whole = code in messages.WHOLE
    return (entry for entry in catalogue(place(code), code) if entry.id and (whole or all(texts(entry.string))))


def test_every_text_in_the_code_is_in_the_catalogue() -> None:
    """Babel finds none within the braces of an f-string, nor within another text's values."""
    template = {texts(entry.id)[0] for entry in catalogue(messages.LOCALE / "kit.pot")}
    calls = [
        (path.name, node.args[0].value)
        for path in sorted((ROOT / "kit").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        if node.func.id in {"_", "_n", "message", "message_n"} and isinstance(node.args[0], ast.Constant)
    ]
    assert len(calls) > 4000
    assert [call for call in calls if call[1] not in template] == []


@pytest.mark.parametrize("code", LANGUAGES)
class TestCatalogue:
    def test_no_text_is_missing_and_none_is_of_a_former_version(self, code: str) -> None:
        template = [entry for entry in catalogue(messages.LOCALE / "kit.pot") if entry.id]
        wanted = {entry.id for entry in template if code in messages.WHOLE or is_of_commands(entry)}
        there = {entry.id for entry in translated(code) if all(texts(entry.string))}
        stale = there - {entry.id for entry in template}
        assert (sorted(map(str, wanted - there))[:5], sorted(map(str, stale))[:5]) == ([], [])

    def test_every_value_stands_in_the_translation(self, code: str) -> None:
        wrong = []
        for entry in translated(code):
            wanted = [values(text) for text in texts(entry.id)]
            for form, text in enumerate(texts(entry.string)):
                least, most = wanted[0] if form == 0 else wanted[-1], set.union(*wanted)
                if not least <= values(text) <= most:
                    wrong.append(text)
        assert wrong == []

    def test_every_number_has_its_form(self, code: str) -> None:
        forms = catalogue(place(code), code).num_plurals
        plural = [entry for entry in translated(code) if not isinstance(entry.id, str)]
        assert len(plural) >= 75
        assert [entry.id for entry in plural if len(texts(entry.string)) != forms] == []

    def test_what_is_read_is_what_was_written(self, code: str) -> None:
        with place(code).with_suffix(".mo").open("rb") as file:
            read = {tuple(texts(entry.id)): texts(entry.string) for entry in read_mo(file) if entry.id}
        written = {tuple(texts(entry.id)): texts(entry.string) for entry in translated(code)}
        if code not in messages.WHOLE:  # a plural without its form is compiled as the English one
            read = {key: text for key, text in read.items() if key in written}
        assert read == written, "make reference"


def test_sentences_are_translated_and_names_of_settings_are_not() -> None:
    long = [entry for entry in translated("ru") if len(texts(entry.id)[0].split()) > 6]
    sources = {entry.id for entry in long if "doi:" in entry.id}  # names of authors
    assert {entry.id for entry in long if not LETTERS.search(texts(entry.string)[0])} <= sources


@pytest.mark.parametrize(("n", "word"), [(1, "рассылка"), (3, "рассылки"), (11, "рассылок"), (21, "рассылка")])
def test_russian_numbers_choose_their_form(n: int, word: str) -> None:
    with messages.using("ru"):
        assert messages._n("{n} campaign", "{n} campaigns", n) == f"{n} {word}"


def test_numbers_and_months_are_written_as_russian_does() -> None:
    with messages.using("ru"):
        assert formats.share(0.0814) == "8,1\u00a0%"
        assert formats.whole(1234567) == "1\u00a0234\u00a0567"
        assert formats.month("2026-06").startswith("июн")


@pytest.fixture
def english() -> Iterator[None]:
    """Whatever language a test sets, the next one meets none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(messages.ASKED, raising=False)
        yield
    messages.prefer("")


@pytest.mark.parametrize("key", ["open_rate", "step_conversion", "low_opens", "wilson", "delivered"])
def test_an_entry_of_kit_explain_is_russian_but_for_names(key: str) -> None:
    with messages.using("ru"):
        said = explain.entry(key)
    labels = [line[2:].split("  ")[0] for line in said.splitlines()[1:]]
    assert [label for label in labels if not LETTERS.search(label)] == []
    assert "guide" not in said
    assert not re.search(r"\b[a-z]+ [a-z]+ [a-z]+\b", said)


def test_what_a_parameter_means_is_said_in_the_readers_language() -> None:
    with messages.using("ru"), pytest.raises(UsageError, match="дней на возвращение"):
        parameters.values(choose(load(), ["13"]), {"days": "x"})


def test_every_page_of_a_firm_is_russian(firm: Path) -> None:
    with messages.using("ru"):
        for name, page in PAGES.items():
            shown = run(page, firm)
            assert json.dumps(shown, ensure_ascii=False, allow_nan=False)
            for one in shown:
                text = one.get("text") or one.get("title") or ""
                assert not text or LETTERS.search(text), (name, text)


CHINESE = {
    "活动.csv": (
        "gb18030",
        """活动名称,邮件主题,发送时间,发送数,送达数,打开数,点击数,退订数,投诉数
春季刹车检查,您的刹车好吗？,2026-03-03 10:00,1100,1078,330,66,4,0
换轮胎,该换轮胎了,2026-04-07 17:30,900,891,250,45,2,1
夏季空调,检查空调,2026-05-12 09:00,一千,960,300,50,3,0
""",
    ),
    "订单.csv": (
        "utf-8",
        """订单号,邮箱,下单时间,金额,订单状态
1001,a@example.com,2026-03-05 11:00,120.50,已完成
1002,b@example.com,2026-04-09 12:00,80.00,已取消
1003,c@example.com,2026-04-10 15:30,1,200.00,已退款
""",
    ),
    "联系人.csv": ("gb18030", "邮箱,状态,注册时间\na@example.com,已订阅,2025-01-05\nb@example.com,已退订,2025-02-05\n"),
    "其他.csv": ("utf-8", "颜色,形状\n红,圆\n蓝,方\n"),
    "空.csv": ("utf-8", ""),
    "图片.png": ("utf-8", "\x89PNG\r\n\x1a\n"),
    "坏.xlsx": ("utf-8", "PK\x03\x04" + "0" * 50),
}
"""Exports as Chinese programs write them: one row has a cell too many, one cell is no number, one file is unknown."""

NAMES = {"kit", "map", "toml", "yaml", "csv", "xlsx", "png", "kpi", "utf", "file", "gb18030", "google", "postmaster"}
"""Words with Latin letters in the texts of `kit check` that are no English, beside names of tables and settings."""


def chinese(folder: Path) -> Path:
    for name, (encoding, content) in CHINESE.items():
        exports.write(folder, name, content, encoding)
    return folder


def english_words(text: str) -> set[str]:
    """Words of what a command says that are neither Chinese nor a name."""
    tables = {name for table in TABLES.values() for name in (table.name, *table.names)}
    names = tables | NAMES | {key.name for key in KEYS}
    words = {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z0-9_.]*", text)}
    return {word for word in words if word not in names and not set(word.split(".")) <= names}


@pytest.mark.usefixtures("english")
class TestChinese:
    def test_no_word_of_kit_check_is_english(self, tmp_path: Path) -> None:
        folder = chinese(tmp_path / "数据")
        assert "its header" in CliRunner().invoke(cli.main, ["check", str(folder), "--lang", "en"]).stdout
        asked = CliRunner().invoke(cli.main, ["check", str(folder), "--lang", "zh"])
        assert asked.exit_code == 1
        assert "数据：7 个文件中读取了 3 个；8 行 = 保留 7 + 剔除 1；截至 2026/5/12 09:00；时区未知" in asked.stdout
        assert "订单.csv, 第 4 行：它有 6 个单元格，而表头有 5 个。请把含分隔符的单元格放在引号中。" in asked.stdout
        assert "哪些 KPI 适合目标" in asked.stdout
        assert english_words(asked.stdout) == set()

    def test_kit_toml_asks_for_it_before_the_first_file_is_read(self, tmp_path: Path) -> None:
        folder = chinese(tmp_path / "数据")
        (folder / "kit.toml").write_text('lang = "zh"\ncurrency = "CNY"\n', encoding="utf-8")
        assert english_words(CliRunner().invoke(cli.main, ["check", str(folder)]).stdout) == set()

    def test_what_is_wrong_is_said_in_it(self, tmp_path: Path) -> None:
        folder = chinese(tmp_path / "数据")
        (folder / "kit.toml").write_text('curency = "CNY"\n', encoding="utf-8")
        asked = CliRunner().invoke(cli.main, ["check", str(folder), "--lang", "zh"])
        assert asked.output == "kit: kit.toml, 列 'curency'：没有这个设置。您是不是想输入 'currency'？\n"

    def test_a_mapping_is_proposed_in_it(self, tmp_path: Path) -> None:
        path = exports.write(tmp_path, "其他.csv", CHINESE["其他.csv"][1])
        said = CliRunner().invoke(cli.main, ["map", str(path), "--lang", "zh"]).stdout
        assert "# 如果无误，请另存为文件旁的 其他.csv.map.yaml。" in said
        assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", said)

    def test_the_dictionary_of_the_tables_is_written_in_it(self, tmp_path: Path) -> None:
        folder = chinese(tmp_path / "数据")
        CliRunner().invoke(cli.main, ["tables", str(folder), "--out", str(tmp_path / "表"), "--lang", "zh"])
        said = (tmp_path / "表" / "tables.md").read_text(encoding="utf-8")
        assert "一行是一个订单；共 2 行。" in said
        assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", said)

    def test_what_has_no_texts_in_it_is_refused_before_it_begins(self, tmp_path: Path) -> None:
        folder, out = chinese(tmp_path / "数据"), tmp_path / "报告"
        for words in (
            *(["report", str(folder), "--out", str(out), *more] for more in ([], ["--by", "month"])),
            *(["people", "lapsed", str(folder), "--out", str(out)], ["people"], ["explain", "open_rate"]),
        ):
            asked = CliRunner().invoke(cli.main, [*words, "--lang", "zh"])
            assert (asked.exit_code, asked.stdout) == (2, "")
            assert asked.stderr == "kit: 报告、人员名单和指标说明只有英文和俄文。请添加 --lang en 或 --lang ru。\n"
        assert not out.exists()

    def test_a_notebook_is_english_where_kit_toml_asks_for_it(self, tmp_path: Path) -> None:
        (chinese(tmp_path) / "kit.toml").write_text('lang = "zh"\n', encoding="utf-8")
        kit.open(tmp_path)
        assert messages.language() == "en"

    def test_the_report_of_a_problem_is_english_whatever_is_asked_for(self, tmp_path: Path) -> None:
        folder = chinese(tmp_path / "数据")
        said = CliRunner().invoke(cli.main, ["check", str(folder), "--report", "--lang", "zh"]).stdout
        assert "why: its header has 订单号, 邮箱, 下单时间, 金额, 订单状态, recognised by name only" in said

    def test_numbers_and_days_are_written_as_chinese_does(self) -> None:
        with messages.using("zh"):
            assert formats.share(0.0814) == "8.1%"
            assert formats.whole(1234567) == "1,234,567"
            assert formats.day("2026-03-04") == "2026/3/4"
            assert formats.month("2026-03") == "2026年3月"
            assert formats.listing(["甲", "乙", "丙"]) == "甲、乙和丙"

    def test_columns_stand_below_each_other(self, tmp_path: Path) -> None:
        asked = CliRunner().invoke(cli.main, ["check", str(chinese(tmp_path)), "--lang", "zh"])
        files = [line.split(" → ")[0] for line in asked.stdout.splitlines() if "→" in line]
        before = [line.removesuffix(line.split()[-1]) for line in files]
        assert len(before) == 3
        assert len({sum(1 + (sign > "\u2e7f") for sign in text) for text in before}) == 1


@pytest.mark.usefixtures("english")
class TestChoice:
    def test_kit_toml_chooses_and_the_command_line_outweighs_it(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "a.csv", exports.MONTHS)
        (tmp_path / "kit.toml").write_text('lang = "ru"\n', encoding="utf-8")
        open_data(tmp_path)
        assert messages.language() == "ru"
        asked = CliRunner().invoke(cli.main, ["check", str(tmp_path), "--lang", "en"])
        assert "1 of 1 files read" in asked.stdout

    def test_the_command_line_chooses(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "a.csv", exports.MONTHS)
        asked = CliRunner().invoke(cli.main, ["check", str(tmp_path), "--lang", "ru"])
        assert len(LETTERS.findall(asked.stdout)) > 100
        assert "rows" not in asked.stdout

    def test_a_language_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        exports.write(tmp_path, "a.csv", exports.MONTHS)
        (tmp_path / "kit.toml").write_text('lang = "tlh"\n', encoding="utf-8")
        with pytest.raises(SettingsError, match="is not a language that the kit supports"):
            open_data(tmp_path)
