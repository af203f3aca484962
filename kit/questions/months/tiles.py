"""Where the KPIs of the goal stand now: one tile a KPI, for the report's first page. (guide 1, steps 1 and 2)

A tile has the latest complete month, the month and the year before it, the months so far with the range in which they
usually lie, and one word: is the month as usual?
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.judging import MONTHS
from kit.messages import _, message
from kit.metrics import MAIL_RATES, Figure
from kit.questions.months import rates, service_months
from kit.questions.months.seven import KPIS
from kit.show.formats import joined, known, money, month, points, signed_share, span
from kit.show.result import MIME, Result, plain, result
from kit.show.summary import Summary
from kit.stats import random_effects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from kit.questions.months.rates import Months
    from kit.questions.months.service_months import ServiceMonths
    from kit.store import Data

MOST = 6
"""Tiles that a first screen has room for."""

ALWAYS = ("response_time", "satisfaction", "open_rate_human", "click_rate_human", "unsubscribe_rate")
"""KPIs that stand behind those of the goal, the service first."""

SHOWN = 24
"""The latest months that a tile draws."""

BAND, LINE = "var(--line, #d9dfe5)", "var(--soft, #54616d)"
"""Of the usual range, and of the months; the page's own colours, so that they are seen in the dark."""


def now(data: Data, *, action: str = "") -> Tiles:
    """Where do the KPIs of the goal stand in the latest complete month?

    Args:
        data: what `kit.open` returned.
        action: what counts as a conversion: appointment, review, order …; "" as the goal says.

    Source: guide 1, steps 1 and 2.
    """
    goal = data.settings["goal"]
    wanted = [*(key for key, _why in metrics.goal(goal).kpis), *ALWAYS, *KPIS] if goal else [*ALWAYS, *KPIS]
    spoken = list(dict.fromkeys(metrics.as_spoken(data.history, key) for key in wanted))
    of_mail = [key for key in spoken if key in MAIL_RATES]
    mail = rates.by_month(data, kpis=", ".join(of_mail), action=action)
    return judge(mail, service_months.by_month(data), spoken, as_of=data.as_of)


def judge(mail: Months, service: ServiceMonths, keys: Sequence[str], *, as_of: datetime | None) -> Tiles:
    """The months of each KPI up to the latest that is known whole, and what that month is beside the others.

    Args:
        mail: rates of mail by month.
        service: figures of the service by month.
        keys: the KPIs wanted, in order; those that no whole month has are left out.
        as_of: the moment up to which the data knows; None: every month counts as whole.
    """
    of_mail, of_service = _of_mail(mail), _of_service(service)
    tiles, months = [], []
    for key in keys:
        if len(tiles) == MOST:
            break
        rows = next((rows for rows in (of_mail.get(key), of_service.get(key)) if rows is not None), None)
        rows = None if rows is None else rows[complete(rows["month"], as_of) & rows["value"].notna() & rows["asked"]]
        if rows is None or rows.empty:
            continue
        latest = rows.iloc[-1].to_dict()
        if key in of_mail:
            rows = rows[rows["era"] == latest["era"]]
        differ = _mail_difference(mail, latest) if key in of_mail else _service_difference(latest)
        before, year = (_months_before(rows, latest["month"], number) for number in (1, 12))
        tiles.append(latest | _named("before", before, differ) | _named("year", year, differ) | {"word": _word(latest)})
        months.append(rows.tail(SHOWN))
    return Tiles(
        pd.DataFrame(tiles, columns=_TILES),
        pd.concat(months, ignore_index=True) if months else pd.DataFrame(columns=_MONTHS),
        service.currency,
    )


_MONTHS = ["kpi", "month", "n", "value", "low", "high", "usual_low", "usual_high"]
_CHANGES = [f"{name}{end}" for name in ("before", "year") for end in ("", "_low", "_high")]
_TILES = [*_MONTHS, *_CHANGES, "since", "word"]


def _of_mail(mail: Months) -> dict[str, pd.DataFrame]:
    rows = mail.rates.assign(since="")
    return {str(key).removesuffix("_of_sent"): months.sort_values("month") for key, months in rows.groupby("kpi")}


