"""Newton steps that climb even where the Hessian is not negative definite."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.density import CellDensity
from trajectories.numerics.types import BoolArray, FloatArray

CURVATURE_FLOOR = 1e-10
"""Smallest curvature, relative to the largest, that a Newton direction divides by."""

LARGEST_CHANGE = 3.0
"""Largest change of a linear predictor at any age in one step."""

HALVINGS = 30
"""How often a step is halved before it is given up."""


def ascent_direction(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """Return Newton directions, shape (..., Q), with the absolute values of the curvatures.

    Where the Hessian is negative definite this is the Newton step; elsewhere the sign of a wrong
    curvature is turned, so that the direction always climbs.
    """
    values, vectors = np.linalg.eigh(-hessian)
    size = np.abs(values)
    floor = np.maximum(size.max(axis=-1, keepdims=True) * CURVATURE_FLOOR, 1e-300)
    along = np.matmul(vectors.swapaxes(-1, -2), gradient[..., None])[..., 0]
    return np.asarray(np.matmul(vectors, (along / np.maximum(size, floor))[..., None])[..., 0])


def climb(
    density: CellDensity,
    theta: FloatArray,
    cell_weight: FloatArray,
    active: BoolArray,
    steps: int = 1,
) -> FloatArray:
    """Raise the weighted log density of each group by a few Newton steps with step-halving.

    Parameters
    ----------
    density : CellDensity
    theta : ndarray, shape (G, Q)
    cell_weight : ndarray, shape (C, G)
        Totals of the E-step.
    active : ndarray of bool, shape (G, Q)
        Parameters that may move.
    steps : int
        Newton steps; one is enough inside EM.

    Returns
    -------
    ndarray, shape (G, Q)
        Never worse than ``theta`` in any group.
    """
    for _ in range(steps):
        value, gradient, hessian = density.weighted(theta, cell_weight)
        hold = ~active
        gradient[hold] = 0.0
        hessian[hold[:, :, None] | hold[:, None, :]] = 0.0
        step = ascent_direction(gradient, hessian)
        step[hold] = 0.0
        step *= _shortening(density, step)[:, None]
        theta = _halve_until_better(density, theta, step, cell_weight, value)
    return theta


def _shortening(density: CellDensity, step: FloatArray) -> FloatArray:
    """Return the factor, shape (G,), that keeps changes of the predictors within bounds."""
    change = np.abs(density.grid_channels(step)).max(axis=(0, 1))
    return np.asarray(np.minimum(1.0, LARGEST_CHANGE / np.maximum(change, 1e-300)))


def _halve_until_better(
    density: CellDensity,
    theta: FloatArray,
    step: FloatArray,
    cell_weight: FloatArray,
    value: FloatArray,
) -> FloatArray:
    scale = np.ones(len(theta))
    for _ in range(HALVINGS):
        candidate = theta + scale[:, None] * step
        worse = ~(density.value(candidate, cell_weight) >= value)
        worse |= density.out_of_range(candidate)
        if not worse.any():
            return np.asarray(candidate)
        scale[worse] /= 2
    scale[worse] = 0.0
    return np.asarray(theta + scale[:, None] * step)
