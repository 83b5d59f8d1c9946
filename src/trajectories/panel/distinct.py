"""Which rows of a panel are the same history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.panel.arrays import BoolArray, FloatArray, OutcomeArray, is_narrow

_SEED = 20240607

WORD = 8
"""Bytes of the numbers by which rows of small integers are read."""

BLOCK_ROWS = 65_536


def distinct_rows(
    outcomes: OutcomeArray, *more: FloatArray | BoolArray | None
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Group equal rows: same outcomes, and same in all ``more``: exposure, cells missing, ages.

    Rows are told apart by a 64-bit sum of their bits times fixed random numbers, much faster than
    sorting whole rows. Rows of equal sum are then compared in full, so the answer is exact. Where
    counts are all there is, rows of nothing but zeros, most of a register, are set apart first.

    Returns
    -------
    first : ndarray of int, shape (D,)
        The first row of each distinct history, in order of appearance.
    inverse : ndarray of int, shape (N,)
        For each row the position of its history in ``first``, in the smallest unsigned type.
    """
    every = (outcomes, *more)
    parts = [part for part in every if part is not None]
    if len(parts) == 1 and is_narrow(outcomes):
        return _distinct_counts(outcomes)
    return _grouped(row_keys(outcomes, *more), parts)


def _distinct_counts(counts: OutcomeArray) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Group equal rows of counts in small integers, rows of zeros apart from the others."""
    active = np.flatnonzero(active_rows(counts))
    words = _as_words(counts, active)
    found, inner = _grouped(_word_keys(words), [words])
    if len(active) == len(counts):
        return found, inner
    first_zero = _first_gap(active)
    first = np.append(active[found], first_zero)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.min_scalar_type(len(order)))
    rank[order] = np.arange(len(order), dtype=rank.dtype)
    inverse = np.full(len(counts), rank[-1])
    inverse[active] = rank[inner]
    return first[order], inverse


def active_rows(counts: OutcomeArray) -> BoolArray:
    """Return which rows of counts, in small integers, hold anything but zeros; one pass."""
    n_rows, n_ages = counts.shape
    width = n_ages * counts.itemsize
    if width < WORD:
        return np.asarray(counts.any(axis=1))
    flags = np.zeros(n_rows, dtype=bool)
    for low in range(0, n_rows, BLOCK_ROWS):  # a multiple of 8 rows: whole words
        block = counts[low : low + BLOCK_ROWS].reshape(-1).view(np.uint8)
        whole = len(block) // WORD * WORD
        held = np.flatnonzero(block[:whole].view(np.uint64))
        at = np.zeros(min(BLOCK_ROWS, n_rows - low), dtype=bool)
        # a word may reach from one row into the next: both are looked at
        at[held * WORD // width] = True
        at[(held * WORD + WORD - 1) // width] = True
        at[whole // width :] = True
        rows = np.flatnonzero(at)
        flags[low + rows] = counts[low + rows].any(axis=1)
    return flags


def _as_words(counts: OutcomeArray, rows: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Return some rows' bytes, zeros added, as 64-bit numbers, shape (n, W)."""
    width = counts.shape[1] * counts.itemsize
    padded = np.zeros((len(rows), -(-width // WORD) * WORD), dtype=np.uint8)
    for low in range(0, len(rows), BLOCK_ROWS):
        chosen = rows[low : low + BLOCK_ROWS]
        padded[low : low + BLOCK_ROWS, :width] = counts[chosen].view(np.uint8)
    return padded.view(np.uint64)


def _word_keys(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    rng = np.random.default_rng(_SEED)
    key = np.zeros(len(words), dtype=np.uint64)
    for word in words.T:
        factor = rng.integers(1, 2**63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        mixed = (word ^ (word >> np.uint64(32))) * factor
        key += mixed ^ (mixed >> np.uint64(29))
    return key


def _first_gap(increasing: NDArray[np.intp]) -> int:
    """Return the smallest number from 0 that is not in an increasing array."""
    gap = np.flatnonzero(increasing != np.arange(len(increasing)))
    return int(gap[0]) if len(gap) else len(increasing)


def _grouped(
    key: NDArray[np.uint64], parts: list[NDArray[Any]]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Group rows by their keys, in order of appearance; compare whole rows to be sure."""
    codes, kinds = pd.factorize(key)
    inverse = codes.astype(np.min_scalar_type(max(len(kinds), 1)))
    highest = np.maximum.accumulate(codes) if len(codes) else codes
    first = np.flatnonzero(np.diff(highest, prepend=-1))
    if all(_equal_to_first(part, first[inverse]) for part in parts):
        return first, inverse
    if len(parts) > 1:  # numbers and flags side by side; one part stays as it is
        parts = [np.hstack([np.asarray(part, dtype=np.float64) for part in parts])]
    _, first, slow = np.unique(parts[0], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[slow.ravel()]


def row_keys(outcomes: OutcomeArray, *more: FloatArray | BoolArray | None) -> NDArray[np.uint64]:
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


def _equal_to_first(part: NDArray[Any], like: NDArray[np.intp]) -> bool:
    return all(bool((column == column[like]).all()) for column in part.T)
