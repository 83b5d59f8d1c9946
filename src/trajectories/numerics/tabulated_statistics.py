"""A panel held as codes into a table of distinct cells: the route for any discrete family.

Every cell of the panel is one of C distinct (age, outcome, exposure) triples. The density of a
unit is the sum of its cells' entries, a sparse matrix times the table, so that exp and log are
taken C times per group and never N x T times.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.cells import Cells
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray


class TabulatedStatistics(Statistics):
    """A panel of N units as counts of C distinct cells.

    Parameters
    ----------
    cells : Cells
        The distinct cells.
    incidence : csr_array, shape (N, C)
        How often each unit holds each cell (0 or 1 on a common grid of ages).
    weights : ndarray, shape (N,), or None
    constant : float
        Weighted sum of the parameter-free part of the log density.
    covariates : ndarray, shape (N, M), or None
        What the group probabilities depend on.
    """

    block = 4096

    def __init__(
        self,
        cells: Cells,
        incidence: csr_array,
        weights: FloatArray | None,
        constant: float,
        covariates: FloatArray | None = None,
    ) -> None:
        self.covariates = None if covariates is None else np.asfortranarray(covariates)
        self.cells = cells
        self.incidence = incidence
        self.weights = weights
        self.constant = constant
        self.n_rows = incidence.shape[0]
        self.total_weight = float(self.n_rows if weights is None else weights.sum())
        self._cut = {(0, self.n_rows): incidence}
        if self.n_rows > self.block:
            self._cut = {
                (rows.start, rows.stop): incidence[rows] for rows in self.blocks(self.block)
            }

    @classmethod
    def from_panel(
        cls,
        outcome: AnyArray,
        exposure: FloatArray | None,
        observed: BoolArray | None,
        weights: FloatArray | None,
        constant: float,
        age_index: IntArray | None = None,
        covariates: FloatArray | None = None,
    ) -> TabulatedStatistics:
        """Find the distinct cells of a panel, shapes (N, T), and code it.

        ``age_index`` has the row of the design matrix of every cell, where units have ages of
        their own; otherwise it is the column.
        """
        n_rows = len(outcome)
        mask = np.ones(outcome.shape, dtype=bool) if observed is None else observed
        age = np.nonzero(mask)[1] if age_index is None else age_index[mask]
        counts = np.asarray(outcome[mask], dtype=float)
        at_risk = np.ones(len(counts)) if exposure is None else exposure[mask]
        order = np.lexsort((at_risk, counts, age))
        keys = [values[order] for values in (age, counts, at_risk)]
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
        first = order[new]
        code = np.empty(len(order), dtype=np.int64)
        code[order] = np.cumsum(new) - 1
        pointer = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
        incidence = csr_array((np.ones(len(code)), code, pointer), shape=(n_rows, len(first)))
        cells = Cells(age[first], counts[first], at_risk[first])
        return cls(cells, incidence, weights, constant, covariates)

    def take(self, rows: AnyArray) -> TabulatedStatistics:
        """Return the statistics of some rows; the constant is left out (it cancels in starts)."""
        weights = None if self.weights is None else self.weights[rows]
        covariates = None if self.covariates is None else self.covariates[rows]
        return TabulatedStatistics(self.cells, self.incidence[rows], weights, 0.0, covariates)

    def unit_log_density(self, rows: slice, table: FloatArray) -> FloatArray:
        return np.ascontiguousarray((self._rows(rows) @ table).T)

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> FloatArray:
        return np.asarray(self._rows(rows).T @ np.ascontiguousarray(unit_weight.T))

    def _rows(self, rows: slice) -> csr_array:
        held = self._cut.get((rows.start, rows.stop))
        return self.incidence[rows] if held is None else held
