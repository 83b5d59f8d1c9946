"""Bases of functions of age that stay well conditioned whatever the age scale."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray, FloatArray

SMALLEST_PIVOT = 1e-7
"""A raw column that the ones before it explain up to this share is no new function on the grid."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Polynomials or splines, orthonormal on a grid of ages.

    The columns are orthonormal under the uniform measure on the grid, so their inner products do
    not depend on the unit or origin of age. Columns 0 to ``degree`` of a spline (0 and 1 of a
    natural one) are the polynomials; the others bend at the knots.

    Attributes
    ----------
    degree : int
        Degree of the polynomial, or of the pieces between knots.
    knots : tuple of float
        Interior knots, in ages; none for a polynomial.
    natural : bool
        Whether the spline is natural: cubic inside, linear beyond the first and last age.
    centre, scale : float
        Age is standardised to u = (age - centre) / scale before raw columns are taken.
    change : ndarray, shape (P, P)
        Upper triangular; basis = raw columns @ change.

    Notes
    -----
    Raw columns are powers of u, and for each knot c a truncated power max(u - c, 0)**degree, which
    together span the same functions as B-splines with these knots (de Boor 1978, A Practical Guide
    to Splines). A natural spline has 1, u and d_j(u) - d_(m-1)(u), with d_j(u) =
    (max(u - c_j, 0)**3 - max(u - c_m, 0)**3) / (c_m - c_j) over knots c_1 to c_m, the ends of the
    grid included (Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning,
    section 5.2.1).
    """

    degree: int
    knots: tuple[float, ...]
    natural: bool
    centre: float
    scale: float
    change: FloatArray

    @classmethod
    def on_grid(
        cls,
        ages: FloatArray,
        degree: int,
        knots: tuple[float, ...] = (),
        natural: bool = False,
    ) -> Basis:
        """Build a basis on increasing ages, shape (T,).

        Raises
        ------
        InputError
            If the ages are too few, or too few between knots, to tell the columns apart.
        """
        centre = float((ages[0] + ages[-1]) / 2)
        scale = float((ages[-1] - ages[0]) / 2) or 1.0
        unscaled = cls(degree, knots, natural, centre, scale, np.eye(1))
        raw = unscaled.raw(ages)
        n_terms = raw.shape[1]
        if n_terms > len(ages):
            what = f"{len(knots)} knots and degree {degree}" if knots else f"degree {degree}"
            raise InputError(
                f"a curve of {what} needs at least {n_terms} ages; the panel has {len(ages)}: "
                f"lower the degree{' or take fewer knots' if knots else ''}"
            )
        triangle = np.linalg.qr(raw, mode="r")
        pivots = np.abs(np.diag(triangle)) / np.sqrt((raw**2).sum(axis=0))
        if (pivots < SMALLEST_PIVOT).any():
            raise InputError(
                "the knots are closer to each other, or to the ends, than the ages of the panel "
                "can tell apart: take fewer knots, or space them wider"
            )
        triangle = triangle * np.sign(np.diag(triangle))[:, None]
        change = np.linalg.inv(triangle) * np.sqrt(len(ages))
        return cls(degree, knots, natural, centre, scale, change)

    @property
    def n_terms(self) -> int:
        """Number of columns, P."""
        return len(self.change)

    @property
    def is_polynomial(self) -> bool:
        """Whether there are no knots."""
        return not self.knots

    def raw(self, ages: FloatArray) -> FloatArray:
        """Return the raw columns, shape (len(ages), P)."""
        u = (np.asarray(ages, dtype=float) - self.centre) / self.scale
        at = (np.asarray(self.knots) - self.centre) / self.scale
        if not self.natural:
            powers = np.vander(u, self.degree + 1, increasing=True)
            bends = np.maximum(u[:, None] - at, 0.0) ** self.degree
            return np.hstack([powers, bends]) if len(at) else powers
        last = 1.0  # the grid ends at u = -1 and u = 1
        cubes = np.maximum(u[:, None] - np.r_[-1.0, at], 0.0) ** 3
        slopes = (cubes - np.maximum(u - last, 0.0)[:, None] ** 3) / (last - np.r_[-1.0, at])
        return np.hstack([np.vander(u, 2, increasing=True), slopes[:, :-1] - slopes[:, -1:]])

    def evaluate(self, ages: FloatArray) -> FloatArray:
        """Return the design matrix, shape (len(ages), P)."""
        return np.asarray(self.raw(ages) @ self.change)

    def terms(self, degree: int) -> BoolArray:
        """Return which columns a curve of some degree uses, shape (P,); none at degree -1.

        The full degree uses every column; a lower one the polynomials up to it.
        """
        if degree >= self.degree:
            return np.ones(self.n_terms, dtype=bool)
        return np.asarray(np.arange(self.n_terms) <= degree)

    def names(self) -> list[str]:
        """Name the terms as they are reported."""
        if self.is_polynomial:
            return power_names(self.degree)
        return ["intercept", *(f"spline_{p}" for p in range(1, self.n_terms))]

    def to_reported(self) -> FloatArray:
        """Return the matrix, shape (P, P), from coefficients to those that are reported.

        For a polynomial, powers of age: if eta(age) = basis @ b, then eta(age) =
        sum_p (to_reported() @ b)[p] * age**p. Splines report the coefficients themselves.
        """
        if not self.is_polynomial:
            return np.eye(self.n_terms)
        size = len(self.change)
        expand = np.zeros((size, size))
        for power in range(size):
            for p in range(power + 1):
                expand[p, power] = comb(power, p) * (-self.centre) ** (power - p)
            expand[:, power] /= self.scale**power
        return np.asarray(expand @ self.change)


def power_names(degree: int) -> list[str]:
    """Name the terms of a polynomial in age."""
    names = ["intercept", "age", *(f"age^{power}" for power in range(2, degree + 1))]
    return names[: degree + 1]
