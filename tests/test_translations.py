"""The catalogues: every text is there, with its values, and pages are shown in the reader's language."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from kit import cli, messages, metrics
from kit.errors import SettingsError
from kit.show import formats
from kit.store import open_data
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


def is_of_commands(entry: Message) -> bool:
    """Whether commands other than those that answer can show a text: a question's title and a KPI's name are such."""
    files = [str(file) for file, _line in entry.locations]
    text = texts(entry.id)[0]
    return (
        any(file.startswith(COMMANDS) or (file.startswith("kit/report/") and file.endswith(".py")) for file in files)
        or any(file.startswith("notebooks/") and text.startswith("# ") for file in files)
        or text in {one.title.text for registry in (metrics.KPIS, metrics.GOALS) for one in registry.values()}
    )


def translated(code: str) -> Iterator[Message]:
    """The texts that there are in the language; those that have none only where it is to have all."""
    whole = code in messages.WHOLE
    return (entry for entry in catalogue(place(code), code) if entry.id and (whole or all(texts(entry.string))))


def test_every_text_in_the_code_is_in_the_catalogue() -> None:
    """Babel finds none within the braces of an f-string."""
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
        assert read == written, "make docs"


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


def test_every_page_of_a_firm_is_russian(firm: Path) -> None:
    with messages.using("ru"):
        for name, page in PAGES.items():
            shown = run(page, firm)
            assert json.dumps(shown, ensure_ascii=False, allow_nan=False)
            for one in shown:
                text = one.get("text") or one.get("title") or ""
                assert not text or LETTERS.search(text), (name, text)


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
