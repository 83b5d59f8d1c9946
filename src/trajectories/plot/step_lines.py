"""What figures over time since the index case share: steps with bands, numbers below the axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform

from trajectories.plot.labels import axes_points
from trajectories.plot.page import type_size
from trajectories.plot.style import MUTED

__all__ = ["axis_name", "draw_steps", "stratum_text", "write_numbers"]


def stratum_text(stratum: object, names: Mapping[Any, str] | None) -> str:
    """Return the label of a stratum: its name where one is given."""
    text = str(stratum) if names is None else str(names.get(stratum, stratum))
    return text.replace("_", " ")


def draw_steps(ax: Axes, curve: pd.DataFrame, value: str, look: dict[str, Any], text: str) -> None:
    """Draw a right-continuous step function, with its band where there is one."""
    time = curve["time"].to_numpy(dtype=float)
    if {"lower", "upper"} <= set(curve.columns):
        ax.fill_between(
            time,
            curve["lower"].to_numpy(dtype=float),
            curve["upper"].to_numpy(dtype=float),
            step="post",
            color=look["color"],
            alpha=0.16,
            linewidth=0,
        )
    values = curve[value].to_numpy(dtype=float)
    ax.plot(time, values, drawstyle="steps-post", label=text, linewidth=1.7, **look)


def write_numbers(
    ax: Axes, numbers: pd.DataFrame, order: list[Any], texts: list[str], looks: list[dict[str, Any]]
) -> None:
    """Write the numbers at risk below the axis, a line a stratum; its colour names it.

    Where they stand too close to each other, every second, third, ... is left out.
    """
    size = type_size(8.0)
    line, first = 1.5 * size, 5.0 * size  # points below the axes, past their ticks and label
    told: dict[str, Any] = {"va": "center", "fontsize": size}
    ax.text(0.0, 0.0, "at risk", ha="left", color=MUTED, transform=_below(ax, first), **told)
    left, right = ax.get_xlim()
    every = _every(numbers, (right - left) / axes_points(ax)[0], size)
    for row, (stratum, text, look) in enumerate(zip(order, texts, looks, strict=True)):
        told["transform"] = _below(ax, first + (row + 1) * line)
        own = numbers[(numbers["stratum"] == stratum) & (numbers["time"] <= right)]
        if len(order) > 1:
            ax.text(-0.06, 0.0, text, ha="right", color=look["color"], **told)
        for time, count in zip(own["time"][::every], own["at_risk"][::every], strict=True):
            at = (float(time) - left) / (right - left)
            ax.text(at, 0.0, f"{count:,.0f}", ha="center", **told)


def _below(ax: Axes, points: float) -> Transform:
    """Return axes coordinates, moved down by so many points however high the axes will be."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return ax.transAxes + ScaledTranslation(0.0, -points / 72.0, figure.dpi_scale_trans)


def _every(numbers: pd.DataFrame, point: float, size: float) -> int:
    """Return which numbers fit: every so manieth, where a point is so long in time."""
    times = np.unique(numbers["time"].to_numpy(dtype=float))
    longest = max(len(f"{count:,.0f}") for count in numbers["at_risk"])
    needed = (0.65 * longest + 0.6) * size * point
    return 1 if len(times) < 2 else max(1, int(np.ceil(needed / np.diff(times).min())))


def axis_name(unit: str, origin: str | None) -> str:
    """Return the label of the time axis."""
    return unit if origin is None else f"{unit} since {origin}"


def end_of(curve: pd.DataFrame, value: str) -> tuple[float, float]:
    """Return the last point of a curve."""
    return float(curve["time"].iloc[-1]), float(np.asarray(curve[value], dtype=float)[-1])
