"""Making the texts of a figure fit its width: on a page, and drawn anew for a phone."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

from kit.show.svg import POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

PHONE = 330
"""Pixels that an unfolded detail has on a phone 390 wide."""

SMALLEST = 11
"""Pixels of a text on a phone."""

SMALL_PRINT = 9.5
"""Points of a legend on a page."""

LINE = 1.25
"""Lines of a text are so many times its size apart."""

NAMES = 0.42
"""Of the width, that names beside an axis take at most; longer ones are written in several lines."""

GAP = 4
"""Units at least between two labels, and between a text and the edge."""

AMPLE = 4
"""Inches of height in which anything can be laid out."""

HANDLE = 3
"""What stands before a name in a legend, in sizes of its text."""

TOGETHER = {" %": "\u00a0%", " = ": "\u00a0=\u00a0"}
"""What is never divided into two lines."""


def legend_above(axes: Axes) -> None:
    """A legend of what the axes hold, over them, where it hides nothing, and the title above it."""
    handles, names = axes.get_legend_handles_labels()
    _legend(axes, handles, names, columns=len(names), size=SMALL_PRINT)


def _legend(axes: Axes, handles: Any, names: list[str], *, columns: int, size: float) -> Legend:
    legend = axes.legend(
        handles, names, ncols=columns, loc="lower left", bbox_to_anchor=(-0.01, 1), frameon=False, borderpad=0,
        handletextpad=0.4, columnspacing=1.1, handlelength=1.4, fontsize=size,
    )  # fmt: skip
    title = axes.get_title(loc="left")
    if title:
        figure: Any = axes.figure
        height = legend.get_window_extent().height / figure.dpi * POINTS
        axes.set_title(title, loc="left", pad=height + 12)
    return legend


def fit_phone(figure: Figure) -> None:
    """Make a figure as narrow as a phone, and its texts large enough to be read there."""
    figure.set_figwidth(PHONE / POINTS)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_tick_params(labelsize=max([SMALLEST, *(_size(text) for text in axis.get_ticklabels())]))
    for text in figure.findobj(Text):
        text.set_fontsize(max(_size(text), SMALLEST))  # pyright: ignore[reportAttributeAccessIssue]
    fit(figure)


def fit(figure: Figure) -> None:
    """Divide into lines what is wider than the figure, make it higher by as much, and leave out labels that touch."""
    figure.dpi = POINTS
    width = figure.bbox.width
    added = sum(_wrap_names(axes, width) + _divide_legend(axes, width) for axes in figure.axes)
    texts = [text for axes in figure.axes for text, _room in _rooms(axes, width)]
    added += sum(_wrap(text, width * (1 - NAMES)) for text in texts)  # nothing is wider than the figure
    height, spare = figure.get_figheight(), AMPLE if added else 0  # has room until its height is known
    figure.set_figheight(height + spare)
    _lay_out(figure)
    for axes in figure.axes:
        added += _wrap(axes.yaxis.label, axes.get_window_extent().height * height / (height + spare)) / 2
        _thin_out(axes.xaxis)
        added += sum(_wrap(text, room) for text, room in _rooms(axes, width))
    added += sum(_wrap(text, width - text.get_window_extent().x0 - GAP) for text in figure.texts)
    if spare or added:
        figure.set_figheight(height + added / POINTS)
        _lay_out(figure)
    figure.set_layout_engine("none")  # everything has its place


def _lay_out(figure: Figure) -> None:
    figure.set_layout_engine("constrained")
    engine = figure.get_layout_engine()
    if engine is not None and figure.axes:
        engine.execute(figure)


def _wrap_names(axes: Axes, width: float) -> float:
    """Write long names beside the vertical axis in several lines; returns by how much the axes must be higher."""
    labels = axes.yaxis.get_ticklabels()
    wrapped = [_wrapped(label, width * NAMES) for label in labels]
    if wrapped == [label.get_text() for label in labels]:
        return 0
    axes.yaxis.set_ticks(axes.yaxis.get_ticklocs(), wrapped)
    lines = [name.count("\n") + 1 for name in wrapped]
    row = max(map(sum, pairwise([*lines, 1]))) / 2 * LINE * _size(labels[0]) + GAP
    return max(row - axes.get_window_extent().height / len(lines), 0) * len(lines)


def _divide_legend(axes: Axes, width: float) -> float:
    """Write a legend that is too wide above the axes in fewer columns; returns by how much it is higher."""
    legend = axes.get_legend()
    beside = max((label.get_window_extent().width for label in axes.yaxis.get_ticklabels()), default=0)
    room = width - beside - axes.yaxis.label.get_window_extent().height - 3 * GAP
    if legend is None or legend.get_window_extent().width <= room:
        return 0
    before, handles = legend.get_window_extent().height, legend.legend_handles
    names = [_wrapped(text, room - HANDLE * _size(text)) for text in legend.get_texts()]  # as they are masked
    for columns in range(max(len(names) - 1, 1), 0, -1):
        legend = _legend(axes, handles, names, columns=columns, size=_size(legend.get_texts()[0]))
        if legend.get_window_extent().width <= room:
            break
    return legend.get_window_extent().height - before


def _rooms(axes: Axes, width: float) -> Iterator[tuple[Text, float]]:
    """Title and name of the axes with the room that each has: to the next axes beside it, or to the edge."""
    untyped: Any = axes  # whose title on the left matplotlib has, and gives no public name
    place = axes.get_window_extent()
    others = [other for other in untyped.figure.axes if _is_right_of(other.get_window_extent(), place)]
    yield untyped._left_title, min([width, *(other.get_tightbbox().x0 for other in others)]) - place.x0 - GAP  # noqa: SLF001  see above
    middle = (place.x0 + place.x1) / 2
    yield axes.xaxis.label, 2 * min(middle, width - middle) - GAP


def _is_right_of(other: Any, place: Any) -> bool:
    return other.x0 > place.x0 and other.y0 < place.y1 and other.y1 > place.y0


def _size(text: Text) -> float:
    return text.get_fontproperties().get_size_in_points()


def _wrap(text: Text, room: float) -> float:
    """Write a text in as many lines as it needs; returns by how much that is higher."""
    before = text.get_text()
    text.set_text(_wrapped(text, room))
    return (text.get_text().count("\n") - before.count("\n")) * LINE * _size(text)


def _wrapped(text: Text, room: float) -> str:
    """A text in lines that are no wider than the room, from how it was written; a wider word stands alone."""
    text.set_label(text.get_label() or text.get_text())
    words = str(text.get_label())
    for apart, together in TOGETHER.items():
        words = words.replace(apart, together)
    return "\n".join(line for part in words.split("\n") for line in _lines(text, part.split(" "), room))


def _lines(text: Text, words: list[str], room: float) -> list[str]:
    figure: Any = text.figure
    renderer = figure._get_renderer()  # noqa: SLF001  the one way to measure a text that is not drawn yet
    lines = words[:1]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if renderer.get_text_width_height_descent(longer, text.get_fontproperties(), ismath=False)[0] <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _thin_out(axis: Axis) -> None:
    """Leave out labels until none touches its neighbour."""
    low, high = sorted(axis.get_view_interval())
    labels = axis.get_ticklabels()  # none where another axes has them
    ticks = [(at, label) for at, label in zip(axis.get_ticklocs(), labels, strict=False) if low <= at <= high]
    places = sorted((label.get_window_extent() for _at, label in ticks if label.get_text()), key=lambda place: place.x0)
    step = 1
    while any(right.x0 - left.x1 < GAP for left, right in pairwise(places[::step])):
        step += 1
    if step > 1:
        axis.set_ticks([at for at, _label in ticks][::step], [label.get_text() for _at, label in ticks][::step])
