"""Where on the way to a customer are people lost, and does mail pay? (notebook 08)

Two answers about money stand side by side. Attributed: what was sold within days after a click; whoever would have
bought anyway is in it too. Incremental: what the people who got mail bought beyond those who, drawn at random, got
none.
"""

from kit.questions.sales_cycle import (
    attribution,
    cohorts,
    costs,
    groups,
    holdout,
    returns,
    sequences,
    span,
    stages,
    steps,
)

__all__ = [
    "attribution",
    "cohorts",
    "costs",
    "groups",
    "holdout",
    "returns",
    "sequences",
    "span",
    "stages",
    "steps",
]
