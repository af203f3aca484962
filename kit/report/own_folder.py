"""An analyst's own folder: a place for the exports with its settings, and copies of the notebooks, to be changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit import settings
from kit.errors import UsageError
from kit.messages import _
from kit.places import NAME_ANOTHER, reaching, try_folder, write_new
from kit.questions.customer_health import signals
from kit.questions.notebooks import NOTEBOOKS, load

if TYPE_CHECKING:
    from pathlib import Path

DATA, BOOKS = "data", "notebooks"
"""Its parts: the exports and kit.toml, and the copies."""

_SAMPLE = re.compile(r'(data: str = \\")\.\./data/\w+(\\")')
"""Where a notebook of the kit takes its data from, as its file has it."""


def new(place: Path, *, notebooks: Path = NOTEBOOKS) -> tuple[Path, Path]:
    """Make the folder, and return where its exports belong and where its notebooks are.

    The copies take their data from beside them, so the folder can be moved.

    Args:
        place: the folder: new, or empty.
        notebooks: those to copy.

    Raises:
        UsageError: the folder is a file or has something in it, or it cannot be written; it is left as it is then.
    """
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(_("{place} is not an empty folder and was not changed. Name a new one.", place=place))
    try_folder(place, str(place))
    exports, books = place / DATA, place / BOOKS
    with reaching(place, NAME_ANOTHER):
        exports.mkdir(parents=True)
        books.mkdir()
        write_new(exports / settings.FILE, settings.template(tables=signals.start()).encode())
        for book in load(notebooks):
            copied = _SAMPLE.sub(rf"\1../{DATA}\2", book.path.read_text(encoding="utf-8"))
            write_new(books / book.path.name, copied.encode())
    return exports, books
