"""Half-open intervals of many persons at once: union, complement, length up to a point.

Persons are row numbers, points are whole numbers (days since some origin). Everything is sorted
and cumulated, so that the cost is that of a sort whatever the number of persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Intervals:
    """Hold intervals [start, stop) of persons, apart from each other, by row and start.

    Attributes
    ----------
    row, start, stop : ndarray of int, shape (M,)
        Person's row number, first point in the interval, first point no longer in it.
    """

    row: Ints
    start: Ints
    stop: Ints

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def _axis(self) -> tuple[int, int, Ints, Ints, Ints]:
        """Lay the rows out one after another: origin, width of a row, starts, lengths, sums."""
        origin = int(self.start.min())
        width = int(self.stop.max()) - origin + 1
        length = self.stop - self.start
        return (
            origin,
            width,
            self.row * width + (self.start - origin),
            length,
            np.cumsum(length) - length,
        )

    def length_before(self, row: Ints, point: Ints) -> Ints:
        """Return how much of the intervals of all rows before, and of this row, lies before points.

        Differences between two points of one row are what is of use.
        """
        if not len(self):
            return np.zeros(len(row), dtype=np.int64)
        origin, width, start, length, before = self._axis
        where = row * width + np.clip(point - origin, 0, width - 1)
        last = np.searchsorted(start, where, side="right") - 1
        known = np.maximum(last, 0)
        result = before[known] + np.minimum(where - start[known], length[known])
        return np.where(last < 0, 0, result)

    def length_between(self, row: Ints, first: Ints, last: Ints) -> Ints:
        """Return the length of the intervals of each row within [first, last)."""
        return self.length_before(row, last) - self.length_before(row, first)

    def totals(self, n_rows: int) -> Ints:
        """Return the length of all intervals of each row, (n_rows,)."""
        sums = np.bincount(self.row, self.stop - self.start, n_rows)
        return sums.astype(np.int64)


def union(row: Ints, start: Ints, stop: Ints) -> Intervals:
    """Return the union of intervals of each row; they may overlap and come in any order.

    Sorted by row and start, an interval begins a new run when it starts after every earlier one
    of the same row has stopped. Rows are laid out one after another on one axis, so that a single
    running maximum serves them all. Empty intervals are left out.
    """
    some = start < stop
    if not some.all():
        row, start, stop = row[some], start[some], stop[some]
    if not len(row):
        return Intervals(row, start, stop)
    origin = start.min()
    width = int(stop.max() - origin) + 1
    key = row * width + (start - origin)
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key)  # which of two equal keys comes first makes no difference
        row, start, stop, key = row[order], start[order], stop[order], key[order]
    latest = np.maximum.accumulate(row * width + (stop - origin))
    runs = np.flatnonzero(np.r_[True, key[1:] > latest[:-1]])
    return Intervals(row[runs], start[runs], np.maximum.reduceat(stop, runs))


def complement(rows: Ints, first: Ints, last: Ints, holes: Intervals) -> Intervals:
    """Return what is left of one stretch a row when intervals are cut out of it.

    Parameters
    ----------
    rows : ndarray of int, shape (R,)
        Strictly increasing; all rows of ``holes`` are among them.
    first, last : ndarray of int, shape (R,)
        The stretch [first, last) of each; its holes lie within it.
    holes : Intervals
    """
    place_of = np.empty(rows[-1] + 1 if len(rows) else 0, dtype=np.int64)
    place_of[rows] = np.arange(len(rows))
    rank = place_of[holes.row]
    pieces = np.bincount(rank, minlength=len(rows)) + 1
    end = np.cumsum(pieces)
    start, stop = (np.empty(len(rows) + len(holes), dtype=np.int64) for _ in range(2))
    start[end - pieces] = first
    stop[end - 1] = last
    place = np.arange(len(holes)) + rank
    stop[place] = holes.start
    start[place + 1] = holes.stop
    some = start < stop
    return Intervals(np.repeat(rows, pieces)[some], start[some], stop[some])
