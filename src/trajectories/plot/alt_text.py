"""A text in the place of a figure, for who cannot see it: what stands in it, panel by panel."""

from __future__ import annotations

import re

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["alt_text"]

_MOST = 12
"""Lines, rows or panels that are named one by one."""


def alt_text(figure: Figure) -> str:
    """Say what a figure shows: titles, axes, lines and rows; it tells no numbers.

    Numbers are in the table from which the figure was drawn.
    """
    panels = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    around = [
        text.get_text()
        for text in (figure._suptitle, figure._supxlabel, figure._supylabel)  # type: ignore[attr-defined]
        if text is not None and text.get_text()
    ]
    told = list(dict.fromkeys(filter(None, map(_panel, panels))))
    more = [f"and {len(told) - _MOST} more panels"] if len(told) > _MOST else []
    counted = [f"{len(panels)} panels"] if len(panels) > 1 else []
    text = "; ".join([*counted, *around, *told[:_MOST], *more])
    return f"Figure: {text}." if text else "Figure."


def _panel(ax: Axes) -> str:
    title = " ".join(filter(None, (ax.get_title(loc=side) for side in ("left", "center"))))
    across, up = ax.get_xlabel(), ax.get_ylabel()
    axes = f"{up} by {across}" if across and up else across or up
    _, labels = ax.get_legend_handles_labels()
    rows = [
        text.get_text()
        for text in ax.get_yticklabels()
        if re.search("[^\\W\\d_]{2}", text.get_text()) and "mathdefault" not in text.get_text()
    ]
    parts = [title, axes, _listed("lines", labels), _listed("rows", rows)]
    return re.sub(r"\s+", " ", ", ".join(part for part in parts if part))


def _listed(what: str, names: list[str]) -> str:
    names = list(dict.fromkeys(name for name in names if name))
    if not names:
        return ""
    left = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{what} {', '.join(names[:_MOST])}{left}"
