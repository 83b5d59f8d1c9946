"""Columns of the user's frames as arrays: present, of one kind, nothing missing unnoticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, counted, names, where_rows

LARGEST_SPAN = 1 << 31
LARGEST_NUMBER = 1 << 62


def need_frame(frame: Any, what: str) -> pd.DataFrame:
    """Return a frame with at least one row, or raise an InputError."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{what} must be a pandas DataFrame, not {type(frame).__name__}")
    if not len(frame):
        raise InputError(f"{what}: no rows, so nobody to match")
    return frame


def need_columns(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise an InputError that names the columns a frame lacks."""
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise InputError(f"{what} without column {names(absent)}; there are {names(frame.columns)}")


def missing_rows(frame: pd.DataFrame, columns: Sequence[str]) -> BoolArray:
    """Return a mask of the rows with a missing value in any of the columns."""
    missing = np.zeros(len(frame), dtype=bool)
    for column in columns:
        dtype = frame[column].dtype
        if isinstance(dtype, np.dtype) and dtype.kind in "biu":
            continue  # cannot be missing
        missing |= frame[column].isna().to_numpy()
    return missing


def refuse_missing(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise an InputError that says where values of matching columns are missing."""
    for column in columns:
        bad = missing_rows(frame, [column])
        if bad.any():
            raise InputError(
                f"{what} column {column!r} missing in {counted(int(bad.sum()), 'row')} "
                f"({where_rows(bad)}): fill it in, or leave such persons out with "
                "missing='exclude', which lists the cases among them"
            )


def numbers(values: pd.Series[Any], what: str) -> NDArray[Any]:
    """Return a column to measure distance in: numbers as they are, dates in days.

    Raises
    ------
    InputError
        For text and categories, and for infinite values.
    """
    if types.is_datetime64_any_dtype(values.dtype):
        day = values.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
        seconds = day.astype(np.float64)
        return np.where(np.isnat(day), np.nan, seconds / 86_400.0)
    if not types.is_numeric_dtype(values.dtype) or types.is_complex_dtype(values.dtype):
        raise InputError(
            f"{what} holds no numbers ({values.dtype}): distance needs numbers; match it in exact= "
            "or make indicator columns of it"
        )
    if isinstance(values.dtype, np.dtype):
        array = values.to_numpy()
        if array.dtype.kind == "b":
            array = array.view(np.int8)
    else:
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind == "f" and np.isinf(array).any():
        bad = np.isinf(array)
        raise InputError(
            f"{what} is infinite in {counted(int(bad.sum()), 'row')} ({where_rows(bad)}), and no "
            "distance to these rows is a number: correct them, or leave them out"
        )
    return np.asarray(array)


def as_float(values: NDArray[Any]) -> FloatArray:
    """Return an array as float64, without a copy where it is already."""
    return np.asarray(values, dtype=np.float64)


def digits(
    case: pd.Series[Any], pool: pd.Series[Any], column: str, what: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a column of cases and pool coded alike in whole numbers, for exact matching.

    Whole numbers stay as they are. Everything else gets the number of its value among the cases,
    −1 for other values and missing ones.

    Raises
    ------
    InputError
        If cases and pool hold different kinds of values, so that nothing could ever agree.
    """
    kinds = _kind(case), _kind(pool)
    if kinds[0] != kinds[1]:
        raise InputError(
            f"exact column {column!r} holds {kinds[0]} in cases and {kinds[1]} in {what}: "
            "convert one of them"
        )
    if _whole(case) and _whole(pool):
        mine, theirs = _plain(case), _plain(pool)
        low, high = int(mine.min()), int(mine.max())
        if high - low < LARGEST_SPAN and max(-low, high) < LARGEST_NUMBER:
            return mine, theirs
    values = pd.Index(case.dropna().unique())
    if isinstance(values, pd.CategoricalIndex):
        values = pd.Index(np.asarray(values))
    return _coded(case, values), _coded(pool, values)


def _whole(values: pd.Series[Any]) -> bool:
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu"


def _plain(values: pd.Series[Any]) -> NDArray[Any]:
    array = values.to_numpy()
    if array.dtype == np.uint64:
        return array.astype(np.int64)
    return array.view(np.int8) if array.dtype.kind == "b" else array


def _coded(values: pd.Series[Any], among: pd.Index[Any]) -> NDArray[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        of_category = np.append(among.get_indexer(pd.Index(values.cat.categories)), -1)
        return np.asarray(of_category[values.cat.codes.to_numpy()], dtype=np.int32)
    return np.asarray(among.get_indexer(pd.Index(values)), dtype=np.int32)


def _kind(values: pd.Series[Any]) -> str:
    dtype: Any = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    if types.is_bool_dtype(dtype) or types.is_numeric_dtype(dtype):
        return "numbers"
    return "dates" if types.is_datetime64_any_dtype(dtype) else "text"
