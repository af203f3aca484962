"""Two campaigns against each other. (guide 1, step 3)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit import metrics
from kit.errors import UsageError
from kit.judging import ALPHA, mature
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.show.formats import known, named, points, share, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.stats import proportions

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from kit.metrics import Kpi
    from kit.stats.proportions import Difference, Lift
    from kit.store import Data


def compare(data: Data, *, kpi: str = "", a: str = "", b: str = "") -> Pair:
    """Which of two campaigns has the higher rate?

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.
        a: name or id of the first campaign; "" for the last but one that is old enough.
        b: of the second; "" for the latest.

    Raises:
        UsageError: the KPI is no rate, no campaign has the name, or several have it.
    """
    days = data.settings["conversions.maturity_days"]
    return judge(stand_out.count(data), metrics.as_told(data, kpi), a=a, b=b, as_of=data.as_of, maturity_days=days)


def judge(
    campaigns: pd.DataFrame, kpi: str, *, a: str = "", b: str = "", as_of: datetime | None, maturity_days: int
) -> Pair:
    """Two campaigns against each other; without names, the two latest that are old enough.

    Args:
        campaigns: as for `stand_out.judge`.
        kpi: key of a rate.
        a: name or id of the first campaign, or "".
        b: of the second, or "".
        as_of: as for `stand_out.judge`.
        maturity_days: as for `stand_out.judge`.

    Raises:
        UsageError: no campaign has the name, or several have it.

    Source: Newcombe (1998), method 10; guide 1, step 3.
    """
    rate = metrics.mail_rate(kpi)
    rates = metrics.values(campaigns, [kpi], by=stand_out.identity(campaigns))
    rates = metrics.with_raw(rates, campaigns, rate)
    rates = rates[rates["value"].notna()].sort_values("sent_local", kind="stable")
    rates = rates.assign(mature=mature(rates["sent_local"], as_of, maturity_days))
    candidates = rates[rates["mature"]]
    if len(candidates) < 2 and not (a and b):
        return Pair(rate, rates.iloc[:0])
    first = named_campaign(rates, a) if a else candidates.iloc[-2]
    second = named_campaign(rates, b) if b else candidates.iloc[-1]
    counted = (int(first["numerator"]), int(first["n"]), int(second["numerator"]), int(second["n"]))
    chosen = rates.loc[[first.name, second.name]].reset_index(drop=True)
    return Pair(rate, chosen, proportions.proportion_difference(*counted), proportions.lift(*counted))


def named_campaign(rates: pd.DataFrame, name: str) -> pd.Series:
    """The row of the campaign with this name or id.

    Raises:
        UsageError: no campaign has the name, or several have it.
    """
    rows = rates[(rates["campaign_name"] == name) | (rates["campaign_id"] == name)]
    if rows.empty:
        raise UsageError(_("no campaign is named {name}. Use the campaign's id", name=repr(name)))
    if len(rows) > 1:
        ids = ", ".join(rows["campaign_id"])
        raise UsageError(
            _n("{n} campaign is named {name}. Use the campaign's id: {ids}",
               "{n} campaigns are named {name}. Use the campaign's id: {ids}", len(rows), name=repr(name), ids=ids)
        )  # fmt: skip
    return rows.iloc[0]


@result
class Pair(Result):
    """Two campaigns.

    Attributes:
        kpi: what was compared.
        rates: the two campaigns, the first and the second: their columns, numerator, n [messages], value, low, high
            [share], mature; empty where there are not two that are old enough and whose rate is known.
        difference: of the second minus the first; None where there are not two.
        lift: of the second over the first.
    """

    kpi: Kpi
    rates: pd.DataFrame
    difference: Difference | None = None
    lift: Lift | None = None

    @property
    def same_age(self) -> bool:
        """Whether both are old enough to be judged."""
        return bool(self.rates["mature"].all())

    def summary(self) -> Summary:
        """Two campaigns against each other."""
        if self.difference is None:
            return Summary("pair", _("There are not two campaigns that are old enough and whose rate is known."))
        difference = self.difference
        a, b = self.rates.to_dict("records")
        counted = _(
            "{kpi}: {a} {count_a} of {n_a}, {b} {count_b} of {n_b}.",
            kpi=self.kpi.title, a=named(a["campaign_name"]), count_a=whole(a["numerator"]), n_a=whole(a["n"]),
            b=named(b["campaign_name"]), count_b=whole(b["numerator"]), n_b=whole(b["n"]),
        )  # fmt: skip
        numbers = {
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
            "p": difference.p,
            "test": difference.test,
            "same_age": self.same_age,
        }
        if not known(difference.p):
            return Summary("pair", f"{counted} {_('A difference cannot be estimated.')}", numbers)
        values = {"points": points(difference.value), "span": span(difference.low, difference.high)}
        if difference.p >= ALPHA:
            verdict = _("The difference is {points} points ({span}): which is higher is not decided.", **values)
        elif difference.value > 0:
            verdict = _("The difference is {points} points ({span}): the second is higher.", **values)
        else:
            verdict = _("The difference is {points} points ({span}): the second is lower.", **values)
        cautions = [
            *(
                [_("{kpi}: {a} and {b}.", kpi=metrics.find(self.kpi.raw).title, a=share(a["raw"]), b=share(b["raw"]))]
                if self.kpi.raw
                else []
            ),
            *([] if self.same_age else [_("One of them is too young: its numbers still grow.")]),
            _("They went out at different times, so the difference is theirs, not only the subject's or the offer's."),
        ]
        return Summary("pair", " ".join([counted, verdict, *cautions]), numbers)


FIGURES = (
    Figure(
        "pair_difference", message("Difference of two campaigns"),
        message("rate of the second - rate of the first"), message("a message"), "Newcombe (1998), method 10",
        ("pair.difference",), interval=message("95 %: Newcombe"),
        edge=message("they went out at different times: the difference is theirs, not only the subject's"),
    ),
)  # fmt: skip
