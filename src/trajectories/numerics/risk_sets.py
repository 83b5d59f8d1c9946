"""Who is at risk when an event happens: the table that every survival estimate starts from.

Rows are (start, stop]: a row is at risk at time u where start < u <= stop. The set is open on the
left, so a record cut in two at u, (a, u] and (u, b], is counted once at u, and whatever is
computed from the table does not change by cutting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Hold the M distinct event times of one sample.

    Attributes
    ----------
    time : ndarray, shape (M,)
        Increasing.
    at_risk : ndarray, shape (M,)
        Weight at risk just before that time.
    events : ndarray, shape (C, M)
        Weight of the events at that time, a row a cause.
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray

    @property
    def all_events(self) -> FloatArray:
        """Events of any cause, shape (M,)."""
        return self.events[0] if len(self.events) == 1 else np.asarray(self.events.sum(axis=0))


def risk_table(
    start: FloatArray,
    stop: FloatArray,
    cause: IntArray,
    n_causes: int,
    weight: FloatArray | None = None,
) -> RiskTable:
    """Count who is at risk and who has an event at each distinct event time.

    Parameters
    ----------
    start, stop : ndarray, shape (R,)
        Rows at risk, start < stop.
    cause : ndarray of int, shape (R,)
        0: no event at ``stop``; 1 … C: the cause of the event.
    n_causes : int
    weight : ndarray, shape (R,), optional
        1 unless given.
    """
    at = np.flatnonzero(cause)
    time, events = _events(stop[at], cause[at], n_causes, None if weight is None else weight[at])
    at_risk = at_least(stop, time, weight)
    if len(time) and start.max() >= time[0]:
        at_risk = at_risk - at_least(start, time, weight)
    return RiskTable(time, at_risk, events)


def at_least(values: FloatArray, time: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return the weight of the values at or after each time, shape (M,); ``time`` is increasing.

    Summed from the end, so that the few who are left at a late time are not the small difference
    of two large sums.
    """
    if weight is None:
        below = np.searchsorted(np.sort(values), time, side="left")
        return (len(values) - below).astype(np.float64)
    order = np.argsort(values)
    below = np.searchsorted(values[order], time, side="left")
    tail = np.zeros(len(values) + 1)
    tail[:-1] = np.cumsum(weight[order][::-1])[::-1]
    return np.asarray(tail[below])


def _events(
    time: FloatArray, cause: IntArray, n_causes: int, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return distinct event times and the weight of events at each, shape (C, M)."""
    if n_causes == 1 and weight is None:
        ordered = np.sort(time)
        first = _first_of_run(ordered)
        return ordered[first], np.diff(np.append(first, len(time))).astype(np.float64)[None, :]
    order = np.argsort(time)
    ordered = time[order]
    first = _first_of_run(ordered)
    if not len(first):
        return ordered, np.zeros((n_causes, 0))
    amount = np.ones(len(time)) if weight is None else weight[order]
    if n_causes == 1:
        return ordered[first], np.add.reduceat(amount, first)[None, :]
    kind = cause[order]
    events = np.stack(
        [np.add.reduceat(amount * (kind == k), first) for k in range(1, n_causes + 1)]
    )
    return ordered[first], events


def _first_of_run(ordered: FloatArray) -> IntArray:
    """Return the positions at which a new value begins."""
    new = np.empty(len(ordered), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def step_at(time: FloatArray, value: FloatArray, before: float, at: FloatArray) -> FloatArray:
    """Return a right-continuous step function at some times; ``before`` ahead of the first."""
    return np.asarray(np.append(before, value)[np.searchsorted(time, at, side="right")])
