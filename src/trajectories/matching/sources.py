"""Where the values of cases and controls come from once they are matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import IntArray, names


class Source(Protocol):
    """Give ids and values of cases and of controls, as the design saw them."""

    def case_persons(self) -> pd.Index[Any]:
        """Return an id for each case, in order."""

    def persons(self, population: str, rows: IntArray) -> pd.Index[Any]:
        """Return the ids of rows of a pool."""

    def columns(self) -> list[str]:
        """List the columns that cases and all pools have."""

    def case_values(self, column: str) -> pd.Series[Any]:
        """Return a column for every case."""

    def pool_values(
        self, column: str, population: str, rows: IntArray, cases: IntArray
    ) -> pd.Series[Any]:
        """Return a column for rows of a pool, each as of the index date of the case beside it."""

    def before(self, column: str, population: str) -> pd.Series[Any]:
        """Return a column for a whole pool, before matching."""

    def checks(self, population: str, rows: IntArray, cases: IntArray) -> dict[str, int]:
        """Count controls who should not have been eligible, by the check they fail."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """Hold the frames that were matched, as the user gave them, not copied."""

    cases: pd.DataFrame
    pools: Mapping[str, pd.DataFrame]
    unit: str | None

    def case_persons(self) -> pd.Index[Any]:
        """Return the ids of the cases; their row numbers where they have none."""
        if self.unit is None:
            return pd.RangeIndex(len(self.cases), name="person")
        ids: pd.Index[Any] = pd.Index(self.cases[self.unit], name="person")
        return ids

    def persons(self, population: str, rows: IntArray) -> pd.Index[Any]:
        """Return the ids of rows of a pool; the row numbers where there are none."""
        if self.unit is None:
            return pd.Index(rows, name="person")
        ids: pd.Index[Any] = pd.Index(self.pools[population][self.unit].iloc[rows], name="person")
        return ids

    def columns(self) -> list[str]:
        """List the columns that cases and all pools have."""
        frames = list(self.pools.values())
        return [c for c in self.cases.columns if all(c in frame.columns for frame in frames)]

    def case_values(self, column: str) -> pd.Series[Any]:
        """Return a column for every case."""
        return self._column(self.cases, column, "cases")

    def pool_values(
        self, column: str, population: str, rows: IntArray, cases: IntArray
    ) -> pd.Series[Any]:
        """Return a column for rows of a pool."""
        return self.before(column, population).iloc[rows]

    def before(self, column: str, population: str) -> pd.Series[Any]:
        """Return a column for a whole pool."""
        return self._column(self.pools[population], column, f"pool {population!r}")

    def checks(self, population: str, rows: IntArray, cases: IntArray) -> dict[str, int]:
        """Count controls who are cases."""
        if self.unit is None:
            return {}
        among = self.persons(population, rows).isin(self.case_persons())
        return {"control who is a case": int(np.sum(among))}

    @staticmethod
    def _column(frame: pd.DataFrame, column: str, what: str) -> pd.Series[Any]:
        if column not in frame.columns:
            raise InputError(f"{what} without column {names([column])}")
        return frame[column]
