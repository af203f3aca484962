"""The prose of notebooks as messages: each markdown cell is one, and what each parameter means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kit.messages import _
from kit.questions.notebooks import read_parameters, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO


def translated(markdown: str) -> str:
    """A markdown cell in the reader's language."""
    return _(markdown) if markdown.strip() else markdown


def extract(
    file: BinaryIO,
    keywords: Any,  # noqa: ARG001  Babel calls by these names
    comment_tags: Any,  # noqa: ARG001  as above
    options: Mapping[str, Any],  # noqa: ARG001  as above
) -> Iterator[tuple[int, str, str, list[str]]]:
    """What Babel's extraction asks for: line, function, message and comments, of each text of a notebook."""
    for number, cell in enumerate(json.load(file)["cells"], 1):
        source = text(cell["source"])
        if cell["cell_type"] == "markdown" and source.strip():
            yield number, "_", source, []
        if "parameters" in cell["metadata"].get("tags", []):
            yield from ((number, "_", parameter.help, []) for parameter in read_parameters(source, file.name))
