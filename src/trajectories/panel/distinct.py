"""Which rows of a panel are the same history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trajectories.panel.arrays import BoolArray, FloatArray

_SEED = 20240607


def distinct_rows(
    outcomes: FloatArray,
    *more: FloatArray | BoolArray | None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group equal rows: same outcomes, and same in all ``more``: exposure, cells missing, ages.

    Rows are told apart by a 64-bit sum of their bits times fixed random numbers, much faster than
    sorting whole rows. Rows of equal sum are then compared in full, so the answer is exact.

    Returns
    -------
    first : ndarray of int, shape (D,)
        The first row of each distinct history, in order of appearance.
    inverse : ndarray of int, shape (N,)
        For each row the position of its history in ``first``.
    """
    every = (outcomes, *more)
    parts = [part for part in every if part is not None]
    key = row_keys(outcomes, *more)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not all(_equal_to_first(part, first[inverse]) for part in parts):
        stacked = np.hstack([np.asarray(part, dtype=np.float64) for part in parts])
        _, first, inverse = np.unique(stacked, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse.ravel()]


def row_keys(
    outcomes: FloatArray,
    *more: FloatArray | BoolArray | None,
) -> NDArray[np.uint64]:
    """Return a number for each row that depends on what stands in it and not on where it stands.

    Sorting by it puts rows in an order that does not depend on the order they came in.
    """
    every = (outcomes, *more)
    parts = [part for part in every if part is not None]
    rng = np.random.default_rng(_SEED)
    key = np.zeros(len(parts[0]), dtype=np.uint64)
    for part in parts:
        # one column at a time: a small temporary, and + 0.0 makes −0.0 and 0.0 the same bits
        for column in part.T:
            bits = (column.astype(np.float64) + 0.0).view(np.uint64)
            factor = rng.integers(1, 2**63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            mixed = (bits ^ (bits >> np.uint64(32))) * factor
            key += mixed ^ (mixed >> np.uint64(29))
    return key


def _equal_to_first(part: FloatArray | BoolArray, like: NDArray[np.intp]) -> bool:
    return all(bool((column == column[like]).all()) for column in part.T)
