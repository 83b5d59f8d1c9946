"""The mean number of new cases by time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import tall
from trajectories.plot.step_lines import (
    axis_name,
    draw_steps,
    end_of,
    stratum_text,
    write_numbers,
)
from trajectories.plot.style import line_look, open_axes, styled

__all__ = ["mean_cumulative_count"]


@styled
def mean_cumulative_count(
    frame: pd.DataFrame,
    numbers: pd.DataFrame | None = None,
    names: Mapping[Any, str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    unit: str = "years",
    origin: str | None = None,
) -> Figure:
    """Draw the mean cumulative count of every stratum, with its band.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``stratum, time, mean`` and, for the bands, ``lower`` and ``upper``, as
        ``recidivism.mean_cumulative_count`` gives it.
    numbers, names, ax, title, unit, origin
        As for ``survival_curves``.

    Returns
    -------
    Figure
    """
    need_columns(frame, "the mean cumulative counts", "stratum", "time", "mean")
    order = list(pd.unique(frame["stratum"]))
    height = tall(3.9) + (0.2 * len(order) + 0.3 if numbers is not None else 0.0)
    figure, ax = open_axes(ax, 7.2, height)
    texts = [stratum_text(stratum, names) for stratum in order]
    looks = [line_look(position) for position in range(len(order))]
    ends = []
    for stratum, text, look in zip(order, texts, looks, strict=True):
        curve = frame[frame["stratum"] == stratum].sort_values("time")
        start = pd.DataFrame({"time": [0.0], "mean": [0.0], "lower": [0.0], "upper": [0.0]})
        known = [column for column in start.columns if column in curve.columns]
        curve = pd.concat([start[known], curve[known]], ignore_index=True)
        draw_steps(ax, curve, "mean", look, text)
        ends.append(end_of(curve, "mean"))
    top = float(frame["upper" if "upper" in frame.columns else "mean"].max())
    ax.set_xlim(0.0, float(frame["time"].max()))
    ax.set_ylim(0.0, 1.05 * top if top > 0 else 1.0)
    ax.grid(axis="y")
    ax.set_xlabel(axis_name(unit, origin))
    ax.set_ylabel("new cases a person")
    if title:
        ax.set_title(title)
    if numbers is not None:
        need_columns(numbers, "the numbers at risk", "stratum", "time", "at_risk")
        write_numbers(ax, numbers, order, texts, looks)
    if len(order) > 1:
        label_ends(ax, ends, texts, looks)
    return figure
