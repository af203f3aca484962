"""At which hour and weekday: a view by segment on the person's own clock, drawn towards what is usual, and no promise.

What was sent at which hour was not drawn at random, so an hour may look good for what went out at it. Rates of hours
with few campaigns are drawn towards the others; what is left is a hint of what to test.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
from babel.core import get_global
from ibis import _ as col

from kit.counts import log, scope
from kit.counts.timing import FOLLOWED_HOURS
from kit.judging import CAMPAIGNS, EVENTS, LEVEL, PEOPLE
from kit.messages import _, message
from kit.metrics.figures import KAPLAN_MEIER, WILSON, Figure
from kit.questions.months.send_time import PART, part_of_day, week_picture, weekday_name
from kit.show import cells
from kit.show.formats import UNKNOWN, known, share, whole, with_interval
from kit.show.picture import Picture, nothing
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import hierarchy, proportions, random_effects, survival
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.store import Data

HOURS = 72
"""Hours after sending in which a click counts, so that mails of every hour have had as long."""

SEASONS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))
"""Moments by which the clocks of a country are compared."""

ALL = "all"
"""The row of everybody."""

WORTHWHILE = 0.2
"""The relative lift for which the size of a test of two hours is shown."""

SENDINGS = ["campaign_id", "segment", "country", "sent_at", "n", "clicked"]
WAITS = ["part", "hour", "ended", "n"]
CELLS = ["segment", "weekday", "part", "campaigns", "n", "clicked", "value", "low", "high", "pooled", "pooled_low",
         "pooled_high", "large"]  # fmt: skip
REACHED = ["part", "n", "clicked", "value", "low", "high", "half", "nine"]


def measure(data: Data) -> SendHour:
    """Clicks by weekday and hour of the person's own clock, by segment, and how long clicks take.

    Args:
        data: what `kit.open` returned.

    Source: guide 4; random effects of campaigns: Paule & Mandel (1982), doi:10.6028/jres.087.022; cells drawn towards
    the others by full Bayes (`hierarchy.rates`).
    """
    zone = data.settings.zone
    return judge(sendings(data), waits(data), zone, zone_known=data.zone_known)


@scope.count("messages")
def sendings(data: Data) -> pd.DataFrame:
    """Mails of the question that were followed for HOURS, by campaign, segment, country and hour of sending.

    Returns:
        A row a group: campaign_id, segment, country [NULL: not known], sent_at [hour, UTC], n [mails that arrived],
        clicked [by people, within HOURS].
    """
    mails = _mails(data)
    if mails is None:
        return pd.DataFrame(columns=SENDINGS)
    contacts = scope.history(data, "contacts")
    if contacts is None:
        mails = mails.mutate(segment=ibis.null("string"), country=ibis.null("string"))
    else:
        about = contacts.group_by(person=col.contact_key).agg(segment=col.segment.max(), country=col.country.max())
        mails = mails.left_join(about, mails.contact_key == about.person)
    mails = mails.filter(col.sent_at <= col.known - ibis.interval(hours=HOURS))
    hour = mails.mutate(sent_at=col.sent_at.truncate("h"))
    keys = ["campaign_id", "segment", "country", "sent_at"]
    counted = hour.group_by(keys).agg(n=col.count(), clicked=(col.clicked_human & (col.wait < HOURS)).sum())
    frame = counted.order_by(keys).to_pandas()
    return frame.assign(sent_at=pd.to_datetime(frame["sent_at"], utc=True).dt.tz_localize(None))[SENDINGS]


@scope.count("messages")
def waits(data: Data) -> pd.DataFrame:
    """How long mails of the question waited for a person's first click, by part of the day on the firm's clock.

    Returns:
        A row a part and length: part [first hour of six], hour [whole hours until the click; where there is none, until
        the end of the log, at most a week], ended [bool: clicked], n [mails].
    """
    mails = _mails(data)
    if mails is None:
        return pd.DataFrame(columns=WAITS)
    followed = ibis.least((col.known.epoch_seconds() - col.sent_at.epoch_seconds()) // 3600, FOLLOWED_HOURS)
    mails = mails.mutate(followed=followed)
    ended = col.clicked_human & (col.wait < col.followed)
    mails = mails.filter(col.followed > 0).mutate(
        part=(col.sent_local.hour() // 6 * 6).cast("int64"),
        ended=ended,
        hour=ibis.ifelse(ended, col.wait, col.followed).cast("int64"),
    )
    keys = ["part", "hour", "ended"]
    return mails.group_by(keys).agg(n=col.count()).order_by(keys).to_pandas()[WAITS]


def _mails(data: Data) -> Any:
    """Mails of the question that arrived and of which clicks are known, with wait [hours to the click] and known."""
    mails = scope.of_population(data)
    if mails is None or not data.zone_known:
        return None
    until = log.known_until(data, scope.history(data, "events")) if scope.history(data, "events") is not None else None
    if until is None:
        return None
    mails = mails.filter(col.reached, col.clicked_human.notnull(), col.sent_at.notnull())
    wait = (col.first_clicked_at.epoch_seconds() - col.sent_at.epoch_seconds()) // 3600
    return mails.mutate(clicked_human=col.clicked_human.fill_null(NO), wait=wait, known=until)


@cache
def zone_of(country: str) -> ZoneInfo | None:
    """The zone of a country (two letters) whose clocks show one time; None: they show several, or it is not known."""
    zones = [ZoneInfo(name) for name in get_global("territory_zones").get(country.strip().upper(), [])]
    shown = {tuple(moment.astimezone(zone).replace(tzinfo=None) for moment in SEASONS) for zone in zones}
    return zones[0] if len(shown) == 1 else None


def judge(
    sent: pd.DataFrame,
    waited: pd.DataFrame,
    firm: ZoneInfo | None = None,
    *,
    zone_known: bool = True,
    level: float = LEVEL,
) -> SendHour:
    """Clicks by weekday and hour of the person's own clock, by segment, and how long clicks take.

    Args:
        sent: what `sendings` returned.
        waited: what `waits` returned.
        firm: the firm's zone; None: UTC.
        zone_known: whether it is known.
        level: confidence.
    """
    if sent.empty:
        return SendHour(pd.DataFrame(columns=CELLS), _reached(waited, level), 0.0, np.nan, zone_known)
    local, by_country = _local(sent, firm)
    mails = sent.assign(weekday=local.dt.day_of_week, part=local.dt.hour // PART * PART)
    parts = [(ALL, mails), *((str(name), group) for name, group in mails.dropna(subset="segment").groupby("segment"))]
    frames = [_cells(name, group, level) for name, group in parts if name == ALL or group["n"].sum() >= MAILS]
    table = pd.concat(frames, ignore_index=True)
    return SendHour(table[CELLS], _reached(waited, level), float(sent.loc[by_country, "n"].sum() / sent["n"].sum()),
                    float(sent["clicked"].sum() / sent["n"].sum()), zone_known)  # fmt: skip


MAILS = 500
"""Mails from which a segment has rows of its own."""


def _local(sent: pd.DataFrame, firm: ZoneInfo | None) -> tuple[pd.Series, pd.Series]:
    """The hour of sending on the person's clock where the country tells it, else on the firm's; and where it does."""
    utc = sent["sent_at"].dt.tz_localize("UTC")
    local = utc.dt.tz_convert(firm or UTC).dt.tz_localize(None)
    by_country = pd.Series(data=False, index=sent.index)
    for country, rows in sent.dropna(subset="country").groupby("country"):
        zone = zone_of(str(country))
        if zone is not None:
            local.loc[rows.index] = utc.loc[rows.index].dt.tz_convert(zone).dt.tz_localize(None)
            by_country.loc[rows.index] = True
    return local, by_country


def _cells(segment: str, mails: pd.DataFrame, level: float) -> pd.DataFrame:
    """A row a cell: its rate with counting error, and drawn towards the others with the variation of campaigns."""
    each = mails.groupby(["weekday", "part", "campaign_id"], as_index=False, dropna=False)[["n", "clicked"]].sum()
    spread = random_effects.heterogeneity(each["clicked"], each["n"])
    tau = spread.tau if known(spread.tau) else 0.0
    noise = spread.mean * (1 - spread.mean)
    rows = []
    for (weekday, part), mine in each.groupby(["weekday", "part"]):
        n, x = int(mine["n"].sum()), int(mine["clicked"].sum())
        weight = 1 / (tau**2 + noise / mine["n"]) if noise > 0 else mine["n"].astype(float)
        mean = float((weight * mine["clicked"] / mine["n"]).sum() / weight.sum())
        # So many mails of equal campaigns would be known as well as these are.
        alike = float(noise * weight.sum()) if noise > 0 else float(n)
        rows.append((weekday, part, mine["campaign_id"].nunique(), n, x, mean * alike, alike))
    frame = pd.DataFrame(rows, columns=["weekday", "part", "campaigns", "n", "clicked", "x", "alike"])
    drawn = hierarchy.rates(frame.pop("x"), frame.pop("alike"), lowest=False, level=level)
    low, high = proportions.proportion_interval(frame["clicked"], frame["n"], level=level)
    expected = frame["n"] * min(spread.mean, 1 - spread.mean)
    return frame.assign(
        segment=segment, value=frame["clicked"] / frame["n"], low=low, high=high, pooled=drawn.value,
        pooled_low=drawn.low, pooled_high=drawn.high, large=(frame["campaigns"] >= CAMPAIGNS) & (expected >= EVENTS),
    )  # fmt: skip


def _reached(waited: pd.DataFrame, level: float) -> pd.DataFrame:
    """A row a part of the day: clicked within HOURS by Kaplan and Meier, and when half and nine in ten had come."""
    rows = []
    for part, mine in [(-1, waited), *waited.groupby("part")]:
        n = int(mine["n"].sum()) if len(mine) else 0
        clicked = int(mine.loc[mine["ended"].astype(bool), "n"].sum()) if n else 0
        if clicked < PEOPLE:
            continue
        curve = survival.kaplan_meier(mine["hour"] + 1.0, mine["ended"].astype(bool), mine["n"], level=level)
        still, still_low, still_high = curve.at(HOURS, level=level)
        all_of = 1 - float(curve.value[-1])
        half, nine = (curve.reaches(1 - all_of * share_of) for share_of in (0.5, 0.9))
        rows.append((part, n, clicked, 1 - still, 1 - still_high, 1 - still_low, half, nine))
    return pd.DataFrame(rows, columns=REACHED)


@result
class SendHour(Result):
    """Clicks by weekday and hour.

    Attributes:
        cells: a row a segment and cell: segment ["all": everybody], weekday [0 is Monday], part [its first hour],
            campaigns, n [mails], clicked, value, low, high [counting error alone], pooled, pooled_low, pooled_high
            [drawn towards the others], large [enough campaigns and mails to be looked at].
        waits: a row a part of the day: part [its first hour; -1: all], n [mails], clicked [within a week], value, low,
            high [clicked within HOURS, Kaplan-Meier], half, nine [hours in which half and nine in ten of the week's
            clicks come].
        own: the share of mails whose person's zone is known by the country.
        usual: the click rate of all.
        zone_known: whether the firm's time zone is known.
    """

    cells: pd.DataFrame
    waits: pd.DataFrame
    own: float
    usual: float
    zone_known: bool

    @property
    def _missing(self) -> str:
        if not self.zone_known:
            return _("hours are not judged, because the time zone is unknown; set time_zone in kit.toml")
        return _("no event log shows who clicked")

    def summary(self) -> Summary:
        """What hours look like after chance is taken off; never which is best."""
        if self.cells.empty:
            return Summary(
                "send_hour", _("What the hour of sending brings is not known: {why}.", why=self._missing), {}
            )
        everybody = self.cells[self.cells["segment"] == ALL]
        seen = everybody[everybody["large"] & everybody["pooled"].notna()]
        n = proportions.sample_size(self.usual, self.usual * (1 + WORTHWHILE)) if 0 < self.usual < 1 else None
        numbers: dict[str, Any] = {"cells": len(everybody), "large": len(seen), "usual": self.usual, "needed": n}
        if len(seen) >= 2:
            low, high = seen["pooled"].min(), seen["pooled"].max()
            numbers |= {"lowest": low, "highest": high}
            text = _(
                "By weekday and hour the click rate lies between {low} and {high} once chance is taken off. No hour is "
                "called the best: none was drawn at random.",
                low=share(low), high=share(high),
            )  # fmt: skip
        else:
            text = _("Too few campaigns went out at any hour to compare hours. The effect of the hour cannot be "
                     "separated from what was sent.")  # fmt: skip
        step = _("Test it: the same e-mail at two hours to two random halves.")
        if n is not None:
            step = _(
                "Test it: the same e-mail at two hours to two random halves, {n} people each to see a lift of {lift} "
                "from {usual}; compare after {hours} hours.",
                n=whole(n), lift=share(WORTHWHILE, 0), usual=share(self.usual), hours=HOURS,
            )  # fmt: skip
        return Summary("send_hour", text, numbers, headline=True, weight=12, next_step=step)

    def table(self) -> Table:
        """Clicks by segment, weekday and hour, raw and drawn towards the others."""
        columns = (
            Column("segment", message("Segment"), _segment),
            Column("weekday", message("Sent on"), weekday_name),
            Column("part", message("Time"), part_of_day),
            Column("campaigns", message("Campaigns"), whole, number=True),
            Column("n", message("E-mails"), whole, unit="mails", number=True),
            Column("value", message("Clicked"), cells.rate, unit="share", number=True, whole_row=True),
            Column("pooled", message("Chance taken off"), _pooled, unit="share", number=True, whole_row=True),
            Column("large", message("Enough data?"), lambda large: _("yes") if large else _("too little data")),
        )
        notes = (
            message(
                "Clicks by people within {hours} hours. Adjusted: hours with few campaigns and e-mails are pulled "
                "towards the segment's other hours. The interval includes differences between campaigns.",
                hours=HOURS,
            ),
            message(
                "Hours are of the person's own clock for {own} of the e-mails (by country, where it has one time "
                "zone), else of the firm's.",
                own=share(self.own, 0),
            ),
            message("Too few: fewer than {n} campaigns, or fewer than {events} clicks to be expected.", n=CAMPAIGNS,
                    events=EVENTS),
        )  # fmt: skip
        return Table("send_hour", message("Clicks by segment, weekday and hour of sending"), self.cells, columns,
                     notes if len(self.cells) else (), _("{why}.", why=self._missing), most=30)  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Picture:
        """Clicks by weekday and hour, chance taken off; thin cells are grey."""
        title = message("Click rate by weekday and hour, chance taken off")
        seen = self.cells[(self.cells["segment"] == ALL) & self.cells["pooled"].notna()]
        if seen.empty:
            return nothing("send_hour", title, self._missing if self.cells.empty else message("too few hours had mail"))
        label = _(
            "hour of sending on the person's clock; below the rate: number of e-mails\ngrey: too few campaigns "
            "or clicks"
        )
        drawn = seen.assign(value=seen["pooled"])
        return week_picture(drawn, ax, name="send_hour", title=title, kpi=message("Click rate"), label=label)

    def waits_table(self) -> Table:
        """How long clicks take, by part of the day of sending."""
        columns = (
            Column("part", message("Sent at"), _quarter),
            Column("n", message("E-mails"), whole, unit="mails", number=True),
            Column("value", message("Clicked within {hours} hours", hours=HOURS), cells.rate, unit="share", number=True,
                   whole_row=True),
            Column("half", message("Half of the clicks within"), _hours, unit="h", number=True),
            Column("nine", message("Nine in ten within"), _hours, unit="h", number=True),
        )  # fmt: skip
        notes = (
            message(
                "Kaplan-Meier from sending, a week at most; e-mails that are younger count as long as they were "
                "followed. A test of hours is read when nine in ten clicks have come.",
            ),
        )
        return Table("click_waits", message("How long until the click?"), self.waits, columns, notes,
                     message("too few clicks are dated."))  # fmt: skip


def _segment(name: str) -> str:
    return _("everyone") if name == ALL else str(name)


def _pooled(row: Any) -> str:
    return with_interval(row["pooled"], row["pooled_low"], row["pooled_high"]) if known(row["pooled"]) else UNKNOWN


def _hours(value: float) -> str:
    return _("{n} h", n=whole(value))


def _quarter(part: float) -> str:
    return _("any hour") if part < 0 else f"{int(part):02d}–{int(part) + 6:02d}"


_CELL = message("an e-mail that arrived, and was followed for 72 hours")

FIGURES = (
    Figure(
        "clicks_by_hour", message("Clicks by weekday and hour of sending"),
        message("clicked as people do within 72 hours / e-mails that arrived"), _CELL, "guide 4",
        ("send_hour.value", "send_hour.n", "send_hour.campaigns", "send_hour.cells", "send_hour.large",
         "send_hour.usual", "send_hour.weekday", "send_hour.part"),
        window=message("72 hours from sending"), interval=WILSON,
        edge=message("not drawn at random: an hour may look good for what went out at it"),
    ),
    Figure(
        "pooled_hour", message("Clicks by hour, chance taken off"),
        message("random-effects mean of the cell's campaigns, drawn towards the other cells"), _CELL,
        "Paule & Mandel (1982), doi:10.6028/jres.087.022; kit explain ranking",
        ("send_hour.pooled", "send_hour.lowest", "send_hour.highest"),
        interval=message("95 %: posterior, with the variation of campaigns"),
        edge=message("needs four cells; thin ones lie close to the others"),
    ),
    Figure(
        "hour_test", message("People a half that a test of hours needs"),
        message("for a lift of 20 % from the usual click rate, 80 % power"), message("one person"), "kit explain size",
        ("send_hour.needed",),
    ),
    Figure(
        "click_wait", message("Time to the click"), message("1 - S(72 h), and when half and nine in ten had come"),
        _CELL, KAPLAN_MEIER,
        ("click_waits.n", "click_waits.value", "click_waits.half", "click_waits.nine", "click_waits.part"),
        window=message("a week from sending; younger e-mails are censored"),
        interval=message("95 %: Greenwood's variance"),
        edge=message("the first click that is dated may be a machine's where a person clicked too"),
    ),
)  # fmt: skip
