"""Observed against predicted: whether probabilities come true, and for whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import tall, type_size
from trajectories.plot.style import MUTED, group_look, open_axes, styled

__all__ = ["calibration"]

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@styled
def calibration(
    frame: pd.DataFrame,
    by: str = "everybody",
    ax: Axes | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the observed share by bin of the predicted probability, with limits.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``by, level, predicted, observed, lower, upper``, as ``profiles.validate`` gives it
        in ``calibration_curve``.
    by : str
        The division into subgroups to draw; "everybody" for all together.
    ax : Axes, optional
        Draw here instead of in a new figure.
    title : str, optional

    Returns
    -------
    Figure
        A line a subgroup, and the diagonal on which probabilities come true.
    """
    need_columns(frame, "the calibration curve", "by", "level", "predicted", "observed", "lower")
    rows = frame[frame["by"] == by]
    if rows.empty:
        raise InputError(
            f"the calibration curve: no division {by!r}; there are "
            f"{', '.join(map(str, pd.unique(frame['by'])))}"
        )
    figure, ax = open_axes(ax, 6.4, tall(4.4))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), label="_diagonal")
    order = list(pd.unique(rows["level"]))
    looks = [group_look(level, position) for position, level in enumerate(order)]
    ends = []
    for position, (level, look) in enumerate(zip(order, looks, strict=True)):
        part = rows[(rows["level"] == level) & rows["observed"].notna()].sort_values("predicted")
        x, y = part["predicted"].to_numpy(), part["observed"].to_numpy()
        ax.vlines(x, part["lower"], part["upper"], color=look["color"], linewidth=1.0)
        marker = _MARKERS[position % len(_MARKERS)]
        ax.plot(
            x,
            y,
            marker=marker,
            markersize=4.5,
            linewidth=1.3,
            label=str(level).replace("_", " "),
            **look,
        )
        ends.append((float(x[-1]), float(y[-1])) if len(x) else (np.nan, np.nan))
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    ax.grid(True)
    ax.set_xlabel("predicted probability, mean of a bin")
    ax.set_ylabel("observed share")
    if title:
        ax.set_title(title)
    told: Any = {"fontsize": type_size(8.0), "color": MUTED, "ha": "right", "va": "bottom"}
    ax.text(0.98, 0.02, "dotted: as predicted", **told)
    if len(order) > 1:
        label_ends(ax, ends, [str(level).replace("_", " ") for level in order], looks)
    return figure
