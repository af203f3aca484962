"""What a notebook may be told, checked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tiny

from kit.errors import UsageError
from kit.questions.notebooks import choose, load, read_parameters
from kit.report import parameters

if TYPE_CHECKING:
    from pathlib import Path

    from kit.questions.notebooks import Notebook


SECOND = """data: str = ""  # folder
kpi: str = "open_rate"  # which
kpis: str = "open_rate"  # which ones
goal: str = ""  # what for
worthwhile: float = 0.1  # lift"""


@pytest.fixture
def notebooks(tmp_path: Path) -> list[Notebook]:
    tiny.notebook(tmp_path / "01_first.ipynb", question="First?")
    tiny.notebook(tmp_path / "02_second.ipynb", told=SECOND)
    return load(tmp_path)


def test_a_line_is_name_type_default_and_help() -> None:
    told = read_parameters('min_sends: int = 500  # smallest # judged\nwhere: str = "a#b"  # ä, then # more', "x")
    assert [(one.name, one.type, one.default, one.help) for one in told] == [
        ("min_sends", "int", 500, "smallest # judged"),
        ("where", "str", "a#b", "ä, then # more"),
    ]


@pytest.mark.parametrize(
    "line", ["a = 1", "a: int = 1 + 1", "a: int | None = 1", "a: int = 'x'", "a: list = []", "import os", "a: int"]
)
def test_what_papermill_cannot_pass_is_no_parameter(line: str) -> None:
    with pytest.raises(UsageError, match=r"x\.ipynb: .* is not a parameter"):
        read_parameters(line, "x.ipynb")


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("min_sends", "200", 200),
        ("level", "0.9", 0.9),
        ("strict", "True", True),
        ("period", "2026-01..2026-06", "2026-01..2026-06"),
        ("period", "", ""),
        ("where", "list_name=Customers, tags=spring", "list_name=Customers, tags=spring"),
    ],
)
def test_a_word_becomes_a_value_of_the_annotated_type(
    notebooks: list[Notebook], name: str, said: str, value: object
) -> None:
    told = parameters.values(notebooks, {name: said})
    assert told == {"01_first": {name: value}, "02_second": {}}
    assert type(told["01_first"][name]) is type(value)


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("mnth", "2026-02", "-p mnth: none of the chosen notebooks has such a parameter"),
        ("perod", "2026-02", "Did you mean 'period'?"),
        ("min_sends", "ten", "-p min_sends: 'ten' is not a whole number. The parameter means: smallest campaign"),
        ("min_sends", "1.5", "-p min_sends: '1.5' is not a whole number"),
        ("level", "nan", "-p level: 'nan' is not a number"),
        ("strict", "maybe", "-p strict: 'maybe' is neither true nor false"),
        ("period", "2026-13", "-p period: '2026-13' is not a month, quarter or day"),
        ("period", "2026-06..2026-01", "-p period: '2026-06..2026-01' ends before it begins"),
        ("where", "city=Ulm", "-p where: campaigns have no 'city'"),
        ("kpi", "opn_rate", "-p kpi: 'opn_rate' is not a rate of e-mail campaigns. Did you mean 'open_rate'?"),
        ("kpis", "open_rate, opens", "-p kpis: 'opens' is not a rate of e-mail campaigns"),
        ("goal", "reviws", "-p goal: There is no goal 'reviws'. Did you mean 'reviews'?"),
        ("worthwhile", "-0.1", "-p worthwhile: -0.1 is not above 0"),
        ("data", "elsewhere", "-p data: name the folder with the data in the command itself"),
    ],
)
def test_a_wrong_word_names_the_parameter(notebooks: list[Notebook], name: str, said: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parameters.values(notebooks, {name: said})
    assert words in str(caught.value)


@pytest.mark.parametrize(("words", "said"), [(["period"], "name=value"), (["a=1", "a=2"], "given twice")])
def test_a_word_is_one_name_and_one_value(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parameters.pairs(words)


def test_a_notebook_is_chosen_by_number_or_name(notebooks: list[Notebook]) -> None:
    assert [one.name for one in choose(notebooks, ["02"])] == ["02_second"]
    assert [one.name for one in choose(notebooks, ["01_first", "02"])] == ["01_first", "02_second"]
    assert choose(notebooks, []) == notebooks
    with pytest.raises(UsageError, match="There is no notebook '03'"):
        choose(notebooks, ["01", "03"])


def test_a_parameter_must_fit_a_chosen_notebook(notebooks: list[Notebook]) -> None:
    with pytest.raises(UsageError, match="-p min_sends: none of the chosen notebooks"):
        parameters.values(choose(notebooks, ["02"]), {"min_sends": "200"})
