"""What became of each file: the load log, as plain data that survives a round trip through JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from kit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


Status = Literal["read", "unrecognised", "unreadable", "empty", "ignored"]

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


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row, or a cell, that was left out, and why.

    Attributes:
        file: the file, relative to the folder.
        line: the line on which the row begins, counted from 1 with the header.
        column: the column's name as the file writes it; None where the whole row is at fault.
        reason: in words.
        mend: what to do, as a full sentence; empty where the reason says it.
    """

    file: str
    line: int | None
    column: str | None
    reason: str
    mend: str = ""

    def __str__(self) -> str:
        return str(InputError(self.reason, file=self.file, line=self.line, column=self.column, mend=self.mend))


@dataclass(frozen=True, slots=True)
class FileLog:
    """One file (or one sheet of a workbook), and what came of it.

    Attributes:
        file: path relative to the folder; a workbook with several sheets adds the sheet in brackets.
        status: "read"; "unrecognised" no preset fits; "unreadable" known, but cannot be read;
            "empty" no rows; "ignored" the same content as another file.
        preset: name of the preset or mapping; None where unrecognised.
        table: the canonical tables that it feeds, joined by commas.
        why: why it was taken for this, or what it lacks and how to map it.
        passed_over: what it could have been, and was not: preset and what it would have needed.
        encoding: of the text; None for a workbook.
        separator: of the columns; None where the file is no table of text.
        header: the column names as written.
        rows_read: rows found; always rows_kept + rows_rejected.
        rows_kept: rows that are in the tables; a row can be a part of a record, or several records, as a note says.
        rows_repeated: those of the rejected rows that say again what a kept one says.
        unmapped: columns that nothing was made of.
        notes: warnings.
        rejections: rows left out, each with its reason; of event logs the first ones only.
        cells: cells that cannot be read, of rows that are kept without them; each with its reason.
        error: why the file could not be read; for "unreadable" and "empty".
    """

    file: str
    status: Status
    why: str
    preset: str | None = None
    table: str | None = None
    encoding: str | None = None
    separator: str | None = None
    header: tuple[str, ...] = ()
    rows_read: int = 0
    rows_kept: int = 0
    rows_repeated: int = 0
    unmapped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    error: InputError | None = None
    passed_over: tuple[str, ...] = ()
    cells: tuple[Rejection, ...] = ()

    @property
    def rows_rejected(self) -> int:
        """Rows left out, also where `rejections` holds only the first of them."""
        return self.rows_read - self.rows_kept

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> FileLog:
        """The log that `dataclasses.asdict` took apart, with `error` as its five fields."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        values |= {name: tuple(Rejection(**one) for one in raw[name]) for name in ("rejections", "cells")}
        if raw["error"] is not None:
            values["error"] = InputError(**raw["error"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class EventFile:
    """A recognised event log, to be projected by the engine.

    Attributes:
        path: where it lies.
        file: path relative to the folder.
        preset: name of its preset.
        why: why it was taken for this.
        stamp: its size and time when it was begun.
    """

    path: Path
    file: str
    preset: str
    why: str
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class MailPart:
    """A file of mail: a mailbox, or one message.

    Attributes:
        path: where it lies.
        file: what rows and rejections call it, relative to the folder.
        inside: the member, where `path` is an archive.
        labels: the folder or mailbox that its messages lie in.
    """

    path: Path
    file: str
    inside: str = ""
    labels: str = ""


@dataclass(frozen=True, slots=True)
class MailBox:
    """A recognised mailbox, or the messages of one folder, to be read by `mailbox.project`.

    Attributes:
        file: what its log is called.
        preset: name of its preset.
        why: why it was taken for this.
        parts: its files, in order.
        notes: what is known of it before it is read.
    """

    file: str
    preset: str
    why: str
    parts: tuple[MailPart, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds.

    Attributes:
        files: a log a file, in the order of their names; those of event logs and of mail have no row
            numbers until `events.project` and `mailbox.project` have made them complete.
        tables: canonical frames by name, without event logs; only tables that a file feeds.
        logs: the event logs.
        mail: the mailboxes.
        raw: for each file, what no table took; none where everything was mapped.
    """

    files: tuple[FileLog, ...]
    tables: dict[str, pd.DataFrame]
    logs: tuple[EventFile, ...]
    mail: tuple[MailBox, ...] = ()
    raw: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Size and time of a file: whether it is still the one that was begun."""

    path: Path
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """The stamp of a file; of a file in an archive, that of the archive. None where it cannot be looked at."""
        lies = path if isinstance(path, Path) else Path(str(path.root.filename))
        try:
            told = lies.stat()
        except OSError:  # whoever reads the file says so
            return None
        return cls(lies, told.st_size, told.st_mtime_ns)

    @property
    def holds(self) -> bool:
        """Whether the file is still as it was."""
        return type(self).of(self.path) == self


def changed(name: str) -> InputError:
    """Why a file that changed while it was read is not used."""
    return InputError(
        "it changed while it was read, and is not used",
        file=name,
        mend="Run the kit again when nothing writes to it any more.",
    )


@dataclass(frozen=True, slots=True)
class Read:
    """One file's log, the frames that came of it, by the table's name, and what no table took."""

    log: FileLog
    tables: dict[str, pd.DataFrame]
    raw: pd.DataFrame | None = None


def kept_without(cell: Rejection) -> Rejection:
    """A cell that cannot be read, of a row that is right without it."""
    return replace(cell, reason=f"{cell.reason}; the row is kept without it")


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
