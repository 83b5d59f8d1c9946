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
    happened = cause > 0
    at = np.flatnonzero(happened)
    time, events = _events(stop[at], cause[at], n_causes, None if weight is None else weight[at])
    rest = np.flatnonzero(~happened)
    at_risk = at_least(stop[rest], time, None if weight is None else weight[rest])
    at_risk += _from_the_end(events.sum(axis=0) if n_causes > 1 else events[0])
    if len(time) and start.max() >= time[0]:
        at_risk -= at_least(start, time, weight)
    return RiskTable(time, at_risk, events)


def at_least(values: FloatArray, time: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return the weight of the values at or after each time, shape (M,); ``time`` is increasing.

    Summed from the end, so that the few who are left at a late time are not the small difference
    of two large sums.
    """
    if weight is None and len(time) < len(values):
        below = np.searchsorted(np.sort(values), time, side="left")
        return (len(values) - below).astype(np.float64)
    if weight is None:
        place = np.searchsorted(time, np.sort(values), side="right")
        return _from_the_end(np.bincount(place, minlength=len(time) + 1)[1:].astype(np.float64))
    order = np.argsort(values)
    place = np.searchsorted(time, values[order], side="right")
    amount = np.bincount(place, weight[order], len(time) + 1)[1:]
    return _from_the_end(amount.astype(np.float64))


def _from_the_end(values: FloatArray) -> FloatArray:
    """Return running sums from the last value back."""
    return np.asarray(np.cumsum(values[::-1])[::-1])


def _events(
    time: FloatArray, cause: IntArray, n_causes: int, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return distinct event times and the weight of events at each, shape (C, M)."""
    if weight is not None:
        distinct, place = np.unique(time, return_inverse=True)
        amounts = [
            np.bincount(place, weight * (cause == k), len(distinct)) for k in range(1, n_causes + 1)
        ]
        return distinct, np.stack(amounts).astype(np.float64)
    ordered = np.sort(time)
    first = _first_of_run(ordered)
    tied = len(first) < len(time)
    distinct = ordered[first] if tied else ordered
    events = np.zeros((n_causes, len(distinct)))
    # the commonest cause has what the others leave: sorting the few is quicker than an index
    common = 0 if n_causes == 1 else int(np.bincount(cause, minlength=n_causes + 1)[1:].argmax())
    events[common] = np.diff(np.append(first, len(time))) if tied else 1.0
    for k in range(n_causes):
        if k != common:
            place = np.searchsorted(distinct, np.sort(time[cause == k + 1]))
            if tied:
                events[k] = np.bincount(place, minlength=len(distinct))
                events[common] -= events[k]
            else:
                events[k, place], events[common, place] = 1.0, 0.0
    return distinct, events


def _first_of_run(ordered: FloatArray) -> IntArray:
    """Return the positions at which a new value begins."""
    new = np.empty(len(ordered), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def step_at(time: FloatArray, value: FloatArray, before: float, at: FloatArray) -> FloatArray:
    """Return a right-continuous step function at some times; ``before`` ahead of the first."""
    return np.asarray(np.append(before, value)[np.searchsorted(time, at, side="right")])
