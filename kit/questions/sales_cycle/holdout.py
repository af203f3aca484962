"""What did mail alone bring: what people with mail bought beyond those who, drawn at random, got none. (guide 2)"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.counts.scope import count
from kit.errors import UsageError, nearest
from kit.messages import _, message, message_n
from kit.metrics import Figure
from kit.metrics.figures import WILSON
from kit.questions.sales_cycle.attribution import BOOTSTRAP, EFRON, OF_A_SPAN, SPAN, sales_to_people
from kit.show import cells
from kit.show.formats import commas, decimal, known, money, points, span, whole, with_ends
from kit.show.picture import GOOD, INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bootstrap, proportions
from kit.stats.bootstrap import BootstrapInterval
from kit.store.machine_events import NO
from kit.tables import ASSIGNMENTS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.questions.sales_cycle.attribution import Attribution
    from kit.questions.sales_cycle.span import Span
    from kit.store import Data, Expression

NEWCOMBE = "Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"
ASSIGNED = message("a person, by assigned group")
VERSIONS = ("offer", "subject", "call_to_action", "send_slot", "mails_per_week")
"""What a file may say of an arm beside its name."""

_SINCE = message("since the assignment; {span}", span=SPAN)

FIGURES = (
    Figure(
        "incremental_revenue", message("Incremental revenue"),
        message("(revenue per person with e-mails - revenue per person in the control group) x people with e-mails"),
        message("a person, by assigned group, whether or not the e-mail arrived"), EFRON, ("returns.value",),
        window=_SINCE, interval=BOOTSTRAP,
        edge=message(
            "given only if there was a control group; people in two groups are not counted; people who got e-mails "
            "but are in no group are not in the incremental figures, although their cost is"
        ),
    ),
    Figure(
        "incremental_revenue_person", message("Incremental revenue per person"),
        message("revenue / people in the groups with e-mails - revenue / people in the control group"), ASSIGNED, EFRON,
        ("holdout.revenue", "holdout.per_person"), window=_SINCE, interval=BOOTSTRAP,
        edge=message("of a group: its revenue after refunds, and its revenue / people"),
    ),
    Figure(
        "incremental_buyers", message("Incremental buyers"),
        message("buyers / people with e-mails - buyers / people in the control group"), ASSIGNED,
        f"guide 2; {NEWCOMBE}",
        ("holdout.buyers",), window=_SINCE, interval=message("95 %: Newcombe"),
    ),
    Figure(
        "arm_bought", message("Bought, by group"), message("people with an order / people in the group"), ASSIGNED,
        "guide 2", ("holdout.value", "holdout.persons", "holdout.mailed"), window=_SINCE, interval=WILSON,
        edge=message("next to it: people assigned to the group, and those of them who got e-mails"),
    ),
)  # fmt: skip


def measure(data: Data, span: Span, sold: Attribution, *, experiment: str = "") -> Holdout:
    """What mail alone brought, by the holdout test.

    Args:
        data: what `kit.open` returned.
        span: what `span.common` returned for the same test.
        sold: what `attribution.credit` returned: the figure shows it beside what mail alone brought.
        experiment: the test; "" for the only one, or the largest.

    Raises:
        UsageError: there is no such test.

    Source: guide 2; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, for shares;
    the bootstrap's t over persons for money, Efron and Tibshirani (1993), doi:10.1201/9780429246593.
    """
    effects = judge(arms(data, span.begin, span.end), arm_sales(data, span.begin, span.end))
    return Holdout(tuple(effects), chosen(effects, experiment), sold)


@count("assignments", whole=OF_A_SPAN)
def arms(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """The arms of each holdout test, by assignment: who got mail all the same, and who stands in two arms.

    Who was assigned only after the span is in no arm yet.

    Returns:
        A row an experiment and arm: experiment, arm, is_holdout [nullable], assigned [the earliest moment],
        persons [in this arm only], crossed [also in another arm of the test, and in no count], mailed [of
        `persons`: those who got bulk mail in the span after they were assigned].
    """
    people = assigned_people(data, end)
    columns = ["experiment", "arm", "is_holdout", "assigned", "persons", "crossed", "mailed"]
    if people is None or not begin < end:
        return pd.DataFrame(columns=columns)
    mails = scope.history(data, MESSAGES.name)
    if mails is None:
        people = people.mutate(mailed=ibis.null("boolean"))
    else:
        mails = mails.filter(
            col.reached,
            col.campaign_id.isin(scope.population(data)),
            (col.sent_local >= begin) & (col.sent_local < end),
        )
        mails = mails.select("sent_local", mail_key="contact_key")
        mailed = people.join(mails, [people.contact_key == mails.mail_key, mails.sent_local > people.since])
        mailed = mailed.select("experiment", "contact_key").distinct().mutate(mailed=True)
        people = people.left_join(mailed, ["experiment", "contact_key"]).mutate(mailed=col.mailed.fill_null(NO))
    counts = people.group_by("experiment", "arm").agg(
        is_holdout=col.is_holdout.all(where=~col.crossed),
        assigned=col.since.min(),
        persons=col.count(where=~col.crossed),
        crossed=col.count(where=col.crossed),
        mailed=(col.mailed & ~col.crossed).sum(),
    )
    return counts.order_by("experiment", "arm").to_pandas()[columns]


@count("assignments", "orders", whole=OF_A_SPAN, unfiltered=scope.NO_CAMPAIGN)
def arm_sales(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales to the people of each arm, before and after they were assigned; buyers only.

    Returns:
        A row a buyer, arm and side: experiment, arm, after [bool: in the span and since the assignment, else any
        time before the assignment], orders, revenue [net of refunds].
    """
    columns = ["experiment", "arm", "after", "orders", "revenue"]
    people = assigned_people(data, end)
    sales = sales_to_people(data, None, None)
    if people is None or sales is None:
        return pd.DataFrame(columns=columns)
    people = people.filter(~col.crossed).select("experiment", "arm", "since", person="contact_key")
    both = sales.join(people, [sales.contact_key == people.person])
    both = both.mutate(after=col.occurred_local > col.since)
    both = both.filter(~col.after | ((col.occurred_local >= begin) & (col.occurred_local < end)))
    sums = both.group_by("experiment", "arm", "after", "person").agg(
        orders=col.count(), revenue=col.worth.sum().fill_null(0.0)
    )
    return sums.order_by("experiment", "arm", "after", "person").to_pandas()[columns]


