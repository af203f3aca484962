"""A small picture of the months of one value, for where no SVG is shown: in a mail."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from kit.show.picture import BAND, PLAIN, QUIET

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 24
"""The latest months that are drawn."""

INCHES, DOTS = (2.4, 0.54), 100
"""Of the picture; a mail shows it at two thirds of its size, so that it is sharp on dense screens."""


def png(series: Mapping[str, float], low: float | None, high: float | None) -> bytes:
    """The months as a line, the latest as a dot, over the range in which they usually lie.

    Args:
        series: month -> value.
        low: of the usual range; None: not known.
        high: its other end.
    """
    names = pd.period_range(min(series), max(series), freq="M").strftime("%Y-%m")[-SHOWN:]
    values = pd.Series(series).reindex(names).astype(float)
    figure = Figure(figsize=INCHES, dpi=DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    room = max(values.max() - values.min(), abs(values.max()) / 20)
    bottom, top = values.min() - room / 2, values.max() + room / 2
    if low is not None and high is not None:
        axes.axhspan(max(low, bottom), min(high, top), color=BAND, linewidth=0)
    axes.plot(range(len(values)), values.to_numpy(), color=QUIET, linewidth=1.5)
    axes.plot([len(values) - 1], [values.iloc[-1]], "o", color=PLAIN, markersize=5)
    axes.set_ylim(bottom, top)
    axes.set_xlim(-0.5, len(values) - 0.5)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
