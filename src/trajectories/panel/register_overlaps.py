"""Spells of a person that run at the same time though only one can."""

from __future__ import annotations

import numpy as np

from trajectories.panel.arrays import BoolArray, DayArray, IntArray
from trajectories.panel.detention import as_numbers
from trajectories.panel.register_dates import Dates

_OPEN = 10**7
"""A day after all others, for spells without an end."""


def overlapping(row: IntArray, start: Dates, stop: Dates, among: BoolArray) -> BoolArray:
    """Return a mask of the spells that start while an earlier one of the same person still runs.

    Spells that only touch do not overlap, nor do spells without a start or that end before it.
    A period known to a month or year overlaps only if no day of it would do otherwise.
    """
    bad = np.zeros(len(row), dtype=bool)
    chosen, begin, end = _sound(start.last, stop.first, among)
    order, begins = _runs(row[chosen], begin, end)
    bad[chosen[order]] = ~begins
    return bad


def merged(
    row: IntArray, start: Dates, stop: Dates, among: BoolArray
) -> tuple[BoolArray, IntArray, DayArray]:
    """Return the spells to keep when overlapping ones are made one, and where one ends later.

    Returns
    -------
    kept : ndarray of bool
        False for spells that are within an earlier one; all True outside ``among``.
    place, end : ndarray
        Row numbers of spells that take in others, and their ends (NaT: open).
    """
    kept = np.ones(len(row), dtype=bool)
    chosen, begin, end = _sound(start.last, stop.first, among)
    if not len(chosen):
        return kept, chosen, np.empty(0, dtype="datetime64[D]")
    order, begins = _runs(row[chosen], begin, end)
    kept[chosen[order]] = begins
    first = np.flatnonzero(begins)
    latest = np.maximum.reduceat(end[order], first)
    longer = latest > end[order][first]
    place = chosen[order][first][longer]
    days = latest[longer].astype("datetime64[D]")
    days[latest[longer] == _OPEN] = np.datetime64("NaT", "D")
    return kept, place, days


def _sound(
    start: DayArray, stop: DayArray, among: BoolArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the spells that can be compared, with their days as numbers."""
    backward = stop < start  # False for NaT
    chosen = np.flatnonzero(among & ~np.isnat(start) & ~backward)
    end = np.where(np.isnat(stop[chosen]), _OPEN, as_numbers(stop[chosen]))
    return chosen, as_numbers(start[chosen]), end


def _runs(row: IntArray, begin: IntArray, end: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the order by person and start, and which spells begin when no other runs."""
    order = np.lexsort((end, begin, row))
    row, begin, end = row[order], begin[order], end[order]
    if not len(row):
        return order, np.zeros(0, dtype=bool)
    width = 2 * _OPEN
    latest = np.maximum.accumulate(row * width + end)
    begins = np.r_[True, row[1:] * width + begin[1:] >= latest[:-1]]
    return order, begins
