"""The registry: KPIs, goals, printed figures and methods; and the values of KPIs with their intervals.

`kit explain`, the README's tables and docs/ are made from it.
"""

from kit.metrics.figures import Figure
from kit.metrics.goals import GOALS, Goal, action, explain_goal, goal
from kit.metrics.kpis import (
    ALIASES,
    CAMPAIGN_KPIS,
    KPIS,
    MAIL_RATES,
    TIME_ZONE,
    Kpi,
    chosen,
    explain,
    find,
    mail_rate,
    raw_note,
)
from kit.metrics.values import overall, response_time, service, values

__all__ = [
    "ALIASES",
    "CAMPAIGN_KPIS",
    "GOALS",
    "KPIS",
    "MAIL_RATES",
    "TIME_ZONE",
    "Figure",
    "Goal",
    "Kpi",
    "action",
    "chosen",
    "explain",
    "explain_goal",
    "find",
    "goal",
    "mail_rate",
    "overall",
    "raw_note",
    "response_time",
    "service",
    "values",
]
