"""Words of money compared with what people spent before taken into account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import known, money, share, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

GAIN = 0.01
"""Share of the variance from which there is a gain worth a word."""


def adjusted(frame: pd.DataFrame) -> Summary:
    """What taking earlier spending into account gained; `frame` is what `adjusted.revenue` returns."""
    told = frame[frame["gained"].notna()]
    numbers: dict[str, Any] = {"tests": len(told), "gained": float(told["gained"].max()) if len(told) else None}
    if told.empty:
        text = (
            "What people spent before cannot be taken into account: no log and orders tell it of the people of a test."
        )
        return Summary("adjusted", text, numbers)
    most = float(told["gained"].max())
    if most < GAIN:
        text = (
            f"What people spent before tells next to nothing of what they spend after the mail: at most "
            f"{share(max(most, 0), 2)} of the variance is gone. The plain difference is as sharp."
        )
        return Summary("adjusted", text, numbers)
    text = (
        f"What people spent before takes away up to {share(most, 0)} of the variance, as if a test had "
        f"{share(most / (1 - most), 0)} more mails."
    )
    return Summary("adjusted", text, numbers)


def adjusted_table(frame: pd.DataFrame, *, currency: str = "") -> Table:
    """Each test: the plain difference of revenue a mail, the adjusted one, and the variance gained."""
    plain, own = _ends("difference", "", currency), _ends("adjusted", "adjusted_", currency)
    columns = (
        Column("campaign_name", "Test"),
        Column("b", "Arms", lambda row: f"{row['b']} minus {row['a']}", whole_row=True),
        Column("n_a", "Mails", lambda row: f"{whole(row['n_a'])} – {whole(row['n_b'])}", number=True, whole_row=True),
        Column("difference", "Difference", plain, unit="money", number=True, whole_row=True),
        Column("adjusted", "Adjusted", own, unit="money", number=True, whole_row=True),
        Column("gained", "Variance gained", lambda value: share(value, 2), unit="share", number=True),
    )
    notes = (
        "Revenue a mail, second minus first, with its 95 % interval (Welch).",
        "Adjusted: by the revenue of the same people in the year before (CUPED).",
        "The plain difference decides; the adjusted one may not be chosen because it looks better.",
    )
    notes = notes if len(frame) else ()
    title = "Revenue a mail, with earlier spending taken into account"
    empty = "no log and orders tell what the people of a test spent before."
    return Table("adjusted", title, frame, columns, notes, empty)


def _ends(value: str, prefix: str, currency: str) -> Callable[[Any], str]:
    form = money(currency)

    def write(row: Any) -> str:
        if not known(row[value]):
            return "–"
        return f"{form(row[value])} ({form(row[f'{prefix}low'])} to {form(row[f'{prefix}high'])})"

    return write
