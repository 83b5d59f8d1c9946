"""The designs and parameters of a trajectory model on a grid of ages, and their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.families import Family
from trajectories.numerics.basis import PolynomialBasis
from trajectories.numerics.types import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Model:
    """A family with a polynomial basis for each of its channels.

    Attributes
    ----------
    family : Family
    bases : tuple of PolynomialBasis
        One per channel, each of the highest degree that any group has.
    degree : tuple of int, length K
        Degree of the first channel in each group.
    """

    family: Family
    bases: tuple[PolynomialBasis, ...]
    degree: tuple[int, ...]

    @classmethod
    def build(cls, family: Family, degree: tuple[int, ...], ages: FloatArray) -> Model:
        """Lay the bases of all channels on the ages, shape (T,)."""
        channel_degrees = family.channel_degrees(max(degree))
        bases = tuple(PolynomialBasis.on_grid(ages, d) for d in channel_degrees)
        return cls(family, bases, degree)

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return len(self.degree)

    @property
    def n_group_parameters(self) -> int:
        """Number of parameters of a group, Q, those held at zero included."""
        return sum(basis.degree + 1 for basis in self.bases)

    def designs(self, ages: FloatArray) -> list[FloatArray]:
        """Return the design matrix of each channel at some ages, shapes (T, P_q)."""
        return [basis.evaluate(ages) for basis in self.bases]

    def active(self) -> BoolArray:
        """Return which parameters are estimated, shape (K, Q)."""
        rows = []
        for degree in self.degree:
            own = self.family.channel_degrees(degree)
            rows.append(
                np.concatenate(
                    [
                        np.arange(basis.degree + 1) <= limit
                        for basis, limit in zip(self.bases, own, strict=True)
                    ]
                )
            )
        return np.array(rows)

    def columns(self, channels: tuple[str, ...] = ()) -> BoolArray:
        """Return which of a group's parameters belong to some channels (none named: all), (Q,)."""
        return np.concatenate(
            [
                np.full(basis.degree + 1, not channels or channel in channels)
                for channel, basis in zip(self.family.channels, self.bases, strict=True)
            ]
        )

    def free(self) -> BoolArray:
        """Return which of the packed parameters are estimated, shape (D,)."""
        return np.concatenate([np.ones(self.n_groups - 1, dtype=bool), self.active().ravel()])

    def index(self) -> pd.MultiIndex:
        """Return (part, group, term) of every packed parameter, in packed order."""
        entries: list[tuple[str, int, str]] = [
            ("membership", group, "intercept") for group in range(2, self.n_groups + 1)
        ]
        for group in range(1, self.n_groups + 1):
            for channel, basis in zip(self.family.channels, self.bases, strict=True):
                entries += [(channel, group, term) for term in power_names(basis.degree)]
        # levels in the order of reporting, so that params.loc["mean", 2] is a sorted look-up
        parts, groups, terms = zip(*entries, strict=True)
        names = ["membership", *self.family.channels]
        longest = power_names(max(basis.degree for basis in self.bases))
        return pd.MultiIndex.from_arrays(
            [pd.Categorical(parts, names), groups, pd.Categorical(terms, longest)],
            names=["part", "group", "term"],
        )

    def reporting_order(self) -> list[int]:
        """Return positions of the estimated parameters: membership, then channel by channel."""
        parts = ("membership", *self.family.channels)
        index = self.index()
        free = self.free()
        by_part: dict[str, list[int]] = {part: [] for part in parts}
        for position, (part, _, _) in enumerate(index):
            if free[position]:
                by_part[part].append(position)
        return [position for part in parts for position in by_part[part]]

    def to_powers(self) -> FloatArray:
        """Return the matrix, shape (D, D), from packed parameters to powers of age."""
        n_logits = self.n_groups - 1
        size = n_logits + self.n_groups * self.n_group_parameters
        change = np.eye(size)
        position = n_logits
        for _ in range(self.n_groups):
            for basis in self.bases:
                stop = position + basis.degree + 1
                change[position:stop, position:stop] = basis.to_powers()
                position = stop
        return change

    def channels(self, theta: FloatArray, ages: FloatArray) -> FloatArray:
        """Return the linear predictors, shape (q, T, K), of parameters (K, Q)."""
        values = []
        start = 0
        for design in self.designs(ages):
            stop = start + design.shape[1]
            values.append(design @ theta[:, start:stop].T)
            start = stop
        return np.stack(values)

    def link_mean(self, theta: FloatArray, ages: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the mean on the family's link scale (T, K) and its gradient (T, K, Q)."""
        link_mean, by_channel = self.family.link_mean(self.channels(theta, ages))
        parts = [
            by_channel[q][:, :, None] * design[:, None, :]
            for q, design in enumerate(self.designs(ages))
        ]
        return link_mean, np.concatenate(parts, axis=2)


def power_names(degree: int) -> list[str]:
    """Name the terms of a polynomial in age."""
    names = ["intercept", "age", *(f"age^{power}" for power in range(2, degree + 1))]
    return names[: degree + 1]
