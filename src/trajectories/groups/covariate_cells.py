"""How many persons of each group have which value of a covariate: what its effects rest on.

Results keep these counts, not the covariates, so that an effect that rests on few persons can be
withheld later, whatever minimum the switch stands at then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, protect, withheld_cells
from trajectories.groups.persons_by_value import (
    MOSTLY,
    numbers_by_group,
    persons_by,
    usual_value,
)
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

OTHERS, USUAL = "another value", "the usual value"


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Persons by value of one covariate, or column of a design, and group.

    Attributes
    ----------
    name : str
    values : tuple of str, length V
    persons : ndarray, shape (V, K)
        Expected in the group and assigned to it, whichever is fewer.
    adds_up : bool
        Whether the values together are everybody.
    moves : ndarray of bool, shape (V, M)
        Columns of the design whose effect rests on the persons with this value.
    column : int or None
        The column that the values are of; None for a category of a variable.
    usual : float
        Value of that column that most persons have.
    by_group : bool
        Whether figures of all groups together add up, so that one tells of another.
    """

    name: str
    values: tuple[str, ...]
    persons: FloatArray
    adds_up: bool
    moves: BoolArray
    column: int | None = None
    usual: float = 0.0
    by_group: bool = True

    def withheld(self) -> BoolArray:
        """Return which cells are withheld under the switch, shape (V, K)."""
        labels = [f"{self.name}={value}" for value in self.values]
        return withheld_cells(
            self.persons,
            adds_up=self.adds_up,
            by_group=self.by_group,
            name="covariate by group",
            labels=labels,
        )

    def value_of(self, matrix: FloatArray, frame: pd.DataFrame) -> IntArray:
        """Return which value each row of a design, or of its variables, has; -1 for another."""
        if self.column is not None:
            usual = matrix[:, self.column] == self.usual
            return np.where(usual, len(self.values) - 1 if self.adds_up else -1, 0)
        return np.asarray(pd.Index(self.values).get_indexer(pd.Index(frame[self.name].astype(str))))


@dataclass(frozen=True, slots=True, eq=False)
class CovariateCells:
    """What the effects of some columns rest on.

    Attributes
    ----------
    crossings : tuple of Crossing
    variables : dict of str to tuple of int
        The variables, each with the columns that depend on it.
    n_columns : int
        M.
    by_age : ndarray, shape (C, T), or None
        Of covariates that vary over time: at each age the persons with another value than the usual
        one, or of two values those with the rarer one; NaN where no value is usual.
    """

    crossings: tuple[Crossing, ...]
    variables: Mapping[Any, tuple[int, ...]]
    n_columns: int
    by_age: FloatArray | None = None

    def withheld(self, n_groups: int) -> BoolArray:
        """Return which effects rest on withheld cells, by column and group, shape (M, K)."""
        found = np.zeros((self.n_columns, n_groups), dtype=bool)
        if not disclosure.is_on:
            return found
        for one in self.crossings:
            found |= (one.moves.T.astype(float) @ one.withheld().astype(float)) > 0
        return found

    def withheld_overall(self) -> BoolArray:
        """Return which columns few persons of all groups together differ in, shape (M,)."""
        found = np.zeros(self.n_columns, dtype=bool)
        if not disclosure.is_on:
            return found
        for one in self.crossings:
            whole = withheld_cells(one.persons.sum(axis=1, keepdims=True), by_group=False)
            found |= one.moves[whole[:, 0]].any(axis=0)
        return found

    def by_variable(self, few: BoolArray, variables: Any, groups: Any) -> BoolArray:
        """Return which effects of variables on groups rest on few: those of any of the columns.

        Parameters
        ----------
        few : ndarray of bool, shape (M, K)
        variables, groups : sequences of equal length
            Of each effect.
        """
        rows = [list(self.variables[name]) for name in variables]
        pairs = zip(rows, groups, strict=True)
        return np.array([few[own, group - 1].any() for own, group in pairs], dtype=np.bool_)

    def table(self, n_groups: int) -> pd.DataFrame:
        """Return persons by covariate, value and group, as it may be shown."""
        groups = np.arange(1, n_groups + 1)
        frames = [
            pd.DataFrame(
                {"covariate": one.name, "value": value, "group": groups, "persons": one.persons[v]}
            )
            for one in self.crossings
            for v, value in enumerate(one.values)
        ]
        columns = ["covariate", "value", "group", "persons"]
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
        hidden = [one.withheld().ravel() for one in self.crossings]
        shown = protect(
            table,
            persons="persons",
            part_counts=(),
            keys=("covariate", "value", "group"),
            parts=("group",),
            name="covariate by group",
        )
        if MARK in shown.columns and hidden:
            gone = shown[MARK].to_numpy(dtype=bool) | np.concatenate(hidden)
            shown["persons"] = shown["persons"].mask(gone)
            shown[MARK] = gone
        return shown


