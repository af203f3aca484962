"""Who stays subscribed? (guide 2, subscriber retention)

Of those on the list when a period began, the share still on it when it ended: who joined meanwhile is in neither
count. Leaving is told by cause, and what the firm took off itself stands apart: it is no verdict of the readers.
Time is counted from joining; where leaving is recorded from some day on only, people who joined before are watched
from that day (late entry), and those who had left by then are in no count.
"""

from kit.retention.ahead import Projection, projection
from kit.retention.lists import EVERY, Periods, known, periods
from kit.retention.people import CAUSES, MONTH, OWN_WISH
from kit.retention.silence import Silent, silent
from kit.retention.stays import Staying, staying

__all__ = [
    "CAUSES",
    "EVERY",
    "MONTH",
    "OWN_WISH",
    "Periods",
    "Projection",
    "Silent",
    "Staying",
    "known",
    "periods",
    "projection",
    "silent",
    "staying",
]
