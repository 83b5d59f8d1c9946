"""Wald tests that say in words what they test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.hypotheses import HypothesisTest, chi_squared
from trajectories.panel.arrays import FloatArray

SINGULAR = 1e-12
"""Smallest variance of a combination of restrictions, relative to the largest of their parts."""


def wald_test(
    null: str, params: FloatArray, covariance: FloatArray, restrictions: Sequence[FloatArray]
) -> HypothesisTest:
    """Test R b = 0: W = (R b)ᵀ (R V Rᵀ)⁻¹ (R b).

    Parameters
    ----------
    null : str
        What R b = 0 means.
    params, covariance : ndarray, shapes (P,) and (P, P)
    restrictions : array, shape (df, P)
        Of full rank.

    Raises
    ------
    InputError
        If the covariance of the restrictions is singular: fewer clusters than restrictions.
    """
    R = np.atleast_2d(np.asarray(restrictions, dtype=float))
    difference = R @ params
    spread = R @ covariance @ R.T
    # what differs by rounding only has no variance to speak of
    size = float((R**2 @ np.diag(covariance)).max())
    if float(np.linalg.eigvalsh(spread)[0]) <= SINGULAR * size:
        raise InputError(
            f"the test that {null} cannot be made: {len(R)} restrictions, but their covariance has "
            "a lower rank; test fewer at a time, or use more persons"
        )
    statistic = float(difference @ np.linalg.solve(spread, difference))
    return chi_squared(null, "Wald test", statistic, len(R))
