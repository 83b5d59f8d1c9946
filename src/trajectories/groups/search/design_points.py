"""Where the curves are evaluated: the distinct combinations of age and covariates in a panel.

A design matrix has a row for each age; where units have ages of their own or covariates that vary
over time enter the curve, it has a row for each distinct combination that occurs. A few binary
covariates make few rows, and cells stay few. A continuous one makes nearly as many rows as there
are cells: the same code, at a cost per cell and group instead of one per distinct cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel

LEVELS = {1: 8, 2: 5, 3: 3}
"""Levels to which a covariate with more of them is rounded while starts are compared, by C."""


@dataclass(frozen=True, slots=True)
class DesignPoints:
    """Rows of the design matrices, and the row of every cell.

    Attributes
    ----------
    grid : ndarray, shape (R,) or (R, 1 + C)
        Ages; with C covariates, a column each after that of the ages.
    index : ndarray of int, shape (N, T), or None
        Row of every cell, any where nothing was observed. None: column t belongs to row t.
    """

    grid: FloatArray
    index: IntArray | None

    def rows(self, block: slice) -> IntArray:
        """Return the design rows of the cells of some units, shape (n, T) or (1, T)."""
        if self.index is None:
            return np.arange(len(self.grid))[None]
        return self.index[block]


def design_points(panel: Panel, covariates: Sequence[str] = ()) -> DesignPoints:
    """Find the design points of a panel for a curve with some of its covariates.

    Raises
    ------
    InputError
        If the panel lacks a covariate.
    """
    values = panel.covariate_values(covariates)
    return points_of(panel.grid, panel.individual_ages, panel.observed, values)


def points_of(
    grid: FloatArray,
    individual_ages: FloatArray | None,
    observed: BoolArray | None,
    values: Sequence[FloatArray],
) -> DesignPoints:
    """Return the design points of arrays, each of shape (N, T); ``grid`` has the distinct ages."""
    if not values:
        if individual_ages is None:
            return DesignPoints(grid, None)
        where = np.searchsorted(grid, individual_ages)
        return DesignPoints(grid, np.minimum(where, len(grid) - 1))
    shape = values[0].shape
    seen = np.ones(shape, dtype=bool) if observed is None else observed
    if individual_ages is None:
        columns = np.broadcast_to(np.arange(shape[1]), shape)
    else:
        columns = np.minimum(np.searchsorted(grid, individual_ages), len(grid) - 1)
    code = columns[seen].astype(np.int64)
    for each in values:
        levels, own = np.unique(each[seen], return_inverse=True)
        _, code = np.unique(code * len(levels) + own.ravel(), return_inverse=True)
        code = code.ravel()
    _, first = np.unique(code, return_index=True)
    parts = [grid[columns[seen][first]], *(each[seen][first] for each in values)]
    index = np.zeros(shape, dtype=np.int64)
    index[seen] = code
    return DesignPoints(np.column_stack(parts), index)


def coarse_values(values: Sequence[FloatArray], observed: BoolArray | None) -> list[FloatArray]:
    """Round covariates with many levels to a few, the means between quantiles.

    Only starts are compared on these; every reported number comes from the values as given.
    """
    most = LEVELS.get(len(values), 2)
    result = []
    for each in values:
        seen = each.ravel() if observed is None else each[observed]
        if len(np.unique(seen)) > most:
            edges = np.quantile(seen, np.arange(1, most) / most)
            place = np.searchsorted(edges, seen)
            size = np.bincount(place, minlength=most)
            middle = np.bincount(place, seen, most) / np.maximum(size, 1)
            each = middle[np.searchsorted(edges, each)]
        result.append(each)
    return result
