"""The product-limit estimator for weighted persons, at chosen times, with robust variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.types import FloatArray

BLOCK = 65_536


def weighted_survival(
    time: FloatArray, event: NDArray[np.bool_], weights: FloatArray, at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the probability to be without the event just before times, per group.

    S(t) = prod over event times s < t of (1 − d(s) / n(s)), with weighted numbers of events and of
    persons still followed; who is censored at s is still at risk of an event at s. The variance
    is the infinitesimal jackknife's, which for weights of 1 is Greenwood's.

    Parameters
    ----------
    time : ndarray, shape (N,)
        Event or end of follow-up.
    event : ndarray of bool, shape (N,)
    weights : ndarray, shape (N, G)
    at : ndarray, shape (A,)

    Returns
    -------
    survival, variance, at_risk : ndarrays, shape (G, A)
        ``at_risk``: weighted persons whose time is not before the point asked for.
    """
    times = np.unique(time[event])
    place = np.searchsorted(times, time)  # first event time at or after each person's
    n_times = len(times)
    asked = np.searchsorted(times, at)  # number of event times before each point
    survival, variance, at_risk = [], [], []
    # which event times a person was at risk at: those up to the person's own time
    reached = np.searchsorted(times, time, side="right")
    for weight in weights.T:
        died = np.bincount(place[event], weight[event], n_times)
        enter = np.bincount(reached, weight, n_times + 1)
        # at risk at the j-th time: everyone whose time has not run out before it
        risk = enter[::-1].cumsum()[::-1][1:] if n_times else np.empty(0)
        left = np.maximum(risk - died, 0.0)
        gone = left <= 1e-12 * np.maximum(risk, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(risk > 0.0, np.where(gone, 0.0, left / risk), 1.0)
            step = np.where((risk > 0.0) & ~gone, died / (risk * left), 0.0)
            jump = np.where(~gone, 1.0 / left, 0.0)
        curve = np.append(1.0, np.cumprod(factor))
        hazard = np.append(0.0, np.cumsum(step))
        own = np.append(jump, 0.0)[place]
        squares, followed = np.zeros(len(at)), np.zeros(len(at))
        # by blocks of persons: nothing of size N · A is held
        for first in range(0, len(time), BLOCK):
            rows = slice(first, first + BLOCK)
            move = hazard[np.minimum(reached[rows, None], asked)]
            move -= (event[rows, None] & (place[rows, None] < asked)) * own[rows, None]
            squares += ((weight[rows, None] * move) ** 2).sum(axis=0)
            followed += weight[rows] @ (time[rows, None] >= at)
        survival.append(curve[asked])
        variance.append(squares * curve[asked] ** 2)
        at_risk.append(followed)
    return np.array(survival), np.array(variance), np.array(at_risk)
