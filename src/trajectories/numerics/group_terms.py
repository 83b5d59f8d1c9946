"""What depends on the group a unit belongs to: log densities with exact derivatives.

A term gives, for every unit i and group t, the log density l_it of something (the group itself
given covariates, an outcome given the group), its gradient in the term's parameters, and weighted
sums of its Hessians. Several terms add up to the log density of a third step.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.special import logsumexp

from trajectories.numerics.types import FloatArray


class GroupTerm(Protocol):
    """A log density by unit and group."""

    @property
    def n_parameters(self) -> int:
        """Number of parameters, P."""

    def start(self, weights: FloatArray) -> FloatArray:
        """Return parameters to start from, given non-negative weights by unit and group (N, K)."""

    def evaluate(self, parameters: FloatArray, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Return log densities (n, K) and gradients (n, K, P) of some rows."""

    def hessian(self, parameters: FloatArray, rows: slice, weights: FloatArray) -> FloatArray:
        """Return sum_it v_it times the Hessian of l_it, shape (P, P), v the weights (n, K)."""


class MembershipTerm:
    """Log P(group t | covariates): multinomial logit against the first group.

    Parameters are, group by group from the second, the coefficients of the design's columns.

    Parameters
    ----------
    design : ndarray, shape (N, M)
        Intercept included.
    n_groups : int
    """

    def __init__(self, design: FloatArray, n_groups: int) -> None:
        self.design = design
        self.n_groups = n_groups

    @property
    def n_parameters(self) -> int:
        """(K - 1) M."""
        return int((self.n_groups - 1) * self.design.shape[1])

    def start(self, weights: FloatArray) -> FloatArray:
        """Return the intercepts of the groups' shares; column 0 of the design is the intercept."""
        start = np.zeros((self.n_groups - 1, self.design.shape[1]))
        share = np.maximum(weights.sum(axis=0), 1e-9 * weights.sum())
        start[:, 0] = np.log(share[1:] / share[0])
        return start.ravel()

    def log_probability(self, parameters: FloatArray, design: FloatArray) -> FloatArray:
        """Return log P(t | x), shape (n, K)."""
        coefficients = parameters.reshape(self.n_groups - 1, -1)
        eta = np.concatenate([np.zeros((len(design), 1)), design @ coefficients.T], axis=1)
        return np.asarray(eta - logsumexp(eta, axis=1, keepdims=True))

    def evaluate(self, parameters: FloatArray, rows: slice) -> tuple[FloatArray, FloatArray]:
        """D l_it / d beta_j = (1{t = j} - p_ij) x_i."""
        design = self.design[rows]
        log_p = self.log_probability(parameters, design)
        gap = np.eye(self.n_groups)[None, :, 1:] - np.exp(log_p)[:, None, 1:]
        gradient = gap[:, :, :, None] * design[:, None, None, :]
        return log_p, gradient.reshape(len(design), self.n_groups, -1)

    def hessian(self, parameters: FloatArray, rows: slice, weights: FloatArray) -> FloatArray:
        """Block (j, k) is - sum_i v_i p_ij (1{j = k} - p_ik) x_i x_i', v_i summed over groups."""
        design, total = self.design[rows], weights.sum(axis=1)
        p = np.exp(self.log_probability(parameters, design))[:, 1:]
        n_own = design.shape[1]
        found = np.zeros((self.n_parameters,) * 2)
        for j in range(self.n_groups - 1):
            for k in range(j, self.n_groups - 1):
                bend = total * p[:, j] * (float(j == k) - p[:, k])
                block = -(design * bend[:, None]).T @ design
                at = slice(j * n_own, (j + 1) * n_own), slice(k * n_own, (k + 1) * n_own)
                found[at] = block
                found[at[1], at[0]] = block.T
        return found
