"""A notebook as the runner sees it: its question, what it needs and what it may be told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.errors import UsageError, nearest
from kit.report import parameters

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Notebook:
    """One question.

    Attributes:
        path: the file.
        question: its title.
        needs: what it needs of the data, from its metadata; `kit.store.answers` reads it.
        parameters: what it may be told, by name.
        accepts: by name the values that it takes beside those of `parameters.KINDS`, from its metadata.
    """

    path: Path
    question: str
    needs: dict[str, Any]
    parameters: dict[str, parameters.Parameter]
    accepts: dict[str, list[str]]

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


def load(folder: Path) -> list[Notebook]:
    """All notebooks of a folder, in the order of their numbers.

    Raises:
        UsageError: the folder has none, or one of them is not built as the kit's are.
    """
    found = [_read(path) for path in sorted(folder.glob("*.ipynb"))]
    if not found:
        raise UsageError(f"{folder} holds no notebook. The kit runs from its checkout, beside notebooks/.")
    return found


def choose(notebooks: list[Notebook], only: Iterable[str]) -> list[Notebook]:
    """Those that `only` names, by number (`03`) or by name; all where it names none.

    Raises:
        UsageError: a name that no notebook has.
    """
    wanted = list(only)
    for word in wanted:
        if not any(word in _names(notebook) for notebook in notebooks):
            known = {word for notebook in notebooks for word in _names(notebook)}
            raise UsageError(f"There is no notebook {word!r}. {nearest(word, known)}")
    return [one for one in notebooks if not wanted or any(word in _names(one) for word in wanted)]


def text(source: str | list[str]) -> str:
    """A notebook's text, which its format keeps whole or line by line."""
    return source if isinstance(source, str) else "".join(source)


def _names(notebook: Notebook) -> set[str]:
    return {notebook.name, notebook.number}


def _read(path: Path) -> Notebook:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell, text(cell["source"])) for cell in raw["cells"]]
    except (ValueError, KeyError) as error:
        raise UsageError(f"{path.name} is no notebook: {error}.") from error
    told = [source for cell, source in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(told) != 1:
        raise UsageError(f"{path.name} has {len(told)} cells tagged 'parameters', not one.")
    title = next((m for _, source in cells if (m := re.match(r"# +(.+)", source))), None)
    return Notebook(
        path=path,
        question=title[1].strip() if title else path.stem,
        needs=raw["metadata"].get("kit", {}).get("needs", {}),
        parameters={one.name: one for one in parameters.read(told[0], path.name)},
        accepts=raw["metadata"].get("kit", {}).get("accepts", {}),
    )
