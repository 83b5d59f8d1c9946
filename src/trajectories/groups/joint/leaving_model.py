"""The model of leaving: a logit per group in age, previous outcomes and covariates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from trajectories.families import Bernoulli, Family
from trajectories.families.base import ABSENT
from trajectories.groups.model import ALL_GROUPS
from trajectories.numerics.basis import Basis
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

MISSING = "_missing"
"""Ends the name of a term for a previous value that was not observed."""


@dataclass(frozen=True, slots=True)
class LeavingModel:
    """A Bernoulli model over rows of a design: age in an orthonormal basis, then other terms.

    Attributes
    ----------
    n_groups : int
    basis : Basis
        Over the ages at which units can leave.
    others : tuple of str
        Previous outcomes and covariates; standardised by ``centre`` and ``spread`` in the design.
    centre, spread : ndarray, shape (len(others),)
    gaps : tuple of str
        Those of the others that say that a previous value was not observed.
    never : tuple of str
        Those of the gaps after which nobody can be known to have left: no term is estimated, and
        the probability of leaving is zero.
    """

    n_groups: int
    basis: Basis
    others: tuple[str, ...]
    centre: FloatArray
    spread: FloatArray
    gaps: tuple[str, ...]
    never: tuple[str, ...] = ()

    @property
    def family(self) -> Family:
        """The distribution."""
        return Bernoulli()

    @property
    def n_group_parameters(self) -> int:
        """Number of parameters of a group, Q."""
        return self.basis.n_terms + len(self.others)

    def design(self, ages: FloatArray, values: FloatArray) -> FloatArray:
        """Return rows of the design, (R, Q), from ages (R,) and other terms' values, (R, M)."""
        return np.hstack([self.basis.evaluate(ages), (values - self.centre) / self.spread])

    def is_never(self) -> BoolArray:
        """Return which of a group's parameters say that nobody leaves, shape (Q,)."""
        return np.array([False] * self.basis.n_terms + [name in self.never for name in self.others])

    def active(self) -> BoolArray:
        """Return which parameters are estimated, shape (K, Q)."""
        return np.tile(~self.is_never(), (self.n_groups, 1))

    def held(self) -> FloatArray:
        """Return the values of those that are not, shape (K, Q)."""
        return np.tile(np.where(self.is_never(), ABSENT, 0.0), (self.n_groups, 1))

    def common(self) -> BoolArray:
        """Return which of a group's parameters all groups share, shape (Q,).

        Those for a previous value that is missing: gaps are too few to have them by group.
        """
        missing = [name in self.gaps for name in self.others]
        return np.array([False] * self.basis.n_terms + missing)

    def ordered(self, order: IntArray) -> LeavingModel:
        """Return the model with its groups in another order: they have the same terms."""
        return replace(self, n_groups=len(order))

    def index(self) -> pd.MultiIndex:
        """Return (part, group, term) of every packed parameter, logits of membership first."""
        entries: list[tuple[str, int, str]] = [
            ("membership", group, "intercept") for group in range(2, self.n_groups + 1)
        ]
        terms = [*self.basis.names(), *self.others]
        for group in range(1, self.n_groups + 1):
            entries += [
                ("leaving", ALL_GROUPS if shared else group, term)
                for term, shared in zip(terms, self.common(), strict=True)
            ]
        return pd.MultiIndex.from_tuples(entries, names=["part", "group", "term"])

    def reporting_order(self) -> list[int]:
        """Return positions of the estimated parameters, those that groups share once and first."""
        n_logits, shared = self.n_groups - 1, self.common()
        first = n_logits + np.flatnonzero(shared & ~self.is_never())
        own = n_logits + np.flatnonzero(np.tile(~shared, self.n_groups))
        return [*range(n_logits), *(int(place) for place in (*first, *own))]

    def to_reported(self) -> FloatArray:
        """Return the matrix, shape (D, D), to powers of age and terms in their own units."""
        size, n_own = self.basis.n_terms, self.n_group_parameters
        own = np.zeros((n_own, n_own))
        own[:size, :size] = self.basis.to_reported()
        own[np.arange(size, n_own), np.arange(size, n_own)] = 1 / self.spread
        own[0, size:] = -self.centre / self.spread
        n_logits = self.n_groups - 1
        change = np.eye(n_logits + self.n_groups * n_own)
        for k in range(self.n_groups):
            at = slice(n_logits + k * n_own, n_logits + (k + 1) * n_own)
            change[at, at] = own
        return change
