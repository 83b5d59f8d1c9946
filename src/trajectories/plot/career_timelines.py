"""Careers of single synthetic persons, a line each: offences as marks, detention as bars."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.plot.check import need_columns
from trajectories.plot.page import legend_columns, type_size, wrapped
from trajectories.plot.style import MUTED, RULE, line_look, new_figure, styled

__all__ = ["career_timelines"]

_MARKS = ("o", "s", "D", "^", "v", "P", "X", "*", "<", ">", "p", "h")
_START = 12.0


@styled
def career_timelines(table: pd.DataFrame, first_age: float = _START) -> Figure:
    """Draw one line a person over age, offences as marks by type, detention as thick bars.

    Parameters
    ----------
    table : DataFrame
        ``person``, ``group``, ``what``, ``type``, ``start``, ``stop``, ``synthetic``, as
        ``careers.timelines`` gives it: of synthetic persons, unless real ones were asked for in
        so many words. The figure says which.
    first_age : float
        Where the axis begins.

    Returns
    -------
    Figure
        Persons of a group together, the earliest onset on top.
    """
    need = ("person", "group", "what", "type", "start", "stop", "synthetic")
    need_columns(table, "the timelines", *need)
    persons = int(table["person"].nunique())
    figure = new_figure(7.2, 1.3 + 0.16 * persons)
    ax = figure.add_subplot()
    _lines(ax, table, first_age)
    kinds = sorted(table.loc[table["what"] == "offence", "type"].unique(), key=str)
    offences = table[(table["what"] == "offence") & (table["start"] >= first_age)]
    for position, kind in enumerate(kinds):
        part = offences[offences["type"] == kind]
        ax.plot(
            part["start"].to_numpy(dtype=float),
            part["person"].to_numpy(dtype=float),
            linestyle="none",
            marker=_MARKS[position % len(_MARKS)],
            markersize=4.2,
            markeredgecolor="white",
            markeredgewidth=0.4,
            color=line_look(position)["color"],
            label=str(kind).replace("_", " "),
        )
    _groups(ax, table)
    real = not bool(table["synthetic"].all())
    whose = "REAL PERSONS: not for output" if real else "synthetic persons"
    ax.set_title(whose, fontsize=type_size(9.0), color=MUTED)
    ax.set_xlabel("age")
    ax.set_xlim(left=first_age)
    columns = legend_columns([*map(str, kinds), "detention"], min(len(kinds) + 1, 5), 8.0)
    figure.legend(loc="outside lower center", ncols=columns, fontsize=type_size(8.0))
    return figure


def _lines(ax: Axes, table: pd.DataFrame, first_age: float) -> None:
    followed = table[table["what"] == "follow_up"]
    ax.hlines(
        followed["person"].to_numpy(dtype=float),
        followed["start"].clip(lower=first_age).to_numpy(dtype=float),
        followed["stop"].clip(lower=first_age).to_numpy(dtype=float),
        color=RULE,
        linewidth=1.0,
        zorder=0,
    )
    held = table[(table["what"] == "detention") & (table["stop"] > first_age)]
    ax.hlines(
        held["person"].to_numpy(dtype=float),
        held["start"].clip(lower=first_age).to_numpy(dtype=float),
        held["stop"].to_numpy(dtype=float),
        color="#9a9a9a",
        linewidth=5.0,
        zorder=1,
        label="detention",
    )


def _groups(ax: Axes, table: pd.DataFrame) -> None:
    """Name the groups at the left, with a line between them; hide the numbers of persons."""
    persons = table.drop_duplicates("person").sort_values("person")
    places, names = [], []
    for group, part in persons.groupby("group", sort=False, observed=True):
        low, high = part["person"].min(), part["person"].max()
        places.append((low + high) / 2.0)
        names.append(wrapped(str(group).replace("_", " "), 10))
        if high < persons["person"].max():
            ax.axhline(high + 0.5, color=MUTED, linewidth=0.6)
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(persons) + 0.7, 0.3)
