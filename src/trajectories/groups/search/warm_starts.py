"""Starting points for one model taken from the solution of another."""

from __future__ import annotations

import numpy as np

from trajectories.groups.model import Model
from trajectories.groups.time_varying import CurveWithCovariates, ages_of
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray

APART = 0.4
"""A group is split in two whose first channels lie this far above and below its own."""


def laid_on(model: Model, other: Model, parameters: Parameters, ages: FloatArray) -> Parameters:
    """Return another model's parameters on the bases of this one, as near as they come.

    Least squares on the ages; where this model's bases hold the other's curves, the curves stay
    as they were, and so do the effects of the same covariates. Parameters that this model holds
    stay held.
    """
    points = spanning_points(model, ages)
    same = other.time_varying == model.time_varying
    channels = other.channels(parameters.theta, points if same else ages_of(points))
    parts = []
    for design, values in zip(model.designs(points), channels, strict=True):
        parts.append(np.linalg.lstsq(design, values, rcond=None)[0].T)
    theta = np.concatenate(parts, axis=1)
    active = model.active()
    if active.shape == theta.shape:
        theta = np.where(active, theta, model.held())
    return Parameters(parameters.intercepts, theta, parameters.slopes)


def spanning_points(model: Model, ages: FloatArray) -> FloatArray:
    """Return design points at which equal channels of a model mean equal coefficients."""
    first = model.bases[0]
    return first.spanning(ages) if isinstance(first, CurveWithCovariates) else ages


def split_starts(
    model: Model, other: Model, parameters: Parameters, ages: FloatArray
) -> tuple[Parameters, ...]:
    """Return starts for a model of one group more: each group in turn split in two.

    The halves lie ``APART`` above and below the group on the scale of its first channel. A group
    fixed at zero is not split.
    """
    first = model.designs(spanning_points(model, ages))[0]
    shift = np.linalg.lstsq(first, np.full(len(first), APART), rcond=None)[0]
    base = laid_on(model, other, parameters, ages)
    starts = []
    for k in range(other.n_groups):
        if other.degree[k] < 0:
            continue
        intercepts = np.append(base.intercepts, base.intercepts[k])
        intercepts[[k, -1]] -= np.log(2)
        slopes = None if base.slopes is None else np.vstack([base.slopes, base.slopes[k]])
        theta = np.vstack([base.theta, base.theta[k]])
        theta[k, : len(shift)] -= shift
        theta[-1, : len(shift)] += shift
        theta = np.where(model.active(), theta, model.held())
        starts.append(Parameters(intercepts, theta, slopes))
    return tuple(starts)
