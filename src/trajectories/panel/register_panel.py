"""A register made into arrays: offences counted by age, time free as exposure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, IntArray, counted, these_rows, where_rows
from trajectories.panel.calendar import ONE_DAY, age_on, as_day, days
from trajectories.panel.checks import check_ages
from trajectories.panel.follow_up_time import (
    FollowUpTime,
    follow_up_end,
    follow_up_time,
    is_detention,
)
from trajectories.panel.register import Register
from trajectories.panel.select import select_offences, select_persons


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
    last_day = _last_day(register, until)
    whole_ages = _whole_ages(ages)
    chosen = select_persons(register, persons)
    detained = is_detention(register.spells)
    _refuse_unknown(pd.Index(register.spells["person"])[detained], register, "detention spell")
    time = follow_up_time(chosen, register.spells, whole_ages, last_day)
    outcomes = _counts(register, event, chosen, whole_ages, last_day, time)
    observed = time.free_days > 0
    kept = _persons_kept(observed, whole_ages, drop_unobserved)
    return {
        "outcomes": outcomes[kept],
        "ages": whole_ages.astype(np.float64),
        "exposure": time.exposure[kept],
        "observed": observed[kept],
        "units": pd.Index(chosen["person"])[kept],
        "n_left_out": int((~kept).sum()),
    }


def _last_day(register: Register, until: Any) -> pd.Timestamp:
    if until is None:
        return register.reference_date
    date = as_day(until, "until")
    if date > register.reference_date:
        raise InputError(
            f"until={date.date()} lies after the register's reference date "
            f"{register.reference_date.date()}: nothing is known of later days"
        )
    return date


def _whole_ages(ages: Any) -> IntArray:
    if np.size(ages) == 0:
        raise InputError("ages are empty: give the ages of the panel, range(12, 41) say")
    values = check_ages(ages, np.size(ages))
    if (values != np.floor(values)).any() or (values < 0).any():
        raise InputError(
            "ages of a register panel must be whole numbers, 0 or more: "
            "age a is the year from birthday a to birthday a + 1"
        )
    return values.astype(np.int64)


def _counts(
    register: Register,
    event: Any,
    chosen: pd.DataFrame,
    ages: IntArray,
    last_day: pd.Timestamp,
    time: FollowUpTime,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Count the selected offences of the chosen persons by age, (N, T)."""
    row = _person_rows(register, chosen)
    number = np.flatnonzero(select_offences(register.offences, event) & (row >= 0))
    row = row[number]
    day = days(register.offences, "offence_date", "offences")[number]
    cell_row, column, free = _cells(row, day, chosen, ages, time)
    known_end = follow_up_end(chosen, register.reference_date)[row]
    wrong = {
        "without a date": np.isnat(day),
        "before birth": day < time.birth[row],
        "after death, emigration or the reference date": day >= known_end,
        "at an age without any time free": (day < time.end[row]) & (free == 0),
    }
    _refuse_offences(wrong, number)
    # what lies after ``until`` was left out by the user, what lies outside ``ages`` too
    inside = (column >= 0) & (day < np.datetime64(last_day.date(), "D") + ONE_DAY)
    flat = cell_row[inside] * len(ages) + column[inside]
    counts = np.bincount(flat, minlength=len(chosen) * len(ages))
    return counts.reshape(len(chosen), len(ages)).astype(np.float64)


def _person_rows(register: Register, chosen: pd.DataFrame) -> IntArray:
    """Return the row among the chosen persons of each offence, −1 for other persons."""
    suspects = pd.Index(register.offences["person"])
    _refuse_unknown(suspects, register, "offence")
    row: IntArray = pd.Index(chosen["person"]).get_indexer(suspects).astype(np.int64)
    return row


def _refuse_unknown(ids: pd.Index[Any], register: Register, noun: str) -> None:
    unknown = ~np.asarray(ids.isin(register.persons["person"]), dtype=bool)
    if unknown.any():
        raise InputError(
            f"register: {counted(int(unknown.sum()), noun)} of persons that the table of persons "
            f"lacks ({where_rows(unknown)} of the {noun}s): add the persons or drop the rows"
        )


def _cells(
    row: IntArray, day: Any, chosen: pd.DataFrame, ages: IntArray, time: FollowUpTime
) -> tuple[IntArray, IntArray, IntArray]:
    """Return each offence's row, column (−1 outside the ages) and days free in its cell."""
    dated = ~np.isnat(day)
    age = np.full(len(row), -1, dtype=np.int64)
    age[dated] = age_on(time.birth[row[dated]], day[dated])
    column = np.minimum(np.searchsorted(ages, age), len(ages) - 1).astype(np.int64)
    on_grid = ages[column] == age
    free = np.where(on_grid, time.free_days[row, column], 1)
    return row, np.where(on_grid, column, -1), free


def _refuse_offences(wrong: dict[str, BoolArray], number: IntArray) -> None:
    found = [
        f"{int(bad.sum()):,} {what} ({these_rows(number[bad])})"
        for what, bad in wrong.items()
        if bad.any()
    ]
    if found:
        raise InputError(
            f"register: offences {'; '.join(found)}; correct the dates, or leave these offences "
            "out with event= (a boolean Series over the offences)"
        )


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
