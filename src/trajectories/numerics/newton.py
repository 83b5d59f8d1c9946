"""Newton steps that climb even where the Hessian is not negative definite."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.density import Density
from trajectories.numerics.types import BoolArray, FloatArray

CURVATURE_FLOOR = 1e-10
"""Smallest curvature, relative to the largest, that a Newton direction divides by."""

ROUNDING = 1e-13
"""Gains below this share of the value are not worth a search: they drown in its rounding."""

HALVINGS = 30
"""How often a step is halved before it is given up."""


def ascent_direction(
    gradient: FloatArray, hessian: FloatArray, rescale: bool = False
) -> FloatArray:
    """Return Newton directions, shape (..., Q), with the absolute values of the curvatures.

    Where the Hessian is negative definite this is the Newton step; elsewhere the sign of a wrong
    curvature is turned, so that the direction always climbs. With ``rescale`` curvatures are
    compared after each parameter was scaled to a curvature of 1: needed where some parameters are
    in the unit of the data, whose choice must not matter.
    """
    if rescale:
        own = np.sqrt(np.abs(np.diagonal(hessian, axis1=-2, axis2=-1)))
        scale = 1 / np.where(own > 0, own, 1.0)
        scaled = hessian * scale[..., :, None] * scale[..., None, :]
        return scale * ascent_direction(gradient * scale, scaled)
    values, vectors = np.linalg.eigh(-hessian)
    size = np.abs(values)
    floor = np.maximum(size.max(axis=-1, keepdims=True) * CURVATURE_FLOOR, 1e-300)
    along = np.matmul(vectors.swapaxes(-1, -2), gradient[..., None])[..., 0]
    return np.asarray(np.matmul(vectors, (along / np.maximum(size, floor))[..., None])[..., 0])


def climb(
    density: Density,
    theta: FloatArray,
    cell_weight: FloatArray,
    active: BoolArray,
    common: BoolArray,
    steps: int = 1,
    n_models: int = 1,
) -> FloatArray:
    """Raise the weighted log density of each group by a few Newton steps with step-halving.

    Parameters that groups share take a step of their own, after those that are a group's own:
    two conditional maximisations (Meng and Rubin 1993, Biometrika 80(2), 267-278).

    Parameters
    ----------
    density : Density
    theta : ndarray, shape (G, Q)
    cell_weight : ndarray, shape (C, G)
        Totals of the E-step.
    active : ndarray of bool, shape (G, Q)
        Parameters that may move.
    common : ndarray of bool, shape (Q,)
        Those that the groups of a model share.
    steps : int
        Newton steps; one is enough inside EM.
    n_models : int
        How many models the groups belong to, in order; G = n_models x K.

    Returns
    -------
    ndarray, shape (G, Q)
        Never worse than ``theta`` in any group; where parameters are shared, in any model.
    """
    own = active & ~common
    shared = active & common
    for _ in range(steps):
        if own.any():
            theta = _own_step(density, theta, cell_weight, own)
        if shared.any():
            theta = _shared_step(density, theta, cell_weight, shared, common, n_models)
    return theta


def _own_step(
    density: Density, theta: FloatArray, cell_weight: FloatArray, own: BoolArray
) -> FloatArray:
    """Take a Newton step in each group's own parameters."""
    value, gradient, hessian = density.weighted(theta, cell_weight)
    hold = ~own
    gradient[hold] = 0.0
    hessian[hold[:, :, None] | hold[:, None, :]] = 0.0
    step = ascent_direction(gradient, hessian, density.in_units)
    step[hold] = 0.0
    step *= density.shortening(theta, step)[:, None]
    gain = np.einsum("gq,gq->g", gradient, step)
    return _halve_until_better(density, theta, step, cell_weight, value, gain)


def _shared_step(
    density: Density,
    theta: FloatArray,
    cell_weight: FloatArray,
    shared: BoolArray,
    common: BoolArray,
    n_models: int,
) -> FloatArray:
    """Take a Newton step in the parameters that the groups of a model share."""
    value, gradient, hessian = density.weighted(theta, cell_weight)
    which = np.flatnonzero(common)
    uses = shared[:, which]
    shape = (n_models, -1, len(which))
    total = (gradient[:, which] * uses).reshape(shape).sum(axis=1)
    bend = hessian[:, which[:, None], which] * uses[:, :, None] * uses[:, None, :]
    bend = bend.reshape(n_models, -1, len(which), len(which)).sum(axis=1)
    of_model = ascent_direction(total, bend, density.in_units)
    step = np.zeros_like(theta)
    step[:, which] = np.repeat(of_model, len(theta) // n_models, axis=0) * uses
    shortest = density.shortening(theta, step).reshape(n_models, -1).min(axis=1)
    step *= np.repeat(shortest, len(theta) // n_models)[:, None]
    gain = shortest * np.einsum("mq,mq->m", total, of_model)
    return _halve_until_better(density, theta, step, cell_weight, value, gain)


def _halve_until_better(
    density: Density,
    theta: FloatArray,
    step: FloatArray,
    cell_weight: FloatArray,
    value: FloatArray,
    gain: FloatArray,
) -> FloatArray:
    """Halve the step of those models that it does not make better, and give it up if none does.

    ``gain``, shape (n_models,), is what the slope promises. Where that drowns in the rounding of
    the value, a step that fails once is given up: no part of it could be told from standing still.
    """
    scale = np.ones(len(theta))
    n_models = len(gain)
    before = value.reshape(n_models, -1).sum(axis=1)
    settled = np.repeat(gain < ROUNDING * np.abs(before), len(theta) // n_models)
    for _ in range(HALVINGS):
        candidate = theta + scale[:, None] * step
        after = density.value(candidate, cell_weight).reshape(n_models, -1).sum(axis=1)
        wrong = ~(after >= before)
        wrong |= density.out_of_range(candidate).reshape(n_models, -1).any(axis=1)
        worse = np.repeat(wrong, len(theta) // n_models)
        if not wrong.any():
            return np.asarray(candidate)
        scale[worse] /= 2
        scale[worse & settled] = 0.0
    scale[worse] = 0.0
    return np.asarray(theta + scale[:, None] * step)
