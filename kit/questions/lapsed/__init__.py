"""Who has lapsed, why, and may we write to them? (notebook 13; guide 4)"""

from kit.questions.lapsed import groups, leaving, permission, states

__all__ = ["groups", "leaving", "permission", "states"]
