"""The EM step of a finite mixture, its exact score and its observed information."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.density import Density
from trajectories.numerics.membership import membership_step, packed_places
from trajectories.numerics.newton import climb
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.totals import ScoreMoments, Totals
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

SMALLEST_PROBABILITY = 1e-300
"""Keeps the log of an empty group's probability finite."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of a mixture.

    Attributes
    ----------
    intercepts : ndarray, shape (K,)
        Log group probabilities; with slopes, those at covariates of zero.
    theta : ndarray, shape (K, Q)
        Parameters of the groups.
    slopes : ndarray, shape (K, M), or None
        Of the logits of the groups against group 1 in the covariates: zero for group 1.
    """

    intercepts: FloatArray
    theta: FloatArray
    slopes: FloatArray | None = None

    @property
    def log_probability(self) -> FloatArray:
        """Log group probabilities, shape (K,).

        Raises
        ------
        InputError
            If they depend on covariates: then there is no one probability for everybody.
        """
        if self.slopes is not None:
            raise InputError(
                "the group probabilities of this model depend on covariates (membership=), and "
                "this is not available for such a model: fit it without membership="
            )
        return self.intercepts

    def pack(self) -> FloatArray:
        """Return logits against group 1, group parameters and slopes as one vector, shape (D,)."""
        logits = self.intercepts[1:] - self.intercepts[0]
        parts = [logits, self.theta.ravel()]
        if self.slopes is not None:
            parts.append(self.slopes[1:].ravel())
        return np.concatenate(parts)

    @classmethod
    def unpack(cls, packed: FloatArray, n_groups: int, n_covariates: int = 0) -> Parameters:
        """Undo :meth:`pack`."""
        logits = np.concatenate([[0.0], packed[: n_groups - 1]])
        highest = logits.max()
        intercepts = logits - highest - np.log(np.exp(logits - highest).sum())
        stop = len(packed) - (n_groups - 1) * n_covariates
        theta = packed[n_groups - 1 : stop].reshape(n_groups, -1)
        if not n_covariates:
            return cls(intercepts, theta)
        slopes = np.zeros((n_groups, n_covariates))
        slopes[1:] = packed[stop:].reshape(n_groups - 1, n_covariates)
        return cls(intercepts, theta, slopes)

    def ordered(self, order: IntArray) -> Parameters:
        """Return the groups in another order."""
        slopes = None if self.slopes is None else self.slopes[order] - self.slopes[order[0]]
        return Parameters(self.intercepts[order], self.theta[order], slopes)

    def with_slopes(self, n_covariates: int) -> Parameters:
        """Return the parameters with slopes of zero where they have none."""
        if self.slopes is not None or not n_covariates:
            return self
        slopes = np.zeros((len(self.intercepts), n_covariates))
        return Parameters(self.intercepts, self.theta, slopes)


def expansion(active: BoolArray, common: BoolArray, n_slopes: int = 0) -> FloatArray:
    """Return the matrix, shape (D, F), from F estimated numbers to packed parameters.

    Parameters
    ----------
    active : ndarray of bool, shape (K, Q)
        Parameters that are estimated.
    common : ndarray of bool, shape (Q,)
        Those of a group that all groups share.
    n_slopes : int
        Slopes of the group probabilities in covariates, all of them estimated.
    """
    names = np.arange(active.size).reshape(active.shape)
    names[:, common] = names[:1, common]
    without = expansion_of_names(active, names)
    size, n_numbers = without.shape
    matrix = np.zeros((size + n_slopes, n_numbers + n_slopes))
    matrix[:size, :n_numbers] = without
    matrix[size + np.arange(n_slopes), n_numbers + np.arange(n_slopes)] = 1.0
    return matrix


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
    n_covariates : int
        Covariates of the rows, M, that the group probabilities depend on.
    """

    def __init__(
        self,
        statistics: Statistics,
        density: Density,
        active: BoolArray,
        held: FloatArray | None = None,
        common: BoolArray | None = None,
        n_covariates: int = 0,
    ) -> None:
        self.statistics = statistics
        self.density = density
        self.active = active
        self.held = np.zeros(active.shape) if held is None else held
        self.common = np.zeros(active.shape[1], dtype=bool) if common is None else common
        self.n_groups = len(active)
        self.n_covariates = n_covariates
        n_slopes = (self.n_groups - 1) * n_covariates
        self.expansion = expansion(active, self.common, n_slopes)

    def projected(self, score: FloatArray) -> FloatArray:
        """Return the score, shape (D,), of the numbers that are estimated.

        Zero where parameters are held. The score of one that groups share stands at the first.
        """
        first = self.expansion.argmax(axis=0)
        result = np.zeros_like(score)
        result[first] = self.expansion.T @ score
        return result

    def e_step(self, parameters: Parameters, moves: bool = True) -> Totals:
        """Return the likelihood and the totals at some parameters.

        Without ``moves``, group probabilities by covariates stay in the M-step that follows.
        """
        table = self.density.log_density(parameters.theta)
        if parameters.slopes is None:
            return self.statistics.em_pass(table, parameters.intercepts)
        return self.statistics.em_pass(table, parameters.intercepts, parameters.slopes, moves)

    def m_step(
        self, parameters: Parameters, totals: Totals, steps: int = 1, cautious: bool = True
    ) -> Parameters:
        """Return parameters that raise the expected complete-data log-likelihood.

        Group probabilities by covariates stay where the totals say nothing of them. Not
        ``cautious``, they take a longer step, which raises it nearly always; see
        :func:`trajectories.numerics.membership.membership_step`.
        """
        theta = self.climb(parameters.theta, totals.cell_weight, steps)
        if parameters.slopes is None:
            share = totals.group_weight / totals.group_weight.sum()
            return Parameters(np.log(np.maximum(share, SMALLEST_PROBABILITY)), theta)
        if totals.membership is None:
            return replace(parameters, theta=theta)
        intercepts, slopes = membership_step(
            parameters.intercepts,
            parameters.slopes,
            totals.membership,
            self.statistics.covariate_inverse(),
            self.statistics.total_weight,
            None if cautious else totals.spread,
        )
        return Parameters(intercepts, theta, slopes)

    def climb(
        self, theta: FloatArray, cell_weight: FloatArray, steps: int = 1, n_models: int = 1
    ) -> FloatArray:
        """Raise the weighted log densities of the groups of one model, or of several in order."""
        active = np.tile(self.active, (n_models, 1))
        return climb(self.density, theta, cell_weight, active, self.common, steps, n_models)

    def posterior(self, parameters: Parameters) -> FloatArray:
        """Return the posterior group probabilities of the rows, shape (N, K)."""
        table = self.density.log_density(parameters.theta)
        if parameters.slopes is None:
            return self.statistics.posterior(table, parameters.intercepts)
        return self.statistics.posterior(table, parameters.intercepts, parameters.slopes)

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
        moments = self._moments(parameters, table, scores)
        totals = moments.totals
        _, _, hessian = self.density.weighted(parameters.theta, totals.cell_weight)
        size = n_logits + n_groups * n_parameters
        score = np.zeros(size)
        score[n_logits:] = moments.group_score.ravel()
        information = moments.mean_outer.copy()
        for k in range(n_groups):
            block = slice(n_logits + k * n_parameters, n_logits + (k + 1) * n_parameters)
            information[block, block] -= hessian[k] + moments.group_outer[k]
        if moments.membership is None:
            probability = np.exp(parameters.intercepts)
            self._add_logits(score, information, moments, probability)
        else:
            score, information = _with_membership(score, information, moments)
        return totals.llf, score, information, totals

    def _moments(
        self, parameters: Parameters, table: FloatArray, scores: FloatArray
    ) -> ScoreMoments:
        if parameters.slopes is None:
            return self.statistics.score_moments(table, parameters.intercepts, scores)
        return self.statistics.score_moments(
            table, parameters.intercepts, scores, parameters.slopes
        )

    def _add_logits(
        self,
        score: FloatArray,
        information: FloatArray,
        moments: ScoreMoments,
        probability: FloatArray,
    ) -> None:
        """Add the logits of group probabilities that are the same for all, in place."""
        n_groups = len(probability)
        n_parameters = moments.group_score.shape[1]
        weight, later = self.statistics.total_weight, probability[1:]
        responsible = moments.totals.group_weight[1:]
        logits = slice(0, n_groups - 1)
        score[logits] = responsible - weight * later
        information[logits, logits] += weight * (np.diag(later) - np.outer(later, later))
        information[logits, logits] -= (
            np.diag(responsible)
            - np.outer(responsible, later)
            - np.outer(later, responsible)
            + weight * np.outer(later, later)
        )
        indicator = np.eye(n_groups)[1:]
        for k in range(n_groups):
            start = n_groups - 1 + k * n_parameters
            block = slice(start, start + n_parameters)
            cross = np.outer(indicator[:, k] - later, moments.group_score[k])
            information[logits, block] -= cross
            information[block, logits] -= cross.T


def _with_membership(
    score: FloatArray, information: FloatArray, moments: ScoreMoments
) -> tuple[FloatArray, FloatArray]:
    """Return score and information with the group probabilities by covariates put in."""
    added = moments.membership
    assert added is not None
    n_groups, n_parameters = moments.group_score.shape
    n_logits, n_covariates = n_groups - 1, added.score.shape[1] - 1
    size = len(score) + n_logits * n_covariates
    theta = slice(n_logits, len(score))
    places = packed_places(n_groups, n_parameters, n_covariates)
    whole = np.zeros((size, size))
    whole[theta, theta] = information[theta, theta]
    whole[np.ix_(places, places)] = added.information
    whole[places, theta] = added.cross
    whole[theta, places] = added.cross.T
    result = np.zeros(size)
    result[theta] = score[theta]
    result[places] = added.score[1:].ravel()
    return result, whole
