"""How sharply the members of each group are told apart: bars of their posterior probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from trajectories.plot.check import need_columns
from trajectories.plot.page import type_size, wrapped
from trajectories.plot.style import INK, MUTED, group_place, line_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label

__all__ = ["posteriors"]

_WANTED = 0.7
_HATCHES = ("", "///", "...", "\\\\\\", "xxx", "ooo", "---")


@styled
def posteriors(
    frame: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    names: pd.Series | Mapping[Any, str | None] | None = None,
) -> Figure:
    """Draw, for each group, how sure the model is of the persons assigned to it.

    Parameters
    ----------
    frame : DataFrame
        As ``results.posterior_distribution(panel)`` gives it: ``group``, ``lower`` and ``upper``
        of the bins, ``share`` of the group's persons in each.
    shares, names : Series or mapping, optional
        As in :func:`trajectories.plot.trajectories`.

    Returns
    -------
    Figure
        One panel per group; the dashed line is the customary minimum of an average, 0.7.
    """
    need_columns(frame, "the posterior distribution", "group", "lower", "upper", "share")
    groups = list(dict.fromkeys(frame["group"]))
    figure = new_figure(7.2, 0.6 + 1.1 * len(groups))
    grid = figure.subplots(len(groups), 1, squeeze=False, sharex=True, sharey=True)
    for position, (group, ax) in enumerate(zip(groups, grid.flat, strict=True)):
        draw_bars(ax, frame[frame["group"] == group], group_place(group, position))
        ax.set_title(group_label(group, shares, names), fontsize=type_size(9.0))
    grid.flat[-1].set_xlabel(
        wrapped("posterior probability of the assigned group (dashed: 0.7)", 40)
    )
    figure.supylabel("share of the group", fontsize=type_size(9.0))
    return figure


def draw_bars(ax: Axes, part: pd.DataFrame, position: int) -> None:
    """Draw one group's bars in its colour, hatched so that a print in grey tells groups apart."""
    look = line_look(position)
    lower, upper = part["lower"].to_numpy(), part["upper"].to_numpy()
    share = part["share"].to_numpy(dtype=float)
    ax.bar(
        lower,
        np.nan_to_num(share),
        width=upper - lower,
        align="edge",
        color=look["color"],
        alpha=0.55,
        edgecolor=INK,
        linewidth=0.6,
        hatch=_HATCHES[position % len(_HATCHES)],
        label="share",
    )
    ax.axvline(_WANTED, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), label="_wanted")
    if np.isnan(share).all():
        ax.text(0.5, 0.5, "nobody is assigned", transform=ax.transAxes, ha="center", color=MUTED)
    ax.set_xlim(max(0.0, float(lower.min()) - 0.02), 1.005)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([0.0, 0.5, 1.0])
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
