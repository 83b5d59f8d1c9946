"""Ticks at whole numbers, as many as there is room for: nobody is 12.5 on a birthday."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

__all__ = ["set_whole_ticks"]


def set_whole_ticks(axis: Axis) -> None:
    """Set ticks at multiples of 1, 2, 3, 5, 10, ..."""
    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 3, 5, 10], min_n_ticks=3))
