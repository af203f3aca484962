"""Which people react otherwise than the others, and how much mail is known to be theirs? (guide 1, step 6)

People are grouped by what was known of them before the mail. The person is the unit: who got eight mails is one
person, not eight. Every level is set against the others of its trait, and all comparisons of the page are taken
together. A segment that reacts more is not one on which mail works more: that takes a test (notebook 06).
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit import counts, metrics
from kit.counts import log, scope
from kit.counts.traits import TRAITS
from kit.judging import ALPHA, EVENTS, LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.show import cells
from kit.show.formats import MINUS, UNKNOWN, decimal, joined, known, listing, points, share, span, whole
from kit.show.picture import BAD, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.svg import hover
from kit.show.table import Column, Table
from kit.stats import cluster_robust, multiplicity
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.metrics import Kpi
    from kit.store import Data, Expression

BUYERS = 20
"""Buyers, all of them alike, to whom a level's money and that of the others must amount to be judged (Kish 1965)."""

MONEY = "revenue_per_mail"

REVENUE = "revenue"

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def compare(data: Data, *, kpi: str = "") -> Segments:
    """Which people react otherwise than the others of their trait?

    Args:
        data: what `kit.open` returned.
        kpi: what people are compared by: a rate of campaign mail, or revenue_per_mail; "" for clicks, or what is told
            instead.

    Raises:
        UsageError: the KPI is unknown or neither.

    Source: as `judge`.
    """
    asked = _kpi(metrics.as_told(data, kpi))
    total = counts.messages(data, ["campaign_id"])[asked.denominator].sum()
    result = judge(count(data, asked.numerator, asked.denominator), asked.key, total=total)
    if not asked.raw:
        return result
    raw = _kpi(asked.raw)
    return replace(result, raw=judge(count(data, raw.numerator, raw.denominator), raw.key, total=total))


def _kpi(key: str) -> Kpi:
    return metrics.find(key) if key == MONEY else metrics.mail_rate(key)


_SUMS = ["people", "numerator", "n", "numerator_squares", "n_squares", "products"]


@scope.count("messages")
def count(data: Data, numerator: str, denominator: str, *, traits: Sequence[str] = tuple(TRAITS)) -> pd.DataFrame:
    """Bulk mail by the traits of its people; from event logs only, since totals know no people.

    Args:
        data: what `kit.open` returned.
        numerator: the count above the line, like clicked; "revenue" for what was sold within the window after the mail
            and credited to it, of mail that is older than the window.
        denominator: the count below it, like delivered.
        traits: keys of TRAITS.

    Returns:
        A row a trait and level [level NULL: not known of these people]: people and mails [numbers], numerator and n
        [the two counts], and sums over people: numerator_squares, n_squares, products.

    Source: guide 1, step 6: look at segments.
    """
    messages = scope.history(data, "messages")
    if messages is not None:
        messages = log.trackable(messages)
    if numerator == REVENUE:
        messages = _with_revenue(data, messages)
    if messages is None:
        return pd.DataFrame(columns=["trait", "level", "mails", *_SUMS])
    parts = []
    for name in traits:
        # A trait looks at all mails before this one, so it is added before any mail is left out.
        mails = TRAITS[name].add(messages, data).mutate(level=col[name])
        mails = mails.filter(
            scope.in_population(mails, data), col.contact_key.notnull(), scope.within(data, col.sent_local)
        )
        if numerator == REVENUE:
            mails = mails.filter(col.old).mutate(x=col[REVENUE])
        else:
            reached = col[denominator] if denominator in ("sent", *log.TRACKABLE) else col.reached
            mails = mails.filter(col[numerator].notnull()).mutate(x=(col[numerator] & reached).cast("int64"))
        mails = mails.filter(col[denominator].notnull()).mutate(m=col[denominator].cast("int64"))
        people = mails.group_by("level", "contact_key").agg(x=col.x.sum(), m=col.m.sum(), mails=col.count())
        sums = people.group_by("level").agg(
            people=col.count(),
            mails=col.mails.sum(),
            numerator=col.x.sum(),
            n=col.m.sum(),
            numerator_squares=(col.x * col.x).sum(),
            n_squares=(col.m * col.m).sum(),
            products=(col.x * col.m).sum(),
        )
        parts.append(sums.mutate(trait=ibis.literal(name)).order_by("level").to_pandas())
    return pd.concat(parts, ignore_index=True)[["trait", "level", "mails", *_SUMS]]


