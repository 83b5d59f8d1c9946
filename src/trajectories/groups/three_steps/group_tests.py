"""Wald tests between groups: all at once, and pair by pair with Holm's correction."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest, chi_squared
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray

SINGULAR = 1e-10


def wald_of(
    values: FloatArray, covariance: FloatArray, null: str, method: str
) -> HypothesisTest | InapplicableTest:
    """Test that all values are zero: b' V^-1 b against chi-squared.

    Source: Wald (1943), Transactions of the American Mathematical Society 54(3), 426-482.
    """
    diagonal = np.diag(covariance)
    if not np.isfinite(covariance).all() or (diagonal <= 0).any():
        return InapplicableTest(null, method, "a standard error is withheld or zero")
    scale = 1 / np.sqrt(diagonal)
    spread, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
    if spread[0] < SINGULAR:
        return InapplicableTest(null, method, "the covariance of the estimates is singular")
    along = vectors.T @ (scale * values)
    return chi_squared(null, method, float((along**2 / spread).sum()), len(values))


def equal_groups(
    values: FloatArray, covariance: FloatArray, null: str, method: str
) -> HypothesisTest | InapplicableTest:
    """Test that K values, or K vectors of values (K, C), are equal; covariance (K C, K C)."""
    n_groups = len(values)
    contrast = np.eye(n_groups)[1:] - np.eye(n_groups)[0]
    if values.ndim == 2:
        contrast = np.kron(contrast, np.eye(values.shape[1]))
    gap = contrast @ values.ravel()
    return wald_of(gap, contrast @ covariance @ contrast.T, null, method)


def pairs(
    values: FloatArray, covariance: FloatArray, labels: list[Any], level: float
) -> pd.DataFrame:
    """Return every pair's difference with its interval and p-value, plain and after Holm.

    Returns
    -------
    DataFrame
        ``group``, ``other``, ``difference`` (group less other), ``lower``, ``upper``, ``p_value``,
        ``p_holm``. Source of the correction: Holm (1979), Scandinavian Journal of Statistics 6(2),
        65-70.
    """
    half = normal_quantile(level)
    rows = []
    for j, k in combinations(range(len(values)), 2):
        gap = values[k] - values[j]
        variance = covariance[k, k] + covariance[j, j] - 2 * covariance[j, k]
        error = float(np.sqrt(variance)) if variance > 0 else np.nan
        rows.append(
            {
                "group": labels[k],
                "other": labels[j],
                "difference": gap,
                "lower": gap - half * error,
                "upper": gap + half * error,
                "p_value": float(2 * ndtr(-abs(gap / error))),
            }
        )
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p_value"].to_numpy(dtype=float))
    return table


def holm(p_values: FloatArray) -> FloatArray:
    """Return p-values corrected for their number; NaN stays, and is not counted."""
    known = np.flatnonzero(~np.isnan(p_values))
    found = np.full(len(p_values), np.nan)
    order = known[np.argsort(p_values[known], kind="stable")]
    factor = np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(factor * p_values[order]), 1.0)
    return found
