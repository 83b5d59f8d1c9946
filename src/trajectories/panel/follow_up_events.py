"""Which offences of a register count as a new event, and when each person's clock starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, names
from trajectories.panel.calendar import days
from trajectories.panel.classification import ADDED, OffenceClassification
from trajectories.panel.offence_labels import is_named
from trajectories.panel.register import Register
from trajectories.panel.register_classification import classification_of, covering
from trajectories.suggestions import did_you_mean

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
        With the columns of the classification, if there is one.
    classification : OffenceClassification or None
    row : ndarray of int
        Position of the person in ``register.persons``.
    date, registered : ndarray of datetime64[D]
        ``registered`` is NaT where an offence has no date of registration.
    case : ndarray of int
        -1 where the register has no cases.
    """

    table: pd.DataFrame
    classification: OffenceClassification | None
    row: IntArray
    date: DayArray
    registered: DayArray
    case: IntArray


def classified_offences(
    register: Register, position: IntArray, classification: OffenceClassification | None
) -> Offences:
    """Return the offences of the persons at ``position``, classified where types are."""
    register.require("offences")
    ids = pd.Index(register.persons["person"])
    row = ids.get_indexer(pd.Index(register.offences["person"])).astype(np.int64)
    followed = np.zeros(len(ids) + 1, dtype=bool)
    followed[position] = True
    ours = followed[row]
    kinds = register.classification
    if classification is not None:
        kinds = classification_of(register, classification, "")
    table = register.offences[ours]
    if kinds is not None:
        if kinds.unknown(table).any():
            covering(kinds, register.offences)  # names the rows of the register
        table = kinds.classify(table)
    date = days(table, "offence_date", "offences", required=True)
    registered = date
    if "registration_date" in table.columns:
        # not yet registered, or not known: refused where a clock or an event needs it
        registered = days(table, "registration_date", "offences")
    case = np.full(len(table), -1, dtype=np.int64)
    if "case" in table.columns:
        case = pd.factorize(table["case"])[0].astype(np.int64)
    return Offences(table, kinds, row[ours], date, registered, case)


def index_cases(offences: Offences, index: Any, persons: pd.Series[Any]) -> IndexCases:
    """Return the first offence that counts as the index offence of each person."""
    n = len(persons)
    none = np.full(n, np.datetime64("NaT", "D"))
    empty = np.full(n, None, dtype=object)
    if isinstance(index, pd.Series):
        date = _given_dates(index, persons)
        return IndexCases(date, date, empty, np.full(n, -1, dtype=np.int64))
    at = np.flatnonzero(_index_mask(offences, index))
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


def _index_mask(offences: Offences, index: Any) -> BoolArray:
    if callable(index):
        return _asked(index, offences, "index")
    if isinstance(index, str) and index == "any":
        return np.ones(len(offences.table), dtype=bool)
    return _one_of(offences, index, "index")


def event_mask(
    offences: Offences,
    cases: IndexCases,
    event: str | Sequence[str] | Callable[[pd.DataFrame], Any],
    specific: Any,
) -> BoolArray:
    """Return which offences are of the kind asked for, whenever they happened."""
    table = offences.table
    if callable(event):
        return _asked(event, offences, "event")
    if event in ("any", "general"):
        return np.ones(len(table), dtype=bool)
    if event in ("serious", "very_serious"):
        if offences.classification is None:
            raise InputError(_unclassified(f"event={event!r}"))
        return np.asarray(table[event], dtype=bool)
    kinds = table["offence_type"].to_numpy(dtype=object)
    if event == "specific":
        return _one_of(offences, specific, "specific")
    if event == "special":
        own = cases.kind[offences.row]
        if all(kind is None for kind in own):
            raise InputError('event="special" needs index offences: index= gives dates only')
        return np.asarray(kinds == own, dtype=bool)
    return _one_of(offences, event, "event")


def _unclassified(what: str) -> str:
    return (
        f"{what} needs a classification, and the register's offence types are not classified "
        "(classification=None): give it one with register.with_classification(own)"
    )


def _asked(function: Callable[[pd.DataFrame], Any], offences: Offences, what: str) -> BoolArray:
    table = offences.table
    try:
        mask = np.asarray(function(table))
    except KeyError as error:
        asked = error.args[0] if error.args else None
        if offences.classification is not None or asked not in ADDED:
            raise
        raise InputError(_unclassified(f"the function {what}= asks for {asked!r}, which")) from None
    if mask.shape != (len(table),) or mask.dtype != np.bool_:
        raise InputError(
            f"{what}= must return True or False for each of the {len(table):,} offences it is given"
        )
    return mask


def _one_of(offences: Offences, kinds: Any, what: str) -> BoolArray:
    """Return the offences of one type or group, or of any of several."""
    several = isinstance(kinds, Iterable) and not isinstance(kinds, str)
    named = list(kinds) if several else [kinds]
    if not named:
        raise InputError(f"{what}= names no type and no group: say which count")
    result = np.zeros(len(offences.table), dtype=bool)
    for name in named:
        result |= _kind(offences, name, what)
    return result


def _kind(offences: Offences, name: Any, what: str) -> BoolArray:
    """Return the offences of a type, or of a group of types.

    That nobody had such an event is an answer where the classification knows it; an index case
    that nobody had is a mistake.
    """
    table, classification = offences.table, offences.classification
    columns = ["offence_type"] if classification is None else ["offence_type", "offence_group"]
    mask = np.zeros(len(table), dtype=bool)
    for column in columns:
        mask |= is_named(table[column], name)
    if mask.any():
        return mask
    known_event = classification is not None and classification.named(name)
    if what == "index" or not known_event:
        raise InputError(_no_such(table[columns], name, what))
    return mask


def _no_such(kinds: pd.DataFrame, name: Any, what: str) -> str:
    """Return what to say of a name that is no type and no group."""
    # groups before types: they are fewer, and types may be codes
    columns = [sorted(kinds[c].dropna().unique(), key=str) for c in reversed(kinds.columns)]
    known = list(dict.fromkeys(kind for column in columns for kind in column))
    words = {"event": EVENTS, "index": ("any",), "specific": ()}[what]
    others = f", or {names(words)}" if words else ""
    if what != "specific":
        others += (
            ", or give a function that takes the table of offences and returns True where one "
            "counts"
        )
    advice = did_you_mean(name, [*columns[0], *words])
    if len(columns) == 1:
        advice = "; groups need a classification: register.with_classification(own)"
    return f"{what}={name!r}: no such offences; choose among {names(known)}{others}{advice}"