def _with_revenue(data: Data, messages: Expression) -> Expression:
    """With revenue [money credited to each, 0 where nothing was bought] and old; None where nothing tells of sales."""
    days = data.settings["conversions.window_days"]
    if messages is None or len(data.currencies) > 1:
        return None
    sold = log.after(data, messages, "", days)
    if sold is None:
        return None
    credited = messages.left_join(sold.select("message_key", REVENUE), "message_key").drop("message_key_right")
    until = log.followed_until(data) - ibis.interval(days=days)
    return credited.mutate(revenue=col[REVENUE].fill_null(0.0), old=(col.sent_at <= until).fill_null(NO))


def judge(levels: pd.DataFrame, key: str, *, total: float, level: float = LEVEL) -> Segments:
    """Set each level against the others of its trait.

    Args:
        levels: what `count(data, kpi.numerator, kpi.denominator)` returned.
        key: of a rate of campaign mail, or revenue_per_mail.
        total: of the KPI's denominator over all bulk mail, from `counts.messages(data, [])`.
        level: confidence of the intervals.

    Source: guide 1, step 6; ratio of means with the person as the unit, Deng, Knoblich and Lu (2018),
    doi:10.1145/3219819.3219919; Benjamini-Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    kpi = _kpi(key)
    levels = levels[levels["level"].notna()]
    parts, traits = [], []
    judge_trait = _judge_money if kpi.kind == "mean" else _judge_rates
    for name, of_trait in levels.groupby("trait", sort=False):
        table, p = judge_trait(of_trait.reset_index(drop=True), level)
        parts.append(table)
        traits.append({"trait": name, "known": len(of_trait), "unknown": total - of_trait["n"].sum(), "p": p})
    if not parts:
        return Segments(kpi, pd.DataFrame(columns=_COLUMNS), pd.DataFrame(columns=_TRAIT_COLUMNS), int(total))
    rates = pd.concat(parts, ignore_index=True)
    rates["p"] = multiplicity.adjust(rates["p"])
    rates["verdict"] = _verdicts(rates)
    page = pd.DataFrame(traits)
    page["p"] = multiplicity.adjust(page["p"])
    return Segments(kpi, rates[_COLUMNS], page, int(total))


_COLUMNS = [
    *("trait", "level", "people", "mails", "numerator", "n", "value", "low", "high", "effect"),
    *("difference", "difference_low", "difference_high", "p", "verdict"),
]
_TRAIT_COLUMNS = ["trait", "known", "unknown", "p"]


def _judge_rates(levels: pd.DataFrame, level: float) -> tuple[pd.DataFrame, float]:
    squares = (levels["numerator_squares"], levels["n_squares"], levels["products"])
    rates = cluster_robust.clustered_rates(
        levels["people"], levels["numerator"], levels["n"], squares=squares, level=level
    )
    common = levels["numerator"].sum() / levels["n"].sum() if levels["n"].sum() else 0
    large = levels["n"] / pd.Series(rates.design_effect) * min(common, 1 - common) >= EVENTS
    difference, error, p = cluster_robust.versus_others(rates, levels["n"])
    table = levels.assign(value=rates.value, low=rates.low, high=rates.high, effect=rates.design_effect, large=large)
    table = table.assign(
        difference=difference, difference_low=difference - Z * error, difference_high=difference + Z * error
    )
    return table.assign(p=pd.Series(p).where(large)), cluster_robust.homogeneity_test(rates)


def _judge_money(levels: pd.DataFrame, level: float) -> tuple[pd.DataFrame, float]:
    """Levels by money a mail: each against the sums of the others."""
    squares = levels["numerator_squares"], levels["n_squares"], levels["products"]
    means = cluster_robust.clustered_means(
        levels["people"], levels["numerator"], levels["n"], squares=squares, level=level
    )
    others = levels[_SUMS].sum() - levels[_SUMS]
    rows = []
    for of_level, of_others in zip(levels[_SUMS].to_numpy(float), others.to_numpy(float), strict=True):
        people, amounts, n, *more = np.array([of_others, of_level]).T
        alike = min(amount**2 / square if square > 0 else 0.0 for amount, square in zip(amounts, more[0], strict=True))
        gap = cluster_robust.clustered_mean_difference(people, amounts, n, squares=tuple(more), level=level)
        rows.append((gap.value, gap.low, gap.high, gap.p, alike >= BUYERS))
    names = ["difference", "difference_low", "difference_high", "p", "large"]
    gaps = pd.DataFrame(rows, columns=names, index=levels.index).astype({"large": bool})
    gaps["p"] = gaps["p"].where(gaps["large"])
    table = levels.assign(value=means.value, low=means.low, high=means.high, effect=means.design_effect)
    parts = (np.where(gaps["large"], part, np.nan) for part in dataclasses.astuple(means))
    return table.join(gaps), cluster_robust.homogeneity_test(cluster_robust.ClusterRobust(*parts))


def _verdicts(rates: pd.DataFrame) -> pd.Series:
    verdict = pd.Series("no difference seen", index=rates.index, dtype="object")
    flagged = rates["p"] < ALPHA
    verdict = verdict.mask(flagged & (rates["difference"] > 0), "higher").mask(
        flagged & (rates["difference"] < 0), "lower"
    )
    return verdict.mask(rates["p"].isna(), "unknown").mask(~rates["large"].astype(bool), "too few")


@result
class Segments(Result):
    """Levels of traits beside each other.

    Attributes:
        kpi: what was compared.
        rates: a row a trait and level: trait, level, people, mails, numerator, n, value, low, high, effect [design
            effect], difference from the other levels, difference_low, difference_high, p [adjusted], verdict:
            "higher", "lower", "no difference seen", "too few" or "unknown".
        traits: a row a trait: trait, known [levels], unknown [mails whose level is not known], p [of all levels
            having one rate, adjusted].
        total: mails below the line in all; each trait's levels and unknown add up to it.
        raw: the same with machines among the people; None where the KPI is none of people's reactions alone.
    """

    kpi: Kpi
    rates: pd.DataFrame
    traits: pd.DataFrame
    total: int
    raw: Segments | None = None

    @property
    def money(self) -> bool:
        """Whether amounts are compared, not shares."""
        return self.kpi.kind == "mean"

    def summary(self) -> Summary:
        """Which levels react otherwise than the others of their trait, the furthest first."""
        apart = self.rates[self.rates["verdict"].isin(("higher", "lower"))]
        apart = apart.sort_values("difference", key=abs, ascending=False)
        judged = int(self.rates["p"].notna().sum())
        numbers = {"kpi": self.kpi.key, "judged": judged, "found": len(apart)}
        if not judged:
            text = _("There is too little data to judge any group of people by “{kpi}”.", kpi=self.kpi.name)
            return Summary("segments_found", text, numbers)
        values = {"kpi": self.kpi.name, "judged": whole(judged)}
        if apart.empty:
            text = _(
                "In “{kpi}”, none of {judged} groups of people clearly differs from the other groups of the same "
                "trait.",
                **values,
            )
            return Summary("segments_found", f"{text}{self._by_machines()}", numbers, headline=True, weight=25)
        text = _n(
            "In “{kpi}”, {n} of {judged} groups of people differs from the others of the same trait. The largest "
            "difference: {furthest}.",
            "In “{kpi}”, {n} of {judged} groups of people differ from the others of the same trait. The largest "
            "differences: {furthest}.",
            len(apart),
            n=whole(len(apart)),
            furthest=listing([self._apart(row) for row in apart.head(3).to_dict("records")]),
            **values,
        )
        return Summary("segments_found", f"{text}{self._by_machines()}", numbers, headline=True, weight=35)

    def _by_machines(self) -> str:
        """What raw reactions would say, and people do not."""
        if self.raw is None:
            return ""
        both = self.raw.rates.merge(self.rates, on=["trait", "level"], suffixes=("", "_people"))
        flagged = both["verdict"].isin(("higher", "lower"))
        machines = int((flagged & (both["verdict"] != both["verdict_people"])).sum())
        if not machines:
            return ""
        text = _n(
            "By “{raw}”, {flagged} of {judged} groups would differ. Without machines, {n} of them shows no clear "
            "difference.",
            "By “{raw}”, {flagged} of {judged} groups would differ. Without machines, {n} of them show no clear "
            "difference.",
            machines,
            n=whole(machines),
            raw=self.raw.kpi.name,
            flagged=whole(int(flagged.sum())),
            judged=whole(int(both["p"].notna().sum())),
        )
        return f" {text}"

    def _apart(self, row: Mapping[Any, Any]) -> str:
        """A level with its value and its difference."""
        values = {"trait": TRAITS[row["trait"]].name, "level": row["level"], "value": self._value(row)}
        if self.money:
            return _("{trait} “{level}” {value} ({difference})", difference=_signed(row["difference"]), **values)
        return _("{trait} “{level}” {value} ({difference} points)", difference=points(row["difference"]), **values)

    def table(self) -> Table:
        """Levels of each trait with their rate, and how far they are from the other levels."""
        if self.money:
            unit, apart = "money", message("Difference from the others")
            write, write_apart = _amount, _amount_apart
            empty = message("no event log names people, or there is no data on what they bought.")
        else:
            unit, apart = "share", message("Difference from the others (points)")
            write, write_apart, empty = cells.rate, _rate_apart, _NO_LOG
        frame = self.rates
        if self.raw is not None:
            names = {"value": "raw", "low": "raw_low", "high": "raw_high"}
            raw = self.raw.rates[["trait", "level", *names]].rename(columns=names)
            frame = frame.merge(raw, on=["trait", "level"], how="left")
        columns = (
            Column("trait", message("Trait"), _trait),
            Column("level", message("Value")),
            Column("people", message("People"), whole, unit="people", number=True),
            Column("n", metrics.mails_title(self.kpi), whole, unit="mails", number=True),
            Column("value", self.kpi.title, write, unit=unit, number=True, whole_row=True),
            *(metrics.raw_columns(self.kpi) if self.raw is not None else ()),
            Column("difference", apart, write_apart, unit=unit, number=True, whole_row=True),
            Column("verdict", message("Verdict"), _VERDICTS.__getitem__),
        )
        return Table("segments", self._title(), frame, columns, self._notes(), empty)

    def _notes(self) -> tuple[str, ...]:
        judged = int(self.rates["p"].notna().sum())
        traits = [TRAITS[name] for name in dict.fromkeys(self.rates["trait"])]
        notes = (
            _(
                "Each person counts once as a unit, so the brackets are wider than for the same number of independent "
                "messages."
            ),
            _n(
                "{n} comparison; at most 5 % of the flagged ones are expected to be false.",
                "{n} comparisons; at most 5 % of the flagged ones are expected to be false.",
                judged,
                n=whole(judged),
            ),
            *(_("{trait}: {meaning}.", trait=trait.title, meaning=trait.meaning) for trait in traits),
        )
        if not self.money:
            return notes
        return (
            *notes,
            _(
                "Sales after the e-mail, including people who would have bought anyway. E-mails too recent for the "
                "sales window are left out."
            ),
            _("Too little data: the revenue corresponds to that of fewer than {n} equal buyers.", n=BUYERS),
        )

    def unknown_table(self) -> Table:
        """How much mail each trait knows of; known and unknown add up to the total."""
        frame = self.traits.assign(total=self.total, mails_known=self.total - self.traits["unknown"])
        columns = (
            Column("trait", message("Trait"), _trait),
            Column("mails_known", message("Messages with a known value"), whole, unit="mails", number=True),
            Column("unknown", message("Not known"), whole, unit="mails", number=True),
            Column("total", message("Total"), whole, unit="mails", number=True),
        )
        note = (
            message(
                "Not known: messages known only from totals, messages too recent for the sales window, and people "
                "whose contact record lacks this trait."
            )
            if self.money
            else message(
                "Not known: messages known only from totals, and people whose contact record lacks this trait."
            )
        )
        title = message("How many messages this page covers")
        return Table("segments_unknown", title, frame, columns, (note,), _NO_LOG)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Levels under their trait; a filled dot differs from the others of its trait, a diamond is too small."""
        rates = self.rates[self.rates["value"].notna()]
        good = {"higher": GOOD, "lower": BAD} if self.kpi.better == "higher" else {"higher": BAD, "lower": GOOD}
        names = list(dict.fromkeys(rates["trait"]))
        value = _amount if self.money else cells.rate
        with drawing(1.0 + 0.27 * max(len(rates) + len(names), 3), ax) as axes:
            ticks: list[tuple[int, str, bool]] = []
            place = 0
            for name in names:
                ticks.append((place, _trait(name), True))
                place -= 1
                for row in rates[rates["trait"] == name].to_dict("records"):
                    few = row["verdict"] in ("too few", "unknown")
                    color = QUIET if few else good.get(row["verdict"], PLAIN)
                    axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                    mark = axes.plot(row["value"], place, "D" if few else "o", color=color, markersize=5.5)
                    hover(mark, [f"{row['level']}: {value(row)}"])
                    ticks.append((place, label(row["level"]), False))
                    place -= 1
            axes.set_yticks([at for at, _text, _bold in ticks], [text for _at, text, _bold in ticks], fontsize=9.5)
            for tick, (_at, _text, is_title) in zip(axes.get_yticklabels(), ticks, strict=True):
                tick.set_fontweight("bold" if is_title else "normal")
                tick.set_color(INK)
            axes.set_ylim(place + 0.2, 0.8)
            axes.set_xlim(left=min(0, rates["low"].min()) if self.money else 0)
            write = decimal if self.money else share
            axes.xaxis.set_major_formatter(lambda value, _place: write(value, 0))
            axes.set_xlabel(_("{kpi}; line: margin of error (95 %), by person", kpi=self.kpi.name))
            axes.grid(visible=False, axis="y")
            rows = rates.to_dict("records")
            levels = joined([f"{_trait(row['trait'])} {row['level']} {self._value(row)}" for row in rows])
            alt = _("{kpi} by trait: {levels}.", kpi=self.kpi.title, levels=levels or _("no data"))
            return picture(axes, name="segments", title=self._title(), alt=alt)

    def _value(self, row: Mapping[Any, Any]) -> str:
        return decimal(row["value"], 2) if self.money else share(row["value"])

    def _title(self) -> Message:
        return message("{kpi} by trait", kpi=self.kpi.title)


