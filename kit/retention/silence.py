"""Opaque churn: who is on the list and gives no sign of reading."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, nan
from typing import TYPE_CHECKING

from kit.judging import LEVEL
from kit.stats import proportions

if TYPE_CHECKING:
    import pandas as pd

SILENCE = 0.05
"""A silence is told from chance when a reader would keep it with at most this chance."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Opaque churn: people on the list who show no sign of reading.

    Attributes:
        people: on the list through the whole window.
        needed: mails after which a silence is told from chance.
        click: clicks a mail of the window [share], from which `needed` comes.
        silent: people with so many mails and no sign.
        undecided: people without a sign who got fewer.
        value: silent / people.
        low: of its interval.
        high: its other end.
        most: the share if every undecided one is gone.
        days: of the window.
        reason: why it is not told; "" where it is.
    """

    people: int
    needed: int | None
    click: float
    silent: int
    undecided: int
    value: float
    low: float
    high: float
    most: float
    days: int
    reason: str = ""


def silent(counted: pd.DataFrame, *, days: int, level: float = LEVEL) -> Silent:
    """How many on the list give no sign of reading, where their mails were enough to tell.

    Args:
        counted: what `counts.silence` returned for as many days.
        days: of the window.
        level: confidence.

    Source: guide 2 (opaque churn); a reader who clicks a share p of mails keeps silent through n with (1 - p)^n.
    """
    total, mails = int(counted["n"].sum()), float((counted["mails"] * counted["n"]).sum())
    click = float(counted["clicked"].sum()) / mails if mails else nan
    mute = counted[~counted["signal"].astype(bool)]
    if not 0 < click < 1:
        why = "no mail to people on the list was clicked in the window" if total else "no log tells what people got"
        return Silent(total, None, click, 0, int(mute["n"].sum()), nan, nan, nan, nan, days, why)
    needed = ceil(log(SILENCE) / log(1 - click))
    enough = int(mute.loc[mute["mails"] >= needed, "n"].sum())
    rest = int(mute["n"].sum()) - enough
    if not (counted["mails"] >= needed).any():
        why = f"{needed} mails are needed where {click:.1%} of them are clicked, and nobody got so many"
        return Silent(total, needed, click, 0, rest, nan, nan, nan, nan, days, why)
    low, high = proportions.proportion_interval(enough, total, level=level)
    return Silent(
        total, needed, click, enough, rest, enough / total, float(low), float(high), (enough + rest) / total, days
    )
