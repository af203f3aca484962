"""The registry of goals: which KPIs tell of them, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.errors import UsageError, nearest
from kit.messages import _, message
from kit.metrics.kpis import KPIS
from kit.show.entry import authority

if TYPE_CHECKING:
    from kit.messages import Message


@dataclass(frozen=True, slots=True)
class Goal:
    """What campaigns are for.

    Attributes:
        key: its name on the command line.
        title: as readers meet it.
        name: the same within a sentence.
        action: what counts as a conversion; "" for any action.
        kpis: the KPIs that tell, each with why.
        source: the authority.
    """

    key: str
    title: str | Message
    name: str | Message
    action: str
    kpis: tuple[tuple[str, str | Message], ...]
    source: str = "guide 1, step 1"


GOALS = {
    goal.key: goal
    for goal in (
        Goal(
            "appointments", message("More appointments"), message("more appointments"), "appointment",
            (
                ("conversion_rate", message("appointments booked after the e-mail are the goal itself")),
                ("response_time", message("people who wait for an answer book elsewhere: response speed decides the "
                                          "booking")),
                ("click_rate_human", message("the step before the booking; its numbers are larger, so a change "
                                             "shows sooner")),
            ),
        ),
        Goal(
            "reviews", message("More reviews"), message("more reviews"), "review",
            (
                ("conversion_rate", message("reviews written after the e-mail are the goal itself")),
                ("satisfaction", message("asking for reviews pays off only if people are satisfied")),
                ("click_rate_human", message("the step before the review")),
            ),
        ),
        Goal(
            "retention", message("Keep customers"), message("keep customers"), "",
            (
                ("satisfaction", message("satisfied customers stay")),
                ("repeat_visit_rate", message("repeat visits are retention itself")),
                ("unsubscribe_rate", message("people who unsubscribe cannot be reached again")),
            ),
        ),
        Goal(
            "win_back", message("Win back lost customers"), message("win back lost customers"), "",
            (
                ("conversion_rate", message("people who came back after the e-mail")),
                ("reply_rate", message("a reply is the first sign of interest, and may say why they left")),
                ("complaint_rate", message("old addresses complain more often, and that harms every later e-mail")),
            ),
            "guide 4",
        ),
        Goal(
            "revenue", message("Revenue"), message("revenue"), "order",
            (
                ("revenue_per_mail", message("the goal itself, in money")),
                ("conversion_rate", message("the number of orders varies less than revenue, so a change shows sooner")),
                ("click_rate_human", message("the step before the order")),
            ),
            "guide 2",
        ),
        Goal(
            "list_growth", message("A larger, healthier list"), message("a larger, healthier list"), "",
            (
                ("unsubscribe_rate", message("people who unsubscribe")),
                ("bounce_hard_rate", message("addresses that are lost because they no longer work")),
                ("complaint_rate", message("the risk to delivery for everybody else")),
            ),
        ),
        Goal(
            "faster_answers", message("Faster answers"), message("faster answers"), "",
            (
                ("response_time", message("the goal itself")),
                ("satisfaction", message("whether speed is what people were missing")),
                ("reply_rate", message("how many e-mails the service must answer")),
            ),
        ),
    )
}  # fmt: skip


def goal(key: str) -> Goal:
    """The goal of this key.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if key not in GOALS:
        raise UsageError(_("There is no goal {key}. {hint}", key=repr(key), hint=nearest(key, GOALS)))
    return GOALS[key]


def action(key: str) -> str:
    """The action that counts for a goal; "" for any, and where no goal is said.

    Raises:
        UsageError: there is no such goal.
    """
    return goal(key).action if key else ""


def explain_goal(key: str) -> str:
    """What a goal asks for, in words.

    Raises:
        UsageError: there is none; names the nearest.
    """
    entry = goal(key)
    lines = [f"  {name:18} {KPIS[name].formula:38} {why}" for name, why in entry.kpis]
    return "\n".join([f"{entry.key}: {entry.title} ({authority(entry.source)})", "", *lines])
