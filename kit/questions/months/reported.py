"""Which rates do the exports only report, without the counts behind them? (guide 1, step 2: the table of its example)

Nothing says of how many mails such a rate is, so it has no interval, is not judged, and nothing is computed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit import counts
from kit.messages import _n, message
from kit.metrics.figures import Figure
from kit.show.formats import month, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from kit.store import Data

TITLES = {
    "reported_open_rate": message("Open rate, as reported"),
    "reported_click_rate": message("Click rate, as reported"),
    "reported_ctor": message("Click-to-open rate, as reported"),
}


def show(data: Data) -> Reported:
    """The rates that the files report of months or campaigns of which they tell no count.

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 2; DESIGN 19.
    """
    return Reported(counts.reported_rates(data))


@result
class Reported(Result):
    """Rates as files report them.

    Attributes:
        rates: what `counts.reported_rates` returned.
    """

    rates: pd.DataFrame

    def summary(self) -> Summary:
        """That they are the platform's, and what they cannot tell."""
        rows = len(self.rates)
        text = _n(
            "One row has rates but no counts. They are shown as reported; it is impossible to say whether they "
            "changed by more than chance.",
            "{n} rows have rates but no counts. They are shown as reported; it is impossible to say whether they "
            "changed by more than chance.",
            rows, n=whole(rows),
        )  # fmt: skip
        return Summary("reported_rates", text, {"rows": rows}, headline=bool(rows), weight=50)

    def table(self) -> Table:
        """The rates, a row a month or campaign, in the order of time."""
        dated = bool(self.rates["month"].notna().any())
        named = not dated or bool((self.rates["name"] != self.rates["month"]).any())
        told = [name for name in TITLES if self.rates[name].notna().any()]
        columns = (
            *([Column("month", message("Month"), month)] if dated else []),
            *([Column("name", message("Name"))] if named else []),
            *(Column(name, TITLES[name], share, unit="share", number=True) for name in told),
        )
        notes = (
            message(
                "Shown as in the file. The number of e-mails is unknown, so there is no interval, no verdict and no "
                "calculation. For more, use an export with counts (delivered, opened, clicked)."
            ),
        )
        empty = message("all rates on this page are calculated from counts.")
        title = message("Rates without counts")
        return Table("reported_rates", title, self.rates, columns, notes if len(self.rates) else (), empty)


FIGURES = (
    Figure(
        "reported_rate",
        message("A rate as reported"),
        message("as in the file, which does not give the number of e-mails"),
        message("a month or campaign in a file without its counts"),
        "guide 1, step 2",
        ("reported_rates.reported_open_rate", "reported_rates.reported_click_rate", "reported_rates.reported_ctor"),
        edge=message("no interval and no verdict; not used in any calculation"),
    ),
    Figure(
        "reported_rows",
        message("Rows with rates only"),
        message("months or campaigns for which a file has rates but no counts"),
        message("a row of a file"),
        "guide 1, step 2",
        ("reported_rates.rows",),
    ),
)
