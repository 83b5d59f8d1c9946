"""Forest plot: one estimate with its interval per row, on a linear or a log scale."""

from __future__ import annotations

import re
from textwrap import fill
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.plot.check import need_columns
from trajectories.plot.page import is_narrow, legend_columns, type_size, wrapped
from trajectories.plot.ratio_ticks import set_ratio_ticks
from trajectories.plot.row_labels import label_rows
from trajectories.plot.style import MUTED, RULE, line_look, new_figure, series_order, styled

__all__ = ["forest"]

_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_NUMBERS = ("estimate", "lower", "upper")
_BESIDE = 12
"""Letters of a label that has room beside the rows in a column; longer ones stand above them."""


@styled
def forest(
    table: pd.DataFrame,
    *,
    label: str = "label",
    series: str | None = None,
    panel: str | None = None,
    scale: Literal["log", "linear"] = "log",
    reference: float | None = None,
    xlabel: str = "",
) -> Figure:
    """Draw estimates with intervals, one row a label, and write the numbers beside them.

    Parameters
    ----------
    table : DataFrame
        ``estimate``, ``lower``, ``upper`` and the column named by ``label``. A limit that is
        infinite or lies outside the scale (0 on a log scale) is drawn as an arrow; a row whose
        estimate is no number on the scale keeps its place and says "no estimate".
    label : str
        Column with the text of each row (a term ``sex[T.V]`` of a formula is written "sex: V");
        rows of one label share a line where ``series`` is given.
    series : str, optional
        Column that tells several estimates of a label apart, by marker and colour. They are
        given out in the order of the rows, or in that of the categories where the column is
        categorical: then a population looks the same in every figure, whoever else is in it.
    panel : str, optional
        Column that makes panels, one under the other. Numbers get its name: "group 2".
    scale : {"log", "linear"}
        "log" for ratios, "linear" for differences and shares.
    reference : float, optional
        Where "no difference" lies: 1 on a log scale, 0 on a linear one, unless given; NaN: no line.
    xlabel : str
        What is measured.

    Returns
    -------
    Figure
        Rows in the order of ``table``, first on top.

    Raises
    ------
    InputError
        For missing columns, an unknown scale, or a table without rows.
    """
    need_columns(table, "the forest plot", label, *_NUMBERS, *filter(None, (series, panel)))
    if scale not in ("log", "linear"):
        raise InputError(f"scale={scale!r} is unknown: 'log' for ratios, 'linear' for differences")
    nameless = int(table[label].isna().sum())
    if nameless:
        raise InputError(
            f"the forest plot: {counted(nameless, 'row')} without a label in column {label!r}: "
            "give every row one, or leave it out"
        )
    rows = table.copy()
    for column in _NUMBERS:
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype(float)
    names, looks = series_order(rows[series]) if series else ([""], [0])
    parts = list(rows.groupby(panel, sort=False, observed=True)) if panel else [("", rows)]
    above = is_narrow() and int(rows[label].astype(str).str.len().max()) > _BESIDE
    row_height = (0.34 if len(names) == 1 else 0.10 + 0.19 * len(names)) + 0.12 * above
    room = (0.27 if len(names) == 1 else 0.36) if above else 0.0
    heights = [part[label].nunique() + 1.3 if series else len(part) + 1.3 for _, part in parts]
    figure = new_figure(7.2, 0.7 + row_height * sum(heights))
    grid = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights, sharex=True)
    line_at = (1.0 if scale == "log" else 0.0) if reference is None else reference
    for ax, (title, part) in zip(grid.flat, parts, strict=True):
        base, texts = _draw(ax, part, label, series, names, looks, scale, line_at)
        label_rows(ax, base, [_wrapped(text) for text in texts], room)
        ax.set_title(_title(title, panel))
    last = grid.flat[-1]
    _x_axis(last, rows, scale, line_at)
    last.set_xlabel(wrapped(xlabel, 34))
    if len(names) > 1:
        handles = {str(h.get_label()): h for ax in grid.flat for h in ax.get_lines()}
        shown = [handles[name.replace("_", " ")] for name in names]
        figure.legend(handles=shown, loc="outside upper left", ncols=legend_columns(names, 4))
    return figure


