"""Rows of a register's tables among the persons asked for, and offences that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, these_rows
from trajectories.panel.detention import refuse_unknown
from trajectories.panel.follow_up_end import follow_up_end

if TYPE_CHECKING:
    from trajectories.panel.register import Register
    from trajectories.panel.time_at_risk import TimeAtRisk


def rank_among(
    register: Register, risk: TimeAtRisk, persons: Any, number: IntArray, noun: str
) -> IntArray:
    """Return the number among the persons asked for of each row's person, −1 for other persons.

    Parameters
    ----------
    register : Register
    risk : TimeAtRisk
        Of the persons asked for.
    persons : array-like, shape (R,)
        Ids in the rows of a table.
    number : ndarray of int, shape (R,)
        Row numbers in the user's table, and ``noun``, what a row is, for errors.

    Raises
    ------
    InputError
        If a person is none of the table of persons.
    """
    row = pd.Index(register.persons["person"]).get_indexer(pd.Index(persons)).astype(np.int64)
    refuse_unknown(row < 0, number, noun)
    rank = np.full(len(register.persons), -1, dtype=np.int64)
    rank[risk.position] = np.arange(len(risk.position))
    return np.asarray(rank[row])


def refuse_impossible(
    register: Register, risk: TimeAtRisk, rank: IntArray, day: DayArray, number: IntArray
) -> None:
    """Refuse offences without a date, before birth or after the end of a person's follow-up.

    ``rank``, ``day`` and ``number``, shapes (R,), are persons, dates and rows of the offences.
    """
    birth = risk.birth[risk.position]
    known_end, _ = follow_up_end(
        register.persons.iloc[risk.position], birth, register.reference_date
    )
    refuse_offences(
        {
            "without a date": np.isnat(day),
            "before birth": day < birth[rank],
            "after death, emigration or the reference date": day >= known_end[rank],
        },
        number,
    )


def refuse_offences(wrong: dict[str, BoolArray], number: IntArray) -> None:
    """Raise an InputError that counts offences by what is wrong with them, if any are."""
    found = [
        f"{int(bad.sum()):,} {what} ({these_rows(number[bad])})"
        for what, bad in wrong.items()
        if bad.any()
    ]
    if found:
        raise InputError(
            f"register: offences {'; '.join(found)}; correct the dates, or leave these offences "
            "out with event= (a boolean Series over the offences; register.countable() is one "
            "that leaves out just these)"
        )
