"""Forward specialisation: whether the next offence is of the kind of the one before."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.kinds import Kinds, kinds_of
from trajectories.careers.steps import steps_of
from trajectories.careers.tidy import beside_persons, check_level, rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.transition_table import (
    adjusted_residuals,
    forward_specialisation,
    resampled_tables,
)
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.distinct import distinct_rows, row_keys

DRAWS = 999


@disclosed()
def specialisation(
    register: Register,
    *,
    classification: OffenceClassification | None = None,
    kinds: Literal["group", "type"] = "group",
    draws: int = DRAWS,
    seed: int = 0,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the forward specialisation coefficient of each kind of offence.

    FSCₖ = (Oₖₖ − Eₖₖ) / (Rₖ − Eₖₖ) from the table of successive kinds: 0 where the next offence is
    what it would be by chance, 1 where it is always of the same kind. Farrington, Snyder and
    Finnegan (1988), Criminology 26(3), 461-487. Chance is that of the group's table: where persons
    differ in their mix of kinds, the coefficient is above 0 though nobody's mix depends on the
    offence before.

    Parameters
    ----------
    register : Register
    classification : OffenceClassification, optional
        Kinds are its offence groups; by default that of the register.
    kinds : {"group", "type"}
        Groups of the classification, or types as they are registered, which need none.
    draws, seed : int
        Persons are drawn anew so many times: the usual standard error, which takes steps for
        independent, is too small.
    by, posterior, persons, event, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, type, estimate, lower, upper (percentiles of the draws), persons (with a
        step from or to this kind), steps (from it), residual (adjusted, of the cell on the
        diagonal), unit, method. The estimate is missing where no step leaves the kind; the limits
        where that holds for more than one draw in twenty.
    """
    if draws < 20:
        raise InputError(f"draws={draws}: too few for an interval; give 20 or more")
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    found = kinds_of(made, classification, kinds)
    return of_histories(made, found, groups, check_level(level), draws, seed)


def of_histories(
    made: Histories, kinds: Kinds, groups: Grouping, level: float, draws: int, seed: int
) -> pd.DataFrame:
    """Return forward specialisation by group and kind."""
    n_kinds = len(kinds.names)
    if not n_kinds:
        raise InputError("no offences of the persons chosen: nothing to make a table of")
    steps = steps_of(made).by_person(kinds.code, n_kinds, made.n_persons)
    table = (steps.T @ groups.weights).T.reshape(-1, n_kinds, n_kinds)
    value, residual = forward_specialisation(table), adjusted_residuals(table)
    lower, upper = _limits(steps, groups.weights, n_kinds, level, draws, seed)
    involved = _involved(steps, n_kinds).T @ groups.weights
    tables = []
    for k, kind in enumerate(kinds.names):
        row = rows(
            groups.names,
            "forward_specialisation",
            value[:, k],
            (lower[:, k], upper[:, k]),
            involved[k],
            "coefficient",
            "bootstrap of persons",
            type=kind,
        )
        row = beside_persons(row, steps=table[:, k].sum(axis=1), residual=residual[:, k, k])
        tables.append(row)
    joined = pd.concat(tables, ignore_index=True)
    place = pd.Categorical(joined["group"], categories=list(groups.names)).codes
    return joined.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _limits(
    steps: csr_array, weights: FloatArray, n_kinds: int, level: float, draws: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return percentiles over draws of the persons with a step."""
    shape = (weights.shape[1], n_kinds)
    some = np.flatnonzero(np.diff(steps.indptr) > 0)
    if not len(some):
        return np.full(shape, np.nan), np.full(shape, np.nan)
    rng = np.random.default_rng(whole_number("seed", seed))
    tables = resampled_tables(*_alike(steps[some], weights[some]), n_kinds, draws, rng)
    found = forward_specialisation(tables)
    tail = (1.0 - level) / 2.0
    too_few = np.isfinite(found).mean(axis=0) < 0.95
    found[:, too_few] = 0.0
    limits = np.nanquantile(found, [tail, 1.0 - tail], axis=0)
    limits[:, too_few] = np.nan
    return limits[0], limits[1]


def _alike(steps: csr_array, weights: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return the distinct rows of steps and weights, and how many persons have them.

    In an order that depends on what stands in them and not on rows or ids, so that the same
    persons in another order give the same draws.
    """
    dense = steps.toarray()
    both = np.hstack([dense, weights])
    first, inverse = distinct_rows(both)
    times = np.bincount(inverse, minlength=len(first))
    order = np.argsort(row_keys(both[first]), kind="stable")
    rows = first[order]
    return dense[rows], weights[rows], times[order].astype(np.int64)


def _involved(steps: csr_array, n_kinds: int) -> FloatArray:
    """Return who has a step from or to each kind, (N, K)."""
    dense = steps.toarray().reshape(-1, n_kinds, n_kinds)
    involved = (dense.sum(axis=1) + dense.sum(axis=2)) > 0.0
    return np.asarray(involved, dtype=np.float64)
