"""Counts: the only aggregations, and small frames from here on.

Both ways in meet here: event logs are counted by the engine, totals of campaign exports enter as they
are. A row is a group, a column a count; a count that is not known is NULL, with the number of campaigns
that lack it beside it.
"""

from kit.counts.action_log import action_log
from kit.counts.age import ages, at_age
from kit.counts.base_rate import base_rate
from kit.counts.campaigns import differences, left_out, log_shares, messages, sources_of_record
from kit.counts.correspondents import box_weeks, correspondents
from kit.counts.currencies import currencies
from kit.counts.log import before_the_log, conflicts
from kit.counts.pairs import same_people
from kit.counts.people import openers
from kit.counts.reported import reported_rates
from kit.counts.responses import agents, own_side_is_guessed, responses
from kit.counts.service import answers, answers_clustered, revenue_clustered, visits, visits_clustered, waits
from kit.counts.timing import reactions
from kit.counts.traits import TRAITS
from kit.counts.variants import lines, spent
from kit.counts.web import visits_by_campaign, visits_days

__all__ = [
    "TRAITS",
    "action_log",
    "agents",
    "ages",
    "answers",
    "answers_clustered",
    "at_age",
    "base_rate",
    "before_the_log",
    "box_weeks",
    "conflicts",
    "correspondents",
    "currencies",
    "differences",
    "left_out",
    "lines",
    "log_shares",
    "messages",
    "openers",
    "own_side_is_guessed",
    "reactions",
    "reported_rates",
    "responses",
    "revenue_clustered",
    "same_people",
    "sources_of_record",
    "spent",
    "visits",
    "visits_by_campaign",
    "visits_clustered",
    "visits_days",
    "waits",
]
