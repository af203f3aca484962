"""How do the KPIs move, month by month? (notebook 02; guide 1, steps 2 and 6)"""

from kit.questions.months import machine_rules, opens, send_time, time_to_react

__all__ = ["machine_rules", "opens", "send_time", "time_to_react"]
