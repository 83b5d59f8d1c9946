"""Smoothed histories: what starting partitions are told apart by."""

from __future__ import annotations

import numpy as np

from trajectories.families import Family
from trajectories.numerics.basis import PolynomialBasis
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel


def smoothed_histories(panel: Panel, family: Family, degree: int, rows: IntArray) -> FloatArray:
    """Return a few smooth coordinates of some units' histories, shape (n, F).

    Coordinates are the products of the outcomes (root counts) with orthonormal polynomials in age.
    Missing cells count as the average of that age: these numbers only start the search.
    """
    values = family.history(panel.outcomes[rows])
    if panel.observed is not None:
        seen = panel.observed[rows]
        values = np.where(seen, values, 0.0)
        average = values.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        values = np.where(seen, values, average)
    size = min(degree + 2, panel.n_ages - 1)
    basis = PolynomialBasis.on_grid(np.asarray(panel.ages, dtype=float), size)
    return np.asarray(values @ basis.evaluate(panel.ages) / panel.n_ages)
