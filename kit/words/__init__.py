"""Results as readers meet them: formatted tables and computed sentences.

Every number in a sentence comes from a result. What is shown carries, beside its HTML, the same content
as data (`application/vnd.kit.result+json`), which the report gathers into results.json.
"""

from kit.words.campaigns import (
    compared,
    comparison,
    comparison_table,
    finding_table,
    findings,
    months,
    months_table,
    skipped_rules,
    test_sentences,
    test_table,
    tests,
    usual_table,
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
from kit.words.shown import Sentence, Table

__all__ = [
    "Sentence",
    "Table",
    "answerable",
    "arrived",
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
    "problems_of_data",
    "quality",
    "rejections",
    "service",
    "skipped_rules",
    "test_sentences",
    "test_table",
    "tests",
    "tests_left_out",
    "unread",
    "usual_table",
    "versions",
    "volume",
    "volume_table",
    "waiting_table",
]
