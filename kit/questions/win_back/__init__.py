"""Which offer, pace and hour brought them back? (notebook 14; guide 4)"""

from kit.questions.win_back import regained, tried

__all__ = ["regained", "tried"]
