"""Does the score foretell who leaves? Scores of earlier weeks against what happened after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import LEVEL
from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.customer_health import signals
from kit.questions.customer_health.churn import WAYS
from kit.questions.customer_health.score import COLOURS, component
from kit.questions.customer_health.signals import SIGNALS
from kit.questions.customer_health.snapshots import clustered_share, halves
from kit.show.formats import commas, decimal, known, share, span, whole, with_interval
from kit.show.picture import INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import logistic
from kit.stats.roc import clustered_aucs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from kit.messages import Message
    from kit.questions.customer_health.score import Scores
    from kit.questions.customer_health.snapshots import Snapshots
    from kit.stats.logistic import Logistic

FEWEST = 10
"""Accounts that left, and that stayed, from which a score is tested."""

BANDS = 5
"""Groups of like score in the calibration."""

TENTH = 0.1

MONTH_DAYS = 30.4375


def check(scores: Scores, *, horizon: int = 90, gap: int = 14) -> Backtest:
    """Would the score have foretold who left?

    Anchors, weights of the regression and chances are from the training weeks, what they are held against from later
    ones; a score of a week knows nothing of later days, since touches of later days are in no earlier column.

    Args:
        scores: what `score.measure` returned.
        horizon: days in which leaving counts.
        gap: days between the score and the first leaving that counts.

    Source: DEFINITIONS: churn and validation of a score; Steyerberg (2019), doi:10.1007/978-3-030-16399-0.
    """
    earlier, later = halves(scores, gap=gap, horizon=horizon)
    if not scores.churn.way:
        return _untold(scores, later, message("no customer is known to have left"), horizon, gap)
    marks = _marks(scores, earlier, later)
    there = ~np.isnan(marks.score)
    left_accounts = np.unique(later.account[there & later.left]).size
    stayed = np.unique(later.account[there & ~later.left]).size
    if left_accounts < FEWEST or stayed < FEWEST:
        reason = message(
            "in the test weeks, {left} accounts with a score left and {stayed} stayed, but at least {n} of each are "
            "needed",
            left=whole(left_accounts), stayed=whole(stayed), n=FEWEST,
        )  # fmt: skip
        return _untold(scores, later, reason, horizon, gap)
    return Backtest(
        "", scores.churn.way, horizon, gap, _counts(later, there), *_ranks(marks, later, there),
        marks.drivers, *_calibration(marks, later, there), _colours(scores, later),
        _work(scores, later, there), marks.fitted,
    )  # fmt: skip


@dataclass(frozen=True)
class _Marks:
    """What each later snapshot is ordered by, and what was fitted to the earlier ones; low is bad in all of them."""

    score: NDArray[np.float64]
    logistic: NDArray[np.float64] | None
    plain: dict[str, NDArray[np.float64]]
    chance: NDArray[np.float64] | None
    fitted: Logistic | None
    drivers: pd.DataFrame


PLAIN_SIGNALS = ("use_trend", "use_days", "licence_use", "contact_days", "spend_trend", "unpaid_days", "open_tickets")
"""Plain rivals of the score, the first one or two of them that the data tells, beside the days without a sign."""


def _marks(scores: Scores, earlier: Snapshots, later: Snapshots) -> _Marks:
    keys = scores.counted
    parts = {key: _component(scores, key, later) for key in keys}
    score = scores.score[later.account, later.week].astype(float)
    enough = min(np.unique(earlier.account[earlier.left]).size, np.unique(earlier.account[~earlier.left]).size)
    columns = ["signal", "weight", "hand", "fitted", "fitted_low", "fitted_high", "value", "low", "high"]
    drivers = pd.DataFrame([_alone(scores, key, parts[key], later) for key in keys], columns=columns)
    by_weights = chance = fitted = None
    if enough >= FEWEST:
        table = np.column_stack([_component(scores, key, earlier) for key in keys])
        middles = np.array([np.nanmean(column) if np.isfinite(column).any() else 50.0 for column in table.T])
        regression = logistic.fit(
            np.where(np.isnan(table), middles, table) / 10, earlier.left, earlier.account, level=LEVEL
        )
        if regression is not None:
            here = np.column_stack([parts[key] for key in keys])
            by_weights = -regression.chance(np.where(np.isnan(here), middles, here) / 10)
            varies = np.array([np.nanstd(column) > 0 if np.isfinite(column).any() else False for column in table.T])
            for name, values in (("", regression.slope), ("_low", regression.low), ("_high", regression.high)):
                drivers[f"fitted{name}"] = np.where(varies, values, np.nan)
        trained = scores.score[earlier.account, earlier.week].astype(float)
        ok = ~np.isnan(trained)
        fitted = logistic.fit(trained[ok, None] / 10, earlier.left[ok], earlier.account[ok], level=LEVEL)
        if fitted is not None:
            chance = np.where(np.isnan(score), np.nan, fitted.chance(np.nan_to_num(score)[:, None] / 10))
    silent = signals.silent_days(scores.weeks)[later.account, later.week].astype(float)
    plain = {"silent_days": -silent} if np.isfinite(silent).any() else {}
    for key in [key for key in PLAIN_SIGNALS if key in parts][:2]:
        value = scores.measured[key][later.account, later.week].astype(float)
        plain[key] = value if SIGNALS[key].better == "higher" else -value
    return _Marks(score, by_weights, plain, chance, fitted, drivers)


def _component(scores: Scores, key: str, rows: Snapshots) -> NDArray[np.float64]:
    return component(scores.measured[key][rows.account, rows.week].astype(float), scores.config.anchors[key])


def _alone(scores: Scores, key: str, part: NDArray[np.float64], later: Snapshots) -> dict[str, Any]:
    ok = ~np.isnan(part)
    total = sum(scores.config.weights[name] for name in scores.counted)
    row: dict[str, Any] = {"signal": key, "weight": scores.config.weights[key] / total if total else np.nan}
    if len(np.unique(later.account[ok & later.left])) >= FEWEST:
        area = clustered_aucs(-part[ok], later.left[ok], later.account[ok], level=LEVEL).interval(0)
        row |= {"value": area.value, "low": area.low, "high": area.high}
    return row


def _counts(later: Snapshots, there: NDArray[np.bool_]) -> dict[str, int]:
    return {
        "snapshots": int(there.sum()), "accounts": int(np.unique(later.account[there]).size),
        "left": int(np.unique(later.account[there & later.left]).size), "unknown": int((~there).sum()),
        "unknown_left": int((~there & later.left).sum()), "young": later.young, "at_once": later.at_once,
    }  # fmt: skip


def _ranks(marks: _Marks, later: Snapshots, there: NDArray[np.bool_]) -> tuple[pd.DataFrame, float]:
    """The area under the curve of the score and its rivals, with what the score has more, and the lift of its tenth."""
    rivals = {"score": marks.score} | ({} if marks.logistic is None else {"logistic": marks.logistic}) | marks.plain
    rows = []
    for name, values in rivals.items():
        ok = there & ~np.isnan(values)
        if not (later.left[ok].any() and (~later.left[ok]).any()):
            continue
        areas = clustered_aucs(
            -np.vstack([values[ok], marks.score[ok]]), later.left[ok], later.account[ok], level=LEVEL
        )
        area, more = areas.interval(0), areas.difference(1, 0)
        rows.append(
            {"by": name, "n": int(ok.sum()), "value": area.value, "low": area.low, "high": area.high,
             "more": more.value if name != "score" else np.nan, "more_low": more.low if name != "score" else np.nan,
             "more_high": more.high if name != "score" else np.nan}
        )  # fmt: skip
    order = np.argsort(marks.score[there], kind="stable")
    tenth = order[: max(round(TENTH * order.size), 1)]
    left = later.left[there]
    return pd.DataFrame(rows, columns=_RANKS), float(left[tenth].mean() / left.mean())


_RANKS = ["by", "n", "value", "low", "high", "more", "more_low", "more_high"]


def _calibration(marks: _Marks, later: Snapshots, there: NDArray[np.bool_]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bands of like score with their expected and observed share, and the slope and intercept of the chances."""
    score, left, account = marks.score[there], later.left[there], later.account[there]
    edges = np.unique(np.quantile(score, np.linspace(0, 1, BANDS + 1)[1:-1]))
    band = np.searchsorted(edges, score, side="right")
    rows = []
    for number in np.unique(band):
        of_band = band == number
        expected = np.nan if marks.chance is None else float(marks.chance[there][of_band].mean())
        row = {"band": int(number) + 1, "from": score[of_band].min(), "to": score[of_band].max(), "expected": expected}
        rows.append(row | clustered_share(left[of_band], account[of_band]))
    fit = pd.DataFrame(columns=["what", "value", "low", "high"])
    if marks.chance is not None:
        chance = np.clip(marks.chance[there], 1e-6, 1 - 1e-6)
        again = logistic.fit(np.log(chance / (1 - chance))[:, None], left, account, ridge=0.0, level=LEVEL)
        if again is not None:
            fit = pd.DataFrame(
                [("slope", again.slope[0], again.low[0], again.high[0]),
                 ("intercept", again.intercept, *again.intercept_interval)],
                columns=["what", "value", "low", "high"],
            )  # fmt: skip
    return pd.DataFrame(rows), fit


