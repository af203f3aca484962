"""Did the new subject line win? (guide 1, step 5)

The rule is declared before looking: the split is checked first; then each variant is set against the
first one; B is better, or A is, only where the interval of the difference leaves zero out. Everything
else is "not decided", with the number of mails that would decide it. Who wants to look more than once
plans the looks, or pays for a rule that holds at any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kit import metrics
from kit.errors import UsageError
from kit.judging import ALPHA, LEVEL
from kit.stats import bayes, empirical_bayes, means, multiplicity, proportions, sequential

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from kit.metrics import Kpi

WORTHWHILE = 0.1
"""A lift of a tenth: the difference for which the number of mails still needed is told."""

LIFTS = (0.05, 0.1, 0.2)
"""Lifts for which the mails needed are told before sending."""

FEW = 5
"""Events an arm below which a rule that holds at any time is withheld: it has no guarantee there."""

THIN = 2000
"""Recipients an arm below which one large order can turn a mean of revenue."""

LEAST_BAR = 1e-12
"""A look at next to nothing of the plan asks for no less: 1 less it is the confidence of an interval."""

PEEKS = (1, 2, 5, 10, 20)
"""Numbers of looks for which the false winners are told."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was fixed before sending.

    Attributes:
        n: mails an arm; 0 where nothing was planned.
        look: which of the planned looks this is.
        looks: how many looks were planned.
        rule: "looks" judges at the planned ones only, "any time" at every moment, at a price.
    """

    n: int = 0
    look: int = 1
    looks: int = 1
    rule: Literal["looks", "any time"] = "looks"

    @property
    def told(self) -> str:
        """In words: "one look", "look 2 of 4" or "any time"."""
        if self.rule == "any time":
            return self.rule
        return f"look {self.look} of {self.looks}" if self.looks > 1 else "one look"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a test needs, before it is sent.

    Attributes:
        kpi: what will decide.
        base: its present value.
        needed: a row a lift: lift [relative], value [what it would be], needed [delivered mails an arm], chance [that
            two halves of a usual campaign show it; NaN for money].
        arm: half of a usual campaign.
        detectable: the lift that two such halves would show four times in five [relative].
    """

    kpi: Kpi
    base: float
    needed: pd.DataFrame
    arm: float
    detectable: float


def plan(n: int, look: str = "") -> Plan:
    """The plan that an analyst states in words.

    Args:
        n: mails an arm, fixed before sending; 0 where nothing was.
        look: "2 of 4" for the second of four planned looks, "any time" for a rule that may be looked at at
            will, "" for one look at the end.

    Raises:
        UsageError: a look that is none of the planned ones, or looks without a planned number.
    """
    if n < 0:
        raise UsageError(f"plan: {n} mails an arm cannot be planned.")
    if not look or look == "any time":
        return Plan(n, rule="any time" if look else "looks")
    told = re.fullmatch(r"(\d+) of (\d+)", look)
    if told is None:
        raise UsageError(f'look: {look!r} is no look. Write it like "2 of 4", or "any time".')
    this, looks = int(told[1]), int(told[2])
    if not 1 <= this <= looks:
        raise UsageError(f"look: {looks} looks were planned, there is no look {this}. Judge at the planned ones only.")
    if not n:
        raise UsageError("look: looks share out a planned number of mails. State it as plan.")
    return Plan(n, this, looks)


def sizes(counts: pd.DataFrame, key: str, *, lifts: Sequence[float] = LIFTS) -> Sizes:
    """Mails an arm that a test needs, at the present rate, for lifts of several sizes.

    Args:
        counts: a row a campaign, from `counts.messages(data, ["campaign_id"])`.
        key: the KPI that will decide: a rate, or revenue_per_mail.
        lifts: relative.

    Raises:
        UsageError: the KPI is neither.

    Source: two-sided 5 %, power 80 %; Fleiss, Levin & Paik (2003), eq. 4.14; for money Welch's.
    """
    kpi = _deciding(key)
    base = float(metrics.overall(counts, [key])["value"].iloc[0])
    spread = _spread(counts, kpi)
    known = counts[[kpi.numerator, kpi.denominator]].notna().all(axis=1)
    arm = float(counts.loc[known, kpi.denominator].astype(float).median()) / 2
    rows = [
        {"lift": one, "value": base * (1 + one), "needed": _needed(kpi, base, one, spread)}
        | {"chance": _chance(kpi, base, one, arm)}
        for one in lifts
    ]
    return Sizes(kpi, base, pd.DataFrame(rows), arm, _detectable(kpi, base, arm, spread))


