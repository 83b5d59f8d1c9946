"""Curves of groups beside the share of each group that is still in the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.labels import label_ends
from trajectories.plot.page import is_narrow, tall
from trajectories.plot.style import group_look, new_figure, styled, with_gaps
from trajectories.plot.trajectory_curves import trajectories
from trajectories.plot.whole_ticks import set_whole_ticks

__all__ = ["dropout_trajectories"]


@styled
def dropout_trajectories(
    curves: pd.DataFrame,
    staying: pd.DataFrame,
    shares: pd.Series | Mapping[Any, float] | None = None,
    unit: str = "offences per year free",
) -> Figure:
    """Draw the curves, and how many of each group are still in the study.

    Parameters
    ----------
    curves : DataFrame
        Tidy: ``group``, ``age``, ``mean`` and, for the bands, ``lower`` and ``upper``.
    staying : DataFrame
        ``group``, ``age``, ``probability``, ``lower``, ``upper``, as
        ``DropoutTrajectoriesResults.staying()`` gives it.
    shares : Series or mapping, optional
        Group to share at the start; beside the curves.
    unit : str
        Of the mean.

    Returns
    -------
    Figure
    """
    need_columns(staying, "who stays", "group", "age", "probability")
    rows = 2 if is_narrow() else 1
    figure = new_figure(7.2, tall(3.4) * rows)
    left, right = figure.subplots(rows, 3 - rows)
    trajectories(curves, shares=shares, ax=left, title="Outcome", unit=unit)
    ends, texts, looks = [], [], []
    banded = {"lower", "upper"} <= set(staying.columns)
    for position, (group, own) in enumerate(staying.groupby("group", sort=False, observed=True)):
        own, look = own.sort_values("age"), group_look(group, position)
        columns = ["age", "probability", *(("lower", "upper") if banded else ())]
        ages, values, *band = with_gaps(*(own[name].to_numpy(dtype=float) for name in columns))
        if banded:
            lower, upper = band
            right.fill_between(ages, lower, upper, color=look["color"], alpha=0.16, linewidth=0)
        right.plot(ages, values, linewidth=1.9, **look)
        ends.append((float(ages[-1]), float(values[-1])))
        texts.append(f"group {group}")
        looks.append(look)
    # under disclosure control who stays may be known at the first age only
    ages = np.concatenate([own["age"].to_numpy(dtype=float) for own in (staying, curves)])
    right.set_xlim(ages.min(), ages.max())
    right.set_ylim(0.0, 1.03)
    set_whole_ticks(right.xaxis)
    right.grid(axis="y")
    right.set_xlabel("age")
    right.set_ylabel("share still in the study")
    right.set_title("In the study")
    label_ends(right, ends, texts, looks)
    return figure
