"""What can this volume measure? (guide 1, step 1)

A goal chooses KPIs; the number of mails decides which of them can answer. For each rate: how many mails
an arm or a month needs before a change worth having is seen, and how soon they come together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from kit import counts, metrics
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.choose_kpis import goal as goals
from kit.show.formats import MARGIN_OF_ERROR, joined, listing, share, size, whole, with_interval
from kit.show.picture import BAD, BAND, GOOD, PLAIN, QUIET, Picture, drawing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.axes import Axes

    from kit.store import Data

WORTHWHILE = 0.2
"""A change of a fifth of the present rate: what a firm would act on (a setting of the notebook)."""

SPANS = (("each campaign", 0), ("each month", 1), ("a quarter", 3), ("a year", 12))
"""Spans in which mails come together: name and months; 0 months is one campaign."""

VERDICTS = {
    "each campaign": message("campaign by campaign"),
    "each month": message("month by month"),
    "a quarter": message("quarter by quarter"),
    "a year": message("year by year"),
    "not at this volume": message("not with this number of e-mails"),
    "unknown": message("not known"),
}
"""How often a KPI can be compared."""

_NAMES = {
    "each campaign": message("campaign by campaign"),
    "each month": message("each month"),
    "a quarter": message("each quarter"),
    "a year": message("each year"),
    "not at this volume": message("not with this number of e-mails"),
    "unknown": message("unknown"),
}
"""The same in the figure's alternative text."""


def measure(data: Data, *, goal: str = "", worthwhile: float = WORTHWHILE) -> Volume:
    """For each rate of campaign mail: in what span can a worthwhile change be seen?

    Args:
        data: what `kit.open` returned.
        goal: key of a goal, which says what a conversion is; "" as kit.toml says.
        worthwhile: the relative change to be seen, 0.2 for a fifth.

    Raises:
        UsageError: there is no such goal.
    """
    action = goals.find(data, goal).action
    by_campaign, by_month = (counts.messages(data, [group], action=action) for group in ("campaign_id", "month"))
    kpis = [metrics.as_told(data, key) for key in metrics.MAIL_RATES]
    return judge(by_campaign, by_month.dropna(subset="month"), kpis, worthwhile=worthwhile)


def judge(
    by_campaign: pd.DataFrame, by_month: pd.DataFrame, kpis: Sequence[str], *, worthwhile: float = WORTHWHILE
) -> Volume:
    """For each rate, the shortest span in which a worthwhile change can be seen.

    Args:
        by_campaign: counts, a row a campaign.
        by_month: counts, a row a month.
        kpis: keys of rates.
        worthwhile: the relative change to be seen, 0.2 for a fifth.

    Source: two-proportion z test, 5 % two-sided, power 80 %, pooled null variance (as R power.prop.test).
    """
    rows = [_row(by_campaign, by_month, key, worthwhile) for key in kpis]
    return Volume(pd.DataFrame(rows), worthwhile)


def _row(by_campaign: pd.DataFrame, by_month: pd.DataFrame, key: str, worthwhile: float) -> dict[str, object]:
    total = metrics.overall(by_campaign, [key]).iloc[0]
    n_campaign, n_month = (_median(rows, key) for rows in (by_campaign, by_month))
    row: dict[str, object] = {"kpi": key, "base": total["value"], "low": total["low"], "high": total["high"]}
    row |= {"n": total["n"], "n_campaign": n_campaign, "n_month": n_month}
    base = float(total["value"])
    if not 0 < base < 1:
        unknown = {"needed": np.nan, "sees_campaign": np.nan, "sees_month": np.nan}
        return row | unknown | {"verdict": "not at this volume" if base in (0, 1) else "unknown"}
    # A rate near 1 is judged by what is left of it: a fifth more bounces, not a fifth fewer deliveries.
    rare = min(base, 1 - base)
    needed = float(np.fmax(_needed(rare, rare * (1 + worthwhile)), _needed(rare, rare * (1 - worthwhile))))
    sizes = [(name, n_campaign if months == 0 else n_month * months) for name, months in SPANS]
    verdict = next((name for name, n in sizes if n >= needed), "not at this volume")
    sees = {
        f"sees_{name}": proportions.minimum_detectable_effect(rare, n)
        for name, n in (("campaign", n_campaign), ("month", n_month))
    }
    return row | {"needed": needed} | sees | {"verdict": verdict}


def _needed(base: float, changed: float) -> float:
    """Of each side; NaN where there is no such rate."""
    needed = proportions.sample_size(base, changed) if 0 <= changed <= 1 else None
    return np.nan if needed is None else float(needed)


def _median(rows: pd.DataFrame, key: str) -> float:
    """Of the denominator, over the groups that know both counts."""
    kpi = metrics.find(key)
    complete = rows[[kpi.numerator, kpi.denominator]].notna().all(axis=1)
    return float(rows.loc[complete, kpi.denominator].astype(float).median())


