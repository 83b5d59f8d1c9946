"""A panel held as its features: counts, zero indicators, exposure.

For families whose log density is linear in these, the E-step is one matrix product per feature.
Counts are kept in the smallest integer type that holds them and widened block by block in cache,
which halves the time that reading the panel from memory takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.membership import RatioPrior
from trajectories.numerics.statistics import Statistics, Totals, posterior_in_place
from trajectories.numerics.thin_products import (
    padded_rows,
    rows_times_block,
    weights_times_block,
)
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray

BLOCK_BYTES = 1_300_000
"""Size of a block of widened outcomes; near the size of a core's second-level cache."""

FIXED_AT_ZERO = -5e3
"""A group with an entry below this in its table of log densities is fixed at zero."""

SAFE_EXPONENT = 600.0
"""Above this log ratio of two groups the E-step takes the slower route that cannot overflow."""


class MomentPlan(Protocol):
    """What is needed of a family's ``Moments``."""

    @property
    def probes(self) -> tuple[float, ...]: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def weights(self) -> tuple[tuple[float, ...], ...]: ...


class MomentStatistics(Statistics):
    """A panel of N units and T ages whose unit densities are linear in a few features.

    Parameters
    ----------
    plan : MomentPlan
        Probes, features and the weights that link them.
    outcome : ndarray, shape (N, T)
        Outcomes, 0 where missing.
    exposure : ndarray, shape (N, T), or None
        Years free; None if 1 wherever observed.
    observed : ndarray of bool, shape (N, T), or None
        None if nothing is missing.
    weights : ndarray, shape (N,), or None
    constant : float
        Weighted sum of the parameter-free part of the log density.
    covariates : ndarray, shape (N, M), or None
        What the group probabilities depend on.
    """

    def __init__(
        self,
        plan: MomentPlan,
        outcome: AnyArray,
        exposure: FloatArray | None,
        observed: BoolArray | None,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> None:
        self.covariates = covariates
        self.plan = plan
        self.outcome = outcome
        self.exposure = exposure
        self.observed = observed
        self.at_risk: AnyArray | None = exposure if exposure is not None else observed
        self.weights = weights
        self.constant = constant
        self.n_rows, self.n_ages = outcome.shape
        self.total_weight = float(self.n_rows if weights is None else weights.sum())
        n_probes = len(plan.probes)
        self.cells = Cells(
            np.repeat(np.arange(self.n_ages), n_probes),
            np.tile(np.asarray(plan.probes), self.n_ages),
            np.ones(self.n_ages * n_probes),
        )
        self._link = np.asarray(plan.weights)
        self.block = max(256, BLOCK_BYTES // (8 * self.n_ages))
        self._buffers: dict[str, FloatArray] = {}
        self._flags: BoolArray | None = None
        self._feature_sums: FloatArray | None = None

    def take(self, rows: AnyArray) -> MomentStatistics:
        """Return the statistics of some rows; the constant is left out (it cancels in starts)."""
        return MomentStatistics(
            self.plan,
            self.outcome[rows],
            None if self.exposure is None else self.exposure[rows],
            None if self.observed is None else self.observed[rows],
            None if self.weights is None else self.weights[rows],
            0.0,
            None if self.covariates is None else self.covariates[rows],
        )

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
        base = float((sums * by_feature[:, :, reference]).sum())
        base += self.total_weight * float(offset[reference])
        prior = None if slopes is None else self._prior(log_probability, slopes, others, reference)
        if prior is None:
            base += self.total_weight * float(log_probability[reference])
        if not others:
            whole = np.array([self.total_weight])
            return self._totals(self.constant + base, sums[:, :, None], whole)
        ratio = np.zeros((len(sums), padded_rows(len(others)), self.n_ages))
        ratio[:, : len(others)] = (
            by_feature[:, :, others] - by_feature[:, :, [reference]]
        ).transpose(0, 2, 1)
        centre = offset if prior is not None else offset + log_probability
        shift = centre[others] - centre[reference]
        llf, group_weight, feature_totals, score = self._ratio_pass(ratio, shift, prior)
        totals = np.empty((len(sums), self.n_ages, n_groups))
        totals[:, :, others] = feature_totals.transpose(0, 2, 1)
        totals[:, :, reference] = sums - totals[:, :, others].sum(axis=2)
        share = np.empty(n_groups)
        share[others] = group_weight
        share[reference] = self.total_weight - group_weight.sum()
        found = self._totals(self.constant + base + llf, totals, share)
        if score is None:
            return found
        membership = np.empty((n_groups, score.shape[1]))
        membership[others] = score
        membership[reference] = -score.sum(axis=0)
        return replace(found, membership=membership)

    def _prior(
        self,
        log_probability: FloatArray,
        slopes: FloatArray,
        others: list[int],
        reference: int,
    ) -> RatioPrior:
        assert self.covariates is not None
        return RatioPrior(
            log_probability[others] - log_probability[reference],
            slopes[others] - slopes[reference],
            self.covariates,
        )

    def _ratio_pass(
        self, ratio: FloatArray, shift: FloatArray, prior: RatioPrior | None = None
    ) -> tuple[float, FloatArray, FloatArray, FloatArray | None]:
        """Return sum log(1 + sum exp), group weights and feature totals of all but one group.

        With ``prior`` also the score of the group probabilities.
        """
        n_features, padded, n_ages = ratio.shape
        n_others = len(shift)
        logits = self._buffer("logits", padded, self.block)
        product = np.empty((padded, self.block))
        part = np.empty((padded, n_ages))
        llf = 0.0
        group_weight = np.zeros(n_others)
        totals = np.zeros((n_features, padded, n_ages))
        score = None if prior is None else np.zeros((n_others, 1 + prior.lean.shape[1]))
        for rows in self.blocks(self.block):
            features = self._features(rows)
            size = rows.stop - rows.start
            every = logits[:, :size]
            rows_times_block(ratio[0], features[0], every)
            for f in range(1, n_features):
                rows_times_block(ratio[f], features[f], product[:, :size])
                every += product[:, :size]
            values = every[:n_others]
            values += shift[:, None]
            if prior is not None:
                log_ratios = prior.log_ratios(rows)
                values += log_ratios
            log_unit = _ratios_to_posterior(values)
            weights = self.row_weights(rows)
            if weights is None:
                llf += float(log_unit.sum())
            else:
                llf += float(log_unit @ weights)
                values *= weights
            if prior is not None and score is not None:
                normaliser, gap = prior.settle(rows, log_ratios, values, weights)
                llf += normaliser
                score += gap
            group_weight += values.sum(axis=1)
            for f in range(n_features):
                weights_times_block(every, features[f], part)
                totals[f] += part
        return llf, group_weight, totals[:, :n_others], score

    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        by_feature, offset = self._coefficients(table)
        features = self._features(rows)
        result = by_feature[0].T @ features[0].T
        for f in range(1, len(features)):
            result += by_feature[f].T @ features[f].T
        result += offset[:, None]
        return np.asarray(result)

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        features = self._features(rows)
        totals = [(unit_weight @ feature).T for feature in features]
        if self.at_risk is None:
            totals.append(np.broadcast_to(unit_weight.sum(axis=1), totals[0].shape))
        return self._to_cells(np.stack(totals))

    def feature_sums(self) -> FloatArray:
        """Return the weighted sum of each stored feature over units, shape (F, T)."""
        if self._feature_sums is None:
            stored = len(self.plan.features) - (self.at_risk is None)
            sums = np.zeros((stored, self.n_ages))
            for rows in self.blocks(self.block):
                weights = self.row_weights(rows)
                for f, feature in enumerate(self._features(rows)):
                    sums[f] += feature.sum(axis=0) if weights is None else weights @ feature
            self._feature_sums = sums
        return self._feature_sums

    def _totals(self, llf: float, stored: FloatArray, group_weight: FloatArray) -> Totals:
        """Make totals of those of the stored features; time at risk may be implied."""
        if self.at_risk is None:
            constant = np.broadcast_to(group_weight, (1, self.n_ages, len(group_weight)))
            stored = np.concatenate([stored, constant])
        return Totals(llf, group_weight, self._to_cells(stored))

    def _to_cells(self, totals: FloatArray) -> FloatArray:
        """Turn feature totals (F, T, M) into weights of the probe cells (C, M)."""
        weights = np.einsum("pf,ftm->tpm", self._link, totals)
        return np.asarray(weights.reshape(len(self.cells.outcome), -1))

    def _coefficients(self, table: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return coefficients of the stored features (F, T, M) and a constant per column (M,)."""
        by_probe = table.reshape(self.n_ages, len(self.plan.probes), -1)
        by_feature = np.einsum("pf,tpm->ftm", self._link, by_probe)
        if self.at_risk is None:
            return by_feature[:-1], by_feature[-1].sum(axis=0)
        return by_feature, np.zeros(table.shape[1])

    def _features(self, rows: slice) -> list[FloatArray]:
        """Return the stored features of a block of rows as float arrays (n, T)."""
        outcome = self.outcome[rows]
        result = []
        for name in self.plan.features:
            if name == "outcome":
                result.append(self._widen("outcome", outcome))
            elif name == "zero":
                result.append(self._zeros(rows, outcome))
            elif self.at_risk is not None:
                result.append(self._widen("at_risk", self.at_risk[rows]))
        return result

    def _widen(self, name: str, values: AnyArray) -> FloatArray:
        if values.dtype == np.float64:
            return values
        buffer = self._buffer(name, max(self.block, len(values)), self.n_ages)[: len(values)]
        np.copyto(buffer, values)
        return buffer

    def _zeros(self, rows: slice, outcome: AnyArray) -> FloatArray:
        if self._flags is None or len(self._flags) < len(outcome):
            self._flags = np.empty((max(self.block, len(outcome)), self.n_ages), dtype=bool)
        flags = self._flags[: len(outcome)]
        np.equal(outcome, 0, out=flags)
        if self.observed is not None:
            flags &= self.observed[rows]
        return self._widen("zero", flags)

    def _buffer(self, name: str, *shape: int) -> FloatArray:
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = np.empty(shape)
        return buffer


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
