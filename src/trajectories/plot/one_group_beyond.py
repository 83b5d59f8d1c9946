"""An axis for models of two or more groups, where the one-group model lies far away from them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from trajectories.numerics.types import FloatArray
from trajectories.plot.page import type_size
from trajectories.plot.style import INK

__all__ = ["BEYOND", "scale_to_several_groups"]

BEYOND = (
    "Axes are scaled to two or more groups. Arrow: one group lies beyond the edge, at the value "
    "beside it."
)
_FLAT = 0.4
"""Of the height that all values take: below, the models of two or more groups look all alike."""


def scale_to_several_groups(
    ax: Axes, n_groups: FloatArray, values: FloatArray, also: FloatArray
) -> bool:
    """Scale the axis to models of two or more groups, if one-group models flatten them.

    The lines stay whole and run out of the axes; an arrow at the edge carries what lies there.

    Parameters
    ----------
    ax : Axes
    n_groups, values : ndarray of float64, shape (M,)
        Of the models drawn, no NaN among them.
    also : ndarray of float64
        Values beside them that have to stay in sight: ends of error bars, a line across.

    Returns
    -------
    bool
        Whether something lies beyond the axis now. Never the best: call it where one group has it
        not.
    """
    several = np.concatenate([values[n_groups > 1], also])
    if (n_groups > 1).sum() < 2 or not (n_groups == 1).any():
        return False
    low, high = several.min(), several.max()
    height = high - low
    if not 1e-6 * max(abs(low), abs(high)) < height < _FLAT * np.ptp(np.append(values, several)):
        return False
    one = values[n_groups == 1]
    bottom, top = low - 0.15 * height, high + 0.15 * height
    above, below = one[one > top], one[one < bottom]
    if len(above):
        top = high + 0.4 * height  # room for the arrow and its value
        _arrow(ax, above, upwards=True)
    if len(below):
        bottom = low - 0.4 * height
        _arrow(ax, below, upwards=False)
    ax.set_ylim(bottom, top)
    return True


def _arrow(ax: Axes, values: FloatArray, upwards: bool) -> None:
    """Point out of the axes at one group, with the value there, or the range of several."""
    tail, head = (0.86, 0.99) if upwards else (0.14, 0.01)
    across = ax.get_xaxis_transform()
    ax.annotate(
        "",
        xy=(1.0, head),
        xytext=(1.0, tail),
        xycoords=across,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.0},
    )
    # in two lines: narrower than the way to two groups
    shown = list(dict.fromkeys(map(_written, (values.min(), values.max()))))
    ax.annotate(
        "\u2013\n".join(shown),
        xy=(1.0, head),
        xycoords=across,
        xytext=(5, 0),
        textcoords="offset points",
        va="top" if upwards else "bottom",
        fontsize=type_size(7.0),
        zorder=1.5,  # the box hides the grid, never a line
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _written(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"
    return text.replace("-", "−")
