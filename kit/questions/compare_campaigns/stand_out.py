"""Do campaigns differ, and which stand out? (guide 1, step 3)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit import counts, metrics
from kit.judging import ALPHA, LEVEL, large_enough, mature
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.show import cells
from kit.show.axes import MOST, percent
from kit.show.formats import (
    MARGIN_OF_ERROR,
    day,
    known,
    listing,
    named,
    share,
    size,
    whole,
)  # fmt: skip
from kit.show.picture import BAD, BAND, GOOD, PLAIN, QUIET, Picture, drawing, label, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.svg import hover
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions, random_effects

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.metrics import Kpi
    from kit.stats.random_effects import Heterogeneity
    from kit.store import Data

CAMPAIGN = ("campaign_id", "campaign_name", "subject", "list_name", "sent_local")
"""What tells campaigns apart, and what is shown of them."""

TOO_RECENT = "too young"
"""The verdict of a campaign that people still act on."""

VERDICTS = {
    "better": message("better than usual"),
    "worse": message("worse than usual"),
    "as usual": message("as usual"),
    "too few": message("too little data to judge"),
    TOO_RECENT: message("too recent to judge"),
    "unknown": message("not judged"),
}

_COLORS = {"better": GOOD, "worse": BAD, "as usual": PLAIN}

_NAMED = 3
"""Campaigns that the summary names on each side."""


def compare(data: Data, *, kpi: str = "") -> StandOut:
    """Which campaigns did better or worse than campaigns usually do?

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.

    Raises:
        UsageError: the KPI is unknown or no rate.
    """
    days = data.settings["conversions.maturity_days"]
    return judge(count(data), metrics.as_told(data, kpi), as_of=data.as_of, maturity_days=days)


def count(data: Data) -> pd.DataFrame:
    """Counts of the question's mail, a row a campaign, with the columns CAMPAIGN; conversions are the goal's."""
    return counts.messages(data, list(CAMPAIGN), action=metrics.action(data.settings["goal"]))


def judge(
    campaigns: pd.DataFrame, kpi: str, *, as_of: datetime | None, maturity_days: int, level: float = LEVEL
) -> StandOut:
    """Compare campaigns by one rate.

    Args:
        campaigns: a row a campaign: campaign_id, campaign_name, sent_local, and its counts [messages].
        kpi: key of a rate.
        as_of: the moment up to which the data knows; None: ages are not known and none is too recent.
        maturity_days: a campaign younger than this at `as_of` is shown and not judged.
        level: confidence of the intervals.

    Raises:
        UsageError: the KPI is no rate.

    Source: leave-one-out random-effects prediction with t(k - 2) and Benjamini-Hochberg (1995),
    doi:10.1111/j.2517-6161.1995.tb02031.x; between-campaign variance by Paule and Mandel (1982),
    doi:10.6028/jres.087.022.
    """
    rate = metrics.mail_rate(kpi)
    rates = metrics.values(campaigns, [kpi], by=identity(campaigns), level=level)
    is_mature = mature(rates["sent_local"], as_of, maturity_days)
    judged = is_mature & rates["value"].notna() & large_enough(rates)
    numerator, n = rates["numerator"].where(judged), rates["n"].where(judged)
    prediction = random_effects.leave_one_out(numerator, n)
    p = multiplicity.adjust(prediction.p)
    rates = rates.assign(expected=prediction.expected, se=prediction.se, z=prediction.z, p=p)
    rates["verdict"] = _verdicts(rates, rate, judged, is_mature)
    rates = metrics.with_raw(rates, campaigns, rate, level=level)
    if rate.raw:
        told = rates["value"].notna()
        raw = judge(campaigns[told.to_numpy()], rate.raw, as_of=as_of, maturity_days=maturity_days, level=level)
        rates.loc[told, "raw_verdict"] = raw.rates["verdict"].to_numpy()
    numerator, n = numerator[judged], n[judged]
    equal = proportions.chi_square_homogeneity(numerator, n).p
    return StandOut(rate, rates, random_effects.heterogeneity(numerator, n), equal)


def identity(campaigns: pd.DataFrame) -> list[str]:
    """Those of the columns CAMPAIGN that a frame has."""
    return [name for name in CAMPAIGN if name in campaigns]


def _verdicts(rates: pd.DataFrame, kpi: Kpi, judged: pd.Series, is_mature: pd.Series) -> pd.Series:
    good = (rates["z"] > 0) == (kpi.better == "higher")
    flagged, has_rate = rates["p"] < ALPHA, rates["value"].notna()
    verdict = pd.Series("as usual", index=rates.index, dtype="object")
    verdict = verdict.mask(flagged & good, "better").mask(flagged & ~good, "worse")
    verdict = verdict.mask(rates["p"].isna(), "unknown").mask(~judged & has_rate, "too few")
    return verdict.mask(~is_mature & has_rate, TOO_RECENT)


@result
class StandOut(Result):
    """Campaigns beside each other.

    Attributes:
        kpi: what was compared.
        rates: a row a campaign: its columns, numerator, n [messages], value, low, high, expected [share; what the
            others let one expect], z, p [adjusted], verdict: a key of VERDICTS; of people's
            reactions also raw, raw_low, raw_high and raw_verdict [with machines, of the same campaigns].
        spread: how much the campaigns differ beyond the margin of error.
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

    def summary(self) -> Summary:
        """Whether campaigns differ, and which stand out."""
        verdicts = self.rates["verdict"]
        better, worse = (int((verdicts == side).sum()) for side in ("better", "worse"))
        numbers = {
            "kpi": self.kpi.key,
            "judged": self.judged,
            "better": better,
            "worse": worse,
            "tau": self.spread.tau,
            "mean": self.spread.mean,
        }
        if self.judged == 0:
            text = _(
                "Fewer than four campaigns can be judged by “{kpi}”, so none can stand out from the others.",
                kpi=self.kpi.name,
            )
            return Summary("comparison", text, numbers)
        usual = _(
            "{kpi}: {mean} across {n} campaigns. Apart from the margin of error, two in three lie within {tau} "
            "points of that.",
            n=whole(self.judged), kpi=self.kpi.title, mean=share(self.spread.mean), tau=size(self.spread.tau),
        )  # fmt: skip
        names = {side: self._named(side) for side in ("better", "worse")}
        if better and worse:
            text = _("Outside this usual variation, {better}, and {worse}.", better=_better(names["better"], better),
                     worse=_worse(names["worse"], worse))  # fmt: skip
        elif better:
            text = _("Outside this usual variation, {better}.", better=_better(names["better"], better))
        elif worse:
            text = _("Outside this usual variation, {worse}.", worse=_worse(names["worse"], worse))
        else:
            text = _("No campaign stands out from this usual variation.")
        weight = 60 if better or worse else 30
        if machines := self._by_machines():
            alone = _(
                "{names} would stand out by “{raw}”; without machines this is not visible.",
                raw=metrics.find(self.kpi.raw).name, names=listing([named(name) for name in machines[:_NAMED]]),
            )  # fmt: skip
            text = f"{text} {alone}"
        return Summary("comparison", f"{usual} {text}", numbers, headline=True, weight=weight)

    def _by_machines(self) -> list[str]:
        """Campaigns that stand out by raw reactions and do not by people's."""
        if "raw_verdict" not in self.rates:
            return []
        raw = self.rates["raw_verdict"]
        return self.rates.loc[raw.isin(_SIDES) & (raw != self.rates["verdict"]), "campaign_name"].tolist()

    def _named(self, side: str) -> str:
        names = self.rates.loc[self.rates["verdict"] == side, "campaign_name"]
        return listing([named(name) for name in names.head(_NAMED)])

    def table(self) -> Table:
        """Campaigns with their rate, what the others let one expect, and the verdict."""
        frame = self.rates[self.rates["value"].notna()].sort_values("value", ascending=False, ignore_index=True)
        notes = [
            MARGIN_OF_ERROR,
            _("{n} comparisons; at most 5 % of the flagged ones are expected to be false.", n=whole(self.judged)),
        ]
        unknown = len(self.rates) - len(frame)
        notes += metrics.totals_note(self.kpi, unknown)
        if unknown and not self.kpi.raw:
            notes.append(
                _("{n} campaigns are left out because their {numerator} or {denominator} is unknown.", n=whole(unknown),
                  numerator=self.kpi.numerator, denominator=self.kpi.denominator)
            )  # fmt: skip
        columns = (
            Column("campaign_name", _("Campaign")),
            Column("sent_local", _("Sent"), day),
            Column("n", metrics.denominator_title(self.kpi), whole, unit="mails", number=True),
            Column("value", self.kpi.title, cells.rate, unit="share", number=True, whole_row=True),
            *metrics.raw_columns(self.kpi),
            Column("expected", _("Expected"), share, unit="share", number=True),
            Column("verdict", _("Verdict"), VERDICTS.__getitem__),
        )
        return Table("campaigns", _("{kpi} by campaign", kpi=self.kpi.title), frame, columns, tuple(notes))

    def plot(self, ax: Axes | None = None) -> Picture:
        """Campaigns with their intervals over the band within which they usually lie, the best on top."""
        rows = self.rates[self.rates["value"].notna()].sort_values("sent_local", kind="stable")
        flagged = rows[rows["verdict"].isin(("better", "worse"))]
        drawn = pd.concat([flagged, rows.drop(flagged.index).tail(max(MOST - len(flagged), 0))])
        drawn = drawn.sort_values("value", kind="stable").tail(MOST)
        records = drawn.to_dict("records")
        with drawing(1.0 + 0.27 * max(len(drawn), 2), ax) as axes:
            mean, tau = self.spread.mean, self.spread.tau
            if known(tau):
                axes.axvspan(max(mean - 2 * tau, 0), mean + 2 * tau, color=BAND, zorder=0)
            for place, row in enumerate(records):
                color = _COLORS.get(row["verdict"], QUIET)
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                sign = "o" if row["verdict"] in _COLORS else "D"
                mark = axes.plot(row["value"], place, sign, color=color, markersize=5.5)
                hover(mark, [f"{row['campaign_name']}: {cells.rate(row)}"])
            axes.set_yticks(range(len(drawn)), [label(name) for name in drawn["campaign_name"]], fontsize=9.5)
            axes.set_ylim(-0.8, len(drawn) - 0.2)
            axes.set_xlim(left=0)
            axes.xaxis.set_major_formatter(percent(drawn["high"].max() if len(drawn) else 1))
            axes.set_xlabel(_("{kpi}; line: margin of error (95 %)\ngrey: usual range of campaigns", kpi=self.kpi.name))
            axes.grid(visible=False, axis="y")
            title = _("{kpi} by campaign", kpi=self.kpi.title)
            if not_drawn := len(rows) - len(drawn):
                title = _("{kpi} by campaign ({n} usual ones not shown)", kpi=self.kpi.title, n=whole(not_drawn))
            beyond = [
                _("{name} – {verdict}", name=row["campaign_name"], verdict=_SIDES[row["verdict"]])
                for row in records
                if row["verdict"] in _SIDES
            ]
            alt = _("{title}: no data.", title=title)
            if len(drawn):
                alt = _(
                    "{title}: {n} from {low} to {high}; outside the usual range: {beyond}.",
                    title=title, n=whole(len(drawn)), low=share(drawn["value"].min()), high=share(drawn["value"].max()),
                    beyond=listing(beyond) or _("none"),
                )  # fmt: skip
            return picture(axes, name="comparison", title=title, alt=alt)


_SIDES = {"better": message("better"), "worse": message("worse")}


def _better(names: str, n: int) -> str:
    if n > _NAMED:
        return _("{names} did better (and {n} more)", names=names, n=n - _NAMED)
    return _n("{names} did better", "{names} did better", n, names=names)


def _worse(names: str, n: int) -> str:
    if n > _NAMED:
        return _("{names} did worse (and {n} more)", names=names, n=n - _NAMED)
    return _n("{names} did worse", "{names} did worse", n, names=names)


FIGURES = (
    Figure(
        "expected_rate", message("Expected"),
        message("what the other groups lead us to expect; for a limit, the limit itself; for a trend, its start"),
        message("the other groups"),
        "Higgins, Thompson & Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x",
        ("campaigns.expected", "equal_age.expected", "problems.expected", "extremes.expected", "after_click.expected"),
        window=message("for problems, the whole history; otherwise the selected data"),
        edge=message("leave-one-out: a group is not compared with itself"),
    ),
)  # fmt: skip
