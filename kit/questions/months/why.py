"""Why did a rate change: other people asked, or other answers? (guide 1, steps 2 and 6)

The change from the month before is taken apart by groups: the mix (groups became larger or smaller) and the rate (the
groups themselves answer otherwise). The two add up to it. Each has an interval with people as the unit; what lies
within chance is called so, and is no reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.counts.shift import COUNTED, person_squares
from kit.judging import ALPHA, LEVEL, MONTHS, SMALLEST_PART
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.months import rates, tiles
from kit.show.formats import known, month, points, share, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import decomposition, multiplicity, random_effects
from kit.stats.decomposition import Decomposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.counts.shift import Influence
    from kit.questions.months.rates import Months
    from kit.store import Data

SPLITS = ("segment", "list_name", "domain", "campaign_name")
"""What mail is taken apart by."""

HALF = 0.5
"""Of mail in groups that only one of the months has, from which nothing is taken apart."""

COLUMNS = [
    *("kpi", "by", "month_before", "month", "groups", "before", "now", "change"),
    *("mix", "mix_low", "mix_high", "mix_p", "rate", "rate_low", "rate_high", "rate_p"),
]


@dataclass(frozen=True, slots=True)
class Split:
    """Two months of one KPI by one column.

    Attributes:
        kpi: key.
        by: the column.
        months: the month before, the month.
        groups: a row a group: its name, None where it is not known.
        events: a row a month, a column a group.
        trials: likewise.
        parts: of the change.
    """

    kpi: str
    by: str
    months: tuple[str, str]
    groups: tuple[str | None, ...]
    events: np.ndarray
    trials: np.ndarray
    parts: Decomposition


def explain(data: Data, *, kpis: str = "") -> Causes:
    """Why did the latest whole month's rates change from the month before?

    Args:
        data: what `kit.open` returned.
        kpis: keys of rates of campaign mail, by comma; "" for openings, clicks and unsubscribes.

    Source: as `judge`.
    """
    months = rates.by_month(data, kpis=kpis)
    series = {str(key): rows for key, rows in months.rates.groupby("kpi", sort=False)}
    pairs = {key: _latest_two(rows, data) for key, rows in series.items() if set(_columns(key)) <= set(COUNTED)}
    rows = []
    for by in SPLITS:
        if by == "list_name" and rows:  # the firm's own segments say it better
            continue
        history = counts.messages(data.history, ["month", by])
        splits = [split(history, key, by, pair) for key, pair in pairs.items() if pair]
        known_splits = [one for one in splits if one is not None]
        for one, squares in zip(known_splits, _squares(data, by, known_splits), strict=True):
            rows.append(judge(one, squares, series[one.kpi]))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.sort_values("kpi", key=lambda keys: keys.map(list(series).index), kind="stable", ignore_index=True)
    adjusted = multiplicity.adjust(pd.concat([frame["mix_p"], frame["rate_p"]]), "holm")
    return Causes(frame.assign(mix_p=adjusted[: len(frame)], rate_p=adjusted[len(frame) :]), months)


def _columns(key: str) -> tuple[str, str]:
    """The counts above and below the line of a rate."""
    kpi = metrics.find(key)
    return kpi.numerator, kpi.denominator


def _latest_two(series: pd.DataFrame, data: Data) -> tuple[str, str] | None:
    """The latest whole month of the question with a value, and the month before it of its era that has one."""
    valued = series[series["value"].notna() & tiles.complete(series["month"], data.as_of)]
    asked = valued[valued["asked"]].sort_values("month")
    if asked.empty:
        return None
    latest, era = asked["month"].iloc[-1], asked["era"].iloc[-1]
    earlier = valued.loc[(valued["month"] < latest) & (valued["era"] == era), "month"]
    return None if earlier.empty else (str(earlier.max()), str(latest))


def split(history: pd.DataFrame, kpi: str, by: str, months: tuple[str, str]) -> Split | None:
    """Two months by group, taken apart; None: it cannot be.

    It takes two groups with mail and counts that are known. Where most of the mail is of groups that only one of the
    months has, as where every campaign is sent once, nothing can be set against itself. Groups with less than a
    twentieth of the mail of both are taken together.

    Args:
        history: a row a month and group, from `counts.messages`.
        kpi: key of a rate.
        by: the column of groups.
        months: the month before, the month.
    """
    rate = metrics.find(kpi)
    rows = history[history["month"].isin(months)]
    rows = rows[rows[rate.denominator].fillna(1) > 0]
    if rows[[rate.numerator, rate.denominator]].isna().any(axis=None) or rows[by].dropna().nunique() < 2:
        return None
    names = rows[by].astype("object").where(rows[by].notna(), None)
    tables = [
        pd.DataFrame({"month": rows["month"], "group": names, "value": rows[name].astype(float)})
        .groupby(["month", "group"], dropna=False)["value"].sum().unstack("month", fill_value=0)
        .reindex(columns=list(months), fill_value=0.0)
        for name in (rate.numerator, rate.denominator)
    ]  # fmt: skip
    events, trials = tables[0].to_numpy().T, tables[1].to_numpy().T
    if not trials.sum(axis=1).all() or not events.sum():
        return None
    groups = tuple(None if pd.isna(name) else str(name) for name in tables[1].index)
    if (trials * (trials == 0).any(axis=0)).sum() > HALF * trials.sum():
        return None
    small = trials.sum(axis=0) < SMALLEST_PART * trials.sum()
    place = np.where(small, -1, np.arange(len(groups)))
    joined = np.stack([place == kept for kept in dict.fromkeys(place.tolist())])  # a row a joined group
    parts = decomposition.kitagawa(events @ joined.T, trials @ joined.T)
    at = joined.argmax(axis=0)
    spread = Decomposition(
        parts.change, parts.mix, parts.rate, parts.mix_of, parts.rate_of, parts.mix_influence[:, :, at],
        parts.rate_influence[:, :, at],
    )  # fmt: skip
    return Split(kpi, by, months, groups, events, trials, spread)


def _squares(data: Data, by: str, splits: Sequence[Split]) -> list[tuple[float, float]]:
    """The variances of mix and rate with people as the unit; of mail that no log tells of, with messages."""
    alone = [
        tuple(
            decomposition.independent_squares(one.events, one.trials, influence)
            for influence in (one.parts.mix_influence, one.parts.rate_influence)
        )
        for one in splits
    ]
    of_people = person_squares(data.history, by, [(*_columns(one.kpi), _influences(one)) for one in splits])
    if of_people.empty:
        return [(mix, rate) for mix, rate in alone]
    squares = []
    for one, (mix, rate), row in zip(splits, alone, of_people.to_dict("records"), strict=True):
        of_totals = max(1 - row["n"] / one.trials.sum(), 0.0)  # the share of mail that exports of totals tell of
        unbiased = row["people"] / max(row["people"] - 1, 1)
        squares.append((row["mix"] * unbiased + of_totals * mix, row["rate"] * unbiased + of_totals * rate))
    return squares


def _influences(one: Split) -> list[Influence]:
    """What one more trial and one more event of each month and group moves."""
    parts = one.parts
    return [
        (
            one.months[time], group,
            (float(parts.mix_influence[time, 0, at]), float(parts.mix_influence[time, 1, at])),
            (float(parts.rate_influence[time, 0, at]), float(parts.rate_influence[time, 1, at])),
        )
        for time in (0, 1)
        for at, group in enumerate(one.groups)
    ]  # fmt: skip


def judge(found: Split, squares: tuple[float, float], series: pd.DataFrame) -> dict[str, Any]:
    """The parts of a change with their intervals: a row of `Causes.parts`, its p not yet adjusted.

    The mix has the error of who got mail and how they answered; the rate, beside that, what months usually differ by.
    With fewer than six months that are large enough the latter is not known, and the rate is not judged.

    Args:
        found: the two months by group.
        squares: the variances of mix and rate, from sampling.
        series: the months of the KPI: month, numerator, n, large, era.

    Source: Kitagawa (1955), doi:10.1080/01621459.1955.10501299; the variance by each person's influence, as the
    bootstrap of people has it: Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, 6.
    """
    era = series.loc[series["month"] == found.months[-1], "era"].iloc[0]
    others = series[series["large"] & (series["era"] == era) & ~series["month"].isin(found.months)]
    k = len(others)
    tau = random_effects.heterogeneity(others["numerator"], others["n"]).tau if k >= MONTHS - 2 else nan
    parts = found.parts
    mix = decomposition.part(parts.mix, squares[0], level=LEVEL)
    moved = decomposition.part(parts.rate, squares[1], usual=tau, df=max(k - 1, 1), level=LEVEL)
    total = found.trials.sum(axis=1)
    before, now = found.events.sum(axis=1) / total
    values = (
        found.kpi, found.by, *found.months, len(found.groups), before, now, parts.change,
        parts.mix, mix.low, mix.high, mix.p, parts.rate, moved.low, moved.high, moved.p,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


@result
class Causes(Result):
    """Why the rates of the latest month are other than the month before.

    Attributes:
        parts: a row a KPI and column that mail is taken apart by: kpi, by, month_before, month, groups [number],
            before, now, change [shares]; mix, mix_low, mix_high, mix_p, rate, rate_low, rate_high, rate_p [shares;
            p adjusted over the table, NaN: cannot be judged].
        months: of the rates.
    """

    parts: pd.DataFrame
    months: Months

    def written(self) -> pd.DataFrame:
        """The parts with `noise`, what of the change may be chance, and a verdict: key of VERDICTS."""
        mix, rate = (self.parts[f"{name}_p"] < ALPHA for name in ("mix", "rate"))
        noise = self.parts["mix"].where(~mix, 0.0) + self.parts["rate"].where(~rate, 0.0)
        verdict = np.select(
            [mix & rate, mix & self.parts["rate_p"].isna(), mix, rate, self.parts["rate_p"].isna()],
            ["both", "mix, rate open", "mix", "rate", "few"], "neither",
        )  # fmt: skip
        return self.parts.assign(noise=noise, verdict=verdict)

    def summary(self) -> Summary:
        """The surest reason of the latest month, or that there is none."""
        rows = self.written()
        if rows.empty:
            return Summary("why_changed", _("No rate can be taken apart: two months with mail in several groups are "
                                            "needed."))  # fmt: skip
        people = {metrics.find(key).raw for key in rows["kpi"]} - {""}
        asked = rows[~rows["kpi"].isin(people)]
        decided = asked[asked["verdict"].isin(("both", "mix", "mix, rate open", "rate"))]
        last = asked["month"].max()
        numbers = {"splits": len(asked), "decided": len(decided)}
        if decided.empty:
            if (asked["verdict"] == "few").all():
                text = _("Why the rates of {month} differ from the month before cannot be said: too few months show "
                         "what is usual.", month=month(last))  # fmt: skip
            else:
                text = _("No change of {month} needs a reason: neither who got mail nor how groups react moved beyond "
                         "chance.", month=month(last))  # fmt: skip
            return Summary("why_changed", text, numbers)
        p = decided[["mix_p", "rate_p"]].min(axis=1)
        surest = decided.iloc[int(np.argmin(p.to_numpy(dtype=float)))].to_dict()
        numbers |= {name: surest[name] for name in ("change", "mix", "rate", "noise")}
        return Summary("why_changed", _sentence(surest), numbers, next_step=str(_STEPS[surest["verdict"]]))

    def table(self) -> Table:
        """Each KPI's change, its parts, and what of it may be chance."""
        frame = self.written()
        volume = [self._volume(row) for row in frame.to_dict("records")]
        frame = frame.assign(events=[change for change, _of_volume in volume],
                             volume=[of_volume for _change, of_volume in volume])  # fmt: skip
        columns = (
            Column("kpi", message("KPI"), lambda key: str(metrics.find(key).title)),
            Column("by", message("Taken apart by"), lambda by: str(_NAMES[by])),
            Column("month", message("Month"), month),
            Column("before", message("Month before"), share, unit="share", number=True),
            Column("now", message("Now"), share, unit="share", number=True),
            Column("change", message("Change (points)"), points, unit="share", number=True),
            Column("mix", message("Of it mix"), _interval("mix"), unit="share", number=True, whole_row=True),
            Column("rate", message("Of it rates"), _interval("rate"), unit="share", number=True, whole_row=True),
            Column("noise", message("May be chance"), points, unit="share", number=True),
            Column("verdict", message("Reason"), lambda verdict: str(VERDICTS[verdict])),
            Column("events", message("Change (number)"), _signed, unit="events", number=True),
            Column("volume", message("Of it volume"), _signed, unit="events", number=True),
        )
        notes = (
            message("Mix and rates add up to the change: mix is what larger and smaller groups did to it, rates what "
                    "the groups' own reactions did. By campaign only where most of the mail is of campaigns that ran "
                    "in both months."),
            message("Brackets: 95 % intervals with people as the unit; those of rates hold the usual variation of "
                    "months, too. A part counts as a reason only beyond chance, all parts of the table together."),
            message("Number: how many more or fewer opens, clicks and so on. Volume: the part that comes from more "
                    "or fewer e-mails at the same rate."),
        )  # fmt: skip
        title = message("Why the latest month differs from the month before")
        return Table("why", title, frame, columns, notes, message("no two months with mail in several groups."))

    def _volume(self, row: Mapping[Any, Any]) -> tuple[float, float]:
        """How many events more, and how many of them come from more mail: the rest is mix and rates times mail."""
        series = self.months.rates[self.months.rates["kpi"] == row["kpi"]].set_index("month")
        before, now = (series.loc[row[name]] for name in ("month_before", "month"))
        volume = float((now["n"] - before["n"]) * (row["before"] + row["now"]) / 2)
        return float(now["numerator"] - before["numerator"]), volume


