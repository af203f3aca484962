"""Results as readers meet them: formatted tables and computed sentences.

Every number in a sentence comes from a result. What is shown carries, beside its HTML, the same content
as data (`application/vnd.kit.result+json`), which the report gathers into results.json.
"""

from kit.words.after_click import after_click, after_click_table, silent_table, unmatched_table
from kit.words.compare import (
    compared,
    comparison,
    comparison_table,
    one_mix,
    one_mix_table,
    ranking,
    ranking_table,
)
from kit.words.data import (
    answerable,
    arrived,
    differences,
    files,
    mail_by_kind,
    problems_of_data,
    quality,
    rejections,
    tests_left_out,
    unread,
    versions,
)
from kit.words.goals import goal_kpis, goals, service, volume, volume_table, waiting_table
from kit.words.months import months, months_table, trends, usual_table
from kit.words.opens import clicks_table, openers, openers_table, verdicts_table
from kit.words.problems import finding_table, findings, skipped_rules
from kit.words.segments import segments, segments_table, unknown_table
from kit.words.shown import Sentence, Table
from kit.words.tests import peeking, size_table, tests, verdict_table, verdict_words

__all__ = [
    "Sentence",
    "Table",
    "after_click",
    "after_click_table",
    "answerable",
    "arrived",
    "clicks_table",
    "compared",
    "comparison",
    "comparison_table",
    "differences",
    "files",
    "finding_table",
    "findings",
    "goal_kpis",
    "goals",
    "mail_by_kind",
    "months",
    "months_table",
    "one_mix",
    "one_mix_table",
    "openers",
    "openers_table",
    "peeking",
    "problems_of_data",
    "quality",
    "ranking",
    "ranking_table",
    "rejections",
    "segments",
    "segments_table",
    "service",
    "silent_table",
    "size_table",
    "skipped_rules",
    "tests",
    "tests_left_out",
    "trends",
    "unknown_table",
    "unmatched_table",
    "unread",
    "usual_table",
    "verdict_table",
    "verdict_words",
    "verdicts_table",
    "versions",
    "volume",
    "volume_table",
    "waiting_table",
]
