"""What is each file, and was all of it read?"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.counts import scope
from kit.counts.told import told
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.show.formats import commas, joined, listing, moment, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.counts.told import Told
    from kit.sources import FileLog
    from kit.store import Data

SHOWN = 20
"""Rejected rows that are listed for each file; all are counted."""

NAMED = 3
"""Files that were not read which the summary names."""

STATUS = {
    "read": message("read"),
    "unrecognised": message("not recognised"),
    "unreadable": message("cannot be read"),
    "empty": message("empty"),
    "ignored": message("skipped"),
}

UNTRACKED = {
    "opened": (message("Opens"), "tracking.opens_since"),
    "clicked": (message("Clicks"), "tracking.clicks_since"),
}
"""What may not have been tracked, and the setting that says since when it was."""

PACKAGES = ("email-analysis-kit", "pandas", "statsmodels", "scipy", "ibis-framework", "duckdb", "matplotlib")
"""Distributions whose versions make a page what it is."""


def arrived(data: Data) -> Summary:
    """What came in, in one sentence: files, rows, campaigns, up to when."""
    files, campaigns = len(data.files), len(data.campaigns)
    read = sum(log.status == "read" for log in data.files)
    rows, kept = sum(log.rows_read for log in data.files), sum(log.rows_kept for log in data.files)
    repeated, rejected, set_aside = (
        sum(getattr(log, name) for log in data.files) for name in ("rows_repeated", "rows_rejected", "rows_set_aside")
    )
    counts = [
        _n("{read} of {n} file read", "{read} of {n} files read", files, read=read),
        _n("{kept} of {n} row kept", "{kept} of {n} rows kept", rows, kept=kept),
    ]
    if rejected:
        counts.append(_n("{n} rejected ({share})", "{n} rejected ({share})", rejected, share=share(rejected / rows)))
    if repeated:
        counts.append(_n("{n} duplicate removed", "{n} duplicates removed", repeated))
    if set_aside:
        counts.append(_n("{n} set aside", "{n} set aside", set_aside))
    counts.append(_n("{n} campaign", "{n} campaigns", campaigns))
    zone = data.settings["time_zone"] if data.zone_known else _("time zone unknown, times as written")
    text = (
        _("{name}: {counts}.", name=data.name, counts=commas(counts))
        if data.as_of is None
        else _(
            "{name}: {counts}; data up to {time} ({zone}).",
            name=data.name, counts=commas(counts), time=moment(data.as_of), zone=zone,
        )
    )  # fmt: skip
    if data.period:
        first, last = data.period.ends
        text += " " + _("These pages cover only the period {first} to {last}.", first=first, last=last)
    if months := scope.months_left_out(data):
        text += " " + _n(
            "{n} monthly total is excluded, because it cannot be split by day.",
            "{n} monthly totals are excluded, because they cannot be split by day.",
            months,
        )
    if data.population == "automated":
        text += " " + _("These pages cover automated e-mails only, because the filters exclude all others.")
    if data.population == "no campaign":
        text += " " + _("These pages cover all e-mails, because none of them is linked to a campaign.")
    known = told(data)
    text = " ".join([text, *told_less(data, known)])
    numbers = {"files": files, "read": read, "rows": rows, "kept": kept, "rejected": rejected, "campaigns": campaigns}
    numbers |= {
        "delivered_is_derived": known.derived,
        "rates_of_sent": known.of_sent,
        "untracked": len(known.untracked),
    }
    return Summary("arrived", text, numbers)


def told_less(data: Data, known: Told) -> list[str]:
    """What the sources do not tell of mail and what is taken instead, in sentences."""
    sentences = []
    if known.of_sent:
        sentences.append(_("Rates are based on sent e-mails: your files do not contain the number delivered."))
    if known.derived:
        sentences.append(
            _n(
                "For {n} campaign, delivered is calculated as sent minus bounced, because your files do not contain "
                "it.",
                "For {n} campaigns, delivered is calculated as sent minus bounced, because your files do not "
                "contain it.",
                known.derived,
            )
        )
    if undated := int(data.campaigns["sent_local"].isna().sum()):
        sentences.append(
            _n(
                "{n} campaign has no date, so it is not included in any month or period.",
                "{n} campaigns have no date, so they are not included in any month or period.",
                undated,
            )
        )
    names = data.campaigns.set_index("campaign_id")["campaign_name"]
    for what, rows in known.untracked.groupby("count"):
        name, setting = UNTRACKED[str(what)]
        mails, usual = whole(rows["n"].sum()), float(rows["usual"].max())
        where = [str(names.get(key) or _("e-mails without a campaign")) for key in rows["campaign_id"]]
        sentences.append(
            _("{what} are unknown and excluded where they were not tracked: {mails} e-mails ({campaigns}).",
              what=name, mails=mails, campaigns=listing(list(dict.fromkeys(where))))
        )  # fmt: skip
        if not np.isnan(usual):  # else the setting says it
            sentences.append(
                _("None are recorded there, compared with {usual} elsewhere. To state when tracking began, set "
                  "{setting} in kit.toml.",
                  usual=share(usual), setting=setting)
            )  # fmt: skip
    return sentences


def versions(data: Data) -> Table:
    """Versions and files: what made this page, so that it can be made again."""
    rows = [("python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    columns = (Column("what", message("Component")), Column("version", message("Version")))
    read = commas([log.file for log in data.files if log.status == "read"])
    frame = pd.DataFrame(rows, columns=["what", "version"])
    return Table("versions", message("Software versions"), frame, columns, (_("Files: {files}.", files=read),))


def check(data: Data) -> Files:
    """What is each file, and was all of it read?"""
    return Files(tuple(data.files))


@result
class Files(Result):
    """What became of the files.

    Attributes:
        logs: what became of each file, in order.
    """

    logs: tuple[FileLog, ...]

    @property
    def files(self) -> pd.DataFrame:
        """A row a file: file, status, table, why, rows_read = rows kept + rejected + repeated + set aside …"""
        return pd.DataFrame(
            [
                {
                    "file": log.file,
                    "status": log.status,
                    "table": log.table,
                    "why": _why(log),
                    "rows_read": log.rows_read,
                    "rows_kept": log.rows_kept,
                    "rows_rejected": log.rows_rejected,
                    "rows_repeated": log.rows_repeated,
                    "rows_set_aside": log.rows_set_aside,
                    "encoding": log.encoding,
                    "separator": {"\t": "tab"}.get(log.separator or "", log.separator),
                    "unmapped": list(log.unmapped),
                }
                for log in self.logs
            ]
        )

    def summary(self) -> Summary:
        """How much was read, and how much was not; for the first page."""
        unread = [log.file for log in self.logs if log.status in ("unrecognised", "unreadable", "empty")]
        files, read = len(self.logs), sum(log.status == "read" for log in self.logs)
        rows = sum(log.rows_read for log in self.logs)
        repeated, rejected, set_aside = (
            sum(getattr(log, name) for log in self.logs)
            for name in ("rows_repeated", "rows_rejected", "rows_set_aside")
        )
        of_files = _n("{n} file", "{n} files", files)
        about_files = [_n("{n} of {files} was read", "{n} of {files} were read", read, files=of_files)]
        if unread:
            names = listing(unread[:NAMED])
            about_files.append(_n("{names} was not read", "{names} were not read", len(unread), names=names))
        about_rows = [
            _n(
                "{share} of {n} row was rejected",
                "{share} of {n} rows were rejected",
                rows,
                share=share(rejected / rows),
            )
            if rejected
            else _n("{n} row was read and not rejected", "None of {n} rows was rejected", rows)
        ]
        if repeated:
            about_rows.append(
                _n("{n} duplicate row was removed",
                   "{n} duplicate rows were removed", repeated)
            )  # fmt: skip
        if set_aside:
            about_rows.append(
                _n("{n} row holds no data and was set aside", "{n} rows hold no data and were set aside", set_aside)
            )
        text = _("{files}. {rows}.", files=joined(about_files), rows=joined(about_rows))
        numbers = {"files": files, "read": read, "rows": rows, "rejected": rejected, "repeated": repeated}
        return Summary("data_quality", text, numbers, headline=bool(unread or rejected), weight=65)

    def table(self) -> Table:
        """What became of each file: what it is, and its rows."""
        columns = (
            Column("file", message("File")),
            Column("table", message("Read as")),
            Column("rows_read", message("Rows"), whole, number=True),
            Column("rows_kept", message("Kept"), whole, number=True),
            Column("rows_rejected", message("Rejected"), whole, number=True),
            Column("rows_repeated", message("Duplicates"), whole, number=True),
            Column("rows_set_aside", message("Set aside"), whole, number=True),
            Column("unmapped", message("Columns not used"), commas),
        )
        note = message(
            "Rows = kept + rejected + duplicates + set aside. A duplicate counts once. A row that is set aside "
            "holds no data, for example a total."
        )
        return Table("files", message("Files received"), self.files, columns, (note,))

    def recognised_table(self) -> Table:
        """Why each file was taken for what it is, and what else it could have been."""
        rows = [
            {"file": log.file, "preset": log.preset, "why": log.why, "passed_over": list(log.passed_over)}
            for log in self.logs
            if log.status == "read"
        ]
        columns = (
            Column("file", message("File")),
            Column("preset", message("Recognised as")),
            Column("why", message("Recognised by")),
            Column("passed_over", message("Ruled out"), joined),
        )
        frame = pd.DataFrame(rows, columns=["file", "preset", "why", "passed_over"])
        empty = message("no file was read.")
        return Table("recognised", message("How each file was recognised"), frame, columns, empty=empty)

    def unread_table(self) -> Table:
        """The files that were not read, each with the reason and what to do."""
        rows = [
            {
                "file": log.file,
                "status": log.status,
                "why": _why(log),
                "hint": log.error.hint if log.error else "",
                "passed_over": list(log.passed_over),
            }
            for log in self.logs
            if log.status != "read"
        ]
        columns = (
            Column("file", message("File")),
            Column("status", message("Status"), STATUS.__getitem__),
            Column("why", message("Why")),
            Column("hint", message("What to do")),
            Column("passed_over", message("Ruled out"), joined),
        )
        frame = pd.DataFrame(rows, columns=["file", "status", "why", "hint", "passed_over"])
        empty = message("every file was read.")
        return Table("unread", message("Files that were not read"), frame, columns, empty=empty)

    def rejections_table(self) -> Table:
        """The rows and cells left out, each with file, line, column, reason and hint; SHOWN of each a file."""
        rejecting = [log for log in self.logs if log.rows_rejected or log.rows_set_aside or log.cells]
        frame = pd.DataFrame(_rejections(rejecting), columns=["file", "line", "column", "reason", "hint"])
        columns = (
            Column("file", message("File")),
            Column("line", message("Line"), whole, number=True),
            Column("column", message("Column")),
            Column("reason", message("Reason")),
            Column("hint", message("What to do")),
        )
        notes = [
            _("{file}: {n} more.", file=log.file, n=log.rows_left_out - SHOWN)
            for log in rejecting
            if log.rows_left_out > SHOWN
        ]
        if repeated := sum(log.rows_repeated for log in rejecting):
            notes.append(
                _n("The excluded rows include {n} duplicate row of these files.",
                   "The excluded rows include {n} duplicate rows of these files.", repeated)
            )  # fmt: skip
        title, empty = message("Excluded rows"), message("no row was excluded.")
        return Table("rejections", title, frame.astype({"line": "Int64"}), columns, tuple(notes), empty)


def _rejections(logs: Iterable[FileLog]) -> list[dict[str, object]]:
    return [
        {"file": row.file, "line": row.line, "column": row.column, "reason": row.reason, "hint": row.hint}
        for log in logs
        for row in (*log.rejections[:SHOWN], *log.cells[:SHOWN])
    ]


def _why(log: FileLog) -> str:
    """Why a file was taken for what it is, or what is wrong with it; without its name, and what to do."""
    error = log.error
    if error is None:
        return str(log.why)
    line, column = str(error.line), repr(error.column)
    if error.line is None:
        return (
            _("column {column}: {problem}", column=column, problem=error.problem)
            if error.column
            else str(error.problem)
        )
    if not error.column:
        return _("line {line}: {problem}", line=line, problem=error.problem)
    return _("line {line}, column {column}: {problem}", line=line, column=column, problem=error.problem)


FIGURES = (
    Figure(
        "rows", message("Rows and files"),
        message("rows read = kept + rejected + duplicates + set aside; files read out of all files"),
        message("a row of a file"), "kit.sources",
        (
            "files.rows_read", "files.rows_kept", "files.rows_rejected", "files.rows_repeated", "files.rows_set_aside",
            "arrived.files", "arrived.read", "arrived.rows", "arrived.kept", "arrived.rejected", "data_quality.files",
            "data_quality.read", "data_quality.rows", "data_quality.rejected", "data_quality.repeated",
        ),
        edge=message("a duplicate row is counted once; no other row is dropped without a note"),
    ),
    Figure(
        "told_less", message("Campaigns with incomplete data"),
        message("campaigns whose delivered is sent minus bounced; campaigns before opens or clicks were tracked"),
        message("a campaign"), "kit.store",
        ("arrived.delivered_is_derived", "arrived.rates_of_sent", "arrived.untracked"),
        edge=message("what was not tracked is not in any rate"),
    ),
)  # fmt: skip
