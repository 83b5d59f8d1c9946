"""Two sets of curves, and beneath them how the groups of the two outcomes go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.page import is_narrow, type_size, wrapped
from trajectories.plot.style import INK, MUTED, new_figure, styled
from trajectories.plot.trajectory_curves import trajectories

__all__ = ["dual_trajectories"]

_DARK = 0.72
"""Probabilities above this are written in white."""


@styled
def dual_trajectories(
    curves: pd.DataFrame, conditional: pd.DataFrame, units: Mapping[str, str] | None = None
) -> Figure:
    """Draw the curves of two outcomes and both tables of conditional probabilities.

    Parameters
    ----------
    curves : DataFrame
        Tidy: ``outcome``, ``group``, ``age``, ``mean`` and, for the bands, ``lower``, ``upper``.
    conditional : DataFrame
        ``given``, ``given_group``, ``outcome``, ``group`` and ``probability``, as
        ``DualTrajectoriesResults.conditional_probabilities()`` gives them.
    units : mapping, optional
        Outcome to the unit of its mean.

    Returns
    -------
    Figure
        Above, the curves of either outcome; below, percentages of the groups of the other outcome
        within each of its groups: rows add up to 100. A dash: suppressed.
    """
    need_columns(curves, "the curves", "outcome", "group", "age", "mean")
    if len(conditional):
        columns = ("given", "given_group", "outcome", "group", "probability")
        need_columns(conditional, "the probabilities", *columns)
    outcomes = list(dict.fromkeys(curves["outcome"]))
    figure, curved, tables = _panels()
    for column, outcome in enumerate(outcomes):
        unit = "outcome" if units is None else units.get(outcome, "outcome")
        own = curves[curves["outcome"] == outcome]
        trajectories(own, ax=curved[column], title=outcome, unit=unit)
        _heat(tables[column], conditional[conditional["given"] == outcome], outcome)
    return figure


def _panels() -> tuple[Figure, list[Axes], list[Axes]]:
    """Return the figure, the axes of curves and of tables: in a column, curves are stacked."""
    if not is_narrow():
        figure = new_figure(7.2, 5.8)
        curved, tables = figure.subplots(2, 2, height_ratios=(3, 2))
        return figure, list(curved), list(tables)
    figure = new_figure(7.2, 6.8)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=(2.6, 1))
    return figure, list(parts[0, 0].subplots(2, 1)), list(parts[1, 0].subplots(1, 2))


def _heat(ax: Axes, table: pd.DataFrame, given: str) -> None:
    if not len(table):  # disclosure control withholds every combination
        ax.set_axis_off()
        ax.text(0.5, 0.5, f"given group of {given}:\nsuppressed", ha="center", va="center")
        return
    other = str(table["outcome"].iloc[0])
    cells = table.pivot_table("probability", "given_group", "group", dropna=False)
    shown = cells.to_numpy(dtype=float)
    ax.imshow(shown, cmap="Greys", vmin=0.0, vmax=1.15, aspect="auto")
    for (i, j), value in np.ndenumerate(shown):
        text = f"{100 * value:.0f}" if np.isfinite(value) else "–"
        dark = np.isfinite(value) and value > _DARK
        told: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": type_size(8.0)}
        ax.text(j, i, text, color="white" if dark else INK, **told)
    ax.set_xticks(range(shown.shape[1]), [str(group) for group in cells.columns])
    ax.set_yticks(range(shown.shape[0]), [str(group) for group in cells.index])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlabel(f"group of {other}")
    ax.set_ylabel(wrapped(f"given group of {given}", 12))
    ax.set_title(wrapped(f"% of {other} given {given}", 17), fontsize=type_size(8.0), color=MUTED)