def cells_of_design(
    matrix: FloatArray,
    frame: pd.DataFrame,
    columns: Sequence[str],
    terms: Mapping[str, tuple[int, ...]],
    posterior: FloatArray,
    weights: FloatArray | None,
) -> CovariateCells:
    """Count persons by value of each column of a design, and by category of each variable.

    Parameters
    ----------
    matrix : ndarray, shape (n, M)
    frame : DataFrame
        The variables of the formula, rows as in the matrix.
    columns : sequence of str, length M
    terms : mapping of str to columns
    posterior : ndarray, shape (n, K)
    weights : ndarray, shape (n,), or None
    """
    n_columns = matrix.shape[1]
    variables = {
        name: tuple(sorted({j for term, own in terms.items() if _names(term, name) for j in own}))
        for name in frame.columns
    }
    crossings, indicators = [], []
    for name, own in variables.items():
        if own and not pd.api.types.is_numeric_dtype(frame[name].dtype):
            values: pd.Categorical[Any] = pd.Categorical(frame[name].astype(str))
            crossings.append(_of_categories(str(name), values, matrix, own, posterior, weights))
            indicators += [values.codes == code for code in range(len(values.categories))]
    for j in range(n_columns):
        # a column that says who is of a category adds nothing to the count by category
        if not any(np.array_equal(matrix[:, j], one) for one in indicators):
            moves = np.arange(n_columns) == j
            crossings += list(_of_numbers(columns[j], matrix[:, j], posterior, weights, moves, j))
    return CovariateCells(tuple(crossings), variables, n_columns)


def cells_over_time(
    names: Sequence[str],
    values: Sequence[FloatArray],
    observed: BoolArray | None,
    posterior: FloatArray,
    weights: FloatArray | None,
) -> CovariateCells:
    """Count persons who ever have another value than the usual one, by covariate and group.

    Of a covariate of two values also those who ever have the usual one.

    Parameters
    ----------
    names : sequence of str, length C
    values : sequence of ndarray, each of shape (N, T)
    observed : ndarray of bool, shape (N, T), or None
    posterior : ndarray, shape (N, K)
    weights : ndarray, shape (N,), or None
    """
    crossings = []
    by_age = np.full((len(names), values[0].shape[1]), np.nan)
    for j, (name, own) in enumerate(zip(names, values, strict=True)):
        seen = np.ones(own.shape, dtype=bool) if observed is None else np.asarray(observed, bool)
        usual, share, two = usual_value(own[seen])
        if share < MOSTLY:
            continue
        ever = np.array([(seen & (own != usual)).any(axis=1), (seen & (own == usual)).any(axis=1)])
        kept = ever if two else ever[:1]
        by_age[j] = _rarest_by_age(own, seen, usual, two, weights)
        persons = np.concatenate([persons_by(one[None], posterior, weights) for one in kept])
        labels = (f"ever {OTHERS}", f"ever {USUAL}")[: len(kept)]
        moves = np.zeros((len(kept), len(names)), dtype=bool)
        moves[:, j] = True
        crossings.append(Crossing(name, labels, persons, False, moves, j, usual, False))
    variables = {name: (j,) for j, name in enumerate(names)}
    return CovariateCells(tuple(crossings), variables, len(names), by_age)


def _of_numbers(
    name: str,
    values: FloatArray,
    posterior: FloatArray,
    weights: FloatArray | None,
    moves: BoolArray,
    column: int,
) -> Iterator[Crossing]:
    persons, two = numbers_by_group(values, posterior, weights)
    if len(persons):
        labels = (OTHERS, USUAL)[: len(persons)]
        rows = np.repeat(moves[None], len(persons), axis=0)
        yield Crossing(name, labels, persons, two, rows, column, usual_value(values)[0])


def _rarest_by_age(
    values: FloatArray, seen: BoolArray, usual: float, two: bool, weights: FloatArray | None
) -> FloatArray:
    mass = seen * (1.0 if weights is None else np.asarray(weights, dtype=float)[:, None])
    others = (mass * (values != usual)).sum(axis=0)
    rest = (mass * (values == usual)).sum(axis=0)
    either = (others > 0) & (rest > 0)
    return np.asarray(np.where(either & two, np.minimum(others, rest), others))


def _of_categories(
    name: str,
    values: pd.Categorical[Any],
    matrix: FloatArray,
    own: tuple[int, ...],
    posterior: FloatArray,
    weights: FloatArray | None,
) -> Crossing:
    """Return persons by category; each moves the columns that differ from 0 in it.

    The category in which all columns are 0 is the one that the others are compared with: it moves
    them all.
    """
    member = np.asarray(values.codes[None, :] == np.arange(len(values.categories))[:, None])
    moves = np.zeros((len(member), matrix.shape[1]), dtype=bool)
    for v, having in enumerate(member):
        differs = (matrix[having][:, own] != 0.0).any(axis=0)
        moves[v, list(own)] = differs if differs.any() else True
    persons = persons_by(member, posterior, weights)
    return Crossing(name, tuple(map(str, values.categories)), persons, True, moves)


def _names(term: str, variable: Any) -> bool:
    return re.search(rf"(?<!\w){re.escape(str(variable))}(?!\w)", term) is not None
