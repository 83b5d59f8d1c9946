"""Spells in detention, as disjoint intervals of persons by row number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.intervals import Intervals, union
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, counted, these_rows
from trajectories.panel.calendar import days

if TYPE_CHECKING:
    from trajectories.panel.register import Register


DETENTION = "detention"
"""The type of the spells that are taken off time at risk."""


def is_detention(spells: pd.DataFrame) -> BoolArray:
    """Return a mask of the spells spent in detention."""
    return np.asarray((spells["spell_type"] == DETENTION).fillna(False), dtype=bool)


def detention_within(register: Register, first: DayArray, last: DayArray) -> Intervals:
    """Return the days in detention of each person within [first, last), whole days since 1970.

    Parameters
    ----------
    register : Register
    first, last : ndarray of datetime64[D], one a row of persons
        Rows with NaT, or with nothing between the two, are passed over.

    Raises
    ------
    InputError
        If a detention spell has no start, ends before it starts, or is of an unknown person.
    """
    number = np.flatnonzero(is_detention(register.spells))
    held = register.spells.iloc[number]
    ids = pd.Index(register.persons["person"])
    row = ids.get_indexer(pd.Index(held["person"])).astype(np.int64)
    refuse_unknown(row < 0, number, "detention spell")
    start, stop = days(held, "start_date", "spells"), days(held, "end_date", "spells")
    missing = number[np.isnat(start)]
    if len(missing):
        raise InputError(
            f"register: spells column 'start_date' missing in {counted(len(missing), 'row')} of "
            f"detention ({these_rows(missing)}): fill it in or leave the rows out"
        )
    backward = number[stop < start]
    if len(backward):
        raise InputError(
            f"register: {counted(len(backward), 'detention spell')} with end_date before "
            f"start_date ({these_rows(backward)} of spells): correct the dates"
        )
    start, stop = np.maximum(start, first[row]), np.fmin(stop, last[row])
    some = start < stop  # False for NaT
    return union(row[some], as_numbers(start[some]), as_numbers(stop[some]))


def refuse_unknown(unknown: BoolArray, number: IntArray, noun: str) -> None:
    """Raise an InputError that says how many rows belong to nobody in the table of persons."""
    if unknown.any():
        raise InputError(
            f"register: {counted(int(unknown.sum()), noun)} of persons that the table of persons "
            f"lacks ({these_rows(number[unknown])} of the table): add the persons or drop the rows"
        )


def as_numbers(day: DayArray) -> Any:
    """Return days as whole numbers since 1970-01-01."""
    return day.astype("datetime64[D]").astype(np.int64)
