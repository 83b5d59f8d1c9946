"""Rates of repeated events: Poisson, and Poisson with a gamma multiplier a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from trajectories.numerics.types import BoolArray, FloatArray, IntArray

ITERATIONS = 100
FAR = 5.0
"""Coefficient times standard deviation beyond which one may be running away."""


@dataclass(frozen=True, slots=True)
class RateFit:
    """Hold the maximum: coefficients, and log dispersion last where there is one.

    Attributes
    ----------
    theta : ndarray, shape (D,)
    covariance, sandwich : ndarray, shape (D, D)
        Inverse observed information; sandwich over persons.
    log_likelihood : float
        Of the event times.
    collinear, runaway : ndarray of int
        Terms in a linear relation (nothing was fitted then), and those without finite estimate.
    converged : bool
    """

    theta: FloatArray
    covariance: FloatArray
    sandwich: FloatArray
    log_likelihood: float
    collinear: IntArray
    runaway: IntArray
    converged: bool


@dataclass(frozen=True, slots=True)
class _Data:
    X: FloatArray
    time: FloatArray
    event: BoolArray
    person: IntArray
    weight: FloatArray
    copies: FloatArray
    mixed: bool


def fit_rates(
    X: FloatArray,
    time: FloatArray,
    event: BoolArray,
    person: IntArray,
    weight: FloatArray,
    *,
    mixed: bool,
) -> RateFit:
    """Maximise the likelihood by Newton's method; the first column of X is constant.

    A person with rows j, events n = Σ n_j and expectation m = Σ exp(x_j β) t_j adds Σ n_j x_j β - m
    (Poisson), or with dispersion a = 1/r, Σ n_j x_j β + log Γ(n + r) - log Γ(r) + r log r - (n + r)
    log(r + m). Rows cut in two add up to the uncut row.
    """
    centre = weight @ X / weight.sum()
    scale = np.sqrt(weight @ (X - centre) ** 2 / weight.sum())
    centre[0], scale[0] = 0.0, 1.0
    flat = np.flatnonzero(scale <= 1e-12 * np.maximum(np.abs(centre), 1e-300))
    scale[scale == 0] = 1.0
    scaled = (X - centre) / scale
    n = int(person.max()) + 1
    copies = np.ones(n)
    copies[person] = weight
    data = _Data(scaled, time, event, person, weight, copies, mixed)
    collinear = flat if len(flat) else _collinear(scaled, weight)
    theta = np.zeros(X.shape[1] + mixed)
    theta[0] = np.log(weight[event].sum() / (weight @ time))
    if len(collinear):
        empty = np.zeros((len(theta), len(theta)))
        none = np.zeros(0, dtype=np.int64)
        return RateFit(theta, empty, empty, 0.0, collinear, none, False)
    theta, value, scores, information, converged, moving = _climb(data, theta)
    back = np.eye(len(theta))
    p = X.shape[1]
    back[:p, :p] = np.diag(1.0 / scale)
    back[0, 1:p] = -centre[1:] / scale[1:]
    inverse = np.linalg.pinv(information, rcond=1e-12, hermitian=True)
    meat = (scores * data.copies[:, None]).T @ scores
    runaway = np.flatnonzero((np.abs(theta[1:p]) > FAR) & (np.abs(moving[1:p]) > 1e-3)) + 1
    return RateFit(
        back @ theta,
        back @ inverse @ back.T,
        back @ inverse @ meat @ inverse @ back.T,
        value,
        collinear,
        runaway,
        converged and not len(runaway),
    )


def _collinear(X: FloatArray, weight: FloatArray) -> IntArray:
    values, vectors = np.linalg.eigh(X.T @ (X * weight[:, None]) / weight.sum())
    return np.flatnonzero((np.abs(vectors[:, values < 1e-10]) > 1e-3).any(axis=1))


def _climb(
    data: _Data, theta: FloatArray
) -> tuple[FloatArray, float, FloatArray, FloatArray, bool, FloatArray]:
    """Go up; return parameters, what belongs to them, whether at the top, and the last step."""
    value, scores, information = _evaluate(data, theta)
    step = np.zeros_like(theta)
    for _ in range(ITERATIONS):
        score = data.copies @ scores
        values, vectors = np.linalg.eigh(information)
        floor = max(1e-12 * float(np.abs(values).max()), 1e-300)
        step = vectors @ (vectors.T @ score / np.maximum(np.abs(values), floor))
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        gain = float(score @ step)
        size = 1.0
        while size > 1e-8:
            found = _evaluate(data, theta + size * step)
            if np.isfinite(found[0]) and found[0] >= value - 1e-12 * (1.0 + abs(value)):
                break
            size /= 2
        else:
            there = gain <= 1e-8 * (1.0 + abs(value))
            return theta, value, scores, information, there, step
        theta = theta + size * step
        value, scores, information = found
        if gain <= 1e-13 * (1.0 + abs(value)):
            return theta, value, scores, information, True, step
        if np.abs(theta[1:]).max(initial=0.0) > 8 * FAR:
            break
    return theta, value, scores, information, False, step


def _evaluate(data: _Data, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return log-likelihood, scores by person (N, D) and observed information (D, D)."""
    n, p = len(data.copies), data.X.shape[1]
    predictor = data.X @ theta[:p]
    with np.errstate(over="ignore"):
        expected = np.exp(predictor) * data.time
    own = np.stack([np.bincount(data.person, expected * x, n) for x in data.X.T], axis=1)
    happened = np.stack(
        [np.bincount(data.person, data.event * x, n).astype(np.float64) for x in data.X.T], axis=1
    )
    m, count = own[:, 0], happened[:, 0]
    logs = np.bincount(data.person, data.event * predictor, n)
    outer = (data.X * (data.weight * expected)[:, None]).T
    if not data.mixed:
        value = float(data.copies @ (logs - m))
        return value, happened - own, outer @ data.X
    r = float(np.exp(-theta[p]))
    shrunk = (count + r) / (r + m)
    value = float(
        data.copies
        @ (logs + gammaln(count + r) - gammaln(r) + r * np.log(r) - (count + r) * np.log(r + m))
    )
    on_r = digamma(count + r) - digamma(r) + np.log(r) + 1.0 - np.log(r + m) - shrunk
    curve_r = (
        polygamma(1, count + r)
        - polygamma(1, r)
        + 1.0 / r
        - 2.0 / (r + m)
        + (count + r) / (r + m) ** 2
    )
    scores = np.column_stack([happened - shrunk[:, None] * own, -r * on_r])
    rows = shrunk[data.person]
    information = np.zeros((p + 1, p + 1))
    information[:p, :p] = (outer * rows) @ data.X
    pull = data.copies * (count + r) / (r + m) ** 2
    information[:p, :p] -= (own * pull[:, None]).T @ own
    cross = own.T @ (data.copies * (m - count) / (r + m) ** 2)
    information[:p, p] = information[p, :p] = -r * cross
    information[p, p] = -float(data.copies @ (r * on_r + r**2 * curve_r))
    return value, scores, information
