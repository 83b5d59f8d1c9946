"""Regression with a normal intercept of each unit, integrated out by adaptive quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logsumexp

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray, IntArray

NODES = 15
"""Nodes of the Gauss–Hermite rule, which is laid over each unit's own mode and curvature."""

MODE_STEPS = 8
"""Newton steps to the mode; they halve nothing, because the log density is concave."""

ROWS = 20_000
"""Rows handled at a time, so that tables of rows by nodes stay small."""

FLAT = 1e-6
"""Curvature a row, in columns of length 1 a row, below which the likelihood has run off."""

Kind = Literal["logit", "poisson"]


@dataclass(frozen=True, slots=True, eq=False)
class RandomInterceptFit:
    """Hold the maximum of the marginal likelihood.

    Attributes
    ----------
    params : ndarray, shape (P,)
    spread : float
        Standard deviation of the intercepts; 0 where none was fitted.
    robust_covariance : ndarray, shape (P, P)
        Sandwich with scores summed by cluster.
    log_likelihood : float
    """

    params: FloatArray
    spread: float
    robust_covariance: FloatArray
    log_likelihood: float


def random_intercept(
    outcome: FloatArray,
    design: FloatArray,
    unit: IntArray,
    *,
    kind: Kind,
    offset: FloatArray | None = None,
    cluster: IntArray | None = None,
    intercepts: bool = True,
) -> RandomInterceptFit:
    """Fit eta = X b + offset + spread · z, z standard normal by unit, for 0/1 or counts.

    Parameters
    ----------
    outcome : ndarray, shape (R,)
    design : ndarray, shape (R, P)
        With a constant.
    unit, cluster : ndarray of int, shape (R,)
        Units nested in clusters; clusters are the units when left out.
    kind : {"logit", "poisson"}
    offset : ndarray, shape (R,), optional
    intercepts : bool
        False: no intercept of a unit, an ordinary regression with clustered errors.

    Raises
    ------
    InputError
        If a column is a combination of those before it, or no maximum is found; if units lie in
        several clusters, or all in one.
    """
    problem = _Problem(outcome, design, unit, kind, offset, intercepts)
    size = design.shape[1]
    # at spread 0 the likelihood is level in the spread: begin elsewhere
    start = np.append(np.zeros(size), np.ones(int(intercepts)))
    found = minimize(
        problem.negative, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 500}
    )
    theta, curvature = _polish(problem, np.asarray(found.x))
    value, scores = problem.scores(theta)
    bread = np.linalg.inv(curvature)
    if cluster is not None:
        group = _clusters(problem, cluster)
        summed = np.zeros((int(group.max()) + 1, len(theta)))
        np.add.at(summed, group, scores)
        scores = summed
    covariance = bread @ (scores.T @ scores) @ bread
    back = problem.back
    return RandomInterceptFit(
        params=back @ theta[:size],
        spread=abs(float(theta[size])) if intercepts else 0.0,
        robust_covariance=back @ covariance[:size, :size] @ back.T,
        log_likelihood=value,
    )


def _clusters(problem: _Problem, cluster: IntArray) -> IntArray:
    """Return the cluster of each unit, numbered from 0."""
    by_row = cluster[problem.order]
    if (np.minimum.reduceat(by_row, problem.first) != by_row[problem.first]).any() or (
        np.maximum.reduceat(by_row, problem.first) != by_row[problem.first]
    ).any():
        raise InputError("clusters differ within units: give every row of a unit the same")
    group = np.unique(by_row[problem.first], return_inverse=True)[1]
    if not group.any():
        raise InputError(
            "cluster: all units are in one cluster, whose scores sum to 0 at the maximum, so its "
            "standard errors would be 0 whatever the data are: give finer clusters, or leave "
            "cluster= out"
        )
    return np.asarray(group, dtype=np.int64)


