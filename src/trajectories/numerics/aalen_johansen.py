"""Cumulative incidence under competing causes, with its exact multinomial variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import FloatArray


def cumulative_incidence(
    at_risk: FloatArray, events: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return survival (M,), and incidence and its standard error by cause (C, M).

    F_k(t) = Σ S(u-) d_k/Y (Aalen and Johansen 1978). The variance sums, over event times u, that
    of a multinomial draw of Y persons among the causes, carried forward to t: with p = d/Y and
    f = F_k(t) - F_k(u),

        S(u-)² p_k (1 - p_k)/Y - 2 f S(u-) p_k/Y + f² p/(Y (1 - p)).

    With one cause it is Greenwood's. It is a polynomial of degree 2 in F_k(t), so three running
    sums give it for every t.
    """
    n_causes, n_times = events.shape
    survival, incidence = np.empty(n_times), np.empty((n_causes, n_times))
    error = np.empty((n_causes, n_times))
    reached = _Reached(1.0, 0.0, np.zeros(n_causes), np.zeros(n_causes), np.zeros(n_causes))
    for begin in range(0, n_times, _BLOCK):  # blocks that stay in cache
        at = slice(begin, begin + _BLOCK)
        survival[at], incidence[:, at], error[:, at] = _block(at_risk[at], events[:, at], reached)
    return survival, incidence, error


_BLOCK = 8192


@dataclass(slots=True)
class _Reached:
    """What the running sums have come to: of all causes, and by cause (C,)."""

    survival: float
    quadratic: float
    incidence: FloatArray
    constant: FloatArray
    linear: FloatArray


def _block(
    at_risk: FloatArray, events: FloatArray, reached: _Reached
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Go on from where the sums stand; leave them where they have come to."""
    total = events[0] if len(events) == 1 else events.sum(axis=0)
    left = at_risk - total
    survival = np.cumprod(left / at_risk)
    survival *= reached.survival
    before = np.empty_like(survival)
    before[0], before[1:] = reached.survival, survival[:-1]
    mass = before / at_risk
    empties = left <= 0.0
    carried = total / (at_risk * np.where(empties, 1.0, left))
    carried[empties] = 0.0  # nothing happens afterwards, so nothing is carried forward
    quadratic = np.cumsum(carried) + reached.quadratic
    incidence, error = np.empty_like(events), np.empty_like(events)
    for k, happened in enumerate(events):
        came = happened * mass  # S(u-) p_k
        f = np.cumsum(came)
        f += reached.incidence[k]
        term = came / at_risk
        pulled = f * carried
        # two sums as one of complex numbers: a running sum waits for its last addition
        both = np.empty(len(f), dtype=np.complex128)
        both.real = term * (before - came + 2.0 * f) + f * pulled
        both.imag = term + pulled
        both = np.cumsum(both)
        constant = both.real + reached.constant[k]
        linear = both.imag + reached.linear[k]
        variance = constant - f * (2.0 * linear - f * quadratic)
        np.maximum(variance, 0.0, out=variance)
        if survival[-1] <= 0.0:  # nothing is unsure at the end: leave nothing of the rounding
            variance[variance <= 1e-13 * constant] = 0.0
        incidence[k], error[k] = f, np.sqrt(variance)
        reached.incidence[k], reached.constant[k] = f[-1], constant[-1]
        reached.linear[k] = linear[-1]
    reached.survival, reached.quadratic = float(survival[-1]), float(quadratic[-1])
    return survival, incidence, error
