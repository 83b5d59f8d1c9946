"""Birthdays and ages in whole days, for many persons at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import DayArray, IntArray, counted, where_rows

ONE_DAY = np.timedelta64(1, "D")


def as_day(value: Any, what: str) -> pd.Timestamp:
    """Return a date given as text, date or timestamp as a Timestamp at midnight, no time zone.

    Raises
    ------
    InputError
        If it is no date.
    """
    try:
        day = pd.Timestamp(value)
    except (TypeError, ValueError):
        day = pd.NaT  # type: ignore[assignment]
    if pd.isna(day):
        raise InputError(f'{what} is no date: give one such as "2021-07-02"')
    return day.tz_localize(None).normalize()


def birthday(birth: DayArray, age: Any) -> DayArray:
    """Return the day on which a person born on ``birth`` reaches a whole age.

    Who was born on 29 February reaches an age on 1 March of a year without that day: 28 days
    after 1 February, as in every other year.

    Parameters
    ----------
    birth : ndarray of datetime64[D]
    age : int or ndarray of int, broadcast against ``birth``
    """
    first_of_month = birth.astype("datetime64[M]")
    day_of_month = birth - first_of_month.astype("datetime64[D]")
    months = (12 * np.asarray(age, dtype=np.int64)).astype("timedelta64[M]")
    result: DayArray = (first_of_month + months).astype("datetime64[D]") + day_of_month
    return result


def age_on(birth: DayArray, day: DayArray) -> IntArray:
    """Return the age in whole years on a day; negative before birth."""
    years = day.astype("datetime64[Y]").astype(np.int64)
    years = years - birth.astype("datetime64[Y]").astype(np.int64)
    result: IntArray = years - (day < birthday(birth, years))
    return result


def days(table: pd.DataFrame, column: str, name: str, *, required: bool = False) -> DayArray:
    """Return a column of dates as datetime64[D].

    Raises
    ------
    InputError
        If the column holds no dates, or one is missing though required.
    """
    series = table[column]
    if series.isna().all() and not required:
        return np.full(len(series), np.datetime64("NaT", "D"))
    if not types.is_datetime64_dtype(series.dtype):
        raise InputError(
            f"register: {name} column {column!r} holds no dates ({series.dtype}); "
            "convert it with pandas.to_datetime, without time zone"
        )
    values: DayArray = series.to_numpy().astype("datetime64[D]")
    missing = np.isnat(values)
    if required and missing.any():
        raise InputError(
            f"register: {name} column {column!r} missing in "
            f"{counted(int(missing.sum()), 'row')} ({where_rows(missing)}): "
            "fill it in or leave the rows out"
        )
    return values
