"""How much each person moves a cumulative count: the infinitesimal jackknife.

One formula serves repeated events with a terminal one, and cumulative incidences, where every
event is terminal: μ(t) = Σ S(u-) dN(u)/Y(u), S the Kaplan–Meier estimate of escaping the terminal
events. The derivative with respect to the weight of a person i is

    Σ S(u-) (dN_i - Y_i dN/Y)/Y  -  Σ [μ(t) - μ(u)] (dD_i - Y_i dD/Y)/(Y - dD),

and the sum of its squares over persons is a variance that holds whatever the dependence of a
person's events (Ghosh and Lin 2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.risk_sets import at_least
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CountCurve:
    """Hold a mean cumulative count at the M distinct event times.

    Attributes
    ----------
    time, at_risk, counted, ended, mean : ndarray, shape (M,)
        Weights at risk, of events counted and of terminal events; the count just after each time.
    survival : ndarray, shape (M,)
        Probability of having met no terminal event, just after each time.
    """

    time: FloatArray
    at_risk: FloatArray
    counted: FloatArray
    ended: FloatArray
    mean: FloatArray
    survival: FloatArray


def count_curve(
    start: FloatArray,
    stop: FloatArray,
    counted: BoolArray,
    terminal: BoolArray,
    weight: FloatArray | None,
) -> CountCurve:
    """Return the mean cumulative count of the events ``counted`` with ``terminal`` ones."""
    at = np.flatnonzero(counted | terminal)
    time, place = np.unique(stop[at], return_inverse=True)
    w = np.ones(len(at)) if weight is None else weight[at]
    events = np.bincount(place, w * counted[at], len(time)).astype(np.float64)
    ends = np.bincount(place, w * terminal[at], len(time)).astype(np.float64)
    at_risk = at_least(stop, time, weight)
    if len(time) and start.max() >= time[0]:
        at_risk = at_risk - at_least(start, time, weight)
    survival = np.asarray(np.cumprod(1.0 - ends / at_risk), dtype=np.float64)
    before = np.append(1.0, survival[:-1])
    mean = np.cumsum(before * events / at_risk)
    return CountCurve(time, at_risk, events, ends, mean, survival)


def count_influence(
    curve: CountCurve,
    start: FloatArray,
    stop: FloatArray,
    counted: BoolArray,
    terminal: BoolArray,
    person: IntArray,
    n_persons: int,
    at: FloatArray,
) -> FloatArray:
    """Return the influence of one unit of weight of each person on the count at some times.

    Shape (N, T). A person's rows add up; ``person`` numbers them from 0.
    """
    if not len(curve.time):
        return np.zeros((n_persons, len(at)))
    before = np.append(1.0, curve.survival[:-1])
    left = np.where(curve.at_risk > curve.ended, curve.at_risk - curve.ended, np.inf)
    jump = before / curve.at_risk
    leave = 1.0 / left
    # what being at risk costs at each event: S dN/Y², and dD/(Y (Y - dD)) with and without μ
    sums = np.zeros((4, len(curve.time) + 1))
    chance = curve.ended / curve.at_risk * leave
    sums[1, 1:] = np.cumsum(jump * curve.counted / curve.at_risk)
    sums[2, 1:] = np.cumsum(chance)
    sums[3, 1:] = np.cumsum(chance * curve.mean)
    first = np.searchsorted(curve.time, start, "right")
    last = np.searchsorted(curve.time, stop, "right")
    until = np.searchsorted(curve.time, at, "right")
    level = np.append(0.0, curve.mean)[until]
    own = np.maximum(last - 1, 0)
    result = np.zeros((n_persons, len(at)))
    for t, (limit, mean) in enumerate(zip(until, level, strict=True)):
        lo, hi = np.minimum(first, limit), np.minimum(last, limit)
        gained = sums[:, hi] - sums[:, lo]
        value = -gained[1] + mean * gained[2] - gained[3]
        seen = last <= limit
        value += np.where(seen & counted, jump[own], 0.0)
        value -= np.where(seen & terminal, (mean - curve.mean[own]) * leave[own], 0.0)
        result[:, t] = np.bincount(person, value, n_persons)
    return result