def _of_service(service: ServiceMonths) -> dict[str, pd.DataFrame]:
    """Of each series the months of its present level, with the range in which such months lie."""
    levels = {}
    for key, months in service.months.sort_values("month").groupby("kpi"):
        rows = months.assign(asked=True)
        level = rows[rows["complete"] & (rows["se"] > 0) & (rows["month"] >= rows["since"])]
        low, high = random_effects.leave_one_out_limits(level["scaled"], level["se"])
        rows["between"] = random_effects.paule_mandel(level["scaled"].to_numpy(), level["se"].to_numpy() ** 2)
        back = np.exp if metrics.find(str(key)).kind == "wait" else np.asarray
        rows["usual_low"] = pd.Series(back(low), index=level.index).reindex(rows.index)
        rows["usual_high"] = pd.Series(back(high), index=level.index).reindex(rows.index)
        change = next((row for row in service.found if row["kpi"] == key), None)
        rows["rose"] = bool(change and change["after"] > change["before"])
        levels[str(key)] = rows
    return levels


def complete(months: pd.Series, as_of: datetime | None) -> pd.Series:
    """Whether months were over at a moment; None: all were."""
    end = pd.Timestamp(as_of) + timedelta(minutes=1) if as_of else pd.Timestamp.max
    return pd.Series([pd.Period(name, "M").end_time <= end for name in months], index=months.index, dtype=bool)


def _months_before(rows: pd.DataFrame, name: str, number: int) -> dict[Any, Any] | None:
    """The month so many months before this one; None: it has no value."""
    earlier = rows[rows["month"] == str(pd.Period(name, "M") - number)]
    return None if earlier.empty else earlier.iloc[0].to_dict()


def _named(name: str, earlier: dict[Any, Any] | None, differ: Callable[[dict[Any, Any]], Any]) -> dict[str, float]:
    difference = (np.nan,) * 3 if earlier is None else differ(earlier)
    return dict(zip((name, f"{name}_low", f"{name}_high"), difference, strict=True))


def _mail_difference(mail: Months, latest: dict[Any, Any]) -> Callable[[dict[Any, Any]], tuple[float, ...]]:
    """Counting error and the usual variation between months, as page 02 has it."""
    rows = mail.rates[(mail.rates["kpi"] == latest["kpi"]) & (mail.rates["era"] == latest["era"]) & mail.rates["large"]]
    large = rows if len(rows) >= MONTHS else rows.iloc[:0]
    return lambda earlier: rates.change_between(earlier, latest, large)[:3]


def _service_difference(latest: dict[Any, Any]) -> Callable[[dict[Any, Any]], tuple[float, ...]]:
    """Days and people as clusters, and what months of one level vary: a ratio less 1 of times, else a difference."""

    def differ(earlier: dict[Any, Any]) -> tuple[float, ...]:
        change = latest["scaled"] - earlier["scaled"]
        margin = service_months.Z * np.sqrt(latest["se"] ** 2 + earlier["se"] ** 2 + 2 * latest["between"])
        ends = np.array([change, change - margin, change + margin])
        return tuple(np.expm1(ends) if metrics.find(latest["kpi"]).kind == "wait" else ends)

    return differ


def _word(latest: Mapping[Any, Any]) -> str:
    """The one word of a tile."""
    kpi = metrics.find(latest["kpi"])
    if latest["since"]:
        return "better" if latest["rose"] == (kpi.better == "higher") else "worse"
    if not known(latest["usual_low"]):
        return "open"
    if latest["value"] > latest["usual_high"]:
        return "high"
    return "low" if latest["value"] < latest["usual_low"] else "usual"


