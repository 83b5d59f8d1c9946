"""Effects of time-varying covariates by group, as ratios on a log scale or as differences."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.forest_plot import forest

__all__ = ["effects_by_group"]


def effects_by_group(table: pd.DataFrame) -> Figure:
    """Draw the effect of each covariate in each group, a panel a covariate and a row a group.

    Parameters
    ----------
    table : DataFrame
        As ``results.covariate_effects()`` returns it: covariate, group (0: all groups share it),
        measure, estimate, lower, upper.

    Returns
    -------
    Figure
        With a line at no effect: 1 for ratios, 0 for differences.
    """
    need_columns(
        table, "the effects", "covariate", "group", "measure", "estimate", "lower", "upper"
    )
    measure = str(table["measure"].iloc[0])
    label = table["group"].map(lambda group: f"group {group}" if group else "all groups")
    return forest(
        table.assign(label=label),
        panel="covariate",
        scale="linear" if measure == "difference" else "log",
        xlabel=f"{measure} for one unit more, within the group",
    )
