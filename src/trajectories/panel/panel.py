"""The panel: outcomes of N units at T ages, with exposure, observed mask and weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import checks
from trajectories.panel.arrays import BoolArray, FloatArray, counted, read_only, where_rows
from trajectories.panel.long import read_long
from trajectories.panel.wide import read_wide

_ROWS_A_BLOCK = 65_536


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Panel:
    """Hold outcomes by unit and age; made with ``from_wide``, ``from_long``, ``from_register``.

    Arrays are C-contiguous, read-only views. A float64 C-contiguous array without NaN is not
    copied: who changes it afterwards changes the panel.

    Attributes
    ----------
    outcomes : ndarray of float64, shape (N, T)
        Offences in the cell, or any other outcome; 0 where not observed.
    ages : ndarray of float64, shape (T,)
        Strictly increasing.
    exposure : ndarray of float64, shape (N, T), or None
        Years free in the cell, above 0, and 0 where not observed. None: 1 in every observed cell.
    observed : ndarray of bool, shape (N, T), or None
        None: every cell is observed.
    weights : ndarray of float64, shape (N,), or None
        Number of persons a row stands for. None: 1 each.
    units : pandas.Index, length N
        Unit ids of any hashable kind, each once.

    Raises
    ------
    InputError
        For anything that cannot be used as it is; the message says what to change.
    """

    outcomes: FloatArray
    ages: FloatArray
    exposure: FloatArray | None = None
    observed: BoolArray | None = None
    weights: FloatArray | None = None
    units: pd.Index[Any] = None  # type: ignore[assignment]  # None numbers the rows

    def __post_init__(self) -> None:
        outcomes = checks.check_outcomes(self.outcomes)
        n_units, n_ages = outcomes.shape
        ages = checks.check_ages(self.ages, n_ages)
        units = checks.check_units(self.units, n_units)
        observed = checks.check_observed(self.observed, (n_units, n_ages))
        if np.isnan(outcomes.sum()) or (observed is not None and outcomes[~observed].any()):
            raise InputError("outcomes must be 0 where not observed; Panel.from_wide takes NaN")
        exposure = checks.check_exposure(self.exposure, outcomes, observed)
        weights = checks.check_weights(self.weights, n_units)
        arrays = {
            "outcomes": outcomes,
            "ages": ages,
            "exposure": exposure,
            "observed": observed,
            "weights": weights,
        }
        for name, array in arrays.items():
            object.__setattr__(self, name, None if array is None else read_only(array))
        object.__setattr__(self, "units", units)

    @classmethod
    def from_wide(
        cls,
        counts: Any,
        ages: Any = None,
        exposure: Any = None,
        units: Any = None,
        weights: Any = None,
    ) -> Panel:
        """Make a panel from a table or array with a row a unit and a column an age.

        Parameters
        ----------
        counts : DataFrame or array-like, shape (N, T)
            Offences (or another outcome); NaN where not observed.
        ages : array-like of T numbers, optional
            Strictly increasing. By default the column labels of a table, when they are numbers or
            end in one (``Offense8``); for an array 0, 1, …, T − 1.
        exposure : DataFrame or array-like, shape (N, T), optional
            Years free in each cell, above 0 wherever the outcome is observed. Two tables are
            aligned by unit id, and must have the same units and ages.
        units : sequence of N hashable ids, optional
            By default the index of a table; row numbers for an array.
        weights : Series or array-like, shape (N,), optional
            Above 0. A Series beside a table is aligned by unit id.

        Returns
        -------
        Panel

        Raises
        ------
        InputError
            For tables that cannot be used as they are; the message says what to change.
        """
        fields = read_wide(counts, ages, exposure, units, weights)
        return cls(**fields)._without_empty_age()

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        unit: Any = "unit",
        age: Any = "age",
        count: Any = "count",
        exposure: Any = None,
        weight: Any = None,
        ages: Any = None,
    ) -> Panel:
        """Make a panel from a table with a row a unit and age.

        A combination of unit and age without a row is not observed; it is never a zero.

        Parameters
        ----------
        frame : DataFrame
        unit, age, count : column labels
            A missing count is a cell not observed.
        exposure, weight : column labels, optional
            Years free in the cell; the weight of the unit, the same in all its rows.
        ages : array-like of numbers, optional
            The ages to keep, strictly increasing; rows at other ages are left out.
            By default every age in the table.

        Returns
        -------
        Panel
            Units in order of first appearance.

        Raises
        ------
        InputError
            For a pair of unit and age given twice, and all that ``from_wide`` refuses.
        """
        fields = read_long(frame, unit, age, count, exposure, weight, ages)
        return cls(**fields)._without_empty_age()

    def _without_empty_age(self) -> Panel:
        checks.check_no_empty_age(self.observed, self.ages)
        return self

    @property
    def n_units(self) -> int:
        """Number of units, N."""
        return int(self.outcomes.shape[0])

    @property
    def n_ages(self) -> int:
        """Number of ages, T."""
        return int(self.outcomes.shape[1])

    @property
    def n_observed_cells(self) -> int:
        """Number of cells with an outcome, not weighted."""
        return int(self.outcomes.size if self.observed is None else self.observed.sum())

    @property
    def total_weight(self) -> float:
        """Sum of the weights; N where there are none."""
        return float(self.n_units if self.weights is None else self.weights.sum())

    @property
    def is_count(self) -> bool:
        """Whether every outcome is a whole number, zero or more."""
        return not any(bad.any() for bad in self._not_counts())

    def require_counts(self) -> None:
        """Refuse outcomes that are no counts; the count families call this.

        Raises
        ------
        InputError
            If an outcome is negative or fractional; says in how many cells and which rows.
        """
        if self.is_count:
            return
        negative = self.outcomes < 0
        fractional = self.outcomes != np.floor(self.outcomes)
        found = [
            f"{kind} in {counted(int(bad.sum()), 'cell')} ({where_rows(bad)})"
            for kind, bad in (("negative", negative), ("fractional", fractional))
            if bad.any()
        ]
        raise InputError(
            f"outcomes are {' and '.join(found)}: this family is for counts (0, 1, 2, …); correct "
            "them, put NaN where nothing was observed, or choose a family for other outcomes"
        )

    def _not_counts(self) -> Iterable[BoolArray]:
        # by blocks of rows, so that no temporary is as large as the panel
        for first in range(0, self.n_units, _ROWS_A_BLOCK):
            block = self.outcomes[first : first + _ROWS_A_BLOCK]
            yield (block < 0) | (block != np.floor(block))

    def with_exposure_floor(self, floor: float) -> Panel:
        """Return the panel with every exposure below the floor raised to it.

        A floor changes the estimate: report it, and show the fit with and without.

        Parameters
        ----------
        floor : float
            Years free, above 0.

        Raises
        ------
        InputError
            If the floor is not a number above 0.
        """
        if not (np.isfinite(floor) and floor > 0):
            raise InputError(f"floor={floor!r}: give a number of years free above 0")
        exposure = np.ones(self.outcomes.shape) if self.exposure is None else self.exposure
        raised = np.maximum(exposure, floor)
        if self.observed is not None:
            raised[~self.observed] = 0.0
        return replace(self, exposure=raised)

    def subset(self, rows: Any) -> Panel:
        """Return the panel of some rows, given as a boolean mask, a slice or row numbers.

        Raises
        ------
        InputError
            If no row is left, a row is asked for twice, or a row does not exist.
        """
        where = np.arange(self.n_units)[rows] if isinstance(rows, slice) else np.asarray(rows)
        if where.dtype == bool and where.shape != (self.n_units,):
            raise InputError(f"mask has shape {where.shape}, the panel has {self.n_units:,} units")
        if where.ndim != 1 or where.dtype.kind not in "biu":
            raise InputError(
                "rows must be a boolean mask, a slice or row numbers "
                "(for unit ids: panel.units.get_indexer(ids))"
            )
        if (
            where.dtype != bool
            and where.size
            and not (-self.n_units <= where.min() and where.max() < self.n_units)
        ):
            raise InputError(f"rows beyond the panel's {self.n_units:,} units asked for")
        return Panel(
            outcomes=self.outcomes[where],
            ages=self.ages,
            exposure=None if self.exposure is None else self.exposure[where],
            observed=None if self.observed is None else self.observed[where],
            weights=None if self.weights is None else self.weights[where],
            units=self.units[where],
        )

    def __repr__(self) -> str:
        """Describe the shape; never show a row."""
        ages = f"{self.ages[0]:g} to {self.ages[-1]:g}"
        n_missing = self.outcomes.size - self.n_observed_cells
        parts = [
            f"{counted(self.n_units, 'unit')} × {counted(self.n_ages, 'age')} ({ages})",
            f"{n_missing:,} cells missing",
        ]
        parts += ["exposure"] if self.exposure is not None else []
        parts += ["weights"] if self.weights is not None else []
        return f"<Panel: {', '.join(parts)}>"
