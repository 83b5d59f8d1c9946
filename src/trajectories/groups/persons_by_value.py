"""Count persons by value of a variable and group, by posterior and by assignment."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray

MOSTLY = 0.5
"""A number of which at least this share of persons have one value is about those who differ."""
NOBODY = 1e-6
"""Expected persons below this are nobody."""


def persons_by(member: BoolArray, posterior: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return persons by value and group, expected or assigned, whichever is fewer.

    Parameters
    ----------
    member : ndarray of bool, shape (V, n)
        Who has each value.
    posterior : ndarray, shape (n, K)
    weights : ndarray, shape (n,), or None

    Returns
    -------
    ndarray, shape (V, K)
        Those expected where nobody is assigned.
    """
    mass = np.ones(len(posterior)) if weights is None else np.asarray(weights, dtype=float)
    assigned = np.zeros(posterior.shape)
    assigned[np.arange(len(posterior)), posterior.argmax(axis=1)] = mass
    weighted = member.astype(np.float64)
    expected, modal = weighted @ (posterior * mass[:, None]), weighted @ assigned
    found = np.where(modal == 0.0, expected, np.minimum(expected, modal))
    return np.where(found < NOBODY, 0.0, found)


def numbers_by_group(
    values: FloatArray, posterior: FloatArray, weights: FloatArray | None
) -> tuple[FloatArray, bool]:
    """Return persons with other values than the usual one, and with it, by group; (V, K).

    No row where no value is usual; one row, and False, for a number of more than two values.
    """
    usual, share, two = usual_value(values)
    if share < MOSTLY:
        return np.zeros((0, posterior.shape[1])), False
    member = np.array([values != usual, values == usual])
    return persons_by(member if two else member[:1], posterior, weights), two


def usual_value(values: FloatArray) -> tuple[float, float, bool]:
    """Return the value of at least half, the share of it, and whether there is just one other.

    Such a value is the median, so nothing is sorted. A share of 0 where no value is usual.
    """
    n = len(values)
    middle = [(n - 1) // 2, n // 2] if n else []
    for usual in np.partition(values, middle)[middle].tolist() if n else ():
        others = values[values != usual]
        if n - len(others) >= MOSTLY * n:
            return usual, 1.0 - len(others) / n, bool(len(others) and (others == others[0]).all())
    return 0.0, 0.0, False
