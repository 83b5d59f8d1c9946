"""How sure each curve is: bands inside each other, bootstrap curves, the age of the peak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from trajectories.plot.check import need_columns
from trajectories.plot.page import in_a_row, is_narrow, legend_columns, tall, type_size
from trajectories.plot.style import INK, MUTED, group_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label

__all__ = ["uncertainty"]


@styled
def uncertainty(
    pointwise: pd.DataFrame,
    simultaneous: pd.DataFrame | None = None,
    replicates: pd.DataFrame | None = None,
    peaks: pd.DataFrame | None = None,
    shares: pd.Series | Mapping[Any, float] | None = None,
    names: pd.Series | Mapping[Any, str | None] | None = None,
    unit: str = "offences per year free",
) -> Figure:
    """Draw each group's curve in a panel of its own, with all that is known of its uncertainty.

    Parameters
    ----------
    pointwise : DataFrame
        Tidy: ``group``, ``age``, ``mean``, ``lower``, ``upper``; the dark band.
    simultaneous : DataFrame, optional
        The same columns; the light band, which holds the whole curve.
    replicates : DataFrame, optional
        Tidy: ``replicate``, ``group``, ``age``, ``mean``, as ``bootstrap.curves()`` gives it;
        thin lines.
    peaks : DataFrame, optional
        Index group; ``peak_age``, ``lower``, ``upper``, as ``results.peak_age()`` gives it; a dot
        with a line at the foot of the panel. A group without a peak has none.
    shares, names : Series or mapping, optional
        As in :func:`trajectories.plot.trajectories`.
    unit : str
        Of the means; beside the panels.

    Returns
    -------
    Figure
        One panel per group, each with a scale of its own.
    """
    need_columns(pointwise, "the pointwise bands", "group", "age", "mean", "lower", "upper")
    if simultaneous is not None:
        need_columns(simultaneous, "the simultaneous bands", "group", "age", "lower", "upper")
    if replicates is not None:
        need_columns(replicates, "the replicates", "replicate", "group", "age", "mean")
    groups = list(dict.fromkeys(pointwise["group"]))
    columns = in_a_row(len(groups), 1.6, 3)
    rows = -(-len(groups) // columns)
    figure = new_figure(7.2, 0.9 + tall(2.4) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for position, (group, ax) in enumerate(zip(groups, grid.flat, strict=False)):
        look = group_look(group, position)
        curve = pointwise[pointwise["group"] == group].sort_values("age")
        top = float(curve["mean"].max())
        if replicates is not None:
            _draw_replicates(ax, replicates[replicates["group"] == group])
        if simultaneous is not None:
            wide = simultaneous[simultaneous["group"] == group].sort_values("age")
            top = max(top, _draw_band(ax, wide, look["color"], 0.14, "whole curve", top))
        top = max(top, _draw_band(ax, curve, look["color"], 0.3, "each age", top))
        ax.plot(curve["age"].to_numpy(), curve["mean"].to_numpy(), linewidth=1.9, **look)
        if pointwise["mean"].min() >= 0.0:
            ax.set_ylim(0.0, 1.05 * top if top > 0.0 else 1.0)
        if peaks is not None:
            _draw_peak(ax, peaks.loc[group])
        label = group_label(group, shares, names)
        narrow = columns == 3 or is_narrow()
        ax.set_title(label.replace(" (", "\n(") if narrow else label, fontsize=type_size(9.0))
        ax.grid(axis="y")
        if position + columns >= len(groups):
            ax.tick_params(labelbottom=True)
    for ax in grid.flat[len(groups) :]:
        ax.remove()
    _explain(figure, simultaneous is not None, replicates is not None, peaks is not None)
    figure.supxlabel("age", fontsize=type_size(9.0))
    figure.supylabel(unit, fontsize=type_size(9.0))
    return figure


def _explain(figure: Figure, simultaneous: bool, replicates: bool, peaks: bool) -> None:
    """Say above the panels what bands, thin lines and dots are."""
    shown: list[Any] = [Patch(color=MUTED, alpha=0.42, linewidth=0, label="band at each age")]
    if simultaneous:
        shown.append(Patch(color=MUTED, alpha=0.14, linewidth=0, label="band for the whole curve"))
    if replicates:
        shown.append(Line2D([], [], color=MUTED, linewidth=0.6, label="bootstrap replicates"))
    if peaks:
        dot: dict[str, Any] = {
            "marker": "o",
            "markersize": 4.0,
            "markerfacecolor": "white",
            "color": INK,
        }
        shown.append(Line2D([], [], linewidth=1.2, label="age of the peak", **dot))
    columns = legend_columns([str(one.get_label()) for one in shown], len(shown), 8.0)
    figure.legend(handles=shown, loc="outside upper left", ncols=columns, fontsize=type_size(8.0))


def _draw_band(
    ax: Axes, band: pd.DataFrame, color: str, alpha: float, label: str, top: float
) -> float:
    """Draw a band; return its highest point, at most twice ``top`` so that curves stay curves."""
    lower, upper = band["lower"].to_numpy(dtype=float), band["upper"].to_numpy(dtype=float)
    ages = band["age"].to_numpy()
    ax.fill_between(ages, lower, upper, color=color, alpha=alpha, linewidth=0, label=label)
    return min(float(upper[np.isfinite(upper)].max(initial=0.0)), 2.0 * top)


def _draw_replicates(ax: Axes, part: pd.DataFrame) -> None:
    """Draw the curve of each replicate as a thin grey line, the fainter the more there are."""
    wide = part.pivot_table(values="mean", index="replicate", columns="age")
    ages = wide.columns.to_numpy(dtype=float)
    lines = LineCollection(
        [np.column_stack([ages, row]) for row in wide.to_numpy(dtype=float)],
        colors=MUTED,
        alpha=min(0.5, 12.0 / max(1, len(wide))),
        linewidths=0.6,
        zorder=1,
        label="_replicates",
    )
    ax.add_collection(lines)


def _draw_peak(ax: Axes, peak: pd.Series) -> None:
    """Draw the age of the peak with its interval at the foot of the panel."""
    if not np.isfinite(peak["peak_age"]):
        return
    low, high = ax.get_ylim()
    foot = low + 0.045 * (high - low)
    if np.isfinite(peak["lower"]) and np.isfinite(peak["upper"]):
        ax.plot([peak["lower"], peak["upper"]], [foot, foot], color=INK, linewidth=1.2)
    ax.plot(
        [peak["peak_age"]],
        [foot],
        marker="o",
        markersize=4.0,
        linestyle="none",
        markerfacecolor="white",
        markeredgecolor=INK,
        label="peak",
    )
