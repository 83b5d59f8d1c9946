"""Ties between persons: relatives of the persons described, their offences, and families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trajectories.careers.histories import Histories
from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, counted, names
from trajectories.panel.calendar import days
from trajectories.panel.select import select_offences
from trajectories.suggestions import did_you_mean

RELATIVES: Mapping[str, tuple[str, ...]] = {
    "any": ("parent", "sibling", "half_sibling", "partner", "ex_partner"),
    "parent": ("parent",),
    "sibling": ("sibling", "half_sibling"),
    "partner": ("partner", "ex_partner"),
}
"""Kinds of relative, and the relations of the register that make them."""
BLOOD = ("parent", "sibling", "half_sibling")
"""Relations that make a family, besides those asked about."""


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Hold P pairs of a person described and a relative, each once.

    Attributes
    ----------
    person : ndarray of int, shape (P,)
        Number among the persons described.
    relative : ndarray of int, shape (P,)
        Row in ``register.persons``.
    """

    person: IntArray
    relative: IntArray


def kinds_of_relative(relations: Any) -> Mapping[str, tuple[str, ...]]:
    """Return the kinds of relative asked for, by name.

    Raises
    ------
    InputError
        If it is no mapping of names to relations, and no name of ``RELATIVES``.
    """
    if relations is None:
        return RELATIVES
    if isinstance(relations, str):
        return {relations: RELATIVES.get(relations, (relations,))}
    if isinstance(relations, Mapping):
        return {
            str(name): (kinds,) if isinstance(kinds, str) else tuple(kinds)
            for name, kinds in relations.items()
        }
    if isinstance(relations, Sequence):
        return {str(name): RELATIVES.get(name, (name,)) for name in relations}
    raise InputError("relations= must be a name, names, or a dict of name to relations")


def ties_of(made: Histories, kinds: Sequence[str]) -> Ties:
    """Return the relatives of some kinds of the persons described, each pair once."""
    register = made.register
    register.require("relations")
    table = register.relations
    known = set(table["relation"].dropna().unique())
    if not known.intersection(kinds):
        raise InputError(
            f"register: no relation {names(kinds)}; the register has {names(sorted(known))}"
        )
    rows = np.flatnonzero(table["relation"].isin(list(kinds)))
    chosen = table.iloc[rows]
    person = made.risk.persons.get_indexer(pd.Index(chosen["person"]))
    everybody = pd.Index(register.persons["person"])
    relative = everybody.get_indexer(pd.Index(chosen["relative"]))
    unknown = (person >= 0) & (relative < 0)
    if unknown.any():
        raise InputError(
            f"register: {counted(int(unknown.sum()), 'row')} of relations with a relative that is "
            "not among persons; add them, or leave these rows out"
        )
    pairs = np.unique(np.stack([person, relative], axis=1)[person >= 0], axis=0)
    return Ties(pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64))


def first_offence(made: Histories, event: Any, until: Any = None) -> DayArray:
    """Return the day of the first offence of everybody in the register, NaT for none.

    Relatives' offences count up to the last day on which anybody is followed.
    """
    register = made.register
    counts = select_offences(register, event)
    everybody = pd.Index(register.persons["person"])
    row = everybody.get_indexer(pd.Index(register.offences["person"]))
    day = days(register.offences, "offence_date", "offences")
    last = pd.Timestamp(until).to_datetime64() if until is not None else None
    kept = counts & (row >= 0) & ~np.isnat(day)
    if last is not None:
        kept &= day <= last.astype("datetime64[D]")
    far = np.iinfo(np.int64).max
    first = np.full(len(everybody), far)
    np.minimum.at(first, row[kept], day[kept].astype(np.int64))
    never = first == far
    result = np.where(never, 0, first).astype("datetime64[D]")
    result[never] = np.datetime64("NaT", "D")
    return result


def families(made: Histories, kinds: Sequence[str], family: Any = None) -> IntArray:
    """Return the family of each person described, numbered from 0.

    Parameters
    ----------
    made : Histories
    kinds : sequence of str
        Relations asked about. Persons tied by one of these, by parents or by siblings, directly
        or over others, are one family.
    family : str or Series, optional
        Column of the persons, or family of each person by id, instead.
    """
    register = made.register
    if family is not None:
        table = register.persons
        if isinstance(family, str):
            if family not in table.columns:
                raise InputError(
                    f"family={family!r} is no column of the register's persons, which have "
                    f"{names(table.columns)}{did_you_mean(family, table.columns)}; or give a "
                    "Series of families by person id"
                )
            family = pd.Series(table[family].to_numpy(), index=pd.Index(table["person"]))
        values = family.reindex(made.risk.persons)
        missing = int(values.isna().sum())
        if missing:
            raise InputError(
                f"family: no family for {counted(missing, 'person')} of {len(values):,}; give each "
                "one, their own where nobody shares it, or leave them out with persons="
            )
        return np.asarray(pd.factorize(values)[0], dtype=np.int64)
    table = register.relations
    tied = table[table["relation"].isin([*kinds, *BLOOD])]
    everybody = pd.Index(register.persons["person"])
    one = everybody.get_indexer(pd.Index(tied["person"]))
    other = everybody.get_indexer(pd.Index(tied["relative"]))
    known = (one >= 0) & (other >= 0)
    links = coo_array(
        (np.ones(int(known.sum())), (one[known], other[known])), shape=(len(everybody),) * 2
    )
    component = connected_components(links, directed=False)[1][made.risk.position]
    return np.unique(component, return_inverse=True)[1].astype(np.int64)


def any_by_person(ties: Ties, marked: BoolArray, n_persons: int) -> BoolArray:
    """Return which persons have a tie that is marked, (N,)."""
    return np.asarray(np.bincount(ties.person, marked, n_persons) > 0.0)
