"""Everything that says how well a model fits, in one figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from trajectories.plot.check import need_columns
from trajectories.plot.page import is_narrow, type_size, wrapped
from trajectories.plot.posterior_bars import draw_bars
from trajectories.plot.residual_stems import draw_stems
from trajectories.plot.style import (
    INK,
    MUTED,
    RULE,
    group_look,
    group_place,
    new_figure,
    styled,
)
from trajectories.plot.trajectory_curves import group_label

__all__ = ["adequacy"]

_CUSTOMARY = {"avepp": 0.7, "occ": 5.0}
_TOLD = ("dashed: at least 0.7", "dashed: at least 5", "grey: 95 % if the\nmodel holds")
_MOST_ODDS = 1e4
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@styled
def adequacy(
    table: pd.DataFrame,
    posterior: pd.DataFrame,
    residual: pd.DataFrame,
    dispersion: pd.DataFrame,
    names: pd.Series | Mapping[Any, str | None] | None = None,
) -> Figure:
    """Draw classification and dispersion on top, and posteriors and residuals of each group below.

    Parameters
    ----------
    table : DataFrame
        As ``results.adequacy(panel=panel)`` gives it, by group: ``share``, ``assigned_share``,
        ``avepp``, ``occ`` and, for intervals, ``avepp_lower`` to ``occ_upper``.
    posterior : DataFrame
        As ``results.posterior_distribution(panel)`` gives it.
    residual : DataFrame
        As ``results.residuals(panel)`` gives it.
    dispersion : DataFrame
        As ``results.dispersion(panel)`` gives it: ``group`` ('all' among them), ``measure``,
        ``ratio``, ``reference_lower``, ``reference_upper``; the rows of measure 'variance' are
        drawn.
    names : Series or mapping, optional
        Group to a name.

    Returns
    -------
    Figure
        Dashed lines are customary minima: average posterior 0.7, odds of correct classification 5.
        Grey bars beside the dispersion hold 95 % of what the model itself would give.
    """
    need_columns(table, "the adequacy table", "share", "assigned_share", "avepp", "occ")
    need_columns(posterior, "the posterior distribution", "group", "lower", "upper", "share")
    need_columns(residual, "the residuals", "group", "age", "standardised")
    limits = ("reference_lower", "reference_upper")
    need_columns(dispersion, "the dispersion", "group", "measure", "ratio", *limits)
    groups = list(table.index)
    rows = 2 if is_narrow() else 1
    upper, lower_part = rows * (1.0 + 0.25 * (len(groups) + 1)), 1.3 * len(groups)
    figure = new_figure(7.2, 0.5 + upper + lower_part)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[upper, lower_part])
    top, below = parts[0, 0], parts[1, 0]
    axes = top.subplots(rows, 4 // rows, sharey=True).ravel()
    labels = ["all", *[str(group) for group in groups]]
    _shares(axes[0], table)
    _measure(axes[1], table, "avepp", "average posterior")
    _measure(axes[2], table, "occ", "odds of correct\nclassification")
    _dispersion(axes[3], dispersion)
    for ax, text in zip(axes[1:], _TOLD, strict=True):
        ax.set_xlabel(text, fontsize=type_size(7.5), color=MUTED)
    axes[0].set_yticks(range(-1, len(groups)), labels)
    for ax in axes[:: 4 // rows]:
        ax.set_ylabel("group")
    axes[0].set_ylim(len(groups) - 0.4, -1.6)
    grid = below.subplots(len(groups), 2, squeeze=False, sharex="col", sharey="col")
    for position, group in enumerate(groups):
        left, right = grid[position]
        place = group_place(group, position)
        draw_bars(left, posterior[posterior["group"] == group], place)
        draw_stems(right, residual[residual["group"] == group].sort_values("age"), place)
        left.set_title(group_label(group, table["share"], names), fontsize=type_size(9.0))
        left.set_ylabel("persons", fontsize=type_size(8.0))
    grid[-1][0].set_xlabel("posterior probability\nof the assigned group")
    grid[-1][1].set_xlabel("age")
    grid[0][1].set_title(wrapped("standardised residuals", 14), fontsize=type_size(9.0))
    return figure


def _shares(ax: Axes, table: pd.DataFrame) -> None:
    places = np.arange(len(table), dtype=float)
    share, assigned = table["share"].to_numpy(), table["assigned_share"].to_numpy()
    ax.hlines(places, share, assigned, color=MUTED, linewidth=1.0)
    ax.plot(share, places, "o", markersize=5.5, color=INK, label="share")
    ax.plot(
        assigned,
        places,
        "D",
        markersize=5.0,
        markerfacecolor="white",
        markeredgecolor=INK,
        label="assigned",
    )
    close: dict[str, Any] = {"handletextpad": 0.1, "columnspacing": 0.6}
    ax.legend(loc="upper center", fontsize=type_size(7.0), ncols=2, **close)
    ax.set_title("share", fontsize=type_size(9.0))
    ax.set_xlim(0.0, 1.15 * max(float(share.max()), float(assigned.max())))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    ax.grid(axis="x")


def _measure(ax: Axes, table: pd.DataFrame, name: str, title: str) -> None:
    """Draw one measure of classification with its interval; odds on a log scale, cut at 1e4."""
    places = np.arange(len(table), dtype=float)
    values = table[name].to_numpy(dtype=float)
    if name == "occ":
        ax.set_xscale("log")
        values = np.clip(values, 1e-2, _MOST_ODDS)
    if {f"{name}_lower", f"{name}_upper"} <= set(table.columns):
        lower = table[f"{name}_lower"].to_numpy(dtype=float)
        upper = table[f"{name}_upper"].to_numpy(dtype=float)
        if name == "occ":
            lower, upper = np.clip(lower, 1e-2, _MOST_ODDS), np.clip(upper, 1e-2, _MOST_ODDS)
        ax.hlines(places, lower, upper, color=INK, linewidth=1.4)
    for group, place, value in zip(table.index, places, values, strict=True):
        color = group_look(group, int(place))["color"]
        ax.plot([value], [place], "o", markersize=6, color=color)
    ax.axvline(_CUSTOMARY[name], color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    if name == "avepp":
        finite = values[np.isfinite(values)]
        ax.set_xlim(min(0.6, float(finite.min(initial=0.6)) - 0.03), 1.01)
    else:
        top = np.nanmax(values, initial=10.0)
        ax.set_xlim(1.0, max(20.0, 3.0 * float(top)))
        capped = values.max(initial=0.0) >= _MOST_ODDS
        decades = 10.0 ** np.arange(0, np.floor(np.log10(ax.get_xlim()[1])) + 1)
        ax.xaxis.set_major_locator(FixedLocator(list(decades[::-2])))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda odds, _: _power(odds, capped)))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_title(title, fontsize=type_size(9.0))
    ax.grid(axis="x")


def _power(odds: float, capped: bool) -> str:
    """Return 1, 10, 10², ...; larger odds than are drawn say so."""
    at_least = "≥ " if capped and odds >= _MOST_ODDS else ""
    exponent = round(np.log10(odds))
    return at_least + (("1", "10")[exponent] if exponent < 2 else f"10{_RAISED[exponent]}")


def _dispersion(ax: Axes, dispersion: pd.DataFrame) -> None:
    """Draw the Pearson ratio of each group over the reference of the model; all together on top."""
    rows = dispersion[dispersion["measure"] == "variance"]
    rows = pd.concat([rows[rows["group"] == "all"], rows[rows["group"] != "all"]])
    places = np.arange(len(rows), dtype=float) - 1.0
    lower, upper = rows["reference_lower"].to_numpy(), rows["reference_upper"].to_numpy()
    ax.hlines(places, lower, upper, color=RULE, linewidth=7.0, zorder=1)
    ratio = rows["ratio"].to_numpy(dtype=float)
    outside = (ratio < lower) | (ratio > upper)
    for chosen, marker in ((~outside, "o"), (outside, "X")):
        ax.plot(ratio[chosen], places[chosen], marker, markersize=6, color=INK, zorder=3)
    ax.axvline(1.0, color=MUTED, linewidth=0.9)
    ax.set_title("variance, observed\nover expected", fontsize=type_size(9.0))
    ax.margins(x=0.15)
    ax.grid(axis="x")
