"""How healthy is each account: components from 0 to 100, their weighted mean, and what it rests on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import settings as kit_toml
from kit.errors import SettingsError, nearest
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions import customer_messages
from kit.questions.customer_health import accounts, churn, signals, touches, weeks
from kit.questions.customer_health.signals import GROUPS, SIGNALS
from kit.show.axes import date_axis
from kit.show.fit import legend_above
from kit.show.formats import commas, decimal, share, whole
from kit.show.formats import day as written_day
from kit.show.picture import BAD, GOOD, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from kit.messages import Message
    from kit.questions.customer_health.churn import Churn
    from kit.questions.customer_health.weeks import Matrix, Weeks
    from kit.settings import Settings
    from kit.store import Data

TRAINING = 0.6
"""Share of the weeks, the first ones, from which anchors are suggested and weights fitted; the others test them."""

ENDS = (0.1, 0.9)
"""Quantiles of the training weeks that anchors are suggested from (DEFINITIONS: component score)."""

MONTH = 4
"""Weeks over which a change is explained."""

POLICIES = {"renormalise": np.nan, "neutral": 50.0, "zero": 0.0}
"""What stands for a missing component; NaN: nothing, the others' weights take its place."""

_MISSING = {
    "renormalise": message("missing signals are left out"),
    "neutral": message("missing signals count as 50"),
    "zero": message("missing signals count as 0"),
}

COLOURS: dict[str, Message] = {
    "red": message("red"),
    "yellow": message("yellow"),
    "green": message("green"),
    "unknown": message("unknown"),
}

SHOWN = 15
"""Accounts that the page lists; the CSV of the table holds all."""


