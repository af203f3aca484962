"""Is the list clean, and does its mail arrive? (notebook 15; guide 4)"""

from kit.questions.list_health import deliverability, hygiene, inactive

__all__ = ["deliverability", "hygiene", "inactive"]
