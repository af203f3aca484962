"""Which notebooks exist: the question of each, what it requires of the data, which parameters it takes."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.errors import UsageError, nearest
from kit.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterable

_INSTALLED, _CHECKOUT = (Path(__file__).parents[up] / "notebooks" for up in (1, 2))
NOTEBOOKS = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
"""They lie in the package where a wheel was installed, and beside it in its checkout."""

TYPES = ("str", "int", "float", "bool")
"""The types that papermill can pass and list."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a parameters cell: `name: type = default  # help`."""

    name: str
    type: str
    default: Any
    help: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """One question.

    Attributes:
        path: the file.
        cover: the Markdown cell that begins with its title; "" where it has none.
        requires: what it requires of the data, from its metadata; `kit.questions.requirements.unmet` reads it.
        parameters: those it takes, by name.
        accepts: by name the values that it takes beside those that every notebook takes, from its metadata.
    """

    path: Path
    cover: str
    requires: dict[str, Any]
    parameters: dict[str, Parameter]
    accepts: dict[str, list[str]]

    @property
    def question(self) -> str:
        """Its title, in the reader's language."""
        title = re.match(r"# +(.+)", _(self.cover)) if self.cover else None
        return title[1].strip() if title else self.path.stem

    @property
    def name(self) -> str:
        """Number and name, like `03_compare_campaigns`."""
        return self.path.stem

    @property
    def number(self) -> str:
        """Its number, like `03`."""
        return self.name.partition("_")[0]

    @property
    def page(self) -> str:
        """The file name of its page in a report."""
        return f"{self.name}.html"


def load(folder: Path = NOTEBOOKS) -> list[Notebook]:
    """All notebooks of a folder, in the order of their numbers.

    Raises:
        UsageError: the folder has none, or one of them is not built as the kit's are.
    """
    notebooks = [_read(path) for path in sorted(folder.glob("*.ipynb"))]
    if not notebooks:
        raise UsageError(
            _("{folder} contains no notebooks. Run the kit from its own folder, next to notebooks/.", folder=folder)
        )
    return notebooks


def choose(notebooks: list[Notebook], only: Iterable[str]) -> list[Notebook]:
    """Those that `only` names, by number (`03`) or by name; all where it names none.

    Raises:
        UsageError: a name that no notebook has.
    """
    wanted = list(only)
    names = {name for notebook in notebooks for name in (notebook.name, notebook.number)}
    for word in wanted:
        if word not in names:
            raise UsageError(_("There is no notebook {word}. {hint}", word=repr(word), hint=nearest(word, names)))
    return [notebook for notebook in notebooks if not wanted or {notebook.name, notebook.number} & set(wanted)]


def text(source: str | list[str]) -> str:
    """A notebook's text, which its format keeps whole or line by line."""
    return source if isinstance(source, str) else "".join(source)


def read_parameters(source: str, file: str) -> list[Parameter]:
    """The parameters of a parameters cell, in its order.

    Raises:
        UsageError: a line that is not `name: type = literal`.
    """
    lines = source.splitlines()
    return [_parameter(node, lines, file) for node in ast.parse(source).body]


def _read(path: Path) -> Notebook:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell, text(cell["source"])) for cell in raw["cells"]]
    except (ValueError, KeyError) as error:
        raise UsageError(_("{name} is not a notebook: {error}.", name=path.name, error=error)) from error
    tagged = [source for cell, source in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise UsageError(
            _("{name} has {n} cells tagged 'parameters', but exactly one is needed.", name=path.name, n=len(tagged))
        )
    cover = next((source for _cell, source in cells if re.match("# +.", source)), "")
    metadata = raw["metadata"].get("kit", {})
    return Notebook(
        path=path,
        cover=cover,
        requires=metadata.get("requires", {}),
        parameters={parameter.name: parameter for parameter in read_parameters(tagged[0], path.name)},
        accepts=metadata.get("accepts", {}),
    )


def _parameter(node: ast.stmt, lines: list[str], file: str) -> Parameter:
    line = lines[node.lineno - 1]
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=kind), value=ast.expr() as value):
            try:
                default = ast.literal_eval(value)
            except ValueError:
                default = None
            if kind in TYPES and type(default).__name__ == kind:
                comment = (lines[(node.end_lineno or node.lineno) - 1]).encode()[node.end_col_offset or 0 :]
                return Parameter(name, kind, default, comment.decode().strip().removeprefix("#").strip())
    raise UsageError(
        _("{file}: {line} is not a parameter. Write it like min_sends: int = 500  # help.", file=file, line=repr(line))
    )
