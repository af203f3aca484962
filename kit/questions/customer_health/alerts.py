"""Whom to call now: alerts that begin, persist and end by rule, each with its reason, owner, action and day."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.errors import ParserError

from kit.errors import InputError
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.customer_health.change import contributions, reasons
from kit.questions.customer_health.score import MONTH, component
from kit.questions.customer_health.signals import SIGNALS
from kit.show.formats import commas, day, decimal, known, points, share, span, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.proportions import proportion_difference, proportion_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kit.questions.customer_health.score import Scores
    from kit.settings import Settings

FEW = 10
"""Alerts that were followed, from which their share that left is shown."""


def find(scores: Scores, *, horizon: int = 90, outcomes: str = "") -> Alerts:
    """Which alerts are open, and what became of earlier ones?

    Args:
        scores: what `score.measure` returned.
        horizon: days after an alert in which leaving counts as foretold.
        outcomes: the CSV of earlier alerts given back, with acted_on filled where somebody acted; "": none is.

    Raises:
        InputError: the file cannot be read, or lacks its columns.
    """
    given = _load(Path(outcomes)) if outcomes else None
    begun, over = run(scores.score, scores.customers, guards(scores), scores.settings)
    account, week = np.nonzero(begun)
    order = np.lexsort((account, -week))
    account, week = account[order], week[order]
    frame = _rows(scores, account, week, over[account, week], horizon)
    years = float(scores.customers.sum()) * 7 / 365.25
    if given is not None:
        frame = frame.merge(given, on=["account", "raised_on"], how="left")
    else:
        frame["acted_on"] = ""
    return Alerts(frame, years, horizon, scores.churn.way, given is not None)


def run(
    score: NDArray[Any], customers: NDArray[np.bool_], guarded: NDArray[np.bool_], settings: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The weeks in which alerts begin, and for each week the one by which an alert that began in it has ended.

    An alert begins after health.weeks_red weeks below red in a row, of an account that was known to be better before;
    it ends health.leave points above red, or when the account leaves; health.pause_weeks after its end none begins.
    A guarded week begins none, and neither does what was red since it.

    Args:
        score: 0 to 100, an account a row and a week a column; NaN: unknown, which neither begins nor ends one.
        customers: whether an account was a customer.
        guarded: weeks in which a score fell since a component was lost, or its source was dark.
        settings: the folder's.
    """
    red, leave = settings["health.red"], settings["health.leave"]
    n, weeks = score.shape
    lasting, better = np.zeros(n, bool), np.zeros(n, bool)
    streak, pause = np.zeros(n, int), np.zeros(n, int)
    begun, over, since = np.zeros((n, weeks), bool), np.full((n, weeks), weeks), np.zeros(n, int)
    for week in range(weeks):
        here = customers[:, week]
        told = ~np.isnan(score[:, week]) & here
        low = told & (score[:, week] < red)
        better |= told & ~low
        better &= ~(low & guarded[:, week])
        streak = np.where(told, np.where(low, streak + 1, 0), streak)
        starts = ~lasting & low & (streak >= settings["health.weeks_red"]) & (pause == 0) & better & ~guarded[:, week]
        ends = lasting & ((told & (score[:, week] >= red + leave)) | ~here)
        over[ends, since[ends]] = week
        pause = np.where(ends, settings["health.pause_weeks"], np.maximum(pause - 1, 0))
        begun[:, week], since = starts, np.where(starts, week, since)
        lasting = (lasting | starts) & ~ends
    return begun, over


def guards(scores: Scores) -> NDArray[np.bool_]:
    """Accounts and weeks in which a source was dark, a component was lost, or the weights of the stage changed."""
    out = np.zeros(scores.score.shape, bool)
    for key in scores.counted:
        there = ~np.isnan(scores.measured[key])
        out[:, 1:] |= there[:, :-1] & ~there[:, 1:]
        dark = scores.weeks.dark(SIGNALS[key].table)
        fresh = np.convolve(dark, np.ones(SIGNALS[key].age + 1, bool))[: dark.size]
        still = np.convolve(dark, np.ones(2 * SIGNALS[key].age + 2))[: dark.size] > SIGNALS[key].age + 1
        out |= (dark & (fresh > 0) & ~still)[None, :]
    if scores.config.onboarding:
        new = scores.weeks.age < scores.config.onboarding_days
        out[:, 1:] |= new[:, :-1] & ~new[:, 1:]
    return out


