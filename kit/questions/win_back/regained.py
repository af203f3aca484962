"""Who came back because of the mail: people of the test against those who, drawn at random, got none.

Without people left out no effect is shown: who is written to when silent for longest does better afterwards in any
case, since nobody's worst time lasts (regression to the mean).
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import ALPHA, EVENTS, LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.lapsed.leaving import REASONS
from kit.questions.sales_cycle.holdout import NEWCOMBE, VERSIONS
from kit.questions.win_back.tried import ATTRIBUTES, STRATA, WINDOWS
from kit.show import cells
from kit.show.formats import commas, decimal, known, p_value, points, share, span, whole, with_interval
from kit.show.picture import INK, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions, stratified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.questions.win_back.tried import Tried

OF_VERSION = {
    "offer": message("Offer"),
    "subject": message("Subject line"),
    "call_to_action": message("Call to action"),
    "send_slot": message("Hour of sending"),
    "mails_per_week": message("E-mails a week"),
}
"""What a file may say of an arm."""

REASON = message("Reason for leaving")
OF_GROUP = STRATA | ATTRIBUTES | {"reason": REASON}

MEASURES = ["n", "x", "value", "low", "high", "held_n", "held_x", "held_value", "held_low", "held_high", "difference",
            "difference_low", "difference_high", "p"]  # fmt: skip
OF_WINDOWS = ["days", *MEASURES, "orders", "held_orders"]
OF_ARMS = ["factor", "level", *MEASURES, "decision"]
OF_OFFERS = ["reason", "best", "other", "difference", "p"]
OF_GROUPS = ["attribute", "level", *MEASURES]

DECISIONS = {
    "more": message("more came back than without"),
    "fewer": message("fewer came back than without"),
    "not decided": message("no clear winner"),
    "too few": message("too little data to judge"),
    "shown alone": message("no effect shown"),
}


def judge(tried: Tried, *, level: float = LEVEL) -> Regained:
    """Who came back because of the mail, by assignment.

    Args:
        tried: what `tried.measure` returned.
        level: confidence.

    Source: guide 4; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Holm (1979),
    jstor.org/stable/4615733; sample ratio: Fabijan et al. (2019), doi:10.1145/3292500.3330722.
    """
    followed = tried.followed(tried.days)
    came = (tried.within(tried.days)["orders"] > 0).to_numpy() if len(tried.people) else np.array([], dtype=bool)
    people = tried.people.assign(came=came)[followed.to_numpy()] if len(tried.people) else tried.people
    if tried.problem:
        return Regained(tried, pd.DataFrame(columns=OF_WINDOWS), _arms(people, level, effect=False),
                        pd.DataFrame(columns=OF_GROUPS), {}, {})  # fmt: skip
    between = {name: _between(people, name) for name in VERSIONS if _levels(people, name).size > 1}
    adjusted = multiplicity.adjust(list(between.values()), "holm") if between else []
    groups, differs = _groups(people, level)
    return Regained(
        tried, _windows(tried, level), _arms(people, level, effect=True), groups,
        dict(zip(between, map(float, adjusted), strict=True)), differs, _offers(groups),
    )  # fmt: skip


def _windows(tried: Tried, level: float) -> pd.DataFrame:
    """A row a window that at least one person of each side was followed for."""
    rows = []
    for days in sorted({*WINDOWS, tried.days}):
        followed = tried.followed(days).to_numpy()
        did, held = tried.within(days), tried.held.to_numpy()
        sides = [did.loc[followed & side, "orders"] for side in (held, ~held)]
        if not all(map(len, sides)):
            continue
        without, treated = sides
        row = _measures(int((treated > 0).sum()), len(treated), int((without > 0).sum()), len(without), level)
        rows.append((days, *row, treated.mean(), without.mean()))
    return pd.DataFrame(rows, columns=OF_WINDOWS)


def _measures(x: int, n: int, held_x: int, held_n: int, level: float) -> tuple[float, ...]:
    """MEASURES of two sides; NaN where a side has nobody."""
    low, high = proportions.proportion_interval([x, held_x], [n, held_n], level=level)
    gap = proportions.proportion_difference(held_x, held_n, x, n, level=level)
    values = [count / total if total else np.nan for count, total in ((x, n), (held_x, held_n))]
    return (n, x, values[0], low[0], high[0], held_n, held_x, values[1], low[1], high[1],
            gap.value, gap.low, gap.high, gap.p)  # fmt: skip


def _levels(people: pd.DataFrame, name: str) -> np.ndarray:
    """What the arms with mail have of one version, in order."""
    mailed = people[~people["is_holdout"].fillna(value=False).astype(bool)]
    return np.sort(mailed[name].dropna().unique()) if name in mailed else np.array([])


def _between(people: pd.DataFrame, name: str) -> float:
    """The p of equal shares of all levels of one version."""
    mailed = people[~people["is_holdout"].fillna(value=False).astype(bool) & people[name].notna()]
    sums = mailed.groupby(name)["came"].agg(["sum", "size"])
    return proportions.chi_square_homogeneity(sums["sum"], sums["size"]).p


def _arms(people: pd.DataFrame, level: float, *, effect: bool) -> pd.DataFrame:
    """A row an arm with mail, and a level of each version that the file names, against those without mail."""
    if people.empty:
        return pd.DataFrame(columns=OF_ARMS)
    held = people["is_holdout"].fillna(value=False).astype(bool)
    without, rows = people.loc[held, "came"], []
    for factor in ("arm", *VERSIONS):
        levels = _levels(people, factor)
        if factor != "arm" and levels.size < 2:
            continue
        for name in levels:
            mine = people.loc[~held & (people[factor] == name), "came"]
            sides = (int(without.sum()), len(without)) if effect else (0, 0)
            rows.append((factor, _level_name(name), *_measures(int(mine.sum()), len(mine), *sides, level)))
    frame = pd.DataFrame(rows, columns=OF_ARMS[:-1])
    frame["p"] = multiplicity.adjust(frame["p"], "holm")
    return frame.assign(decision=[_decision(row, effect=effect) for row in frame.to_dict("records")])


def _level_name(name: object) -> str:
    return decimal(name, 1).removesuffix(".0") if isinstance(name, float) else str(name)


def _decision(row: Mapping[Any, Any], *, effect: bool) -> str:
    if not effect:
        return "shown alone"
    total = row["n"] + row["held_n"]
    common = (row["x"] + row["held_x"]) / total if total else 0.0
    if min(row["n"], row["held_n"]) * min(common, 1 - common) < EVENTS:
        return "too few"
    if not row["p"] <= ALPHA:
        return "not decided"
    return "more" if row["difference"] > 0 else "fewer"


def _groups(people: pd.DataFrame, level: float) -> tuple[pd.DataFrame, dict[str, float]]:
    """The lift in each group by what was known before the assignment, and of each attribute whether it differs.

    Also the groups by reason and offer, where the arms have offers.
    """
    held = people["is_holdout"].astype(bool)
    named = dict.fromkeys(OF_GROUP)
    frame = people
    if _levels(people, "offer").size > 1:
        named["reason_offer"] = None
    rows, differs = [], {}
    for attribute in named:
        if attribute == "reason_offer":
            rows += _crossed(frame, held, level)
            continue
        parts = [(name, frame[attribute] == name) for name in _large(frame[attribute])]
        if len(parts) < 2:
            continue
        sides = [_sides(frame, inside, held) for _name, inside in parts]
        rows += [
            (attribute, name, *_measures(*side, level)) for (name, _inside), side in zip(parts, sides, strict=True)
        ]
        x, n, held_x, held_n = map(np.array, zip(*sides, strict=True))
        enough = min(x.sum(), held_x.sum()) >= EVENTS * len(parts)
        differs[attribute] = stratified.mantel_haenszel(held_x, held_n, x, n).uneven_p if enough else np.nan
    adjusted = multiplicity.adjust(list(differs.values()), "holm") if differs else []
    return pd.DataFrame(rows, columns=OF_GROUPS), dict(zip(differs, map(float, adjusted), strict=True))


def _large(names: pd.Series) -> list[str]:
    """Levels with enough people: parts of numbers from the lowest, others by name."""
    sizes = names.dropna().astype(str).value_counts()
    places = {"\N{LESS-THAN OR EQUAL TO}": 0, ">": 2}
    return sorted(sizes.index[sizes >= PEOPLE], key=lambda name: (places.get(name[:1], 1), name))


def _sides(people: pd.DataFrame, inside: pd.Series, held: pd.Series) -> tuple[int, int, int, int]:
    mine = [people.loc[inside & side, "came"] for side in (~held, held)]
    return int(mine[0].sum()), len(mine[0]), int(mine[1].sum()), len(mine[1])


def _crossed(people: pd.DataFrame, held: pd.Series, level: float) -> list[tuple[Any, ...]]:
    """Rows by reason and offer, each against those of the same reason without mail."""
    rows: list[tuple[Any, ...]] = []
    for reason in [name for name in REASONS if (people["reason"] == name).any()]:
        of_reason = people["reason"] == reason
        without = people.loc[of_reason & held, "came"]
        for offer in _levels(people, "offer"):
            mine = people.loc[of_reason & ~held & (people["offer"] == offer), "came"]
            if len(mine) + len(without) < PEOPLE:
                continue
            name = f"{reason}|{offer}"
            rows.append(("reason_offer", name, *_measures(int(mine.sum()), len(mine), int(without.sum()), len(without),
                                                          level)))  # fmt: skip
    return rows


def _offers(groups: pd.DataFrame) -> pd.DataFrame:
    """OF_OFFERS: which offer works for which reason, of those with mail alone; unknown reasons are none."""
    crossed = groups[groups["attribute"] == "reason_offer"]
    if crossed.empty:
        return pd.DataFrame(columns=OF_OFFERS)
    named = crossed.assign(reason=crossed["level"].str.partition("|")[0], offer=crossed["level"].str.partition("|")[2])
    rows = []
    for reason, mine in named[named["reason"] != "unknown"].groupby("reason", sort=False):
        common = mine["x"].sum() / mine["n"].sum()
        if len(mine) < 2 or mine["n"].min() * min(common, 1 - common) < EVENTS:
            continue
        p = proportions.chi_square_homogeneity(mine["x"], mine["n"]).p
        ordered = mine.sort_values("value", ascending=False)
        best, other = ordered.iloc[0], ordered.iloc[-1]
        rows.append((str(reason), best["offer"], other["offer"], float(best["value"] - other["value"]), p))
    frame = pd.DataFrame(rows, columns=OF_OFFERS)
    return frame.assign(p=multiplicity.adjust(frame["p"].astype(float), "holm")) if rows else frame


@result
class Regained(Result):
    """Who came back because of the mail.

    Attributes:
        tried: the people of the test.
        windows: a row a window: days, n, x, value, low, high [with mail: people, those who came back, share],
            held_n, held_x, held_value, held_low, held_high [without], difference, difference_low, difference_high [of
            the shares], p, orders, held_orders [days with orders a person].
        arms: a row an arm and level of a version: factor ["arm" or of VERSIONS], level, the same, p [Holm over all
            rows], decision [of DECISIONS].
        groups: a row an attribute of people before the assignment and level; "reason_offer": a reason and an offer.
        between: of each version that has levels the p that they bring back alike [Holm].
        differs: of each attribute the p that the lift is alike in its levels [Holm; Tarone].
        offers: a row a reason: reason, best, other [the offers with most and fewest who came back], difference [of the
            shares], p [that all offers bring back alike; Holm over reasons].
    """

    tried: Tried
    windows: pd.DataFrame
    arms: pd.DataFrame
    groups: pd.DataFrame
    between: dict[str, float]
    differs: dict[str, float]
    offers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=OF_OFFERS))

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The row of the window that decides; None where nobody of a side was followed for so long."""
        rows = self.windows[self.windows["days"] == self.tried.days].to_dict("records")
        return {str(name): value for name, value in rows[0].items()} if rows else None

    def summary(self) -> Summary:
        """Whether the mail brought people back."""
        row, tried = self.chosen, self.tried
        if tried.problem or row is None:
            why = tried.problem or message("nobody was followed for {days} days", days=tried.days)
            text = _("What win-back mail brings is not known: {why}.", why=why)
            return Summary("regained", f"{text} {self._alone()}".strip(), self._numbers_alone(), headline=True,
                           weight=52, next_step=_("Leave a part of the lapsed, drawn at random, without mail; the plan "
                                                  "below says how many."))  # fmt: skip
        numbers = {name: row[name] for name in ("n", "held_n", "value", "held_value", "difference", "p")}
        values = {
            "days": tried.days, "points": points(row["difference"]),
            "interval": span(row["difference_low"], row["difference_high"]), "n": whole(row["n"]),
            "value": share(row["value"]), "held": share(row["held_value"]), "m": whole(row["held_n"]),
        }  # fmt: skip
        decision = _decision(row, effect=True)
        if decision == "more":
            text = _(
                "Mail brought people back: {value} of {n} with mail came within {days} days, {held} of {m} without: "
                "{points} points ({interval}).",
                **values,
            )
        elif decision == "fewer":
            text = _(
                "Mail kept people away: {value} of {n} with mail came within {days} days, {held} of {m} without: "
                "{points} points ({interval}).",
                **values,
            )
        elif decision == "too few":
            text = _(
                "Too few people came back for a verdict on the e-mails. Within {days} days, {value} of {n} came "
                "back with e-mail and {held} of {m} without: {points} points ({interval}).",
                **values,
            )
        else:
            text = _(
                "Whether mail brings people back is not decided: within {days} days {value} of {n} with mail came, "
                "{held} of {m} without: {points} points ({interval}).",
                **values,
            )
        step = _("Keep people without mail in the next test too; the plan below says how many are needed.")
        return Summary("regained", " ".join([text, *self._pulled(row)]), numbers, headline=True, weight=62,
                       next_step=step)  # fmt: skip

    def _numbers_alone(self) -> dict[str, Any]:
        gone, back, value, _low, _high = self.tried.by_themselves
        return {"lapsed": gone, "back": back, "returned": value}

    def _alone(self) -> str:
        """How many come back in any case, where that is known."""
        gone, back, value, low, high = self.tried.by_themselves
        if not gone:
            return ""
        return _n(
            "Of {n} customer who had lapsed {days} days earlier {back} came back since, {value}, whatever was sent; no "
            "part of it may be booked on mail.",
            "Of {n} customers who had lapsed {days} days earlier {back} came back since, {value}, whatever was sent; "
            "no part of it may be booked on mail.",
            gone, n=whole(gone), days=self.tried.days, back=whole(back), value=with_interval(value, low, high),
        )  # fmt: skip

    def _pulled(self, row: Mapping[str, Any]) -> list[str]:
        """What a longer window says of a lead, if there is one."""
        longer = self.windows[self.windows["days"] > row["days"]]
        if longer.empty or not row["difference_low"] > 0:
            return []
        last = longer.iloc[-1]
        values = {"days": int(last["days"]), "points": points(last["difference"]),
                  "interval": span(last["difference_low"], last["difference_high"])}  # fmt: skip
        if last["difference_low"] > 0:
            return [_("The lead holds over {days} days: {points} points ({interval}).", **values)]
        text = _(
            "Over {days} days no lead is seen any more ({points} points, {interval}): purchases may only have come "
            "earlier.",
            **values,
        )
        return [text]

    def by_version_summary(self) -> Summary:
        """Which version brought more people back, and for which reason which offer."""
        numbers: dict[str, Any] = {f"{name}_p": p for name, p in self.between.items()}
        if not self.between:
            text = _("It is not known which version works: the file of the test names none, or shows no effect.")
            return Summary("by_version", text, numbers)
        sentences = []
        for name in [name for name, p in self.between.items() if p <= ALPHA]:
            rows = self.arms[self.arms["factor"] == name].sort_values("value", ascending=False).to_dict("records")
            text = _(
                "{what}: “{best}” brought {points} points, “{worst}” {others}.",
                what=OF_VERSION[name], best=rows[0]["level"], points=points(rows[0]["difference"]),
                worst=rows[-1]["level"], others=points(rows[-1]["difference"]),
            )  # fmt: skip
            sentences.append(text)
        for row in self.offers[self.offers["p"] <= ALPHA].to_dict("records"):
            text = _(
                "Who left for “{reason}” came back with “{offer}”: {points} points more than with “{other}”.",
                reason=REASONS[row["reason"]], offer=row["best"], points=points(row["difference"]), other=row["other"],
            )  # fmt: skip
            sentences.append(text)
        alike = [str(OF_VERSION[name]) for name, p in self.between.items() if not p <= ALPHA]
        if alike:
            sentences.append(_("No difference over all people is seen by: {what}.", what=commas(alike)))
        numbers["offers"] = int((self.offers["p"] <= ALPHA).sum())
        return Summary("by_version", " ".join(sentences), numbers, headline=len(sentences) > len(alike[:1]), weight=41)

    def table(self) -> Table:
        """With mail and without, over several windows."""
        columns = (
            Column("days", message("Within (days)"), whole, unit="days", number=True),
            Column("n", message("People with mail"), whole, unit="people", number=True),
            Column("value", message("Came back"), cells.rate, unit="share", number=True, whole_row=True),
            Column("held_n", message("Without"), whole, unit="people", number=True),
            Column("held_value", message("Came back without"), cells.rate_of("held_value"), unit="share", number=True,
                   whole_row=True),
            Column("difference", message("Lift (points)"), _lift, unit="share", number=True, whole_row=True),
            Column("orders", message("Orders a person"), lambda value: decimal(value, 2), unit="orders", number=True),
            Column("held_orders", message("Orders a person without"), lambda value: decimal(value, 2), unit="orders",
                   number=True),
        )  # fmt: skip
        frame = self.windows.rename(columns={"held_low": "held_value_low", "held_high": "held_value_high"})
        notes = (
            message(
                "Everybody counts in the arm they were drawn for, whatever mail brought them back. Each window counts "
                "those who were followed for all of it."
            ),
            *self._checks(),
        )
        empty = message("{why}.", why=self.tried.problem or message("nobody was followed for so long"))
        return Table("regained", message("Came back, with mail and without"), frame, columns, notes, empty)

    def _checks(self) -> tuple[Message | str, ...]:
        tried, notes = self.tried, []
        if known(tried.split_p):
            notes.append(message("The arms against their planned shares: {p}.", p=p_value(tried.split_p)))
        if known(tried.balance_p):
            text = message(
                "Arms over groups by what people had done before, as chance would draw them: {p}. Below {limit} no "
                "effect is shown.",
                p=p_value(tried.balance_p), limit=decimal(0.001, 3),
            )  # fmt: skip
            notes.append(text)
        return tuple(notes)

    def arms_table(self) -> Table:
        """Arms, and what they differ in, against those without mail."""
        columns = (
            Column("factor", message("What"), lambda name: OF_VERSION.get(name, message("Group"))),
            Column("level", message("Value")),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Came back"), cells.rate, unit="share", number=True, whole_row=True),
            Column("difference", message("Lift (points)"), _lift, unit="share", number=True, whole_row=True),
            Column("p", message("Adjusted p"), lambda p: p_value(p) if known(p) else "–", number=True),
            Column("decision", message("Verdict"), DECISIONS.__getitem__),
        )
        notes = [message("Within {days} days, against those without mail. p is adjusted by Holm over all rows.",
                         days=self.tried.days)]  # fmt: skip
        for name, p in self.between.items():
            text = (
                message("{what}: the versions do not bring back alike, {p}.", what=OF_VERSION[name], p=p_value(p))
                if p <= ALPHA
                else message("{what}: no difference between the versions is seen ({p}).", what=OF_VERSION[name],
                             p=p_value(p) if known(p) else UNKNOWN_P)
            )  # fmt: skip
            notes.append(text)
        missing = [str(OF_VERSION[name]) for name in VERSIONS if name not in self.between]
        if missing:
            notes.append(message("Not compared, because the file names no versions: {what}.", what=commas(missing)))
        empty = message("no file says who got which mail.")
        return Table("regained_arms", message("Came back, by arm"), self.arms, columns, tuple(notes), empty)

    def groups_table(self) -> Table:
        """The lift in groups of people as they were before the assignment."""
        columns = (
            Column("attribute", message("Group by"), lambda name: OF_GROUP.get(name, REASON_OFFER)),
            Column("level", message("Value"), _level, whole_row=True),
            Column("n", message("People with mail"), whole, unit="people", number=True),
            Column("value", message("Came back"), cells.rate, unit="share", number=True, whole_row=True),
            Column("held_n", message("Without"), whole, unit="people", number=True),
            Column("held_value", message("Came back without"), share, unit="share", number=True),
            Column("difference", message("Lift (points)"), _lift, unit="share", number=True, whole_row=True),
        )
        uneven = [str(OF_GROUP[name]) for name, p in self.differs.items() if p <= ALPHA]
        notes = (
            message("The lift differs by: {what} (Tarone's test, Holm over all attributes).", what=commas(uneven))
            if uneven
            else message("The lift is not seen to differ by any of these (Tarone's test, Holm over all attributes).")
            if any(map(known, self.differs.values()))
            else message("Too few people came back to see whether the effect differs between groups."),
            message(
                "Groups are as people were before the assignment; those of fewer than {n} people are left out. A group "
                "that looks best among many is often luck.",
                n=PEOPLE,
            ),
        )
        empty = message("no effect is shown.")
        return Table("regained_groups", message("For whom does the mail work?"), self.groups, columns,
                     notes if len(self.groups) else (), empty, most=40)  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Picture:
        """The lift over several windows, with its intervals."""
        title = _("Brought back by mail, by days since the assignment")
        if self.windows.empty:
            return nothing("regained", title, self.tried.problem or message("nobody was followed for so long"))
        rows = self.windows.to_dict("records")
        with drawing(1.0 + 0.4 * len(rows), ax) as axes:
            axes.axvline(0, color=INK, linewidth=1)
            for place, row in enumerate(reversed(rows)):
                color = PLAIN if row["days"] == self.tried.days else QUIET
                ends = [row["difference_low"] * 100, row["difference_high"] * 100]
                axes.plot(ends, [place, place], color=color, linewidth=2.4)
                axes.plot(row["difference"] * 100, place, "o" if color == PLAIN else "D", color=color, markersize=7)
            names = [_n("{n} day", "{n} days", int(row["days"]), n=int(row["days"])) for row in reversed(rows)]
            axes.set_yticks(range(len(rows)), names)
            axes.set_ylim(-0.6, len(rows) - 0.4)
            axes.set_xlabel(
                _("came back with mail less without, points, 95 % interval\n(circle: the window that decides)")
            )
            axes.grid(visible=False, axis="y")
            parts = [
                _("{days} days {points} points ({interval})", days=int(row["days"]), points=points(row["difference"]),
                  interval=span(row["difference_low"], row["difference_high"]))
                for row in rows
            ]  # fmt: skip
            return picture(axes, name="regained", title=title, alt=_("{title}: {parts}.", title=title,
                                                                     parts=commas(parts)))  # fmt: skip


