"""Is the service other since a known change? (guide 1, step 2)

Waits are compared by their order, so that one forgotten request does not turn the result; scores by the chance that one
given since is above one given before, for the step from 1 to 2 need not be that from 4 to 5; requests by how often they
come. Months differ without any change, so a change is called one only if the months say so too. What it comes from
is not told: other things changed as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import ALPHA
from kit.stats import multiplicity, poisson, ranks

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW = 0.95
"""An open request that has waited longer than so many of the answered ones is slow; a younger one is left out."""

MONTHS = 4
"""Months on each side from which months can tell a change at all: of 4 and 4 the clearest order has p = 0.03."""


@dataclass(frozen=True, slots=True)
class Around:
    """The service before a change and since.

    Attributes:
        change: the first month after it, or "".
        table: a row a figure: figure ["response_time", "satisfaction", "requests"], n_before, n_since; before, since,
            with _low and _high [median minutes, mean score 0 to 1, requests a day]; effect, low, high [minutes later;
            the chance to be above, 0.5 is none; the ratio]; p, months_p [Holm over the figures]; left_out [open
            requests too young to count]; verdict: "higher", "lower", "no change seen", "too few months" or "unknown".
    """

    change: str
    table: pd.DataFrame


def service(waits: pd.DataFrame, scores: pd.DataFrame, requests: pd.DataFrame, change: str) -> Around:
    """The service before a known change against the service since.

    Args:
        waits: what `counts.waits` returned.
        scores: what `counts.scores` returned.
        requests: what `counts.requests` returned.
        change: the first month after the change, like 2026-03; "" where none is known.

    Source: guide 1, step 2; Hodges & Lehmann (1963), doi:10.1214/aoms/1177704172; Brunner & Munzel (2000),
    doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U; Przyborowski & Wilenski (1940),
    doi:10.1093/biomet/31.3-4.313.
    """
    rows = []
    for figure, frame, compare in (
        ("response_time", waits, _waits),
        ("satisfaction", scores, _scores),
        ("requests", requests, _requests),
    ):
        known = frame[frame["month"].notna()]
        sides = known[known["month"] < change], known[known["month"] >= change]
        if change and all(len(side) for side in sides):
            rows.append({"figure": figure} | compare(*sides))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("p", "months_p"):
        table[name] = multiplicity.adjust(table[name].astype(float), method="holm")
    table["verdict"] = [_verdict(row) for row in table.to_dict("records")]
    return Around(change, table)


_COLUMNS = [
    *("figure", "n_before", "n_since", "before", "before_low", "before_high", "since", "since_low", "since_high"),
    *("effect", "low", "high", "p", "months", "months_p", "up", "left_out"),
]


def _waits(before: pd.DataFrame, since: pd.DataFrame) -> dict[str, Any]:
    both = pd.concat([before, since], ignore_index=True)
    both = both[both["minutes"].notna()]
    answered = both[both["answered"].astype(bool)]
    slow = ranks.quantile_interval(answered["minutes"], answered["n"], q=SLOW)[0]
    told = both["answered"].astype(bool) | (both["minutes"] >= slow)
    # How long an open one will take is not known; it is as slow as the slowest.
    minutes = both["minutes"].astype(float).where(both["answered"].astype(bool), both["minutes"].max())
    both = both.assign(minutes=minutes, since=both["month"] >= since["month"].min())
    left_out = int(both.loc[~told, "n"].sum())
    both = both[told]
    a, b = ((own["minutes"], own["n"]) for own in (both[~both["since"]], both[both["since"]]))
    found = ranks.hodges_lehmann(a, b)
    sides = [ranks.quantile_interval(*side) for side in (a, b)]
    months = _months(both, lambda own: ranks.quantile_interval(own["minutes"], own["n"])[0])
    return _row(sides, (found.value, found.low, found.high, found.p), months, found.value > 0) | {
        "n_before": int(a[1].sum()),
        "n_since": int(b[1].sum()),
        "left_out": left_out,
    }


def _scores(before: pd.DataFrame, since: pd.DataFrame) -> dict[str, Any]:
    both = pd.concat([before.assign(since=False), since.assign(since=True)])
    a, b = ((own["score"], own["n"]) for own in (before, since))
    found = ranks.brunner_munzel(a, b)
    sides = [(float((x * n).sum() / n.sum()), np.nan, np.nan) for x, n in (a, b)]
    months = _months(both, lambda own: float((own["score"] * own["n"]).sum() / own["n"].sum()))
    return _row(sides, (found.value, found.low, found.high, found.p), months, found.value > 0.5) | {
        "n_before": int(a[1].sum()),
        "n_since": int(b[1].sum()),
        "left_out": 0,
    }


def _requests(before: pd.DataFrame, since: pd.DataFrame) -> dict[str, Any]:
    both = pd.concat([before.assign(since=False), since.assign(since=True)])
    spread = poisson.overdispersion(both["n"], both["since"])
    spread = 1.0 if np.isnan(spread) else spread
    numbers = [(float(own["n"].sum()), float(len(own))) for own in (before, since)]
    found = poisson.rate_ratio(*numbers, spread=spread)
    rates = [poisson.rate_interval(count / spread, days / spread) for count, days in numbers]
    sides = [(one.value, one.low, one.high) for one in rates]
    months = _months(both, lambda own: float(own["n"].mean()))
    return _row(sides, (found.value, found.low, found.high, found.p), months, found.value > 1) | {
        "n_before": int(numbers[0][0]),
        "n_since": int(numbers[1][0]),
        "left_out": 0,
    }


def _months(both: pd.DataFrame, figure: Callable[[pd.DataFrame], float]) -> tuple[int, float]:
    """The fewer months of the two sides, and the p-value of their figures by order."""
    values = pd.Series({name: figure(own) for name, own in both.groupby("month")})
    since = both.groupby("month")["since"].first()
    sides = [values[~since.astype(bool)], values[since.astype(bool)]]
    fewer = min(len(side) for side in sides)
    if fewer < MONTHS:
        return fewer, np.nan
    return fewer, ranks.hodges_lehmann((sides[0], None), (sides[1], None)).p


def _row(
    sides: list[tuple[float, float, float]],
    effect: tuple[float, float, float, float],
    months: tuple[int, float],
    up: object,
) -> dict[str, Any]:
    told: dict[str, Any] = dict(zip(("effect", "low", "high", "p"), effect, strict=True))
    for name, side in zip(("before", "since"), sides, strict=True):
        told |= dict(zip((name, f"{name}_low", f"{name}_high"), side, strict=True))
    return told | {"months": months[0], "months_p": months[1], "up": bool(up)}


def _verdict(row: dict[Any, Any]) -> str:
    if np.isnan(row["p"]):
        return "unknown"
    if row["months"] < MONTHS:
        return "too few months"
    if row["p"] >= ALPHA or not row["months_p"] < ALPHA:
        return "no change seen"
    return "higher" if row["up"] else "lower"
