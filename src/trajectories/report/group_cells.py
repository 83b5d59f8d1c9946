"""Suppress groups of few persons in the tables of a fit: sizes, parameters, observed means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.group_sizes import WIDTH
from trajectories.groups.group_sizes import hidden_groups as hidden_under_switch
from trajectories.report.cells import HIDDEN, suppress_small_cells

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults

__all__ = [
    "hidden_groups",
    "refuse_unsuppressed",
    "small_groups",
    "suppress_by_group",
    "suppress_groups",
    "suppress_membership",
    "suppress_observed",
    "suppress_reasons",
    "without_hidden_limits",
    "without_small_groups",
]


def suppress_groups(table: pd.DataFrame, persons: float, minimum_cell: int) -> pd.DataFrame:
    """Return the table of groups without the sizes of groups of few persons.

    A group is small by the persons assigned to it or by the persons expected in it (its share of
    all). Where one group only is small, the next smallest is withheld too: the sizes add up.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``assigned_persons``, ``share`` and what derives from them.
    persons : float
        Number of persons fitted.
    minimum_cell : int
        As in :func:`trajectories.report.suppress_small_cells`.
    """
    if minimum_cell <= 1:
        return table
    expected = table["share"].to_numpy(dtype=float) * persons
    assigned = table["assigned_persons"].to_numpy(dtype=float)
    counts = np.where(assigned > 0.0, np.minimum(assigned, expected), expected)
    derived = [column for column in table.columns if column not in ("group", "assigned_persons")]
    result = suppress_small_cells(
        table.assign(_count=counts),
        ["_count"],
        minimum_cell=minimum_cell,
        derived=derived,
        total_known=True,
    )
    hidden = result["_count"].map(lambda value: isinstance(value, str))
    if hidden.any():
        sizes = result["assigned_persons"].astype(object)
        result["assigned_persons"] = sizes.where(~hidden, result["_count"])
    return result.drop(columns="_count")


def hidden_groups(groups: pd.DataFrame) -> dict[int, str]:
    """Return the groups whose size is suppressed, with what stands in the place of it."""
    sizes = zip(groups["group"], groups["assigned_persons"], strict=True)
    return {int(group): size for group, size in sizes if isinstance(size, str)}


def refuse_unsuppressed(results: GroupTrajectoriesResults, groups: pd.DataFrame) -> None:
    """Refuse tables of a fit that were made before the switch was on, and show what it hides.

    Raises
    ------
    InputError
        If the switch hides groups that the table of groups shows.
    """
    if set(hidden_under_switch(results)) - set(hidden_groups(groups)):
        raise InputError(
            "report: these tables were made before disclosure control was turned on, and tell of "
            "few persons: make them again under it (fit_tables, replication_tables)"
        )


def small_groups(groups: pd.DataFrame) -> set[int]:
    """Return the groups of few persons: those whose size is suppressed for their own sake."""
    return {group for group, size in hidden_groups(groups).items() if size.startswith("<")}


def without_hidden_limits(curves: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return curves to draw, of hidden groups without the band, of small ones not at all."""
    rows = curves["group"].isin(list(hidden_groups(groups)))
    shown = curves.assign(**{name: curves[name].mask(rows) for name in ("lower", "upper")})
    return without_small_groups(shown, groups)


def without_small_groups(table: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table by group that are not about a group of few persons.

    What describes a few persons closely, their curve say, has no place in a figure.
    """
    few = small_groups(groups)
    return table[~table["group"].isin(list(few))] if few else table


def suppress_by_group(table: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return a table by group in which the numbers of groups of few persons are suppressed.

    Of a group that is hidden for the sake of another, standard errors and limits are.

    Parameters
    ----------
    table : DataFrame
        ``group`` and numbers: curves, parameters, what describes a curve. ``age`` stays.
    groups : DataFrame
        The table of groups, suppressed already.
    """
    few, hidden = small_groups(groups), hidden_groups(groups)
    if not hidden:
        return table
    rows = table["group"].isin(list(few)).to_numpy()
    sizes = table["group"].isin(list(hidden)).to_numpy()
    result = table.copy()
    for column in table.columns:
        if column not in ("group", "age") and pd.api.types.is_numeric_dtype(table[column].dtype):
            # a standard error tells how many persons it rests on
            gone = sizes if column in WIDTH else rows
            result[column] = table[column].astype(object).mask(gone, HIDDEN)
    return result


def suppress_membership(parameters: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the parameters without those that the shares of hidden groups follow from."""
    if not hidden_groups(groups) or "part" not in parameters.columns:
        return parameters
    rows = (parameters["part"] == "membership").to_numpy()
    result = parameters.copy()
    for column in ("estimate", "standard_error", "lower", "upper"):
        values = result[column].astype(object)
        values[rows] = HIDDEN
        result[column] = values
    return result


def suppress_reasons(typology: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the names of groups without reasons that tell of a hidden group.

    Of a hidden group its share; of a group of few persons its curve too.
    """
    tells = typology["reason"].astype(str).str.contains("of the persons", regex=False)
    rows = tells & typology["group"].isin(list(hidden_groups(groups)))
    rows |= typology["group"].isin(list(small_groups(groups)))
    return typology.assign(reason=typology["reason"].where(~rows, "too few persons to say"))


def suppress_observed(
    observed: pd.DataFrame, groups: pd.DataFrame, minimum_cell: int
) -> pd.DataFrame:
    """Return observed means without those of few persons.

    The numbers of a hidden group are withheld at every age. Where one number only is small at an
    age, the next smallest is withheld too; its mean stays, unless its group is small.
    """
    if minimum_cell <= 1:
        return observed
    hidden = hidden_groups(groups)
    persons, means = observed["persons"].astype(object), observed["mean"].astype(object)
    for _, at_age in observed.groupby("age", observed=True):
        shown = suppress_small_cells(
            at_age, ["persons"], minimum_cell=minimum_cell, total_known=True
        )
        persons[at_age.index] = shown["persons"].astype(object)
    for group, size in hidden.items():
        rows = observed["group"] == group
        numbers = persons[rows].map(lambda value: isinstance(value, str))
        persons[rows] = persons[rows].where(numbers, "not shown")
        if size != "not shown":
            means[rows] = HIDDEN
    means[persons == f"<{minimum_cell}"] = HIDDEN
    changed = persons.map(lambda value: isinstance(value, str)).any()
    return observed.assign(persons=persons, mean=means) if changed else observed
