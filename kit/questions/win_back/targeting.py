"""Whom to write to first: by how much the mail changes, not by how likely people are to stay away.

One regression of coming back on the mail, on what was known of people before, and on both together, fitted on other
people than those whom it scores. Who is likely to return is learnt from people without mail. What a rule is worth is
then counted from the arms alone: those whom it puts first, with mail less without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import EVENTS, LEVEL, PEOPLE
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.sales_cycle.holdout import NEWCOMBE
from kit.questions.win_back.plans import lot
from kit.show.formats import UNKNOWN, commas, known, points, share, span, whole
from kit.show.picture import GOOD, INK, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import logistic, proportions
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.questions.win_back.tried import Tried

FOLDS = 5
"""Parts of the people, each scored by what the others taught."""

SHARES = (0.1, 0.2, 0.3, 0.5, 1.0)
FIRST = 0.3
"""Of the people so many are written to first; the last is everybody; and the share that the sentence is about."""

RULES = {
    "lift": message("Highest expected lift"),
    "risk": message("Least likely to come back"),
    "likely": message("Most likely to come back"),
}
"""By what people are put first."""

NUMBERS = ("silent", "occasions", "spent", "chance")
LEVELS = ("reason", "segment", "language", "country", "opt_in_source", "domain")
"""What the regression looks at: numbers, and then levels in this order as long as enough people came back for them."""

RIDGE = 10.0
"""On slopes, most of which are differences of differences; see `kit.stats.logistic.fit`."""

UNKNOWN_GAIN = (np.nan, np.nan, np.nan)
"""A gain and the ends of its interval, where they are not known."""

PARTS = {"first": message("Highest expected lift"), "others": message("All others")}
"""The first 30 % by expected lift, and the rest."""

OF_PARTS = ["part", "n", "x", "held_n", "held_x", "difference", "low", "high"]
AT = ["rule", "share", "n", "x", "held_n", "held_x", "difference", "low", "high"]


def measure(tried: Tried) -> Targeting:
    """What writing by expected lift would bring, against writing by risk.

    Args:
        tried: what `tried.measure` returned.

    Source: guide 4; one model with interactions, Lo (2002), doi:10.1145/772862.772872; Ascarza (2018),
    doi:10.1509/jmr.16.0163.
    """
    if tried.problem or tried.people.empty:
        return Targeting(pd.DataFrame(columns=AT), UNKNOWN_GAIN, tried.problem or message("nobody was tried"))
    people, came, held = followed(tried)
    return judge(people["contact_key"], Facts.known(people, came).of(people), came, held)


def followed(tried: Tried) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The people who were followed for the window, whether each came back, and whether each got no mail."""
    kept = tried.followed(tried.days).to_numpy()
    came = (tried.within(tried.days)["orders"] > 0).to_numpy()[kept]
    return tried.people[kept].reset_index(drop=True), came, tried.held.to_numpy()[kept]


