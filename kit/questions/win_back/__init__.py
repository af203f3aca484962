"""Which offer, pace and hour brought them back? (notebook 14; guide 4)"""

from kit.questions.win_back import (
    at_hand,
    frequency,
    lapsed_subjects,
    lapsed_today,
    plans,
    regained,
    second_life,
    send_hour,
    subject_traits,
    targeting,
    tried,
)

__all__ = [
    "at_hand",
    "frequency",
    "lapsed_subjects",
    "lapsed_today",
    "plans",
    "regained",
    "second_life",
    "send_hour",
    "subject_traits",
    "targeting",
    "tried",
]
