"""What the sections of this question share: which turns are judged on which clock, and their curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.judging import LEVEL
from kit.messages import message
from kit.show.formats import hours, minutes
from kit.stats import clustered_survival

if TYPE_CHECKING:
    from kit.stats.clustered_survival import ClusteredCurve
    from kit.store import Data

CLOCKS = {"working": message("working time"), "minutes": message("calendar time")}
"""The clocks by the column of `counts.responses` that they are in."""

WHAT = {"first": message("First response"), "every": message("Every response")}

WRITE = {"working": hours, "minutes": minutes}
"""How a time on each clock is written: an hour of work is no part of a day."""

FEWEST = 20
"""Turns from which a group has figures of its own."""


def clock(turns: pd.DataFrame) -> str:
    """The clock that the question is judged on: working time where hours are known, else the calendar."""
    return "working" if turns["working"].notna().any() else "minutes"


def judged(turns: pd.DataFrame, by: str) -> pd.DataFrame:
    """The turns that have a wait on a clock; working time leaves out those that no working time passed in."""
    kept = turns[turns[by].notna()]
    return kept[~kept["outside"].astype(bool)] if by == "working" else kept


def curve(turns: pd.DataFrame, by: str, *, agents: bool = True, level: float = LEVEL) -> ClusteredCurve:
    """The curve of turns on a clock, those of one day and those of one agent taken together."""
    days = pd.factorize(turns["asked_local"].dt.normalize())[0]
    kinds = [days, pd.factorize(turns["agent"].where(turns["state"] == "answered"))[0]] if agents else [days]
    return clustered_survival.kaplan_meier_clustered(turns[by], turns["state"] == "answered", kinds, level=level)


def promised(data: Data, hours: float) -> float | None:
    """The promised time [min]: as asked for, else by kit.toml; None: none is promised."""
    promise = hours or data.settings["service.promised_hours"]
    return None if promise is None else float(promise) * 60
