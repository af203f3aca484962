"""How much mail did people open, when programs open mail as well? (guide 1, step 2)

Two answers. Bounds, which hold whatever the people do whose program opens everything: below, the mail that
surely a person opened or clicked; above, all openings. And an estimate, which needs an assumption: that
those people read like the others of their domain who click as much. It is taken from trackable people
alone, on both sides of the fraction. Openings by people over *all* delivered mail are the lower bound and
never an estimate: with half of the list prefetching they are half of the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.judging import LEVEL, MAILS_OF_A_STRATUM
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLD_LEAST = 0.95
"""Share of the mail whose openings must be told apart, for an estimate of all of it."""

ASSUMPTION = (
    "people whose program opens mail by itself, or is not known yet, read like the trackable people of the same "
    "domain who click as much"
)

BASES = (
    "trackable people",
    "no machine information",
    "machine information for a part",
    "too few trackable",
    "outside the bounds",
)

STRENGTHS = {"raw": "clicked", "strict": "clicked_human", "strictest": "clicked_strictest"}
"""How strictly clicks are judged, and the count of each."""

_CELL = ["domain", "clicks_besides"]


@dataclass(frozen=True, slots=True)
class Opens:
    """What is known of openings by people.

    Attributes:
        by: the columns that tell the groups apart.
        rates: a row a group: `by`; delivered, opened, proven [messages]; raw, raw_low, raw_high
            [opened / delivered]; bound_low, bound_high [the bounds of openings by people, each widened by
            its own sampling]; estimate, estimate_low, estimate_high, NaN where there is none; basis, one of
            BASES: what the estimate comes from, or why there is none; told, trackable, prefetching, unknown
            [shares of delivered mail]. All rates are shares, 0 to 1.
        clicks: a row a group and strength: `by`, strength ("raw", "strict", "strictest"), of, n, value, low,
            high.
        assumption: what the estimates take for granted.
    """

    by: tuple[str, ...]
    rates: pd.DataFrame
    clicks: pd.DataFrame
    assumption: str = ASSUMPTION


def estimate(counts: pd.DataFrame, *, by: Sequence[str] = (), level: float = LEVEL) -> Opens:
    """Bounds and an estimate of openings by people.

    The estimate is post-stratified: the rate of trackable people in each domain and level of other clicks,
    weighted by all mail delivered there. Its interval is Wilson's at the effective sample size; the
    variance is taken over people, since mails to one person are alike, and never below the binomial one.

    Args:
        counts: what `counts.openers(data, by)` returned.
        by: the columns that tell the groups apart; () for all in one.
        level: confidence of each interval, 0 to 1.

    Source: bounds as in Manski (2003), doi:10.1007/b97478; post-stratification: Holt and Smith (1979),
    doi:10.2307/2344652; the interval: Korn and Graubard (1998), Survey Methodology 24, 193-201.
    """
    by = list(by)
    counts = counts.assign(everybody="")
    keys = by or ["everybody"]
    numbers = [name for name in counts.columns if name not in {*keys, *by, *_CELL, "everybody"}]
    sums = counts.groupby(keys, dropna=False, sort=False)[numbers].agg(lambda values: values.sum(skipna=False))
    sums = sums.astype("Float64").reset_index()
    delivered = _of(sums, "delivered")
    frame = sums[keys].assign(**{name: _of(sums, name) for name in ("delivered", "opened", "proven")})
    for name, count in (("raw", "opened"), ("bound", "proven")):
        low, high = proportions.proportion_interval(frame[count], delivered, level=level)
        frame = frame.assign(**{f"{name}_low": low, f"{name}_high": high})
    # What nothing opened nobody read: all openings are the upper bound, people and machines together.
    frame["bound_high"] = frame["raw_high"]
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["raw"] = np.where(delivered > 0, frame["opened"] / delivered, np.nan)
        for name in ("told", "trackable", "prefetching", "unknown"):
            frame[name] = np.where(delivered > 0, _of(sums, f"delivered_{name}") / delivered, np.nan)
    # Where nobody is told apart the shares are not 0 but unknown.
    frame.loc[~(frame["told"] > 0), ["trackable", "prefetching", "unknown"]] = np.nan
    frame = frame.merge(_stratified(counts, keys, level), on=keys, how="left")
    frame["basis"] = _basis(frame, _of(sums, "delivered_trackable"))
    without = frame["basis"] != BASES[0]
    frame.loc[without, ["estimate", "estimate_low", "estimate_high"]] = np.nan
    columns = ["delivered", "opened", "proven", "raw", "raw_low", "raw_high", "bound_low", "bound_high"]
    columns += ["estimate", "estimate_low", "estimate_high", "basis", "told", "trackable", "prefetching", "unknown"]
    return Opens(tuple(by), frame[[*by, *columns]], _clicks(sums, by, level))


def _basis(frame: pd.DataFrame, trackable: np.ndarray) -> pd.Series:
    """What each estimate comes from, or why there is none; the first reason counts."""
    basis = pd.Series(BASES[0], index=frame.index, dtype="object")
    outside = (frame["estimate"] < frame["bound_low"]) | (frame["estimate"] > frame["bound_high"])
    basis = basis.mask(outside, BASES[4]).mask(~(trackable >= MAILS_OF_A_STRATUM), BASES[3])
    return basis.mask(~(frame["told"] >= TOLD_LEAST), BASES[2]).mask(~(frame["told"] > 0), BASES[1])


def _stratified(counts: pd.DataFrame, keys: list[str], level: float) -> pd.DataFrame:
    """The rate of trackable people, weighted to all mail of their stratum: a row a group that has any."""
    cells = counts[counts["delivered_told"].fillna(0) > 0]
    names = {
        "all": "delivered",
        "n": "delivered_trackable",
        "x": "opened_trackable",
        "xx": "opened_squares",
        "nn": "delivered_squares",
        "xn": "opened_by_delivered",
    }
    cells = cells[keys].assign(
        **{name: cells[name].astype("string") for name in _CELL},
        **{short: _of(cells, name) for short, name in names.items()},
    )
    cells = _merged(cells, keys, list(names))
    n, x, p = cells["n"], cells["x"], cells["x"] / cells["n"]
    near = (x + 0.5) / (n + 1)  # half an opening more: a stratum with none or all has an error too
    over_people = (cells["xx"] - 2 * p * cells["xn"] + p**2 * cells["nn"]) / n**2
    weight = cells["all"] / cells.groupby(keys, dropna=False)["all"].transform("sum")
    error = np.fmax(over_people, near * (1 - near) / n)
    parts = cells[keys].assign(estimate=weight * p, variance=weight**2 * error, n=n, x=x)
    found = parts.groupby(keys, dropna=False, sort=False)[["estimate", "variance", "n", "x"]].sum().reset_index()
    middle = (found["x"] + 0.5) / (found["n"] + 1)
    effective = (middle * (1 - middle) / found["variance"]).to_numpy()
    low, high = proportions.proportion_interval(found["estimate"] * effective, effective, level=level, method="wilson")
    return found[[*keys, "estimate"]].assign(estimate_low=low, estimate_high=high)


def _merged(cells: pd.DataFrame, keys: list[str], numbers: list[str]) -> pd.DataFrame:
    """Strata of at least MAILS_OF_A_STRATUM trackable mails: small ones go to their neighbours, step by step.

    Levels of clicks first (2+ to 1, then all in one), then the small domains of a level together, then all
    domains of a level whose small ones are still too few, then the group in one.
    """

    def few(*columns: str) -> pd.Series:
        return cells.groupby([*keys, *columns], dropna=False)["n"].transform("sum") < MAILS_OF_A_STRATUM

    def anywhere(small: pd.Series, *columns: str) -> pd.Series:
        return small.groupby([cells[name] for name in (*keys, *columns)], dropna=False).transform("any")

    def renamed(column: str, small: pd.Series, name: str) -> pd.DataFrame:
        changed = cells.assign(**{column: cells[column].mask(small, name)})
        return changed.groupby([*keys, *_CELL], dropna=False, sort=False)[numbers].sum().reset_index()

    cells = renamed("clicks_besides", (cells["clicks_besides"] == "2+") & few("clicks_besides"), "1")
    cells = renamed("clicks_besides", anywhere(few("clicks_besides")), "any")
    cells = renamed("domain", few(*_CELL), "small domains")
    return renamed("domain", anywhere(few(*_CELL), "clicks_besides"), "any")


def _clicks(sums: pd.DataFrame, by: list[str], level: float) -> pd.DataFrame:
    """Click rates at the three strengths, as a band of sensitivity."""
    delivered, parts = _of(sums, "delivered"), []
    for strength, name in STRENGTHS.items():
        clicked = _of(sums, name)
        low, high = proportions.proportion_interval(clicked, delivered, level=level)
        value = np.divide(clicked, delivered, out=np.full(len(sums), np.nan), where=delivered > 0)
        parts.append(
            sums[by].assign(strength=strength, numerator=clicked, n=delivered, value=value, low=low, high=high)
        )
    return pd.concat(parts, ignore_index=True)


def _of(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
