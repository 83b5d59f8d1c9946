"""Cumulative incidence under competing causes, with its exact multinomial variance."""

from __future__ import annotations

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
    total = events[0] if len(events) == 1 else events.sum(axis=0)
    left = at_risk - total
    survival = np.cumprod(left / at_risk)
    before = np.append(1.0, survival[:-1])
    mass = before / at_risk
    incidence = np.cumsum(events * mass, axis=1)
    empties = left <= 0.0
    carried = total / (at_risk * np.where(empties, 1.0, left))
    carried[empties] = 0.0  # nothing happens afterwards, so nothing is carried forward
    quadratic = np.cumsum(carried)
    error = np.empty_like(incidence)
    for k, (happened, reached) in enumerate(zip(events, incidence, strict=True)):
        chance = happened / at_risk
        linear = chance * mass
        constant = np.cumsum(
            before * linear * (1.0 - chance) + reached * (2.0 * linear + reached * carried)
        )
        slope = np.cumsum(linear + reached * carried)
        variance = constant - reached * (2.0 * slope - reached * quadratic)
        variance[variance <= 1e-13 * constant] = 0.0  # what rounding leaves where nothing is unsure
        error[k] = np.sqrt(variance)
    return survival, incidence, error
