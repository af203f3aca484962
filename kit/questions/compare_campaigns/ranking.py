"""Which campaign is worth repeating? (guide 1, step 3)

The best of many looks better than it is. So each rate is drawn towards the usual one, a small campaign's further than
a large one's, and a handful of messages cannot take the first place by chance.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from kit import metrics
from kit.judging import ALPHA
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.questions.compare_campaigns.stand_out import TOO_RECENT
from kit.show import cells
from kit.show.axes import percent, span
from kit.show.formats import joined, known, named, share, size, whole, with_interval
from kit.show.picture import INK, PLAIN, QUIET, Picture, drawing, label, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import hierarchy, multiplicity, proportions

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kit.metrics import Kpi
    from kit.questions.compare_campaigns.stand_out import StandOut
    from kit.store import Data

DRAWN = 20
"""Campaigns of the ranking that are drawn: nobody chooses from further down."""


def rank(data: Data, *, kpi: str = "") -> Ranking:
    """Which campaigns may be expected to do best, and how sure is the first place?

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.

    Raises:
        UsageError: the KPI is unknown or no rate.
    """
    return judge(stand_out.compare(data, kpi=kpi))


def judge(compared: StandOut) -> Ranking:
    """Order campaigns by what may be expected of them.

    Source: guide 1, step 3; full Bayes: Gelman (2006), doi:10.1214/06-BA117A.
    """
    rows = compared.rates
    rows = rows[rows["value"].notna() & (rows["verdict"] != TOO_RECENT)]
    lowest = compared.kpi.better == "lower"
    shrunk = hierarchy.rates(rows["numerator"], rows["n"], lowest=lowest)
    rows = rows.assign(expect=shrunk.value, expect_low=shrunk.low, expect_high=shrunk.high, best=shrunk.best)
    if np.isnan(shrunk.regret):
        return Ranking(compared.kpi, rows, nan, nan, "", nan, nan, apart=False)
    order = ["expect", "value", "n"]
    rows = rows.sort_values(order, ascending=[lowest, lowest, False], kind="stable", ignore_index=True)
    top = rows.iloc[int(rows["value"].argmin() if lowest else rows["value"].argmax())]
    error = np.sqrt(shrunk.usual * (1 - shrunk.usual) / rows["n"].median())
    return Ranking(
        compared.kpi,
        rows,
        shrunk.usual,
        shrunk.regret,
        str(top["campaign_name"]),
        abs(float(top["value"] - top["expect"])),
        float(multiplicity.expected_maximum(len(rows)) * error),
        apart=proportions.chi_square_homogeneity(rows["numerator"], rows["n"]).p < ALPHA,
    )


@result
class Ranking(Result):
    """Campaigns in the order of what may be expected of them.

    Attributes:
        kpi: what they are ordered by.
        rates: a row a campaign that is old enough, the best first: its columns, n [messages], value, low, high [as
            counted], expect, expect_low, expect_high [drawn towards the usual rate], best [the chance that it is the
            best of all]; the last four are NaN with fewer than four campaigns.
        usual: the rate at the centre of all campaigns [share].
        regret: what choosing the first falls short of the truly best one, on average [share].
        top: name of the campaign whose counted rate is best.
        overstated: by how much that rate is likely too good [share].
        luck: by how much the best of as many equal campaigns of the median size would look too good [share].
        apart: whether the campaigns differ beyond chance at all; else there is no order.
    """

    kpi: Kpi
    rates: pd.DataFrame
    usual: float
    regret: float
    top: str
    overstated: float
    luck: float
    apart: bool

    def summary(self) -> Summary:
        """What may be expected of the first, how sure its place is, and how much luck is in the raw order."""
        kpi, n = self.kpi.name, whole(len(self.rates))
        if not known(self.regret):
            text = _("Fewer than four campaigns can be ranked by “{kpi}”.", kpi=kpi)
            return Summary("ranking_first", text, {"ranked": len(self.rates)})
        first = self.rates.iloc[0]
        numbers = {
            "ranked": len(self.rates),
            "expect": first["expect"],
            "best": first["best"],
            "regret": self.regret,
            "overstated": self.overstated,
            "luck": self.luck,
        }
        if self.kpi.better == "lower":
            chance = _(
                "Luck matters: among {n} equally good campaigns of this size, the best would still look {luck} "
                "points below the rest.",
                n=n, luck=size(self.luck),
            )  # fmt: skip
        else:
            chance = _(
                "Luck matters: among {n} equally good campaigns of this size, the best would still look {luck} "
                "points above the rest.",
                n=n, luck=size(self.luck),
            )  # fmt: skip
        if not self.apart:
            order = _("Campaigns cannot be ranked by “{kpi}”: their differences are no larger than chance.", kpi=kpi)
            return Summary("ranking_first", f"{order} {chance}", numbers)
        place = _(
            "{name} ranks first by “{kpi}”: expect {expected}. The chance that it really is the best of {n} is "
            "{best}. Choosing it, you lose {regret} points on average against whichever campaign is really best.",
            name=named(first["campaign_name"]), kpi=kpi, expected=_expected(first), n=n,
            best=share(first["best"], 0), regret=size(self.regret),
        )  # fmt: skip
        if self.top == first["campaign_name"]:
            caution = _(
                "Its counted rate is probably {points} points too good.",
                points=size(self.overstated),
            )
        else:
            caution = _(
                "{name} had the best counted rate, but it is probably {points} points too good.",
                name=named(self.top), points=size(self.overstated),
            )  # fmt: skip
        return Summary("ranking_first", f"{place} {caution}", numbers, headline=True, weight=35)

    def table(self) -> Table:
        """Campaigns in the order of what may be expected of them, beside what was counted."""
        frame = self.rates.assign(place=range(1, len(self.rates) + 1))
        columns = (
            Column("place", _("Place"), whole, number=True),
            Column("campaign_name", _("Campaign")),
            Column("n", metrics.denominator_title(self.kpi), whole, unit="mails", number=True),
            Column("value", _("Counted rate"), cells.rate, unit="share", number=True, whole_row=True),
            *metrics.raw_columns(self.kpi),
            Column("expect", _("Expected rate"), _expected, unit="share", number=True, whole_row=True),
            Column("best", _("Chance of being the best"), lambda value: share(value, 0), unit="share", number=True),
        )
        notes = (
            _(
                "Expected rate: the counted rate, moved towards the usual rate. The smaller the campaign, the further "
                "it is moved."
            ),
            _("Campaigns are in order of their expected rate. Campaigns too recent to judge are left out."),
            _(
                "Brackets: 95 %; for the first place rely on 90 %, because it was picked as the best. If a few "
                "campaigns are far from the others, its bracket holds less often."
            ),
        )
        frame = frame if known(self.regret) else frame.iloc[:0]
        title = _("Campaigns by expected {kpi}", kpi=self.kpi.name)
        return Table("ranking", title, frame, columns, notes, _("fewer than four campaigns can be ranked."))

    def plot(self, ax: Axes | None = None) -> Picture:
        """What may be expected of each campaign, with its interval, beside what was counted; the best on top."""
        rows = self.rates.head(DRAWN) if known(self.regret) else self.rates.iloc[:0]
        drawn = rows.iloc[::-1].reset_index(drop=True)
        with drawing(1.1 + 0.27 * max(len(drawn), 2), ax) as axes:
            mean = self.usual if len(drawn) else 0.0
            axes.axvline(mean, color=INK, linewidth=1)
            axes.hlines(drawn.index, drawn["value"], drawn["expect"], color=QUIET, linewidth=1, linestyle=":")
            axes.hlines(drawn.index, drawn["expect_low"], drawn["expect_high"], color=PLAIN, linewidth=1.6)
            axes.plot(drawn["value"], drawn.index, "o", color=INK, fillstyle="none", markersize=5.5)
            axes.plot(drawn["expect"], drawn.index, "o", color=PLAIN, markersize=5.5)
            axes.set_yticks(range(len(drawn)), [label(name) for name in drawn["campaign_name"]], fontsize=9.5)
            axes.set_ylim(-0.8, max(len(drawn), 1) - 0.2)
            low, high = span([mean, *drawn["value"], *drawn["expect_low"], *drawn["expect_high"]])
            axes.set_xlim(low, high)
            axes.xaxis.set_major_formatter(percent(high - low))
            axes.set_xlabel(
                _(
                    "{kpi}; dot: expected; bar: likely range (95 %; first place: 90 %)\nring: as counted; line: usual",
                    kpi=self.kpi.name,
                )
            )
            axes.grid(visible=False, axis="y")
            title = _("What to expect of each campaign")
            if len(rows) and len(self.rates) > len(rows):
                title = _("What to expect of each campaign (the first {n})", n=whole(len(rows)))
            expectations = [
                _("{name} {expected}, counted {counted}", name=row["campaign_name"], expected=share(row["expect"]),
                  counted=share(row["value"]))
                for row in rows.to_dict("records")
            ]  # fmt: skip
            alt = _("{title}: {list}.", title=title, list=joined(expectations))
            if not expectations:
                alt = _("{title}: fewer than four campaigns can be ranked.", title=title)
            return picture(axes, name="ranking", title=title, alt=alt)


def _expected(row: Any) -> str:
    return with_interval(row["expect"], row["expect_low"], row["expect_high"])


_GELMAN = "Gelman (2006), doi:10.1214/06-BA117A"

FIGURES = (
    Figure(
        "expected_of_campaign", message("Expected rate of a campaign"),
        message("posterior median of its true rate, with log odds of all campaigns around a usual value"),
        message("a message"), _GELMAN, ("ranking.expect", "ranking_first.expect"),
        interval=message("95 % of the posterior, over all usual values, spreads and tails of the common distribution"),
        edge=message(
            "for the first place only 90 % is promised if a few campaigns are far from the others. Campaigns too "
            "recent to judge are left out. The chosen KPI replaces clicked / delivered"
        ),
    ),
    Figure(
        "chance_best", message("Chance of being the best"),
        message("posterior probability that its true rate is the best of all ranked"), message("a campaign"), _GELMAN,
        ("ranking.best", "ranking_first.best"),
    ),
    Figure(
        "regret", message("Cost of choosing the first"),
        message("mean of (true best rate - true rate of the first), over the posterior"), message("a campaign"),
        _GELMAN, ("ranking_first.regret",),
    ),
    Figure(
        "overstated", message("By how much the best counted rate is too good"),
        message("difference between its counted rate and its expected rate"), message("a campaign"), _GELMAN,
        ("ranking_first.overstated",),
    ),
    Figure(
        "luck", message("How good the best of equal campaigns looks"),
        message("expected maximum of k standard normals x standard error of a campaign of median size"),
        message("a campaign"), "Harter (1961), doi:10.1093/biomet/48.1-2.151", ("ranking_first.luck",),
    ),
)  # fmt: skip
