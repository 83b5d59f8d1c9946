"""Smoothed histories: what starting partitions are told apart by."""

from __future__ import annotations

import numpy as np

from trajectories.families import Family
from trajectories.numerics.basis import Basis
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel, widened


def smoothed_histories(panel: Panel, family: Family, rows: IntArray, degree: int) -> FloatArray:
    """Return a few smooth coordinates of some units' histories, shape (n, F).

    Coordinates are the products of the outcomes (root counts) with orthonormal polynomials in age.
    Missing cells count as the average of that age: these numbers only start the search.
    """
    values = family.history(widened(panel.outcomes[rows]))
    if panel.observed is not None:
        seen = panel.observed[rows]
        values = np.where(seen, values, 0.0)
        average = values.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        values = np.where(seen, values, average)
    if panel.individual_ages is not None:
        return _by_own_ages(panel, values, rows)
    size = min(max(degree, 0) + 2, panel.n_ages - 1)
    basis = Basis.on_grid(np.asarray(panel.ages, dtype=float), size)
    return np.asarray(values @ basis.evaluate(panel.ages) / panel.n_ages)


def _by_own_ages(panel: Panel, values: FloatArray, rows: IntArray) -> FloatArray:
    """Return each unit's mean and its slopes in age and age squared, shape (n, 3)."""
    ages = panel.individual_ages[rows]  # type: ignore[index]  # the caller asks for them
    seen = np.ones(ages.shape) if panel.observed is None else panel.observed[rows].astype(float)
    basis = Basis.on_grid(panel.grid, 2 if len(panel.grid) > 2 else len(panel.grid) - 1)
    columns = basis.evaluate(ages.ravel()).reshape(*ages.shape, -1)
    number = seen.sum(axis=1, keepdims=True)
    centred = values - (values * seen).sum(axis=1, keepdims=True) / number
    products = np.einsum("nt,ntp->np", centred * seen, columns[:, :, 1:]) / number
    return np.column_stack([(values * seen).sum(axis=1) / number[:, 0], products])
