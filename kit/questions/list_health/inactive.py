"""Who would go by a rule against inactive addresses, and what the rule would have cost: a dry run.

A person is silent beyond luck where a reader with the same clicks before would hardly keep silent through so many
mails. Openings by machines are no sign of life, and those that may be a person's keep an address on the list.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.judging import LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import silence, subscribers
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import commas, share, whole
from kit.show.picture import BAD, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import beta_binomial, proportions
from kit.store import lists
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.beta_binomial import BetaBinomial
    from kit.store import Data

LIMIT, LIMITS = 0.1, (0.02, 0.05, 0.1, 0.2)
"""Chances to react up to which the rule takes an address off, and the simulated ones."""

BUCKETS = {
    "active": message("Clicked, ordered or booked"),
    "opened": message("Only opened, perhaps in person"),
    "machine": message("Opened by machines only"),
    "nothing": message("Nothing at all"),
    "luck": message("Silent, but may still react"),
    "new": message("Joined during this period"),
    "no log": message("The log does not go back far enough"),
}
"""Where an address stands; the third and the fourth would go."""

GOES = ("machine", "nothing")

EACH = [
    "contact_key",
    "in_time",
    "mails",
    "signal",
    "clicked",
    "mails_before",
    "clicked_before",
    "opened",
    "opened_by_machine",
]
LATER = ["contact_key", "mails", "clicked", "complained", "unsubscribed", "orders", "revenue"]
OF_BUCKETS = ["bucket", "n", "value", "low", "high", "mails"]
OF_RULES = ["limit", "n", "mails", "back", "value", "low", "high", "orders", "revenue", "complained", "unsubscribed"]


def measure(data: Data, *, days: int = 180) -> Inactive:
    """Who is inactive beyond luck, and what such a rule would have cost `days` ago.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        days: the window.

    Source: guide 4; as notebook 09's silence (beta-geometric silence of people who differ).
    """
    now, then = people(data, days=days), people(data, days=days, ago=days)
    first = begins(data)["first"]
    reaches = [
        data.as_of is not None and bool((first <= data.as_of - timedelta(days=span)).any()) for span in (days, 2 * days)
    ]
    return judge(now, then, later(data, days=days), (reaches[0], reaches[1]), days=days)


@scope.count("contacts", "messages", whole=subscribers.LIST, unfiltered=silence.ALL_MAIL)
def people(data: Data, *, days: int = 180, ago: int = 0) -> pd.DataFrame:
    """Everybody on the list at the end of a window, a row a person: EACH; see `silence.each`."""
    rows = silence.each(data, days=days, ago=ago)
    return pd.DataFrame(columns=EACH) if rows is None else rows.select(EACH).order_by("contact_key").to_pandas()


@scope.count("contacts", "messages", whole=subscribers.LIST, unfiltered=silence.ALL_MAIL)
def begins(data: Data) -> pd.DataFrame:
    """When the log of a list begins: one row, first [local time]; no row without a list or a log."""
    messages = scope.history(data, MESSAGES.name)
    if messages is None or scope.history(data, "contacts") is None:
        return pd.DataFrame({"first": pd.Series(dtype="datetime64[us]")})
    return messages.aggregate(first=col.sent_local.min()).to_pandas().dropna().astype({"first": "datetime64[us]"})


@scope.count("messages", "orders", whole="it is of the last days up to `as_of`", unfiltered=silence.ALL_MAIL)
def later(data: Data, *, days: int = 180) -> pd.DataFrame:
    """What people did in the last days: LATER, a row a person with any; revenue is net of refunds."""
    messages = scope.history(data, MESSAGES.name)
    if messages is None or data.as_of is None:
        return pd.DataFrame(columns=LATER)
    since = ibis.literal(data.as_of - timedelta(days=days), type="timestamp")
    mails = messages.filter((col.sent_local > since) & col.reached & col.contact_key.notnull())
    facts = ("clicked_human", "complained", "unsubscribed")
    done = mails.group_by("contact_key").agg(
        mails=col.count(), **{name.removesuffix("_human"): col[name].fill_null(NO).sum() for name in facts}
    )
    frame = done.to_pandas()
    sold = log.sold(data)
    if sold is None:
        return frame.assign(orders=np.nan, revenue=np.nan)[LATER]
    bought = sold.filter((col.ordered_local > since) & col.contact_key.notnull())
    sums = bought.group_by("contact_key").agg(orders=col.count(), revenue=col.worth.sum()).to_pandas()
    return (
        frame.merge(sums, on="contact_key", how="outer").fillna(0).sort_values("contact_key", ignore_index=True)[LATER]
    )


def judge(
    now: pd.DataFrame,
    then: pd.DataFrame,
    after: pd.DataFrame,
    reach: tuple[bool, bool],
    *,
    days: int = 180,
    level: float = LEVEL,
) -> Inactive:
    """Who is inactive, and what rules would have cost.

    Args:
        now: what `people` returned.
        then: the same of so many days ago.
        after: what `later` returned.
        reach: whether the log covers the window, and the one before it.
        days: of the window.
        level: confidence.
    """
    model = fitted(now)
    placed = now.assign(bucket=_buckets(now, model, reached=reach[0]), chance=reaction(now, model))
    total = len(placed)
    sums = placed.groupby("bucket").agg(n=("bucket", "size"), mails=("mails", "sum")) if total else pd.DataFrame()
    names = [name for name in BUCKETS if name in sums.index]
    n = sums.loc[names, "n"].to_numpy() if total else np.array([])
    low, high = proportions.proportion_interval(n, total, level=level)
    table = pd.DataFrame({"bucket": names, "n": n, "value": n / max(total, 1), "low": low, "high": high})
    table["mails"] = sums.loc[names, "mails"].to_numpy() if total else []
    reason = "" if model else message("no log shows what the people on the list got and clicked, or too few clicked")
    rules = _rules(then, after, level) if reach[1] else pd.DataFrame(columns=OF_RULES)
    return Inactive(placed, table[OF_BUCKETS], rules, model, days, reason)


def fitted(each: pd.DataFrame) -> BetaBinomial | None:
    """How often people click, of those on the list through the whole window; None: too few."""
    through = each[each["in_time"].astype(bool)] if len(each) else each
    if len(through) < PEOPLE:
        return None
    clicks, mails = through["clicked"] + through["clicked_before"], through["mails"] + through["mails_before"]
    return beta_binomial.fit(clicks.astype(float), mails.astype(float))


def reaction(each: pd.DataFrame, model: BetaBinomial | None) -> pd.Series:
    """The chance of each to click at least one of as many mails as half of the list got in the window.

    Source: the posterior of a beta-binomial, Skellam (1948); silence as beta-geometric, Fader, Hardie & Shang (2010).
    """
    through = each[each["in_time"].astype(bool) & (each["mails"] > 0)]
    if model is None or through.empty:
        return pd.Series(np.nan, index=each.index)
    done = (each["clicked"] + each["clicked_before"]).astype(float)
    times = (each["mails"] + each["mails_before"]).astype(float)
    ahead = float(np.ceil(through["mails"].median()))
    return pd.Series(1 - beta_binomial.rest_chance(model, ahead, done=done, times=times), index=each.index)


def _buckets(each: pd.DataFrame, model: BetaBinomial | None, *, reached: bool) -> np.ndarray:
    chance = reaction(each, model)
    signal, in_time = each["signal"].astype(bool), each["in_time"].astype(bool)
    conditions = [
        signal, ~in_time, np.full(len(each), not reached), each["opened"] > 0, ~(chance <= LIMIT),
        each["opened_by_machine"] > 0,
    ]  # fmt: skip
    return np.select(conditions, ["active", "new", "no log", "opened", "luck", "machine"], "nothing")


def _rules(then: pd.DataFrame, after: pd.DataFrame, level: float) -> pd.DataFrame:
    """What each rule would have taken off then, and what these people did afterwards."""
    model, rows = fitted(then), []
    if model is None:
        return pd.DataFrame(columns=OF_RULES)
    quiet = then["in_time"].astype(bool) & ~then["signal"].astype(bool) & (then["opened"] == 0)
    chance = reaction(then, model)
    for limit in LIMITS:
        gone = then.loc[quiet & (chance <= limit), ["contact_key"]]
        did = gone.merge(after, on="contact_key")
        back = int(((did["clicked"] > 0) | (did["orders"] > 0)).sum())
        low, high = proportions.proportion_interval(back, len(gone), level=level)
        value = back / len(gone) if len(gone) else np.nan
        sums = [did[name].sum(skipna=False) for name in ("orders", "revenue", "complained", "unsubscribed")]
        rows.append((limit, len(gone), did["mails"].sum(), back, value, float(low), float(high), *sums))
    return pd.DataFrame(rows, columns=OF_RULES)


@result
class Inactive(Result):
    """Who would go, and what it would have cost.

    Attributes:
        people: a row a person on the list: EACH, bucket [of BUCKETS], chance [that the silence is luck; NaN: not
            known].
        buckets: a row a bucket: bucket, n [people], value, low, high [of the list], mails [of the window].
        rules: a row a simulated rule: limit [chance to react], n [people it would have taken off], mails [they got
            since], back [of n clicked or ordered since], value, low, high [back / n], orders, revenue, complained,
            unsubscribed [of n since]; NaN: no file tells it.
        model: how often people click; None where it is not known.
        days: of the window.
        reason: why nothing is known; "" where it is.
    """

    people: pd.DataFrame
    buckets: pd.DataFrame
    rules: pd.DataFrame
    model: BetaBinomial | None
    days: int
    reason: str | Message = ""

    def summary(self) -> Summary:
        """How many addresses the rule would take off, and how many cannot be judged."""
        total = len(self.people)
        numbers: dict[str, Any] = {"people": total}
        if self.reason:
            return Summary("inactive", _("It is not known who is inactive: {reason}.", reason=self.reason), numbers)
        by = dict(zip(self.buckets["bucket"], self.buckets["n"], strict=True))
        goes = int(sum(by.get(name, 0) for name in GOES))
        open_ones = int(sum(by.get(name, 0) for name in ("luck", "new", "no log")))
        numbers |= {"goes": goes, "undecided": open_ones, "value": goes / total}
        text = _n(
            "Of {n} address on the list, {goes} ({share}) would be removed: silent, with a chance of at most "
            "{limit} to react.",
            "Of {n} addresses on the list, {goes} ({share}) would be removed: silent, with a chance of at most "
            "{limit} to react.",
            total, n=whole(total), goes=whole(goes), share=share(goes / total), limit=share(LIMIT, 0),
        )  # fmt: skip
        further = _n("{n} address cannot be judged yet.", "{n} addresses cannot be judged yet.", open_ones)
        sentences = [text, further]
        for row in self.rules[self.rules["limit"] == LIMIT].to_dict("records"):
            if row["low"] > LIMIT:
                numbers["came_back"] = row["value"]
                sentences.append(
                    _(
                        "But of those that the same rule named {days} days ago, {value} came back. The chances are "
                        "too low here: ask people again, and remove nobody by this rule.",
                        days=self.days, value=cells.rate(row),
                    )
                )  # fmt: skip
        return Summary("inactive", " ".join(sentences), numbers, headline=True, weight=35)

    def rules_summary(self) -> Summary:
        """What the rule would have cost."""
        row = self.rules[self.rules["limit"] == LIMIT]
        if row.empty or not row["n"].iloc[0]:
            text = _(
                "It is not known what such a rule would have cost: the log is too short, or nobody would have "
                "been removed."
            )
            return Summary("sunset", text, {})
        rule = row.iloc[0]
        numbers = {"n": rule["n"], "back": rule["back"], "value": rule["value"]}
        text = _(
            "Removed {days} days ago, {n} addresses would have missed {mails} e-mails. {back} of them became active "
            "again, {value}.",
            days=self.days, n=whole(rule["n"]), mails=whole(rule["mails"]), back=whole(rule["back"]),
            value=cells.rate(rule),
        )  # fmt: skip
        return Summary("sunset", text, numbers)

    def table(self) -> Table:
        """Where the addresses of the list stand."""
        columns = (
            Column("bucket", message("In the last {days} days", days=self.days), BUCKETS.__getitem__),
            Column("n", message("Addresses"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
            Column("mails", message("E-mails received"), whole, unit="mails", number=True),
        )
        notes = (
            message("This is a trial calculation: nothing is removed, sent or written anywhere."),
            message(
                "The groups “Opened by machines only” and “Nothing at all” would be removed. Judging by all their "
                "e-mails and clicks, their chance to click in another such period is at most 10 %."
            ),
        )
        return Table("inactive", message("The list by activity"), self.buckets, columns, notes,
                     message("{reason}.", reason=self.reason))  # fmt: skip

    def rules_table(self) -> Table:
        """What rules would have taken off one window ago, and what these people did since."""
        columns = (
            Column(
                "limit", message("Chance to react, at most"), lambda limit: share(limit, 0), unit="share", number=True
            ),
            Column("n", message("Addresses removed"), whole, unit="people", number=True),
            Column("value", message("Active again"), cells.rate, unit="share", number=True, whole_row=True),
            Column("mails", message("E-mails saved"), whole, unit="mails", number=True),
            Column("orders", message("Orders since"), whole, unit="orders", number=True),
            Column("revenue", message("Revenue since"), whole, unit="money", number=True),
            Column("complained", message("Complaints avoided"), whole, unit="mails", number=True),
            Column("unsubscribed", message("Unsubscribes avoided"), whole, unit="mails", number=True),
        )
        notes = (
            message(
                "Orders since are the most that the rule could have lost. People who order without a click might "
                "have ordered without e-mails, too."
            ),
        )
        return Table("sunset", message("What such a rule, applied {days} days ago, would have done", days=self.days),
                     self.rules,
                     columns, notes,
                     message("the log does not cover two periods."))  # fmt: skip

    def write(self, data: Data, folder: str, *, addresses: bool = False) -> Path | None:
        """Write who would go as inactive.csv; see `kit.store.lists.write`."""
        return lists.write(self.listed(), data, folder, "inactive.csv", addresses=addresses)

    def listed(self) -> pd.DataFrame:
        """Who would go, as many as the summary counts, by their chance to react."""
        gone = self.people[self.people["bucket"].isin(GOES)].sort_values(["chance", "contact_key"], ignore_index=True)
        return gone[["contact_key", "bucket", "mails", "mails_before", "clicked_before", "chance"]]

    def plot(self, ax: Axes | None = None) -> Picture:
        """The list by signs of life."""
        title = _("The list by activity, last {days} days", days=self.days)
        if self.buckets.empty or self.reason:
            return nothing("inactive", title, self.reason or message("nobody is on the list"))
        rows = self.buckets.iloc[::-1]
        names = [str(BUCKETS[name]) for name in rows["bucket"]]
        with drawing(0.9 + 0.34 * len(rows), ax) as axes:
            colors = [BAD if name in GOES else PLAIN for name in rows["bucket"]]
            axes.barh(range(len(rows)), rows["value"], color=colors, height=0.6)
            for place, (value, n) in enumerate(zip(rows["value"], rows["n"], strict=True)):
                axes.text(value, place, f" {whole(n)}", va="center", fontsize=9.5)
            axes.set_yticks(range(len(rows)), names)
            axes.xaxis.set_major_formatter(percent(1))
            axes.set_xlim(0, rows["value"].max() * 1.18)
            axes.set_xlabel(_("share of the list (red: would be removed)"))
            axes.grid(visible=False, axis="y")
            parts = [f"{name} {share(value)}" for name, value in zip(names[::-1], rows["value"][::-1], strict=True)]
            return picture(
                axes, name="inactive", title=title, alt=_("{title}: {parts}.", title=title, parts=commas(parts))
            )


_PERSON = message("an address on the list")
_SOURCE = "Fader, Hardie & Shang (2010), doi:10.1287/mksc.1100.0580; guide 4"

FIGURES = (
    Figure(
        "sign_of_life", message("The list by activity"),
        message("addresses of the group / addresses on the list"),
        _PERSON, _SOURCE,
        ("inactive.n", "inactive.value", "inactive.mails", "inactive.people", "inactive.goes", "inactive.undecided"),
        window=message("the last days up to as_of"), interval=WILSON,
        edge=message("a click by a person, an order or a booking counts as activity; an open by a person keeps the "
                     "address on the list"),
    ),
    Figure(
        "sunset_rule", message("Cost of a rule against inactive addresses"),
        message("of the addresses that the rule would have removed: those that clicked or ordered since / all"),
        _PERSON,
        _SOURCE,
        ("sunset.limit", "sunset.n", "sunset.value", "sunset.mails", "sunset.orders", "sunset.revenue",
         "sunset.complained", "sunset.unsubscribed", "sunset.back", "inactive.came_back"),
        window=message("based on what was known one period ago, and followed since"), interval=WILSON,
        edge=message("orders since are an upper bound of the loss"),
    ),
)  # fmt: skip
