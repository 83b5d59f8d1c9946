"""How first offences are spread over the years of age, group by group."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.page import in_a_row, tall, type_size
from trajectories.plot.style import INK, MUTED, group_look, new_figure, styled

__all__ = ["onset_distribution"]


@styled
def onset_distribution(table: pd.DataFrame, adult: float | None = 18.0) -> Figure:
    """Draw the share of a group's offenders who start in each year of age, with intervals.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``age``, ``estimate`` and, for intervals, ``lower`` and ``upper``, as
        ``careers.onset_distribution`` gives it.
    adult : float, optional
        Where a line parts minors from adults; None draws none.

    Returns
    -------
    Figure
        One panel per group, all on one scale; all together are grey. Years without an onset have
        no interval.
    """
    need_columns(table, "the onset distribution", "group", "age", "estimate")
    groups = list(dict.fromkeys(table["group"]))
    columns = in_a_row(len(groups), 1.6, 3)
    rows = -(-len(groups) // columns)
    figure = new_figure(7.2, 0.6 + tall(2.0) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    own = groups.count("all")  # comes first, and takes none of the groups' colours
    for position, (group, ax) in enumerate(zip(groups, grid.flat, strict=False)):
        part = table[table["group"] == group].sort_values("age")
        ages = part["age"].to_numpy(dtype=float) + 0.5
        share = part["estimate"].to_numpy(dtype=float)
        color = MUTED if group == "all" else group_look(group, position - own)["color"]
        ax.bar(ages, share, width=0.92, color=color, alpha=0.75)
        if {"lower", "upper"} <= set(part.columns):
            lower, upper = (part[name].to_numpy(dtype=float) for name in ("lower", "upper"))
            some = share > 0.0
            ax.vlines(ages[some], lower[some], upper[some], color=INK, linewidth=0.8)
        if adult is not None:
            ax.axvline(adult, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        if groups != ["all"]:
            ax.set_title(str(group).replace("_", " "), fontsize=type_size(9.0))
        ax.grid(axis="y")
        if position + columns >= len(groups):
            ax.tick_params(labelbottom=True)
    for ax in grid.flat[len(groups) :]:
        ax.remove()
    grid.flat[0].set_ylim(0.0, _highest(table))
    told = "" if adult is None else f" (dashed: {adult:g})"
    figure.supxlabel(f"age at the first offence{told}", fontsize=type_size(9.0))
    figure.supylabel("share of offenders", fontsize=type_size(9.0))
    return figure


def _highest(table: pd.DataFrame) -> float:
    """Return the top of the scale: above every bar and interval drawn."""
    some = table[table["estimate"] > 0.0]
    tops = [some[name].max() for name in ("estimate", "upper") if name in some.columns]
    top = max((float(value) for value in tops if pd.notna(value)), default=0.0)
    return 1.05 * top if top > 0.0 else 1.0
