"""Words of what came in: files, rows, differences, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.show.formats import counted, listing, moment, share, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.tables import TABLES

if TYPE_CHECKING:
    from kit.sources import FileLog
    from kit.store import Data

SHOWN = 20
"""Rejected rows that are listed for each file; all are counted."""

_STATUS = {
    "read": "read",
    "unrecognised": "not recognised",
    "unreadable": "cannot be read",
    "empty": "empty",
    "ignored": "passed over",
}


def files(data: Data) -> Table:
    """What became of each file: what it is and why, rows read = kept + rejected."""
    frame = pd.DataFrame(
        [
            {
                "file": log.file,
                "status": log.status,
                "table": log.table,
                "why": _why(log),
                "rows_read": log.rows_read,
                "rows_kept": log.rows_kept,
                "rows_rejected": log.rows_rejected - log.rows_repeated,
                "rows_repeated": log.rows_repeated,
                "encoding": log.encoding,
                "separator": {"\t": "tab"}.get(log.separator or "", log.separator),
                "unmapped": list(log.unmapped),
            }
            for log in data.files
        ]
    )
    columns = (
        Column("file", "File"),
        Column("table", "Read as"),
        Column("rows_read", "Rows", whole, number=True),
        Column("rows_kept", "Kept", whole, number=True),
        Column("rows_rejected", "Rejected", whole, number=True),
        Column("rows_repeated", "Repeated", whole, number=True),
        Column("unmapped", "Columns not used", ", ".join),
    )
    notes = ("Rows = kept + rejected + repeated; an event that was delivered again is repeated, and counted once.",)
    return Table("files", "What came in", frame, columns, notes)


def recognised(data: Data) -> Table:
    """Why each file was taken for what it is, and what else it could have been."""
    rows = [
        {"file": log.file, "preset": log.preset, "why": log.why, "passed_over": list(log.passed_over)}
        for log in data.files
        if log.status == "read"
    ]
    columns = (
        Column("file", "File"),
        Column("preset", "Taken for"),
        Column("why", "Known by"),
        Column("passed_over", "It is not", "; ".join),
    )
    frame = pd.DataFrame(rows, columns=["file", "preset", "why", "passed_over"])
    return Table("recognised", "How each file was known", frame, columns, empty="no file was read.")


def unread(data: Data) -> Table:
    """The files that were not read, each with the reason and what to do."""
    rows = [
        {
            "file": log.file,
            "status": log.status,
            "why": _why(log),
            "hint": log.error.hint if log.error else "",
            "passed_over": list(log.passed_over),
        }
        for log in data.files
        if log.status != "read"
    ]
    frame = pd.DataFrame(rows, columns=["file", "status", "why", "hint", "passed_over"])
    columns = (
        Column("file", "File"),
        Column("status", "Status", _STATUS.__getitem__),
        Column("why", "Why"),
        Column("hint", "What to do"),
        Column("passed_over", "It is not", "; ".join),
    )
    return Table("unread", "Files that were not read", frame, columns, empty="every file was read.")


def _why(log: FileLog) -> str:
    """Why a file was taken for what it is, or what is wrong with it; without its name, and what to do."""
    error = log.error
    if error is None:
        return log.why
    place = [f"line {error.line}" if error.line is not None else "", f"column {error.column!r}" if error.column else ""]
    return ": ".join(filter(None, [", ".join(filter(None, place)), error.problem]))


def rejections(data: Data) -> Table:
    """The rejected rows and cells, each with file, line, column, reason and hint; SHOWN of each a file."""
    rejecting = [log for log in data.files if log.rows_rejected > log.rows_repeated or log.cells]
    rows = [
        {"file": one.file, "line": one.line, "column": one.column, "reason": one.reason, "hint": one.hint}
        for log in rejecting
        for one in (*log.rejections[:SHOWN], *log.cells[:SHOWN])
    ]
    frame = pd.DataFrame(rows, columns=["file", "line", "column", "reason", "hint"]).astype({"line": "Int64"})
    columns = (
        Column("file", "File"),
        Column("line", "Line", whole, number=True),
        Column("column", "Column"),
        Column("reason", "Reason"),
        Column("hint", "What to do"),
    )
    notes = [f"{log.file}: {whole(log.rows_rejected - SHOWN)} more." for log in rejecting if log.rows_rejected > SHOWN]
    if repeated := sum(log.rows_repeated for log in rejecting):
        notes.append(f"Among them {counted(repeated, 'row')} of these files that say again what a kept one says.")
    return Table("rejections", "Rows that were rejected", frame, columns, tuple(notes), "no row was rejected.")


def problems_of_data(data: Data, conflicts: int) -> Table:
    """What a reader must know of the data: notes of the files, sends that could not be told apart."""
    about: dict[str, list[str]] = {}
    for log in data.files:
        for note in log.notes:
            about.setdefault(note, []).append(log.file)
    said = [
        {"about": names[0] if len(names) == 1 else f"{len(names)} files", "note": note} for note, names in about.items()
    ]
    said += [_labelled(note, data) for note in data.notes]
    if conflicts:
        note = f"bounced, and opened or clicked all the same: {counted(conflicts, 'message')}, counted as bounced"
        said.append({"about": "event log", "note": note})
    if len(data.currencies) > 1:
        note = f"amounts in {listing(data.currencies)} are never added: revenue is not shown"
        said.append({"about": "money", "note": note})
    undated = int(data.campaigns["sent_local"].isna().sum())
    if undated:
        note = f"without a date, in no month and no period: {counted(undated, 'campaign')}"
        said.append({"about": "campaigns", "note": note})
    if not data.zone_known:
        note = "no time zone is known: months are as written; set time_zone in kit.toml to join conversions to mails"
        said.append({"about": "time", "note": note})
    columns = (Column("about", "About"), Column("note", "Note"))
    return Table(
        "notes",
        "What to know of the data",
        pd.DataFrame(said, columns=["about", "note"]),
        columns,
        empty="nothing.",
    )


def _labelled(note: str, data: Data) -> dict[str, str]:
    """A note of the store with what it is about: a table or file that it begins with, else the campaigns."""
    about, colon, rest = note.partition(": ")
    known = colon and (about in TABLES or any(log.file == about for log in data.files))
    return {"about": about, "note": rest} if known else {"about": "campaigns", "note": note}


def mail_by_kind(counts: pd.DataFrame) -> Table:
    """Mails by kind: `counts.messages(data, ["month", "kind"], kind="")`; unknown where a campaign lacks the count."""
    columns_of = ["sent", "delivered", "bounced", "opened", "clicked", "unsubscribed"]
    frame = counts.groupby("kind")[columns_of].agg(lambda own: own.sum(skipna=False)).reset_index()
    frame.insert(1, "months", frame["kind"].map(counts.groupby("kind")["month"].nunique()))
    columns = (
        Column("kind", "Mail"),
        Column("months", "Months", whole, number=True),
        *(Column(name, name.capitalize(), whole, unit="mails", number=True) for name in columns_of),
    )
    return Table("mail_by_kind", "Mail by kind", frame, columns, ("Tests are left out. “–”: some campaigns lack it.",))


def differences(frame: pd.DataFrame) -> Table:
    """Where two sources tell different counts of one campaign."""
    columns = (
        Column("campaign_name", "Campaign"),
        Column("count", "Count"),
        Column("value", "Used", whole, number=True),
        Column("source", "From"),
        Column("other_value", "Passed over", whole, number=True),
        Column("other_source", "From"),
    )
    return Table("differences", "Where sources differ", frame, columns, empty="no two sources tell different counts.")


def tests_left_out(frame: pd.DataFrame) -> Table:
    """The test sends: shown here, left out of every KPI."""
    columns = (
        Column("campaign_name", "Campaign"),
        Column("subject", "Subject"),
        Column("sent_local", "Sent", moment),
        Column("sent", "Recipients", whole, number=True),
    )
    notes = (f"{counted(len(frame), 'test send')} left out of the other pages.",) if len(frame) else ()
    return Table("tests_left_out", "Test sends", frame, columns, notes, "no send looks like a test.")


def answerable(questions: pd.DataFrame) -> Table:
    """Which questions the data can answer: notebook, question, reason [NULL: it can]."""
    columns = (
        Column("notebook", "Notebook"),
        Column("question", "Question"),
        Column(
            "reason",
            "Can it be answered?",
            lambda row: "yes" if pd.isna(row["reason"]) else f"no: {row['reason']}",
            whole_row=True,
        ),
    )
    return Table("questions", "Which questions this data can answer", questions, columns)


def quality(data: Data) -> Summary:
    """How good the data is, for the first page."""
    read = sum(log.status == "read" for log in data.files)
    unread = [log.file for log in data.files if log.status in ("unrecognised", "unreadable", "empty")]
    rows = sum(log.rows_read for log in data.files)
    rejected = sum(log.rows_rejected - log.rows_repeated for log in data.files)
    repeated = sum(log.rows_repeated for log in data.files)
    text = f"{whole(read)} of {counted(len(data.files), 'file')} {'was' if read == 1 else 'were'} read"
    text += f"; {listing(unread[:3])} {'was' if len(unread) == 1 else 'were'} not" if unread else ""
    text += (
        f". {share(rejected / rows)} of {counted(rows, 'row')} rejected"
        if rejected
        else f". None of {counted(rows, 'row')} was rejected"
    )
    text += f"; {counted(repeated, 'row')} said again what a kept one says, counted once." if repeated else "."
    numbers = {"files": len(data.files), "read": read, "rows": rows, "rejected": rejected, "repeated": repeated}
    return Summary(
        "data_quality", text, numbers,
        headline=bool(unread or rejected), weight=65,
    )  # fmt: skip
