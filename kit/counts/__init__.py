"""Counts: the only aggregations, and small frames from here on.

Both ways in meet here: event logs are counted by the engine, totals of campaign exports enter as they
are. A row is a group, a column a count; a count that is not known is NULL, with the number of campaigns
that lack it beside it.
"""

from kit.counts.campaigns import differences, left_out, messages
from kit.counts.levels import levels
from kit.counts.log import conflicts
from kit.counts.people import openers, verdicts
from kit.counts.service import answers, joined, visits, waits
from kit.counts.traits import TRAITS
from kit.counts.web import visits_by_campaign

__all__ = [
    "TRAITS",
    "answers",
    "conflicts",
    "differences",
    "joined",
    "left_out",
    "levels",
    "messages",
    "openers",
    "verdicts",
    "visits",
    "visits_by_campaign",
    "waits",
]