@dataclass(frozen=True)
class Config:
    """What a score is made with.

    Attributes:
        weights: signal -> weight; of 0 a signal is not in the score.
        onboarding: the same where accounts are new.
        anchors: signal -> its values at 0 and at 100.
        onboarding_days: for how long an account is new.
        coverage: the smallest known share of the weight at which a score is shown.
        missing: a key of POLICIES.
        red: below it an account is red.
        green: from it on an account is green.
        suggested: signals whose anchors are suggested.
    """

    weights: Mapping[str, float]
    anchors: Mapping[str, tuple[float, float]]
    onboarding: Mapping[str, float] = field(default_factory=dict)
    onboarding_days: int = 90
    coverage: float = 0.5
    missing: str = "renormalise"
    red: float = 40.0
    green: float = 70.0
    suggested: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Eight letters that change with anything that changes a score."""
        said = [sorted(self.weights.items()), sorted(self.anchors.items()), sorted(self.onboarding.items())]
        words = repr([said, self.onboarding_days, self.coverage, self.missing, self.red, self.green])
        return hashlib.sha256(words.encode()).hexdigest()[:8]

    def colour(self, score: float) -> str:
        """A key of COLOURS: red < `red` <= yellow < `green` <= green."""
        if np.isnan(score):
            return "unknown"
        return "red" if score < self.red else "green" if score >= self.green else "yellow"


def configure(settings: Settings, values: Mapping[str, Matrix], mask: NDArray[np.bool_]) -> Config:
    """The configuration of kit.toml, with anchors suggested where it says none.

    Args:
        settings: the folder's.
        values: of the signals that there are, an account a row and a week a column.
        mask: the accounts and weeks of the training dates.

    Raises:
        SettingsError: an unknown signal or policy, or no signal that counts.
    """
    said, new = dict(settings["health.weights"]), dict(settings["health.onboarding"])
    fixed = dict(settings["health.anchors"])
    for key, names in (("weights", said), ("anchors", fixed), ("onboarding", new)):
        for name in names:
            if name not in SIGNALS:
                raise _wrong(
                    f"health.{key}", message("{name} is not a signal", name=repr(name)), nearest(name, SIGNALS)
                )
    if settings["health.missing"] not in POLICIES:
        raise _wrong(
            "health.missing", message("is not one of {names}", names=commas([*POLICIES])),
            nearest(settings["health.missing"], POLICIES),
        )  # fmt: skip
    weights = {key: SIGNALS[key].weight for key in values} | said
    if not any(weights.values()) and values:
        raise _wrong("health.weights", message("every weight is 0"), _("Give one signal a weight."))
    unsaid = [key for key in values if key not in fixed]
    anchors = {key: suggest(key, values[key][mask]) for key in unsaid} | fixed
    return Config(
        weights=weights, anchors=anchors | {key: SIGNALS[key].anchors for key in weights if key not in anchors},
        onboarding=new, onboarding_days=settings["health.onboarding_days"], coverage=settings["health.coverage"],
        missing=settings["health.missing"], red=settings["health.red"], green=settings["health.green"],
        suggested=tuple(unsaid),
    )  # fmt: skip


def _wrong(column: str, problem: Message, hint: str) -> SettingsError:
    return SettingsError(problem, file=kit_toml.FILE, column=column, hint=hint)


def suggest(key: str, known: NDArray[Any]) -> tuple[float, float]:
    """The values of a signal at 0 and 100: its tenth and ninetieth percentile, or its own where these are one.

    Args:
        key: of SIGNALS.
        known: its values at the training dates; NaN is left out.
    """
    known = known[np.isfinite(known)]
    if known.size:
        low, high = (float(f"{end:.3g}") for end in np.quantile(known, ENDS))
        if low < high:
            return (low, high) if SIGNALS[key].better == "higher" else (high, low)
    return SIGNALS[key].anchors


def component(value: NDArray[Any], anchors: tuple[float, float]) -> NDArray[Any]:
    """A value as a component: 0 at the first anchor and beyond, 100 at the second, straight between; NaN stays NaN.

    Source: Natero, Define health criteria: (18 - 7) / (30 - 7) * 100 = 48.
    """
    worst, best = anchors
    return np.clip((value - worst) / (best - worst), 0, 1) * 100


def weighted(components: NDArray[Any], weights: NDArray[Any], missing: str = "renormalise") -> NDArray[Any]:
    """The weighted mean of components.

    Args:
        components: 0 to 100, a component a row; NaN where it is missing.
        weights: of the components, as many rows.
        missing: a key of POLICIES.

    Returns:
        The score of each column, 0 to 100; NaN where nothing is known.

    Source: Natero: (83*7 + 71*5 + 78*8 + 54*3) / 23 = 75.
    """
    known = ~np.isnan(components)
    filled = np.where(known, components, 0.0 if missing == "renormalise" else POLICIES[missing])
    counted = known if missing == "renormalise" else np.ones_like(known)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known.any(axis=0), (weights * filled).sum(axis=0) / (weights * counted).sum(axis=0), np.nan)


def measure(data: Data, *, churned: str = "") -> Scores:
    """How healthy is each account, this week and every week before?

    Args:
        data: what `kit.open` returned; the latest week ends with its period, or with what it knows.
        churned: how leaving is told, a key of `churn.WAYS`; "": by what the files can tell.

    Raises:
        SettingsError: kit.toml names an unknown signal, policy or kind of account.
        UsageError: an unknown way of leaving.

    Source: DEFINITIONS: health; Natero, Totango and Gainsight for the formula and its policies.
    """
    settings = data.settings
    if settings["health.accounts"] not in accounts.KINDS:
        raise _wrong(
            "health.accounts", message("is not one of {names}", names=commas([*accounts.KINDS])),
            nearest(settings["health.accounts"], accounts.KINDS),
        )  # fmt: skip
    people = touches.people(data)
    owner = accounts.resolve(people, settings["health.accounts"], settings["health.shared_domains"])
    rows = touches.touches(data)
    if (rows["kind"] == "mail_in").any():
        rows = pd.concat([rows, _tone(data, people)], ignore_index=True)
    if data.as_of is None or rows.empty:
        grid = weeks.build(rows.iloc[:0], owner.iloc[:0], 0)
        return judge(grid, settings)
    end = data.as_of.date() if data.period is None else min(data.as_of.date(), data.period.last)
    grid = weeks.build(rows, owner, (end - pd.Timestamp(0).date()).days)
    owned = owner.merge(touches.owners(data), on="who").dropna().drop_duplicates("account")
    return judge(
        grid, settings, churned=churned, owners=dict(zip(owned["account"], owned["owner"], strict=True)),
        people=dict(zip(owner["account"], owner["people"], strict=True)), currency=touches.main_currency(data),
        unassigned=int(owner["account"].isna().sum()),
    )  # fmt: skip


def _tone(data: Data, people: pd.DataFrame) -> pd.DataFrame:
    """The tone of customers' messages as touches: 1 for a negative one, 0 for another."""
    read = customer_messages.messages.read(data).rows
    read = read[(read["tone"] != "") & read["day"].notna() & read["origin"].isin(("mail", "help desk"))]
    known = people.dropna(subset=["contact_key"]).drop_duplicates("contact_key").set_index("contact_key")["who"]
    day = (pd.to_datetime(read["day"]) - pd.Timestamp(0)).dt.days
    rows = pd.DataFrame(
        {"who": read["person"].map(known), "kind": "tone", "day": day, "until": np.nan,
         "value": (read["tone"] == "negative").astype(float)}
    )  # fmt: skip
    return rows[rows["who"].notna()].astype({"who": "int64"}) if len(rows) else rows.iloc[:0]


