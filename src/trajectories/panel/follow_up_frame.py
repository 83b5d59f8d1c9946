"""A user's table of rows (start, stop] made into the arrays of a follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, names, where_rows
from trajectories.panel.follow_up_checks import (
    check_overlaps,
    check_times,
    column,
    numbers,
    refuse,
)

ROUNDING = 1e-12
"""Differences of times below this part of the largest time are rounding."""


def read_follow_up(
    frame: pd.DataFrame,
    columns: dict[str, str | None],
    causes: Sequence[str] | None,
    censored: Any,
    covariates: Sequence[str],
    potential: str | None,
    time_unit: str,
) -> dict[str, Any]:
    """Return the fields of a FollowUp; see ``FollowUp.from_frame``."""
    stop = numbers(frame, columns["stop"], "stop")
    if not len(stop):
        raise InputError("follow-up: the table has no rows, so nobody is at risk")
    start = np.zeros(len(stop))
    if columns["start"] is not None:
        start = numbers(frame, columns["start"], "start")
    check_times(start, stop, (columns["start"], columns["stop"]))
    cause, named = read_causes(column(frame, columns["event"], "event"), causes, censored)
    person, persons = _persons(frame, columns["person"])
    row = np.arange(len(stop))
    if columns.get("event_time") is not None:
        at = _event_times(frame, columns["event_time"], start, stop, cause)
        row, start, stop, cause = _cut_at_events(start, stop, cause, at)
        frame, person = frame.iloc[row], person[row]
    start, stop = settled(start, stop, float(stop.max()))
    order = np.lexsort((stop, start, person)) if len(persons) < len(stop) else None
    fields: dict[str, Any] = {
        "person": person,
        "start": start,
        "stop": stop,
        "cause": cause,
        "stratum": None,
        "weight": None,
        "covariates": _covariates(frame, covariates),
    }
    if columns["stratum"] is not None:
        codes, strata = pd.factorize(column(frame, columns["stratum"], "stratum"), sort=True)
        fields |= {"stratum": codes.astype(np.int64), "strata": tuple(strata)}
    if columns["weight"] is not None:
        fields["weight"] = numbers(frame, columns["weight"], "weight")
        refuse(fields["weight"] <= 0, "weight not above 0", "leave out rows that do not count")
    limit = None if potential is None else numbers(frame, potential, "potential")
    if order is not None:
        for name in ("person", "start", "stop", "cause", "stratum", "weight"):
            if fields[name] is not None:
                fields[name] = fields[name][order]
        fields["covariates"] = fields["covariates"].iloc[order].reset_index(drop=True)
        limit = None if limit is None else limit[order]
        check_overlaps(fields["person"], fields["start"], fields["stop"], row[order])
    if limit is not None:
        fields["potential"] = _potential(limit, fields["person"], fields["stop"], len(persons))
    return fields | {
        "persons": persons,
        "causes": named,
        "time_unit": time_unit,
        "repeated": followed_on(fields["person"], fields["cause"]),
    }


def settled(start: FloatArray, stop: FloatArray, largest: float) -> tuple[FloatArray, FloatArray]:
    """Make times equal that differ by the rounding of arithmetic, so that ties are ties.

    0.1 + 0.2 is not 0.3 to a computer; R's ``survival`` does the same.
    """
    some = np.sort(stop) if not start.any() else np.sort(np.concatenate([start, stop]))
    near = min(ROUNDING * largest, float((stop - start).min()) / 2)
    gap = np.diff(some)
    if not ((gap > 0) & (gap <= near)).any():
        return start, stop
    times = np.unique(np.concatenate([start, stop]))
    first = np.concatenate([[True], np.diff(times) > near])
    merged = times[first][np.cumsum(first) - 1]
    return merged[np.searchsorted(times, start)], merged[np.searchsorted(times, stop)]


def _event_times(
    frame: pd.DataFrame, label: Any, start: FloatArray, stop: FloatArray, cause: IntArray
) -> FloatArray:
    """Return the time of the event in each row; the end of the row where there is none."""
    if label not in frame.columns:
        raise InputError(f"follow-up: no column {label!r} for event_time; name it with event_time=")
    values = pd.to_numeric(frame[label], errors="coerce").to_numpy(dtype=np.float64)
    happened = cause > 0
    refuse(
        happened & ~np.isfinite(values),
        f"column {label!r}: no time of an event",
        "fill it in; it may be missing only where nothing happened",
    )
    at = np.where(happened, values, stop)
    refuse(
        (at <= start) | (at > stop),
        "event outside its row",
        "an event lies after start and not after stop: correct it, or the time at risk",
    )
    return at


def _cut_at_events(
    start: FloatArray, stop: FloatArray, cause: IntArray, at: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """Cut rows that go on after their event in two; tell which row of the table each was."""
    more = np.flatnonzero(at < stop)
    rows = np.concatenate([np.arange(len(stop)), more])
    return (
        rows,
        np.concatenate([start, at[more]]),
        np.concatenate([at, stop[more]]),
        np.concatenate([cause, np.zeros(len(more), dtype=np.int64)]),
    )


def read_causes(
    values: pd.Series[Any], causes: Sequence[str] | None, censored: Any
) -> tuple[IntArray, tuple[str, ...]]:
    """Return cause numbers (0: none) and the names of the causes."""
    if isinstance(causes, str):
        raise InputError('follow-up: causes= must be a list of names, such as ["reoffence"]')
    if types.is_bool_dtype(values.dtype):
        named = ("event",) if causes is None else tuple(causes)
        return np.asarray(values, dtype=bool).astype(np.int64), named
    if types.is_numeric_dtype(values.dtype):
        return _numbered_causes(np.asarray(values, dtype=np.float64), causes, values.name)
    if causes is None:
        raise InputError(
            f"follow-up: column {values.name!r} holds text: name the causes, the event of "
            f"interest first, with causes=[...] (and censored= what stands for no event)"
        )
    named = tuple(causes)
    code = pd.Index(named).get_indexer(pd.Index(values.astype(object))).astype(np.int64) + 1
    strange = (code == 0) & np.asarray(values.astype(object) != censored)
    if strange.any():
        raise InputError(
            f"follow-up: column {values.name!r} holds something that is neither one of causes= nor "
            f"censored= in {counted(int(strange.sum()), 'row')} ({where_rows(strange)}): "
            f"causes are {names(named)}, no event is {censored!r}"
        )
    return code, named


def _numbered_causes(
    values: FloatArray, causes: Sequence[str] | None, label: Any
) -> tuple[IntArray, tuple[str, ...]]:
    refuse(
        (values < 0) | (values != np.floor(values)) | (values > 100),
        f"column {label!r} is no number of a cause",
        "0 is no event, 1 the event of interest, 2 and up those that compete with it",
    )
    code = values.astype(np.int64)
    highest = max(int(code.max()), 1)
    if causes is None:
        if highest == 1:
            return code, ("event",)
        return code, ("event", *(f"cause {k}" for k in range(2, highest + 1)))
    if highest > len(causes):
        raise InputError(
            f"follow-up: column {label!r} goes up to {highest}, but causes= names "
            f"{counted(len(causes), 'cause')}: name them all"
        )
    return code, tuple(causes)


def _persons(frame: pd.DataFrame, label: str | None) -> tuple[IntArray, pd.Index[Any]]:
    if label is None:
        return np.arange(len(frame)), pd.RangeIndex(len(frame), name="person")
    codes, ids = pd.factorize(column(frame, label, "person"))
    return codes.astype(np.int64), pd.Index(ids, name="person")


def _covariates(frame: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    if isinstance(covariates, str):
        raise InputError("follow-up: covariates= must be a list of column names")
    read = {name: column(frame, name, "covariates") for name in covariates}
    return pd.DataFrame(read, index=frame.index).reset_index(drop=True)


def _potential(limit: FloatArray, person: IntArray, stop: FloatArray, n_persons: int) -> FloatArray:
    """Return the one potential follow-up of each person."""
    result = np.empty(n_persons)
    result[person] = limit
    refuse(result[person] != limit, "two potential times of one person", "give each person one")
    refuse(
        stop > limit * (1 + 1e-12),
        "follow-up longer than the person's potential time",
        "the potential time is that from start to the reference date",
    )
    return result


def followed_on(person: IntArray, cause: IntArray) -> bool:
    """Tell whether somebody has a row after one with an event."""
    more: BoolArray = person[1:] == person[:-1]
    return bool((more & (cause[:-1] > 0)).any())