def peeking(looks: Sequence[int] = PEEKS) -> pd.DataFrame:
    """How often two equal lines show a winner when each look is judged as if it were the only one.

    Returns:
        A row a number of looks, equally spaced: looks, false [share of tests].

    Source: Armitage, McPherson & Rowe (1969), doi:10.2307/2343787.
    """
    return pd.DataFrame({"looks": list(looks), "false": [sequential.peeking_error(one, alpha=ALPHA) for one in looks]})


def verdicts(
    counts: pd.DataFrame,
    key: str,
    *,
    shares: Sequence[float] = (),
    stated: Plan | None = None,
    worthwhile: float = WORTHWHILE,
    as_of: datetime | None = None,
    maturity_days: int = 0,
    level: float = LEVEL,
) -> pd.DataFrame:
    """The verdict of every test: each variant against the first of its campaign.

    Args:
        counts: a row a campaign and variant, from `counts.messages(data, ["campaign_id",
            "campaign_name", "sent_local", "variant"])`, with the column line where `counts.lines` told it; rows
            without a variant are passed over.
        key: the KPI that decides, chosen before looking: a rate, or revenue_per_mail.
        shares: the planned shares of the variants; () for equal ones.
        stated: the planned number of mails and looks; None: no plan, one look.
        worthwhile: the relative lift for which `needed` is told.
        as_of: the moment up to which the data knows; None: ages are not known and no test is marked.
        maturity_days: a test younger than this at `as_of` is marked: its arms are of one age, so they can be
            compared, but the faster one may not be the better one in the end.
        level: confidence of the arms' intervals.

    Returns:
        A row a campaign and comparison: campaign_id, campaign_name, sent_local, kpi, a, b, sent_a, sent_b,
        numerator_a, n_a, value_a, low_a, high_a, line_a [the subject line, NULL where not told] and the same for b;
        split_p; difference, se, low, high [shares or money, b - a]; lift, lift_low, lift_high [relative]; p [over
        the variants of the campaign: Holm, of money Dunnett], bar [what p is held against, 1 less the confidence of
        the difference's interval]; part [of the planned mails]; higher [the chance that b is], loss_a, loss_b [what
        choosing it costs on average], these and p for the last look only; expect, expect_low, expect_high [the
        difference drawn towards zero, NaN with fewer than five tests]; needed [mails an arm for the worthwhile
        lift]; look [the rule, in words]; decision: "b", "a",
        "not decided", "go on", "too early", "too few", "split broken", "unknown"; young.

    Raises:
        UsageError: the KPI cannot decide, or the planned shares do not fit the number of variants.

    Source: guide 1, step 5; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I;
    Koopman (1984), doi:10.2307/2531405; Holm (1979), jstor.org/stable/4615733; Dunnett (1955),
    doi:10.1080/01621459.1955.10501294; sample ratio: Fabijan et al. (2019), doi:10.1145/3292500.3330722;
    looks: Lan & DeMets (1983), doi:10.1093/biomet/70.3.659.
    """
    kpi = _deciding(key)
    arms = counts[counts["variant"].notna()].sort_values(["sent_local", "campaign_id", "variant"], kind="stable")
    arms = arms.assign(squares=arms.get(f"{kpi.numerator}_squares"), line=arms.get("line"))
    arms = metrics.values(arms, [key], by=[*_IDENTITY, "line", "sent", "squares"], level=level)
    rule = _Rule(kpi, tuple(shares), stated or Plan(), worthwhile)
    parts = [
        _campaign(own.reset_index(drop=True), rule)
        for _, own in arms.groupby("campaign_id", sort=False)
        if len(own) > 1
    ]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    found = pd.concat(parts, ignore_index=True).assign(young=False)
    if as_of is not None:
        found["young"] = found["sent_local"] > as_of - timedelta(days=maturity_days)
    final = found["decision"].isin(("a", "b", "not decided"))
    found.loc[found["decision"].isin(("too early", "too few")), _JUDGED] = np.nan
    # At a look before the last neither p nor the chance means what a reader takes it for.
    ended = final & (rule.plan.rule == "looks") & (rule.plan.look == rule.plan.looks)
    found.loc[~ended, ["p", "higher", "loss_a", "loss_b"]] = np.nan
    past = empirical_bayes.shrink_effects(found["difference"].where(final), found["se"], level=level)
    found = found.assign(expect=past.value, expect_low=past.low, expect_high=past.high)
    return found.assign(worthwhile=worthwhile, look=rule.plan.told).reindex(columns=_COLUMNS)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What all tests of a page are judged by."""

    kpi: Kpi
    shares: tuple[float, ...]
    plan: Plan
    worthwhile: float


_IDENTITY = ["campaign_id", "campaign_name", "sent_local", "variant"]
_ARM = ["line", "sent", "numerator", "n", "value", "low", "high"]
_JUDGED = ["difference", "low", "high", "lift", "lift_low", "lift_high", "p"]
_COLUMNS = [
    *("campaign_id", "campaign_name", "sent_local", "kpi", "a", "b"),
    *(f"{name}_{side}" for side in "ab" for name in _ARM),
    *("split_p", "difference", "se", "low", "high", "lift", "lift_low", "lift_high", "p", "bar", "part"),
    *("higher", "loss_a", "loss_b", "expect", "expect_low", "expect_high"),
    *("worthwhile", "needed", "look", "decision", "young"),
]


def _deciding(key: str) -> Kpi:
    kpi = metrics.find(key)
    return kpi if kpi.kind == "mean" else metrics.mail_rate(key)


def _campaign(arms: pd.DataFrame, rule: _Rule) -> pd.DataFrame:
    if rule.shares and len(rule.shares) != len(arms):
        name = arms["campaign_name"].iloc[0]
        raise UsageError(f"split names {len(rule.shares)} shares, but {name!r} has {len(arms)} variants.")
    split = proportions.sample_ratio_test(arms["sent"], rule.shares)
    table = pd.DataFrame([_pair(arms.iloc[0], arms.iloc[n], rule, len(arms) - 1) for n in range(1, len(arms))])
    table = table.assign(split_p=split.p)
    if rule.plan.looks == 1 and rule.plan.rule == "looks":
        table["p"] = _adjusted(table, kpi=rule.kpi)
    table["decision"] = [_decision(row, rule, split_broken=split.broken) for row in table.to_dict("records")]
    return table


def _pair(a: pd.Series, b: pd.Series, rule: _Rule, comparisons: int) -> dict[str, Any]:
    """One variant against the first, as the rule has it for so many comparisons of one campaign."""
    kpi, plan = rule.kpi, rule.plan
    row = {name: a[name] for name in ("campaign_id", "campaign_name", "sent_local", "kpi")}
    row |= {"a": a["variant"], "b": b["variant"]}
    row |= {f"{name}_{side}": arm[name] for side, arm in (("a", a), ("b", b)) for name in _ARM}
    part = min(a["sent"], b["sent"]) / plan.n if plan.n else np.nan
    bar = _bar(plan, part, comparisons)
    spread = float(means.variance(a["numerator"], a["squares"], a["n"])) if kpi.kind == "mean" else np.nan
    needed = _needed(kpi, a["value"], rule.worthwhile, spread)
    row |= {"part": part, "bar": bar, "needed": needed}
    if kpi.kind == "mean":
        found = means.welch(*([a[name], b[name]] for name in ("numerator", "squares", "n")), level=1 - bar)
        se, bet = found.se, bayes.compare_means(found.value, found.se)
        row |= {"df": found.df, "of_control": spread / a["n"] / se**2 if se > 0 else np.nan}
        row |= {"lift": found.value / a["value"] if a["value"] else np.nan, "lift_low": np.nan, "lift_high": np.nan}
    else:
        found = proportions.proportion_difference(a["numerator"], a["n"], b["numerator"], b["n"], level=1 - bar)
        lift = proportions.lift(a["numerator"], a["n"], b["numerator"], b["n"], level=1 - bar)
        se, bet = _error(a, b), bayes.compare_rates(a["numerator"], a["n"], b["numerator"], b["n"])
        row |= {"lift": lift.value, "lift_low": lift.low, "lift_high": lift.high}
    row |= {"difference": found.value, "se": se, "low": found.low, "high": found.high, "p": found.p}
    both = a["n"] + b["n"]
    if plan.rule == "any time" and both > 0 and not np.isnan(se):
        tuned = 2 * plan.n or (both if np.isnan(needed) else 2 * needed)
        half = sequential.confidence_sequence(both, tuned=tuned, alpha=ALPHA / comparisons) * se
        row |= {"low": found.value - half, "high": found.value + half, "lift_low": np.nan, "lift_high": np.nan}
    return row | {"higher": bet.higher, "loss_a": bet.loss_a, "loss_b": bet.loss_b}


def _adjusted(table: pd.DataFrame, *, kpi: Kpi) -> np.ndarray:
    """The p-values of a campaign's comparisons, raised for how many they are."""
    if kpi.kind == "mean" and len(table) > 1:
        return multiplicity.dunnett(table["difference"] / table["se"], table["of_control"], table["df"].min())
    return multiplicity.adjust(table["p"], method="holm")


