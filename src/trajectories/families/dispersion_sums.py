"""The sum of log(1 + alpha j) over j below a count, stable for every dispersion alpha.

It is log Gamma(y + 1/alpha) - log Gamma(1/alpha) + y log alpha, but that difference of large
numbers loses every digit as alpha goes to zero, where the negative binomial becomes a Poisson.
"""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import FloatArray, IntArray

SUMMED = 16
"""Terms that are summed one by one; beyond them the Euler-Maclaurin formula is exact to 1e-14."""

SMALL = 0.02
"""Below this ``log1p_deficit`` is taken from its series."""


def log1p_deficit(x: FloatArray) -> FloatArray:
    """Return 1 - log(1 + x) / x for x >= 0, in full relative accuracy; x / 2 for small x."""
    low = np.minimum(x, SMALL)
    series = np.zeros_like(low)
    for power in range(9, 0, -1):
        series = low * (1 / (power + 1) - series)
    safe = np.maximum(x, SMALL)
    return np.asarray(np.where(x < SMALL, series, 1 - np.log1p(safe) / safe))


def log1p_bend(x: FloatArray) -> FloatArray:
    """Return log(1 + x) / x - 1 / (1 + x) for x >= 0, stable; x / 2 for small x.

    It is the derivative of :func:`log1p_deficit` in log(x).
    """
    w = 1 / (1 + x)
    large = np.maximum(x, 1.0)
    return np.asarray(np.where(x < 1.0, x * w - log1p_deficit(x), np.log1p(large) / large - w))


def dispersion_sum(outcome: FloatArray, alpha: FloatArray) -> FloatArray:
    """Return sum over j = 0 .. y - 1 of log(1 + alpha j); shapes broadcast.

    The first terms are summed. For the others, from J to y - 1, Euler-Maclaurin: the integral of
    g(t) = log(1 + alpha t), less half of g(y) - g(J), plus differences of odd derivatives; with
    z = t + 1/alpha, g' = 1/z, g''' = 2/z^3 and so on. See Abramowitz and Stegun (1972), 23.1.30.
    """
    total = np.zeros(np.broadcast_shapes(outcome.shape, alpha.shape))
    for j in range(1, min(SUMMED, int(outcome.max(initial=0)))):
        total += np.where(outcome > j, np.log1p(alpha * j), 0.0)
    if outcome.max(initial=0) > SUMMED:
        total += _value_at(np.maximum(outcome, SUMMED), alpha)
        total -= _value_at(np.full((1,) * alpha.ndim, float(SUMMED)), alpha)
    return total


def dispersion_sum_derivatives(
    outcome: FloatArray, alpha: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the first and second derivative of :func:`dispersion_sum` in log(alpha).

    Sums of w alpha j and w^2 alpha j with w = 1 / (1 + alpha j), by the same route.
    """
    shape = np.broadcast_shapes(outcome.shape, alpha.shape)
    first, second = np.zeros(shape), np.zeros(shape)
    for j in range(1, min(SUMMED, int(outcome.max(initial=0)))):
        w = 1 / (1 + alpha * j)
        beyond = outcome > j
        first += np.where(beyond, alpha * j * w, 0.0)
        second += np.where(beyond, alpha * j * w**2, 0.0)
    if outcome.max(initial=0) > SUMMED:
        high = _slopes_at(np.maximum(outcome, SUMMED), alpha)
        low = _slopes_at(np.full((1,) * alpha.ndim, float(SUMMED)), alpha)
        first += high[0] - low[0]
        second += high[1] - low[1]
    return first, second


def _value_at(t: FloatArray, alpha: FloatArray) -> FloatArray:
    """Return the Euler-Maclaurin primitive of log(1 + alpha t)."""
    x = alpha * t
    log = np.log1p(x)
    u = alpha / (1 + x)
    tail = u * (1 / 12 - u**2 * (1 / 360 - u**2 * (1 / 1260 - u**2 / 1680)))
    return np.asarray(t * (log - log1p_deficit(x)) - log / 2 + tail)


def _slopes_at(t: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the derivatives of :func:`_value_at` in log(alpha).

    With w = 1 / (1 + alpha t) and u = alpha w, so that du / d log(alpha) = u w.
    """
    x = alpha * t
    w = 1 / (1 + x)
    u = alpha * w
    square = u**2
    tail = u * w * (1 / 12 - square * (3 / 360 - square * (5 / 1260 - square * 7 / 1680)))
    bend = (
        u
        * w
        * (
            (2 * w - 1) / 12
            - square * (3 / 360) * (4 * w - 1)
            + square**2 * (5 / 1260) * (6 * w - 1)
            - square**3 * (7 / 1680) * (8 * w - 1)
        )
    )
    first = t * log1p_deficit(x) - x * w / 2 + tail
    second = t * log1p_bend(x) - x * w**2 / 2 + bend
    return first, second


def on_distinct(
    outcome: FloatArray, log_alpha: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray | None]:
    """Reduce cells (C, 1) and log dispersions (C, G) to distinct outcomes where that is enough.

    A dispersion that does not change with age has equal rows: then sums over counts are needed for
    each distinct count only.

    Returns
    -------
    outcome, log_alpha, position
        Distinct outcomes (U, 1), one row (1, G) and the place of every cell among the U; or the
        arguments and None.
    """
    if len(outcome) > 1 and bool((log_alpha[1:] == log_alpha[:1]).all()):
        distinct, position = np.unique(outcome[:, 0], return_inverse=True)
        return distinct[:, None], log_alpha[:1], position
    return outcome, log_alpha, None
