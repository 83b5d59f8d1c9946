"""The table of classification errors: who is of group t is counted in group s with chance D[t, s].

With posterior probabilities r (N, K), assignments a (N, K; a row an indicator of the group of
highest posterior, or the posterior itself) and weights w,

    D[t, s] = sum_i w_i r_it a_is / sum_i w_i r_it.

Source: Bolck, Croon and Hagenaars (2004), Political Analysis 12(1), 3-27; Vermunt (2010), Political
Analysis 18(4), 450-469.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray

SINGULAR = 1e-6
"""Groups cannot be told apart if a singular value of the table is below this."""
ROWS = 8192
"""Rows of a block: small enough to stay in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassificationError:
    """Hold posterior, assignments and the table of errors between them.

    Attributes
    ----------
    posterior, assigned : ndarray, shape (N, K)
    weights : ndarray, shape (N,)
    table : ndarray, shape (K, K)
        D; rows sum to 1.
    size : ndarray, shape (K,)
        Expected number of persons in each group, sum_i w_i r_it.
    """

    posterior: FloatArray
    assigned: FloatArray
    weights: FloatArray
    table: FloatArray
    size: FloatArray

    def correction(self) -> FloatArray:
        """Return the BCH weights a D^-1, shape (N, K): rows sum to 1, entries may be negative.

        Raises
        ------
        InputError
            If two groups cannot be told apart.
        """
        return np.asarray(self.assigned @ self.inverse())

    def inverse(self) -> FloatArray:
        """Return D^-1, shape (K, K)."""
        lowest = np.linalg.svd(self.table, compute_uv=False)[-1]
        if lowest < SINGULAR:
            raise InputError(
                "two groups cannot be told apart: the table of classification errors has no "
                "inverse; choose fewer groups, or assignment='proportional' where nobody is "
                "assigned to a group"
            )
        return np.asarray(np.linalg.inv(self.table))

    def spread(self, slope: FloatArray) -> FloatArray:
        """Return what each unit's share in the estimated table adds to P estimating functions.

        Parameters
        ----------
        slope : ndarray, shape (P, K, K)
            Derivative of the summed estimating functions in D.

        Returns
        -------
        ndarray, shape (N, P)
            sum_ts slope[p, t, s] r_it (a_is - D_ts) / sum_j w_j r_jt, the influence of unit i on D
            at known parameters of the first step.
        """
        found = np.empty((len(self.posterior), len(slope)))
        level = np.einsum("pts,ts->pt", slope, self.table)
        for first in range(0, len(found), ROWS):
            rows = slice(first, first + ROWS)
            by_group = np.einsum("is,pts->itp", self.assigned[rows], slope) - level.T
            share = self.posterior[rows] / self.size
            found[rows] = np.einsum("it,itp->ip", share, by_group)
        return found


def classification_error(
    posterior: FloatArray, weights: FloatArray | None, modal: bool
) -> ClassificationError:
    """Return the table of errors of modal or proportional assignment.

    Raises
    ------
    InputError
        If a group has no posterior probability at all.
    """
    mass = np.ones(len(posterior)) if weights is None else np.asarray(weights, dtype=float)
    if modal:
        assigned = np.zeros_like(posterior)
        assigned[np.arange(len(posterior)), posterior.argmax(axis=1)] = 1.0
    else:
        assigned = posterior
    size = mass @ posterior
    if (size <= 0).any():
        empty = ", ".join(str(k + 1) for k in np.flatnonzero(size <= 0))
        raise InputError(f"group {empty} is empty: nobody may belong to it; choose fewer groups")
    table = (posterior * mass[:, None]).T @ assigned / size[:, None]
    return ClassificationError(posterior, assigned, mass, table, size)
