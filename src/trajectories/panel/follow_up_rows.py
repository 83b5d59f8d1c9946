"""Time at risk cut into rows (start, stop] at the events of each person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trajectories.panel.arrays import BoolArray, DayArray, FloatArray, IntArray
from trajectories.panel.follow_up_frame import followed_on
from trajectories.panel.time_at_risk import TimeAtRisk

_CAUSE_OF_END = {"death": 2, "emigration": 3}
Note = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Hold rows in days since the start of the person's clock; an event on a day is at its end."""

    row: IntArray
    start: FloatArray
    stop: FloatArray
    cause: IntArray
    repeated: bool


def cut_at_events(
    free: TimeAtRisk, row: IntArray, day: DayArray, time: str, repeated: bool, note: Note
) -> Rows:
    """Return time at risk in rows, each ending with an event, or with the time at risk.

    Parameters
    ----------
    free : TimeAtRisk
    row, day : ndarray
        Person (position in ``register.persons``) and day of the events, in order.
    time : {"calendar", "free"}
    repeated : bool
        Otherwise follow-up ends with the first event.
    note : callable
        Told what is left out: text, rows, persons.
    """
    row, day = _at_risk_on(free, row, day, note)
    if not repeated:
        first = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.zeros(0, bool)
        row, day = row[first], day[first]
    start, stop, person = free.start, free.stop, free.row
    if time == "free":
        begun, ended = free.clock(person, start), free.clock(person, stop)
        at = free.clock(row, day) + 1
    else:
        begun, ended = _since(free, person, start), _since(free, person, stop)
        at = _since(free, row, day) + 1
    if time == "free":
        person, begun, ended = _joined(person, begun, ended)
    rows = _cut(person, begun, ended, row, at)
    if not repeated:
        rows = _up_to(rows, row, at, len(free.begin))
    return _with_ends(free, rows, time, note)


def _since(free: TimeAtRisk, row: IntArray, day: DayArray) -> IntArray:
    result: IntArray = (day - free.begin[row]).astype(np.int64)
    return result


def _at_risk_on(
    free: TimeAtRisk, row: IntArray, day: DayArray, note: Note
) -> tuple[IntArray, DayArray]:
    """Leave out events on days in detention, and all but one event a person and day."""
    at_risk = free.days_between(row, day, day + np.timedelta64(1, "D")) > 0
    note(
        "offences in detention, which is removed",
        int((~at_risk).sum()),
        len(np.unique(row[~at_risk])),
    )
    row, day = row[at_risk], day[at_risk]
    again = np.zeros(len(row), dtype=bool)
    again[1:] = (row[1:] == row[:-1]) & (day[1:] == day[:-1])
    note("further offences on the same day", int(again.sum()), len(np.unique(row[again])))
    return row[~again], day[~again]


def _joined(
    person: IntArray, begun: IntArray, ended: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Return one row a person where the clock stood still between its intervals."""
    if not len(person):
        return person, begun, ended
    first = np.flatnonzero(np.concatenate([[True], person[1:] != person[:-1]]))
    return person[first], begun[first], np.maximum.reduceat(ended, first)


def _cut(
    person: IntArray, begun: IntArray, ended: IntArray, row: IntArray, at: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Cut intervals at the events of their person; events lie in (begun, ended] of one."""
    width = int(max(ended.max(initial=0), at.max(initial=0))) + 1
    stops = np.unique(np.concatenate([person * width + ended, row * width + at]))
    place = np.searchsorted(person * width + ended, stops, "left")
    who = person[place]
    edge = np.concatenate([[-1], stops[:-1]])
    start = np.maximum(person[place] * width + begun[place], edge) - who * width
    happened = np.isin(stops, row * width + at).astype(np.int64)
    return who, start, stops - who * width, happened


def _up_to(
    rows: tuple[IntArray, IntArray, IntArray, IntArray], row: IntArray, at: IntArray, n: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Keep what lies before each person's first event."""
    limit = np.full(n, np.iinfo(np.int64).max)
    limit[row] = at
    keep = rows[2] <= limit[rows[0]]
    who, start, stop, happened = (values[keep] for values in rows)
    return who, start, stop, happened


def _with_ends(
    free: TimeAtRisk,
    rows: tuple[IntArray, IntArray, IntArray, IntArray],
    time: str,
    note: Note,
) -> Rows:
    """Let death and emigration end the last row of a person who was at risk until then."""
    who, start, stop, cause = rows
    last = np.ones(len(who), dtype=bool)
    last[:-1] = who[1:] != who[:-1]
    at = np.flatnonzero(last & (cause == 0))
    reason = free.reason.codes.astype(np.int64)[who[at]]
    ends = np.array([_CAUSE_OF_END.get(name, 0) for name in free.reason.categories])[reason]
    total = (
        free.clock(who[at], free.end[who[at]])
        if time == "free"
        else _since(free, who[at], free.end[who[at]])
    )
    reached: BoolArray = stop[at] == total
    missed = (ends > 0) & ~reached
    note("deaths and emigrations in detention, which is removed", int(missed.sum()), missed.sum())
    cause = cause.copy()
    cause[at] = np.where(reached, ends, 0)
    return Rows(
        who, start.astype(np.float64), stop.astype(np.float64), cause, followed_on(who, cause)
    )