def begins(data: Data, experiment: str = "") -> datetime | None:
    """When the first person was put into an arm of this test, or of the largest; None where there is no test."""
    people = assigned_people(data)
    if people is None:
        return None
    sent_to = people.group_by("experiment").agg(
        begin=col.since.min(), n=(~col.crossed & ~col.is_holdout).sum().fill_null(0)
    )
    if experiment:
        sent_to = sent_to.filter(col.experiment == experiment)
    moments = sent_to.order_by(ibis.desc("n"), "experiment").limit(1).to_pyarrow()["begin"].to_pylist()
    return moments[0] if moments else None


def assigned_people(data: Data, until: datetime | None = None) -> Expression:
    """A row a person and experiment; None: no test.

    It has experiment, arm, is_holdout, since, contact_key, crossed, and what the file says of the arm: offer, subject,
    call_to_action, send_slot, mails_per_week. Who has no date of assignment counts from the first of the test.

    Args:
        data: what `kit.open` returned.
        until: who was assigned then or later is left out; None: nobody.
    """
    table = scope.history(data, ASSIGNMENTS.name)
    if table is None:
        return None
    table = table.mutate(experiment=col.experiment.fill_null(""), arm=col.arm.fill_null(""))
    people = table.group_by("experiment", "contact_key").agg(
        arm=col.arm.min(),
        is_holdout=col.is_holdout.min(),
        since=col.assigned_local.min(),
        crossed=col.arm.min() != col.arm.max(),
        **{name: col[name].min() for name in VERSIONS},
    )
    first = col.since.min().over(ibis.window(group_by="experiment"))
    people = people.mutate(since=col.since.coalesce(first))
    return people if until is None else people.filter(~col.since.notnull() | (col.since < until))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one holdout test tells.

    Attributes:
        experiment: the test; "" where its file names none.
        arms: a row an arm: arm, is_holdout, persons, crossed, mailed, buyers, value, low, high [share of
            persons who bought], orders, revenue, per_person.
        treated: persons who were to get mail.
        buyers: the share of buyers among them beyond the holdout's, with Newcombe's interval.
        revenue: money a person beyond the holdout's [net of refunds].
        before: the same from before the assignment, where there should be no difference.
        problem: why it cannot be told; "" where it can.
    """

    experiment: str
    arms: pd.DataFrame
    treated: int
    buyers: BootstrapInterval
    revenue: BootstrapInterval
    before: BootstrapInterval
    problem: str | Message = ""


def judge(people: pd.DataFrame, sales: pd.DataFrame) -> list[Effect]:
    """The effect of each holdout test, by assignment: whoever was to get mail counts, whether it came or not.

    Args:
        people: what `arms` returned.
        sales: what `arm_sales` returned.
    """
    tests = people.groupby("experiment", sort=True)
    return [_effect(str(name), rows, sales[sales["experiment"] == name]) for name, rows in tests]


def chosen(effects: Sequence[Effect], experiment: str = "") -> Effect | None:
    """The test of this name; "" for the only one, or the largest; None where there is none.

    Raises:
        UsageError: there is no such test; names the nearest.
    """
    if not experiment:
        return max(effects, key=lambda effect: effect.treated, default=None)
    by_name = {effect.experiment: effect for effect in effects}
    if experiment not in by_name:
        hint = nearest(experiment, by_name)
        raise UsageError(_("There is no control group test named {name}. {hint}", name=repr(experiment), hint=hint))
    return by_name[experiment]


@result
class Holdout(Result):
    """What the holdout tests tell.

    Attributes:
        effects: each test.
        effect: the test that answers; None where there is none.
        sold: what was sold after clicks in the same time.
    """

    effects: tuple[Effect, ...]
    effect: Effect | None
    sold: Attribution

    def summary(self) -> Summary:
        """What mail alone brought, by the holdout."""
        effect = self.effect
        if effect is None or effect.problem:
            why = message("no control group test covers this time") if effect is None else effect.problem
            text = _(
                "What e-mail alone brings is not known: {why}. Keep a tenth of the list, chosen at random, without "
                "e-mails.",
                why=why,
            )
            return Summary("holdout", text, {}, headline=True, weight=70)
        more, revenue, before = effect.buyers, effect.revenue, effect.before
        numbers: dict[str, Any] = {"buyers": more.value, "low": more.low, "high": more.high, "revenue": revenue.value}
        values = {
            "points": points(more.value),
            "interval": span(more.low, more.high),
            "money": self._money_a_person(revenue),
        }
        if not known(revenue.low):
            text = _(
                "It cannot be judged whether e-mail brings sales: too few people bought in one of the groups. "
                "Compared with the control group, the share of buyers differs by {points} percentage points "
                "({interval}). The difference in revenue is {money} per person.",
                **values,
            )
        elif revenue.low > 0:
            text = _(
                "E-mail brings sales. Compared with the control group, the share of buyers differs by {points} "
                "percentage points ({interval}). The difference in revenue is {money} per person.",
                **values,
            )
        elif revenue.high < 0:
            text = _(
                "E-mail reduces sales. Compared with the control group, the share of buyers differs by {points} "
                "percentage points ({interval}). The difference in revenue is {money} per person.",
                **values,
            )
        else:
            text = _(
                "It is not decided yet whether e-mail brings sales. Compared with the control group, the share of "
                "buyers differs by {points} percentage points ({interval}). The difference in revenue is {money} "
                "per person.",
                **values,
            )
        if known(before.low) and not before.low <= 0 <= before.high:
            caution = _(
                "But the groups bought differently even before the test. Chance alone does this in one test of "
                "twenty. Otherwise the groups were not chosen at random, and the difference is not an effect of "
                "e-mail."
            )
            text = f"{text} {caution}"
        step = _("Keep a group without e-mails: the answer becomes more certain every month.")
        return Summary("holdout", text, numbers, headline=True, weight=85, next_step=step)

    def table(self) -> Table:
        """The arms of each holdout test."""
        revenue = message("Revenue [{currency}]", currency=self.sold.currency)
        columns = (
            Column("experiment", message("Test")),
            Column("arm", message("Group")),
            Column("persons", message("People"), whole, unit="people", number=True),
            Column("mailed", message("Got e-mails"), whole, unit="people", number=True),
            Column("value", message("Bought"), cells.rate, unit="share", number=True, whole_row=True),
            Column("revenue", revenue, _amount, unit="money", number=True),
            Column("per_person", message("Per person"), lambda value: decimal(value, 2), unit="money", number=True),
        )
        frames = [effect.arms.assign(experiment=effect.experiment) for effect in self.effects]
        empty_frame = pd.DataFrame(columns=[column.name for column in columns])
        frame = pd.concat(frames, ignore_index=True) if frames else empty_frame
        notes = [
            message(
                "Everybody counts in the group they were assigned to, whether or not the e-mail arrived. The "
                "brackets are 95 % intervals."
            ),
            *(
                message("{test}: {why}.", test=effect.experiment or message("The test"), why=effect.problem)
                for effect in self.effects
                if effect.problem
            ),
        ]
        crossed = sum(int(effect.arms["crossed"].sum()) for effect in self.effects)
        if crossed:
            notes.append(
                message_n(
                    "{n} person is in two groups of one test and counts in neither.",
                    "{n} people are in two groups of one test and count in neither.",
                    crossed,
                )
            )
        title, empty = message("With and without e-mails"), message("none of your files shows who got no e-mails.")
        return Table("holdout", title, frame, columns, tuple(notes), empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Revenue by window after the click, and the holdout's own answer, each with its interval."""
        title = _("Sold after clicks, and brought by e-mail alone")
        if not self.sold.orders:
            return nothing("returns", title, message("the data has no sales for this time"))
        bars = self._bars()
        if not bars:
            return nothing("returns", title, self.sold.problem)
        with drawing(1.0 + 0.36 * len(bars), ax) as axes:
            axes.axvline(0, color=INK, linewidth=1)
            for place, (_name, bar, color) in enumerate(reversed(bars)):
                if known(bar.low):
                    axes.plot([bar.low, bar.high], [place, place], color=color, linewidth=2)
                axes.plot(bar.value, place, "o" if known(bar.low) else "D", color=color, markersize=6.5)
            axes.set_yticks(range(len(bars)), [name for name, *_bar in reversed(bars)])
            axes.set_ylim(-0.6, len(bars) - 0.4)
            axes.xaxis.set_major_formatter(lambda value, _position: _amount(value))
            axes.locator_params(axis="x", nbins=5)
            axes.set_xlabel(
                _(
                    "revenue after refunds [{currency}], 95 % interval\n(diamond: too few buyers for an interval)",
                    currency=self.sold.currency,
                )
            )
            axes.grid(visible=False, axis="y")
            values = commas([f"{name} {_amount(bar.value)}" for name, bar, _color in bars])
            alt = _("Revenue in {currency}: {values}.", currency=self.sold.currency, values=values)
            return picture(axes, name="returns", title=title, alt=alt)

    def _bars(self) -> list[tuple[str, BootstrapInterval, str]]:
        """What the figure shows: its name, revenue and colour."""
        bars = [
            (
                _("up to {n} d after a click", n=row["days"]),
                BootstrapInterval(row["revenue"], row["low"], row["high"]),
                PLAIN,
            )
            for row in self.sold.windows.to_dict("records")
            if known(row["revenue"])
        ]
        if self.effect is not None and not self.effect.problem:
            brought = self.effect.revenue.scaled(self.effect.treated)
            bars.append((_("beyond the control group"), brought, GOOD))
        return bars

    def _money_a_person(self, revenue: BootstrapInterval) -> str:
        value = money(self.sold.currency)(revenue.value)
        return with_ends(value, revenue.low, revenue.high, lambda end: decimal(end, 2)) if known(revenue.low) else value


