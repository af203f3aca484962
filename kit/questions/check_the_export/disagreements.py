"""Where do sources disagree, and what is left out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit import counts
from kit.counts.told import told
from kit.messages import _, _n, message
from kit.questions.check_the_export.files import told_less
from kit.show.formats import joined, listing, moment, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.tables import TABLES

if TYPE_CHECKING:
    from kit.store import Data


def find(data: Data) -> Disagreements:
    """Where do sources disagree, what is left out, and what else is to be known of the data?"""
    notes = pd.DataFrame(_notes(data, counts.conflicts(data)), columns=["about", "note"])
    return Disagreements(counts.differences(data), counts.left_out(data), notes)


@result
class Disagreements(Result):
    """What to know before the numbers are used.

    Attributes:
        differences: a row a campaign, count and source that was passed over and has another number: campaign_name,
            count, value, source [of record], other_value, other_source, note.
        tests: a row a test send: campaign_name, subject, list_name, sent_local, sent [messages].
        notes: a row a note: about, note.
    """

    differences: pd.DataFrame
    tests: pd.DataFrame
    notes: pd.DataFrame

    def summary(self) -> Summary:
        """How much of each there is."""
        differences, tests = len(self.differences), len(self.tests)
        parts = [
            _n("Sources differ in {n} count", "Sources differ in {n} counts", differences),
            _n("{n} test send is excluded", "{n} test sends are excluded", tests),
        ]
        numbers = {"differences": differences, "tests": tests, "notes": len(self.notes)}
        return Summary("disagreements", _("{parts}.", parts=joined(parts)), numbers)

    def table(self) -> Table:
        """Where two sources have different counts of a campaign."""
        columns = (
            Column("campaign_name", message("Campaign")),
            Column("count", message("Count")),
            Column("value", message("Used"), whole, number=True),
            Column("source", message("Source of the value used")),
            Column("other_value", message("Not used"), whole, number=True),
            Column("other_source", message("Source of the other value")),
        )
        empty = message("no two sources report different counts.")
        return Table("differences", message("Where sources differ"), self.differences, columns, empty=empty)

    def tests_table(self) -> Table:
        """The test sends: shown here, left out of every KPI."""
        columns = (
            Column("campaign_name", message("Campaign")),
            Column("subject", message("Subject")),
            Column("sent_local", message("Sent"), moment),
            Column("sent", message("Recipients"), whole, number=True),
        )
        n = len(self.tests)
        note = _n(
            "{n} test send is excluded from the other pages.", "{n} test sends are excluded from the other pages.", n
        )
        empty = message("no campaign looks like a test.")
        return Table("tests_left_out", message("Test sends"), self.tests, columns, (note,) if n else (), empty)

    def notes_table(self) -> Table:
        """What else a reader must know of the data."""
        columns = (Column("about", message("Topic")), Column("note", message("Note")))
        return Table("notes", message("What to know about the data"), self.notes, columns, empty=message("nothing."))


def _notes(data: Data, conflicts: int) -> list[tuple[str, str]]:
    """Notes of the files and of the store, and what the data lacks: about what, and the note."""
    files: dict[str, list[str]] = {}
    for log in data.files:
        for note in log.notes:
            files.setdefault(str(note), []).append(log.file)
    notes = [(names[0] if len(names) == 1 else _("{n} files", n=len(names)), note) for note, names in files.items()]
    notes += [_labelled(note, data) for note in data.notes]
    if conflicts:
        note = _n(
            "{n} message bounced but was opened or clicked: it counts as bounced",
            "{n} messages bounced but were opened or clicked: they count as bounced",
            conflicts,
        )
        notes.append((_("event log"), note))
    if before := counts.before_the_log(data):
        note = _n(
            "{n} message was sent before the log began, so only its opens and clicks are logged: it is not counted",
            "{n} messages were sent before the log began, so only their opens and clicks are logged: they are not "
            "counted",
            before,
        )
        notes.append((_("event log"), note))
    notes += [(_("campaigns"), sentence) for sentence in told_less(data, told(data))]
    if len(data.currencies) > 1:
        note = _(
            "revenue is not shown, because amounts in different currencies ({currencies}) cannot be added",
            currencies=listing(data.currencies),
        )
        notes.append((_("money"), note))
    if not data.zone_known:
        note = _(
            "the time zone is unknown, so months are taken as written; to link conversions to e-mails, set "
            "time_zone in kit.toml"
        )
        notes.append((_("time"), note))
    return notes


def _labelled(note: str, data: Data) -> tuple[str, str]:
    """A note of the store with what it is about: a table or file that it begins with, else the campaigns."""
    about, colon, text = note.partition(": ")
    if colon and (about in TABLES or any(log.file == about for log in data.files)):
        return about, text
    return _("campaigns"), note
