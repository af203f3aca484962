"""The rules of the house: what may import what, how large a file may be, what a notebook may hold."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import papermill
import pytest

from kit import metrics
from kit.questions.find_problems import references, rules
from kit.questions.notebooks import load
from kit.tables import TABLES

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "kit").rglob("*.py"))
OUTSIDE = [*sorted((ROOT / "data").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_imports_keep_the_contracts() -> None:
    """The contracts stand in pyproject.toml, `[tool.importlinter]`."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stdout[-4000:]


TOP = {
    *("kit", "notebooks", "data", "tests", "docs", "Makefile", "babel.cfg", "conftest.py"),
    *("README.md", "README.ru.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
    *("environment.yml", "postBuild", "pyproject.toml", "requirements.lock"),
}


def test_only_what_belongs_to_the_project_stands_at_its_top() -> None:
    """Outputs written into the checkout by hand are no part of it (files whose names begin with a dot are settings)."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of git") if "KIT_SHARED" not in os.environ else pytest.fail(listed.stderr)
    tops = {name.split("/")[0] for name in listed.stdout.split("\0") if name}
    assert {top for top in tops if not top.startswith(".")} == TOP


FILLERS = {"told", "said", "found", "made", "done", "own", "one", "some", "rest", "known", "spoken"}
"""Names that say that something happened, and not what a value is."""


def test_names_say_what_values_are() -> None:
    """Fillers are less than 1 % of what is assigned, looped over and comprehended in the package."""
    targets = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assigned: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                assigned = node.targets
            elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For | ast.comprehension | ast.NamedExpr):
                assigned = [node.target]
            elif isinstance(node, ast.withitem) and node.optional_vars:
                assigned = [node.optional_vars]
            names = (inner.id for target in assigned for inner in ast.walk(target) if isinstance(inner, ast.Name))
            targets += [(path.relative_to(ROOT), name) for name in names]
    fillers = [place for place in targets if place[1] in FILLERS]
    assert len(fillers) < 0.01 * len(targets), fillers


def test_every_notebook_has_its_question_and_every_question_its_notebook() -> None:
    packages = {path.name for path in (ROOT / "kit/questions").iterdir() if (path / "__init__.py").is_file()}
    assert packages == {path.stem.partition("_")[2] for path in NOTEBOOKS}


def test_a_section_uses_other_questions_by_their_public_face() -> None:
    for path in sorted((ROOT / "kit/questions").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kit.questions"):
                private = [alias.name for alias in node.names if alias.name.startswith("_")]
                assert private == [], f"{path.name} imports {private} of {node.module}"


@pytest.mark.parametrize("path", [*MODULES, *OUTSIDE], ids=lambda path: path.name)
def test_no_file_is_over_600_lines_nor_called_utils(path: Path) -> None:
    is_registry = path.parent.name in {"metrics", "tables"} or path.name in {"rules.py", "settings.py"}
    assert is_registry or len(path.read_text(encoding="utf-8").splitlines()) <= 600
    assert path.stem not in {"utils", "helpers", "misc"}


def test_importing_the_kit_is_light_and_changes_nothing() -> None:
    code = (
        "import sys, time; begin = time.process_time(); import kit; took = time.process_time() - begin;"
        "heavy = {'pandas', 'ibis', 'duckdb', 'scipy', 'matplotlib', 'papermill', 'logging.config'} & set(sys.modules);"
        "print(took < 0.2, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert (done.stdout.strip(), done.stderr) == ("True []", "")


def test_using_the_kit_changes_no_option_of_the_reader() -> None:
    code = """
import pandas as pd, matplotlib as mpl, numpy as np, seaborn, scipy.stats, statsmodels.api, ibis, warnings
def state():
    return dict(mpl.rcParams), np.geterr(), list(warnings.filters), {name: pd.get_option(name) for name in NAMES}
NAMES = ["display.max_rows", "display.precision", "display.float_format"]
before = state()
from kit import counts, metrics
from kit.questions.months import rates
rates.judge(pd.DataFrame({"month": ["2026-01"], "delivered": [10], "opened": [3]}), ["open_rate"]).plot()
print(state() == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_names_of_columns_are_snake_case() -> None:
    names = [column.name for table in TABLES.values() for column in table.columns]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def cells(path: Path, kind: str) -> list[dict]:
    book = json.loads(path.read_text(encoding="utf-8"))
    return [cell | {"source": "".join(cell["source"])} for cell in book["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_its_name_says_number_and_question(self, path: Path) -> None:
        assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)
        first = cells(path, "markdown")[0]["source"].splitlines()
        assert first[0].startswith("# ")
        assert first[0].endswith("?")
        assert [line.split()[0] for line in first[2:5]] == ["**It", "**It", "**Guide"]

    def test_its_outputs_are_stripped(self, path: Path) -> None:
        assert [cell for cell in cells(path, "code") if cell["outputs"] or cell["execution_count"] is not None] == []

    def test_its_code_only_asks(self, path: Path) -> None:
        for cell in cells(path, "code"):
            tree = ast.parse(cell["source"])
            if "parameters" not in cell["metadata"].get("tags", []):  # these are one line each, and no code
                assert len(cell["source"].splitlines()) <= 10
            banned = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda, ast.With)
            assert not any(isinstance(node, banned) for node in ast.walk(tree))
            assert not re.search(r"^[!%]|https?://", cell["source"], re.MULTILINE)

    def test_its_prose_types_no_result(self, path: Path) -> None:
        for cell in cells(path, "markdown"):
            assert not re.search(r"\d[\d.,]*\s?(%|percent|points)", cell["source"])

    def test_its_parameters_are_literals_that_papermill_can_list(self, path: Path) -> None:
        book = next(one for one in load(path.parent) if one.path == path)
        assert list(papermill.inspect_notebook(path)) == list(book.parameters)
        assert list(book.parameters)[:3] == ["data", "period", "where"]
        assert all(parameter.help for parameter in book.parameters.values())


def test_every_problem_rule_looks_at_a_known_rate_and_unit() -> None:
    for key, rule in rules.RULES.items():
        assert key == rule.key
        assert rule.rate in (*metrics.MAIL_RATES, *rules.MEASURES)
        assert rule.unit in rules.UNITS
        assert rule.reference in references.JUDGES
        assert bool(rule.limits) == (rule.reference == "limit")
        assert bool(rule.part) == (rule.reference in ("strata", "relation"))


def test_every_goal_names_known_kpis() -> None:
    assert {key for one in metrics.GOALS.values() for key, _ in one.kpis} <= set(metrics.KPIS)


def test_code_names_no_place_of_a_machine_and_no_registry() -> None:
    banned = re.compile(r"/(?:work|root|home|tmp)/|--extra-index|find-links|/simple\b", re.IGNORECASE)
    texts = [*MODULES, *NOTEBOOKS, *ROOT.glob("README*.md"), ROOT / "Makefile", ROOT / "requirements.lock"]
    assert [path.name for path in texts if banned.search(path.read_text(encoding="utf-8"))] == []
