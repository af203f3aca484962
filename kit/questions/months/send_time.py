"""How does the rate differ by weekday and hour of sending? (guide 1, step 6)

What was sent at which hour was not drawn by lot, so the table of hours is a view and no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import get_day_names
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from kit import counts, metrics
from kit.counts import scope
from kit.counts.campaigns import covered, timed
from kit.counts.log import TRACKABLE
from kit.judging import CAMPAIGNS, large_enough
from kit.messages import _, _n, locale, message
from kit.metrics.figures import Figure
from kit.show import cells
from kit.show.formats import MARGIN_OF_ERROR, share, whole
from kit.show.picture import BAND, ON_SHADE, SOFT, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.metrics import Kpi
    from kit.store import Data

PART = 3
"""Hours of a cell of the week: narrower ones have too few campaigns."""


def by_weekday(data: Data, *, kpi: str = "") -> SendTime:
    """One rate by weekday and part of the day of sending.

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of opened, clicked or unsubscribed over delivered; "" for clicks, or what is told instead.
    """
    return judge(count(data), metrics.as_told(data, kpi), zone_known=data.zone_known)


@scope.count("messages", "campaign_stats")
def count(data: Data) -> pd.DataFrame:
    """Bulk campaigns by weekday and hour of their sending, on the firm's clock.

    Returns:
        A row a campaign with a time of day: campaign_id, weekday [0 is Monday], hour [0 to 23], sent, delivered,
        opened, clicked, clicked_human, unsubscribed and log.TRACKABLE [nullable]. One that an export dates at
        midnight sharp has none. Empty where no time zone is known: hours are not judged then.
    """
    counted = ["sent", "delivered", "opened", "clicked", "clicked_human", "unsubscribed", *TRACKABLE]
    columns = ["campaign_id", "weekday", "hour", *counted]
    if not data.zone_known:
        return pd.DataFrame(columns=columns)
    mail = counts.messages(data, ["campaign_id", "sent_local"]).dropna(subset="sent_local")
    mail = mail[timed(mail["sent_local"]) | mail["campaign_id"].isin(covered(data))]
    sent = pd.to_datetime(mail["sent_local"])
    return mail.assign(weekday=sent.dt.day_of_week, hour=sent.dt.hour)[columns].reset_index(drop=True)


def judge(sendings: pd.DataFrame, key: str = "click_rate", *, zone_known: bool = True) -> SendTime:
    """One rate by weekday and part of the day of sending.

    Args:
        sendings: what `count` returned.
        key: a rate of opened, clicked or unsubscribed over delivered.
        zone_known: whether the firm's time zone is known.
    """
    kpi = metrics.find(key)
    dated = len(sendings)
    sendings = sendings[sendings[[kpi.numerator, kpi.denominator]].notna().all(axis=1)]
    sendings = sendings.assign(part=sendings["hour"] // PART * PART)
    summed = [kpi.numerator, kpi.denominator]
    if kpi.raw:
        summed += [metrics.find(kpi.raw).numerator, metrics.find(kpi.raw).denominator]
    sums = sendings.groupby(["weekday", "part"], as_index=False).agg(
        campaigns=("campaign_id", "nunique"), **{name: (name, "sum") for name in dict.fromkeys(summed)}
    )
    cells = metrics.values(sums, [key], by=["weekday", "part", "campaigns"])
    cells = metrics.with_raw(cells, sums, kpi)
    large = large_enough(cells) & (cells["campaigns"] >= CAMPAIGNS)
    return SendTime(
        kpi, cells.assign(large=large).drop(columns=["kpi", "missing"]), zone_known, dated, dated - len(sendings)
    )


@result
class SendTime(Result):
    """One rate by weekday and part of the day of sending.

    Attributes:
        kpi: the rate.
        cells: a row a cell with mail: weekday [0 is Monday], part [its first hour], campaigns, numerator, n, value,
            low, high [counting error alone], large [enough campaigns and mails to be looked at]; of a KPI of people's
            reactions also raw, raw_low, raw_high.
        zone_known: whether the firm's time zone is known.
        dated: campaigns that have a time of sending, whether or not they tell the rate.
        untold: of them those that do not.
    """

    kpi: Kpi
    cells: pd.DataFrame
    zone_known: bool
    dated: int = 0
    untold: int = 0

    @property
    def _missing(self) -> str:
        """Why there is no cell, as a clause."""
        if not self.zone_known:
            return _("hours are not judged, because the time zone is unknown; set time_zone in kit.toml")
        if not self.dated:
            return _("no campaign has a time of sending")
        return _("no campaign with a time of sending has a value for {kpi}", kpi=self.kpi.name)

    def summary(self) -> Summary:
        """What the week's hours can say; never which is best."""
        large = self.cells.loc[self.cells["large"], "value"]
        numbers = {"cells": len(self.cells), "large": len(large)}
        if self.cells.empty:
            return Summary(
                "week", _("It is unknown which hours of the week work better: {why}.", why=self._missing), numbers
            )
        n = len(self.cells)
        values = {"n": whole(n), "large": whole(len(large)), "campaigns": CAMPAIGNS}
        if len(large) >= 2:
            parts = _n(
                "E-mails went out in {n} part of the week; {large} of them had at least {campaigns} campaigns and "
                "enough e-mails. The rate there ranges from {low} to {high}.",
                "E-mails went out in {n} parts of the week; {large} of them had at least {campaigns} campaigns and "
                "enough e-mails. The rate there ranges from {low} to {high}.",
                n,
                low=share(large.min()),
                high=share(large.max()),
                **values,
            )
        else:
            parts = _n(
                "E-mails went out in {n} part of the week; {large} of them had at least {campaigns} campaigns and "
                "enough e-mails.",
                "E-mails went out in {n} parts of the week; {large} of them had at least {campaigns} campaigns and "
                "enough e-mails.",
                n,
                **values,
            )
        caution = _(
            "No hour is called the best: sending times were not random, so a difference may come from the campaign. "
            "To find out, send the same e-mail to two random halves at two different hours (06)."
        )
        return Summary("week", f"{parts} {caution}", numbers)

    def table(self) -> Table:
        """The rate by weekday and part of the day, each cell with its campaigns and mails."""
        frame = self.cells.sort_values(["weekday", "part"], ignore_index=True)
        columns = (
            Column("weekday", message("Sent on"), weekday_name),
            Column("part", message("Time"), part_of_day),
            Column("campaigns", message("Campaigns"), whole, number=True),
            Column("n", metrics.mails_title(self.kpi), whole, unit="mails", number=True),
            Column("value", self.kpi.title, cells.rate, unit="share", number=True, whole_row=True),
            *metrics.raw_columns(self.kpi),
            Column("large", message("Enough data?"), lambda large: _("yes") if large else _("too little data")),
        )
        notes = (
            message(
                "Too little data: fewer than {campaigns} campaigns, so hour and campaign cannot be separated, or "
                "too few e-mails.",
                campaigns=CAMPAIGNS,
            ),
            MARGIN_OF_ERROR,
            *metrics.raw_note([self.kpi.key]),
            *metrics.totals_note(self.kpi, self.untold),
        )
        return Table("week", _title(self.kpi), frame, columns, notes, _("{why}.", why=self._missing))

    def plot(self, ax: Axes | None = None) -> Picture:
        """The rate by weekday and part of the day of sending; cells with too few campaigns or mails are grey."""
        cells = self.cells[self.cells["value"].notna()]
        if cells.empty:
            return nothing("week", _title(self.kpi), self._missing)
        label = _("hour of sending; below the rate: e-mails\ngrey: too few campaigns or e-mails")
        return week_picture(cells, ax, name="week", title=_title(self.kpi), kpi=self.kpi.title, label=label)


