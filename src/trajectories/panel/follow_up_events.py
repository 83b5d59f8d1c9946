"""Which offences of a register count as a new event, and when each person's clock starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, names
from trajectories.panel.calendar import days
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.register import Register

EVENTS = ("any", "general", "serious", "very_serious", "special", "specific")


@dataclass(frozen=True, slots=True, eq=False)
class IndexCases:
    """Hold the index case of persons, by position in ``register.persons``.

    Attributes
    ----------
    offence, registered : ndarray of datetime64[D], shape (rows of persons,)
        NaT where a person has none; ``registered`` also where the index offence has no date of
        registration.
    kind : ndarray of object
        Offence type; None where there is none, or where the user gave the dates.
    case : ndarray of int
        Number of the case, as in ``Offences.case``; -1 where unknown.
    """

    offence: DayArray
    registered: DayArray
    kind: np.ndarray[Any, Any]
    case: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Offences:
    """Hold the offences of the persons followed.

    Attributes
    ----------
    table : DataFrame
        With the columns of the classification.
    row : ndarray of int
        Position of the person in ``register.persons``.
    date, registered : ndarray of datetime64[D]
        ``registered`` is NaT where an offence has no date of registration.
    case : ndarray of int
        -1 where the register has no cases.
    """

    table: pd.DataFrame
    row: IntArray
    date: DayArray
    registered: DayArray
    case: IntArray


def classified_offences(
    register: Register, position: IntArray, classification: OffenceClassification | None
) -> Offences:
    """Return the offences of the persons at ``position``, classified."""
    register.require("offences")
    ids = pd.Index(register.persons["person"])
    row = ids.get_indexer(pd.Index(register.offences["person"])).astype(np.int64)
    followed = np.zeros(len(ids) + 1, dtype=bool)
    followed[position] = True
    ours = followed[row]
    kinds = OffenceClassification.default() if classification is None else classification
    table = kinds.classify(register.offences[ours])
    date = days(table, "offence_date", "offences", required=True)
    registered = date
    if "registration_date" in table.columns:
        # not yet registered, or not known: refused where a clock or an event needs it
        registered = days(table, "registration_date", "offences")
    case = np.full(len(table), -1, dtype=np.int64)
    if "case" in table.columns:
        case = pd.factorize(table["case"])[0].astype(np.int64)
    return Offences(table, row[ours], date, registered, case)


def index_cases(offences: Offences, index: Any, persons: pd.Series[Any]) -> IndexCases:
    """Return the first offence that counts as the index offence of each person."""
    n = len(persons)
    none = np.full(n, np.datetime64("NaT", "D"))
    empty = np.full(n, None, dtype=object)
    if isinstance(index, pd.Series):
        date = _given_dates(index, persons)
        return IndexCases(date, date, empty, np.full(n, -1, dtype=np.int64))
    at = np.flatnonzero(_index_mask(offences.table, index))
    order = at[np.lexsort((offences.registered[at], offences.date[at], offences.row[at]))]
    row, first = np.unique(offences.row[order], return_index=True)
    chosen = order[first]
    offence, registered = none.copy(), none.copy()
    offence[row], registered[row] = offences.date[chosen], offences.registered[chosen]
    kind, case = empty.copy(), np.full(n, -1, dtype=np.int64)
    kind[row] = offences.table["offence_type"].to_numpy(dtype=object)[chosen]
    case[row] = offences.case[chosen]
    return IndexCases(offence, registered, kind, case)


def _given_dates(index: pd.Series[Any], persons: pd.Series[Any]) -> DayArray:
    if not pd.api.types.is_datetime64_dtype(index.dtype):
        raise InputError(
            f"index= holds no dates ({index.dtype}): convert it with pandas.to_datetime, "
            "without time zone"
        )
    if not index.index.is_unique:
        raise InputError("index= has a person twice: give one date a person")
    place = index.index.get_indexer(pd.Index(persons))
    dates = np.append(index.to_numpy().astype("datetime64[D]"), np.datetime64("NaT", "D"))
    result: DayArray = dates[place]
    return result


def _index_mask(table: pd.DataFrame, index: Any) -> BoolArray:
    if callable(index):
        return _asked(index, table, "index")
    if isinstance(index, str) and index == "any":
        return np.ones(len(table), dtype=bool)
    return _kind(table, index, "index")


def event_mask(
    offences: Offences,
    cases: IndexCases,
    event: str | Callable[[pd.DataFrame], Any],
    specific: tuple[str, ...],
) -> BoolArray:
    """Return which offences are of the kind asked for, whenever they happened."""
    table = offences.table
    if callable(event):
        return _asked(event, table, "event")
    if event in ("any", "general"):
        return np.ones(len(table), dtype=bool)
    if event in ("serious", "very_serious"):
        return np.asarray(table[event], dtype=bool)
    kinds = table["offence_type"].to_numpy(dtype=object)
    if event == "specific":
        return np.isin(kinds.astype(str), np.asarray(specific, dtype=str))
    if event == "special":
        own = cases.kind[offences.row]
        if all(kind is None for kind in own):
            raise InputError('event="special" needs index offences: index= gives dates only')
        return np.asarray(kinds == own, dtype=bool)
    return _kind(table, event, "event")


def _asked(function: Callable[[pd.DataFrame], Any], table: pd.DataFrame, what: str) -> BoolArray:
    mask = np.asarray(function(table))
    if mask.shape != (len(table),) or mask.dtype != np.bool_:
        raise InputError(
            f"{what}= must return True or False for each of the {len(table):,} offences it is given"
        )
    return mask


def _kind(table: pd.DataFrame, name: Any, what: str) -> BoolArray:
    """Return the offences of a type, or of a group of types."""
    mask = np.asarray((table["offence_type"] == name) | (table["offence_group"] == name))
    if not mask.any():
        known = sorted({*table["offence_type"].unique(), *table["offence_group"].unique()}, key=str)
        choices = [*EVENTS, *known] if what == "event" else ["any", *known]
        raise InputError(
            f"{what}={name!r}: no such offences; choose among {names(choices)}, "
            "or give a function that takes the table of offences and returns True where one counts"
        )
    return mask
