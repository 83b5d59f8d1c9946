"""Group probabilities against a covariate, with bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import is_narrow, legend_columns, tall
from trajectories.plot.style import group_look, group_place, open_axes, styled
from trajectories.plot.trajectory_curves import group_label

__all__ = ["membership"]

MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@styled
def membership(
    frame: pd.DataFrame,
    x: str,
    names: pd.Series | Mapping[Any, str | None] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    label: str | None = None,
) -> Figure:
    """Draw the probability of each group against a covariate, with its interval.

    Parameters
    ----------
    frame : DataFrame
        Tidy: the covariate, ``group``, ``probability`` and, for the bands, ``lower`` and
        ``upper``, as ``results.prior(...)`` gives it; the other covariates held at one value.
    x : str
        Column of the covariate: numbers make lines with bands, anything else dots with bars.
    names : Series or mapping, optional
        Group to a name; a group without one is 'group k'.
    ax : Axes, optional
        Draw here instead of in a new figure.
    title, label : str, optional
        Above the axes; beside the horizontal axis, the name of the column unless told.

    Returns
    -------
    Figure
        One line (or row of dots) per group, in the order of ``frame``.
    """
    need_columns(frame, "the group probabilities", x, "group", "probability")
    figure, ax = open_axes(ax, 7.2, tall(4.2))
    banded = {"lower", "upper"} <= set(frame.columns)
    numeric = pd.api.types.is_numeric_dtype(frame[x]) and not pd.api.types.is_bool_dtype(frame[x])
    if numeric:
        _lines(ax, frame, x, names, banded)
    else:
        _dots(ax, frame, x, names, banded)
    ax.set_ylim(0.0, 1.0)
    ax.grid(axis="y")
    ax.set_xlabel(x if label is None else label)
    ax.set_ylabel("probability of the group")
    if title:
        ax.set_title(title)
    return figure


def _lines(ax: Axes, frame: pd.DataFrame, x: str, names: Any, banded: bool) -> None:
    ends, texts, looks = [], [], []
    for position, (group, curve) in enumerate(frame.groupby("group", sort=False, observed=True)):
        curve, look = curve.sort_values(x), group_look(group, position)
        text = group_label(group, None, names)
        at, value = curve[x].to_numpy(dtype=float), curve["probability"].to_numpy()
        if banded:
            limits = curve["lower"].to_numpy(), curve["upper"].to_numpy()
            ax.fill_between(at, *limits, color=look["color"], alpha=0.16, linewidth=0)
        ax.plot(at, value, label=text, linewidth=1.9, **look)
        ends.append((float(at[-1]), float(value[-1])))
        texts.append(text)
        looks.append(look)
    values = frame[x].to_numpy(dtype=float)
    low, high = float(values.min()), float(values.max())
    ax.set_xlim(low, high if high > low else low + 1.0)
    ax.set_ylim(0.0, 1.0)
    label_ends(ax, ends, texts, looks)


def _dots(ax: Axes, frame: pd.DataFrame, x: str, names: Any, banded: bool) -> None:
    values = list(dict.fromkeys(frame[x]))
    place = {value: i for i, value in enumerate(values)}
    groups = list(dict.fromkeys(frame["group"]))
    apart = np.linspace(-0.18, 0.18, len(groups)) if len(groups) > 1 else np.zeros(1)
    for position, group in enumerate(groups):
        rows = frame[frame["group"] == group]
        color = group_look(group, position)["color"]
        at = np.array([place[value] for value in rows[x]]) + apart[position]
        middle = rows["probability"].to_numpy()
        if banded:
            ax.vlines(at, rows["lower"], rows["upper"], color=color, linewidth=1.6)
        ax.plot(
            at,
            middle,
            linestyle="none",
            marker=MARKERS[group_place(group, position) % len(MARKERS)],
            markersize=5.5,
            color=color,
            label=group_label(group, None, names),
        )
    ax.set_xticks(range(len(values)), [str(value) for value in values])
    ax.set_xlim(-0.5, len(values) - 0.5)
    if not is_narrow():
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return
    columns = legend_columns([group_label(group, None, names) for group in groups], 3, beside=0.5)
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=columns)
