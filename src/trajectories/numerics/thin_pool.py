"""Leave out of a pool, before it is sorted, whoever is too far from every case to be taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.exact_cells import BLOCK, CellCodes
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

STRIDE = 32
"""One row in so many is looked at to find how far is far."""
BINS = 512
WORTH_IT = 1 << 16
"""Rows of a pool from which a pass to thin it out is cheaper than sorting all of it."""


def near_some_case(
    codes: CellCodes, case_score: FloatArray, pool_score: NDArray[Any], n_nearest: IntArray
) -> BoolArray | None:
    """Return a mask of pool rows that holds each case's nearest ones, and few others.

    A case's distance to its n-th nearest control among every 32nd row bounds the distance to the
    n-th nearest among all. Scores are binned, and a row is kept if its bin reaches into the
    bounds of some case of its cell: one pass over the pool, a table looked up. What is left is
    about 32 n rows a case, and whoever shares a score with one of the n nearest is among them.

    Parameters
    ----------
    case_score, pool_score : ndarrays, shapes (n_cases,) and (n,)
    n_nearest : ndarray of int, shape (n_cases,)

    Returns
    -------
    ndarray of bool, shape (n,), or None where nothing would be gained.
    """
    n = len(pool_score)
    if n < WORTH_IT or STRIDE * int(n_nearest.sum()) > n // 2:
        return None
    some = slice(0, n, STRIDE)
    sample = CellCodes(codes.case_cell, codes.pool_cell[some], codes.n_cells).arrange()
    score = np.asarray(pool_score[some], dtype=np.float64)
    radius = np.full(len(case_score), np.inf)
    for case, wanted in enumerate(n_nearest.tolist()):
        distance = np.abs(score[sample.of(case)] - case_score[case])
        if len(distance) >= wanted:
            radius[case] = np.partition(distance, wanted - 1)[wanted - 1]
    inside = score[sample.rows]
    if not len(inside):
        return None
    low, high = np.quantile(inside, [0.0005, 0.9995])
    per_unit = (BINS - 2) / max(float(high - low), 1e-300)
    allowed = _allowed(codes, case_score, radius, float(low), per_unit)
    kept = np.empty(n, dtype=bool)
    for begin in range(0, n, BLOCK):
        rows = slice(begin, begin + BLOCK)
        place = _bin(np.asarray(pool_score[rows], dtype=np.float64), float(low), per_unit)
        place += codes.pool_cell[rows].astype(np.int64) * BINS
        np.take(allowed, place, out=kept[rows])
    return kept


def _bin(score: FloatArray, low: float, per_unit: float) -> IntArray:
    """Return the bin of scores: rising with the score, the first and last without an end."""
    place = (score - low) * per_unit
    np.clip(place, -1.0, BINS - 2.0, out=place)
    place += 1.0
    return place.astype(np.int64)


def _allowed(
    codes: CellCodes, case_score: FloatArray, radius: FloatArray, low: float, per_unit: float
) -> BoolArray:
    """Return which bins of which cells are within the bounds of some case, flat; none of none."""
    # a little wider: the difference of two scores is rounded
    reach = radius * (1.0 + 1e-9) + 1e-12 * np.abs(case_score)
    first = _bin(case_score - reach, low, per_unit)
    last = _bin(case_score + reach, low, per_unit)
    steps = np.zeros((codes.n_cells + 1, BINS + 1), np.int64)
    np.add.at(steps, (codes.case_cell, first), 1)
    np.add.at(steps, (codes.case_cell, last + 1), -1)
    return np.asarray(np.cumsum(steps, axis=1)[:, :BINS] > 0).ravel()
