"""The years of persons as intervals: years of age or of the calendar, cut at follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.panel.arrays import DayArray, FloatArray, IntArray, counted
from trajectories.panel.birthdays import Birthdays
from trajectories.panel.calendar import age_on
from trajectories.panel.detention import as_numbers
from trajectories.panel.time_at_risk import TimeAtRisk


@dataclass(frozen=True, eq=False)
class Years:
    """Hold the observed years of persons, in order of person and time.

    Attributes
    ----------
    rank : ndarray of int, shape (R,)
        Position among the persons asked for.
    row : ndarray of int, shape (R,)
        Position in ``register.persons``.
    period : ndarray of int, shape (R,)
        Age, or calendar year.
    begin, first, last : ndarray of int, shape (R,)
        Days since 1970: the day on which the year begins, the first day of it that is observed,
        and the first day that is no longer.
    length : ndarray of int, shape (R,)
        Days of the whole year, 365 or 366.
    free : ndarray of int, shape (R,)
        Days at risk.
    """

    rank: IntArray
    row: IntArray
    period: IntArray
    begin: IntArray
    first: IntArray
    last: IntArray
    length: IntArray
    free: IntArray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def _origin(self) -> int:
        return int(self.begin.min())

    @property
    def _width(self) -> int:
        return int(self.last.max()) - self._origin + 1

    def key(self, rank: IntArray, day: IntArray) -> IntArray:
        """Lay persons out one after another on one axis of days."""
        inside = np.clip(day - self._origin, 0, self._width - 1)
        return np.asarray(rank * self._width + inside)

    def holding(self, rank: IntArray, day: IntArray) -> IntArray:
        """Return the position of the year that each day of a person lies in, −1 where none."""
        at = np.searchsorted(self.key(self.rank, self.first), self.key(rank, day), "right") - 1
        known = np.maximum(at, 0)
        inside = (self.rank[known] == rank) & (self.first[known] <= day) & (day < self.last[known])
        return np.where((at >= 0) & inside, known, -1)

    def touched(self, rank: IntArray, start: IntArray, stop: IntArray) -> tuple[IntArray, IntArray]:
        """Return pairs (interval, year) where [start, stop) shares a day with a year as a whole."""
        begin = self.key(self.rank, self.begin)
        end = self.key(self.rank, self.last)
        low = np.searchsorted(end, self.key(rank, start), "right")
        high = np.searchsorted(begin, self.key(rank, stop), "left")
        number = np.maximum(high - low, 0)
        interval = np.repeat(np.arange(len(rank)), number)
        step = np.arange(len(interval)) - np.repeat(np.cumsum(number) - number, number)
        return interval, low[interval] + step

    def earlier(self, years: int) -> IntArray:
        """Return the position of the same person's year so many periods earlier, −1 where none."""
        span = int(self.period.max() - self.period.min()) + abs(years) + 1
        origin = int(self.period.min())
        key = self.rank * (2 * span) + (self.period - origin) + span // 2
        wanted = key - years
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where(key[at] == wanted, at, -1)

    def take(self, kept: Any) -> Years:
        """Return some of the years."""
        return Years(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    @property
    def years_free(self) -> FloatArray:
        """Days at risk over the days of the year."""
        return np.asarray(self.free / self.length)


def observed_years(at_risk: TimeAtRisk, periods: IntArray, calendar: bool) -> Years:
    """Return every year, among the periods, of which a day is observed.

    Parameters
    ----------
    at_risk : TimeAtRisk
    periods : ndarray of int, shape (T,)
        Increasing: ages, or calendar years.
    calendar : bool
        Whether they are calendar years.

    Raises
    ------
    InputError
        If nobody is observed in any of them.
    """
    position = at_risk.position
    if calendar:
        starts = (periods - 1970).astype("datetime64[Y]").astype("datetime64[D]")
        stops = (periods - 1969).astype("datetime64[Y]").astype("datetime64[D]")
        begin = np.broadcast_to(as_numbers(starts), (len(position), len(periods)))
        stop = np.broadcast_to(as_numbers(stops), begin.shape)
    else:
        birthdays = Birthdays.of(at_risk.birth[position], int(periods[0]), int(periods[-1]) + 1)
        rank = np.arange(len(position))[:, None]
        begin = birthdays.at(rank, periods).astype(np.int64)
        stop = birthdays.at(rank, periods + 1).astype(np.int64)
    first = np.maximum(begin, as_numbers(at_risk.begin[position])[:, None])
    last = np.minimum(stop, as_numbers(at_risk.end[position])[:, None])
    rank, column = np.nonzero(first < last)
    if not len(rank):
        raise InputError(
            f"register: nobody of {counted(len(position), 'person')} is observed in any of the "
            "years asked for: check ages=, calendar_years=, start= and until="
        )
    row = position[rank]
    free = at_risk.days_between(row, _as_days(first[rank, column]), _as_days(last[rank, column]))
    return Years(
        rank=rank.astype(np.int64),
        row=row,
        period=periods[column],
        begin=begin[rank, column],
        first=first[rank, column],
        last=last[rank, column],
        length=(stop - begin)[rank, column],
        free=free,
    )


def age_at_begin(years: Years, birth: DayArray) -> IntArray:
    """Return the age in whole years on the day on which each year begins."""
    return age_on(birth[years.row], _as_days(years.begin))


def _as_days(numbers: IntArray) -> DayArray:
    return numbers.astype("datetime64[D]")
