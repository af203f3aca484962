"""How do the KPIs move, month by month? (guide 1, step 2)

A month's interval says how well its rate was counted. Whether it changed is another question: months
differ for many reasons, so a change is called a change only beyond the usual variation between months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import kpi as registry
from kit.stats import between, multiplicity

if TYPE_CHECKING:
    from collections.abc import Sequence

ALPHA = 0.05
"""Level of the verdicts of one page, after Benjamini-Hochberg over all its changes."""

FEWEST = 6
"""With fewer months the usual variation between them cannot be told, and no change is judged."""

POWER = 2.8
"""1.96 + 0.84: a change of so many standard errors is seen four times in five at the 5 % level."""


@dataclass(frozen=True, slots=True)
class Months:
    """Rates by month.

    Attributes:
        rates: a row a month and KPI: month, kpi, of, n, value, low, high, missing; the change from the
            month before: change, change_low, change_high [shares], p [adjusted], verdict: "up", "down",
            "no change seen", "first", "gap", "too few months" or "unknown".
        usual: a row a KPI: kpi, months, mean, tau [sd between months], phi [overdispersion], detectable
            [the change that would be seen four times in five].
        changes: how many changes were judged.
    """

    rates: pd.DataFrame
    usual: pd.DataFrame
    changes: int


def table(counts: pd.DataFrame, kpis: Sequence[str], *, level: float = registry.LEVEL) -> Months:
    """The month table with its changes.

    Args:
        counts: a row a month, from `counts.messages(data, ["month"])`.
        kpis: keys of rates.
        level: confidence of the intervals.

    Returns:
        Every month from the first to the last, in order: a month without mail is a gap, not 0 %.

    Source: guide 1, step 2; between-month variance by Paule and Mandel (1982), doi:10.6028/jres.087.022.
    """
    found = registry.values(_calendar(counts), kpis, by=["month"], level=level)
    parts, usual = [], []
    for key in kpis:
        own = found[found["kpi"] == key].reset_index(drop=True)
        known = own[own["value"].notna()]
        spread = between.spread(known["of"], known["n"])
        enough = len(known) >= FEWEST
        parts.append(pd.concat([own, _changes(own, known) if enough else _changes(own, known.iloc[:0])], axis=1))
        usual.append(
            {"kpi": key, "months": len(known), "mean": spread.mean}
            | {"tau": spread.tau if enough else np.nan, "phi": spread.phi if enough else np.nan}
            | {"detectable": _detectable(spread.mean, spread.tau, known["n"].median()) if enough else np.nan}
        )
    rates = pd.concat(parts, ignore_index=True)
    rates["p"] = multiplicity.adjust(rates["p"])
    rates["verdict"] = _verdicts(rates, pd.DataFrame(usual).set_index("kpi"))
    return Months(rates, pd.DataFrame(usual), int(rates["p"].notna().sum()))


def _calendar(counts: pd.DataFrame) -> pd.DataFrame:
    months = counts["month"].dropna()
    if months.empty:
        return counts.iloc[:0]
    span = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m")
    return counts.set_index("month").reindex(span).rename_axis("month").reset_index()


def _changes(own: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each month against the one before it, by the usual variation of all the others.

    The two months are left out of the usual: else one that stands out would hide itself.
    """
    rows = [(np.nan, np.nan, np.nan, np.nan)]
    for before, now in zip(own.to_dict("records"), own.to_dict("records")[1:], strict=False):
        if np.isnan(before["value"]) or np.isnan(now["value"]):
            rows.append((np.nan, np.nan, np.nan, np.nan))
            continue
        others = known[~known["month"].isin((before["month"], now["month"]))]
        tau, months = between.spread(others["of"], others["n"]).tau, len(others)
        moved = between.change((before["of"], before["n"]), (now["of"], now["n"]), tau=tau, k=months)
        rows.append((moved.value, moved.low, moved.high, moved.p))
    return pd.DataFrame(rows[: len(own)], columns=["change", "change_low", "change_high", "p"])


def _detectable(mean: float, tau: float, n: float) -> float:
    return POWER * float(np.sqrt(2 * (mean * (1 - mean) / n + tau**2)))


def _verdicts(rates: pd.DataFrame, usual: pd.DataFrame) -> pd.Series:
    moved = rates["p"] < ALPHA
    verdict = pd.Series("no change seen", index=rates.index, dtype="object")
    verdict = verdict.mask(moved & (rates["change"] > 0), "up").mask(moved & (rates["change"] < 0), "down")
    verdict = verdict.mask(rates["p"].isna(), "too few months")
    verdict = verdict.mask(rates["change"].isna(), "gap").mask(rates["value"].isna(), "unknown")
    verdict = verdict.mask(rates["n"].isna(), "gap")
    return verdict.mask(rates["month"] == rates["month"].min(), "first").where(
        rates["kpi"].map(usual["months"]) > 0, "unknown"
    )
