"""A panel of counts as three features and a few large counts: for any discrete family.

Most cells of a register hold 0, 1 or 2. The log density of these is linear in the count and the
indicator of a zero, whatever the family; a cell that holds more counts as a 2 there, and a sparse
matrix over the distinct (age, count) pairs above 2 adds what the density differs by. That is
exact, and costs dense products of the panel and a sparse one of the few large counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.cells import Cells
from trajectories.numerics.moment_statistics import MomentStatistics
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray

CAP = 2
"""Counts above this are large."""

LARGEST_SHARE = 0.2
"""With more large counts than this share of cells the table of all cells is quicker."""


@dataclass(frozen=True, slots=True)
class CappedPlan:
    """How log densities at 0, 1 and 2 follow from the count, the zeros and the time at risk."""

    probes: tuple[float, ...] = (0.0, 1.0, 2.0)
    features: tuple[str, ...] = ("outcome", "zero", "at_risk")
    weights: tuple[tuple[float, ...], ...] = ((0.0, 1.0, 0.0), (-1.0, -2.0, 2.0), (1.0, 1.0, -1.0))


class CappedStatistics(MomentStatistics):
    """A panel of N units and T ages without exposure; densities of any discrete family.

    Parameters
    ----------
    capped : ndarray of uint8, shape (N, T)
        Counts, no higher than 2; 0 where missing.
    observed : ndarray of bool, shape (N, T), or None
        None if nothing is missing.
    large : csr_array, shape (N, L)
        Which units hold which of the L distinct pairs of an age and a count above 2.
    large_age, large_count : ndarrays, shape (L,)
        Those pairs; ages as columns of the panel, never falling.
    weights : ndarray, shape (N,), or None
    constant : float
        Weighted sum of the parameter-free part of the log density.
    covariates : ndarray, shape (N, M), or None
        What the group probabilities depend on.
    """

    def __init__(
        self,
        capped: AnyArray,
        observed: BoolArray | None,
        large: csr_array,
        large_age: IntArray,
        large_count: FloatArray,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> None:
        super().__init__(CappedPlan(), capped, None, observed, weights, constant, covariates)
        self.large, self.large_age, self.large_count = large, large_age, large_count
        ages = np.concatenate([self.cells.age_index, large_age])
        counts = np.concatenate([self.cells.outcome, large_count])
        order = np.lexsort((counts, ages))
        self.cells = Cells(ages[order], counts[order], np.ones(len(order)))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        n_small = len(place) - len(large_age)
        self._small, self._large = place[:n_small], place[n_small:]
        self._at_cap = np.arange(CAP, n_small, CAP + 1)
        self._by_age = np.zeros((self.n_ages, len(large_age)))
        self._by_age[large_age, np.arange(len(large_age))] = 1.0
        cuts = self.blocks(self.block)
        self._cut = {(r.start, r.stop): large[r] for r in cuts} if len(cuts) > 1 else {}

    @classmethod
    def from_counts(
        cls,
        counts: AnyArray,
        observed: BoolArray | None,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> CappedStatistics | None:
        """Make them of counts (N, T), 0 where missing; None where too many counts are large."""
        rows, columns = np.nonzero(counts > CAP)
        if len(rows) > LARGEST_SHARE * counts.size:
            return None
        values = counts[rows, columns].astype(np.int64)
        width = int(values.max(initial=CAP)) + 1
        pairs, code = np.unique(columns * width + values, return_inverse=True)
        pointer = np.searchsorted(rows, np.arange(len(counts) + 1))
        shape = (len(counts), len(pairs))
        index = np.int32 if len(code) < 2**31 else np.int64
        places = code.ravel().astype(index), pointer.astype(index)
        large = csr_array((np.ones(len(code)), *places), shape=shape)
        capped = np.minimum(counts, CAP).astype(np.uint8)
        return cls(
            capped,
            observed,
            large,
            pairs // width,
            (pairs % width).astype(float),
            weights,
            constant,
            covariates,
        )

    def projected(self, design: FloatArray) -> CappedStatistics:
        """Return itself: the coefficient of the count need not lie in any design's span."""
        del design
        return self

    def take(self, rows: AnyArray) -> CappedStatistics:
        """Return the statistics of some rows; the constant is left out (it cancels in starts)."""
        return CappedStatistics(
            self.outcome[rows],
            None if self.observed is None else self.observed[rows],
            self.large[rows],
            self.large_age,
            self.large_count,
            None if self.weights is None else self.weights[rows],
            0.0,
            None if self.covariates is None else self.covariates[rows],
        )

    def _coefficients(self, table: FloatArray) -> tuple[list[FloatArray], FloatArray]:
        small = table[self._small]
        by_feature, offset = super()._coefficients(small)
        beyond = table[self._large] - small[self._at_cap][self.large_age]
        return [*by_feature, beyond], offset

    def _features(self, rows: slice) -> list[FloatArray]:
        held = self._cut.get((rows.start, rows.stop))
        large = self.large[rows] if held is None else held
        return [*super()._features(rows), large]  # type: ignore[list-item]  # a sparse one

    def _to_cells(self, stored: list[FloatArray], group_weight: FloatArray) -> FloatArray:
        *features, beyond = stored
        small = super()._to_cells(features, group_weight)
        small[self._at_cap] -= self._by_age @ beyond
        result = np.empty((len(self.cells.outcome), small.shape[1]))
        result[self._small], result[self._large] = small, beyond
        return result
