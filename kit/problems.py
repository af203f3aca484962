"""Where does it leak, and what to try? (guide 1, step 4)

A symptom is data: which rate, in which groups, looked at from which side, what it usually means and what
to try. A group shows a symptom when its rate lies beyond what the others let one expect, with the false
flags of the whole page held down together. A new rule is a new line in SYMPTOMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import kpi as registry
from kit.compare import enough
from kit.stats import between, multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping


ALPHA = 0.05
"""Share of false findings among the findings of the page (Benjamini-Hochberg)."""

FEWEST = 1
"""Expected events from which a group is looked at: far more than expected is seen even where few are."""

SMALLEST = 0.1
"""A finding is told from a tenth of the usual rate on; smaller ones are real perhaps, but no problem."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One rule of the problem finder.

    Attributes:
        key: its name, printed beside each finding.
        kpi: the rate that is looked at.
        unit: the groups that are set against each other; a key of UNITS.
        sign: what is seen, as a phrase.
        cause: what it usually means.
        next_step: what to try, so that the next mail can tell.
    """

    key: str
    kpi: str
    unit: str
    sign: str
    cause: str
    next_step: str


UNITS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("campaign_id", "campaign_name"),
    "list": ("list_name",),
    "domain": ("domain", "month"),
}
"""What is set against its own kind, and the columns of `counts.messages` that tell it apart."""

SYMPTOMS = (
    Symptom(
        "low_opens", "open_rate", "campaign", "few open it",
        "the subject line, or mail that does not concern its readers",
        "send the next one with two subject lines to halves drawn at random (notebook 06)",
    ),
    Symptom(
        "low_clicks", "click_to_open_rate", "campaign", "few clicks for its openings",
        "the offer, the call to action, or a design that hides it",
        "keep the subject, change one thing inside: one offer, one button, near the top",
    ),
    Symptom(
        "many_unsubscribes", "unsubscribe_rate", "campaign", "many leave the list",
        "too much mail, or other mail than they signed up for",
        "look at who got several mails that week; offer a choice of topics and pace beside the link to leave",
    ),
    Symptom(
        "bounces_list", "bounce_hard_rate", "list", "many addresses do not exist",
        "an old or bought list, or sign-ups without confirmation",
        "remove hard bounces now; confirm new addresses by a first mail",
    ),
    Symptom(
        "bounces_domain", "bounce_rate", "domain", "one domain gives mail back",
        "the domain blocks the sender, or its addresses have died",
        "read the server's answer in the log; check SPF, DKIM and DMARC; write to its postmaster",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Findings:
    """What the problem finder saw.

    Attributes:
        found: a row a finding, the largest excess first: symptom, unit, name, mails [sent: what it
            concerns], kpi, of, n, value, expected, size, low, high [shares: how far beyond the expected],
            excess [people more or fewer than expected], p [adjusted].
        checked: groups that were looked at.
        skipped: a row a rule that could not be applied: symptom, reason.
    """

    found: pd.DataFrame
    checked: int
    skipped: pd.DataFrame


def find(counts: Mapping[str, pd.DataFrame]) -> Findings:
    """Apply every rule.

    Args:
        counts: for each key of UNITS the counts of its groups, from `counts.messages(data, UNITS[unit])`.

    Returns:
        The findings, how many groups were checked, and which rules could not be applied.

    Source: guide 1, step 4; leave-one-out random-effects prediction, Benjamini-Hochberg (1995),
    doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    looked, skipped = [], []
    for symptom in SYMPTOMS:
        groups = _looked_at(symptom, counts[symptom.unit])
        if groups["p"].notna().any():
            looked.append(groups)
        else:
            skipped.append({"symptom": symptom.key, "reason": _why_not(symptom, groups)})
    if not looked:
        return Findings(pd.DataFrame(columns=_COLUMNS), 0, pd.DataFrame(skipped, columns=["symptom", "reason"]))
    page = pd.concat(looked, ignore_index=True)
    page["p"] = multiplicity.adjust(page["p"])
    bad = (page["size"] < 0) == (page["kpi"].map(lambda key: registry.find(key).better) == "higher")
    found = page[(page["p"] < ALPHA) & bad & (page["size"].abs() >= SMALLEST * page["expected"])]
    found = found.sort_values("excess", key=np.abs, ascending=False, kind="stable", ignore_index=True)
    return Findings(found[_COLUMNS], int(page["p"].notna().sum()), pd.DataFrame(skipped, columns=["symptom", "reason"]))


_COLUMNS = [
    *("symptom", "unit", "name", "mails", "kpi", "of", "n", "value", "expected", "size", "low", "high", "excess", "p"),
]


def _looked_at(symptom: Symptom, counts: pd.DataFrame) -> pd.DataFrame:
    columns = list(UNITS[symptom.unit])
    known = counts[counts[columns].notna().all(axis=1)].reset_index(drop=True)
    groups = registry.values(known, [symptom.kpi], by=columns)
    large = enough(groups, fewest=FEWEST) & groups["value"].notna()
    out = between.outliers(groups["of"].where(large), groups["n"].where(large))
    # Both errors in squares, as in Newcombe's interval: the group's counting error and where the others lie.
    size = groups["value"] - out.expected
    names = groups[columns].drop(columns="campaign_id", errors="ignore")
    return groups.assign(
        symptom=symptom.key,
        unit=symptom.unit,
        mails=known["sent"],
        name=[" · ".join(told) for told in names.astype(str).to_numpy()],
        expected=out.expected,
        size=size,
        low=size - np.hypot(groups["value"] - groups["low"], out.high - out.expected),
        high=size + np.hypot(groups["high"] - groups["value"], out.expected - out.low),
        excess=size * groups["n"],
        p=out.p,
    )


def _why_not(symptom: Symptom, groups: pd.DataFrame) -> str:
    kpi = registry.find(symptom.kpi)
    if groups["value"].notna().sum() == 0:
        return f"{kpi.title.lower()} is not known for any {symptom.unit}"
    return f"fewer than four groups by {symptom.unit} are large enough to tell what is usual"