def _colours(scores: Scores, later: Snapshots) -> pd.DataFrame:
    score = scores.score[later.account, later.week]
    config, rows = scores.config, []
    groups = {
        "red": score < config.red, "yellow": (score >= config.red) & (score < config.green),
        "green": score >= config.green, "unknown": np.isnan(score),
    }  # fmt: skip
    gone = max(int(later.left.sum()), 1)
    for name, group in groups.items():
        if group.any():
            row = clustered_share(later.left[group], later.account[group])
            rows.append({"colour": name, "recall": row["happened"] / gone} | row)
    return pd.DataFrame(rows, columns=["colour", "n", "happened", "value", "low", "high", "recall"])


def _work(scores: Scores, later: Snapshots, there: NDArray[np.bool_]) -> dict[str, float]:
    """What red asks for in a month of 100 accounts, and how restless colours are."""
    red = scores.score[later.account, later.week] < scores.config.red
    begins = np.zeros(0)
    weeks = np.unique(later.week)
    if weeks.size:
        part = slice(int(weeks[0]), int(weeks[-1]) + 1)
        score, here = scores.score[:, part], scores.customers[:, part]
        colour = np.digitize(score, [scores.config.red, scores.config.green])
        both = here[:, 1:] & here[:, :-1] & ~np.isnan(score[:, 1:]) & ~np.isnan(score[:, :-1])
        begins = (colour[:, 1:] != colour[:, :-1]) & both
        years = both.sum() * 7 / 365.25
        entered = (colour[:, 1:] == 0) & (colour[:, :-1] > 0) & both
        months = both.sum() * 7 / MONTH_DAYS
        rate = 100 * entered.sum() / months if months else np.nan
        false = rate * (1 - later.left[red & there].mean()) if (red & there).any() else 0.0
        return {"flips": float(begins.sum() / years) if years else np.nan, "alerts_month": float(rate),
                "false_month": float(false)}  # fmt: skip
    return {"flips": np.nan, "alerts_month": np.nan, "false_month": np.nan}