@dataclass(frozen=True, slots=True)
class Facts:
    """Which facts from before the assignment are looked at, and where those of the test lay.

    Attributes:
        means: of each number, which stands for an unknown one.
        ends: of each number the lowest and the highest.
        levels: the attributes and their levels that have a column.
        known_levels: of these attributes all levels of the test.
    """

    means: dict[str, float]
    ends: dict[str, tuple[float, float]]
    levels: tuple[tuple[str, str], ...]
    known_levels: dict[str, frozenset[str]]

    @classmethod
    def known(cls, people: pd.DataFrame, came: np.ndarray) -> Facts:
        """Numbers, and as many levels as enough people came back for."""
        numbers = _numbers(people)
        means = {name: float(values.mean()) if values.notna().any() else 0.0 for name, values in numbers.items()}
        ends = {name: (float(values.min()), float(values.max())) for name, values in numbers.items()}
        room = _events(came) / EVENTS / 2 - 1 - len(NUMBERS)
        levels: list[tuple[str, str]] = []
        for attribute in LEVELS:
            sizes = people[attribute].astype(object).value_counts()
            large = sorted(map(str, sizes.index[(sizes >= PEOPLE) & (sizes <= len(people) - PEOPLE)]))
            # of two levels that are all people one says all
            large = large[1:] if len(large) == 2 and sizes.sum() == len(people) and len(sizes) == 2 else large
            if len(levels) + len(large) <= room:
                levels += [(attribute, level) for level in large]
        names = dict.fromkeys(attribute for attribute, _level in levels)
        known_levels = {name: frozenset(map(str, people[name].dropna())) for name in names}
        return cls(means, ends, tuple(levels), known_levels)

    def of(self, people: pd.DataFrame) -> pd.DataFrame:
        """A row a person, a column a fact."""
        columns = {name: values.fillna(self.means[name]) for name, values in _numbers(people).items()}
        for attribute, level in self.levels:
            columns[f"{attribute}: {level}"] = (people[attribute].astype(str) == level).astype(float)
        return pd.DataFrame(columns)

    def covers(self, people: pd.DataFrame) -> pd.Series:
        """Whether each person is like some of the test: within its numbers, and of its levels."""
        inside = pd.Series(data=True, index=people.index)
        for name, values in _numbers(people).items():
            low, high = self.ends[name]
            if name != "chance":  # what the numbers of orders and days say
                inside &= values.isna() | values.between(low, high)
        for name, levels in self.known_levels.items():
            inside &= people[name].isna() | people[name].astype(str).isin(levels)
        return inside


def _numbers(people: pd.DataFrame) -> dict[str, pd.Series]:
    spent = people["worth"].astype(float) / people["occasions"].where(people["occasions"] > 0).astype(float)
    raw = {"silent": people["silent"].astype(float), "occasions": people["occasions"].astype(float),
           "spent": spent.clip(lower=0)}  # fmt: skip
    return {name: values.map(np.log1p) for name, values in raw.items()} | {"chance": people["chance"].astype(float)}


def _events(came: np.ndarray) -> int:
    """People who came back, or who did not, whichever are fewer."""
    return int(min(came.sum(), (~came).sum()))


