"""How good the data is, for the first page and for results.json."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit import counts
from kit.messages import _
from kit.privacy import masked
from kit.report.clean import plain
from kit.show.formats import listing, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.sources import FileLog
    from kit.store import Data


@dataclass(frozen=True, slots=True)
class Quality:
    """What was read and what was not.

    Attributes:
        name: of the folder or file.
        as_of: the moment up to which the data knows, as it is written; "" where it has none.
        time_zone: the firm's, as kit.toml has it; "" where it does not say.
        files: one a file, as results.json has them.
        empty: that the question was narrowed until no mail was left; "" where some is.
    """

    name: str
    as_of: str
    time_zone: str
    files: tuple[dict[str, Any], ...]
    empty: str = ""

    @property
    def found(self) -> int:
        """Files that were there."""
        return len(self.files)

    @property
    def read(self) -> int:
        """Files that were read."""
        return sum(file["status"] == "read" for file in self.files)

    @property
    def unread(self) -> list[dict[str, Any]]:
        """Files that were not, with their reason."""
        return [file for file in self.files if file["status"] != "read"]

    def rows(self, which: str) -> int:
        """Rows `read`, `kept`, `rejected`, `repeated` or `set_aside`, over all files."""
        return sum(file[f"rows_{which}"] for file in self.files)

    def as_data(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "name": self.name,
            "as_of": self.as_of,
            "time_zone": self.time_zone,
            "empty": self.empty,
            "files_found": self.found,
            "files_read": self.read,
            "rows_read": self.rows("read"),
            "rows_kept": self.rows("kept"),
            "rows_rejected": self.rows("rejected"),
            "rows_repeated": self.rows("repeated"),
            "rows_set_aside": self.rows("set_aside"),
            "files": list(self.files),
        }


def quality(data: Data) -> Quality:
    """How good the data of this report is."""
    return Quality(
        name=data.name,
        as_of="" if data.as_of is None else moment(data.as_of),
        time_zone=data.settings["time_zone"],
        files=tuple(_file(log) for log in data.files),
        empty=_empty(data),
    )


def _empty(data: Data) -> str:
    if not data.period and not data.filters:
        return ""
    everything = replace(data, period=None, filters=())
    mail, all_mail = (counts.messages(narrowed, [], kind="") for narrowed in (data, everything))
    if mail["sent"].fillna(0).sum() or mail["delivered"].fillna(0).sum() or not len(all_mail):
        return ""
    filters = listing([f"{name} “{value}”" for name, value in data.filters])
    if data.period and data.filters:
        return _("The data contains no e-mails with {filters} in {period}.", filters=filters, period=data.period)
    if data.period:
        return _("The data contains no e-mails in {period}.", period=data.period)
    return _("The data contains no e-mails with {filters}.", filters=filters)


def why(log: FileLog) -> str:
    """Why a file was taken for what it is, or why it was not read; without the file's name."""
    return str(log.why) if log.error is None else str(log.error).removeprefix(log.file).lstrip(",:： ")


def unread(files: Iterable[FileLog]) -> dict[str, str]:
    """File -> what of it could not be read: all of it, rows, cells; a duplicate, or a row set aside, is no loss."""
    return {log.file: reason for log in files if (reason := _unread(log))}


def unused(files: Iterable[FileLog]) -> dict[str, str]:
    """File -> why nothing of it is used, of files that are no export that is known."""
    return {
        log.file: _("{file} is not used: {why}", file=log.file, why=plain(why(log)))
        for log in files
        if log.status == "unrecognised"
    }


def _unread(log: FileLog) -> str:
    if log.status in ("unreadable", "empty"):
        return str(log.error or log.why)
    if not log.rows_rejected:
        more = [_("And {n} more cells.", n=len(log.cells) - 1)] if len(log.cells) > 1 else []
        return " ".join([str(log.cells[0]), *more]) if log.cells else ""
    lost = [row for row in log.rejections if not row.is_set_aside]
    first = next((row for row in lost if row.hint), lost[0] if lost else log.file)
    more = [_("And {n} more rows.", n=log.rows_rejected - 1)] if log.rows_rejected > 1 else []
    return " ".join([str(first), *more])


def _file(log: FileLog) -> dict[str, Any]:
    return masked(
        {
            "file": log.file,
            "status": log.status,
            "preset": log.preset,
            "table": log.table,
            "why": plain(why(log)),
            "rows_read": log.rows_read,
            "rows_kept": log.rows_kept,
            "rows_rejected": log.rows_rejected,
            "rows_repeated": log.rows_repeated,
            "rows_set_aside": log.rows_set_aside,
            "notes": list(log.notes),
        }
    )
