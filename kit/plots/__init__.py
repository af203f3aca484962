"""Figures: a result in, a picture out. Nothing here counts, reads or computes a statistic."""

from kit.plots.after_click import after_click
from kit.plots.campaigns import coverage, findings, volume, waiting
from kit.plots.compare import comparison, ranking
from kit.plots.months import months
from kit.plots.opens import openers
from kit.plots.picture import Picture
from kit.plots.segments import segments
from kit.plots.tests import tests

__all__ = [
    "Picture",
    "after_click",
    "comparison",
    "coverage",
    "findings",
    "months",
    "openers",
    "ranking",
    "segments",
    "tests",
    "volume",
    "waiting",
]
