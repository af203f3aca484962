"""Which campaign did better with the same people? (guide 1, step 3)

Campaigns usually go to much the same list, so their rates are not of different people. Of those who got all of
them only the ones who reacted to one and not to another tell a difference: everybody else says nothing. That
takes an event log; totals know no people.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.counts.pairs import REACTIONS
from kit.judging import ALPHA, LEVEL
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.compare_campaigns import stand_out
from kit.questions.compare_campaigns.stand_out import TOO_RECENT
from kit.show import cells
from kit.show.formats import listing, named, points, share, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, paired, proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.metrics import Kpi
    from kit.questions.compare_campaigns.stand_out import StandOut
    from kit.stats.paired import CochranQ
    from kit.store import Data

LATEST = 3
"""Campaigns that are looked at where none are named: of more, hardly anybody got all."""


def compare(data: Data, *, kpi: str = "", a: str = "", b: str = "") -> SamePeople:
    """Which campaign did better with the people who got all of them?

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.
        a: name or id of a campaign; without both names the latest campaigns of one list are taken.
        b: of another.

    Raises:
        UsageError: the KPI is unknown or no rate.
    """
    compared = stand_out.compare(data, kpi=kpi)
    ids = choose(compared, a=a, b=b)
    result = judge(counts.same_people(data, ids, compared.kpi.numerator), compared)
    if not compared.kpi.raw:
        return result
    as_raw = replace(compared, kpi=metrics.find(compared.kpi.raw))
    return replace(result, raw=judge(counts.same_people(data, ids, as_raw.kpi.numerator), as_raw))


def choose(compared: StandOut, *, a: str = "", b: str = "", most: int = LATEST) -> list[str]:
    """The campaigns to look at: the two that are named, else the latest ones of the list that got the last one.

    Args:
        compared: of all campaigns; too recent ones are passed over.
        a: name or id of a campaign, or "".
        b: of another, or "".
        most: how many of the latest.

    Returns:
        Their ids.
    """
    rows = compared.rates[compared.rates["value"].notna()]
    if a and b:
        chosen = rows[rows["campaign_name"].isin((a, b)) | rows["campaign_id"].isin((a, b))]
        return chosen["campaign_id"].tolist()
    rows = rows[rows["verdict"] != TOO_RECENT].sort_values("sent_local", kind="stable")
    if len(rows) and "list_name" in rows:
        last = rows["list_name"].iloc[-1]
        rows = rows[rows["list_name"] == last] if isinstance(last, str) else rows
    return rows["campaign_id"].tail(most).tolist()


def judge(patterns: pd.DataFrame, compared: StandOut, *, level: float = LEVEL) -> SamePeople:
    """The campaigns' rates among the people who got all of them, and what those who differ say.

    Args:
        patterns: what `counts.same_people(data, choose(compared), compared.kpi.numerator)` returned.
        compared: of all campaigns, for their names.
        level: confidence of the intervals.

    Source: Cochran (1950), doi:10.1093/biomet/37.3-4.256; McNemar (1947), doi:10.1007/BF02295996; Holm (1979),
    jstor.org/stable/4615733.
    """
    kpi = compared.kpi
    names = dict(zip(compared.rates["campaign_id"], compared.rates["campaign_name"], strict=True))
    ids = [name for name in patterns.columns if name != "people"]
    people = patterns["people"].to_numpy(dtype=float)
    total = int(people.sum())
    reacted = patterns[ids].to_numpy(dtype=float).reshape(len(patterns), len(ids))
    rows = [
        {"campaign_name": names[key], "numerator": float(people @ reacted[:, place]), "n": total}
        for place, key in enumerate(ids)
    ]
    rates = pd.DataFrame(rows, columns=["campaign_name", "numerator", "n"])
    low, high = proportions.proportion_interval(rates["numerator"], rates["n"], level=level)
    rates = rates.assign(value=rates["numerator"] / rates["n"].where(rates["n"] > 0), low=low, high=high)
    pairs = pd.DataFrame(
        [
            _pair(names[ids[a]], names[ids[b]], reacted[:, [a, b]], people, level)
            for a, b in combinations(range(len(ids)), 2)
        ],
        columns=_PAIR,
    )
    pairs["p"] = multiplicity.adjust(pairs["p"], method="holm")
    pairs["decision"] = [_decision(value, p, kpi) for value, p in zip(pairs["value"], pairs["p"], strict=True)]
    several = paired.cochran_q(reacted, people) if len(patterns) else paired.CochranQ(np.nan, 0, np.nan)
    return SamePeople(kpi, rates, pairs, several, total, _why_not(kpi, ids, total))


_PAIR = ["name_a", "name_b", "only_a", "only_b", "value", "low", "high", "p", "test"]


def _pair(name_a: str, name_b: str, reacted: np.ndarray, people: np.ndarray, level: float) -> tuple[object, ...]:
    only_a = float(people @ (reacted[:, 0] * (1 - reacted[:, 1])))
    only_b = float(people @ (reacted[:, 1] * (1 - reacted[:, 0])))
    test = paired.mcnemar(only_a, only_b, people.sum(), level=level)
    return name_a, name_b, only_a, only_b, test.value, test.low, test.high, test.p, test.test


def _decision(value: float, p: float, kpi: Kpi) -> str:
    if np.isnan(p):
        return "unknown"
    if p >= ALPHA:
        return "not decided"
    return "b" if (value > 0) == (kpi.better == "higher") else "a"


def _why_not(kpi: Kpi, ids: Sequence[str], total: int) -> str:
    if kpi.numerator not in REACTIONS or kpi.denominator != "delivered":
        return "kpi"
    return "" if total else "nobody" if len(ids) > 1 else "totals"


@result
class SamePeople(Result):
    """Campaigns with the people who got all of them.

    Attributes:
        kpi: what was compared.
        rates: a row a campaign: campaign_name, numerator, n [people], value, low, high [share].
        pairs: a row a pair: name_a, name_b, only_a, only_b [people who reacted to one alone], value, low, high
            [share, b - a], p [Holm over the pairs], test, decision: "a", "b" [the better one], "not decided" or
            "unknown".
        several: whether all are equal.
        people: who got all of them.
        why: why there is nothing to compare: a key of the reasons, or "".
        raw: the same with machines among the people; None where the KPI is none of people's reactions alone.
    """

    kpi: Kpi
    rates: pd.DataFrame
    pairs: pd.DataFrame
    several: CochranQ
    people: int
    why: str = ""
    raw: SamePeople | None = None

    def summary(self) -> Summary:
        """Whether the campaigns differ among the people who got all of them, and which did better."""
        names = [named(name) for name in self.rates["campaign_name"]]
        numbers: dict[str, Any] = {"people": self.people, "campaigns": len(names), "p": self.several.p}
        if self.why:
            text = _(
                "“{kpi}” of the same people cannot be compared: {why}.", kpi=self.kpi.title, why=_REASONS[self.why]
            )
            return Summary("same_people", text, numbers)
        differences = [
            _("{b}: {points} points ({span}) compared with {a}", a=named(row["name_a"]), b=named(row["name_b"]),
              points=points(row["value"]), span=span(row["low"], row["high"]))
            for row in self.pairs.to_dict("records")
            if row["decision"] in ("a", "b")
        ]  # fmt: skip
        numbers["decided"] = len(differences)
        values = {"people": whole(self.people), "names": listing(names)}
        if len(names) == 2:
            who = _("{people} people received both {names}.", **values)
        else:
            who = _("{people} people received all of {names}.", **values)
        if differences:
            text = _("“{kpi}” differs among them: {differences}.", kpi=self.kpi.name, differences=listing(differences))
            return Summary("same_people", f"{who} {text}", numbers, headline=True, weight=28)
        changed = int(self.pairs[["only_a", "only_b"]].sum(axis=1).max())
        text = _(
            "“{kpi}” shows no clear winner among them. Only people who reacted to one campaign and not the other "
            "count: at most {n}.",
            kpi=self.kpi.name, n=whole(changed),
        )  # fmt: skip
        return Summary("same_people", f"{who} {text}", numbers)

    def table(self) -> Table:
        """Each pair of campaigns with the people who reacted to one alone."""
        frame = self.pairs.copy()
        for end, one in (("", self), ("_raw", self.raw)):
            if one is not None:
                value = one.rates.set_index("campaign_name")["value"]
                frame[f"value_a{end}"], frame[f"value_b{end}"] = (
                    frame[name].map(value) for name in ("name_a", "name_b")
                )
        columns = (
            Column("name_a", _("First")),
            Column("name_b", _("Second")),
            Column("value_a", _("Among them, first"), share, unit="share", number=True),
            Column("value_b", _("Second"), share, unit="share", number=True),
            *(self._raw_columns() if self.raw is not None else ()),
            Column("only_a", _("First only"), whole, unit="people", number=True),
            Column("only_b", _("Second only"), whole, unit="people", number=True),
            Column("value", _("Difference (points)"), cells.apart, unit="share", number=True, whole_row=True),
            Column("decision", _("Verdict"), _DECISIONS.__getitem__),
        )
        notes = (
            _(
                "{kpi} among the {people} people who received all of the campaigns.",
                kpi=self.kpi.title,
                people=whole(self.people),
            ),
            _(
                "Only people who reacted to one campaign and not the other count (McNemar). The chance of any false "
                "verdict over all pairs is at most 5 % (Holm)."
            ),
        )
        frame, notes = (frame.iloc[:0], ()) if self.why else (frame, notes)
        empty = f"{_REASONS[self.why]}." if self.why else _("there are no two campaigns to compare.")
        return Table("same_people", _("Campaigns compared among the same people"), frame, columns, notes, empty)

    def _raw_columns(self) -> tuple[Column, ...]:
        names = (("value_a_raw", _("First, raw")), ("value_b_raw", _("Second, raw")))
        return tuple(Column(name, title, share, unit="share", number=True) for name, title in names)


_REASONS = {
    "kpi": message("the data do not show it person by person, or those who did it received no further e-mails"),
    "totals": message("no event log contains these campaigns, and totals do not show individual people"),
    "nobody": message("the data show nobody who received all of these campaigns"),
}

_DECISIONS = {
    "a": message("the first did better"),
    "b": message("the second did better"),
    "not decided": message("no clear winner"),
    "unknown": message("cannot be estimated"),
}


_MCNEMAR = "McNemar (1947), doi:10.1007/BF02295996"

FIGURES = (
    Figure(
        "same_people", message("The same people"), message("people who received all of the compared campaigns"),
        message("one person"), _MCNEMAR, ("same_people.people",), edge=message("only from event logs"),
    ),
    Figure(
        "same_people_alone", message("Reacted to only one"),
        message("people among them who reacted to one campaign and not the other"), message("one person"), _MCNEMAR,
        ("same_people.only_a", "same_people.only_b"),
    ),
    Figure(
        "same_people_rate", message("Rate among the same people"),
        message("the same people who reacted / the same people"), message("one person"), _MCNEMAR,
        ("same_people.value_a*", "same_people.value_b*", "same_people.value"),
        interval=message("95 %: Bonett and Price, of the difference"),
        edge=message("difference: second minus first"),
    ),
)  # fmt: skip
