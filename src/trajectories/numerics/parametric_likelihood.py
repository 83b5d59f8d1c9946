"""Likelihood of parametric lifetimes under left truncation, with a share that never has the event.

A row (a, b] adds log f(b) or log S(b), less log S(a). Of persons with the event in store there is
a share δ, so f and S are δ f and 1 - δ + δ S of the distribution. Rows cut in two add up to the
uncut row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from trajectories.numerics.lifetime_distributions import DISTRIBUTIONS, gamma_log_density
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

_SHAPE_STEP = 2e-3


@dataclass(frozen=True, slots=True)
class ParametricProblem:
    """Hold the data and the layout of the parameters: time (P), log σ, q, share (V).

    Attributes
    ----------
    distribution : str
    start, stop : ndarray, shape (R,)
    event : ndarray of bool, shape (R,)
    weight : ndarray, shape (R,)
    X : ndarray, shape (R, P)
        Design of μ, constant included.
    W : ndarray, shape (R, V), or None
        Design of the logit of the share; None: everybody has the event in the end.
    """

    distribution: str
    start: FloatArray
    stop: FloatArray
    event: BoolArray
    weight: FloatArray
    X: FloatArray
    W: FloatArray | None

    @property
    def has_scale(self) -> bool:
        """Whether σ is free."""
        return self.distribution != "exponential"

    @property
    def has_shape(self) -> bool:
        """Whether there is a shape q."""
        return self.distribution == "generalised_gamma"

    @property
    def n_parameters(self) -> int:
        """Number of parameters."""
        share = 0 if self.W is None else self.W.shape[1]
        return int(self.X.shape[1] + self.has_scale + self.has_shape + share)

    def unpack(self, theta: FloatArray) -> tuple[FloatArray, float, float, FloatArray]:
        """Return coefficients of μ, log σ, q and coefficients of the share."""
        n = self.X.shape[1]
        log_sigma = float(theta[n]) if self.has_scale else 0.0
        q = float(theta[n + 1]) if self.has_shape else 1.0
        return theta[:n], log_sigma, q, theta[n + self.has_scale + self.has_shape :]


@dataclass(slots=True)
class _Sums:
    """The log-likelihood and its derivatives, added up term by term."""

    value: float
    mu: FloatArray
    logit: FloatArray
    scale: float = 0.0
    shape: float = 0.0


def log_likelihood(problem: ParametricProblem, theta: FloatArray) -> tuple[float, FloatArray]:
    """Return the log-likelihood, of densities of t, and its gradient."""
    beta, log_sigma, q, gamma = problem.unpack(theta)
    sigma = float(np.exp(log_sigma))
    mu = problem.X @ beta
    logit = None if problem.W is None else problem.W @ gamma
    sums = _Sums(0.0, np.zeros_like(mu), np.zeros_like(mu))
    happened, free = np.flatnonzero(problem.event), np.flatnonzero(~problem.event)
    late = np.flatnonzero(problem.start > 0)
    _add_events(problem, sums, happened, mu, log_sigma, q, logit)
    _add_survival(problem, sums, free, problem.stop, 1.0, (mu, sigma, q), logit)
    _add_survival(problem, sums, late, problem.start, -1.0, (mu, sigma, q), logit)
    gradient = [problem.X.T @ sums.mu]
    if problem.has_scale:
        gradient.append(np.array([sums.scale]))
    if problem.has_shape:
        gradient.append(np.array([sums.shape]))
    if problem.W is not None:
        gradient.append(problem.W.T @ sums.logit)
    return sums.value, np.concatenate(gradient)


def _add_events(
    problem: ParametricProblem,
    sums: _Sums,
    rows: IntArray,
    mu: FloatArray,
    log_sigma: float,
    q: float,
    logit: FloatArray | None,
) -> None:
    w, log_t, sigma = problem.weight[rows], np.log(problem.stop[rows]), float(np.exp(log_sigma))
    z = (log_t - mu[rows]) / sigma
    density, slope, _, _ = DISTRIBUTIONS[problem.distribution](z, q)
    sums.value += float(w @ (density - log_sigma - log_t))
    sums.mu[rows] -= w * slope / sigma
    sums.scale -= float(w @ (z * slope + 1.0))
    if problem.has_shape:
        sums.shape += float(w @ _by_shape(gamma_log_density, z, q))
    if logit is not None:
        sums.value += float(w @ log_expit(logit[rows]))
        sums.logit[rows] += w * expit(-logit[rows])


def _add_survival(
    problem: ParametricProblem,
    sums: _Sums,
    rows: IntArray,
    time: FloatArray,
    sign: float,
    place: tuple[FloatArray, float, float],
    logit: FloatArray | None,
) -> None:
    if not len(rows):
        return
    mu, sigma, q = place
    w = sign * problem.weight[rows]
    z = (np.log(time[rows]) - mu[rows]) / sigma
    _, _, survival, hazard = DISTRIBUTIONS[problem.distribution](z, q)
    ever = np.ones_like(z)  # of those still free, the share that has the event in store
    if logit is not None:
        chance, immune = log_expit(logit[rows]), log_expit(-logit[rows])
        free = np.logaddexp(immune, chance + survival)
        ever = np.exp(chance + survival - free)
        slope = ever * np.exp(immune) - np.exp(immune - free + chance)
        sums.logit[rows] += w * slope
        survival = free
    sums.value += float(w @ survival)
    sums.mu[rows] += w * ever * hazard / sigma
    sums.scale += float(w @ (ever * hazard * z))
    if problem.has_shape:
        sums.shape += float(w @ (ever * _by_shape(_gamma_log_survival, z, q)))


def _gamma_log_survival(z: FloatArray, q: float) -> FloatArray:
    return DISTRIBUTIONS["generalised_gamma"](z, q)[2]


def _by_shape(
    function: Callable[[FloatArray, float], FloatArray], z: FloatArray, q: float
) -> FloatArray:
    """Return the derivative in q, by differences of fourth order (error about 1e-11)."""
    h = _SHAPE_STEP
    near, far = ((function(z, q + m * h) - function(z, q - m * h)) / (2 * m * h) for m in (1, 2))
    return np.asarray((4.0 * near - far) / 3.0)
