"""Who comes back, who stays subscribed, and what is a customer worth? (guide 2)"""

from kit.questions.retention import (
    backtest,
    customer_value,
    list_growth,
    projection,
    reasons,
    repeat_purchase,
    silence,
    staying,
)

__all__ = [
    "backtest",
    "customer_value",
    "list_growth",
    "projection",
    "reasons",
    "repeat_purchase",
    "silence",
    "staying",
]