@result
class Tiles(Result):
    """Where the KPIs of the goal stand.

    Attributes:
        tiles: a row a KPI, the goal's first: kpi, month [the latest whole one with a value], n, value, low, high,
            usual_low, usual_high [where months usually lie; NaN: too few]; before, year [change from the month and
            the year before: shares or money, of times the ratio less 1], each with _low and _high; since [first month
            of its present level], word [key of WORDS].
        months: a row a KPI and whole month up to that one, the last SHOWN: kpi, month, n, value, low, high,
            usual_low, usual_high.
        currency: of amounts.
    """

    tiles: pd.DataFrame
    months: pd.DataFrame
    currency: str

    def summary(self) -> Summary:
        """The KPIs in one sentence each."""
        if self.tiles.empty:
            return Summary("tiles", _("No complete month has a known KPI of the goal."))
        texts = [
            _("{kpi}: {value} in {month}, {word}", kpi=tile["title"], value=tile["value"], month=tile["month"],
              word=tile["word"])
            for tile in self.written()
        ]  # fmt: skip
        return Summary("tiles", f"{joined(texts)}.", dict(zip(self.tiles["kpi"], self.tiles["value"], strict=True)))

    def written(self) -> Iterator[dict[str, Any]]:
        """Each tile's texts: title, value, interval, usual, month, changes [pairs with interval], word, tone, svg."""
        for row in self.tiles.to_dict("records"):
            kpi = metrics.find(row["kpi"])
            value, bracket, interval = metrics.value_with_interval(row, self.currency).partition(" (")
            yield {
                "title": str(kpi.title),
                "value": value,
                "interval": bracket.strip() + interval,
                "usual": _usual(kpi, row, self.currency),
                "month": self._month(row),
                "changes": list(self._changes(kpi, row)),
                "word": _in_words(row),
                "tone": _tone(kpi, row["word"]),
                "svg": _line(self.months[self.months["kpi"] == row["kpi"]]),
            }

    def _month(self, row: Mapping[Any, Any]) -> str:
        """The month of a tile, and that it is the last known one where other tiles have a later one."""
        if row["month"] == self.tiles["month"].max():
            return month(row["month"])
        return _("{month}, the latest month known", month=month(row["month"]))

    def _changes(self, kpi: Any, row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
        """The change from the month before and from the year before, with their intervals."""
        for name, number in (("before", 1), ("year", 12)):
            if known(row[name]):
                earlier = month(str(pd.Period(row["month"], "M") - number))
                ends = (row[name], row[f"{name}_low"], row[f"{name}_high"])
                change, interval = difference(kpi, ends, self.currency)
                yield _("{change} compared with {month}", change=change, month=earlier), interval

    def html(self) -> str:
        """The tiles side by side; every text is escaped."""
        return f'<ul class="kit-tiles">{"".join(map(_tile, self.written()))}</ul>' if len(self.tiles) else ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        summary = self.summary()
        rows = [{str(name): plain(value) for name, value in row.items()} for row in self.tiles.to_dict("records")]
        data = summary.data() | {"kind": "tiles", "tiles": list(self.written()), "rows": rows}
        shown = self.html() or f'<p class="kit-sentence">{escape(summary.text)}</p>'
        return {"text/html": shown, "text/plain": summary.text, MIME: data}


def _usual(kpi: Any, row: Mapping[Any, Any], currency: str) -> str:
    """The range that the word goes by; "" where it is not known, or the word goes by a change."""
    if row["since"] or not known(row["usual_low"]):
        return ""
    most = 1.0 if kpi.kind == "rate" and kpi.unit == "share" else np.inf
    ends = {"low": max(row["usual_low"], 0.0), "high": min(row["usual_high"], most)}
    limits = metrics.value_with_interval({**row, **ends}, currency).partition(" (")[2].removesuffix(")")
    return _("usually {limits}", limits=limits) if limits else ""


def _in_words(row: Mapping[Any, Any]) -> str:
    match row["word"]:
        case "better":
            return _("better since {month}", month=month(row["since"]))
        case "worse":
            return _("worse since {month}", month=month(row["since"]))
        case "high":
            return _("unusually high")
        case "low":
            return _("unusually low")
        case "open":
            return _("too few months to judge")
    return _("as usual")


def _tone(kpi: Any, word: str) -> str:
    """Whether the word is good or bad news; "" for neither."""
    if word in ("high", "low"):
        return "good" if (word == "high") == (kpi.better == "higher") else "bad"
    return {"better": "good", "worse": "bad"}.get(word, "")


def difference(kpi: Any, ends: tuple[float, float, float], currency: str) -> tuple[str, str]:
    """A change and its interval."""
    value, low, high = ends
    if kpi.kind == "rate" and kpi.unit == "share":
        return _("{points} points", points=points(value)), f"({span(low, high)})"
    write = money(currency) if kpi.unit == "money" else lambda end: signed_share(end, 0)
    return write(value), _("({low} to {high})", low=write(low), high=write(high))


def _tile(tile: Mapping[str, Any]) -> str:
    texts = {name: escape(text) for name, text in tile.items() if isinstance(text, str)}
    changes = "".join(
        f'<span class="kit-tile-change">{escape(change)} <span class="kit-interval">{escape(interval)}</span></span>'
        for change, interval in tile["changes"]
    )
    return (
        f'<li class="kit-tile {texts["tone"]}"><p class="kit-tile-name">{texts["title"]}</p>'
        f'<p class="kit-tile-value"><b>{texts["value"]}</b> <span class="kit-interval">{texts["interval"]}</span></p>'
        f'<p class="kit-tile-word">{texts["word"]} <span class="kit-tile-usual">{texts["usual"]}</span></p>'
        f"{tile['svg']}"
        f'<p class="kit-tile-more">{texts["month"]}{changes}</p></li>'
    )


WIDTH, HEIGHT, EDGE = 160, 36, 3
"""Of a tile's line, in its own units; the edge is left free."""


_FIRM = "vector-effect:non-scaling-stroke"
"""A tile stretches its line, and neither the line's width nor the dot."""


def _line(months: pd.DataFrame) -> str:
    """The months as a line over the range in which they usually lie, the latest as a dot; gaps stay gaps."""
    calendar = pd.period_range(months["month"].min(), months["month"].max(), freq="M").strftime("%Y-%m")
    drawn = months.set_index("month").reindex(calendar)[["value", "usual_low", "usual_high"]].astype(float)
    room = max(drawn["value"].max() - drawn["value"].min(), drawn["value"].max() / 20)
    low, high = drawn["value"].min() - room / 2, drawn["value"].max() + room / 2  # a range far wider is cut
    drawn = drawn.clip(low, high)
    x = np.linspace(EDGE, WIDTH - EDGE, len(drawn)) if len(drawn) > 1 else np.array([WIDTH - EDGE])
    y = HEIGHT - EDGE - (drawn - low) / (high - low) * (HEIGHT - 2 * EDGE)
    shapes = []
    usual = np.flatnonzero(drawn["usual_low"].notna())
    if len(usual):
        upper = [f"{x[at]:.1f},{y['usual_high'].iloc[at]:.1f}" for at in usual]
        lower = [f"{x[at]:.1f},{y['usual_low'].iloc[at]:.1f}" for at in usual[::-1]]
        shapes.append(f'<polygon points="{" ".join(upper + lower)}" style="fill:{BAND}"/>')
    runs = drawn["value"].isna().cumsum()[drawn["value"].notna()]
    for _run, part in runs.groupby(runs):
        places = " ".join(f"{x[at]:.1f},{y['value'].iloc[at]:.1f}" for at in drawn.index.get_indexer(part.index))
        shapes.append(f'<polyline points="{places}" style="fill:none;stroke:{LINE};stroke-width:1.5;{_FIRM}"/>')
    dot = f"stroke:currentColor;stroke-width:6;stroke-linecap:round;{_FIRM}"
    shapes.append(f'<path d="M{x[-1]:.1f} {y["value"].iloc[-1]:.1f}h0" style="{dot}"/>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{"".join(shapes)}</svg>'


FIGURES = (
    Figure(
        "tile_change", message("Change of a tile"),
        message("latest complete month minus the previous month, or the same month a year before; for response "
                "times, the ratio minus 1"),
        message("a month"), "guide 1, step 2",
        ("tiles.*",),
        window=message("complete months in the period"),
        interval=message("95 %: margin of error and usual variation; for the service, days and people as clusters"),
        edge=message("“unusually”: outside the limits of the p' chart, or of the other months of its level (99.7 %)"),
    ),
)  # fmt: skip
