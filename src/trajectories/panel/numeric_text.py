"""Columns that should hold numbers and do not: how many rows, which, and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, counted, where_rows


def no_numbers(column: pd.Series[Any], place: str = "") -> InputError:
    """Return the error of a column that is not numeric; what it holds instead is not quoted.

    Parameters
    ----------
    column : Series
    place : str
        Where the column is, after its name.
    """
    what = f"column {column.name!r} {place}".strip()
    if types.is_datetime64_any_dtype(column.dtype):
        return InputError(
            f"{what} holds dates and not numbers: an age is a number of years, such as "
            "(date - birth_date).dt.days // 365.25"
        )
    read = pd.to_numeric(column.astype("object"), errors="coerce")
    text = np.asarray(column.notna() & read.isna())
    change = f"frame[{column.name!r}] = pandas.to_numeric(frame[{column.name!r}])"
    if not text.any():
        return InputError(f"{what} holds numbers that are written as text: {change} reads them")
    points = column[text].astype(str).str.replace(",", ".", regex=False)
    if pd.to_numeric(points, errors="coerce").notna().all():
        return InputError(
            f"{what} holds numbers with a decimal comma, as text: read the file with "
            "pandas.read_csv(path, sep=';', decimal=',')"
        )
    return InputError(
        f"{what} is not numeric: text that is no number in {counted(int(text.sum()), 'row')} of "
        f"{len(column):,} ({where_rows(text)}); correct or drop them, then {change}"
    )


def numbers_of(frame: pd.DataFrame, label: Any, place: str) -> FloatArray:
    """Return a column as float64.

    Raises
    ------
    InputError
        If it is not numeric.
    """
    column = frame[label]
    kind = types.infer_dtype(column, skipna=True)
    try:
        if kind in ("string", "categorical", "boolean") or kind.startswith("date"):
            raise TypeError
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        raise no_numbers(column, place) from None
