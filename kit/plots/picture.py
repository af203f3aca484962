"""The picture that a plot returns: an SVG with its alternative text, and the one theme of all figures."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from kit.words.shown import MIME

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 6.4
"""Inches. With 11 pt text a figure this wide is still read on a phone."""

INK, QUIET, BAND = "#22303c", "#8a97a3", "#e6ebef"
GOOD, BAD, PLAIN = "#1b7f5c", "#c2412d", "#3b6ea5"
"""Green-blue and red-brown differ in lightness too, so they can be told apart without hue."""

_THEME: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.titlelocation": "left",
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "grid.color": BAND,
    "text.color": INK,
    "text.parse_math": False,  # a "$" in a subject line is a dollar
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "kit",  # the same picture has the same ids, so the same bytes
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished figure: `svg`, and `alt` that says what it shows to who cannot see it."""

    name: str
    title: str
    alt: str
    svg: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        about = {"kind": "figure", "name": self.name, "title": self.title, "alt": self.alt}
        return {"image/svg+xml": self.svg, "text/plain": self.alt, MIME: about}


@contextmanager
def drawing(height: float) -> Iterator[Figure]:
    """A figure in the kit's theme; the reader's own settings are as before afterwards."""
    with sns.axes_style("whitegrid"), mpl.rc_context(_THEME):
        yield Figure(figsize=(WIDTH, height), layout="constrained")


def picture(figure: Figure, *, name: str, title: str, alt: str) -> Picture:
    """The figure as a picture; to be called inside `drawing`, whose theme it needs."""
    for axes in figure.axes:
        sns.despine(ax=axes, left=True)
        axes.tick_params(length=0)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
    return Picture(name, title, alt, svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1))


def nothing(name: str, title: str, why: str) -> Picture:
    """A picture that only says why there is nothing to draw."""
    with drawing(0.7) as figure:
        figure.text(0.01, 0.5, f"Nothing to draw: {why}.", color=QUIET, va="center")
        return picture(figure, name=name, title=title, alt=f"{title}: nothing to draw, {why}.")


def label(text: object, longest: int = 30) -> str:
    """A name as it fits beside an axis: signs that the font lacks are left out, long ones are cut."""
    known = "".join(char for char in str(text) if ord(char) in _glyphs()).strip()
    return known if len(known) <= longest else f"{known[: longest - 1].rstrip()}…"


@cache
def _glyphs() -> frozenset[int]:
    font = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    return frozenset(FT2Font(font).get_charmap())
