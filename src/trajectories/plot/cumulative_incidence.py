"""Cumulative incidences stacked on each other: what has become of everybody by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.step_lines import axis_name, stratum_text
from trajectories.plot.style import INK, line_look, new_figure, styled

__all__ = ["cumulative_incidence"]

_HATCHES = ("", "////", "....", "xxxx", "++++")


@styled
def cumulative_incidence(
    frame: pd.DataFrame,
    names: Mapping[Any, str] | None = None,
    title: str | None = None,
    unit: str = "years",
    origin: str | None = None,
) -> Figure:
    """Draw the incidence of every cause on top of those before it, one panel a stratum.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``stratum, cause, time, incidence``, as ``recidivism.cumulative_incidence`` gives it.
    names : mapping, optional
        Cause or stratum to the text of its label.
    title, unit, origin
        As for ``survival_curves``.

    Returns
    -------
    Figure
        The white rest is the share that has met none of the causes. Hatched, so that a print in
        grey can be read.
    """
    need_columns(frame, "the cumulative incidences", "stratum", "cause", "time", "incidence")
    strata, causes = list(pd.unique(frame["stratum"])), list(pd.unique(frame["cause"]))
    figure = new_figure(max(6.4, 2.0 * len(strata) + 1.2), 3.9)
    panels = figure.subplots(1, len(strata), sharey=True, squeeze=False)[0]
    for panel, stratum in zip(panels, strata, strict=True):
        own = frame[frame["stratum"] == stratum]
        floor: Any = None
        for position, cause in enumerate(causes):
            curve = own[own["cause"] == cause].sort_values("time")
            time = curve["time"].to_numpy(dtype=float)
            height = curve["incidence"].to_numpy(dtype=float)
            floor = np.zeros_like(height) if floor is None else floor
            panel.fill_between(
                time,
                floor,
                floor + height,
                step="post",
                facecolor=line_look(position)["color"],
                alpha=0.75,
                hatch=_HATCHES[position % len(_HATCHES)],
                edgecolor="white" if position == 0 else INK,
                linewidth=0.4,
                label=stratum_text(cause, names),
            )
            floor = floor + height
        panel.set_xlim(0.0, float(own["time"].max()))
        panel.set_ylim(0.0, 1.0)
        panel.set_xlabel(axis_name(unit, origin))
        if len(strata) > 1:
            panel.set_title(stratum_text(stratum, names))
    panels[0].set_ylabel("share of persons")
    handles, texts = panels[0].get_legend_handles_labels()
    figure.legend(handles[::-1], texts[::-1], loc="outside right center")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.0, fontweight="bold")
    return figure
