"""Age as a natural cubic spline: straight beyond the outer knots, smooth between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class AgeTerms:
    """A natural cubic spline without constant.

    Attributes
    ----------
    knots : tuple of float
        Increasing; one knot more than there are columns.
    """

    knots: tuple[float, ...]

    @classmethod
    def of(cls, age: FloatArray, df: int) -> AgeTerms:
        """Place ``df`` + 1 knots at evenly spaced quantiles of the ages, shape (R,).

        Raises
        ------
        InputError
            If there are too few different ages, or ``df`` is no whole number of 0 or more.
        """
        if not isinstance(df, (int, np.integer)) or isinstance(df, bool) or df < 0:
            raise InputError("age_df= must be a whole number, 0 (no age) or more")
        if df == 0:
            return cls(())
        different = np.unique(age)
        if len(different) <= df:
            raise InputError(
                f"age_df={df} needs at least {df + 1} different ages; the rows used have "
                f"{len(different)}: lower it"
            )
        knots = np.unique(np.quantile(age, np.linspace(0.0, 1.0, df + 1)))
        if len(knots) <= df:  # many persons at a few ages: knots evenly over the ages instead
            knots = np.quantile(different, np.linspace(0.0, 1.0, df + 1))
        return cls(tuple(float(knot) for knot in knots))

    def __len__(self) -> int:
        return max(len(self.knots) - 1, 0)

    def evaluate(self, age: FloatArray) -> FloatArray:
        """Return the columns, shape (R, df).

        With truncated cubes c_j(x) = (x − k_j)₊³ and d_j = (c_j − c_K)/(k_K − k_j), the basis is x
        and d_j − d_{K−1} (Hastie, Tibshirani & Friedman 2009, natural cubic splines), here in units
        of the range of the knots.
        """
        if not self.knots:
            return np.zeros((len(age), 0))
        knots = np.array(self.knots)
        width = knots[-1] - knots[0]
        x, k = (age - knots[0]) / width, (knots - knots[0]) / width
        cube = np.maximum(x[:, None] - k, 0.0) ** 3
        slope = (cube[:, :-1] - cube[:, -1:]) / (k[-1] - k[:-1])
        return np.column_stack([x, slope[:, :-1] - slope[:, -1:]])
