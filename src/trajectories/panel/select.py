"""Which persons and which offences of a register a panel is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from pandas.api.types import is_hashable

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, IntArray, counted, names, where_rows
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.offence_labels import label
from trajectories.panel.register import Register
from trajectories.panel.register_classification import covering
from trajectories.suggestions import did_you_mean

SERIOUS = ("serious", "very_serious")
"""What an event may be called that no type and no group is."""


def person_positions(register: Register, persons: Any) -> IntArray:
    """Return the row numbers in ``register.persons`` of the persons asked for.

    "all", a population, a boolean Series, or person ids; None is the population that the register
    says is studied, or all where it says none.

    Raises
    ------
    InputError
        If a person has two rows, a population or id is unknown, or nobody is left.
    """
    table = register.persons
    ids = pd.Index(table["person"])
    if ids.hasnans or not ids.is_unique:
        bad = np.asarray(ids.isna() | ids.duplicated())
        raise InputError(
            f"register: {counted(int(bad.sum()), 'row')} of persons without an id or "
            f"with one seen before ({where_rows(bad)}): one row a person"
        )
    asked = "persons="
    if persons is None:
        asked = "register.study"
        persons = "all" if register.study is None else register.study
    if isinstance(persons, str) and persons == "all":
        chosen = np.arange(len(table))
    elif isinstance(persons, str):
        chosen = np.flatnonzero(_population(table, persons, asked))
    elif _is_mask(persons):
        chosen = np.flatnonzero(_mask(persons, table, "persons"))
    else:
        chosen = _positions(persons, ids)
    if not len(chosen):
        raise InputError("register: no person chosen: check persons=")
    result: IntArray = chosen.astype(np.int64, copy=False)
    return result


def _population(table: pd.DataFrame, name: str, asked: str) -> BoolArray:
    if "population" not in table.columns:
        raise InputError("register: persons without column 'population'; choose persons= by id")
    members = np.asarray((table["population"] == name).fillna(False), dtype=bool)
    if not members.any():
        known = sorted(table["population"].dropna().unique())
        # the text given is not repeated: it may be an id
        raise InputError(
            f"{asked} is no population of this register, which has {names(known)}; "
            "for persons by their ids give a list"
        )
    return members


def _positions(persons: Any, ids: pd.Index[Any]) -> np.ndarray[Any, Any]:
    wanted = _listed(persons, "persons", "a population, ids or a boolean Series")
    if not wanted.is_unique:
        raise InputError(
            f"persons= holds {counted(int(wanted.duplicated().sum()), 'id')} twice: "
            "ask for each person once"
        )
    positions = ids.get_indexer(wanted)
    n_unknown = int((positions < 0).sum())
    if n_unknown:
        raise InputError(
            f"persons= holds {counted(n_unknown, 'id')} that the register lacks: "
            "choose from register.persons"
        )
    return positions


def select_offences(register: Register, event: Any) -> BoolArray:
    """Return a mask of the offences that count: any, some types or groups, or a boolean Series.

    Groups, "serious" and "very_serious" are those of the register's classification.

    Raises
    ------
    InputError
        If no offence of the register has a type or group asked for, or the mask does not fit the
        table.
    """
    offences = register.offences
    if isinstance(event, str) and event == "any":
        return np.ones(len(offences), dtype=bool)
    if _is_mask(event):
        return _mask(event, offences, "event")
    kinds = offences["offence_type"]
    here = list(kinds.dropna().unique())
    if isinstance(event, str) or _is_type(event, here):
        wanted = pd.Index([event])
    else:
        wanted = _listed(event, "event", "a type, a group, a list of them or a boolean Series")
    if not len(wanted):
        raise InputError("event: no type of offence given; 'any' takes all")
    found = {name: types_named(register, here, name) for name in wanted}
    absent = [name for name in wanted if not found[name]]
    if absent:
        raise InputError(
            f"event: no offence of type {names(absent)}; the register has "
            f"{names(sorted(here, key=str))}{_groups_of(register, here)}, and 'any' takes all"
            f"{did_you_mean(absent[0], _groups_beside(register, here, occurring=True))}"
        )
    return np.asarray(kinds.isin(list(set().union(*found.values()))), dtype=bool)


def of_kind(register: Register, name: Any) -> BoolArray:
    """Return a mask of the offences of a type or group; nobody's where there is no such."""
    kinds = register.offences["offence_type"]
    named = types_named(register, list(kinds.dropna().unique()), name)
    return np.asarray(kinds.isin(list(named)), dtype=bool)


