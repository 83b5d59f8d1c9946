"""Curves of groups over age, with bands, labelled at their ends."""

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
from trajectories.plot.style import INK, group_look, open_axes, styled
from trajectories.plot.whole_ticks import set_whole_ticks

__all__ = ["group_label", "trajectories"]


def group_label(
    group: object,
    shares: pd.Series | Mapping[Any, float] | None,
    names: pd.Series | Mapping[Any, str | None] | None,
) -> str:
    """Return '2 early peak (28 %)', 'group 2 (28 %)' or 'group 2'."""
    name = None if names is None else dict(names).get(group)
    text = f"{group} {name.replace('_', ' ')}" if isinstance(name, str) else f"group {group}"
    share = None if shares is None else dict(shares).get(group)
    return text if share is None else f"{text} ({100 * float(share):.0f} %)"


@styled
def trajectories(
    frame: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    names: pd.Series | Mapping[Any, str | None] | None = None,
    observed: pd.DataFrame | None = None,
    planted: pd.DataFrame | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    unit: str = "offences per year free",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw the curve of every group over age, with its pointwise band.

    Parameters
    ----------
    frame : DataFrame
        Tidy: ``group``, ``age``, ``mean`` and, for the bands, ``lower`` and ``upper``
        (offences per year free), as ``results.trajectories()`` gives it.
    shares, names : Series or mapping, optional
        Group to share of the persons, and to a name; a group without a name is 'group k', and
        one without a share (because it is suppressed, say) is labelled without.
    observed : DataFrame, optional
        Tidy: ``group``, ``age``, ``mean``; drawn as dots in the group's colour.
    planted : DataFrame, optional
        Tidy: ``group``, ``age``, ``mean``: the curves that the data were drawn from, as thin
        dark lines. Their groups need not be those of ``frame``.
    ax : Axes, optional
        Draw here instead of in a new figure.
    title : str, optional
        Above the axes.
    unit : str
        Of the mean; beside the axis.
    limits : pair of float, optional
        Of the axis of the mean; such that the curves fill it unless told.

    Returns
    -------
    Figure
        One labelled line per group, in the order of ``frame``; the line's label is the group's.
    """
    need_columns(frame, "the curves", "group", "age", "mean")
    figure, ax = open_axes(ax, 7.2, tall(4.2))
    banded = {"lower", "upper"} <= set(frame.columns)
    ends, texts, looks = [], [], []
    for position, (group, curve) in enumerate(frame.groupby("group", sort=False, observed=True)):
        curve = curve.sort_values("age")
        look = group_look(group, position)
        text = group_label(group, shares, names)
        ages, rates = curve["age"].to_numpy(), curve["mean"].to_numpy()
        if banded:
            ax.fill_between(
                ages,
                curve["lower"].to_numpy(),
                curve["upper"].to_numpy(),
                color=look["color"],
                alpha=0.16,
                linewidth=0,
            )
        ax.plot(ages, rates, label=text, linewidth=1.9, **look)
        if observed is not None:
            dots = observed[observed["group"] == group]
            ax.plot(
                dots["age"].to_numpy(),
                dots["mean"].to_numpy(),
                marker="o",
                markersize=2.8,
                linestyle="none",
                color=look["color"],
                label="_observed",
            )
        ends.append((float(ages[-1]), float(rates[-1])))
        texts.append(text)
        looks.append(look)
    if planted is not None:
        _draw_planted(ax, planted)
    _finish(ax, frame, banded, title, unit)
    if limits is not None:
        ax.set_ylim(*limits)
    label_ends(ax, ends, texts, looks)
    return figure


def _draw_planted(ax: Axes, planted: pd.DataFrame) -> None:
    need_columns(planted, "the planted curves", "group", "age", "mean")
    for position, (_, curve) in enumerate(planted.groupby("group", sort=False, observed=True)):
        curve = curve.sort_values("age")
        ax.plot(
            curve["age"].to_numpy(),
            curve["mean"].to_numpy(),
            color=INK,
            linewidth=0.9,
            label="planted" if position == 0 else "_planted",
        )
    ax.legend(handles=[line for line in ax.get_lines() if line.get_label() == "planted"])


def _finish(ax: Axes, frame: pd.DataFrame, banded: bool, title: str | None, unit: str) -> None:
    ages = frame["age"].to_numpy(dtype=float)
    ax.set_xlim(ages.min(), ages.max() if ages.max() > ages.min() else ages.min() + 1.0)
    if (ages == ages.round()).all():
        set_whole_ticks(ax.xaxis)
    top, low = float(frame["mean"].max()), min(0.0, float(frame["mean"].min()))
    if banded:
        # a runaway band must not flatten the curves
        upper = frame["upper"].to_numpy(dtype=float)
        top = max(top, min(float(upper[np.isfinite(upper)].max(initial=0.0)), 2.0 * top))
        lower = frame["lower"].to_numpy(dtype=float)
        reach = top - low
        low = min(low, max(float(lower[np.isfinite(lower)].min(initial=0.0)), low - 0.5 * reach))
    if low < 0.0:
        # outcomes on a scale of their own may be negative: no axis at zero then
        margin = 0.05 * (max(top, 0.0) - low)
        ax.set_ylim(low - margin, max(top, 0.0) + margin)
    else:
        ax.set_ylim(0.0, 1.05 * top if top > 0.0 else 1.0)
    ax.grid(axis="y")
    ax.set_xlabel("age")
    ax.set_ylabel(unit)
    if title:
        ax.set_title(title)
