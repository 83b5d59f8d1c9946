"""Polynomial bases that stay well conditioned whatever the age scale."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True)
class PolynomialBasis:
    """Orthonormal polynomials on a grid of ages.

    The columns are orthonormal under the uniform measure on the grid, so their inner products do
    not depend on the unit or origin of age; column p has degree p.

    Attributes
    ----------
    centre, scale : float
        Age is standardised to u = (age - centre) / scale before powers are taken.
    change : ndarray, shape (P, P)
        Upper triangular; basis = powers of u @ change.
    """

    centre: float
    scale: float
    change: FloatArray

    @classmethod
    def on_grid(cls, ages: FloatArray, degree: int) -> PolynomialBasis:
        """Build the basis of the given degree on the ages, shape (T,), T > degree."""
        centre = float((ages[0] + ages[-1]) / 2)
        scale = float((ages[-1] - ages[0]) / 2) or 1.0
        powers = np.vander((ages - centre) / scale, degree + 1, increasing=True)
        triangle = np.linalg.qr(powers, mode="r")
        triangle = triangle * np.sign(np.diag(triangle))[:, None]
        change = np.linalg.inv(triangle) * np.sqrt(len(ages))
        return cls(centre, scale, change)

    @property
    def degree(self) -> int:
        """Highest power of age."""
        return len(self.change) - 1

    def evaluate(self, ages: FloatArray) -> FloatArray:
        """Return the design matrix, shape (len(ages), P)."""
        powers = np.vander((ages - self.centre) / self.scale, len(self.change), increasing=True)
        return np.asarray(powers @ self.change)

    def to_powers(self) -> FloatArray:
        """Return the matrix, shape (P, P), that turns basis coefficients into powers of age.

        If eta(age) = basis @ b, then eta(age) = sum_p (to_powers() @ b)[p] * age**p.
        """
        size = len(self.change)
        expand = np.zeros((size, size))
        for power in range(size):
            for p in range(power + 1):
                expand[p, power] = comb(power, p) * (-self.centre) ** (power - p)
            expand[:, power] /= self.scale**power
        return np.asarray(expand @ self.change)
