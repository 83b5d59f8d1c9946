"""Birthdays of many persons at a range of ages, by looking up equal dates of birth once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.panel.arrays import DayArray, IntArray
from trajectories.panel.calendar import birthday

DAYS_A_YEAR = 365.2425


@dataclass(frozen=True, slots=True, eq=False)
class Birthdays:
    """Hold the birthdays from one age to another, a row a distinct date of birth.

    A million persons have a few ten thousand dates of birth, so that calendar rules are worked
    out on a small table, and everything else is looking up.

    Attributes
    ----------
    first_age : int
    table : ndarray of int32, shape (D, A)
        Birthdays ``first_age`` to ``first_age + A − 1``, days since 1970-01-01.
    code : ndarray of int, shape (N,)
        Row of the table of each person.
    """

    first_age: int
    table: NDArray[np.int32]
    code: NDArray[np.int32]

    @classmethod
    def of(cls, birth: DayArray, first_age: int, last_age: int) -> Birthdays:
        """Return the birthdays from ``first_age`` to ``last_age`` of persons born on known days."""
        distinct, code = np.unique(birth.astype("datetime64[D]"), return_inverse=True)
        ages = np.arange(first_age, last_age + 1)
        table = birthday(distinct[:, None], ages[None, :]).astype(np.int64).astype(np.int32)
        return cls(first_age, table, code.astype(np.int32))

    def at(self, row: Any, age: Any) -> NDArray[np.int32]:
        """Return birthdays of persons by row number, at ages within the range."""
        days: NDArray[np.int32] = self.table[self.code[row], np.asarray(age) - self.first_age]
        return days

    def age_on(self, row: IntArray, day: IntArray) -> IntArray:
        """Return the age of persons in whole years on days since 1970.

        One less than ``first_age`` for whoever is younger, and the last age where that birthday is
        past. An age guessed from the mean length of a year is wrong by one at most: birthdays
        stray from it by two days.
        """
        code = self.code[row]
        n_ages = self.table.shape[1]
        guess = ((day - self.table[code, 0]) / DAYS_A_YEAR).astype(np.int64)
        place = np.clip(guess, 0, n_ages - 1)
        place -= day < self.table[code, place]
        later = np.minimum(place + 1, n_ages - 1)
        place += (later > place) & (day >= self.table[code, later])
        result: IntArray = place + self.first_age
        return result
