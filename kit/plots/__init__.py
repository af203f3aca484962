"""Figures: a result in, a picture out. Nothing here counts, reads or computes a statistic."""

from kit.plots.campaigns import comparison, coverage, findings, months, tests, volume, waiting
from kit.plots.picture import Picture

__all__ = ["Picture", "comparison", "coverage", "findings", "months", "tests", "volume", "waiting"]
