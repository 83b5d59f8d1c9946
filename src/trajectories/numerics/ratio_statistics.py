"""The E-step by ratios of groups to the largest one, for panels held as features.

The log densities of a block of units are its features times coefficients, dense or sparse. Only
the ratios to a group of reference are computed, K - 1 of them, and its totals are those of the
panel, summed once, less the others'.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trajectories.numerics.membership import RatioPrior
from trajectories.numerics.statistics import Statistics, Totals, added, posterior_in_place
from trajectories.numerics.team import Sums
from trajectories.numerics.thin_products import (
    padded_rows,
    rows_times_block,
    weights_times_block,
)
from trajectories.numerics.threads import buffer
from trajectories.numerics.types import FloatArray

FIXED_AT_ZERO = -5e3
"""A group with an entry below this in its table of log densities is fixed at zero."""

SAFE_EXPONENT = 600.0
"""Above this log ratio of two groups the E-step takes the slower route that cannot overflow."""


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
        self, table: FloatArray, log_probability: FloatArray, slopes: FloatArray | None = None
    ) -> Totals:
        """Run the E-step; only ratios to the largest group are computed, K - 1 of them.

        The reference group's totals are the totals of the panel, summed once, less the others'.
        With ``slopes``, shape (K, M), the log ratio of the group probabilities is a row's own.
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
            prior = RatioPrior(
                log_probability[others] - log_probability[reference],
                slopes[others] - slopes[reference],
            )
        base += self.total_weight * float(offset[reference])
        if not others:
            whole = np.array([self.total_weight])
            return self._totals(self.constant + base, [one[:, None] for one in sums], whole)
        ratio = [self._laid_out(b[:, others] - b[:, [reference]]) for b in by_feature]
        shift = offset[others] - offset[reference]
        llf, group_weight, score, feature_totals = self._ratio_pass(ratio, shift, prior)
        totals = []
        for one, part in zip(sums, feature_totals, strict=True):
            totals.append(np.empty((len(one), n_groups)))
            totals[-1][:, others] = part.T
            totals[-1][:, reference] = one - part.sum(axis=0)
        share = np.empty(n_groups)
        share[others] = group_weight
        share[reference] = self.total_weight - group_weight.sum()
        found = self._totals(self.constant + base + llf, totals, share)
        if prior is None:
            return found
        membership = np.empty((n_groups, score.shape[1]))
        membership[others] = score
        membership[reference] = -score.sum(axis=0)
        return replace(found, membership=membership)

    def _ratio_pass(
        self, ratio: list[FloatArray], shift: FloatArray, prior: RatioPrior | None
    ) -> tuple[float, FloatArray, FloatArray, list[FloatArray]]:
        """Return sum log(1 + sum exp), group weights, score and totals of all but one group.

        The score is that of the group probabilities by covariates; empty without ``prior``.
        """
        work = type(self)._ratio_chunk
        llf, group_weight, score, *totals = added(
            self.by_chunk(work, self.block, ratio, shift, prior)
        )
        return float(llf), group_weight, score, [one[: len(shift)] for one in totals]

    def _ratio_chunk(
        self,
        blocks: Sequence[slice],
        ratio: list[FloatArray],
        shift: FloatArray,
        prior: RatioPrior | None,
    ) -> Sums:
        padded, n_others = len(ratio[0]), len(shift)
        llf = np.zeros(())
        group_weight = np.zeros(n_others)
        score = np.zeros((n_others, 0 if prior is None else 1 + prior.lean.shape[1]))
        totals = [np.zeros_like(one) for one in ratio]
        sums = [np.empty_like(one) for one in ratio]
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
            if prior is not None:
                own = self.covariates[rows]  # type: ignore[index]  # slopes are given for these
                log_ratios = prior.log_ratios(own)
                values += log_ratios
            log_unit = _ratios_to_posterior(values)
            weights = self.row_weights(rows)
            if weights is None:
                llf += log_unit.sum()
            else:
                llf += log_unit @ weights
                values *= weights
            if prior is not None:
                normaliser, gap = prior.settle(own, log_ratios, values, weights)
                llf += normaliser
                score += gap
            group_weight += values.sum(axis=1)
            for total, one, feature in zip(totals, sums, features, strict=True):
                weights_times_block(every, feature, one)
                total += one
        return llf, group_weight, score, *totals

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
