"""The model over combinations of groups: which parameters there are, and which are one number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from trajectories.numerics.composite_statistics import cuts
from trajectories.numerics.joint_mixture import PartLayout, joint_expansion
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


class PartModel(Protocol):
    """What is needed of the model of one part."""

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        ...

    @property
    def n_group_parameters(self) -> int:
        """Number of parameters of a group, those held included."""
        ...

    def active(self) -> BoolArray:
        """Return which parameters are estimated, shape (K, Q)."""
        ...

    def held(self) -> FloatArray:
        """Return the values of those that are not, shape (K, Q)."""
        ...

    def common(self) -> BoolArray:
        """Return which of a group's parameters all groups share, shape (Q,)."""
        ...

    def index(self) -> pd.MultiIndex:
        """Return (part, group, term) of every packed parameter, logits first."""
        ...

    def reporting_order(self) -> list[int]:
        """Return positions of the estimated parameters in the order of reporting."""
        ...

    def to_reported(self) -> FloatArray:
        """Return the matrix, shape (D, D), from packed parameters to those that are reported."""
        ...

    def ordered(self, order: IntArray) -> PartModel:
        """Return the model with its groups in another order."""
        ...


@dataclass(frozen=True, slots=True)
class JointModel:
    """The models of several parts, and which group of each a combination has.

    Attributes
    ----------
    names : tuple of str
    parts : tuple of PartModel
    group_of : tuple of tuple of int, shape (parts, C)
        Group, from 0, of every combination in each part; every group occurs.
    """

    names: tuple[str, ...]
    parts: tuple[PartModel, ...]
    group_of: tuple[tuple[int, ...], ...]

    @property
    def n_groups(self) -> int:
        """Number of combinations, C; the number of groups where groups are shared."""
        return len(self.group_of[0])

    @property
    def is_shared(self) -> bool:
        """Whether all parts have the same groups."""
        return all(own == tuple(range(self.n_groups)) for own in self.group_of)

    def layouts(self) -> list[PartLayout]:
        """Return what the mixture needs to know of every part."""
        return [
            PartLayout(model.active(), model.held(), model.common(), np.array(groups))
            for model, groups in zip(self.parts, self.group_of, strict=True)
        ]

    def columns(self) -> tuple[slice, ...]:
        """Return where each part's parameters stand among those of a combination."""
        return cuts([model.n_group_parameters for model in self.parts])

    def expansion(self) -> FloatArray:
        """Return the matrix, shape (D, F), from F estimated numbers to packed parameters."""
        return joint_expansion(self.layouts())

    @property
    def n_parameters(self) -> int:
        """Number of estimated numbers, F."""
        return int(self.expansion().shape[1])

    def relabelled(self, orders: tuple[IntArray, ...]) -> tuple[JointModel, IntArray]:
        """Return the model with each part's groups in another order, and where combinations went.

        Combinations are in order of their groups in the first part, then the second, and so on.
        """
        ranks = [np.argsort(order) for order in orders]
        labels = [rank[list(own)] for rank, own in zip(ranks, self.group_of, strict=True)]
        moved = np.lexsort(labels[::-1])
        parts = tuple(model.ordered(order) for model, order in zip(self.parts, orders, strict=True))
        groups = tuple(tuple(int(g) for g in label[moved]) for label in labels)
        return replace(self, parts=parts, group_of=groups), moved

    def with_combinations(self, order: IntArray) -> JointModel:
        """Return the model with its combinations in another order."""
        groups = tuple(tuple(own[c] for c in order) for own in self.group_of)
        return replace(self, group_of=groups)

    def part_parameters(self, a: int, parameters: Parameters) -> Parameters:
        """Return the marginal log shares of a part's groups, (K_a,), and their parameters."""
        groups = np.array(self.group_of[a])
        share = np.bincount(groups, np.exp(parameters.log_probability))
        first = np.unique(groups, return_index=True)[1]
        log_share = np.log(np.maximum(share, 1e-300))
        if len(groups) == len(share):
            log_share = parameters.log_probability[first]
        return Parameters(log_share, parameters.theta[first][:, self.columns()[a]])

    def embedding(self, a: int) -> FloatArray:
        """Return how packed parameters move, (D, D_a), with those of a part alone.

        Its logits move all combinations of a group alike, its group's parameters every copy.
        """
        groups, model = np.array(self.group_of[a]), self.parts[a]
        n_own, n_part = model.n_group_parameters, model.n_groups
        total = self.columns()[-1].stop
        matrix = np.zeros((self.n_groups - 1 + self.n_groups * total, n_part - 1 + n_part * n_own))
        for k in range(1, n_part):
            matrix[: self.n_groups - 1, k - 1] = 1.0 * (groups[1:] == k) - (groups[0] == k)
        for c, k in enumerate(groups):
            row = self.n_groups - 1 + c * total + self.columns()[a].start
            column = n_part - 1 + k * n_own
            matrix[row + np.arange(n_own), column + np.arange(n_own)] = 1.0
        return matrix

    def reading(self, a: int, parameters: Parameters) -> FloatArray:
        """Return the derivative, (D_a, D), of a part's packed parameters in the joint ones.

        d log(share of group k) / d logit of combination c = share of c within k, less the share of
        c among all; the latter cancels in logits.
        """
        groups, model = np.array(self.group_of[a]), self.parts[a]
        n_own, n_part = model.n_group_parameters, model.n_groups
        total = self.columns()[-1].stop
        share = np.exp(parameters.log_probability)
        by_group = np.bincount(groups, share)
        within = np.zeros((n_part, self.n_groups))
        within[groups, np.arange(self.n_groups)] = share / np.maximum(by_group[groups], 1e-300)
        matrix = np.zeros((n_part - 1 + n_part * n_own, self.n_groups - 1 + self.n_groups * total))
        matrix[: n_part - 1, : self.n_groups - 1] = (within[1:] - within[:1])[:, 1:]
        for k, c in enumerate(np.unique(groups, return_index=True)[1]):
            column = self.n_groups - 1 + int(c) * total + self.columns()[a].start
            row = n_part - 1 + k * n_own
            matrix[row + np.arange(n_own), column + np.arange(n_own)] = 1.0
        return matrix
