"""The offences of the persons described, as arrays in order of person and day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import said
from trajectories.errors import InputError
from trajectories.panel import Register, TimeAtRisk, time_at_risk
from trajectories.panel.arrays import DayArray, FloatArray, IntArray
from trajectories.panel.calendar import age_on, birthday, days
from trajectories.panel.persons_asked import rank_among, refuse_impossible
from trajectories.panel.select import select_offences

DAYS_A_YEAR = 365.25


@dataclass(frozen=True, eq=False, repr=False)
class Histories:
    """Hold N persons and their M offences inside follow-up.

    Attributes
    ----------
    register : Register
    risk : TimeAtRisk
        Of these persons, with or without detention.
    person : ndarray of int, shape (M,)
        Number of the person among the N, in order.
    day : ndarray of datetime64[D], shape (M,)
        In order within a person; offences of one day in any order.
    number : ndarray of int, shape (M,)
        Row in ``register.offences``.
    """

    register: Register
    risk: TimeAtRisk
    person: IntArray
    day: DayArray
    number: IntArray

    @property
    def n_persons(self) -> int:
        """Number of persons, N."""
        return len(self.risk.persons)

    @cached_property
    def birth(self) -> DayArray:
        """Day of birth, (N,)."""
        return self.risk.birth[self.risk.position]

    @cached_property
    def end(self) -> DayArray:
        """First day no longer followed, (N,)."""
        return self.risk.end[self.risk.position]

    @cached_property
    def offences(self) -> IntArray:
        """Offences of each person, (N,)."""
        return np.bincount(self.person, minlength=self.n_persons)

    @cached_property
    def first(self) -> IntArray:
        """Position of each person's first offence among the M; M for persons without one, (N,)."""
        place = np.searchsorted(self.person, np.arange(self.n_persons))
        return np.where(self.offences > 0, place, len(self.person)).astype(np.int64)

    @cached_property
    def offenders(self) -> IntArray:
        """Numbers of the persons with an offence."""
        return np.flatnonzero(self.offences > 0).astype(np.int64)

    @cached_property
    def onset_day(self) -> DayArray:
        """Day of the first offence; NaT for persons without one, (N,)."""
        return np.append(self.day, np.datetime64("NaT", "D"))[self.first]

    @cached_property
    def last_day(self) -> DayArray:
        """Day of the last offence; NaT for persons without one, (N,)."""
        last = np.where(self.offences > 0, self.first + self.offences - 1, len(self.day))
        return np.append(self.day, np.datetime64("NaT", "D"))[last]

    def age(self, person: IntArray, day: DayArray) -> FloatArray:
        """Return exact ages: whole years, and the days since the birthday over that year's days."""
        birth = self.birth[person]
        known = ~np.isnat(day)
        result = np.full(len(day), np.nan)
        birth, day = birth[known], day[known]
        years = age_on(birth, day)
        last, following = birthday(birth, years), birthday(birth, years + 1)
        result[known] = years + (day - last) / (following - last)
        return result

    def free_years(self, person: IntArray, first: DayArray, last: DayArray) -> FloatArray:
        """Return years at risk from one day up to, not including, another."""
        rows = self.risk.position[person]
        return np.asarray(self.risk.days_between(rows, first, last) / DAYS_A_YEAR)

    @cached_property
    def occasions(self) -> tuple[IntArray, DayArray, IntArray]:
        """Persons and days of distinct days with an offence, and the occasion of each offence."""
        new = np.ones(len(self.person), dtype=bool)
        new[1:] = (np.diff(self.person) != 0) | (self.day[1:] != self.day[:-1])
        return self.person[new], self.day[new], (np.cumsum(new) - 1).astype(np.int64)

    def column(self, name: str) -> pd.Series[Any]:
        """Return a column of the offences, one value an offence.

        Raises
        ------
        InputError
            If the offences have no such column.
        """
        if name not in self.register.offences.columns:
            raise InputError(f"register: offences without column {name!r}; rename or add it")
        return self.register.offences[name].take(self.number)

    def only(self, event: Any) -> Histories:
        """Return the same persons with some of their offences.

        Parameters
        ----------
        event : str, list of str or boolean Series over the offences
            As in ``Panel.from_register``.
        """
        kept = select_offences(self.register, event)[self.number]
        return Histories(
            self.register, self.risk, self.person[kept], self.day[kept], self.number[kept]
        )

    def __repr__(self) -> str:
        """Describe the size; never show a person."""
        return f"<Histories: {said(self.n_persons, 'person')}, {said(len(self.person), 'offence')}>"


def histories(
    register: Register,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    detention: str = "removed",
) -> Histories:
    """Return the offences of persons inside follow-up, in order.

    Parameters
    ----------
    register : Register
    persons, until
        As in :func:`trajectories.time_at_risk`.
    event
        Which offences count, as in ``Panel.from_register``.
    detention : {"removed", "kept"}
        Whether days in detention are no days at risk.

    Raises
    ------
    InputError
        If an offence has no date, lies before birth or after death, emigration or the reference
        date, or is of an unknown person. Offences after ``until`` are left out.
    """
    if not isinstance(register, Register):
        raise InputError(
            f"a register must be a trajectories.Register, not {type(register).__name__}"
        )
    register.require("persons", "offences", "spells")
    risk = time_at_risk(register, persons, until=until, detention=detention)  # type: ignore[arg-type]
    everything = np.arange(len(register.offences))
    person = rank_among(register, risk, register.offences["person"], everything, "offence")
    number = np.flatnonzero(select_offences(register, event) & (person >= 0))
    day = days(register.offences, "offence_date", "offences")[number]
    person = person[number]
    refuse_impossible(register, risk, person, day, number)
    inside = day < risk.end[risk.position][person]
    person, day, number = person[inside], day[inside], number[inside]
    order = np.lexsort((day, person))
    return Histories(register, risk, person[order], day[order], number[order])
