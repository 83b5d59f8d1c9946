"""Products of a tall panel block with a matrix of very few rows.

A general matrix product repacks the whole block before it starts, which for three rows or fewer
costs more than it saves: there one matrix-vector product a row is quicker. From four rows on the
general product wins, and is quickest when the number of rows is a multiple of four. A block may
also be a sparse array.
"""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import FloatArray

FEW_ROWS = 3


def padded_rows(n_rows: int) -> int:
    """Return the number of rows to lay out for ``n_rows``: a multiple of four from four on."""
    return n_rows if n_rows <= FEW_ROWS else -(-n_rows // 4) * 4


def rows_times_block(rows: FloatArray, block: FloatArray, out: FloatArray) -> None:
    """Write ``rows @ block.T`` to ``out``; shapes (m, T), (n, T), (m, n)."""
    if not isinstance(block, np.ndarray):
        out[:] = (block @ rows.T).T
        return
    if len(rows) > FEW_ROWS:
        np.matmul(rows, block.T, out=out)
        return
    for row, result in zip(rows, out, strict=True):
        np.matmul(block, row, out=result)


def weights_times_block(weights: FloatArray, block: FloatArray, out: FloatArray) -> None:
    """Write ``weights @ block`` to ``out``; shapes (m, n), (n, T), (m, T)."""
    if not isinstance(block, np.ndarray):
        out[:] = (block.T @ np.ascontiguousarray(weights.T)).T
        return
    if len(weights) > FEW_ROWS:
        np.matmul(weights, block, out=out)
        return
    for weight, result in zip(weights, out, strict=True):
        np.matmul(weight, block, out=result)
