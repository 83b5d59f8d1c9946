"""Exact matching on several columns: packed into one key, looked up among the cases' keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.types import BoolArray, IntArray

BLOCK = 1 << 16
"""Rows handled at once, few enough to stay in cache."""
WIDEST_KEY = 1 << 62
LARGEST_TABLE = 1 << 22
"""Keys up to which a table is looked up; above it the key is searched for among the cases'."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Rows of a pool that agree exactly with some case, ordered by cell.

    A cell is one combination of the exact columns that at least one case has.

    Attributes
    ----------
    case_cell : ndarray of int, shape (n_cases,)
    rows : ndarray of int, shape (R,)
        Rows of the pool that lie in some cell, ascending within a cell.
    start : ndarray of int, shape (C + 1,)
        ``rows[start[c]:start[c + 1]]`` are those of cell c.
    """

    case_cell: IntArray
    rows: NDArray[Any]
    start: IntArray

    def of(self, case: int) -> NDArray[Any]:
        """Return the rows of the pool in a case's cell."""
        cell = self.case_cell[case]
        return self.rows[self.start[cell] : self.start[cell + 1]]

    def keep(self, kept: BoolArray) -> Cells:
        """Return the cells without the pool rows where ``kept``, shape (n,), is false."""
        here = kept[self.rows]
        start = np.concatenate([[0], np.cumsum(here)])[self.start]
        return Cells(self.case_cell, self.rows[here], np.asarray(start, dtype=np.int64))

    def sizes(self) -> IntArray:
        """Return the number of pool rows in each case's cell, shape (n_cases,)."""
        return np.asarray(np.diff(self.start)[self.case_cell])


def exact_cells(
    case_columns: Sequence[NDArray[Any]], pool_columns: Sequence[NDArray[Any]], n_cases: int, n: int
) -> Cells:
    """Find the pool rows that agree with a case in every column.

    One pass over the pool in blocks: each column minus the cases' least value is a digit, the
    digits make one integer key, and the key is looked up. Rows outside the cases' range in any
    column belong nowhere.

    Parameters
    ----------
    case_columns, pool_columns : sequences of integer arrays, shapes (n_cases,) and (n,)
        Column by column the same coding.
    n_cases, n : int
        Numbers of rows, needed where there are no columns.
    """
    case_cell, pool_cell = np.zeros(n_cases, np.int64), None
    n_cells = min(n_cases, 1)
    for columns in _batches(case_columns):
        mine = [case_columns[j] for j in columns]
        theirs = [pool_columns[j] for j in columns]
        if pool_cell is not None:
            mine, theirs = [case_cell, *mine], [pool_cell, *theirs]
        case_cell, n_cells, pool_cell = _look_up(mine, theirs, n)
    if pool_cell is None:
        rows = np.arange(n if n_cases else 0, dtype=np.int32 if n < 2**31 else np.int64)
        return Cells(case_cell, rows, np.array([0, len(rows)][: n_cells + 1]))
    rows, start = _by_cell(pool_cell, n_cells)
    return Cells(case_cell, rows, start)


def _batches(case_columns: Sequence[NDArray[Any]]) -> list[list[int]]:
    """Divide the columns so that the key of each batch, with a cell number before it, fits."""
    batches: list[list[int]] = []
    size = WIDEST_KEY
    for j, column in enumerate(case_columns):
        span = int(column.max(initial=0)) - int(column.min(initial=0)) + 1
        if size * span >= WIDEST_KEY:
            batches.append([])
            size = max(len(column), 1)
        batches[-1].append(j)
        size *= span
    return batches


def _look_up(
    case_columns: Sequence[NDArray[Any]], pool_columns: Sequence[NDArray[Any]], n: int
) -> tuple[IntArray, int, NDArray[Any]]:
    """Return each case's cell, the number of cells, and each pool row's (that number: none)."""
    low = [int(column.min(initial=0)) for column in case_columns]
    span = [int(column.max(initial=0)) - a + 1 for column, a in zip(case_columns, low, strict=True)]
    case_key = np.zeros(len(case_columns[0]), np.int64)
    for column, a, width in zip(case_columns, low, span, strict=True):
        case_key = case_key * width + (column.astype(np.int64) - a)
    keys, case_cell = np.unique(case_key, return_inverse=True)
    n_cells = len(keys)
    dtype = np.uint16 if n_cells < 2**16 - 1 else np.int32
    largest = int(np.prod([float(width) for width in span]))
    table = None
    if largest <= min(LARGEST_TABLE, max(n, BLOCK)):
        table = np.full(largest + 1, n_cells, dtype)  # the last entry: outside the cases' range
        table[keys] = np.arange(n_cells)
    result = np.empty(n, dtype)
    for begin in range(0, n, BLOCK):
        rows = slice(begin, min(begin + BLOCK, n))
        key = _keys([column[rows] for column in pool_columns], low, span)
        if table is not None:
            result[rows] = table[np.where(key < 0, largest, key)]
        else:
            place = np.minimum(np.searchsorted(keys, key), n_cells - 1)
            result[rows] = np.where(keys[place] == key, place, n_cells)
    return case_cell.astype(np.int64), n_cells, result


def _keys(columns: Sequence[NDArray[Any]], low: list[int], span: list[int]) -> IntArray:
    """Return the key of each row, −1 where a value lies outside the cases' range."""
    key = np.zeros(len(columns[0]), np.int64)
    inside = np.ones(len(key), bool)
    digit = np.empty(len(key), np.int64)
    for column, a, width in zip(columns, low, span, strict=True):
        np.subtract(column, a, out=digit, dtype=np.int64, casting="unsafe")
        inside &= digit.view(np.uint64) < width  # below 0 is beyond every width
        key *= width
        key += digit
    key[~inside] = -1
    return key


def _by_cell(pool_cell: NDArray[Any], n_cells: int) -> tuple[NDArray[Any], IntArray]:
    """Return the pool rows ordered by cell, and where each cell starts."""
    n = len(pool_cell)
    chosen = np.flatnonzero(pool_cell < n_cells).astype(np.int32 if n < 2**31 else np.int64)
    cell = pool_cell[chosen]
    start = np.zeros(n_cells + 1, np.int64)
    np.cumsum(np.bincount(cell, minlength=n_cells), out=start[1:])
    # sixteen-bit keys are sorted by radix, in time proportional to their number
    order = np.argsort(cell, kind="stable")
    return chosen[order], start
