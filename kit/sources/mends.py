"""How to mend what was found wrong with a row, for the reasons that the readers give."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kit.errors import InputError

if TYPE_CHECKING:
    from kit.sources.log import FileLog, Rejection

WIDTH = 60
"""Characters of a cell or header that a message shows."""

LONGEST = 400
"""Characters of a whole message."""

MENDS = (
    (r"is negative, and a", "Write the number that was meant, or leave the cell empty."),
    (
        r"^'\d{1,3}(\.\d{3})+' is no whole number",
        "If the point parts thousands, say `decimal: comma` in a mapping (kit map).",
    ),
    (r"is no whole number, and a count", "Write the number that was meant, or leave the cell empty."),
    (r"is a share, not a count", "Map the column of counts in place of it (kit map)."),
    (r"is too large for a count", "It looks like an id; map the column of counts in place of it (kit map)."),
    (r"is a spreadsheet's error", "Mend the formula, or leave the cell empty."),
    (r"is no time of an export$", "Write a year from 1990 to 2100."),
    (r"is no time$", "Write it as 2026-11-03 09:15."),
    (r"is no time to wait", ""),
    (r"is no (number|amount of money)", "Write it as 1234.50."),
    (r"is no address", "Write it like name@example.com."),
    (r"it is empty, and no row can do without it", "Fill it in."),
    (r"is none of", "Write one of these, or say in a mapping what it means (kit map)."),
    (r"holds a NUL byte|the line is no UTF-8", "Export the file again."),
    (r"bytes that are no character", "Save the whole file in one encoding, best UTF-8."),
    (r"a quote is", 'Put the cell in quotes and double those in it: "the ""best"" offer".'),
    (r"cells and the header has \d+$", "Put cells that hold the separator in quotes."),
    (r"the cell has [\d,]+ characters", "Shorten it."),
    (r"the line is no JSON", "Export the log again."),
)
"""Pattern of a reason, and the mend; a reason that says its own mend, or needs none, is not listed."""

_QUOTED = re.compile(rf"(?<!\w)(['\"])((?:(?!\1).){{{WIDTH}}})(?:(?!\1).)+\1(?!\w)")
_UNSEEN = re.compile(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def mend(reason: str) -> str:
    """What to do about a reason; empty where nothing is known or the reason says it."""
    return next((told for pattern, told in MENDS if re.search(pattern, reason)), "")


def shortened(said: str, longest: int = LONGEST) -> str:
    """A message in one line, without signs that a terminal obeys, and each cell in it cut."""
    line = _QUOTED.sub(r"\1\2…\1", _UNSEEN.sub(" ", said))
    return line if len(line) <= longest else f"{line[: longest // 2]}…{line[-longest // 2 :]}"


def tidy(log: FileLog) -> FileLog:
    """The log with its messages cut to a readable length and the mend of each rejection."""
    return replace(
        log,
        why=shortened(log.why),
        header=tuple(_name(name) for name in log.header),
        unmapped=tuple(_name(name) for name in log.unmapped),
        notes=tuple(map(shortened, log.notes)),
        rejections=tuple(map(_mended, log.rejections)),
        cells=tuple(map(_mended, log.cells)),
        error=log.error and _cut(log.error),
    )


def _mended(one: Rejection) -> Rejection:
    column = None if one.column is None else _name(one.column)
    return replace(one, column=column, reason=shortened(one.reason), mend=one.mend or mend(one.reason))


def _cut(error: InputError) -> InputError:
    column = None if error.column is None else _name(error.column)
    return InputError(
        shortened(error.problem), file=error.file, line=error.line, column=column, mend=shortened(error.mend)
    )


def _name(said: str) -> str:
    line = _UNSEEN.sub(" ", said)
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"
