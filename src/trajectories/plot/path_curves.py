"""The same groups at several paths of their covariates, side by side on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.page import in_a_row, tall
from trajectories.plot.style import new_figure, styled
from trajectories.plot.trajectory_curves import trajectories

__all__ = ["curves_at"]

MOST_IN_A_ROW = 2


@styled
def curves_at(
    tables: Mapping[str, pd.DataFrame],
    shares: pd.Series | Mapping[Any, float] | None = None,
    unit: str = "offences per year free",
) -> Figure:
    """Draw the curves of every group once for each path of the covariates, on one scale.

    Parameters
    ----------
    tables : mapping of title to DataFrame
        As ``results.trajectories(at=...)`` gives them: ``group``, ``age``, ``mean`` and, for the
        bands, ``lower`` and ``upper``.
    shares : Series or mapping, optional
        Group to share of the persons.
    unit : str
        Of the mean; beside the first axis of each row.

    Returns
    -------
    Figure
        A panel a path, at most two in a row.

    Raises
    ------
    InputError
        For no table at all.
    """
    if not tables:
        raise InputError("give at least one path of the covariates to draw the curves at")
    columns = in_a_row(len(tables), 2.8, MOST_IN_A_ROW)
    rows = -(-len(tables) // columns)
    figure = new_figure(7.2, tall(3.4 if columns > 1 else 4.0) * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    used = list(grid.flat)[: len(tables)]
    low, high = _common_scale(tables)
    for place, (ax, (title, table)) in enumerate(zip(used, tables.items(), strict=True)):
        beside = unit if place % columns == 0 else ""
        trajectories(table, shares, ax=ax, title=title, unit=beside, limits=(low, high))
    for ax in list(grid.flat)[len(tables) :]:
        ax.remove()
    return figure


def _common_scale(tables: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
    """Return limits of the axis that hold every curve, and the bands up to twice as far."""
    means = pd.concat([table["mean"] for table in tables.values()])
    low, high = min(0.0, float(means.min())), max(0.0, float(means.max()))
    for side in ("lower", "upper"):
        bands = [table[side] for table in tables.values() if side in table]
        if bands:
            values = pd.concat(bands)
            low = min(low, max(float(values.min()), low - 0.5 * (high - low)))
            high = max(high, min(float(values.max()), high + 0.5 * (high - low)))
    margin = 0.05 * (high - low or 1.0)
    return (low - margin if low < 0 else 0.0), high + margin
