"""Which numbers about membership covariates rest on few persons with a value in a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure
from trajectories.errors import InputError
from trajectories.groups.covariate_cells import CovariateCells
from trajectories.groups.group_sizes import slopes_of_few
from trajectories.numerics.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def cells_of(results: GroupTrajectoriesResults) -> CovariateCells:
    """Return persons by covariate and group, or refuse where nobody knows."""
    if results._cells is None:
        raise InputError(
            "a model that was loaded, or fitted on a cluster, does not know how many persons have "
            "each value of a covariate: fit it in memory"
        )
    return results._cells


def odds_of_few(
    results: GroupTrajectoriesResults, table: pd.DataFrame, columns: tuple[str, ...], against: int
) -> BoolArray:
    """Return which odds ratios rest on few, in the group or in the one compared with."""
    few = slopes_of_few(results)
    column = np.array([columns.index(name) for name in table["term"]], dtype=int)
    group = table["group"].to_numpy(dtype=int) - 1
    return np.asarray(few[column, group] | few[column, against - 1])


def effects_by_variable(results: GroupTrajectoriesResults, table: pd.DataFrame) -> BoolArray:
    """Return which marginal effects rest on few persons: of a variable, any of its columns."""
    few, cells = slopes_of_few(results), results._cells
    if cells is None:
        return np.full(len(table), bool(few.any()))
    return cells.by_variable(few, table["variable"], table["group"])


def probabilities_at_few(
    results: GroupTrajectoriesResults, raw: FloatArray, given: pd.DataFrame
) -> BoolArray:
    """Return for which rows and groups few persons fitted had these covariates, (n K,).

    Parameters
    ----------
    results : GroupTrajectoriesResults
    raw : ndarray, shape (n, M)
        The columns of the formula.
    given : DataFrame
        The variables of the formula.
    """
    cells, n_groups = results._cells, results.n_groups
    if cells is None:
        return np.full(len(raw) * n_groups, bool(slopes_of_few(results).any()))
    found = np.zeros((len(raw), n_groups), dtype=bool)
    for one in cells.crossings if disclosure.minimum_cell else ():
        value = one.value_of(raw, given)
        found |= one.withheld()[value] & (value >= 0)[:, None]
    return found.ravel()
