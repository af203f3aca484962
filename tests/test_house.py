"""The rules of the house: what may import what, how large a file may be, what a notebook may hold."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from itertools import chain
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

LAYERS = (
    {"messages"},
    {"errors"},
    {"places"},
    {"tables", "settings"},
    {"sources"},
    {"store"},
    {"counts", "stats"},
    {"judging", "show"},
    {"metrics"},
    {
        "abtest",
        "adjusted",
        "strata",
    },
    {"measurable"},
    {"words"},
    {"plots"},
    {"questions"},
    {"terms"},
    {"explain"},
    {"report"},
    {"cli"},
)
"""A module imports from layers below its own (and from itself), never from above."""

SOURCES = tuple(
    enumerate(
        (
            ("file_log", "frames"),
            ("text",),
            ("detect",),
            ("tabular",),
            ("logs", "mail", "reports"),
            ("duplicate_files",),
        )
    )
)
"""The parts of `kit.sources`, each importing only from those before it."""

ONLY = {
    ("duckdb",): ("kit/store/engine.py",),
    ("ibis",): ("kit/sources/reports/bigquery.py", "kit/store/", "kit/counts/", "kit/questions/"),
    ("scipy", "statsmodels"): ("kit/stats/",),
    ("matplotlib", "seaborn"): ("kit/plots/", "kit/questions/", "kit/show/"),
    ("papermill", "nbconvert"): ("kit/report/",),
}


def imports(path: Path) -> set[str]:
    """Dotted names that a module imports when it runs (not those for type checkers only)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(part: str) -> int | None:
    return next((number for number, names in enumerate(LAYERS) if part in names), None)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    own = path.relative_to(ROOT / "kit").with_suffix("").parts[0]
    if own == "__init__":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "kit" and len(parts) > 1 and layer(parts[1]) is not None and parts[1] != own:
            assert layer(parts[1]) < layer(own), f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_have_their_place(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    heads = {imported.split(".")[0] for imported in imports(path)}
    for libraries, places in ONLY.items():
        if not name.startswith(places):
            assert not heads & set(libraries), f"{name} imports {heads & set(libraries)}"


@pytest.mark.parametrize("path", sorted((ROOT / "kit/sources").rglob("*.py")), ids=lambda path: path.name)
def test_sources_import_one_way(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for name in imports(path):
        above = [part for part, modules in SOURCES for module in modules if name.startswith(f"kit.sources.{module}")]
        if above and own != "kit.sources.__init__":
            ours = [part for part, modules in SOURCES for module in modules if own.startswith(f"kit.sources.{module}")]
            assert above[0] <= ours[0], f"{own} imports {name}"
            siblings = above[0] == ours[0] and own.split(".")[:3] != name.split(".")[:3]
            assert not siblings or above[0] == 0, f"{own} imports its sibling {name}"


def test_every_module_has_a_layer() -> None:
    parts = {path.relative_to(ROOT / "kit").with_suffix("").parts[0] for path in MODULES} - {"__init__"}
    assert parts == set(chain(*LAYERS))


@pytest.mark.parametrize("path", [*MODULES, *OUTSIDE], ids=lambda path: path.name)
def test_no_file_is_over_600_lines_nor_called_utils(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600
    assert path.stem not in {"utils", "helpers", "misc"}


def test_importing_the_kit_is_light_and_changes_nothing() -> None:
    code = (
        "import sys, time; begin = time.perf_counter(); import kit; took = time.perf_counter() - begin;"
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
    texts = [*MODULES, *NOTEBOOKS, ROOT / "README.md", ROOT / "Makefile", ROOT / "requirements.lock"]
    assert [path.name for path in texts if banned.search(path.read_text(encoding="utf-8"))] == []
