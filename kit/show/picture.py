"""The picture that a plot returns: an SVG with its alternative text, and the one theme of all figures."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from kit.messages import _
from kit.privacy import masked
from kit.show import fit, svg
from kit.show.result import MIME, NARROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from kit.messages import Message

WIDTH = 6.4
"""Inches of a figure on a page or in a notebook."""

SCALE = 96 / svg.POINTS
"""Pixels a unit of such a figure."""

INK, SOFT, QUIET, BAND = "#22303c", "#54616d", "#7d8a96", "#e6ebef"
"""Of texts, of texts that matter less, of lines, of areas."""

GOOD, BAD, PLAIN = "#1b7f5c", "#c2412d", "#3b6ea5"
"""Green-blue and red-brown differ in lightness too, so they can be told apart without hue."""

PALE, OCHRE, VIOLET = "#9db8d6", "#b7791f", "#7a4fa0"
"""Of further series."""

ON_SHADE = "#1d2b36"
"""Of texts on a coloured area, which is as light on a dark page."""

COLORS = {
    INK: "ink", SOFT: "soft", QUIET: "quiet", BAND: "band", GOOD: "good", BAD: "bad", PLAIN: "plain", PALE: "pale",
    OCHRE: "ochre", VIOLET: "violet", "#ffffff": "paper",
}  # fmt: skip
"""The colours that a page may give a figure anew, by the names of its style sheet."""

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
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure: `svg`, and `alt` that says what it shows to who cannot see it; `empty` where nothing is drawn.

    `narrow` is the same figure as a phone shows it. Drawn on axes of the reader's own, it has neither: their figure
    shows it.
    """

    name: str
    title: str
    alt: str
    svg: str = ""
    narrow: str = ""
    empty: bool = False

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        about = {"kind": "figure", "name": self.name, "title": str(self.title), "alt": str(self.alt)}
        about |= {"empty": True} if self.empty else {}
        drawn = {"image/svg+xml": self.svg, NARROW: self.narrow} if self.svg else {}
        return {**drawn, "text/plain": str(self.alt), MIME: about}


class _Own(Figure):
    """A figure that the kit made, so that it may be finished and written."""


@contextmanager
def panels(height: float) -> Iterator[Figure]:
    """A figure in the kit's theme, to be divided; the reader's own settings are as before afterwards."""
    with sns.axes_style("whitegrid"), mpl.rc_context(_THEME):
        yield _Own(figsize=(WIDTH, height), layout="constrained")


@contextmanager
def drawing(height: float, ax: Axes | None = None) -> Iterator[Axes]:
    """Axes to draw on: those of the reader, else those of a figure of this height [inches] in the kit's theme."""
    if ax is not None:
        yield ax
        return
    with panels(height) as figure:
        yield figure.subplots()


def picture(drawn: Axes | Figure, *, name: str, title: str | Message, alt: str) -> Picture:
    """What was drawn, as a picture; to be called inside `drawing` or `panels`, whose theme it needs."""
    figure = drawn if isinstance(drawn, Figure) else drawn.figure
    heading, alt = masked(str(title)), masked(alt)
    if not isinstance(figure, _Own):
        return Picture(name, heading, alt)
    for axes in figure.axes:
        sns.despine(ax=axes, left=True)
        axes.tick_params(length=0, pad=5)
    _mask(figure)
    FigureCanvasSVG(figure)  # measures as it will be drawn
    fit.fit(figure)
    wide = svg.write(figure, name=name, alt=alt, scale=SCALE)
    fit.fit_phone(figure)
    return Picture(name, heading, alt, wide, svg.write(figure, name=f"{name}-narrow", alt=alt, scale=1, hovers=False))


def _mask(figure: Figure) -> None:
    """Take addresses out of what is about to be drawn: once they are shapes of letters, nobody finds them any more."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [tick.get_text() for tick in axis.get_ticklabels()]
            if masked(labels) != labels:
                axis.set_ticks(axis.get_ticklocs(), masked(labels))
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_text(masked(text.get_text()))


def nothing(name: str, title: str | Message, why: str | Message) -> Picture:
    """A picture that only says why there is nothing to draw; `why` is a clause."""
    with panels(0.7) as figure:
        figure.text(0.01, 0.5, _("Nothing to draw: {why}.", why=why), color=SOFT, va="center")
        alt = _("{title}: nothing to draw, {why}.", title=title, why=why)
        return replace(picture(figure, name=name, title=title, alt=alt), empty=True)


def label(text: object, longest: int = 30) -> str:
    """A name as it fits beside an axis: addresses masked, signs that the font lacks left out, long ones cut."""
    known = "".join(char for char in masked(str(text)) if ord(char) in _glyphs()).strip()
    return known if len(known) <= longest else f"{known[: longest - 1].rstrip()}…"


@cache
def _glyphs() -> frozenset[int]:
    font = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    return frozenset(FT2Font(font).get_charmap())
