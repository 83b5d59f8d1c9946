"""Panels from tables, files and registers: the methods by which a ``Panel`` is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from trajectories.panel.exposure_length import warn_of_length
from trajectories.panel.individual_ages import occasions, read_individual_ages
from trajectories.panel.long import read_long
from trajectories.panel.parquet import read_parquet
from trajectories.panel.register import Register
from trajectories.panel.register_panel import read_register
from trajectories.panel.time_varying import read_wide_covariates
from trajectories.panel.unobserved import without_unobserved
from trajectories.panel.weight_kind import one_kind, warn_of_weights, with_mean_of_one
from trajectories.panel.wide import columns_beside, read_wide

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel


class MadeFromTables:
    """Every way into a panel; each reads its source into the fields of the class."""

    @classmethod
    def from_wide(
        cls,
        counts: Any,
        ages: Any = None,
        exposure: Any = None,
        units: Any = None,
        weights: Any = None,
        covariates: Any = None,
        drop_unobserved: bool = False,
        sampling_weights: Any = None,
    ) -> Panel:
        """Make a panel from a table or array with a row a unit and a column an age.

        Parameters
        ----------
        counts : DataFrame or array-like, shape (N, T)
            Offences (or another outcome); NaN where not observed.
        ages : array-like of T numbers, or shape (N, T), optional
            Strictly increasing. With a row a unit, the units' own ages, NaN where not observed:
            see ``individual_ages``; a table is aligned by unit id and by the numbers in its labels.
            Where they are the same for all units, they are the ages in common. By default the
            column labels of a table, when they are numbers or end in one (``Offense8``); for an
            array 0, 1, …, T − 1. Column labels that hold other ages than those given are refused,
            except plain waves 1, …, T or 0, …, T − 1 (``Y1`` to ``Y5``) and numbers above 120
            (calendar years): these ``ages`` relabels.
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
            Above 0: how many persons a row stands for. A Series is aligned by unit id where the
            counts have ids; the name of a column of the table takes the weights from it.
        covariates : dict of name to DataFrame or array-like, shape (N, T), optional
            What varies over time beside the outcomes, aligned as the exposure is. An observed
            cell without a value is refused.
        drop_unobserved : bool
            Leave out units never observed and at risk, and say how many in ``n_left_out``; by
            default they are refused.
        sampling_weights : Series or array-like, shape (N,), or column label, optional
            Instead of weights: how strongly a unit counts, because others like it were drawn less
            often. Divided by their mean over the units of the panel. Fit with
            ``covariance="cluster"``, and the sampling units, or ``"units"``, as ``clusters=``.

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
        WeightWarning
            For ``weights`` that are no whole numbers, with a mean other than 1.
        """
        weights, sampling = one_kind(weights, sampling_weights, "weights= and sampling_weights=")
        counts, units, weights = columns_beside(counts, units, weights)
        own = np.ndim(ages) == 2
        fields, labels = read_wide(
            counts, occasions(counts) if own else ages, exposure, units, weights
        )
        if covariates is not None:
            fields["covariates"] = read_wide_covariates(covariates, labels)
        if own:
            seen, shape = fields["observed"], fields["outcomes"].shape
            fields |= read_individual_ages(ages, seen, labels, shape)
        if drop_unobserved:
            fields = without_unobserved(fields)
        if sampling:
            fields["weights"] = with_mean_of_one(fields["weights"])
        return warn_of_weights(warn_of_length(cast("type[Panel]", cls)(**fields)))

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
        drop_unobserved: bool = False,
        sampling_weight: Any = None,
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
        drop_unobserved : bool
            As in ``from_wide``.
        sampling_weight : column label, optional
            Instead of ``weight``, as in ``from_wide``.

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
        ExposureWarning, WeightWarning
            As ``from_wide`` does.
        """
        weight, sampling = one_kind(weight, sampling_weight, "weight= and sampling_weight=")
        fields = read_long(frame, unit, age, count, exposure, weight, ages, individual, covariates)
        if drop_unobserved:
            fields = without_unobserved(fields)
        if sampling:
            fields["weights"] = with_mean_of_one(fields["weights"])
        return warn_of_weights(warn_of_length(cast("type[Panel]", cls)(**fields)))

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
        return cast("type[Panel]", cls)(
            **read_parquet(source, unit, age, count, ages, absent, folder)
        )

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
            Which offences count: "any", a type or a group of the register's classification,
            "serious" or "very_serious" by it, several of these, or those marked.
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
        return cast("type[Panel]", cls)(**fields)
