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
    """Return the most frequent value, the share of it, and whether there are just two values."""
    found, times = np.unique(values, return_counts=True)
    if not len(found):
        return 0.0, 0.0, False
    most = int(times.argmax())
    return float(found[most]), float(times[most] / times.sum()), len(found) == 2
