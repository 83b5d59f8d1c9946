"""A long table, a row a unit and age, made into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_hashable

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, names, where_rows
from trajectories.panel.checks import check_ages, check_outcomes, numeric_array
from trajectories.panel.individual_ages import occasion_columns
from trajectories.panel.numeric_text import no_numbers
from trajectories.panel.time_varying import cells_of_frame, covariate_columns
from trajectories.panel.wide import split_missing, table_values
from trajectories.suggestions import did_you_mean


def read_long(
    frame: pd.DataFrame,
    unit: Any,
    age: Any,
    count: Any,
    exposure: Any | None,
    weight: Any | None,
    ages: Any | None,
    individual: bool = False,
    covariates: Any = None,
) -> dict[str, Any]:
    """Return the fields of a Panel from a long table; see ``Panel.from_long``."""
    named = {"unit": unit, "age": age, "count": count, "exposure": exposure, "weight": weight}
    _check_columns(frame, named)
    carried = covariate_columns(frame, covariates)
    rows, units = _unit_rows(frame[unit])
    row_ages = _column(frame, age)[:, 0]
    _refuse_missing(np.isnan(row_ages), f"column {age!r}", "age")
    if ages is not None and np.size(ages) == 0:
        raise InputError("ages are empty: give the ages of the panel, or leave ages= out")
    if individual and ages is not None:
        raise InputError(
            "ages= picks columns of a common grid, and individual ages have none: filter the "
            "table first, or leave individual= out"
        )
    _refuse_pairs_seen_before(rows, row_ages, units)
    if individual:
        columns = occasion_columns(rows, row_ages)
        grid = np.arange(1.0, columns.max() + 2)
        inside = np.ones(len(rows), dtype=bool)
    else:
        grid = np.unique(row_ages) if ages is None else check_ages(ages, np.size(ages))
        columns, inside = _age_columns(row_ages, grid)
        _refuse_no_row(inside, row_ages, grid, f"column {age!r}")
    cell = (rows[inside], columns[inside])

    outcomes = np.full((len(units), len(grid)), np.nan)
    outcomes[cell] = check_outcomes(_column(frame, count))[inside, 0]
    values, observed = split_missing(outcomes)
    time_free = None
    if exposure is not None:
        time_free = np.full(values.shape, np.nan)
        time_free[cell] = _column(frame, exposure)[inside, 0]
        if observed is not None:
            time_free[~observed] = 0.0
    own_ages = None
    if individual:
        own_ages = np.zeros(values.shape)
        own_ages[cell] = row_ages
    return {
        "individual_ages": own_ages,
        "outcomes": values,
        "ages": grid,
        "exposure": time_free,
        "observed": observed,
        "weights": None if weight is None else _weights(frame, weight, rows, len(units)),
        "units": units,
        "covariates": cells_of_frame(frame, carried, cell, np.asarray(inside), values.shape),
    }


def _check_columns(frame: pd.DataFrame, named: dict[str, Any]) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError("a long table must be a pandas DataFrame; for arrays use Panel.from_wide")
    for argument, label in named.items():
        if not is_hashable(label) or (label is None and argument in ("unit", "age", "count")):
            raise InputError(
                f"{argument}= must be the label of a column of the table, not "
                f"{type(label).__name__}: make it a column of the table first"
            )
    absent = [label for label in named.values() if label is not None and label not in frame.columns]
    if absent:
        raise InputError(
            f"column {names(absent)} not in the table, which has {names(frame.columns)}; name the "
            "columns with unit=, age=, count=, exposure=, weight="
            f"{did_you_mean(absent[0], frame.columns)}"
        )
    repeated = frame.columns[frame.columns.duplicated()]
    if twice := [label for label in named.values() if label in repeated]:
        raise InputError(f"column {names(twice)} twice in the table: rename or drop one of them")
    if frame.empty:
        raise InputError("the long table has no rows: give at least one unit and age")


def _column(frame: pd.DataFrame, label: Any) -> FloatArray:
    """Return one column as float64 (rows, 1)."""
    try:
        return numeric_array(table_values(frame[[label]], "long table"), f"column {label!r}")
    except InputError:
        raise no_numbers(frame[label]) from None


def _refuse_no_row(inside: BoolArray, row_ages: FloatArray, grid: FloatArray, what: str) -> None:
    if not inside.any():
        raise InputError(
            f"{what}: no row has one of ages= ({grid[0]:g} to {grid[-1]:g} asked for, "
            f"{row_ages.min():g} to {row_ages.max():g} found); correct ages=, or leave it out"
        )


def _refuse_missing(missing: Any, what: str, noun: str) -> None:
    if missing.any():
        raise InputError(
            f"{what}: {noun} missing in {counted(int(missing.sum()), 'row')} "
            f"({where_rows(np.asarray(missing))}): fill it in or drop the rows"
        )


def _unit_rows(ids: pd.Series[Any]) -> tuple[IntArray, pd.Index[Any]]:
    """Give units row numbers, in order of first appearance."""
    try:
        codes, units = pd.factorize(ids)
    except TypeError:
        raise InputError(
            f"column {ids.name!r}: unit ids are not hashable (lists or dicts, say); use numbers, "
            "strings or tuples"
        ) from None
    _refuse_missing(codes < 0, f"column {ids.name!r}", "unit id")
    if isinstance(units, pd.Index):
        return codes.astype(np.int64), units
    return codes.astype(np.int64), pd.Index(units, tupleize_cols=False)


def _age_columns(row_ages: FloatArray, grid: FloatArray) -> tuple[IntArray, Any]:
    columns = np.minimum(np.searchsorted(grid, row_ages), len(grid) - 1).astype(np.int64)
    return columns, grid[columns] == row_ages


def _refuse_pairs_seen_before(rows: IntArray, row_ages: FloatArray, units: pd.Index[Any]) -> None:
    distinct, columns = np.unique(row_ages, return_inverse=True)
    repeated = pd.Series(rows * len(distinct) + columns).duplicated().to_numpy()
    if repeated.any():
        raise InputError(
            f"{counted(int(repeated.sum()), 'row')} with a unit and age seen before "
            f"({where_rows(repeated)}): one row a unit and age; add the counts up with groupby"
        )


def _weights(frame: pd.DataFrame, label: Any, rows: IntArray, n_units: int) -> FloatArray:
    """Return the one weight of each unit."""
    values = _column(frame, label)[:, 0]
    _refuse_missing(np.isnan(values), f"column {label!r}", "weight")
    weights = np.empty(n_units)
    weights[rows] = values
    n_varying = len(np.unique(rows[weights[rows] != values]))
    if n_varying:
        raise InputError(
            f"column {label!r}: {counted(n_varying, 'unit')} with more than one "
            "weight; give each unit one weight, the same in all its rows"
        )
    return weights
