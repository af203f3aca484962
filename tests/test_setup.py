"""What sets the kit up agrees with itself: pyproject.toml, requirements.lock, environment.yml, Makefile."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
DEV = [Requirement(one) for one in PROJECT["dependency-groups"]["dev"]]
BUILD = [Requirement(one) for one in PROJECT["build-system"]["requires"]]
ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(.*(?:\n    .*)*)", re.MULTILINE)


@cache
def locked() -> dict[str, list[str]]:
    """Every locked version of a package; there are several where Pythons need different ones."""
    found: dict[str, list[str]] = {}
    for name, version, _ in ENTRY.findall(LOCK):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


@pytest.mark.parametrize("wanted", [*DEPENDENCIES, *DEV, *BUILD], ids=str)
def test_each_dependency_is_locked_within_its_bounds(wanted: Requirement) -> None:
    versions = locked()[canonicalize_name(wanted.name)]
    assert [version for version in versions if version not in wanted.specifier] == []


def test_everything_locked_has_hashes_and_no_address() -> None:
    entries = ENTRY.findall(LOCK)
    assert entries
    assert [name for name, _, rest in entries if "--hash=sha256:" not in rest] == []
    assert not re.search(r"://|--(extra-)?index|--find-links|^-e|@ ", LOCK, re.MULTILINE)


def test_conda_takes_the_same_python_and_the_same_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, packages = environment["dependencies"]
    assert environment["name"] == PROJECT["project"]["name"]
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert (pip, packages) == ("pip", {"pip": ["-r requirements.lock"]})


def test_every_way_to_set_it_up_installs_the_same() -> None:
    readme, make, binder = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile", "postBuild")
    )
    own = "--no-deps --no-build-isolation -e ."
    ways = re.findall(r"^\S*(?:pip|uv pip) install .*", readme, re.MULTILINE)
    assert [way.split("install ")[1] for way in ways] == ["--require-hashes -r requirements.lock", own] * 3
    assert f"pip install {own}" in binder
    assert os.access(ROOT / "postBuild", os.X_OK)
    assert own in make
    assert "--require-hashes --no-compile -r requirements.lock" in make


def test_jupytext_loses_nothing_of_a_notebook_that_the_kit_reads() -> None:
    kept = {name: value.split(",") for name, value in PROJECT["tool"]["jupytext"].items()}
    books = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "notebooks").glob("*.ipynb")]
    of_books = {name for book in books for name in book["metadata"]} - {"language_info"}
    assert of_books <= {*kept["notebook_metadata_filter"]}
    of_cells = {name for book in books for cell in book["cells"] for name in cell["metadata"]}
    assert of_cells <= {*kept["cell_metadata_filter"]}


def test_the_kit_imports_what_it_declares() -> None:
    own = {canonicalize_name(one.name) for one in DEPENDENCIES}
    owners = packages_distributions()
    used: dict[str, str] = {}
    for path in (ROOT / "kit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            used |= {name.split(".")[0]: path.name for name in names}
    foreign = {name: file for name, file in used.items() if name != "kit" and name not in sys.stdlib_module_names}
    undeclared = {
        name: file
        for name, file in foreign.items()
        if not {canonicalize_name(owner) for owner in owners.get(name, [])} & own
    }
    assert undeclared == {}


def test_make_alone_says_what_there_is_to_make() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets is not None
    assert re.findall(r"^make (\w+)", said, re.MULTILINE) == targets[1].split()


def test_ci_runs_what_make_test_runs() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert run.rstrip().endswith("\nmake test")
    assert "export KIT_SHARED" in run
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=False).returncode == 0


def test_the_license_is_whole() -> None:
    license_text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", license_text)
    assert "END OF TERMS AND CONDITIONS" in license_text
