"""What an assignment asks of the controls of one population: who is near, who is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Number persons so that one who is in two populations has one number.

    Attributes
    ----------
    first : int
        Number of the person in row 0, where every row of every population is another person.
    codes : ndarray of int, shape (n,), or None
        Number of the person in each row, where populations share persons.
    n_populations : int
        Populations that are matched together.
    """

    first: int = 0
    codes: IntArray | None = None
    n_populations: int = 1

    def of(self, row: int) -> int:
        """Return the number of the person in a row."""
        return row + self.first if self.codes is None else int(self.codes[row])


class Supply(Protocol):
    """Controls for every case, nearest first; equal distances come in random order.

    Attributes
    ----------
    n_exact : ndarray of int, shape (n_cases,)
        Controls that agree exactly and are at risk.
    n_eligible : ndarray of int, shape (n_cases,)
        Those of them within every caliper.
    closest : ndarray, shape (n_cases,)
        Distance to the nearest of them; infinite where there is none.
    """

    n_exact: IntArray
    n_eligible: IntArray
    closest: FloatArray

    def reset(self, rng: np.random.Generator) -> None:
        """Forget what was taken, and draw the order of ties anew."""

    def take(self, case: int, used: set[int]) -> tuple[int, float] | None:
        """Return row and distance of the nearest control whose person is not used, if any."""

    def nearest(self, case: int, n: int) -> tuple[IntArray, FloatArray]:
        """Return rows and distances of the n nearest controls, fewer where there are fewer."""

    def person(self, row: int) -> int:
        """Return the number of the person in a row; the same in every population."""


def hardest_first(supply: Supply) -> IntArray:
    """Order cases by how few controls are eligible, then by how far the nearest one is."""
    return np.lexsort((-supply.closest, supply.n_eligible))


def least(distance: FloatArray, n: int, rng: np.random.Generator) -> IntArray:
    """Return the places of the n least distances, in order, equal ones at random."""
    n = min(n, len(distance))
    if n == 0:
        return np.zeros(0, np.int64)
    if n < len(distance):
        limit = np.partition(distance, n - 1)[n - 1]
        chosen = np.flatnonzero(distance <= limit)
    else:
        chosen = np.arange(len(distance))
    order = np.lexsort((rng.random(len(chosen)), distance[chosen]))
    return np.asarray(chosen[order[:n]], dtype=np.int64)


def widened(caliper: float, *scores: FloatArray) -> float:
    """Return a caliper that forgives rounding: 0.8 lies within 0.1 of 0.7.

    A billionth of the caliper and a few units in the last place of the largest score are added.
    """
    if np.isinf(caliper):
        return caliper
    largest = max((float(np.abs(score).max(initial=0.0)) for score in scores), default=0.0)
    return caliper * (1.0 + 1e-9) + 4.0 * np.finfo(float).eps * largest
