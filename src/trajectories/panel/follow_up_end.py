"""When follow-up of a person ends, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import DayArray, IntArray, counted, where_rows
from trajectories.panel.calendar import ONE_DAY, as_day, days

if TYPE_CHECKING:
    from trajectories.panel.register import Register

REASONS = ("death", "emigration", "reference_date")
"""Why follow-up ends. Death goes before emigration on the same day, both before the last day."""


def last_day(register: Register, until: Any) -> pd.Timestamp:
    """Return the last day observed of anybody: ``until``, or the register's reference date.

    Raises
    ------
    InputError
        If ``until`` is no date, or lies after the reference date.
    """
    if until is None:
        return register.reference_date
    date = as_day(until, "until")
    if date > register.reference_date:
        raise InputError(
            f"until={date.date()} lies after the register's reference date "
            f"{register.reference_date.date()}: nothing is known of later days"
        )
    return date


def follow_up_end(
    persons: pd.DataFrame, birth: DayArray, last: pd.Timestamp
) -> tuple[DayArray, IntArray]:
    """Return the first day on which a person is no longer observed, and the reason.

    The day after the earliest of death, emigration and ``last``: these days themselves still
    count as observed. The reason is a position in ``REASONS``.

    Raises
    ------
    InputError
        If a person dies or leaves before birth.
    """
    end = np.full(len(persons), np.datetime64(last.date(), "D"))
    reason = np.full(len(persons), REASONS.index("reference_date"))
    for code, column in ((1, "emigration_date"), (0, "death_date")):
        date = days(persons, column, "persons")
        early = date < birth  # False for NaT
        if early.any():
            raise InputError(
                f"register: {column} before birth_date in {counted(int(early.sum()), 'row')} of "
                f"persons ({where_rows(early)}): correct the dates"
            )
        ends = date <= end
        end[ends], reason[ends] = date[ends], code
    result: DayArray = end + ONE_DAY
    return result, reason