class _Problem:
    """The marginal log-likelihood in orthonormal columns of the design."""

    def __init__(
        self,
        outcome: FloatArray,
        design: FloatArray,
        unit: IntArray,
        kind: Kind,
        offset: FloatArray | None,
        intercepts: bool,
    ) -> None:
        order = np.argsort(unit, kind="stable")
        _, code = np.unique(unit[order], return_inverse=True)
        q, r = np.linalg.qr(design[order])
        left = np.abs(np.diag(r)) <= 1e-9 * np.linalg.norm(design, axis=0)
        if left.any():
            at = int(np.flatnonzero(left)[0])
            raise InputError(f"design: column {at} is a combination of the columns before it")
        root = np.sqrt(len(outcome))
        self.design = q * root
        self.back = np.linalg.inv(r) * root
        self.outcome = outcome[order]
        self.offset = np.zeros(len(outcome)) if offset is None else offset[order]
        self.kind = kind
        self.order = order
        first = np.flatnonzero(np.r_[True, code[1:] != code[:-1]])
        # whole units, some ROWS rows together
        cut = np.searchsorted(first, np.arange(0, len(outcome), ROWS))
        edges = np.unique(np.append(cut, len(first)))
        stops = np.append(first, len(outcome))
        self.blocks = [(int(a), int(b)) for a, b in pairwise(edges)]
        self.first, self.stops = first, stops
        node, weight = np.polynomial.hermite_e.hermegauss(NODES if intercepts else 1)
        self.node, self.log_weight = node, np.log(weight / weight.sum())
        self.intercepts = intercepts

    def negative(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return minus the mean log-likelihood, and its gradient."""
        value, scores = self.scores(theta)
        n = len(self.outcome)
        return -value / n, -scores.sum(axis=0) / n

    def scores(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return the log-likelihood and the scores of the units, shape (N, P [+ 1])."""
        size = self.design.shape[1]
        spread = theta[size] if self.intercepts else 0.0
        fixed = self.design @ theta[:size] + self.offset
        total, scores = 0.0, np.zeros((len(self.first), len(theta)))
        for begin, stop in self.blocks:
            low, high = int(self.first[begin]), int(self.stops[stop])
            rows = slice(low, high)
            starts = self.first[begin:stop] - low
            sizes = np.diff(np.append(starts, high - low))
            z, log_weight = self._nodes(fixed[rows], self.outcome[rows], spread, starts, sizes)
            by_row = np.repeat(z, sizes, axis=0)
            y = self.outcome[rows, None]
            mean, log_density = self._density(fixed[rows, None] + spread * by_row, y)
            by_unit = np.add.reduceat(log_density, starts, axis=0) + log_weight
            marginal = logsumexp(by_unit, axis=1)
            total += float(marginal.sum())
            posterior = np.exp(by_unit - marginal[:, None])
            residual = (y - mean) * np.repeat(posterior, sizes, axis=0)
            own = scores[begin:stop]
            own[:, :size] = np.add.reduceat(
                residual.sum(axis=1)[:, None] * self.design[rows], starts, axis=0
            )
            if self.intercepts:
                own[:, size] = np.add.reduceat((residual * by_row).sum(axis=1), starts)
        return total, scores

    def _nodes(
        self, fixed: FloatArray, y: FloatArray, spread: float, starts: IntArray, sizes: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return nodes and log weights of each unit, shape (U, nodes), around its mode.

        The integral of f(z) φ(z) is Σ w_q f(z_q) φ(z_q) s / φ(x_q) at z_q = mode + s x_q
        (Liu & Pierce 1994), with s² the inverse of minus the second derivative at the mode.
        """
        mode, curvature = np.zeros(len(starts)), np.ones(len(starts))
        for _ in range(MODE_STEPS if self.intercepts else 0):
            eta = fixed + spread * np.repeat(mode, sizes)
            mean = expit(eta) if self.kind == "logit" else np.exp(np.minimum(eta, 50.0))
            slope = spread * np.add.reduceat(y - mean, starts) - mode
            variance = mean * (1.0 - mean) if self.kind == "logit" else mean
            curvature = 1.0 + spread**2 * np.add.reduceat(variance, starts)
            mode = mode + np.clip(slope / curvature, -1.0, 1.0)
        scale = curvature**-0.5
        z = mode[:, None] + scale[:, None] * self.node
        log_weight = self.log_weight + (self.node**2 - z**2) / 2 + np.log(scale)[:, None]
        return z, log_weight

    def _density(self, eta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.kind == "logit":
            return np.asarray(expit(eta)), y * eta - np.logaddexp(0.0, eta)
        mean = np.exp(np.minimum(eta, 50.0))
        return mean, y * eta - mean - gammaln(y + 1.0)


def _curvature(problem: _Problem, theta: FloatArray) -> FloatArray:
    """Return minus the Hessian, by central differences of the exact gradient."""
    step = 1e-5
    columns = []
    for unit in np.eye(len(theta)) * step:
        up = problem.scores(theta + unit)[1].sum(axis=0)
        down = problem.scores(theta - unit)[1].sum(axis=0)
        columns.append((down - up) / (2 * step))
    found = np.array(columns)
    return np.asarray((found + found.T) / 2)


def _polish(problem: _Problem, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Finish with Newton steps on one curvature; return parameters and curvature."""
    curvature = _curvature(problem, theta)
    if not (np.linalg.eigvalsh(curvature) > FLAT * len(problem.outcome)).all():
        raise InputError(
            "random intercept: the likelihood has no proper maximum: a covariate separates, or the "
            "intercepts do not vary"
        )
    for _ in range(5):
        gradient = problem.scores(theta)[1].sum(axis=0)
        step = np.linalg.solve(curvature, gradient)
        theta = theta + step
        if float(gradient @ step) < 1e-12:
            break
    return theta, curvature
