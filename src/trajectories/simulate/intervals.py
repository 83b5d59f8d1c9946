"""Intervals of time of many persons: runs of years, and cutting one set out of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.simulate.calendar import Dates

Ints = npt.NDArray[np.int64]
_SPAN = 2**20  # days; further than any two dates here are apart


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals [start, end) of persons given by row number, in order of person and start."""

    person: Ints
    start: Dates
    end: Dates

    def __len__(self) -> int:
        return len(self.person)

    def take(self, which: npt.NDArray[np.bool_] | Ints) -> Intervals:
        """Return the chosen intervals."""
        return Intervals(self.person[which], self.start[which], self.end[which])


def runs(state: npt.NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Return row, first column and column after the last of each run of True, in order."""
    edge = np.diff(np.pad(state, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edge == 1)
    _, stop = np.nonzero(edge == -1)
    return row, first, stop


def subtract(whole: Intervals, holes: Intervals) -> Intervals:
    """Cut ``holes`` (per person apart from each other, in order) out of ``whole``."""
    if len(holes) == 0 or len(whole) == 0:
        return whole
    lowest = np.searchsorted(
        _key(holes.person, holes.end), _key(whole.person, whole.start), "right"
    )
    highest = np.searchsorted(
        _key(holes.person, holes.start), _key(whole.person, whole.end), "left"
    )
    cuts = np.maximum(highest - lowest, 0)
    owner = np.repeat(np.arange(len(whole)), cuts + 1)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(cuts + 1) - cuts - 1, cuts + 1)
    before = np.clip(lowest[owner] + nth - 1, 0, len(holes) - 1)
    after = np.clip(lowest[owner] + nth, 0, len(holes) - 1)
    start = np.where(nth == 0, whole.start[owner], holes.end[before])
    end = np.where(nth == cuts[owner], whole.end[owner], holes.start[after])
    pieces = Intervals(whole.person[owner], start, end)
    return pieces.take(start < end)


def _key(person: Ints, date: Dates) -> Ints:
    days = date.astype("datetime64[D]").astype(np.int64)
    return np.asarray(person * _SPAN + days + _SPAN // 2)
