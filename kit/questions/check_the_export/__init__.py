"""What came in, and which questions can it answer? (notebook 00)"""

from kit.questions.check_the_export import answerable, disagreements, files, mail_by_month

__all__ = ["answerable", "disagreements", "files", "mail_by_month"]
