"""Newton's method for parametric lifetimes, on the exact gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trajectories.numerics.parametric_likelihood import ParametricProblem, log_likelihood
from trajectories.numerics.types import FloatArray

ITERATIONS = 200
SMALL_GAIN = 1e-12
RUNAWAY_LOGIT = 12.0


@dataclass(frozen=True, slots=True)
class ParametricFit:
    """Hold the maximum, for the covariates in the user's units.

    Attributes
    ----------
    theta : ndarray, shape (D,)
    covariance : ndarray, shape (D, D)
    log_likelihood : float
        Of densities of t.
    gradient : ndarray, shape (D,)
        Of standardised covariates, a person's contribution on average.
    converged, singular : bool
        Whether the gradient is 0; whether the information has a direction without any.
    n_iterations : int
    """

    theta: FloatArray
    covariance: FloatArray
    log_likelihood: float
    gradient: FloatArray
    converged: bool
    singular: bool
    n_iterations: int


def fit_parametric(problem: ParametricProblem) -> ParametricFit:
    """Maximise the likelihood from a few starts, and keep the best."""
    scaled, back = _standardised(problem)
    found = [_climb(scaled, theta) for theta in _starts(scaled)]
    theta, value, gradient, hessian, converged, n = max(found, key=lambda one: (one[4], one[1]))
    inverse, singular = _inverse(-hessian)
    return ParametricFit(
        back @ theta, back @ inverse @ back.T, value, gradient, converged, singular, n
    )


def _standardised(problem: ParametricProblem) -> tuple[ParametricProblem, FloatArray]:
    """Centre and scale covariates; return the matrix that takes the parameters back."""
    back = np.eye(problem.n_parameters)
    X, turn = _scaled(problem.X, problem.weight)
    n = X.shape[1]
    back[:n, :n] = turn
    W = problem.W
    if W is not None:
        W, turn = _scaled(W, problem.weight)
        back[-W.shape[1] :, -W.shape[1] :] = turn
    return replace(problem, X=X, W=W), back


def _scaled(X: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standardise all columns but the first, which is constant."""
    centre = weight @ X / weight.sum()
    scale = np.sqrt(weight @ (X - centre) ** 2 / weight.sum())
    centre[0], scale[0] = 0.0, 1.0
    scale[scale == 0] = 1.0
    turn = np.diag(1.0 / scale)
    turn[0, 1:] = -centre[1:] / scale[1:]
    return (X - centre) / scale, turn


def _starts(problem: ParametricProblem) -> list[FloatArray]:
    w, event = problem.weight, problem.event
    log_time = np.log(problem.stop[event])
    mean = float(w[event] @ log_time / w[event].sum())
    spread = max(float(np.sqrt(w[event] @ (log_time - mean) ** 2 / w[event].sum())), 0.05)
    exposure = float(w @ (problem.stop - problem.start))
    hazard_mean = float(np.log(exposure / w[event].sum()))
    share = float(w[event].sum() / w.sum())
    if problem.W is None:
        places = [(hazard_mean, 0.0)]
    else:
        logit = float(np.log(share / (1.0 - share))) if share < 1 else 2.0
        places = [(mean + 0.3, logit + 0.3), (mean + 1.0, logit + 1.5), (hazard_mean, 3.0)]
    starts = []
    for level, logit in places:
        theta = np.zeros(problem.n_parameters)
        theta[0] = level
        n = problem.X.shape[1]
        if problem.has_scale:
            theta[n] = np.log(spread)
        if problem.has_shape:
            theta[n + 1] = 0.5
        if problem.W is not None:
            theta[n + problem.has_scale + problem.has_shape] = logit
        starts.append(theta)
    return starts


def _climb(
    problem: ParametricProblem, theta: FloatArray
) -> tuple[FloatArray, float, FloatArray, FloatArray, bool, int]:
    total = float(problem.weight.sum())
    value, gradient = log_likelihood(problem, theta)
    hessian = _hessian(problem, theta)
    damping, converged, n = 0.0, False, 0
    while n < ITERATIONS:
        n += 1
        step, newton = _step(hessian, gradient, damping)
        gain = float(gradient @ step)
        if newton and gain <= SMALL_GAIN * (1.0 + abs(value)):
            # too small to be seen in the likelihood; a last step still sharpens the estimates
            candidate, risen = _try(problem, theta + step, value - 1e-9 * (1 + abs(value)))
            if risen is not None and np.abs(risen[1]).max() <= np.abs(gradient).max():
                theta, (value, gradient) = candidate, risen
                hessian = _hessian(problem, theta)
            converged = bool(np.abs(gradient).max() <= 1e-6 * total)
            break
        size, moved = 1.0, False
        for _ in range(25):
            candidate, risen = _try(problem, theta + size * step, value)
            if risen is not None:
                theta, (value, gradient), moved = candidate, risen, True
                break
            size /= 2
        if not moved:
            converged = bool(np.abs(gradient).max() <= 1e-6 * total)
            break
        damping = 0.0 if size == 1.0 else damping
        hessian = _hessian(problem, theta)
    return theta, value, gradient / total, hessian, converged, n


def _try(
    problem: ParametricProblem, theta: FloatArray, least: float
) -> tuple[FloatArray, tuple[float, FloatArray] | None]:
    with np.errstate(all="ignore"):
        value, gradient = log_likelihood(problem, theta)
    fine = np.isfinite(value) and np.isfinite(gradient).all() and value >= least
    return theta, (value, gradient) if fine else None


def _step(hessian: FloatArray, gradient: FloatArray, damping: float) -> tuple[FloatArray, bool]:
    """Return an ascent step of bounded length, and whether it is Newton's."""
    values, vectors = np.linalg.eigh(-hessian)
    floor = max(1e-10 * float(np.abs(values).max()), 1e-12)
    proper = bool(values.min() > floor)
    step = vectors @ (vectors.T @ gradient / np.maximum(np.abs(values) + damping, floor))
    length = float(np.abs(step).max())
    bounded = step * min(1.0, 2.0 / max(length, 1e-300))
    return np.asarray(bounded), proper and length <= 2.0


def _hessian(problem: ParametricProblem, theta: FloatArray) -> FloatArray:
    """Difference the exact gradient; fourth order, so good to about ten digits."""
    n = len(theta)
    result = np.empty((n, n))
    for d in range(n):
        h = 1e-3 * max(1.0, abs(theta[d]))
        slopes = []
        for m in (1, 2):
            moved = [theta.copy(), theta.copy()]
            moved[0][d] += m * h
            moved[1][d] -= m * h
            with np.errstate(all="ignore"):
                up, down = (log_likelihood(problem, one)[1] for one in moved)
            slopes.append((up - down) / (2 * m * h))
        result[d] = (4.0 * slopes[0] - slopes[1]) / 3.0
    result = np.nan_to_num((result + result.T) / 2, posinf=0.0, neginf=0.0)
    return np.asarray(result)


def _inverse(information: FloatArray) -> tuple[FloatArray, bool]:
    d = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(d, d))
    singular = bool(values.min() < 1e-9)
    kept = np.where(values > 1e-9, 1.0 / np.maximum(values, 1e-9), 0.0)
    return np.asarray((vectors * kept) @ vectors.T / np.outer(d, d)), singular
