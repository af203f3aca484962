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
    as_spoken,
    as_told,
    beside,
    chosen,
    denominator_title,
    explain,
    find,
    mail_rate,
    mails_title,
    of_people,
    raw_note,
    speaking,
    versions,
)
from kit.metrics.values import overall, response_time, service, values, with_raw
from kit.metrics.written import amount, base_rate_note, raw_columns, totals_note, value_with_interval

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
    "as_spoken",
    "as_told",
    "base_rate_note",
    "beside",
    "chosen",
    "denominator_title",
    "explain",
    "explain_goal",
    "find",
    "goal",
    "mail_rate",
    "mails_title",
    "of_people",
    "overall",
    "raw_columns",
    "raw_note",
    "response_time",
    "service",
    "speaking",
    "totals_note",
    "value_with_interval",
    "values",
    "versions",
    "with_raw",
]
