"""What `kit check` says: what each file is, what was left out, what can be answered, what to say in kit.toml."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from kit import settings, store
from kit.counts.told import told
from kit.errors import UsageError
from kit.messages import _, _n
from kit.places import reaching, write_new
from kit.questions.check_the_export.files import STATUS, told_less
from kit.questions.notebooks import NOTEBOOKS
from kit.questions.requirements import answerable
from kit.questions.unused import unused
from kit.report import no_export
from kit.report.guesses import guesses
from kit.report.quality import Quality, quality, unread, why
from kit.show.formats import joined, whole
from kit.store import tracking
from kit.tables import MAILS, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        told_less: what the sources do not tell of mail, and what is taken instead.
        unused: file -> what it tells and no question uses yet.
        asked: key of kit.toml -> why it should be said.
        unread: file -> what of it could not be read.
    """

    quality: Quality
    files: tuple[FileLog, ...]
    questions: pd.DataFrame
    notes: tuple[str, ...]
    told_less: tuple[str, ...]
    unused: dict[str, list[str]]
    asked: dict[str, str]
    unread: dict[str, str]

    @property
    def well(self) -> bool:
        """Whether files were read, and all that was read could be."""
        return not self.unread and self.quality.read > 0

    def as_data(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return self.quality.as_data() | {
            "files": [
                asdict(log)
                | {"rows_rejected": log.rows_rejected, "error": log.error and str(log.error)}
                | {"unused": self.unused.get(log.file, [])}
                for log in self.files
            ],
            "notes": [*self.notes, *self.told_less],
            "asked": self.asked,
            "questions": self.questions.to_dict("records"),
        }

    def as_text(self) -> str:
        """As a terminal shows it."""
        lines = zip(_table([_file(log) for log in self.files]), self.files, strict=True)
        parts = {
            "": [text for line, log in lines for text in (line, *_details(log, self.unused.get(log.file, ())))],
            _("Rows left out"): [line for log in self.files for line in _rejected(log)],
            _("Rows set aside because they are not data"): [line for log in self.files for line in _set_aside(log)],
            _("Cells left empty"): [line for log in self.files for line in _cells(log)],
            _("All files together"): [f"  {note}" for note in (*self.notes, *self.told_less)],
            _("Questions"): [line for row in self.questions.itertuples(index=False) for line in _question(*row)],
            _("Please set in kit.toml"): [
                "  " + _("{name}: {reason}", name=key, reason=reason) for key, reason in self.asked.items()
            ],
        }
        blocks = [["", *([title] if title else []), *lines] for title, lines in parts.items() if lines]
        return "\n".join([_totals(self.quality), *(line for block in blocks for line in block)])


def check(target: Path, *, notebooks: Path = NOTEBOOKS) -> Check:
    """Read the exports and see which notebooks they can feed.

    Raises:
        EmptyError: there is no file to read.
    """
    data = store.open_data(target)
    if not data.files:
        raise no_export(target)
    return Check(
        quality(data),
        data.files,
        answerable(data, notebooks=notebooks),
        data.notes,
        tuple(told_less(data, told(data))),
        unused(data),
        asked(data),
        unread(data.files),
    )


def asked(data: Data) -> dict[str, str]:
    """The settings that this data needs and kit.toml does not say: key -> why it should."""
    given = data.settings
    wanted = {log.error.setting for log in data.files if log.error}
    needs = {
        "time_zone": (
            _(
                "some times have no time zone; without it, files cannot be combined and hours of the day are not "
                "analysed"
            )
            if not data.zone_known and data.as_of is not None
            else ""
        ),
        "day_first": (
            _("03/04/2026 can be 3 April or 4 March; set true if the day comes first") if "day_first" in wanted else ""
        ),
        "currency": _("some amounts have no currency") if not given["currency"] and _without_currency(data) else "",
        **{
            setting: _("e-mails without a single reaction are assumed to be untracked, judged by their numbers alone")
            for count, setting in tracking.SINCE.items()
            if given[setting] is None and (data.untracked["count"] == count).any()
        },
        "own_domains": (
            _("a mailbox does not show which e-mails are your own")
            if data.expression(MAILS.name) is not None and not given["own_domains"] and not given["own_addresses"]
            else ""
        ),
    }
    return {key: reason for key, reason in needs.items() if reason}


def start(target: Path) -> tuple[Path, dict[str, str]]:
    """Write a commented kit.toml beside the exports: where it is, and what was set in it, key -> likeliest value.

    Raises:
        UsageError: there is no such folder, or it has a kit.toml already.
    """
    folder = target if target.is_dir() else target.parent
    if not target.exists():
        raise UsageError(_("{path}: there is no such folder or file.", path=target))
    path = folder / settings.FILE
    if path.exists():
        raise UsageError(_("{path} already exists and was not changed.", path=path))
    from kit.questions.customer_health.signals import start as signals  # noqa: PLC0415  `kit check` alone does without

    data = store.open_data(target)
    likeliest = guesses(data, asked(data))
    with reaching(path, _("Check the folder and its write permissions.")):
        write_new(path, settings.template(likeliest, signals()).encode())
    return path, {key: value for key, (value, _why) in likeliest.items()}


def _without_currency(data: Data) -> bool:
    for table in TABLES.values():
        money = [column.name for column in table.columns if column.unit == "money"]
        rows = data.expression(table.name) if money and "currency" in table.names else None
        if rows is None:
            continue
        for name in money:
            worth = rows.filter(rows[name].fill_null(0) != 0)
            if worth.filter(~worth.currency.notnull()).count().to_pyarrow().as_py():
                return True
    return False


def _totals(total: Quality) -> str:
    rows = [_("{n} kept", n=total.rows("kept")), _("{n} rejected", n=total.rows("rejected"))]
    if repeated := total.rows("repeated"):
        rows.append(_("{n} repeated", n=repeated))
    if set_aside := total.rows("set_aside"):
        rows.append(_("{n} set aside", n=set_aside))
    return joined(
        [
            _("{name}: {read} of {all} files read", name=total.name, read=total.read, all=total.found),
            _("{n} rows = {parts}", n=total.rows("read"), parts=" + ".join(rows)),
            _("as of {moment}", moment=total.as_of) if total.as_of else _("end date of the data unknown"),
            _("time zone {zone}", zone=total.time_zone) if total.time_zone else _("time zone unknown"),
        ]
    )


def _file(log: FileLog) -> list[str]:
    """The cells of a file's line: kept and rejected rows and, where there are any, those repeated and set aside."""
    counts = [whole(log.rows_kept), whole(log.rows_rejected)]
    counts += [whole(log.rows_repeated)] if log.rows_repeated else []
    counts += [_("{n} set aside", n=log.rows_set_aside)] if log.rows_set_aside else []
    rows = f"{whole(log.rows_read)} = {' + '.join(counts)}" if log.status == "read" else ""
    what = f"{log.preset} → {log.table}" if log.preset else ""
    return [str(STATUS[log.status]), log.file, what, rows]


def _details(log: FileLog, unused: Sequence[str]) -> list[str]:
    separator = [_("columns separated by {separator}", separator=repr(log.separator))] if log.separator else []
    written = ", ".join([*([log.encoding] if log.encoding else []), *separator])
    unmapped = ", ".join(log.unmapped[:SHOWN])
    if (more := len(log.unmapped) - SHOWN) > 0:
        unmapped = _("{names} and {n} more", names=unmapped, n=more)
    details = [
        why(log),
        *(_("does not match {preset}", preset=reason) for reason in log.passed_over),
        _("format: {form}", form=written) if written else "",
        _("not used: {names}", names=unmapped) if unmapped else "",
        _("read but not yet used by any question: {names}", names=", ".join(unused)) if unused else "",
        *log.notes,
    ]
    return [f"    {detail}" for detail in details if detail]


def _cells(log: FileLog) -> list[str]:
    return _first([f"  {cell}" for cell in log.cells[:SHOWN]], log, len(log.cells))


def _rejected(log: FileLog) -> list[str]:
    if not log.rows_rejected:
        if not log.rows_repeated:
            return []
        repeated = _n(
            "{file}: {n} row repeats another one", "{file}: {n} rows repeat other ones", log.rows_repeated,
            file=log.file,
        )  # fmt: skip
        return [f"  {repeated}"]
    lost = [row for row in log.rejections if not row.is_set_aside]
    return _first([f"  {row}" for row in lost[:SHOWN]], log, log.rows_rejected + log.rows_repeated)


def _set_aside(log: FileLog) -> list[str]:
    rows = [row for row in log.rejections if row.is_set_aside]
    return _first([f"  {row}" for row in rows[:SHOWN]], log, log.rows_set_aside)


def _first(lines: list[str], log: FileLog, total: int) -> list[str]:
    """The first lines of a file, and how many more there are."""
    more = total - len(lines)
    return [*lines, "  " + _("{file}: and {n} more", file=log.file, n=more)] if more > 0 else lines


def _question(notebook: str, question: str, reason: str | None) -> list[str]:
    number = notebook.partition("_")[0]
    if reason is None:
        return [f"{_padded(_('yes'), 4)} {number}  {question}"]
    return [f"{_padded(_('no'), 4)} {number}  {question}", f"         {reason}"]


def _table(rows: list[list[str]]) -> list[str]:
    """Lines of cells, each column as wide as its widest cell."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return len(text) + sum(east_asian_width(sign) in {"W", "F"} for sign in text)
