"""How soon do people react? (guide 1, step 6)

Hours are counted from each person's own delivery: from the campaign's start a slow sending would look like slow
readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.counts import scope
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.formats import MARGIN_OF_ERROR, share, whole
from kit.show.picture import PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.store import Data

HOURS = (1, 3, 6, 12, 24, 48, 72, 168)
"""Hours after delivery at which the table stops."""


def measure(data: Data) -> TimeToReact:
    """How soon do people open and click?

    Args:
        data: what `kit.open` returned.

    Source: as `judge`.
    """
    reactions = counts.reactions(data)
    return judge(reactions, why=_why_unknown(data) if reactions.empty else "")


def _why_unknown(data: Data) -> str:
    """What is missing where no reaction has an hour after delivery, as a clause."""
    events = scope.history(data, EVENTS.name)
    if events is None:
        return _("your files contain no event log")
    kinds = set(events.select("event_type").distinct().to_pandas()["event_type"])
    if "delivered" not in kinds:
        return _("the event log has no delivery dates")
    if not kinds & {"opened", "clicked"}:
        return _("the event log contains no opens or clicks")
    return _("no reaction by a person is recorded for e-mails that were followed for a week")


def judge(reactions: pd.DataFrame, *, why: str = "") -> TimeToReact:
    """How soon the week's openings and clicks come.

    Args:
        reactions: what `counts.reactions` returned.
        why: what is missing where there are none, as a clause.

    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953; guide 1, step 6.
    """
    last = max(HOURS)
    parts, reached = [], []
    for what in ("opening", "click"):
        people = reactions[reactions["what"] == what].set_index("hour")["people"]
        within = people.reindex(range(last)).fillna(0).cumsum().astype(float).to_numpy()
        n = float(within[-1])
        low, high = proportions.proportion_interval(within, np.full(last, n))
        value = within / n if n else np.full(last, np.nan)
        hours = np.arange(1, last + 1)
        parts.append(
            pd.DataFrame(
                {"what": what, "hour": hours, "people": within, "n": n, "value": value, "low": low, "high": high}
            )
        )
        half, nine = (float(hours[np.argmax(value >= part)]) if n else np.nan for part in (0.5, 0.9))
        reached.append({"what": what, "n": n, "half": half, "nine": nine})
    mails = int(reactions["mails"].iloc[0]) if len(reactions) else 0
    return TimeToReact(pd.concat(parts, ignore_index=True), pd.DataFrame(reached), mails, why)


@result
class TimeToReact(Result):
    """How soon people open and click.

    Attributes:
        curve: a row a kind and hour, 1 to 168: what ["opening", "click"], hour, people [whose first one came
            within so many hours], n [who did within the week], value, low, high [share of these].
        reached: a row a kind: what, n, half, nine [hours within which half and nine in ten of them came; whole
            hours, NaN where nobody did].
        mails: delivered, and followed for a week.
        why: what is missing where nobody is seen to react, as a clause.
    """

    curve: pd.DataFrame
    reached: pd.DataFrame
    mails: int
    why: str = ""

    def summary(self) -> Summary:
        """How soon half and nine in ten react."""
        reached = self.reached.set_index("what")
        if not self.mails or not reached["n"].any():
            return Summary("pace", _("It is unknown how soon people react: {why}.", why=self._missing))
        opening, click = (_reached(row) for row in self.reached.to_dict("records"))
        openings, clicks = self.reached["n"]
        if openings and clicks:
            text = _(
                "Half of the opens in the first week come within {half} of delivery, nine in ten within {nine} "
                "({n}). Half of the clicks come within {click_half} of delivery, nine in ten within {click_nine} "
                "({click_n}).",
                n=_n("{n} open", "{n} opens", openings, n=whole(openings)),
                click_n=_n("{n} click", "{n} clicks", clicks, n=whole(clicks)),
                **opening,
                **{f"click_{name}": value for name, value in click.items()},
            )
        elif openings:
            text = _n(
                "Half of the opens in the first week come within {half} of delivery, nine in ten within {nine} ({n} "
                "open).",
                "Half of the opens in the first week come within {half} of delivery, nine in ten within {nine} ({n} "
                "opens).",
                openings,
                n=whole(openings),
                **opening,
            )
        else:
            text = _n(
                "Half of the clicks in the first week come within {half} of delivery, nine in ten within {nine} "
                "({n} click).",
                "Half of the clicks in the first week come within {half} of delivery, nine in ten within {nine} "
                "({n} clicks).",
                clicks,
                n=whole(clicks),
                **click,
            )
        numbers = {f"{what}_{name}": row[name] for what, row in reached.iterrows() for name in ("half", "nine", "n")}
        return Summary("pace", text, numbers)

    @property
    def _missing(self) -> str:
        return self.why or _("no e-mail was followed for a week")

    def table(self) -> Table:
        """The share of the week's openings and clicks that came within some hours of the person's own delivery."""
        stops = self.curve[self.curve["hour"].isin(HOURS)]
        wide = pd.DataFrame({"hour": list(HOURS)})
        columns = [Column("hour", message("Within"), _hours, unit="h", number=True)]
        for what in ("opening", "click"):
            shares = stops[stops["what"] == what]
            for name in ("value", "low", "high", "people"):
                wide[what if name == "value" else f"{what}_{name}"] = shares[name].to_numpy()
            n = whole(shares["n"].max())
            title = (
                message("Opens by people (of {n})", n=n)
                if what == "opening"
                else message("Clicks by people (of {n})", n=n)
            )
            columns.append(Column(what, title, cells.rate_of(what), unit="share", number=True, whole_row=True))
        notes = (
            message(
                "Time runs from each person's own delivery; {n} e-mails were followed for a week. Only the first "
                "open and the first click within the week count.",
                n=whole(self.mails),
            ),
            message("Opens by machines and clicks by scanners are excluded if the log marks them."),
            MARGIN_OF_ERROR,
        )
        frame, notes = (wide, notes) if self.mails else (wide.iloc[:0], ())
        return Table("pace", _TITLE, frame, tuple(columns), notes, _("{why}.", why=self._missing))

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share of the week's openings and clicks that came within so many hours of the person's own delivery."""
        curve = self.curve[self.curve["value"].notna()]
        if curve.empty:
            return nothing("pace", _TITLE, self._missing)
        with drawing(2.9, ax) as axes:
            for what, color in _COLORS.items():
                line = curve[curve["what"] == what]
                if len(line):
                    n = whole(line["n"].iloc[0])
                    label = _("opens by people, {n}", n=n) if what == "opening" else _("clicks by people, {n}", n=n)
                    axes.fill_between(line["hour"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
                    axes.plot(line["hour"], line["value"], color=color, label=label)
            axes.set_xscale("log")
            ticks = [_("{n} h", n=hour) if hour < 48 else _("{n} d", n=hour // 24) for hour in HOURS]
            axes.set_xticks(HOURS, ticks)
            axes.minorticks_off()
            axes.set_ylim(0, 1.02)
            axes.yaxis.set_major_formatter(lambda value, _place: share(value, 0))
            axes.set_xlabel(_("time since the person's own delivery (logarithmic)"))
            axes.legend(frameon=False, loc="lower right")
            stops = curve[curve["hour"].isin(HOURS)]
            shares = ", ".join(_in_words(row) for row in stops.to_dict("records"))
            alt = _("How soon people react: {shares}.", shares=shares)
            return picture(axes, name="pace", title=_TITLE, alt=alt)


_TITLE = message("How soon people react")
_COLORS = {"opening": QUIET, "click": PLAIN}


def _reached(row: Mapping[Any, Any]) -> dict[str, str]:
    """The hours to half and to nine in ten, in words; empty where nobody reacted."""
    return {name: _hours(row[name]) for name in ("half", "nine")} if row["n"] else {}


def _hours(value: float) -> str:
    if value > 48 and value % 24 == 0:
        return _n("{n} day", "{n} days", value / 24, n=whole(value / 24))
    return _n("{n} hour", "{n} hours", value, n=whole(value))


def _in_words(row: Mapping[Any, Any]) -> str:
    values = {"hours": int(row["hour"]), "share": share(row["value"], 0)}
    if row["what"] == "opening":
        return _("opens by people within {hours} h {share}", **values)
    return _("clicks by people within {hours} h {share}", **values)


_ONCE = message("one delivered message; its first open and its first click")

FIGURES = (
    Figure(
        "pace_share",
        message("Reacted within so many hours"),
        message("first opens or clicks within the given hours of delivery / those within the week"),
        _ONCE,
        "guide 1, step 6",
        ("pace.hour", "pace.opening", "pace.click", "pace.opening_n", "pace.click_n"),
        window=message("168 hours from each person's own delivery; e-mails followed for less are excluded"),
        interval=WILSON,
        edge=message(
            "opens by machines and clicks by scanners are excluded if the log marks them; people who never react "
            "are not in the denominator"
        ),
    ),
    Figure(
        "pace_hours",
        message("Hours until half, and nine in ten, of the reactions"),
        message("whole hours within which half, and nine in ten, of the reactions came"),
        _ONCE,
        "guide 1, step 6",
        ("pace.opening_half", "pace.click_half", "pace.opening_nine", "pace.click_nine"),
        window=message("168 hours from each person's own delivery"),
    ),
)