def week_picture(
    cells: pd.DataFrame, ax: Axes | None, *, name: str, title: str | Message, kpi: str | Message, label: str
) -> Picture:
    """A rate by weekday and part of the day, with its mails; cells that are not large are grey.

    Args:
        cells: a row a cell: weekday, part, n, value, large.
        ax: of the reader, or None.
        name: of the picture.
        title: of the picture.
        kpi: what the rate is.
        label: below the hours.
    """
    days = list(range(int(cells["weekday"].min()), int(cells["weekday"].max()) + 1))
    parts = sorted(cells["part"].unique())
    large = cells[cells["large"]]["value"]
    most = large.max() if len(large) and large.max() > 0 else 1.0  # shades from 0, so that little looks like little
    with drawing(1.1 + 0.55 * len(days), ax) as axes:
        for row in cells.to_dict("records"):
            x, y = parts.index(row["part"]), days.index(int(row["weekday"]))
            shade = row["value"] / most
            color = _SHADES(shade) if row["large"] else BAND
            axes.add_patch(Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, color=color, linewidth=0))
            ink = ON_SHADE if row["large"] else SOFT
            axes.text(x, y - 0.16, share(row["value"]), ha="center", va="center", color=ink, fontsize=10)
            axes.text(x, y + 0.22, whole(row["n"]), ha="center", va="center", color=ink, fontsize=8.5)
        axes.set_xlim(-0.6, len(parts) - 0.4)
        axes.set_ylim(len(days) - 0.4, -0.6)
        axes.set_xticks(range(len(parts)), [part_of_day(hour) for hour in parts])
        axes.set_yticks(range(len(days)), [weekday_name(day) for day in days])
        axes.grid(visible=False)
        axes.set_xlabel(label)
        rates = ", ".join(_in_words(row) for row in cells.to_dict("records"))
        alt = _("{kpi} by weekday and hour of sending: {rates}.", kpi=kpi, rates=rates)
        return picture(axes, name=name, title=title, alt=alt)


_SHADES = LinearSegmentedColormap.from_list("rates", ["#e3ecf5", "#7fa8d3"])


def _title(kpi: Kpi) -> Message:
    return message("{kpi} by weekday and hour of sending", kpi=kpi.title)


def weekday_name(day: float) -> str:
    """A weekday in the reader's language; 0 is Monday."""
    return get_day_names("wide", "stand-alone", locale())[int(day)]


def part_of_day(hour: float) -> str:
    """A part of the day: 09–12."""
    return f"{int(hour):02d}–{int(hour) + PART:02d}"


def _in_words(row: Mapping[Any, Any]) -> str:
    values = {"day": weekday_name(row["weekday"]), "hours": part_of_day(row["part"])}
    values |= {"rate": share(row["value"]), "n": whole(row["n"])}
    return (
        _("{day} {hours} {rate} of {n}", **values)
        if row["large"]
        else _("{day} {hours} {rate} of {n} (too few)", **values)
    )


FIGURES = (
    Figure(
        "week_cells",
        message("Parts of the week"),
        message("weekdays by three hours in which e-mails were sent; of these, those with enough data"),
        message("a weekday and three hours, in local time"),
        "guide 1, step 6",
        ("week.cells", "week.large"),
        edge=message(
            "at least 4 campaigns, otherwise hour and campaign cannot be separated; needs a time of day and a time zone"
        ),
    ),
)
