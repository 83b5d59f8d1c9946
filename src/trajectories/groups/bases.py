"""How a curve may bend over age: polynomials, B-splines, natural splines.

A basis is combined freely with a family and a degree; it shapes the first channel, the one that
carries the curve. Inflation stays a polynomial of its own degree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.basis import Basis
from trajectories.numerics.types import FloatArray
from trajectories.suggestions import did_you_mean

__all__ = ["BSpline", "CurveBasis", "NaturalSpline", "Polynomial", "resolve_basis"]

HIGHEST_DEGREE = 8
MOST_KNOTS = 12
DEFAULT_KNOTS = 3


class CurveBasis(ABC):
    """A kind of curve, before it is laid on the ages of a panel."""

    default_degree: ClassVar[int]

    @abstractmethod
    def lay(self, ages: FloatArray, degree: int) -> Basis:
        """Return the basis on increasing ages, for the highest degree that any group has."""

    def check_degree(self, degree: int) -> None:
        """Raise an InputError if a group cannot have this degree."""
        if degree > HIGHEST_DEGREE:
            raise InputError(
                f"degree must be a whole number from -1 to {HIGHEST_DEGREE}, or one per group; "
                f"found {degree}"
            )


@dataclass(frozen=True)
class Polynomial(CurveBasis):
    """One polynomial over all ages; degree 2 unless told."""

    default_degree: ClassVar[int] = 2

    def lay(self, ages: FloatArray, degree: int) -> Basis:
        """Return orthonormal polynomials on the ages."""
        return Basis.on_grid(ages, max(degree, 0))


@dataclass(frozen=True)
class BSpline(CurveBasis):
    """Polynomials of one degree, joined smoothly at knots; degree 3 unless told.

    Parameters
    ----------
    knots : sequence of float, optional
        Interior knots, in ages, increasing.
    n_knots : int, optional
        How many knots to space evenly over the distinct ages, if ``knots`` are not given; 3 unless
        told.

    Notes
    -----
    A group of degree below the highest has a polynomial of that degree, without knots. The curve
    is the same as with B-splines of these knots; coefficients are those of an orthonormal basis of
    the same functions, and their numbers mean little by themselves: look at the curve.
    """

    knots: Sequence[float] | None = None
    n_knots: int | None = None
    default_degree: ClassVar[int] = 3

    def __post_init__(self) -> None:
        _check_knots(self)

    def lay(self, ages: FloatArray, degree: int) -> Basis:
        """Return an orthonormal basis of the spline functions on the ages."""
        if degree < 1:
            raise InputError("a spline needs a group of degree 1 or more; use a polynomial")
        return Basis.on_grid(ages, degree, _knots(self, ages))


@dataclass(frozen=True)
class NaturalSpline(CurveBasis):
    """A cubic spline that runs straight on beyond the first and last age; degree 3.

    Parameters
    ----------
    knots : sequence of float, optional
        Interior knots, in ages, increasing; the first and last age are knots besides.
    n_knots : int, optional
        How many interior knots to space evenly over the distinct ages, if ``knots`` are not
        given; 3 unless told.

    Notes
    -----
    A group may have degree 3 (the spline), 1 or 0 (straight or flat). Three interior knots have as
    many parameters as a polynomial of degree 4.
    """

    knots: Sequence[float] | None = None
    n_knots: int | None = None
    default_degree: ClassVar[int] = 3

    def __post_init__(self) -> None:
        _check_knots(self)

    def check_degree(self, degree: int) -> None:
        """Raise an InputError for degrees that are no special case of a natural spline."""
        if degree not in (-1, 0, 1, 3):
            raise InputError(
                f"a natural spline has degree 3, or 1 or 0 for a straight or flat group; "
                f"found {degree}"
            )

    def lay(self, ages: FloatArray, degree: int) -> Basis:
        """Return an orthonormal basis of the natural spline functions on the ages."""
        if degree < 3:
            raise InputError("a natural spline needs a group of degree 3; use a polynomial")
        return Basis.on_grid(ages, degree, _knots(self, ages), natural=True)


NAMES: dict[str, type[CurveBasis]] = {
    "polynomial": Polynomial,
    "bspline": BSpline,
    "natural_spline": NaturalSpline,
}


def resolve_basis(basis: str | CurveBasis) -> CurveBasis:
    """Return a basis for a name or an object.

    Raises
    ------
    InputError
        If the name is not known.
    """
    if isinstance(basis, CurveBasis):
        return basis
    if not isinstance(basis, str) or basis not in NAMES:
        known = ", ".join(repr(name) for name in NAMES)
        raise InputError(
            f"unknown basis {basis!r}: use one of {known}, or an object of tr.bases"
            f"{did_you_mean(basis, NAMES)}"
        )
    return NAMES[basis]()


def _check_knots(basis: Any) -> None:
    given, number = basis.knots, basis.n_knots
    if given is not None and number is not None:
        raise InputError("give knots= or n_knots=, not both")
    if given is not None:
        try:
            values = np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            raise InputError("knots must be ages, as numbers") from None
        rising = values.ndim == 1 and len(values) and np.isfinite(values).all()
        if not rising or (np.diff(values) <= 0).any() or len(values) > MOST_KNOTS:
            raise InputError(f"knots must be 1 to {MOST_KNOTS} increasing ages")
        object.__setattr__(basis, "knots", tuple(float(value) for value in values))
    elif number is not None:
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or not 1 <= number <= MOST_KNOTS:
            raise InputError(f"n_knots must be a whole number from 1 to {MOST_KNOTS}")


def _knots(basis: BSpline | NaturalSpline, ages: FloatArray) -> tuple[float, ...]:
    if basis.knots is None:
        number = DEFAULT_KNOTS if basis.n_knots is None else int(basis.n_knots)
        at = np.quantile(ages, np.arange(1, number + 1) / (number + 1))
        return tuple(float(value) for value in at)
    outside = sum(not ages[0] < knot < ages[-1] for knot in basis.knots)
    if outside:
        raise InputError(
            f"{outside} of {len(basis.knots)} knots lie outside the ages of the panel, "
            f"{ages[0]:g} to {ages[-1]:g}: knots are ages between the first and the last"
        )
    return tuple(basis.knots)


def __dir__() -> list[str]:
    """List the public names for completion."""
    return sorted(__all__)
