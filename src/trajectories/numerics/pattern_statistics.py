"""A panel of counts as a few patterns a unit: for any discrete family, without exposure.

The E-step adds up some five numbers a unit and group instead of one an age, and the totals are
added to as many places: see :mod:`trajectories.numerics.patterns`. Exact, whatever the counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.cells import Cells
from trajectories.numerics.moment_statistics import MomentPlan
from trajectories.numerics.patterns import BLOCK, Patterns, patterns_of
from trajectories.numerics.ratio_statistics import Groups, RatioStatistics
from trajectories.numerics.row_prior import RowPrior
from trajectories.numerics.team import Sums
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray


class PatternStatistics(RatioStatistics):
    """A panel of N units without exposure; densities of any discrete family.

    Parameters
    ----------
    patterns : Patterns
    plan : MomentPlan or None
        Where the log densities of all counts are linear in those of a few: then the table has
        these cells only. Otherwise every distinct pair of an age and a count is a cell.
    n_ages : int
    weights : ndarray, shape (N,), or None
    constant : float
        Weighted sum of the parameter-free part of the log density.
    covariates : ndarray, shape (N, M), or None
        What the group probabilities depend on.
    """

    def __init__(
        self,
        patterns: Patterns,
        plan: MomentPlan | None,
        n_ages: int,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> None:
        self.patterns, self.n_ages = patterns, n_ages
        self.covariates = None if covariates is None else np.asfortranarray(covariates)
        self.weights = weights
        self.constant = constant
        self.n_rows = patterns.n_rows
        self.total_weight = float(self.n_rows if weights is None else weights.sum())
        self.block = BLOCK
        self._plan = plan
        self._spread = patterns.parts
        self.cells = Cells(patterns.age, patterns.count, np.ones(len(patterns.age)))
        if plan is not None:
            self.cells = probe_cells(plan, n_ages)
            self._spread = patterns.parts @ link(plan, patterns, n_ages)
        self._gather = self._spread.T.tocsr()
        self._ones = np.ones(patterns.longest(self.block))
        self._cut: dict[tuple[int, int], csr_array] = {}
        self._last: tuple[FloatArray, FloatArray] | None = None

    @classmethod
    def from_counts(
        cls,
        counts: AnyArray,
        observed: BoolArray | None,
        plan: MomentPlan | None,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> PatternStatistics | None:
        """Make them of counts (N, T), 0 where missing; None where counts run too high."""
        patterns = patterns_of(counts, observed)
        if patterns is None:
            return None
        return cls(patterns, plan, counts.shape[1], weights, constant, covariates)

    def projected(self, design: FloatArray) -> PatternStatistics:
        """Return itself: the coefficient of a pattern need not lie in any design's span."""
        del design
        return self

    def take(self, rows: AnyArray) -> PatternStatistics:
        """Return the statistics of some rows; the constant is left out (it cancels in starts)."""
        return PatternStatistics(
            self.patterns.take(np.asarray(rows)),
            self._plan,
            self.n_ages,
            None if self.weights is None else self.weights[rows],
            0.0,
            None if self.covariates is None else self.covariates[rows],
        )

    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        return np.ascontiguousarray((self._entries(rows) @ self._of_entries(table)).T)

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        totals = self._entries(rows).T @ np.ascontiguousarray(unit_weight.T)
        return np.asarray(self._gather @ totals)

    def _entries(self, rows: slice) -> csr_array:
        held = self._cut.get((rows.start, rows.stop))
        if held is None:
            held = self.patterns.block(rows, self._ones)
            if rows.stop - rows.start == self.block:
                self._cut[rows.start, rows.stop] = held  # making it takes a tenth of its products
        return held

    def _of_entries(self, table: FloatArray) -> FloatArray:
        """Return the log densities of the entries; the last table's are kept for its next block."""
        held = self._last
        if held is None or not np.array_equal(held[0], table):
            held = self._last = table.copy(), np.asarray(self._spread @ table)
        return held[1]

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy takes along: not what is quickly made again."""
        return super().__getstate__() | {"_cut": {}, "_last": None}

    # The pass of the base class runs on cells; within a chunk they are spread to entries and back,
    # so that only the few numbers of the cells travel between processes.

    def _coefficients(self, table: FloatArray) -> tuple[list[FloatArray], FloatArray]:
        return [table], np.zeros(table.shape[1])

    def _laid_out(self, coefficients: FloatArray) -> FloatArray:
        return np.ascontiguousarray(coefficients).T

    def _ratio_chunk(
        self,
        blocks: Sequence[slice],
        ratio: list[FloatArray],
        shift: FloatArray,
        prior: RowPrior | None,
        groups: Groups,
    ) -> Sums:
        by_entry = self._of_entries(np.ascontiguousarray(ratio[0].T)).T
        chunk = super()._ratio_chunk(blocks, [by_entry], shift, prior, groups)
        llf, group_weight, totals, *moving = chunk
        return llf, group_weight, np.asarray((self._gather @ totals.T).T), *moving

    def _sums_chunk(self, blocks: Sequence[slice]) -> Sums:
        (total,) = super()._sums_chunk(blocks)
        return (np.asarray(self._gather @ total),)

    def _features(self, rows: slice) -> list[FloatArray]:
        return [self._entries(rows)]  # type: ignore[list-item]  # a sparse one

    def _to_cells(self, stored: list[FloatArray], group_weight: FloatArray) -> FloatArray:
        del group_weight
        return stored[0]


def probe_cells(plan: MomentPlan, n_ages: int) -> Cells:
    """Return the cells of a plan: its few outcomes at every age."""
    n_probes = len(plan.probes)
    return Cells(
        np.repeat(np.arange(n_ages), n_probes),
        np.tile(np.asarray(plan.probes), n_ages),
        np.ones(n_ages * n_probes),
    )


def link(plan: MomentPlan, patterns: Patterns, n_ages: int) -> csr_array:
    """Return how the log density of each cell follows from those of the plan's, (C, T * probes)."""
    feature = {
        "outcome": patterns.count,
        "zero": (patterns.count == 0).astype(float),
        "at_risk": np.ones(len(patterns.count)),
    }
    by_feature = np.column_stack([feature[name] for name in plan.features])
    values = by_feature @ np.asarray(plan.weights).T
    cell, probe = np.nonzero(values)
    column = patterns.age[cell] * len(plan.probes) + probe
    shape = (len(values), n_ages * len(plan.probes))
    return csr_array((values[cell, probe], (cell, column)), shape=shape)
