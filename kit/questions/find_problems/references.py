"""How a rule looks at its groups: one function for each kind of reference.

Each returns the groups as rows: name, mails, numerator, n, value, rate_low, rate_high [share], expected [what is
usual, or the limit], size, low, high [shares beyond it], p [not adjusted; NaN: could not be judged]; where groups are
set against each other, usual_low and usual_high [share: where 95 % of them lie, counting apart].
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import EVENTS, usual
from kit.messages import _, message
from kit.questions.find_problems.rules import MEASURES, RULES, UNITS, Reference, Rule, limit_text
from kit.stats import proportions, stratified, student_effects, trend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kit.metrics import Kpi

COLUMNS = ["name", "mails", "numerator", "n", "value", "rate_low", "rate_high", "expected", "size", "low", "high", "p"]

RAW = ["raw", "raw_low", "raw_high"]
"""Beside a rate of people's reactions the same with machines among them [share; NaN beside another]."""

ALL_MAIL, NO_LIST = "all mail", "mail without a list"
_NAMES = {ALL_MAIL: message("all e-mails"), NO_LIST: message("e-mails without a list")}

UNDECIDED = "can't be judged"
"""The verdict where the interval holds the limit; else it is "below 0.10%" or "above 0.30%"."""


def measure(rate: str) -> Kpi:
    """A rate that rules look at."""
    return MEASURES.get(rate) or metrics.find(rate)


def parts(rule: Rule, counts: pd.DataFrame) -> Iterator[tuple[Rule, pd.DataFrame]]:
    """The groups that can be set against each other, with the rule by the rate that speaks there.

    People's reactions are judged where they are told, groups that tell raw ones alone among themselves.
    """
    if rule.rate == "sessions_beside_clicks" and not counts["told"].all() and counts["told"].any():
        yield from ((rule, mail) for _told, mail in counts.groupby("told", sort=False))
    elif rule.rate in MEASURES:
        yield rule, counts
    else:
        yield from ((replace(rule, rate=key), mail) for key, mail in metrics.versions(counts, rule.rate))


