"""A register made into arrays: offences counted by age, time free as exposure."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted
from trajectories.panel.calendar import days
from trajectories.panel.checks import check_ages
from trajectories.panel.detention import as_numbers
from trajectories.panel.follow_up_end import follow_up_end
from trajectories.panel.follow_up_time import FollowUpTime, follow_up_time
from trajectories.panel.persons_asked import rank_among, refuse_offences
from trajectories.panel.register import Register
from trajectories.panel.select import select_offences
from trajectories.panel.time_at_risk import TimeAtRisk, time_at_risk


def read_register(
    register: Register, ages: Any, event: Any, until: Any, persons: Any, drop_unobserved: bool
) -> dict[str, Any]:
    """Return the fields of a Panel from a register; see ``Panel.from_register``."""
    if not isinstance(register, Register):
        raise InputError(
            f"a register must be a trajectories.Register, not {type(register).__name__}; for "
            "tables of counts use Panel.from_wide or Panel.from_long"
        )
    register.require("persons", "offences", "spells")
    whole_ages = _whole_ages(ages)
    risk = time_at_risk(register, persons, until=until)
    time = follow_up_time(risk, whole_ages)
    row, column = _events(register, event, risk, whole_ages, time)
    observed = time.free_days > 0
    kept = _persons_kept(observed, whole_ages, drop_unobserved)
    units = risk.persons
    if not kept.all():
        # offences of persons never observed lie outside the ages, or after ``until``
        row = (np.cumsum(kept) - 1)[row]
        time, observed, units = time.take(kept), observed[kept], units[kept]
    return {
        "outcomes": _counts(row, column, observed.shape),
        "ages": whole_ages.astype(np.float64),
        "exposure": time.exposure,
        "observed": observed,
        "units": units,
        "n_left_out": int((~kept).sum()),
        "clock": "year of age",
    }


def _whole_ages(ages: Any) -> IntArray:
    if np.size(ages) == 0:
        raise InputError("ages are empty: give the ages of the panel, range(12, 41) say")
    values = check_ages(ages, np.size(ages))
    if isinstance(ages, list | tuple) and len(values) == 2 and values[1] - values[0] > 1:
        first, last = (f"{value:g}" for value in values)
        raise InputError(
            f"ages are two ages, {first} and {last}, and none between: range({first}, "
            f"{values[1] + 1:g}) are all from {first} to {last}; for these two alone give a NumPy "
            "array"
        )
    if (values != np.floor(values)).any() or (values < 0).any():
        raise InputError(
            "ages of a register panel must be whole numbers, 0 or more: "
            "age a is the year from birthday a to birthday a + 1"
        )
    return values.astype(np.int64)


def _events(
    register: Register, event: Any, risk: TimeAtRisk, ages: IntArray, time: FollowUpTime
) -> tuple[IntArray, IntArray]:
    """Return row and column of each offence that counts: of the type, persons and ages asked."""
    everything = np.arange(len(register.offences))
    row = rank_among(register, risk, register.offences["person"], everything, "offence")
    number = np.flatnonzero(select_offences(register, event) & (row >= 0))
    row = row[number]
    day = days(register.offences, "offence_date", "offences")[number]
    column, free = _cells(row, day, ages, time)
    birth, end, known_end = (values[row] for values in _limits(register, risk))
    wrong = {
        "without a date": np.isnat(day),
        "before birth": day < birth,
        "after death, emigration or the reference date": day >= known_end,
        "at an age without any time free": (day < end) & (free == 0),
    }
    refuse_offences(wrong, number)
    # what lies after ``until`` was left out by the user, what lies outside ``ages`` too
    inside = (column >= 0) & (day < end)
    return row[inside], column[inside]


def _counts(row: IntArray, column: IntArray, shape: tuple[int, ...]) -> FloatArray:
    """Count events in cells, as float64 at once: a weight of 1 each saves a copy of the panel."""
    cell = row * shape[1] + column
    counts: FloatArray = np.bincount(cell, np.ones(len(cell)), shape[0] * shape[1])  # type: ignore[assignment]
    return counts.reshape(shape)


def _limits(register: Register, risk: TimeAtRisk) -> tuple[Any, Any, Any]:
    """Return birth, end of follow-up, and its end where ``until`` is not set, of the chosen."""
    position = risk.position
    chosen, birth = register.persons.iloc[position], risk.birth[position]
    known_end, _ = follow_up_end(chosen, birth, register.reference_date)
    return birth, risk.end[position], known_end


def _cells(
    row: IntArray, day: Any, ages: IntArray, time: FollowUpTime
) -> tuple[IntArray, IntArray]:
    """Return each offence's column (−1 outside the ages) and the days free in its cell."""
    dated = ~np.isnat(day)
    age = np.full(len(row), ages[0] - 1)
    age[dated] = time.birthdays.age_on(row[dated], as_numbers(day[dated]))
    column = np.minimum(np.searchsorted(ages, age), len(ages) - 1).astype(np.int64)
    on_grid = ages[column] == age
    free = np.where(on_grid, time.free_days[row, column], 1)
    return np.where(on_grid, column, -1), free


def _persons_kept(observed: BoolArray, ages: IntArray, drop_unobserved: bool) -> BoolArray:
    kept = np.asarray(observed.any(axis=1))
    n_never = int((~kept).sum())
    if n_never == len(kept):
        raise InputError(
            f"register: nobody is observed and free between age {ages[0]} and "
            f"{ages[-1]}: check ages=, until= and the dates of birth"
        )
    if n_never and not drop_unobserved:
        raise InputError(
            f"register: {counted(n_never, 'person')} of {len(kept):,} never observed and free "
            f"between age {ages[0]} and {ages[-1]}: choose others with persons=, or leave them "
            "out with drop_unobserved=True"
        )
    return kept
