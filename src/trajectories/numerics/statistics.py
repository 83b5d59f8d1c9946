"""The E-step and the totals it leaves, common to both ways of holding a panel.

The log density of unit i in group k is sum_c S[i, c] L[c, k], where S says how much of each cell
the unit holds and L is the table of log densities of the cells. One pass over the units turns L
and the log group probabilities into the likelihood, the group weights sum_i w_i r_ik and the cell
weights sum_i w_i r_ik S[i, c]; the M-step needs nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.cells import Cells
from trajectories.numerics.membership import (
    NO_COVARIATES,
    MembershipMoments,
    Spread,
    block_moments,
    row_log_probability,
)
from trajectories.numerics.row_prior import HeldBlock, HeldBlocks, RowPrior, moving_sums
from trajectories.numerics.shared_rows import SharedRows
from trajectories.numerics.team import Sums
from trajectories.numerics.totals import ScoreMoments, Totals, added, posterior_in_place, summed
from trajectories.numerics.types import FloatArray, IntArray


class Statistics(SharedRows, ABC):
    """A panel as the EM loop sees it; rows may carry weights and covariates, (N, M).

    A pass over many rows is shared by ``n_jobs`` processes, see :class:`SharedRows`.
    """

    cells: Cells
    weights: FloatArray | None
    constant: float
    n_rows: int
    total_weight: float
    block: int
    covariates: FloatArray | None = None
    _covariate_inverse: FloatArray | None = None

    @abstractmethod
    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        """Return sum_c S[i, c] table[c, m] for a block of units, shape (M, n)."""

    @abstractmethod
    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        """Return sum_i unit_weight[m, i] S[i, c] over a block, shape (C, M)."""

    @abstractmethod
    def take(self, rows: IntArray) -> Statistics:
        """Return the statistics of some rows (indices), for starts on a sample."""

    def projected(self, design: FloatArray) -> Statistics:
        """Return statistics made quicker for models with this design (T, P) of the first channel.

        Itself, where nothing can be gained. Cell totals of these may differ from those of the
        panel, but lead to the same value, score and information of every such model.
        """
        return self

    def em_pass(
        self,
        table: FloatArray,
        log_probability: FloatArray,
        slopes: FloatArray | None = None,
        moves: bool = True,
    ) -> Totals:
        """Run the E-step under one model; ``table`` has shape (C, K).

        With ``slopes``, shape (K, M), group probabilities depend on the covariates of the rows;
        without ``moves``, the totals that these are moved by are left out.
        """
        if slopes is not None:
            return self._em_pass_by_row(table, RowPrior(log_probability, slopes, moves))
        many = self.em_pass_many(table[None], log_probability[None])
        return Totals(float(many[0][0]), many[1][0], many[2][0])

    def _em_pass_by_row(self, table: FloatArray, prior: RowPrior) -> Totals:
        work = type(self)._by_row_chunk
        llf, group_weight, cell_weight, *moving = added(
            self.by_chunk(work, self.block, table, prior)
        )
        totals = Totals(self.constant + float(llf), group_weight, cell_weight)
        if not prior.moves:
            return totals
        score, of_posterior, of_prior = moving
        spread = Spread(
            np.diag(group_weight - score[:, 0]) - of_prior, np.diag(group_weight) - of_posterior
        )
        return replace(totals, membership=score, spread=spread)

    def _by_row_chunk(self, blocks: Sequence[slice], table: FloatArray, prior: RowPrior) -> Sums:
        n_groups = len(prior.slopes)
        every = list(range(n_groups))
        llf = np.zeros(())
        group_weight = np.zeros(n_groups)
        cell_weight = np.zeros((len(table), n_groups))
        moving: list[Sums] = []
        for rows in blocks:
            held = self.take_prior(rows, prior, logs=True)
            log_joint = self.unit_log_density(rows, table) + held.values
            posterior, log_unit = posterior_in_place(log_joint[None])
            weights = self.row_weights(rows)
            if prior.moves:
                own = self.covariates[rows]  # type: ignore[index]  # take_prior checked it
                probability = np.exp(held.values)
                moving.append(moving_sums(own, posterior[0], probability, every, weights))
            self.put_prior_back(rows, held)
            if weights is None:
                llf += log_unit.sum()
            else:
                llf += log_unit[0] @ weights
                posterior *= weights
            group_weight += posterior[0].sum(axis=1)
            cell_weight += self.cell_totals(rows, posterior[0])
        return llf, group_weight, cell_weight, *added(moving or [()])

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

        size = max(64, self.block // max(1, n_models // 4))
        work = type(self)._many_chunk
        sums = added(self.by_chunk(work, size, flat, log_probability))
        llf, group_weight, cell_weight = sums
        llf = llf + self.constant
        shaped = cell_weight.reshape(n_cells, n_models, n_groups).transpose(1, 0, 2)
        return llf, group_weight, shaped

    def _many_chunk(
        self, blocks: Sequence[slice], flat: FloatArray, log_probability: FloatArray
    ) -> Sums:
        n_models, n_groups = log_probability.shape
        llf = np.zeros(n_models)
        group_weight = np.zeros((n_models, n_groups))
        cell_weight = np.zeros(flat.shape)
        for rows in blocks:
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
        return llf, group_weight, cell_weight

    def posterior(
        self, table: FloatArray, log_probability: FloatArray, slopes: FloatArray | None = None
    ) -> FloatArray:
        """Return the posterior group probabilities, shape (N, K)."""
        result = np.empty((self.n_rows, len(log_probability)))

        def part(blocks: Sequence[slice]) -> None:
            for rows in blocks:
                prior = self.row_prior(rows, log_probability, slopes)
                log_density = self.unit_log_density(rows, table) + prior
                result[rows] = posterior_in_place(log_density[None])[0][0].T

        self.for_each_chunk(part, self.block)
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
        stacked = np.concatenate([table, scores.reshape(len(scores), -1)], axis=1)
        size = max(64, self.block // scores.shape[2])
        work = type(self)._score_chunk
        sums = added(self.by_chunk(work, size, stacked, log_probability, slopes))
        membership = None if slopes is None else MembershipMoments(*sums[6:])
        gap = None if membership is None else membership.score
        totals = Totals(self.constant + float(sums[0]), sums[1], sums[2], gap)
        return ScoreMoments(totals, sums[3], sums[4], sums[5], membership)

    def _score_chunk(
        self,
        blocks: Sequence[slice],
        stacked: FloatArray,
        log_probability: FloatArray,
        slopes: FloatArray | None,
    ) -> Sums:
        """Return the sums of ``score_moments``; ``stacked`` is the table and the scores beside."""
        n_groups = len(log_probability)
        n_parameters = stacked.shape[1] // n_groups - 1
        size = n_groups - 1 + n_groups * n_parameters
        probability = np.exp(log_probability)
        llf = np.zeros(())
        group_weight = np.zeros(n_groups)
        cell_weight = np.zeros((len(stacked), n_groups))
        mean_outer = np.zeros((size, size))
        group_outer = np.zeros((n_groups, n_parameters, n_parameters))
        group_score = np.zeros((n_groups, n_parameters))
        by_row: list[MembershipMoments] = []
        for rows in blocks:
            units = self.unit_log_density(rows, stacked)
            prior = self.row_prior(rows, log_probability, slopes)
            log_density = units[:n_groups] + prior
            unit_scores = units[n_groups:].reshape(n_groups, n_parameters, -1)
            posterior, log_unit = posterior_in_place(log_density[None])
            responsibility = posterior[0]
            weights = self.row_weights(rows)
            weighted = responsibility if weights is None else responsibility * weights
            llf += log_unit.sum() if weights is None else log_unit[0] @ weights
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
                by_row.append(block_moments(own, np.exp(prior), responsibility, parts, weights))
        found = (llf, group_weight, cell_weight, mean_outer, group_outer, group_score)
        return found if slopes is None else found + summed(by_row)

    def row_prior(
        self, rows: slice, log_probability: FloatArray, slopes: FloatArray | None
    ) -> FloatArray:
        """Return the log group probabilities of a block, shape (K, n), or (K, 1) for all alike."""
        covariates = None if self.covariates is None else self.covariates[rows]
        return row_log_probability(log_probability, slopes, covariates)

    def take_prior(self, rows: slice, prior: RowPrior, logs: bool = False) -> HeldBlock:
        """Return the group probabilities of a block, or their logs; to be put back after use.

        Raises
        ------
        InputError
            If there are no covariates.
        """
        if self.covariates is None:
            raise InputError(NO_COVARIATES)
        held: HeldBlocks = self.__dict__.setdefault("_held", HeldBlocks())
        return held.take(rows, prior, self.covariates, logs)

    def put_prior_back(self, rows: slice, block: HeldBlock) -> None:
        """Leave a block for the next pass."""
        self.__dict__["_held"].put_back(rows, block, self.n_rows)

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

    def covariate_inverse(self) -> FloatArray:
        """Return the inverse of sum_i w_i x_i x_i', x = (1, z), (1 + M, 1 + M); computed once."""
        if self._covariate_inverse is None:
            assert self.covariates is not None
            size = 1 + self.covariates.shape[1]
            total = np.zeros((size, size))
            for rows in self.blocks(self.block):
                own = self.covariates[rows]
                extended = np.concatenate([np.ones((len(own), 1)), own], axis=1)
                weights = self.row_weights(rows)
                total += (extended.T if weights is None else extended.T * weights) @ extended
            self._covariate_inverse = np.linalg.pinv(total, hermitian=True)
        return self._covariate_inverse

    def row_weights(self, rows: slice) -> FloatArray | None:
        """Return the weights of a block of rows, or None where every weight is 1."""
        return None if self.weights is None else self.weights[rows]
