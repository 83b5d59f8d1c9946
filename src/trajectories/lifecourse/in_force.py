"""Circumstances in force in each year of each person, from the spells of a register."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.lifecourse.circumstance import Circumstance, InForce
from trajectories.lifecourse.years import Years
from trajectories.numerics.intervals import union
from trajectories.panel import Register
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, these_rows
from trajectories.panel.calendar import days
from trajectories.panel.detention import as_numbers
from trajectories.panel.persons_asked import rank_among
from trajectories.panel.time_at_risk import TimeAtRisk

FAR = int(np.datetime64("2262-01-01", "D").astype(np.int64))
"""A day after every other: the end of a spell that still goes on."""


def in_force(
    register: Register,
    years: Years,
    at_risk: TimeAtRisk,
    asked: Circumstance,
    otherwise: InForce,
) -> FloatArray:
    """Return a circumstance of each year, shape (R,); NaN where nothing can be said.

    Nothing is said of a year without a day at risk, unless its first day is what is asked.

    Raises
    ------
    InputError
        If spells lack a start, end before they start, are of unknown persons, or (for a partner's
        record) do not say with whom.
    """
    number = np.flatnonzero(np.asarray(register.spells["spell_type"].isin(asked.types)))
    rank, start, stop, number = _spells(register, number, at_risk)
    if asked.record is not None:
        rank, start, stop = _with_record(register, asked, rank, start, stop, number)
    if asked.measure == "amount":
        return _amount(register, years, at_risk, asked, (rank, start, stop, number))
    if asked.measure == "in_force":
        merged = union(rank, start, stop)
        rank, start, stop = merged.row, merged.start, merged.stop
    rule = asked.in_force or otherwise
    interval, year = years.touched(rank, start, stop)
    if rule == "first_day":
        day = years.begin[year]
        total = np.bincount(
            year, (start[interval] <= day) & (day < stop[interval]), minlength=len(years)
        )
        return np.asarray(total, dtype=np.float64)
    shared = _shared(years, at_risk, year, start[interval], stop[interval])
    if asked.measure == "number":
        held = shared > 0 if rule == "any_day" else 2 * shared > years.free[year]
        value = np.bincount(year, held, minlength=len(years)).astype(np.float64)
    else:
        total = np.bincount(year, shared, minlength=len(years))
        value = ((total > 0) if rule == "any_day" else (2 * total > years.free)).astype(np.float64)
    return np.where(years.free > 0, value, np.nan)


def _amount(
    register: Register,
    years: Years,
    at_risk: TimeAtRisk,
    asked: Circumstance,
    spells: tuple[IntArray, IntArray, IntArray, IntArray],
) -> FloatArray:
    rank, start, stop, number = spells
    amounts = pd.to_numeric(register.spells[asked.column].iloc[number], errors="coerce").to_numpy(
        dtype=float
    )
    missing = number[~np.isfinite(amounts)]
    if len(missing):
        raise InputError(
            f"register: spells column {asked.column!r} holds no number in "
            f"{counted(len(missing), 'row')} ({these_rows(missing)})"
        )
    interval, year = years.touched(rank, start, stop)
    shared = _shared(years, at_risk, year, start[interval], stop[interval])
    total = np.bincount(year, shared * amounts[interval], minlength=len(years))
    mean = total / np.maximum(years.free, 1)
    return np.where(years.free > 0, mean, np.nan)


def _shared(
    years: Years, at_risk: TimeAtRisk, year: IntArray, start: IntArray, stop: IntArray
) -> IntArray:
    """Return the days at risk that spells share with years."""
    first = np.maximum(start, years.first[year])
    last = np.maximum(np.minimum(stop, years.last[year]), first)
    return at_risk.days_between(
        years.row[year], first.astype("datetime64[D]"), last.astype("datetime64[D]")
    )


def _spells(
    register: Register, number: IntArray, at_risk: TimeAtRisk
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return rank of the person, start, stop (days since 1970) and row in spells."""
    table = register.spells.iloc[number]
    rank = rank_among(register, at_risk, table["person"], number, "spell")
    start, stop = days(table, "start_date", "spells"), days(table, "end_date", "spells")
    wrong: dict[str, BoolArray] = {
        "start_date missing": np.isnat(start),
        "end_date before start_date": stop < start,
    }
    for what, bad in wrong.items():
        if bad.any():
            raise InputError(
                f"register: spells with {what} in {counted(int(bad.sum()), 'row')} "
                f"({these_rows(number[bad])}): correct the dates or leave the rows out"
            )
    ours = rank >= 0
    last = np.full(len(stop), FAR)
    known = ~np.isnat(stop)
    last[known] = as_numbers(stop[known])
    return rank[ours], as_numbers(start[ours]), last[ours], number[ours]


def _with_record(
    register: Register,
    asked: Circumstance,
    rank: IntArray,
    start: IntArray,
    stop: IntArray,
    number: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Keep spells with somebody who has a record, from the day after the first offence on."""
    other: pd.Series[Any] = register.spells["other"].iloc[number]
    unsaid = number[np.asarray(other.isna(), dtype=bool)]
    if len(unsaid):
        raise InputError(
            f"register: spells of type {asked.types[0]!r} do not say with whom in "
            f"{counted(len(unsaid), 'row')} ({these_rows(unsaid)} of spells): fill in column "
            "'other', or leave the circumstance with record= out"
        )
    register.require("offences")
    dates = register.offences[["person", "offence_date"]].dropna()
    first = dates.groupby("person", observed=True)["offence_date"].min()
    at = first.index.get_indexer(pd.Index(other))
    known = at >= 0
    begins = as_numbers(first.to_numpy().astype("datetime64[D]"))[at[known]] + 1
    start, stop, rank = start[known], stop[known], rank[known]
    if asked.record == "before":
        start = np.maximum(start, begins)
    some = start < stop
    return rank[some], start[some], stop[some]
