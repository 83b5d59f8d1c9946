"""Direct labels at the right end of lines, moved apart where they would overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from trajectories.plot.page import folded, is_narrow, type_size

__all__ = ["axes_points", "label_ends", "spread"]


def spread(wanted: ArrayLike, gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Move positions apart to at least ``gap``, as little as possible, within [low, high].

    Keeps their order. Where they cannot all fit, the gap shrinks to what there is room for.
    Groups that collide are merged and centred on their mean (pool adjacent violators).
    """
    positions = np.asarray(wanted, dtype=float)
    order = np.argsort(positions, kind="stable")
    n = len(positions)
    if n > 1:
        gap = min(gap, (high - low) / (n - 1))
    # without the gaps, the smallest move is an isotonic regression
    shifted = positions[order] - gap * np.arange(n)
    pools: list[tuple[float, int]] = []
    for value in shifted:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    moved = np.concatenate([np.full(size, mean) for mean, size in pools] or [np.empty(0)])
    moved = np.clip(moved, low, max(low, high - gap * (n - 1))) + gap * np.arange(n)
    result = np.empty(n)
    result[order] = moved
    return result


def label_ends(
    ax: Axes,
    ends: list[tuple[float, float]],
    texts: list[str],
    looks: list[dict[str, Any]],
    *,
    fontsize: float = 9.0,
) -> None:
    """Write each text right of the axes, with a leader from its line's end (x, y) and a key.

    The key repeats the line's colour and style, so that a print in grey can be read. In a column
    the texts are folded.

    Needs the final y limits. Heights are taken from the figure's size, so that texts of one or
    more lines do not overlap at the size the figure was made for.
    """
    low, high = ax.get_ylim()
    width, height = axes_points(ax)
    fontsize = type_size(fontsize)
    texts = _folded(texts, height / fontsize)
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    gap = lines * fontsize * 1.3 / height
    wanted = [(y - low) / (high - low) for _, y in ends]
    at = spread(wanted, gap, gap / 2.0, 1.0 - gap / 2.0)
    left, right = ax.get_xlim()
    leader, key = 1.0 + 10.0 / width, 1.0 + (10.0 + 20.0 * fontsize / 9.0) / width
    for (x, _), start, end, text, look in zip(ends, wanted, at, texts, looks, strict=True):
        begin = (x - left) / (right - left)
        ax.plot(
            [begin, leader],
            [start, end],
            transform=ax.transAxes,
            color=look["color"],
            linewidth=0.7,
            clip_on=False,
            label="_leader",
        )
        ax.plot(
            [leader, key],
            [end, end],
            transform=ax.transAxes,
            clip_on=False,
            label="_key",
            **{"linewidth": 1.9, **look},
        )
        ax.text(
            key + 3.0 / width,
            end,
            text,
            transform=ax.transAxes,
            va="center",
            ha="left",
            fontsize=fontsize,
        )


def axes_points(ax: Axes) -> tuple[float, float]:
    """Return about how wide and high the axes will be, in points."""
    figure = ax.get_figure(root=True)
    wide, high = figure.get_size_inches() if figure else (7.2, 4.0)
    place = ax.get_position()
    return float(wide * place.width * 72.0), float(high * place.height * 72.0)


def _folded(texts: list[str], room: float) -> list[str]:
    """Fold texts in a column as narrow as there is height for: ``room`` is that of all lines."""
    if not is_narrow():
        return texts
    for letters in (11, 14, 18, 24):
        lines = [folded(text, letters) for text in texts]
        if len(texts) * 1.3 * max(text.count("\n") + 1 for text in lines) <= room:
            return lines
    return texts
