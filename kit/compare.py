"""Which campaign did better, beyond chance? (guide 1, step 3)

Forty campaigns that are all equal still differ in their rates, and real ones vary for a hundred small
reasons. So a campaign stands out only beyond the usual variation between campaigns, not merely beyond
counting error, and the page's number of comparisons is taken into account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import kpi as registry
from kit.errors import UsageError
from kit.stats import between, multiplicity, rates

if TYPE_CHECKING:
    from datetime import datetime

    from kit.kpi import Kpi
    from kit.stats.between import Spread
    from kit.stats.rates import Difference, Lift

ALPHA = 0.05
"""Share of false flags among the flags (Benjamini-Hochberg), and the level of single tests."""

FEWEST = 5
"""A group whose expected events, for or against, are fewer is too small to be judged."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Campaigns beside each other.

    Attributes:
        kpi: what was compared.
        rates: a row a campaign: its columns, n, value, low, high, expected [share; what the others let
            one expect], z, p [adjusted], verdict: "better", "worse", "as usual", "too few", "too young"
            or "unknown".
        spread: how much the campaigns differ beyond counting.
        equal: p-value of "all are equal".
    """

    kpi: Kpi
    rates: pd.DataFrame
    spread: Spread
    equal: float

    @property
    def judged(self) -> int:
        """Campaigns that were judged."""
        return int(self.rates["verdict"].isin(("better", "worse", "as usual")).sum())


@dataclass(frozen=True, slots=True)
class Pair:
    """Two campaigns: names, counts, the difference of b minus a and the lift of b over a."""

    kpi: Kpi
    name_a: str
    name_b: str
    count_a: int
    n_a: int
    count_b: int
    n_b: int
    difference: Difference
    lift: Lift
    same_age: bool


def campaigns(
    counts: pd.DataFrame,
    key: str,
    *,
    as_of: datetime | None,
    maturity_days: int,
    level: float = registry.LEVEL,
) -> Comparison:
    """Compare campaigns by one rate.

    Args:
        counts: a row a campaign, from `counts.messages(data, ["campaign_id", "campaign_name", "sent_local"])`.
        key: the KPI, a rate.
        as_of: the moment up to which the data knows; None: ages are not known and nobody is too young.
        maturity_days: a campaign younger than this at `as_of` is shown and not judged.
        level: confidence of the intervals.

    Raises:
        UsageError: the KPI is no rate.

    Source: leave-one-out random-effects prediction with t(k - 2) and Benjamini-Hochberg (1995),
    doi:10.1111/j.2517-6161.1995.tb02031.x; between-campaign variance by Paule and Mandel (1982),
    doi:10.6028/jres.087.022.
    """
    told = rate(key)
    found = registry.values(counts, [key], by=_identity(counts), level=level)
    judged = _old_enough(found, as_of, maturity_days) & found["value"].notna() & enough(found)
    x, n = found["of"].where(judged), found["n"].where(judged)
    out = between.outliers(x, n)
    found = found.assign(expected=out.expected, se=out.se, z=out.z, p=multiplicity.adjust(out.p))
    found["verdict"] = _verdicts(found, told, judged, _old_enough(found, as_of, maturity_days))
    x, n = x[judged], n[judged]
    return Comparison(told, found, between.spread(x, n), rates.equal(x, n).p)


def pair(
    counts: pd.DataFrame, key: str, *, a: str = "", b: str = "", as_of: datetime | None, maturity_days: int
) -> Pair | None:
    """Two campaigns against each other; without names, the two latest that are old enough.

    None where there are not two whose rate is known.

    Args:
        counts: as for `campaigns`.
        key: the KPI, a rate.
        a: name of the first campaign, or "".
        b: name of the second campaign, or "".
        as_of: as for `campaigns`.
        maturity_days: as for `campaigns`.

    Raises:
        UsageError: no campaign has the name, or several have it.
    """
    told = rate(key)
    found = registry.values(counts, [key], by=_identity(counts))
    found = found[found["value"].notna()].sort_values("sent_local", kind="stable")
    old = _old_enough(found, as_of, maturity_days)
    if len(found[old]) < 2 and not (a and b):
        return None
    found = found.assign(old=old)
    first = _named(found, a) if a else found[old].iloc[-2]
    second = _named(found, b) if b else found[old].iloc[-1]
    numbers = (int(first["of"]), int(first["n"]), int(second["of"]), int(second["n"]))
    return Pair(
        told,
        str(first["campaign_name"]),
        str(second["campaign_name"]),
        *numbers,
        rates.difference(*numbers),
        rates.lift(*numbers),
        same_age=bool(first["old"] and second["old"]),
    )


def rate(key: str) -> Kpi:
    """The KPI of this key, which must be a rate of campaign mail.

    Raises:
        UsageError: it is unknown or no rate.
    """
    told = registry.find(key)
    if told.kind != "rate" or told.counts != "messages":
        raise UsageError(f"{key} is no rate of campaign mail, so campaigns cannot be compared by it.")
    return told


def enough(found: pd.DataFrame, *, fewest: float = FEWEST) -> pd.Series:
    """Whether a group is large enough to be judged: at the common rate it expects `fewest` for and against."""
    known = found["value"].notna()
    n = found.loc[known, "n"].sum()
    common = found.loc[known, "of"].sum() / n if n else np.nan
    return known & (found["n"] * min(common, 1 - common) >= fewest)


def _identity(counts: pd.DataFrame) -> list[str]:
    names = ("campaign_id", "campaign_name", "subject", "list_name", "sent_local")
    return [name for name in names if name in counts]


def _old_enough(found: pd.DataFrame, as_of: datetime | None, maturity_days: int) -> pd.Series:
    if as_of is None:
        return pd.Series(data=True, index=found.index)
    return ~(found["sent_local"] > as_of - timedelta(days=maturity_days))


def _named(found: pd.DataFrame, name: str) -> pd.Series:
    rows = found[(found["campaign_name"] == name) | (found["campaign_id"] == name)]
    if len(rows) != 1:
        known = "no campaign is" if rows.empty else f"{len(rows)} campaigns are"
        raise UsageError(
            f"{known} named {name!r}. Use the campaign's id: {', '.join(rows['campaign_id'])}".rstrip(": ")
        )
    return rows.iloc[0]


def _verdicts(found: pd.DataFrame, told: Kpi, judged: pd.Series, old: pd.Series) -> pd.Series:
    good = (found["z"] > 0) == (told.better == "higher")
    verdict = pd.Series("as usual", index=found.index, dtype="object")
    verdict = verdict.mask((found["p"] < ALPHA) & good, "better").mask((found["p"] < ALPHA) & ~good, "worse")
    verdict = verdict.mask(found["p"].isna(), "unknown")
    verdict = verdict.mask(~judged & found["value"].notna(), "too few")
    return verdict.mask(~old & found["value"].notna(), "too young")
