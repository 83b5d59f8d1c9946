"""Age as a natural cubic spline: straight beyond the ends, smooth between the knots."""

from __future__ import annotations

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.basis import Basis
from trajectories.panel.arrays import FloatArray


def age_spline(age: FloatArray, df: int) -> Basis:
    """Return a natural cubic spline of ``df`` columns besides the constant.

    Its ``df`` − 1 knots lie at evenly spaced quantiles of the ages, shape (R,); where many rows
    share few ages, evenly over the different ages.

    Raises
    ------
    InputError
        If there are too few different ages, or ``df`` is no whole number of 1 or more.
    """
    if not isinstance(df, (int, np.integer)) or isinstance(df, bool) or df < 1:
        raise InputError("age_df= must be a whole number, 0 (no age) or more")
    different = np.unique(age)
    if len(different) <= df:
        raise InputError(
            f"age_df={df} needs at least {df + 1} different ages; the rows used have "
            f"{len(different)}: lower it"
        )
    parts = np.linspace(0.0, 1.0, df + 1)[1:-1]
    for source in (age, different):
        knots = np.quantile(source, parts)
        apart = np.diff(np.r_[different[0], knots, different[-1]])
        if (apart > 0).all():
            break
    return Basis.on_grid(different, 3, tuple(float(k) for k in knots), natural=True)


def age_terms(age: FloatArray, df: int) -> FloatArray:
    """Return the columns of the spline without the constant, shape (R, df)."""
    if df == 0 and not isinstance(df, bool):
        return np.zeros((len(age), 0))
    different, code = np.unique(age, return_inverse=True)
    return np.asarray(age_spline(age, df).evaluate(different)[code, 1:])
