"""Where does it leak, and what to try? (guide 1, step 4)

The rules are data (`rules`), each kind of reference is one function (`judge`); here they meet the counts. The
comparisons of all rules are one family: whatever is wrong in the mail, the chance that the page names anything
that is not wrong is held to 5 % (Holm). The false share among the named, as Benjamini and Hochberg hold it, would
let one page in six with real faults name a false one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import counts as counting
from kit.judging import ALPHA
from kit.problems import judge
from kit.problems.frequency import Frequency, by_pressure, yearly
from kit.problems.rules import KINDS, MEASURES, RULES, UNITS, Rule, explain
from kit.stats import multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.store import Data

__all__ = [
    "KINDS",
    "MEASURES",
    "RULES",
    "UNITS",
    "Findings",
    "Frequency",
    "Rule",
    "by_pressure",
    "counted",
    "explain",
    "find",
    "yearly",
]

SMALLEST = 0.1
"""A finding is told from a tenth of the usual rate on; smaller ones are real perhaps, but no problem."""

WARM_UP = 3
"""Months at the beginning of a log in which nobody has ninety days behind him."""

ANSWERS = 2
"""Answers of servers that are told with a finding."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the problem finder saw.

    Attributes:
        found: a row a finding, the largest excess first: rule, unit, name, mails [sent: what it concerns], kpi, of,
            n, value, rate_low, rate_high [share], expected [what is usual, or the limit], size, low, high [shares:
            how far beyond it], excess [people more or fewer than expected], p [adjusted], answers [what the other
            servers said; "" where nothing is known].
        cautions: likewise, what says how to read the page and is no problem of the mail.
        limits: a row a group that was held against a fixed limit: rule, name, of, n, value, rate_low, rate_high,
            verdict.
        checked: comparisons that were made.
        young: campaigns that are too young to be judged: they were left out.
        skipped: a row a rule that could not be applied: rule, reason.
    """

    found: pd.DataFrame
    cautions: pd.DataFrame
    limits: pd.DataFrame
    checked: int
    skipped: pd.DataFrame
    young: int = 0


_NOTHING = pd.DataFrame(columns=judge.COLUMNS)
_COLUMNS = ["rule", "unit", "name", "mails", "kpi", *judge.COLUMNS[2:-1], "excess", "p", "answers"]
_LIMITS = ["rule", "name", "numerator", "n", "value", "rate_low", "rate_high", "verdict"]


def counted(data: Data) -> dict[str, pd.DataFrame]:
    """The counts that the rules need, for each key of UNITS; a key that the data cannot fill is empty.

    The yardstick is the whole history; `asked` marks what was sent in the question's months.
    """
    found = {
        unit: counting.groups(data, columns)
        for unit, columns in UNITS.items()
        if unit not in ("question", "hour", "engagement", "page")
    }
    found["question"] = found["month"]
    found["hour"] = counting.hours(data)
    found["young"] = _young(data)
    for unit in ("campaign", "segment", "pressure", "hour"):
        found[unit] = found[unit][~found[unit]["campaign_id"].isin(found["young"]["campaign_id"])]
    found["engagement"] = _engagement(counting.groups(data, ("month", "engagement")))
    found["page"] = _pages(data, found["campaign"])
    found["answers"] = counting.server_answers(data)
    return found


def find(counts: Mapping[str, pd.DataFrame]) -> Findings:
    """Apply every rule.

    Args:
        counts: what `counted` returned: for each key of UNITS the counts of its groups, with `asked` where only
            some of them are the question's; a missing key is a rule that cannot be applied. `answers`: what
            `counts.server_answers` returned.

    Returns:
        The findings, how many comparisons were made, and which rules could not be applied.

    Source: guide 1, step 4; Holm (1979), jstor.org/stable/4615733, over all comparisons of all rules.
    """
    looked, skipped = [], []
    for rule in RULES.values():
        own = counts.get(rule.unit, _NOTHING)
        groups = _NOTHING if own.empty else judge.JUDGES[rule.kind](rule, own)
        if groups["p"].notna().any():
            looked.append(groups.assign(rule=rule.key, unit=rule.unit, kpi=rule.kpi))
        else:
            skipped.append({"rule": rule.key, "reason": judge.why_not(rule, own)})
    named = pd.DataFrame(skipped, columns=["rule", "reason"])
    if not looked:
        empty = pd.DataFrame(columns=_COLUMNS)
        return Findings(empty, empty, pd.DataFrame(columns=_LIMITS), 0, named)
    page = pd.concat(looked, ignore_index=True).assign(excess=lambda rows: rows["size"] * rows["n"])
    page["answers"] = _answers(page, counts.get("answers"))
    bad = (page["size"] < 0) == (page["rule"].map(lambda key: RULES[key].measure.better) == "higher")
    # Only the bad side is ever named, so each test has one side; against a limit it has from the beginning.
    sided = (page["p"].where(bad, 2 - page["p"]) / 2).where(page["rule"].map(lambda key: RULES[key].kind != "limit"))
    page["p"] = multiplicity.adjust(sided.fillna(page["p"]), "holm")
    sure = page["low"] * page["high"] > 0
    seen = page[(page["p"] < ALPHA) & bad & sure & (page["size"].abs() >= SMALLEST * page["expected"])]
    seen = seen.sort_values("excess", key=np.abs, ascending=False, kind="stable")
    caution = seen["rule"].map(lambda key: RULES[key].caution).astype(bool)
    found, cautions = (seen.loc[part, _COLUMNS].reset_index(drop=True) for part in (~caution, caution))
    held = page.reindex(columns=_LIMITS).dropna(subset="verdict").reset_index(drop=True)
    return Findings(found, cautions, held, int(page["p"].notna().sum()), named, len(counts.get("young", ())))


def _young(data: Data) -> pd.DataFrame:
    """Campaigns of the question that people may still open and click: judged by too little, they would seem weak."""
    campaigns = data.campaigns[["campaign_id", "campaign_name", "sent_local"]]
    if data.as_of is None:
        return campaigns.iloc[:0]
    born = data.as_of - timedelta(days=data.settings["conversions.maturity_days"])
    return campaigns[campaigns["sent_local"] > born]


def _engagement(groups: pd.DataFrame) -> pd.DataFrame:
    """Mails to active people of those to people who can be judged, by month, once ninety days lie behind."""
    wide = groups.pivot_table(index=["month", "asked"], columns="engagement", values="delivered", aggfunc="sum")
    wide = wide.reindex(columns=["active", "silent", "new"]).dropna(how="all").fillna(0).reset_index()
    wide = wide.assign(judged=wide["active"] + wide["silent"], sent=wide["active"] + wide["silent"] + wide["new"])
    return wide.sort_values("month", ignore_index=True).iloc[WARM_UP:]


def _pages(data: Data, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Campaigns with their clickers and sessions, as notebook 07 has them; none where no session names one.

    A campaign without a session counts where campaigns before and after it have some: else it was not measured.
    """
    web = counting.visits_by_campaign(data.history)
    mails = campaigns.groupby(["campaign_id", "campaign_name"], as_index=False)[["clicked", "sent"]].sum(min_count=1)
    dated = web.dropna(subset=["campaign_id", "campaign_name", "sent_local"])
    sessions = dated.groupby("campaign_id", as_index=False)[["sessions", "engaged_sessions"]].sum(min_count=1)
    found = mails.merge(sessions, on="campaign_id", how="left")
    when = found["campaign_id"].map(data.history.campaigns.set_index("campaign_id")["sent_local"])
    measured = when[found["sessions"].notna()]
    silent = found["sessions"].isna() & when.between(measured.min(), measured.max()) & (found["clicked"] > 0)
    found["sessions"] = found["sessions"].mask(silent, 0)
    asked = set(campaigns.loc[campaigns["asked"].astype(bool), "campaign_id"])
    found = found.assign(arrivals=found["sessions"] + found["clicked"], asked=found["campaign_id"].isin(asked))
    return found[found["sessions"].notna()].reset_index(drop=True)


def _answers(page: pd.DataFrame, answers: pd.DataFrame | None) -> list[str]:
    """What the other servers said to the mail of each group of bounces: the most frequent answers."""
    if answers is None or answers.empty:
        return [""] * len(page)
    by_list = answers.assign(name=answers["list_name"])
    by_domain = answers.assign(name=answers["domain"] + " · " + answers["month"])
    told = {
        unit: known.groupby(["name", "answer"])["mails"].sum().sort_values(ascending=False, kind="stable")
        for unit, known in (("list", by_list), ("domain", by_domain))
    }
    places = zip(page["unit"], page["name"], strict=True)
    return [_most(told[unit], name) if unit in told else "" for unit, name in places]


def _most(told: pd.Series, name: str) -> str:
    own = told[told.index.get_level_values("name") == name].head(ANSWERS)
    answers = own.index.get_level_values("answer")
    return "; ".join(f"{answer} ({mails:,})" for answer, mails in zip(answers, own, strict=True))