REASON_OFFER = message("Reason and offer")
UNKNOWN_P = "–"


def _lift(row: Any) -> str:
    if not known(row["difference"]):
        return "–"
    return f"{points(row['difference'])} ({span(row['difference_low'], row['difference_high'])})"


def _level(row: Any) -> str:
    reason, mark, offer = str(row["level"]).partition("|")
    if row["attribute"] == "reason_offer" and mark:
        return _("{reason}, {offer}", reason=REASONS[reason], offer=offer)
    return str(REASONS.get(row["level"], row["level"])) if row["attribute"] == "reason" else str(row["level"])


_PERSON = message("a person of the test, by assignment")
_SINCE = message("so many days from the first whole day in the arm")

FIGURES = (
    Figure(
        "regained_share", message("Came back"), message("people with an order in the window / people of the arm"),
        _PERSON, "Stauss & Friege (1999), doi:10.1177/109467059914006; guide 4",
        ("regained.n", "regained.value", "regained.held_n", "regained.held_value", "regained_arms.n",
         "regained_arms.value", "regained_groups.n", "regained_groups.value", "regained_groups.held_n",
         "regained_groups.held_value", "regained.days", "regained.lapsed", "regained.back", "regained.returned"),
        window=_SINCE, interval=WILSON,
        edge=message("who had lapsed on the day of the assignment; whatever mail brought them; only who was followed"),
    ),
    Figure(
        "win_back_lift", message("Lift"), message("came back with mail - came back without"), _PERSON,
        f"guide 4; {NEWCOMBE}",
        ("regained.difference", "regained_arms.difference", "regained_groups.difference",
         "by_version.offers"), window=_SINCE,
        interval=message("95 %: Newcombe"),
        edge=message("not shown without people left out at random, or where the arms were not drawn as planned"),
    ),
    Figure(
        "orders_person", message("Orders a person"), message("days with orders / people of the arm"), _PERSON,
        "guide 4",
        ("regained.orders", "regained.held_orders"), window=_SINCE,
    ),
)  # fmt: skip
