"""The E-step and the totals it leaves, common to both ways of holding a panel.

The log density of unit i in group k is sum_c S[i, c] L[c, k], where S says how much of each cell
the unit holds and L is the table of log densities of the cells. One pass over the units turns L
and the log group probabilities into the likelihood, the group weights sum_i w_i r_ik and the cell
weights sum_i w_i r_ik S[i, c]; the M-step needs nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.membership import (
    MembershipMoments,
    block_moments,
    row_log_probability,
)
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Totals:
    """What one pass leaves: log-likelihood, group weights (K,) and cell weights (C, K).

    ``membership``, shape (K, 1 + M), is sum_i w_i (r_ik - pi_ik)(1, z_i) where group probabilities
    depend on covariates z_i; None where they do not.
    """

    llf: float
    group_weight: FloatArray
    cell_weight: FloatArray
    membership: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class ScoreMoments:
    """Sums of the units' scores, for the exact score and observed information.

    Attributes
    ----------
    totals : Totals
        As of the E-step.
    mean_outer : ndarray, shape (D, D)
        sum_i w_i s_i s_i', s_i the posterior mean of the complete-data score of unit i.
    group_outer : ndarray, shape (K, Q, Q)
        sum_i w_i r_ik u_ik u_ik', u_ik the complete-data score of group k's parameters.
    group_score : ndarray, shape (K, Q)
        sum_i w_i r_ik u_ik.
    membership : MembershipMoments or None
        Where group probabilities depend on covariates; ``mean_outer`` then leaves the logits out.
    """

    totals: Totals
    mean_outer: FloatArray
    group_outer: FloatArray
    group_score: FloatArray
    membership: MembershipMoments | None = None


class Statistics(ABC):
    """A panel as the EM loop sees it; rows may carry weights and covariates, (N, M)."""

    cells: Cells
    weights: FloatArray | None
    covariates: FloatArray | None = None
    _products: FloatArray | None = None
    constant: float
    n_rows: int
    total_weight: float
    block: int

    @abstractmethod
    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        """Return sum_c S[i, c] table[c, m] for a block of units, shape (M, n)."""

    @abstractmethod
    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        """Return sum_i unit_weight[m, i] S[i, c] over a block, shape (C, M)."""

    @abstractmethod
    def take(self, rows: IntArray) -> Statistics:
        """Return the statistics of some rows (indices), for starts on a sample."""

    def em_pass(
        self, table: FloatArray, log_probability: FloatArray, slopes: FloatArray | None = None
    ) -> Totals:
        """Run the E-step under one model; ``table`` has shape (C, K).

        With ``slopes``, shape (K, M), group probabilities depend on the covariates of the rows.
        """
        if slopes is None:
            many = self.em_pass_many(table[None], log_probability[None])
            return Totals(float(many[0][0]), many[1][0], many[2][0])
        n_groups = len(log_probability)
        llf = self.constant
        group_weight = np.zeros(n_groups)
        cell_weight = np.zeros((len(table), n_groups))
        membership = np.zeros((n_groups, 1 + slopes.shape[1]))
        for rows in self.blocks(self.block):
            prior = self.row_prior(rows, log_probability, slopes)
            log_joint = self.unit_log_density(rows, table) + prior
            posterior, log_unit = posterior_in_place(log_joint[None])
            gap = np.subtract(posterior[0], np.exp(prior, out=prior), out=prior)
            weights = self.row_weights(rows)
            if weights is None:
                llf += float(log_unit.sum())
            else:
                llf += float(log_unit[0] @ weights)
                posterior *= weights
                gap *= weights
            group_weight += posterior[0].sum(axis=1)
            cell_weight += self.cell_totals(rows, posterior[0])
            membership[:, 0] += gap.sum(axis=1)
            membership[:, 1:] += gap @ self.covariates[rows]  # type: ignore[index]
        return Totals(llf, group_weight, cell_weight, membership)

    def em_pass_many(
        self, tables: FloatArray, log_probability: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Run the E-step of S models at once.

        Parameters
        ----------
        tables : ndarray, shape (S, C, K)
        log_probability : ndarray, shape (S, K)

        Returns
        -------
        llf, group_weight, cell_weight : ndarrays, shapes (S,), (S, K), (S, C, K)
        """
        n_models, n_cells, n_groups = tables.shape
        flat = np.ascontiguousarray(tables.transpose(1, 0, 2).reshape(n_cells, -1))
        llf = np.full(n_models, self.constant)
        group_weight = np.zeros((n_models, n_groups))
        cell_weight = np.zeros((n_cells, n_models * n_groups))
        for rows in self.blocks(max(64, self.block // max(1, n_models // 4))):
            log_density = self.unit_log_density(rows, flat).reshape(n_models, n_groups, -1)
            log_density += log_probability[:, :, None]
            posterior, log_unit = posterior_in_place(log_density)
            weights = self.row_weights(rows)
            if weights is None:
                llf += log_unit.sum(axis=1)
            else:
                llf += log_unit @ weights
                posterior *= weights
            group_weight += posterior.sum(axis=2)
            cell_weight += self.cell_totals(rows, posterior.reshape(n_models * n_groups, -1))
        shaped = cell_weight.reshape(n_cells, n_models, n_groups).transpose(1, 0, 2)
        return llf, group_weight, shaped

    def posterior(
        self, table: FloatArray, log_probability: FloatArray, slopes: FloatArray | None = None
    ) -> FloatArray:
        """Return the posterior group probabilities, shape (N, K)."""
        result = np.empty((self.n_rows, len(log_probability)))
        for rows in self.blocks(self.block):
            prior = self.row_prior(rows, log_probability, slopes)
            log_density = self.unit_log_density(rows, table) + prior
            result[rows] = posterior_in_place(log_density[None])[0][0].T
        return result

    def score_moments(
        self,
        table: FloatArray,
        log_probability: FloatArray,
        scores: FloatArray,
        slopes: FloatArray | None = None,
    ) -> ScoreMoments:
        """Run the pass that the exact score and observed information need.

        Parameters
        ----------
        table : ndarray, shape (C, K)
        log_probability : ndarray, shape (K,)
        scores : ndarray, shape (C, K, Q)
            Derivatives of the table in the parameters of each group.
        slopes : ndarray, shape (K, M), optional
            Where group probabilities depend on covariates.
        """
        n_cells, n_groups, n_parameters = scores.shape
        probability = np.exp(log_probability)
        stacked = np.concatenate([table, scores.reshape(n_cells, -1)], axis=1)
        size = n_groups - 1 + n_groups * n_parameters
        added: list[MembershipMoments] = []
        llf = self.constant
        group_weight = np.zeros(n_groups)
        cell_weight = np.zeros((n_cells, n_groups))
        mean_outer = np.zeros((size, size))
        group_outer = np.zeros((n_groups, n_parameters, n_parameters))
        group_score = np.zeros((n_groups, n_parameters))
        for rows in self.blocks(max(64, self.block // n_parameters)):
            units = self.unit_log_density(rows, stacked)
            prior = self.row_prior(rows, log_probability, slopes)
            log_density = units[:n_groups] + prior
            unit_scores = units[n_groups:].reshape(n_groups, n_parameters, -1)
            posterior, log_unit = posterior_in_place(log_density[None])
            responsibility = posterior[0]
            weights = self.row_weights(rows)
            weighted = responsibility if weights is None else responsibility * weights
            llf += float(log_unit.sum() if weights is None else log_unit[0] @ weights)
            group_weight += weighted.sum(axis=1)
            cell_weight += self.cell_totals(rows, weighted)
            parts = responsibility[:, None, :] * unit_scores
            mean = np.concatenate(
                [responsibility[1:] - probability[1:, None], parts.reshape(-1, parts.shape[2])]
            )
            mean_outer += (mean if weights is None else mean * weights) @ mean.T
            if weights is not None:
                parts = parts * weights
            group_outer += np.matmul(parts, unit_scores.transpose(0, 2, 1))
            group_score += parts.sum(axis=2)
            if slopes is not None:
                own = self.covariates[rows]  # type: ignore[index]  # row_prior checked it
                added.append(block_moments(own, np.exp(prior), responsibility, parts, weights))
        membership = None if slopes is None else summed(added)
        gap = None if membership is None else membership.score
        totals = Totals(llf, group_weight, cell_weight, gap)
        return ScoreMoments(totals, mean_outer, group_outer, group_score, membership)

    def row_prior(
        self, rows: slice, log_probability: FloatArray, slopes: FloatArray | None
    ) -> FloatArray:
        """Return the log group probabilities of a block, shape (K, n), or (K, 1) for all alike."""
        covariates = None if self.covariates is None else self.covariates[rows]
        return row_log_probability(log_probability, slopes, covariates)

    def mean_share(self, log_probability: FloatArray, slopes: FloatArray | None) -> FloatArray:
        """Return the group probabilities, averaged over the units by weight, shape (K,)."""
        if slopes is None:
            return np.exp(log_probability)
        total = np.zeros(len(log_probability))
        for rows in self.blocks(self.block):
            share = np.exp(self.row_prior(rows, log_probability, slopes))
            weights = self.row_weights(rows)
            total += share.sum(axis=1) if weights is None else share @ weights
        return total / self.total_weight

    def covariate_products(self) -> FloatArray:
        """Return sum_i w_i x_i x_i', x = (1, z), shape (1 + M, 1 + M); computed once."""
        if self._products is None:
            assert self.covariates is not None
            size = 1 + self.covariates.shape[1]
            total = np.zeros((size, size))
            for rows in self.blocks(self.block):
                own = self.covariates[rows]
                extended = np.concatenate([np.ones((len(own), 1)), own], axis=1)
                weights = self.row_weights(rows)
                total += (extended.T if weights is None else extended.T * weights) @ extended
            self._products = total
        return self._products

    def blocks(self, size: int) -> list[slice]:
        """Cut the rows into blocks of at most ``size``."""
        return [slice(low, min(low + size, self.n_rows)) for low in range(0, self.n_rows, size)]

    def row_weights(self, rows: slice) -> FloatArray | None:
        """Return the weights of a block of rows, or None where every weight is 1."""
        return None if self.weights is None else self.weights[rows]


def summed(moments: list[MembershipMoments]) -> MembershipMoments:
    """Return the sums of the moments of several blocks."""
    return MembershipMoments(
        sum((one.score for one in moments[1:]), moments[0].score),
        sum((one.information for one in moments[1:]), moments[0].information),
        sum((one.cross for one in moments[1:]), moments[0].cross),
    )


def posterior_in_place(log_joint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn log joint densities (S, K, n) into posteriors, in place.

    Returns the posteriors and the log of the marginal densities, shape (S, n).
    """
    highest = log_joint.max(axis=1)
    log_joint -= highest[:, None]
    np.exp(log_joint, out=log_joint)
    total = log_joint.sum(axis=1)
    log_joint /= total[:, None]
    np.log(total, out=total)
    total += highest
    return log_joint, total
