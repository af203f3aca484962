"""How fast do we answer, and who still waits? (notebook 10; guide 3, response time)"""

from kit.questions.response_time import contacts, groups, months, queue, waits

__all__ = ["contacts", "groups", "months", "queue", "waits"]
