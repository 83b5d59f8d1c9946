"""Published, planted and estimated values side by side, one row per figure."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from trajectories.plot.check import need_columns
from trajectories.plot.page import is_narrow, legend_columns, page
from trajectories.plot.row_labels import label_rows
from trajectories.plot.style import INK, MUTED, RULE, new_figure, styled

__all__ = ["recovery"]

_PLANTED, _PUBLISHED, _ESTIMATE = "#D55E00", "#009E73", "#0072B2"
_MOST = 16
"""Rows that stand below each other on a page."""
_FOOT = 1.9
"""Rows that the scale of a panel takes."""
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
        Rows in the order of ``table``, first on top; more than a page's height holds stand in two
        columns, those of one unit on one scale.
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
    columns = 2 if len(rows) > _MOST and page() > 6.5 else 1
    above = columns == 2 or is_narrow()
    split = _split(rows, columns)
    foot = _FOOT if above else 1.2
    heights = [[_height(part, above) + foot for _, part in column] for column in split]
    figure = new_figure(7.2, 0.7 + (0.3 if above else 0.32) * max(map(sum, heights)))
    shown = figure.subfigures(1, columns, squeeze=False)[0]
    for place, mine, tall in zip(shown, split, heights, strict=True):
        blank = max(map(sum, heights)) - sum(tall)
        ratios = [*tall, blank] if blank > 0.5 else tall
        grid = place.subplots(len(ratios), 1, squeeze=False, height_ratios=ratios)
        for ax, (unit, part) in zip(grid.flat, mine, strict=False):
            _draw_rows(ax, part, above)
            ax.set_xlabel(unit)
        for ax in grid.flat[len(mine) :]:
            ax.remove()
    _same_scale(figure)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=legend_columns(labels, 4))
    return figure


def _split(rows: pd.DataFrame, columns: int) -> list[list[tuple[str, pd.DataFrame]]]:
    """Return a panel a unit, in columns of about as many rows; one at the break is two panels."""
    panels = [(str(unit), part) for unit, part in rows.groupby("unit", sort=False, observed=True)]
    if columns == 1:
        return [panels]
    left: list[tuple[str, pd.DataFrame]] = []
    right: list[tuple[str, pd.DataFrame]] = []
    room = 0.5 * sum(_height(part, above=True) + _FOOT for _, part in panels)
    for unit, part in panels:
        fits = [_height(part.iloc[:n], above=True) + _FOOT <= room for n in range(1, len(part) + 1)]
        first = 0 if right else sum(fits)
        if first < 3 or len(part) - first < 3:  # no panel of one or two rows for the rest of a unit
            first = len(part) if first > 0.6 * len(part) else 0
        room -= _height(part.iloc[:first], above=True) + _FOOT if first else 0.0
        left += [(unit, part.iloc[:first])] if first else []
        right += [(unit, part.iloc[first:])] if first < len(part) else []
    return [left, right]


def _same_scale(figure: Figure) -> None:
    """Give panels of one unit one scale."""
    by_unit: dict[str, list[Axes]] = {}
    for ax in figure.axes:
        by_unit.setdefault(ax.get_xlabel(), []).append(ax)
    for panels in by_unit.values():
        limits = np.array([ax.get_xlim() for ax in panels])
        for ax in panels:
            ax.set_xlim(limits[:, 0].min(), limits[:, 1].max())


def _height(part: pd.DataFrame, above: bool) -> float:
    """Return how many rows high a panel is."""
    return float(_places(_labels(part, above), above)[-1]) + 1.0


def _places(labels: list[str], above: bool) -> NDArray[np.float64]:
    """Return where the rows stand: a label above its row takes room for each of its lines."""
    lines = np.array([text.count("\n") if above else 0 for text in labels], dtype=float)
    return np.arange(len(labels), dtype=float) + 0.5 * np.cumsum(lines)


def _draw_rows(ax: Axes, part: pd.DataFrame, above: bool) -> None:
    labels = _labels(part, above)
    places = _places(labels, above)
    right = part["recovered"].to_numpy(dtype=bool)
    values = {column: part[column].to_numpy(dtype=float) for column in _NUMBERS}
    ax.hlines(places, values["lower"], values["upper"], color=_ESTIMATE, linewidth=1.8)
    looks = (
        ("published", values["published"], "D", _PUBLISHED, "none", 5.5 if above else 7.0),
        ("planted", values["planted"], "|", _PLANTED, _PLANTED, 10.0 if above else 12.0),
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
    label_rows(ax, places, labels, 0.26 if above else 0.0, size=8.0)
    ax.margins(x=0.05)
    ax.hlines(places, 0, 1, transform=ax.get_yaxis_transform(), color=RULE, lw=0.5, zorder=0)
    ax.xaxis.label.set_color(MUTED)


def _labels(part: pd.DataFrame, above: bool) -> list[str]:
    """Return the text of each row, folded."""
    right = part["recovered"].to_numpy(dtype=bool)
    letters = 56 if above else 60
    return [_label(text, ok, letters) for text, ok in zip(_texts(part), right, strict=True)]


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


def _label(text: str, recovered: bool, letters: int) -> str:
    text = text.replace("_", " ") + ("" if recovered else " (not recovered)")
    return fill(text, letters, max_lines=2, placeholder=" …")
