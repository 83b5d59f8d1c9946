"""Curves of several outcomes by group: a row an outcome, a column a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from trajectories.plot.check import need_columns
from trajectories.plot.style import group_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label

__all__ = ["multi_trajectories"]


@styled
def multi_trajectories(
    frame: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    units: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the curves of several outcomes as small multiples, one scale per outcome.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``outcome``, ``group``, ``age``, ``mean`` and, for the bands, ``lower`` and
        ``upper``, as ``MultiTrajectoriesResults.trajectories()`` gives it.
    shares : Series or mapping, optional
        Group to share of the persons; above the columns.
    units : mapping, optional
        Outcome to the unit of its mean, beside its row.

    Returns
    -------
    Figure
        A row an outcome, a column a group.
    """
    need_columns(frame, "the curves", "outcome", "group", "age", "mean")
    outcomes = list(dict.fromkeys(frame["outcome"]))
    groups = list(dict.fromkeys(frame["group"]))
    figure = new_figure(max(1.2 + 1.3 * len(groups), 7.2), 0.6 + 1.7 * len(outcomes))
    panels = figure.subplots(len(outcomes), len(groups), sharex="row", sharey="row", squeeze=False)
    banded = {"lower", "upper"} <= set(frame.columns)
    for row, outcome in enumerate(outcomes):
        of_outcome = frame[frame["outcome"] == outcome]
        for column, group in enumerate(groups):
            ax, look = panels[row, column], group_look(group, column)
            curve = of_outcome[of_outcome["group"] == group].sort_values("age")
            ages = curve["age"].to_numpy(dtype=float)
            if banded:
                lower, upper = (curve[side].to_numpy(dtype=float) for side in ("lower", "upper"))
                ax.fill_between(ages, lower, upper, color=look["color"], alpha=0.16, linewidth=0)
            ax.plot(ages, curve["mean"].to_numpy(dtype=float), linewidth=1.9, **look)
            ax.grid(axis="y")
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=float(np.ptp(ages)) > 2))
            if row == 0:
                ax.set_title(group_label(group, shares, None), fontsize=9)
            if row == len(outcomes) - 1:
                ax.set_xlabel("age")
        unit = "" if units is None or outcome not in units else f"\n{units[outcome]}"
        panels[row, 0].set_ylabel(f"{outcome}{unit}")
        panels[row, 0].set_ylim(*_limits(of_outcome, banded))
    return figure


def _limits(frame: pd.DataFrame, banded: bool) -> tuple[float, float]:
    """Return the range of one outcome's means; a runaway band must not flatten the curves."""
    mean = frame["mean"].to_numpy(dtype=float)
    low, high = min(0.0, float(mean.min())), float(mean.max())
    span = high - low if high > low else 1.0
    if banded:
        upper = frame["upper"].to_numpy(dtype=float)
        lower = frame["lower"].to_numpy(dtype=float)
        high = max(high, min(float(upper[np.isfinite(upper)].max(initial=high)), high + span))
        if low < 0:
            low = min(low, max(float(lower[np.isfinite(lower)].min(initial=low)), low - span))
    return low - (0.05 * span if low < 0 else 0.0), high + 0.05 * span