def _sentence(row: Mapping[Any, Any]) -> str:
    """A change with its reason, in words."""
    values = {
        "kpi": metrics.find(row["kpi"]).name, "month": month(row["month"]), "by": _NAMES[row["by"]],
        "change": points(row["change"]), "mix": points(row["mix"]), "rate": points(row["rate"]),
        "mix_span": span(row["mix_low"], row["mix_high"]), "rate_span": span(row["rate_low"], row["rate_high"]),
    }  # fmt: skip
    match row["verdict"]:
        case "mix":
            return _("{kpi} moved by {change} points in {month}, and who got mail explains {mix} of them ({mix_span}, "
                     "by {by}); how groups react did not move beyond chance.", **values)  # fmt: skip
        case "mix, rate open":
            return _("{kpi} moved by {change} points in {month}, and who got mail explains {mix} of them ({mix_span}, "
                     "by {by}); whether groups react otherwise, too few months can say.", **values)  # fmt: skip
        case "rate":
            return _("{kpi} moved by {change} points in {month}, since the groups react otherwise: {rate} "
                     "points ({rate_span}, by {by}); who got mail did not move it beyond chance.",
                     **values)  # fmt: skip
    return _("{kpi} moved by {change} points in {month}: {mix} by who got mail ({mix_span}), {rate} by how groups "
             "react ({rate_span}, by {by}).", **values)  # fmt: skip


