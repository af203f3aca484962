"""Does the new subject line win with everybody? (guide 1, steps 5 and 6)

A test is read part by part of the audience: the arms are compared within each part, the parts' differences are put
together, and it is asked whether they are one difference at all. Where the arms' mixes differ, because the split was
changed on the way, say, the pooled rates can favour the arm that loses in every part (Simpson). Then the pooled verdict
misleads, and it is said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import ALPHA, EVENTS, LEVEL, OTHERS, SMALLEST_PART
from kit.stats import multiplicity, proportions, stratified

if TYPE_CHECKING:
    from collections.abc import Collection

    from kit.metrics import Kpi

APART = 0.5
"""Share of the larger difference by which pooled and stratified must differ for the pooled one to mislead."""


@dataclass(frozen=True, slots=True)
class Strata:
    """Tests read part by part.

    Attributes:
        kpi: what decides.
        part: the column that tells the parts apart.
        tests: a row a test and comparison: campaign_id, campaign_name, a, b; pooled [share, b - a], pooled_p;
            difference, low, high, p [stratified]; odds; uneven_p [of one odds ratio in all parts, Holm over the
            tests]; parts [with both arms]; reading: "same" [one difference in all parts], "uneven" [read it part by
            part], "misleads" [the pooled verdict does], "broken" [the split is], "unknown".
        rates: a row a test, comparison and part: campaign_id, campaign_name, a, b, part, n_a, value_a, n_b, value_b,
            difference, low, high [share], p [Holm over the parts of the test].
    """

    kpi: Kpi
    part: str
    tests: pd.DataFrame
    rates: pd.DataFrame


def by_part(counts: pd.DataFrame, key: str, part: str, *, broken: Collection[str] = (), level: float = LEVEL) -> Strata:
    """Each variant against the first of its campaign, within parts of the audience.

    Parts with less than a twentieth of a test's mail are taken together.

    Args:
        counts: a row a campaign, variant and part, from `counts.messages(data, ["campaign_id", "campaign_name",
            "sent_local", "variant", part])`; rows without a variant or part are passed over.
        key: the KPI that decides; one that is no rate has no parts.
        part: the column that tells the parts apart: segment, domain, tenure …, fixed before the test.
        broken: ids of campaigns whose split was found broken; they are shown and not read.
        level: confidence of the intervals.

    Source: Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; Breslow & Day with Tarone (1985),
    doi:10.1093/biomet/72.1.91; Simpson (1951), jstor.org/stable/2984065; Holm (1979), jstor.org/stable/4615733.
    """
    kpi = metrics.find(key)
    tests, parts = [], []
    if kpi.kind == "rate":
        metrics.mail_rate(key)
        found = metrics.values(counts, [key], by=["campaign_id", "campaign_name", "sent_local", "variant", part])
        found = found[found["variant"].notna() & found[part].notna() & found["value"].notna()]
        found = found.sort_values(["sent_local", "campaign_id", "variant", part], kind="stable")
        for _, own in found.groupby("campaign_id", sort=False):
            for test, table in _campaign(own, part, level):
                tests.append(test)
                parts.append(table)
    told = pd.DataFrame(tests, columns=_TESTS)
    told["uneven_p"] = multiplicity.adjust(told["uneven_p"].astype(float), method="holm")
    told["reading"] = [_reading(row) for row in told.to_dict("records")]
    spoilt = told["campaign_id"].isin(list(broken)) & (told["reading"] != "misleads")
    told["reading"] = told["reading"].mask(spoilt, "broken")
    return Strata(kpi, part, told, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_RATES))


_TESTS = [
    *("campaign_id", "campaign_name", "a", "b", "pooled", "pooled_p", "difference", "low", "high", "p", "odds"),
    *("uneven_p", "parts"),
]
_RATES = [
    *("campaign_id", "campaign_name", "a", "b", "part", "n_a", "value_a", "n_b", "value_b"),
    *("difference", "low", "high", "p"),
]


def _campaign(own: pd.DataFrame, part: str, level: float) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    mail = own.groupby(part)["n"].sum()
    small = mail.index[mail < SMALLEST_PART * mail.sum()]
    own = own.assign(part=own[part].where(~own[part].isin(small), OTHERS))
    sums = own.groupby(["variant", "part"], sort=False)[["numerator", "n"]].sum()
    variants = list(dict.fromkeys(own["variant"]))
    return [_pair(own.iloc[0], sums, variants[0], b, level) for b in variants[1:]]


def _pair(told: pd.Series, sums: pd.DataFrame, a: str, b: str, level: float) -> tuple[dict[str, Any], pd.DataFrame]:
    both = sums.loc[a].add_suffix("_a").join(sums.loc[b].add_suffix("_b"), how="inner")
    numbers = [both[name] for name in ("numerator_a", "n_a", "numerator_b", "n_b")]
    common = stratified.mantel_haenszel(*numbers, level=level)
    whole = proportions.proportion_difference(*(one.sum() for one in numbers), level=level)
    same = {"campaign_id": told["campaign_id"], "campaign_name": told["campaign_name"], "a": a, "b": b}
    test = same | {"pooled": whole.value, "pooled_p": whole.p, "odds": common.odds, "parts": common.k}
    test |= {name: getattr(common, name) for name in ("difference", "low", "high", "p", "uneven_p")}
    events = both["numerator_a"] + both["numerator_b"]
    total = both["n_a"] + both["n_b"]
    few = both[["n_a", "n_b"]].min(axis=1) * np.minimum(events, total - events) / total < EVENTS
    each = [proportions.proportion_difference(*row, level=level) for row in zip(*numbers, strict=True)]
    table = pd.DataFrame(
        {
            "part": both.index,
            "n_a": both["n_a"].to_numpy(),
            "value_a": (both["numerator_a"] / both["n_a"]).to_numpy(),
            "n_b": both["n_b"].to_numpy(),
            "value_b": (both["numerator_b"] / both["n_b"]).to_numpy(),
            "difference": [one.value for one in each],
            "low": [one.low for one in each],
            "high": [one.high for one in each],
            "p": multiplicity.adjust([one.p for one in each], method="holm"),
        }
    ).assign(**same)
    table["p"] = table["p"].mask(few.to_numpy())
    return test, table[_RATES]


def _reading(row: dict[Any, Any]) -> str:
    if row["parts"] < 2 or np.isnan(row["difference"]) or np.isnan(row["p"]):
        return "unknown"
    pooled, common = row["pooled"], row["difference"]
    far = abs(pooled - common) > APART * max(abs(pooled), abs(common))
    turned = (row["pooled_p"] < ALPHA) != (row["p"] < ALPHA) or pooled * common < 0
    if far and turned and min(row["pooled_p"], row["p"]) < ALPHA:
        return "misleads"
    return "uneven" if row["uneven_p"] < ALPHA else "same"
