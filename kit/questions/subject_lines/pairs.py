"""Each two variants of a test against each other. (guide 1, step 5)"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.errors import UsageError
from kit.judging import ALPHA
from kit.messages import _
from kit.questions.subject_lines import plans
from kit.questions.subject_lines.sample_size import needed
from kit.stats import bayes, means, multiplicity, proportions, sequential

if TYPE_CHECKING:
    from kit.metrics import Kpi
    from kit.questions.subject_lines.plans import Rule

ARM = ["line", "sent", "numerator", "n", "value", "low", "high"]
"""What is known of an arm."""


def of_campaign(arms: pd.DataFrame, rule: Rule, tests: int) -> pd.DataFrame:
    """A row a comparison of one campaign, with its decision as if it were the only test of the page.

    Args:
        arms: a row a variant, the first of them first: variant, sent, numerator, n, value, low, high, squares, line.
        rule: what it is judged by.
        tests: of the page; where looks are planned, the error is shared out over all of them.

    Raises:
        UsageError: the planned shares do not fit the number of variants.
    """
    if rule.shares and len(rule.shares) != len(arms):
        raise UsageError(
            _("split: {shares} shares are given, but {name} has {variants} versions.", shares=len(rule.shares),
              name=repr(arms["campaign_name"].iloc[0]), variants=len(arms))
        )  # fmt: skip
    split = proportions.sample_ratio_test(arms["sent"], rule.shares)
    looks = rule.plan.looks > 1 or rule.plan.rule == "any time"
    comparisons = comb(len(arms), 2) * (tests if looks else 1)
    table = pd.DataFrame(
        [_pair(arms.iloc[a], arms.iloc[b], rule, comparisons) for a, b in combinations(range(len(arms)), 2)]
    )
    table = table.assign(split_p=split.p, p_alone=table["p"])
    if not looks:
        table["p"] = multiplicity.adjust(table["p"], method="holm")
    table["decision"] = [plans.decide(row, rule, split_broken=split.broken) for row in table.to_dict("records")]
    return table


def _pair(a: pd.Series, b: pd.Series, rule: Rule, comparisons: int) -> dict[str, Any]:
    """One variant against an earlier one, as the rule has it for so many comparisons."""
    kpi, plan = metrics.find(a["kpi"]), rule.plan
    row = {name: a[name] for name in ("campaign_id", "campaign_name", "sent_local", "kpi")}
    row |= {"a": a["variant"], "b": b["variant"]}
    row |= {f"{name}_{side}": arm[name] for side, arm in (("a", a), ("b", b)) for name in ARM}
    part = min(a["sent"], b["sent"]) / plan.n if plan.n else np.nan
    bar = plans.bar(plan, part, comparisons)
    variance = float(means.variance(a["numerator"], a["squares"], a["n"])) if kpi.kind == "mean" else np.nan
    enough = needed(kpi, a["value"], rule.worthwhile, variance)
    mails = (a["sent"] + b["sent"]) / (a["n"] + b["n"]) if part_of_mail(kpi) and a["n"] + b["n"] > 0 else 1.0
    row |= {"part": part, "bar": bar, "needed": np.ceil(enough * mails)}
    if kpi.kind == "mean":
        difference = means.welch(*([a[name], b[name]] for name in ("numerator", "squares", "n")), level=1 - bar)
        se, chance = difference.se, bayes.compare_means(difference.value, difference.se)
        lift = difference.value / a["value"] if a["value"] else np.nan
        row |= {"lift": lift, "lift_low": np.nan, "lift_high": np.nan}
    else:
        counted = (a["numerator"], a["n"], b["numerator"], b["n"])
        difference = proportions.proportion_difference(*counted, level=1 - bar)
        lift = proportions.lift(*counted, level=1 - bar)
        se, chance = _error(a, b), bayes.compare_rates(*counted)
        row |= {"lift": lift.value, "lift_low": lift.low, "lift_high": lift.high}
    row |= {"difference": difference.value, "se": se, "low": difference.low, "high": difference.high}
    row |= {"p": difference.p}
    both = a["n"] + b["n"]
    if plan.rule == "any time" and both > 0 and not np.isnan(se):
        tuned = 2 * plan.n or (both if np.isnan(enough) else 2 * enough)
        half = sequential.confidence_sequence(both, tuned=tuned, alpha=ALPHA / comparisons) * se
        row |= {"low": difference.value - half, "high": difference.value + half}
        row |= {"lift_low": np.nan, "lift_high": np.nan}
    return row | {"higher": chance.higher, "loss_a": chance.loss_a, "loss_b": chance.loss_b}


def part_of_mail(kpi: Kpi) -> bool:
    """Whether a KPI is out of a part of the mail, so that the mails needed are more than those that are counted."""
    return kpi.denominator == "delivered_trackable"


def _error(a: pd.Series, b: pd.Series) -> float:
    """Of the difference of two rates; half an event more keeps it above 0."""
    shares = [(arm["numerator"] + 0.5) / (arm["n"] + 1) for arm in (a, b)]
    parts = (p * (1 - p) / arm["n"] for p, arm in zip(shares, (a, b), strict=True) if arm["n"] > 0)
    return float(np.sqrt(sum(parts)))
