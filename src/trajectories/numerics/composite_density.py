"""The densities of several panels' cells side by side, for combinations of the panels' groups.

A combination c has group g_a(c) in panel a. Where groups are shared by all panels the combinations
are the groups; where panels have groups of their own, J and K say, there are J K combinations, and
the parameters of a panel's group stand once for every combination that it takes part in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.numerics.composite_statistics import cuts
from trajectories.numerics.density import CellDensity
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


class CompositeDensity:
    """Log densities of the cells of several panels for G = n_models x C combinations.

    ``theta``, shape (G, Q), has the parameters of the panels side by side.

    Parameters
    ----------
    parts : sequence of CellDensity
    group_of : sequence of ndarray of int, shape (C,)
        For each part the group, from 0, of every combination; every group occurs.
    """

    def __init__(self, parts: Sequence[CellDensity], group_of: Sequence[IntArray]) -> None:
        self.parts = tuple(parts)
        self.group_of = tuple(group_of)
        self.n_combinations = len(self.group_of[0])
        self.columns = cuts([part.n_parameters for part in self.parts])
        self.cuts = cuts([len(part.cells.outcome) for part in self.parts])
        self.n_parameters = self.columns[-1].stop
        self._first = [np.unique(groups, return_index=True)[1] for groups in self.group_of]

    @property
    def in_units(self) -> bool:
        """Whether a channel of any part is in the unit of the data."""
        return any(part.in_units for part in self.parts)

    def pieces(self) -> list[tuple[CellDensity, slice]]:
        """Return the parts, each with the rows of its cells."""
        return list(zip(self.parts, self.cuts, strict=True))

    def with_columns(self) -> list[tuple[CellDensity, slice]]:
        """Return the parts, each with its columns of ``theta``."""
        return list(zip(self.parts, self.columns, strict=True))

    def own(self, theta: FloatArray, a: int) -> FloatArray:
        """Return the parameters of part a's groups, shape (n_models x K_a, Q_a)."""
        by_model = theta[:, self.columns[a]].reshape(-1, self.n_combinations, self._size(a))
        return by_model[:, self._first[a]].reshape(-1, self._size(a))

    def spread(self, a: int, n_models: int) -> IntArray:
        """Return the row among part a's groups of every combination, shape (G,)."""
        n_own = len(self._first[a])
        shift = n_own * np.arange(n_models)[:, None]
        return np.asarray((shift + self.group_of[a]).ravel())

    def gathered(self, a: int, cell_weight: FloatArray) -> FloatArray:
        """Return part a's cell weights (C_a, G) added up by its groups, (C_a, n_models x K_a)."""
        weight = cell_weight[self.cuts[a]]
        n_models = weight.shape[1] // self.n_combinations
        if len(self._first[a]) == self.n_combinations:
            return weight[:, np.argsort(self.spread(a, n_models))]
        member = np.zeros((self.n_combinations, len(self._first[a])))
        member[np.arange(self.n_combinations), self.group_of[a]] = 1.0
        by_model = weight.reshape(len(weight), n_models, -1) @ member
        return np.asarray(by_model.reshape(len(weight), -1))

    def out_of_range(self, theta: FloatArray) -> BoolArray:
        """Say of which combinations the first channel of a part is too large, shape (G,)."""
        wrong = [part.out_of_range(theta[:, own]) for part, own in self.with_columns()]
        return np.asarray(np.any(wrong, axis=0))

    def shortening(self, theta: FloatArray, step: FloatArray) -> FloatArray:
        """Return the factors, shape (G,), that keep the changes of all channels in bounds."""
        factors = [part.shortening(theta[:, c], step[:, c]) for part, c in self.with_columns()]
        return np.asarray(np.min(factors, axis=0))

    def log_density(self, theta: FloatArray) -> FloatArray:
        """Return the log density of each cell under each combination, shape (cells, G)."""
        n_models = len(theta) // self.n_combinations
        return np.concatenate(
            [
                part.log_density(self.own(theta, a))[:, self.spread(a, n_models)]
                for a, part in enumerate(self.parts)
            ]
        )

    def score_table(self, theta: FloatArray) -> FloatArray:
        """Return the derivative of each cell's log density, shape (cells, G, Q)."""
        n_models = len(theta) // self.n_combinations
        table = np.zeros((self.cuts[-1].stop, len(theta), self.n_parameters))
        for a, part in enumerate(self.parts):
            own = part.score_table(self.own(theta, a))
            table[self.cuts[a], :, self.columns[a]] = own[:, self.spread(a, n_models)]
        return table

    def weighted(
        self, theta: FloatArray, cell_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value (G,), gradient (G, Q) and Hessian (G, Q, Q) of weighted log densities."""
        value = np.zeros(len(theta))
        gradient = np.zeros((len(theta), self.n_parameters))
        hessian = np.zeros((len(theta), self.n_parameters, self.n_parameters))
        for (part, own), cut in zip(self.with_columns(), self.cuts, strict=True):
            one, gradient[:, own], hessian[:, own, own] = part.weighted(
                theta[:, own], cell_weight[cut]
            )
            value += one
        return value, gradient, hessian

    def value(self, theta: FloatArray, cell_weight: FloatArray) -> FloatArray:
        """Return the weighted sum of log densities of each combination, shape (G,)."""
        parts = zip(self.with_columns(), self.cuts, strict=True)
        values = [part.value(theta[:, own], cell_weight[cut]) for (part, own), cut in parts]
        return np.asarray(np.sum(values, axis=0))

    def _size(self, a: int) -> int:
        return int(self.columns[a].stop - self.columns[a].start)
