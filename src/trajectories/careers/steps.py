"""Steps from one day with offences to the next, by the kinds of the offences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from trajectories.careers.histories import Histories
from trajectories.panel.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Hold pairs of successive offences.

    Offences of one day have no order. A step leads from a day to the person's next day with an
    offence and weighs 1: it is shared out equally over the pairs of an offence of the one and an
    offence of the other day.

    Attributes
    ----------
    person : ndarray of int, shape (S,)
    before, after : ndarray of int, shape (S,)
        Positions of the two offences.
    weight : ndarray, shape (S,)
    """

    person: IntArray
    before: IntArray
    after: IntArray
    weight: FloatArray

    def by_person(self, code: IntArray, n_kinds: int, n_persons: int) -> csr_array:
        """Return the steps of each person by kinds, (N, K²), row-major."""
        flat = code[self.before] * n_kinds + code[self.after]
        table = coo_array((self.weight, (self.person, flat)), shape=(n_persons, n_kinds**2))
        return table.tocsr()  # adds what is there twice


def steps_of(made: Histories) -> Steps:
    """Return all pairs of successive offences."""
    person, _, occasion = made.occasions
    size = np.bincount(occasion, minlength=len(person))
    begins = np.cumsum(size) - size
    from_day = np.flatnonzero(person[1:] == person[:-1])
    n_before, n_after = size[from_day], size[from_day + 1]
    pairs = n_before * n_after
    step = np.repeat(np.arange(len(from_day)), pairs)
    place = np.arange(len(step)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    before = begins[from_day][step] + place // np.maximum(n_after[step], 1)
    after = begins[from_day + 1][step] + place % np.maximum(n_after[step], 1)
    return Steps(person[from_day][step], before, after, 1.0 / pairs[step])