def _rows(scores: Scores, account: NDArray[Any], week: NDArray[Any], over: NDArray[Any], horizon: int) -> pd.DataFrame:
    moved = contributions(scores, account, np.maximum(week - MONTH - 1, 0), week).to_dict("records")
    low = _lowest(scores, account, week)
    why = [reasons({str(key): value for key, value in row.items()}) or [worst] for row, worst in
           zip(moved, low, strict=True)]  # fmt: skip
    raised = scores.weeks.days[week]
    names = scores.weeks.accounts.to_numpy(object)[account]
    dates = pd.to_datetime(raised, unit="D")
    left = scores.churn.day[account]
    frame = pd.DataFrame(
        {
            "account": names, "raised_on": dates.strftime("%Y-%m-%d"),
            "score": scores.score[account, week].astype(float), "signal": [keys[0] for keys in why], "reasons": why,
            "reason": [commas([str(SIGNALS[key].title) for key in keys]) for keys in why],
            "owner": [scores.owners.get(name) or scores.settings["health.owner"] for name in names],
            "action": [str(SIGNALS[keys[0]].action) for keys in why],
            "due_on": (dates + pd.Timedelta(days=scores.settings["health.due_days"])).strftime("%Y-%m-%d"),
            "held_back": [held_back(name, date, scores.settings["health.hold_back"]) for name, date in
                          zip(names, dates.strftime("%Y-%m-%d"), strict=True)],
            "open": over >= scores.weeks.n,
        }
    )  # fmt: skip
    within = (left > raised) & (left <= raised + horizon)
    followed = raised + horizon <= scores.churn.known_until
    known_way = bool(scores.churn.way)
    frame["outcome"] = np.where(within & known_way, "left", np.where(followed & known_way, "stayed", "unknown"))
    return frame


def _lowest(scores: Scores, account: NDArray[Any], week: NDArray[Any]) -> list[str]:
    """The signal that costs each score most: its weight times what its component lacks."""
    keys = scores.counted
    if not keys or not account.size:
        return [""] * account.size
    lacks = [
        scores.config.weights[key]
        * (100 - component(scores.measured[key][account, week].astype(float), scores.config.anchors[key]))
        for key in keys
    ]
    return [keys[place] for place in np.nan_to_num(np.array(lacks), nan=-1.0).argmax(axis=0)]


def held_back(account: str, date: str, part: float) -> bool:
    """Whether an alert is drawn not to be acted on: by chance, and the same at every run."""
    draw = int(hashlib.sha256(f"hold back|{account}|{date}".encode()).hexdigest()[:8], 16) / 16**8
    return draw < part


def _load(path: Path) -> pd.DataFrame:
    hint = message("Take the table of alerts from the report, and fill in acted_on.")
    try:
        given = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, ParserError) as error:
        reason = " ".join(str(error).split())
        raise InputError(message("cannot be read: {error}", error=reason), file=path.name, hint=hint) from error
    for name in ("account", "raised_on", "acted_on"):
        if name not in given:
            raise InputError(message("is missing"), file=path.name, column=name, hint=hint)
    return given[["account", "raised_on", "acted_on"]].drop_duplicates(["account", "raised_on"], keep="last")


