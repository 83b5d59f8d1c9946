"""Designs of a third step: standardised while estimating, reported on the user's scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Standardised:
    """Columns with mean 0 and standard deviation 1, and the way back.

    Attributes
    ----------
    matrix : ndarray, shape (n, M)
    mean, spread : ndarray, shape (M,)
    """

    matrix: FloatArray
    mean: FloatArray
    spread: FloatArray

    @classmethod
    def of(cls, matrix: FloatArray) -> Standardised:
        """Standardise the columns, each unit counted once."""
        mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
        return cls((matrix - mean) / spread, mean, spread)

    def with_intercept(self) -> FloatArray:
        """Return the columns behind a column of ones, shape (n, 1 + M)."""
        return np.concatenate([np.ones((len(self.matrix), 1)), self.matrix], axis=1)

    def to_reported(self, n_equations: int) -> FloatArray:
        """Return the matrix from coefficients here (intercept first) to those reported.

        One equation after the other: beta / spread, and the intercept less the sum of these times
        the means.
        """
        own = np.diag(np.concatenate([[1.0], 1 / self.spread]))
        own[0, 1:] = -self.mean / self.spread
        return np.asarray(np.kron(np.eye(n_equations), own))
