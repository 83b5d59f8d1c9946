"""Cumulative incidences stacked on each other: what has become of everybody by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.page import in_a_row, is_narrow, legend_columns, tall, type_size
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
        grey can be read. For one stratum the legend holds the incidences at the end of follow-up
        and, from ``lower`` and ``upper``, their intervals.
    """
    need_columns(frame, "the cumulative incidences", "stratum", "cause", "time", "incidence")
    strata, causes = list(pd.unique(frame["stratum"])), list(pd.unique(frame["cause"]))
    columns = in_a_row(len(strata), 1.6, 3)
    rows = -(-len(strata) // columns)
    low = 0.15 * len(causes) if is_narrow() or columns > 2 else 0.0  # for the legend
    figure = new_figure(7.2 if columns > 1 else 6.4, tall(3.9 if rows == 1 else 2.9) * rows + low)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.flat)[: len(strata)]
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
        if len(strata) > 1:
            panel.set_title(stratum_text(stratum, names))
    for place, panel in enumerate(grid.flat):
        if place >= len(strata):
            panel.remove()
        elif place + columns >= len(strata):
            panel.tick_params(labelbottom=True)
            panel.set_xlabel(axis_name(unit, origin))
    for panel in panels[::columns]:
        panel.set_ylabel("share of persons")
    handles, texts = panels[0].get_legend_handles_labels()
    if len(strata) == 1 and {"lower", "upper"} <= set(frame.columns):
        texts = [_with_end(text, frame, cause) for text, cause in zip(texts, causes, strict=True)]
    if is_narrow() or columns > 2:
        figure.legend(handles, texts, loc="outside lower center", ncols=legend_columns(texts, 4))
    else:
        figure.legend(handles[::-1], texts[::-1], loc="outside right center")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=type_size(10.0), fontweight="bold")
    return figure


def _with_end(text: str, frame: pd.DataFrame, cause: object) -> str:
    """Return the text of a cause with its incidence at the end of follow-up, and its interval."""
    end = frame[frame["cause"] == cause].sort_values("time").iloc[-1]
    share, lower, upper = (100.0 * float(end[name]) for name in ("incidence", "lower", "upper"))
    digits = 0 if share >= 10.0 else 1
    if not np.isfinite([lower, upper]).all():
        return f"{text}\n{share:.{digits}f} % at the end"
    return f"{text}\n{share:.{digits}f} % ({lower:.{digits}f} to {upper:.{digits}f}) at the end"
