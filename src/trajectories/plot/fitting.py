"""Bring a figure to a width, or say which width it needs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from trajectories.errors import InputError
from trajectories.plot.page import INCH, inches, page_width
from trajectories.plot.redrawing import redrawn

__all__ = ["fitted"]

_AXES = 0.65
"""Inches that axes are at least wide, that what is in them can be told apart."""
_TYPE = 6.0
"""Points below which most journals print no letters."""
_HEIGHT = 9.75
"""Inches, 247 mm: what journals have for a figure and its caption on a page."""
_ROOM = 0.03
"""Inches by which markers at the rim may stick out."""
_WIDTHS = (100, 110, 120, 130, 140, 150, 160, 170, 183)


@contextmanager
def fitted(figure: Figure, width: float) -> Iterator[Figure]:
    """Give the figure in so many millimetres, and leave the one that was given as it was.

    Raises
    ------
    InputError
        Where its texts would lie on each other or be cut off, its axes be narrower than 0.65
        inches, its letters smaller than 6 points, or it would be higher than a page.
    """
    was = tuple(figure.get_size_inches())
    try:
        shown = _in_width(figure, width)
        wrong = _wrong(shown)
        if wrong:
            raise InputError(
                f"the figure does not fit in {width:g} mm: {wrong}; {_advice(figure, width)}"
            )
        yield shown
    finally:
        figure.set_size_inches(*was)


def _in_width(figure: Figure, width: float) -> Figure:
    """Return the figure drawn anew for the width or, where that cannot be, itself so wide."""
    with page_width(width):
        anew = redrawn(figure)
    shown = figure if anew is None else anew
    shown.set_size_inches(inches(width), shown.get_size_inches()[1])
    return shown


def _advice(figure: Figure, width: float) -> str:
    """Say which width the figure fits in."""
    for wider in _WIDTHS:
        if wider > width and not _wrong(_in_width(figure, wider)):
            return f"give at least width={wider}"
    return "draw fewer rows or panels"


def _wrong(figure: Figure) -> str:
    """Say what cannot be read at the size that the figure has; nothing where all can be."""
    wide, high = figure.get_size_inches()
    if high > _HEIGHT:
        return f"it would be {high * INCH:.0f} mm high, and a page has {_HEIGHT * INCH:.0f}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "axes collapsed": said below
        figure.draw_without_rendering()
    needed = figure.get_tightbbox()
    if needed.x0 < -_ROOM or needed.x1 > wide + _ROOM:
        return "texts would be cut off"
    shown = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    if any(ax.get_window_extent().width < _AXES * figure.dpi for ax in shown):
        return "its panels would be too narrow"
    texts = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
    ]
    if any(float(text.get_fontsize()) < _TYPE for text in texts):
        return f"it has letters of less than {_TYPE:g} points"
    return "texts would lie on each other" if _collide(figure) else ""


def _collide(figure: Figure) -> bool:
    """Tell whether titles, labels of ticks or axes, or texts beside axes lie on each other."""
    free: list[Text] = [*figure.texts]
    for ax in figure.axes:
        if not ax.get_visible():
            continue
        free += [ax.title, ax._left_title, *ax.texts]  # type: ignore[attr-defined]
        free += [ax.xaxis.label] if ax.axison else []
        for axis, side in ((ax.xaxis, "x"), (ax.yaxis, "y")):
            low, high = sorted(getattr(ax, f"get_{side}lim")())
            for tick in axis.get_major_ticks() if ax.axison else []:
                if low <= tick.get_loc() <= high:
                    free += [tick.label1]
    boxes = [box for text in free for box in _box(text)]
    return any(one.overlaps(other) for one, other in combinations(boxes, 2))


def _box(text: Text) -> list[Bbox]:
    if not text.get_visible() or not text.get_text().strip() or text.get_rotation() % 90:
        return []
    return [text.get_window_extent().padded(-1.5)]
