"""The hazard in bands of time, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import tall
from trajectories.plot.step_lines import axis_name, stratum_text
from trajectories.plot.style import line_look, open_axes, styled

__all__ = ["hazard"]


@styled
def hazard(
    frame: pd.DataFrame,
    names: Mapping[Any, str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    unit: str = "years",
    origin: str | None = None,
) -> Figure:
    """Draw the hazard of every stratum, constant within bands, with its interval.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``stratum, from, to, hazard`` and, for the intervals, ``lower`` and ``upper``, as
        ``recidivism.hazard`` gives it.
    names, ax, title, unit, origin
        As for ``survival_curves``.

    Returns
    -------
    Figure
        The interval of a band is a bar at its middle, beside those of other strata.
    """
    need_columns(frame, "the hazard", "stratum", "from", "to", "hazard")
    figure, ax = open_axes(ax, 7.2, tall(3.9))
    order = list(pd.unique(frame["stratum"]))
    texts = [stratum_text(stratum, names) for stratum in order]
    looks = [line_look(position) for position in range(len(order))]
    ends = []
    for position, (stratum, text, look) in enumerate(zip(order, texts, looks, strict=True)):
        band = frame[frame["stratum"] == stratum].sort_values("from")
        first, last = band["from"].to_numpy(dtype=float), band["to"].to_numpy(dtype=float)
        value = band["hazard"].to_numpy(dtype=float)
        holes = np.flatnonzero(first[1:] > last[:-1]) + 1  # bands that are left out
        ax.stairs(
            np.insert(value, holes, np.nan),
            np.append(np.insert(first, holes, last[holes - 1]), last[-1]),
            baseline=None,
            color=look["color"],
            linestyle=look["linestyle"],
            linewidth=1.7,
            label=text,
        )
        if {"lower", "upper"} <= set(frame.columns):
            middle = first + (last - first) * (position + 1) / (len(order) + 1)
            ax.vlines(
                middle,
                band["lower"].to_numpy(dtype=float),
                band["upper"].to_numpy(dtype=float),
                color=look["color"],
                linewidth=1.1,
                alpha=0.8,
            )
        ends.append((float(last[-1]), float(value[-1])))
    ax.set_xlim(float(frame["from"].min()), float(frame["to"].max()))
    ax.set_ylim(0.0, _top(frame))
    ax.grid(axis="y")
    ax.set_xlabel(axis_name(unit, origin))
    ax.set_ylabel(f"first new cases per {unit.removesuffix('s')} at risk")
    if title:
        ax.set_title(title)
    if len(order) > 1:
        label_ends(ax, ends, texts, looks)
    return figure


def _top(frame: pd.DataFrame) -> float:
    """Return the top of the axis: a band with hardly anybody at risk must not flatten the rest."""
    highest = float(frame["hazard"].max())
    if "upper" in frame.columns:
        upper = frame["upper"].to_numpy(dtype=float)
        highest = max(highest, min(float(upper[np.isfinite(upper)].max(initial=0.0)), 2 * highest))
    return 1.05 * highest if highest > 0 else 1.0
