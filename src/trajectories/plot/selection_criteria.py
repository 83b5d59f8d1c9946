"""Selection criteria against the number of groups, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.plot.check import need_columns
from trajectories.plot.one_group_beyond import BEYOND, scale_to_several_groups
from trajectories.plot.page import folded, in_a_row, is_narrow, legend_columns, tall, type_size
from trajectories.plot.style import MUTED, line_look, new_figure, styled
from trajectories.plot.whole_ticks import set_whole_ticks

__all__ = ["selection"]

_TITLES = {
    "aic": "AIC",
    "bic": "BIC, n = persons",
    "bic_cells": "BIC, n = cells",
    "bic_nagin": "BIC, Nagin's form, n = persons",
    "bic_cells_nagin": "BIC, Nagin's form, n = cells",
    "sabic": "sample-size-adjusted BIC",
    "caic": "CAIC",
    "icl": "ICL",
    "heldout_llf": "held-out log-likelihood per person",
    "forecast_llf": "forecast log score per cell",
    "forecast_absolute_error": "absolute error of the forecast",
    "forecast_squared_error": "squared error of the forecast",
    "relative_entropy": "relative entropy",
    "smallest_share": "smallest share",
    "lowest_avepp": "lowest average posterior",
    "llf": "log-likelihood",
}
_HIGHER_IS_BETTER = {"llf", "bic_nagin", "bic_cells_nagin", "heldout_llf", "forecast_llf"}
_NO_BEST = {"relative_entropy", "smallest_share", "lowest_avepp"}


@styled
def selection(
    table: pd.DataFrame, criteria: Sequence[str] = ("bic", "bic_cells", "icl", "aic")
) -> Figure:
    """Draw each criterion against the number of groups, one line per family and degree.

    Parameters
    ----------
    table : DataFrame
        As ``select(...).table`` gives it: ``family``, ``degree``, ``n_groups`` and the criteria.
        A fit without a value leaves a gap. With a column ``stop_reason``, only rows that are
        'converged' or stopped at 'boundary' are drawn; the others are crosses at the top: a
        likelihood that is no maximum has no criterion to compare. With a column ``settings``,
        families of other settings have lines of their own. A cross-validated criterion has bars of
        one standard error of its gap to the best, from the columns ``<criterion>_gap_error``; the
        error of the naive forecast is a dashed line.
    criteria : sequence of str
        Columns of ``table``, one panel each.

    Returns
    -------
    Figure
        The best value of each information criterion is ringed, and said in its title. Where the
        values of one group would flatten all others, the axis is scaled to two or more groups; an
        arrow at the edge carries the value of one group, and the text above says so.
    """
    need_columns(table, "the selection table", "family", "degree", "n_groups", *criteria)
    if len(criteria) == 0:
        raise InputError("name at least one criterion to draw")
    columns = in_a_row(len(criteria), 2.8, 2)
    rows = -(-len(criteria) // columns)
    figure = new_figure(7.2, 0.7 + tall(2.5) * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    beyond = False
    for index, (criterion, ax) in enumerate(zip(criteria, grid.flat, strict=False)):
        _draw_criterion(ax, table, criterion)
        beyond |= _scaled(ax, table, criterion)
        if index + columns >= len(criteria):
            ax.set_xlabel("number of groups")
            ax.tick_params(labelbottom=True)
    for ax in grid.flat[len(criteria) :]:
        ax.remove()
    if beyond:
        figure.suptitle(
            folded(BEYOND, 60 if is_narrow() else 105),
            fontsize=type_size(7.5),
            fontweight="normal",
            color=MUTED,
        )
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if len(labels) > 1:
        columns = legend_columns(labels, 4, 8.0)
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=columns,
            fontsize=type_size(8.0),
        )
    return figure


def _draw_criterion(ax: Axes, table: pd.DataFrame, criterion: str) -> None:
    for position, ((family, degree), lines) in enumerate(
        table.assign(family=_family(table)).groupby(["family", "degree"], sort=False, observed=True)
    ):
        lines = lines.sort_values("n_groups")
        look, proper = line_look(position), _proper(lines).to_numpy()
        ax.plot(
            lines["n_groups"].to_numpy(),
            np.where(proper, lines[criterion].to_numpy(dtype=float), np.nan),
            label=f"{family}, degree {degree}",
            marker="o",
            markersize=3.5,
            linewidth=1.5,
            **look,
        )
        _draw_errors(ax, lines[proper], criterion, look["color"])
        improper = lines["n_groups"].to_numpy()[~proper]
        ax.plot(
            improper,
            np.full(len(improper), 0.97 - 0.05 * position),
            transform=ax.get_xaxis_transform(),
            marker="x",
            linestyle="none",
            color=look["color"],
            label="_improper",
        )
    for value in _naive(table, criterion):
        ax.axhline(value, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    title = _TITLES.get(criterion, criterion)
    best = _best(table.assign(family=_family(table)), criterion)
    if best is not None:
        ax.plot(
            [best["n_groups"]],
            [best[criterion]],
            marker="o",
            markersize=10,
            markerfacecolor="none",
            markeredgecolor="#1a1a1a",
            linestyle="none",
            label="_best",
        )
        said = f"best: {counted(int(best['n_groups']), 'group')}"
        if len(table.assign(family=_family(table))[["family", "degree"]].drop_duplicates()) > 1:
            said = fill(f"{said}, {best['family']}, degree {best['degree']}", 38)
        title = f"{title}\n{said}"
    ax.set_title(title, fontsize=type_size(9.0))
    ax.grid(axis="y")
    set_whole_ticks(ax.xaxis)
    ax.margins(x=0.08, y=0.12)


def _scaled(ax: Axes, table: pd.DataFrame, criterion: str) -> bool:
    """Scale the axis to two or more groups where it helps, and say whether it was."""
    best = _best(table, criterion)
    if best is None or best["n_groups"] == 1:
        return False
    drawn = table[_proper(table) & table[criterion].notna()]
    number, values = (drawn[name].to_numpy(dtype=float) for name in ("n_groups", criterion))
    error = f"{criterion}_gap_error"
    half = drawn[error].fillna(0.0).to_numpy(dtype=float) if error in drawn else 0.0 * values
    ends = np.concatenate([(values + side * half)[number > 1] for side in (-1.0, 1.0)])
    return scale_to_several_groups(
        ax, number, values, np.concatenate([ends, _naive(table, criterion)])
    )


def _best(table: pd.DataFrame, criterion: str) -> pd.Series | None:
    """Return the row with the best value, if the criterion has one."""
    values = table[criterion].astype(float).where(_proper(table))
    finite = values.dropna()
    if criterion in _NO_BEST or finite.empty:
        return None
    place = finite.argmax() if criterion in _HIGHER_IS_BETTER else finite.argmin()
    return table[values.notna()].iloc[int(place)]


def _naive(table: pd.DataFrame, criterion: str) -> list[float]:
    """Return the value of the naive forecast in a list, empty where the criterion has none."""
    name = criterion.replace("forecast", "naive")
    if name == criterion or name not in table.columns:
        return []
    return [float(value) for value in table[name].dropna().iloc[:1]]


def _draw_errors(ax: Axes, lines: pd.DataFrame, criterion: str, color: str) -> None:
    """Draw one standard error of the gap to the best on both sides, where it is known."""
    name = f"{criterion}_gap_error"
    if name not in lines.columns:
        return
    values, half = lines[criterion].to_numpy(dtype=float), lines[name].to_numpy(dtype=float)
    ax.vlines(lines["n_groups"].to_numpy(), values - half, values + half, color=color, linewidth=1)


def _family(table: pd.DataFrame) -> list[str]:
    """Return each row's family as it prints: with its settings and basis, where it has any."""
    families = [str(family) for family in table["family"]]
    if "settings" in table.columns:
        pairs = zip(families, table["settings"].fillna(""), strict=True)
        families = [f"{family} ({settings})" if settings else family for family, settings in pairs]
    if "basis" not in table.columns:
        return families
    bent = [f", {basis}" if basis != "polynomial" else "" for basis in table["basis"]]
    return [family + basis for family, basis in zip(families, bent, strict=True)]


def _proper(table: pd.DataFrame) -> pd.Series:
    if "stop_reason" not in table.columns:
        return pd.Series(True, index=table.index)
    return table["stop_reason"].astype(str).isin(["converged", "boundary"])
