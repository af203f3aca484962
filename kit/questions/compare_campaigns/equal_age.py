"""How do young campaigns do, when all are as old as the youngest? (guide 1, step 3)

A campaign of yesterday has not had its time yet. Set beside what the others had brought at its age it can be judged at
once; its final rate cannot be told from that, but how much of it has usually come by then can.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from kit import counts, metrics
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.questions.months import time_to_react
from kit.show.formats import joined, known, named, share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from kit.questions.compare_campaigns.stand_out import StandOut
    from kit.questions.months.time_to_react import TimeToReact
    from kit.store import Data

DAY = 24
"""Hours."""

YOUNGEST = 1
"""Hours from which a campaign is looked at."""

_REACTION = {"open_rate": "opening", "click_rate": "click", "click_rate_human": "click", "click_to_open_rate": "click"}
"""What of a week's reactions speaks for a rate."""


def compare(data: Data, *, kpi: str = "") -> EqualAge:
    """How do young campaigns do beside what the others had brought at their age?

    Args:
        data: what `kit.open` returned; without an event log no campaign has an age.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.

    Raises:
        UsageError: the KPI is unknown or no rate.
    """
    days = data.settings["conversions.maturity_days"]
    ages = counts.ages(data)
    campaigns = counts.at_age(data, list(stand_out.CAMPAIGN), hours=common_age(ages, maturity_days=days))
    return judge(campaigns, metrics.as_told(data, kpi), ages, time_to_react.measure(data), maturity_days=days)


def common_age(ages: pd.DataFrame, *, maturity_days: int) -> int:
    """The age of the youngest campaign that is too young to be judged by all it has brought; 0 where none is.

    Args:
        ages: what `counts.ages` returned.
        maturity_days: from which age a campaign is judged without this.
    """
    hours = _young(ages, maturity_days)["hours"]
    return int(hours.min()) if len(hours) else 0


def judge(campaigns: pd.DataFrame, kpi: str, ages: pd.DataFrame, pace: TimeToReact, *, maturity_days: int) -> EqualAge:
    """Compare all campaigns at the age of the youngest.

    Args:
        campaigns: a row a campaign, from `counts.at_age(data, […], hours=common_age(ages))`.
        kpi: key of a rate.
        ages: what `counts.ages` returned.
        pace: how soon people react.
        maturity_days: as for `common_age`.

    Source: guide 1, step 3; the comparison as `stand_out.judge`.
    """
    age = common_age(ages, maturity_days=maturity_days)
    compared = stand_out.judge(campaigns if age else campaigns.iloc[:0], kpi, as_of=None, maturity_days=0)
    young = compared.rates[compared.rates["campaign_id"].isin(_young(ages, maturity_days)["campaign_id"])]
    by_then = pace.curve[(pace.curve["what"] == _REACTION.get(kpi, "")) & (pace.curve["hour"] == age)]
    rows = by_then[["value", "low", "high"]].to_numpy().tolist()
    return EqualAge(age, compared, young.reset_index(drop=True), *(rows[0] if rows else (nan, nan, nan)))


def _young(ages: pd.DataFrame, maturity_days: int) -> pd.DataFrame:
    return ages[(ages["hours"] >= YOUNGEST) & (ages["hours"] < maturity_days * DAY)]


@result
class EqualAge(Result):
    """Young campaigns beside the others at their age.

    Attributes:
        hours: the common age, that of the youngest; 0 where no campaign is young.
        compared: all campaigns at that age.
        young: of its rates those of young campaigns.
        reacted: share of a week's opens or clicks by people that have come by that age; NaN where it is not known.
        low: of its interval.
        high: its other end.
    """

    hours: int
    compared: StandOut
    young: pd.DataFrame
    reacted: float
    low: float
    high: float

    def summary(self) -> Summary:
        """How young campaigns do at their age, and how much of a week's reactions has come by then."""
        if not self.hours:
            return Summary("equal_age", _("No campaign in your event log is too recent to judge."))
        campaigns = [
            _("{name}: {rate} of {n} messages, {verdict}", name=named(row["campaign_name"]), n=whole(row["n"]),
              rate=with_interval(row["value"], row["low"], row["high"]), verdict=_VERDICTS[row["verdict"]])
            for row in self.young.to_dict("records")
        ]  # fmt: skip
        kpi = self.compared.kpi
        text = _(
            "{kpi} within {hours} h of delivery to each person. {campaigns}.",
            kpi=kpi.title, hours=whole(self.hours), campaigns=joined(campaigns),
        )  # fmt: skip
        if known(self.reacted):
            values = {"share": share(self.reacted), "low": share(self.low), "high": share(self.high)}
            if kpi.numerator == "opened":
                by_then = _("By then, {share} ({low} to {high}) of a week's opens by people have come in.", **values)
            else:
                by_then = _("By then, {share} ({low} to {high}) of a week's clicks by people have come in.", **values)
            text = f"{text} {by_then}"
        numbers = {"hours": self.hours, "young": len(self.young), "seen": self.reacted}
        return Summary("equal_age", text, numbers)

    def table(self) -> Table:
        """All campaigns at the age of the youngest."""
        compared = self.compared.table()
        title, notes = _("At the same age"), ()
        if self.hours:
            title = _("Campaigns {hours} h after delivery to each person", hours=whole(self.hours))
            notes = compared.notes
        empty = _("no campaign in your event log is too recent to judge.")
        return Table("equal_age", title, compared.frame, compared.columns, notes, empty)


_VERDICTS = {
    "better": message("better than the others at that age"),
    "worse": message("worse than the others at that age"),
    "as usual": message("like the others at that age"),
    "too few": message("too little data to judge"),
    "unknown": message("not judged"),
}

FIGURES = (
    Figure(
        "equal_age", message("At the same age"),
        message("first opens or clicks by people within the age of the newest campaign / those within a week"),
        message("one delivered message; its first open and its first click"), "guide 1, step 3",
        ("equal_age.hours", "equal_age.young", "equal_age.seen"),
        window=message("the same number of hours after delivery to each person, for all campaigns"),
        edge=message(
            "beside it: recent campaigns, and the share of a week's reactions that has come in by then; event logs "
            "only"
        ),
    ),
)  # fmt: skip
