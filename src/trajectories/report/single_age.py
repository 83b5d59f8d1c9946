"""Figures of a fit at one age: a curve of one point cannot be seen, so it is drawn as a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["show_single_age"]


def show_single_age(figure: Figure, curves: pd.DataFrame) -> None:
    """Turn the curves of a figure into points with error bars.

    Parameters
    ----------
    figure : Figure
        From ``plot.trajectories`` (all groups in one axes) or ``plot.observed_means`` (one each).
    curves : DataFrame
        A row a group: ``age``, ``mean``, ``lower``, ``upper``.
    """
    rows = list(curves[["age", "mean", "lower", "upper"]].itertuples(index=False, name=None))
    apart = len(figure.axes) > 1
    for place, (age, mean, lower, upper) in enumerate(rows):
        ax = figure.axes[place if apart else 0]
        fitted = [line for line in ax.get_lines() if len(line.get_xdata()) == 1]  # type: ignore[arg-type]
        line = fitted[0 if apart else place]
        line.set_marker("s")
        line.set_markersize(6)
        bars = [[mean - lower], [upper - mean]]
        ax.errorbar([age], [mean], yerr=bars, fmt="none", ecolor=line.get_color(), capsize=4)
        ax.set_xlim(age - 0.5, age + 0.5)
        ax.set_xticks([age])
        ax.set_ylim(0.0, None)
