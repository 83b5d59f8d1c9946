"""Cases and controls of a register, every value as of the index date of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.matching.as_of import AsOf
from trajectories.matching.eligibility import AtRisk
from trajectories.panel.arrays import DayArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RegisterSource:
    """Hold the register, the cases with their index dates, and who may be at risk.

    Attributes
    ----------
    as_of : AsOf
    case_rows : ndarray of int, shape (n_cases,)
        Position of each case in ``register.persons``; so are all rows of pools.
    index_date : ndarray of datetime64[D], shape (n_cases,)
    at_risk : dict of str → AtRisk
    sampled : dict of str → (rows, cases)
        By population every person who is at risk on the index date of one of the cases tried,
        and that case: the pool before matching.
    """

    as_of: AsOf
    case_rows: IntArray
    index_date: DayArray
    at_risk: Mapping[str, AtRisk]
    sampled: Mapping[str, tuple[IntArray, IntArray]]

    def case_persons(self) -> pd.Index[Any]:
        """Return the ids of the cases."""
        ids: pd.Index[Any] = self.as_of.ids[self.case_rows].rename("person")
        return ids

    def persons(self, population: str, rows: IntArray) -> pd.Index[Any]:
        """Return the ids of rows of the register."""
        ids: pd.Index[Any] = self.as_of.ids[rows].rename("person")
        return ids

    def columns(self) -> list[str]:
        """List every column of persons, and those as of a date."""
        return self.as_of.columns()

    def case_values(self, column: str) -> pd.Series[Any]:
        """Return a column for every case, on its index date."""
        return self.as_of.values(column, self.case_rows, self.index_date)

    def pool_values(
        self, column: str, population: str, rows: IntArray, cases: IntArray
    ) -> pd.Series[Any]:
        """Return a column for persons, on the index date of the case beside each."""
        return self.as_of.values(column, rows, self.index_date[cases])

    def before(self, column: str, population: str) -> pd.Series[Any]:
        """Return a column for everybody sampled, each on one date at risk."""
        rows, cases = self.sampled[population]
        return self.as_of.values(column, rows, self.index_date[cases])

    def checks(self, population: str, rows: IntArray, cases: IntArray) -> dict[str, int]:
        """Count controls who were not eligible on the index date of their case."""
        return self.at_risk[population].violations(rows, self.index_date[cases])


TRIES = 12
"""Index dates that a person is tried on for the pool before matching."""


def sample_at_risk(
    at_risk: AtRisk, persons: IntArray, index_date: DayArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Give each person the index date of a random case on which they are at risk.

    Up to ``TRIES`` dates are tried; who is at risk on none of them is left out.

    Returns
    -------
    rows, cases : ndarrays of int
    """
    case = np.full(len(persons), -1, dtype=np.int64)
    for _ in range(TRIES):
        open_ = np.flatnonzero(case < 0)
        if not len(open_):
            break
        drawn = rng.integers(0, len(index_date), len(open_))
        fits = at_risk.on(persons[open_], index_date[drawn])
        case[open_[fits]] = drawn[fits]
    known = case >= 0
    return persons[known], case[known]
