"""The same follow-up seen otherwise: cut, until the first event, with the clock set back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, IntArray
from trajectories.panel.follow_up_frame import followed_on, settled

if TYPE_CHECKING:
    from trajectories.panel.follow_up import FollowUp


def follow_up_frame(follow_up: FollowUp) -> pd.DataFrame:
    """Return the rows as a table."""
    labels = np.array(["censored", *follow_up.causes], dtype=object)
    columns: dict[str, Any] = {
        "person": follow_up.persons.take(follow_up.person),
        "start": follow_up.start,
        "stop": follow_up.stop,
        "event": labels[follow_up.cause],
    }
    if follow_up.stratum is not None:
        columns["stratum"] = pd.Index(follow_up.strata).take(follow_up.stratum)
    if follow_up.weight is not None:
        columns["weight"] = follow_up.weight
    table = pd.DataFrame(columns)
    return pd.concat([table, follow_up.covariates.reset_index(drop=True)], axis=1)


def take_rows(follow_up: FollowUp, rows: Any, **changed: Any) -> FollowUp:
    """Return the follow-up made of some of its rows, with some fields changed."""

    def some(values: Any) -> Any:
        return None if values is None else values[rows]

    fields = {
        name: some(getattr(follow_up, name))
        for name in ("person", "start", "stop", "cause", "stratum", "weight")
    }
    fields["covariates"] = follow_up.covariates.iloc[rows].reset_index(drop=True)
    fields |= changed
    fields["repeated"] = followed_on(fields["person"], fields["cause"])
    return replace(follow_up, **fields)


def split_rows(follow_up: FollowUp, times: Any) -> FollowUp:
    """Cut every row at the given times."""
    cuts = np.unique(np.asarray(times, dtype=np.float64).ravel())
    if not np.isfinite(cuts).all():
        raise InputError("split: times must be finite numbers")
    first = np.searchsorted(cuts, follow_up.start, "right")
    last = np.searchsorted(cuts, follow_up.stop, "left")
    pieces = last - first + 1
    row = np.repeat(np.arange(follow_up.n_rows), pieces)
    end = np.cumsum(pieces)
    nth = np.arange(len(row)) - (end - pieces)[row]
    padded = np.append(cuts, np.inf)
    start = np.where(nth == 0, follow_up.start[row], padded[first[row] + nth - 1])
    final = nth == pieces[row] - 1
    stop = np.where(final, follow_up.stop[row], padded[np.minimum(first[row] + nth, len(cuts))])
    cause = np.where(final, follow_up.cause[row], 0)
    return take_rows(follow_up, row, start=start, stop=stop, cause=cause)


def first_events_rows(follow_up: FollowUp) -> FollowUp:
    """Keep the rows up to each person's first event."""
    return take_rows(follow_up, np.flatnonzero(events_before(follow_up) == 0))


def events_before(follow_up: FollowUp) -> IntArray:
    """Return the number of events of the row's person before the row, shape (R,)."""
    happened = (follow_up.cause > 0).astype(np.int64)
    before = np.cumsum(happened) - happened
    first = np.searchsorted(follow_up.person, follow_up.person, "left")
    result: IntArray = before - before[first]
    return result


def gap_rows(follow_up: FollowUp, *, restart: bool) -> FollowUp:
    """Stratify by event number; with ``restart`` count time from the previous event."""
    if follow_up.stratum is not None:
        raise InputError(
            "follow-up has strata already: event numbers would replace them; read it without"
        )
    number = events_before(follow_up)
    start, stop = follow_up.start, follow_up.stop
    if restart:
        new = np.ones(len(start), dtype=bool)
        new[1:] = (follow_up.person[1:] != follow_up.person[:-1]) | (number[1:] != number[:-1])
        first = np.flatnonzero(new)
        spell = np.cumsum(new) - 1
        # the clock of a later spell starts at the event, of the first one where it started before
        event = np.where(number[first] > 0, np.append(0.0, stop)[first], 0.0)
        start, stop = settled(start - event[spell], stop - event[spell], float(stop.max()))
    highest = int(number.max(initial=0)) + 1
    return take_rows(
        follow_up,
        np.arange(follow_up.n_rows),
        start=start,
        stop=stop,
        stratum=number,
        strata=tuple(range(1, highest + 1)),
    )


def chosen_rows(follow_up: FollowUp, persons: BoolArray) -> FollowUp:
    """Keep the persons in a mask."""
    mask = np.asarray(persons)
    if mask.dtype != np.bool_ or mask.shape != (follow_up.n_persons,):
        raise InputError(
            f"subset: give a boolean mask over the {follow_up.n_persons:,} persons of the follow-up"
        )
    if not mask.any():
        raise InputError("subset: nobody is left, so nobody is at risk")
    number = np.cumsum(mask) - 1
    rows = np.flatnonzero(mask[follow_up.person])
    limit = follow_up.potential
    return take_rows(
        follow_up,
        rows,
        person=number[follow_up.person[rows]],
        persons=follow_up.persons[mask],
        potential=None if limit is None else limit[mask],
    )
