"""Love plot: standardised differences of covariates before and after matching."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.page import in_a_row, page, type_size, wrapped
from trajectories.plot.style import INK, MUTED, RULE, new_figure, styled

__all__ = ["love"]

_LOOKS = {
    "before": {"marker": "o", "markerfacecolor": "none", "markeredgecolor": "#D55E00"},
    "after": {"marker": "o", "markerfacecolor": "#0072B2", "markeredgecolor": "#0072B2"},
}


@styled
def love(table: pd.DataFrame, threshold: float = 0.1, *, absolute: bool = True) -> Figure:
    """Draw standardised differences, open rings before and full dots after matching.

    Parameters
    ----------
    table : DataFrame
        As ``sets.balance()`` gives it: ``population``, ``covariate``, ``level``, ``stage`` and
        ``standardised_difference``. Infinite ones are drawn as a cross at the edge.
    threshold : float
        Where a line marks a difference that is often taken to be too large.
    absolute : bool
        Whether signs are dropped.

    Returns
    -------
    Figure
        A panel per population, covariates in order of their difference before matching.
    """
    need_columns(
        table,
        "the balance table",
        "population",
        "covariate",
        "level",
        "stage",
        "standardised_difference",
    )
    rows = table.copy()
    rows["label"] = [_label(c, v) for c, v in zip(rows["covariate"], rows["level"], strict=True)]
    value = rows["standardised_difference"].astype(float)
    rows["value"] = value.abs() if absolute else value
    before = rows[rows["stage"] == "before"].groupby("label", observed=True)["value"]
    order = before.apply(lambda v: float(v.abs().max())).sort_values(ascending=False).index.tolist()
    populations = list(rows["population"].unique())
    labels = [wrapped(text, 16) for text in order]
    columns = _columns(len(populations), labels)
    down = -(-len(populations) // columns)
    lines = sum(text.count("\n") + 1 for text in labels)
    figure = new_figure(7.2, 0.8 + (0.4 + 0.1 * len(order) + 0.17 * lines) * down)
    grid = figure.subplots(down, columns, squeeze=False, sharey=True, sharex=True)
    for ax in list(grid.flat)[len(populations) :]:
        ax.remove()
    finite = rows["value"][np.isfinite(rows["value"])].abs().max()
    edge = 1.08 * max(float(finite) if np.isfinite(finite) else 0.0, 1.5 * threshold)
    for ax, population in zip(grid.flat, populations, strict=False):
        _draw(ax, rows[rows["population"] == population], order, threshold, absolute, edge)
        ax.set_title(str(population).replace("_", " "))
    grid.flat[0].set_yticks(range(len(order)), labels, fontsize=type_size(8.5))
    grid.flat[0].set_ylim(len(order) - 0.4, -0.6)
    for ax in list(grid.flat)[len(populations) - columns : len(populations)]:
        ax.tick_params(labelbottom=True)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    what = "absolute standardised difference" if absolute else "standardised difference"
    figure.supxlabel(what, fontsize=type_size(9.0), color=MUTED)
    return figure


def _columns(panels: int, labels: list[str]) -> int:
    """Return how many panels of an inch or more fit beside the labels."""
    letters = max(len(line) for text in labels for line in text.split("\n"))
    room = page() - 0.3 - 0.6 * type_size(8.5) * letters / 72.0
    return in_a_row(panels, page() / max(1.0, room // 1.1), 4)


def _draw(
    ax: Axes, part: pd.DataFrame, order: list[str], threshold: float, absolute: bool, edge: float
) -> None:
    place = {label: number for number, label in enumerate(order)}
    ax.hlines(
        range(len(order)), 0, 1, transform=ax.get_yaxis_transform(), color=RULE, lw=0.5, zorder=0
    )
    pairs = part.pivot_table(index="label", columns="stage", values="value", sort=False)
    if {"before", "after"} <= set(pairs.columns):
        held = pairs.replace([np.inf, -np.inf], np.nan).dropna()
        at = [place[label] for label in held.index]
        ax.hlines(at, held["before"], held["after"], color=MUTED, linewidth=0.9, zorder=1)
    for stage, look in _LOOKS.items():
        mine = part[part["stage"] == stage]
        at_y = mine["label"].map(place).to_numpy(dtype=float)
        x = mine["value"].to_numpy(dtype=float)
        ax.plot(
            np.where(np.isfinite(x), x, np.nan),
            at_y,
            linestyle="none",
            markersize=6.0,
            label=stage,
            **look,  # type: ignore[arg-type]
        )
        endless = np.isinf(x)
        ax.plot(
            np.sign(x[endless]) * 0.98 * edge,
            at_y[endless],
            linestyle="none",
            marker="X",
            color=look["markeredgecolor"],
            label="_endless",
        )
    for line in (threshold,) if absolute else (-threshold, threshold):
        ax.axvline(line, color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    ax.set_xlim(-0.02 * edge if absolute else -edge, edge)
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _label(covariate: object, level: object) -> str:
    text = str(covariate) if level in ("", "True") else f"{covariate}: {level}"
    return fill(text.replace("_", " "), 40, max_lines=2, placeholder=" …")
