"""How closely a reader can place a suppressed count: the attacker's linear program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from trajectories.disclosure_control.relations import Relation


def feasible_width(
    counts: NDArray[np.float64],
    rows: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    relations: Sequence[Relation],
) -> NDArray[np.float64]:
    """Return highest minus lowest value that each hidden row could have.

    The reader knows every row that is shown, every sum, and that no count is below 0.

    Parameters
    ----------
    counts : ndarray, shape (n,)
    rows : ndarray of int, shape (m,)
        Hidden rows asked about.
    hidden : ndarray of bool, shape (n,)
    relations : sequence of Relation

    Returns
    -------
    ndarray, shape (m,)
        Infinite where nothing bounds the count.
    """
    number = np.full(len(counts), -1, dtype=np.int64)
    number[hidden] = np.arange(int(hidden.sum()))
    matrix, right = _system(counts, number, relations)
    block = _blocks(matrix)
    width = np.full(len(rows), np.inf)
    for k, variable in enumerate(number[rows]):
        inside = np.flatnonzero(block == block[variable])
        width[k] = _width(matrix[:, inside], right, int(np.searchsorted(inside, variable)))
    return width


def _system(
    counts: NDArray[np.float64], number: NDArray[np.int64], relations: Sequence[Relation]
) -> tuple[csr_array, NDArray[np.float64]]:
    """Return the sums as equations in the hidden counts: parts − total = what is shown of it."""
    equations, columns, signs, right = [], [], [], []
    n = 0
    for relation in relations:
        sign = np.ones(len(relation.rows))
        if relation.total is not None:
            sign[-1] = -1.0
        unknown = number[relation.rows] >= 0
        if not unknown.any():
            continue
        equations.append(np.full(int(unknown.sum()), n))
        columns.append(number[relation.rows[unknown]])
        signs.append(sign[unknown])
        right.append(float((sign[unknown] * counts[relation.rows[unknown]]).sum()))
        n += 1
    shape = (n, int((number >= 0).sum()))
    if not n:
        return csr_array(shape), np.empty(0)
    where = (np.concatenate(equations), np.concatenate(columns))
    return coo_array((np.concatenate(signs), where), shape=shape).tocsr(), np.array(right)


def _blocks(matrix: csr_array) -> NDArray[np.int64]:
    """Return the connected set of each hidden row: rows of other sets say nothing about it."""
    together = abs(matrix).T @ abs(matrix)
    return np.asarray(connected_components(together, directed=False)[1], dtype=np.int64)


def _width(matrix: csr_array, right: NDArray[np.float64], variable: int) -> float:
    # loaded where tables are suppressed, not wherever one is declared
    from scipy.optimize import linprog

    used = np.flatnonzero(np.diff(matrix.indptr) > 0)
    if not len(used):
        return np.inf
    cost, sums = np.zeros(matrix.shape[1]), matrix[used].toarray()
    ends = []
    for sign in (1.0, -1.0):
        cost[variable] = sign
        found = linprog(cost, A_eq=sums, b_eq=right[used], bounds=(0, None), method="highs")
        if found.status == 3:  # unbounded
            return np.inf
        ends.append(sign * float(found.fun or 0.0))
    return ends[1] - ends[0]
