"""The panel: outcomes of N units at T ages, with exposure, observed mask and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import checks
from trajectories.panel.alignment import Labels
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    OutcomeArray,
    counted,
    names,
    read_only,
)
from trajectories.panel.audit import audit
from trajectories.panel.exposure_floor import raised
from trajectories.panel.exposure_length import warn_of_length
from trajectories.panel.individual_ages import occasions, read_individual_ages
from trajectories.panel.long import read_long
from trajectories.panel.parquet import read_parquet
from trajectories.panel.register import Register
from trajectories.panel.register_panel import read_register
from trajectories.panel.rows import are_counts, require_counts, row_numbers
from trajectories.panel.time_varying import (
    Covariates,
    check_covariates,
    from_long_frame,
    read_wide_covariates,
    taken,
)
from trajectories.panel.unit_covariates import check_unit_covariates, unit_covariates_of
from trajectories.panel.wide import columns_beside, read_wide


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Panel:
    """Hold outcomes by unit and age; made with ``from_wide``, ``from_long``, ``from_register``.

    Arrays are C-contiguous, read-only views. A C-contiguous array of float64 without NaN, or of
    uint8 or uint16, is not copied: who changes it afterwards changes the panel.

    Attributes
    ----------
    outcomes : ndarray of float64, uint8 or uint16, shape (N, T)
        Offences in the cell, or any other outcome; 0 where not observed. Counts given as unsigned
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
        Characteristics of the units, in their order; see ``with_unit_covariates``.

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
    unit_covariates: pd.DataFrame | None = None

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
        covariates = check_covariates(self.covariates, observed, outcomes.shape)
        object.__setattr__(self, "covariates", covariates)
        own = check_unit_covariates(self.unit_covariates, units)
        object.__setattr__(self, "unit_covariates", own)

    @classmethod
    def from_wide(
        cls,
        counts: Any,
        ages: Any = None,
        exposure: Any = None,
        units: Any = None,
        weights: Any = None,
        covariates: Any = None,
    ) -> Panel:
        """Make a panel from a table or array with a row a unit and a column an age.

        Parameters
        ----------
        counts : DataFrame or array-like, shape (N, T)
            Offences (or another outcome); NaN where not observed.
        ages : array-like of T numbers, or shape (N, T), optional
            Strictly increasing. With a row a unit, the units' own ages, NaN where not observed:
            see ``individual_ages``. By default the column labels of a table, when they are numbers
            or end in one (``Offense8``); for an array 0, 1, …, T − 1. Column labels that hold other
            ages than those given are refused, except plain waves 1, …, T or 0, …, T − 1
            (``Y1`` to ``Y5``) and numbers above 120 (calendar years): these ``ages`` relabels.
        exposure : DataFrame or array-like, shape (N, T), optional
            Years free in each cell; 0 means not at risk, and the cell is missing: a count there is
            an error. A table is aligned
            by unit id where the counts have ids (a table, or ``units``), and by age where they
            have ages (a table, or ``ages``); units or ages that differ are refused. An array
            goes by position, and so does anything beside an array of counts without labels.
        units : sequence of N hashable ids, or column label, optional
            By default the index of a table; row numbers for an array. The name of a column of the
            table takes the ids from it; it is then no age.
        weights : Series or array-like, shape (N,), or column label, optional
            Above 0. A Series is aligned by unit id where the counts have ids; the name of a column
            of the table takes the weights from it.
        covariates : dict of name to DataFrame or array-like, shape (N, T), optional
            What varies over time beside the outcomes, aligned as the exposure is. An observed
            cell without a value is refused.

        Returns
        -------
        Panel

        Raises
        ------
        InputError
            For tables that cannot be used as they are; the message says what to change.

        Warns
        -----
        ExposureWarning
            Where more time is free than lies between two ages: the exposure is in another unit.
        """
        counts, units, weights = columns_beside(counts, units, weights)
        own = np.ndim(ages) == 2
        fields, labels = read_wide(
            counts, occasions(counts) if own else ages, exposure, units, weights
        )
        if covariates is not None:
            fields["covariates"] = read_wide_covariates(covariates, labels)
        if own:
            fields["individual_ages"] = read_individual_ages(ages, fields["observed"])
        return warn_of_length(cls(**fields))

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
        individual: bool = False,
        covariates: Any = None,
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
        individual : bool
            Whether units were observed at ages of their own (19.37, say). Each keeps its ages, and
            the columns of the panel are first, second, … occasion. A fit then costs a density per
            distinct (age, outcome, exposure) and group, not per age; see ``individual_ages``.
        covariates : list of column labels, optional
            Columns that vary over time, carried beside the outcomes. An observed cell without a
            value is refused.

        Returns
        -------
        Panel
            Units in order of first appearance.

        Raises
        ------
        InputError
            For a pair of unit and age given twice, and all that ``from_wide`` refuses.

        Warns
        -----
        ExposureWarning
            As ``from_wide`` does.
        """
        fields = read_long(frame, unit, age, count, exposure, weight, ages, individual, covariates)
        return warn_of_length(cls(**fields))

    @classmethod
    def from_parquet(
        cls,
        source: Any,
        unit: Any = None,
        age: Any = None,
        count: Any = "count",
        ages: Any = None,
        absent: Any = None,
        folder: Any = None,
    ) -> Panel:
        """Make a panel of counts from Parquet files, one row group in memory at a time.

        Row groups are written once, in the smallest unsigned type, to a temporary file; the panel
        is a memory map of it. A fit then reads the file and holds the distinct histories only.

        Parameters
        ----------
        source : path, list of paths, or iterator of tables
            A file, a folder of ``.parquet`` files (by name), or pandas or Arrow tables.
        unit : column label, optional
            Unit ids; needed where a row is a unit and age. By default the named index that pandas
            wrote into the file, row numbers if there is none.
        age : column label, optional
            None: a row is a unit and a column an age. Else a row is a unit and age with its count.
        count : column label
            Of the counts, where a row is a unit and age.
        ages : array-like of numbers, optional
            By default the ages in the column labels; needed where a row is a unit and age.
        absent : 0, optional
            What a cell without a row holds. By default such cells are refused.
        folder : path, optional
            Where the temporary file is made: by default the system's folder for these. On Linux
            and macOS the file has no name: nobody else can open it, and it goes with the process.

        Raises
        ------
        InputError
            For missing, negative or fractional counts, counts above 65,535, columns that differ
            between row groups, and all that ``from_wide`` refuses.
        """
        return cls(**read_parquet(source, unit, age, count, ages, absent, folder))

    @classmethod
    def from_register(
        cls,
        register: Register,
        ages: Any = range(12, 41),
        event: Any = "any",
        until: Any = None,
        persons: Any = None,
        drop_unobserved: bool = True,
    ) -> Panel:
        """Count the offences of a register by age, with the years free as exposure.

        Age a is the year from birthday a to the day before birthday a + 1; who was born on
        29 February has birthdays on 1 March in other years. Follow-up lasts up to and including
        the earliest of death, emigration and ``until``. Exposure is days observed and not in
        detention over the days of that year of age. A year without any such day is missing.

        Parameters
        ----------
        register : Register
        ages : whole numbers
            Strictly increasing; offences at other ages are left out.
        event : str, list of str or boolean Series over the offences
            Which offences count: "any", a type, several types, or those marked.
        until : date, optional
            Last day of follow-up, by default the reference date; later offences are left out.
        persons : str, sequence of ids or boolean Series over the persons, optional
            A population, the persons wanted, or "all". By default the population that the register
            says is studied (``register.study``), all where it says none.
        drop_unobserved : bool
            Leave out persons never observed and free at these ages, and say how many in
            ``n_left_out``; False refuses them.

        Returns
        -------
        Panel
            Units are person ids.

        Raises
        ------
        InputError
            If an offence lies before birth, after the end of follow-up, or at an age without any
            day free; if nobody is observed; if the tables do not fit together.
        """
        fields = read_register(register, ages, event, until, persons, drop_unobserved)
        return cls(**fields)

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

    def with_unit_covariates(self, covariates: Any) -> Panel:
        """Return the panel with characteristics of its units, for models that depend on them.

        Parameters
        ----------
        covariates : DataFrame
            Indexed by unit id, a row a unit, in any order; rows of other units are not used.
            Missing values stay missing: what needs them says so.

        Raises
        ------
        InputError
            If it is no table, a unit is absent, or an id is there twice.
        """
        return replace(self, unit_covariates=unit_covariates_of(covariates, self.units))

    def with_covariates(
        self, values: Any, covariates: Any = None, unit: Any = "person", age: Any = "age"
    ) -> Panel:
        """Return the panel with covariates that vary over time, beside those that it has.

        Parameters
        ----------
        values : dict of name to DataFrame or array, shape (N, T); or DataFrame
            Tables are aligned by unit id and by age, arrays go by position. A DataFrame itself is
            a long table with a row a unit and age, such as ``lifecourse.person_years`` returns:
            rows of other units and ages are not used.
        covariates : list of column labels
            For a long table: the columns to carry.
        unit, age : column labels
            Of a long table.

        Raises
        ------
        InputError
            If a value is missing in an observed cell (it is never filled in), or units or ages
            differ.
        """
        if isinstance(values, pd.DataFrame):
            if self.individual_ages is not None:
                self.require_common_ages("aligning a long table of covariates")
            found: Any = from_long_frame(values, covariates, unit, age, self.units, self.ages)
        else:
            found = read_wide_covariates(values, Labels([self.units], None, [self.ages]))
            if not isinstance(found, dict):
                found = check_covariates(found, self.observed, self.outcomes.shape)
        return replace(self, covariates={**(self.covariates or {}), **(found or {})})

    def covariate_values(self, wanted: Sequence[str]) -> list[FloatArray]:
        """Return the values of some covariates, each of shape (N, T).

        Raises
        ------
        InputError
            If the panel does not carry one of them.
        """
        held = self.covariates or {}
        absent = [name for name in wanted if name not in held]
        if absent:
            raise InputError(
                f"the panel lacks time-varying covariate {names(absent)}; it has "
                f"{names(held)}: give them with panel.with_covariates(...)"
            )
        return [held[name] for name in wanted]

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
            f"{counted(self.n_units, 'unit')} × {counted(self.n_ages, columns)} ({ages})",
            f"{counted(n_missing, 'cell')} missing",
        ]
        parts += [f"{self.n_not_at_risk:,} of them not at risk"] if self.n_not_at_risk else []
        parts += ["exposure"] if self.exposure is not None else []
        if self.unit_covariates is not None:
            parts += [counted(self.unit_covariates.shape[1], "covariate")]
        parts += ["weights"] if self.weights is not None else []
        parts += [f"time-varying {', '.join(self.covariates)}"] if self.covariates else []
        parts += [f"{counted(self.n_left_out, 'person')} left out"] if self.n_left_out else []
        return f"<Panel: {', '.join(parts)}>"
