"""How much mail did people open and click, when programs do so as well? (guide 1, step 2)

Two answers for opens. Bounds, which hold whatever the people do whose program opens everything: below, the mail that
surely a person opened or clicked; above, all openings. And an estimate, which needs an assumption: that
those people read like the others of their domain who click as much. It is taken from trackable people
alone, on both sides of the fraction. Openings by people over *all* delivered mail are the lower bound and
never an estimate: with half of the list prefetching they are half of the truth. Clicks are given at three strengths
of what is taken for a scanner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kit import counts
from kit.judging import LEVEL, MAILS_OF_A_STRATUM
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.show.axes import month_axis, percent
from kit.show.fit import legend_above
from kit.show.formats import UNKNOWN, joined, known, month, share, size, whole, with_interval
from kit.show.picture import BAND, GOOD, PLAIN, QUIET, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.store import Data

SHARE_TOLD_APART = 0.95
"""Share of the mail whose openings must be told apart, for an estimate of all of it."""

BASES = (
    "trackable people",
    "no machine information",
    "machine information for a part",
    "too few trackable",
    "outside the bounds",
)
"""What an estimate comes from, and the reasons why there is none; the first reason that holds counts."""

STRENGTHS = {"raw": "clicked", "strict": "clicked_human", "strictest": "clicked_strictest"}
"""How strictly clicks are judged, and the count of each."""

_CELL = ["domain", "clicks_besides"]


def estimate(data: Data, *, by: Sequence[str] = ("month",)) -> Opens:
    """How much mail did people open and click?

    Args:
        data: what `kit.open` returned.
        by: "month", "variant" or columns of campaigns; () for all in one.

    Raises:
        UsageError: a column that cannot group mail.

    Source: as `judge`.
    """
    return judge(counts.openers(data, by), by=by)


def judge(openers: pd.DataFrame, *, by: Sequence[str] = (), level: float = LEVEL) -> Opens:
    """Bounds and an estimate of openings by people.

    The estimate is post-stratified: the rate of trackable people in each domain and level of other clicks,
    weighted by all mail delivered there; people whose program opens mail by itself, or is not known yet, are taken to
    read like those. Its interval is Wilson's at the effective sample size; the
    variance is taken over people, since mails to one person are alike, and never below the binomial one.

    Args:
        openers: what `counts.openers(data, by)` returned.
        by: the columns that tell the groups apart; () for all in one.
        level: confidence of each interval, 0 to 1.

    Source: bounds as in Manski (2003), doi:10.1007/b97478; post-stratification: Holt and Smith (1979),
    doi:10.2307/2344652; the interval: Korn and Graubard (1998), Survey Methodology 24, 193-201.
    """
    by = list(by)
    openers = openers.assign(everybody="")
    keys = by or ["everybody"]
    numbers = [name for name in openers.columns if name not in {*keys, *by, *_CELL, "everybody"}]
    sums = openers.groupby(keys, dropna=False, sort=False)[numbers].agg(lambda values: values.sum(skipna=False))
    sums = sums.astype("Float64").reset_index()
    delivered = _numbers(sums, "delivered")
    rates = sums[keys].assign(**{name: _numbers(sums, name) for name in ("delivered", "opened", "proven")})
    low, high = proportions.proportion_interval(rates["opened"], delivered, level=level)
    rates = rates.assign(raw_low=low, raw_high=high)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates["raw"] = np.where(delivered > 0, rates["opened"] / delivered, np.nan)
        # What nothing opened nobody read: all openings, people's and machines' together, are the upper bound, and what
        # people surely opened the lower. Both are counts of these very mails, so neither has an error of sampling.
        rates["bound_low"] = np.where(delivered > 0, rates["proven"] / delivered, np.nan)
        rates["bound_high"] = rates["raw"]
        for name in ("told", "trackable", "prefetching", "unknown"):
            rates[name] = np.where(delivered > 0, _numbers(sums, f"delivered_{name}") / delivered, np.nan)
    # Where nobody is told apart the shares are not 0 but unknown.
    rates.loc[~(rates["told"] > 0), ["trackable", "prefetching", "unknown"]] = np.nan
    rates = rates.merge(_stratified(openers, keys, level), on=keys, how="left")
    rates["basis"] = _basis(rates, _numbers(sums, "delivered_trackable"))
    without = rates["basis"] != BASES[0]
    rates.loc[without, ["estimate", "estimate_low", "estimate_high"]] = np.nan
    columns = ["delivered", "opened", "proven", "raw", "raw_low", "raw_high", "bound_low", "bound_high"]
    columns += ["estimate", "estimate_low", "estimate_high", "basis", "told", "trackable", "prefetching", "unknown"]
    return Opens(tuple(by), rates[[*by, *columns]], _clicks(sums, by, level))


def _basis(rates: pd.DataFrame, trackable: np.ndarray) -> pd.Series:
    """What each estimate comes from, or why there is none; the first reason counts."""
    basis = pd.Series(BASES[0], index=rates.index, dtype="object")
    outside = (rates["estimate"] < rates["bound_low"]) | (rates["estimate"] > rates["bound_high"])
    basis = basis.mask(outside, BASES[4]).mask(~(trackable >= MAILS_OF_A_STRATUM), BASES[3])
    return basis.mask(~(rates["told"] >= SHARE_TOLD_APART), BASES[2]).mask(~(rates["told"] > 0), BASES[1])


def _stratified(openers: pd.DataFrame, keys: list[str], level: float) -> pd.DataFrame:
    """The rate of trackable people, weighted to all mail of their stratum: a row a group that has any."""
    cells = openers[openers["delivered_told"].fillna(0) > 0]
    names = {
        "all": "delivered",
        "n": "delivered_trackable",
        "x": "opened_trackable",
        "xx": "opened_squares",
        "nn": "delivered_squares",
        "xn": "opened_by_delivered",
    }
    cells = cells[keys].assign(
        **{name: cells[name].astype("string") for name in _CELL},
        **{short: _numbers(cells, name) for short, name in names.items()},
    )
    cells = _merged(cells, keys, list(names))
    n, x, p = cells["n"], cells["x"], cells["x"] / cells["n"]
    near = (x + 0.5) / (n + 1)  # half an opening more: a stratum with none or all has an error too
    over_people = (cells["xx"] - 2 * p * cells["xn"] + p**2 * cells["nn"]) / n**2
    weight = cells["all"] / cells.groupby(keys, dropna=False)["all"].transform("sum")
    error = np.fmax(over_people, near * (1 - near) / n)
    parts = cells[keys].assign(estimate=weight * p, variance=weight**2 * error, n=n, x=x)
    groups = parts.groupby(keys, dropna=False, sort=False)[["estimate", "variance", "n", "x"]].sum().reset_index()
    middle = (groups["x"] + 0.5) / (groups["n"] + 1)
    effective = (middle * (1 - middle) / groups["variance"]).to_numpy()
    low, high = proportions.proportion_interval(groups["estimate"] * effective, effective, level=level, method="wilson")
    return groups[[*keys, "estimate"]].assign(estimate_low=low, estimate_high=high)


def _merged(cells: pd.DataFrame, keys: list[str], numbers: list[str]) -> pd.DataFrame:
    """Strata of at least MAILS_OF_A_STRATUM trackable mails: small ones go to their neighbours, step by step.

    Levels of clicks first (2+ to 1, then all in one), then the small domains of a level together, then all
    domains of a level whose small ones are still too few, then the group in one.
    """

    def few(*columns: str) -> pd.Series:
        return cells.groupby([*keys, *columns], dropna=False)["n"].transform("sum") < MAILS_OF_A_STRATUM

    def anywhere(small: pd.Series, *columns: str) -> pd.Series:
        return small.groupby([cells[name] for name in (*keys, *columns)], dropna=False).transform("any")

    def renamed(column: str, small: pd.Series, name: str) -> pd.DataFrame:
        changed = cells.assign(**{column: cells[column].mask(small, name)})
        return changed.groupby([*keys, *_CELL], dropna=False, sort=False)[numbers].sum().reset_index()

    cells = renamed("clicks_besides", (cells["clicks_besides"] == "2+") & few("clicks_besides"), "1")
    cells = renamed("clicks_besides", anywhere(few("clicks_besides")), "any")
    cells = renamed("domain", few(*_CELL), "small domains")
    return renamed("domain", anywhere(few(*_CELL), "clicks_besides"), "any")


def _clicks(sums: pd.DataFrame, by: list[str], level: float) -> pd.DataFrame:
    """Click rates at the three strengths, as a band of sensitivity."""
    delivered, parts = _numbers(sums, "delivered"), []
    for strength, name in STRENGTHS.items():
        clicked = _numbers(sums, name)
        low, high = proportions.proportion_interval(clicked, delivered, level=level)
        value = np.divide(clicked, delivered, out=np.full(len(sums), np.nan), where=delivered > 0)
        parts.append(
            sums[by].assign(strength=strength, numerator=clicked, n=delivered, value=value, low=low, high=high)
        )
    return pd.concat(parts, ignore_index=True)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)


@result
class Opens(Result):
    """Openings by people between their bounds, and clicks at three strengths.

    Attributes:
        by: the columns that tell the groups apart.
        rates: a row a group: `by`; delivered, opened, proven [messages]; raw, raw_low, raw_high
            [opened / delivered]; bound_low, bound_high [the bounds of openings by people: counts of these
            mails, without an error of sampling]; estimate, estimate_low, estimate_high, NaN where there is none; basis,
            one of
            BASES: what the estimate comes from, or why there is none; told, trackable, prefetching, unknown
            [shares of delivered mail]. All rates are shares, 0 to 1.
        clicks: a row a group and strength: `by`, strength ("raw", "strict", "strictest"), numerator, n, value, low,
            high.
    """

    by: tuple[str, ...]
    rates: pd.DataFrame
    clicks: pd.DataFrame

    def summary(self) -> Summary:
        """The bounds, what the platform counts, and the estimate: of the last month, or of the largest group."""
        rates = self.rates[self.rates["raw"].notna()]
        if rates.empty:
            return Summary(
                "openers", _("It is unknown how many e-mails people opened: {why}.", why=_why_unknown(self.rates))
            )
        dated = rates[rates["month"].notna()] if "month" in self.by else rates.iloc[:0]
        row = (dated.iloc[-1] if len(dated) else rates.iloc[int(rates["delivered"].argmax())]).to_dict()
        numbers = {name: row[name] for name in ("raw", "bound_low", "bound_high", "estimate", "trackable")}
        return Summary("openers", f"{_bounds(row, self.by)} {_estimate(row)}", numbers, headline=True, weight=60)

    def table(self) -> Table:
        """What the platform counts, the bounds of what people opened, and the estimate with its interval."""
        columns = (
            *(_group(name) for name in self.by),
            Column("delivered", message("E-mails delivered"), whole, unit="mails", number=True),
            Column(
                "estimate",
                message("Opened by people (estimate)"),
                _estimate_cell,
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column(
                "bound_low",
                message("Opened by people (range)"),
                _bounds_cell,
                unit="share",
                number=True,
                whole_row=True,
            ),
            _interval("raw", message("The platform counts")),
            Column("trackable", message("Trackable"), _percent, unit="share", number=True),
            Column("prefetching", message("Automatic loading"), _percent, unit="share", number=True),
            Column("unknown", message("Unknown"), _percent, unit="share", number=True),
        )
        rates = self.rates if self.rates["raw"].notna().any() else self.rates.iloc[:0]
        bases = set(rates["basis"])
        notes = [
            _(
                "Range: from e-mails that a person surely opened or clicked, up to all opens. Both ends are counts "
                "of these e-mails, without a margin of error."
            )
        ]
        if BASES[0] in bases:
            notes.append(
                _(
                    "The estimate uses trackable people only. It assumes that people with an automatic or unknown "
                    "program read like trackable people. The comparison is within the same domain and the same "
                    "number of clicks."
                )
            )
        notes.append(
            _(
                "These columns show how a person's program loads pictures in other e-mails. Trackable: only when "
                "the person reads. Automatic loading: by itself. Unknown: seen too rarely to say."
            )
        )
        if bases & set(BASES[1:3]):
            notes.append(
                _(
                    "If machines are not marked, the lower end is everyone who clicked; this may include clicks of "
                    "scanners."
                )
            )
        title = message("How many e-mails people opened")
        return Table("openers", title, rates, columns, tuple(notes), _("{why}.", why=_why_unknown(self.rates)))

    def clicks_table(self) -> Table:
        """Click rates at three strengths: how much depends on what is taken for a scanner."""
        clicks = self.clicks
        wide = clicks.loc[clicks["strength"] == "raw", [*self.by, "n"]].reset_index(drop=True)
        for strength in ("strict", "strictest", "raw"):  # people's before raw ones
            rates = clicks[clicks["strength"] == strength].reset_index(drop=True)
            wide[strength], wide[f"{strength}_low"] = rates["value"], rates["low"]
            wide[f"{strength}_high"] = rates["high"]
        columns = (
            *(_group(name) for name in self.by),
            Column("n", message("E-mails delivered"), whole, unit="mails", number=True),
            _interval("strict", message("Click rate (people)")),
            _interval("strictest", message("… without doubtful clicks")),
            _interval("raw", message("Click rate (raw)")),
        )
        notes = (
            message(
                "If a scanner clicked a person's e-mail, the person still counts as a clicker when a later, "
                "ordinary click follows."
            ),
            message("“–”: unknown. The rules need an event log with the time and program of each click."),
        )
        title = message("All clicks, and clicks by people")
        if wide[list(STRENGTHS)].isna().all(axis=None):
            wide = wide.iloc[:0]
        empty = message("no group has both delivered and clicked counts.")
        return Table("clicks_of_people", title, wide, columns, notes, empty)

    def plot(self) -> Picture:
        """By month: what the platform counts, the bounds and the estimate of openings by people; clicks below."""
        title = message("Opens and clicks by people")
        rates = self.rates[self.rates["raw"].notna() & self.rates["month"].notna()].reset_index(drop=True)
        if rates.empty and self.rates["raw"].notna().any():
            return nothing("openers", title, message("the month of sending is unknown"))
        names = list(rates["month"])
        with panels(5.2) as figure:
            above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
            _draw_openings(above, rates)
            _draw_clicks(below, self.clicks[self.clicks["month"].isin(names)], names)
            month_axis(below, names)
            months = joined([_month_in_words(row) for row in rates.to_dict("records")]) or _("not known")
            alt = _("Opens by people: {months}.", months=months)
            return picture(figure, name="openers", title=title, alt=alt)


_WHY_NONE = {
    "no machine information": message("the export does not separate machines from people"),
    "machine information for a part": message("machines are separated from people for only part of the e-mails"),
    "too few trackable": message("too few people are trackable"),
    "outside the bounds": message("it would lie outside the range, so its assumption is wrong"),
}

_GROUPS = {
    "month": message("Month"),
    "variant": message("Variant"),
    "campaign_id": message("Campaign id"),
    "campaign_name": message("Campaign"),
    "list_name": message("List"),
    "subject": message("Subject"),
    "campaign_type": message("Campaign type"),
    "kind": message("Kind"),
    "tags": message("Tags"),
    "sent_local": message("Sent (local time)"),
}
"""Titles of the columns that tell groups apart."""


def _why_unknown(rates: pd.DataFrame) -> str:
    """What is missing where no group has a rate of openings, as a clause."""
    if rates.empty:
        return _("your files contain no e-mails")
    if rates["delivered"].isna().all():
        return _("no group has delivered counts for all its campaigns")
    if rates["opened"].isna().all():
        return _("no group has opens for all its campaigns")
    return _("no group has both delivered and opened counts")


def _bounds(row: Mapping[Any, Any], by: Sequence[str]) -> str:
    """The bounds and what the platform counts, in a sentence."""
    parts = [row[name] if name != "month" else month(row[name]) for name in by if not pd.isna(row[name])]
    group = ", ".join(map(str, parts))
    values = {"low": size(row["bound_low"], 0), "high": share(row["bound_high"], 0), "raw": share(row["raw"], 0)}
    if known(row["estimate"]) and group:
        return _(
            "{group}: people opened between {low} and {high} of delivered e-mails. The platform counts {raw}, "
            "including machines.",
            group=group,
            **values,
        )
    if known(row["estimate"]):
        return _(
            "People opened between {low} and {high} of delivered e-mails. The platform counts {raw}, including "
            "machines.",
            **values,
        )
    if group:
        return _(
            "{group}: people opened between {low} and {high} of delivered e-mails. The platform counts {raw}.",
            group=group,
            **values,
        )
    return _("People opened between {low} and {high} of delivered e-mails. The platform counts {raw}.", **values)


def _estimate(row: Mapping[Any, Any]) -> str:
    """The estimate, or why there is none, in a sentence."""
    if not known(row["estimate"]):
        return _("There is no estimate: {why}.", why=_WHY_NONE[row["basis"]])
    return _(
        "The estimate is {estimate}, from the {trackable} of e-mails that went to trackable people. It assumes that "
        "people with an automatic or unknown program read like them. The comparison is within the same domain and "
        "the same number of clicks.",
        estimate=_estimate_cell(row),
        trackable=share(row["trackable"], 0),
    )


def _month_in_words(row: Mapping[Any, Any]) -> str:
    values = {"month": month(row["month"]), "low": share(row["bound_low"], 0), "high": share(row["bound_high"], 0)}
    if known(row["estimate"]):
        return _("{month} between {low} and {high}, estimate {estimate}", estimate=share(row["estimate"]), **values)
    return _("{month} between {low} and {high}, no estimate", **values)


def _group(name: str) -> Column:
    return Column(name, _GROUPS[name], month if name == "month" else str)


def _interval(name: str, title: Message) -> Column:
    def write(row: Mapping[Any, Any]) -> str:
        return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])

    return Column(name, title, write, unit="share", number=True, whole_row=True)


def _percent(value: Any) -> str:
    return share(value, 0)


def _bounds_cell(row: Mapping[Any, Any]) -> str:
    if not known(row["bound_high"]):
        return UNKNOWN
    return f"{size(row['bound_low']) if known(row['bound_low']) else '0'}–{share(row['bound_high'])}"


def _estimate_cell(row: Mapping[Any, Any]) -> str:
    if not known(row["estimate"]):
        return str(_WHY_NONE[row["basis"]])
    return with_interval(row["estimate"], row["estimate_low"], row["estimate_high"])


_LINES = {
    "raw": (QUIET, message("with machines")),
    "strict": (PLAIN, message("without scanners")),
    "strictest": (GOOD, message("without doubtful ones")),
}
_BESIDE = {"raw": -0.16, "strict": 0.0, "strictest": 0.16}
"""The strengths stand side by side, so that equal ones are all seen [months]."""


def _draw_openings(axes: Axes, rates: pd.DataFrame) -> None:
    height = rates["bound_high"] - rates["bound_low"]
    bars = {"bottom": rates["bound_low"], "color": BAND, "zorder": 1}
    axes.bar(rates.index, height, 0.62, label=_("people: within this range"), **bars)
    raw = {"color": QUIET, "markersize": 16, "markeredgewidth": 2}
    axes.plot(rates.index, rates["raw"], "_", label=_("counted by the platform"), **raw)
    estimated = rates[rates["estimate"].notna()]
    axes.vlines(estimated.index, estimated["estimate_low"], estimated["estimate_high"], color=PLAIN, linewidth=2)
    axes.plot(estimated.index, estimated["estimate"], "o", color=PLAIN, markersize=5, label=_("people: estimate"))
    _finish(axes, _("Opened, share of delivered"))


def _draw_clicks(axes: Axes, clicks: pd.DataFrame, names: list[str]) -> None:
    for strength, (color, name) in _LINES.items():
        rates = clicks[(clicks["strength"] == strength) & clicks["value"].notna()]
        place = rates["month"].map(names.index).astype(float) + _BESIDE[strength]
        axes.vlines(place, rates["low"], rates["high"], color=color, linewidth=1.6)
        axes.plot(place, rates["value"], "o", color=color, markersize=4.5, label=str(name))
    _finish(axes, _("Clicked, share of delivered"))


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(percent(axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.grid(visible=False, axis="x")
    legend_above(axes)


_A_MESSAGE = message("a message: one person, one send")

FIGURES = (
    Figure(
        "opens_bounds",
        message("Range of opens by people"),
        message("messages that a person surely opened or clicked / delivered, up to opened / delivered"),
        _A_MESSAGE,
        "Manski (2003), doi:10.1007/b97478",
        ("openers.bound_low", "openers.bound_high"),
        interval=message("each end is widened by its own sampling error"),
        edge=message("if machines are not marked, the lower end is everyone who clicked, which may include scanners"),
    ),
    Figure(
        "delivered_trackable",
        message("E-mails delivered (opens trackable)"),
        message(
            "messages delivered to people whose program loads pictures only when they read, as their other messages "
            "show"
        ),
        _A_MESSAGE,
        "guide 1, step 2",
        ("*.delivered_trackable",),
    ),
    Figure(
        "opens_estimate",
        message("Estimate of opens by people"),
        message(
            "opened by trackable people / delivered to them, in each domain and level of other clicks, weighted by "
            "all messages delivered there"
        ),
        _A_MESSAGE,
        "Holt & Smith (1979), doi:10.2307/2344652; Korn & Graubard (1998)",
        ("openers.estimate",),
        window=message(
            "a person's program is known from other messages up to clients.window_days before or after, at least "
            "clients.min_sends of them"
        ),
        interval=message("95 %: Wilson at the effective sample size, over people"),
        edge=message(
            "people with automatic loading are assumed to read like the trackable people beside them. There is no "
            "estimate if machines are separated for less than 95 % of messages, or if it would lie outside the range"
        ),
    ),
    Figure(
        "opens_raw",
        message("Opened, as counted by the platform"),
        message("opened / delivered"),
        _A_MESSAGE,
        "guide 1, step 2",
        ("openers.raw", "measurable.raw_a"),
        interval=WILSON,
        edge=message("includes machines, so it is an upper limit (kit explain open_rate)"),
    ),
    Figure(
        "mail_programs",
        message("Trackable, automatic loading, unknown"),
        message(
            "delivered to people whose program loads pictures when they read, by itself, or is seen too rarely to "
            "say / delivered"
        ),
        _A_MESSAGE,
        "guide 1, step 2; machine_events",
        ("openers.trackable", "openers.prefetching", "openers.unknown", "measurable.trackable", "measurable.machines"),
        window=message(
            "by the person's other messages up to clients.window_days before or after; never by the open of the "
            "message itself"
        ),
        edge=message("of a test: both versions together"),
    ),
    Figure(
        "clicks_judged",
        message("Clicks without machines"),
        message("clicked, minus clicks marked by a strict rule, or by any rule, of machine_events / delivered"),
        _A_MESSAGE,
        "guide 1, step 2; machine_events",
        ("clicks_of_people.raw", "clicks_of_people.strict", "clicks_of_people.strictest", "links.value_human"),
        interval=WILSON,
        edge=message(
            "known from event logs only; no event is deleted, and a later ordinary click still counts the person as "
            "a clicker"
        ),
    ),
)
