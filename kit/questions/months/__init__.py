"""How do the KPIs move, month by month? (notebook 02; guide 1, steps 1, 2 and 6)"""

from kit.questions.months import (
    actions,
    machine_rules,
    opens,
    rates,
    reported,
    response_time,
    send_time,
    service_change,
    service_months,
    seven,
    tiles,
    time_to_react,
    trends,
    why,
)

__all__ = [
    "actions",
    "machine_rules",
    "opens",
    "rates",
    "reported",
    "response_time",
    "send_time",
    "service_change",
    "service_months",
    "seven",
    "tiles",
    "time_to_react",
    "trends",
    "why",
]