def _draw(
    ax: Axes,
    part: pd.DataFrame,
    label: str,
    series: str | None,
    names: list[str],
    looks: list[int],
    scale: str,
    line_at: float,
) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Draw one panel; return where its rows are and their texts."""
    texts = part[label].astype(str)
    if series:
        order = list(dict.fromkeys(texts))
        base = texts.map({text: i for i, text in enumerate(order)}).to_numpy(dtype=float)
        which = part[series].astype(str).map({n: j for j, n in enumerate(names)}).to_numpy()
        step = 0.72 / len(names)
        place = base + (which - (len(names) - 1) / 2.0) * step
    else:
        order = list(texts)
        base = place = np.arange(len(part), dtype=float)
        which = np.zeros(len(part), dtype=int)
    ax.hlines(
        np.unique(base), 0, 1, transform=ax.get_yaxis_transform(), color=RULE, lw=0.5, zorder=0
    )
    if not np.isnan(line_at):
        ax.axvline(line_at, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    for j, name in enumerate(names):
        mine = which == j
        _draw_series(ax, part[mine], place[mine], name, looks[j], scale, len(names))
    ax.xaxis.label.set_color(MUTED)
    return np.unique(base), order


def _draw_series(
    ax: Axes,
    part: pd.DataFrame,
    place: np.ndarray[Any, Any],
    name: str,
    number: int,
    scale: str,
    n_series: int,
) -> None:
    look = {"color": line_look(number)["color"]}
    centre, lower, upper = (part[column].to_numpy() for column in _NUMBERS)
    drawable = _on_scale(centre, scale)
    low_ok, high_ok = _on_scale(lower, scale), _on_scale(upper, scale)
    both = drawable & low_ok & high_ok
    ax.hlines(place[both], lower[both], upper[both], linewidth=1.8, **look)
    for which, arrow, limit in ((~low_ok, "<", upper), (~high_ok, ">", lower)):
        open_end = drawable & which & ~np.isnan(lower + upper)
        finite = np.where(_on_scale(limit, scale), limit, centre)
        ax.hlines(place[open_end], finite[open_end], centre[open_end], linewidth=1.8, **look)
        ax.plot(centre[open_end], place[open_end], marker=arrow, ms=11.0, ls="none", **look)
    ax.plot(
        np.where(drawable, centre, np.nan),
        place,
        marker=_MARKERS[number % len(_MARKERS)],
        markersize=6.0 if n_series == 1 else 5.0,
        linestyle="none",
        label=name.replace("_", " ") or "estimate",
        **look,
    )
    for y, numbers in zip(place, zip(centre, lower, upper, strict=True), strict=True):
        ax.text(
            1.02,
            y,
            _said(*numbers),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=type_size(8.0 if n_series == 1 else 7.0),
        )


def _on_scale(values: np.ndarray[Any, Any], scale: str) -> np.ndarray[Any, Any]:
    return np.asarray(np.isfinite(values) & ((values > 0.0) if scale == "log" else True))


def _x_axis(ax: Axes, rows: pd.DataFrame, scale: str, line_at: float) -> None:
    """Set scale and limits from the estimates; an endless interval must not squeeze the others."""
    values = np.concatenate([rows[column].to_numpy() for column in _NUMBERS])
    values = np.append(values[_on_scale(values, scale)], [] if np.isnan(line_at) else line_at)
    if not len(values):
        return
    if scale == "linear":
        span = max(values.max() - values.min(), 1e-12)
        ax.set_xlim(values.min() - 0.04 * span, values.max() + 0.04 * span)
        return
    low, high = np.log(values.min()), np.log(values.max())
    margin = 0.05 * max(high - low, 0.2)
    ax.set_xscale("log")
    ax.set_xlim(np.exp(low - margin), np.exp(high + margin))
    set_ratio_ticks(ax.xaxis, low, high)


def _said(centre: float, lower: float, upper: float) -> str:
    if np.isnan(centre):
        return "no estimate"
    if centre == lower == upper:
        return _number(centre)
    if np.isnan(lower) or np.isnan(upper):
        return f"{_number(centre)} (no interval)"
    return f"{_number(centre)} ({_number(lower)} to {_number(upper)})"


def _number(value: float) -> str:
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    digits = 2 if abs(value) < 9.995 else (1 if abs(value) < 99.95 else 0)
    return f"{value:,.{digits}f}".replace("-", "−")


def _title(value: Any, column: str | None) -> str:
    """Return the title of a panel: "group 2" of the 2 in a column called group."""
    numbered = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return f"{column} {value:g}" if numbered else str(value).replace("_", " ")


def plain_term(text: str) -> str:
    """Return a term of a formula as a reader would have it: "sex: V" for "sex[T.V]"."""
    level = r"(?<=\w)\[(?:T\.)?([^\[\]]+)\]"
    text = re.sub(r"C\((\w+)[^\[]*\)(?=\[)", r"\1", text)
    if not re.search(level, text):
        return text
    return re.sub(r"(?<=\S):(?=\S)", " × ", re.sub(level, r": \1", text))


def _wrapped(text: str) -> str:
    return fill(plain_term(text).replace("_", " "), 44, max_lines=2, placeholder=" …")
