"""Which KPIs fit the goal, and which can our volume measure? (notebook 01; guide 1, step 1)"""

from kit.questions.choose_kpis import goal, service, volume

__all__ = ["goal", "service", "volume"]
