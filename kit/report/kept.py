"""Executed notebooks are kept as the log of their run, and are run again only where something changed.

They lie in the store of the data, so they go with it. A run is found by all that decides it: the files and settings
(the store), the notebook, its arguments, the files that arguments and settings name, the language, the kit's own code
and texts. One that failed, wrote a warning, or is to write lists, is kept to be looked at, and runs again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.counts import saved
from kit.messages import language
from kit.places import draft_name

if TYPE_CHECKING:
    from kit.report.run import Run, Task
    from kit.store import Data

FOLDER = "runs"
"""Where executed notebooks lie in a store."""

WRITES = "lists"
"""The parameter that names a folder to write to: its files are wanted anew, whatever was written before."""


def path(data: Data, task: Task) -> Path:
    """Where the executed notebook of a task lies, or would."""
    question = {
        "notebook": hashlib.sha256(task.notebook.path.read_bytes()).hexdigest(),
        "values": task.values,
        "named": _named(data, task),
        "language": language(),
        "code": saved.code(),
        "python": sys.version,
    }
    words = json.dumps(question, sort_keys=True, ensure_ascii=False, default=str)
    return data.path / FOLDER / f"{task.notebook.name}-{hashlib.sha256(words.encode()).hexdigest()[:24]}.ipynb"


def _named(data: Data, task: Task) -> dict[str, str]:
    """The content of each file that an argument or a setting names: from the folder of the exports, or from here."""
    folders = [Path()] if data.target is None else [data.target if data.target.is_dir() else data.target.parent, Path()]
    used = {name: value for name, value in task.used.items() if name != "data"}  # these files decide the store already
    words = [word for word in (*used.values(), *data.settings.values.values()) if word and isinstance(word, str)]
    digests = {}
    for place in (folder / word for word in words for folder in folders):
        with suppress(OSError, ValueError):  # too long for a name, or with a sign that no name has
            if place.is_file():
                digests[str(place)] = hashlib.sha256(place.read_bytes()).hexdigest()
    return digests


def load(data: Data, task: Task) -> dict[str, Any] | None:
    """The executed notebook of a task that ran well with the same of everything; None: it is to be run."""
    if task.used.get(WRITES):
        return None
    with suppress(OSError, ValueError):
        book = json.loads(path(data, task).read_text(encoding="utf-8"))
        if book["metadata"]["kit_run"]["well"]:
            return book
    return None


def save(data: Data, task: Task, executed: Run) -> None:
    """Keep an executed notebook; where nothing can be written, it is just not kept."""
    place = path(data, task)
    about = {"status": executed.status, "reason": executed.reason, "values": executed.values, "well": executed.well}
    book = {"cells": list(executed.cells), "metadata": {"kit_run": about}, "nbformat": 4, "nbformat_minor": 5}
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        draft = place.with_name(draft_name("draft"))
        draft.write_text(json.dumps(book, ensure_ascii=False, default=str), encoding="utf-8")
        draft.replace(place)
