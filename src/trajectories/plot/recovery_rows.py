"""Published, planted and estimated values side by side, one row per figure."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.style import INK, MUTED, RULE, new_figure, styled

__all__ = ["recovery"]

_PLANTED, _PUBLISHED, _ESTIMATE = "#D55E00", "#009E73", "#0072B2"
_NUMBERS = ("published", "planted", "estimate", "lower", "upper")


@styled
def recovery(table: pd.DataFrame) -> Figure:
    """Draw estimate with interval, planted and published value of every estimated figure.

    Parameters
    ----------
    table : DataFrame
        ``quantity``, ``group``, ``published``, ``planted``, ``estimate``, ``lower``, ``upper``,
        ``recovered``; with a column ``unit``, one panel per unit, and with ``population``, rows
        that would have the same text name theirs. Rows without a number in
        ``estimate`` or a verdict in ``recovered`` are left out. A row whose ``recovered`` is
        false has a cross for its estimate and says so in its label.

    Returns
    -------
    Figure
        Rows in the order of ``table``, first on top.
    """
    need_columns(table, "the recovery table", "quantity", "group", "recovered", *_NUMBERS)
    rows = table.copy()
    for column in _NUMBERS:
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype(float)
    rows = rows[rows["estimate"].notna() & rows["recovered"].notna()]
    if len(rows) == 0:
        need_columns(rows, "the recovery table has no estimate with a verdict", "estimate")
    if "unit" not in rows.columns:
        rows["unit"] = ""
    panels = [(str(unit), part) for unit, part in rows.groupby("unit", sort=False, observed=True)]
    heights = [len(part) + 1.2 for _, part in panels]
    figure = new_figure(7.2, 0.9 + 0.32 * sum(heights))
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for ax, (unit, part) in zip(grid.flat, panels, strict=True):
        _draw_rows(ax, part)
        ax.set_xlabel(unit)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _draw_rows(ax: Axes, part: pd.DataFrame) -> None:
    places = np.arange(len(part), dtype=float)
    right = part["recovered"].to_numpy(dtype=bool)
    values = {column: part[column].to_numpy(dtype=float) for column in _NUMBERS}
    ax.hlines(places, values["lower"], values["upper"], color=_ESTIMATE, linewidth=1.8)
    looks = (
        ("published", values["published"], "D", _PUBLISHED, "none", 7.0),
        ("planted", values["planted"], "|", _PLANTED, _PLANTED, 12.0),
    )
    for label, x, marker, edge, face, size in looks:
        ax.plot(
            x,
            places,
            marker=marker,
            markersize=size,
            markeredgewidth=1.6,
            markeredgecolor=edge,
            markerfacecolor=face,
            linestyle="none",
            label=label,
        )
    for label, chosen, marker in (
        ("estimate with interval", right, "o"),
        ("not recovered", ~right, "X"),
    ):
        ax.plot(
            np.where(chosen, values["estimate"], np.nan),
            places,
            marker=marker,
            markersize=5.0 if marker == "o" else 7.0,
            color=_ESTIMATE if marker == "o" else INK,
            linestyle="none",
            label=label,
        )
    labels = [_label(text, ok) for text, ok in zip(_texts(part), right, strict=True)]
    ax.set_yticks(places, labels, fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(part) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.hlines(places, *ax.get_xlim(), color=RULE, linewidth=0.5, zorder=0)
    ax.margins(x=0.05)
    ax.spines["left"].set_visible(False)
    ax.xaxis.label.set_color(MUTED)


def _texts(part: pd.DataFrame) -> list[str]:
    """Return what each row is about: its quantity and group, and whose it is where two share it."""
    texts = [
        str(quantity) if str(group) in ("all", "nan", "None", "") else f"{quantity}, {group}"
        for quantity, group in zip(part["quantity"], part["group"], strict=True)
    ]
    if "population" not in part.columns:
        return texts
    return [
        f"{text}, {population}" if texts.count(text) > 1 else text
        for text, population in zip(texts, part["population"], strict=True)
    ]


def _label(text: str, recovered: bool) -> str:
    text = fill(text.replace("_", " "), 60, max_lines=2, placeholder=" …")
    return text if recovered else f"{text} (not recovered)"
