"""Counts: the only aggregations, and small frames from here on.

Both ways in meet here: event logs are counted by the engine, totals of campaign exports enter as they
are. A row is a group, a column a count; a count that is not known is NULL, with the number of campaigns
that lack it beside it.
"""

from kit.counts.age import ages, at_age
from kit.counts.campaigns import differences, left_out, messages, sources_of_record
from kit.counts.groups import groups, hours, pressure
from kit.counts.levels import levels
from kit.counts.log import conflicts
from kit.counts.money import WINDOWS, arm_sales, arms, clicked_sales, costs, reached, sold, spans
from kit.counts.pairs import same_people
from kit.counts.people import openers
from kit.counts.purchases import again, currencies, purchases, repeat
from kit.counts.refusals import not_sent, server_answers
from kit.counts.service import answers, visits, waits
from kit.counts.stages import entered, paths, stage_sources, stages
from kit.counts.subscribers import silence, still_listed, subscribers
from kit.counts.timing import reactions
from kit.counts.traits import TRAITS
from kit.counts.variants import lines, spent
from kit.counts.web import visits_by_campaign, visits_days

__all__ = [
    "TRAITS",
    "WINDOWS",
    "again",
    "ages",
    "answers",
    "arm_sales",
    "arms",
    "at_age",
    "clicked_sales",
    "conflicts",
    "costs",
    "currencies",
    "differences",
    "entered",
    "groups",
    "hours",
    "left_out",
    "levels",
    "lines",
    "messages",
    "not_sent",
    "openers",
    "paths",
    "pressure",
    "purchases",
    "reached",
    "reactions",
    "repeat",
    "same_people",
    "server_answers",
    "silence",
    "sold",
    "sources_of_record",
    "spans",
    "spent",
    "stage_sources",
    "stages",
    "still_listed",
    "subscribers",
    "visits",
    "visits_by_campaign",
    "visits_days",
    "waits",
]
