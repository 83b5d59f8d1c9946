"""Checks of the rows of a follow-up; each failure is one InputError that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    counted,
    where_rows,
)


def column(frame: pd.DataFrame, label: Any, what: str) -> pd.Series[Any]:
    """Return a column without missing values.

    Raises
    ------
    InputError
        If it is absent, there twice, or a value is missing.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"follow-up: give a pandas DataFrame, not {type(frame).__name__}")
    if label not in frame.columns:
        raise InputError(f"follow-up: no column {label!r} for {what}; name it with {what}=")
    values: Any = frame[label]
    if isinstance(values, pd.DataFrame):
        raise InputError(f"follow-up: column {label!r} twice in the table; rename one of them")
    refuse(np.asarray(values.isna()), f"column {label!r}: missing", "fill it in or drop the rows")
    result: pd.Series[Any] = values
    return result


def numbers(frame: pd.DataFrame, label: Any, what: str) -> FloatArray:
    """Return a column of finite numbers as float64."""
    values = column(frame, label, what)
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise InputError(
            f"follow-up: column {label!r} is not numeric ({values.dtype}); "
            "convert it with pandas.to_numeric"
        )
    result = np.array(values, dtype=np.float64)
    refuse(~np.isfinite(result), f"column {label!r}: infinite", "correct it")
    return result


def refuse(bad: BoolArray, what: str, advice: str) -> None:
    """Raise an InputError that says how many rows fail, and which."""
    if bad.any():
        raise InputError(
            f"follow-up: {what} in {counted(int(bad.sum()), 'row')} ({where_rows(bad)}): {advice}"
        )


def check_times(start: FloatArray, stop: FloatArray, names_of: tuple[Any, Any]) -> None:
    """Refuse negative times and rows that end where or before they start."""
    begins, ends = names_of
    label = "start" if begins is None else begins
    refuse(start < 0, f"column {label!r} negative", "count time from 0 at the start of the clock")
    refuse(stop < 0, f"column {ends!r} negative", "count time from 0 at the start of the clock")
    refuse(
        stop == start,
        f"no time between {label!r} and {ends!r}",
        "drop such rows, or give an event on the first day a positive time (half a day, say)",
    )
    refuse(
        stop < start,
        f"{ends!r} before {label!r}",
        "an event before entry was not observed: correct the times or leave the person out",
    )


def check_overlaps(person: IntArray, start: FloatArray, stop: FloatArray, row: IntArray) -> None:
    """Refuse rows of one person that overlap or are there twice; rows are sorted.

    ``row`` gives each sorted row's number in the user's table.
    """
    same = person[1:] == person[:-1]
    twice = same & (start[1:] == start[:-1]) & (stop[1:] == stop[:-1])
    if twice.any():
        refuse(
            _at(row, twice), "the same person and times as another row", "keep one of the two rows"
        )
    # sorted by start, any two rows that overlap leave two neighbours that do
    overlap = same & (start[1:] < stop[:-1])
    if overlap.any():
        refuse(
            _at(row, overlap),
            "overlap with another row of the same person",
            "rows (start, stop] of a person must follow each other",
        )


def _at(row: IntArray, later: BoolArray) -> BoolArray:
    bad = np.zeros(len(row), dtype=bool)
    bad[row[1:][later]] = True
    return bad