def judge(
    grid: Weeks,
    settings: Settings,
    *,
    churned: str = "",
    owners: Mapping[str, str] | None = None,
    people: Mapping[str, int] | None = None,
    currency: str = "",
    unassigned: int = 0,
) -> Scores:
    """The score of every account and week under one configuration, from touches.

    Args:
        grid: what `weeks.build` returned.
        settings: the folder's.
        churned: as `measure`.
        owners: account -> who looks after it.
        people: account -> its addresses.
        currency: of the payments.
        unassigned: people who are in no account.
    """
    gone = churn.find(grid, churned)
    values = signals.of(grid)
    customers = gone.customers(grid)
    until = max(int(grid.n * TRAINING), 1)
    mask = customers.copy()
    mask[:, until:] = False
    config = configure(settings, values, mask)
    score, coverage = scored(grid, values, config)
    before = _older(settings, values, mask)
    older = None if before is None else scored(grid, values, before)[0]
    spend = weeks.trailing(grid.week_sums("charge") + grid.week_sums("refund"), signals.YEAR)
    return Scores(
        grid, values, config, score, coverage, customers, gone, until, spend[:, -1], settings, owners or {},
        people or {}, currency, unassigned, older,
    )  # fmt: skip


def _older(settings: Settings, values: Mapping[str, Matrix], mask: NDArray[np.bool_]) -> Config | None:
    """The configuration of the older kit.toml that the setting names; None where it names none."""
    name = settings["health.before"]
    if not name or settings.file is None:
        return None
    path = settings.file.parent / name
    return configure(kit_toml.read(path), values, mask)


def weight_matrix(grid: Weeks, config: Config, key: str) -> NDArray[np.float32]:
    """The weight of a signal for each account and week, by the account's stage."""
    usual = np.float32(config.weights.get(key, 0.0))
    new = np.float32(config.onboarding.get(key, usual))
    if new == usual:
        return np.full((1, 1), usual)
    return np.where(grid.age < config.onboarding_days, new, usual)


