"""What did the click lead to? (notebook 07; guide 1, step 6)"""

from kit.questions.after_the_click import links, sessions

__all__ = ["links", "sessions"]