def judge(keys: pd.Series, x: pd.DataFrame, came: np.ndarray, held: np.ndarray, *, level: float = LEVEL) -> Targeting:
    """What each rule would bring.

    Args:
        keys: of the people; they part them into folds.
        x: a row a person, a column a fact from before the assignment.
        came: whether each came back.
        held: whether each stands in the arm without mail.
        level: confidence.
    """
    least, events = 2 * EVENTS * (x.shape[1] + 1), _events(came)
    if events < least or min(_events(came[held]), _events(came[~held])) < 2 * EVENTS:
        reason = message(
            "at least {n} people must have come back, {side} of them on each side; {found} came, {held} without mail",
            n=least, side=2 * EVENTS, found=int(came.sum()), held=int(came[held].sum()),
        )  # fmt: skip
        return Targeting(pd.DataFrame(columns=AT), UNKNOWN_GAIN, reason)
    scores = _scores(keys, x.to_numpy(float), came, held)
    if scores is None:
        return Targeting(pd.DataFrame(columns=AT), UNKNOWN_GAIN, message("the regressions cannot be fitted"))
    rows = [(rule, part, *_at(score, part, came, held, level)) for rule, score in scores.items() for part in SHARES]
    parts = [("first", *_at(scores["lift"], FIRST, came, held, level)),
             ("others", *_at(1 - scores["lift"], 1 - FIRST, came, held, level))]  # fmt: skip
    return Targeting(
        pd.DataFrame(rows, columns=AT), _gain(scores["lift"], came, held, level), "",
        pd.DataFrame(parts, columns=OF_PARTS),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiftModel:
    """The regression of coming back with mail and without; `mean` and `spread` are those of its facts."""

    fit: logistic.Logistic
    mean: np.ndarray
    spread: np.ndarray

    def lift(self, x: np.ndarray) -> np.ndarray:
        """Of each row the chance to come back with mail less that without."""
        scaled = (x - self.mean) / self.spread
        without, mailed = (self.fit.chance(_design(scaled, np.full(len(x), mail))) for mail in (0.0, 1.0))
        return mailed - without


def fitted(x: np.ndarray, came: np.ndarray, held: np.ndarray) -> LiftModel | None:
    """The regression of these people; None: it cannot be fitted."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = _design((x - mean) / spread, (~held).astype(float))
    fit = logistic.fit(design, came, np.arange(len(x)), ridge=RIDGE)
    return None if fit is None else LiftModel(fit, mean, spread)


def _design(scaled: np.ndarray, mail: np.ndarray) -> np.ndarray:
    return np.column_stack([scaled, mail, scaled * (mail - 0.5)[:, None]])


def _scores(keys: pd.Series, x: np.ndarray, came: np.ndarray, held: np.ndarray) -> dict[str, np.ndarray] | None:
    """Each person's place from 0 to 1 by every rule, 1 is first; None: a fold cannot be fitted."""
    draw = lot(keys, seed=0, experiment="folds")
    fold = np.minimum((draw * FOLDS).astype(int), FOLDS - 1)
    scores = {rule: np.full(len(keys), np.nan) for rule in RULES}
    for number in range(FOLDS):
        inside = fold == number
        model, without_mail = fitted(x[~inside], came[~inside], held[~inside]), ~inside & held
        alone = logistic.fit(x[without_mail], came[without_mail], np.arange(int(without_mail.sum())))
        if model is None or alone is None or not inside.any():
            return None
        lift, without = model.lift(x[inside]), alone.chance(x[inside])
        # Places within the fold: each fold has its own regressions. Ties are broken by lot.
        for rule, score in (("lift", lift), ("risk", -without), ("likely", without)):
            order = np.lexsort((draw[inside], score))
            place = np.empty(len(order))
            place[order] = (np.arange(len(order)) + 0.5) / len(order)
            scores[rule][inside] = place
    return scores


def _at(score: np.ndarray, part: float, came: np.ndarray, held: np.ndarray, level: float) -> tuple[float, ...]:
    """With mail less without among those put first: uplift at k, as counted from the arms."""
    first = score >= 1 - part
    n, x, held_n, held_x = (int(values.sum()) for values in (first & ~held, came & first & ~held, first & held,
                                                            came & first & held))  # fmt: skip
    gap = proportions.proportion_difference(held_x, held_n, x, n, level=level)
    return n, x, held_n, held_x, gap.value, gap.low, gap.high


def _gain(score: np.ndarray, came: np.ndarray, held: np.ndarray, level: float) -> tuple[float, float, float]:
    """The lift of those put first beyond that of the others, with its interval."""
    first = score >= 1 - FIRST
    value, variance = 0.0, 0.0
    for inside, sign in ((first, 1.0), (~first, -1.0)):
        for side, way in ((~held, 1.0), (held, -1.0)):
            mine = came[inside & side]
            if not mine.size:
                return UNKNOWN_GAIN
            rate = (mine.sum() + 0.5) / (mine.size + 1)
            value += sign * way * mine.mean()
            variance += rate * (1 - rate) / mine.size
    reach = critical_z(level) * float(np.sqrt(variance))
    return float(value), float(value) - reach, float(value) + reach


@result
class Targeting(Result):
    """What each rule of writing first would bring.

    Attributes:
        lifts: a row a rule and share of the people who are written to first: rule [of RULES], share, n, x, held_n,
            held_x [people and those who came back, with mail and without], difference, low, high [of the shares].
        gain: the lift of the first 30 % by expected lift beyond that of the others, with the ends of its interval.
        reason: why it is not known; "" where it is.
        parts: a row a part of PARTS: part, n, x, held_n, held_x, difference, low, high as in `lifts`.
    """

    lifts: pd.DataFrame
    gain: tuple[float, float, float]
    reason: str | Message = ""
    parts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=OF_PARTS))

    def summary(self) -> Summary:
        """Whether the mail works better for those of whom it is expected."""
        if self.lifts.empty:
            text = _("It is not known for whom the e-mail works: {why}.", why=self.reason)
            return Summary("targeting", text, {})
        by = self.lifts.set_index(["rule", "share"])["difference"]
        value, low, high = self.gain
        everybody, lift, risk = by["lift", 1.0], by["lift", FIRST], by["risk", FIRST]
        numbers: dict[str, Any] = {"everybody": everybody, "lift": lift, "risk": risk, "gain": value}
        values = {
            "part": share(FIRST, 0), "lift": points(lift), "risk": points(risk), "all": points(everybody),
            "gain": points(value), "interval": span(low, high),
        }  # fmt: skip
        if low > 0:
            text = _(
                "Write first to those of whom the most lift is expected: their {part} bring {lift} points, everybody "
                "{all}, those least likely to return {risk}.",
                **values,
            )
        else:
            text = _(
                "It is not seen that the mail works better for some: the {part} of whom most lift is expected bring "
                "{gain} points more than the others ({interval}).",
                **values,
            )
        return Summary("targeting", text, numbers, headline=low > 0, weight=40)

    def table(self) -> Table:
        """Lift of those put first, by rule and share."""
        columns = (
            Column("rule", message("Written to first"), RULES.__getitem__),
            Column("share", message("Share of the people"), lambda part: share(part, 0), unit="share", number=True),
            Column("n", message("People with mail"), whole, unit="people", number=True),
            Column("held_n", message("Without"), whole, unit="people", number=True),
            Column("difference", message("Lift (points)"), _lift, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Who is likely to return does so without mail, and who is lost may be lost to mail too: neither says "
                "whom the mail changes.",
            ),
            message("Each person is scored by a regression of other people; lifts are counted from the arms alone."),
        )
        shown = notes if len(self.lifts) else ()
        empty = message("{why}.", why=self.reason)
        return Table("targeting", message("Whom to write to first"), self.lifts, columns, shown, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Lift of those put first, by rule and share."""
        title = _("Lift of those who are written to first")
        if self.lifts.empty:
            return nothing("targeting", title, self.reason)
        with drawing(3.0, ax) as axes:
            axes.axhline(0, color=INK, linewidth=0.8)
            ends = []
            for (rule, name), color, style in zip(RULES.items(), (GOOD, QUIET, PLAIN), ("-", "--", ":"), strict=True):
                mine = self.lifts[self.lifts["rule"] == rule]
                axes.plot(mine["share"] * 100, mine["difference"] * 100, f"o{style}", color=color, label=str(name))
                first = mine.iloc[0]
                ends.append(_("{rule} {points} points", rule=name, points=points(first["difference"])))
            axes.set_xlabel(_("written to first, % of the people"))
            axes.set_ylabel(_("lift, points"))
            axes.legend(frameon=False, fontsize=9.5)
            alt = _("{title}: of the first tenth {parts}.", title=title, parts=commas(ends))
            return picture(axes, name="targeting", title=title, alt=alt)


def _lift(row: Any) -> str:
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})" if known(row["difference"]) else UNKNOWN


FIGURES = (
    Figure(
        "uplift_at", message("Lift of those put first (uplift at k)"),
        message("came back with mail - without, among the share that the rule puts first"),
        message("a person of the test, by assignment"),
        f"Lo (2002), doi:10.1145/772862.772872; {NEWCOMBE}",
        ("targeting.difference", "targeting.n", "targeting.held_n", "targeting.share", "targeting.everybody",
         "targeting.lift", "targeting.risk", "targeting.gain"),
        window=message("the window that decides"), interval=message("95 %: Newcombe"),
        edge=message("not shown where too few of a side came back for the regressions"),
    ),
)  # fmt: skip
