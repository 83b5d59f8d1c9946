"""The designs and parameters of a trajectory model on a grid of ages, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.families.base import ABSENT
from trajectories.groups.bases import CurveBasis, Polynomial
from trajectories.groups.membership.terms import Membership, add_membership
from trajectories.groups.time_varying import (
    CurveWithCovariates,
    TimeVarying,
    ages_of,
    covariates_of,
)
from trajectories.numerics.basis import Basis
from trajectories.numerics.mixture import expansion
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel

ZERO_RATE = -1e4
"""Linear predictor of a group fixed at zero: exp of it is exactly 0, and it is still a number."""

ALL_GROUPS = 0
"""The group under which parameters that all groups share are reported."""


@dataclass(frozen=True, slots=True)
class Model:
    """A family with a basis for each of its channels.

    Attributes
    ----------
    family : Family
    bases : tuple of Basis
        One per channel, each of the highest degree that any group has. Covariates that vary over
        time stand behind the functions of age in the first.
    degrees : tuple of tuple of int, shape (K, q)
        Degree of every channel in each group; -1 where the group has no parameters.
    membership : Membership or None
        The covariates that the group probabilities depend on, if any.
    """

    family: Family
    bases: tuple[Basis | CurveWithCovariates, ...]
    degrees: tuple[tuple[int, ...], ...]
    membership: Membership | None = None

    @classmethod
    def build(
        cls,
        family: Family,
        degree: tuple[int, ...],
        ages: FloatArray,
        basis: CurveBasis | None = None,
        covariates: TimeVarying | None = None,
    ) -> Model:
        """Lay the bases of all channels on increasing ages, shape (T,)."""
        degrees = tuple(
            tuple(family.channel_degrees(own, group)) if own >= 0 else (-1,) * len(family.channels)
            for group, own in enumerate(degree)
        )
        highest = [max(max(own), 0) for own in zip(*degrees, strict=True)]
        curve = Polynomial() if basis is None else basis
        first: Basis | CurveWithCovariates = curve.lay(ages, highest[0])
        if covariates is not None:
            first = CurveWithCovariates(curve.lay(ages, highest[0]), covariates)
        others = tuple(Basis.on_grid(ages, d) for d in highest[1:])
        return cls(family, (first, *others), degrees)

    @property
    def covariates(self) -> TimeVarying | None:
        """The covariates that vary over time in the curve; None if there are none."""
        return covariates_of(self.bases)

    @property
    def time_varying(self) -> tuple[str, ...]:
        """Their names."""
        return () if self.covariates is None else self.covariates.names

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return len(self.degrees)

    @property
    def degree(self) -> tuple[int, ...]:
        """Degree of the curve in each group; -1 for a group fixed at zero."""
        return tuple(own[0] for own in self.degrees)

    @property
    def n_group_parameters(self) -> int:
        """Number of parameters of a group, Q, those held included."""
        return sum(basis.n_terms for basis in self.bases)

    @property
    def n_covariates(self) -> int:
        """Number of covariates that the group probabilities depend on, M."""
        return 0 if self.membership is None else self.membership.n_covariates

    @property
    def n_slopes(self) -> int:
        """Number of slopes of the group probabilities in covariates, (K - 1) M."""
        return (self.n_groups - 1) * self.n_covariates

    @property
    def reference(self) -> int:
        """Group that the logits of the group probabilities are reported against."""
        reference = 1 if self.membership is None else self.membership.reference
        return reference if isinstance(reference, int) else 1

    def unit_covariates(self, panel: Panel) -> FloatArray | None:
        """Return the covariates of a panel as they are used inside, (N, M); None without any."""
        if self.membership is None:
            return None
        return self.membership.standardised(self.membership.raw(panel))

    def ordered(self, order: IntArray) -> Model:
        """Return the model with its groups in another order."""
        degrees = tuple(self.degrees[k] for k in order)
        return replace(self, family=self.family.ordered(order), degrees=degrees)

    def lowered(self, group: int) -> Model:
        """Return the model in which the curve of one group (from 0) is one degree simpler.

        A natural spline becomes a straight line. Bases stay, so that parameters mean the same.
        """
        degrees = [list(own) for own in self.degrees]
        degrees[group][0] -= 2 if self.bases[0].natural and degrees[group][0] == 3 else 1
        return replace(self, degrees=tuple(tuple(own) for own in degrees))

    def designs(self, ages: FloatArray) -> list[FloatArray]:
        """Return the design matrix of each channel at some ages, shapes (T, P_q).

        With covariates, ``ages`` may be design points, shape (R, 1 + C), ages first; ages alone
        mean the path of the covariates that the model holds: their averages, unless chosen.
        """
        first, *others = self.bases
        return [first.evaluate(ages), *(basis.evaluate(ages_of(ages)) for basis in others)]

    def along(self, values: Mapping[str, Any], ages: FloatArray) -> Model:
        """Return the model with its covariates at chosen values, wherever only ages are given."""
        first, *others = self.bases
        if not isinstance(first, CurveWithCovariates):
            raise InputError("at= is for models with time-varying covariates, and this has none")
        covariates = first.covariates.along(values, ages)
        return replace(self, bases=(CurveWithCovariates(first.curve, covariates), *others))

    def active(self) -> BoolArray:
        """Return which parameters are estimated, shape (K, Q)."""
        return np.array(
            [
                np.concatenate([b.terms(d) for b, d in zip(self.bases, own, strict=True)])
                for own in self.degrees
            ]
        )

    def held(self) -> FloatArray:
        """Return the values of the parameters that are not estimated, shape (K, Q)."""
        values = np.zeros((self.n_groups, self.n_group_parameters))
        # column 0 of an orthonormal basis is the constant 1
        values[np.array(self.degree) < 0, 0] = ZERO_RATE
        start = self.bases[0].n_terms
        for channel, basis in enumerate(self.bases[1:], start=1):
            without = [own[0] >= 0 > own[channel] for own in self.degrees]
            values[without, start] = ABSENT
            start += basis.n_terms
        return values

    def common(self) -> BoolArray:
        """Return which of a group's parameters all groups share, shape (Q,)."""
        shared = self.family.common_channels()
        none = np.zeros(self.n_group_parameters, dtype=bool)
        result = self.columns(shared) if shared else none
        if self.covariates is not None:
            stop = self.bases[0].n_terms
            result[stop - len(self.covariates.common) : stop] |= self.covariates.common
        return result

    def columns(self, channels: tuple[str, ...] = ()) -> BoolArray:
        """Return which of a group's parameters belong to some channels (none named: all), (Q,)."""
        return np.concatenate(
            [
                np.full(basis.n_terms, not channels or channel in channels)
                for channel, basis in zip(self.family.channels, self.bases, strict=True)
            ]
        )

    def free(self) -> BoolArray:
        """Return which of the packed parameters are estimated, shape (D,)."""
        logits, slopes = (np.ones(n, dtype=bool) for n in (self.n_groups - 1, self.n_slopes))
        return np.concatenate([logits, self.active().ravel(), slopes])

    def expansion(self) -> FloatArray:
        """Return the matrix, shape (D, F), from F estimated numbers to packed parameters.

        A column has one 1, or one per group for a parameter that all groups share.
        """
        return expansion(self.active(), self.common(), self.n_slopes)

    @property
    def n_parameters(self) -> int:
        """Number of estimated numbers, F."""
        return int(self.expansion().shape[1])

    def index(self) -> pd.MultiIndex:
        """Return (part, group, term) of what ``to_reported`` makes, in its order.

        Parameters that all groups share have group 0.
        """
        return self._named([k for k in range(1, self.n_groups + 1) if k != self.reference])

    def packed_index(self) -> pd.MultiIndex:
        """Return (part, group, term) of every packed parameter, logits against group 1."""
        return self._named(list(range(2, self.n_groups + 1)))

    def _named(self, groups_with_logit: list[int]) -> pd.MultiIndex:
        entries: list[tuple[str, int, str]] = [
            ("membership", group, "intercept") for group in groups_with_logit
        ]
        own = [
            (channel, term)
            for channel, basis in zip(self.family.channels, self.bases, strict=True)
            for term in basis.names()
        ]
        for group in range(1, self.n_groups + 1):
            entries += [
                (channel, ALL_GROUPS if shared else group, term)
                for (channel, term), shared in zip(own, self.common(), strict=True)
            ]
        covariates = () if self.membership is None else self.membership.columns
        entries += [
            ("membership", group, column) for group in groups_with_logit for column in covariates
        ]
        # levels in the order of reporting, so that params.loc["mean", 2] is a sorted look-up
        parts, groups, terms = zip(*entries, strict=True)
        names = ["membership", *self.family.channels]
        of_curves = (name for basis in self.bases for name in basis.names())
        longest = list(dict.fromkeys(["intercept", *covariates, *of_curves]))
        return pd.MultiIndex.from_arrays(
            [pd.Categorical(parts, names), groups, pd.Categorical(terms, longest)],
            names=["part", "group", "term"],
        )

    def reporting_order(self) -> list[int]:
        """Return positions of the estimated parameters: membership, then channel by channel.

        A parameter that all groups share stands there once.
        """
        parts = ("membership", *self.family.channels)
        index = self.index()
        free = self.free()
        by_part: dict[str, list[int]] = {part: [] for part in parts}
        seen = set()
        for position, label in enumerate(index):
            shared = label[1] == ALL_GROUPS and label in seen
            if free[position] and not shared:
                by_part[label[0]].append(position)
                seen.add(label)
        # what groups share, group 0, first: look-ups by part and group stay sorted ones
        group = index.get_level_values("group").to_numpy()
        for positions in by_part.values():
            positions.sort(key=lambda position: int(group[position]))  # stable
        return [position for part in parts for position in by_part[part]]

    def to_reported(self) -> FloatArray:
        """Return the matrix, shape (D, D), from packed parameters to those that are reported."""
        n_logits = self.n_groups - 1
        size = n_logits + self.n_groups * self.n_group_parameters + self.n_slopes
        change = np.eye(size)
        if self.membership is not None:
            add_membership(change, self.membership, self.n_groups, self.reference)
        position = n_logits
        for _ in range(self.n_groups):
            for basis in self.bases:
                stop = position + basis.n_terms
                change[position:stop, position:stop] = basis.to_reported()
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
