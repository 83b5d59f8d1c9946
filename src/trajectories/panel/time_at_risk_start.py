"""The first day of follow-up of each person: birth, a birthday, or a date of their own."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, counted, where_rows
from trajectories.panel.calendar import birthday


def start_of_follow_up(start: Any, persons: pd.Series[Any], birth: DayArray) -> DayArray:
    """Return the first day of follow-up of each person; see ``time_at_risk``.

    Raises
    ------
    InputError
        If ``start`` is no age and no Series of dates, lacks a person, or lies before birth.
    """
    if start is None:
        return birth
    if isinstance(start, pd.Series):
        return _own_dates(start, persons, birth)
    if isinstance(start, Integral) and not isinstance(start, bool):
        if start < 0:
            raise InputError("start= is an age below 0: give a whole number of years")
        return birthday(birth, int(start))
    raise InputError(
        "start= must be None (birth), a whole age, or a Series of dates with person ids as index, "
        f"not {type(start).__name__}"
    )


def _own_dates(start: pd.Series[Any], persons: pd.Series[Any], birth: DayArray) -> DayArray:
    if not types.is_datetime64_dtype(start.dtype):
        raise InputError(
            f"start= holds no dates ({start.dtype}): convert it with pandas.to_datetime, "
            "without time zone"
        )
    _refuse(np.asarray(start.index.duplicated()), "start= has", "for a person seen before")
    place = start.index.get_indexer(pd.Index(persons))
    _refuse(place < 0, "start= lacks", "of a person asked for; give each person one")
    values: DayArray = start.to_numpy().astype("datetime64[D]")[place]
    _refuse(np.isnat(values), "start= lacks", "of a person asked for; give each person one")
    _refuse(values < birth, "start= has", "before the person's birth")
    return values


def _refuse(bad: BoolArray, found: str, what: str) -> None:
    if bad.any():
        raise InputError(f"{found} {counted(int(bad.sum()), 'date')} {what} ({where_rows(bad)})")
