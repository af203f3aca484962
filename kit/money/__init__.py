"""Does mail pay? (guide 2)

Two answers stand side by side. Attributed: what was sold within days after a click; whoever would have bought
anyway is in it too. Incremental: what the people who got mail bought beyond those who, drawn at random, got
none. Only the second is an effect of the mail, and only where there was a holdout can it be told.
"""

from kit.money.after_clicks import HEADLINE, Attribution, attribution
from kit.money.holdout import Effect, chosen, effects
from kit.money.period import Span, span
from kit.money.roi import EXTRA, Returns, cost_each, returns

__all__ = [
    "EXTRA",
    "HEADLINE",
    "Attribution",
    "Effect",
    "Returns",
    "Span",
    "attribution",
    "chosen",
    "cost_each",
    "effects",
    "returns",
    "span",
]
