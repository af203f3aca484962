"""Results as readers meet them: formatted tables and computed sentences.

Every number in a sentence comes from a result. What is shown carries, beside its HTML, the same content
as data (`application/vnd.kit.result+json`), which the report gathers into results.json.
"""

from kit.show.summary import Summary
from kit.show.table import Table
from kit.words.adjusted import adjusted, adjusted_table
from kit.words.measurable import dilution, measurable, measurable_table
from kit.words.strata import parts_table, strata, strata_table
from kit.words.tests import peeking, size_table, tests, verdict_table, verdict_words

__all__ = [
    "Summary",
    "Table",
    "adjusted",
    "adjusted_table",
    "dilution",
    "measurable",
    "measurable_table",
    "parts_table",
    "peeking",
    "size_table",
    "strata",
    "strata_table",
    "tests",
    "verdict_table",
    "verdict_words",
]