def _untold(scores: Scores, rows: Snapshots, reason: Message, horizon: int, gap: int) -> Backtest:
    none = pd.DataFrame()
    return Backtest(
        reason, scores.churn.way, horizon, gap, _counts(rows, np.zeros(rows.account.size, bool)),
        pd.DataFrame(columns=_RANKS), np.nan, none, none, none, none, {}, None,
    )  # fmt: skip


@result
class Backtest(Result):
    """Whether a score foretells who leaves.

    Attributes:
        reason: why it cannot be tested; "": it was.
        way: how leaving is told.
        horizon: days in which leaving counts.
        gap: days before them.
        counts: snapshots, accounts, left [accounts], unknown [snapshots without a score], unknown_left, young [not
            followed], at_once [left within the gap].
        ranks: a row an order: by ["score", "logistic", "silent_days", a signal], n [snapshots], value, low, high [share
            of pairs in the right order], more, more_low, more_high [of the score than of this one, on the same rows].
        lift: share that left of the tenth with the lowest score, over that of all.
        drivers: a row a signal: signal, weight [share, by hand], fitted with _low, _high [log odds of leaving per ten
            points of the component], value, low, high [pairs in the right order by it alone].
        bands: a row a band of score: band, from, to, expected, n, happened [left], value, low, high [share that left].
        fit: slope and intercept of the chances, with low and high; ideal 1 and 0.
        colours: a row a colour: colour, n, happened [left], value, low, high [share that left], recall [of all that
            left].
        work: flips [changes of colour in an account-year], alerts_month, false_month [a month and 100 accounts].
        chances: the regression of leaving on the score in the training weeks; None: too few left in them.
    """

    reason: str | Message
    way: str
    horizon: int
    gap: int
    counts: dict[str, int]
    ranks: pd.DataFrame
    lift: float
    drivers: pd.DataFrame
    bands: pd.DataFrame
    fit: pd.DataFrame
    colours: pd.DataFrame
    work: dict[str, float]
    chances: Logistic | None

    @property
    def predicts(self) -> bool:
        """Whether the score puts more pairs in the right order than a coin, surely."""
        return not self.ranks.empty and bool(self.ranks.iloc[0]["low"] > 0.5)

    def summary(self) -> Summary:
        """Whether it foretells, and whether something plainer does as well."""
        if self.reason:
            return Summary("health_backtest", _("The score cannot be tested: {reason}.", reason=self.reason), {})
        row = self.ranks.iloc[0]
        numbers: dict[str, Any] = {name: row[name] for name in ("value", "low", "high")}
        numbers |= {"left": self.counts["left"], "lift": self.lift} | self.work
        words = {"share": _pairs(row), "left": whole(self.counts["left"])}
        if self.predicts:
            text = _("The score predicts who leaves: in {share} of pairs, the account that left had the lower score "
                     "({left} left).",
                     **words)  # fmt: skip
        elif row["high"] < 0.5:
            text = _(
                "The score predicts the wrong way: in only {share} of pairs, the account that left had the "
                "lower score.",
                **words,
            )
        else:
            text = _("No, the score does not predict who leaves, judging by {left} accounts that left. They had the "
                     "lower score in {share} of pairs, no better than a coin toss.", **words)  # fmt: skip
        return Summary("health_backtest", f"{text} {self._rivals()}".rstrip(), numbers, headline=True, weight=32)

    def _rivals(self) -> str:
        plain = self.ranks[~self.ranks["by"].isin(("score", "logistic"))]
        if plain.empty:
            return ""
        best = max(plain.to_dict("records"), key=lambda row: row["value"])
        if best["more_low"] > 0:
            return _("No single signal does as well.")
        if best["more_high"] < 0:
            return _("One signal alone does better: {signal}.", signal=_signal(best["by"]))
        return _("As far as the data shows, one signal alone does as well: {signal}.", signal=_signal(best["by"]))

    def table(self) -> Table:
        """The score beside fitted weights and plain signals."""
        columns = (
            Column("by", message("Accounts ranked by"), _name),
            Column("n", message("Snapshots"), whole, "snapshots", number=True),
            Column("value", message("Pairs ranked correctly"), _pairs, "share", number=True, whole_row=True),
            Column("more", message("Lead of the score (points)"), _more, "share", number=True, whole_row=True),
        )
        if self.reason:
            notes: tuple[str, ...] = ()
        else:
            c = self.counts
            notes = (
                _("“Left” means: {way}. It counts from {gap} to {end} days after each snapshot.", way=WAYS[self.way],
                  gap=self.gap, end=self.gap + self.horizon),
                _("50 % is a coin toss. Intervals come from resampled accounts; weights and anchors come from "
                  "earlier weeks."),
                _(
                    "Left out: {young} snapshots too recent to judge, {at_once} that left within {gap} days, and "
                    "{unknown} without a score, of which {unknown_left} left.",
                    young=whole(c["young"]), at_once=whole(c["at_once"]), unknown=whole(c["unknown"]), gap=self.gap,
                    unknown_left=whole(c["unknown_left"]),
                ),
            )  # fmt: skip
        return Table("health_ranks", message("Does the score predict who leaves?"), self.ranks, columns, notes,
                     message("{reason}.", reason=self.reason))  # fmt: skip

    def drivers_table(self) -> Table:
        """Each signal: its weight by hand, as fitted, and what it foretells alone."""
        columns = (
            Column("signal", message("Signal"), lambda key: SIGNALS[key].title),
            Column("weight", message("Weight set by hand"), lambda value: share(value, 0), "share", number=True),
            Column("fitted", message("Fitted weight (log odds of leaving per ten points)"), _fitted, "log odds",
                   number=True,
                   whole_row=True),
            Column("value", message("Pairs ranked correctly by this signal alone"), _pairs, "share", number=True,
                   whole_row=True),
        )  # fmt: skip
        notes = (
            _("Fitted on earlier weeks. Below 0: the better the signal, the less often customers leave. Signals "
              "that move together share their weight."),
        ) if len(self.drivers) else ()  # fmt: skip
        return Table("health_drivers", message("Which signals predict leaving"), self.drivers, columns, notes,
                     message("{reason}.", reason=self.reason))  # fmt: skip

    def colours_table(self) -> Table:
        """How many of each colour left, and how many of all that left had it."""
        columns = (
            Column("colour", message("Colour"), COLOURS.__getitem__),
            Column("n", message("Snapshots"), whole, "snapshots", number=True),
            Column("value", message("Share that left (precision)"), _left, "share", number=True, whole_row=True),
            Column(
                "recall",
                message("Share of all that left (recall)"),
                lambda value: share(value, 0),
                "share",
                number=True,
            ),
        )
        notes = (
            _("Colours change {flips} times a year per account. In a month, {alerts} of 100 accounts turn red, "
              "{false} of them falsely.", flips=decimal(self.work["flips"], 1),
              alerts=decimal(self.work["alerts_month"], 1),
              false=decimal(self.work["false_month"], 1)),
            _("The tenth of accounts with the lowest scores leaves {lift} times as often as all accounts.",
              lift=decimal(self.lift, 1)),
        ) if self.work else ()  # fmt: skip
        return Table("health_colours", message("Customers that left, by colour"), self.colours, columns, notes,
                     message("{reason}.", reason=self.reason))  # fmt: skip

    def calibration_summary(self) -> Summary:
        """Whether chances made of the score hold."""
        if self.fit.empty:
            why = self.reason or message("too few accounts left in the training weeks")
            return Summary(
                "health_calibration", _("The score is not converted to a chance of leaving: {reason}.", reason=why), {}
            )
        slope, intercept = self.fit.to_dict("records")
        numbers = {"slope": slope["value"], "intercept": intercept["value"]}
        held = slope["low"] <= 1 <= slope["high"] and intercept["low"] <= 0 <= intercept["high"]
        words = {
            "slope": _ends(slope), "intercept": _ends(intercept),
        }  # fmt: skip
        text = (
            _("Chances of leaving computed from the score also hold in later weeks: slope {slope}, intercept "
              "{intercept}.", **words)
            if held
            else _("Chances of leaving computed from the score are wrong in later weeks: slope {slope} (ideal 1), "
                   "intercept {intercept} (ideal 0).", **words)
        )  # fmt: skip
        return Summary("health_calibration", text, numbers)

    def plot_calibration(self, ax: Axes | None = None) -> Picture:
        """The share that left by band of score, beside what was expected."""
        title = _("Share that left within {days} days, by score", days=self.horizon)
        if self.bands.empty:
            return nothing("health_calibration", title, self.reason)
        rows = self.bands
        with drawing(3.0, ax) as axes:
            axes.vlines(rows["band"], rows["low"], rows["high"], color=PLAIN, linewidth=1.8)
            axes.plot(rows["band"], rows["value"], "o", color=PLAIN, markersize=5.5, label=_("left"))
            if rows["expected"].notna().any():
                axes.plot(rows["band"], rows["expected"], "D", color=INK, markersize=5, fillstyle="none",
                          label=_("expected"))  # fmt: skip
            axes.legend(loc="upper right", frameon=False, fontsize=9.5)
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(lambda value, _place: share(value, 0))
            labels = [f"{decimal(row['from'], 0)}–{decimal(row['to'], 0)}" for row in rows.to_dict("records")]
            axes.set_xticks(list(rows["band"]), labels)
            axes.set_xlabel(_("score"))
            axes.grid(visible=False, axis="x")
            told = commas([f"{text}: {share(value, 0)}" for text, value in zip(labels, rows["value"], strict=True)])
            alt = _("{title}: {bands}.", title=title, bands=told)
            return picture(axes, name="health_calibration", title=title, alt=alt)


