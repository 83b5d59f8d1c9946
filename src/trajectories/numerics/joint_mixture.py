"""The mixture over combinations of groups of several panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.composite_density import CompositeDensity
from trajectories.numerics.mixture import Mixture, expansion_of_names
from trajectories.numerics.newton import climb
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class PartLayout:
    """Which parameters of one panel's groups are estimated.

    Attributes
    ----------
    active : ndarray of bool, shape (K_a, Q_a)
    held : ndarray, shape (K_a, Q_a)
    common : ndarray of bool, shape (Q_a,)
    group_of : ndarray of int, shape (C,)
        Group, from 0, of every combination.
    """

    active: BoolArray
    held: FloatArray
    common: BoolArray
    group_of: IntArray


class JointMixture(Mixture):
    """A mixture of C combinations of groups; parameters of a group stand once per combination.

    What stands several times is one number: the expansion adds its scores and information up, and
    the M-step of each panel runs on weights added up over the combinations of each of its groups.

    Parameters
    ----------
    statistics : Statistics
        The composite of the panels.
    density : CompositeDensity
    layouts : sequence of PartLayout
        One per panel.
    """

    def __init__(
        self, statistics: Statistics, density: CompositeDensity, layouts: Sequence[PartLayout]
    ) -> None:
        super().__init__(
            statistics,
            density,
            side_by_side([one.active for one in layouts], layouts),
            side_by_side([one.held for one in layouts], layouts),
            np.concatenate([one.common for one in layouts]),
        )
        self.composite = density
        self.layouts = tuple(layouts)
        self.expansion = joint_expansion(layouts)

    def climb(
        self, theta: FloatArray, cell_weight: FloatArray, steps: int = 1, n_models: int = 1
    ) -> FloatArray:
        """Take Newton steps panel by panel, each on the totals of its own groups."""
        result = theta.copy()
        for a, (part, layout) in enumerate(zip(self.composite.parts, self.layouts, strict=True)):
            moved = climb(
                part,
                self.composite.own(theta, a),
                self.composite.gathered(a, cell_weight),
                np.tile(layout.active, (n_models, 1)),
                layout.common,
                steps,
                n_models,
            )
            result[:, self.composite.columns[a]] = moved[self.composite.spread(a, n_models)]
        return result


def side_by_side(parts: Sequence[AnyArray], layouts: Sequence[PartLayout]) -> AnyArray:
    """Return what parts say of their groups, (K_a, Q_a), by combination, shape (C, Q)."""
    rows = [part[one.group_of] for part, one in zip(parts, layouts, strict=True)]
    return np.concatenate(rows, axis=1)


def joint_expansion(layouts: Sequence[PartLayout]) -> FloatArray:
    """Return the matrix, shape (D, F), from F estimated numbers to packed parameters."""
    names, shift = [], 0
    for one in layouts:
        own = np.arange(one.active.size).reshape(one.active.shape)
        own[:, one.common] = own[:1, one.common]
        names.append(own + shift)
        shift += one.active.size
    active = side_by_side([one.active for one in layouts], layouts)
    return expansion_of_names(active, side_by_side(names, layouts))
