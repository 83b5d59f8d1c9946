"""Observed means of each group against its fitted curve, as small multiples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.page import in_a_row, is_narrow, tall, type_size
from trajectories.plot.style import INK, MUTED, group_look, new_figure, styled
from trajectories.plot.trajectory_curves import group_label

__all__ = ["observed_means"]


@styled
def observed_means(
    fitted: pd.DataFrame,
    observed: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    names: pd.Series | Mapping[Any, str | None] | None = None,
    share_y: bool = False,
    unit: str = "offences per year free",
    histories: pd.DataFrame | None = None,
) -> Figure:
    """Draw, group by group, posterior-weighted observed means as dots over the fitted curve.

    Parameters
    ----------
    fitted : DataFrame
        Tidy: ``group``, ``age``, ``mean`` and, for bands, ``lower``, ``upper`` (offences per
        year free).
    observed : DataFrame
        Tidy: ``group``, ``age``, ``mean``, in the same units.
    shares, names : Series or mapping, optional
        As in :func:`trajectories.plot.trajectories`.
    share_y : bool
        One scale for all panels: levels compare, but the shape of a low group is lost.
    unit : str
        Of the means; beside the panels.
    histories : DataFrame, optional
        Tidy: ``group``, ``history``, ``age``, ``value``, ``weight``, as
        ``results.histories(panel)`` gives it: persons' records, drawn thin behind the curve, the
        fainter the smaller their posterior probability of the group. They are rows of persons,
        and somebody may recognise one: they are never drawn unless they are given.

    Returns
    -------
    Figure
        One panel per group; dots far from the line are ages at which the model does not fit.
    """
    need_columns(fitted, "the fitted curves", "group", "age", "mean")
    need_columns(observed, "the observed means", "group", "age", "mean")
    if histories is not None:
        need_columns(histories, "the histories", "group", "history", "age", "value", "weight")
    groups = list(dict.fromkeys(fitted["group"]))
    strangers = set(observed["group"]) - set(groups)
    if strangers:
        raise InputError(f"{len(strangers)} groups have observed means but no fitted curve")
    columns = in_a_row(len(groups), 1.6, 3)
    rows = -(-len(groups) // columns)
    figure = new_figure(7.2, 0.8 + tall(2.2) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=share_y)
    for position, (group, ax) in enumerate(zip(groups, grid.flat, strict=False)):
        curve = fitted[fitted["group"] == group].sort_values("age")
        dots = observed[observed["group"] == group].sort_values("age")
        look = group_look(group, position)
        if histories is not None:
            _draw_histories(ax, histories[histories["group"] == group])
        if {"lower", "upper"} <= set(curve.columns):
            ax.fill_between(
                curve["age"].to_numpy(),
                curve["lower"].to_numpy(),
                curve["upper"].to_numpy(),
                color=look["color"],
                alpha=0.18,
                linewidth=0,
            )
        ax.plot(
            curve["age"].to_numpy(),
            curve["mean"].to_numpy(),
            label="fitted",
            linewidth=1.9,
            **look,
        )
        ax.plot(
            dots["age"].to_numpy(),
            dots["mean"].to_numpy(),
            label="observed",
            marker="o",
            markersize=3.2,
            linestyle="none",
            markerfacecolor="white",
            markeredgecolor=INK,
            markeredgewidth=0.9,
        )
        label = group_label(group, shares, names)
        narrow = columns == 3 or is_narrow()
        ax.set_title(label.replace(" (", "\n(") if narrow else label, fontsize=type_size(9.0))
        ax.set_ylim(bottom=0.0)
        ax.grid(axis="y")
        if position + columns >= len(groups):
            ax.tick_params(labelbottom=True)
    for ax in grid.flat[len(groups) :]:
        ax.remove()
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    figure.supxlabel("age", fontsize=type_size(9.0))
    figure.supylabel(unit, fontsize=type_size(9.0))
    return figure


def _draw_histories(ax: Axes, part: pd.DataFrame) -> None:
    """Draw each record as a thin grey line, broken where it is not observed, by its weight."""
    ages = sorted(part["age"].unique())
    wide = part.pivot_table(values="value", index="history", columns="age")[ages]
    weight = part.groupby("history", observed=True)["weight"].first().reindex(wide.index)
    faintest = min(0.5, 12.0 / max(1, len(wide)))
    lines = LineCollection(
        [np.column_stack([ages, row]) for row in wide.to_numpy(dtype=float)],
        colors=[to_rgba(MUTED, float(faintest * w)) for w in weight],
        linewidths=0.7,
        zorder=1,
        label="_histories",
    )
    ax.add_collection(lines)
