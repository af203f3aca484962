"""How many messages does a test need? (guide 1, step 5)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.messages import _, message
from kit.metrics import Figure
from kit.show.formats import known, money, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import means, proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.metrics import Kpi
    from kit.store import Data

LIFTS = (0.05, 0.1, 0.2)
"""Lifts for which the messages needed are shown before sending."""


def plan(data: Data, *, kpi: str = "", lifts: Sequence[float] = LIFTS) -> SampleSize:
    """How many messages an arm does a test of this KPI need, at the present rate?

    Args:
        data: what `kit.open` returned.
        kpi: the KPI that will decide: a rate, or revenue_per_mail; "" for openings.
        lifts: relative.

    Raises:
        UsageError: the KPI is neither.
    """
    return judge(
        counts.messages(data, ["campaign_id"]), decisive(data, kpi), lifts=lifts, currency="".join(data.currencies)
    )


def judge(campaigns: pd.DataFrame, kpi: str, *, lifts: Sequence[float] = LIFTS, currency: str = "") -> SampleSize:
    """Messages an arm that a test needs, at the present rate, for lifts of several sizes.

    Args:
        campaigns: a row a campaign with its counts [messages].
        kpi: the KPI that will decide: a rate, or revenue_per_mail.
        lifts: relative.
        currency: of amounts.

    Raises:
        UsageError: the KPI is neither.

    Source: two-sided 5 %, power 80 %; Fleiss, Levin & Paik (2003), eq. 4.14; for money Welch's.
    """
    chosen = deciding(kpi)
    base = float(metrics.overall(campaigns, [kpi])["value"].iloc[0])
    variance = _variance(campaigns, chosen)
    complete = campaigns[[chosen.numerator, chosen.denominator]].notna().all(axis=1)
    arm = float(campaigns.loc[complete, chosen.denominator].astype(float).median()) / 2
    mails = 1.0
    if chosen.denominator == "delivered_trackable":  # out of a part of the mail: all of it must go out
        mails = float(campaigns.loc[complete, "delivered"].sum() / campaigns.loc[complete, chosen.denominator].sum())
    rows = [
        {"lift": lift, "value": base * (1 + lift), "needed": np.ceil(mails * needed(chosen, base, lift, variance))}
        | {"chance": _power(chosen, base, lift, arm)}
        for lift in lifts
    ]
    detectable = _detectable(chosen, base, arm, variance)
    return SampleSize(chosen, base, pd.DataFrame(rows), mails * arm, detectable, currency)


def decisive(data: Data, key: str) -> str:
    """The KPI that decides where none is named: openings, by people where a log tells them."""
    return key or metrics.as_spoken(data, "open_rate")


def deciding(key: str) -> Kpi:
    """The KPI of this key, which must be able to decide a test: a rate of campaign mail, or its revenue.

    Raises:
        UsageError: it is neither.
    """
    kpi = metrics.find(key)
    return kpi if kpi.kind == "mean" else metrics.mail_rate(key)


def needed(kpi: Kpi, base: float, lift: float, variance: float) -> float:
    """Messages an arm to see a relative lift of a KPI; NaN where it cannot be known.

    Args:
        kpi: a rate or a mean.
        base: its present value.
        lift: relative.
        variance: of one message's amount; of a mean only.
    """
    if kpi.kind == "mean":
        return float(means.sample_size(base * lift, variance) or np.nan)
    better = base * (1 + lift)
    return float(proportions.sample_size(base, better) or np.nan) if base > 0 and better < 1 else np.nan


def _variance(campaigns: pd.DataFrame, kpi: Kpi) -> float:
    """The variance of one message's amount over all groups that know it; NaN for a rate."""
    names = [kpi.numerator, f"{kpi.numerator}_squares", kpi.denominator]
    if kpi.kind != "mean" or not set(names) <= set(campaigns):
        return np.nan
    total = campaigns[names].astype("Float64").dropna().sum().astype(float)
    return float(means.variance(*total))


def _power(kpi: Kpi, base: float, lift: float, arm: float) -> float:
    better = base * (1 + lift)
    possible = kpi.kind == "rate" and base > 0 and better < 1 and arm > 0
    return proportions.power(base, better, n=arm) if possible else np.nan


def _detectable(kpi: Kpi, base: float, arm: float, variance: float) -> float:
    if not (base > 0 and arm > 0):
        return np.nan
    if kpi.kind == "rate":
        return proportions.minimum_detectable_effect(base, arm) / base
    return float(np.sqrt((means.sample_size(1, variance) or np.nan) / arm) / base)


@result
class SampleSize(Result):
    """What a test needs, before it is sent.

    Attributes:
        kpi: what will decide.
        base: its present value.
        needed: a row a lift: lift [relative], value [what it would be], needed [delivered messages an arm], chance
            [that two halves of a usual campaign show it; NaN for money].
        arm: half of a usual campaign [messages].
        detectable: the lift that two such halves would show four times in five [relative].
        currency: of amounts.
    """

    kpi: Kpi
    base: float
    needed: pd.DataFrame
    arm: float
    detectable: float
    currency: str = ""

    def summary(self) -> Summary:
        """What a usual campaign can show."""
        if not known(self.detectable):
            return Summary("test_size", _("The current rate is not known."))
        text = _(
            "A usual campaign, split into two halves of {n}, shows a lift of {lift} or more.",
            n=whole(self.arm), lift=share(self.detectable, 0),
        )  # fmt: skip
        return Summary("test_size", text, {"arm": self.arm, "detectable": self.detectable})

    def table(self) -> Table:
        """Messages an arm for lifts of several sizes, to be read before sending."""
        write = share if self.kpi.unit == "share" else money(self.currency)
        chance = _("Chance that a usual campaign shows it")
        columns = (
            Column("lift", _("To see a lift of"), lambda value: share(value, 0), unit="share", number=True),
            Column("value", _("{kpi} would be", kpi=self.kpi.title), write, unit=self.kpi.unit, number=True),
            Column("needed", _("Messages per version"), whole, unit="mails", number=True),
            Column("chance", chance, lambda value: share(value, 0), "share", number=True),
        )
        notes = []
        if known(self.base):
            notes.append(
                _(
                    "From {base} now. The lift is found four times out of five, with 5 % false winners.",
                    base=write(self.base),
                )
            )
        if known(self.detectable):
            notes.append(self.summary().text)
        frame = self.needed if known(self.base) else self.needed.iloc[:0]
        empty = _("the current rate is not known.")
        return Table("test_sizes", _("How many messages does a test need?"), frame, columns, tuple(notes), empty)


SOURCE = "Fleiss, Levin & Paik (2003), eq. 4.14"

FIGURES = (
    Figure(
        "lift", message("Lift"), message("(rate to be seen - current rate) / current rate"), message("a message"),
        "guide 1, step 5", ("test_sizes.lift", "test_sizes.value"),
        edge=message("next to it: the rate that would result"),
    ),
    Figure(
        "mails_an_arm", message("Messages per version"),
        message("sample size of two rates, or two means, for the lift"),
        message("a delivered message"), SOURCE, ("test_sizes.needed",),
        edge=message("5 % two-sided, found four times out of five; for money Welch's"),
    ),
    Figure(
        "power_of_usual", message("Chance that a usual campaign shows it"),
        message("power of two halves of a campaign of median size"), message("a delivered message"), SOURCE,
        ("test_sizes.chance",), edge=message("5 % two-sided; not given for money"),
    ),
)  # fmt: skip
