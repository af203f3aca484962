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
from kit.errors import UsageError
from kit.judging import LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import silence, subscribers
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import commas, share, whole
from kit.show.picture import BAD, PLAIN, QUIET, Picture, drawing, nothing, picture
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

LIMIT, LIMITS = 0.1, (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Chances to react up to which the rule takes an address off where the own history does not say it, and those that are
tried on it."""

ACCEPTED = 0.1
"""Share of removed addresses that may become active again."""

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

BASES = ("history", "none fits", "unchecked")
"""What the limit rests on: a dry run; a dry run by which every limit errs too often, so that nobody is removed and
people are asked again; or nothing, since there is no history to try it on."""

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


def measure(data: Data, *, days: int = 180, accepted: float = ACCEPTED) -> Inactive:
    """Who is inactive beyond luck, and what such a rule would have cost `days` ago.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        days: the window.
        accepted: the share of removed addresses that may become active again; the limit of the rule follows from it.

    Raises:
        UsageError: the share is none between 0 and 1.

    Source: guide 4; as notebook 09's silence (beta-geometric silence of people who differ).
    """
    if not 0 < accepted < 1:
        raise UsageError(_("accepted: {share} is no share between 0 and 1.", share=str(accepted)))
    now, then = people(data, days=days), people(data, days=days, ago=days)
    first = begins(data)["first"]
    reaches = [
        data.as_of is not None and bool((first <= data.as_of - timedelta(days=span)).any()) for span in (days, 2 * days)
    ]
    return judge(now, then, later(data, days=days), (reaches[0], reaches[1]), days=days, accepted=accepted)


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
    accepted: float = ACCEPTED,
    level: float = LEVEL,
) -> Inactive:
    """Who is inactive, and what rules would have cost.

    Args:
        now: what `people` returned.
        then: the same of so many days ago.
        after: what `later` returned.
        reach: whether the log covers the window, and the one before it.
        days: of the window.
        accepted: the share of removed addresses that may become active again.
        level: confidence.
    """
    model = fitted(now)
    rules = _rules(then, after, level) if reach[1] else pd.DataFrame(columns=OF_RULES)
    limit, basis = calibrated(rules, accepted)
    placed = now.assign(bucket=_buckets(now, model, limit, reached=reach[0]), chance=reaction(now, model))
    total = len(placed)
    sums = placed.groupby("bucket").agg(n=("bucket", "size"), mails=("mails", "sum")) if total else pd.DataFrame()
    names = [name for name in BUCKETS if name in sums.index]
    n = sums.loc[names, "n"].to_numpy() if total else np.array([])
    low, high = proportions.proportion_interval(n, total, level=level)
    table = pd.DataFrame({"bucket": names, "n": n, "value": n / max(total, 1), "low": low, "high": high})
    table["mails"] = sums.loc[names, "mails"].to_numpy() if total else []
    reason = "" if model else message("no log shows what the people on the list got and clicked, or too few clicked")
    return Inactive(placed, table[OF_BUCKETS], rules, model, days, reason, accepted, limit, basis)


def calibrated(rules: pd.DataFrame, accepted: float) -> tuple[float, str]:
    """The limit of the rule, and its basis.

    The highest limit at which, surely, no more of those whom it would have removed became active than is accepted.
    Where there is none, or nothing to try it on, it is LIMIT.

    Args:
        rules: what each limit would have done: OF_RULES.
        accepted: the share.

    Returns:
        The limit, and of BASES what it rests on.
    """
    tried = rules[rules["n"] >= PEOPLE] if len(rules) else rules
    if tried.empty:
        return LIMIT, "unchecked"
    fitting = tried.loc[tried["high"] <= accepted, "limit"]
    return (float(fitting.max()), "history") if len(fitting) else (LIMIT, "none fits")


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


def _buckets(each: pd.DataFrame, model: BetaBinomial | None, limit: float, *, reached: bool) -> np.ndarray:
    chance = reaction(each, model)
    signal, in_time = each["signal"].astype(bool), each["in_time"].astype(bool)
    conditions = [
        signal, ~in_time, np.full(len(each), not reached), each["opened"] > 0, ~(chance <= limit),
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
        accepted: the share of removed addresses that may become active again.
        limit: of the rule [chance to react].
        basis: of BASES.
    """

    people: pd.DataFrame
    buckets: pd.DataFrame
    rules: pd.DataFrame
    model: BetaBinomial | None
    days: int
    reason: str | Message = ""
    accepted: float = ACCEPTED
    limit: float = LIMIT
    basis: str = "unchecked"

    @property
    def rule(self) -> dict[str, Any] | None:
        """What the rule would have done; None where nobody knows, or nobody would have gone."""
        rows = self.rules[self.rules["limit"] == self.limit].to_dict("records") if len(self.rules) else []
        return {str(name): value for name, value in rows[0].items()} if rows and rows[0]["n"] else None

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
        values = {"n": whole(total), "goes": whole(goes), "share": share(goes / total), "limit": share(self.limit, 0)}
        if self.basis == "none fits":
            text = _n(
                "Of {n} address on the list, {goes} ({share}) should be asked again: silent, with a chance of at most "
                "{limit} to react.",
                "Of {n} addresses on the list, {goes} ({share}) should be asked again: silent, with a chance of at "
                "most {limit} to react.",
                total, **values,
            )  # fmt: skip
        else:
            text = _n(
                "Of {n} address on the list, {goes} ({share}) would be removed: silent, with a chance of at most "
                "{limit} to react.",
                "Of {n} addresses on the list, {goes} ({share}) would be removed: silent, with a chance of at most "
                "{limit} to react.",
                total, **values,
            )  # fmt: skip
        sentences = [text, _n("{n} address cannot be judged yet.", "{n} addresses cannot be judged yet.", open_ones)]
        numbers["limit"] = self.limit
        if self.basis == "unchecked":
            sentences.append(_("This limit is not checked: the log does not cover two periods."))
        elif self.basis == "none fits" and self.rule:
            numbers["came_back"] = self.rule["value"]
            sentences.append(
                _(
                    "Remove nobody by such a rule: of those that it named {days} days ago, {value} became active "
                    "again. You accept {accepted}.",
                    days=self.days, value=cells.rate(self.rule), accepted=share(self.accepted, 0),
                )
            )  # fmt: skip
        elif self.basis == "none fits":
            sentences.append(
                _("Remove nobody: of the limits tried on the past, none keeps within the {accepted} that you accept.",
                  accepted=share(self.accepted, 0))
            )  # fmt: skip
        return Summary("inactive", " ".join(sentences), numbers, headline=True, weight=35)

    def rules_summary(self) -> Summary:
        """What the rule would have cost."""
        rule = self.rule
        if rule is None:
            text = _(
                "It is not known what such a rule would have cost: the log is too short, or nobody would have "
                "been removed."
            )
            return Summary("sunset", text, {})
        numbers = {"n": rule["n"], "back": rule["back"], "value": rule["value"]}
        text = _(
            "Removed {days} days ago, {n} addresses would have missed {mails} e-mails. {back} of them became active "
            "again, {value}.",
            days=self.days, n=whole(rule["n"]), mails=whole(rule["mails"]), back=whole(rule["back"]),
            value=cells.rate(rule),
        )  # fmt: skip
        if self.basis == "history":
            more = _(
                "Up to a limit of {limit}, no more became active again than the {accepted} that you accept.",
                limit=share(self.limit, 0), accepted=share(self.accepted, 0),
            )  # fmt: skip
            text = f"{text} {more}"
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
                "The rule names the groups “Opened by machines only” and “Nothing at all”. Judging by all their "
                "e-mails and clicks, their chance to click in another such period is at most {limit}.",
                limit=share(self.limit, 0),
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
            message(
                "You accept that {accepted} of the removed become active again. The rule takes the highest limit whose "
                "interval stays within it, with {n} addresses or more.",
                accepted=share(self.accepted, 0), n=PEOPLE,
            ),
        )  # fmt: skip
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
        gone["step"] = "ask again" if self.basis == "none fits" else "remove"
        return gone[["contact_key", "bucket", "mails", "mails_before", "clicked_before", "chance", "step"]]

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
            axes.set_xlabel(_("share of the list (red: named by the rule)"))
            axes.grid(visible=False, axis="y")
            parts = [f"{name} {share(value)}" for name, value in zip(names[::-1], rows["value"][::-1], strict=True)]
            return picture(
                axes, name="inactive", title=title, alt=_("{title}: {parts}.", title=title, parts=commas(parts))
            )

    def rules_plot(self, ax: Axes | None = None) -> Picture:
        """What each limit would have taken off, and how many of these became active again."""
        title = _("Addresses removed by each limit, and how many became active again")
        rows = self.rules[self.rules["n"] > 0].to_dict("records") if len(self.rules) else []
        if not rows:
            return nothing("sunset", title, message("the log does not cover two periods"))
        with drawing(3.0, ax) as axes:
            axes.axhline(self.accepted, color=QUIET, linewidth=1)
            axes.annotate(_("accepted: {share}", share=share(self.accepted, 0)), (1, self.accepted),
                          xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9.5)  # fmt: skip
            for place, row in enumerate(rows):
                mine = self.basis == "history" and row["limit"] == self.limit
                color = BAD if row["high"] > self.accepted else PLAIN
                axes.plot([place, place], [row["low"], row["high"]], color=color, linewidth=2.4)
                axes.plot(place, row["value"], "D" if mine else "o", color=color, markersize=8)
            names = [f"{share(row['limit'], 0)}\n{whole(row['n'])}" for row in rows]
            axes.set_xticks(range(len(rows)), names)
            axes.set_xlim(-0.5, len(rows) - 0.5)
            top = max(self.accepted, *(row["high"] for row in rows)) * 1.15
            axes.set_ylim(0, top)
            axes.yaxis.set_major_formatter(percent(1))
            axes.set_xlabel(_("limit of the chance to react, and addresses removed"))
            axes.grid(visible=False, axis="x")
            parts = [
                _("up to {limit} {n} addresses, {value}", limit=share(row["limit"], 0), n=whole(row["n"]),
                  value=cells.rate(row))
                for row in rows
            ]  # fmt: skip
            return picture(axes, name="sunset", title=title, alt=_("{title}: {parts}.", title=title,
                                                                   parts=commas(parts)))  # fmt: skip


_PERSON = message("an address on the list")
_SOURCE = "Fader, Hardie & Shang (2010), doi:10.1287/mksc.1100.0580; guide 4"

FIGURES = (
    Figure(
        "sign_of_life", message("The list by activity"),
        message("addresses of the group / addresses on the list"),
        _PERSON, _SOURCE,
        ("inactive.n", "inactive.value", "inactive.mails", "inactive.people", "inactive.goes", "inactive.undecided",
         "inactive.limit"),
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
