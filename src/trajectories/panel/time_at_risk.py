"""Follow-up and time at risk of persons as intervals: the one account that everything else uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.disclosure_control import said
from trajectories.errors import InputError
from trajectories.numerics.intervals import Intervals, complement
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, counted, where_rows
from trajectories.panel.calendar import days
from trajectories.panel.detention import as_numbers, detention_within
from trajectories.panel.follow_up_end import REASONS, follow_up_end, last_day
from trajectories.panel.register import Register
from trajectories.panel.select import person_positions
from trajectories.panel.time_at_risk_start import start_of_follow_up

DAYS_A_YEAR = 365.25


@dataclass(frozen=True, eq=False, repr=False)
class TimeAtRisk:
    """Hold when persons were followed and free, as half-open intervals of days.

    A person is at risk on a day of follow-up that is not spent in detention. All that is said of
    a person by row number goes by the position in ``register.persons``.

    Attributes
    ----------
    row, start, stop : ndarray of int and datetime64[D], shape (M,)
        Intervals [start, stop) of persons, apart from each other, in order of row and start. A
        person without a day at risk has none.
    position : ndarray of int, shape (N,)
        Row in ``register.persons`` of each person asked for, in the order asked.
    persons : Index, shape (N,)
        Their ids.
    birth, begin, end : ndarray of datetime64[D], one a row of ``register.persons``
        Birth, the first day of follow-up and the first day after it; NaT for persons not asked
        for. Nobody is followed where ``begin`` is ``end`` or later.
    reason : Categorical, one a row of ``register.persons``
        Why follow-up ended: death, emigration or reference_date (``until``, where it was given).
    """

    row: IntArray
    start: DayArray
    stop: DayArray
    position: IntArray
    persons: pd.Index[Any]
    birth: DayArray
    begin: DayArray
    end: DayArray
    reason: pd.Categorical[Any]

    @cached_property
    def _intervals(self) -> Intervals:
        return Intervals(self.row, as_numbers(self.start), as_numbers(self.stop))

    def days(self) -> IntArray:
        """Return the days at risk of each person asked for, shape (N,)."""
        totals = self._intervals.totals(len(self.begin))
        result: IntArray = totals[self.position]
        return result

    def years(self) -> pd.Series[Any]:
        """Return the years at risk of each person asked for: days over 365.25, by person id."""
        index = self.persons.rename("person")
        return pd.Series(self.days() / DAYS_A_YEAR, index=index, name="years")

    def frame(self) -> pd.DataFrame:
        """Return the intervals as a table: person, start_date, stop_date (first day not in it)."""
        rank = np.empty(len(self.begin), dtype=np.int64)
        rank[self.position] = np.arange(len(self.position))
        return pd.DataFrame(
            {
                "person": self.persons.take(rank[self.row]),
                "start_date": self.start.astype("datetime64[s]"),
                "stop_date": self.stop.astype("datetime64[s]"),
            }
        )

    def follow_up(self) -> pd.DataFrame:
        """Return a row a person: person, start_date, stop_date, reason, days and years at risk."""
        at_risk = self.days()
        return pd.DataFrame(
            {
                "person": self.persons,
                "start_date": self.begin[self.position].astype("datetime64[s]"),
                "stop_date": self.end[self.position].astype("datetime64[s]"),
                "reason": self.reason.take(self.position),
                "days": at_risk,
                "years": at_risk / DAYS_A_YEAR,
            }
        )

    def held(self) -> Intervals:
        """Return the days of follow-up that are not at risk: detention, as numbers of days."""
        followed = np.flatnonzero(self.begin < self.end)  # False for NaT
        first, last = as_numbers(self.begin[followed]), as_numbers(self.end[followed])
        return complement(followed, first, last, self._intervals)

    def is_observed(self, row: Any, date: Any) -> BoolArray:
        """Tell whether a person is followed on a day, at risk or in detention."""
        row, day = _rows(row), _dates(date)
        result: BoolArray = (self.begin[row] <= day) & (day < self.end[row])
        return result

    def days_between(self, row: Any, first: Any, last: Any) -> IntArray:
        """Count the days at risk of persons between two dates.

        Parameters
        ----------
        row : array of int, shape (n,)
            Positions in ``register.persons``.
        first, last : array of dates, shape (n,)
            From the first date up to, not including, the last. What lies outside follow-up counts
            for nothing; the number is negative where ``last`` is earlier than ``first``.

        Returns
        -------
        ndarray of int, shape (n,)

        Raises
        ------
        InputError
            If a date is missing, or a row is of a person not asked for.
        """
        row = self._asked_for(row)
        return self._intervals.length_between(row, _numbers(first), _numbers(last))

    def clock(self, row: Any, date: Any) -> IntArray:
        """Count the days at risk of persons from the start of their follow-up up to a date.

        The day itself is not counted: at the start the clock stands at 0, and at ``end`` at all
        the days at risk.

        Raises
        ------
        InputError
            If a date lies outside ``begin`` to ``end``, or is missing.
        """
        row, day = self._asked_for(row), _dates(date)
        outside = ~((self.begin[row] <= day) & (day <= self.end[row]))
        if outside.any():
            raise InputError(
                f"clock: {counted(int(outside.sum()), 'date')} missing or outside the person's "
                f"follow-up ({where_rows(outside)} of those given): choose dates from begin to end"
            )
        first: IntArray = as_numbers(self.begin[row])
        gone: IntArray = self._intervals.length_between(row, first, as_numbers(day))
        return gone

    def _asked_for(self, row: Any) -> IntArray:
        rows = _rows(row)
        unknown = (rows < 0) | (rows >= len(self.begin))
        unknown[~unknown] = np.isnat(self.begin[rows[~unknown]])
        if unknown.any():
            raise InputError(
                f"{counted(int(unknown.sum()), 'row')} of persons without a known time at risk "
                f"({where_rows(unknown)} of those given): ask time_at_risk for these persons"
            )
        return rows

    def __repr__(self) -> str:
        """Describe the size; never show a person."""
        n_years = self.days().sum() / DAYS_A_YEAR
        return (
            f"<TimeAtRisk: {said(len(self.position), 'person')}, {n_years:,.1f} years in "
            f"{said(len(self.row), 'interval')}>"
        )


def time_at_risk(
    register: Register,
    persons: Any = None,
    start: Any = None,
    until: Any = None,
    detention: Literal["removed", "kept"] = "removed",
) -> TimeAtRisk:
    """Return when persons of a register were followed and free.

    Follow-up runs from ``start`` up to and including the earliest of death, emigration and
    ``until``. Time in detention is taken off: the start date of a spell is a day in detention,
    its end date a day free; a spell without an end lasts as long as follow-up.

    Parameters
    ----------
    register : Register
    persons : str, sequence of ids or boolean Series over the persons, optional
        A population, the persons wanted, or "all". By default those that ``start`` has dates for,
        else the population that the register says is studied, else all.
    start : None, whole number or Series of dates by person id
        Start of follow-up: birth, a birthday, or a date of each person (of an index case, say).
    until : date, optional
        Last day of follow-up, by default the reference date.
    detention : {"removed", "kept"}
        Whether days in detention are no days at risk.

    Raises
    ------
    InputError
        If a person is unknown or lacks a start or a birth date, starts or dies before birth, or
        a detention spell has no start, ends before it starts, or is of an unknown person.
    """
    if not isinstance(register, Register):
        raise InputError(
            f"a register must be a trajectories.Register, not {type(register).__name__}"
        )
    if detention not in ("removed", "kept"):
        raise InputError('detention= must be "removed" or "kept"')
    register.require("persons", "spells")
    if persons is None and isinstance(start, pd.Series):
        persons = start.index
    position = person_positions(register, persons)
    chosen = register.persons.iloc[position]
    birth = days(chosen, "birth_date", "persons", required=True)
    end, reason = follow_up_end(chosen, birth, last_day(register, until))
    begin = start_of_follow_up(start, chosen["person"], birth)
    n_rows = len(register.persons)
    birth, begin, end = (_spread(values, position, n_rows) for values in (birth, begin, end))
    free = _free(register, begin, end, detention)
    codes = np.full(n_rows, -1, dtype=np.int64)
    codes[position] = reason
    return TimeAtRisk(
        row=free.row,
        start=free.start.view("datetime64[D]"),
        stop=free.stop.view("datetime64[D]"),
        position=position,
        persons=pd.Index(chosen["person"]),
        birth=birth,
        begin=begin,
        end=end,
        reason=pd.Categorical.from_codes(codes, categories=pd.Index(REASONS)),
    )


def _free(register: Register, begin: DayArray, end: DayArray, detained: str) -> Intervals:
    """Return follow-up as intervals, less detention where that is taken off."""
    followed = np.flatnonzero(begin < end)
    first, last = as_numbers(begin[followed]), as_numbers(end[followed])
    if detained == "kept":
        return Intervals(followed, first, last)
    return complement(followed, first, last, detention_within(register, begin, end))


def _spread(values: DayArray, position: IntArray, n_rows: int) -> DayArray:
    """Lay values of the persons chosen out over all rows of persons, NaT for the others."""
    result = np.full(n_rows, np.datetime64("NaT", "D"))
    result[position] = values
    return result


def _rows(row: Any) -> IntArray:
    return np.array(row, dtype=np.int64, ndmin=1)


def _dates(date: Any) -> DayArray:
    result: DayArray = np.array(date, dtype="datetime64[D]", ndmin=1)
    return result


def _numbers(date: Any) -> IntArray:
    day = _dates(date)
    missing = np.isnat(day)
    if missing.any():
        raise InputError(
            f"{counted(int(missing.sum()), 'date')} missing ({where_rows(missing)} of those given)"
        )
    result: IntArray = as_numbers(day)
    return result