def _effect(name: str, arms: pd.DataFrame, sales: pd.DataFrame) -> Effect:
    table = arms.merge(_bought(sales[sales["after"].astype(bool)]), on="arm", how="left")
    table = table.fillna({"buyers": 0, "orders": 0, "revenue": 0.0}).drop(columns="experiment")
    low, high = proportions.proportion_interval(table["buyers"], table["persons"])
    people = table["persons"].astype(float).where(table["persons"] > 0)
    table = table.assign(value=table["buyers"] / people, low=low, high=high, per_person=table["revenue"] / people)
    held = table["is_holdout"]
    unknown = BootstrapInterval(nan, nan, nan)
    treated = int(table.loc[~held.fillna(value=True).astype(bool), "persons"].sum())
    problem = _why_no_effect(table)
    if problem:
        return Effect(name, table, treated, unknown, unknown, unknown, problem)
    sides = (table[held.astype(bool)], table[~held.astype(bool)])
    (x_a, n_a), (x_b, n_b) = ((int(side["buyers"].sum()), int(side["persons"].sum())) for side in sides)
    more = proportions.proportion_difference(x_a, n_a, x_b, n_b)
    return Effect(
        name,
        table,
        treated,
        BootstrapInterval(more.value, more.low, more.high),
        _gap(table, sales[sales["after"].astype(bool)]),
        _gap(table, sales[~sales["after"].astype(bool)]),
    )


