"""How many persons a model of recidivism rests on: by value of a covariate, with and without event.

Results keep these counts, no rows of persons, so that an effect that rests on few can be withheld
later, whatever minimum the switch stands at then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, is_few, protect, withheld_cells
from trajectories.disclosure_control.switch import is_outermost
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.numerics.usual_value import usual_value
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.design import Design
from trajectories.recidivism.follow_up_input import copies, person_weights

OTHERS, USUAL = "another value", "the usual value"
SIDES = ("with the event", "without it")
KEYS = ("part", "term", "profile", "stratum", "time", "distribution", "merged", "n_params")
_PERSONS = "persons behind the number"


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """Persons by value of one covariate, with the event at that value and without.

    Attributes
    ----------
    labels : tuple of str, length V
    persons : ndarray, shape (V, 2)
        Who ever has the value: those who met the event while they had it, and the others.
    columns : tuple of int
        Columns of the design that the covariate became.
    usual : float or None
        Value that most rows have, of a number; None for a category, whose first level is the one
        compared with.
    adds_up : bool
        Whether each person has one of the values, and one only.
    """

    labels: tuple[str, ...]
    persons: FloatArray
    columns: tuple[int, ...]
    usual: float | None
    adds_up: bool

    def withheld(self) -> BoolArray:
        """Return which values rest on withheld cells under the switch, shape (V,)."""
        cells = withheld_cells(
            self.persons,
            adds_up=self.adds_up,
            name="covariate by event",
            labels=self.labels,
            across=SIDES,
        )
        return np.asarray(cells.any(axis=1))

    def columns_of(self, value: int) -> tuple[int, ...]:
        """Return the columns whose effect rests on a value: all on the one compared with."""
        if self.usual is not None or value == 0:
            return self.columns
        return (self.columns[value - 1],)

    def value_of(self, X: FloatArray) -> IntArray:
        """Return which value the rows of a design have, shape (rows,); -1: one not counted."""
        if self.usual is None:
            return _codes(X, self.columns)
        at_usual = 1 if len(self.labels) == 2 else -1
        return np.where(X[:, self.columns[0]] == self.usual, at_usual, 0).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RestsOn:
    """What the numbers of a model rest on.

    Attributes
    ----------
    n_terms : int
        P.
    values : tuple of ValueCounts
    events : tuple of float
        Persons with the event, and without.
    """

    n_terms: int
    values: tuple[ValueCounts, ...]
    events: tuple[float, float]

    @property
    def too_few(self) -> bool:
        """Whether few persons at all met the event, or all but few."""
        return any(is_few(number) for number in self.events)

    def withheld_terms(self) -> BoolArray:
        """Return of which terms the effect is withheld, the constant first; shape (1 + P,)."""
        found = np.full(1 + self.n_terms, self.too_few)
        for one in self.values:
            for value in np.flatnonzero(one.withheld()).tolist():
                found[[1 + j for j in one.columns_of(value)]] = True
                # at the constant everybody has the value compared with, or the usual one
                found[0] |= value == (0 if one.usual is None else 1)
        return found

    def persons(self) -> FloatArray:
        """Return the smallest number of persons behind the constant and each term, (1 + P,)."""
        found = np.full(1 + self.n_terms, min(n for n in self.events if n > 0))
        for one in self.values:
            for value, cells in enumerate(one.persons):
                at = [1 + j for j in one.columns_of(value)]
                found[at] = np.minimum(found[at], cells[cells > 0].min(initial=np.inf))
        return found

    def withheld_profiles(self, X: FloatArray) -> BoolArray:
        """Return for which rows of a design few persons had such a value, shape (rows,)."""
        found = np.full(len(X), self.too_few)
        for one in self.values:
            value = one.value_of(X)
            found |= one.withheld()[value] & (value >= 0)
        return found

    def in_words(self, n_persons: float, n_events: float) -> str:
        """Return persons and events as text for a summary; neither of few, nor all but few."""
        if self.too_few or is_few(n_events, n_persons):
            return f"{_rounded(n_persons):,g} persons, number of events not shown"
        return f"{_rounded(n_persons):,g} persons, {_rounded(n_events):g} events"


def rests_on(follow_up: FollowUp, design: Design, X: FloatArray, event: BoolArray) -> RestsOn:
    """Count the persons behind a model, by value of each covariate.

    Parameters
    ----------
    follow_up : FollowUp
        Weights that are whole numbers stand for so many persons; others for one.
    design : Design
    X : ndarray, shape (R, P)
        Its columns for the rows of the follow-up.
    event : ndarray of bool, shape (R,)
    """
    mass = _mass(follow_up)
    everybody = np.zeros(follow_up.n_rows, dtype=np.int64)
    counted, _ = _by_value(everybody, 1, follow_up.person, event, mass)
    found, first = [], 0
    for name in design.covariates:
        levels = design.levels.get(name)
        own = tuple(range(first, first + (1 if levels is None else len(levels) - 1)))
        first += len(own)
        if levels is not None:
            codes = _codes(X, own)
            persons, once = _by_value(codes, len(levels), follow_up.person, event, mass)
            labels = tuple(f"{name}={level}" for level in levels)
            found.append(ValueCounts(labels, persons, own, None, once))
            continue
        usual, two = usual_value(X[:, own[0]])
        if usual is not None:
            codes = (X[:, own[0]] == usual).astype(np.int64)
            persons, once = _by_value(codes, 2, follow_up.person, event, mass)
            labels = tuple(f"{name}: {label}" for label in (OTHERS, USUAL)[: 1 + two])
            found.append(ValueCounts(labels, persons[: 1 + two], own, usual, once and two))
    return RestsOn(X.shape[1], tuple(found), (float(counted[0, 0]), float(counted[0, 1])))


def shown_table(
    table: pd.DataFrame, persons: FloatArray, withheld: BoolArray, name: str
) -> pd.DataFrame:
    """Return a table as it may be shown, without the numbers of the rows withheld.

    Parameters
    ----------
    table : DataFrame, n rows
    persons : ndarray, shape (n,)
        Smallest number of persons behind each row, for the output checker.
    withheld : ndarray of bool, shape (n,)
    name : str
    """
    if not disclosure.is_on or not is_outermost():
        return table
    shown = protect(
        table.assign(**{_PERSONS: persons}),
        persons=_PERSONS,
        part_counts=(),
        keys=KEYS,
        parts=(),
        withhold_too=withheld,
        name=name,
    )
    return shown.drop(columns=_PERSONS)


def _by_value(
    codes: IntArray, n_values: int, person: IntArray, event: BoolArray, mass: FloatArray | None
) -> tuple[FloatArray, bool]:
    """Return persons who ever have each value, with the event there and without, (V, 2).

    And whether nobody has several values.
    """
    once = not ((codes[1:] != codes[:-1]) & (person[1:] == person[:-1])).any()
    rows = np.arange(len(person)), np.flatnonzero(event)
    ever, met = (_first_rows(of, person, codes, n_values, once) for of in rows)
    total, own = (
        np.bincount(codes[of], None if mass is None else mass[person[of]], n_values)
        for of in (ever, met)
    )
    return np.stack([own, total - own], axis=1).astype(np.float64), once


def _first_rows(
    rows: IntArray, person: IntArray, codes: IntArray, n_values: int, once: bool
) -> IntArray:
    """Return one of the rows for each person and value; rows are in order of person."""
    whose = person[rows]
    if once:  # nobody has two values, so nothing needs sorting
        return rows[np.append(True, whose[1:] != whose[:-1])] if len(rows) else rows
    return rows[np.unique(whose * n_values + codes[rows], return_index=True)[1]]


def _mass(follow_up: FollowUp) -> FloatArray | None:
    """Return how many persons each stands for, shape (N,); None: one."""
    if follow_up.weight is None or not copies(follow_up):
        return None
    return person_weights(follow_up)


def _codes(X: FloatArray, columns: tuple[int, ...]) -> IntArray:
    """Return the level of a category from its columns of a design: 0 where all of them are 0."""
    found = np.zeros(len(X), dtype=np.int64)
    for code, column in enumerate(columns, start=1):
        found[X[:, column] != 0.0] = code
    return found


def _rounded(number: float) -> float:
    base = disclosure.rounding
    return round(number / base) * base if base else number
