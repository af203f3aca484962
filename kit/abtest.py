"""Did the new subject line win? (guide 1, step 5)

The rule is declared before looking: the split is checked first; then each variant is set against the
first one; B is better, or A is, only where the interval of the difference leaves zero out. Everything
else is "not decided", with the number of mails that would decide it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import compare
from kit import kpi as registry
from kit.errors import UsageError
from kit.stats import multiplicity, rates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALPHA = 0.05
WORTHWHILE = 0.1
"""A lift of a tenth: the difference for which the number of mails still needed is told."""


def verdicts(
    counts: pd.DataFrame,
    key: str,
    *,
    planned: Sequence[float] = (),
    worthwhile: float = WORTHWHILE,
    level: float = registry.LEVEL,
) -> pd.DataFrame:
    """The verdict of every test: each variant against the first of its campaign.

    Args:
        counts: a row a campaign and variant, from `counts.messages(data, ["campaign_id",
            "campaign_name", "variant"])`; rows without a variant are passed over.
        key: the KPI that decides, a rate, chosen before looking.
        planned: the planned shares of the variants; () for equal ones.
        worthwhile: the relative lift for which `needed` is told.
        level: confidence of the intervals.

    Returns:
        A row a campaign and comparison: campaign_id, campaign_name, sent_local, kpi, a, b, sent_a, sent_b,
        of_a, n_a, value_a, low_a, high_a and the same for b; split_p; difference, low, high [shares, b - a];
        lift, lift_low, lift_high [relative]; p [Holm over the variants of the campaign], test;
        needed [mails an arm for the worthwhile lift]; decision: "b", "a", "not decided", "split broken",
        "unknown".

    Raises:
        UsageError: the KPI is no rate, or the planned shares do not fit the number of variants.

    Source: guide 1, step 5; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I;
    Koopman (1984), doi:10.2307/2531405; Holm (1979), jstor.org/stable/4615733; sample ratio: Fabijan et al.
    (2019), doi:10.1145/3292500.3330722.
    """
    compare.rate(key)
    arms = counts[counts["variant"].notna()].sort_values(["sent_local", "campaign_id", "variant"], kind="stable")
    arms = registry.values(arms, [key], by=[*_IDENTITY, "sent"], level=level)
    parts = [
        _campaign(own.reset_index(drop=True), planned, worthwhile, level)
        for _, own in arms.groupby("campaign_id", sort=False)
        if len(own) > 1
    ]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(parts, ignore_index=True).reindex(columns=_COLUMNS)


_IDENTITY = ["campaign_id", "campaign_name", "sent_local", "variant"]
_ARM = ["sent", "of", "n", "value", "low", "high"]
_COLUMNS = [
    *("campaign_id", "campaign_name", "sent_local", "kpi", "a", "b"),
    *(f"{name}_{side}" for side in "ab" for name in _ARM),
    *(
        "split_p",
        "difference",
        "low",
        "high",
        "lift",
        "lift_low",
        "lift_high",
        "p",
        "test",
        "needed",
        "decision",
    ),
]


def _campaign(arms: pd.DataFrame, planned: Sequence[float], worthwhile: float, level: float) -> pd.DataFrame:
    if planned and len(planned) != len(arms):
        name = arms["campaign_name"].iloc[0]
        raise UsageError(f"split names {len(planned)} shares, but {name!r} has {len(arms)} variants.")
    split = rates.split(arms["sent"], planned)
    rows = [_pair(arms.iloc[0], arms.iloc[n], worthwhile, level) for n in range(1, len(arms))]
    table = pd.DataFrame(rows).assign(split_p=split.p)
    table["p"] = multiplicity.adjust(table["p"], method="holm")
    table["decision"] = [_decision(row, split_broken=split.broken) for row in table.to_dict("records")]
    return table


def _pair(a: pd.Series, b: pd.Series, worthwhile: float, level: float) -> dict[str, object]:
    row = {name: a[name] for name in ("campaign_id", "campaign_name", "sent_local", "kpi")}
    row |= {"a": a["variant"], "b": b["variant"]}
    row |= {f"{name}_{side}": arm[name] for side, arm in (("a", a), ("b", b)) for name in _ARM}
    difference = rates.difference(a["of"], a["n"], b["of"], b["n"], level=level)
    lift = rates.lift(a["of"], a["n"], b["of"], b["n"], level=level)
    row |= {"difference": difference.value, "low": difference.low, "high": difference.high}
    row |= {"lift": lift.value, "lift_low": lift.low, "lift_high": lift.high}
    return row | {"p": difference.p, "test": difference.test, "needed": _needed(a["value"], worthwhile)}


def _needed(base: float, worthwhile: float) -> float:
    better = base * (1 + worthwhile)
    return float(rates.sample_size(base, better) or np.nan) if base > 0 and better < 1 else np.nan


def _decision(row: Mapping[Any, Any], *, split_broken: bool) -> str:
    if np.isnan(row["p"]):
        return "unknown"
    if split_broken:
        return "split broken"
    if row["p"] >= ALPHA or row["low"] <= 0 <= row["high"]:
        return "not decided"
    higher_is_better = registry.find(str(row["kpi"])).better == "higher"
    return "b" if (row["difference"] > 0) == higher_is_better else "a"