def kinds_here(register: Register) -> list[Any]:
    """List the types that the register has, and the groups of these by its classification."""
    here = sorted(register.offences["offence_type"].dropna().unique(), key=str)
    return [*here, *_groups_beside(register, here, occurring=True)]


def types_named(register: Register, here: list[Any], name: Any) -> set[Any]:
    """Return which types of the register are, or are of the group, of this name."""
    found = {kind for kind in here if label(kind) == label(name)}
    return found | _in_group(register, here, name)


def _is_type(event: Any, here: list[Any]) -> bool:
    """Tell whether an event is a number that some types are."""
    return isinstance(event, int | np.integer) and label(event) in map(label, here)


def _in_group(register: Register, here: list[Any], name: Any) -> set[Any]:
    """Return which types of the register are of a group, or serious, by its classification."""
    if register.classification is None:
        return set()
    asked = name in SERIOUS or register.classification.named(name)
    if asked and label(name) not in map(label, here):
        covering(register.classification, register.offences)
    table = _classified(register.classification, here)
    mask = table["offence_group"] == name
    if name in SERIOUS:
        mask = mask | table[name]
    return set(table["offence_type"][mask])


def _groups_of(register: Register, here: list[Any]) -> str:
    if register.classification is None:
        return " (and no groups, as its types are not classified)"
    others = _groups_beside(register, here, occurring=False)
    return f", groups {names(others)}" if others else ""


def _groups_beside(register: Register, here: list[Any], occurring: bool) -> list[Any]:
    """List the groups of the classification (that occur) that are no types of the register."""
    if register.classification is None:
        return []
    table = register.classification.table
    if occurring:
        table = _classified(register.classification, here)
    return [group for group in table["offence_group"].unique() if group not in here]


def _classified(classification: OffenceClassification, here: list[Any]) -> pd.DataFrame:
    """Return the types that the classification knows, classified."""
    table = pd.DataFrame({"offence_type": here})
    return classification.classify(table[~classification.unknown(table)])


def _listed(values: Any, what: str, kinds: str) -> pd.Index[Any]:
    if not isinstance(values, Iterable):
        raise InputError(f"{what}= must be {kinds}, not {type(values).__name__}")
    listed: pd.Index[Any] = pd.Index(list(values), tupleize_cols=False)
    if isinstance(values, pd.DataFrame) or not all(map(is_hashable, listed)):
        raise InputError(f"{what}= must be {kinds}, not a table or a list of lists")
    return listed


def _is_mask(value: Any) -> bool:
    return hasattr(value, "dtype") and types.is_bool_dtype(value.dtype)


def _mask(mask: Any, table: pd.DataFrame, what: str) -> BoolArray:
    """Return a boolean Series (aligned by index) or array as a mask over the rows of a table."""
    if isinstance(mask, pd.Series) and not mask.index.equals(table.index):
        if not (mask.index.is_unique and table.index.isin(mask.index).all()):
            raise InputError(
                f"{what}: the boolean Series has another index than the table; "
                "make it from a column of that table"
            )
        mask = mask.reindex(table.index)
    if len(mask) != len(table) or pd.isna(mask).any():
        raise InputError(
            f"{what}: the boolean mask must have one True or False for each of the "
            f"{len(table):,} rows"
        )
    return np.asarray(mask, dtype=bool)
