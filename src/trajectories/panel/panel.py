"""The panel: outcomes of N units at T ages, with exposure, observed mask and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import number_in_words, said
from trajectories.errors import InputError
from trajectories.panel import checks
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    OutcomeArray,
    counted,
    read_only,
)
from trajectories.panel.audit import audit
from trajectories.panel.back_to_tables import GivesTables
from trajectories.panel.carried_covariates import CarriesCovariates
from trajectories.panel.clock import Clock, check_clock
from trajectories.panel.exposure_floor import raised
from trajectories.panel.making import MadeFromTables
from trajectories.panel.rows import are_counts, require_counts, row_numbers
from trajectories.panel.time_varying import (
    Covariates,
    check_covariates,
    taken,
)
from trajectories.panel.unit_covariates import OwnCopy, check_unit_covariates


@dataclass(frozen=True, eq=False, repr=False)
class Panel(MadeFromTables, CarriesCovariates, GivesTables):
    """Hold outcomes by unit and age; made with ``from_wide``, ``from_long``, ``from_register``.

    Arrays are C-contiguous, read-only views. A C-contiguous array of float64 without NaN, or of
    uint8 or uint16, is not copied: who changes it afterwards changes the panel.

    Attributes
    ----------
    outcomes : ndarray of float64, uint8 or uint16, shape (N, T)
        Offences in the cell, or any other outcome; 0 where not observed (``to_wide()`` leaves such
        cells empty). Counts given as unsigned
        integers of 8 or 16 bits are held as they are, an eighth or a quarter of the memory, and may
        be a memory map of a file; ``trajectories.panel.widened`` makes float64 of a block of them.
    ages : ndarray of float64, shape (T,)
        Strictly increasing.
    exposure : ndarray of float64, shape (N, T), or None
        Years free in the cell, and 0 where not observed: a cell given an exposure of 0 was not at
        risk, and counts as not observed. None: 1 in every observed cell, not declared. A declared
        exposure of 1 everywhere stays: a model fitted with it knows so.
    observed : ndarray of bool, shape (N, T), or None
        None: every cell is observed.
    weights : ndarray of float64, shape (N,), or None
        Number of persons a row stands for. None: 1 each.
    units : pandas.Index, length N
        Unit ids of any hashable kind, each once.
    individual_ages : ndarray of float64, shape (N, T), or None
        The age of every cell, where units were observed at ages of their own; ``ages`` then number
        the occasions 1 to T. The values of cells not observed do not matter. None: column t has
        age ``ages[t]`` for everybody.
    n_not_at_risk : int
        Cells that were given with an exposure of 0 and no count, and are missing therefore.
    n_left_out : int
        Persons of a register left out because they are never observed at these ages.
    covariates : dict of name to ndarray of float64, shape (N, T), or None
        What varies over time beside the outcomes: work, a partner; 0 where not observed. A model
        uses those that it names in ``time_varying``.
    unit_covariates : DataFrame, N rows, or None
        Characteristics of the units, in their order; see ``with_unit_covariates``. A copy: what is
        done to it does not change the panel.
    clock : {"year of age"} or None
        What ``ages`` count, where whoever made the panel knows: a panel of a register has years of
        age, from birthday to birthday, days in detention off the exposure. None: not said.

    Raises
    ------
    InputError
        For anything that cannot be used as it is; the message says what to change.
    """

    outcomes: OutcomeArray
    ages: FloatArray
    exposure: FloatArray | None = None
    observed: BoolArray | None = None
    weights: FloatArray | None = None
    units: pd.Index[Any] = None  # type: ignore[assignment]  # None numbers the rows
    n_left_out: int = 0
    individual_ages: FloatArray | None = None
    n_not_at_risk: int = 0
    covariates: Covariates | None = None
    unit_covariates: OwnCopy = OwnCopy()  # noqa: RUF009  # a descriptor: it gives the default itself
    clock: Clock | None = None

    def __post_init__(self) -> None:
        outcomes = checks.check_outcomes(self.outcomes)
        n_units, n_ages = outcomes.shape
        ages = checks.check_ages(self.ages, n_ages)
        units = checks.check_units(self.units, n_units)
        observed = checks.check_observed(self.observed, (n_units, n_ages))
        if np.isnan(outcomes.sum()) or (observed is not None and outcomes[~observed].any()):
            raise InputError("outcomes must be 0 where not observed; Panel.from_wide takes NaN")
        exposure, observed, n_free = checks.check_exposure(self.exposure, outcomes, observed)
        object.__setattr__(self, "n_not_at_risk", self.n_not_at_risk + n_free)
        weights = checks.check_weights(self.weights, n_units)
        own_ages = checks.check_individual_ages(self.individual_ages, observed, outcomes.shape)
        arrays = {
            "individual_ages": own_ages,
            "outcomes": outcomes,
            "ages": ages,
            "exposure": exposure,
            "observed": observed,
            "weights": weights,
        }
        for name, array in arrays.items():
            object.__setattr__(self, name, None if array is None else read_only(array))
        object.__setattr__(self, "units", units)
        check_clock(self.clock)
        covariates = check_covariates(self.covariates, observed, outcomes.shape)
        object.__setattr__(self, "covariates", covariates)
        own = check_unit_covariates(self.unit_covariates, units)
        object.__setattr__(self, "unit_covariates", own)

    @property
    def n_units(self) -> int:
        """Number of units, N."""
        return int(self.outcomes.shape[0])

    @property
    def n_ages(self) -> int:
        """Number of ages, T."""
        return int(self.outcomes.shape[1])

    @property
    def grid(self) -> FloatArray:
        """The distinct ages at which anything was observed, increasing."""
        if self.individual_ages is None:
            return self.ages
        own = self.individual_ages
        return np.unique(own if self.observed is None else own[self.observed])

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
        return are_counts(self.outcomes)

    def require_counts(self) -> None:
        """Raise an InputError that says where outcomes are negative or fractional, if any are."""
        require_counts(self.outcomes)

    def require_common_ages(self, what: str) -> None:
        """Raise an InputError that says ``what`` needs ages in common, if units have their own."""
        if self.individual_ages is not None:
            raise InputError(
                f"{what} needs ages that units have in common, and these have ages of their own: "
                "round the ages (to whole years, say) and make the panel without individual ages"
            )

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
        exposure = raised(self.exposure, self.observed, self.outcomes.shape, floor)
        return replace(self, exposure=exposure)

    def subset(self, rows: Any) -> Panel:
        """Return the panel of some rows, given as a boolean mask, a slice or row numbers.

        Raises
        ------
        InputError
            If no row is left, a row is asked for twice, or a row does not exist.
        """
        where = row_numbers(rows, self.n_units)
        return Panel(
            outcomes=self.outcomes[where],
            ages=self.ages,
            exposure=None if self.exposure is None else self.exposure[where],
            observed=None if self.observed is None else self.observed[where],
            weights=None if self.weights is None else self.weights[where],
            units=self.units[where],
            individual_ages=None if self.individual_ages is None else self.individual_ages[where],
            covariates=taken(self.covariates, where),
            unit_covariates=(
                None if self.unit_covariates is None else self.unit_covariates.iloc[where]
            ),
            clock=self.clock,
        )

    def without_empty_ages(self) -> Panel:
        """Return the panel without the ages at which nobody is observed, itself if none."""
        if self.observed is None or self.observed.any(axis=0).all():
            return self
        seen = self.observed.any(axis=0)
        return replace(
            self,
            outcomes=self.outcomes[:, seen],
            ages=self.ages[seen],
            exposure=None if self.exposure is None else self.exposure[:, seen],
            observed=self.observed[:, seen],
            individual_ages=(
                None if self.individual_ages is None else self.individual_ages[:, seen]
            ),
            covariates=taken(self.covariates, (slice(None), seen)),
        )

    def without_exposure(self) -> Panel:
        """Return the panel without its exposure: every observed cell counts as a whole year."""
        return replace(self, exposure=None)

    def audit(self) -> pd.DataFrame:
        """Return what could spoil a model, one row a check, with no person's data.

        Returns
        -------
        DataFrame
            check, cells, units, rate and reference_rate (outcomes per year free, weighted), value
            (the number that note names), note. NaN: does not apply.

        Notes
        -----
        The rate where exposure is below 0.01, 0.25 and 1 stands against the overall rate: many
        times higher, the offence caused the detention, and an offset does harm. Then: outcomes in
        next to no time; more time free in a cell than the step between ages; whose
        follow-up ended when, or late zeros where nobody's ever ends; zeros and dispersion; how
        many rows are distinct. Each ``note`` says what to look for.
        """
        return audit(self)

    def __repr__(self) -> str:
        """Describe the shape; never show a row."""
        grid = self.grid
        ages = f"{grid[0]:g} to {grid[-1]:g}"
        n_missing = self.outcomes.size - self.n_observed_cells
        columns = "age" if self.individual_ages is None else "occasion"
        parts = [
            f"{said(self.n_units, 'unit')} × {counted(self.n_ages, columns)} ({ages})",
            f"{said(n_missing, 'cell')} missing",
        ]
        parts += (
            [f"{number_in_words(self.n_not_at_risk, 'of them')} not at risk"]
            if self.n_not_at_risk
            else []
        )
        parts += ["exposure"] if self.exposure is not None else []
        if self.unit_covariates is not None:
            parts += [counted(self.unit_covariates.shape[1], "covariate")]
        parts += ["weights"] if self.weights is not None else []
        parts += [f"time-varying {', '.join(self.covariates)}"] if self.covariates else []
        parts += [f"{said(self.n_left_out, 'person')} left out"] if self.n_left_out else []
        return f"<Panel: {', '.join(parts)}>"
