"""For whom does it work? (guide 1, step 6)

People are grouped by what was known of them before the mail. The person is the unit: who got eight mails is one
person, not eight. Every level is set against the others of its trait, and all comparisons of the page are taken
together. A segment that reacts more is not one on which mail works more: that takes a test (notebook 06).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import ALPHA, EVENTS, LEVEL
from kit.stats import cluster_robust, multiplicity

if TYPE_CHECKING:
    from kit.metrics import Kpi

BUYERS = 20
"""Buyers, all of them alike, to whom a level's money and that of the others must amount to be judged (Kish 1965)."""

MONEY = "revenue_per_mail"

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Levels of traits beside each other.

    Attributes:
        kpi: what was compared.
        rates: a row a trait and level: trait, level, people, mails, of, n, value, low, high, effect [design
            effect], difference from the other levels, difference_low, difference_high, p [adjusted], verdict:
            "higher", "lower", "no difference seen", "too few" or "unknown".
        traits: a row a trait: trait, known [levels], unknown [mails whose level is not known], p [of all levels
            having one rate, adjusted].
        total: mails below the line in all; each trait's levels and unknown add up to it.
    """

    kpi: Kpi
    rates: pd.DataFrame
    traits: pd.DataFrame
    total: int


def known(key: str) -> Kpi:
    """The KPI of this key, which must be a rate of campaign mail or its revenue.

    Raises:
        UsageError: it is unknown or neither.
    """
    return metrics.find(key) if key == MONEY else metrics.mail_rate(key)


def compare(levels: pd.DataFrame, key: str, *, total: float, level: float = LEVEL) -> Segments:
    """Set each level against the others of its trait.

    Args:
        levels: what `counts.levels(data, kpi.numerator, kpi.denominator)` returned.
        key: as for `known`.
        total: of the KPI's lower count over all bulk mail, from `counts.messages(data, [])`.
        level: confidence of the intervals.

    Source: guide 1, step 6; ratio of means with the person as the unit, Deng, Knoblich and Lu (2018),
    doi:10.1145/3219819.3219919; Benjamini-Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    kpi = known(key)
    found = levels[levels["level"].notna()]
    parts, traits = [], []
    judge = _money if kpi.kind == "mean" else _trait
    for name, own in found.groupby("trait", sort=False):
        table, p = judge(own.reset_index(drop=True), level)
        parts.append(table)
        traits.append({"trait": name, "known": len(own), "unknown": total - own["n"].sum(), "p": p})
    if not parts:
        return Segments(kpi, pd.DataFrame(columns=_COLUMNS), pd.DataFrame(columns=_TRAIT_COLUMNS), int(total))
    rates = pd.concat(parts, ignore_index=True)
    rates["p"] = multiplicity.adjust(rates["p"])
    rates["verdict"] = _verdicts(rates)
    page = pd.DataFrame(traits)
    page["p"] = multiplicity.adjust(page["p"])
    return Segments(kpi, rates[_COLUMNS], page, int(total))


_COLUMNS = [
    *("trait", "level", "people", "mails", "numerator", "n", "value", "low", "high", "effect"),
    *("difference", "difference_low", "difference_high", "p", "verdict"),
]
_TRAIT_COLUMNS = ["trait", "known", "unknown", "p"]


def _trait(own: pd.DataFrame, level: float) -> tuple[pd.DataFrame, float]:
    squares = (own["numerator_squares"], own["n_squares"], own["products"])
    found = cluster_robust.clustered_rates(own["people"], own["numerator"], own["n"], squares=squares, level=level)
    common = own["numerator"].sum() / own["n"].sum() if own["n"].sum() else 0
    large = own["n"] / pd.Series(found.design_effect) * min(common, 1 - common) >= EVENTS
    difference, error, p = cluster_robust.versus_others(found, own["n"])
    table = own.assign(value=found.value, low=found.low, high=found.high, effect=found.design_effect, large=large)
    table = table.assign(
        difference=difference, difference_low=difference - Z * error, difference_high=difference + Z * error
    )
    return table.assign(p=pd.Series(p).where(large)), cluster_robust.homogeneity_test(found)


def _money(own: pd.DataFrame, level: float) -> tuple[pd.DataFrame, float]:
    """Levels by money a mail: each against the sums of the others."""
    squares = own["numerator_squares"], own["n_squares"], own["products"]
    told = cluster_robust.clustered_means(own["people"], own["numerator"], own["n"], squares=squares, level=level)
    others = own[_SUMS].sum() - own[_SUMS]
    rows = []
    for each, rest in zip(own[_SUMS].to_numpy(float), others.to_numpy(float), strict=True):
        people, of, n, *more = np.array([rest, each]).T
        alike = min(amount**2 / square if square > 0 else 0.0 for amount, square in zip(of, more[0], strict=True))
        gap = cluster_robust.clustered_mean_difference(people, of, n, squares=tuple(more), level=level)
        rows.append((gap.value, gap.low, gap.high, gap.p, alike >= BUYERS))
    names = ["difference", "difference_low", "difference_high", "p", "large"]
    gaps = pd.DataFrame(rows, columns=names, index=own.index).astype({"large": bool})
    gaps["p"] = gaps["p"].where(gaps["large"])
    table = own.assign(value=told.value, low=told.low, high=told.high, effect=told.design_effect)
    judged = cluster_robust.ClusterRobust(*(np.where(gaps["large"], one, np.nan) for one in dataclasses.astuple(told)))
    return table.join(gaps), cluster_robust.homogeneity_test(judged)


_SUMS = ["people", "numerator", "n", "numerator_squares", "n_squares", "products"]


def _verdicts(rates: pd.DataFrame) -> pd.Series:
    verdict = pd.Series("no difference seen", index=rates.index, dtype="object")
    flagged = rates["p"] < ALPHA
    verdict = verdict.mask(flagged & (rates["difference"] > 0), "higher").mask(
        flagged & (rates["difference"] < 0), "lower"
    )
    return verdict.mask(rates["p"].isna(), "unknown").mask(~rates["large"].astype(bool), "too few")
