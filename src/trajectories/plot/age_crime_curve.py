"""The age–crime curve, taken apart: participation, frequency of the active, aggregate rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import is_narrow
from trajectories.plot.style import group_look, new_figure, styled, with_gaps

__all__ = ["age_crime_curve"]

_TITLES = {
    "participation": ("Participation", "share with an offence"),
    "frequency": ("Frequency of the active", "offences per year free"),
    "aggregate_rate": ("Aggregate rate", "offences per year free"),
    "cumulative_prevalence": ("Cumulative prevalence", "share who have ever offended"),
}
_MOST_HIGH = 9.3
"""Inches of all panels together: what a page holds."""
_NO_LIMIT = 1.5
"""A band above so many times the highest estimate is cut off: it must not flatten the curves."""


@styled
def age_crime_curve(table: pd.DataFrame) -> Figure:
    """Draw measures by age, a panel a measure and a line a group.

    Parameters
    ----------
    table : DataFrame
        ``measure``, ``group``, ``age`` (or ``at``), ``estimate`` and, for bands, ``lower`` and
        ``upper``: what ``careers.participation``, ``frequency`` and ``cumulative_prevalence``
        give, one or several after another, or ``careers.describe``. Rows without an age, and other
        measures, are left out. Where a measure has several estimators (``method``), the first is
        drawn.

    Returns
    -------
    Figure
        Panels in the order participation, frequency, aggregate rate, cumulative prevalence.
    """
    rows = table.rename(columns={"at": "age"})
    need_columns(rows, "the age–crime curve", "measure", "group", "age", "estimate")
    rows = rows[rows["age"].notna()]
    measures = [name for name in _TITLES if (rows["measure"] == name).any()]
    if not measures:
        raise InputError(
            f"the age–crime curve: no measure by age; give one or more of {list(_TITLES)}"
        )
    height = min(2.3 if is_narrow() else 2.5, _MOST_HIGH / len(measures))
    figure = new_figure(7.2, 0.3 + height * len(measures))
    grid = figure.subplots(len(measures), 1, squeeze=False, sharex=True)
    for ax, measure in zip(grid.flat, measures, strict=True):
        part = rows[rows["measure"] == measure]
        if "method" in part.columns:
            part = part[part["method"] == part["method"].iloc[0]]
        _draw(ax, part, *_TITLES[measure])
    grid.flat[-1].set_xlabel("age")
    return figure


def _draw(ax: Axes, part: pd.DataFrame, title: str, unit: str) -> None:
    ends, texts, looks = [], [], []
    highest = top = float(part["estimate"].max())
    named = 0
    limits = {"lower", "upper"} <= set(part.columns)
    for group, curve in part.groupby("group", sort=False, observed=True):
        curve = curve.sort_values("age")
        look, text = group_look(group, named), str(group).replace("_", " ")
        named += str(group) != "all"
        columns = ["age", "estimate", *(("lower", "upper") if limits else ())]
        ages, estimate, *band = with_gaps(*(curve[name].to_numpy(dtype=float) for name in columns))
        if limits:
            lower, upper = band
            ax.fill_between(ages, lower, upper, color=look["color"], alpha=0.16, linewidth=0)
            seen = upper[np.isfinite(upper)]
            top = max(top, min(float(seen.max(initial=0.0)), _NO_LIMIT * highest))
        look = {**look, "linewidth": 2.8 if group == "all" else 1.7}
        ax.plot(ages, estimate, label=text, **look)
        known = np.flatnonzero(np.isfinite(estimate))
        if len(known):
            ends.append((float(ages[known[-1]]), float(estimate[known[-1]])))
            texts.append(text)
            looks.append(look)
    ages = part["age"].to_numpy(dtype=float)
    ax.set_xlim(ages.min(), max(ages.max(), ages.min() + 1.0))
    ax.set_ylim(0.0, 1.05 * top if top > 0.0 else 1.0)
    ax.grid(axis="y")
    ax.set_title(title)
    ax.set_ylabel(unit)
    label_ends(ax, ends, texts, looks)