def _why_no_effect(table: pd.DataFrame) -> str | Message:
    held = table["is_holdout"]
    if held.isna().any():
        names = commas(table["arm"].tolist())
        return message(
            "it is not set which group got no e-mails: {arms}; name it under holdout.arms in kit.toml", arms=names
        )
    if held.astype(bool).all() or not held.astype(bool).any():
        return message("everybody is in one group; a test needs a group with e-mails and one without")
    if table["assigned"].isna().all():
        return message("the file does not show when people were assigned")
    return ""


def _bought(sales: pd.DataFrame) -> pd.DataFrame:
    return (
        sales.groupby("arm")
        .agg(buyers=("orders", "size"), orders=("orders", "sum"), revenue=("revenue", "sum"))
        .reset_index()
    )


def _gap(table: pd.DataFrame, sales: pd.DataFrame) -> BootstrapInterval:
    """Money a person of those with mail less that of the holdout."""
    held = table["is_holdout"].astype(bool)
    groups = [
        bootstrap.units(
            sales.loc[sales["arm"].isin(table.loc[side, "arm"]), "revenue"], int(table.loc[side, "persons"].sum())
        )
        for side in (held, ~held)
    ]
    return bootstrap.mean_difference(*groups)


def _amount(value: Any) -> str:
    return decimal(value, 0)
