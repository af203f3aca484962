"""What became of each file: the load log, as plain data that survives a round trip through JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.sources.folder import Stamp

Status = Literal["read", "unrecognised", "unreadable", "empty", "ignored"]


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
