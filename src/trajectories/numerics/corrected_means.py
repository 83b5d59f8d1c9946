"""Means by group of persons who are known with error to belong to it.

    m_t = sum_i w_i c_it x_i / sum_i w_i c_it,   c = a D^-1 (BCH), or a itself (naive).

Given the group, the expectation of c_it is 1 for a person of group t and 0 for others, so that m_t
estimates the mean of whatever has nothing to do with the history beyond the group. Sources: Bolck,
Croon and Hagenaars (2004), Political Analysis 12(1), 3-27; Vermunt (2010), Political Analysis
18(4), 450-469.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.classification_error import ClassificationError
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedMeans:
    """Means by group with what their standard errors need.

    Attributes
    ----------
    means : ndarray, shape (K, V)
    size : ndarray, shape (K,)
        Weighted persons of the group among those with a value.
    scores : ndarray, shape (n, K, V)
        w-less contributions c_it (x_i - m_t) / size_t of the units with a value.
    slope : ndarray, shape (K V, K, K)
        Derivative of the means in the table of classification errors.
    """

    means: FloatArray
    size: FloatArray
    scores: FloatArray
    slope: FloatArray


def corrected_means(
    errors: ClassificationError, values: FloatArray, rows: IntArray, correct: bool
) -> CorrectedMeans:
    """Return means by group of values (n, V) of some rows.

    Raises
    ------
    InputError
        If corrected weights of a group do not add up to a positive number of persons.
    """
    assigned = errors.assigned[rows]
    inverse = errors.inverse() if correct else np.eye(assigned.shape[1])
    c = assigned @ inverse
    mass = errors.weights[rows, None] * c
    size = mass.sum(axis=0)
    if (size <= 0).any():
        empty = ", ".join(str(k + 1) for k in np.flatnonzero(size <= 0))
        raise InputError(
            f"no persons are left in group {empty} after correction for classification error: "
            "there are too few with a value; choose fewer groups"
        )
    means = (mass.T @ values) / size[:, None]
    gap = (values[:, None, :] - means) / size[:, None]
    n_groups, n_values = means.shape
    slope = np.zeros((n_groups, n_values, n_groups, n_groups))
    if correct:
        # dc_iu = - c_it dD_ts (D^-1)_su
        cross = np.einsum("it,iuv->tuv", mass, gap)
        slope = -np.einsum("su,tuv->uvts", inverse, cross)
    return CorrectedMeans(means, size, c[:, :, None] * gap, slope.reshape(-1, n_groups, n_groups))
