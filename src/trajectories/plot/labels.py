"""Direct labels at the right end of lines, moved apart where they would overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

__all__ = ["label_ends", "spread"]


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

    The key repeats the line's colour and style, so that a print in grey can be read.

    Needs the final y limits. Heights are taken from the figure's size, so that texts of one or
    more lines do not overlap at the size the figure was made for.
    """
    figure = ax.get_figure(root=True)
    low, high = ax.get_ylim()
    height = (figure.get_size_inches()[1] if figure else 4.0) * ax.get_position().height * 72.0
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    gap = lines * fontsize * 1.3 / height
    wanted = [(y - low) / (high - low) for _, y in ends]
    at = spread(wanted, gap, gap / 2.0, 1.0 - gap / 2.0)
    left, right = ax.get_xlim()
    for (x, _), start, end, text, look in zip(ends, wanted, at, texts, looks, strict=True):
        begin = (x - left) / (right - left)
        ax.plot(
            [begin, 1.03],
            [start, end],
            transform=ax.transAxes,
            color=look["color"],
            linewidth=0.7,
            clip_on=False,
            label="_leader",
        )
        ax.plot(
            [1.03, 1.095],
            [end, end],
            transform=ax.transAxes,
            clip_on=False,
            label="_key",
            **{"linewidth": 1.9, **look},
        )
        ax.text(1.105, end, text, transform=ax.transAxes, va="center", ha="left", fontsize=fontsize)
