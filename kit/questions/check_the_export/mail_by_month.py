"""How much mail is there, and when?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kit import counts
from kit.messages import _, _n, message
from kit.show.axes import month_axis, series
from kit.show.fit import legend_above
from kit.show.formats import month, whole
from kit.show.picture import PALE, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.store import Data

KINDS = {
    "bulk": (message("bulk"), PLAIN),
    "automated": (message("automated"), PALE),
    "no campaign": (message("without a campaign"), QUIET),
}
"""Kinds of mail, in the order in which they are drawn: name and colour."""

COUNTS = {
    "sent": message("Sent"),
    "delivered": message("Delivered"),
    "bounced": message("Bounced"),
    "opened": message("Opened (raw)"),
    "clicked_human": message("Clicked (people)"),
    "clicked": message("Clicked (raw)"),
    "unsubscribed": message("Unsubscribed"),
}
"""What is shown of each kind."""


def count(data: Data) -> MailByMonth:
    """How much mail is there, by month of sending and kind? Tests are left out."""
    return MailByMonth(counts.messages(data, ["month", "kind"], kind=""))


@result
class MailByMonth(Result):
    """Mail by month and kind.

    Attributes:
        counts: a row a month and kind: month, kind, and the counts [messages; NULL where a campaign lacks it].
    """

    counts: pd.DataFrame

    def summary(self) -> Summary:
        """From when to when there is mail."""
        months = sorted(self.counts["month"].dropna().unique())
        if not months:
            return Summary("mail_by_month", _("Your files contain no month with e-mails."), {"months": 0})
        text = _n(
            "E-mails were sent in {n} month: {first}.", "E-mails were sent in {n} months, from {first} to {last}.",
            len(months),
            first=month(months[0]), last=month(months[-1]),
        )  # fmt: skip
        return Summary("mail_by_month", text, {"months": len(months)})

    def table(self) -> Table:
        """Mail by kind, over all months."""
        by_kind = self.counts.groupby("kind")
        frame = by_kind[list(COUNTS)].agg(lambda column: column.sum(skipna=False)).reset_index()
        frame.insert(1, "months", frame["kind"].map(by_kind["month"].nunique()))
        columns = (
            Column("kind", message("Type of e-mail")),
            Column("months", message("Months"), whole, number=True),
            *(Column(name, title, whole, unit="mails", number=True) for name, title in COUNTS.items()),
        )
        note = message("Test sends are excluded. “–”: this number is missing for some campaigns.")
        return Table("mail_by_kind", message("E-mails by type"), frame, columns, (note,))

    def plot(self, ax: Axes | None = None) -> Picture:
        """Mails sent by month, the kinds on top of each other."""
        title = _("E-mails sent by month")
        wide = self.counts.pivot_table(index="month", columns="kind", values="sent", aggfunc="sum").astype(float)
        if wide.empty:
            return nothing("coverage", title, message("your files contain no month with e-mails"))
        wide = wide.reindex(pd.period_range(wide.index.min(), wide.index.max(), freq="M").strftime("%Y-%m")).fillna(0)
        kinds = [kind for kind in KINDS if kind in wide]
        with drawing(2.6, ax) as axes:
            bottom = np.zeros(len(wide))
            for kind in kinds:
                name, color = KINDS[kind]
                axes.bar(range(len(wide)), wide[kind], bottom=bottom, color=color, width=0.7, label=str(name))
                bottom += wide[kind].to_numpy()
            axes.set_ylabel(_("e-mails sent"))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: whole(value)))
            axes.grid(visible=False, axis="x")
            month_axis(axes, list(wide.index))
            if len(kinds) > 1:
                legend_above(axes)
            alt = _("{title}: {series}.", title=title, series=series(wide.index, bottom, whole))
            return picture(axes, name="coverage", title=title, alt=alt)
