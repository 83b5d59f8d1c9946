"""Decision curve: whether acting on a score does more good than acting on everybody or nobody."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import tall
from trajectories.plot.style import line_look, open_axes, styled

__all__ = ["decision_curve"]


@styled
def decision_curve(
    frame: pd.DataFrame,
    by: str = "everybody",
    level: str = "",
    ax: Axes | None = None,
    title: str | None = None,
) -> Figure:
    """Draw net benefit by threshold, a line a strategy, with a band.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``by, level, threshold, strategy, net_benefit, lower, upper``, as
        ``profiles.validate`` gives it in ``decision_curve``.
    by, level : str
        Whom to draw: a division and one of its subgroups.
    ax : Axes, optional
        Draw here instead of in a new figure.
    title : str, optional

    Returns
    -------
    Figure
        What lies below zero does more harm than doing nothing; the axis is cut a little below.
    """
    need_columns(
        frame, "the decision curve", "by", "level", "threshold", "strategy", "net_benefit", "lower"
    )
    rows = frame[(frame["by"] == by) & (frame["level"] == level)]
    if rows.empty:
        raise InputError(f"the decision curve: no subgroup {level!r} of {by!r}")
    figure, ax = open_axes(ax, 6.6, tall(3.9))
    order = list(pd.unique(rows["strategy"]))
    looks = [line_look(position) for position in range(len(order))]
    top = float(rows["upper"].max())
    bottom = -0.15 * top if top > 0 else float(rows["lower"].min())
    ends = []
    for strategy, look in zip(order, looks, strict=True):
        part = rows[rows["strategy"] == strategy].sort_values("threshold")
        x, y = part["threshold"].to_numpy(), part["net_benefit"].to_numpy()
        ax.fill_between(
            x, part["lower"], part["upper"], color=look["color"], alpha=0.15, linewidth=0
        )
        ax.plot(x, y, linewidth=1.8, label=str(strategy), **look)
        ends.append((float(x[-1]), max(float(y[-1]), bottom)))
    ax.set_xlim(float(rows["threshold"].min()), float(rows["threshold"].max()))
    ax.set_ylim(bottom, 1.05 * top)
    ax.grid(axis="y")
    ax.set_xlabel("threshold: probability at which one would act")
    ax.set_ylabel("net benefit")
    if title:
        ax.set_title(title)
    label_ends(
        ax,
        ends,
        [
            f"act {strategy}" if strategy == "by score" else f"act on {strategy}"
            for strategy in order
        ],
        looks,
    )
    return figure
