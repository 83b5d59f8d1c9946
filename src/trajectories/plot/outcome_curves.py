"""Curves of several outcomes by group: a row an outcome, a column a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from trajectories.plot.check import need_columns
from trajectories.plot.page import page, tall, type_size
from trajectories.plot.style import group_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label, trajectories

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
        A row an outcome, a column a group. In a column, and where there are more groups than fit
        side by side, a panel an outcome with all groups in it.
    """
    need_columns(frame, "the curves", "outcome", "group", "age", "mean")
    outcomes = list(dict.fromkeys(frame["outcome"]))
    groups = list(dict.fromkeys(frame["group"]))
    if page() - 1.0 < 1.1 * len(groups):
        return _stacked(frame, outcomes, shares, units)
    figure = new_figure(7.2, 0.6 + 1.7 * len(outcomes))
    panels = figure.subplots(len(outcomes), len(groups), sharex="row", sharey="row", squeeze=False)
    banded = {"lower", "upper"} <= set(frame.columns)
    for row, outcome in enumerate(outcomes):
        of_outcome = frame[frame["outcome"] == outcome]
        for column, group in enumerate(groups):
            ax = panels[row, column]
            curve = of_outcome[of_outcome["group"] == group].sort_values("age")
            _draw(ax, curve, banded, group_look(group, column))
            if row == 0:
                ax.set_title(group_label(group, shares, None), fontsize=type_size(9.0))
            if row == len(outcomes) - 1:
                ax.set_xlabel("age")
        unit = "" if units is None or outcome not in units else f"\n{units[outcome]}"
        panels[row, 0].set_ylabel(f"{outcome}{unit}")
        panels[row, 0].set_ylim(*_limits(of_outcome, banded))
    return figure


def _stacked(
    frame: pd.DataFrame,
    outcomes: list[Any],
    shares: pd.Series | Mapping[Any, float] | None,
    units: Mapping[str, str] | None,
) -> Figure:
    """Draw a panel an outcome with all groups in it: for columns, or more groups than fit."""
    figure = new_figure(7.2, tall(2.9) * len(outcomes))
    for ax, outcome in zip(
        figure.subplots(len(outcomes), 1, squeeze=False).flat, outcomes, strict=True
    ):
        of_outcome = frame[frame["outcome"] == outcome]
        unit = "outcome" if units is None else units.get(outcome, "outcome")
        trajectories(of_outcome, shares, ax=ax, title=str(outcome), unit=unit)
    return figure


def _draw(ax: Axes, curve: pd.DataFrame, banded: bool, look: dict[str, Any]) -> None:
    """Draw one curve with its band."""
    ages = curve["age"].to_numpy(dtype=float)
    if banded:
        lower, upper = (curve[side].to_numpy(dtype=float) for side in ("lower", "upper"))
        ax.fill_between(ages, lower, upper, color=look["color"], alpha=0.16, linewidth=0)
    ax.plot(ages, curve["mean"].to_numpy(dtype=float), linewidth=1.9, **look)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=float(np.ptp(ages)) > 2))


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
