"""Which unit could leave in which period, and did: the cells of a discrete-time survival model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from trajectories.numerics.types import BoolArray, FloatArray, IntArray


class Periods(NamedTuple):
    """Pairs of unit and column at risk, by unit and column, and whether the unit left then."""

    unit: IntArray
    column: IntArray
    left: BoolArray


def at_risk_periods(first: IntArray, leaves: IntArray, last: IntArray, n_columns: int) -> Periods:
    """Return the periods at risk of leaving.

    A unit is at risk in the columns after its first one, up to the one in which it leaves, or the
    last in which it was followed, whichever comes first.

    Parameters
    ----------
    first : ndarray of int, shape (N,)
        Column in which the unit is first observed.
    leaves : ndarray of int, shape (N,)
        First column in which it is gone; ``n_columns`` or more if it stays.
    last : ndarray of int, shape (N,)
        Last column in which it was followed.
    n_columns : int
    """
    columns = np.arange(n_columns)
    stop = np.minimum(leaves, last)
    unit, column = np.nonzero((columns > first[:, None]) & (columns <= stop[:, None]))
    return Periods(unit, column, column == leaves[unit])


def before(
    values: FloatArray, observed: BoolArray, periods: Periods, lag: int
) -> tuple[FloatArray, BoolArray]:
    """Return the values ``lag`` columns before each period, 0 where not observed, and where not."""
    column = periods.column - lag
    there = (column >= 0) & observed[periods.unit, np.maximum(column, 0)]
    found = np.where(there, values[periods.unit, np.maximum(column, 0)], 0.0)
    return found, ~there


def average_hazard(
    weight: FloatArray, period: IntArray, design: FloatArray, theta: FloatArray, n_periods: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean probability of leaving by period and group among those at risk.

    The mean of h = expit(x'theta_k) with weights W_rk, the posterior-weighted numbers at risk by
    row r of the design; its derivative is the mean of h (1 - h) x. The weights count as known.

    Parameters
    ----------
    weight : ndarray, shape (R, K)
    period : ndarray of int, shape (R,)
    design : ndarray, shape (R, Q)
    theta : ndarray, shape (K, Q)
    n_periods : int

    Returns
    -------
    at_risk (n_periods, K), hazard (n_periods, K), gradient (n_periods, K, Q); hazard and gradient
    are NaN where nobody is at risk.
    """
    chance = expit(design @ theta.T)
    bend = chance * (1 - chance)
    n_groups = len(theta)
    at_risk = np.zeros((n_periods, n_groups))
    hazard = np.zeros((n_periods, n_groups))
    gradient = np.zeros((n_periods, n_groups, design.shape[1]))
    np.add.at(at_risk, period, weight)
    np.add.at(hazard, period, weight * chance)
    for k in range(n_groups):
        np.add.at(gradient[:, k], period, (weight[:, k] * bend[:, k])[:, None] * design)
    with np.errstate(invalid="ignore", divide="ignore"):
        return at_risk, hazard / at_risk, gradient / at_risk[:, :, None]