_NO_LOG = message("no event log names people.")
_VERDICTS = {
    "higher": message("higher"),
    "lower": message("lower"),
    "no difference seen": message("no difference seen"),
    "too few": message("too little data"),
    "unknown": message("unknown"),
}


def _trait(name: str) -> str:
    return str(TRAITS[name].title)


def _signed(amount: float) -> str:
    text = decimal(amount, 2)
    return text if text.startswith(MINUS) else f"+{text}"


def _amount(row: Mapping[Any, Any]) -> str:
    if not known(row["value"]):
        return UNKNOWN
    value = decimal(row["value"], 2)
    if not known(row["low"]):
        return _("{value} (no interval)", value=value)
    return _("{value} ({low} to {high})", value=value, low=decimal(row["low"], 2), high=decimal(row["high"], 2))


def _amount_apart(row: Mapping[Any, Any]) -> str:
    if row["verdict"] in ("too few", "unknown"):
        return UNKNOWN
    value, low, high = (_signed(row[name]) for name in ("difference", "difference_low", "difference_high"))
    return _("{value} ({low} to {high})", value=value, low=low, high=high)


def _rate_apart(row: Mapping[Any, Any]) -> str:
    if row["verdict"] in ("too few", "unknown"):
        return UNKNOWN
    return f"{points(row['difference'])} ({span(row['difference_low'], row['difference_high'])})"


FIGURES = (
    Figure(
        "segment_people",
        message("People in a segment"),
        message("people who received e-mails and have this value of the trait"),
        message("one person"),
        "guide 1, step 6",
        ("segments.people",),
        edge=message("by what was known about them before the e-mail"),
    ),
    Figure(
        "segment_difference",
        message("Difference from the others"),
        message("rate of this value - rate of the other values of the same trait"),
        message("one message; the margin of error is by person"),
        "Deng, Knoblich & Lu (2018), doi:10.1145/3219819.3219919",
        ("segments.difference",),
        interval=message("95 %: ratio of means, by person"),
        edge=message("a higher rate does not mean that e-mails have more effect on this group"),
    ),
    Figure(
        "mails_known",
        message("Messages with a known value"),
        message("every message of the page is in one of the two: with the value, or without it"),
        message("a message"),
        "guide 1, step 6",
        ("segments_unknown.mails_known", "segments_unknown.unknown", "segments_unknown.total"),
        edge=message("not known: messages known only from totals, and people whose contact record lacks this trait"),
    ),
)
