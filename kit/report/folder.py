"""The folder of a report: which place it may take."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from kit.errors import UsageError
from kit.messages import _
from kit.places import try_exchange, try_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

RESULTS = "results.json"
"""The file by which a report's folder is known."""

LONGEST = 60
"""Letters of the name of a file or folder that is called by a value."""

FILES = (RESULTS, "report.xlsx", "report.eml", "report.pdf")
"""The files of a report beside its pages."""


def check(out: Path, target: Path) -> None:
    """Refuse a place where a report must not be put: nothing that is not a report is ever replaced.

    Raises:
        UsageError: in the folder of the exports, on something that is no former report, or not to be written; exports
            that notebooks cannot be told of.
    """
    check_outside(out, target)
    try_exchange(out, f"--out {out}")
    if out.is_dir():
        foreign = sorted(path.name for path in out.iterdir() if not _of_a_report(path))
        if foreign:
            raise UsageError(
                _("--out {out} is not an earlier report (it contains {name}). Choose an empty or new folder.",
                  out=out, name=repr(foreign[0]))
            )  # fmt: skip
        if any(out.iterdir()) and not is_report(out):
            raise UsageError(_("--out {out} is not an earlier report. Choose an empty or new folder.", out=out))
    elif out.exists():
        raise UsageError(_("--out {out} is a file. Choose a folder.", out=out))
    try_name(target, str(target))


def check_outside(out: Path, target: Path) -> None:
    """Refuse a place in the folder of the exports."""
    if target.is_dir() and out.resolve().is_relative_to(target.resolve()):
        raise UsageError(_("--out {out} is inside the folder of exports, and nothing is written there.", out=out))


def _of_a_report(path: Path) -> bool:
    return path.is_file() and (path.name in FILES or path.suffix == ".html")


def is_report(out: Path) -> bool:
    """Whether a folder holds a report."""
    try:
        return "notebooks" in json.loads((out / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def folders(values: Sequence[str]) -> Iterator[str]:
    """A name for each value that every system takes for a file or folder, and no two share."""
    taken: set[str] = set()
    for value in values:
        name = re.sub(r"[^\w-]+", "-", value).strip("-")[:LONGEST] or "report"
        if name.casefold() in taken:
            name = f"{name}-{hashlib.sha256(value.encode()).hexdigest()[:8]}"
        taken.add(name.casefold())
        yield name
