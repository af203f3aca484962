"""How do the KPIs move, month by month? (guide 1, step 2)

A month's interval says how well its rate was counted. Whether it changed is another question: months
differ for many reasons, so a change is called a change only beyond the usual variation between months.
Where something known happened, a new platform say, months before and after it are not set against each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.errors import UsageError
from kit.judging import ALPHA, LEVEL, MONTHS, large_enough
from kit.stats import multiplicity, random_effects, trend

if TYPE_CHECKING:
    from collections.abc import Sequence

POWER = 2.8
"""1.96 + 0.84: a change of so many standard errors is seen four times in five at the 5 % level."""


PREFETCH = "2021-09"
"""Month from which Apple's mail programs load every picture, so that openings rose by themselves."""


@dataclass(frozen=True, slots=True)
class Months:
    """Rates by month.

    Attributes:
        rates: a row a month of the history and KPI: month, kpi, of, n, value, low, high, missing; asked [it is
            of the question]; large [enough mails to be judged]; of the months asked for the change from the
            month before: change, change_low, change_high [shares], p [adjusted]; verdict: "up", "down",
            "no change seen", "first", "known change", "gap", "too few", "too few months", "unknown" or
            "not asked"; usual_low, usual_high [where months usually lie: the limits of the p' chart, from
            six months on].
        usual: a row a KPI and era, before and since the known change: kpi, since [month, "" where no change
            is known]; of all large months: months, mean, tau [sd between months], phi [overdispersion],
            detectable [the change that would be seen four times in five]; of the large months asked for:
            asked [their number] and the trend: begin, end [fitted rates], step, step_low, step_high
            [shares a month], trend_p [adjusted], trend: "rising", "falling", "no trend seen" or
            "too few months".
        changes: how many changes were judged.
        change: the month of the known change, or "".
        period: first and last month of the question; None: all.
    """

    rates: pd.DataFrame
    usual: pd.DataFrame
    changes: int
    change: str = ""
    period: tuple[str, str] | None = None

    @property
    def asked(self) -> pd.DataFrame:
        """The rates of the months of the question."""
        return self.rates[self.rates["asked"]].reset_index(drop=True)


def table(
    counts: pd.DataFrame,
    kpis: Sequence[str],
    *,
    period: tuple[str, str] | None = None,
    change: str = "",
    level: float = LEVEL,
) -> Months:
    """The month table with its changes and trends.

    What months usually differ by comes from the whole history; changes and trends are told of the months
    asked for. A month with too few mails (`judging.large_enough`) is shown, and is neither judged nor a yardstick.

    Args:
        counts: a row a month of the whole history, from `counts.messages(data.history, ["month"])`.
        kpis: keys of rates.
        period: first and last month of the question, as `data.months`; None: all.
        change: the first month after a known change, like 2026-03; "" where none is known. Months before
            and since are judged apart.
        level: confidence of the intervals.

    Returns:
        Every month from the first to the last, in order: a month without mail is a gap, not 0 %.

    Raises:
        UsageError: `change` is no month.

    Source: guide 1, step 2; between-month variance by Paule and Mandel (1982), doi:10.6028/jres.087.022;
    limits: Laney (2002), doi:10.1081/QEN-120006708; trend: logistic regression with overdispersion.
    """
    if change and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", change):
        raise UsageError(f"change: {change!r} is no month. Write it like 2026-03.")
    found = metrics.values(_calendar(counts), kpis, by=["month"], level=level)
    found = found.assign(asked=found["month"].between(*period) if period else True)
    eras = (found["month"] < change, found["month"] >= change) if change else (found["month"].notna(),)
    parts, usual = [], []
    for key in kpis:
        for since, era in zip(("", change), eras, strict=False):
            own = found[(found["kpi"] == key) & era].reset_index(drop=True)
            if len(own):
                told = _era(own, key, since)
                parts.append(told[0])
                usual.append(told[1])
    rates = pd.concat(parts, ignore_index=True) if parts else _era(found.reset_index(drop=True), "", "")[0]
    rates["p"] = multiplicity.adjust(rates["p"])
    table = pd.DataFrame(usual, columns=None if usual else _USUAL)
    rates["verdict"] = _verdicts(rates, change)
    return Months(rates, _trends(table), int(rates["p"].notna().sum()), change, period)


