"""What became of each file: the load log, as plain data that survives a round trip through JSON."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from kit.errors import InputError
from kit.messages import Message, Text, message
from kit.privacy import masked, quotable, shape

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.sources.text.cells import CellError

Status = Literal["read", "unrecognised", "unreadable", "empty", "ignored"]

WIDTH = 60
"""Characters of a cell or header that a message shows."""

LONGEST = 400
"""Characters of a whole message."""

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
        hint: what to do, as a full sentence; empty where the reason says it.
        is_set_aside: whether the row is no data by design, so that nothing is lost with it.
    """

    file: str
    line: int | None
    column: str | None
    reason: Text
    hint: Text = ""
    is_set_aside: bool = False

    @classmethod
    def of(cls, file: str, line: int | None, column: str | None, error: CellError) -> Self:
        """The rejection for an error that a cell or row raised."""
        return cls(file, line, column, error.reason, error.hint, error.is_set_aside)

    def __str__(self) -> str:
        return str(InputError(self.reason, file=self.file, line=self.line, column=self.column, hint=self.hint))


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
        rows_read: rows found; always rows_kept + rows_repeated + rows_set_aside + rows_rejected.
        rows_kept: rows that are in the tables; a row can be a part of a record, or several records, as a note says.
        rows_repeated: rows left out that say again what a kept one says.
        rows_set_aside: rows left out by design: they add up others, repeat the header, are notes or other messages.
        unmapped: columns that nothing was made of.
        notes: warnings.
        rejections: rows left out, each with its reason; of event logs the first ones only.
        cells: cells that cannot be read, of rows that are kept without them; each with its reason.
        error: why the file could not be read; for "unreadable" and "empty".
    """

    file: str
    status: Status
    why: Text
    preset: str | None = None
    table: str | None = None
    encoding: str | None = None
    separator: str | None = None
    header: tuple[str, ...] = ()
    rows_read: int = 0
    rows_kept: int = 0
    rows_repeated: int = 0
    rows_set_aside: int = 0
    unmapped: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    error: InputError | None = None
    passed_over: tuple[Text, ...] = ()
    cells: tuple[Rejection, ...] = ()

    @property
    def rows_left_out(self) -> int:
        """Rows that are in no table, also where `rejections` holds only the first of them."""
        return self.rows_read - self.rows_kept

    @property
    def rows_rejected(self) -> int:
        """Rows left out that cannot be read."""
        return self.rows_left_out - self.rows_repeated - self.rows_set_aside

    def as_dict(self) -> dict[str, Any]:
        """The log as plain data, for JSON; its texts as messages, to be put into a reader's language."""
        fields = {name: getattr(self.error, name) for name in InputError.FIELDS} if self.error else {}
        error = {name: field.to_data() if isinstance(field, Message) else field for name, field in fields.items()}
        return asdict(replace(self, error=None)) | {"error": error or None}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> FileLog:
        """The log that `as_dict` took apart, in the reader's language."""
        values: dict[str, Any] = _shown(raw)
        values |= {
            name: tuple(Rejection(**rejection) for rejection in values[name]) for name in ("rejections", "cells")
        }
        if values["error"] is not None:
            values["error"] = InputError(**values["error"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class EventFile:
    """A recognised event log, to be projected by the engine.

    Attributes:
        path: where it lies.
        file: path relative to the folder.
        preset: name of its preset.
        why: why it was taken for this.
        inside: its name in there, where `path` is an archive.
        stamp: its size and time when it was begun.
    """

    path: Path
    file: str
    preset: str
    why: Text
    inside: str = ""
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
    why: Text
    parts: tuple[MailPart, ...]
    notes: tuple[Text, ...] = ()


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
        """The stamp of a file; None where it cannot be looked at."""
        try:
            status = path.stat()
        except OSError:  # whoever reads the file says so
            return None
        return cls(path, status.st_size, status.st_mtime_ns)

    @property
    def holds(self) -> bool:
        """Whether the file is still as it was."""
        return type(self).of(self.path) == self


def changed(name: str) -> InputError:
    """Why a file that changed while it was read is not used."""
    return InputError(
        message("it changed while it was read, and is not used"),
        file=name,
        hint=message("Run the kit again when no program is writing to the file."),
    )


@dataclass(frozen=True, slots=True)
class Read:
    """One file's log, the frames that came of it, by the table's name, and what no table took."""

    log: FileLog
    tables: dict[str, pd.DataFrame]
    raw: pd.DataFrame | None = None


def kept_without(cell: Rejection) -> Rejection:
    """A cell that cannot be read, of a row that is right without it."""
    return replace(cell, reason=message("{reason}; the row is kept without it", reason=cell.reason))


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text in one line, without signs that a terminal obeys, and each cell in it cut."""
    line = _QUOTED.sub(r"\1\2…\1", _UNSEEN.sub(" ", text))
    return line if len(line) <= longest else f"{line[: longest // 2]}…{line[-longest // 2 :]}"


def _short(text: Text) -> Text:
    """A text whose values are shortened, and show nobody's own; or all of it where it is no message."""
    if isinstance(text, str):
        return shortened(masked(text))
    values = {
        name: _short(_quoted(name, value)) if isinstance(value, Text) else value
        for name, value in text.values.items()  # noqa: PD011  no frame
    }
    return replace(text, values=values)


def _quoted(name: str, value: Text) -> Text:
    """A value of a message: a cell as it may be quoted, and a header that is none, since it has data, by its shapes."""
    if isinstance(value, str) and name == "cell":
        return quotable(value)
    if isinstance(value, str) and name == "header" and masked(value) != value:
        return ", ".join(map(shape, value.split(", ")))
    return value


def _shown(data: Any) -> Any:
    """Plain data with lists as tuples, and its messages in the reader's language."""
    if isinstance(data, list):
        return tuple(map(_shown, data))
    if isinstance(data, dict):
        if "text" in data and "values" in data:
            return shortened(str(Message.from_data(data)))
        return {name: _shown(value) for name, value in data.items()}
    return data


def tidy(log: FileLog) -> FileLog:
    """The log with its messages cut to a readable length."""
    return replace(
        log,
        why=_short(log.why),
        header=tuple(_name(name) for name in log.header),
        unmapped=tuple(_name(name) for name in log.unmapped),
        notes=tuple(map(_short, log.notes)),
        rejections=tuple(map(_tidied, log.rejections)),
        cells=tuple(map(_tidied, log.cells)),
        error=log.error and _cut(log.error),
    )


def _tidied(rejection: Rejection) -> Rejection:
    column = None if rejection.column is None else _name(rejection.column)
    return replace(rejection, column=column, reason=_short(rejection.reason))


def _cut(error: InputError) -> InputError:
    return InputError(
        _short(error.problem),
        file=error.file,
        line=error.line,
        column=None if error.column is None else _name(error.column),
        hint=_short(error.hint),
        setting=error.setting,
    )


def _name(name: str) -> str:
    line = _UNSEEN.sub(" ", name)
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"
