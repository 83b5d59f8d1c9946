"""The EM step of a finite mixture, its exact score and its observed information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.density import Density
from trajectories.numerics.newton import climb
from trajectories.numerics.statistics import Statistics, Totals
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

SMALLEST_PROBABILITY = 1e-300
"""Keeps the log of an empty group's probability finite."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Log group probabilities, shape (K,), and group parameters, shape (K, Q)."""

    log_probability: FloatArray
    theta: FloatArray

    def pack(self) -> FloatArray:
        """Return logits against group 1 and group parameters as one vector, shape (D,)."""
        logits = self.log_probability[1:] - self.log_probability[0]
        return np.concatenate([logits, self.theta.ravel()])

    @classmethod
    def unpack(cls, packed: FloatArray, n_groups: int) -> Parameters:
        """Undo :meth:`pack`."""
        logits = np.concatenate([[0.0], packed[: n_groups - 1]])
        highest = logits.max()
        log_probability = logits - highest - np.log(np.exp(logits - highest).sum())
        return cls(log_probability, packed[n_groups - 1 :].reshape(n_groups, -1))

    def ordered(self, order: IntArray) -> Parameters:
        """Return the groups in another order."""
        return Parameters(self.log_probability[order], self.theta[order])


def expansion(active: BoolArray, common: BoolArray) -> FloatArray:
    """Return the matrix, shape (D, F), from F estimated numbers to packed parameters.

    Parameters
    ----------
    active : ndarray of bool, shape (K, Q)
        Parameters that are estimated.
    common : ndarray of bool, shape (Q,)
        Those of a group that all groups share.
    """
    names = np.arange(active.size).reshape(active.shape)
    names[:, common] = names[:1, common]
    return expansion_of_names(active, names)


def expansion_of_names(active: BoolArray, names: IntArray) -> FloatArray:
    """Return the expansion where parameters of one name, shape (K, Q), are one number."""
    n_logits = len(active) - 1
    # numbered as they appear: logits first
    every = np.concatenate([np.arange(n_logits), n_logits + names.ravel()])
    use = np.concatenate([np.ones(n_logits, dtype=bool), active.ravel()])
    _, first, column = np.unique(every[use], return_index=True, return_inverse=True)
    by_appearance = np.argsort(np.argsort(first))
    matrix = np.zeros((len(every), len(first)))
    matrix[np.flatnonzero(use), by_appearance[column]] = 1.0
    return matrix


class Mixture:
    """A mixture of K groups over a panel: likelihood, EM step, score, information.

    Parameters
    ----------
    statistics : Statistics
        The panel.
    density : Density
        The family on the panel's cells.
    active : ndarray of bool, shape (K, Q)
        Parameters that are estimated; the others stay where they are held.
    held : ndarray, shape (K, Q), optional
        Where those are held; zero unless told.
    common : ndarray of bool, shape (Q,), optional
        Parameters that all groups share; none unless told.
    """

    def __init__(
        self,
        statistics: Statistics,
        density: Density,
        active: BoolArray,
        held: FloatArray | None = None,
        common: BoolArray | None = None,
    ) -> None:
        self.statistics = statistics
        self.density = density
        self.active = active
        self.held = np.zeros(active.shape) if held is None else held
        self.common = np.zeros(active.shape[1], dtype=bool) if common is None else common
        self.n_groups = len(active)
        self.expansion = expansion(active, self.common)

    def projected(self, score: FloatArray) -> FloatArray:
        """Return the score, shape (D,), of the numbers that are estimated.

        Zero where parameters are held. The score of one that groups share stands at the first.
        """
        first = self.expansion.argmax(axis=0)
        result = np.zeros_like(score)
        result[first] = self.expansion.T @ score
        return result

    def e_step(self, parameters: Parameters) -> Totals:
        """Return the likelihood and the totals at some parameters."""
        table = self.density.log_density(parameters.theta)
        return self.statistics.em_pass(table, parameters.log_probability)

    def m_step(self, parameters: Parameters, totals: Totals, steps: int = 1) -> Parameters:
        """Return parameters that raise the expected complete-data log-likelihood."""
        share = totals.group_weight / totals.group_weight.sum()
        log_probability = np.log(np.maximum(share, SMALLEST_PROBABILITY))
        return Parameters(log_probability, self.climb(parameters.theta, totals.cell_weight, steps))

    def climb(
        self, theta: FloatArray, cell_weight: FloatArray, steps: int = 1, n_models: int = 1
    ) -> FloatArray:
        """Raise the weighted log densities of the groups of one model, or of several in order."""
        active = np.tile(self.active, (n_models, 1))
        return climb(self.density, theta, cell_weight, active, self.common, steps, n_models)

    def score_and_information(
        self, parameters: Parameters
    ) -> tuple[float, FloatArray, FloatArray, Totals]:
        """Return log-likelihood, score (D,), observed information (D, D) and the totals.

        The information is exact: Louis (1982), Journal of the Royal Statistical Society B 44(2),
        226-233: complete information less the posterior variance of the complete score.
        """
        n_groups, n_parameters = parameters.theta.shape
        n_logits = n_groups - 1
        table = self.density.log_density(parameters.theta)
        scores = self.density.score_table(parameters.theta)
        moments = self.statistics.score_moments(table, parameters.log_probability, scores)
        totals = moments.totals
        _, _, hessian = self.density.weighted(parameters.theta, totals.cell_weight)
        probability = np.exp(parameters.log_probability)
        weight = self.statistics.total_weight
        later = probability[1:]
        score = np.concatenate(
            [totals.group_weight[1:] - weight * later, moments.group_score.ravel()]
        )
        complete = np.zeros((len(score), len(score)))
        outer = np.zeros_like(complete)
        logits = slice(0, n_logits)
        complete[logits, logits] = weight * (np.diag(later) - np.outer(later, later))
        responsible = totals.group_weight[1:]
        outer[logits, logits] = (
            np.diag(responsible)
            - np.outer(responsible, later)
            - np.outer(later, responsible)
            + weight * np.outer(later, later)
        )
        indicator = np.eye(n_groups)[1:]
        for k in range(n_groups):
            block = slice(n_logits + k * n_parameters, n_logits + (k + 1) * n_parameters)
            complete[block, block] = -hessian[k]
            outer[block, block] = moments.group_outer[k]
            cross = np.outer(indicator[:, k] - later, moments.group_score[k])
            outer[logits, block] = cross
            outer[block, logits] = cross.T
        return totals.llf, score, complete - outer + moments.mean_outer, totals
