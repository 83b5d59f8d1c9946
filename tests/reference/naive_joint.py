"""Likelihoods of joint models written naively, as an oracle: whole arrays, no EM, no score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp


def curve(family: str, outcome: np.ndarray, times: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Log density of every unit's outcomes (N,); own: powers of time, then log sigma if normal."""
    powers = own[:-1] if family == "normal" else own
    eta = np.polyval(powers[::-1], times)
    if family == "poisson":
        logs = outcome * eta - np.exp(eta) - gammaln(outcome + 1)
    elif family == "bernoulli":
        logs = outcome * eta - np.logaddexp(0.0, eta)
    else:
        logs = -((outcome - eta) ** 2) / (2 * np.exp(2 * own[-1])) - own[-1] - np.log(2 * np.pi) / 2
    return np.nansum(logs, axis=1)


def shares(logits: np.ndarray) -> np.ndarray:
    """Log shares from logits against the first."""
    every = np.append(0.0, logits)
    return every - logsumexp(every)


def maximised(
    log_likelihood: Callable[[np.ndarray], float], start: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Climb from a point; return the maximum, where it is, and standard errors there."""
    found = minimize(lambda x: -log_likelihood(x), start, method="BFGS", options={"gtol": 1e-5})
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian(log_likelihood, found.x))))
    return -float(found.fun), found.x, errors


def hessian(function: Callable[[np.ndarray], float], point: np.ndarray) -> np.ndarray:
    """Second derivatives by central differences of the fourth order along pairs of axes."""
    size = len(point)
    step = 2e-3 * np.maximum(np.abs(point), 0.25)

    def along(i: int, j: int, h: float) -> float:
        total = 0.0
        for si, sj in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            moved = point.copy()
            moved[i] += si * h * step[i]
            moved[j] += sj * h * step[j]
            total += si * sj * function(moved)
        return total / (4 * h**2 * step[i] * step[j])

    matrix = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            matrix[i, j] = matrix[j, i] = (4 * along(i, j, 1.0) - along(i, j, 2.0)) / 3
    return matrix