def _interval(name: str) -> Any:
    def write(row: Mapping[Any, Any]) -> str:
        if not known(row[f"{name}_low"]):
            return points(row[name])
        return _("{points} ({interval})", points=points(row[name]),
                 interval=span(row[f"{name}_low"], row[f"{name}_high"]))  # fmt: skip

    return write


def _signed(number: float) -> str:
    return f"{'+' if round(number) > 0 else ''}{whole(number)}"


VERDICTS = {
    "mix": message("who got mail"),
    "rate": message("how they react"),
    "both": message("both"),
    "mix, rate open": message("who got mail; reactions: too few months"),
    "neither": message("may be chance"),
    "few": message("too few months"),
}
"""What a change is put down to."""

_STEPS = {
    "mix": message("Compare the months by group before you change the mail: notebook 05."),
    "mix, rate open": message("Compare the months by group before you change the mail: notebook 05."),
    "rate": message("Check what was different about the e-mails of that month: notebook 03."),
    "both": message("Look at the groups (notebook 05) and at the e-mails of that month (notebook 03)."),
}

_NAMES = {
    "segment": message("segment"),
    "list_name": message("list"),
    "domain": message("domain of the address"),
    "campaign_name": message("campaign"),
}

_KITAGAWA = "Kitagawa (1955), doi:10.1080/01621459.1955.10501299"

