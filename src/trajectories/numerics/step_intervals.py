"""Pointwise intervals of probabilities and hazards, on the scale that keeps them in range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit

from trajectories.numerics.types import FloatArray

Limits = tuple[FloatArray, FloatArray]
_BLOCK = 8192


def probability_limits(p: FloatArray, se: FloatArray, z: float, kind: str) -> Limits:
    """Return limits of survival probabilities with standard errors ``se``.

    Kinds: ``log-log`` (of the cumulative hazard, on its log scale), ``log``, ``plain``, ``logit``,
    ``arcsine``. At 1 with no error both limits are 1; at 0 the lower limit is 0 and the upper one
    is carried forward from the last time at which there was one.
    """
    lower, upper = np.ones_like(p), np.ones_like(p)
    _fill(lower, upper, p, se, z, kind)
    gone = np.flatnonzero(p <= 0.0) if len(p) and p.min() <= 0.0 else p[:0]
    if len(gone):
        lower[gone] = 0.0
        upper[gone] = upper[gone[0] - 1] if gone[0] else 1.0
    return lower, upper


def incidence_limits(p: FloatArray, se: FloatArray, z: float, kind: str) -> Limits:
    """Return limits of cumulative incidences; at 0 both are 0.

    ``log-log`` is the complementary log-log transform of the incidence itself, p^exp(±z se / (p
    log p)), as in Marubini and Valsecchi (1995), so that few events give an upper limit away
    from 0 that an interval built on 1 - p would not.
    """
    lower, upper = np.zeros_like(p), np.zeros_like(p)
    _fill(lower, upper, p, se, z, kind)
    if len(p) and p.max() >= 1.0:
        lower[p >= 1.0] = upper[p >= 1.0] = 1.0
    return lower, upper


def _fill(
    lower: FloatArray, upper: FloatArray, p: FloatArray, se: FloatArray, z: float, kind: str
) -> None:
    """Put in the limits of the probabilities between 0 and 1; a curve has them in one stretch."""
    inside = np.flatnonzero((p > 0.0) & (p < 1.0))
    if not len(inside):
        return
    limits = _KINDS[kind]
    first, last = int(inside[0]), int(inside[-1]) + 1
    if last - first > len(inside):
        lower[inside], upper[inside] = limits(p[inside], se[inside], z)
        return
    for begin in range(first, last, _BLOCK):  # blocks that stay in cache
        at = slice(begin, min(begin + _BLOCK, last))
        lower[at], upper[at] = limits(p[at], se[at], z)


def positive_limits(value: FloatArray, se: FloatArray, z: float) -> Limits:
    """Return limits on the log scale of quantities above zero; at 0 both are 0."""
    ratio = np.zeros_like(value)
    some = value > 0.0
    ratio[some] = se[some] / value[some]
    factor = np.exp(z * ratio)
    return value / factor, value * factor


def _log_log(p: FloatArray, se: FloatArray, z: float) -> Limits:
    # p ** c = exp(log p · c), c = exp(± z · se(log -log p)); one exponential serves both limits
    log_p = np.log(p)
    factor = np.exp(z * se / (p * np.abs(log_p)))
    return np.exp(log_p * factor), np.exp(log_p / factor)


def _log(p: FloatArray, se: FloatArray, z: float) -> Limits:
    factor = np.exp(z * se / p)
    return p / factor, np.minimum(p * factor, 1.0)


def _plain(p: FloatArray, se: FloatArray, z: float) -> Limits:
    return np.maximum(p - z * se, 0.0), np.minimum(p + z * se, 1.0)


def _logit(p: FloatArray, se: FloatArray, z: float) -> Limits:
    centre, half = logit(p), z * se / (p * (1.0 - p))
    return np.asarray(expit(centre - half)), np.asarray(expit(centre + half))


def _arcsine(p: FloatArray, se: FloatArray, z: float) -> Limits:
    centre, half = np.arcsin(np.sqrt(p)), 0.5 * z * se / np.sqrt(p * (1.0 - p))
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


_KINDS: dict[str, Callable[[FloatArray, FloatArray, float], Limits]] = {
    "log-log": _log_log,
    "log": _log,
    "plain": _plain,
    "logit": _logit,
    "arcsine": _arcsine,
}
INTERVALS = tuple(_KINDS)
"""Names of the scales on which an interval can be built."""
