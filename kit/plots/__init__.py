"""Figures: a result in, a picture out. Nothing here counts, reads or computes a statistic."""

from kit.plots.strata import strata
from kit.plots.tests import tests
from kit.show.picture import Picture

__all__ = [
    "Picture",
    "strata",
    "tests",
]
