"""A panel held as its features: counts, zero indicators, exposure.

For families whose log density is linear in these, the E-step is one matrix product per feature.
Counts are kept in the smallest integer type that holds them and widened block by block in cache,
which halves the time that reading the panel from memory takes.

In all these families the coefficient of the outcome is a group's linear predictor, a curve on a
basis of P terms. So a unit's outcomes enter by P products with the basis only, which are computed
once for a model: see :meth:`MomentStatistics.projected`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.membership import Spread
from trajectories.numerics.row_prior import RowPrior, is_safe, moving_sums, weigh_ratios
from trajectories.numerics.statistics import Statistics, Totals, added, posterior_in_place
from trajectories.numerics.team import Sums
from trajectories.numerics.thin_products import (
    padded_rows,
    rows_times_block,
    weights_times_block,
)
from trajectories.numerics.threads import buffer
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray

BLOCK_BYTES = 1_300_000
"""Size of a block of widened outcomes; near the size of a core's second-level cache."""

FIXED_AT_ZERO = -5e3
"""A group with an entry below this in its table of log densities is fixed at zero."""

PROJECTION_PAYS = 0.6
"""Outcomes are replaced by their products with a basis of fewer terms than this share of ages."""

LARGEST_BLOCK = 16_384
"""Rows of a block, where little is held of each."""

LARGEST_BLOCK_BY_ROW = 25_000
"""The same, where group probabilities are a row's own: there is more to do before the next."""

SAFE_EXPONENT = 600.0
"""Above this log ratio of two groups the E-step takes the slower route that cannot overflow."""


class Groups(NamedTuple):
    """The groups whose ratios to a reference group are computed, and that group."""

    others: list[int]
    reference: int


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
        self.covariates = None if covariates is None else np.asfortranarray(covariates)
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
        self._basis: FloatArray | None = None
        self._products: FloatArray | None = None
        self._feature_sums: list[FloatArray] | None = None

    def projected(self, design: FloatArray) -> MomentStatistics:
        """Return the same statistics for models whose linear predictors lie in a design's span.

        Parameters
        ----------
        design : ndarray, shape (T, P)
            Of the family's first channel. The totals of the outcomes by age that a pass returns
            are then projections on that span: all that the M-step and the score make use of.
        """
        if self._basis is not None:
            raise AssertionError("statistics are projected once, from those of the whole panel")
        with_constant = np.column_stack([np.ones(len(design)), design])
        vectors, values, _ = np.linalg.svd(with_constant, full_matrices=False)
        rank = int((values > 1e-12 * values[0]).sum())
        if rank > PROJECTION_PAYS * self.n_ages or len(design) != self.n_ages:
            return self
        result = copy(self)
        result._basis = np.ascontiguousarray(vectors[:, :rank])
        result._feature_sums = None
        result.__dict__.pop("_held", None)  # its blocks are of another size
        products = result._products = np.empty((rank, self.n_rows))
        rows_of_basis = np.ascontiguousarray(vectors[:, :rank].T)

        def part(blocks: Sequence[slice]) -> None:
            for rows in blocks:
                outcome = self._widen("outcome", self.outcome[rows])
                rows_times_block(rows_of_basis, outcome, products[:, rows])

        self.for_each_chunk(part, self.block)
        if self.at_risk is None and "zero" not in self.plan.features:
            result.block = LARGEST_BLOCK if self.covariates is None else LARGEST_BLOCK_BY_ROW
        return result

    def take(self, rows: AnyArray) -> MomentStatistics:
        """Return the statistics of some rows; the constant is left out (it cancels in starts)."""
        taken = MomentStatistics(
            self.plan,
            self.outcome[rows],
            None if self.exposure is None else self.exposure[rows],
            None if self.observed is None else self.observed[rows],
            None if self.weights is None else self.weights[rows],
            0.0,
            None if self.covariates is None else self.covariates[rows],
        )
        taken._basis, taken.block, taken.n_jobs = self._basis, self.block, self.n_jobs
        taken._products = None if self._products is None else self._products[:, rows]
        return taken

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

    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        by_feature, offset = self._coefficients(table)
        features = self._features(rows)
        result = by_feature[0].T @ features[0].T
        for coefficients, feature in zip(by_feature[1:], features[1:], strict=True):
            result += coefficients.T @ feature.T
        result += offset[:, None]
        return np.asarray(result)

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        totals = [(unit_weight @ feature).T for feature in self._features(rows)]
        return self._to_cells(totals, unit_weight.sum(axis=1))

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

    def _to_cells(self, stored: list[FloatArray], group_weight: FloatArray) -> FloatArray:
        """Turn totals of the stored features into weights of the probe cells (C, M).

        Time at risk may be implied: 1 in every cell.
        """
        totals = list(stored)
        if self._basis is not None:
            totals[self._place] = self._basis @ totals[self._place]
        if self.at_risk is None:
            totals.append(np.broadcast_to(group_weight, (self.n_ages, len(group_weight))))
        weights = np.einsum("pf,ftm->tpm", self._link, np.stack(totals))
        return np.asarray(weights.reshape(-1, weights.shape[2]))

    def _coefficients(self, table: FloatArray) -> tuple[list[FloatArray], FloatArray]:
        """Return coefficients of each stored feature (T or P, M) and a constant per column (M,)."""
        by_probe = table.reshape(self.n_ages, len(self.plan.probes), -1)
        by_feature = list(np.einsum("pf,tpm->ftm", self._link, by_probe))
        offset = np.zeros(table.shape[1])
        if self.at_risk is None:
            offset = by_feature.pop().sum(axis=0)
        if self._basis is not None:
            by_feature[self._place] = self._basis.T @ by_feature[self._place]
        return by_feature, offset

    def _laid_out(self, coefficients: FloatArray) -> FloatArray:
        """Return coefficients, shape (T, M), with a row for each column, as products want them."""
        n_features, n_columns = coefficients.shape
        rows = np.zeros((padded_rows(n_columns), n_features))
        rows[:n_columns] = coefficients.T
        return rows

    @property
    def _place(self) -> int:
        return self.plan.features.index("outcome")

    def _features(self, rows: slice) -> list[FloatArray]:
        """Return the stored features of a block of rows as float arrays (n, T) or (n, P)."""
        result = []
        for name in self.plan.features:
            if name == "outcome":
                held = self._products
                result.append(
                    self._widen("outcome", self.outcome[rows]) if held is None else held[:, rows].T
                )
            elif name == "zero":
                result.append(self._zeros(rows))
            elif self.at_risk is not None:
                result.append(self._widen("at_risk", self.at_risk[rows]))
        return result

    @staticmethod
    def _widen(name: str, values: AnyArray) -> FloatArray:
        if values.dtype == np.float64:
            return values
        wide = buffer(name, *values.shape)
        np.copyto(wide, values)
        return wide

    def _zeros(self, rows: slice) -> FloatArray:
        outcome = self.outcome[rows]
        flags: AnyArray = buffer("flags", *outcome.shape, dtype=np.bool_)
        np.equal(outcome, 0, out=flags)
        if self.observed is not None:
            np.logical_and(flags, self.observed[rows], out=flags)
        return self._widen("zero", flags)


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
