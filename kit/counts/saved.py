"""Counts are computed once: their small frames lie beside the tables that they were counted from.

The store's folder stands for the content of the files. Within it a frame is found by the code of the kit, the function
with its arguments, the question's period and filters, and the settings. Where nothing can be written, a count is just
computed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from copy import copy
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import settings as kit_toml
from kit.store import frame_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.store import Data

FOLDER = "counts"
"""Where the frames lie in a store, those of each version of the kit in a folder of their own."""

IN_MEMORY = 500
"""Frames that a process keeps at hand beside the files: a page asks for one of them a dozen times."""

_RECENT: dict[Path, Any] = {}

DISTRIBUTIONS = ("duckdb", "ibis-framework", "pandas", "pyarrow")
"""Whose versions a frame depends on beside the kit's own code."""


def saved(data: Data, name: str, arguments: Mapping[str, Any], function: Callable[[], Any]) -> Any:
    """What a counting function returns, computed now if it was not before.

    Args:
        data: what `kit.open` returned.
        name: module and name of the function.
        arguments: all of its arguments but the data, those left to their defaults too; where one of them is a frame,
            nothing is saved.
        function: computes it.
    """
    path = _path(data, name, arguments)
    if path is None:
        return function()
    if path in _RECENT:
        return _own(_RECENT[path])
    try:
        counts = frame_files.load(path)
    except (OSError, ValueError, KeyError):  # there is none, or it is damaged
        counts = function()
        try:
            if not path.parent.is_dir():
                _remove_others(path.parent)
            frame_files.save(counts, path)
        except (OSError, frame_files.UnsupportedError):
            return counts
    while len(_RECENT) >= IN_MEMORY:
        _RECENT.pop(next(iter(_RECENT)), None)
    _RECENT[path] = _own(counts)
    return counts


def _own(counts: Any) -> Any:
    """Of a frame one that its user may change; pandas copies its cells when they are written to."""
    return counts.copy(deep=False) if isinstance(counts, pd.DataFrame) else copy(counts)


def _path(data: Data, name: str, arguments: Mapping[str, Any]) -> Path | None:
    question = {
        "function": name,
        "arguments": dict(sorted(arguments.items())),
        "period": None if data.period is None else data.period.ends,
        "filters": data.filters,
        "settings": sorted((key, repr(value)) for key, value in data.settings.values.items()),  # noqa: PD011  a mapping of settings, no frame
    }
    try:
        words = json.dumps(question, default=_word, ensure_ascii=False)
    except TypeError:
        return None
    digest = hashlib.sha256(words.encode()).hexdigest()[:32]
    return data.path / FOLDER / code() / f"{name.rpartition('.')[2]}-{digest}.arrow"


def _word(argument: object) -> Any:
    if isinstance(argument, date):  # a moment is one, too
        return [type(argument).__name__, argument.isoformat()]
    raise TypeError(type(argument).__name__)


PARTS = (".py", ".yaml", ".csv", ".mo")
"""What the kit consists of: code, presets and words, published figures, texts in other languages."""


@cache
def code() -> str:
    """A digest of the kit's code and data, and of what it counts with."""
    digest = hashlib.sha256(repr([(name, version(name)) for name in DISTRIBUTIONS]).encode())
    folder = Path(kit_toml.__file__).parent
    for path in sorted(path for path in folder.rglob("*") if path.suffix in PARTS):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _remove_others(folder: Path) -> None:
    """Remove the frames of other versions of the kit; whoever reads one of them counts again."""
    for other in folder.parent.glob("*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
