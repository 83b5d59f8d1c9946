"""Wald tests that say in words what they test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray

SINGULAR = 1e-12
"""Smallest variance of a combination of restrictions, relative to the largest of their parts."""


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A test of linear restrictions on coefficients.

    Attributes
    ----------
    null : str
        The null hypothesis, in words.
    statistic : float
        Chi-squared distributed with ``df`` degrees of freedom under the null, in large samples.
    df : int
    p_value : float
    """

    null: str
    statistic: float
    df: int
    p_value: float

    def __str__(self) -> str:
        """Print the null, the statistic and what it amounts to."""
        p = "p < 0.0001" if self.p_value < 1e-4 else f"p = {self.p_value:.4f}"
        return (
            f"Null hypothesis: {self.null}.\n"
            f"Wald chi-squared = {self.statistic:.2f} on {self.df} df, {p}."
        )


def wald_test(
    null: str, params: FloatArray, covariance: FloatArray, restrictions: Sequence[FloatArray]
) -> WaldTest:
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
    return WaldTest(null, statistic, len(R), float(chi2.sf(statistic, len(R))))
