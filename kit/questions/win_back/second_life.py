"""What a return is worth: margin by assignment less what the offer costs, and how long those who came back stay.

The money is by assignment, so it is what the mail brought. How long people stay is told of those who came back, who are
no groups by lot: it describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.counts import currencies
from kit.errors import UsageError
from kit.judging import LEVEL, PEOPLE
from kit.messages import _, message
from kit.metrics import Figure
from kit.metrics.figures import KAPLAN_MEIER
from kit.questions.lapsed import states
from kit.questions.retention.subscribers import MONTH
from kit.questions.sales_cycle.attribution import BOOTSTRAP, EFRON
from kit.questions.win_back.tried import WINDOWS
from kit.show import cells
from kit.show.formats import UNKNOWN, decimal, known, whole, with_ends
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bootstrap, landmark, survival

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.questions.win_back.tried import Tried
    from kit.store import Data

SIDES = {"mail": message("With mail"), "without": message("Without")}

MONEY = ["days", "n", "held_n", "margin", "margin_low", "margin_high", "profit", "profit_low", "profit_high"]
LIVES = ["side", "returned", "monthly", "lapsed", "value", "low", "high", "median"]

AGAIN = 180
"""Days after the return at which the share that lapsed again is told."""


def measure(data: Data, tried: Tried, *, offer_cost: float = 0.0, mail_cost: float = 0.0) -> SecondLife:
    """What returns are worth, and how long they last.

    Args:
        data: what `kit.open` returned; the margin is the setting `money.margin`.
        tried: what `tried.measure` returned.
        offer_cost: money that the offer costs for each person with mail who comes back.
        mail_cost: money that each person with mail costs.

    Raises:
        UsageError: a cost is below 0.

    Source: guide 4; Kumar, Bhagat & Zhang (2015), doi:10.1509/jm.14.0107; the bootstrap's t over persons.
    """
    if min(offer_cost, mail_cost) < 0:
        raise UsageError(_("offer_cost and mail_cost are 0 or more."))
    units = currencies(data)
    margin = data.settings["money.margin"]
    gap = lapse_again(states.purchases(data, tried.what), tried) if len(tried.people) else np.nan
    currency = units[0] if len(units) == 1 else ""
    problem = message("orders are in several currencies") if len(units) > 1 else ""
    return judge(tried, margin, gap, costs=(offer_cost, mail_cost), currency=currency, problem=problem)


def lapse_again(bought: pd.DataFrame, tried: Tried) -> float:
    """The days of silence after a second order at which the chance to return is that of the lapsed; NaN: not known."""
    if bought.empty:
        return np.nan
    _people, model, _draws = states.at(bought, tried.until, days=tried.days, limits=tried.limits, resampled=False)
    if model is None:
        return np.nan
    silent = np.arange(1, 2 * 365 + 1)
    value, bounded = landmark.chance(model, np.ones(silent.shape), silent)
    gone = silent[(value <= tried.limits[0]) & ~bounded]
    return float(gone[0]) if gone.size else np.nan


def judge(
    tried: Tried,
    margin: float | None,
    gap: float,
    *,
    costs: tuple[float, float] = (0.0, 0.0),
    currency: str = "",
    problem: str | Message = "",
    level: float = LEVEL,
) -> SecondLife:
    """What returns are worth, and how long they last.

    Args:
        tried: what `tried.judge` returned.
        margin: what is left of revenue; None: not known.
        gap: days of silence at which a person has lapsed again; NaN: not known.
        costs: of the offer a returning person with mail, and of the mail a person.
        currency: of the amounts.
        problem: why money cannot be told.
        level: confidence.
    """
    reason = tried.problem or problem or ("" if margin is not None else message("money.margin is not set in kit.toml"))
    rows = []
    if not reason and margin is not None:
        for days in sorted({*WINDOWS, tried.days}):
            row = _worth(tried, days, margin, costs, level)
            if row is not None:
                rows.append((days, *row))
    lives = _lives(tried, margin, gap, level)
    return SecondLife(pd.DataFrame(rows, columns=MONEY), lives, gap, costs, currency, tried.days, reason)


def _worth(tried: Tried, days: int, margin: float, costs: tuple[float, float], level: float) -> tuple[Any, ...] | None:
    """People of both sides, the margin that the mail brought a person, and the profit; None: nobody was followed."""
    followed, held = tried.followed(days).to_numpy(), tried.held.to_numpy()
    did = tried.within(days)
    sides = [did[followed & side] for side in (held, ~held)]
    if not all(map(len, sides)) or any(side["worth"].isna().any() for side in sides):
        return None
    amounts = [side["worth"].astype(float) * margin for side in sides]
    spent = [0.0, costs[0]]
    gains = [
        bootstrap.mean_difference(*(bootstrap.units(amount - cost * (side["orders"] > 0), len(side))
                                    for amount, side, cost in zip(amounts, sides, given, strict=True)), level=level)
        for given in ([0.0, 0.0], spent)
    ]  # fmt: skip
    brought, profit = gains[0], gains[1].scaled(1.0, -costs[1])
    return (
        len(sides[1]),
        len(sides[0]),
        brought.value,
        brought.low,
        brought.high,
        profit.value,
        profit.low,
        profit.high,
    )


def _lives(tried: Tried, margin: float | None, gap: float, level: float) -> pd.DataFrame:
    """A row a side that enough came back of: margin a month since, and how soon they lapse again."""
    if tried.people.empty or not known(gap):
        return pd.DataFrame(columns=LIVES)
    held = dict(zip(tried.people["contact_key"], tried.held, strict=True))
    rows = tried.bought.sort_values(["contact_key", "day"])
    first = rows[rows["after"] < tried.days].groupby("contact_key")["day"].min()
    rows = rows[rows["contact_key"].isin(first.index)]
    back = rows["contact_key"].map(first)
    rows = rows.assign(since=(rows["day"] - back).dt.days)
    followed = (tried.until - first).dt.days
    following = rows.groupby("contact_key")["since"].shift(-1)
    until = rows["contact_key"].map(followed)
    silent = following.fillna(until) - rows["since"]
    ended = rows[silent >= gap].groupby("contact_key")["since"].min() + gap
    table = pd.DataFrame({"followed": followed, "ended": ended.reindex(followed.index)})
    table["worth"] = rows.groupby("contact_key")["worth"].sum(min_count=1)
    table["side"] = ["without" if held[key] else "mail" for key in table.index]
    out = []
    for side in SIDES:
        mine = table[table["side"] == side]
        if len(mine) < PEOPLE:
            continue
        time = mine["ended"].fillna(mine["followed"]).clip(lower=0.5)
        curve = survival.kaplan_meier(time, mine["ended"].notna(), level=level)
        everybody_gone = not curve.value[-1] > 0
        still, low, high = curve.at(min(AGAIN, curve.end) if everybody_gone else AGAIN, level=level)
        months = float((mine["followed"] + 1).sum()) / MONTH
        monthly = float(mine["worth"].sum(skipna=False)) * margin / months if margin is not None else np.nan
        out.append((side, len(mine), monthly, int(mine["ended"].notna().sum()), 1 - still, 1 - high, 1 - low,
                    curve.reaches(0.5)))  # fmt: skip
    return pd.DataFrame(out, columns=LIVES).astype({"median": float})


@result
class SecondLife(Result):
    """What returns are worth.

    Attributes:
        money: a row a window: days, n, held_n [people], margin, margin_low, margin_high [a person with mail beyond one
            without], profit, profit_low, profit_high [the same less what offer and mail cost].
        lives: a row a side: side [of SIDES], returned [people], monthly [margin a person and month since the return],
            lapsed [again], value, low, high [lapsed again within AGAIN days], median [days until; NaN: not reached].
        gap: days of silence at which a person has lapsed again.
        costs: of the offer a returning person with mail, and of the mail a person.
        currency: of the amounts.
        days: the window that decides.
        reason: why the money is not known; "" where it is.
    """

    money: pd.DataFrame
    lives: pd.DataFrame
    gap: float
    costs: tuple[float, float]
    currency: str
    days: int
    reason: str | Message = ""

    def summary(self) -> Summary:
        """What the mail brought a person, less what it cost."""
        rows = self.money[self.money["days"] == self.days]
        if self.reason or rows.empty:
            why = self.reason or message("nobody was followed for {days} days", days=self.days)
            return Summary("second_life", _("What win-back earned is not known: {why}.", why=why), {})
        row = rows.iloc[0]
        numbers = {name: row[name] for name in ("profit", "profit_low", "profit_high", "margin")}
        values = {"profit": self._money(row, "profit"), "days": self.days}
        if not known(row["profit_low"]):
            text = _("It is too early to say what win-back earned: too few people bought in one of the groups.")
        elif row["profit_low"] > 0:
            text = _("Win-back earned {profit} a person written to within {days} days, after its costs.", **values)
        elif row["profit_high"] < 0:
            text = _("Win-back lost money: {profit} a person written to within {days} days, after its costs.", **values)
        else:
            text = _(
                "Whether win-back earns is not decided: {profit} a person written to within {days} days.", **values
            )
        return Summary("second_life", text, numbers, headline=known(row["profit_low"]), weight=42)

    def _money(self, row: Any, name: str) -> str:
        value = f"{decimal(row[name], 2)} {self.currency}".rstrip()
        return with_ends(value, row[f"{name}_low"], row[f"{name}_high"], lambda end: decimal(end, 2))

    def table(self) -> Table:
        """Margin and profit a person written to, over several windows."""
        columns = (
            Column("days", message("Within (days)"), whole, unit="days", number=True),
            Column("n", message("People with mail"), whole, unit="people", number=True),
            Column("held_n", message("Without"), whole, unit="people", number=True),
            Column("margin", message("Margin that mail brought, a person"), lambda row: self._money(row, "margin"),
                   unit="money", number=True, whole_row=True),
            Column("profit", message("Profit, a person"), lambda row: self._money(row, "profit"), unit="money",
                   number=True, whole_row=True),
        )  # fmt: skip
        notes = (
            message("By assignment. Costs: {offer} for each who came back with an offer, {mail} for each written to.",
                    offer=decimal(self.costs[0], 2), mail=decimal(self.costs[1], 2)),
            message("The brackets are 95 % intervals. Purchases pulled forward are in short windows, not in long "
                    "ones."),
        )  # fmt: skip
        return Table("second_life", message("What win-back earned"), self.money, columns,
                     notes if len(self.money) else (),
                     message("{why}.", why=self.reason or message("nobody was followed for so long")))  # fmt: skip

    def lives_table(self) -> Table:
        """How long those who came back stay, and what they bring a month."""
        columns = (
            Column("side", message("Came back"), SIDES.__getitem__),
            Column("returned", message("People"), whole, unit="people", number=True),
            Column("monthly", message("Margin a month"), lambda value: decimal(value, 2), unit="money", number=True),
            Column("value", message("Lapsed again within {days} days", days=AGAIN), cells.rate, unit="share",
                   number=True, whole_row=True),
            Column("median", message("Half have lapsed again after days"), whole, unit="days", number=True),
        )  # fmt: skip
        notes = (
            message(
                "Lapsed again: silent for {gap} days, when of people with two orders as few return as of the lapsed. "
                "Those who came back with mail and without differ in more than the mail.",
                gap=whole(self.gap) if known(self.gap) else UNKNOWN,
            ),
        )
        empty = message("fewer than {n} came back in each group, or it is not known when they lapse again.", n=PEOPLE)
        return Table("second_lives", message("The second life of those who came back"), self.lives, columns,
                     notes if len(self.lives) else (), empty)  # fmt: skip


_PERSON = message("a person of the test, by assignment")

FIGURES = (
    Figure(
        "win_back_profit", message("Profit of win-back, a person"),
        message("margin with mail - margin without - offer x those who came back with it - mail"), _PERSON, EFRON,
        ("second_life.profit", "second_life.margin", "second_life.n", "second_life.held_n", "second_life.days"),
        window=message("so many days from the first whole day in the arm"), interval=BOOTSTRAP,
        edge=message("not shown without money.margin, without people left out, or in several currencies"),
    ),
    Figure(
        "second_life", message("Second life"),
        message("1 - S(180 days) of not lapsing again; margin since the return / months since it"),
        message("a person who came back"), f"{KAPLAN_MEIER}; Kumar, Bhagat & Zhang (2015), doi:10.1509/jm.14.0107",
        ("second_lives.returned", "second_lives.monthly", "second_lives.value", "second_lives.median"),
        interval=message("95 %: Greenwood's variance"),
        edge=message("who came back is no group by lot; a side of fewer than 30 is left out"),
    ),
)  # fmt: skip