@result
class Alerts(Result):
    """Alerts.

    Attributes:
        alerts: a row an alert, the latest first: account, raised_on, score, signal, reasons [keys], reason, owner,
            action, due_on, held_back [not to be acted on], open [not ended], outcome ["left" within the horizon,
            "stayed", "unknown"], acted_on ["": nobody is known to have acted].
        years: account-years that were watched.
        horizon: days in which leaving counts.
        way: how leaving is told; "": it is not.
        given: whether outcomes were given back.
    """

    alerts: pd.DataFrame
    years: float
    horizon: int
    way: str
    given: bool

    @property
    def now(self) -> pd.DataFrame:
        """The open alerts."""
        return self.alerts[self.alerts["open"]].reset_index(drop=True)

    def summary(self) -> Summary:
        """How many alerts are open, and how often one is raised."""
        n = len(self.now)
        numbers: dict[str, Any] = {"open": n, "raised": len(self.alerts)}
        if not self.years:
            return Summary("health_alerts", _("No account is being monitored, so there are no alerts."), numbers)
        numbers["a_year"] = len(self.alerts) / self.years
        text = _n(
            "{n} alert is open. An account has {rate} alerts a year on average.",
            "{n} alerts are open. An account has {rate} alerts a year on average.",
            n, n=whole(n), rate=decimal(numbers["a_year"], 2),
        )  # fmt: skip
        return Summary("health_alerts", text, numbers, headline=n > 0, weight=28)

    def table(self) -> Table:
        """The open alerts as a list to act on; its CSV is made for a CRM."""
        columns = [
            Column("account", message("Account")),
            Column("raised_on", message("Raised on"), day),
            Column("score", message("Score at the start"), lambda value: decimal(value, 0), "points", number=True),
            Column("reason", message("Main reasons")),
            Column("owner", message("Owner"), lambda owner: owner or "–"),
            Column("action", message("Next step")),
            Column("due_on", message("Due by"), day),
        ]
        if self.alerts["held_back"].any():
            columns.append(
                Column("held_back", message("Control group (no action)"), lambda held: _("yes") if held else _("no"))
            )
        notes = (
            _(
                "An alert starts after several red weeks in a row and ends some points above red. So random ups and "
                "downs raise few alerts."
            ),
            _("Outages, lost signals and new settings raise no alerts: the past is recalculated with the same rule."),
            _(
                "Fill in acted_on in the CSV and name the file in the parameter outcomes. The report then compares "
                "alerts with and without action."
            ),
        )
        frame = self.now.drop(columns=["reasons", "open", "outcome"])
        return Table("health_alerts", message("Open alerts"), frame, tuple(columns), notes,
                     message("no alert is open."), most=20, read_back=True)  # fmt: skip

    @property
    def kept(self) -> pd.DataFrame:
        """Earlier alerts by what was done: group ["all", "acted", "not acted", "held back"], n, left, value, low, high.

        Of alerts that were followed for the horizon.
        """
        followed = self.alerts[self.alerts["outcome"] != "unknown"]
        groups = {"all": followed}
        if self.given:
            acted = followed["acted_on"].fillna("") != ""
            groups |= {"acted": followed[acted], "not acted": followed[~acted & ~followed["held_back"]]}
        if followed["held_back"].any():
            groups["held back"] = followed[followed["held_back"]]
        rows = []
        for name, group in groups.items():
            left = int((group["outcome"] == "left").sum())
            low, high = proportion_interval(left, len(group))
            enough = len(group) >= FEW
            rows.append(
                {"group": name, "n": len(group), "left": left, "value": left / len(group) if enough else np.nan,
                 "low": float(low) if enough else np.nan, "high": float(high) if enough else np.nan}
            )  # fmt: skip
        return pd.DataFrame(rows)

    def outcomes_summary(self) -> Summary:
        """What became of earlier alerts, and what acting did."""
        rows = {str(row["group"]): row for row in self.kept.to_dict("records")}
        every = rows["all"]
        numbers: dict[str, Any] = {"n": every["n"]}
        if not self.way:
            text = _("No customer is known to have left, so it is not known whether the alerts were right.")
        elif not known(every["value"]):
            text = _("{n} alerts were followed for {days} days: too few to show how often they were right.",
                     n=whole(every["n"]), days=whole(self.horizon))  # fmt: skip
        else:
            numbers |= {name: every[name] for name in ("value", "low", "high")}
            text = _(
                "Of {n} earlier alerts, {share} were followed by the customer leaving within {days} days.",
                n=whole(every["n"]), days=whole(self.horizon),
                share=with_interval(every["value"], every["low"], every["high"]),
            )  # fmt: skip
        return Summary("health_outcomes", f"{text} {self._acting(rows)}", numbers)

    def _acting(self, rows: Mapping[str, Mapping[Any, Any]]) -> str:
        if "held back" in rows and self.way:
            held, other = rows["held back"], rows["all"]
            gap = proportion_difference(
                held["left"], held["n"], other["left"] - held["left"], other["n"] - held["n"]
            )  # by assignment: whether anybody acted or not
            if known(gap.low):
                return _(
                    "Difference from the control group in the share that left: {points} points ({ends}). This is "
                    "the effect of alerting.",
                    points=points(gap.value), ends=span(gap.low, gap.high),
                )  # fmt: skip
        return _(
            "Customers who get a call leave less often, so acting makes good alerts look wrong. Only a random "
            "control group (health.hold_back) shows the effect."
        )

    def outcomes_table(self) -> Table:
        """Earlier alerts by what was done."""
        columns = (
            Column("group", message("Alerts"), _GROUPS.__getitem__),
            Column("n", message("Alerts observed"), whole, "alerts", number=True),
            Column("left", message("Left"), whole, "accounts", number=True),
            Column("value", message("Share that left"), _interval, "share", number=True, whole_row=True),
        )
        notes = (_("Alerts with and without action are not an experiment: it is not random who gets a call."),)
        return Table("health_outcomes", message("What happened after earlier alerts"), self.kept, columns, notes)


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"]) if known(row["value"]) else share(np.nan)


_GROUPS = {
    "all": message("all"),
    "acted": message("action taken"),
    "not acted": message("no action known"),
    "held back": message("control group (random)"),
}

_FOLLOWED = message("an alert that was followed for the whole period (parameter horizon)")

FIGURES = (
    Figure(
        "health_alerts", message("Alerts"), message("open alerts; alerts raised / account-years observed"),
        message("an account below the red limit for health.weeks_red weeks in a row"), "DEFINITIONS: alerts",
        ("health_alerts.open", "health_alerts.raised", "health_alerts.a_year", "health_alerts.score",
         "health_backtest.alerts_month", "health_backtest.false_month"),
        edge=message("ends health.leave points above red; then a pause of health.pause_weeks weeks; protected weeks "
                     "raise no alert"),
    ),
    Figure(
        "health_outcomes", message("Precision of alerts"), message("alerts after which the customer left / alerts "
                                                                   "followed"),
        _FOLLOWED, "DEFINITIONS: playbooks", ("health_outcomes.value", "health_outcomes.n", "health_outcomes.left"),
        window=message("the parameter horizon, counted from the day of the alert"), interval=WILSON,
        edge=message("acting lowers it; only the random control group shows what acting does"),
    ),
)  # fmt: skip
