"""Tables of successive kinds: expected counts, adjusted residuals, forward specialisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.types import FloatArray


def expected_counts(table: FloatArray) -> FloatArray:
    """Return E = R · C / N of tables (…, K, K); 0 where a table is empty."""
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    total = table.sum(axis=(-2, -1), keepdims=True)
    return np.asarray(np.divide(rows * columns, total, out=np.zeros_like(table), where=total > 0.0))


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
    steps: FloatArray,
    weights: FloatArray,
    times: NDArray[np.int64],
    n_kinds: int,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return tables of persons drawn with replacement, (draws, G, K, K).

    Parameters
    ----------
    steps : ndarray, shape (D, K²)
        Steps by kinds, row-major: a row for all persons who have the same.
    weights : ndarray, shape (D, G)
        Of such a person in groups.
    times : ndarray of int, shape (D,)
        Number of such persons.
    """
    n_rows, n_groups = weights.shape
    shape = (draws, n_groups, n_kinds, n_kinds)
    tables = np.empty((draws, n_groups, n_kinds**2))
    grouped = np.hstack([steps * weights[:, [g]] for g in range(n_groups)])
    n_persons = int(times.sum())
    block = max(1, 4_000_000 // n_rows)
    for start in range(0, draws, block):
        stop = min(start + block, draws)
        drawn = rng.multinomial(n_persons, times / n_persons, stop - start)
        tables[start:stop] = (drawn.astype(np.float64) @ grouped).reshape(-1, n_groups, n_kinds**2)
    return tables.reshape(shape)
