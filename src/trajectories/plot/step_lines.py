"""What figures over time since the index case share: steps with bands, numbers below the axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
    """Write the numbers at risk below the axis, a line a stratum; a dot in its colour names it."""
    line = 0.075
    first = -0.26
    ax.text(
        0.0,
        first + line,
        "at risk",
        transform=ax.transAxes,
        ha="left",
        va="center",
        fontsize=8.0,
        color=MUTED,
    )
    left, right = ax.get_xlim()
    for row, (stratum, text, look) in enumerate(zip(order, texts, looks, strict=True)):
        y = first - row * line
        own = numbers[(numbers["stratum"] == stratum) & (numbers["time"] <= right)]
        if len(order) > 1:
            ax.text(
                -0.05,
                y,
                text,
                transform=ax.transAxes,
                ha="right",
                va="center",
                fontsize=8.0,
                color=look["color"],
            )
        for time, count in zip(own["time"], own["at_risk"], strict=True):
            ax.text(
                (float(time) - left) / (right - left),
                y,
                f"{count:,.0f}",
                transform=ax.transAxes,
                ha="center",
                va="center",
                fontsize=8.0,
            )


def axis_name(unit: str, origin: str | None) -> str:
    """Return the label of the time axis."""
    return unit if origin is None else f"{unit} since {origin}"


def end_of(curve: pd.DataFrame, value: str) -> tuple[float, float]:
    """Return the last point of a curve."""
    return float(curve["time"].iloc[-1]), float(np.asarray(curve[value], dtype=float)[-1])
