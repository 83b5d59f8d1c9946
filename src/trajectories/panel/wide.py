"""A wide table or array, a row a unit and a column an age, made into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.alignment import Labels, aligned_table, aligned_weights
from trajectories.panel.arrays import BoolArray, FloatArray, OutcomeArray, counted, is_narrow, names
from trajectories.panel.checks import check_ages, check_outcomes, check_units
from trajectories.panel.labels import ages_from_labels, refuse_other_ages
from trajectories.suggestions import did_you_mean

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
            f"{what}: none of the {counted(len(bad), 'column')} is numeric; name the codes of "
            "missing values when you read the file (pandas.read_csv(path, na_values=['.', '-9']), "
            "say), or convert the columns with pandas.to_numeric"
        )
    if bad:
        raise InputError(
            f"{what}: column {names(bad)} not numeric; make the column of unit ids "
            "the index (set_index), drop it, or convert it with pandas.to_numeric"
        )
    first = table.dtypes.iloc[0] if table.shape[1] else None
    if first in (np.uint8, np.uint16) and (table.dtypes == first).all():
        return table.to_numpy()
    if all(isinstance(dtype, np.dtype) and dtype.kind != "O" for dtype in table.dtypes):
        return table.to_numpy(dtype=np.float64)
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


def _columns(table: pd.DataFrame) -> list[pd.Series[Any]]:
    return [table.iloc[:, j] for j in range(table.shape[1])]


def _is_numeric(column: pd.Series[Any]) -> bool:
    if types.is_object_dtype(column.dtype):
        return types.infer_dtype(column, skipna=True) in _NUMBERS_AS_OBJECTS
    return types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype)


def split_missing(values: OutcomeArray) -> tuple[OutcomeArray, BoolArray | None]:
    """Return outcomes with 0 where missing, and the observed mask (None where all are)."""
    if is_narrow(values):
        return values, None
    missing = np.isnan(values)
    if not missing.any():
        return values, None
    return np.where(missing, 0.0, values), ~missing


def read_wide(
    counts: Any, ages: Any, exposure: Any, units: Any, weights: Any
) -> tuple[dict[str, Any], Labels]:
    """Return the fields of a Panel from a wide table, and its labels; see ``Panel.from_wide``."""
    outcomes, observed = split_missing(check_outcomes(table_values(counts, "counts")))
    n_units, n_ages = outcomes.shape
    columns = counts.columns if isinstance(counts, pd.DataFrame) else None
    ids = [] if units is None else [check_units(units, n_units)]
    ids += [] if columns is None else [counts.index]
    in_labels = None if columns is None else _ages_in(columns, required=ages is None)
    known = [] if ages is None else [check_ages(ages, n_ages)]
    known += [] if in_labels is None else [in_labels]
    if ages is not None and in_labels is not None:
        refuse_other_ages(known[0], in_labels)
    labels = Labels(ids, columns, known)
    fields = {
        "outcomes": outcomes,
        "ages": known[0] if known else np.arange(float(n_ages)),
        "exposure": table_values(aligned_table(exposure, labels), "exposure"),
        "observed": observed,
        "weights": aligned_weights(weights, labels),
        "units": ids[0] if ids else None,
    }
    return fields, labels


def columns_beside(counts: Any, units: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the counts without the columns that ``units`` and ``weights`` name, and these.

    Raises
    ------
    InputError
        If one is text, and no column of a table of counts is called so.
    """
    for name, value in (("units", units), ("weights", weights)):
        if not isinstance(value, str):
            continue
        # the text is not repeated: it may be an id
        if not isinstance(counts, pd.DataFrame):
            raise InputError(
                f"{name}= is text, and the counts are no table with a column called so: give one "
                "value a row of the counts"
            )
        if value not in counts.columns:
            raise InputError(
                f"{name}= is text that names no column of the table of counts, which has "
                f"{names(counts.columns)}{did_you_mean(value, counts.columns)}"
            )
        if (counts.columns == value).sum() > 1:
            raise InputError(f"column {value!r} twice in the table of counts: drop one of them")
    if isinstance(weights, str):
        counts, weights = counts.drop(columns=weights), counts[weights]
    if isinstance(units, str):
        counts = counts.set_index(units)
        if isinstance(weights, pd.Series):
            weights = weights.set_axis(counts.index)
        units = None
    return counts, units, weights


def _ages_in(columns: pd.Index[Any], required: bool) -> FloatArray | None:
    """Return the ages in the column labels; None where there are none and none are needed."""
    try:
        return ages_from_labels(columns)
    except InputError:
        if required:
            raise
        return None