def _bar(plan: Plan, part: float, comparisons: int) -> float:
    """What p is held against at this look; earlier looks are taken to have come when they were planned."""
    if plan.looks == 1:
        return ALPHA
    now = 1.0 if plan.look == plan.looks else min(part, 1.0)
    if not now > 0:
        return ALPHA
    step = min(1 / plan.looks, now / plan.look)
    times = np.append(np.arange(1, plan.look) * step, now)
    return max(sequential.nominal_level(times, alpha=ALPHA / comparisons), LEAST_BAR)


def _error(a: pd.Series, b: pd.Series) -> float:
    """Of the difference of two rates; half an event more keeps it above 0."""
    shares = [(arm["numerator"] + 0.5) / (arm["n"] + 1) for arm in (a, b)]
    parts = (p * (1 - p) / arm["n"] for p, arm in zip(shares, (a, b), strict=True) if arm["n"] > 0)
    return float(np.sqrt(sum(parts)))


def _spread(counts: pd.DataFrame, kpi: Kpi) -> float:
    """The variance of one mail's amount over all groups that know it; NaN for a rate."""
    names = [kpi.numerator, f"{kpi.numerator}_squares", kpi.denominator]
    if kpi.kind != "mean" or not set(names) <= set(counts):
        return np.nan
    total = counts[names].astype("Float64").dropna().sum().astype(float)
    return float(means.variance(*total))


