"""The log density of every cell under every group, with its derivatives in the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.types import BoolArray, FloatArray


class ChannelDensity(Protocol):
    """What the numerics need to know of a family: a density in its linear predictors.

    A family has q channels (the log mean, the logit of an extra zero, ...). All arrays broadcast:
    outcome and exposure have shape (C, 1), channels have shape (q, C, G).
    """

    @property
    def largest_first(self) -> float:
        """Steps that take the first channel above this are refused."""
        ...

    @property
    def largest_change(self) -> tuple[float, ...]:
        """Largest change of each channel, at any age, in one Newton step."""
        ...

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean on the scale of its link, (T, G), and its derivatives in the channels (q, T, G)."""
        ...

    def first_at_mean(
        self, link_mean: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """First channel (T, G) that gives a mean, and derivatives in mean and other channels."""
        ...

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        """Log density without the part that no parameter enters, shape (C, G)."""
        ...

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """First (q, C, G) and second (q, q, C, G) derivatives in the channels."""
        ...


class Density(Protocol):
    """What EM and Newton need of the densities of G groups; see :class:`CellDensity`."""

    @property
    def in_units(self) -> bool:
        """Whether a channel is in the unit of the data."""
        ...

    def pieces(self) -> list[tuple[CellDensity, slice]]:
        """Densities that this one is made of, each with its cells."""
        ...

    def with_columns(self) -> list[tuple[CellDensity, slice]]:
        """Densities that this one is made of, each with its columns of ``theta``."""
        ...

    def out_of_range(self, theta: FloatArray) -> BoolArray:
        """Whether the first channel is too large at some age, shape (G,)."""
        ...

    def shortening(self, theta: FloatArray, step: FloatArray) -> FloatArray:
        """Factors, shape (G,), that keep a step's changes in bounds."""
        ...

    def log_density(self, theta: FloatArray) -> FloatArray:
        """Log density of each cell under each group, shape (C, G)."""
        ...

    def score_table(self, theta: FloatArray) -> FloatArray:
        """Return the derivative of each cell's log density, shape (C, G, Q)."""
        ...

    def value(self, theta: FloatArray, cell_weight: FloatArray) -> FloatArray:
        """Weighted sum of log densities of each group, shape (G,)."""
        ...

    def weighted(
        self, theta: FloatArray, cell_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Value (G,), gradient (G, Q) and Hessian (G, Q, Q) of weighted log densities."""
        ...


class CellDensity:
    """Log densities of C cells for G groups, given their parameters.

    The parameters of a group are the coefficients of its channels side by side, Q in all;
    ``theta`` has shape (G, Q). G may run over the groups of many starts at once.

    Parameters
    ----------
    family : ChannelDensity
        The distribution.
    designs : sequence of ndarray, shape (T, P_q)
        Design matrix of each channel on the grid of ages.
    cells : Cells
        Where the density is evaluated.
    """

    def __init__(self, family: ChannelDensity, designs: Sequence[FloatArray], cells: Cells) -> None:
        self.family = family
        self.designs = tuple(designs)
        self.cells = cells
        bounds = np.cumsum([0, *(design.shape[1] for design in designs)])
        self.parts = tuple(slice(int(low), int(high)) for low, high in pairwise(bounds))
        self.n_parameters = int(bounds[-1])
        self._outcome = cells.outcome[:, None]
        self._exposure = cells.exposure[:, None]
        self._ages, self._starts = cells.age_starts()
        self._one_cell_per_age = len(self._starts) == len(cells.age_index)

    @property
    def in_units(self) -> bool:
        """Whether a channel is in the unit of the data, so that parameters differ in scale."""
        return not np.isfinite(self.family.largest_change).all()

    def pieces(self) -> list[tuple[CellDensity, slice]]:
        """Return the densities that this one is made of, each with its cells: itself."""
        return [(self, slice(None))]

    def with_columns(self) -> list[tuple[CellDensity, slice]]:
        """Return the densities that this one is made of, each with its parameters: itself."""
        return [(self, slice(0, self.n_parameters))]

    def grid_channels(self, theta: FloatArray) -> FloatArray:
        """Return the linear predictors on the grid of ages, shape (q, T, G)."""
        return np.stack(
            [
                design @ theta[:, part].T
                for design, part in zip(self.designs, self.parts, strict=True)
            ]
        )

    def out_of_range(self, theta: FloatArray) -> BoolArray:
        """Say of which groups the first channel is too large at some age, shape (G,)."""
        first = self.designs[0] @ theta[:, self.parts[0]].T
        return np.asarray(first.max(axis=0) > self.family.largest_first)

    def shortening(self, theta: FloatArray, step: FloatArray) -> FloatArray:
        """Return the factors, shape (G,), that keep a step's changes of the channels in bounds.

        Far out, where a rate or a probability is practically zero, more is allowed: half of the
        linear predictor as it stands. A curve that runs off there would otherwise crawl.
        """
        now = self.grid_channels(theta)
        now[0] = np.minimum(now[0], 0.0)  # a high log rate is never far out
        change = np.abs(self.grid_channels(step))
        allowed = np.asarray(self.family.largest_change)[:, None, None] + np.abs(now) / 2
        factor = allowed / np.maximum(change, 1e-300)
        return np.asarray(factor.min(axis=(0, 1)).clip(max=1.0))

    def channels(self, theta: FloatArray) -> FloatArray:
        """Return the linear predictors at the cells, shape (q, C, G)."""
        return np.asarray(self.grid_channels(theta)[:, self.cells.age_index])

    def log_density(self, theta: FloatArray) -> FloatArray:
        """Return the log density of each cell under each group, shape (C, G)."""
        return self.family.log_density(self._outcome, self._exposure, self.channels(theta))

    def score_table(self, theta: FloatArray) -> FloatArray:
        """Return the derivative of each cell's log density, shape (C, G, Q)."""
        first, _ = self.family.derivatives(self._outcome, self._exposure, self.channels(theta))
        table = np.empty((*first.shape[1:], self.n_parameters))
        for channel, (design, part) in enumerate(zip(self.designs, self.parts, strict=True)):
            rows = design[self.cells.age_index]
            table[:, :, part] = first[channel][:, :, None] * rows[:, None, :]
        return table

    def weighted(
        self, theta: FloatArray, cell_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value (G,), gradient (G, Q) and Hessian (G, Q, Q) of weighted log densities.

        ``cell_weight`` has shape (C, G). The sums run over T ages, not over units: cells of one
        age are added up before the design matrix comes in.
        """
        channels = self.channels(theta)
        logs = self.family.log_density(self._outcome, self._exposure, channels)
        first, second = self.family.derivatives(self._outcome, self._exposure, channels)
        n_groups = len(theta)
        gradient = np.empty((n_groups, self.n_parameters))
        hessian = np.empty((n_groups, self.n_parameters, self.n_parameters))
        rows = [design[self._ages] for design in self.designs]
        for a, part_a in enumerate(self.parts):
            gradient[:, part_a] = self._by_age(cell_weight * first[a]).T @ rows[a]
            for b, part_b in enumerate(self.parts[: a + 1]):
                by_age = self._by_age(cell_weight * second[a, b])
                block = np.matmul(rows[a].T[None], by_age.T[:, :, None] * rows[b][None])
                hessian[:, part_a, part_b] = block
                if a != b:
                    hessian[:, part_b, part_a] = block.transpose(0, 2, 1)
        value = np.einsum("cg,cg->g", cell_weight, logs)
        return value, gradient, hessian

    def value(self, theta: FloatArray, cell_weight: FloatArray) -> FloatArray:
        """Return the weighted sum of log densities of each group, shape (G,)."""
        return np.asarray(np.einsum("cg,cg->g", cell_weight, self.log_density(theta)))

    def _by_age(self, values: FloatArray) -> FloatArray:
        if self._one_cell_per_age:
            return values
        return np.asarray(np.add.reduceat(values, self._starts, axis=0))