def others(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each group of the question against all others of the history."""
    groups, rates = _rates(rule, counts)
    rates = _beyond(rates, usual(rates)).assign(
        name=_names(groups[list(UNITS[rule.unit].columns)]), mails=groups["sent"]
    )
    return rates[groups["asked"]]


def relation(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each part of a campaign's audience against the rest of it, and that against the other campaigns."""
    groups, rates = _rates(rule, counts)
    names = _names(groups[["campaign_name", rule.part]])
    rates = rates.assign(asked=groups["asked"], mails=groups["sent"], name=names)
    parts = []
    for _level, inside in rates.groupby(groups[rule.part]):
        campaign = groups.loc[inside.index, "campaign_id"]
        sums = rates[["numerator", "n"]].groupby(groups["campaign_id"]).sum().reindex(campaign).set_index(inside.index)
        outside = sums - inside[["numerator", "n"]]
        large = _expects(inside) & _expects(outside)
        part, remainder = (
            (side["numerator"].where(large).to_numpy(), side["n"].where(large).to_numpy()) for side in (inside, outside)
        )
        parts.append(_beyond(inside, student_effects.leave_one_out_ratios(part, remainder)))
    judged = pd.concat(parts) if parts else rates.assign(**dict.fromkeys(COLUMNS[7:], np.nan))
    return judged[judged["asked"]]


def limit(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each group against a fixed limit; `verdict` says on which side its whole interval lies."""
    groups, rates = _rates(rule, counts)
    columns = list(UNITS[rule.unit].columns)
    asked = groups["asked"] & rates["value"].notna()
    rates = rates.assign(name=_names(groups[columns]), mails=groups["sent"])[asked]
    lowest = rule.limits[0]
    rates["p"] = proportions.binomial_test_greater(rates["numerator"], rates["n"], lowest)
    if len(rates) > 1:
        events, n = rates["numerator"].sum(), rates["n"].sum()
        low, high = proportions.proportion_interval([events], [n])
        total = pd.DataFrame({"numerator": events, "n": n, "value": events / n, "low": low, "high": high})
        total = total.assign(name=[rule.group_name()], mails=rates["mails"].sum())
        # Where the parts are compared, their sum is shown beside them and is no comparison of its own.
        p = np.nan if columns else proportions.binomial_test_greater([events], [n], lowest)
        rates = pd.concat([rates, total.assign(p=p)]) if columns else total.assign(p=p)
    if not columns:
        rates["name"] = [rule.group_name()] * len(rates)
    verdict = pd.Series(UNDECIDED, index=rates.index, dtype="object")
    verdict = verdict.mask(rates["high"] < lowest, f"below {_code(lowest)}")
    for threshold in rule.limits:
        verdict = verdict.mask(rates["low"] > threshold, f"above {_code(threshold)}")
    rates = rates.assign(verdict=verdict, rate_low=rates["low"], rate_high=rates["high"], expected=lowest)
    beyond = {"size": rates["value"] - lowest, "low": rates["low"] - lowest, "high": rates["high"] - lowest}
    return rates.assign(**beyond)


def _code(threshold: float) -> str:
    return f"{threshold:.{2 if threshold < 0.01 else 0}%}"


_SIDES = {
    f"{side} {_code(threshold)}": (side, threshold)
    for rule in RULES.values()
    for threshold in rule.limits
    for side in ("below", "above")
}


def verdict_text(verdict: str) -> str:
    """The verdict of a limit as readers meet it."""
    if verdict == UNDECIDED:
        return _("cannot be judged")
    side, threshold = _SIDES[verdict]
    text = limit_text(threshold)
    return _("below {limit}", limit=text) if side == "below" else _("above {limit}", limit=text)


def over_time(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """The trend of each list, or of all mail, up to the question's last month."""
    months = counts.assign(asked=_asked(counts))
    months = months[months["month"] <= months.loc[months["asked"], "month"].max()]
    if "list_name" in months:
        unnamed = ALL_MAIL if months["list_name"].isna().all() else NO_LIST
        months = months.assign(list_name=months["list_name"].fillna(unnamed))
    else:
        months = months.assign(list_name=ALL_MAIL)
    rows = []
    for name, of_list in months.groupby("list_name"):
        rates = metrics.values(of_list, [rule.kpi], by=["month"]).sort_values("month")
        rates = rates[rates["value"].notna()]
        periods = pd.PeriodIndex(rates["month"], freq="M")
        line = trend.logistic_trend(rates["numerator"], rates["n"], periods.year * 12 + periods.month)
        events, n = rates["numerator"].sum(), rates["n"].sum()
        low, high = proportions.proportion_interval([events], [n])
        scale = (line.end - line.begin) / line.step if line.step else np.nan
        rows.append(
            {
                "name": str(_NAMES.get(str(name), name)),
                "mails": of_list.loc[of_list["asked"], "sent"].sum(),
                "numerator": events,
                "n": n,
                "value": line.end,
                "rate_low": low[0],
                "rate_high": high[0],
                "expected": line.begin,
                "size": line.end - line.begin,
                "low": line.low * scale,
                "high": line.high * scale,
                "p": line.p,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def strata(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Levels of a part of the mail against its other levels inside the same campaign or month."""
    groups = counts[counts[rule.part].notna() & _asked(counts)].reset_index(drop=True)
    rates = metrics.values(groups, [rule.kpi], by=["campaign_id"])
    stratum = ["|".join(keys) for keys in groups[list(rule.strata)].astype("string").fillna("").to_numpy()]
    rows = []
    for level in [rule.level] if rule.level else sorted(groups[rule.part].unique()):
        inside = groups[rule.part] == level
        pooled = stratified.mantel_haenszel_clustered(
            rates["numerator"], rates["n"], inside, strata=stratum, clusters=groups["campaign_id"]
        )
        value = pooled.events / pooled.n if pooled.n else np.nan
        low, high = proportions.proportion_interval([pooled.events], [pooled.n])
        expected = value - pooled.difference
        rows.append(
            {
                "name": rule.group_name(level),
                "mails": groups.loc[inside, "sent"].sum(),
                "numerator": pooled.events,
                "n": pooled.n,
                "value": value,
                "rate_low": low[0],
                "rate_high": high[0],
                "expected": expected,
                "size": pooled.difference,
                "low": pooled.low,
                "high": pooled.high,
                "p": pooled.p if expected * pooled.n >= EVENTS else np.nan,
                **_pooled_raw(rule.kpi, groups[inside]),
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS, *RAW])


def _pooled_raw(kpi: Kpi, groups: pd.DataFrame) -> dict[str, float]:
    """RAW of all groups together."""
    if not kpi.raw:
        return {}
    raw = metrics.find(kpi.raw)
    sums = groups.reindex(columns=[raw.numerator, raw.denominator]).sum(min_count=1).to_frame().T
    pooled = metrics.with_raw(pd.DataFrame(index=[0]), sums, kpi)
    return {name: float(pooled[name].iloc[0]) for name in RAW}


JUDGES: dict[Reference, Callable[[Rule, pd.DataFrame], pd.DataFrame]] = {
    "others": others,
    "limit": limit,
    "trend": over_time,
    "strata": strata,
    "relation": relation,
}
"""For each kind of reference what looks at the groups."""


def why_not(rule: Rule, counts: pd.DataFrame) -> str:
    """Why none of a rule's groups could be judged."""
    unit = UNITS[rule.unit]
    if counts.empty or counts[list(unit.columns)].isna().any(axis=1).all():
        return str(unit.why_missing)
    unrated = _("there is no data on {rate} by {unit}", rate=rule.kpi.name, unit=unit.name)
    if counts.reindex(columns=[rule.kpi.numerator, rule.kpi.denominator]).isna().any(axis=1).all():
        return unrated
    return {
        "others": _("fewer than four groups by {unit} are large enough to show what is usual", unit=unit.name),
        "limit": unrated,
        "trend": _("fewer than {n} months have data on this rate", n=trend.POINTS_LEAST),
        "strata": _("too few campaigns contain both groups, or there are too few cases to compare them"),
        "relation": _("fewer than four campaigns went to several segments and got enough clicks"),
    }[rule.reference]


def _rates(rule: Rule, counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The groups that have a name, and their rates in the same order."""
    groups = counts[counts[list(UNITS[rule.unit].columns)].notna().all(axis=1)].reset_index(drop=True)
    groups["asked"] = _asked(groups)
    return groups, metrics.with_raw(metrics.values(groups, [rule.kpi], by=[]), groups, rule.kpi)


def _asked(counts: pd.DataFrame) -> pd.Series:
    return counts["asked"].astype(bool) if "asked" in counts else pd.Series(data=True, index=counts.index)


def _expects(side: pd.DataFrame) -> pd.Series:
    common = side["numerator"].sum() / side["n"].sum() if side["n"].sum() else 0.0
    return side["n"] * min(common, 1 - common) >= EVENTS


def _beyond(rates: pd.DataFrame, prediction: student_effects.Prediction) -> pd.DataFrame:
    """How far beyond: both errors in squares, as in Newcombe's interval, counting and where the others lie."""
    size = rates["value"] - prediction.expected
    return rates.assign(
        rate_low=rates["low"],
        rate_high=rates["high"],
        expected=prediction.expected,
        size=size,
        low=size - np.hypot(rates["value"] - rates["low"], prediction.high - prediction.expected),
        high=size + np.hypot(rates["high"] - rates["value"], prediction.expected - prediction.low),
        usual_low=prediction.low,
        usual_high=prediction.high,
        p=prediction.p,
    )


def _names(columns: pd.DataFrame) -> pd.Series:
    names = columns.drop(columns="campaign_id", errors="ignore").astype(str).to_numpy()
    return pd.Series([" · ".join(parts) for parts in names], index=columns.index, dtype="object")
