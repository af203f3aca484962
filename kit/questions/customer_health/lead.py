"""How early does red come before a customer leaves?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.show.formats import UNKNOWN, known, share, whole, with_interval
from kit.show.picture import PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.stats.proportions import proportion_interval
from kit.stats.ranks import quantile_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.questions.customer_health.score import Scores


def measure(scores: Scores, *, gap: int = 14) -> Lead:
    """For how long were accounts red before they left, in the weeks that the back-test holds back?

    Args:
        scores: what `score.measure` returned.
        gap: days that acting needs.

    Source: DEFINITIONS: lead time.
    """
    return Lead(spells(scores), gap)


def spells(scores: Scores) -> pd.DataFrame:
    """Of who left in the weeks held back: account [code], lead [days of unbroken red before; 0: it was not red]."""
    days, first = scores.weeks.days, min(scores.trained, scores.weeks.n - 1)
    gone = np.flatnonzero(np.nan_to_num(scores.churn.day, nan=-1.0) > days[first])
    gone = gone[scores.customers[gone].any(axis=1)]
    if not gone.size:
        return pd.DataFrame({"account": [], "lead": []})
    day = scores.churn.day[gone]
    last = np.searchsorted(days, day, side="left") - 1
    red = scores.score[gone] < scores.config.red
    spell = np.zeros(gone.size, int)
    for week in range(scores.weeks.n):
        spell = np.where(week <= last, np.where(red[:, week], spell + 1, 0), spell)
    begun = days[np.clip(last - spell + 1, 0, scores.weeks.n - 1)]
    return pd.DataFrame({"account": gone, "lead": np.where(spell > 0, day - begun, 0.0)})


@result
class Lead(Result):
    """Lead times.

    Attributes:
        leads: a row an account that left: account [code], lead [days of unbroken red before; 0: it was not red].
        gap: days that acting needs.
    """

    leads: pd.DataFrame
    gap: int

    def summary(self) -> Summary:
        """How long before they left accounts were red."""
        lead = self.leads["lead"]
        if lead.empty:
            why = message("no account left in the test weeks")
            return Summary("health_lead", _("It is not known how early accounts turn red: {reason}.", reason=why), {})
        caught, missed = lead[lead > 0], int((lead == 0).sum())
        low, high = proportion_interval(missed, len(lead))
        numbers: dict[str, Any] = {"n": len(lead), "missed": missed / len(lead)}
        words = {"n": whole(len(lead)), "missed": with_interval(missed / len(lead), float(low), float(high))}
        if caught.empty:
            return Summary(
                "health_lead", _("None of the {n} accounts that left was red when it left.", **words), numbers
            )
        first, third = caught.quantile([0.25, 0.75])
        middle, low_end, high_end = quantile_interval(caught)
        numbers |= {"median": middle, "median_low": low_end, "median_high": high_end, "first": first, "third": third}
        text = _(
            "Of {n} accounts that left, {missed} were not red at that time. Half of the others had been red for "
            "{median} days or longer (between {low} and {high}, given the margin of error). The middle half had "
            "been red for {first} to {third} days.",
            median=whole(middle), low=_days(low_end), high=_days(high_end), first=whole(first), third=whole(third),
            **words,
        )  # fmt: skip
        return Summary("health_lead", text, numbers)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Share of the accounts that left that were red so many days before."""
        title = _("How many days before leaving accounts were red")
        lead = np.sort(self.leads["lead"].to_numpy(float))[::-1]
        if not lead.size:
            return nothing("health_lead", title, message("no account left in the test weeks"))
        days = np.arange(0, max(float(lead.max()), 7.0) + 1, 1.0)
        red = (lead[None, :] > days[:, None]).mean(axis=1)
        with drawing(2.8, ax) as axes:
            axes.step(days, red, where="post", color=PLAIN, linewidth=1.8)
            axes.axvline(self.gap, color=QUIET, linewidth=1)
            axes.invert_xaxis()
            axes.set_ylim(0, 1)
            axes.yaxis.set_major_formatter(lambda value, _place: share(value, 0))
            axes.set_xlabel(_("days before leaving"))
            axes.set_ylabel(_("red accounts"))
            early = float((lead > self.gap).mean())
            alt = _("{title}: {n} accounts left; {share} of them were red {gap} days before.", title=title,
                    n=whole(lead.size),
                    share=share(early, 0), gap=self.gap)  # fmt: skip
            return picture(axes, name="health_lead", title=title, alt=alt)


def _days(value: float) -> str:
    return whole(value) if known(value) else UNKNOWN


FIGURES = (
    Figure(
        "health_lead", message("Time from red to leaving"),
        message("day of leaving minus the first day of the last unbroken red period before it"),
        message("an account that left in the test weeks"), "DEFINITIONS: lead time",
        ("health_lead.n", "health_lead.missed", "health_lead.median", "health_lead.first", "health_lead.third"),
        interval=message("95 %: Wilson; of the median by order statistics"),
        edge=message("not red when it left: 0, missed; a week without a score ends the red period"),
    ),
)  # fmt: skip
