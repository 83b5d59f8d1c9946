"""Figures remember how they were drawn, so that they can be drawn again for another width."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

__all__ = ["redrawn", "remember"]


def remember(figure: Figure, draw: Callable[[], Figure]) -> None:
    """Keep with the figure what draws it, and what it looks like now."""
    figure._drawn_by = (draw, _look(figure))  # type: ignore[attr-defined]


def redrawn(figure: Figure) -> Figure | None:
    """Return the figure drawn anew; None where nobody knows how, or it was changed since."""
    draw, look = getattr(figure, "_drawn_by", (None, None))
    return None if draw is None or look != _look(figure) else draw()


def _look(figure: Figure) -> list[Hashable]:
    """Return what a hand may have changed: texts, lines, areas, their colours, limits, panels."""
    seen: list[Hashable] = [figure.get_facecolor(), len(figure.axes), len(figure.legends)]
    for ax in figure.axes:
        seen += [ax.get_xlim(), ax.get_ylim(), ax.get_xscale(), ax.get_yscale(), ax.axison]
        seen += [ax.get_legend() is not None, ax.get_facecolor()]
        for axis in (ax.xaxis, ax.yaxis):
            seen += [id(axis.get_major_locator()), id(axis.get_major_formatter())]
            seen += [axis.label.get_text(), axis.label.get_fontsize()]
    stack: list[Any] = [figure]
    while stack:
        for child in stack.pop().get_children():
            seen += _of(child)
            # axes put their ticks in when they are drawn; figures hold axes and parts of figures
            if not isinstance(child, Axis | Text | Line2D | Collection | Patch):
                stack.append(child)
    return seen


def _of(artist: Any) -> list[Hashable]:
    """Return the look of one artist."""
    if isinstance(artist, Text):
        return [
            artist.get_text(),
            artist.get_fontsize(),
            artist.get_color(),
            artist.get_fontweight(),
        ]
    if isinstance(artist, Line2D):
        style = [str(artist.get_color()), str(artist.get_linestyle()), str(artist.get_marker())]
        numbers = [hash(np.asarray(data).tobytes()) for data in artist.get_data(orig=False)]
        return [*style, *numbers, artist.get_linewidth(), artist.get_alpha(), artist.get_visible()]
    if isinstance(artist, Patch):
        return [artist.get_facecolor(), artist.get_edgecolor(), artist.get_visible()]
    if isinstance(artist, Collection):
        return [np.asarray(artist.get_facecolor()).tobytes(), artist.get_visible()]
    return [type(artist).__name__, not isinstance(artist, SubFigure) and artist.get_visible()]
