"""Cells: the few distinct (age, outcome, exposure) triples at which a density is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of C cells sorted by age.

    Attributes
    ----------
    age_index : ndarray of int, shape (C,)
        Row of the design matrix that the cell belongs to; never falls.
    outcome, exposure : ndarray, shape (C,)
        Outcome (a count) and exposure (years free) of the cell.
    """

    age_index: IntArray
    outcome: FloatArray
    exposure: FloatArray

    def age_starts(self) -> tuple[IntArray, IntArray]:
        """Return the ages that occur and the first cell of each, for ``np.add.reduceat``."""
        ages, starts = np.unique(self.age_index, return_index=True)
        return ages, starts
