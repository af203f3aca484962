"""The folder of a report: built beside its place and then put there whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kit.errors import UsageError
from kit.messages import _
from kit.places import NAME_ANOTHER, reaching, try_folder, try_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESULTS = "results.json"
"""The file by which a report's folder is known."""


def check(out: Path, target: Path) -> None:
    """Refuse a place where a report must not be put: nothing that is not a report is ever replaced.

    Raises:
        UsageError: in the folder of the exports, on something that is no former report, or not to be written; exports
            that notebooks cannot be told of.
    """
    if target.is_dir() and out.resolve().is_relative_to(target.resolve()):
        raise UsageError(_("--out {out} lies in the folder of the exports, where nothing is written.", out=out))
    if out.is_dir():
        foreign = sorted(path.name for path in out.iterdir() if not _of_a_report(path))
        if foreign:
            raise UsageError(
                _("--out {out} is no former report (it has {name}). Name an empty or a new folder.",
                  out=out, name=repr(foreign[0]))
            )  # fmt: skip
        if any(out.iterdir()) and not _is_report(out):
            raise UsageError(_("--out {out} is no former report. Name an empty or a new folder.", out=out))
    elif out.exists():
        raise UsageError(_("--out {out} is a file. Name a folder.", out=out))
    try_name(target, str(target))
    try_folder(out.resolve().parent, f"--out {out}")


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `out` once all of it is written."""
    out = out.resolve()
    draft = out.with_name(f".{out.name}.new-{os.getpid()}")
    former = out.with_name(f".{out.name}.old-{os.getpid()}")
    try:
        with reaching(out, NAME_ANOTHER):
            draft.mkdir(parents=True)
            yield draft
            if out.exists():
                out.rename(former)
            draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def _of_a_report(path: Path) -> bool:
    return path.is_file() and (path.name == RESULTS or path.suffix == ".html")


def _is_report(out: Path) -> bool:
    try:
        return "notebooks" in json.loads((out / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
