"""A figure as SVG whose text stays text: it is searched, selected, read aloud, and takes font and colours of a page."""

from __future__ import annotations

import json
import re
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_hex
from matplotlib.font_manager import weight_dict
from matplotlib.lines import Line2D
from matplotlib.text import Text

from kit.privacy import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.figure import Figure

POINTS = 72
"""Units of a drawing in an inch."""

FONTS = "'DejaVu Sans', Verdana, Geneva, sans-serif"
"""The font that the figure was laid out with, and those that are as wide."""

_FINE = re.compile(r"(?<=\.\d\d)\d+")
"""Digits of a place that nobody sees."""

_ANCHORS = {"left": ("start", 0), "center": ("middle", 0.5), "right": ("end", 1)}


_HOVER_TEXTS: WeakKeyDictionary[Line2D, list[str]] = WeakKeyDictionary()
"""What the marks of a line say."""


def hover(marks: Sequence[Line2D], texts: Iterable[str]) -> None:
    """Let the marks of a line say what they show where a mouse stands on them: a text each, in their order."""
    (line,) = marks
    x, y = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
    drawn = zip(texts, np.isfinite(x + y), strict=True)
    _HOVER_TEXTS[line] = [masked(text) for text, is_drawn in drawn if is_drawn]


def write(figure: Figure, *, name: str, alt: str, scale: float, hovers: bool = True) -> str:
    """The figure as one element, without a prolog, a style sheet or a date, and the same bytes for the same figure.

    Args:
        figure: in the theme that it was made in.
        name: what ids begin from, so that two figures of a page share none.
        alt: its alternative text.
        scale: pixels of the page a unit of the drawing.
        hovers: whether marks say what they show; a phone has no mouse.
    """
    figure.dpi = POINTS
    for text in figure.findobj(Text):
        text.set_gid(_side(text))  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
    for line in figure.findobj(Line2D):
        line.set_gid(json.dumps(_HOVER_TEXTS.get(line, [])))  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
    out = StringIO()
    width, height = (inches * POINTS for inches in figure.get_size_inches())
    with mpl.rc_context({"svg.hashsalt": name}):
        renderer = _Renderer(width, height, out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        figure.draw(renderer)
        renderer.finalize()
    svg = re.sub(r"^.*?<svg [^>]*>|<style.*?</style>|<defs>\s*</defs>", "", out.getvalue(), flags=re.DOTALL)
    if not hovers:
        svg = re.sub(r"\s*<title>.*?</title>", "", svg)
    svg = re.sub(r' d="[^"]*"', lambda path: _FINE.sub("", path[0]), re.sub(r"\s*\n\s*", "\n", svg))
    return (
        f'<svg role="img" aria-label="{escape(alt)}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{width * scale:.0f}" height="{height * scale:.0f}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONTS}" stroke-linejoin="round" '
        f'style="white-space: pre">{svg}'
    )


def _side(text: Text) -> str:
    """Where along its direction a text is held."""
    return (
        text.get_horizontalalignment() if text.get_rotation() == 0 or text.get_rotation_mode() == "anchor" else "center"
    )


class _Renderer(RendererSVG):
    """Holds texts at the side at which they are aligned, so that a reader's narrower font moves nothing."""

    _held: str = "left"
    _hover_texts: str | None = None

    def open_group(self, s: str, gid: str | None = None) -> None:
        if s == "text":
            self._held = gid or "left"
        else:
            self._hover_texts = gid if s == "line2d" else None

    def close_group(self, s: str) -> None:
        """Groups are not drawn."""

    def draw_markers(self, gc: Any, *marks: Any, **fill: Any) -> None:
        """As matplotlib draws them, each with the text that `hover` gave it."""
        texts, writer = iter(json.loads(self._hover_texts or "[]")), self.writer
        element = writer.element

        def titled(tag: str, text: str | None = None, attrib: dict[str, str] | None = None, **more: str) -> None:
            title = next(texts, "") if tag == "use" else ""
            if not title:
                element(tag, text, attrib, **more)
                return
            writer.start(tag, attrib or {}, **more)
            element("title", title)
            writer.end(tag, indent=False)

        writer.element = titled
        try:
            super().draw_markers(gc, *marks, **fill)
        finally:
            del writer.element

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,  # noqa: FBT002  matplotlib's signature
        mtext: Any = None,  # noqa: ARG002  likewise
    ) -> None:
        anchor, part = _ANCHORS[self._held]
        along = part * self.get_text_width_height_descent(s, prop, ismath)[0]
        x, y = x + along * np.cos(np.deg2rad(angle)), y - along * np.sin(np.deg2rad(angle))
        weight = weight_dict.get(prop.get_weight(), prop.get_weight())
        style = {
            "font-size": f"{prop.get_size_in_points():g}px",
            "font-weight": "" if weight == weight_dict["normal"] else weight,
            "fill": to_hex(gc.get_rgb()[:3]),
            "text-anchor": "" if anchor == "start" else anchor,
        }
        place = {"x": f"{x:.2f}", "y": f"{y:.2f}"} | (
            {"transform": f"rotate({-angle:g} {x:.2f} {y:.2f})"} if angle else {}
        )
        css = "; ".join(f"{key}: {value}" for key, value in style.items() if value)
        self.writer.element("text", s, attrib={**place, "style": css})
