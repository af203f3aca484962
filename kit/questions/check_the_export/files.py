"""What is each file, and was all of it read?"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import pandas as pd

from kit.counts import scope
from kit.messages import _, _n, message
from kit.show.formats import commas, moment, share
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.store import Data

PACKAGES = ("email-analysis-kit", "pandas", "statsmodels", "scipy", "ibis-framework", "duckdb", "matplotlib")
"""Distributions whose versions make a page what it is."""


def arrived(data: Data) -> Summary:
    """What came in, in one sentence: files, rows, campaigns, up to when."""
    files, campaigns = len(data.files), len(data.campaigns)
    read = sum(log.status == "read" for log in data.files)
    rows, kept = sum(log.rows_read for log in data.files), sum(log.rows_kept for log in data.files)
    repeated = sum(log.rows_repeated for log in data.files)
    rejected = rows - kept - repeated
    counts = [
        _n("{read} of {n} file read", "{read} of {n} files read", files, read=read),
        _n("{kept} of {n} row kept", "{kept} of {n} rows kept", rows, kept=kept),
    ]
    if rejected:
        counts.append(_n("{n} rejected ({share})", "{n} rejected ({share})", rejected, share=share(rejected / rows)))
    if repeated:
        counts.append(_n("{n} said twice and counted once", "{n} said twice and counted once", repeated))
    counts.append(_n("{n} campaign", "{n} campaigns", campaigns))
    zone = data.settings["time_zone"] if data.zone_known else _("time zone not known: times as written")
    text = (
        _("{name}: {counts}.", name=data.name, counts=commas(counts))
        if data.as_of is None
        else _(
            "{name}: {counts}; it knows up to {time} ({zone}).",
            name=data.name, counts=commas(counts), time=moment(data.as_of), zone=zone,
        )
    )  # fmt: skip
    if data.period:
        first, last = data.period.ends
        text += " " + _("The question is narrowed to {first} to {last}.", first=first, last=last)
    if months := scope.months_left_out(data):
        text += " " + _n(
            "{n} total of a whole month cannot be cut by days and is left out.",
            "{n} totals of whole months cannot be cut by days and are left out.",
            months,
        )
    if data.population == "automated":
        text += " " + _("The filters keep automated e-mails only, so these pages are about them.")
    numbers = {"files": files, "read": read, "rows": rows, "kept": kept, "rejected": rejected, "campaigns": campaigns}
    return Summary("arrived", text, numbers)


def versions(data: Data) -> Table:
    """Versions and files: what made this page, so that it can be made again."""
    rows = [("python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    columns = (Column("what", message("What")), Column("version", message("Version")))
    read = commas([log.file for log in data.files if log.status == "read"])
    frame = pd.DataFrame(rows, columns=["what", "version"])
    return Table("versions", message("Made with"), frame, columns, (_("Files: {files}.", files=read),))