FIGURES = (
    Figure(
        "why_change", message("Change from the month before"),
        message("rate of the month - rate of the month before"), message("a message"), _KITAGAWA,
        ("why.before", "why.now", "why.change", "why_changed.change"),
    ),
    Figure(
        "why_mix", message("The part of the mix"),
        message("sum over groups of (share of mail now - before) x (rate now + before) / 2"), message("a message"),
        _KITAGAWA, ("why.mix", "why_changed.mix"), interval=message("95 %: influence of each person on it"),
        edge=message("groups under a twentieth of the mail are one; a group of one month only belongs to the mix"),
    ),
    Figure(
        "why_rate", message("The part of the rates"),
        message("sum over groups of (rate now - before) x (share of mail now + before) / 2"), message("a message"),
        _KITAGAWA, ("why.rate", "why_changed.rate"),
        interval=message("95 %: influence of each person on it, and the usual variation of months"),
        edge=message("not judged with fewer than six months of mail enough"),
    ),
    Figure(
        "why_noise", message("The part that may be chance"),
        message("sum of the parts whose p, adjusted by Holm over the table, is not below 0.05"), message("a message"),
        "Holm (1979), jstor.org/stable/4615733",
        ("why.noise", "why_changed.noise", "why_changed.splits", "why_changed.decided"),
        edge=message("beside it: changes taken apart, and those with a part beyond chance"),
    ),
    Figure(
        "why_volume", message("Change in number, and the part of volume"),
        message("events now - before; the part from volume: (e-mails now - before) x (rate now + before) / 2"),
        message("a message"),
        _KITAGAWA, ("why.events", "why.volume"),
        edge=message("the remainder is mix and rates times the mean number of e-mails of both months"),
    ),
)  # fmt: skip
