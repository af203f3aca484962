"""What the cells of a notebook show, run in this process: a kernel's way to the same answers, without its start."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any

from kit.questions.notebooks import NOTEBOOKS, Notebook, load, text
from kit.show.result import MIME

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SOFTWARE = SAMPLE.with_name("software")
"""The made-up firms."""

PAGES = {notebook.name: notebook for notebook in load(NOTEBOOKS)}
"""Every notebook by its name."""


def cells(notebook: Notebook) -> list[str]:
    """The code of a notebook, cell by cell, but for its parameters."""
    book = json.loads(notebook.path.read_text(encoding="utf-8"))
    return [
        text(cell["source"])
        for cell in book["cells"]
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])
    ]


def run(notebook: Notebook, folder: Path, **parameters: Any) -> list[dict[str, Any]]:
    """What the cells show, as data; whatever one raises is raised, and none may print anything."""
    defaults = {name: parameter.default for name, parameter in notebook.parameters.items()}
    names = defaults | {"data": str(folder)} | parameters
    assert names.keys() == defaults.keys(), "a parameter that the notebook does not have"
    shown, printed = [], io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for cell in cells(notebook):
            *lines, last = ast.parse(cell).body
            ends_with_value = isinstance(last, ast.Expr)
            body = ast.Module(lines if ends_with_value else [*lines, last], [])
            exec(compile(body, notebook.name, "exec"), names)  # noqa: S102
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), notebook.name, "eval"), names)  # noqa: S307
                if value is not None:
                    shown.append(value._repr_mimebundle_()[MIME])
    assert printed.getvalue() == ""
    return shown


def named(shown: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one result of this name."""
    return next(one for one in shown if one["name"] == name)
