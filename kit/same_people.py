"""Which campaign did better with the same people? (guide 1, step 3)

Campaigns usually go to much the same list, so their rates are not of different people. Of those who got all of
them only the ones who reacted to some and not to others tell a difference: everybody else says nothing. That
takes an event log; totals know no people.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.counts.pairs import REACTIONS
from kit.judging import ALPHA, LEVEL
from kit.stats import multiplicity, paired, proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.compare import Comparison
    from kit.metrics import Kpi
    from kit.stats.paired import CochranQ

LATEST = 3
"""Campaigns that are looked at where none are named: of more, hardly anybody got all."""


@dataclass(frozen=True, slots=True)
class SamePeople:
    """Campaigns with the people who got all of them.

    Attributes:
        kpi: what was compared.
        rates: a row a campaign: campaign_name, of, n [people], value, low, high [share].
        pairs: a row a pair: name_a, name_b, only_a, only_b [people who reacted to one alone], value, low, high
            [share, b - a], p [Holm over the pairs], test, decision: "a", "b" [the better one], "not decided" or
            "unknown".
        several: whether all are equal.
        people: who got all of them.
        why: why there is nothing to compare, or "".
    """

    kpi: Kpi
    rates: pd.DataFrame
    pairs: pd.DataFrame
    several: CochranQ
    people: int
    why: str = ""


def choose(compared: Comparison, *, a: str = "", b: str = "", most: int = LATEST) -> list[str]:
    """The campaigns to look at: the two that are named, else the latest ones of the list that got the last one.

    Args:
        compared: of all campaigns; too young ones are passed over.
        a: name or id of a campaign, or "".
        b: of another, or "".
        most: how many of the latest.
    """
    rows = compared.rates[compared.rates["value"].notna()]
    if a and b:
        told = rows[rows["campaign_name"].isin((a, b)) | rows["campaign_id"].isin((a, b))]
        return told["campaign_id"].tolist()
    old = rows[rows["verdict"] != "too young"].sort_values("sent_local", kind="stable")
    if len(old) and "list_name" in old:
        last = old["list_name"].iloc[-1]
        old = old[old["list_name"] == last] if isinstance(last, str) else old
    return old["campaign_id"].tail(most).tolist()


def compare(patterns: pd.DataFrame, compared: Comparison, *, level: float = LEVEL) -> SamePeople:
    """The campaigns' rates among the people who got all of them, and what those who differ say.

    Args:
        patterns: what `counts.same_people(data, choose(compared), compared.kpi.numerator)` returned.
        compared: of all campaigns, for their names.
        level: confidence of the intervals.

    Source: Cochran (1950), doi:10.1093/biomet/37.3-4.256; McNemar (1947), doi:10.1007/BF02295996; Holm (1979),
    jstor.org/stable/4615733.
    """
    kpi = compared.kpi
    names = dict(zip(compared.rates["campaign_id"], compared.rates["campaign_name"], strict=True))
    ids = [name for name in patterns.columns if name != "people"]
    people = patterns["people"].to_numpy(dtype=float)
    total = int(people.sum())
    did = patterns[ids].to_numpy(dtype=float).reshape(len(patterns), len(ids))
    rows = [
        {"campaign_name": names[one], "numerator": float(people @ did[:, n]), "n": total} for n, one in enumerate(ids)
    ]
    table = pd.DataFrame(rows, columns=["campaign_name", "numerator", "n"])
    low, high = proportions.proportion_interval(table["numerator"], table["n"], level=level)
    table = table.assign(value=table["numerator"] / table["n"].where(table["n"] > 0), low=low, high=high)
    pairs = pd.DataFrame(
        [
            _pair(names[ids[a]], names[ids[b]], did[:, [a, b]], people, level)
            for a, b in combinations(range(len(ids)), 2)
        ],
        columns=_PAIR,
    )
    pairs["p"] = multiplicity.adjust(pairs["p"], method="holm")
    pairs["decision"] = [_decision(value, p, kpi) for value, p in zip(pairs["value"], pairs["p"], strict=True)]
    several = paired.cochran_q(did, people) if len(patterns) else paired.CochranQ(np.nan, 0, np.nan)
    return SamePeople(kpi, table, pairs, several, total, _why(kpi, ids, total))


_PAIR = ["name_a", "name_b", "only_a", "only_b", "value", "low", "high", "p", "test"]


def _pair(name_a: str, name_b: str, did: np.ndarray, people: np.ndarray, level: float) -> tuple[object, ...]:
    only_a = float(people @ (did[:, 0] * (1 - did[:, 1])))
    only_b = float(people @ (did[:, 1] * (1 - did[:, 0])))
    found = paired.mcnemar(only_a, only_b, people.sum(), level=level)
    return name_a, name_b, only_a, only_b, found.value, found.low, found.high, found.p, found.test


def _decision(value: float, p: float, kpi: Kpi) -> str:
    if np.isnan(p):
        return "unknown"
    if p >= ALPHA:
        return "not decided"
    return "b" if (value > 0) == (kpi.better == "higher") else "a"


def _why(kpi: Kpi, ids: Sequence[str], total: int) -> str:
    if kpi.numerator not in REACTIONS or kpi.denominator != "delivered":
        return "kpi"
    return "" if total else "nobody" if len(ids) > 1 else "totals"
