"""Tables of successive kinds: expected counts, adjusted residuals, forward specialisation."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.types import FloatArray


def expected_counts(table: FloatArray) -> FloatArray:
    """Return E = R · C / N of tables (…, K, K); 0 where a table is empty."""
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    total = table.sum(axis=(-2, -1), keepdims=True)
    return np.divide(rows * columns, total, out=np.zeros_like(table), where=total > 0.0)


def adjusted_residuals(table: FloatArray) -> FloatArray:
    """Return (O − E) / √(E (1 − R/N) (1 − C/N)); NaN where nothing can vary."""
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    total = table.sum(axis=(-2, -1), keepdims=True)
    expected = expected_counts(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = expected * (1.0 - rows / total) * (1.0 - columns / total)
        return np.where(spread > 0.0, (table - expected) / np.sqrt(spread), np.nan)


def forward_specialisation(table: FloatArray) -> FloatArray:
    """Return (Oₖₖ − Eₖₖ) / (Rₖ − Eₖₖ) of tables (…, K, K): 0 is chance, 1 complete.

    Farrington, Snyder and Finnegan (1988), Criminology 26(3), 461-487. NaN where no step leaves
    the kind, or every step leads to it.
    """
    kept = np.diagonal(table, axis1=-2, axis2=-1)
    chance = np.diagonal(expected_counts(table), axis1=-2, axis2=-1)
    rows = table.sum(axis=-1)
    room = rows - chance
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(room > 1e-12 * np.maximum(rows, 1.0), (kept - chance) / room, np.nan)


def resampled_tables(
    steps: csr_array, weights: FloatArray, n_kinds: int, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Return tables of persons drawn with replacement, (draws, G, K, K).

    Parameters
    ----------
    steps : sparse array, shape (N, K²)
        Steps of each person by kinds, row-major.
    weights : ndarray, shape (N, G)
        Of persons in groups.
    """
    n_persons, n_groups = weights.shape
    tables = np.empty((draws, n_groups, n_kinds, n_kinds))
    grouped = [csr_array(steps.multiply(weights[:, [g]])).T.tocsr() for g in range(n_groups)]
    block = max(1, min(draws, 4_000_000 // max(n_persons, 1)))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        drawn = rng.integers(0, n_persons, (size, n_persons))
        drawn += n_persons * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n_persons).reshape(size, n_persons)
        for g, matrix in enumerate(grouped):
            found = (matrix @ times.T.astype(np.float64)).T
            tables[start : start + size, g] = found.reshape(size, n_kinds, n_kinds)
    return tables
