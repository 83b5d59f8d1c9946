"""Survival curves of groups that are known with error: product-limit estimates with weights.

With c the corrected weights (see ``corrected_means``), Y_t(u) = sum_i w_i c_it Y_i(u) at risk and
dN_t(u) events, S_t(u) = prod over event times up to u of 1 - dN_t / Y_t. Weights may be negative:
a curve can rise, and where a weighted number at risk is not above 0 it ends (NaN).
"""

from __future__ import annotations

import numpy as np

from trajectories.numerics.classification_error import ClassificationError
from trajectories.numerics.corrected_means import CorrectedMeans
from trajectories.numerics.types import FloatArray, IntArray


def corrected_survival(
    errors: ClassificationError,
    rows: IntArray,
    first: IntArray,
    start: FloatArray,
    stop: FloatArray,
    event: FloatArray,
    times: FloatArray,
    correct: bool,
) -> CorrectedMeans:
    """Return survival by group at some times, means (K, V), with the influence of units.

    The influence of unit i on log S_t(u) is - c_it times the sum over event times v up to u of
    (dN_i(v) - Y_i(v) dL_t(v)) / (Y_t(v) (1 - dL_t(v))), dL = dN / Y.

    Parameters
    ----------
    errors : ClassificationError
    rows, first, start, stop, event
        Rows (start, stop] at risk of n units, each unit's together; the event is at its last stop.
    times : ndarray, shape (V,)
    correct : bool
        Whether weights are corrected.
    """
    assigned = errors.assigned[rows]
    inverse = errors.inverse() if correct else np.eye(assigned.shape[1])
    c = assigned @ inverse
    mass = errors.weights[rows, None] * c
    owner = np.repeat(np.arange(len(rows)), np.diff(first))
    end = stop[first[1:] - 1]
    grid = np.unique(end[event > 0])
    at_risk = _at_risk(start, stop, mass[owner], grid)
    here = np.searchsorted(grid, end)
    had = np.flatnonzero(event > 0)
    events = np.zeros_like(at_risk)
    np.add.at(events, here[had], mass[had])
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(at_risk > 0, events / at_risk, np.nan)
        keep = 1 - hazard
        jump = 1 / (at_risk * keep)
        drift = hazard * jump
    # an event of everybody at risk: the curve is 0, known as such, from there on
    jump, drift = np.where(keep > 0, jump, 0.0), np.where(keep > 0, drift, 0.0)
    survival = np.cumprod(np.concatenate([np.ones((1, c.shape[1])), keep]), axis=0)
    total = np.concatenate([np.zeros((1, c.shape[1])), np.cumsum(drift, axis=0)])
    means = survival[np.searchsorted(grid, times, side="right")].T
    base = np.zeros((len(rows), c.shape[1], len(times)))
    for v, time in enumerate(times):
        upper = np.searchsorted(grid, np.minimum(stop, time), side="right")
        lower = np.searchsorted(grid, np.minimum(start, time), side="right")
        passed = np.add.reduceat(total[upper] - total[lower], first[:-1], axis=0)
        own = np.zeros_like(passed)
        soon = had[end[had] <= time]
        own[soon] = jump[here[soon]]
        base[:, :, v] = -means[:, v] * (own - passed)
    slope = np.zeros((*means.shape, *errors.table.shape))
    if correct:
        cross = np.einsum("it,iuv->tuv", mass, np.nan_to_num(base))
        slope = -np.einsum("su,tuv->uvts", inverse, cross)
    n_groups = c.shape[1]
    return CorrectedMeans(
        means, mass.sum(axis=0), c[:, :, None] * base, slope.reshape(-1, n_groups, n_groups)
    )


def _at_risk(start: FloatArray, stop: FloatArray, mass: FloatArray, grid: FloatArray) -> FloatArray:
    """Return the weighted number at risk at each time of a grid, shape (J, K)."""
    found = np.zeros((len(grid) + 1, mass.shape[1]))
    np.add.at(found, np.searchsorted(grid, start, side="right"), mass)
    np.add.at(found, np.searchsorted(grid, stop, side="right"), -mass)
    return np.asarray(np.cumsum(found, axis=0)[:-1])
