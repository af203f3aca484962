"""Who grows, and who may leave? (notebook 12; guide 3, customer health)"""

from kit.questions.customer_health import alerts, backtest, card, change, growth, lead, lists, score

__all__ = ["alerts", "backtest", "card", "change", "growth", "lead", "lists", "score"]
