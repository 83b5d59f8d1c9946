"""Distribution functions of covariates, cases against controls, before and after matching."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.page import legend_columns, tall, type_size
from trajectories.plot.style import line_look, new_figure, styled

__all__ = ["distributions"]

_WIDTHS = {"case": 2.0, "control": 1.4}


@styled
def distributions(table: pd.DataFrame, population: str | None = None) -> Figure:
    """Draw the share of cases and of controls at or below every value.

    Parameters
    ----------
    table : DataFrame
        As ``sets.distributions()`` gives it: ``population``, ``covariate``, ``stage``, ``role``,
        ``value``, ``share``.
    population : str, optional
        Which population of controls; the only one when left out.

    Returns
    -------
    Figure
        A row per covariate, before matching on the left and after on the right. Where matching
        worked, the two lines on the right lie on each other.
    """
    columns = ("population", "covariate", "stage", "role", "value", "share")
    need_columns(table, "the table of distributions", *columns)
    known = list(table["population"].unique())
    if population is None and len(known) > 1:
        raise InputError(f"the table has several populations: name one of {known}")
    chosen = known[0] if population is None else population
    rows = table[table["population"] == chosen]
    if not len(rows):
        raise InputError(f"no such population in the table of distributions; it has {known}")
    covariates = list(rows["covariate"].unique())
    stages = [stage for stage in ("before", "after") if (rows["stage"] == stage).any()]
    figure = new_figure(7.2, 0.6 + tall(1.9) * len(covariates))
    grid = figure.subplots(len(covariates), len(stages), squeeze=False, sharey=True, sharex="row")
    for axes, covariate in zip(grid, covariates, strict=True):
        for ax, stage in zip(axes, stages, strict=True):
            part = rows[(rows["covariate"] == covariate) & (rows["stage"] == stage)]
            _draw(ax, part, str(chosen))
            ax.set_title(f"{stage} matching", fontsize=type_size(9.0))
            ax.set_xlabel(str(covariate).replace("_", " "))
        axes[0].set_ylabel("share at or below")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=legend_columns(labels, 2))
    return figure


def _draw(ax: Axes, part: pd.DataFrame, population: str) -> None:
    names = {"case": "cases", "control": population.replace("_", " ")}
    for position, role in enumerate(("case", "control")):
        mine = part[part["role"] == role].sort_values("value")
        ax.plot(
            mine["value"].to_numpy(dtype=float),
            mine["share"].to_numpy(dtype=float),
            drawstyle="steps-post",
            linewidth=_WIDTHS[role],
            label=names[role],
            **line_look(position),
        )
    ax.set_ylim(-0.02, 1.02)
    ax.grid(axis="both")
