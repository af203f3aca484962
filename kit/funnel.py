"""Where on the way to a customer are people lost? (guide 2)

A step's plain rate is of people who were followed for the whole of its days; the lagged one takes in everybody, each
for as long as was followed (1 - Kaplan-Meier). Steps multiply to the whole on one cohort only: those are `passed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import pandas as pd

from kit.errors import UsageError, nearest
from kit.stats import multiplicity, proportions, survival

if TYPE_CHECKING:
    from kit.stats.arrays import Floats
    from kit.stats.survival import Curve

FEW = 30
"""A group with fewer people in a step is shown and not judged (DEFINITIONS: 30 at risk)."""

BY = ("group", "cohort", "sequence")


@dataclass(frozen=True, slots=True)
class Funnel:
    """The way to a customer.

    Attributes:
        days: a step counts within so many days.
        steps: a row a step and group: step, start, end, group, entered [people], open [of them neither there yet nor
            followed for the days], n [mature], passed [of n, within the days], value, low, high [passed / n], lagged,
            lagged_low, lagged_high [1 - Kaplan-Meier at the days; NaN: nobody was followed so long], at_risk [people
            at the days], median, median_low, median_high [days until half have passed, by Kaplan-Meier; NaN: not
            reached], half [days within which half of those who passed did], skipped [people], few [bool].
        passed: a row a group and stage: group, stage, n [people who came so far, one step after the other], of [who
            began], value, low, high [n / of; the first stage is certain and has no interval]: the same people.
        curves: step and group -> the share still before the step's end, by days.
        differ: a row a step: step, groups [those that are not few], p [log-rank within the days, adjusted over the
            steps].
        early: people left out of all this, as they were first seen before all stages were recorded.
    """

    days: int
    steps: pd.DataFrame
    passed: pd.DataFrame
    curves: dict[tuple[str, str], Curve]
    differ: pd.DataFrame
    early: int


def follow(stages: pd.DataFrame, paths: pd.DataFrame | None = None, *, days: int, by: str = "group") -> Funnel:
    """Conversion of each step and of the whole.

    Args:
        stages: what `counts.stages` returned.
        paths: what `counts.paths` returned for the same days; None: not asked.
        days: as told to both.
        by: "group"; "cohort" for the month of entering the step; "sequence" for groups that overlap, as those of
            automations do: these are not tested against each other.

    Raises:
        UsageError: an unknown `by`.

    Source: guide 2; Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; Wilson (1927),
    doi:10.1080/01621459.1927.10502953.
    """
    if by not in BY:
        raise UsageError(f"funnel.follow: steps have no {by!r}. {nearest(by, BY)}")
    early = stages["early"].astype(bool)
    whole = stages.loc[early & (stages["start"] == _first(stages))]
    known = stages[~early].assign(group=stages["cohort" if by == "cohort" else "group"])
    rows, curves = [], {}
    for (step, group), own in known.groupby(["step", "group"], sort=False):
        curve = survival.kaplan_meier(own["days"], own["reached"], own["n"])
        curves[str(step), str(group)] = curve
        rows.append(_step(own, curve, days) | {"group": group})
    found = pd.DataFrame(rows, columns=_COLUMNS).sort_values("group", kind="stable")
    order = {step: place for place, step in enumerate(dict.fromkeys(stages["step"]))}
    found = found.sort_values("step", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    left_out = whole.groupby("step")["n"].sum()
    return Funnel(
        days=days,
        steps=found,
        passed=_passed(paths, stages),
        curves=curves,
        differ=_differ(known.iloc[:0] if by == "sequence" else known, found, list(order), days),
        early=int(left_out.max()) if len(left_out) else 0,
    )


_COLUMNS = [
    "step", "start", "end", "group", "entered", "open", "n", "passed", "value", "low", "high", "lagged", "lagged_low",
    "lagged_high", "at_risk", "median", "median_low", "median_high", "half", "skipped", "few",
]  # fmt: skip


def _first(stages: pd.DataFrame) -> str:
    return "" if stages.empty else str(stages["start"].iloc[0])


def _step(own: pd.DataFrame, curve: Curve, days: int) -> dict[str, object]:
    """One step of one group."""
    reached, mature = own["reached"].astype(bool), own["mature"].astype(bool)
    in_time = own[reached & mature & (own["days"] <= days)]
    n, passed = int(own.loc[mature, "n"].sum()), int(in_time["n"].sum())
    low, high = proportions.proportion_interval(passed, n)
    there, least, most = curve.at(days)
    beyond = curve.times >= days
    return {
        "step": own["step"].iloc[0],
        "start": own["start"].iloc[0],
        "end": own["end"].iloc[0],
        "entered": int(own["n"].sum()),
        "open": int(own.loc[~mature & ~reached, "n"].sum()),
        "n": n,
        "passed": passed,
        "value": passed / n if n else nan,
        "low": float(low),
        "high": float(high),
        "lagged": 1 - there,
        "lagged_low": 1 - most,
        "lagged_high": 1 - least,
        "at_risk": int(curve.at_risk[beyond.argmax()]) if beyond.any() else 0,
        "median": _or_nan(curve.reaches(0.5)),
        "median_low": _when(curve, curve.low),
        "median_high": _when(curve, curve.high),
        "half": _half(in_time),
        "skipped": int(own.loc[own["skipped"].astype(bool), "n"].sum()),
        "few": n < FEW,
    }


def _half(in_time: pd.DataFrame) -> float:
    """Days within which half of them passed: the first day that holds them."""
    if in_time.empty:
        return nan
    times = in_time.sort_values("days")
    sums = times["n"].cumsum()
    return float(times.loc[sums >= sums.iloc[-1] / 2, "days"].iloc[0])


def _when(curve: Curve, bound: Floats) -> float:
    """When one bound of the curve falls to a half (Brookmeyer & Crowley 1982, doi:10.2307/2530286)."""
    met = bound <= 0.5
    return float(curve.times[met.argmax()]) if met.any() else nan


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def _passed(paths: pd.DataFrame | None, stages: pd.DataFrame) -> pd.DataFrame:
    """How many of the same people came to each stage."""
    columns = ["group", "stage", "n", "numerator", "value", "low", "high"]
    names = [_first(stages), *dict.fromkeys(stages["end"])]
    if paths is None or paths.empty or stages.empty:
        return pd.DataFrame(columns=columns)
    rows = []
    for group, own in paths[~paths["early"].astype(bool)].groupby("group"):
        of = int(own["n"].sum())
        for place, stage in enumerate(names):
            n = int(own.loc[own["passed"] >= place, "n"].sum())
            low, high = proportions.proportion_interval(n, of) if place else (nan, nan)
            rows.append((group, stage, n, of, n / of, float(low), float(high)))
    return pd.DataFrame(rows, columns=columns)


def _differ(known: pd.DataFrame, found: pd.DataFrame, order: list[str], days: int) -> pd.DataFrame:
    """Whether groups pass a step alike within the days: who passes later is open until then."""
    rows = []
    for step in order:
        judged = found.loc[(found["step"] == step) & ~found["few"].astype(bool), "group"]
        own = known[(known["step"] == step) & known["group"].isin(judged)]
        time, in_time = own["days"].clip(upper=days), own["reached"].astype(bool) & (own["days"] <= days)
        p = survival.logrank(time, in_time, own["group"], own["n"]).p if len(judged) > 1 else nan
        rows.append((step, len(judged), p))
    table = pd.DataFrame(rows, columns=["step", "groups", "p"])
    return table.assign(p=multiplicity.adjust(table["p"]))
