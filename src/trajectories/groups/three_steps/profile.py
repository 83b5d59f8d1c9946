"""Profile the groups: means and shares of covariates, corrected for classification error."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.groups.persons_by_value import numbers_by_group, persons_by
from trajectories.groups.three_steps.first_step import FirstStep, first_step
from trajectories.groups.three_steps.group_profile import Described, GroupProfile
from trajectories.groups.three_steps.influence import covariance_of
from trajectories.numerics.corrected_means import corrected_means
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.arrays import counted
from trajectories.panel.covariate_columns import read_variables

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

METHODS = ("bch", "modal")


def profile(
    results: GroupTrajectoriesResults,
    variables: str | Sequence[Any] | None,
    covariates: pd.DataFrame,
    method: str = "bch",
    assignment: str = "proportional",
    panel: Panel | None = None,
    clusters: Any = None,
    missing: str = "refuse",
) -> GroupProfile:
    """Return means and shares by group; see ``Results.profile``."""
    if method not in METHODS:
        raise InputError(f"method must be 'bch' or 'modal', not {method!r}")
    first = first_step(results, panel, assignment, clusters)
    found = []
    for name, rows, column in read_variables(variables, covariates, first.units, missing):
        values, categories = _values(column)
        found.append(_described(first, name, rows, values, categories, method))
    outside = sum(int(one.outside().sum()) for one in found)
    if outside:
        warnings.warn(
            f"{counted(outside, 'share')} of a group outside 0 to 1: the correction for "
            "classification error overshoots where a share is near 0 or 1 and the group small or "
            "ill told apart; they are shown as they are, and marked in the column note",
            TrajectoriesWarning,
            stacklevel=4,
        )
    return GroupProfile(
        described=tuple(found),
        method=method,
        assignment=assignment,
        missing=missing,
        first_step="not corrected for" if method == "modal" else first.certainty,
        n_clusters=first.n_clusters or None,
    )


def _values(column: pd.Series[Any]) -> tuple[FloatArray, tuple[str, ...] | None]:
    """Return a variable's numbers (n, V), and its categories if it has some."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        labels = tuple(str(label) for label in column.cat.categories)
        return np.eye(len(labels))[codes], labels
    if column.dtype == bool:
        return column.to_numpy(dtype=np.float64)[:, None], ("True",)
    return column.to_numpy(dtype=np.float64)[:, None], None


def _cells(
    values: FloatArray,
    categories: tuple[str, ...] | None,
    posterior: FloatArray,
    weights: FloatArray,
) -> FloatArray:
    """Return persons by value and group, (V, K): what means and shares rest on.

    Of a number of mostly one value, those with another (and of two values those with it too).
    """
    if categories is None or values.shape[1] == 1:
        return numbers_by_group(values[:, 0], posterior, weights)[0]
    return persons_by(values.T > 0, posterior, weights)


def _described(
    first: FirstStep,
    name: str,
    rows: IntArray,
    values: FloatArray,
    categories: tuple[str, ...] | None,
    method: str,
) -> Described:
    weights = first.errors.weights[rows]
    overall = weights @ values / weights.sum()
    found = corrected_means(first.errors, values, rows, method == "bch")
    n_groups, n_values = found.means.shape
    moves = np.zeros((len(first.units), (n_groups + 1) * n_values))
    moves[rows, : n_groups * n_values] = found.scores.reshape(len(rows), -1)
    moves[rows, n_groups * n_values :] = (values - overall) / weights.sum()
    if method == "bch":
        moves[:, : n_groups * n_values] += first.spread(found.slope)
    return Described(
        variable=name,
        categories=categories,
        estimates=np.concatenate([found.means, overall[None]]),
        covariance=covariance_of(moves, first),
        persons=np.append(found.size, weights.sum()),
        n_missing=len(first.units) - len(rows),
        lacking=first.left_out(rows),
        cells=_cells(values, categories, first.errors.posterior[rows], weights),
    )