def scored(grid: Weeks, values: Mapping[str, Matrix], config: Config) -> tuple[Matrix, Matrix]:
    """The score of each account and week [0 to 100; NaN: unknown], and the share of the weight that is known."""
    shape = (len(grid.accounts), grid.n)
    top, known, every = (np.zeros(shape, np.float32) for _name in range(3))
    stands = POLICIES[config.missing]
    for key in config.weights:
        weight = weight_matrix(grid, config, key)
        every += weight
        if key not in values:
            if not np.isnan(stands):
                top += weight * np.float32(stands)
            continue
        part = component(values[key], config.anchors[key]).astype(np.float32)
        there = ~np.isnan(part)
        known += weight * there
        top += weight * np.where(there, part, 0.0 if np.isnan(stands) else stands).astype(np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(every > 0, known / every, 0).astype(np.float32)
        score = top / (known if np.isnan(stands) else every)
        score = np.where((coverage >= config.coverage) & (known > 0), score, np.nan).astype(np.float32)
    score[grid.age < 0] = np.nan
    return score, coverage


@result
class Scores(Result):
    """The health of accounts over weeks.

    Attributes:
        weeks: the touches, an account a row and a week a column.
        measured: signal -> its value, an account a row and a week a column; NaN: not known.
        config: what the scores are made with, the same for every week.
        score: 0 to 100, an account a row and a week a column; NaN: unknown.
        coverage: share of the weight that is known.
        customers: whether an account was a customer then.
        churn: who has left.
        trained: number of weeks, the first ones, from which anchors are suggested.
        spend: net paid in the last 52 weeks [money], an account each.
        settings: the folder's.
        owners: account -> who looks after it.
        people: account -> its addresses.
        currency: of `spend`.
        unassigned: people who are in no account.
        older: the score under the older configuration; None: none is named.
    """

    weeks: Weeks
    measured: Mapping[str, Matrix]
    config: Config
    score: Matrix
    coverage: Matrix
    customers: NDArray[np.bool_]
    churn: Churn
    trained: int
    spend: NDArray[Any]
    settings: Settings
    owners: Mapping[str, str]
    people: Mapping[str, int]
    currency: str
    unassigned: int
    older: Matrix | None

    def components(self, account: int) -> pd.DataFrame:
        """Components of one account, a signal a row and a week a column; NaN: missing."""
        parts = {key: component(self.measured[key][account], self.config.anchors[key]) for key in self.counted}
        return pd.DataFrame(parts, index=self.weeks.dates).T

    @property
    def counted(self) -> list[str]:
        """The signals that there are and that count."""
        new = self.config.onboarding
        return [key for key in self.measured if self.config.weights.get(key, 0) or new.get(key, 0)]

    @property
    def frame(self) -> pd.DataFrame:
        """The customers of the last week, the lowest score first.

        Columns account, score, colour, coverage, change [in 4 weeks], stage, people, spend, owner, code.
        """
        here = self.customers[:, -1] if len(self.weeks.accounts) else np.zeros(0, bool)
        month = max(self.weeks.n - 1 - MONTH, 0)
        names = self.weeks.accounts.to_numpy(object)
        new = self.weeks.age[:, -1] < self.config.onboarding_days
        frame = pd.DataFrame(
            {
                "account": names, "score": self.score[:, -1].astype(float),
                "colour": [self.config.colour(value) for value in self.score[:, -1]],
                "coverage": self.coverage[:, -1].astype(float),
                "change": (self.score[:, -1] - self.score[:, month]).astype(float),
                "stage": np.where(new, "new", "established"),
                "people": [self.people.get(name, 0) for name in names], "spend": self.spend,
                "owner": [self.owners.get(name, "") for name in names], "code": np.arange(len(names)),
            }
        )[here]  # fmt: skip
        return frame.sort_values(["score", "account"], ignore_index=True)

    def summary(self) -> Summary:
        """How many accounts are red, yellow, green and unknown."""
        frame = self.frame
        n = len(frame)
        colours = {name: int((frame["colour"] == name).sum()) for name in COLOURS}
        numbers: dict[str, Any] = {"accounts": n} | colours
        if not n:
            return Summary("health", _("No account can be scored: there is no data on what customers did."), numbers)
        if colours["unknown"] == n:
            text = _n(
                "No score is shown for {n} account: too few of its signals are known.",
                "No score is shown for any of {n} accounts: too few of their signals are known.", n, n=whole(n),
            )  # fmt: skip
        else:
            text = _(
                "Accounts: {n}. Red: {red}, yellow: {yellow}, green: {green}; too few signals for a score: "
                "{unknown}.",
                n=whole(n), **{name: whole(value) for name, value in colours.items()},
            )  # fmt: skip
        return Summary("health", text, numbers, headline=True, weight=30)

    def table(self) -> Table:
        """The accounts, the lowest score first."""
        columns = (
            Column("account", message("Account")),
            Column("score", message("Score"), _one, "points", number=True),
            Column("colour", message("Colour"), COLOURS.__getitem__),
            Column("change", message("Change in 4 weeks"), signed, "points", number=True),
            Column("coverage", message("Data available"), lambda value: share(value, 0), "share", number=True),
            Column("stage", message("Stage"), STAGES.__getitem__),
            Column("people", message("Addresses"), whole, "people", number=True),
            Column("owner", message("Owner"), lambda owner: owner or "–"),
        )
        notes = [
            _(
                "Red is below {red}, green is from {green}. A score needs data for at least {coverage} of the "
                "weight; {missing}. Settings {version}.",
                red=_one(self.config.red), green=_one(self.config.green), coverage=share(self.config.coverage, 0),
                missing=_MISSING[self.config.missing], version=self.config.version,
            ),
            _("A score sums up the signals. Whether it predicts who leaves is shown by the check below."),
        ]  # fmt: skip
        if self.unassigned:
            notes.append(
                _n("{n} person does not belong to any account.", "{n} people do not belong to any account.",
                   self.unassigned,
                   n=whole(self.unassigned))
            )  # fmt: skip
        return Table("health", message("Accounts by health score, lowest first"), self.frame.drop(columns="code"),
                     columns, tuple(notes), message("the data contains no customers."), most=SHOWN)  # fmt: skip

    def signals_table(self) -> Table:
        """Every signal: its weight, anchors, direction, and of how many accounts it is known."""
        here = self.customers[:, -1] if len(self.weeks.accounts) else np.zeros(0, bool)
        rows = []
        for key, signal in SIGNALS.items():
            if key not in self.config.weights:
                continue
            there = key in self.measured
            last = self.measured[key][here, -1] if there else np.zeros(0)
            worst, best = self.config.anchors[key]
            rows.append(
                {
                    "signal": key, "group": signal.group, "weight": self.config.weights[key], "worst": worst,
                    "best": best, "n": int(np.isfinite(last).sum()),
                    "median": float(np.nanmedian(last)) if np.isfinite(last).any() else np.nan,
                    "suggested": key in self.config.suggested,
                }
            )  # fmt: skip
        columns = (
            Column("group", message("Signal group"), GROUPS.__getitem__),
            Column("signal", message("Signal"), lambda key: SIGNALS[key].title),
            Column("weight", message("Weight"), lambda value: decimal(value, 1), number=True),
            Column("worst", message("0 points at"), _plain, "as the signal", number=True),
            Column("best", message("100 points at"), _plain, "as the signal", number=True),
            Column("median", message("Typical account (median)"), _plain, "as the signal", number=True),
            Column("n", message("Accounts with data"), whole, "accounts", number=True),
        )
        absent = [GROUPS[group] for group in GROUPS if group not in {row["group"] for row in rows}]
        notes = [
            _(
                "Anchors that kit.toml does not set are the tenth and ninetieth percentile of the weeks up to "
                "{day}. To keep them, copy them into [health.anchors].",
                day=written_day(self.weeks.dates[self.trained - 1]),
            )
        ] if len(self.weeks.accounts) else []  # fmt: skip
        if self.weeks.by_month("use"):
            notes.append(
                _("Usage is exported by month: the latest whole month counts from its last day, compared with the "
                  "three months before.")
            )  # fmt: skip
        if absent:
            notes.append(
                _(
                    "None of your files contains data on: {groups}. The score does not cover them.",
                    groups=commas(absent),
                )
            )
        frame = pd.DataFrame(rows, columns=["signal", "group", "weight", "worst", "best", "n", "median", "suggested"])
        return Table("health_signals", message("What the score is made of"), frame, columns, tuple(notes),
                     message("no signal has data."))  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Picture:
        """How many customers are of each colour, week by week."""
        title = _("Accounts by colour")
        shown = self.score[:, -signals.YEAR :]
        here = self.customers[:, -signals.YEAR :]
        if not (here & ~np.isnan(shown)).any():
            return nothing("health", title, message("no account has a score"))
        colours = {
            "red": (here & (shown < self.config.red)).sum(axis=0),
            "yellow": (here & (shown >= self.config.red) & (shown < self.config.green)).sum(axis=0),
            "green": (here & (shown >= self.config.green)).sum(axis=0),
        }
        dates = self.weeks.dates[-signals.YEAR :]
        with drawing(2.8, ax) as axes:
            for (name, n), color, style in zip(colours.items(), (BAD, QUIET, GOOD), ("-", "--", ":"), strict=True):
                axes.plot(dates, n, style, color=color, linewidth=1.8, label=str(COLOURS[name]))
            axes.set_ylim(bottom=0)
            axes.set_ylabel(_("accounts"))
            legend_above(axes)
            date_axis(axes)
            ends = commas([f"{COLOURS[name]} {whole(n[-1])}" for name, n in colours.items()])
            alt = _("{title} over {n} weeks; now: {ends}.", title=title, n=len(dates), ends=ends)
            return picture(axes, name="health", title=title, alt=alt)

    def under(self, settings: Settings) -> Scores:
        """The same touches under other settings: the history is recomputed, and what changes is the configuration."""
        config = configure(settings, self.measured, self.customers & (np.arange(self.weeks.n) < self.trained)[None, :])
        score, coverage = scored(self.weeks, self.measured, config)
        return replace(self, config=config, score=score, coverage=coverage, settings=settings)


STAGES = {"new": message("new"), "established": message("established")}


def _one(value: Any) -> str:
    return decimal(value, 0)


def _plain(value: Any) -> str:
    return decimal(value, 2 if abs(value) < 10 else 0)


def signed(value: Any) -> str:
    """Points with their sign: +3.1, −12.0."""
    text = decimal(value, 1)
    return f"+{text}" if value >= 0.05 else text


_ACCOUNT = message("an account that was a customer in the last week")

FIGURES = (
    Figure(
        "health_score", message("Health score"), message("sum of weight x component / sum of the weights of known "
                                                         "components"),
        _ACCOUNT, "DEFINITIONS: health; Natero, Define health criteria",
        ("health.score", "health.change", "health_signals.median"),
        window=message("each signal's own period, up to the week's evening; older values up to the signal's maximum "
                       "age"),
        edge=message("not known below health.coverage; missing components as health.missing sets; an index, not a "
                     "chance"),
    ),
    Figure(
        "health_coverage", message("Coverage of a health score"),
        message("weight of the known signals / weight of all signals on which the files have data for any account"),
        _ACCOUNT,
        "DEFINITIONS: health", ("health.coverage", "health.people", "health.accounts", "health_signals.n"),
        edge=message("signals without data in any file are left out, unless kit.toml gives them a weight"),
    ),
    Figure(
        "health_colours", message("Accounts by colour"), message("accounts below the red limit, between the limits, "
                                                                 "from the green limit upwards, without a score"),
        _ACCOUNT, "DEFINITIONS: colour",
        ("health.red", "health.yellow", "health.green", "health.unknown"),
        edge=message("a score on a limit gets the better colour"),
    ),
    Figure(
        "health_anchors", message("Weight and anchors of a signal"),
        message("the values at which a component is 0 and 100, and its weight"), message("a signal"),
        "DEFINITIONS: component score", ("health_signals.weight", "health_signals.worst", "health_signals.best"),
        window=message("suggested from the first three fifths of the weeks"),
        edge=message("if both percentiles are the same, the kit's own anchors are used"),
    ),
)  # fmt: skip