_ORDERS = {
    "score": message("the score, weights set by hand"),
    "logistic": message("the same signals, fitted weights"),
}


def _name(by: str) -> str | Message:
    return _ORDERS.get(by) or message("{signal}, alone", signal=_signal(by))


def _signal(by: str) -> str | Message:
    return message("days without customer activity") if by == "silent_days" else SIGNALS[by].title


def _pairs(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"]) if known(row["value"]) else "–"


def _left(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _more(row: Any) -> str:
    return span(row["more_low"], row["more_high"]) if known(row["more"]) else "–"


def _fitted(row: Any) -> str:
    return _ends({"value": row["fitted"], "low": row["fitted_low"], "high": row["fitted_high"]})


def _ends(row: Any) -> str:
    if not known(row["value"]):
        return "–"
    return (
        f"{decimal(row['value'], 2)} ({_('{low} to {high}', low=decimal(row['low'], 2), high=decimal(row['high'], 2))})"
    )


_SNAPSHOT = message("a customer on one evening of every fourth test week, followed to the end")
_WINDOW = message("leaving between gap and gap + horizon days after the evening (parameters)")

FIGURES = (
    Figure(
        "health_auc", message("Pairs ranked correctly (AUC) by a health score"),
        message("chance that an account that left had the lower score than one that stayed"), _SNAPSHOT,
        "DEFINITIONS: AUC; Efron & Tibshirani (1993), doi:10.1201/9780429246593",
        ("health_backtest.value", "health_ranks.value", "health_ranks.more", "health_drivers.value",
         "health_ranks.n"),
        window=_WINDOW, interval=message("95 %: bootstrap over accounts"),
        edge=message("ties count half; snapshots without a score are left out and counted separately"),
    ),
    Figure(
        "health_lift", message("Lift of the tenth with the lowest scores"),
        message("share that left of the lowest tenth / share that left of all accounts"), _SNAPSHOT,
        "DEFINITIONS: top-decile lift", ("health_backtest.lift",), window=_WINDOW,
    ),
    Figure(
        "health_restlessness", message("Colour changes"),
        message("colour changes / account-years; turns to red per month and 100 accounts"), _SNAPSHOT,
        "DEFINITIONS: stability", ("health_backtest.flips", "health_backtest.left"),
    ),
    Figure(
        "health_precision", message("Precision and recall of a colour"),
        message("accounts of the colour that left / accounts of the colour; accounts of the colour that left / all "
                "that left"), _SNAPSHOT,
        "DEFINITIONS: precision, recall", ("health_colours.value", "health_colours.recall", "health_colours.n"),
        window=_WINDOW, interval=message("95 %: accounts as clusters (Deng et al. 2018), Wilson by effective number"),
    ),
    Figure(
        "health_weights", message("Weight of a signal, set by hand and fitted"),
        message("weight / sum of weights; coefficient of a logistic regression on the components / 10"), _SNAPSHOT,
        "Le Cessie & van Houwelingen (1992), doi:10.2307/2347628",
        ("health_drivers.weight", "health_drivers.fitted"), window=message("the training weeks"),
        interval=message("95 %: sandwich, accounts as clusters"),
        edge=message("a missing component is replaced by the mean of the training weeks"),
    ),
    Figure(
        "health_calibration", message("Slope and intercept of the chances"),
        message("logistic regression of leaving on the log odds that the training weeks give a score"), _SNAPSHOT,
        "Steyerberg (2019), doi:10.1007/978-3-030-16399-0",
        ("health_calibration.slope", "health_calibration.intercept"), window=_WINDOW,
        interval=message("95 %: sandwich, accounts as clusters"), edge=message("ideal values: 1 and 0"),
    ),
)  # fmt: skip