def _needed(kpi: Kpi, base: float, lift: float, spread: float) -> float:
    if kpi.kind == "mean":
        return float(means.sample_size(base * lift, spread) or np.nan)
    better = base * (1 + lift)
    return float(proportions.sample_size(base, better) or np.nan) if base > 0 and better < 1 else np.nan


def _chance(kpi: Kpi, base: float, lift: float, arm: float) -> float:
    better = base * (1 + lift)
    return (
        proportions.power(base, better, n=arm) if kpi.kind == "rate" and base > 0 and better < 1 and arm > 0 else np.nan
    )


def _detectable(kpi: Kpi, base: float, arm: float, spread: float) -> float:
    if not (base > 0 and arm > 0):
        return np.nan
    if kpi.kind == "rate":
        return proportions.minimum_detectable_effect(base, arm) / base
    return float(np.sqrt((means.sample_size(1, spread) or np.nan) / arm) / base)


def _decision(row: Mapping[Any, Any], rule: _Rule, *, split_broken: bool) -> str:
    plan = rule.plan
    if np.isnan(row["difference"]) or np.isnan(row["low"]):
        return "unknown"
    if split_broken:
        return "split broken"
    if plan.rule == "any time":
        if rule.kpi.kind == "rate" and min(row["numerator_a"], row["numerator_b"]) < FEW:
            return "too few"
    elif row["part"] < 1 and plan.look == plan.looks:
        return "too early"
    clear = not row["low"] <= 0 <= row["high"]
    if not clear or (plan.rule == "looks" and row["p"] >= row["bar"]):
        ended = plan.look == plan.looks or row["part"] >= 1
        return "not decided" if ended and plan.rule == "looks" else "go on"
    return "b" if (row["difference"] > 0) == (rule.kpi.better == "higher") else "a"
