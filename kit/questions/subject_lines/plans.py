"""What a test is judged by: the plan that was made before sending, and the rule that decides. (guide 1, step 5)"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kit.errors import UsageError
from kit.judging import ALPHA
from kit.messages import _
from kit.stats import sequential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.metrics import Kpi

WORTHWHILE = 0.1
"""A lift of a tenth: the difference for which the number of messages still needed is shown."""

EVENTS_AT_ANY_TIME = 5
"""Events an arm below which a rule that holds at any time is withheld: it has no guarantee there."""

SMALLEST_BAR = 1e-12
"""A look at next to nothing of the plan asks for no less: 1 less it is the confidence of an interval."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was fixed before sending.

    Attributes:
        n: messages an arm; 0 where nothing was planned.
        look: which of the planned looks this is.
        looks: how many looks were planned.
        rule: "looks" judges at the planned ones only, "any time" at every moment, at a price.
    """

    n: int = 0
    look: int = 1
    looks: int = 1
    rule: Literal["looks", "any time"] = "looks"

    @property
    def key(self) -> str:
        """As the verdicts have it: "one look", "look 2 of 4" or "any time"."""
        if self.rule == "any time":
            return self.rule
        return f"look {self.look} of {self.looks}" if self.looks > 1 else "one look"

    def __str__(self) -> str:
        if self.rule == "any time":
            return _("any time")
        return _("look {look} of {looks}", look=self.look, looks=self.looks) if self.looks > 1 else _("one look")


ONE_LOOK = Plan()
"""Nothing was planned: one look, at the end."""


def plan(n: int, look: str = "") -> Plan:
    """The plan that an analyst states in words.

    Args:
        n: messages an arm, fixed before sending; 0 where nothing was.
        look: "2 of 4" for the second of four planned looks, "any time" for a rule that may be looked at at
            will, "" for one look at the end.

    Raises:
        UsageError: a look that is none of the planned ones, or looks without a planned number.
    """
    if n < 0:
        raise UsageError(_("plan: {n} messages per version cannot be planned.", n=str(n)))
    if not look or look == "any time":
        return Plan(n, rule="any time" if look else "looks")
    match = re.fullmatch(r"(\d+) of (\d+)", look)
    if match is None:
        raise UsageError(_('look: {look} cannot be used. Write it like "2 of 4", or "any time".', look=repr(look)))
    this, looks = int(match[1]), int(match[2])
    if not 1 <= this <= looks:
        raise UsageError(
            _("look: {looks} looks were planned, so look {look} does not exist. Judge only at the planned looks.",
              looks=looks, look=this)
        )  # fmt: skip
    if not n:
        raise UsageError(_("look: looks divide a planned number of messages. Set this number as plan."))
    return Plan(n, this, looks)


@dataclass(frozen=True, slots=True)
class Rule:
    """What all tests of a page are judged by.

    Attributes:
        kpi: the KPI that decides, chosen before looking: a rate, or revenue_per_mail.
        shares: the planned shares of the variants; () for equal ones.
        plan: the planned number of messages and looks.
        worthwhile: the relative lift for which the messages needed are shown.
    """

    kpi: Kpi
    shares: tuple[float, ...] = ()
    plan: Plan = ONE_LOOK
    worthwhile: float = WORTHWHILE


def bar(plan: Plan, part: float, comparisons: int) -> float:
    """What p is held against at this look; earlier looks are taken to have come when they were planned."""
    if plan.looks == 1:
        return ALPHA
    now = 1.0 if plan.look == plan.looks else min(part, 1.0)
    if not now > 0:
        return ALPHA
    step = min(1 / plan.looks, now / plan.look)
    times = np.append(np.arange(1, plan.look) * step, now)
    return max(sequential.nominal_level(times, alpha=ALPHA / comparisons), SMALLEST_BAR)


def decide(row: Mapping[Any, Any], rule: Rule, *, split_broken: bool) -> str:
    """What the rule decides of one comparison: "b", "a", "not decided", "go on", "too early", "too few" …"""
    plan = rule.plan
    if np.isnan(row["difference"]) or np.isnan(row["low"]):
        return "unknown"
    if split_broken:
        return "split broken"
    if plan.rule == "any time":
        if rule.kpi.kind == "rate" and min(row["numerator_a"], row["numerator_b"]) < EVENTS_AT_ANY_TIME:
            return "too few"
    elif row["part"] < 1 and plan.look == plan.looks:
        return "too early"
    clear = not row["low"] <= 0 <= row["high"]
    if not clear or (plan.rule == "looks" and row["p"] >= row["bar"]):
        ended = plan.look == plan.looks or row["part"] >= 1
        return "not decided" if ended and plan.rule == "looks" else "go on"
    return "b" if (row["difference"] > 0) == (rule.kpi.better == "higher") else "a"
