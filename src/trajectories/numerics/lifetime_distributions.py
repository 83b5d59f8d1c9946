"""Distributions of standardised log lifetimes z = (log t - μ)/σ: density, survival, derivatives.

Each function takes z and the shape q (used by the generalised gamma only) and returns log density,
its derivative in z, log survival, and minus its derivative: the hazard of z.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln, log_expit, log_ndtr

from trajectories.numerics.types import FloatArray

Parts = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
_HALF_LOG_2PI = 0.5 * float(np.log(2 * np.pi))
NEARLY_NORMAL = 1e-5
"""Shape below which the generalised gamma is taken for the lognormal."""


def extreme_value(z: FloatArray, q: float) -> Parts:
    """Weibull lifetimes (with σ = 1 exponential ones): f = exp(z - e^z), S = exp(-e^z)."""
    growth = np.exp(z)
    return z - growth, 1.0 - growth, -growth, growth


def normal(z: FloatArray, q: float) -> Parts:
    """Lognormal lifetimes."""
    density, survival = -0.5 * z**2 - _HALF_LOG_2PI, log_ndtr(-z)
    return density, -z, survival, np.exp(density - survival)


def logistic(z: FloatArray, q: float) -> Parts:
    """Log-logistic lifetimes: S = 1/(1 + e^z)."""
    survival, failure = log_expit(-z), log_expit(z)
    hazard = np.exp(failure)
    return survival + failure, 1.0 - 2.0 * hazard, survival, hazard


def generalised_gamma(z: FloatArray, q: float) -> Parts:
    """Generalised gamma lifetimes with Prentice's (1974) shape q.

    With k = 1/q², f = |q| k^k exp(k (q z - e^(q z)))/Γ(k); q = 1 is the Weibull distribution, q =
    0 the lognormal, q = σ the gamma distribution.
    """
    if abs(q) < NEARLY_NORMAL:
        return normal(z, q)
    k, x = q**-2.0, q * z
    density = gamma_log_density(z, q)
    slope = -k * q * np.expm1(x)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        tail = (gammaincc if q > 0 else gammainc)(k, k * np.exp(x))
        survival = np.log(np.maximum(tail, 1e-300))
    return density, slope, survival, np.exp(np.minimum(density - survival, 700.0))


def gamma_log_density(z: FloatArray, q: float) -> FloatArray:
    """Return the log density of the generalised gamma alone."""
    if abs(q) < NEARLY_NORMAL:
        return -0.5 * z**2 - _HALF_LOG_2PI
    return np.asarray(_log_constant(q) - q**-2.0 * _excess(q * z))


def _excess(x: FloatArray) -> FloatArray:
    """Return e^x - 1 - x, without loss of digits near 0."""
    small = np.abs(x) < 0.3
    series = np.zeros_like(x)
    for n in range(16, 1, -1):  # x²/2! + x³/3! + …, innermost term first
        series = (series + 1.0) * x / n
    return np.where(small, series * x, np.expm1(np.minimum(x, 700.0)) - x)


def _log_constant(q: float) -> float:
    """Return log of |q| k^k e^-k / Γ(k), k = 1/q²."""
    k = q**-2.0
    if k < 1e4:
        return float(np.log(abs(q)) + k * np.log(k) - k - gammaln(k))
    return float(-_HALF_LOG_2PI - 1.0 / (12.0 * k) + 1.0 / (360.0 * k**3))


DISTRIBUTIONS: dict[str, Callable[[FloatArray, float], Parts]] = {
    "exponential": extreme_value,
    "weibull": extreme_value,
    "lognormal": normal,
    "log_logistic": logistic,
    "generalised_gamma": generalised_gamma,
}
