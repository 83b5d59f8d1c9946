"""A wide table or array, a row a unit and a column an age, made into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, counted, names
from trajectories.panel.checks import check_outcomes
from trajectories.panel.labels import ages_from_labels

_NUMBERS_AS_OBJECTS = {"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"}


def table_values(table: Any, what: str) -> Any:
    """Return the numbers of a DataFrame (missing as NaN); anything else is handed back as it is.

    Raises
    ------
    InputError
        If a column is not numeric; names the columns.
    """
    if not isinstance(table, pd.DataFrame):
        return table
    bad = [
        label
        for label, column in zip(table.columns, _columns(table), strict=True)
        if not _is_numeric(column)
    ]
    if bad and len(bad) == table.shape[1]:
        raise InputError(
            f"{what}: none of the {counted(len(bad), 'column')} is numeric; "
            "convert them with pandas.to_numeric"
        )
    if bad:
        raise InputError(
            f"{what}: column {names(bad)} not numeric; make the column of unit ids "
            "the index (set_index), drop it, or convert it with pandas.to_numeric"
        )
    if all(isinstance(dtype, np.dtype) and dtype.kind != "O" for dtype in table.dtypes):
        return table.to_numpy(dtype=np.float64)
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


def _columns(table: pd.DataFrame) -> list[pd.Series[Any]]:
    return [table.iloc[:, j] for j in range(table.shape[1])]


def _is_numeric(column: pd.Series[Any]) -> bool:
    if types.is_object_dtype(column.dtype):
        return types.infer_dtype(column, skipna=True) in _NUMBERS_AS_OBJECTS
    return types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype)


def split_missing(values: FloatArray) -> tuple[FloatArray, BoolArray | None]:
    """Return outcomes with 0 where missing, and the observed mask (None where all are)."""
    missing = np.isnan(values)
    if not missing.any():
        return values, None
    return np.where(missing, 0.0, values), ~missing


def read_wide(counts: Any, ages: Any, exposure: Any, units: Any, weights: Any) -> dict[str, Any]:
    """Return the fields of a Panel from a wide table; see ``Panel.from_wide``."""
    outcomes, observed = split_missing(check_outcomes(table_values(counts, "counts")))
    is_table = isinstance(counts, pd.DataFrame)
    if ages is None:
        ages = ages_from_labels(counts.columns) if is_table else np.arange(float(outcomes.shape[1]))
    if is_table and isinstance(exposure, pd.DataFrame):
        exposure = _aligned(exposure, counts, ages)
    if is_table and isinstance(weights, pd.Series):
        weights = weights.iloc[_positions(weights.index, counts.index, "weights")]
    if units is None and is_table:
        units = counts.index
    return {
        "outcomes": outcomes,
        "ages": ages,
        "exposure": table_values(exposure, "exposure"),
        "observed": observed,
        "weights": weights,
        "units": units,
    }


def _aligned(exposure: pd.DataFrame, counts: pd.DataFrame, ages: Any) -> pd.DataFrame:
    """Put the rows of exposure in the order of the units of counts; compare the ages."""
    if exposure.shape[1] != counts.shape[1]:
        raise InputError(
            f"exposure has {counted(exposure.shape[1], 'column')}, counts have "
            f"{counts.shape[1]}: give one column an age in both"
        )
    if not exposure.columns.equals(counts.columns):
        _compare_ages(ages_from_labels(exposure.columns, "exposure"), counts, ages)
    return exposure.iloc[_positions(exposure.index, counts.index, "exposure")]


def _compare_ages(found: FloatArray, counts: pd.DataFrame, ages: Any) -> None:
    try:
        expected = ages_from_labels(counts.columns)
    except InputError:
        expected = np.asarray(ages, dtype=np.float64)
    if not np.array_equal(found, expected):
        raise InputError(
            "exposure: the ages in its column labels are not those of the counts; "
            "give both the same ages in the same order"
        )


def _positions(have: pd.Index[Any], want: pd.Index[Any], what: str) -> np.ndarray[Any, Any]:
    """Return for each unit of counts its position in another table with the same units."""
    if have.equals(want):
        return np.arange(len(want))
    for index, name in ((have, what), (want, "counts")):
        if not index.is_unique:
            raise InputError(
                f"{name}: {counted(int(index.duplicated().sum()), 'row')} with a unit "
                "id seen before: one row a unit"
            )
    n_absent, n_extra = len(want.difference(have)), len(have.difference(want))
    if n_absent or n_extra:
        raise InputError(
            f"{what}: {counted(n_absent, 'unit')} of the counts absent, {n_extra:,} not among the "
            "counts; give both the same unit ids in the index (or an array, in the same order)"
        )
    return have.get_indexer(want)
