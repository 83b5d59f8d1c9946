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
from typing import Protocol

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.ratio_statistics import RatioStatistics
from trajectories.numerics.thin_products import (
    rows_times_block,
)
from trajectories.numerics.threads import buffer
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray

BLOCK_BYTES = 1_300_000
"""Size of a block of widened outcomes; near the size of a core's second-level cache."""

PROJECTION_PAYS = 0.6
"""Outcomes are replaced by their products with a basis of fewer terms than this share of ages."""

LARGEST_BLOCK = 16_384
"""Rows of a block, where little is held of each."""

LARGEST_BLOCK_BY_ROW = 25_000
"""The same, where group probabilities are a row's own: there is more to do before the next."""


class MomentPlan(Protocol):
    """What is needed of a family's ``Moments``."""

    @property
    def probes(self) -> tuple[float, ...]: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def weights(self) -> tuple[tuple[float, ...], ...]: ...


class MomentStatistics(RatioStatistics):
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
