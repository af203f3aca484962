"""Results as readers meet them: formatted tables and computed sentences.

Every number in a sentence comes from a result. What is shown carries, beside its HTML, the same content
as data (`application/vnd.kit.result+json`), which the report gathers into results.json.
"""

from kit.show.summary import Summary
from kit.show.table import Table
from kit.words.adjusted import adjusted, adjusted_table
from kit.words.benchmarks import benchmark_table, benchmarks, published_table
from kit.words.measurable import dilution, measurable, measurable_table
from kit.words.problems import (
    cautions,
    finding_table,
    findings,
    frequency,
    frequency_table,
    limits_table,
    not_sent_table,
    remedy_table,
    rules_table,
    skipped_rules,
)
from kit.words.segments import segments, segments_table, unknown_table
from kit.words.strata import parts_table, strata, strata_table
from kit.words.tests import peeking, size_table, tests, verdict_table, verdict_words

__all__ = [
    "Summary",
    "Table",
    "adjusted",
    "adjusted_table",
    "benchmark_table",
    "benchmarks",
    "cautions",
    "dilution",
    "finding_table",
    "findings",
    "frequency",
    "frequency_table",
    "limits_table",
    "measurable",
    "measurable_table",
    "not_sent_table",
    "parts_table",
    "peeking",
    "published_table",
    "remedy_table",
    "rules_table",
    "segments",
    "segments_table",
    "size_table",
    "skipped_rules",
    "strata",
    "strata_table",
    "tests",
    "unknown_table",
    "verdict_table",
    "verdict_words",
]