_USUAL = [
    *("kpi", "since", "months", "mean", "tau", "phi", "detectable"),
    *("asked", "begin", "end", "step", "step_low", "step_high", "trend_p"),
]


def _era(own: pd.DataFrame, key: str, since: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One KPI's months of one era with their changes, and what is usual in it."""
    own = own.assign(large=large_enough(own))
    known = own[own["large"]]
    spread = random_effects.heterogeneity(known["numerator"], known["n"])
    judged = len(known) >= MONTHS
    own = pd.concat([own, _changes(own, known if judged else known.iloc[:0])], axis=1)
    told = own["n"].where(own["large"] & own["asked"])
    line = trend.logistic_trend(own["numerator"], told, pd.RangeIndex(len(own)).to_numpy())
    usual = {
        "kpi": key,
        "since": since,
        "months": len(known),
        "mean": spread.mean,
        "tau": spread.tau if judged else np.nan,
        "phi": spread.phi if judged else np.nan,
        "detectable": _detectable(spread.mean, spread.tau, known["n"].median()) if judged else np.nan,
    } | {
        "asked": int(known["asked"].sum()),
        "begin": line.begin,
        "end": line.end,
        "step": line.step,
        "step_low": line.low,
        "step_high": line.high,
        "trend_p": line.p,
    }
    chart = trend.p_prime_chart(own["numerator"], own["n"].where(own["large"] & judged))
    return own.assign(usual_low=chart.low, usual_high=chart.high), usual


def _trends(usual: pd.DataFrame) -> pd.DataFrame:
    p = multiplicity.adjust(usual["trend_p"])
    named = np.where(usual["step"] > 0, "rising", "falling")
    named = np.where(p < ALPHA, named, np.where(np.isnan(p), "too few months", "no trend seen"))
    return usual.assign(trend_p=p, trend=named)


def _calendar(counts: pd.DataFrame) -> pd.DataFrame:
    months = counts["month"].dropna()
    if months.empty:
        return counts.iloc[:0]
    span = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m")
    return counts.set_index("month").reindex(span).rename_axis("month").reset_index()


def _changes(own: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each month asked for against the one before it, by the usual variation of all the others.

    The two months are left out of the usual: else one that stands out would hide itself. A month with too
    few mails, and the one after it, have a change and no p.
    """
    rows = [_NONE, *(_change(before, now, known) for before, now in pairwise(own.to_dict("records")))]
    return pd.DataFrame(rows[: len(own)], columns=["change", "change_low", "change_high", "p"])


_NONE = (np.nan, np.nan, np.nan, np.nan)


def _change(before: dict[Any, Any], now: dict[Any, Any], known: pd.DataFrame) -> tuple[float, float, float, float]:
    if not now["asked"] or np.isnan(before["value"]) or np.isnan(now["value"]):
        return _NONE
    others = known[~known["month"].isin((before["month"], now["month"]))]
    tau, months = random_effects.heterogeneity(others["numerator"], others["n"]).tau, len(others)
    moved = random_effects.change((before["numerator"], before["n"]), (now["numerator"], now["n"]), tau=tau, k=months)
    return moved.value, moved.low, moved.high, moved.p if before["large"] and now["large"] else np.nan


def _detectable(mean: float, tau: float, n: float) -> float:
    return POWER * float(np.sqrt(2 * (mean * (1 - mean) / n + tau**2)))


def _verdicts(rates: pd.DataFrame, change: str) -> pd.Series:
    moved = rates["p"] < ALPHA
    verdict = pd.Series("no change seen", index=rates.index, dtype="object")
    verdict = verdict.mask(moved & (rates["change"] > 0), "up").mask(moved & (rates["change"] < 0), "down")
    verdict = verdict.mask(rates["p"].isna(), "too few").mask(
        rates["usual_low"].isna() & rates["large"], "too few months"
    )
    verdict = verdict.mask(rates["change"].isna(), "gap").mask(rates["value"].isna(), "unknown")
    verdict = verdict.mask(rates["n"].isna(), "gap").mask(rates["month"] == change, "known change")
    known = rates.groupby("kpi")["value"].transform("count") > 0
    verdict = verdict.mask(rates["month"] == rates["month"].min(), "first").where(known, "unknown")
    return verdict.where(rates["asked"], "not asked")
