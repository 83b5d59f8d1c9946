"""How much time persons are observed and free at each age."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.intervals import Intervals
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray
from trajectories.panel.birthdays import Birthdays
from trajectories.panel.detention import as_numbers
from trajectories.panel.time_at_risk import TimeAtRisk


@dataclass(frozen=True, slots=True, eq=False)
class FollowUpTime:
    """Hold the days of N persons at T ages; age a is the year from birthday a to birthday a + 1.

    Attributes
    ----------
    birthdays : Birthdays
        From the first age to the year after the last.
    cell_days : ndarray of int16, shape (N, T)
        Length of the year of age, 365 or 366 days.
    observed_days, free_days : ndarray of int16, shape (N, T)
        Days of it within follow-up; those of them at risk.
    """

    birthdays: Birthdays
    cell_days: NDArray[np.int16]
    observed_days: NDArray[np.int16]
    free_days: NDArray[np.int16]

    @property
    def exposure(self) -> FloatArray:
        """Years free in each cell: days free over the days of that year of age, 0 to 1."""
        return np.divide(self.free_days, self.cell_days, dtype=np.float64)

    def take(self, kept: BoolArray) -> FollowUpTime:
        """Return the time of some persons."""
        births = replace(self.birthdays, code=self.birthdays.code[kept])
        cells = (days[kept] for days in (self.cell_days, self.observed_days, self.free_days))
        return FollowUpTime(births, *cells)


def follow_up_time(time: TimeAtRisk, ages: IntArray) -> FollowUpTime:
    """Return days observed and days free of each person at each age.

    Parameters
    ----------
    time : TimeAtRisk
        Of N persons; rows come in the order in which they were asked for.
    ages : ndarray of int, shape (T,)
        Strictly increasing.
    """
    position = time.position
    birthdays = Birthdays.of(time.birth[position], int(ages[0]), int(ages[-1]) + 1)
    begin, end = (as_numbers(day[position]).astype(np.int32) for day in (time.begin, time.end))
    shape = (len(position), len(ages))
    cell_days, observed_days = (np.empty(shape, dtype=np.int16) for _ in range(2))
    # a loop over ages, a few dozen; persons are handled all at once
    for t, age in enumerate(ages):
        first, last = (birthdays.at(slice(None), a) for a in (age, age + 1))
        cell_days[:, t] = last - first
        observed_days[:, t] = np.maximum(np.minimum(last, end) - np.maximum(first, begin), 0)
    free_days = observed_days.copy()
    _take_off(free_days, _rows_asked(time), ages, birthdays)
    return FollowUpTime(birthdays, cell_days, observed_days, free_days)


def _rows_asked(time: TimeAtRisk) -> Intervals:
    """Return detention with persons numbered in the order in which they were asked for."""
    held = time.held()
    rank = np.empty(len(time.begin), dtype=np.int64)
    rank[time.position] = np.arange(len(time.position))
    return Intervals(rank[held.row], held.start, held.stop)


def _take_off(
    days: NDArray[np.int16], held: Intervals, ages: IntArray, birthdays: Birthdays
) -> None:
    """Take intervals off the days at each age, in place; they are disjoint for each person.

    Each interval is cut at birthdays: as many pieces as ages that it touches.
    """
    if not len(held):
        return
    youngest = np.maximum(birthdays.age_on(held.row, held.start), ages[0])
    oldest = np.minimum(birthdays.age_on(held.row, held.stop - 1), ages[-1])
    pieces = np.maximum(oldest - youngest + 1, 0)
    of = np.repeat(np.arange(len(held)), pieces)
    age = youngest[of] + np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    column = np.full(ages[-1] - ages[0] + 1, -1)
    column[ages - ages[0]] = np.arange(len(ages))
    column = column[age - ages[0]]
    of, age, column = (values[column >= 0] for values in (of, age, column))
    row = held.row[of]
    first = np.maximum(held.start[of], birthdays.at(row, age))
    last = np.minimum(held.stop[of], birthdays.at(row, age + 1))
    np.subtract.at(days, (row, column), (last - first).astype(np.int16))
