"""What `kit check` says: what each file is, what was left out, what can be answered, what to say in kit.toml."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kit import settings, store
from kit.errors import EmptyError, UsageError
from kit.questions.notebooks import NOTEBOOKS
from kit.questions.requirements import answerable
from kit.report import EMPTY
from kit.report.quality import Quality, quality, unread, why
from kit.tables import MAILS, TABLES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.sources import FileLog
    from kit.store import Data

SHOWN = 20
"""Rejected rows, and columns not used, of each file that are named."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a folder of exports can be used for.

    Attributes:
        quality: what was read and what was not, in sum.
        files: the log of each file.
        questions: notebook, question, and the reason why the data cannot feed it; None where it can.
        notes: what putting the files together could not decide.
        asked: key of kit.toml -> why it should be said.
        unread: file -> what of it could not be read.
    """

    quality: Quality
    files: tuple[FileLog, ...]
    questions: pd.DataFrame
    notes: tuple[str, ...]
    asked: dict[str, str]
    unread: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return self.quality.as_data() | {
            "files": [
                asdict(log)
                | {"rows_rejected": log.rows_rejected - log.rows_repeated, "error": log.error and str(log.error)}
                for log in self.files
            ],
            "notes": list(self.notes),
            "asked": self.asked,
            "questions": self.questions.to_dict("records"),
        }

    def as_text(self) -> str:
        """As a terminal shows it."""
        lines = zip(_table([_file(log) for log in self.files]), self.files, strict=True)
        parts = {
            "": [said for line, log in lines for said in (line, *_details(log))],
            "Rows left out": [line for log in self.files for line in _rejected(log)],
            "Cells left empty": [line for log in self.files for line in _cells(log)],
            "All files together": [f"  {note}" for note in self.notes],
            "Questions": [line for one in self.questions.itertuples(index=False) for line in _question(*one)],
            "Please say in kit.toml": [f"  {key}: {reason}" for key, reason in self.asked.items()],
        }
        said = [[*(["", title] if title else [""]), *lines] for title, lines in parts.items() if lines]
        return "\n".join([_sum(self.quality), *(line for part in said for line in part)])


def check(target: Path, *, notebooks: Path = NOTEBOOKS) -> Check:
    """Read the exports and see which notebooks they can feed.

    Raises:
        EmptyError: there is no file to read.
    """
    data = store.open_data(target)
    if not data.files:
        raise EmptyError(EMPTY.format(target))
    return Check(
        quality(data), data.files, answerable(data, notebooks=notebooks), data.notes, asked(data), unread(data.files)
    )


def asked(data: Data) -> dict[str, str]:
    """The settings that this data needs and kit.toml does not say: key -> why it should."""
    said = data.settings
    wanted = {log.error.setting for log in data.files if log.error}
    needs = {
        "time_zone": (
            "files write times without a zone; without it they cannot be joined, and hours are not judged"
            if not data.zone_known and data.as_of is not None
            else ""
        ),
        "day_first": (
            "03/04/2026 can be 3 April or 4 March; true: the day comes first" if "day_first" in wanted else ""
        ),
        "currency": "amounts name none" if not said["currency"] and _without_currency(data) else "",
        "own_domains": (
            "a mailbox does not say which mails are your own"
            if data.expression(MAILS.name) is not None and not said["own_domains"] and not said["own_addresses"]
            else ""
        ),
    }
    return {key: reason for key, reason in needs.items() if reason}


def start(target: Path) -> Path:
    """Write a commented kit.toml beside the exports, to be filled in; where it is.

    Raises:
        UsageError: there is no such folder, or it has a kit.toml already.
    """
    folder = target if target.is_dir() else target.parent
    if not target.exists():
        raise UsageError(f"{target}: there is no such folder or file.")
    path = folder / settings.FILE
    if path.exists():
        raise UsageError(f"{path} is there already; it stays as it is.")
    path.write_text(settings.template(), encoding="utf-8")
    return path


def _without_currency(data: Data) -> bool:
    for table in TABLES.values():
        money = [column.name for column in table.columns if column.unit == "money"]
        rows = data.expression(table.name) if money and "currency" in table.names else None
        if rows is None:
            continue
        for name in money:
            worth = rows.filter(rows[name].fill_null(0) != 0)
            told = worth.filter(worth.currency.notnull())
            if worth.count().to_pyarrow().as_py() > told.count().to_pyarrow().as_py():
                return True
    return False


def _sum(sums: Quality) -> str:
    rejected = f"{sums.rows('rejected'):,} rejected"
    rejected += f" + {sums.rows('repeated'):,} repeated" if sums.rows("repeated") else ""
    return (
        f"{sums.name}: {sums.read} of {sums.found} files read; {sums.rows('read'):,} rows = "
        f"{sums.rows('kept'):,} kept + {rejected}; as of {sums.as_of or 'no known time'}; "
        f"{f'time zone {sums.time_zone}' if sums.time_zone else 'no time zone known'}"
    )


def _file(log: FileLog) -> list[str]:
    """The cells of a file's line; its rows are those kept, those rejected and, where there are any, those repeated."""
    counts = [log.rows_kept, log.rows_rejected - log.rows_repeated, *([log.rows_repeated] if log.rows_repeated else [])]
    rows = f"{log.rows_read:,} = {' + '.join(f'{one:,}' for one in counts)}" if log.status == "read" else ""
    what = f"{log.preset} → {log.table}" if log.preset else ""
    return [log.status, log.file, what, rows]


def _details(log: FileLog) -> list[str]:
    written = ", ".join(filter(None, [log.encoding, log.separator and f"columns by {log.separator!r}"]))
    more = len(log.unmapped) - SHOWN
    unmapped = ", ".join(log.unmapped[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    said = [
        why(log),
        *(f"not {one}" for one in log.passed_over),
        f"written as {written}" if written else "",
        f"not used: {unmapped}" if unmapped else "",
        *log.notes,
    ]
    return [f"    {one}" for one in said if one]


def _cells(log: FileLog) -> list[str]:
    more = len(log.cells) - SHOWN
    return [*(f"  {one}" for one in log.cells[:SHOWN]), *([f"  {log.file}: and {more:,} more"] if more > 0 else [])]


def _rejected(log: FileLog) -> list[str]:
    if log.rows_rejected == log.rows_repeated:
        return [f"  {log.file}: {log.rows_repeated:,} that say again what a kept one says"] if log.rows_repeated else []
    lines = [f"  {one}" for one in log.rejections[:SHOWN]]
    more = log.rows_rejected - len(lines)
    return [*lines, f"  {log.file}: and {more:,} more"] if more > 0 else lines


def _question(notebook: str, question: str, reason: str | None) -> list[str]:
    number = notebook.partition("_")[0]
    return [f"yes  {number}  {question}"] if reason is None else [f"no   {number}  {question}", f"         {reason}"]


def _table(rows: list[list[str]]) -> list[str]:
    """Lines of cells, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
