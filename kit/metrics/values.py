"""Values of KPIs with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.errors import UsageError
from kit.judging import LEVEL
from kit.messages import _
from kit.metrics.kpis import Kpi, find
from kit.stats import means, proportions, response_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def values(counts: pd.DataFrame, kpis: Iterable[str | Kpi], *, by: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """Each KPI of each group, with its interval.

    Args:
        counts: a row a group: the columns `by`, and the counts that the KPIs name [nullable].
        kpis: keys of rates and means; or shares that are no KPI of mail, as they are.
        by: the columns that tell the groups apart.
        level: confidence of the intervals, 0 to 1.

    Returns:
        Tidy, a row a group and KPI: `by`, kpi, numerator, n [the two counts; n is the denominator], value, low, high
        [share, or money for each n], missing [campaigns that lack a count]. Value and interval are NaN where n is 0
        or a count is not known; the interval of a mean is NaN where only totals are known.

    Raises:
        UsageError: no such KPI, or one that is no rate or mean of these counts.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953; Clopper and Pearson (1934),
    doi:10.1093/biomet/26.4.404, where 0 to 5 are for or against.
    """
    frames = [_value(counts, find(key) if isinstance(key, str) else key, list(by), level) for key in kpis]
    return pd.concat(frames, ignore_index=True)


def _value(counts: pd.DataFrame, kpi: Kpi, by: list[str], level: float) -> pd.DataFrame:
    if kpi.kind == "wait":
        raise UsageError(_("{kpi} is a response time: use metrics.response_time(counts.waits(data)).", kpi=kpi.key))
    of, per = (_numbers(counts, name) for name in (kpi.numerator, kpi.denominator))
    has_value = (per > 0) & ~np.isnan(of)
    if kpi.kind == "rate":
        has_value &= of <= per  # more opened than delivered: one of the counts is wrong, so no rate is shown
    value = np.divide(of, per, out=np.full(len(of), np.nan), where=has_value)
    if kpi.kind == "rate":
        low, high = proportions.proportion_interval(of, per, level=level)
    else:
        low, high = means.student_interval(of, _numbers(counts, f"{kpi.numerator}_squares"), per, level=level)
    missing = np.fmax(_numbers(counts, f"{kpi.numerator}_missing"), _numbers(counts, f"{kpi.denominator}_missing"))
    table = counts[by].reset_index(drop=True)
    return table.assign(
        kpi=kpi.key, numerator=of, n=per, value=value, low=low, high=high, missing=np.nan_to_num(missing)
    )


def with_raw(rates: pd.DataFrame, counts: pd.DataFrame, kpi: Kpi, *, level: float = LEVEL) -> pd.DataFrame:
    """The rates with the raw version of the KPI beside each, where it is one of people's reactions alone.

    Args:
        rates: a row a group, as `values` of one KPI.
        counts: what they were made of, in the same order.
        kpi: of the rates.
        level: confidence of the intervals.

    Returns:
        The same with raw, raw_low and raw_high [share].
    """
    if not kpi.raw:
        return rates
    raw = values(counts, [kpi.raw], by=[], level=level)
    return rates.assign(**{f"raw{end}": raw[name].to_numpy() for end, name in _ENDS.items()})


_ENDS = {"": "value", "_low": "low", "_high": "high"}


def _numbers(counts: pd.DataFrame, name: str) -> np.ndarray:
    if name not in counts:
        return np.full(len(counts), np.nan)
    return pd.to_numeric(counts[name]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def response_time(waits: pd.DataFrame, *, by: Sequence[str] = (), level: float = LEVEL) -> pd.DataFrame:
    """Median time to the first answer by group, those still waiting included; busy days and people in the interval.

    Args:
        waits: what `counts.waits` returned.
        by: columns that tell the groups apart; () for all in one.
        level: confidence of the interval, 0 to 1.

    Returns:
        A row a group: `by`, kpi, n [tickets], open [tickets still waiting], closed [without an answer: they wait until
        then], value, low, high, p90 [min];
        NaN where a quantile is not reached; left_out [tickets whose wait cannot be, and is in no other column].

    Source: Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452; guide 1, step 1.
    """
    rows = []
    groups = waits.groupby(list(by), sort=True, dropna=False) if by else [((), waits)]
    for key, group in groups:
        waits_known = group[group["minutes"].notna()]
        place = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        row: dict[str, object] = {"kpi": "response_time", "n": 0, "open": 0, "closed": 0}
        if len(waits_known):
            minutes, answered, n = (waits_known[name] for name in ("minutes", "answered", "n"))
            clusters = {
                name: pd.factorize(waits_known[key])[0] for name, key in _CLUSTERS.items() if key in waits_known
            }
            if "people" in clusters:
                person = clusters["people"]
                clusters["people"] = np.where(person < 0, -1 - np.arange(len(person)), person)
            median = response_times.median_response_time(minutes, answered, n, **clusters, level=level)
            closed = int(n[waits_known["closed"].astype(bool)].sum()) if "closed" in waits_known else 0
            row |= {"n": median.n, "open": median.open - closed, "closed": closed, "value": median.median}
            row |= {"low": median.low, "high": median.high, "p90": median.p90}
        rows.append(place | row | {"left_out": int(group["n"].sum() - waits_known["n"].sum())})
    columns = [*by, "kpi", "n", "open", "closed", "value", "low", "high", "p90", "left_out"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(columns[len(by) + 1 :], "float64"))


_CLUSTERS = {"days": "day", "people": "person"}
"""Columns of waits by which requests are alike."""


def overall(counts: pd.DataFrame, kpis: Iterable[str], *, level: float = LEVEL) -> pd.DataFrame:
    """Each KPI over all groups that know both of its counts; the others are counted in `missing`.

    Args:
        counts: a row a campaign or month, from `counts.messages`.
        kpis: keys of rates and means.
        level: confidence of the intervals, 0 to 1.

    Returns:
        A row a KPI, as `values` with no `by`; missing: the groups that lack a count and are left out.
    """
    frames = []
    for key in kpis:
        kpi = find(key)
        names = [name for name in (kpi.numerator, kpi.denominator, f"{kpi.numerator}_squares") if name in counts]
        both = counts[names].astype("Float64")
        complete = both.reindex(columns=[kpi.numerator, kpi.denominator]).notna().all(axis=1)
        total = both[complete].sum(skipna=False).to_frame().T if complete.any() else both.iloc[:0].reindex([0])
        frames.append(values(total, [key], by=[], level=level).assign(missing=int((~complete).sum())))
    return pd.concat(frames, ignore_index=True)


def service(waits: pd.DataFrame, answers: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """What the service itself gives over the whole period: waiting time, satisfaction, repeat visits.

    Args:
        waits: what `counts.waits` returned.
        answers: what `counts.answers` returned.
        visits: what `counts.visits` returned.

    Returns:
        A row a KPI that is known: kpi, n, value, low, high [min or share], left_out [of the same things: those
        that cannot be counted, waits that cannot be and visitors not followed long enough; NaN: none asked].
    """
    parts = [response_time(waits)] if len(waits) else []
    if len(answers):
        parts.append(values(answers.sum(numeric_only=True).to_frame().T, ["satisfaction"], by=[]))
    if len(visits):
        parts.append(values(visits, ["repeat_visit_rate"], by=[]).assign(left_out=float(visits["young"].iloc[0])))
    columns = ["kpi", "n", "value", "low", "high", "left_out"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)
