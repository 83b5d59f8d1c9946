"""Covariates that vary over time: one number for every unit and age, beside the outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_hashable

from trajectories.errors import InputError
from trajectories.panel.alignment import Labels, aligned_table
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    counted,
    names,
    read_only,
    where_rows,
)
from trajectories.panel.checks import numeric_array
from trajectories.panel.wide import table_values

Covariates = dict[str, FloatArray]
"""Name of each covariate → its values, shape (N, T); 0 in cells that are not observed."""


def check_covariates(
    covariates: Any, observed: BoolArray | None, shape: tuple[int, ...]
) -> Covariates | None:
    """Return covariates as read-only float64 arrays (N, T) by name; None where there are none.

    Raises
    ------
    InputError
        For a name that is no text, another shape, or an observed cell without a finite value:
        missing covariates are never filled in.
    """
    if covariates is None:
        return None
    if not isinstance(covariates, Mapping):
        raise InputError(
            f"covariates must be a mapping of name to a value for each unit and age, not "
            f"{type(covariates).__name__}"
        )
    found: Covariates = {}
    for name, given in covariates.items():
        if not isinstance(name, str) or not name:
            raise InputError(f"the name of a covariate must be text, not {type(name).__name__}")
        values = numeric_array(given, f"covariate {name!r}: values")
        if values.shape != shape:
            raise InputError(
                f"covariate {name!r} has shape {values.shape}, the counts {shape}: give one value "
                "for each unit and age"
            )
        bad = ~np.isfinite(values)
        if observed is not None:
            bad &= observed
        if bad.any():
            raise InputError(
                f"covariate {name!r} is missing or infinite in "
                f"{counted(int(bad.sum()), 'observed cell')} ({where_rows(bad)}): it is never "
                "filled in; find the values, or put NaN in the counts of those cells and report "
                "how many"
            )
        # what stands in a cell not observed must not tell two equal histories apart
        found[name] = read_only(values if observed is None else np.where(observed, values, 0.0))
    return found or None


def read_wide_covariates(covariates: Any, labels: Labels) -> Any:
    """Return covariates given as wide tables or arrays in the order of the counts."""
    if not isinstance(covariates, Mapping):
        return covariates  # refused by check_covariates
    return {
        name: table_values(
            aligned_table(values, labels, f"covariate {name!r}"), f"covariate {name!r}"
        )
        for name, values in covariates.items()
    }


def cells_of_frame(
    frame: pd.DataFrame,
    columns: Iterable[Any],
    cell: tuple[IntArray, IntArray],
    inside: BoolArray,
    shape: tuple[int, ...],
) -> Covariates:
    """Lay columns of a long table on cells; NaN where the table has no row.

    Parameters
    ----------
    frame : DataFrame
    columns : labels
    cell : pair of ndarray of int, shape (n,)
        Unit and age of the rows that are ``inside``.
    inside : ndarray of bool, shape (rows,)
    shape : (N, T)
    """
    found: Covariates = {}
    for column in columns:
        table = table_values(frame[[column]], "covariates")
        values = np.full(shape, np.nan)
        values[cell] = numeric_array(table, f"column {column!r}: values")[inside, 0]
        found[str(column)] = values
    return found


def covariate_columns(frame: pd.DataFrame, covariates: Any) -> list[Any]:
    """Return the labels of covariates asked of a long table.

    Raises
    ------
    InputError
        If they are no labels of columns, or one is there twice or not at all.
    """
    if covariates is None:
        return []
    listed = [covariates] if isinstance(covariates, str) else covariates
    if isinstance(listed, Mapping) or not isinstance(listed, Iterable):
        raise InputError("covariates must be labels of columns of the table")
    wanted = list(listed)
    if not all(map(is_hashable, wanted)):
        raise InputError("covariates must be labels of columns of the table")
    absent = [label for label in wanted if label not in frame.columns]
    if absent:
        raise InputError(f"column {names(absent)} not in the table; name others in covariates=")
    twice = [label for label in wanted if (frame.columns == label).sum() > 1]
    if twice or len(set(wanted)) < len(wanted):
        raise InputError(f"covariates: column {names(twice or wanted)} asked for or there twice")
    return wanted


def from_long_frame(
    frame: pd.DataFrame,
    columns: Any,
    unit: Any,
    age: Any,
    units: pd.Index[Any],
    ages: FloatArray,
) -> Covariates:
    """Return columns of a table with a row a unit and age, laid on the cells of a panel.

    Rows of other units or ages are not used; cells without a row are NaN.

    Raises
    ------
    InputError
        For columns that are not there, or a pair of unit and age that is there twice.
    """
    wanted = covariate_columns(frame, columns)
    if not wanted:
        raise InputError("covariates= names no column of the table: say which columns to carry")
    absent = [label for label in (unit, age) if label not in frame.columns]
    if absent:
        raise InputError(f"column {names(absent)} not in the table: say unit= and age=")
    rows = units.get_indexer(pd.Index(frame[unit].to_numpy(), tupleize_cols=False))
    row_ages = numeric_array(table_values(frame[[age]], "covariates"), f"column {age!r}")[:, 0]
    place = np.minimum(np.searchsorted(ages, row_ages), len(ages) - 1)
    inside = np.asarray((rows >= 0) & (ages[place] == row_ages), dtype=bool)
    cell = (rows[inside].astype(np.int64), place[inside].astype(np.int64))
    repeated = pd.Series(cell[0] * len(ages) + cell[1]).duplicated().to_numpy()
    if repeated.any():
        raise InputError(
            f"{counted(int(repeated.sum()), 'row')} with a unit and age seen before: one row a "
            "unit and age"
        )
    return cells_of_frame(frame, wanted, cell, inside, (len(units), len(ages)))


def taken(covariates: Covariates | None, where: Any) -> Covariates | None:
    """Return the covariates of some rows, or of some cells."""
    return None if covariates is None else {name: v[where] for name, v in covariates.items()}
