"""Figures: a result in, a picture out. Nothing here counts, reads or computes a statistic."""

from kit.plots.problems import benchmarks, complaints, findings, frequency
from kit.plots.retention import back, list_growth, projection, staying
from kit.plots.segments import segments
from kit.plots.strata import strata
from kit.plots.tests import tests
from kit.plots.value import value_bands
from kit.show.picture import Picture

__all__ = [
    "Picture",
    "back",
    "benchmarks",
    "complaints",
    "findings",
    "frequency",
    "list_growth",
    "projection",
    "segments",
    "staying",
    "strata",
    "tests",
    "value_bands",
]
