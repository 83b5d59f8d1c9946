"""Two populations compared within matched sets, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from trajectories.errors import InputError
from trajectories.matching.factors import Factor
from trajectories.numerics.types import AnyArray
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

MissingFactor = Literal["raise", "available", "complete_sets"]


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Hold R persons in S sets, each set with at least one person of both populations.

    Attributes
    ----------
    first : ndarray of bool, shape (R,)
        Who is of the first population.
    x : ndarray, shape (R, F)
        Factors.
    set_number : ndarray of int, shape (R,)
        0 to S − 1.
    weight : ndarray, shape (R,)
        1 over the persons of the same population in the set.
    cluster : ndarray of int, shape (S,)
        Sets that share a person, directly or by way of others, are one cluster.
    labels : ndarray, shape (S,)
        Number of each set among all.
    missing : tuple of int
        Persons of the first and of the second population without a value.
    """

    first: BoolArray
    x: FloatArray
    set_number: IntArray
    weight: FloatArray
    cluster: IntArray
    labels: IntArray
    missing: tuple[int, int]

    @property
    def n_sets(self) -> int:
        """Number of sets, S."""
        return len(self.cluster)

    @property
    def sets_share_persons(self) -> bool:
        """Whether somebody serves in several sets, so that these are not independent."""
        return bool(self.cluster.max() + 1 < self.n_sets)

    def take(self, kept: BoolArray) -> Contrast:
        """Return the contrast of some of the sets, ``kept`` being a mask of shape (S,)."""
        rows = kept[self.set_number]
        number = np.cumsum(kept) - 1
        return Contrast(
            self.first[rows],
            self.x[rows],
            number[self.set_number[rows]],
            self.weight[rows],
            np.unique(self.cluster[kept], return_inverse=True)[1],
            self.labels[kept],
            self.missing,
        )

    def set_means(self, first: bool) -> FloatArray:
        """Return the means of the factors of one population in each set, shape (S, F)."""
        mine = self.first if first else ~self.first
        result = np.zeros((self.n_sets, self.x.shape[1]))
        np.add.at(result, self.set_number[mine], self.x[mine] * self.weight[mine][:, None])
        return result


def make_contrast(
    sets: MatchedSets, first: str, second: str, factors: list[Factor], missing: MissingFactor
) -> Contrast:
    """Gather the sets that hold both populations, missing values handled as asked.

    "available" leaves persons without a value out, and sets that then lack one of the two;
    "complete_sets" leaves out every set with a person without a value.

    Raises
    ------
    InputError
        With ``missing="raise"`` when a value is missing; when no set is left.
    """
    members = sets.members
    population = members["population"].to_numpy()
    mine = np.flatnonzero((population == first) | (population == second))
    is_first = population[mine] == first
    x = np.stack([factor.values[mine] for factor in factors], axis=1)
    number = members["set"].to_numpy()[mine]
    lacks = np.isnan(x).any(axis=1)
    absent = int((lacks & is_first).sum()), int((lacks & ~is_first).sum())
    if lacks.any() and missing == "raise":
        names = ", ".join(repr(factor.name) for factor in factors)
        raise InputError(
            f"factor {names} missing for {counted(absent[0], 'person')} of {first!r} and "
            f"{absent[1]:,} of {second!r}: choose missing='available' (leaves these persons out) "
            "or missing='complete_sets' (leaves their sets out)"
        )
    kept = ~lacks
    if missing == "complete_sets":
        kept &= ~np.isin(number, number[lacks])
    kept &= np.isin(number, number[kept & is_first]) & np.isin(number, number[kept & ~is_first])
    if not kept.any():
        raise InputError(
            f"no set has both {first!r} and {second!r}"
            + (" with the factor known" if lacks.any() else "")
        )
    row = members["row"].to_numpy()[mine][kept]
    is_first, x, number = is_first[kept], x[kept], number[kept]
    labels, set_number = np.unique(number, return_inverse=True)
    n_sets = int(set_number.max()) + 1
    side = set_number * 2 + is_first
    weight = 1.0 / np.bincount(side, minlength=2 * n_sets)[side]
    who = members["person"].to_numpy()[mine][kept]
    if getattr(sets.source, "unit", "person") is None:
        who = np.where(is_first, row, -1 - row)  # without ids rows tell persons apart
    cluster = _clusters(set_number, who, n_sets)
    return Contrast(is_first, x, set_number, weight, cluster, labels, absent)


def _clusters(set_number: IntArray, who: AnyArray, n_sets: int) -> IntArray:
    _, person = np.unique(who, return_inverse=True)
    if len(person) == int(person.max()) + 1:
        return np.arange(n_sets)  # nobody serves twice
    size = n_sets + int(person.max()) + 1
    ties = sparse.coo_array(
        (np.ones(len(person)), (set_number, n_sets + person)), shape=(size, size)
    )
    _, label = connected_components(ties, directed=False)
    _, cluster = np.unique(label[:n_sets], return_inverse=True)
    return np.asarray(cluster, dtype=np.int64)


def clustered_variance(influence: FloatArray, cluster: IntArray) -> float:
    """Return the variance of Σ influence, summed by cluster first: G/(G − 1) Σ_g (Σ_g u)²."""
    total = np.bincount(cluster, influence)
    n = len(total)
    return float((total @ total) * n / (n - 1)) if n > 1 else np.nan
