"""Standardised residuals of each group over age, as stems from zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from trajectories.plot.check import need_columns
from trajectories.plot.page import type_size
from trajectories.plot.style import INK, MUTED, RULE, group_place, line_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label
from trajectories.plot.whole_ticks import set_whole_ticks

__all__ = ["residuals"]

_LIMIT = 2.0


@styled
def residuals(
    frame: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    names: pd.Series | Mapping[Any, str | None] | None = None,
) -> Figure:
    """Draw the standardised difference of observed and expected outcomes, group by group.

    Parameters
    ----------
    frame : DataFrame
        As ``results.residuals(panel)`` gives it: ``group``, ``age``, ``standardised``.
    shares, names : Series or mapping, optional
        As in :func:`trajectories.plot.trajectories`.

    Returns
    -------
    Figure
        One panel per group with a band from -2 to 2. About one stem in twenty leaves it where the
        model fits; several beside each other on one side say that the curve is too stiff there.
    """
    need_columns(frame, "the residuals", "group", "age", "standardised")
    groups = list(dict.fromkeys(frame["group"]))
    figure = new_figure(7.2, 0.6 + 1.35 * len(groups))
    grid = figure.subplots(len(groups), 1, squeeze=False, sharex=True, sharey=True)
    for position, (group, ax) in enumerate(zip(groups, grid.flat, strict=True)):
        draw_stems(
            ax, frame[frame["group"] == group].sort_values("age"), group_place(group, position)
        )
        ax.set_title(group_label(group, shares, names), fontsize=type_size(9.0))
    grid.flat[-1].set_xlabel("age")
    figure.supylabel("standardised residual", fontsize=type_size(9.0))
    return figure


def draw_stems(ax: Axes, part: pd.DataFrame, position: int) -> None:
    """Draw one group's residuals; those outside the band are filled in ink."""
    ages = part["age"].to_numpy(dtype=float)
    values = part["standardised"].to_numpy(dtype=float)
    look = line_look(position)
    ax.axhspan(-_LIMIT, _LIMIT, color=RULE, alpha=0.45, linewidth=0, zorder=0)
    ax.axhline(0.0, color=MUTED, linewidth=0.8)
    ax.vlines(ages, 0.0, values, color=look["color"], linewidth=1.6)
    outside = np.abs(values) > _LIMIT
    for chosen, face, label in ((~outside, "white", "residual"), (outside, INK, "outside")):
        ax.plot(
            ages[chosen],
            values[chosen],
            linestyle="none",
            marker="o",
            markersize=4.2,
            markerfacecolor=face,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            label=label,
        )
    set_whole_ticks(ax.xaxis)
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], min_n_ticks=3))
    finite = np.abs(values[np.isfinite(values)])
    reach = 1.12 * max(_LIMIT + 0.5, float(finite.max(initial=0.0)))
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, -reach), max(high, reach))
