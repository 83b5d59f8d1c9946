"""Texts of the rows of a figure: beside them, or in a column above them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from trajectories.plot.page import type_size

__all__ = ["label_rows"]


def label_rows(
    ax: Axes, places: NDArray[Any], texts: list[str], above: float = 0.0, size: float = 8.5
) -> None:
    """Name the rows at ``places``, first on top.

    Beside them, or ``above`` them by so much of a row, which takes no width from the panel.
    """
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    if not above:
        ax.set_yticks(places, texts, fontsize=type_size(size))
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(float(np.max(places)) + 0.6, -0.6)
        return
    ax.set_yticks(
        np.asarray(places) - above, texts, fontsize=type_size(size), ha="left", va="bottom"
    )
    ax.tick_params(axis="y", length=0, pad=0)
    for label in ax.get_yticklabels():
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})
    ax.set_ylim(float(np.max(places)) + 0.5, -0.55 - above)