@result
class Volume(Result):
    """What the volume can measure.

    Attributes:
        rates: a row a KPI: kpi, base [present rate], low, high, n [its denominator], n_campaign, n_month [the
            denominator's median], needed [of it, for each of two sides; of a rise and a fall the greater],
            sees_campaign, sees_month [smallest change seen four times in five, in shares], verdict: a key of VERDICTS.
        worthwhile: the relative change that is asked for.
    """

    rates: pd.DataFrame
    worthwhile: float

    def summary(self) -> Summary:
        """Which KPIs can be compared campaign by campaign, and which only over longer."""
        change = share(self.worthwhile, 0)
        quick, slow = self._names("each campaign"), self._names("each month", "a quarter", "a year")
        clauses = [
            _("Comparing two campaigns can reveal a {change} change (relative to today's rate) in {kpis}",
              change=change,
              kpis=listing(quick))
            if quick
            else _("Comparing two campaigns cannot reveal a {change} change (relative to today's rate) in any KPI",
                   change=change)
        ]  # fmt: skip
        if slow:
            clauses.append(_("At least a month of e-mails is needed for {kpis}", kpis=listing(slow)))
        if never := self._names("not at this volume"):
            clauses.append(_("This number of e-mails is too small for {kpis}", kpis=listing(never)))
        numbers = {row["kpi"]: row["verdict"] for row in self.rates.to_dict("records")}
        return Summary("volume_reach", " ".join(f"{clause}." for clause in clauses), numbers, headline=True, weight=45)

    def _names(self, *verdicts: str) -> list[str]:
        """The KPIs of these verdicts, verdict by verdict."""
        keys = [key for verdict in verdicts for key in self.rates.loc[self.rates["verdict"] == verdict, "kpi"]]
        return [str(metrics.find(key).name) for key in keys]

    def table(self) -> Table:
        """What the volume can measure, KPI by KPI."""
        columns = (
            Column("kpi", message("KPI"), _title),
            Column("base", message("Now"), _rate, unit="share", number=True, whole_row=True),
            Column("n", message("Out of"), whole, unit="mails", number=True),
            Column("needed", message("Needed per side"), whole, unit="mails", number=True),
            Column("verdict", message("Can be compared"), VERDICTS.__getitem__),
        )
        notes = (
            _(
                "Needed: messages per side to detect a change of {change} of today's rate, up or down. Such a "
                "change is then found four times in five (two-sided test, 5 %).",
                change=share(self.worthwhile, 0),
            ),
            MARGIN_OF_ERROR,
            *metrics.raw_note(self.rates["kpi"]),
        )
        return Table("volume", message("What you can measure with this many e-mails"), self.rates, columns, notes)

    def smallest_changes_table(self) -> Table:
        """What each KPI has in a campaign and a month, and the smallest change that they show."""
        columns = (
            Column("kpi", message("KPI"), _title),
            Column("n_campaign", message("Per campaign"), whole, unit="mails", number=True),
            Column(
                "sees_campaign", message("Smallest change, two campaigns (points)"), size, unit="share", number=True
            ),
            Column("n_month", message("Per month"), whole, unit="mails", number=True),
            Column("sees_month", message("Smallest change, two months (points)"), size, unit="share", number=True),
        )
        note = message(
            "Per campaign, per month: the median number of e-mails delivered, or of what the KPI is a share of. "
            "Smallest change: by margin of error alone. The usual differences between months and campaigns come on "
            "top (notebooks 02, 03)."
        )
        frame = self.rates[self.rates["needed"].notna()].reset_index(drop=True)
        title, empty = message("The smallest change you can detect"), message("there is no data on any rate.")
        return Table("reach", title, frame, columns, (note,), empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """What each KPI needs on each side against what a campaign, a month and a year have."""
        rows = self.rates[self.rates["needed"].notna()].iloc[::-1].to_dict("records")
        with drawing(1.2 + 0.38 * max(len(rows), 1), ax) as axes:
            for place, row in enumerate(rows):
                sizes = [row["n_campaign"], row["n_month"], 12 * row["n_month"]]
                axes.plot(
                    [sizes[0], sizes[2]], [place, place], color=BAND, linewidth=9, solid_capstyle="butt", zorder=1
                )
                axes.plot(sizes, [place] * 3, "|", color=QUIET, markersize=11, markeredgewidth=1.6)
                color = GOOD if row["needed"] <= sizes[0] else PLAIN if row["needed"] <= sizes[2] else BAD
                axes.plot(row["needed"], place, "o", color=color)
            axes.set_yticks(range(len(rows)), [str(_title(row["kpi"])) for row in rows])
            axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: whole(value)))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel(_("messages (logarithmic scale)\ndot: needed per side; marks: a campaign, a month, a year"))
            axes.grid(visible=False, axis="y")
            needs = [
                _("{kpi} needs {n} per side: {verdict}", kpi=_title(row["kpi"]), n=whole(row["needed"]),
                  verdict=_NAMES[row["verdict"]])
                for row in reversed(rows)
            ]  # fmt: skip
            alt = _("What you can measure with this many e-mails: {needs}.", needs=joined(needs))
            return picture(axes, name="volume", title=_("What you can measure with this many e-mails"), alt=alt)


def _title(key: str) -> Any:
    return metrics.find(key).title


def _rate(row: Any) -> str:
    return with_interval(row["base"], row["low"], row["high"])


FIGURES = (
    Figure(
        "mails_needed", message("Messages needed per side"),
        message("sample size for comparing two rates, for a change that matters, up or down"),
        message("denominator of the KPI"), "Fleiss, Levin & Paik (2003), eq. 4.14", ("volume.needed",),
        edge=message("two-sided, 5 %, found four times in five; for a rate near 100 % the remainder counts"),
    ),
    Figure(
        "usual_size", message("Per campaign, per month"), message("median denominator of the KPI"),
        message("one campaign, one month of sending"), "guide 1, step 1", ("reach.n_campaign", "reach.n_month"),
    ),
    Figure(
        "smallest_change", message("Smallest change between two of them"),
        message("smallest rise that two usual campaigns or months reveal four times in five"),
        message("denominator of the KPI"), "Fleiss, Levin & Paik (2003), eq. 4.14",
        ("reach.sees_campaign", "reach.sees_month"),
        edge=message("by margin of error alone; the usual differences between months and campaigns come on top"),
    ),
)  # fmt: skip
