"""The E-step by ratios of groups to the largest one, for panels held as features.

The log densities of a block of units are its features times coefficients, dense or sparse. Only
the ratios to a group of reference are computed, K - 1 of them, and its totals are those of the
panel, summed once, less the others'.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from trajectories.numerics.membership import Spread
from trajectories.numerics.row_prior import RowPrior, is_safe, moving_sums, weigh_ratios
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.team import Sums
from trajectories.numerics.thin_products import (
    padded_rows,
    rows_times_block,
    weights_times_block,
)
from trajectories.numerics.threads import buffer
from trajectories.numerics.totals import Totals, added, posterior_in_place
from trajectories.numerics.types import FloatArray

FIXED_AT_ZERO = -5e3
"""A group with an entry below this in its table of log densities is fixed at zero."""

SAFE_EXPONENT = 600.0
"""Above this log ratio of two groups the E-step takes the slower route that cannot overflow."""


class Groups(NamedTuple):
    """The groups whose ratios to a reference group are computed, and that group."""

    others: list[int]
    reference: int


class RatioStatistics(Statistics):
    """A panel of N units whose log densities are linear in features of the unit.

    A class of these says what the features are, how their coefficients follow from the table of
    cells, and how their totals lead back to cells.
    """

    _feature_sums: list[FloatArray] | None = None

    @abstractmethod
    def _features(self, rows: slice) -> list[FloatArray]:
        """Return the features of a block of units, shapes (n, F), dense or sparse."""

    @abstractmethod
    def _coefficients(self, table: FloatArray) -> tuple[list[FloatArray], FloatArray]:
        """Return coefficients of each feature, shapes (F, M), and a constant per column (M,)."""

    @abstractmethod
    def _to_cells(self, stored: list[FloatArray], group_weight: FloatArray) -> FloatArray:
        """Turn totals of the features, shapes (F, M), into weights of the cells (C, M)."""

    def em_pass(
        self,
        table: FloatArray,
        log_probability: FloatArray,
        slopes: FloatArray | None = None,
        moves: bool = True,
    ) -> Totals:
        """Run the E-step; only ratios to the largest group are computed, K - 1 of them.

        The reference group's totals are the totals of the panel, summed once, less the others'.
        With ``slopes``, shape (K, M), the group probabilities are a row's own; without ``moves``,
        the totals that these are moved by are left out.
        """
        n_groups = len(log_probability)
        sums = self.feature_sums()
        # a group fixed at zero has entries of -10,000: as a reference it would drown the others
        usable = np.where(table.min(axis=0) > FIXED_AT_ZERO, log_probability, -np.inf)
        reference = int(np.argmax(usable))
        others = [k for k in range(n_groups) if k != reference]
        by_feature, offset = self._coefficients(table)
        base = sum(
            float((one * b[:, reference]).sum()) for one, b in zip(sums, by_feature, strict=True)
        )
        prior = None
        if slopes is None:
            offset = offset + log_probability
        else:
            prior = RowPrior(log_probability, slopes, moves)
        base += self.total_weight * float(offset[reference])
        if not others:
            whole = np.array([self.total_weight])
            return self._totals(self.constant + base, [one[:, None] for one in sums], whole)
        groups = Groups(others, reference)
        ratio = [self._laid_out(b[:, others] - b[:, [reference]]) for b in by_feature]
        shift = offset[others] - offset[reference]

        work = type(self)._ratio_chunk
        arguments = ratio, shift, prior, groups
        llf, group_weight, *rest = added(self.by_chunk(work, self.block, *arguments))
        feature_totals = [one[: len(others)] for one in rest[: len(ratio)]]
        totals = []
        for one, of_others in zip(sums, feature_totals, strict=True):
            totals.append(np.empty((len(one), n_groups)))
            totals[-1][:, others] = of_others.T
            totals[-1][:, reference] = one - of_others.sum(axis=0)
        share = np.empty(n_groups)
        share[others] = group_weight
        share[reference] = self.total_weight - group_weight.sum()
        found = self._totals(self.constant + base + float(llf), totals, share)
        if prior is None or not prior.moves:
            return found
        return _moving(found, groups, *rest[len(ratio) :])

    def _ratio_chunk(
        self,
        blocks: Sequence[slice],
        ratio: list[FloatArray],
        shift: FloatArray,
        prior: RowPrior | None,
        groups: Groups,
    ) -> Sums:
        """Return sum log(1 + sum exp), group weights and totals of all but the reference group.

        Then, where the group probabilities by covariates move, what these are moved by.
        """
        padded, n_others = len(ratio[0]), len(shift)
        llf = np.zeros(())
        group_weight = np.zeros(n_others)
        totals = [np.zeros_like(one) for one in ratio]
        sums = [np.empty_like(one) for one in ratio]
        moving: list[Sums] = []
        for rows in blocks:
            features = self._features(rows)
            size = rows.stop - rows.start
            every = buffer("logits", padded, size)
            rows_times_block(ratio[0], features[0], every)
            for coefficients, feature in zip(ratio[1:], features[1:], strict=True):
                product = buffer("product", padded, size)
                rows_times_block(coefficients, feature, product)
                every += product
            values = every[:n_others]
            values += shift[:, None]
            weights = self.row_weights(rows)
            if prior is None:
                log_unit = _ratios_to_posterior(values)
            else:
                log_unit, new = self._by_row(rows, values, prior, groups, weights)
                moving.append(new)
            if weights is None:
                llf += log_unit.sum()
            else:
                llf += log_unit @ weights
                values *= weights
            group_weight += values.sum(axis=1)
            for total, one, feature in zip(totals, sums, features, strict=True):
                weights_times_block(every, feature, one)
                total += one
        return llf, group_weight, *totals, *added(moving or [()])

    def _by_row(
        self,
        rows: slice,
        values: FloatArray,
        prior: RowPrior,
        groups: Groups,
        weights: FloatArray | None,
    ) -> tuple[FloatArray, Sums]:
        """Turn log ratios of densities into posteriors, in place, by the rows' own probabilities.

        Returns the log of the densities' sum and, where these move, what they are moved by.
        """
        held = self.take_prior(rows, prior)
        others, reference = groups.others, groups.reference
        if is_safe(held, reference) and values.max() < SAFE_EXPONENT:
            log_unit = weigh_ratios(values, held.values, others, reference)
        else:
            assert self.covariates is not None  # take_prior checked it
            log_prior = prior.log(self.covariates[rows])
            values += log_prior[others] - log_prior[reference]
            log_unit = _ratios_to_posterior(values) + log_prior[reference]
        new: Sums = ()
        if prior.moves:
            assert self.covariates is not None
            new = moving_sums(self.covariates[rows], values, held.values, others, weights)
        self.put_prior_back(rows, held)
        return log_unit, new

    def feature_sums(self) -> list[FloatArray]:
        """Return the weighted sum of each stored feature over units, shapes (T,) or (P,)."""
        if self._feature_sums is None:
            sums = added(self.by_chunk(type(self)._sums_chunk, self.block))
            self._feature_sums = list(sums)
        return self._feature_sums

    def _sums_chunk(self, blocks: Sequence[slice]) -> Sums:
        sums: list[FloatArray] = []
        for rows in blocks:
            weights = self.row_weights(rows)
            ones = np.ones(rows.stop - rows.start) if weights is None else weights
            new = [ones @ feature for feature in self._features(rows)]
            sums = [a + b for a, b in zip(sums, new, strict=True)] if sums else new
        return tuple(sums)

    def _totals(self, llf: float, stored: list[FloatArray], group_weight: FloatArray) -> Totals:
        return Totals(llf, group_weight, self._to_cells(stored, group_weight))

    def _laid_out(self, coefficients: FloatArray) -> FloatArray:
        """Return coefficients, shape (T, M), with a row for each column, as products want them."""
        n_features, n_columns = coefficients.shape
        rows = np.zeros((padded_rows(n_columns), n_features))
        rows[:n_columns] = coefficients.T
        return rows


def _moving(
    found: Totals,
    groups: Groups,
    score: FloatArray,
    of_posterior: FloatArray,
    of_prior: FloatArray,
) -> Totals:
    """Return totals with what the group probabilities by covariates are moved by, of all groups."""
    others, reference = groups
    membership = np.empty((len(others) + 1, score.shape[1]))
    membership[others] = score
    membership[reference] = -score.sum(axis=0)
    mass = found.group_weight[others]
    spread = Spread.of_others((mass - score[:, 0], mass), (of_prior, of_posterior), others)
    return replace(found, membership=membership, spread=spread)


def _ratios_to_posterior(values: FloatArray) -> FloatArray:
    """Turn log ratios to a reference group (K - 1, n) into posteriors, in place.

    Returns log(1 + sum_k exp(ratio_k)), shape (n,).
    """
    if values.max() < SAFE_EXPONENT:
        np.exp(values, out=values)
        total = values.sum(axis=0)
        total += 1.0
        values *= np.reciprocal(total)
        return np.asarray(np.log(total, out=total))
    with_reference = np.concatenate([values, np.zeros((1, values.shape[1]))])[None]
    posterior, log_unit = posterior_in_place(with_reference)
    values[:] = posterior[0, :-1]
    return np.asarray(log_unit[0])
