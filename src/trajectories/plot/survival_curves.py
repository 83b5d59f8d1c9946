"""Survival curves with bands, and the numbers at risk below."""

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

__all__ = ["survival_curves"]


@styled
def survival_curves(
    frame: pd.DataFrame,
    numbers: pd.DataFrame | None = None,
    names: Mapping[Any, str] | None = None,
    value: str = "survival",
    ax: Axes | None = None,
    title: str | None = None,
    unit: str = "years",
    origin: str | None = None,
    ylabel: str | None = None,
) -> Figure:
    """Draw step curves over time, a stratum each, with pointwise bands.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``stratum, time``, the column named by ``value`` and, for the bands, ``lower`` and
        ``upper``, as ``recidivism.kaplan_meier`` gives it; or ``incidence`` of one cause.
    numbers : DataFrame, optional
        ``stratum, time, at_risk``, as ``recidivism.numbers_at_risk`` gives it: written below the
        axis.
    names : mapping, optional
        Stratum to the text of its label.
    value : str
        Column to draw.
    ax : Axes, optional
        Draw here instead of in a new figure.
    title, ylabel, origin : str, optional
        Above the axes; beside them; what time is counted from.
    unit : str
        Of time.

    Returns
    -------
    Figure
        A line a stratum, labelled at its end where there are several.
    """
    need_columns(frame, "the survival curves", "stratum", "time", value)
    order = list(pd.unique(frame["stratum"]))
    height = tall(3.9) + (0.2 * len(order) + 0.3 if numbers is not None else 0.0)
    figure, ax = open_axes(ax, 7.2, height)
    texts = [stratum_text(stratum, names) for stratum in order]
    looks = [line_look(position) for position in range(len(order))]
    ends = []
    for stratum, text, look in zip(order, texts, looks, strict=True):
        curve = frame[frame["stratum"] == stratum].sort_values("time")
        draw_steps(ax, curve, value, look, text)
        ends.append(end_of(curve, value))
    ax.set_xlim(0.0, float(frame["time"].max()))
    ax.set_ylim(0.0, 1.0)
    ax.grid(axis="y")
    ax.set_xlabel(axis_name(unit, origin))
    ax.set_ylabel(ylabel or ("share without new case" if value == "survival" else "share"))
    if title:
        ax.set_title(title)
    if numbers is not None:
        need_columns(numbers, "the numbers at risk", "stratum", "time", "at_risk")
        write_numbers(ax, numbers, order, texts, looks)
    if len(order) > 1:
        label_ends(ax, ends, texts, looks)
    return figure
