"""How a rule looks at its groups: one function for each kind of reference.

Each returns the groups as rows: name, mails, of, n, value, rate_low, rate_high [share], expected [what is usual, or
the limit], size, low, high [shares beyond it], p [not adjusted; NaN: could not be judged]; where a part of the
question's mail stands for the group, `asked` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import EVENTS, EVENTS_OF_A_GROUP, large_enough
from kit.problems.rules import UNITS, Rule, percent
from kit.stats import proportions, random_effects, stratified, trend

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LIST = "mail without a list"

COLUMNS = ["name", "mails", "numerator", "n", "value", "rate_low", "rate_high", "expected", "size", "low", "high", "p"]


def others(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each group of the question against all others of the history."""
    known, found = _rated(rule, counts)
    large = large_enough(found, events=EVENTS_OF_A_GROUP) & found["value"].notna()
    out = random_effects.leave_one_out(found["numerator"].where(large), found["n"].where(large))
    names = _named(known[list(UNITS[rule.unit])])
    return _beyond(found, out).assign(name=names, mails=known["sent"], p=out.p)[known["asked"]]


def relation(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each part of a campaign's audience against the rest of it, and that against the other campaigns."""
    known, found = _rated(rule, counts)
    found = found.assign(asked=known["asked"], mails=known["sent"], name=_named(known[["campaign_name", rule.part]]))
    rows = []
    for _level, own in found.groupby(known[rule.part]):
        campaign = known.loc[own.index, "campaign_id"]
        rest = found[["numerator", "n"]].groupby(known["campaign_id"]).sum().reindex(campaign).set_index(own.index)
        rest = rest - own[["numerator", "n"]]
        large = _expects(own, own) & _expects(rest, rest)
        inside, outside = (
            (one["numerator"].where(large).to_numpy(), one["n"].where(large).to_numpy()) for one in (own, rest)
        )
        out = random_effects.leave_one_out_odds_ratios(inside, outside)
        rows.append(_beyond(own, out).assign(p=out.p))
    found = pd.concat(rows) if rows else found.assign(**dict.fromkeys(COLUMNS[7:], np.nan))
    return found[found["asked"]]


def limit(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Each group against a fixed limit; `verdict` says on which side its whole interval lies."""
    known, found = _rated(rule, counts)
    asked = known["asked"] & found["value"].notna()
    found = found.assign(name=_named(known[list(UNITS[rule.unit])]), mails=known["sent"])[asked]
    found["p"] = proportions.binomial_test_greater(found["numerator"], found["n"], rule.limits[0])
    if len(found) > 1:
        of, n = found["numerator"].sum(), found["n"].sum()
        low, high = proportions.proportion_interval([of], [n])
        whole = pd.DataFrame({"numerator": of, "n": n, "value": of / n, "low": low, "high": high, "name": rule.name})
        whole = whole.assign(mails=found["mails"].sum(), p=proportions.binomial_test_greater([of], [n], rule.limits[0]))
        # Where the parts are compared, their sum is shown beside them and is no comparison of its own.
        found = pd.concat([found, whole.assign(p=np.nan)]) if UNITS[rule.unit] else whole
    if not UNITS[rule.unit]:
        found["name"] = rule.name
    lowest = rule.limits[0]
    found = found.assign(verdict="can't be judged", rate_low=found["low"], rate_high=found["high"])
    found["verdict"] = found["verdict"].mask(found["high"] < lowest, f"below {percent(lowest)}")
    for one in rule.limits:
        found["verdict"] = found["verdict"].mask(found["low"] > one, f"above {percent(one)}")
    return found.assign(
        expected=lowest,
        size=found["value"] - lowest,
        low=found["low"] - lowest,
        high=found["high"] - lowest,
    )


def over_time(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """The trend of each list, or of all mail, up to the question's last month."""
    frame = counts.assign(asked=_asked(counts))
    frame = frame[frame["month"] <= frame.loc[frame["asked"], "month"].max()]
    if "list_name" in frame:
        nothing = "all mail" if frame["list_name"].isna().all() else NO_LIST
        frame = frame.assign(list_name=frame["list_name"].fillna(nothing))
    else:
        frame = frame.assign(list_name="all mail")
    rows = []
    for name, own in frame.groupby("list_name"):
        found = metrics.values(own, [rule.measure], by=["month"]).sort_values("month")
        found = found[found["value"].notna()]
        when = pd.PeriodIndex(found["month"], freq="M").year * 12 + pd.PeriodIndex(found["month"], freq="M").month
        told = trend.logistic_trend(found["numerator"], found["n"], when)
        of, n = found["numerator"].sum(), found["n"].sum()
        low, high = proportions.proportion_interval([of], [n])
        scale = (told.end - told.begin) / told.step if told.step else np.nan
        rows.append(
            {"name": name, "mails": own.loc[own["asked"], "sent"].sum(), "numerator": of, "n": n}
            | {"value": told.end, "rate_low": low[0], "rate_high": high[0], "expected": told.begin}
            | {"size": told.end - told.begin, "low": told.low * scale, "high": told.high * scale, "p": told.p}
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def strata(rule: Rule, counts: pd.DataFrame) -> pd.DataFrame:
    """Levels of a part of the mail against its other levels inside the same campaign or month."""
    frame = counts[counts[rule.part].notna() & _asked(counts)]
    frame = frame.reset_index(drop=True)
    found = metrics.values(frame, [rule.measure], by=["campaign_id"])
    stratum = ["|".join(told) for told in frame[list(rule.strata)].astype("string").fillna("").to_numpy()]
    rows = []
    for level in [rule.level] if rule.level else sorted(frame[rule.part].unique()):
        inside = frame[rule.part] == level
        told = stratified.mantel_haenszel_clustered(
            found["numerator"], found["n"], inside, strata=stratum, clusters=frame["campaign_id"]
        )
        value = told.events / told.n if told.n else np.nan
        low, high = proportions.proportion_interval([told.events], [told.n])
        enough_expected = (value - told.difference) * told.n >= EVENTS
        rows.append(
            {
                "name": rule.name.format(level),
                "mails": frame.loc[inside, "sent"].sum(),
                "numerator": told.events,
                "n": told.n,
            }
            | {"value": value, "rate_low": low[0], "rate_high": high[0], "expected": value - told.difference}
            | {"size": told.difference, "low": told.low, "high": told.high}
            | {"p": told.p if enough_expected else np.nan}
        )
    return pd.DataFrame(rows, columns=COLUMNS)


JUDGES: dict[str, Callable[[Rule, pd.DataFrame], pd.DataFrame]] = {
    "others": others,
    "limit": limit,
    "trend": over_time,
    "strata": strata,
    "relation": relation,
}
"""For each kind of reference what looks at the groups."""


def why_not(rule: Rule, counts: pd.DataFrame) -> str:
    """Why none of a rule's groups could be judged."""
    title = rule.measure.name
    if counts.empty or counts[list(UNITS[rule.unit])].isna().any(axis=1).all():
        return _NOT_TOLD.get(rule.unit, f"no mail is told apart by {rule.unit}")
    if counts[[rule.measure.numerator, rule.measure.denominator]].isna().any(axis=1).all():
        return f"{title} is not known for any {rule.unit}"
    return {
        "others": f"fewer than four groups by {rule.unit} are large enough to tell what is usual",
        "limit": f"{title} is not known for any {rule.unit}",
        "trend": f"fewer than {trend.POINTS_LEAST} months with a known rate",
        "strata": "too few campaigns with both sides, or too few cases, to set one against the other",
        "relation": "fewer than four campaigns went to several segments with enough clicks",
    }[rule.kind]


_NOT_TOLD = {
    "hour": "no hour of sending is known: it needs times of day and the time zone (time_zone in kit.toml)",
    "page": "no sessions of the web analytics name a campaign",
    "segment": "no contacts tell a segment of people in an event log",
    "tenure": "no contacts tell since when people of an event log are on the list",
    "pressure": "no event log tells who got how many mails",
    "engagement": "no event log of more than three months tells who is active",
    "domain": "no event log tells the domains",
}


def _rated(rule: Rule, counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The groups that have a name, and their rates in the same order."""
    known = counts[counts[list(UNITS[rule.unit])].notna().all(axis=1)].reset_index(drop=True)
    known["asked"] = _asked(known)
    return known, metrics.values(known, [rule.measure], by=[])


def _asked(counts: pd.DataFrame) -> pd.Series:
    return counts["asked"].astype(bool) if "asked" in counts else pd.Series(data=True, index=counts.index)


def _expects(own: pd.DataFrame, all_of_it: pd.DataFrame) -> pd.Series:
    common = all_of_it["numerator"].sum() / all_of_it["n"].sum() if all_of_it["n"].sum() else 0.0
    return own["n"] * min(common, 1 - common) >= EVENTS


def _beyond(found: pd.DataFrame, out: random_effects.LeaveOneOut) -> pd.DataFrame:
    """How far beyond: both errors in squares, as in Newcombe's interval, counting and where the others lie."""
    size = found["value"] - out.expected
    return found.assign(
        rate_low=found["low"],
        rate_high=found["high"],
        expected=out.expected,
        size=size,
        low=size - np.hypot(found["value"] - found["low"], out.high - out.expected),
        high=size + np.hypot(found["high"] - found["value"], out.expected - out.low),
    )


def _named(columns: pd.DataFrame) -> pd.Series:
    names = columns.drop(columns="campaign_id", errors="ignore").astype(str).to_numpy()
    return pd.Series([" · ".join(told) for told in names], index=columns.index, dtype="object")
