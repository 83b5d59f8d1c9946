"""Distances between a case and controls, and the scale that each is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.errors import InputError
from trajectories.matching.columns import as_float
from trajectories.matching.names import Distance
from trajectories.panel.arrays import FloatArray, names

SAMPLE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Hold a distance: the length of (case − control) times ``root``.

    Attributes
    ----------
    columns : tuple of str
        Columns that it is measured in, P of them; none: every control is as near as any other.
    root : ndarray, shape (P, P)
        The identity for "plain", 1/SD for "standardised", a root of the inverse covariance matrix
        for "mahalanobis".
    scale : str
        What a distance of 1 means, in words.
    """

    columns: tuple[str, ...]
    root: FloatArray
    scale: str

    def points(self, values: FloatArray) -> FloatArray:
        """Return rows of columns, shape (n, P), as points whose distance ``apart`` measures."""
        # one column stays as it is: scaling would cost the last digits, and ties with them
        return values if len(self.columns) < 2 else np.asarray(values @ self.root)

    def apart(self, case: FloatArray, controls: FloatArray) -> FloatArray:
        """Return the distances of one point, shape (P,), from others, shape (n, P)."""
        if not self.columns:
            return np.zeros(len(controls))
        if len(self.columns) == 1:
            return np.asarray(np.abs(controls[:, 0] - case[0]) * self.root[0, 0])
        difference = controls - case
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", difference, difference)))


def pooled_sd(case: NDArray[Any], pool: NDArray[Any]) -> float:
    """Return sqrt((s₁² + s₀²)/2), s₁ and s₀ being the standard deviations of cases and pool."""
    variances = [_variance(as_float(part)) for part in (case, pool)]
    return float(np.sqrt(np.mean(variances)))


def _variance(values: FloatArray) -> float:
    values = values[~np.isnan(values)]
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def make_metric(
    distance: Distance,
    columns: Sequence[str],
    case: Sequence[NDArray[Any]],
    pool: Sequence[NDArray[Any]],
) -> Metric:
    """Return the metric for these columns of cases and pool.

    Raises
    ------
    InputError
        If a column is constant, or columns are linear combinations of others, where the metric
        divides by their spread.
    """
    size = len(columns)
    if distance in ("plain", "propensity"):
        scale = "the unit of the column" if distance == "plain" else "log-odds of being a case"
        if size > 1:
            scale = "the common unit of the columns (length of the difference)"
        return Metric(tuple(columns), np.eye(size), scale)
    spread = np.array([pooled_sd(a, b) for a, b in zip(case, pool, strict=True)])
    constant = [column for column, sd in zip(columns, spread, strict=True) if not sd > 0]
    if constant:
        raise InputError(
            f"nearest column {names(constant)} is constant among cases and pool: a distance in "
            "standard deviations cannot be formed; leave it out"
        )
    if distance == "standardised":
        scale = "one standard deviation, sqrt((s²cases + s²pool)/2)"
        return Metric(tuple(columns), np.diag(1.0 / spread), scale)
    return Metric(
        tuple(columns),
        _mahalanobis_root(columns, case, pool),
        "one standard deviation in every direction (covariance within cases and within pool)",
    )


def _mahalanobis_root(
    columns: Sequence[str], case: Sequence[NDArray[Any]], pool: Sequence[NDArray[Any]]
) -> FloatArray:
    """Return L with L L' the inverse of the covariance pooled within cases and within pool."""
    (of_cases, n_cases), (of_pool, n_pool) = _cross_products(case), _cross_products(pool)
    covariance = (of_cases + of_pool) / max(n_cases + n_pool - 2, 1)
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < 1e-10:
        worst = np.argsort(-np.abs(vectors[:, 0]))
        involved = [columns[j] for j in worst if abs(vectors[j, 0]) > 0.1]
        raise InputError(
            f"nearest columns {names(involved)} are linear combinations of each other: "
            "leave one out"
        )
    return np.asarray((vectors / np.sqrt(values)) / sd[:, None])


def _cross_products(columns: Sequence[NDArray[Any]]) -> tuple[FloatArray, int]:
    """Return sums of squares and products about the means, and of how many rows without a gap."""
    present = ~np.any([np.isnan(as_float(column)) for column in columns], axis=0)
    mean = np.array([as_float(column)[present].mean() for column in columns])
    total = np.zeros((len(columns), len(columns)))
    for begin in range(0, len(present), SAMPLE):
        rows = slice(begin, begin + SAMPLE)
        block = np.stack([as_float(column[rows])[present[rows]] for column in columns], axis=1)
        block -= mean
        total += block.T @ block
    return total, int(present.sum())
