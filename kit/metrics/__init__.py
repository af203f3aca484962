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
    OF_SENT,
    TIME_ZONE,
    Kpi,
    as_told,
    chosen,
    denominator_title,
    explain,
    find,
    mail_rate,
    mails_title,
    raw_note,
)
from kit.metrics.values import overall, response_time, service, values
from kit.metrics.written import amount, base_rate_note, value_with_interval

__all__ = [
    "ALIASES",
    "CAMPAIGN_KPIS",
    "GOALS",
    "KPIS",
    "MAIL_RATES",
    "OF_SENT",
    "TIME_ZONE",
    "Figure",
    "Goal",
    "Kpi",
    "action",
    "amount",
    "as_told",
    "base_rate_note",
    "chosen",
    "denominator_title",
    "explain",
    "explain_goal",
    "find",
    "goal",
    "mail_rate",
    "mails_title",
    "overall",
    "raw_note",
    "response_time",
    "service",
    "value_with_interval",
    "values",
]
