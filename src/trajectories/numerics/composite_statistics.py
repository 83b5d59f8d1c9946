"""Several panels of the same units as one: cells stand side by side, log densities add up.

Given the group, the outcomes of a unit in different panels are independent, so that its log density
is the sum over panels of sum_c S[i, c] L[c, k]. The cells of all panels together are therefore
cells of one panel, and each panel keeps its own way of being summed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


class CompositeStatistics(Statistics):
    """The statistics of several panels over the same N rows.

    Parameters
    ----------
    parts : sequence of Statistics
        Each over the rows that it knows, in the order of the N rows.
    present : sequence of (ndarray of bool, shape (N,), or None)
        Which rows each part knows; None if all.
    weights : ndarray, shape (N,), or None
    """

    def __init__(
        self,
        parts: Sequence[Statistics],
        present: Sequence[BoolArray | None],
        weights: FloatArray | None,
    ) -> None:
        self.parts = tuple(parts)
        self.present = tuple(present)
        self.weights = weights
        first = self.present[0]
        self.n_rows = self.parts[0].n_rows if first is None else len(first)
        self.total_weight = float(self.n_rows if weights is None else weights.sum())
        self.constant = float(sum(part.constant for part in self.parts))
        self.block = min(part.block for part in self.parts)
        self.cuts = cuts([len(part.cells.outcome) for part in self.parts])
        self.cells = _side_by_side([part.cells for part in self.parts])
        self._before = [
            None if known is None else np.concatenate([[0], np.cumsum(known)])
            for known in self.present
        ]

    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        """Return sum_c S[i, c] table[c, m] for a block of units, shape (M, n)."""
        result = np.zeros((table.shape[1], rows.stop - rows.start))
        for a, part in enumerate(self.parts):
            own, where = self._rows(a, rows)
            if own.stop == own.start:
                continue
            entries = table[self.cuts[a]]
            use = np.flatnonzero(entries.any(axis=0))  # derivatives of other parts are zero here
            values = part.unit_log_density(own, np.ascontiguousarray(entries[:, use]))
            if where is None:
                result[use] += values
            else:
                result[np.ix_(use, where)] += values
        return result

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        """Return sum_i unit_weight[m, i] S[i, c] over a block, shape (C, M)."""
        totals = []
        for a, part in enumerate(self.parts):
            own, where = self._rows(a, rows)
            if own.stop == own.start:
                totals.append(np.zeros((len(part.cells.outcome), len(unit_weight))))
                continue
            weight = unit_weight if where is None else np.ascontiguousarray(unit_weight[:, where])
            totals.append(part.cell_totals(own, weight))
        return np.concatenate(totals)

    def take(self, rows: IntArray) -> CompositeStatistics:
        """Return the statistics of some rows (indices), for starts on a sample."""
        parts: list[Statistics] = []
        present: list[BoolArray | None] = []
        for part, known, before in zip(self.parts, self.present, self._before, strict=True):
            if known is None or before is None:
                parts.append(part.take(rows))
                present.append(None)
            else:
                parts.append(part.take(before[rows[known[rows]]]))
                present.append(known[rows])
        weights = None if self.weights is None else self.weights[rows]
        return CompositeStatistics(parts, present, weights)

    def _rows(self, a: int, rows: slice) -> tuple[slice, IntArray | None]:
        """Return a part's rows within a block, and where in the block they stand; None if all."""
        known, before = self.present[a], self._before[a]
        if known is None or before is None:
            return rows, None
        own = slice(int(before[rows.start]), int(before[rows.stop]))
        return own, np.flatnonzero(known[rows])


def cuts(sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return the slices of blocks of some sizes that stand side by side."""
    bounds = np.cumsum([0, *sizes])
    return tuple(slice(int(low), int(high)) for low, high in pairwise(bounds))


def _side_by_side(parts: Sequence[Cells]) -> Cells:
    shift, ages = 0, []
    for cells in parts:
        ages.append(cells.age_index + shift)
        shift = int(ages[-1].max(initial=shift - 1)) + 1
    return Cells(
        np.concatenate(ages),
        np.concatenate([cells.outcome for cells in parts]),
        np.concatenate([cells.exposure for cells in parts]),
    )
