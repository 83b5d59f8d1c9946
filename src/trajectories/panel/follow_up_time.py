"""When follow-up of a person ends, and how much time they are free at each age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, FloatArray, IntArray, counted, where_rows
from trajectories.panel.calendar import ONE_DAY, birthday, days


@dataclass(frozen=True, slots=True, eq=False)
class FollowUpTime:
    """Hold the days of N persons at T ages; age a is the year from birthday a to birthday a + 1.

    Attributes
    ----------
    birth, end : ndarray of datetime64[D], shape (N,)
        Birth, and the first day that is no longer observed.
    cell_days : ndarray of int, shape (N, T)
        Length of the year of age, 365 or 366 days.
    observed_days, free_days : ndarray of int, shape (N, T)
        Days of it before the end of follow-up; those of them not spent in detention.
    """

    birth: DayArray
    end: DayArray
    cell_days: IntArray
    observed_days: IntArray
    free_days: IntArray

    @property
    def exposure(self) -> FloatArray:
        """Years free in each cell: days free over the days of that year of age, 0 to 1."""
        return self.free_days / self.cell_days


def follow_up_end(persons: pd.DataFrame, last_day: pd.Timestamp) -> DayArray:
    """Return the first day on which a person is no longer observed, datetime64[D] (N,).

    The day after the earliest of death, emigration and ``last_day``: these days themselves still
    count as observed.

    Raises
    ------
    InputError
        If a person dies or leaves before birth.
    """
    birth = days(persons, "birth_date", "persons", required=True)
    end = np.full(len(persons), np.datetime64(last_day.date(), "D"))
    for column in ("death_date", "emigration_date"):
        date = days(persons, column, "persons")
        early = date < birth  # False for NaT
        if early.any():
            raise InputError(
                f"register: {column} before birth_date in {counted(int(early.sum()), 'row')} of "
                f"persons ({where_rows(early)}): correct the dates"
            )
        end = np.fmin(end, date)  # fmin passes over NaT
    result: DayArray = end + ONE_DAY
    return result


def follow_up_time(
    persons: pd.DataFrame, spells: pd.DataFrame, ages: IntArray, last_day: pd.Timestamp
) -> FollowUpTime:
    """Return days observed and days free of each person at each age.

    Parameters
    ----------
    persons : DataFrame, N rows
        person, birth_date, death_date, emigration_date.
    spells : DataFrame
        person, spell_type, start_date, end_date; only those of type "detention" of these persons
        count. The end date is the first day free again; NaT is still open on ``last_day``. Spells
        of a person may overlap: no day is taken off twice.
    ages : ndarray of int, shape (T,)
    last_day : Timestamp
        Last day observed of anybody.
    """
    birth = days(persons, "birth_date", "persons", required=True)
    end = follow_up_end(persons, last_day)
    row, start, stop = _detention(persons, spells, birth, end)
    shape = (len(persons), len(ages))
    cell_days, observed_days, free_days = (np.empty(shape, dtype=np.int64) for _ in range(3))
    last = birth
    # a loop over ages, a few dozen; persons and spells are handled all at once
    for t, age in enumerate(ages):
        # one age mostly begins where the one before ended
        first = last if t and age == ages[t - 1] + 1 else birthday(birth, age)
        last = birthday(birth, age + 1)
        cell_days[:, t] = (last - first).astype(np.int64)
        observed_days[:, t] = _overlap(first, last, birth, end)
        held = _overlap(first[row], last[row], start, stop)
        free_days[:, t] = observed_days[:, t] - np.bincount(row, held, shape[0]).astype(np.int64)
    return FollowUpTime(birth, end, cell_days, observed_days, free_days)


def is_detention(spells: pd.DataFrame) -> BoolArray:
    """Return a mask of the spells spent in detention."""
    return np.asarray((spells["spell_type"] == "detention").fillna(False), dtype=bool)


def _overlap(first: DayArray, last: DayArray, start: DayArray, stop: DayArray) -> IntArray:
    """Return the number of days that two half-open intervals share."""
    shared = np.minimum(last, stop) - np.maximum(first, start)
    result: IntArray = np.maximum(shared.astype(np.int64), 0)
    return result


def _detention(
    persons: pd.DataFrame, spells: pd.DataFrame, birth: DayArray, end: DayArray
) -> tuple[IntArray, DayArray, DayArray]:
    """Return detention within follow-up as disjoint spells: person's row, first day, day free."""
    held = spells[is_detention(spells)]
    row = pd.Index(persons["person"]).get_indexer(pd.Index(held["person"])).astype(np.int64)
    start = days(held, "start_date", "spells", required=len(held) > 0)
    stop = days(held, "end_date", "spells")
    backward = stop < start
    if backward.any():
        raise InputError(
            f"register: {counted(int(backward.sum()), 'detention spell')} with end_date before "
            f"start_date ({where_rows(backward)} of the detention spells): correct the dates"
        )
    ours = row >= 0
    row, start, stop = row[ours], start[ours], stop[ours]
    start, stop = np.maximum(start, birth[row]), np.fmin(stop, end[row])
    some = start < stop
    return union(row[some], start[some], stop[some])


def union(row: IntArray, start: DayArray, stop: DayArray) -> tuple[IntArray, DayArray, DayArray]:
    """Return the union of half-open intervals of each person as disjoint intervals.

    Sorted by person and start, an interval begins a new run when it starts after every earlier
    one of the same person has stopped. Persons are laid out one after another on one axis, so
    that a single running maximum serves them all.
    """
    if not len(row):
        return row, start, stop
    order = np.lexsort((start, row))
    row, start, stop = row[order], start[order], stop[order]
    origin, width = start.min(), (stop.max() - start.min()).astype(np.int64) + 1
    from_origin = row * width + (start - origin).astype(np.int64)
    latest = np.maximum.accumulate(row * width + (stop - origin).astype(np.int64))
    begins = np.r_[True, from_origin[1:] > latest[:-1]]
    runs = np.flatnonzero(begins)
    return row[runs], start[runs], np.maximum.reduceat(stop, runs)
