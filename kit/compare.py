"""Which campaign did better, beyond chance? (guide 1, step 3)

Forty campaigns that are all equal still differ in their rates, and real ones vary for a hundred small
reasons. So a campaign stands out only beyond the usual variation between campaigns, not merely beyond
counting error, and the page's number of comparisons is taken into account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import metrics
from kit.errors import UsageError
from kit.judging import ALPHA, LEVEL, OTHERS, SMALLEST_PART, large_enough, mature
from kit.stats import empirical_bayes, multiplicity, proportions, random_effects, standardisation

if TYPE_CHECKING:
    from datetime import datetime

    from kit.metrics import Kpi
    from kit.stats.empirical_bayes import BetaPrior
    from kit.stats.proportions import Difference, Lift
    from kit.stats.random_effects import Heterogeneity


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
    spread: Heterogeneity
    equal: float

    @property
    def judged(self) -> int:
        """Campaigns that were judged."""
        return int(self.rates["verdict"].isin(("better", "worse", "as usual")).sum())


@dataclass(frozen=True, slots=True)
class Ranking:
    """Campaigns in the order of what may be expected of them.

    Attributes:
        kpi: what they are ordered by.
        rates: a row a campaign that is old enough, the best first: its columns, n, value, low, high [as
            counted], expect, expect_low, expect_high [drawn towards the usual rate], best [the chance
            that it is the best of all]; the last four are NaN with fewer than four campaigns.
        prior: what campaigns usually are.
        regret: what choosing the first falls short of the truly best one, on average [share].
        top: name of the campaign whose counted rate is best.
        overstated: by how much that rate is likely too good [share].
        luck: by how much the best of as many equal campaigns of the median size would look too good [share].
    """

    kpi: Kpi
    rates: pd.DataFrame
    prior: BetaPrior
    regret: float
    top: str
    overstated: float
    luck: float


@dataclass(frozen=True, slots=True)
class OneMix:
    """Campaigns as they would be, had all gone to one audience.

    Attributes:
        kpi: what is compared.
        part: the column that tells the parts of the audience apart.
        mix: share of each part in the common mix, the largest first; empty where no part is known.
        rates: a row a campaign whose parts are known: its columns, n, value [as counted], standard,
            low, high [on the common mix; NaN where the campaign has nobody in one of its parts].
    """

    kpi: Kpi
    part: str
    mix: pd.Series
    rates: pd.DataFrame

    @property
    def comparable(self) -> int:
        """Campaigns that have somebody in each part."""
        return int(self.rates["standard"].notna().sum())


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
    level: float = LEVEL,
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
    told = metrics.mail_rate(key)
    found = metrics.values(counts, [key], by=_identity(counts), level=level)
    judged = mature(found["sent_local"], as_of, maturity_days) & found["value"].notna() & large_enough(found)
    x, n = found["numerator"].where(judged), found["n"].where(judged)
    out = random_effects.leave_one_out(x, n)
    found = found.assign(expected=out.expected, se=out.se, z=out.z, p=multiplicity.adjust(out.p))
    found["verdict"] = _verdicts(found, told, judged, mature(found["sent_local"], as_of, maturity_days))
    x, n = x[judged], n[judged]
    return Comparison(told, found, random_effects.heterogeneity(x, n), proportions.chi_square_homogeneity(x, n).p)


def ranking(compared: Comparison) -> Ranking:
    """Order campaigns by what may be expected of them, and say how sure the first place is.

    Each rate is drawn towards the usual one, a small campaign's further than a large one's: so a handful
    of mails cannot take the first place by chance.

    Source: guide 1, step 3; empirical Bayes with the beta-binomial: Casella (1985),
    doi:10.1080/00031305.1985.10479400.
    """
    rows = compared.rates
    rows = rows[rows["value"].notna() & (rows["verdict"] != "too young")]
    lowest = compared.kpi.better == "lower"
    known = empirical_bayes.beta_binomial_prior(rows["numerator"], rows["n"])
    if len(rows) < empirical_bayes.UNITS_LEAST:
        rows = rows.assign(expect=np.nan, expect_low=np.nan, expect_high=np.nan, best=np.nan)
        return Ranking(compared.kpi, rows, known, np.nan, "", np.nan, np.nan)
    found = empirical_bayes.shrink_rates(rows["numerator"], rows["n"], known, lowest=lowest)
    rows = rows.assign(expect=found.value, expect_low=found.low, expect_high=found.high, best=found.best)
    order = ["expect", "value", "n"]
    rows = rows.sort_values(order, ascending=[lowest, lowest, False], kind="stable", ignore_index=True)
    top = rows.iloc[int(rows["value"].argmin() if lowest else rows["value"].argmax())]
    error = np.sqrt(known.mean * (1 - known.mean) / rows["n"].median())
    return Ranking(
        compared.kpi,
        rows,
        known,
        found.regret,
        str(top["campaign_name"]),
        abs(float(top["value"] - top["expect"])),
        float(empirical_bayes.expected_maximum(len(rows)) * error),
    )


def one_mix(counts: pd.DataFrame, key: str, part: str, *, level: float = LEVEL) -> OneMix:
    """Campaigns' rates on one mix of audience: what they would be, had all gone to the same people.

    Parts with less than a twentieth of all mail are taken together.

    Args:
        counts: a row a campaign and part, from `counts.messages(data, ["campaign_id", "campaign_name",
            "sent_local", part])`.
        key: the KPI, a rate.
        part: the column that tells the parts of the audience apart: list_name, domain, variant.
        level: confidence of the intervals.

    Raises:
        UsageError: the KPI is no rate.

    Source: direct standardisation with the gamma interval of Fay and Feuer (1997),
    doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    """
    told = metrics.mail_rate(key)
    own = [name for name in _identity(counts) if name != part]
    found = metrics.values(counts, [key], by=[*own, part])
    found = found[found["value"].notna() & found[part].notna()]
    mail = found.groupby(part)["n"].sum().sort_values(ascending=False, kind="stable")
    small = mail.index[mail < SMALLEST_PART * mail.sum()]
    found = found.assign(**{part: found[part].where(~found[part].isin(small), OTHERS)})
    mix = found.groupby(part)["n"].sum().sort_values(ascending=False, kind="stable")
    of, n = (
        found.pivot_table(index="campaign_id", columns=part, values=name, aggfunc="sum", fill_value=0)
        .reindex(columns=mix.index)
        .astype(float)
        for name in ("numerator", "n")
    )
    rows = found.drop_duplicates("campaign_id")[own].set_index("campaign_id").reindex(of.index)
    rows = rows.assign(n=n.sum(axis=1), value=of.sum(axis=1) / n.sum(axis=1))
    if len(mix) > 1:
        level_of = standardisation.direct_standardisation(of.to_numpy(), n.to_numpy(), mix.to_numpy(), level=level)
        rows = rows.assign(standard=level_of.value, low=level_of.low, high=level_of.high)
    else:
        rows = rows.assign(standard=np.nan, low=np.nan, high=np.nan)
    return OneMix(told, part, mix / mix.sum(), rows.reset_index())


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
    told = metrics.mail_rate(key)
    found = metrics.values(counts, [key], by=_identity(counts))
    found = found[found["value"].notna()].sort_values("sent_local", kind="stable")
    old = mature(found["sent_local"], as_of, maturity_days)
    if len(found[old]) < 2 and not (a and b):
        return None
    found = found.assign(old=old)
    first = _named(found, a) if a else found[old].iloc[-2]
    second = _named(found, b) if b else found[old].iloc[-1]
    numbers = (int(first["numerator"]), int(first["n"]), int(second["numerator"]), int(second["n"]))
    return Pair(
        told,
        str(first["campaign_name"]),
        str(second["campaign_name"]),
        *numbers,
        proportions.proportion_difference(*numbers),
        proportions.lift(*numbers),
        same_age=bool(first["old"] and second["old"]),
    )


def _identity(counts: pd.DataFrame) -> list[str]:
    names = ("campaign_id", "campaign_name", "subject", "list_name", "sent_local")
    return [name for name in names if name in counts]


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
