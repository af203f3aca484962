"""For whom does it work? (notebook 05; guide 1, step 6)"""

from kit.questions.segments import levels, programs

__all__ = ["levels", "programs"]
