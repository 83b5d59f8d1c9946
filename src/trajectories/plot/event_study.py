"""Event study: how an outcome moves in the years around a transition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.page import legend_columns, tall
from trajectories.plot.ratio_ticks import set_ratio_ticks
from trajectories.plot.style import (
    MUTED,
    RULE,
    line_look,
    new_figure,
    series_order,
    styled,
    with_gaps,
)

__all__ = ["event_study"]

_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_NUMBERS = ("estimate", "lower", "upper")


@styled
def event_study(
    estimates: pd.DataFrame,
    *,
    series: str = "population",
    xlabel: str = "years since the transition",
    ylabel: str = "ratio to the year before",
) -> Figure:
    """Draw ratios with intervals by year from a transition, on a log scale.

    Parameters
    ----------
    estimates : DataFrame
        As ``lifecourse.event_study(...).estimates`` gives it: ``relative_year``, ``label``,
        ``estimate``, ``lower``, ``upper`` and the column named by ``series``. A row whose limits
        equal its estimate is the year that all others are compared with: an open marker.
    series : str
        Column that tells populations apart, by marker, colour and line; a categorical one keeps
        those of its categories, as in :func:`trajectories.plot.forest`.
    xlabel, ylabel : str

    Returns
    -------
    Figure
        The first and last year, which stand for all earlier and later ones, are set apart from
        the lines.

    Raises
    ------
    InputError
        For missing columns, no rows, or ratios that are not above 0.
    """
    need_columns(estimates, "the event study", "relative_year", "label", *_NUMBERS, series)
    if estimates.empty:
        raise InputError("the event study has no rows to draw")
    values = estimates[list(_NUMBERS)].to_numpy(dtype=float)
    if not (np.isfinite(values) & (values > 0)).all():
        raise InputError("the event study: estimates and limits must be ratios above 0")
    figure = new_figure(7.2, tall(3.8))
    ax = figure.add_subplot()
    ax.axhline(1.0, color=MUTED, linewidth=0.9, zorder=1)
    ax.axvline(-0.5, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    names, looks = series_order(estimates[series])
    years = np.sort(estimates["relative_year"].unique())
    shift = np.linspace(-0.12, 0.12, len(names)) if len(names) > 1 else np.zeros(1)
    for j, name in enumerate(names):
        part = estimates[estimates[series].astype(str) == name].sort_values("relative_year")
        _draw(ax, part, float(shift[j]), name, looks[j], (years[0], years[-1]))
    labels = estimates.drop_duplicates("relative_year").set_index("relative_year")["label"]
    ticks = [str(labels[year]).replace(" or ", "\nor ").replace("-", "−") for year in years]
    ax.set_xticks(years, [tick.replace("+0", "0") for tick in ticks])
    ax.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    _y_axis(ax, values)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if len(names) > 1:
        columns = legend_columns(names, 3, beside=0.6)
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns)
    return figure


def _draw(
    ax: Axes, part: pd.DataFrame, shift: float, name: str, number: int, ends: tuple[Any, Any]
) -> None:
    look = line_look(number)
    year = part["relative_year"].to_numpy(dtype=float)
    centre, lower, upper = (part[column].to_numpy(dtype=float) for column in _NUMBERS)
    compared = lower == upper
    inside = (year != ends[0]) & (year != ends[1])
    across, along = with_gaps(year[inside], centre[inside])
    ax.plot(across + shift, along, linewidth=1.3, label="_line", **look)
    ax.vlines(year + shift, lower, upper, color=look["color"], linewidth=1.5)
    marker = _MARKERS[number % len(_MARKERS)]
    shown = {"linestyle": "none", "marker": marker, "markersize": 5.5, "color": look["color"]}
    ax.plot(year[~compared] + shift, centre[~compared], label=name.replace("_", " "), **shown)
    ax.plot(
        year[compared] + shift,
        centre[compared],
        markerfacecolor="white",
        label="_compared",
        **shown,
    )


def _y_axis(ax: Axes, values: np.ndarray[Any, Any]) -> None:
    low, high = np.log(min(values.min(), 1.0)), np.log(max(values.max(), 1.0))
    margin = 0.06 * max(high - low, 0.2)
    ax.set_yscale("log")
    ax.set_ylim(np.exp(low - margin), np.exp(high + margin))
    set_ratio_ticks(ax.yaxis, low, high)
    ax.grid(axis="y", color=RULE)
