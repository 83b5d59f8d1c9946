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


@dataclass(frozen=True, slots=True, eq=False)
class CellCodes:
    """Cell of every case and of every row of a pool.

    Attributes
    ----------
    case_cell : ndarray of int, shape (n_cases,)
    pool_cell : ndarray of unsigned or signed int, shape (n,)
        ``n_cells`` for rows that agree with no case, or may not serve.
    n_cells : int
    """

    case_cell: IntArray
    pool_cell: NDArray[Any]
    n_cells: int

    def without(self, left_out: BoolArray) -> CellCodes:
        """Return the codes with some rows of the pool in no cell."""
        pool_cell = self.pool_cell.copy()
        pool_cell[left_out] = self.n_cells
        return CellCodes(self.case_cell, pool_cell, self.n_cells)

    def sizes(self) -> IntArray:
        """Return the number of pool rows in each cell, shape (n_cells,)."""
        total = np.zeros(self.n_cells + 1, np.int64)
        for begin in range(0, len(self.pool_cell), BLOCK):
            block = self.pool_cell[begin : begin + BLOCK]
            total += np.bincount(block, minlength=self.n_cells + 1)
        return total[: self.n_cells]

    def arrange(self, kept: BoolArray | None = None) -> Cells:
        """Return the rows of the pool by cell, those only where ``kept``."""
        inside = self.pool_cell < self.n_cells if kept is None else kept
        n = len(self.pool_cell)
        chosen = np.flatnonzero(inside).astype(np.int32 if n < 2**31 else np.int64)
        cell = self.pool_cell[chosen]
        start = np.zeros(self.n_cells + 1, np.int64)
        np.cumsum(np.bincount(cell, minlength=self.n_cells), out=start[1:])
        if self.n_cells > 1:
            # sixteen-bit keys are sorted by radix, in time proportional to their number
            chosen = chosen[np.argsort(cell, kind="stable")]
        return Cells(self.case_cell, chosen, start)


def exact_cells(
    case_columns: Sequence[NDArray[Any]], pool_columns: Sequence[NDArray[Any]], n_cases: int, n: int
) -> CellCodes:
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
    codes: CellCodes | None = None
    for columns in _batches(case_columns):
        mine = [case_columns[j] for j in columns]
        theirs = [pool_columns[j] for j in columns]
        if codes is not None:
            mine, theirs = [codes.case_cell, *mine], [codes.pool_cell, *theirs]
        codes = _look_up(mine, theirs, n)
    if codes is None:
        codes = CellCodes(np.zeros(n_cases, np.int64), np.zeros(n, np.uint16), 1)
    return codes


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
) -> CellCodes:
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
    return CellCodes(case_cell.astype(np.int64), result, n_cells)


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
