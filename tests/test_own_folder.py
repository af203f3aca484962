"""An analyst's own folder: made from the checkout and from a wheel, its notebooks find what lies in it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import tiny
from click.testing import CliRunner
from nbclient import NotebookClient

import kit
from kit import settings
from kit.cli import main
from kit.errors import UsageError
from kit.messages import LANGUAGES
from kit.questions.notebooks import NOTEBOOKS, load
from kit.report import own_folder

ROOT = Path(__file__).parents[1]


def test_it_has_the_notebooks_a_place_for_exports_and_their_settings(tmp_path: Path) -> None:
    exports, books = own_folder.new(tmp_path / "mine")
    assert [book.name for book in load(books)] == [book.name for book in load(NOTEBOOKS)]
    assert {book.parameters["data"].default for book in load(books)} == {"../data"}
    assert "# time_zone = " in (exports / "kit.toml").read_text(encoding="utf-8")
    assert settings.load(exports / "kit.toml").values == {}  # nothing is set until somebody sets it
    for book in load(NOTEBOOKS):
        copied, original = ((folder / book.path.name).read_text(encoding="utf-8") for folder in (books, NOTEBOOKS))
        assert sum(a != b for a, b in zip(copied.split("\n"), original.split("\n"), strict=True)) == 1


@pytest.mark.parametrize("lies_there", ["file", "full folder"])
def test_what_is_there_is_not_touched(tmp_path: Path, lies_there: str) -> None:
    place = tmp_path / "mine"
    kept = place if lies_there == "file" else place / "notes.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine", encoding="utf-8")
    said = CliRunner().invoke(main, ["new", str(place)])
    assert (said.exit_code, said.output) == (
        2, f"kit: {place} is not an empty folder and was not changed. Name a new one.\n",
    )  # fmt: skip
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [kept.name]
    with pytest.raises(UsageError):
        own_folder.new(place)


def test_an_empty_folder_will_do_and_the_next_steps_are_said(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["new", str(tmp_path)])
    assert said.exit_code == 0
    assert said.output.splitlines() == [
        f"{tmp_path}/data: put your exports here; kit.toml in it holds the settings",
        f"{tmp_path}/notebooks: the notebooks are yours to change; open them with: kit lab {tmp_path}/notebooks",
    ]


def test_its_notebooks_find_its_exports_also_after_a_move(tmp_path: Path) -> None:
    exports, _books = own_folder.new(tmp_path / "mine")
    tiny.export(exports)
    place = (tmp_path / "mine").rename(tmp_path / "moved") / "notebooks"
    book = nbformat.read(place / "00_check_the_export.ipynb", as_version=4)
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"][:2]
    book.cells.append(nbformat.v4.new_code_cell("print(len(export.campaigns), export.target.name)"))
    NotebookClient(book, resources={"metadata": {"path": str(place)}}).execute()
    assert book.cells[-1].outputs[0].text == "3 data\n"


BESIDE, FULL = "../mine/notebooks/00.ipynb", "{place}/mine/notebooks/00.ipynb"
RUNS = {
    "papermill": ["papermill", BESIDE, "{place}/out.ipynb"],
    "papermill, by its full name": ["papermill", FULL, "{place}/out.ipynb"],
    "nbconvert": ["nbconvert", "--to", "notebook", "--execute", BESIDE, "--output", "{place}/out.ipynb"],
    "jupyter execute": ["jupyter", "execute", "--output", "{place}/out.ipynb", BESIDE],
}


@pytest.mark.parametrize("how", RUNS)
def test_its_notebooks_find_its_exports_from_any_folder(tmp_path: Path, how: str) -> None:
    exports, books = own_folder.new(tmp_path / "mine")
    tiny.export(exports)
    tiny.export(tmp_path / "data").joinpath("kit.toml").unlink()  # what the working folder would lead to
    book = nbformat.read(books / "00_check_the_export.ipynb", as_version=4)
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"][:2]
    book.cells.append(nbformat.v4.new_code_cell("print(export.target)"))
    nbformat.write(book, books / "00.ipynb")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = [word.format(place=tmp_path) for word in RUNS[how]]
    subprocess.run([sys.executable, "-m", *words], cwd=elsewhere, check=True, capture_output=True)
    (shown,) = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1].outputs
    assert shown.text.strip() == str(exports)


def test_in_vs_code_a_notebook_finds_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports, books = own_folder.new(tmp_path / "mine")
    tiny.export(exports)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        kit.open("../data")
    monkeypatch.setattr(sys.modules["__main__"], "__vsc_ipynb_file__", str(books / "02_months.ipynb"), raising=False)
    assert kit.open("../data").target == exports
    assert kit.open("mine/data").target == exports  # what is not there is as seen from here


def test_a_report_runs_the_notebooks_of_a_folder(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    tiny.notebook(tmp_path / "books" / "16_mine.ipynb", tiny.sentence("Changed by me."))
    asked = ["report", str(exports), "--out", str(tmp_path / "out"), "--notebooks", str(tmp_path / "books")]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    assert "Changed by me." in (tmp_path / "out" / "16_mine.html").read_text(encoding="utf-8")


def test_a_wheel_makes_the_same_folder_as_the_checkout(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
        catalogues = {f"kit/locale/{code}/LC_MESSAGES/kit.mo" for code in LANGUAGES[1:]}
        assert {"kit/locale/zh/LC_MESSAGES/kit.mo"} <= catalogues <= set(packed.namelist())
    code = "import kit.cli, kit.questions.notebooks as n; print(n.NOTEBOOKS); kit.cli.main(['new', 'mine'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == str(tmp_path / "site" / "kit" / "notebooks")
    own_folder.new(tmp_path / "other")
    mine, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("mine", "other")
    )
    assert mine == other
    assert len([path for path in mine if path.endswith(".ipynb")]) == 16
